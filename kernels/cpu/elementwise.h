// Norm, gate, rotation and residual of a decode step: what stands between the products, in float32 and rounded once.
//
// An operator of torch costs some ten microseconds on a slow core whatever it does, and norm, gate and rotation are
// eight, two and seven of them.
#pragma once

#include <cmath>
#include <cstdint>

#include "threads.h"
#include "types.h"

namespace {

constexpr int PART = 512;                 // elements that are widened at once
constexpr int64_t WORTH_A_THREAD = 8192;  // elements: fewer are done before another thread has started

// y = weight * (x / sqrt(mean(x^2) + eps))
void normalize_row(int type, const char* x, int weight_type, const char* weight, int64_t k, float eps, char* y) {
  alignas(64) float values[PART], factors[PART];
  Float squares = {};
  float rest = 0;
  for (int64_t i = 0; i < k; i += PART) {
    int64_t count = k - i < PART ? k - i : PART, j = 0;
    widen(type, x + i * size_of(type), count, 1.0f, values);
    for (; j + LANES <= count; j += LANES) squares += load<Float>(values + j) * load<Float>(values + j);
    for (; j < count; j++) rest += values[j] * values[j];
  }
  float factor = 1.0f / std::sqrt((sum_lanes(squares) + rest) / (float)k + eps);
  for (int64_t i = 0; i < k; i += PART) {
    int64_t count = k - i < PART ? k - i : PART;
    widen(type, x + i * size_of(type), count, factor, values);
    widen(weight_type, weight + i * size_of(weight_type), count, 1.0f, factors);
    for (int64_t j = 0; j < count; j++) values[j] *= factors[j];
    narrow(type, values, count, y + i * size_of(type));
  }
}

// y = silu(gate) * up for `count` columns
void gate_columns(int type, const char* gate, const char* up, int64_t count, char* y) {
  alignas(64) float gates[PART] = {}, ups[PART] = {};
  for (int64_t i = 0; i < count; i += PART) {
    int64_t now = count - i < PART ? count - i : PART;
    widen(type, gate + i * size_of(type), now, 1.0f, gates);
    widen(type, up + i * size_of(type), now, 1.0f, ups);
    for (int64_t j = 0; j < now; j += LANES) {
      Float value = load<Float>(gates + j);
      Float e = exponential(value < 0.0f ? value : -value);  // e^-|value|; a NaN stays one
      store(gates + j, value * ((value < 0.0f ? e : Float{} + 1.0f) / (e + 1.0f)) * load<Float>(ups + j));
    }
    narrow(type, gates, now, y + i * size_of(type));
  }
}

// Turns the pairs (2j, 2j + 1) of the first 2 * pairs channels of every head by the angle j.
void rotate_token(int type, char* x, int64_t heads, int64_t head_stride, int64_t pairs, const float* cos,
                  const float* sin) {
  alignas(64) float values[PART];
  constexpr int64_t most = PART / 2;
  for (int64_t head = 0; head < heads; head++)
    for (int64_t j = 0; j < pairs; j += most) {
      int64_t count = pairs - j < most ? pairs - j : most;
      char* at = x + (head * head_stride + 2 * j) * size_of(type);
      widen(type, at, 2 * count, 1.0f, values);
      for (int64_t i = 0; i < count; i++) {
        float a = values[2 * i], b = values[2 * i + 1], c = cos[j + i], s = sin[j + i];
        values[2 * i] = a * c - b * s, values[2 * i + 1] = a * s + b * c;
      }
      narrow(type, values, 2 * count, at);
    }
}

// y = a + b
void add(int type, const char* a, const char* b, int64_t count, char* y) {
  alignas(64) float left[PART], right[PART];
  for (int64_t i = 0; i < count; i += PART) {
    int64_t now = count - i < PART ? count - i : PART;
    widen(type, a + i * size_of(type), now, 1.0f, left);
    widen(type, b + i * size_of(type), now, 1.0f, right);
    for (int64_t j = 0; j < now; j++) left[j] += right[j];
    narrow(type, left, now, y + i * size_of(type));
  }
}

// x and y: m rows of k elements
void normalize_rows(int64_t m, int64_t k, const char* x, int type, const char* weight, int weight_type, float eps,
                    char* y, int threads) {
  int64_t bytes = k * size_of(type);
  parallel(m * k > WORTH_A_THREAD ? threads : 1, m,
           [&](int64_t t) { normalize_row(type, x + t * bytes, weight_type, weight, k, eps, y + t * bytes); });
}

// x: m rows of k gates, then k elements that they let through; y: m rows of k
void gate_rows(int64_t m, int64_t k, const char* x, int type, char* y, int threads) {
  int64_t parts = (k + WORTH_A_THREAD - 1) / WORTH_A_THREAD, bytes = size_of(type);
  parallel(m * k > WORTH_A_THREAD ? threads : 1, m * parts, [&](int64_t task) {
    int64_t t = task / parts, begin = task % parts * WORTH_A_THREAD;
    int64_t count = k - begin < WORTH_A_THREAD ? k - begin : WORTH_A_THREAD;
    const char* gate = x + (2 * t * k + begin) * bytes;
    gate_columns(type, gate, gate + k * bytes, count, y + (t * k + begin) * bytes);
  });
}

// x: m tokens of `heads` heads, changed in place; cos, sin: m rows of `pairs`
void rotate_tokens(int64_t m, int64_t heads, int64_t pairs, char* x, int type, int64_t token_stride,
                   int64_t head_stride, const float* cos, const float* sin, int threads) {
  parallel(m * heads * pairs > WORTH_A_THREAD ? threads : 1, m, [&](int64_t t) {
    rotate_token(type, x + t * token_stride * size_of(type), heads, head_stride, pairs, cos + t * pairs,
                 sin + t * pairs);
  });
}

}  // namespace
