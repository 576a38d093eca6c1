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

}  // namespace
