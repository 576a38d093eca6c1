// Rows of a quantized weight times few tokens, with products of 16-bit words: what any processor can do.
//
// Values are left unsigned and, where that saves a shift, scaled by 16: some processors shift one vector in two cycles
// but mask two per cycle. What this adds to the sums, 8 (int4) or 128 (int8) times the activations, is known before.
#pragma once

#include <cstdint>
#include <cstring>

#include "activations.h"

#if !defined(CHATGLM_BYTE_PRODUCTS)
namespace {

template <int BITS> struct Few;

template <> struct Few<4> {
  static constexpr int SUMS = 2;  // of values times 16, and of plain values
  static constexpr float UNIT = 1.0f / 16;

  template <int M> static INLINE void multiply(Short packed, const int16_t* x, Int (&sums)[M][SUMS]) {
    Words low = (Words)packed ^ (uint16_t)0x8888, high = low >> 8;  // nibbles q + 8
    Words values[4] = {low & 0x00F0, low & 0x000F, high & 0x00F0, high & 0x000F};
    for (int t = 0; t < M; t++)
      for (int c = 0; c < 4; c++)
        sums[t][c % 2] = dot(sums[t][c % 2], (Short)values[c], load<Short>(x + t * BLOCK + c * (VECTOR_BYTES / 2)));
  }

  static INLINE Int total(const Int (&sums)[SUMS]) { return sums[0] + (sums[1] << 4); }

  static INLINE Int excess(const int16_t* x) {
    Int sum = {};
    for (int c = 0; c < 4; c++) sum = dot(sum, load<Short>(x + c * (VECTOR_BYTES / 2)), Short{} + 8);
    return sum;
  }
};

template <> struct Few<8> {
  static constexpr int SUMS = 2;  // of low and of high bytes
  static constexpr float UNIT = 1.0f;

  template <int M> static INLINE void multiply(Short packed, const int16_t* x, Int (&sums)[M][SUMS]) {
    Words low = ((Words)packed ^ (uint16_t)0x0080) & 0x00FF;  // q + 128
    for (int t = 0; t < M; t++) {
      sums[t][0] = dot(sums[t][0], packed >> 8, load<Short>(x + t * BLOCK + VECTOR_BYTES / 2));
      sums[t][1] = dot(sums[t][1], (Short)low, load<Short>(x + t * BLOCK));
    }
  }

  static INLINE Int total(const Int (&sums)[SUMS]) { return sums[0] + sums[1]; }

  static INLINE Int excess(const int16_t* x) { return dot(Int{}, load<Short>(x), Short{} + 128); }
};

// What a row needs to know of one token's block besides its activations.
struct FewBlock {
  Int start;    // of the second sum: the excess, with its sign turned
  Float scale;  // of the total
};

template <int BITS> INLINE FewBlock few_block(const int16_t* x, float scale) {
  Int excess = {};
  for (int g = 0; g < BLOCK; g += GROUP<BITS>) excess += Few<BITS>::excess(x + g);
  return {-excess, broadcast(scale * Few<BITS>::UNIT)};
}

// totals[t] += scale[t] * (activations[t] . weight) over one block; FULL: of BLOCK columns, which unrolls the loop
template <int BITS, int M, bool FULL>
INLINE void multiply_block(const char* weight, int64_t bytes, const int16_t* x, const FewBlock* blocks,
                           Float (&totals)[M]) {
  Int sums[M][Few<BITS>::SUMS];
  for (int t = 0; t < M; t++) sums[t][0] = Int{}, sums[t][1] = blocks[t].start;
  if (FULL) bytes = BLOCK * BITS / 8;
  int64_t i = 0;
#pragma GCC unroll 2  // one prefetch per cache line
  for (; i + VECTOR_BYTES <= bytes; i += VECTOR_BYTES, x += GROUP<BITS>) {
    if (i % 64 == 0) __builtin_prefetch(weight + i + PREFETCH_BYTES, 0, 0);  // past a row's end the next row goes on
    Few<BITS>::template multiply<M>(load<Short>(weight + i), x, sums);
  }
  if (!FULL && i < bytes) {
    char tail[VECTOR_BYTES] = {};
    memcpy(tail, weight + i, bytes - i);
    Few<BITS>::template multiply<M>(load<Short>(tail), x, sums);
  }
  for (int t = 0; t < M; t++) totals[t] += to_float(Few<BITS>::total(sums[t])) * blocks[t].scale;
}

template <int BITS, int M>
__attribute__((noinline))  // g++ 12 makes slower loops of all the calls in one function
void multiply_rows(const Linear& job, const Activations& x, const FewBlock* blocks, int64_t t0, int64_t begin,
                   int64_t end) {
  constexpr int64_t block_bytes = BLOCK * BITS / 8;
  for (int64_t row = begin; row < end; row++) {
    const char* weight = job.weight + row * job.weight_stride;
    Float totals[M] = {};
    int64_t left = job.k * BITS / 8, at = t0;
    for (; left >= block_bytes; left -= block_bytes, weight += block_bytes, at += x.tokens)
      multiply_block<BITS, M, true>(weight, left, x.values + at * BLOCK, blocks + at, totals);
    if (left) multiply_block<BITS, M, false>(weight, left, x.values + at * BLOCK, blocks + at, totals);
    float scale = job.row_scale(row), bias = job.row_bias(row);
    for (int t = 0; t < M; t++) job.put(t0 + t, row, sum_lanes(totals[t]) * scale + bias);
  }
}

}  // namespace

#endif
