// A decoder block for few tokens in one call: what its modules do, in their order.
//
// Every step rounds to the type of x, as it does in a call of its own: the results are the same bits. One call saves
// what stands between those: the weights that stream through the caches push the interpreter out of them each time.
#pragma once

#include <cstdint>
#include <cstring>

#include "attention.h"
#include "elementwise.h"
#include "quantized_layers.h"
#include "threads.h"

namespace {

// The structs that follow are made of numbers of 64 bits, as cpu_kernels.py writes them; addresses, too.

struct QuantizedLayer {
  int64_t bits, n, k, weight, weight_stride, scale, scale_type, bias, bias_type;

  // y [m, n] of x [m, k], both contiguous and of one type
  void multiply(int64_t m, const char* x, int type, char* y, int threads) const {
    Linear job{m, n, k, x, type, k, (const char*)weight, weight_stride, (const char*)scale, (int)scale_type,
               (const char*)bias, (int)bias_type, y, n, threads};
    if (bits == 8) multiply_quantized<8>(job);
    else multiply_quantized<4>(job);
  }
};

struct Block {
  int64_t attention_norm, attention_norm_type, mlp_norm, mlp_norm_type;
  QuantizedLayer query_key_value, dense, gate_and_up, down;
  int64_t key, value;  // where the new tokens go, behind those that the cache holds
  int64_t key_strides[3], value_strides[3];  // over (batch, token, head)
};

struct Step {
  int64_t batch, tokens, cached;  // per row of the batch: new ones, and those in the cache
  int64_t hidden, heads, groups, channels, pairs;
  int64_t type, cos, sin;  // of x; cos and sin are float32 [batch * tokens, pairs]
  int64_t starts;          // int64 [batch], the first key that a row sees, or null
  int64_t threads;
};

// to[token][head] = from[token][head], of the type of both
void put_in_cache(const Step& step, const char* from, int64_t from_stride, int64_t to, const int64_t (&strides)[3]) {
  int64_t size = size_of((int)step.type);
  for (int64_t b = 0; b < step.batch; b++)
    for (int64_t t = 0; t < step.tokens; t++, from += from_stride * size)
      for (int64_t g = 0; g < step.groups; g++)
        memcpy((char*)to + (b * strides[0] + t * strides[1] + g * strides[2]) * size, from + g * step.channels * size,
               step.channels * size);
}

// x [batch, tokens, hidden], contiguous: its place is taken by what the block makes of it
void run_block(const Step& step, const Block& block, float attention_eps, float mlp_eps, float scale, char* x) {
  static thread_local Workspace workspace;
  int type = (int)step.type, threads = (int)step.threads;
  int64_t m = step.batch * step.tokens, hidden = step.hidden, size = size_of(type), width = block.query_key_value.n;
  auto bytes = [&](int64_t columns) { return (m * columns * size + 63) / 64 * 64; };
  // In turn: normed and the output of a branch; query, key and value; attention's output; gates; what they let through
  char* branch = workspace.get<char>(bytes(hidden) + bytes(width) + bytes(block.dense.k) +
                                     bytes(block.gate_and_up.n) + bytes(block.down.k));
  char *qkv = branch + bytes(hidden), *attended = qkv + bytes(width), *gates = attended + bytes(block.dense.k);
  char* gated = gates + bytes(block.gate_and_up.n);

  normalize_rows(m, hidden, x, type, (const char*)block.attention_norm, (int)block.attention_norm_type, attention_eps,
                 branch, threads);
  block.query_key_value.multiply(m, branch, type, qkv, threads);
  int64_t query_width = step.heads * step.channels, key_width = step.groups * step.channels;
  rotate_tokens(m, step.heads + step.groups, step.pairs, qkv, type, width, step.channels, (const float*)step.cos,
                (const float*)step.sin, threads);
  put_in_cache(step, qkv + query_width * size, width, block.key, block.key_strides);
  put_in_cache(step, qkv + (query_width + key_width) * size, width, block.value, block.value_strides);

  const char* first_key = (const char*)block.key - step.cached * block.key_strides[1] * size;
  const char* first_value = (const char*)block.value - step.cached * block.value_strides[1] * size;
  Attention job{step.batch, step.tokens, step.heads, step.groups, step.channels, step.cached + step.tokens, qkv,
                first_key, first_value, nullptr, nullptr, type, type, 0,
                {{step.tokens * width, width, step.channels}}, (const int64_t*)step.starts, scale, attended, threads};
  memcpy(job.strides[1], block.key_strides, sizeof block.key_strides);
  memcpy(job.strides[2], block.value_strides, sizeof block.value_strides);
  attend(job);

  block.dense.multiply(m, attended, type, branch, threads);
  add(type, x, branch, m * hidden, x);
  normalize_rows(m, hidden, x, type, (const char*)block.mlp_norm, (int)block.mlp_norm_type, mlp_eps, branch, threads);
  block.gate_and_up.multiply(m, branch, type, gates, threads);
  gate_rows(m, block.down.k, gates, type, gated, threads);
  block.down.multiply(m, gated, type, branch, threads);
  add(type, x, branch, m * hidden, x);
}

}  // namespace
