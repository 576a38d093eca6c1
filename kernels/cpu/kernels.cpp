// The C entry points of ChatGLM2's CPU kernels, called through ctypes: from arguments to a job, from exceptions to a
// status. Functions that return int return 0, or 1 when memory ran out; the others cannot fail.

#include <cstdint>
#include <cstring>
#include <new>

#include "attention.h"
#include "block.h"
#include "elementwise.h"
#include "float_layers.h"
#include "quantized_layers.h"
#include "threads.h"

extern "C" {

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
  watch_forks();
  openmp_parallel = (OpenMPParallel)parallel;
}

// The fewest bits to which this build rounds activations where it is asked for.
int chatglm_least_activation_bits() { return BYTE_ACTIVATIONS ? 8 : 16; }

// activation_bits: 16; or 8, for many tokens and 4-bit weights where BYTE_ACTIVATIONS, and elsewhere the same as 16
int chatglm_quantized_linear(int bits, int activation_bits, int64_t m, int64_t n, int64_t k, const void* x, int x_type,
                             int64_t x_stride, const void* weight, int64_t weight_stride, const void* scale,
                             int scale_type, const void* bias, int bias_type, void* y, int threads) {
  Linear job{m, n, k, (const char*)x, x_type, x_stride, (const char*)weight, weight_stride, (const char*)scale,
             scale_type, (const char*)bias, bias_type, (char*)y, n, threads};
  try {
    if (bits == 8) multiply_quantized<8>(job);
    else if (BYTE_ACTIVATIONS && activation_bits == 8 && m > MOST_FEW_TOKENS) multiply_with_bytes(job);
    else multiply_quantized<4>(job);
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

void chatglm_rms_norm(int64_t m, int64_t k, const void* x, int type, const void* weight, int weight_type, float eps,
                      void* y, int threads) {
  normalize_rows(m, k, (const char*)x, type, (const char*)weight, weight_type, eps, (char*)y, threads);
}

void chatglm_swiglu(int64_t m, int64_t k, const void* x, int type, void* y, int threads) {
  gate_rows(m, k, (const char*)x, type, (char*)y, threads);
}

void chatglm_rotate(int64_t m, int64_t heads, int64_t pairs, void* x, int type, int64_t token_stride,
                    int64_t head_stride, const float* cos, const float* sin, int threads) {
  rotate_tokens(m, heads, pairs, (char*)x, type, token_stride, head_stride, cos, sin, threads);
}

// A decoder block of quantized layers, for few tokens: x [batch, tokens, hidden] is changed in place.
int chatglm_block(const Step* step, const Block* block, float attention_eps, float mlp_eps, float scale, void* x) {
  try {
    run_block(*step, *block, attention_eps, mlp_eps, scale, (char*)x);
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
