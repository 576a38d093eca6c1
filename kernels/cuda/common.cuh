// Types and helpers shared by the kernels. Nothing is #included, so that NVRTC needs no header path.
//
// Layouts (row-major, as published):
//   weight  int8  uint8 [n, k]      one signed byte a column
//           int4  uint8 [n, k / 2]  even column in the high nibble, odd column in the low one, two's complement
//   scale   [n], bias [n] or null; x [m, k]; y [m, n]
// "dtypes" packs the float types of a call, two bits each: x and y, then scale, then bias. Types are launch arguments
// because a kernel per combination would multiply the size of the PTX; the branches are uniform and off the hot path.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef long long i64;

struct alignas(8) Vec2 { u32 x, y; };
struct alignas(16) Vec4 { u32 x, y, z, w; };

enum { HALF = 0, BFLOAT16 = 1, FLOAT = 2 };

#define DEVICE static __device__ __forceinline__

// ------------------------------------------------------------------------------------------------- instructions

// (a & b) ^ c, as an integer and as the float with those bits
DEVICE u32 and_xor(u32 a, u32 b, u32 c) {
    u32 d;
    asm("lop3.b32 %0, %1, %2, %3, 0x6a;" : "=r"(d) : "r"(a), "r"(b), "r"(c));
    return d;
}

DEVICE float and_xor_float(u32 a, u32 b, u32 c) {
    float d;
    asm("lop3.b32 %0, %1, %2, %3, 0x6a;" : "=f"(d) : "r"(a), "r"(b), "r"(c));
    return d;
}

// Four of the eight bytes {b, a}, picked by the nibbles of `select`
DEVICE u32 pick_bytes(u32 a, u32 b, u32 select) {
    u32 d;
    asm("prmt.b32 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(select));
    return d;
}

DEVICE float pick_bytes_float(u32 a, u32 b, u32 select) {
    float d;
    asm("prmt.b32 %0, %1, %2, %3;" : "=f"(d) : "r"(a), "r"(b), "r"(select));
    return d;
}

DEVICE float shuffle_xor(float v, int mask) {
    float d;
    asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 0x1f, 0xffffffff;" : "=f"(d) : "f"(v), "r"(mask));
    return d;
}

DEVICE u32 shuffle_xor(u32 v, int mask) {
    u32 d;
    asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 0x1f, 0xffffffff;" : "=r"(d) : "r"(v), "r"(mask));
    return d;
}

// Weights pass by once: evict-first, so that they do not push the activations out of the L1 cache.
DEVICE Vec4 load_stream(const Vec4* p) {
    Vec4 v;
    asm("ld.global.cs.nc.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(p));
    return v;
}

DEVICE Vec2 load_stream(const Vec2* p) {
    Vec2 v;
    asm("ld.global.cs.nc.v2.u32 {%0, %1}, [%2];" : "=r"(v.x), "=r"(v.y) : "l"(p));
    return v;
}

DEVICE u32 load_stream(const u32* p) {
    u32 v;
    asm("ld.global.cs.nc.u32 %0, [%1];" : "=r"(v) : "l"(p));
    return v;
}

DEVICE Vec4 load_cached(const Vec4* p) {
    Vec4 v;
    asm("ld.global.nc.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(p));
    return v;
}

// The same two loads where `wanted`, zeros (and no access) elsewhere: predicated, as branches would keep the loads of
// a thread from being in flight together.
#define LOAD_IF(NAME, INSTRUCTION)                                                                                   \
    DEVICE Vec4 NAME(const Vec4* p, bool wanted) {                                                                   \
        Vec4 v = { 0, 0, 0, 0 };                                                                                     \
        asm("{ .reg .pred p; setp.ne.u32 p, %5, 0; @p " INSTRUCTION ".v4.u32 {%0, %1, %2, %3}, [%4]; }"              \
            : "+r"(v.x), "+r"(v.y), "+r"(v.z), "+r"(v.w) : "l"(p), "r"((u32)wanted));                                \
        return v;                                                                                                    \
    }
LOAD_IF(load_stream_if, "ld.global.cs.nc")
LOAD_IF(load_cached_if, "ld.global.nc")

// ------------------------------------------------------------------------------------------------- float types

// Volatile, so that the compiler leaves it in its branch instead of computing both types and selecting.
DEVICE float half_to_float(u32 h) {
    float f;
    asm volatile("{ .reg .b16 h; cvt.u16.u32 h, %1; cvt.f32.f16 %0, h; }" : "=f"(f) : "r"(h));
    return f;
}

DEVICE u16 float_to_half(float f) {
    u16 h;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(f));
    return h;
}

DEVICE float bfloat16_to_float(u32 b) { return __uint_as_float(b << 16); }

// To nearest even, in integers: sm_60 has no bfloat16 instructions.
DEVICE u16 float_to_bfloat16(float f) {
    const u32 bits = __float_as_uint(f);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fff;  // NaN: rounding could carry it into infinity
    return (u16)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

DEVICE float load_float(const void* p, i64 i, int dtype) {
    if (dtype == FLOAT) return ((const float*)p)[i];
    const u32 bits = ((const u16*)p)[i];
    return dtype == HALF ? half_to_float(bits) : bfloat16_to_float(bits);
}

DEVICE void store_float(void* p, i64 i, float v, int dtype) {
    if (dtype == FLOAT) ((float*)p)[i] = v;
    else ((u16*)p)[i] = dtype == HALF ? float_to_half(v) : float_to_bfloat16(v);
}

DEVICE float round_to(float v, int dtype) {
    if (dtype == FLOAT) return v;
    return dtype == HALF ? half_to_float(float_to_half(v)) : bfloat16_to_float(float_to_bfloat16(v));
}

// y[i, j] = sum * scale[j] + bias[j], rounded once
DEVICE void store_output(void* y, i64 i, i64 j, i64 n, float sum, const void* scale, const void* bias, int dtypes) {
    float v = sum * load_float(scale, j, (dtypes >> 2) & 3);
    if (bias) v += load_float(bias, j, (dtypes >> 4) & 3);
    store_float(y, i * n + j, v, dtypes & 3);
}

// ------------------------------------------------------------------------------------------------- integers to fp32
// 0x4b000000 | u is the float 2^23 + u, so an exact subtraction turns an integer field into a float. A field may sit
// `p` bits up: it is then u * 2^p, and one fma scales and subtracts.

// 8 columns of int4 (one word) -> integers as floats. XOR with the sign bit turns two's complement into q + 8.
DEVICE void unpack8(u32 word, float* q) {
    #pragma unroll
    for (int half = 0; half < 2; half++) {
        const u32 w = half ? word >> 16 : word;
        q[4 * half + 0] = fmaf(and_xor_float(w, 0x00f0u, 0x4b000080u), 1.f / 16, -(524288.f + 8));
        q[4 * half + 1] = and_xor_float(w, 0x000fu, 0x4b000008u) - (8388608.f + 8);
        q[4 * half + 2] = fmaf(and_xor_float(w, 0xf000u, 0x4b008000u), 1.f / 4096, -(2048.f + 8));
        q[4 * half + 3] = fmaf(and_xor_float(w, 0x0f00u, 0x4b000800u), 1.f / 256, -(32768.f + 8));
    }
}

// 8 columns of int8 (two words)
DEVICE void unpack8(Vec2 words, float* q) {
    #pragma unroll
    for (int i = 0; i < 8; i++) {
        const u32 biased = (i < 4 ? words.x : words.y) ^ 0x80808080u;
        q[i] = pick_bytes_float(biased, 0x4b000000u, 0x7540u + (i & 3)) - (8388608.f + 128);
    }
}

// What 8 columns of weight are loaded as.
template <int BITS> struct Packed8;
template <> struct Packed8<4> { typedef u32 type; };
template <> struct Packed8<8> { typedef Vec2 type; };
