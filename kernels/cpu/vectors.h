// Vectors of the machine's width: which instruction set serves, the types, and what no header of C++ has for them.
//
// Kernels are written in vector extensions of GCC and clang; intrinsics stand only where those have no word for an
// instruction: the 16-bit dot product, half precision, one transpose. All sizes are in elements unless a name says
// bytes. Integers wrap around (-fwrapv). Little-endian machines only.
#pragma once

#include <cstdint>
#include <cstring>

#if !defined(CHATGLM_PORTABLE) && defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#define CHATGLM_X86
#include <immintrin.h>
#elif !defined(CHATGLM_PORTABLE) && defined(__aarch64__) && defined(__ARM_NEON)
#define CHATGLM_NEON
#include <arm_neon.h>
#endif
#if defined(CHATGLM_X86) && defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#define CHATGLM_AVX512
#endif
#if defined(CHATGLM_AVX512) && defined(__AVX512VNNI__)
#define CHATGLM_BYTE_PRODUCTS  // four products of bytes to a sum, in one instruction
#endif
// Zen 4 and later; a compiler that does not know them calls them znver3, which has no AVX-512.
#if defined(CHATGLM_AVX512) && (defined(__znver3__) || defined(__znver4__) || defined(__znver5__))
#define CHATGLM_ZEN_AVX512 1
#else
#define CHATGLM_ZEN_AVX512 0
#endif
#if !defined(CHATGLM_ADDS_ARE_CHEAP)  // tests build both ways
#if defined(__znver1__) || defined(__znver2__) || defined(__haswell__) || CHATGLM_ZEN_AVX512 || \
    !(defined(CHATGLM_X86) || defined(CHATGLM_NEON))
#define CHATGLM_ADDS_ARE_CHEAP 1  // one 16-bit multiplier to two adders or more, or none for pairs
#else
#define CHATGLM_ADDS_ARE_CHEAP 0
#endif
#endif
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the packed weights are read as little-endian words"
#endif

#if defined(_WIN32) && !defined(__clang__) && !defined(CHATGLM_PORTABLE)
#error "g++ puts vectors of 32 bytes where Windows does not align them (GCC's bug 54412): pip install ziglang"
#endif

#define INLINE inline __attribute__((always_inline))

namespace {

#if defined(CHATGLM_AVX512)
constexpr int VECTOR_BYTES = 64;
constexpr int TOKENS_PER_TILE = 12;  // of 32 registers: 12 sums, operands come from memory
#elif defined(CHATGLM_X86)
constexpr int VECTOR_BYTES = 32;
constexpr int TOKENS_PER_TILE = 6;  // of 16 registers: 6 x 2 sums, 2 weights, 1 activation, 1 product
#elif defined(CHATGLM_NEON)
constexpr int VECTOR_BYTES = 16;
constexpr int TOKENS_PER_TILE = 5;  // of 32 registers: 5 x 4 sums, 4 weights
#else
constexpr int VECTOR_BYTES = 16;
constexpr int TOKENS_PER_TILE = 2;
#endif

constexpr bool ADDS_ARE_CHEAP = CHATGLM_ADDS_ARE_CHEAP;
#if defined(CHATGLM_BYTE_PRODUCTS)
constexpr bool BYTE_PRODUCTS = true;
#else
constexpr bool BYTE_PRODUCTS = false;
#endif
#if defined(CHATGLM_X86)
constexpr bool BYTE_ACTIVATIONS = true;  // 8-bit activations are worth something (many_tokens_bytes.h)
#else
constexpr bool BYTE_ACTIVATIONS = false;
#endif
constexpr bool ONE_STREAM = BYTE_PRODUCTS;  // rows of a group are read in the order of memory (linear.h)

constexpr int LANES = VECTOR_BYTES / 4;
constexpr int TILE = 16;  // rows of a weight, or of queries, that a register tile holds side by side
constexpr int VECTORS = TILE / LANES;

typedef float Float __attribute__((vector_size(VECTOR_BYTES)));
typedef int32_t Int __attribute__((vector_size(VECTOR_BYTES)));
typedef uint32_t Unsigned __attribute__((vector_size(VECTOR_BYTES)));
typedef int16_t Short __attribute__((vector_size(VECTOR_BYTES)));
typedef uint16_t Words __attribute__((vector_size(VECTOR_BYTES)));
typedef uint16_t HalfWords __attribute__((vector_size(VECTOR_BYTES / 2)));
typedef int8_t QuarterBytes __attribute__((vector_size(VECTOR_BYTES / 4)));

template <class T> INLINE T load(const void* from) {
  T value;
  memcpy(&value, from, sizeof value);
  return value;
}

template <class T> INLINE void store(void* to, T value) { memcpy(to, &value, sizeof value); }

INLINE Float broadcast(float value) { return value - Float{}; }  // x - 0 is x, also for -0 and NaN

INLINE Int broadcast_word(const void* from) { return load<int32_t>(from) + Int{}; }

INLINE Float to_float(Int value) { return __builtin_convertvector(value, Float); }

INLINE float sum_lanes(Float value) {
#if defined(CHATGLM_AVX512)
  // The same order without a way through memory. The masked form with every lane: g++ warns of the other's definition.
  __m256 lower = (__m256)_mm512_maskz_extractf64x4_pd(0xF, (__m512d)value, 0);
  __m256 eight = _mm256_add_ps(lower, (__m256)_mm512_maskz_extractf64x4_pd(0xF, (__m512d)value, 1));
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
#else
  float lanes[LANES];
  store(lanes, value);
  // Pairwise, so that the compiler may use narrower vectors.
  for (int width = LANES / 2; width; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
#endif
}

// sum[i] + a[2i] * b[2i] + a[2i + 1] * b[2i + 1], exact in 32 bits
INLINE Int dot(Int sum, Short a, Short b) {
#if defined(CHATGLM_AVX512) && defined(__AVX512VNNI__)
  return (Int)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
#elif defined(CHATGLM_AVX512)
  return sum + (Int)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(CHATGLM_X86) && defined(__AVXVNNI__)
  return (Int)_mm256_dpwssd_avx_epi32((__m256i)sum, (__m256i)a, (__m256i)b);
#elif defined(CHATGLM_X86)
  return sum + (Int)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(CHATGLM_NEON)
  int16x8_t x = (int16x8_t)a, y = (int16x8_t)b;
  int32x4_t low = vmull_s16(vget_low_s16(x), vget_low_s16(y)), high = vmull_high_s16(x, y);
  return sum + (Int)vpaddq_s32(low, high);
#else
  Int x = (Int)a, y = (Int)b;
  return sum + ((x << 16) >> 16) * ((y << 16) >> 16) + (x >> 16) * (y >> 16);
#endif
}

// e^x for x <= 0, to 2 units in the last place: 2^n * e^r with |r| <= ln(2) / 2, Taylor up to r^6
INLINE Float exponential(Float x) {
  Float shifted = x * 1.44269504f + 12582912.0f;
  Float n = shifted - 12582912.0f;
  Float r = x - n * 0.693145752f - n * 1.42860677e-6f;
  Float p = r * (1.0f / 720) + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  Float power = (Float)(((Int)shifted - 0x4B400000 + 127) << 23);
  Float result = p * power;
  return x < -87.0f ? Float{} : result;  // NaN compares false and stays NaN
}

}  // namespace
