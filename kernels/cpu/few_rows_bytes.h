// Rows of a quantized weight times few tokens on AVX-512 VNNI, with products of bytes.
//
// An activation of 16 bits is two signed bytes (activations.h), a weight an unsigned one: q + 8 (int4) or q + 128
// (int8), and what that adds to a sum is known before. Rows are multiplied ROWS at a time, which share the loads of
// activations and keep enough sums going, but are asked for in the order in which they lie in memory, as one stream:
// several streams at once are read a third slower. Into the second-level cache, since activations fill the first.
#pragma once

#include <cstdint>
#include <type_traits>

#include "activations.h"

#if defined(CHATGLM_BYTE_PRODUCTS)
namespace {

INLINE Int dot_bytes(Int sum, __m512i unsigned_bytes, __m512i bytes) {
  return (Int)_mm512_dpbusd_epi32((__m512i)sum, unsigned_bytes, bytes);
}

// Loaded once: compilers take a load for every use as free, but a processor that loads one vector a cycle does not.
INLINE __m512i in_register(const char* from) {
  __m512i value = load<__m512i>(from);
  asm("" : "+v"(value));
  return value;
}

// The values of plane C of a vector of packed weights
template <int BITS, int C> INLINE __m512i unsigned_values(__m512i packed) {
  if constexpr (BITS == 8) return _mm512_xor_si512(packed, _mm512_set1_epi8((char)0x80));
  constexpr int and_then_xor = 0x6A;
  if (C == 0) packed = _mm512_srli_epi16(packed, 4);
  return _mm512_ternarylogic_epi32(packed, _mm512_set1_epi8(0x0F), _mm512_set1_epi8(0x08), and_then_xor);
}

// What a row needs to know of one token's block besides its activations.
struct FewBlock {
  Int start;    // of the sum of low bytes: what unsigned values add to both, with its sign turned
  Float scale;  // of the sum
};

template <int BITS> INLINE FewBlock few_block(const int16_t* x, float scale) {
  Int high = {}, low = {};
  __m512i excess = _mm512_set1_epi8((char)(1 << (BITS - 1)));
  const char* bytes = (const char*)x;
  for (int i = 0; i < 2 * BLOCK; i += 2 * VECTOR_BYTES) {
    high = dot_bytes(high, excess, load<__m512i>(bytes + i));
    low = dot_bytes(low, excess, load<__m512i>(bytes + i + VECTOR_BYTES));
  }
  return {-((high << 8) + low), broadcast(scale)};
}

// totals[r][t] += scale[t] * (activations[t] . row r) over one block of `bytes` bytes
template <int BITS, int M, int ROWS, bool FULL>
INLINE void multiply_block(const char* weight, int64_t stride, int64_t bytes, const int16_t* x, const FewBlock* blocks,
                           Ahead& ahead, Float (&totals)[ROWS][M]) {
  Int high[ROWS][M] = {}, low[ROWS][M];
  for (int r = 0; r < ROWS; r++)
    for (int t = 0; t < M; t++) low[r][t] = blocks[t].start;
  if (FULL) bytes = BLOCK * BITS / 8;
  for (int64_t i = 0; i < bytes; i += VECTOR_BYTES, x += GROUP<BITS>) {
    ahead.next(ROWS);
    uint64_t there = FULL || bytes - i >= VECTOR_BYTES ? ~0ull : (1ull << (bytes - i)) - 1;
    auto multiply_plane = [&](auto plane) __attribute__((always_inline)) {
      constexpr int C = decltype(plane)::value;
      __m512i values[ROWS];
      for (int r = 0; r < ROWS; r++) {
        const char* at = weight + r * stride + i;
        __m512i packed = FULL ? load<__m512i>(at) : _mm512_maskz_loadu_epi8(there, at);
        if (M > 3) asm volatile("" : "+v"(packed));  // loaded for each plane: 24 sums leave few registers
        values[r] = unsigned_values<BITS, C>(packed);
        if (C == 0) __builtin_prefetch(at + 512, 0, 3);
      }
      for (int t = 0; t < M; t++) {
        const char* bytes_of = (const char*)(x + t * BLOCK) + 2 * C * VECTOR_BYTES;
        __m512i high_bytes = in_register(bytes_of), low_bytes = in_register(bytes_of + VECTOR_BYTES);
        for (int r = 0; r < ROWS; r++) {
          high[r][t] = dot_bytes(high[r][t], values[r], high_bytes);
          low[r][t] = dot_bytes(low[r][t], values[r], low_bytes);
        }
      }
    };
    multiply_plane(std::integral_constant<int, 0>());
    if constexpr (BITS == 4) multiply_plane(std::integral_constant<int, 1>());
  }
  for (int r = 0; r < ROWS; r++)
    for (int t = 0; t < M; t++) totals[r][t] += to_float((high[r][t] << 8) + low[r][t]) * blocks[t].scale;
}

template <int BITS, int M, int ROWS>
INLINE void multiply_group(const Linear& job, const Activations& x, const FewBlock* blocks, int64_t t0, int64_t row) {
  constexpr int64_t block_bytes = BLOCK * BITS / 8;
  const char* weight = job.weight + row * job.weight_stride;
  Ahead ahead{weight + 2 * ROWS * job.weight_stride};
  Float totals[ROWS][M] = {};
  int64_t left = job.k * BITS / 8, at = t0;
  for (; left >= block_bytes; left -= block_bytes, weight += block_bytes, at += x.tokens)
    multiply_block<BITS, M, ROWS, true>(weight, job.weight_stride, left, x.values + at * BLOCK, blocks + at, ahead,
                                        totals);
  if (left)
    multiply_block<BITS, M, ROWS, false>(weight, job.weight_stride, left, x.values + at * BLOCK, blocks + at, ahead,
                                         totals);
  for (int r = 0; r < ROWS; r++) {
    float scale = job.row_scale(row + r), bias = job.row_bias(row + r);
    for (int t = 0; t < M; t++) job.put(t0 + t, row + r, sum_lanes(totals[r][t]) * scale + bias);
  }
}

template <int BITS, int M>
__attribute__((noinline)) void multiply_rows(const Linear& job, const Activations& x, const FewBlock* blocks,
                                             int64_t t0, int64_t begin, int64_t end) {
  constexpr int rows = M <= 2 ? 4 : 3;  // 2 sums each and token, of 32 registers
  int64_t row = begin;
  for (; row + rows <= end; row += rows) multiply_group<BITS, M, rows>(job, x, blocks, t0, row);
  for (; row < end; row++) multiply_group<BITS, M, 1>(job, x, blocks, t0, row);
}

}  // namespace

#endif
