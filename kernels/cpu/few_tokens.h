// Quantized layers for few tokens.
//
// The weights are read at the speed of memory, unpacked in registers, multiplied with FEW_TOKENS tokens, never stored.
// More tokens, up to MOST_FEW_TOKENS, go over rows again that are still in the first-level cache. A token's results do
// not depend on how many others share a call: its products are summed exactly, block by block in the same order.
#pragma once

#include <cstdint>

#include "few_rows_bytes.h"
#include "few_rows_words.h"
#include "threads.h"

namespace {

constexpr int64_t CACHED_BYTES = 8192;  // of rows
constexpr int64_t ROW_GROUP = 12;       // a multiple of the rows that any number of tokens takes at a time

constexpr int64_t whole_groups(int64_t rows) { return (rows + ROW_GROUP - 1) / ROW_GROUP * ROW_GROUP; }

template <int BITS> void multiply_few(const Linear& job, const Activations& x) {
  static thread_local Workspace workspace;
  FewBlock* blocks = workspace.get<FewBlock>(x.blocks * x.tokens);
  for (int64_t at = 0; at < x.blocks * x.tokens; at++)
    blocks[at] = few_block<BITS>(x.values + at * BLOCK, x.scales[at]);
  int64_t row_bytes = job.k * BITS / 8 + 1;  // never zero
  int64_t rows = whole_groups(task_bytes(job.n * row_bytes, job.threads) / row_bytes + 1);
  int64_t cached = x.tokens <= FEW_TOKENS ? rows : whole_groups(CACHED_BYTES / row_bytes + 1);
  parallel(job.threads, (job.n + rows - 1) / rows, [&](int64_t task) {
    int64_t end = (task + 1) * rows < job.n ? (task + 1) * rows : job.n;
    for (int64_t row = task * rows; row < end; row += cached) {
      int64_t next = row + cached < end ? row + cached : end;
      for (int64_t t = 0; t < x.tokens; t += FEW_TOKENS) switch (x.tokens - t) {
          case 1: multiply_rows<BITS, 1>(job, x, blocks, t, row, next); break;
          case 2: multiply_rows<BITS, 2>(job, x, blocks, t, row, next); break;
          case 3: multiply_rows<BITS, 3>(job, x, blocks, t, row, next); break;
          default: multiply_rows<BITS, 4>(job, x, blocks, t, row, next); break;
        }
    }
  });
}

}  // namespace
