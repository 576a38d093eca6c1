// The float types of weights, activations and caches (and int8): one value, a vector, or a row of them as float32.
#pragma once

#include <cstdint>
#include <cstring>

#include "vectors.h"

namespace {

enum Type : int { FLOAT32 = 0, FLOAT16 = 1, BFLOAT16 = 2, INT8 = 3 };

template <class To, class From> INLINE To bits(From value) {
  static_assert(sizeof(To) == sizeof(From), "bits() keeps the size");
  To result;
  memcpy(&result, &value, sizeof result);
  return result;
}

INLINE float half_to_float(uint16_t half) {
#if defined(CHATGLM_X86)
  return _cvtsh_ss(half);
#elif defined(CHATGLM_NEON)
  return (float)bits<__fp16>(half);
#else
  uint32_t magnitude = (uint32_t)(half & 0x7FFF) << 13;
  if (magnitude >= 0x0F800000) magnitude |= 0x7F800000;  // infinity and NaN
  else magnitude = bits<uint32_t>(bits<float>(magnitude) * 0x1p112f);  // moves the exponent; right for subnormals too
  return bits<float>(magnitude | (uint32_t)(half & 0x8000) << 16);
#endif
}

INLINE uint16_t float_to_half(float value) {
#if defined(CHATGLM_X86)
  return _cvtss_sh(value, 0);
#elif defined(CHATGLM_NEON)
  return bits<uint16_t>((__fp16)value);
#else
  uint32_t word = bits<uint32_t>(value), sign = word >> 16 & 0x8000, magnitude = word & 0x7FFFFFFF, half;
  if (magnitude > 0x7F800000) half = 0x7E00;
  else if (magnitude >= 0x477FF000) half = 0x7C00;  // rounds up to 65536 or more
  else if (magnitude < 0x38800000) half = bits<uint32_t>(bits<float>(magnitude) + 0.5f) - 0x3F000000;  // subnormal
  else half = (magnitude + 0xFFF + (magnitude >> 13 & 1) - 0x38000000) >> 13;
  return (uint16_t)(half | sign);
#endif
}

INLINE uint16_t float_to_bfloat(float value) {
  uint32_t word = bits<uint32_t>(value);
  if ((word & 0x7FFFFFFF) > 0x7F800000) return (uint16_t)(word >> 16 | 0x40);
  return (uint16_t)((word + 0x7FFF + (word >> 16 & 1)) >> 16);
}

INLINE float load_one(int type, const void* from, int64_t i) {
  switch (type) {
    case FLOAT32: return ((const float*)from)[i];
    case FLOAT16: return half_to_float(((const uint16_t*)from)[i]);
    case BFLOAT16: return bits<float>((uint32_t)((const uint16_t*)from)[i] << 16);
    default: return ((const int8_t*)from)[i];
  }
}

INLINE void store_one(int type, void* to, int64_t i, float value) {
  switch (type) {
    case FLOAT32: ((float*)to)[i] = value; break;
    case FLOAT16: ((uint16_t*)to)[i] = float_to_half(value); break;
    default: ((uint16_t*)to)[i] = float_to_bfloat(value); break;
  }
}

constexpr int64_t size_of(int type) { return type == FLOAT32 ? 4 : type == INT8 ? 1 : 2; }

template <int TYPE> INLINE Float load_floats(const void* from) {
  if (TYPE == FLOAT32) return load<Float>(from);
  if (TYPE == BFLOAT16) return (Float)(__builtin_convertvector(load<HalfWords>(from), Unsigned) << 16);
  if (TYPE == INT8) return to_float(__builtin_convertvector(load<QuarterBytes>(from), Int));
#if defined(CHATGLM_AVX512)
  // The masked form with every lane: g++ warns of the other's own definition.
  return (Float)_mm512_maskz_cvtph_ps(0xFFFF, _mm256_loadu_si256((const __m256i*)from));
#elif defined(CHATGLM_X86)
  return (Float)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)from));
#elif defined(CHATGLM_NEON)
  return (Float)vcvt_f32_f16(vld1_f16((const __fp16*)from));
#else
  Float result;
  for (int i = 0; i < LANES; i++) result[i] = half_to_float(((const uint16_t*)from)[i]);
  return result;
#endif
}

// to[0 .. count) = from * factor
template <int TYPE> INLINE void widen(const void* from, int64_t count, float factor, float* to) {
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES)
    store(to + i, load_floats<TYPE>((const char*)from + i * size_of(TYPE)) * factor);
  for (; i < count; i++) to[i] = load_one(TYPE, from, i) * factor;
}

void widen(int type, const void* from, int64_t count, float factor, float* to) {
  switch (type) {
    case FLOAT32: return widen<FLOAT32>(from, count, factor, to);
    case FLOAT16: return widen<FLOAT16>(from, count, factor, to);
    case BFLOAT16: return widen<BFLOAT16>(from, count, factor, to);
    default: return widen<INT8>(from, count, factor, to);
  }
}

void narrow(int type, const float* from, int64_t count, void* to) {
  int64_t i = 0;
#if defined(CHATGLM_X86)
  if (type == FLOAT16)
    for (; i + 8 <= count; i += 8)
      _mm_storeu_si128((__m128i*)((uint16_t*)to + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), 0));
#endif
  for (; i < count; i++) store_one(type, to, i, from[i]);
}

}  // namespace
