// The kernels that every GPU from sm_60 runs: dequantize, matrix-vector products, quantize. Layouts: common.cuh.

#include "common.cuh"

// ------------------------------------------------------------------------------------------------- dequantize

// out[row, column] = scale[row] * q, rounded once to the type of out. Grid (n), any block. `wide`: k % 8 == 0 and the
// pointers are aligned for it.
template <int BITS>
DEVICE void dequantize(const u8* weight, const void* scale, void* out, int k, int wide, int dtype) {
    const i64 row = blockIdx.x;
    const float s = load_float(scale, row, dtype);
    if (wide) {
        typedef typename Packed8<BITS>::type Packed;
        const Packed* words = (const Packed*)weight + row * (k / 8);
        #pragma unroll 1
        for (int i = threadIdx.x; i < k / 8; i += blockDim.x) {
            float q[8];
            unpack8(load_stream(words + i), q);
            Vec4* to = (Vec4*)out + (row * (k / 8) + i) * (dtype == FLOAT ? 2 : 1);
            u32 v[8];
            #pragma unroll
            for (int j = 0; j < 8; j++) v[j] = __float_as_uint(q[j] * s);
            if (dtype == FLOAT) {
                to[0] = { v[0], v[1], v[2], v[3] };
                to[1] = { v[4], v[5], v[6], v[7] };
                continue;
            }
            u32 pair[4];
            #pragma unroll
            for (int j = 0; j < 4; j++) {
                const float a = __uint_as_float(v[2 * j]), b = __uint_as_float(v[2 * j + 1]);
                pair[j] = dtype == HALF ? float_to_half(a) | (u32)float_to_half(b) << 16
                                        : float_to_bfloat16(a) | (u32)float_to_bfloat16(b) << 16;
            }
            to[0] = { pair[0], pair[1], pair[2], pair[3] };
        }
        return;
    }
    const int bytes = k * BITS / 8;
    #pragma unroll 1
    for (int i = threadIdx.x; i < bytes; i += blockDim.x) {
        const int byte = (signed char)weight[row * bytes + i];
        if (BITS == 8) {
            store_float(out, row * k + i, byte * s, dtype);
        } else {
            store_float(out, row * k + 2 * i, (byte >> 4) * s, dtype);
            store_float(out, row * k + 2 * i + 1, ((signed char)(byte << 4) >> 4) * s, dtype);
        }
    }
}

#define DEQUANTIZE(BITS)                                                                                             \
    extern "C" __global__ void __launch_bounds__(256) int##BITS##_dequantize(                                        \
        const u8* weight, const void* scale, void* out, int k, int wide, int dtype) {                                \
        dequantize<BITS>(weight, scale, out, k, wide, dtype);                                                        \
    }
DEQUANTIZE(4)
DEQUANTIZE(8)

// ------------------------------------------------------------------------------------------------- matrix-vector

enum { GEMV_THREADS = 128, GEMV_WARPS = GEMV_THREADS / 32 };

// Sums v[COUNT] over the 32 lanes of a warp. Lane l is left with the total of element l / (32 / COUNT) in v[0]: at
// every exchange a lane keeps half of its elements, which takes COUNT + log2(32 / COUNT) shuffles, not 5 * COUNT.
// (Recursive, because nested loops of varying length would not be unrolled and push v into local memory.)
template <int COUNT, int OFFSET = 16> struct WarpSums {
    DEVICE void run(float* v, int lane) {
        constexpr int LEFT = COUNT / 2;
        const bool upper = lane & OFFSET;
        #pragma unroll
        for (int i = 0; i < LEFT; i++) {
            const float give = upper ? v[i] : v[i + LEFT], keep = upper ? v[i + LEFT] : v[i];
            v[i] = keep + shuffle_xor(give, OFFSET);
        }
        WarpSums<LEFT, OFFSET / 2>::run(v, lane);
    }
};
template <int OFFSET> struct WarpSums<1, OFFSET> {
    DEVICE void run(float* v, int lane) {
        v[0] += shuffle_xor(v[0], OFFSET);
        WarpSums<1, OFFSET / 2>::run(v, lane);
    }
};
template <> struct WarpSums<1, 0> {
    DEVICE void run(float*, int) {}
};

// The block's totals of sum[COUNT] a thread: thread i < COUNT gets element i.
template <int COUNT> DEVICE float block_sum(float* sum) {
    __shared__ float partial[GEMV_WARPS][COUNT];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    constexpr int LANES_PER_ELEMENT = 32 / COUNT;
    WarpSums<COUNT>::run(sum, lane);
    if (lane % LANES_PER_ELEMENT == 0) partial[warp][lane / LANES_PER_ELEMENT] = sum[0];
    __syncthreads();
    float total = 0.f;
    if (threadIdx.x < COUNT)
        #pragma unroll
        for (int i = 0; i < GEMV_WARPS; i++) total += partial[i][threadIdx.x];
    return total;
}

// 8 columns of TOKENS rows of x as floats; `column8` counts in groups of 8.
template <int TOKENS>
DEVICE void load_tokens(const void* x, const i64* row8, int column8, int dtype, float (*v)[8]) {
    if (dtype == FLOAT) {
        #pragma unroll
        for (int t = 0; t < TOKENS; t++) {
            const Vec4* p = (const Vec4*)x + (row8[t] + column8) * 2;
            const Vec4 a = load_cached(p), b = load_cached(p + 1);
            const u32 bits[8] = { a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w };
            #pragma unroll
            for (int j = 0; j < 8; j++) v[t][j] = __uint_as_float(bits[j]);
        }
        return;
    }
    Vec4 raw[TOKENS];
    #pragma unroll
    for (int t = 0; t < TOKENS; t++) raw[t] = load_cached((const Vec4*)x + row8[t] + column8);
    #pragma unroll
    for (int t = 0; t < TOKENS; t++) {
        const u32 pair[4] = { raw[t].x, raw[t].y, raw[t].z, raw[t].w };
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            if (dtype == HALF) {
                v[t][2 * j] = half_to_float(pair[j]);
                v[t][2 * j + 1] = half_to_float(pair[j] >> 16);
            } else {
                v[t][2 * j] = bfloat16_to_float(pair[j]);
                v[t][2 * j + 1] = __uint_as_float(pair[j] & 0xffff0000u);
            }
        }
    }
}

// Grid (ceil(m / TOKENS) * ceil(n / ROWS)), block 128; k % 8 == 0. Every weight of the block's ROWS rows is read once
// and meets all TOKENS rows of x in fp32; x is read once for ROWS rows of weight. The block's threads split k, so that
// a row is read in whole 128-byte lines and ROWS loads a thread are in flight. Blocks with the same weights are
// neighbours.
template <int BITS, int TOKENS, int ROWS>
DEVICE void gemv(const u8* weight, const void* x, const void* scale, const void* bias, void* y,
                 int m, int n, int k, int dtypes) {
    typedef typename Packed8<BITS>::type Packed;
    const int groups = k / 8;
    const int token_tiles = (m + TOKENS - 1) / TOKENS;
    const int row0 = blockIdx.x / token_tiles * ROWS, token0 = blockIdx.x % token_tiles * TOKENS;

    // Rows and tokens past the end repeat the last one; their results are not stored.
    const Packed* rows[ROWS];
    #pragma unroll
    for (int r = 0; r < ROWS; r++) rows[r] = (const Packed*)weight + (i64)min(row0 + r, n - 1) * groups;
    i64 tokens[TOKENS];
    #pragma unroll
    for (int t = 0; t < TOKENS; t++) tokens[t] = (i64)min(token0 + t, m - 1) * groups;

    float sum[TOKENS * ROWS] = {};
    #pragma unroll 1
    for (int i = threadIdx.x; i < groups; i += GEMV_THREADS) {
        Packed packed[ROWS];
        #pragma unroll
        for (int r = 0; r < ROWS; r++) packed[r] = load_stream(rows[r] + i);
        float v[TOKENS][8];
        load_tokens<TOKENS>(x, tokens, i, dtypes & 3, v);
        #pragma unroll
        for (int r = 0; r < ROWS; r++) {
            float q[8];
            unpack8(packed[r], q);
            #pragma unroll
            for (int t = 0; t < TOKENS; t++)
                #pragma unroll
                for (int j = 0; j < 8; j++) sum[t * ROWS + r] = fmaf(q[j], v[t][j], sum[t * ROWS + r]);
        }
    }

    const float total = block_sum<TOKENS * ROWS>(sum);
    const int token = token0 + threadIdx.x / ROWS, row = row0 + threadIdx.x % ROWS;
    if (threadIdx.x < TOKENS * ROWS && token < m && row < n)
        store_output(y, token, row, n, total, scale, bias, dtypes);
}

#define GEMV(BITS, TOKENS, ROWS)                                                                                     \
    extern "C" __global__ void __launch_bounds__(GEMV_THREADS) int##BITS##_gemv_##TOKENS(                            \
        const u8* weight, const void* x, const void* scale, const void* bias, void* y,                               \
        int m, int n, int k, int dtypes) {                                                                           \
        gemv<BITS, TOKENS, ROWS>(weight, x, scale, bias, y, m, n, k, dtypes);                                        \
    }
GEMV(4, 1, 8)
GEMV(4, 4, 8)
GEMV(4, 8, 4)
GEMV(8, 1, 8)
GEMV(8, 4, 8)
GEMV(8, 8, 4)

// Any k (even for int4), any alignment, byte by byte: for shapes that no published model has. x is fp32; dtypes names
// the type of y, scale and bias. Grid (n, ceil(m / 8)), block 128.
template <int BITS>
DEVICE void gemv_any(const u8* weight, const float* x, const void* scale, const void* bias, void* y,
                     int m, int n, int k, int dtypes) {
    const i64 row = blockIdx.x;
    const int token0 = blockIdx.y * 8, bytes = k * BITS / 8;
    float sum[8] = {};
    #pragma unroll 1
    for (int i = threadIdx.x; i < bytes; i += GEMV_THREADS) {
        const int byte = (signed char)weight[row * bytes + i];
        #pragma unroll
        for (int t = 0; t < 8; t++) {
            const float* v = x + (i64)min(token0 + t, m - 1) * k + i * (8 / BITS);
            if (BITS == 8) sum[t] += byte * v[0];
            else sum[t] += (byte >> 4) * v[0] + ((signed char)(byte << 4) >> 4) * v[1];
        }
    }
    const float total = block_sum<8>(sum);
    if (threadIdx.x < 8 && token0 + threadIdx.x < m)
        store_output(y, token0 + threadIdx.x, row, n, total, scale, bias, dtypes);
}

#define GEMV_ANY(BITS)                                                                                               \
    extern "C" __global__ void __launch_bounds__(GEMV_THREADS) int##BITS##_gemv_any(                                 \
        const u8* weight, const float* x, const void* scale, const void* bias, void* y,                              \
        int m, int n, int k, int dtypes) {                                                                           \
        gemv_any<BITS>(weight, x, scale, bias, y, m, n, k, dtypes);                                                  \
    }
GEMV_ANY(4)
GEMV_ANY(8)

// ------------------------------------------------------------------------------------------------- quantize

enum { QUANTIZE_THREADS = 256 };

// An integer whose low bits are the stored ones. int8 from 16-bit weights: the quotient can round to 128, which wraps
// around in the published format's own packing too.
DEVICE int quantize_value(float w, float scale, int dtype) {
    // The quotient is rounded to the type of the weight first, as when the published checkpoints were made.
    return (int)rintf(round_to(w / scale, dtype));
}

// packed[row] and scale[row] from weight [n, k] of type `dtype`: scale = max|row| / limit. Grid (n), block 256.
// A row with a NaN or infinity gets a scale that is not finite, for the caller to find.
template <int BITS>
DEVICE void quantize(const void* weight, u8* packed, void* scale, int k, int dtype) {
    __shared__ u32 largest[QUANTIZE_THREADS / 32];
    constexpr int LIMIT = (1 << (BITS - 1)) - 1;
    const i64 row = blockIdx.x;
    // Magnitudes compare as integers do, and NaN compares above infinity (fmaxf would drop it).
    u32 top = 0;
    #pragma unroll 1
    for (int i = threadIdx.x; i < k; i += QUANTIZE_THREADS)
        top = max(top, __float_as_uint(load_float(weight, row * k + i, dtype)) & 0x7fffffffu);
    #pragma unroll
    for (int offset = 16; offset; offset >>= 1) top = max(top, shuffle_xor(top, offset));
    if (threadIdx.x % 32 == 0) largest[threadIdx.x / 32] = top;
    __syncthreads();
    #pragma unroll
    for (int i = 0; i < QUANTIZE_THREADS / 32; i++) top = max(top, largest[i]);

    const float s = round_to(__uint_as_float(top) / LIMIT, dtype);
    if (threadIdx.x == 0) store_float(scale, row, s, dtype);
    const int bytes = k * BITS / 8;
    #pragma unroll 1
    for (int i = threadIdx.x; i < bytes; i += QUANTIZE_THREADS) {
        int byte = 0;
        if (s != 0.f) {
            if (BITS == 8) {
                byte = quantize_value(load_float(weight, row * k + i, dtype), s, dtype);
            } else {
                const int even = quantize_value(load_float(weight, row * k + 2 * i, dtype), s, dtype);
                const int odd = quantize_value(load_float(weight, row * k + 2 * i + 1, dtype), s, dtype);
                byte = even << 4 | (odd & 15);
            }
        }
        packed[row * bytes + i] = (u8)byte;
    }
}

#define QUANTIZE(BITS)                                                                                               \
    extern "C" __global__ void __launch_bounds__(QUANTIZE_THREADS) int##BITS##_quantize(                             \
        const void* weight, u8* packed, void* scale, int k, int dtype) {                                             \
        quantize<BITS>(weight, packed, scale, k, dtype);                                                             \
    }
QUANTIZE(4)
QUANTIZE(8)
