// Attention of some queries over the key/value cache.
//
// Flash attention with the softmax's rows in the lanes of vectors: the query heads of a group (and several queries of
// them) share every key and value, so a tile's rows are TILE such (query, head) pairs, scores are [key][row], results
// [channel][row], and maximum, exponential and sum over keys need no shuffle. Keys and values are broadcast, straight
// from their [token][channel] layout.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "threads.h"
#include "types.h"

namespace {

constexpr int KEYS = 96;         // keys of a step; a multiple of TOKENS_PER_TILE, so that register tiles are full
constexpr int QUERY_ROWS = 128;  // rows that share a step's widened keys and values
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
