// What the layers with quantized and with float weights share: the job, and how far ahead weights are read.
#pragma once

#include <cstdint>

#include "types.h"

namespace {

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

constexpr int FEW_TOKENS = 4;  // that share one reading of a weight, their sums in registers
constexpr int PREFETCH_BYTES = 2048;

// The weight's bytes in a task: long enough to read in order, short enough that the threads end together. What is
// asked for behind a task's end is read in vain, so one stream is cut into longer pieces.
INLINE int64_t task_bytes(int64_t all, int threads) {
  int64_t bytes = ONE_STREAM ? all / (8 * threads) : 0;
  return bytes < 1 << 18 ? 1 << 18 : bytes > 1 << 20 ? 1 << 20 : bytes;
}

// Asks for rows that are multiplied in groups in the order in which they lie in memory: some processors read several
// streams at once a third slower than one. Into the second-level cache, since activations fill the first.
struct Ahead {
  const char* at;
  INLINE void next(int lines) {
    for (int i = 0; i < lines; i++) __builtin_prefetch(at + 64 * i, 0, 2);
    at += 64 * lines;
  }
};

}  // namespace
