"""Native kernels for the quantized linear layer: their sources (C++ for CPUs, PTX for GPUs) and how they are loaded.

Nothing here runs at import. `quantization.py` calls `load_cpu_kernels` and `load_cuda_kernels` at the first use.
"""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
from typing import List, Optional, Tuple

import torch
from torch import Tensor


class KernelUnavailableError(RuntimeError):
    """A native kernel cannot be used on this machine; the message says why and what to install."""


# ------------------------------------------------------------------------------------------------------------- CPU
# Compiled at the first use by the machine's own compiler, for its own processor, into a cache folder of the user's.
# Settings, read from the environment then:
#   CXX                   the compiler (default: the first of c++, g++, clang++ that works)
#   CHATGLM_KERNEL_CACHE  the cache folder (default: $XDG_CACHE_HOME/chatglm2-kernels or ~/.cache/chatglm2-kernels)
#   CHATGLM_CPU_ARCH      "native" (default), or "portable" for a build without intrinsics that runs on any processor
#                         of this family

CPU_SOURCE = r"""
// CPU kernels for ChatGLM2: linear layers with INT4, INT8 and float weights, and attention over the key/value cache.
//
// Written in vectors of the machine's width (GCC and clang vector extensions); intrinsics stand only where those have
// no word for an instruction: the 16-bit dot product, half precision, one transpose. All sizes are in elements unless
// a name says bytes. Little-endian machines only.

#include <pthread.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

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
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the packed weights are read as little-endian words"
#endif

#define INLINE inline __attribute__((always_inline))

namespace {

// ----------------------------------------------------------------------------------------------------------- vectors

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
  float lanes[LANES];
  store(lanes, value);
  // Pairwise, so that the compiler may use narrower vectors.
  for (int width = LANES / 2; width; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
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

// ------------------------------------------------------------------------------------------------------- float types

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
  return (Float)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)from));
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

// ----------------------------------------------------------------------------------------------------------- threads

// torch's own OpenMP runtime, handed over by Python: its threads are the ones that torch's operators have just used,
// so they are awake, and no second pool competes with them. Null where torch has none: then threads are started per
// call.
typedef void (*OpenMPParallel)(void (*)(void*), void*, unsigned, unsigned);
std::atomic<OpenMPParallel> openmp_parallel{nullptr};

void forget_openmp() { openmp_parallel = nullptr; }  // its threads do not exist in a forked child

template <class Body> struct Team {
  const Body& body;
  int64_t tasks;
  std::atomic<int64_t> next{0};

  static void work(void* self) {
    Team& team = *(Team*)self;
    for (int64_t task; (task = team.next.fetch_add(1, std::memory_order_relaxed)) < team.tasks;) team.body(task);
  }
};

// body(task) for every task in [0, tasks). Threads take the next task when they are free: some cores are slower.
template <class Body> void parallel(int threads, int64_t tasks, const Body& body) {
  Team<Body> team{body, tasks};
  if (threads > tasks) threads = (int)tasks;
  if (threads <= 1) return Team<Body>::work(&team);
  if (OpenMPParallel start = openmp_parallel) return start(Team<Body>::work, &team, (unsigned)threads, 0);
  std::vector<std::thread> helpers;
  try {
    for (int i = 1; i < threads; i++) helpers.emplace_back(Team<Body>::work, &team);
  } catch (const std::system_error&) {
    // Too many threads in this process: those that exist do the work.
  }
  Team<Body>::work(&team);
  for (std::thread& helper : helpers) helper.join();
}

// Memory that a thread keeps between calls. Throws std::bad_alloc, which the entry points turn into a status.
class Workspace {
 public:
  template <class T> T* get(int64_t count) {
    size_t bytes = (size_t)count * sizeof(T);
    if (bytes > size_) {
      free(data_);
      data_ = nullptr, size_ = 0;
      if (posix_memalign(&data_, 64, bytes)) throw std::bad_alloc();
      size_ = bytes;
    }
    return (T*)data_;
  }
  ~Workspace() { free(data_); }

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

// ----------------------------------------------------------------------------------------------- integer activations
//
// x is rounded to 16-bit integers with one scale per token and block of BLOCK columns, so that an outlier costs
// precision in its own block only. Products with int4 or int8 weights are summed exactly in 32 bits: no lane sums more
// than BLOCK products, and 512 * 128 * 32767 < 2^31.
//
// A vector of packed weights holds GROUP columns. Read as 16-bit words it takes only masks and shifts to get the first
// column of every word, then the second and so on: COLUMNS vectors. The activations are stored in this order, so no
// weight is ever shuffled.

constexpr int BLOCK = 512;

template <int BITS> constexpr int COLUMNS = 16 / BITS;  // of a 16-bit word
template <int BITS> constexpr int GROUP = VECTOR_BYTES / 2 * COLUMNS<BITS>;

// Rounds `count` floats (at most BLOCK; the rest of the block becomes zero) into `to` and returns the scale.
template <int BITS> float quantize_block(const float* from, int64_t count, int16_t* to) {
  int32_t largest_bits = 0;  // of non-negative floats, bits compare like values, and NaN is above infinity
  for (int64_t i = 0; i < count; i++) {
    int32_t magnitude = bits<int32_t>(from[i]) & 0x7FFFFFFF;
    largest_bits = magnitude > largest_bits ? magnitude : largest_bits;
  }
  if (largest_bits == 0 || largest_bits >= 0x7F800000) {
    memset(to, 0, BLOCK * sizeof *to);
    return largest_bits ? NAN : 0.0f;  // a NaN or infinite activation makes the token's results NaN
  }
  float largest = bits<float>(largest_bits);
  int16_t rounded[BLOCK];
  if (largest > 1e-30f) {
    float inverse = 32767.0f / largest;
    // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
    for (int64_t i = 0; i < count; i++)
      rounded[i] = (int16_t)(bits<int32_t>(from[i] * inverse + 12582912.0f) - 0x4B400000);
  } else {  // the inverse would overflow
    for (int64_t i = 0; i < count; i++) rounded[i] = (int16_t)lrint((double)from[i] * (32767.0 / largest));
  }
  memset(rounded + count, 0, (BLOCK - count) * sizeof *rounded);
  constexpr int words = VECTOR_BYTES / 2;
  for (int g = 0; g < BLOCK; g += GROUP<BITS>)
    for (int i = 0; i < words; i++)
      for (int c = 0; c < COLUMNS<BITS>; c++) to[g + c * words + i] = rounded[g + i * COLUMNS<BITS> + c];
  return largest / 32767.0f;
}

struct Linear {
  int64_t m, n, k;
  const char* x;
  int x_type;
  int64_t x_stride;
  const char* weight;
  int64_t weight_stride;  // in elements of the weight (bytes for packed weights)
  const char* scale;
  int scale_type;
  const char* bias;
  int bias_type;
  char* y;
  int64_t y_stride;
  int threads;

  float row_scale(int64_t row) const { return load_one(scale_type, scale, row); }
  float row_bias(int64_t row) const { return bias ? load_one(bias_type, bias, row) : 0.0f; }
  const char* x_row(int64_t token) const { return x + token * x_stride * size_of(x_type); }
  void put(int64_t token, int64_t row, float value) const { store_one(x_type, y, token * y_stride + row, value); }
};

// Activations of `tokens` tokens: [block][token][BLOCK] integers and [block][token] scales.
struct Activations {
  int64_t tokens, blocks;
  int16_t* values;
  float* scales;

  static int64_t bytes(int64_t tokens, int64_t blocks) { return tokens * blocks * (BLOCK * 2 + 4); }
  Activations(void* memory, int64_t tokens, int64_t blocks)
      : tokens(tokens), blocks(blocks), values((int16_t*)memory), scales((float*)(values + tokens * blocks * BLOCK)) {}
};

template <int BITS> void quantize_token(const Linear& job, int64_t first_token, int64_t t, const Activations& to) {
  const char* row = job.x_row(first_token + t);
  float buffer[BLOCK];
  for (int64_t b = 0; b < to.blocks; b++) {
    int64_t count = job.k - b * BLOCK < BLOCK ? job.k - b * BLOCK : BLOCK;
    widen(job.x_type, row + b * BLOCK * size_of(job.x_type), count, 1.0f, buffer);
    int64_t at = b * to.tokens + t;
    to.scales[at] = quantize_block<BITS>(buffer, count, to.values + at * BLOCK);
  }
}

// -------------------------------------------------------------------------------------- quantized weights, few tokens
//
// One pass over the weights at the speed of memory: unpacked in registers, multiplied with every token, never stored.

// Values are left unsigned and, where that saves a shift, scaled by 16: some processors shift one vector in two cycles
// but mask two per cycle. What this adds to the sums, 8 (int4) or 128 (int8) times the activations, is known before.

constexpr int FEW_TOKENS = 4;
constexpr int PREFETCH_BYTES = 2048;

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
    if (i % 64 == 0) __builtin_prefetch(weight + i + PREFETCH_BYTES);  // past a row's end the next row goes on
    Few<BITS>::template multiply<M>(load<Short>(weight + i), x, sums);
  }
  if (i < bytes) {
    char tail[VECTOR_BYTES] = {};
    memcpy(tail, weight + i, bytes - i);
    Few<BITS>::template multiply<M>(load<Short>(tail), x, sums);
  }
  for (int t = 0; t < M; t++) totals[t] += to_float(Few<BITS>::total(sums[t])) * blocks[t].scale;
}

template <int BITS, int M>
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

template <int BITS> void multiply_few(const Linear& job, const Activations& x) {
  static thread_local Workspace workspace;
  FewBlock* blocks = workspace.get<FewBlock>(x.blocks * x.tokens);
  for (int64_t at = 0; at < x.blocks * x.tokens; at++)
    blocks[at] = few_block<BITS>(x.values + at * BLOCK, x.scales[at]);
  // Tasks of about 256 KiB: long enough to read in order, short enough that the threads end together.
  int64_t rows = 262144 / (job.k * BITS / 8 + 1) + 1;
  parallel(job.threads, (job.n + rows - 1) / rows, [&](int64_t task) {
    int64_t begin = task * rows, end = begin + rows < job.n ? begin + rows : job.n;
    for (int64_t t = 0; t < x.tokens; t += FEW_TOKENS) switch (x.tokens - t) {
        case 1: multiply_rows<BITS, 1>(job, x, blocks, t, begin, end); break;
        case 2: multiply_rows<BITS, 2>(job, x, blocks, t, begin, end); break;
        case 3: multiply_rows<BITS, 3>(job, x, blocks, t, begin, end); break;
        default: multiply_rows<BITS, 4>(job, x, blocks, t, begin, end); break;
      }
  });
}

// ------------------------------------------------------------------------------------- quantized weights, many tokens
//
// A block of TILE rows is unpacked once, into 16 KiB that stay in the first-level cache, and multiplied with all the
// tokens of a chunk by a tile of TOKENS_PER_TILE x TILE sums in registers. The unpacked block is [pair of
// columns][row][2]; the columns of a pair come from the two 16-bit words of one 32-bit word of the packed row.

constexpr int CHUNK = 128;       // tokens: their activations for one block fit the second-level cache
constexpr int TASK_ROWS = 64;    // rows that a thread works on with one chunk of activations

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

// Unpacks `bytes` bytes (at most a block) of TILE rows; rows past the end repeat the last one.
template <int BITS>
INLINE void unpack_tile(const char* weight, int64_t stride, int64_t rows, int64_t bytes, int16_t* to) {
  constexpr int words = VECTOR_BYTES / 4;
  for (int64_t i = 0; i < bytes; i += VECTOR_BYTES) {
    const char* sources[TILE];
    char tails[TILE][VECTOR_BYTES];
    for (int r = 0; r < TILE; r++) {
      sources[r] = weight + (r < rows ? r : rows - 1) * stride + i;
      if (bytes - i < VECTOR_BYTES) {
        memset(tails[r], 0, VECTOR_BYTES);
        memcpy(tails[r], sources[r], bytes - i);
        sources[r] = tails[r];
      }
    }
    int32_t transposed[words * TILE];
    transpose_words(sources, words, transposed);
    for (int j = 0; j < words; j++)
      for (int v = 0; v < VECTORS; v++) {
        Short packed = load<Short>(transposed + j * TILE + v * LANES), values[COLUMNS<BITS>];
        unpack<BITS>(packed, values);
        for (int c = 0; c < COLUMNS<BITS>; c++)
          store(to + ((c * words + j) * TILE + v * LANES) * 2, values[c]);
      }
    to += GROUP<BITS> * TILE;
  }
}

// totals[t][TILE] (+)= scale[t] * (activations[t] . tile), over `columns` columns
template <int M>
void multiply_tile(const int16_t* activations, const float* scales, const int16_t* tile, int64_t columns, bool first,
                   float* totals, int64_t total_stride) {
  Int sums[M][VECTORS] = {};
  for (int64_t i = 0; i < columns; i += 2) {
    Short weights[VECTORS];
    for (int v = 0; v < VECTORS; v++) weights[v] = load<Short>(tile + i * TILE + v * LANES * 2);
    for (int t = 0; t < M; t++) {
      Short pair = (Short)broadcast_word(activations + t * BLOCK + i);
      for (int v = 0; v < VECTORS; v++) sums[t][v] = dot(sums[t][v], weights[v], pair);
    }
  }
  for (int t = 0; t < M; t++)
    for (int v = 0; v < VECTORS; v++) {
      float* at = totals + t * total_stride + v * LANES;
      Float value = to_float(sums[t][v]) * scales[t];
      store(at, first ? value : value + load<Float>(at));
    }
}

typedef void (*MultiplyTile)(const int16_t*, const float*, const int16_t*, int64_t, bool, float*, int64_t);

template <int M> MultiplyTile tile_function(int tokens) {
  if constexpr (M == 1) return multiply_tile<1>;
  else return tokens == M ? multiply_tile<M> : tile_function<M - 1>(tokens);
}

template <int BITS> void multiply_many(const Linear& job, int64_t first_token, const Activations& x) {
  constexpr int64_t block_bytes = BLOCK * BITS / 8;
  int64_t row_bytes = job.k * BITS / 8;
  MultiplyTile full = tile_function<TOKENS_PER_TILE>(TOKENS_PER_TILE);
  MultiplyTile last = tile_function<TOKENS_PER_TILE>((int)(x.tokens % TOKENS_PER_TILE));
  parallel(job.threads, (job.n + TASK_ROWS - 1) / TASK_ROWS, [&](int64_t task) {
    alignas(64) int16_t tile[BLOCK * TILE];
    alignas(64) float totals[CHUNK * TASK_ROWS];
    int64_t begin = task * TASK_ROWS, rows = job.n - begin < TASK_ROWS ? job.n - begin : TASK_ROWS;
    for (int64_t b = 0; b < x.blocks; b++) {
      int64_t left = row_bytes - b * block_bytes, bytes = left < block_bytes ? left : block_bytes;
      int64_t columns = (bytes + VECTOR_BYTES - 1) / VECTOR_BYTES * GROUP<BITS>;
      for (int64_t r = 0; r < rows; r += TILE) {
        unpack_tile<BITS>(job.weight + (begin + r) * job.weight_stride + b * block_bytes, job.weight_stride, rows - r,
                          bytes, tile);
        for (int64_t t = 0; t < x.tokens; t += TOKENS_PER_TILE) {
          int64_t at = b * x.tokens + t;
          MultiplyTile multiply = t + TOKENS_PER_TILE <= x.tokens ? full : last;
          multiply(x.values + at * BLOCK, x.scales + at, tile, columns, b == 0, totals + t * TASK_ROWS + r, TASK_ROWS);
        }
      }
    }
    float scales[TASK_ROWS], biases[TASK_ROWS];
    for (int64_t r = 0; r < rows; r++) scales[r] = job.row_scale(begin + r), biases[r] = job.row_bias(begin + r);
    for (int64_t t = 0; t < x.tokens; t++) {
      float* values = totals + t * TASK_ROWS;
      for (int64_t r = 0; r < rows; r++) values[r] = values[r] * scales[r] + biases[r];
      int64_t at = (first_token + t) * job.y_stride + begin;
      narrow(job.x_type, values, rows, job.y + at * size_of(job.x_type));
    }
  });
}

template <int BITS> void multiply_quantized(const Linear& job) {
  static thread_local Workspace workspace;
  int64_t blocks = (job.k + BLOCK - 1) / BLOCK;
  int64_t chunks = (job.m + CHUNK - 1) / CHUNK;
  for (int64_t chunk = 0; chunk < chunks; chunk++) {
    int64_t begin = job.m * chunk / chunks, tokens = job.m * (chunk + 1) / chunks - begin;
    Activations x(workspace.get<char>(Activations::bytes(tokens, blocks)), tokens, blocks);
    // A few tokens are rounded faster than another thread is told about them.
    parallel(tokens > 4 ? job.threads : 1, tokens, [&](int64_t t) { quantize_token<BITS>(job, begin, t, x); });
    if (job.m <= FEW_TOKENS) multiply_few<BITS>(job, x);
    else multiply_many<BITS>(job, begin, x);
  }
}

// ------------------------------------------------------------------------------------------ float weights, few tokens

// The dot products of ROWS rows, side by side so that no sum waits for its last addition, with M tokens.
template <int TYPE, int M, int ROWS>
INLINE void multiply_float_rows(const Linear& job, const float* x, int64_t t0, int64_t row) {
  constexpr int64_t line = 64 / size_of(TYPE);  // elements of a cache line
  const char* weight[ROWS];
  for (int r = 0; r < ROWS; r++) weight[r] = job.weight + (row + r) * job.weight_stride * size_of(TYPE);
  Float sums[ROWS][M] = {};
  auto multiply = [&](int64_t i) {
    Float values[ROWS];
    for (int r = 0; r < ROWS; r++) values[r] = load_floats<TYPE>(weight[r] + i * size_of(TYPE));
    for (int t = 0; t < M; t++) {
      Float column = load<Float>(x + (t0 + t) * job.k + i);
      for (int r = 0; r < ROWS; r++) sums[r][t] += values[r] * column;
    }
  };
  int64_t i = 0;
  for (; i + line <= job.k; i += line) {
    for (int r = 0; r < ROWS; r++) __builtin_prefetch(weight[r] + i * size_of(TYPE) + PREFETCH_BYTES / 2);
    for (int64_t j = 0; j < line; j += LANES) multiply(i + j);
  }
  for (; i + LANES <= job.k; i += LANES) multiply(i);
  for (int r = 0; r < ROWS; r++)
    for (int t = 0; t < M; t++) {
      float sum = sum_lanes(sums[r][t]);
      for (int64_t j = i; j < job.k; j++) sum += load_one(TYPE, weight[r], j) * x[(t0 + t) * job.k + j];
      job.put(t0 + t, row + r, sum + job.row_bias(row + r));
    }
}

template <int TYPE, int M>
void multiply_float_range(const Linear& job, const float* x, int64_t t0, int64_t begin, int64_t end) {
  constexpr int rows = M <= 2 ? 4 : 2;
  int64_t row = begin;
  for (; row + rows <= end; row += rows) multiply_float_rows<TYPE, M, rows>(job, x, t0, row);
  for (; row < end; row++) multiply_float_rows<TYPE, M, 1>(job, x, t0, row);
}

template <int TYPE> void multiply_float(const Linear& job) {
  static thread_local Workspace workspace;
  float* x = workspace.get<float>(job.m * job.k);
  for (int64_t t = 0; t < job.m; t++) widen(job.x_type, job.x_row(t), job.k, 1.0f, x + t * job.k);
  int64_t rows = 262144 / (job.k * size_of(TYPE) + 1) / 4 * 4 + 4;
  parallel(job.threads, (job.n + rows - 1) / rows, [&](int64_t task) {
    int64_t begin = task * rows, end = begin + rows < job.n ? begin + rows : job.n;
    for (int64_t t = 0; t < job.m; t += FEW_TOKENS) switch (job.m - t) {
        case 1: multiply_float_range<TYPE, 1>(job, x, t, begin, end); break;
        case 2: multiply_float_range<TYPE, 2>(job, x, t, begin, end); break;
        case 3: multiply_float_range<TYPE, 3>(job, x, t, begin, end); break;
        default: multiply_float_range<TYPE, 4>(job, x, t, begin, end); break;
      }
  });
}

// --------------------------------------------------------------------------------------------------------- attention
//
// Flash attention with the softmax's rows in the lanes of vectors: the query heads of a group (and several queries of
// them) share every key and value, so a tile's rows are TILE such (query, head) pairs, scores are [key][row], results
// [channel][row], and maximum, exponential and sum over keys need no shuffle. Keys and values are broadcast, straight
// from their [token][channel] layout.

constexpr int KEYS = 96;           // keys of a step; a multiple of TOKENS_PER_TILE, so that register tiles are full
constexpr int QUERY_ROWS = 64;     // rows that share a step's widened keys and values
constexpr int PREFETCH_KEYS = 16;
constexpr float NEVER = -INFINITY;

struct Attention {
  int64_t batch, queries, heads, groups, channels, kv_length;
  const char *query, *key, *value, *key_scale, *value_scale;
  int query_type, cache_type, scale_type;
  int64_t strides[5][3];  // of query, key, value, key_scale, value_scale over (batch, token, head)
  const int64_t* starts;  // first visible key per batch row, or null
  float scale;
  char* out;  // [batch, queries, heads, channels], contiguous
  int threads;

  int64_t start(int64_t b) const { return starts ? starts[b] : 0; }
};

// sums[i][row] = sum over j of a[i * a_row + j * a_column] * b[j][row], for M rows i; c[i] = c[i] * keep + sums[i]
template <int M>
INLINE void multiply_panel(const float* a, int64_t a_row, int64_t a_column, const float* b, int64_t count, float* c,
                           const float* keep) {
  Float sums[M][VECTORS];
  for (int i = 0; i < M; i++)
    for (int v = 0; v < VECTORS; v++)
      sums[i][v] = keep ? load<Float>(c + i * TILE + v * LANES) * load<Float>(keep + v * LANES) : Float{};
  for (int64_t j = 0; j < count; j++) {
    Float columns[VECTORS];
    for (int v = 0; v < VECTORS; v++) columns[v] = load<Float>(b + j * TILE + v * LANES);
    for (int i = 0; i < M; i++) {
      Float factor = broadcast(a[i * a_row + j * a_column]);
      for (int v = 0; v < VECTORS; v++) sums[i][v] += factor * columns[v];
    }
  }
  for (int i = 0; i < M; i++)
    for (int v = 0; v < VECTORS; v++) store(c + i * TILE + v * LANES, sums[i][v]);
}

void multiply_panels(int64_t rows, const float* a, int64_t a_row, int64_t a_column, const float* b, int64_t count,
                     float* c, const float* keep) {
  int64_t i = 0;
  for (; i + TOKENS_PER_TILE <= rows; i += TOKENS_PER_TILE)
    multiply_panel<TOKENS_PER_TILE>(a + i * a_row, a_row, a_column, b, count, c + i * TILE, keep);
  for (; i + 2 <= rows; i += 2) multiply_panel<2>(a + i * a_row, a_row, a_column, b, count, c + i * TILE, keep);
  if (i < rows) multiply_panel<1>(a + i * a_row, a_row, a_column, b, count, c + i * TILE, keep);
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

// The state of a tile of TILE rows: all that the softmax needs to go on, or to be merged with another range of keys.
struct RowTile {
  float *result, *largest, *total;  // [channels][TILE], [TILE], [TILE]
};

// One step of the online softmax: scores[key][row] become weights, the tile's maximum and total move on, and keep[row]
// is the factor for what has been summed before.
INLINE void softmax_step(float* scores, int64_t keys, RowTile tile, float* keep) {
  for (int v = 0; v < VECTORS; v++) {
    float* at = scores + v * LANES;
    Float before = load<Float>(tile.largest + v * LANES), largest = before;
    for (int64_t j = 0; j < keys; j++) {
      Float score = load<Float>(at + j * TILE);
      largest = score > largest ? score : largest;
    }
    store(tile.largest + v * LANES, largest);
    // A row that has seen no key yet has maximum -inf; -inf - -inf would be NaN.
    Float origin = largest == NEVER ? Float{} : largest;
    Float factor = exponential(before - origin), total = load<Float>(tile.total + v * LANES) * factor;
    for (int64_t j = 0; j < keys; j++) {
      Float weight = exponential(load<Float>(at + j * TILE) - origin);
      total += weight;
      store(at + j * TILE, weight);
    }
    store(tile.total + v * LANES, total);
    store(keep + v * LANES, factor);
  }
}

class AttentionTask {
 public:
  AttentionTask(const Attention& job, int64_t b, int64_t group, int64_t first_query, int64_t queries)
      : job_(job), b_(b), group_(group), first_(first_query), queries_(queries), heads_(job.heads / job.groups),
        rows_(queries * heads_), tiles_((rows_ + TILE - 1) / TILE) {}

  int64_t tiles() const { return tiles_; }
  // The keys that any of its queries sees: [begin(), end())
  int64_t begin() const { return job_.start(b_); }
  int64_t end() const { return job_.kv_length - job_.queries + first_ + queries_; }

  static int64_t state_floats(int64_t channels) { return (channels + 2) * TILE; }
  RowTile tile(float* state, int64_t i) const {
    float* at = state + i * state_floats(job_.channels);
    return {at, at + job_.channels * TILE, at + (job_.channels + 1) * TILE};
  }

  void clear(float* state) const {
    for (int64_t i = 0; i < tiles_; i++) {
      RowTile to = tile(state, i);
      memset(to.result, 0, job_.channels * TILE * sizeof(float));
      for (int r = 0; r < TILE; r++) to.largest[r] = NEVER, to.total[r] = 0.0f;
    }
  }

  // Attends to keys [from, to) and leaves the state; `memory` holds memory_floats() floats.
  void run(int64_t from, int64_t to, float* state, float* memory) const {
    float* queries = memory;                                   // [tile][channel][TILE]
    float* keys = queries + tiles_ * job_.channels * TILE;     // [KEYS][channel]
    float* values = keys + KEYS * job_.channels;               // [KEYS][channel]
    float* scores = values + KEYS * job_.channels;             // [KEYS][TILE]
    float* row = scores + KEYS * TILE;                         // [channel]
    clear(state);
    if (from >= to) return;
    memset(queries, 0, tiles_ * job_.channels * TILE * sizeof(float));
    for (int64_t r = 0; r < rows_; r++) {
      widen(job_.query_type, query_row(r), job_.channels, job_.scale, row);
      float* column = queries + r / TILE * job_.channels * TILE + r % TILE;
      for (int64_t c = 0; c < job_.channels; c++) column[c * TILE] = row[c];
    }
    for (int64_t step = from; step < to; step += KEYS) {
      int64_t count = to - step < KEYS ? to - step : KEYS;
      widen_cache(job_.key, job_.strides[1], job_.key_scale, job_.strides[3], step, count, keys);
      widen_cache(job_.value, job_.strides[2], job_.value_scale, job_.strides[4], step, count, values);
      for (int64_t i = 0; i < tiles_; i++) {
        int64_t last_row = (i + 1) * TILE < rows_ ? (i + 1) * TILE : rows_;
        int64_t visible = visible_end(last_row - 1) - step;  // keys of this step that the tile's last row sees
        visible = visible < count ? visible : count;
        if (visible <= 0) continue;
        RowTile state_tile = tile(state, i);
        alignas(64) float keep[TILE];
        multiply_panels(visible, keys, job_.channels, 1, queries + i * job_.channels * TILE, job_.channels, scores,
                        nullptr);
        hide_future(scores, step, visible, i * TILE, last_row);
        softmax_step(scores, visible, state_tile, keep);
        multiply_panels(job_.channels, values, 1, job_.channels, scores, visible, state_tile.result, keep);
      }
    }
  }

  static int64_t memory_floats(int64_t tiles, int64_t channels) {
    return tiles * channels * TILE + 2 * KEYS * channels + KEYS * TILE + channels;
  }

  // Adds the state of another range of keys.
  void merge(float* state, const float* other) const {
    for (int64_t i = 0; i < tiles_; i++) {
      RowTile to = tile(state, i), from = tile((float*)other, i);
      for (int v = 0; v < TILE; v += LANES) {
        Float a = load<Float>(to.largest + v), b = load<Float>(from.largest + v), largest = a > b ? a : b;
        Float origin = largest == NEVER ? Float{} : largest;
        Float keep = exponential(a - origin), take = exponential(b - origin);
        store(to.largest + v, largest);
        store(to.total + v, load<Float>(to.total + v) * keep + load<Float>(from.total + v) * take);
        for (int64_t c = 0; c < job_.channels * TILE; c += TILE)
          store(to.result + c + v, load<Float>(to.result + c + v) * keep + load<Float>(from.result + c + v) * take);
      }
    }
  }

  // Divides by the totals and writes the rows. A row without any key (padding) becomes zero.
  void finish(float* state, float* row) const {
    for (int64_t r = 0; r < rows_; r++) {
      RowTile from = tile(state, r / TILE);
      float total = from.total[r % TILE], factor = total == 0.0f ? 0.0f : 1.0f / total;
      for (int64_t c = 0; c < job_.channels; c++) row[c] = from.result[c * TILE + r % TILE] * factor;
      int64_t query = b_ * job_.queries + first_ + r / heads_, head = group_ * heads_ + r % heads_;
      int64_t at = (query * job_.heads + head) * job_.channels;
      narrow(job_.query_type, row, job_.channels, job_.out + at * size_of(job_.query_type));
    }
  }

 private:
  const char* query_row(int64_t r) const {
    const int64_t* strides = job_.strides[0];
    int64_t at = b_ * strides[0] + (first_ + r / heads_) * strides[1] + (group_ * heads_ + r % heads_) * strides[2];
    return job_.query + at * size_of(job_.query_type);
  }

  int64_t visible_end(int64_t r) const { return job_.kv_length - job_.queries + first_ + r / heads_ + 1; }

  void widen_cache(const char* from, const int64_t* strides, const char* scale, const int64_t* scale_strides,
                   int64_t first_key, int64_t count, float* to) const {
    int64_t size = size_of(job_.cache_type);
    for (int64_t j = 0; j < count; j++) {
      const char* row = from + (b_ * strides[0] + (first_key + j) * strides[1] + group_ * strides[2]) * size;
      // The other groups' rows lie between, where hardware does not look ahead.
      const char* ahead = row + strides[1] * size * PREFETCH_KEYS;
      for (int64_t i = 0; i < job_.channels * size; i += 64) __builtin_prefetch(ahead + i);
      float factor = 1.0f;
      if (scale)
        factor = load_one(job_.scale_type, scale,
                          b_ * scale_strides[0] + (first_key + j) * scale_strides[1] + group_ * scale_strides[2]);
      widen(job_.cache_type, row, job_.channels, factor, to + j * job_.channels);
    }
  }

  void hide_future(float* scores, int64_t step, int64_t count, int64_t first_row, int64_t last_row) const {
    int64_t shortest = visible_end(first_row) - step;
    for (int64_t r = first_row; r < last_row && shortest < count; r++) {
      int64_t visible = visible_end(r) - step;
      for (int64_t j = visible < 0 ? 0 : visible; j < count; j++) scores[j * TILE + r - first_row] = NEVER;
    }
  }

  const Attention& job_;
  int64_t b_, group_, first_, queries_, heads_, rows_, tiles_;
};

void attend(const Attention& job) {
  static thread_local Workspace shared;
  int64_t heads = job.heads / job.groups;
  int64_t per_task = QUERY_ROWS / heads > 1 ? QUERY_ROWS / heads : 1;
  per_task = per_task < job.queries ? per_task : job.queries;
  int64_t query_tasks = (job.queries + per_task - 1) / per_task, tasks = job.batch * job.groups * query_tasks;
  auto task_at = [&](int64_t i) {
    int64_t first = (query_tasks - 1 - i / (job.batch * job.groups)) * per_task;  // the longest first
    int64_t queries = job.queries - first < per_task ? job.queries - first : per_task;
    return AttentionTask(job, i / job.groups % job.batch, i % job.groups, first, queries);
  };
  int64_t tiles = (per_task * heads + TILE - 1) / TILE, state = tiles * AttentionTask::state_floats(job.channels);
  int64_t memory = AttentionTask::memory_floats(tiles, job.channels);

  // With few queries the keys are split as well. How depends on shapes alone, so results do not on the threads.
  int64_t ranges = 1;
  if (tasks < 32) {
    int64_t longest = (job.kv_length + 2 * KEYS - 1) / (2 * KEYS);
    ranges = (32 + tasks - 1) / tasks < longest ? (32 + tasks - 1) / tasks : longest;
  }
  float* states = shared.get<float>(tasks * ranges == tasks ? 1 : tasks * ranges * state);
  parallel(job.threads, tasks * ranges, [&](int64_t i) {
    static thread_local Workspace own;
    float* at = own.get<float>(memory + state);
    AttentionTask task = task_at(i / ranges);
    int64_t begin = task.begin(), keys = task.end() - begin, range = i % ranges;
    keys = keys < 0 ? 0 : keys;
    float* result = ranges == 1 ? at + memory : states + i * state;
    task.run(begin + keys * range / ranges, begin + keys * (range + 1) / ranges, result, at);
    if (ranges == 1) task.finish(result, at);
  });
  if (ranges == 1) return;
  parallel(job.threads, tasks, [&](int64_t i) {
    static thread_local Workspace own;
    AttentionTask task = task_at(i);
    float* total = states + i * ranges * state;
    for (int64_t range = 1; range < ranges; range++) task.merge(total, total + range * state);
    task.finish(total, own.get<float>(job.channels));
  });
}

}  // namespace

// ------------------------------------------------------------------------------------------------------- entry points
// All return 0, or 1 when memory ran out.

extern "C" {

int chatglm_abi() { return 1; }

const char* chatglm_instructions() {
#if defined(CHATGLM_AVX512) && defined(__AVX512VNNI__)
  return "avx512-vnni";
#elif defined(CHATGLM_AVX512)
  return "avx512";
#elif defined(CHATGLM_X86) && defined(__AVXVNNI__)
  return "avx2-vnni";
#elif defined(CHATGLM_X86)
  return "avx2";
#elif defined(CHATGLM_NEON)
  return "neon";
#else
  return "portable";
#endif
}

void chatglm_use_openmp(void* parallel) {
  pthread_atfork(nullptr, nullptr, forget_openmp);
  openmp_parallel = (OpenMPParallel)parallel;
}

int chatglm_quantized_linear(int bits, int64_t m, int64_t n, int64_t k, const void* x, int x_type, int64_t x_stride,
                             const void* weight, int64_t weight_stride, const void* scale, int scale_type,
                             const void* bias, int bias_type, void* y, int threads) {
  Linear job{m, n, k, (const char*)x, x_type, x_stride, (const char*)weight, weight_stride, (const char*)scale,
             scale_type, (const char*)bias, bias_type, (char*)y, n, threads};
  try {
    bits == 4 ? multiply_quantized<4>(job) : multiply_quantized<8>(job);
    return 0;
  } catch (const std::bad_alloc&) {
    return 1;
  }
}

int chatglm_float_linear(int64_t m, int64_t n, int64_t k, const void* x, int x_type, int64_t x_stride,
                         const void* weight, int weight_type, int64_t weight_stride, const void* bias, int bias_type,
                         void* y, int threads) {
  Linear job{m, n, k, (const char*)x, x_type, x_stride, (const char*)weight, weight_stride, nullptr, 0,
             (const char*)bias, bias_type, (char*)y, n, threads};
  try {
    if (weight_type == FLOAT32) multiply_float<FLOAT32>(job);
    else if (weight_type == FLOAT16) multiply_float<FLOAT16>(job);
    else multiply_float<BFLOAT16>(job);
    return 0;
  } catch (const std::bad_alloc&) {
    return 1;
  }
}

// strides: 15 numbers, (batch, token, head) of query, key, value, key_scale, value_scale
int chatglm_attention(int64_t batch, int64_t queries, int64_t heads, int64_t groups, int64_t channels,
                      int64_t kv_length, const void* query, int query_type, const void* key, const void* value,
                      int cache_type, const void* key_scale, const void* value_scale, int scale_type,
                      const int64_t* strides, const int64_t* starts, float scale, void* out, int threads) {
  Attention job{batch, queries, heads, groups, channels, kv_length, (const char*)query, (const char*)key,
                (const char*)value, (const char*)key_scale, (const char*)value_scale, query_type, cache_type,
                scale_type, {}, starts, scale, (char*)out, threads};
  memcpy(job.strides, strides, sizeof job.strides);
  try {
    attend(job);
    return 0;
  } catch (const std::bad_alloc&) {
    return 1;
  }
}

}  // extern "C"
"""

_CPU_ABI = 1
_CPU_FLAGS = ["-std=c++17", "-O3", "-fwrapv", "-fPIC", "-shared", "-pthread"]
_CPU_ARCH_FLAGS = {
    "native": [["-march=native"], ["-mcpu=native"], []],  # some compilers for ARM know only the second
    "portable": [["-DCHATGLM_PORTABLE"]],
}
_CPU_TYPES = {torch.float32: 0, torch.float16: 1, torch.bfloat16: 2, torch.int8: 3}

_cpu_lock = threading.Lock()
_cpu_kernels = None  # the loaded library, or the KernelUnavailableError of the first try


def load_cpu_kernels() -> ctypes.CDLL:
    """The compiled kernels, built at the first call and then kept; calls into them release the GIL.

    Raises:
        KernelUnavailableError: no compiler, or a library that cannot be built or loaded; the same error every time.
    """
    global _cpu_kernels
    if _cpu_kernels is None:
        with _cpu_lock:
            if _cpu_kernels is None:
                try:
                    _cpu_kernels = _build_cpu_kernels()
                except KernelUnavailableError as error:
                    _cpu_kernels = error
    if isinstance(_cpu_kernels, KernelUnavailableError):
        raise _cpu_kernels
    return _cpu_kernels


def _build_cpu_kernels() -> ctypes.CDLL:
    if os.name != "posix":
        raise KernelUnavailableError(f"the CPU kernels are not available on {platform.system()}; use Linux or WSL")
    arch = os.environ.get("CHATGLM_CPU_ARCH", "native")
    if arch not in _CPU_ARCH_FLAGS:
        raise KernelUnavailableError(f"CHATGLM_CPU_ARCH must be one of {sorted(_CPU_ARCH_FLAGS)}, got {arch!r}")
    found = map(shutil.which, filter(None, [os.environ.get("CXX"), "c++", "g++", "clang++"]))
    compilers = {os.path.realpath(path): path for path in found if path}  # c++ is often another name of g++
    if not compilers:
        raise KernelUnavailableError("no C++ compiler found; install one (for example `apt-get install g++` or "
                                     "`conda install gxx`), or name it in CXX")
    problems = []
    with tempfile.TemporaryDirectory(prefix="chatglm2-kernels-") as private_folder:
        folder = _cpu_cache_folder() or private_folder  # on Linux and macOS a loaded library outlives its file
        for compiler in compilers.values():
            for arch_flags in _CPU_ARCH_FLAGS[arch]:
                try:
                    return _load_or_compile(compiler, _CPU_FLAGS + arch_flags, folder)
                except (OSError, subprocess.SubprocessError) as error:
                    output = getattr(error, "stderr", None) or str(error)
                    problems.append(f"{' '.join([compiler, *arch_flags])}: {output.strip()[:300]}")
    raise KernelUnavailableError("the CPU kernels could not be built; install a C++17 compiler (for example "
                                 "`apt-get install g++`), or name it in CXX. Tried " + " | ".join(problems))


def _load_or_compile(compiler: str, flags: List[str], folder: str) -> ctypes.CDLL:
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    identity = "\0".join([CPU_SOURCE, compiler, *flags, version, _cpu_model()])
    path = os.path.join(folder, f"chatglm-{hashlib.sha256(identity.encode()).hexdigest()[:24]}.so")
    if _is_complete(path):
        try:
            return _open_cpu_library(path)
        except OSError:
            pass  # built for something else, for instance on a shared home folder: build it again
    descriptor, temporary = tempfile.mkstemp(suffix=".so", dir=folder)
    os.close(descriptor)
    try:
        subprocess.run([compiler, *flags, "-x", "c++", "-", "-o", temporary], input=CPU_SOURCE, capture_output=True,
                       text=True, check=True, timeout=600)
        with open(temporary, "rb") as file:
            digest = hashlib.sha256(file.read()).digest()
        with open(temporary, "ab") as file:
            file.write(digest)
        os.replace(temporary, path)  # whole or not at all, also when several processes build it at once
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
    return _open_cpu_library(path)


def _is_complete(path: str) -> bool:
    # A library ends in the digest of what stands before it: opening a truncated one would kill the process.
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return False
    return hashlib.sha256(content[:-32]).digest() == content[-32:]


def _cpu_cache_folder() -> Optional[str]:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.environ.get("CHATGLM_KERNEL_CACHE") or os.path.join(home, "chatglm2-kernels")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        # Code is loaded from here, so it must be ours.
        if os.stat(folder).st_uid == os.getuid() and os.access(folder, os.W_OK | os.X_OK):
            return folder
    except OSError:
        return None  # a read-only home, for instance
    return None


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            first = file.read().split("\n\n")[0]
        keys = ("model name", "flags", "Features", "CPU implementer", "CPU part")
        return "\n".join(line for line in first.splitlines() if line.startswith(keys))
    except OSError:
        return f"{platform.machine()} {platform.processor()} {platform.platform()}"


def _open_cpu_library(path: str) -> ctypes.CDLL:
    library = ctypes.CDLL(path)
    pointer, whole, number = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
    signatures = {
        "chatglm_abi": [],
        "chatglm_instructions": [],
        "chatglm_use_openmp": [pointer],
        "chatglm_quantized_linear": [whole, number, number, number, pointer, whole, number, pointer, number, pointer,
                                     whole, pointer, whole, pointer, whole],
        "chatglm_float_linear": [number, number, number, pointer, whole, number, pointer, whole, number, pointer,
                                 whole, pointer, whole],
        "chatglm_attention": [number] * 6 + [pointer, whole, pointer, pointer, whole, pointer, pointer, whole, pointer,
                                             pointer, ctypes.c_float, pointer, whole],
    }
    try:
        for name, arguments in signatures.items():
            getattr(library, name).argtypes = arguments
    except AttributeError as error:
        raise OSError(f"{path} is not a kernel library: {error}") from error
    if library.chatglm_abi() != _CPU_ABI:
        raise OSError(f"{path} has another interface")
    library.chatglm_instructions.restype = ctypes.c_char_p
    try:
        # Looked up through torch's own library, which gives the very runtime that torch uses.
        parallel = ctypes.CDLL(torch._C.__file__).GOMP_parallel
        library.chatglm_use_openmp(ctypes.cast(parallel, ctypes.c_void_p))
    except (AttributeError, OSError):
        pass  # a torch without OpenMP: the kernels start their own threads
    return library


def cpu_quantized_linear(x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], bits: int) -> Tensor:
    """`x @ (scale * q).T + bias` with x rounded to 16-bit integers per token and 512 columns.

    Args:
        x: float32, float16 or bfloat16 [..., in].
        weight: int8 [out, in / 2] (bits = 4) or [out, in] (bits = 8).
        scale: float [out].
        bias: float [out] or None.

    Returns:
        [..., out] in the dtype of x, with a relative error around 3e-5 before it is rounded to that dtype.

    Raises:
        KernelUnavailableError: no kernels on this machine.
    """
    kernel = _loaded_cpu_kernels().chatglm_quantized_linear
    n, _ = weight.shape
    shape, k = x.shape, x.shape[-1]
    x, m, x_stride = _rows(x)
    weight_stride, unit = weight.stride()
    if unit != 1:
        weight, weight_stride = weight.contiguous(), weight.shape[1]
    scale_at, scale_type, scale = _vector(scale)
    bias_at, bias_type, bias = _vector(bias)
    y = x.new_empty((*shape[:-1], n))
    if m and n and kernel(bits, m, n, k, x.data_ptr(), _CPU_TYPES[x.dtype], x_stride, weight.data_ptr(), weight_stride,
                          scale_at, scale_type, bias_at, bias_type, y.data_ptr(), torch.get_num_threads()):
        raise MemoryError("no memory for the activations of a quantized linear layer")
    return y


def cpu_float_linear(x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    """`x @ weight.T + bias` for few rows of x: reads the weight once, in its own dtype, and sums in float32.

    Args:
        x: float32, float16 or bfloat16 [..., in].
        weight: float32, float16 or bfloat16 [out, in].
        bias: float [out] or None.

    Returns:
        [..., out] in the dtype of x.

    Raises:
        KernelUnavailableError: no kernels on this machine.
    """
    kernel = _loaded_cpu_kernels().chatglm_float_linear
    n, _ = weight.shape
    shape, k = x.shape, x.shape[-1]
    x, m, x_stride = _rows(x)
    weight_stride, unit = weight.stride()
    if unit != 1:
        weight, weight_stride = weight.contiguous(), k
    bias_at, bias_type, bias = _vector(bias)
    y = x.new_empty((*shape[:-1], n))
    if m and n and kernel(m, n, k, x.data_ptr(), _CPU_TYPES[x.dtype], x_stride, weight.data_ptr(),
                          _CPU_TYPES[weight.dtype], weight_stride, bias_at, bias_type, y.data_ptr(),
                          torch.get_num_threads()):
        raise MemoryError("no memory for the activations of a linear layer")
    return y


def _loaded_cpu_kernels() -> ctypes.CDLL:
    return _cpu_kernels if _cpu_kernels.__class__ is ctypes.CDLL else load_cpu_kernels()


def _rows(x: Tensor) -> "Tuple[Tensor, int, int]":
    """x as the kernels read it, its number of rows and the distance between them."""
    k = x.shape[-1]
    if x.is_contiguous():
        return x, (x.numel() // k if k else 0), k
    rows = x.reshape(-1, k)
    if rows.stride(1) != 1:
        rows = rows.contiguous()
    return rows, rows.shape[0], rows.stride(0)


def _vector(tensor: Optional[Tensor]) -> "Tuple[int, int, Optional[Tensor]]":
    """Address and type of a scale or bias as the kernels read it, and the tensor that keeps the memory alive."""
    if tensor is None:
        return 0, 0, None
    number = _CPU_TYPES.get(tensor.dtype)
    if number is None or not tensor.is_contiguous():
        tensor = tensor.float().contiguous()
        number = 0
    return tensor.data_ptr(), number, tensor


def cached_attention(query: Tensor, key: Tensor, value: Tensor, kv_length: Optional[int] = None,
                     starts: Optional[Tensor] = None, key_scale: Optional[Tensor] = None,
                     value_scale: Optional[Tensor] = None, scale: Optional[float] = None) -> Optional[Tensor]:
    """Causal attention of the last positions over a key/value cache, on a CPU, without expanding or copying it.

    Query i has position kv_length - q + i and sees the keys from starts[b] up to its own position. Query head h uses
    group h // (heads / groups). Scores and sums are float32 (flash attention: Dao et al. 2022, section 3.1).

    Args:
        query: float32, float16 or bfloat16 [b, q, heads, head_dim].
        key, value: [b, at least kv_length, groups, head_dim], of one dtype: float32, float16, bfloat16 or int8. Any
            strides with contiguous channels.
        kv_length: tokens in the cache, the queries' own included; default: all of `key`.
        starts: int64 [b], the first key that a batch row may see (left padding), or None.
        key_scale, value_scale: float [b, at least kv_length, groups], the factors of an int8 cache.
        scale: factor of the scores, default head_dim ** -0.5.

    Returns:
        [b, q, heads, head_dim] in the dtype of `query`; zeros for queries that see no key. None where the kernels do
        not serve: no kernels on this machine, another device or dtype, gradients.
    """
    if query.device.type != "cpu" or key.device.type != "cpu" or (query.requires_grad and torch.is_grad_enabled()):
        return None
    query_type, cache_type, int8 = _CPU_TYPES.get(query.dtype, 3), _CPU_TYPES.get(key.dtype), _CPU_TYPES[torch.int8]
    if query_type == int8 or cache_type is None or value.dtype != key.dtype:
        return None
    if not (key_scale is not None) == (value_scale is not None) == (cache_type == int8):
        raise ValueError("an int8 cache, and no other, comes with key_scale and value_scale")
    try:
        kernel = _loaded_cpu_kernels().chatglm_attention
    except KernelUnavailableError:
        return None
    batch, queries, heads, channels = query.shape
    groups = key.shape[2]
    kv_length = key.shape[1] if kv_length is None else kv_length
    if not (queries <= kv_length <= min(key.shape[1], value.shape[1]) and groups and heads % groups == 0
            and key.shape[0] == value.shape[0] == batch and key.shape[3] == value.shape[3] == channels):
        raise ValueError(f"attention of {list(query.shape)} over {kv_length} tokens does not fit a cache of "
                         f"{list(key.shape)}, {list(value.shape)}")
    query, key, value = [t if t.stride(3) == 1 else t.contiguous() for t in (query, key, value)]
    strides = [*query.stride()[:3], *key.stride()[:3], *value.stride()[:3]]
    scale_type = key_scale_at = value_scale_at = 0
    if key_scale is not None:
        if key_scale.dtype != value_scale.dtype or key_scale.dtype not in _CPU_TYPES:
            key_scale, value_scale = key_scale.float(), value_scale.float()
        scale_type = _CPU_TYPES[key_scale.dtype]
        strides += [*key_scale.stride(), *value_scale.stride()]
        key_scale_at, value_scale_at = key_scale.data_ptr(), value_scale.data_ptr()
    if starts is not None:
        starts = starts.to(torch.int64).contiguous()
    out = torch.empty((batch, queries, heads, channels), dtype=query.dtype)
    if out.numel():
        status = kernel(
            batch, queries, heads, groups, channels, kv_length, query.data_ptr(), query_type, key.data_ptr(),
            value.data_ptr(), cache_type, key_scale_at, value_scale_at, scale_type, (ctypes.c_int64 * 15)(*strides),
            None if starts is None else starts.data_ptr(), channels ** -0.5 if scale is None else scale,
            out.data_ptr(), torch.get_num_threads())
        if status:
            raise MemoryError("no memory for attention")
    return out


def use_huge_pages(tensor: Tensor) -> bool:
    """Asks Linux to back a CPU tensor's memory with 2 MiB pages, which makes reading a large weight faster.

    Works best before the memory is written for the first time. Returns whether the system took the advice; anonymous
    memory only (a memory-mapped file keeps its pages).
    """
    page, advice = 2 << 20, 14  # MADV_HUGEPAGE
    begin = (tensor.data_ptr() + page - 1) // page * page
    end = (tensor.data_ptr() + tensor.numel() * tensor.element_size()) // page * page
    if sys.platform != "linux" or tensor.device.type != "cpu" or end <= begin:
        return False
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return madvise(begin, end - begin, advice) == 0


# ------------------------------------------------------------------------------------------------------------ CUDA


def load_cuda_kernels():
    raise KernelUnavailableError("no CUDA kernel yet")
