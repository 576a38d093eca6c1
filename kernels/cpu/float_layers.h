// Linear layers with float weights, for few tokens: the weight is read once, in its own type.
#pragma once

#include <cstdint>

#include "linear.h"
#include "threads.h"

namespace {

// The dot products of ROWS rows, side by side so that no sum waits for its last addition, with M tokens.
template <int TYPE, int M, int ROWS>
INLINE void multiply_float_rows(const Linear& job, const float* x, int64_t t0, int64_t row) {
  constexpr int64_t line = 64 / size_of(TYPE);  // elements of a cache line
  const char* weight[ROWS];
  for (int r = 0; r < ROWS; r++) weight[r] = job.weight + (row + r) * job.weight_stride * size_of(TYPE);
  Float sums[ROWS][M] = {};
  Ahead ahead{weight[0] + 2 * ROWS * job.weight_stride * size_of(TYPE)};
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
    if (ONE_STREAM) ahead.next(ROWS);
    else for (int r = 0; r < ROWS; r++) __builtin_prefetch(weight[r] + i * size_of(TYPE) + PREFETCH_BYTES / 2, 0, 0);
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
  int64_t row_bytes = job.k * size_of(TYPE) + 1;
  int64_t rows = task_bytes(job.n * row_bytes, job.threads) / row_bytes / 4 * 4 + 4;
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

}  // namespace
