// Quantized layers for many tokens.
//
// A block of TILE rows is unpacked once, into 16 KiB that stay in the first-level cache, and multiplied with all the
// tokens of a chunk by a tile of TOKENS_PER_PRODUCT x TILE sums in registers. The unpacked block is [pair of
// columns][row][2]; the columns of a pair come from the two 16-bit words of one 32-bit word of the packed row.
//
// Where multiplications are what takes time, two products cost one (Winograd, "A New Algorithm for Inner Product",
// IEEE Transactions on Computers C-17, 1968): a v + b w = (a + w) (b + v) - a b - v w, where a b depends on the
// activations alone and v w on the weights alone. Sums may pass 2^31 on the way; modulo 2^32 the result is exact.
#pragma once

#include <cstdint>
#include <cstring>

#include "activations.h"
#include "threads.h"

namespace {

constexpr int CHUNK = 128;     // tokens: their activations for one block fit the second-level cache
constexpr int TASK_ROWS = 64;  // rows that a thread works on with one chunk of activations

#if CHATGLM_ADDS_ARE_CHEAP && defined(CHATGLM_AVX512)
constexpr int TOKENS_PER_PRODUCT = 8;  // of 32 registers: 8 sums, 2 weights, 2 activations, 2 sums of both
#elif CHATGLM_ADDS_ARE_CHEAP && defined(CHATGLM_X86)
constexpr int TOKENS_PER_PRODUCT = 4;  // of 16 registers: 4 x 2 sums, 4 weights, 2 activations, 2 sums of both
#else
constexpr int TOKENS_PER_PRODUCT = TOKENS_PER_TILE;
#endif

// TILE rows of a block, unpacked, and their `pair_products`.
struct UnpackedTile {
  alignas(64) int16_t values[BLOCK * TILE];
  int32_t products[TILE];
};

// to[j][r] = word j of row r, for `words` words of TILE rows
INLINE void transpose_words(const char* const (&rows)[TILE], int64_t words, int32_t* to) {
  int64_t j = 0;
#if defined(CHATGLM_X86)
  for (; j + 8 <= words; j += 8)
    for (int half = 0; half < TILE; half += 8) {
      __m256i a[8], b[8];
      for (int r = 0; r < 8; r++) a[r] = _mm256_loadu_si256((const __m256i*)(rows[half + r] + j * 4));
      for (int r = 0; r < 8; r += 2) {
        b[r] = _mm256_unpacklo_epi32(a[r], a[r + 1]);
        b[r + 1] = _mm256_unpackhi_epi32(a[r], a[r + 1]);
      }
      for (int r = 0; r < 8; r += 4)
        for (int s = 0; s < 2; s++) {
          a[r + 2 * s] = _mm256_unpacklo_epi64(b[r + s], b[r + s + 2]);
          a[r + 2 * s + 1] = _mm256_unpackhi_epi64(b[r + s], b[r + s + 2]);
        }
      for (int s = 0; s < 4; s++) {
        int32_t* out = to + (j + s) * TILE + half;
        _mm256_storeu_si256((__m256i*)out, _mm256_permute2x128_si256(a[s], a[s + 4], 0x20));
        _mm256_storeu_si256((__m256i*)(out + 4 * TILE), _mm256_permute2x128_si256(a[s], a[s + 4], 0x31));
      }
    }
#endif
  for (; j < words; j++)
    for (int r = 0; r < TILE; r++) to[j * TILE + r] = load<int32_t>(rows[r] + j * 4);
}

template <int BITS> INLINE void unpack(Short packed, Short (&values)[COLUMNS<BITS>]) {
  if constexpr (BITS == 8) {
    values[0] = (packed << 8) >> 8;
    values[1] = packed >> 8;
  } else {
    Words shifted = (Words)packed ^ (uint16_t)0x8888;  // nibbles q + 8; an even column has its byte's high nibble
    values[1] = (Short)(shifted & 15) - 8;
    values[0] = (Short)((shifted >> 4) & 15) - 8;
    values[3] = (Short)((shifted >> 8) & 15) - 8;
    values[2] = packed >> 12;
  }
}

// to[j][r] = word j of row r, for the next `bytes` bytes (a vector, or what is left of the rows, then zeros) of TILE
// rows; rows past the end repeat the last one.
INLINE void transpose_vector(const char* weight, int64_t stride, int64_t rows, int64_t bytes, int32_t* to) {
  const char* sources[TILE];
  char tails[TILE][VECTOR_BYTES];
  for (int r = 0; r < TILE; r++) {
    sources[r] = weight + (r < rows ? r : rows - 1) * stride;
    if (bytes < VECTOR_BYTES) {
      memset(tails[r], 0, VECTOR_BYTES);
      memcpy(tails[r], sources[r], bytes);
      sources[r] = tails[r];
    }
  }
  transpose_words(sources, VECTOR_BYTES / 4, to);
}

// Unpacks `bytes` bytes (at most a block) of TILE rows.
template <int BITS>
INLINE void unpack_tile(const char* weight, int64_t stride, int64_t rows, int64_t bytes, UnpackedTile& tile) {
  constexpr int words = VECTOR_BYTES / 4;
  int16_t* to = tile.values;
  for (int64_t i = 0; i < bytes; i += VECTOR_BYTES) {
    int32_t transposed[words * TILE];
    transpose_vector(weight + i, stride, rows, bytes - i, transposed);
    for (int j = 0; j < words; j++)
      for (int v = 0; v < VECTORS; v++) {
        Short packed = load<Short>(transposed + j * TILE + v * LANES), values[COLUMNS<BITS>];
        unpack<BITS>(packed, values);
        for (int c = 0; c < COLUMNS<BITS>; c++)
          store(to + ((c * words + j) * TILE + v * LANES) * 2, values[c]);
      }
    to += GROUP<BITS> * TILE;
  }
  if (ADDS_ARE_CHEAP)
    for (int v = 0; v < VECTORS; v++) {
      Int sum = {};
      for (const int16_t* pair = tile.values + v * LANES * 2; pair < to; pair += 4 * TILE)
        sum = dot(sum, load<Short>(pair), load<Short>(pair + 2 * TILE));
      store(tile.products + v * LANES, sum);
    }
}

// totals[t][TILE] (+)= scale[t] * (activations[t] . tile), over `columns` columns; `at` is the first token's place
template <int M>
void multiply_tile(const Activations& x, int64_t at, const UnpackedTile& tile, int64_t columns, bool first,
                   float* totals) {
  const int16_t* activations = x.values + at * BLOCK;
  Int sums[M][VECTORS] = {};
  if constexpr (ADDS_ARE_CHEAP) {
    for (int64_t i = 0; i < columns; i += 4) {
      Short weights[2][VECTORS];
      for (int half = 0; half < 2; half++)
        for (int v = 0; v < VECTORS; v++)
          weights[half][v] = load<Short>(tile.values + (i + 2 * half) * TILE + v * LANES * 2);
      for (int t = 0; t < M; t++) {
        Short a = (Short)broadcast_word(activations + t * BLOCK + i);
        Short b = (Short)broadcast_word(activations + t * BLOCK + i + 2);
        for (int v = 0; v < VECTORS; v++) sums[t][v] = dot(sums[t][v], a + weights[1][v], b + weights[0][v]);
      }
    }
    for (int t = 0; t < M; t++)
      for (int v = 0; v < VECTORS; v++) sums[t][v] -= x.products[at + t] + load<Int>(tile.products + v * LANES);
  } else {
    for (int64_t i = 0; i < columns; i += 2) {
      Short weights[VECTORS];
      for (int v = 0; v < VECTORS; v++) weights[v] = load<Short>(tile.values + i * TILE + v * LANES * 2);
      for (int t = 0; t < M; t++) {
        Short pair = (Short)broadcast_word(activations + t * BLOCK + i);
        for (int v = 0; v < VECTORS; v++) sums[t][v] = dot(sums[t][v], weights[v], pair);
      }
    }
  }
  for (int t = 0; t < M; t++)
    for (int v = 0; v < VECTORS; v++) {
      float* total = totals + t * TASK_ROWS + v * LANES;
      store(total, (first ? Float{} : load<Float>(total)) + to_float(sums[t][v]) * x.scales[at + t]);
    }
}

// y of TASK_ROWS rows from `begin` on, where there are as many, from their totals [token][TASK_ROWS]
void put_totals(const Linear& job, int64_t first_token, int64_t tokens, int64_t begin, int64_t rows, float* totals) {
  float scales[TASK_ROWS], biases[TASK_ROWS];
  for (int64_t r = 0; r < rows; r++) scales[r] = job.row_scale(begin + r), biases[r] = job.row_bias(begin + r);
  for (int64_t t = 0; t < tokens; t++) {
    float* values = totals + t * TASK_ROWS;
    for (int64_t r = 0; r < rows; r++) values[r] = values[r] * scales[r] + biases[r];
    int64_t at = (first_token + t) * job.y_stride + begin;
    narrow(job.x_type, values, rows, job.y + at * size_of(job.x_type));
  }
}

typedef void (*MultiplyTile)(const Activations&, int64_t, const UnpackedTile&, int64_t, bool, float*);

template <int M> MultiplyTile tile_function(int tokens) {
  if constexpr (M == 1) return multiply_tile<1>;
  else return tokens == M ? multiply_tile<M> : tile_function<M - 1>(tokens);
}

template <int BITS> void multiply_many(const Linear& job, int64_t first_token, const Activations& x) {
  constexpr int64_t block_bytes = BLOCK * BITS / 8;
  int64_t row_bytes = job.k * BITS / 8;
  MultiplyTile full = tile_function<TOKENS_PER_PRODUCT>(TOKENS_PER_PRODUCT);
  MultiplyTile last = tile_function<TOKENS_PER_PRODUCT>((int)(x.tokens % TOKENS_PER_PRODUCT));
  parallel(job.threads, (job.n + TASK_ROWS - 1) / TASK_ROWS, [&](int64_t task) {
    UnpackedTile tile;
    alignas(64) float totals[CHUNK * TASK_ROWS];
    if (!x.blocks) memset(totals, 0, sizeof totals);  // no columns: nothing else sets them
    int64_t begin = task * TASK_ROWS, rows = job.n - begin < TASK_ROWS ? job.n - begin : TASK_ROWS;
    for (int64_t b = 0; b < x.blocks; b++) {
      int64_t left = row_bytes - b * block_bytes, bytes = left < block_bytes ? left : block_bytes;
      int64_t columns = (bytes + VECTOR_BYTES - 1) / VECTOR_BYTES * GROUP<BITS>;
      for (int64_t r = 0; r < rows; r += TILE) {
        unpack_tile<BITS>(job.weight + (begin + r) * job.weight_stride + b * block_bytes, job.weight_stride, rows - r,
                          bytes, tile);
        for (int64_t t = 0; t < x.tokens; t += TOKENS_PER_PRODUCT) {
          MultiplyTile multiply = t + TOKENS_PER_PRODUCT <= x.tokens ? full : last;
          multiply(x, b * x.tokens + t, tile, columns, b == 0, totals + t * TASK_ROWS + r);
        }
      }
    }
    put_totals(job, first_token, x.tokens, begin, rows, totals);
  });
}

}  // namespace
