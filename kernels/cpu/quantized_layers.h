// Quantized layers: cuts the tokens into chunks, rounds each, and hands it to the code for few or for many tokens.
#pragma once

#include <cstdint>

#include "few_tokens.h"
#include "many_tokens.h"
#include "many_tokens_bytes.h"

namespace {

template <int BITS> void multiply_quantized(const Linear& job) {
  static thread_local Workspace workspace;
  int64_t blocks = (job.k + BLOCK - 1) / BLOCK;
  int64_t chunks = (job.m + CHUNK - 1) / CHUNK;
  for (int64_t chunk = 0; chunk < chunks; chunk++) {
    int64_t begin = job.m * chunk / chunks, tokens = job.m * (chunk + 1) / chunks - begin;
    Activations x(workspace.get<char>(Activations::bytes(tokens, blocks)), tokens, blocks);
    // A few tokens are rounded faster than another thread is told about them.
    parallel(tokens > 4 ? job.threads : 1, tokens, [&](int64_t t) { quantize_token<BITS>(job, begin, t, x); });
    if (job.m <= MOST_FEW_TOKENS) multiply_few<BITS>(job, x);
    else multiply_many<BITS>(job, begin, x);
  }
}

}  // namespace
