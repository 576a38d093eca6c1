// Activations of a quantized layer: rounded to 16-bit integers, in the order in which weights are unpacked.
//
// x is rounded to 16-bit integers with one scale per token and block of BLOCK columns, so that an outlier costs
// precision in its own block only. Products with int4 or int8 weights are summed exactly in 32 bits: no lane sums more
// than BLOCK products, and 512 * 128 * 32639 < 2^31. An activation and a weight still add up to 16 bits.
//
// A vector of packed weights holds GROUP columns. Read as 16-bit words it takes only masks and shifts to get the first
// column of every word, then the second and so on: COLUMNS vectors. The activations are stored in this order, so no
// weight is ever shuffled.
//
// Where bytes can be multiplied four at a time (VNNI), a few tokens are stored otherwise: x = 256 high + low, both
// signed bytes, and a group is [column of a byte][high, low][byte of the packed vector].
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "linear.h"

namespace {

constexpr int BLOCK = 512;
constexpr int LARGEST = 32767 - 128;
constexpr int MOST_FEW_TOKENS = 8;  // more are multiplied by multiply_many

template <int BITS> constexpr int COLUMNS = 16 / BITS;  // of a 16-bit word
template <int BITS> constexpr int GROUP = VECTOR_BYTES / 2 * COLUMNS<BITS>;

// Rounds `count` floats (at most LENGTH; the rest of the block becomes zero) to integers up to `LIMIT` and returns the
// scale.
template <int LENGTH, int LIMIT> float round_block(const float* from, int64_t count, int16_t* rounded) {
  int32_t largest_bits = 0;  // of non-negative floats, bits compare like values, and NaN is above infinity
  for (int64_t i = 0; i < count; i++) {
    int32_t magnitude = bits<int32_t>(from[i]) & 0x7FFFFFFF;
    largest_bits = magnitude > largest_bits ? magnitude : largest_bits;
  }
  if (largest_bits == 0 || largest_bits >= 0x7F800000) {
    memset(rounded, 0, LENGTH * sizeof *rounded);
    return largest_bits ? NAN : 0.0f;  // a NaN or infinite activation makes the token's results NaN
  }
  float largest = bits<float>(largest_bits);
  if (largest > 1e-30f) {
    float inverse = LIMIT / largest;
    // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
    for (int64_t i = 0; i < count; i++)
      rounded[i] = (int16_t)(bits<int32_t>(from[i] * inverse + 12582912.0f) - 0x4B400000);
  } else {  // the inverse would overflow
    for (int64_t i = 0; i < count; i++) rounded[i] = (int16_t)lrint((double)from[i] * ((double)LIMIT / largest));
  }
  memset(rounded + count, 0, (LENGTH - count) * sizeof *rounded);
  return largest / LIMIT;
}

template <int BITS> void order_words(const int16_t* rounded, int16_t* to) {
  constexpr int words = VECTOR_BYTES / 2;
  for (int g = 0; g < BLOCK; g += GROUP<BITS>)
    for (int i = 0; i < words; i++)
      for (int c = 0; c < COLUMNS<BITS>; c++) to[g + c * words + i] = rounded[g + i * COLUMNS<BITS> + c];
}

template <int BITS> void order_bytes(const int16_t* rounded, int8_t* to) {
  constexpr int columns = 8 / BITS;
  for (int g = 0; g < BLOCK; g += GROUP<BITS>)
    for (int c = 0; c < columns; c++, to += 2 * VECTOR_BYTES)
      for (int i = 0; i < VECTOR_BYTES; i++) {
        int16_t x = rounded[g + i * columns + c];
        to[i] = (int8_t)((x + 128) >> 8), to[VECTOR_BYTES + i] = (int8_t)x;
      }
}

// Activations of `tokens` tokens: [block][token][BLOCK] integers, [block][token] scales and `pair_products`.
struct Activations {
  int64_t tokens, blocks;
  int16_t* values;
  float* scales;
  int32_t* products;

  static int64_t bytes(int64_t tokens, int64_t blocks) { return tokens * blocks * (BLOCK * 2 + 4 + 4); }
  Activations(void* memory, int64_t tokens, int64_t blocks)
      : tokens(tokens), blocks(blocks), values((int16_t*)memory), scales((float*)(values + tokens * blocks * BLOCK)),
        products((int32_t*)(scales + tokens * blocks)) {}
};

// What multiply_tile subtracts for the activations of a block: of every four, a[0] * a[2] + a[1] * a[3], modulo 2^32.
int32_t pair_products(const int16_t* values) {
  uint32_t sum = 0;
  for (int i = 0; i < BLOCK; i += 4)
    for (int j = i; j < i + 2; j++) sum += (uint32_t)(values[j] * values[j + 2]);
  return (int32_t)sum;
}

template <int BITS> void quantize_token(const Linear& job, int64_t first_token, int64_t t, const Activations& to) {
  const char* row = job.x_row(first_token + t);
  float buffer[BLOCK];
  int16_t rounded[BLOCK];
  for (int64_t b = 0; b < to.blocks; b++) {
    int64_t count = job.k - b * BLOCK < BLOCK ? job.k - b * BLOCK : BLOCK;
    widen(job.x_type, row + b * BLOCK * size_of(job.x_type), count, 1.0f, buffer);
    int64_t at = b * to.tokens + t;
    to.scales[at] = round_block<BLOCK, LARGEST>(buffer, count, rounded);
    if (BYTE_PRODUCTS && job.m <= MOST_FEW_TOKENS) order_bytes<BITS>(rounded, (int8_t*)(to.values + at * BLOCK));
    else order_words<BITS>(rounded, to.values + at * BLOCK);
    if (ADDS_ARE_CHEAP && job.m > MOST_FEW_TOKENS) to.products[at] = pair_products(to.values + at * BLOCK);
  }
}

}  // namespace
