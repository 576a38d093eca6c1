// INT4 layers for many tokens with activations of 8 bits, where callers ask for them: half the arithmetic.
//
// x is rounded to signed bytes with one scale per token and ACTIVATION_BLOCK columns. A weight is an unsigned byte,
// q + 8, unpacked as [four columns][row][4], so that one instruction multiplies four columns of a vector of rows with
// four activations of a token; 8 * sum(x), by which that is too large, is known before. A 32-bit word of a packed row
// holds eight columns: the even ones in its high nibbles, the odd ones in its low ones, and so lie activations.
//
// Without VNNI products of bytes are added up in 16 bits, eight pairs at most: 8 * 2 * 15 * 127 < 2^15.
#pragma once

#include <cstdint>
#include <cstring>

#include "many_tokens.h"

namespace {

#if !defined(CHATGLM_ACTIVATION_BLOCK)  // to measure others
#define CHATGLM_ACTIVATION_BLOCK 128
#endif
constexpr int ACTIVATION_BLOCK = CHATGLM_ACTIVATION_BLOCK;  // columns that share a scale
constexpr int LARGEST_BYTE = 127;
constexpr int BYTES_CHUNK = 2 * CHUNK;           // tokens: as CHUNK, with half the bytes
constexpr int PARTS = BLOCK / ACTIVATION_BLOCK;  // of the BLOCK columns that are unpacked at a time
constexpr int MOST_PAIRS = 8;                    // of products of bytes, added up in 16 bits
static_assert(ACTIVATION_BLOCK % (4 * MOST_PAIRS) == 0 && BLOCK % ACTIVATION_BLOCK == 0, "parts of a block");

#if defined(CHATGLM_AVX512) && defined(__AVX512VNNI__)
constexpr bool QUADS = true;
constexpr int TOKENS_PER_BYTES = 12;  // of 32 registers: 12 x 2 sums, 2 weights, 1 activation
#elif defined(CHATGLM_X86) && defined(__AVXVNNI__)
constexpr bool QUADS = true;
constexpr int TOKENS_PER_BYTES = 6;  // of 16 registers: 6 x 2 sums, 2 weights, 1 activation
#elif defined(CHATGLM_AVX512)
constexpr bool QUADS = false;
constexpr int TOKENS_PER_BYTES = 12;  // of 32 registers: 12 x 2 sums of 16 bits, the others in memory
#else
constexpr bool QUADS = false;
constexpr int TOKENS_PER_BYTES = 4;  // of 16 registers: 4 x 2 sums of 16 bits, the others in memory
#endif

constexpr int BYTE_ROWS = TILE < 2 * LANES ? 2 * LANES : TILE;  // that an unpacked tile holds
constexpr int BYTE_VECTORS = BYTE_ROWS / LANES;

// sum[i] + the four products of unsigned and signed bytes of word i, where QUADS
INLINE Int add_quads(Int sum, Int unsigned_bytes, Int bytes) {
#if defined(CHATGLM_AVX512) && defined(__AVX512VNNI__)
  return (Int)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)unsigned_bytes, (__m512i)bytes);
#elif defined(CHATGLM_X86) && defined(__AVXVNNI__)
  return (Int)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)unsigned_bytes, (__m256i)bytes);
#else
  return sum + unsigned_bytes * bytes;  // not called
#endif
}

// [i] = the two products of unsigned and signed bytes of 16-bit word i
INLINE Short pair_of_products(Int unsigned_bytes, Int bytes) {
#if defined(CHATGLM_AVX512)
  return (Short)_mm512_maddubs_epi16((__m512i)unsigned_bytes, (__m512i)bytes);
#elif defined(CHATGLM_X86)
  return (Short)_mm256_maddubs_epi16((__m256i)unsigned_bytes, (__m256i)bytes);
#else
  return (Short)(unsigned_bytes * bytes);  // not called
#endif
}

// Activations of `tokens` tokens: [block][token][BLOCK] bytes, [block][token][PARTS] scales and `8 * sum(x)`.
struct ByteActivations {
  int64_t tokens, blocks;
  int8_t* values;
  float* scales;
  int32_t* excess;

  static int64_t bytes(int64_t tokens, int64_t blocks) { return tokens * blocks * (BLOCK + PARTS * (4 + 4)); }
  ByteActivations(void* memory, int64_t tokens, int64_t blocks)
      : tokens(tokens), blocks(blocks), values((int8_t*)memory), scales((float*)(values + tokens * blocks * BLOCK)),
        excess((int32_t*)(scales + tokens * blocks * PARTS)) {}
};

void round_token_to_bytes(const Linear& job, int64_t first_token, int64_t t, const ByteActivations& to) {
  const char* row = job.x_row(first_token + t);
  float buffer[ACTIVATION_BLOCK];
  int16_t rounded[ACTIVATION_BLOCK];
  for (int64_t b = 0; b < to.blocks * PARTS; b++) {
    int64_t begin = b * ACTIVATION_BLOCK, left = job.k - begin;
    int64_t count = left < 0 ? 0 : left < ACTIVATION_BLOCK ? left : ACTIVATION_BLOCK;
    if (count) widen(job.x_type, row + begin * size_of(job.x_type), count, 1.0f, buffer);
    int64_t block = b / PARTS * to.tokens + t, part = block * PARTS + b % PARTS;
    to.scales[part] = round_block<ACTIVATION_BLOCK, LARGEST_BYTE>(buffer, count, rounded);
    int8_t* values = to.values + block * BLOCK + b % PARTS * ACTIVATION_BLOCK;
    int32_t sum = 0;
    for (int i = 0; i < ACTIVATION_BLOCK; i += 8)
      for (int j = 0; j < 4; j++) {
        values[i + j] = (int8_t)rounded[i + 2 * j];
        values[i + 4 + j] = (int8_t)rounded[i + 2 * j + 1];
        sum += rounded[i + 2 * j] + rounded[i + 2 * j + 1];
      }
    to.excess[part] = 8 * sum;
  }
}

// Unpacks `bytes` bytes (at most a block) of BYTE_ROWS rows into [four columns][row][4].
INLINE void unpack_bytes(const char* weight, int64_t stride, int64_t rows, int64_t bytes, uint8_t* to) {
  constexpr int words = VECTOR_BYTES / 4;
  for (int64_t i = 0; i < bytes; i += VECTOR_BYTES, to += 8 * words * BYTE_ROWS)
    for (int r = 0; r < BYTE_ROWS && r < rows; r += TILE) {
      int32_t transposed[words * TILE];
      transpose_vector(weight + r * stride + i, stride, rows - r, bytes - i, transposed);
      for (int j = 0; j < words; j++)
        for (int v = 0; v < VECTORS; v++) {
          Unsigned packed = load<Unsigned>(transposed + j * TILE + v * LANES) ^ 0x88888888u;
          uint8_t* at = to + (8 * j * BYTE_ROWS + 4 * r) + v * VECTOR_BYTES;
          store(at, packed >> 4 & 0x0F0F0F0Fu);
          store(at + 4 * BYTE_ROWS, packed & 0x0F0F0F0Fu);
        }
    }
}

// sums[t][BYTE_ROWS] += activations[t] . tile, over `columns` columns
template <int M>
INLINE void add_products(const int8_t* x, const uint8_t* tile, int64_t columns, Int (&sums)[M][BYTE_VECTORS]) {
  constexpr int step = QUADS ? 4 : 4 * MOST_PAIRS;
  for (int64_t i = 0; i < columns; i += step) {
    Short pairs[M][BYTE_VECTORS] = {};
    for (int64_t j = i; j < i + step; j += 4) {
      Int weights[BYTE_VECTORS];
      for (int v = 0; v < BYTE_VECTORS; v++) weights[v] = load<Int>(tile + j * BYTE_ROWS + v * VECTOR_BYTES);
      for (int t = 0; t < M; t++) {
        Int activations = broadcast_word(x + t * BLOCK + j);
        for (int v = 0; v < BYTE_VECTORS; v++)
          if (QUADS) sums[t][v] = add_quads(sums[t][v], weights[v], activations);
          else pairs[t][v] += pair_of_products(weights[v], activations);
      }
    }
    for (int t = 0; t < M && !QUADS; t++)
      for (int v = 0; v < BYTE_VECTORS; v++) sums[t][v] = dot(sums[t][v], pairs[t][v], Short{} + (int16_t)1);
  }
}

// totals[t][BYTE_ROWS] (+)= the sum over parts of scale[t] * (activations[t] . tile); `at` is the first token's place
template <int M>
void multiply_bytes(const ByteActivations& x, int64_t at, const uint8_t* tile, int64_t columns, bool first,
                    float* totals) {
  for (int64_t begin = 0, part = 0; begin < columns; begin += ACTIVATION_BLOCK, part++) {
    Int sums[M][BYTE_VECTORS];
    for (int t = 0; t < M; t++)
      for (int v = 0; v < BYTE_VECTORS; v++) sums[t][v] = Int{} - x.excess[(at + t) * PARTS + part];
    int64_t count = columns - begin < ACTIVATION_BLOCK ? columns - begin : ACTIVATION_BLOCK;
    add_products<M>(x.values + at * BLOCK + begin, tile + begin * BYTE_ROWS, count, sums);
    for (int t = 0; t < M; t++)
      for (int v = 0; v < BYTE_VECTORS; v++) {
        float* total = totals + t * TASK_ROWS + v * LANES;
        Float before = first && !part ? Float{} : load<Float>(total);
        store(total, before + to_float(sums[t][v]) * x.scales[(at + t) * PARTS + part]);
      }
  }
}

typedef void (*MultiplyBytes)(const ByteActivations&, int64_t, const uint8_t*, int64_t, bool, float*);

template <int M> MultiplyBytes bytes_function(int tokens) {
  if constexpr (M == 1) return multiply_bytes<1>;
  else return tokens == M ? multiply_bytes<M> : bytes_function<M - 1>(tokens);
}

void multiply_many_bytes(const Linear& job, int64_t first_token, const ByteActivations& x) {
  constexpr int64_t block_bytes = BLOCK / 2;
  int64_t row_bytes = job.k / 2;
  MultiplyBytes full = bytes_function<TOKENS_PER_BYTES>(TOKENS_PER_BYTES);
  MultiplyBytes last = bytes_function<TOKENS_PER_BYTES>((int)(x.tokens % TOKENS_PER_BYTES));
  parallel(job.threads, (job.n + TASK_ROWS - 1) / TASK_ROWS, [&](int64_t task) {
    alignas(64) uint8_t tile[BLOCK * BYTE_ROWS] = {};  // rows past the end may stay so
    alignas(64) float totals[BYTES_CHUNK * TASK_ROWS];
    if (!x.blocks) memset(totals, 0, sizeof totals);  // no columns: nothing else sets them
    int64_t begin = task * TASK_ROWS, rows = job.n - begin < TASK_ROWS ? job.n - begin : TASK_ROWS;
    for (int64_t b = 0; b < x.blocks; b++) {
      int64_t left = row_bytes - b * block_bytes, bytes = left < block_bytes ? left : block_bytes;
      int64_t columns = (bytes + VECTOR_BYTES - 1) / VECTOR_BYTES * GROUP<4>;
      for (int64_t r = 0; r < rows; r += BYTE_ROWS) {
        const char* weight = job.weight + (begin + r) * job.weight_stride + b * block_bytes;
        unpack_bytes(weight, job.weight_stride, rows - r, bytes, tile);
        for (int64_t t = 0; t < x.tokens; t += TOKENS_PER_BYTES) {
          MultiplyBytes multiply = t + TOKENS_PER_BYTES <= x.tokens ? full : last;
          multiply(x, b * x.tokens + t, tile, columns, b == 0, totals + t * TASK_ROWS + r);
        }
      }
    }
    put_totals(job, first_token, x.tokens, begin, rows, totals);
  });
}

void multiply_with_bytes(const Linear& job) {
  static thread_local Workspace workspace;
  int64_t blocks = (job.k + BLOCK - 1) / BLOCK;
  int64_t chunks = (job.m + BYTES_CHUNK - 1) / BYTES_CHUNK;
  for (int64_t chunk = 0; chunk < chunks; chunk++) {
    int64_t begin = job.m * chunk / chunks, tokens = job.m * (chunk + 1) / chunks - begin;
    ByteActivations x(workspace.get<char>(ByteActivations::bytes(tokens, blocks)), tokens, blocks);
    parallel(job.threads, tokens, [&](int64_t t) { round_token_to_bytes(job, begin, t, x); });
    multiply_many_bytes(job, begin, x);
  }
}

}  // namespace
