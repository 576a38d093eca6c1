"""Generated from kernels/cpu/ and kernels/cuda/, which are what people read and change: do not edit it.

`make kernels` (`python -m kernels.build` where requirements-dev.txt is installed, which pins the CUDA compiler) writes
it again, byte for byte; `python -m kernels.build --check` says whether it is up to date.

CPU_SOURCE is C++17: kernels/cpu/kernels.cpp with the headers that it includes. CUDA_BASE_PTX and CUDA_TENSOR_CORE_PTX
are what nvidia-cuda-nvrtc-cu11 11.8.89 makes of kernels/cuda/base.cu and kernels/cuda/tensor_core.cu, shortened.
"""

CPU_SOURCE = r"""
#line 1 "kernels/cpu/kernels.cpp"
// The C entry points of ChatGLM2's CPU kernels, called through ctypes: from arguments to a job, from exceptions to a
// status. Functions that return int return 0, or 1 when memory ran out; the others cannot fail.

#include <cstdint>
#include <cstring>
#include <new>

#line 1 "kernels/cpu/attention.h"
// Attention of some queries over the key/value cache.
//
// Flash attention with the softmax's rows in the lanes of vectors: the query heads of a group (and several queries of
// them) share every key and value, so a tile's rows are TILE such (query, head) pairs, scores are [key][row], results
// [channel][row], and maximum, exponential and sum over keys need no shuffle. Keys and values are broadcast, straight
// from their [token][channel] layout.


#include <cmath>
#include <cstdint>
#include <cstring>

#line 1 "kernels/cpu/threads.h"
// Threads: who does the tasks of a call, and the memory that each keeps between calls.


#include <atomic>
#include <cstdint>
#include <exception>
#include <new>
#include <thread>
#include <vector>

#line 1 "kernels/cpu/pool.h"
// Threads of our own that wait for the next call, where torch has no OpenMP runtime to share: starting them for every
// call costs a sixth of a decode step. Nothing of what they do.


#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>

namespace {

// Lives as long as the process: its threads are never asked to end.
class Pool {
 public:
  // work(team) on this thread and on threads - 1 others, or as many as the system starts. False, and nothing is done,
  // while another thread's call is at work. Throws nothing.
  bool run(void (*work)(void*), void* team, unsigned threads) {
    std::unique_lock<std::mutex> only(busy_, std::try_to_lock);
    if (!only) return false;
    {
      std::lock_guard<std::mutex> lock(state_);
      start(threads - 1);
      work_ = work, team_ = team, wanted_ = threads - 1 < started_ ? threads - 1 : started_;
      left_ = wanted_;
      call_++;
    }
    wake_.notify_all();
    work(team);
    if (!soon([this] { return left_ == 0; })) {
      std::unique_lock<std::mutex> lock(state_);
      done_.wait(lock, [this] { return left_ == 0; });
    }
    return true;
  }

 private:
  void start(unsigned threads) {
    try {
      for (; started_ < threads; started_++) std::thread(&Pool::serve, this, started_, call_.load()).detach();
    } catch (const std::exception&) {
      // Too many threads in this process, or no memory for one: those that exist do the work.
    }
  }

  // A thread that is not wanted may sleep through calls: each call waits for those that it wants.
  void serve(unsigned number, uint64_t seen) {
    for (;;) {
      soon([&] { return call_ != seen; });
      std::unique_lock<std::mutex> lock(state_);
      wake_.wait(lock, [&] { return call_ != seen; });
      seen = call_;
      if (number >= wanted_) continue;
      void (*work)(void*) = work_;
      void* team = team_;
      lock.unlock();
      work(team);
      if (--left_ == 0) {
        std::lock_guard<std::mutex> last(state_);
        done_.notify_one();
      }
    }
  }

  // Whether something comes true in the time that lies between two calls of a decode step, without going to sleep.
  template <class Condition> static bool soon(const Condition& condition) {
    for (int i = 0; i < 200; i++) {
      if (condition()) return true;
      std::this_thread::yield();
    }
    return false;
  }

  std::mutex busy_, state_;
  std::condition_variable wake_, done_;
  std::atomic<uint64_t> call_{0};
  std::atomic<unsigned> left_{0};
  unsigned started_ = 0, wanted_ = 0;
  void (*work_)(void*) = nullptr;
  void* team_ = nullptr;
};

}  // namespace
#line 12 "kernels/cpu/threads.h"
#line 1 "kernels/cpu/systems.h"
// What the systems differ in: aligned memory, and what a forked child does first. No other file asks for a system.


#include <cstddef>
#include <cstdlib>

#if defined(_WIN32)
#include <malloc.h>
#else
#include <pthread.h>
#endif

namespace {

// Memory that begins at a multiple of 64 bytes, for free_aligned; null where there is none.
inline void* allocate_aligned(size_t bytes) {
#if defined(_WIN32)
  return _aligned_malloc(bytes, 64);
#else
  void* memory = nullptr;
  return posix_memalign(&memory, 64, bytes) ? nullptr : memory;
#endif
}

inline void free_aligned(void* memory) {
#if defined(_WIN32)
  _aligned_free(memory);
#else
  free(memory);
#endif
}

// Calls `forget` in every child that this process forks; Windows has no such children.
inline void in_forked_children(void (*forget)()) {
#if defined(_WIN32)
  (void)forget;
#else
  pthread_atfork(nullptr, nullptr, forget);
#endif
}

}  // namespace
#line 13 "kernels/cpu/threads.h"

namespace {

// torch's own OpenMP runtime, handed over by Python: its threads are the ones that torch's operators have just used,
// so they are awake, and no second pool competes with them. Null where torch has none: then we have a pool.
typedef void (*OpenMPParallel)(void (*)(void*), void*, unsigned, unsigned);
std::atomic<OpenMPParallel> openmp_parallel{nullptr};
std::atomic<Pool*> own_pool{nullptr};

// The threads of both do not exist in a forked child.
void forget_threads() { openmp_parallel = nullptr, own_pool = nullptr; }

void watch_forks() {
  static const bool once = (in_forked_children(forget_threads), true);
  (void)once;
}

// Throws std::bad_alloc.
Pool& pool() {
  Pool* found = own_pool;
  if (found) return *found;
  watch_forks();
  Pool* made = new Pool;
  if (own_pool.compare_exchange_strong(found, made)) return *made;
  delete made;  // another thread was faster
  return *found;
}

// What OpenMPParallel does, with threads that live as long as the call. Never throws.
void run_threads(void (*work)(void*), void* team, unsigned threads) {
  std::vector<std::thread> helpers;
  try {
    for (unsigned i = 1; i < threads; i++) helpers.emplace_back(work, team);
  } catch (const std::exception&) {
    // Too many threads in this process, or no memory for one: those that exist do the work.
  }
  work(team);
  for (std::thread& helper : helpers) helper.join();
}

template <class Body> struct Team {
  const Body& body;
  int64_t tasks;
  std::atomic<int64_t> next{0};
  std::atomic<bool> out_of_memory{false};

  static void work(void* self) {
    Team& team = *(Team*)self;
    try {
      for (int64_t task; (task = team.next.fetch_add(1, std::memory_order_relaxed)) < team.tasks;) team.body(task);
    } catch (const std::bad_alloc&) {
      team.out_of_memory = true;  // an exception that leaves a thread ends the process
    }
  }
};

// body(task) for every task in [0, tasks). Threads take the next task when they are free: some cores are slower.
// Throws std::bad_alloc if a body did, and nothing else.
template <class Body> void parallel(int threads, int64_t tasks, const Body& body) {
  Team<Body> team{body, tasks};
  if (threads > tasks) threads = (int)tasks;
  if (threads <= 1) Team<Body>::work(&team);
  else if (OpenMPParallel start = openmp_parallel) start(Team<Body>::work, &team, (unsigned)threads, 0);
  else if (!pool().run(Team<Body>::work, &team, (unsigned)threads))
    run_threads(Team<Body>::work, &team, (unsigned)threads);  // calls from several threads at once
  if (team.out_of_memory) throw std::bad_alloc();
}

// Memory that a thread keeps between calls. Throws std::bad_alloc, which the entry points turn into a status.
class Workspace {
 public:
  template <class T> T* get(int64_t count) {
    size_t bytes = (size_t)count * sizeof(T);
    if (bytes > size_) {
      free_aligned(data_);
      size_ = 0;
      data_ = allocate_aligned(bytes);
      if (!data_) throw std::bad_alloc();
      size_ = bytes;
    }
    return (T*)data_;
  }
  ~Workspace() { free_aligned(data_); }

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace
#line 14 "kernels/cpu/attention.h"
#line 1 "kernels/cpu/types.h"
// The float types of weights, activations and caches (and int8): one value, a vector, or a row of them as float32.


#include <cstdint>
#include <cstring>

#line 1 "kernels/cpu/vectors.h"
// Vectors of the machine's width: which instruction set serves, the types, and what no header of C++ has for them.
//
// Kernels are written in vector extensions of GCC and clang; intrinsics stand only where those have no word for an
// instruction: the 16-bit dot product, half precision, one transpose. All sizes are in elements unless a name says
// bytes. Integers wrap around (-fwrapv). Little-endian machines only.


#include <cstdint>
#include <cstring>

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
#if defined(CHATGLM_AVX512) && defined(__AVX512VNNI__)
#define CHATGLM_BYTE_PRODUCTS  // four products of bytes to a sum, in one instruction
#endif
// Zen 4 and later; a compiler that does not know them calls them znver3, which has no AVX-512.
#if defined(CHATGLM_AVX512) && (defined(__znver3__) || defined(__znver4__) || defined(__znver5__))
#define CHATGLM_ZEN_AVX512 1
#else
#define CHATGLM_ZEN_AVX512 0
#endif
#if !defined(CHATGLM_ADDS_ARE_CHEAP)  // tests build both ways
#if defined(__znver1__) || defined(__znver2__) || defined(__haswell__) || CHATGLM_ZEN_AVX512 || \
    !(defined(CHATGLM_X86) || defined(CHATGLM_NEON))
#define CHATGLM_ADDS_ARE_CHEAP 1  // one 16-bit multiplier to two adders or more, or none for pairs
#else
#define CHATGLM_ADDS_ARE_CHEAP 0
#endif
#endif
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the packed weights are read as little-endian words"
#endif

#if defined(_WIN32) && !defined(__clang__) && !defined(CHATGLM_PORTABLE)
#error "g++ puts vectors of 32 bytes where Windows does not align them (GCC's bug 54412): pip install ziglang"
#endif

#define INLINE inline __attribute__((always_inline))

namespace {

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

constexpr bool ADDS_ARE_CHEAP = CHATGLM_ADDS_ARE_CHEAP;
#if defined(CHATGLM_BYTE_PRODUCTS)
constexpr bool BYTE_PRODUCTS = true;
#else
constexpr bool BYTE_PRODUCTS = false;
#endif
#if defined(CHATGLM_X86)
constexpr bool BYTE_ACTIVATIONS = true;  // 8-bit activations are worth something (many_tokens_bytes.h)
#else
constexpr bool BYTE_ACTIVATIONS = false;
#endif
constexpr bool ONE_STREAM = BYTE_PRODUCTS;  // rows of a group are read in the order of memory (linear.h)

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
#if defined(CHATGLM_AVX512)
  // The same order without a way through memory. The masked form with every lane: g++ warns of the other's definition.
  __m256 lower = (__m256)_mm512_maskz_extractf64x4_pd(0xF, (__m512d)value, 0);
  __m256 eight = _mm256_add_ps(lower, (__m256)_mm512_maskz_extractf64x4_pd(0xF, (__m512d)value, 1));
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
#else
  float lanes[LANES];
  store(lanes, value);
  // Pairwise, so that the compiler may use narrower vectors.
  for (int width = LANES / 2; width; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
#endif
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

}  // namespace
#line 8 "kernels/cpu/types.h"

namespace {

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
  // The masked form with every lane: g++ warns of the other's own definition.
  return (Float)_mm512_maskz_cvtph_ps(0xFFFF, _mm256_loadu_si256((const __m256i*)from));
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

}  // namespace
#line 15 "kernels/cpu/attention.h"

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
#line 9 "kernels/cpu/kernels.cpp"
#line 1 "kernels/cpu/block.h"
// A decoder block for few tokens in one call: what its modules do, in their order.
//
// Every step rounds to the type of x, as it does in a call of its own: the results are the same bits. One call saves
// what stands between those: the weights that stream through the caches push the interpreter out of them each time.


#include <cstdint>
#include <cstring>


#line 1 "kernels/cpu/elementwise.h"
// Norm, gate, rotation and residual of a decode step: what stands between the products, in float32 and rounded once.
//
// An operator of torch costs some ten microseconds on a slow core whatever it does, and norm, gate and rotation are
// eight, two and seven of them.


#include <cmath>
#include <cstdint>




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
#line 12 "kernels/cpu/block.h"
#line 1 "kernels/cpu/quantized_layers.h"
// Quantized layers: cuts the tokens into chunks, rounds each, and hands it to the code for few or for many tokens.


#include <cstdint>

#line 1 "kernels/cpu/few_tokens.h"
// Quantized layers for few tokens.
//
// The weights are read at the speed of memory, unpacked in registers, multiplied with FEW_TOKENS tokens, never stored.
// More tokens, up to MOST_FEW_TOKENS, go over rows again that are still in the first-level cache. A token's results do
// not depend on how many others share a call: its products are summed exactly, block by block in the same order.


#include <cstdint>

#line 1 "kernels/cpu/few_rows_bytes.h"
// Rows of a quantized weight times few tokens on AVX-512 VNNI, with products of bytes.
//
// An activation of 16 bits is two signed bytes (activations.h), a weight an unsigned one: q + 8 (int4) or q + 128
// (int8), and what that adds to a sum is known before. Rows are multiplied ROWS at a time, which share the loads of
// activations and keep enough sums going, but are asked for in the order in which they lie in memory, as one stream:
// several streams at once are read a third slower. Into the second-level cache, since activations fill the first.


#include <cstdint>
#include <type_traits>

#line 1 "kernels/cpu/activations.h"
// Activations of a quantized layer: rounded to 16-bit integers, in the order in which weights are unpacked.
//
// x is rounded to 16-bit integers with one scale per token and block of BLOCK columns, so that an outlier costs
// precision in its own block only. Products with int4 or int8 weights are summed exactly in 32 bits: no lane sums more
// than BLOCK products, and 512 * 128 * 32639 < 2^31. An activation and a weight still add up to 16 bits.
//
// A vector of packed weights holds GROUP columns. Read as 16-bit words it takes only masks and shifts to get the first
// column of every word, then the second and so on: COLUMNS vectors. The activations are stored in this order, so no
// weight is ever shuffled.
//
// Where bytes can be multiplied four at a time (VNNI), a few tokens are stored otherwise: x = 256 high + low, both
// signed bytes, and a group is [column of a byte][high, low][byte of the packed vector].


#include <cmath>
#include <cstdint>
#include <cstring>

#line 1 "kernels/cpu/linear.h"
// What the layers with quantized and with float weights share: the job, and how far ahead weights are read.


#include <cstdint>



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
#line 20 "kernels/cpu/activations.h"

namespace {

constexpr int BLOCK = 512;
constexpr int LARGEST = 32767 - 128;
constexpr int MOST_FEW_TOKENS = 8;  // more are multiplied by multiply_many

template <int BITS> constexpr int COLUMNS = 16 / BITS;  // of a 16-bit word
template <int BITS> constexpr int GROUP = VECTOR_BYTES / 2 * COLUMNS<BITS>;

// Rounds `count` floats (at most LENGTH; the rest of the block becomes zero) to integers up to `LIMIT` and returns the
// scale.
template <int LENGTH, int LIMIT> float round_block(const float* from, int64_t count, int16_t* rounded) {
  int32_t largest_bits = 0;  // of non-negative floats, bits compare like values, and NaN is above infinity
  for (int64_t i = 0; i < count; i++) {
    int32_t magnitude = bits<int32_t>(from[i]) & 0x7FFFFFFF;
    largest_bits = magnitude > largest_bits ? magnitude : largest_bits;
  }
  if (largest_bits == 0 || largest_bits >= 0x7F800000) {
    memset(rounded, 0, LENGTH * sizeof *rounded);
    return largest_bits ? NAN : 0.0f;  // a NaN or infinite activation makes the token's results NaN
  }
  float largest = bits<float>(largest_bits);
  if (largest > 1e-30f) {
    float inverse = LIMIT / largest;
    // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
    for (int64_t i = 0; i < count; i++)
      rounded[i] = (int16_t)(bits<int32_t>(from[i] * inverse + 12582912.0f) - 0x4B400000);
  } else {  // the inverse would overflow
    for (int64_t i = 0; i < count; i++) rounded[i] = (int16_t)lrint((double)from[i] * ((double)LIMIT / largest));
  }
  memset(rounded + count, 0, (LENGTH - count) * sizeof *rounded);
  return largest / LIMIT;
}

template <int BITS> void order_words(const int16_t* rounded, int16_t* to) {
  constexpr int words = VECTOR_BYTES / 2;
  for (int g = 0; g < BLOCK; g += GROUP<BITS>)
    for (int i = 0; i < words; i++)
      for (int c = 0; c < COLUMNS<BITS>; c++) to[g + c * words + i] = rounded[g + i * COLUMNS<BITS> + c];
}

template <int BITS> void order_bytes(const int16_t* rounded, int8_t* to) {
  constexpr int columns = 8 / BITS;
  for (int g = 0; g < BLOCK; g += GROUP<BITS>)
    for (int c = 0; c < columns; c++, to += 2 * VECTOR_BYTES)
      for (int i = 0; i < VECTOR_BYTES; i++) {
        int16_t x = rounded[g + i * columns + c];
        to[i] = (int8_t)((x + 128) >> 8), to[VECTOR_BYTES + i] = (int8_t)x;
      }
}

// Activations of `tokens` tokens: [block][token][BLOCK] integers, [block][token] scales and `pair_products`.
struct Activations {
  int64_t tokens, blocks;
  int16_t* values;
  float* scales;
  int32_t* products;

  static int64_t bytes(int64_t tokens, int64_t blocks) { return tokens * blocks * (BLOCK * 2 + 4 + 4); }
  Activations(void* memory, int64_t tokens, int64_t blocks)
      : tokens(tokens), blocks(blocks), values((int16_t*)memory), scales((float*)(values + tokens * blocks * BLOCK)),
        products((int32_t*)(scales + tokens * blocks)) {}
};

// What multiply_tile subtracts for the activations of a block: of every four, a[0] * a[2] + a[1] * a[3], modulo 2^32.
int32_t pair_products(const int16_t* values) {
  uint32_t sum = 0;
  for (int i = 0; i < BLOCK; i += 4)
    for (int j = i; j < i + 2; j++) sum += (uint32_t)(values[j] * values[j + 2]);
  return (int32_t)sum;
}

template <int BITS> void quantize_token(const Linear& job, int64_t first_token, int64_t t, const Activations& to) {
  const char* row = job.x_row(first_token + t);
  float buffer[BLOCK];
  int16_t rounded[BLOCK];
  for (int64_t b = 0; b < to.blocks; b++) {
    int64_t count = job.k - b * BLOCK < BLOCK ? job.k - b * BLOCK : BLOCK;
    widen(job.x_type, row + b * BLOCK * size_of(job.x_type), count, 1.0f, buffer);
    int64_t at = b * to.tokens + t;
    to.scales[at] = round_block<BLOCK, LARGEST>(buffer, count, rounded);
    if (BYTE_PRODUCTS && job.m <= MOST_FEW_TOKENS) order_bytes<BITS>(rounded, (int8_t*)(to.values + at * BLOCK));
    else order_words<BITS>(rounded, to.values + at * BLOCK);
    if (ADDS_ARE_CHEAP && job.m > MOST_FEW_TOKENS) to.products[at] = pair_products(to.values + at * BLOCK);
  }
}

}  // namespace
#line 13 "kernels/cpu/few_rows_bytes.h"

#if defined(CHATGLM_BYTE_PRODUCTS)
namespace {

INLINE Int dot_bytes(Int sum, __m512i unsigned_bytes, __m512i bytes) {
  return (Int)_mm512_dpbusd_epi32((__m512i)sum, unsigned_bytes, bytes);
}

// Loaded once: compilers take a load for every use as free, but a processor that loads one vector a cycle does not.
INLINE __m512i in_register(const char* from) {
  __m512i value = load<__m512i>(from);
  asm("" : "+v"(value));
  return value;
}

// The values of plane C of a vector of packed weights
template <int BITS, int C> INLINE __m512i unsigned_values(__m512i packed) {
  if constexpr (BITS == 8) return _mm512_xor_si512(packed, _mm512_set1_epi8((char)0x80));
  constexpr int and_then_xor = 0x6A;
  if (C == 0) packed = _mm512_srli_epi16(packed, 4);
  return _mm512_ternarylogic_epi32(packed, _mm512_set1_epi8(0x0F), _mm512_set1_epi8(0x08), and_then_xor);
}

// What a row needs to know of one token's block besides its activations.
struct FewBlock {
  Int start;    // of the sum of low bytes: what unsigned values add to both, with its sign turned
  Float scale;  // of the sum
};

template <int BITS> INLINE FewBlock few_block(const int16_t* x, float scale) {
  Int high = {}, low = {};
  __m512i excess = _mm512_set1_epi8((char)(1 << (BITS - 1)));
  const char* bytes = (const char*)x;
  for (int i = 0; i < 2 * BLOCK; i += 2 * VECTOR_BYTES) {
    high = dot_bytes(high, excess, load<__m512i>(bytes + i));
    low = dot_bytes(low, excess, load<__m512i>(bytes + i + VECTOR_BYTES));
  }
  return {-((high << 8) + low), broadcast(scale)};
}

// totals[r][t] += scale[t] * (activations[t] . row r) over one block of `bytes` bytes
template <int BITS, int M, int ROWS, bool FULL>
INLINE void multiply_block(const char* weight, int64_t stride, int64_t bytes, const int16_t* x, const FewBlock* blocks,
                           Ahead& ahead, Float (&totals)[ROWS][M]) {
  Int high[ROWS][M] = {}, low[ROWS][M];
  for (int r = 0; r < ROWS; r++)
    for (int t = 0; t < M; t++) low[r][t] = blocks[t].start;
  if (FULL) bytes = BLOCK * BITS / 8;
  for (int64_t i = 0; i < bytes; i += VECTOR_BYTES, x += GROUP<BITS>) {
    ahead.next(ROWS);
    uint64_t there = FULL || bytes - i >= VECTOR_BYTES ? ~0ull : (1ull << (bytes - i)) - 1;
    auto multiply_plane = [&](auto plane) __attribute__((always_inline)) {
      constexpr int C = decltype(plane)::value;
      __m512i values[ROWS];
      for (int r = 0; r < ROWS; r++) {
        const char* at = weight + r * stride + i;
        __m512i packed = FULL ? load<__m512i>(at) : _mm512_maskz_loadu_epi8(there, at);
        if (M > 3) asm volatile("" : "+v"(packed));  // loaded for each plane: 24 sums leave few registers
        values[r] = unsigned_values<BITS, C>(packed);
        if (C == 0) __builtin_prefetch(at + 512, 0, 3);
      }
      for (int t = 0; t < M; t++) {
        const char* bytes_of = (const char*)(x + t * BLOCK) + 2 * C * VECTOR_BYTES;
        __m512i high_bytes = in_register(bytes_of), low_bytes = in_register(bytes_of + VECTOR_BYTES);
        for (int r = 0; r < ROWS; r++) {
          high[r][t] = dot_bytes(high[r][t], values[r], high_bytes);
          low[r][t] = dot_bytes(low[r][t], values[r], low_bytes);
        }
      }
    };
    multiply_plane(std::integral_constant<int, 0>());
    if constexpr (BITS == 4) multiply_plane(std::integral_constant<int, 1>());
  }
  for (int r = 0; r < ROWS; r++)
    for (int t = 0; t < M; t++) totals[r][t] += to_float((high[r][t] << 8) + low[r][t]) * blocks[t].scale;
}

template <int BITS, int M, int ROWS>
INLINE void multiply_group(const Linear& job, const Activations& x, const FewBlock* blocks, int64_t t0, int64_t row) {
  constexpr int64_t block_bytes = BLOCK * BITS / 8;
  const char* weight = job.weight + row * job.weight_stride;
  Ahead ahead{weight + 2 * ROWS * job.weight_stride};
  Float totals[ROWS][M] = {};
  int64_t left = job.k * BITS / 8, at = t0;
  for (; left >= block_bytes; left -= block_bytes, weight += block_bytes, at += x.tokens)
    multiply_block<BITS, M, ROWS, true>(weight, job.weight_stride, left, x.values + at * BLOCK, blocks + at, ahead,
                                        totals);
  if (left)
    multiply_block<BITS, M, ROWS, false>(weight, job.weight_stride, left, x.values + at * BLOCK, blocks + at, ahead,
                                         totals);
  for (int r = 0; r < ROWS; r++) {
    float scale = job.row_scale(row + r), bias = job.row_bias(row + r);
    for (int t = 0; t < M; t++) job.put(t0 + t, row + r, sum_lanes(totals[r][t]) * scale + bias);
  }
}

template <int BITS, int M>
__attribute__((noinline)) void multiply_rows(const Linear& job, const Activations& x, const FewBlock* blocks,
                                             int64_t t0, int64_t begin, int64_t end) {
  constexpr int rows = M <= 2 ? 4 : 3;  // 2 sums each and token, of 32 registers
  int64_t row = begin;
  for (; row + rows <= end; row += rows) multiply_group<BITS, M, rows>(job, x, blocks, t0, row);
  for (; row < end; row++) multiply_group<BITS, M, 1>(job, x, blocks, t0, row);
}

}  // namespace

#endif
#line 11 "kernels/cpu/few_tokens.h"
#line 1 "kernels/cpu/few_rows_words.h"
// Rows of a quantized weight times few tokens, with products of 16-bit words: what any processor can do.
//
// Values are left unsigned and, where that saves a shift, scaled by 16: some processors shift one vector in two cycles
// but mask two per cycle. What this adds to the sums, 8 (int4) or 128 (int8) times the activations, is known before.


#include <cstdint>
#include <cstring>



#if !defined(CHATGLM_BYTE_PRODUCTS)
namespace {

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
    if (i % 64 == 0) __builtin_prefetch(weight + i + PREFETCH_BYTES, 0, 0);  // past a row's end the next row goes on
    Few<BITS>::template multiply<M>(load<Short>(weight + i), x, sums);
  }
  if (!FULL && i < bytes) {
    char tail[VECTOR_BYTES] = {};
    memcpy(tail, weight + i, bytes - i);
    Few<BITS>::template multiply<M>(load<Short>(tail), x, sums);
  }
  for (int t = 0; t < M; t++) totals[t] += to_float(Few<BITS>::total(sums[t])) * blocks[t].scale;
}

template <int BITS, int M>
__attribute__((noinline))  // g++ 12 makes slower loops of all the calls in one function
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

}  // namespace

#endif
#line 12 "kernels/cpu/few_tokens.h"


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
#line 7 "kernels/cpu/quantized_layers.h"
#line 1 "kernels/cpu/many_tokens.h"
// Quantized layers for many tokens.
//
// A block of TILE rows is unpacked once, into 16 KiB that stay in the first-level cache, and multiplied with all the
// tokens of a chunk by a tile of TOKENS_PER_PRODUCT x TILE sums in registers. The unpacked block is [pair of
// columns][row][2]; the columns of a pair come from the two 16-bit words of one 32-bit word of the packed row.
//
// Where multiplications are what takes time, two products cost one (Winograd, "A New Algorithm for Inner Product",
// IEEE Transactions on Computers C-17, 1968): a v + b w = (a + w) (b + v) - a b - v w, where a b depends on the
// activations alone and v w on the weights alone. Sums may pass 2^31 on the way; modulo 2^32 the result is exact.


#include <cstdint>
#include <cstring>




namespace {

constexpr int CHUNK = 128;     // tokens: their activations for one block fit the second-level cache
constexpr int TASK_ROWS = 64;  // rows that a thread works on with one chunk of activations

#if CHATGLM_ADDS_ARE_CHEAP && defined(CHATGLM_AVX512)
constexpr int TOKENS_PER_PRODUCT = 8;  // of 32 registers: 8 sums, 2 weights, 2 activations, 2 sums of both
#elif CHATGLM_ADDS_ARE_CHEAP && defined(CHATGLM_X86)
constexpr int TOKENS_PER_PRODUCT = 4;  // of 16 registers: 4 x 2 sums, 4 weights, 2 activations, 2 sums of both
#else
constexpr int TOKENS_PER_PRODUCT = TOKENS_PER_TILE;
#endif

// TILE rows of a block, unpacked, and their `pair_products`.
struct UnpackedTile {
  alignas(64) int16_t values[BLOCK * TILE];
  int32_t products[TILE];
};

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

// to[j][r] = word j of row r, for the next `bytes` bytes (a vector, or what is left of the rows, then zeros) of TILE
// rows; rows past the end repeat the last one.
INLINE void transpose_vector(const char* weight, int64_t stride, int64_t rows, int64_t bytes, int32_t* to) {
  const char* sources[TILE];
  char tails[TILE][VECTOR_BYTES];
  for (int r = 0; r < TILE; r++) {
    sources[r] = weight + (r < rows ? r : rows - 1) * stride;
    if (bytes < VECTOR_BYTES) {
      memset(tails[r], 0, VECTOR_BYTES);
      memcpy(tails[r], sources[r], bytes);
      sources[r] = tails[r];
    }
  }
  transpose_words(sources, VECTOR_BYTES / 4, to);
}

// Unpacks `bytes` bytes (at most a block) of TILE rows.
template <int BITS>
INLINE void unpack_tile(const char* weight, int64_t stride, int64_t rows, int64_t bytes, UnpackedTile& tile) {
  constexpr int words = VECTOR_BYTES / 4;
  int16_t* to = tile.values;
  for (int64_t i = 0; i < bytes; i += VECTOR_BYTES) {
    int32_t transposed[words * TILE];
    transpose_vector(weight + i, stride, rows, bytes - i, transposed);
    for (int j = 0; j < words; j++)
      for (int v = 0; v < VECTORS; v++) {
        Short packed = load<Short>(transposed + j * TILE + v * LANES), values[COLUMNS<BITS>];
        unpack<BITS>(packed, values);
        for (int c = 0; c < COLUMNS<BITS>; c++)
          store(to + ((c * words + j) * TILE + v * LANES) * 2, values[c]);
      }
    to += GROUP<BITS> * TILE;
  }
  if (ADDS_ARE_CHEAP)
    for (int v = 0; v < VECTORS; v++) {
      Int sum = {};
      for (const int16_t* pair = tile.values + v * LANES * 2; pair < to; pair += 4 * TILE)
        sum = dot(sum, load<Short>(pair), load<Short>(pair + 2 * TILE));
      store(tile.products + v * LANES, sum);
    }
}

// totals[t][TILE] (+)= scale[t] * (activations[t] . tile), over `columns` columns; `at` is the first token's place
template <int M>
void multiply_tile(const Activations& x, int64_t at, const UnpackedTile& tile, int64_t columns, bool first,
                   float* totals) {
  const int16_t* activations = x.values + at * BLOCK;
  Int sums[M][VECTORS] = {};
  if constexpr (ADDS_ARE_CHEAP) {
    for (int64_t i = 0; i < columns; i += 4) {
      Short weights[2][VECTORS];
      for (int half = 0; half < 2; half++)
        for (int v = 0; v < VECTORS; v++)
          weights[half][v] = load<Short>(tile.values + (i + 2 * half) * TILE + v * LANES * 2);
      for (int t = 0; t < M; t++) {
        Short a = (Short)broadcast_word(activations + t * BLOCK + i);
        Short b = (Short)broadcast_word(activations + t * BLOCK + i + 2);
        for (int v = 0; v < VECTORS; v++) sums[t][v] = dot(sums[t][v], a + weights[1][v], b + weights[0][v]);
      }
    }
    for (int t = 0; t < M; t++)
      for (int v = 0; v < VECTORS; v++) sums[t][v] -= x.products[at + t] + load<Int>(tile.products + v * LANES);
  } else {
    for (int64_t i = 0; i < columns; i += 2) {
      Short weights[VECTORS];
      for (int v = 0; v < VECTORS; v++) weights[v] = load<Short>(tile.values + i * TILE + v * LANES * 2);
      for (int t = 0; t < M; t++) {
        Short pair = (Short)broadcast_word(activations + t * BLOCK + i);
        for (int v = 0; v < VECTORS; v++) sums[t][v] = dot(sums[t][v], weights[v], pair);
      }
    }
  }
  for (int t = 0; t < M; t++)
    for (int v = 0; v < VECTORS; v++) {
      float* total = totals + t * TASK_ROWS + v * LANES;
      store(total, (first ? Float{} : load<Float>(total)) + to_float(sums[t][v]) * x.scales[at + t]);
    }
}

// y of TASK_ROWS rows from `begin` on, where there are as many, from their totals [token][TASK_ROWS]
void put_totals(const Linear& job, int64_t first_token, int64_t tokens, int64_t begin, int64_t rows, float* totals) {
  float scales[TASK_ROWS], biases[TASK_ROWS];
  for (int64_t r = 0; r < rows; r++) scales[r] = job.row_scale(begin + r), biases[r] = job.row_bias(begin + r);
  for (int64_t t = 0; t < tokens; t++) {
    float* values = totals + t * TASK_ROWS;
    for (int64_t r = 0; r < rows; r++) values[r] = values[r] * scales[r] + biases[r];
    int64_t at = (first_token + t) * job.y_stride + begin;
    narrow(job.x_type, values, rows, job.y + at * size_of(job.x_type));
  }
}

typedef void (*MultiplyTile)(const Activations&, int64_t, const UnpackedTile&, int64_t, bool, float*);

template <int M> MultiplyTile tile_function(int tokens) {
  if constexpr (M == 1) return multiply_tile<1>;
  else return tokens == M ? multiply_tile<M> : tile_function<M - 1>(tokens);
}

template <int BITS> void multiply_many(const Linear& job, int64_t first_token, const Activations& x) {
  constexpr int64_t block_bytes = BLOCK * BITS / 8;
  int64_t row_bytes = job.k * BITS / 8;
  MultiplyTile full = tile_function<TOKENS_PER_PRODUCT>(TOKENS_PER_PRODUCT);
  MultiplyTile last = tile_function<TOKENS_PER_PRODUCT>((int)(x.tokens % TOKENS_PER_PRODUCT));
  parallel(job.threads, (job.n + TASK_ROWS - 1) / TASK_ROWS, [&](int64_t task) {
    UnpackedTile tile;
    alignas(64) float totals[CHUNK * TASK_ROWS];
    if (!x.blocks) memset(totals, 0, sizeof totals);  // no columns: nothing else sets them
    int64_t begin = task * TASK_ROWS, rows = job.n - begin < TASK_ROWS ? job.n - begin : TASK_ROWS;
    for (int64_t b = 0; b < x.blocks; b++) {
      int64_t left = row_bytes - b * block_bytes, bytes = left < block_bytes ? left : block_bytes;
      int64_t columns = (bytes + VECTOR_BYTES - 1) / VECTOR_BYTES * GROUP<BITS>;
      for (int64_t r = 0; r < rows; r += TILE) {
        unpack_tile<BITS>(job.weight + (begin + r) * job.weight_stride + b * block_bytes, job.weight_stride, rows - r,
                          bytes, tile);
        for (int64_t t = 0; t < x.tokens; t += TOKENS_PER_PRODUCT) {
          MultiplyTile multiply = t + TOKENS_PER_PRODUCT <= x.tokens ? full : last;
          multiply(x, b * x.tokens + t, tile, columns, b == 0, totals + t * TASK_ROWS + r);
        }
      }
    }
    put_totals(job, first_token, x.tokens, begin, rows, totals);
  });
}

}  // namespace
#line 8 "kernels/cpu/quantized_layers.h"
#line 1 "kernels/cpu/many_tokens_bytes.h"
// INT4 layers for many tokens with activations of 8 bits, where callers ask for them: half the arithmetic.
//
// x is rounded to signed bytes with one scale per token and ACTIVATION_BLOCK columns. A weight is an unsigned byte,
// q + 8, unpacked as [four columns][row][4], so that one instruction multiplies four columns of a vector of rows with
// four activations of a token; 8 * sum(x), by which that is too large, is known before. A 32-bit word of a packed row
// holds eight columns: the even ones in its high nibbles, the odd ones in its low ones, and so lie activations.
//
// Without VNNI products of bytes are added up in 16 bits, eight pairs at most: 8 * 2 * 15 * 127 < 2^15.


#include <cstdint>
#include <cstring>



namespace {

#if !defined(CHATGLM_ACTIVATION_BLOCK)  // to measure others
#define CHATGLM_ACTIVATION_BLOCK 128
#endif
constexpr int ACTIVATION_BLOCK = CHATGLM_ACTIVATION_BLOCK;  // columns that share a scale
constexpr int LARGEST_BYTE = 127;
constexpr int BYTES_CHUNK = 2 * CHUNK;           // tokens: as CHUNK, with half the bytes
constexpr int PARTS = BLOCK / ACTIVATION_BLOCK;  // of the BLOCK columns that are unpacked at a time
constexpr int MOST_PAIRS = 8;                    // of products of bytes, added up in 16 bits
static_assert(ACTIVATION_BLOCK % (4 * MOST_PAIRS) == 0 && BLOCK % ACTIVATION_BLOCK == 0, "parts of a block");

#if defined(CHATGLM_AVX512) && defined(__AVX512VNNI__)
constexpr bool QUADS = true;
constexpr int TOKENS_PER_BYTES = 12;  // of 32 registers: 12 x 2 sums, 2 weights, 1 activation
#elif defined(CHATGLM_X86) && defined(__AVXVNNI__)
constexpr bool QUADS = true;
constexpr int TOKENS_PER_BYTES = 6;  // of 16 registers: 6 x 2 sums, 2 weights, 1 activation
#elif defined(CHATGLM_AVX512)
constexpr bool QUADS = false;
constexpr int TOKENS_PER_BYTES = 12;  // of 32 registers: 12 x 2 sums of 16 bits, the others in memory
#else
constexpr bool QUADS = false;
constexpr int TOKENS_PER_BYTES = 4;  // of 16 registers: 4 x 2 sums of 16 bits, the others in memory
#endif

constexpr int BYTE_ROWS = TILE < 2 * LANES ? 2 * LANES : TILE;  // that an unpacked tile holds
constexpr int BYTE_VECTORS = BYTE_ROWS / LANES;

// sum[i] + the four products of unsigned and signed bytes of word i, where QUADS
INLINE Int add_quads(Int sum, Int unsigned_bytes, Int bytes) {
#if defined(CHATGLM_AVX512) && defined(__AVX512VNNI__)
  return (Int)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)unsigned_bytes, (__m512i)bytes);
#elif defined(CHATGLM_X86) && defined(__AVXVNNI__)
  return (Int)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)unsigned_bytes, (__m256i)bytes);
#else
  return sum + unsigned_bytes * bytes;  // not called
#endif
}

// [i] = the two products of unsigned and signed bytes of 16-bit word i
INLINE Short pair_of_products(Int unsigned_bytes, Int bytes) {
#if defined(CHATGLM_AVX512)
  return (Short)_mm512_maddubs_epi16((__m512i)unsigned_bytes, (__m512i)bytes);
#elif defined(CHATGLM_X86)
  return (Short)_mm256_maddubs_epi16((__m256i)unsigned_bytes, (__m256i)bytes);
#else
  return (Short)(unsigned_bytes * bytes);  // not called
#endif
}

// Activations of `tokens` tokens: [block][token][BLOCK] bytes, [block][token][PARTS] scales and `8 * sum(x)`.
struct ByteActivations {
  int64_t tokens, blocks;
  int8_t* values;
  float* scales;
  int32_t* excess;

  static int64_t bytes(int64_t tokens, int64_t blocks) { return tokens * blocks * (BLOCK + PARTS * (4 + 4)); }
  ByteActivations(void* memory, int64_t tokens, int64_t blocks)
      : tokens(tokens), blocks(blocks), values((int8_t*)memory), scales((float*)(values + tokens * blocks * BLOCK)),
        excess((int32_t*)(scales + tokens * blocks * PARTS)) {}
};

void round_token_to_bytes(const Linear& job, int64_t first_token, int64_t t, const ByteActivations& to) {
  const char* row = job.x_row(first_token + t);
  float buffer[ACTIVATION_BLOCK];
  int16_t rounded[ACTIVATION_BLOCK];
  for (int64_t b = 0; b < to.blocks * PARTS; b++) {
    int64_t begin = b * ACTIVATION_BLOCK, left = job.k - begin;
    int64_t count = left < 0 ? 0 : left < ACTIVATION_BLOCK ? left : ACTIVATION_BLOCK;
    if (count) widen(job.x_type, row + begin * size_of(job.x_type), count, 1.0f, buffer);
    int64_t block = b / PARTS * to.tokens + t, part = block * PARTS + b % PARTS;
    to.scales[part] = round_block<ACTIVATION_BLOCK, LARGEST_BYTE>(buffer, count, rounded);
    int8_t* values = to.values + block * BLOCK + b % PARTS * ACTIVATION_BLOCK;
    int32_t sum = 0;
    for (int i = 0; i < ACTIVATION_BLOCK; i += 8)
      for (int j = 0; j < 4; j++) {
        values[i + j] = (int8_t)rounded[i + 2 * j];
        values[i + 4 + j] = (int8_t)rounded[i + 2 * j + 1];
        sum += rounded[i + 2 * j] + rounded[i + 2 * j + 1];
      }
    to.excess[part] = 8 * sum;
  }
}

// Unpacks `bytes` bytes (at most a block) of BYTE_ROWS rows into [four columns][row][4].
INLINE void unpack_bytes(const char* weight, int64_t stride, int64_t rows, int64_t bytes, uint8_t* to) {
  constexpr int words = VECTOR_BYTES / 4;
  for (int64_t i = 0; i < bytes; i += VECTOR_BYTES, to += 8 * words * BYTE_ROWS)
    for (int r = 0; r < BYTE_ROWS && r < rows; r += TILE) {
      int32_t transposed[words * TILE];
      transpose_vector(weight + r * stride + i, stride, rows - r, bytes - i, transposed);
      for (int j = 0; j < words; j++)
        for (int v = 0; v < VECTORS; v++) {
          Unsigned packed = load<Unsigned>(transposed + j * TILE + v * LANES) ^ 0x88888888u;
          uint8_t* at = to + (8 * j * BYTE_ROWS + 4 * r) + v * VECTOR_BYTES;
          store(at, packed >> 4 & 0x0F0F0F0Fu);
          store(at + 4 * BYTE_ROWS, packed & 0x0F0F0F0Fu);
        }
    }
}

// sums[t][BYTE_ROWS] += activations[t] . tile, over `columns` columns
template <int M>
INLINE void add_products(const int8_t* x, const uint8_t* tile, int64_t columns, Int (&sums)[M][BYTE_VECTORS]) {
  constexpr int step = QUADS ? 4 : 4 * MOST_PAIRS;
  for (int64_t i = 0; i < columns; i += step) {
    Short pairs[M][BYTE_VECTORS] = {};
    for (int64_t j = i; j < i + step; j += 4) {
      Int weights[BYTE_VECTORS];
      for (int v = 0; v < BYTE_VECTORS; v++) weights[v] = load<Int>(tile + j * BYTE_ROWS + v * VECTOR_BYTES);
      for (int t = 0; t < M; t++) {
        Int activations = broadcast_word(x + t * BLOCK + j);
        for (int v = 0; v < BYTE_VECTORS; v++)
          if (QUADS) sums[t][v] = add_quads(sums[t][v], weights[v], activations);
          else pairs[t][v] += pair_of_products(weights[v], activations);
      }
    }
    for (int t = 0; t < M && !QUADS; t++)
      for (int v = 0; v < BYTE_VECTORS; v++) sums[t][v] = dot(sums[t][v], pairs[t][v], Short{} + (int16_t)1);
  }
}

// totals[t][BYTE_ROWS] (+)= the sum over parts of scale[t] * (activations[t] . tile); `at` is the first token's place
template <int M>
void multiply_bytes(const ByteActivations& x, int64_t at, const uint8_t* tile, int64_t columns, bool first,
                    float* totals) {
  for (int64_t begin = 0, part = 0; begin < columns; begin += ACTIVATION_BLOCK, part++) {
    Int sums[M][BYTE_VECTORS];
    for (int t = 0; t < M; t++)
      for (int v = 0; v < BYTE_VECTORS; v++) sums[t][v] = Int{} - x.excess[(at + t) * PARTS + part];
    int64_t count = columns - begin < ACTIVATION_BLOCK ? columns - begin : ACTIVATION_BLOCK;
    add_products<M>(x.values + at * BLOCK + begin, tile + begin * BYTE_ROWS, count, sums);
    for (int t = 0; t < M; t++)
      for (int v = 0; v < BYTE_VECTORS; v++) {
        float* total = totals + t * TASK_ROWS + v * LANES;
        Float before = first && !part ? Float{} : load<Float>(total);
        store(total, before + to_float(sums[t][v]) * x.scales[(at + t) * PARTS + part]);
      }
  }
}

typedef void (*MultiplyBytes)(const ByteActivations&, int64_t, const uint8_t*, int64_t, bool, float*);

template <int M> MultiplyBytes bytes_function(int tokens) {
  if constexpr (M == 1) return multiply_bytes<1>;
  else return tokens == M ? multiply_bytes<M> : bytes_function<M - 1>(tokens);
}

void multiply_many_bytes(const Linear& job, int64_t first_token, const ByteActivations& x) {
  constexpr int64_t block_bytes = BLOCK / 2;
  int64_t row_bytes = job.k / 2;
  MultiplyBytes full = bytes_function<TOKENS_PER_BYTES>(TOKENS_PER_BYTES);
  MultiplyBytes last = bytes_function<TOKENS_PER_BYTES>((int)(x.tokens % TOKENS_PER_BYTES));
  parallel(job.threads, (job.n + TASK_ROWS - 1) / TASK_ROWS, [&](int64_t task) {
    alignas(64) uint8_t tile[BLOCK * BYTE_ROWS] = {};  // rows past the end may stay so
    alignas(64) float totals[BYTES_CHUNK * TASK_ROWS];
    if (!x.blocks) memset(totals, 0, sizeof totals);  // no columns: nothing else sets them
    int64_t begin = task * TASK_ROWS, rows = job.n - begin < TASK_ROWS ? job.n - begin : TASK_ROWS;
    for (int64_t b = 0; b < x.blocks; b++) {
      int64_t left = row_bytes - b * block_bytes, bytes = left < block_bytes ? left : block_bytes;
      int64_t columns = (bytes + VECTOR_BYTES - 1) / VECTOR_BYTES * GROUP<4>;
      for (int64_t r = 0; r < rows; r += BYTE_ROWS) {
        const char* weight = job.weight + (begin + r) * job.weight_stride + b * block_bytes;
        unpack_bytes(weight, job.weight_stride, rows - r, bytes, tile);
        for (int64_t t = 0; t < x.tokens; t += TOKENS_PER_BYTES) {
          MultiplyBytes multiply = t + TOKENS_PER_BYTES <= x.tokens ? full : last;
          multiply(x, b * x.tokens + t, tile, columns, b == 0, totals + t * TASK_ROWS + r);
        }
      }
    }
    put_totals(job, first_token, x.tokens, begin, rows, totals);
  });
}

void multiply_with_bytes(const Linear& job) {
  static thread_local Workspace workspace;
  int64_t blocks = (job.k + BLOCK - 1) / BLOCK;
  int64_t chunks = (job.m + BYTES_CHUNK - 1) / BYTES_CHUNK;
  for (int64_t chunk = 0; chunk < chunks; chunk++) {
    int64_t begin = job.m * chunk / chunks, tokens = job.m * (chunk + 1) / chunks - begin;
    ByteActivations x(workspace.get<char>(ByteActivations::bytes(tokens, blocks)), tokens, blocks);
    parallel(job.threads, tokens, [&](int64_t t) { round_token_to_bytes(job, begin, t, x); });
    multiply_many_bytes(job, begin, x);
  }
}

}  // namespace
#line 9 "kernels/cpu/quantized_layers.h"

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
#line 13 "kernels/cpu/block.h"


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
#line 10 "kernels/cpu/kernels.cpp"

#line 1 "kernels/cpu/float_layers.h"
// Linear layers with float weights, for few tokens: the weight is read once, in its own type.


#include <cstdint>




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
#line 12 "kernels/cpu/kernels.cpp"



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
"""

CUDA_BASE_PTX = r"""
.version 7.0
.target sm_60
.address_size 64
.shared .align 4 .b8 shared0[128];
.shared .align 4 .b8 shared1[512];
.visible .entry int4_dequantize(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u32 p3,
.param .u32 p4,
.param .u32 p5
)
.maxntid 256,1,1
{
.reg .pred %p<25>;
.reg .b16 %rs<31>;
.reg .f32 %f<57>;
.reg .b32 %r<152>;
.reg .b64 %rd<61>;
ld.param.u64 %rd11,[p0];
ld.param.u64 %rd13,[p1];
ld.param.u64 %rd12,[p2];
ld.param.u32 %r28,[p3];
ld.param.u32 %r29,[p4];
ld.param.u32 %r30,[p5];
cvta.to.global.u64 %rd1,%rd11;
cvta.to.global.u64 %rd2,%rd12;
cvta.to.global.u64 %rd3,%rd13;
mov.u32 %r31,%ctaid.x;
cvt.u64.u32 %rd4,%r31;
setp.eq.s32 %p1,%r30,2;
@%p1 bra $L__BB0_4;
bra.uni $L__BB0_1;
$L__BB0_4:
shl.b64 %rd16,%rd4,2;
add.s64 %rd17,%rd3,%rd16;
ld.global.f32 %f56,[%rd17];
bra.uni $L__BB0_5;
$L__BB0_1:
shl.b64 %rd14,%rd4,1;
add.s64 %rd15,%rd3,%rd14;
ld.global.u16 %r1,[%rd15];
setp.eq.s32 %p2,%r30,0;
@%p2 bra $L__BB0_3;
shl.b32 %r32,%r1,16;
mov.b32 %f56,%r32;
bra.uni $L__BB0_5;
$L__BB0_3:
{ .reg .b16 h; cvt.u16.u32 h,%r1; cvt.f32.f16 %f56,h; }
$L__BB0_5:
mov.u32 %r2,%tid.x;
setp.eq.s32 %p3,%r29,0;
@%p3 bra $L__BB0_15;
shr.s32 %r34,%r28,31;
shr.u32 %r35,%r34,29;
add.s32 %r36,%r28,%r35;
shr.s32 %r3,%r36,3;
setp.ge.s32 %p4,%r2,%r3;
@%p4 bra $L__BB0_28;
cvt.s64.s32 %rd20,%r3;
mul.lo.s64 %rd6,%rd20,%rd4;
$L__BB0_8:
.pragma "nounroll";
cvt.s64.s32 %rd21,%r2;
add.s64 %rd22,%rd6,%rd21;
shl.b64 %rd23,%rd22,2;
add.s64 %rd18,%rd11,%rd23;
ld.global.cs.nc.u32 %r37,[%rd18];
shr.u32 %r59,%r37,16;
mov.u32 %r51,240;
mov.u32 %r52,1258291328;
lop3.b32 %f14,%r37,%r51,%r52,0x6a;
mov.f32 %f22,0fC9000080;
mov.f32 %f23,0f3D800000;
fma.rn.f32 %f24,%f14,%f23,%f22;
mov.u32 %r54,15;
mov.u32 %r55,1258291208;
lop3.b32 %f15,%r37,%r54,%r55,0x6a;
add.f32 %f25,%f15,0fCB000008;
mov.u32 %r57,61440;
mov.u32 %r58,1258323968;
lop3.b32 %f16,%r37,%r57,%r58,0x6a;
mov.f32 %f26,0fC5008000;
mov.f32 %f27,0f39800000;
fma.rn.f32 %f28,%f16,%f27,%f26;
mov.u32 %r60,3840;
mov.u32 %r61,1258293248;
lop3.b32 %f17,%r37,%r60,%r61,0x6a;
mov.f32 %f29,0fC7000800;
mov.f32 %f30,0f3B800000;
fma.rn.f32 %f31,%f17,%f30,%f29;
lop3.b32 %f18,%r59,%r51,%r52,0x6a;
fma.rn.f32 %f32,%f18,%f23,%f22;
lop3.b32 %f19,%r59,%r54,%r55,0x6a;
add.f32 %f33,%f19,0fCB000008;
lop3.b32 %f20,%r59,%r57,%r58,0x6a;
fma.rn.f32 %f34,%f20,%f27,%f26;
lop3.b32 %f21,%r59,%r60,%r61,0x6a;
fma.rn.f32 %f35,%f21,%f30,%f29;
selp.b64 %rd7,2,1,%p1;
mul.f32 %f5,%f56,%f24;
mul.f32 %f6,%f56,%f25;
mul.f32 %f7,%f56,%f28;
mul.f32 %f8,%f56,%f31;
mul.f32 %f9,%f56,%f32;
mul.f32 %f10,%f56,%f33;
mul.f32 %f11,%f56,%f34;
mul.f32 %f12,%f56,%f35;
@%p1 bra $L__BB0_13;
bra.uni $L__BB0_9;
$L__BB0_13:
mul.lo.s64 %rd36,%rd22,%rd7;
shl.b64 %rd37,%rd36,4;
add.s64 %rd38,%rd2,%rd37;
st.global.v4.f32 [%rd38],{%f5,%f6,%f7,%f8};
st.global.v4.f32 [%rd38+16],{%f9,%f10,%f11,%f12};
bra.uni $L__BB0_14;
$L__BB0_9:
setp.eq.s32 %p6,%r30,0;
@%p6 bra $L__BB0_11;
mov.b32 %r63,%f5;
mov.b32 %r64,%f6;
mov.b32 %r65,%f7;
mov.b32 %r66,%f8;
mov.b32 %r67,%f9;
mov.b32 %r68,%f10;
mov.b32 %r69,%f11;
mov.b32 %r70,%f12;
and.b32 %r71,%r63,2147483647;
setp.gt.u32 %p7,%r71,2139095040;
bfe.u32 %r72,%r63,16,1;
add.s32 %r73,%r63,%r72;
add.s32 %r74,%r73,32767;
shr.u32 %r75,%r74,16;
selp.b32 %r76,32767,%r75,%p7;
and.b32 %r77,%r64,2147483647;
setp.gt.u32 %p8,%r77,2139095040;
bfe.u32 %r78,%r64,16,1;
add.s32 %r79,%r64,%r78;
add.s32 %r80,%r79,32767;
and.b32 %r81,%r80,-65536;
selp.b32 %r82,2147418112,%r81,%p8;
or.b32 %r148,%r82,%r76;
and.b32 %r83,%r65,2147483647;
setp.gt.u32 %p9,%r83,2139095040;
bfe.u32 %r84,%r65,16,1;
add.s32 %r85,%r65,%r84;
add.s32 %r86,%r85,32767;
shr.u32 %r87,%r86,16;
selp.b32 %r88,32767,%r87,%p9;
and.b32 %r89,%r66,2147483647;
setp.gt.u32 %p10,%r89,2139095040;
bfe.u32 %r90,%r66,16,1;
add.s32 %r91,%r66,%r90;
add.s32 %r92,%r91,32767;
and.b32 %r93,%r92,-65536;
selp.b32 %r94,2147418112,%r93,%p10;
or.b32 %r147,%r94,%r88;
and.b32 %r95,%r67,2147483647;
setp.gt.u32 %p11,%r95,2139095040;
bfe.u32 %r96,%r67,16,1;
add.s32 %r97,%r67,%r96;
add.s32 %r98,%r97,32767;
shr.u32 %r99,%r98,16;
selp.b32 %r100,32767,%r99,%p11;
and.b32 %r101,%r68,2147483647;
setp.gt.u32 %p12,%r101,2139095040;
bfe.u32 %r102,%r68,16,1;
add.s32 %r103,%r68,%r102;
add.s32 %r104,%r103,32767;
and.b32 %r105,%r104,-65536;
selp.b32 %r106,2147418112,%r105,%p12;
or.b32 %r146,%r106,%r100;
and.b32 %r107,%r69,2147483647;
setp.gt.u32 %p13,%r107,2139095040;
bfe.u32 %r108,%r69,16,1;
add.s32 %r109,%r69,%r108;
add.s32 %r110,%r109,32767;
shr.u32 %r111,%r110,16;
selp.b32 %r112,32767,%r111,%p13;
and.b32 %r113,%r70,2147483647;
setp.gt.u32 %p14,%r113,2139095040;
bfe.u32 %r114,%r70,16,1;
add.s32 %r115,%r70,%r114;
add.s32 %r116,%r115,32767;
and.b32 %r117,%r116,-65536;
selp.b32 %r118,2147418112,%r117,%p14;
or.b32 %r145,%r118,%r112;
bra.uni $L__BB0_12;
$L__BB0_11:
cvt.rn.f16.f32 %rs6,%f5;
cvt.u32.u16 %r119,%rs6;
cvt.rn.f16.f32 %rs7,%f6;
cvt.u32.u16 %r120,%rs7;
prmt.b32 %r148,%r120,%r119,4180;
cvt.rn.f16.f32 %rs8,%f7;
cvt.u32.u16 %r121,%rs8;
cvt.rn.f16.f32 %rs9,%f8;
cvt.u32.u16 %r122,%rs9;
prmt.b32 %r147,%r122,%r121,4180;
cvt.rn.f16.f32 %rs10,%f9;
cvt.u32.u16 %r123,%rs10;
cvt.rn.f16.f32 %rs11,%f10;
cvt.u32.u16 %r124,%rs11;
prmt.b32 %r146,%r124,%r123,4180;
cvt.rn.f16.f32 %rs12,%f11;
cvt.u32.u16 %r125,%rs12;
cvt.rn.f16.f32 %rs13,%f12;
cvt.u32.u16 %r126,%rs13;
prmt.b32 %r145,%r126,%r125,4180;
$L__BB0_12:
mul.lo.s64 %rd31,%rd22,%rd7;
shl.b64 %rd32,%rd31,4;
add.s64 %rd33,%rd2,%rd32;
st.global.v4.u32 [%rd33],{%r148,%r147,%r146,%r145};
$L__BB0_14:
mov.u32 %r128,%ntid.x;
add.s32 %r2,%r2,%r128;
setp.lt.s32 %p16,%r2,%r3;
@%p16 bra $L__BB0_8;
bra.uni $L__BB0_28;
$L__BB0_15:
shr.u32 %r129,%r28,31;
add.s32 %r130,%r28,%r129;
shr.s32 %r18,%r130,1;
setp.ge.s32 %p17,%r2,%r18;
@%p17 bra $L__BB0_28;
cvt.s64.s32 %rd39,%r18;
mul.lo.s64 %rd8,%rd39,%rd4;
cvt.s64.s32 %rd40,%r28;
mul.lo.s64 %rd9,%rd40,%rd4;
mov.u32 %r19,%ntid.x;
@%p1 bra $L__BB0_21;
setp.ne.s32 %p19,%r30,0;
@%p19 bra $L__BB0_23;
$L__BB0_19:
.pragma "nounroll";
cvt.s64.s32 %rd41,%r2;
add.s64 %rd42,%rd8,%rd41;
add.s64 %rd43,%rd1,%rd42;
shl.b32 %r131,%r2,1;
cvt.s64.s32 %rd44,%r131;
add.s64 %rd45,%rd9,%rd44;
ld.global.s8 %rs16,[%rd43];
shr.s16 %rs17,%rs16,4;
cvt.rn.f32.s16 %f46,%rs17;
mul.f32 %f44,%f56,%f46;
cvt.rn.f16.f32 %rs14,%f44;
shl.b64 %rd46,%rd45,1;
add.s64 %rd47,%rd2,%rd46;
st.global.u16 [%rd47],%rs14;
shl.b16 %rs18,%rs16,12;
shr.s16 %rs19,%rs18,12;
cvt.rn.f32.s16 %f47,%rs19;
mul.f32 %f45,%f56,%f47;
cvt.rn.f16.f32 %rs15,%f45;
st.global.u16 [%rd47+2],%rs15;
add.s32 %r2,%r2,%r19;
setp.lt.s32 %p20,%r2,%r18;
@%p20 bra $L__BB0_19;
bra.uni $L__BB0_28;
$L__BB0_21:
.pragma "nounroll";
cvt.s64.s32 %rd48,%r2;
add.s64 %rd49,%rd8,%rd48;
add.s64 %rd50,%rd1,%rd49;
shl.b32 %r132,%r2,1;
cvt.s64.s32 %rd51,%r132;
add.s64 %rd52,%rd9,%rd51;
ld.global.s8 %rs20,[%rd50];
shr.s16 %rs21,%rs20,4;
cvt.rn.f32.s16 %f48,%rs21;
mul.f32 %f49,%f56,%f48;
shl.b64 %rd53,%rd52,2;
add.s64 %rd54,%rd2,%rd53;
st.global.f32 [%rd54],%f49;
shl.b16 %rs22,%rs20,12;
shr.s16 %rs23,%rs22,12;
cvt.rn.f32.s16 %f50,%rs23;
mul.f32 %f51,%f56,%f50;
st.global.f32 [%rd54+4],%f51;
add.s32 %r2,%r2,%r19;
setp.lt.s32 %p21,%r2,%r18;
@%p21 bra $L__BB0_21;
bra.uni $L__BB0_28;
$L__BB0_23:
.pragma "nounroll";
cvt.s64.s32 %rd55,%r2;
add.s64 %rd56,%rd8,%rd55;
add.s64 %rd57,%rd1,%rd56;
ld.global.s8 %rs1,[%rd57];
shr.s16 %rs25,%rs1,4;
cvt.rn.f32.s16 %f52,%rs25;
mul.f32 %f53,%f56,%f52;
mov.b32 %r25,%f53;
and.b32 %r133,%r25,2147483647;
setp.gt.u32 %p22,%r133,2139095040;
mov.u16 %rs30,32767;
mov.u16 %rs29,%rs30;
@%p22 bra $L__BB0_25;
bfe.u32 %r134,%r25,16,1;
add.s32 %r135,%r25,%r134;
add.s32 %r136,%r135,32767;
shr.u32 %r137,%r136,16;
cvt.u16.u32 %rs29,%r137;
$L__BB0_25:
shl.b32 %r138,%r2,1;
cvt.s64.s32 %rd58,%r138;
add.s64 %rd59,%rd9,%rd58;
shl.b64 %rd60,%rd59,1;
add.s64 %rd10,%rd2,%rd60;
st.global.u16 [%rd10],%rs29;
shl.b16 %rs27,%rs1,12;
shr.s16 %rs28,%rs27,12;
cvt.rn.f32.s16 %f54,%rs28;
mul.f32 %f55,%f56,%f54;
mov.b32 %r26,%f55;
and.b32 %r139,%r26,2147483647;
setp.gt.u32 %p23,%r139,2139095040;
@%p23 bra $L__BB0_27;
bfe.u32 %r140,%r26,16,1;
add.s32 %r141,%r26,%r140;
add.s32 %r142,%r141,32767;
shr.u32 %r143,%r142,16;
cvt.u16.u32 %rs30,%r143;
$L__BB0_27:
st.global.u16 [%rd10+2],%rs30;
add.s32 %r2,%r2,%r19;
setp.lt.s32 %p24,%r2,%r18;
@%p24 bra $L__BB0_23;
$L__BB0_28:
ret;
}
.visible .entry int8_dequantize(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u32 p3,
.param .u32 p4,
.param .u32 p5
)
.maxntid 256,1,1
{
.reg .pred %p<24>;
.reg .b16 %rs<17>;
.reg .f32 %f<45>;
.reg .b32 %r<141>;
.reg .b64 %rd<53>;
ld.param.u64 %rd10,[p0];
ld.param.u64 %rd12,[p1];
ld.param.u64 %rd11,[p2];
ld.param.u32 %r26,[p3];
ld.param.u32 %r27,[p4];
ld.param.u32 %r28,[p5];
cvta.to.global.u64 %rd1,%rd10;
cvta.to.global.u64 %rd2,%rd11;
cvta.to.global.u64 %rd3,%rd12;
mov.u32 %r29,%ctaid.x;
cvt.u64.u32 %rd4,%r29;
setp.eq.s32 %p1,%r28,2;
@%p1 bra $L__BB1_4;
bra.uni $L__BB1_1;
$L__BB1_4:
shl.b64 %rd15,%rd4,2;
add.s64 %rd16,%rd3,%rd15;
ld.global.f32 %f44,[%rd16];
bra.uni $L__BB1_5;
$L__BB1_1:
shl.b64 %rd13,%rd4,1;
add.s64 %rd14,%rd3,%rd13;
ld.global.u16 %r1,[%rd14];
setp.eq.s32 %p2,%r28,0;
@%p2 bra $L__BB1_3;
shl.b32 %r30,%r1,16;
mov.b32 %f44,%r30;
bra.uni $L__BB1_5;
$L__BB1_3:
{ .reg .b16 h; cvt.u16.u32 h,%r1; cvt.f32.f16 %f44,h; }
$L__BB1_5:
mov.u32 %r2,%tid.x;
setp.eq.s32 %p3,%r27,0;
@%p3 bra $L__BB1_15;
shr.s32 %r32,%r26,31;
shr.u32 %r33,%r32,29;
add.s32 %r34,%r26,%r33;
shr.s32 %r3,%r34,3;
setp.ge.s32 %p4,%r2,%r3;
@%p4 bra $L__BB1_26;
cvt.s64.s32 %rd19,%r3;
mul.lo.s64 %rd6,%rd19,%rd4;
$L__BB1_8:
.pragma "nounroll";
cvt.s64.s32 %rd20,%r2;
add.s64 %rd21,%rd6,%rd20;
shl.b64 %rd22,%rd21,3;
add.s64 %rd17,%rd10,%rd22;
ld.global.cs.nc.v2.u32 {%r35,%r36},[%rd17];
xor.b32 %r46,%r35,-2139062144;
mov.u32 %r59,1258291200;
mov.u32 %r51,30016;
prmt.b32 %f14,%r46,%r59,%r51;
add.f32 %f22,%f14,0fCB000080;
mov.u32 %r54,30017;
prmt.b32 %f15,%r46,%r59,%r54;
add.f32 %f23,%f15,0fCB000080;
mov.u32 %r57,30018;
prmt.b32 %f16,%r46,%r59,%r57;
add.f32 %f24,%f16,0fCB000080;
mov.u32 %r60,30019;
prmt.b32 %f17,%r46,%r59,%r60;
add.f32 %f25,%f17,0fCB000080;
xor.b32 %r58,%r36,-2139062144;
prmt.b32 %f18,%r58,%r59,%r51;
add.f32 %f26,%f18,0fCB000080;
prmt.b32 %f19,%r58,%r59,%r54;
add.f32 %f27,%f19,0fCB000080;
prmt.b32 %f20,%r58,%r59,%r57;
add.f32 %f28,%f20,0fCB000080;
prmt.b32 %f21,%r58,%r59,%r60;
add.f32 %f29,%f21,0fCB000080;
selp.b64 %rd7,2,1,%p1;
mul.f32 %f5,%f44,%f22;
mul.f32 %f6,%f44,%f23;
mul.f32 %f7,%f44,%f24;
mul.f32 %f8,%f44,%f25;
mul.f32 %f9,%f44,%f26;
mul.f32 %f10,%f44,%f27;
mul.f32 %f11,%f44,%f28;
mul.f32 %f12,%f44,%f29;
@%p1 bra $L__BB1_13;
bra.uni $L__BB1_9;
$L__BB1_13:
mul.lo.s64 %rd35,%rd21,%rd7;
shl.b64 %rd36,%rd35,4;
add.s64 %rd37,%rd2,%rd36;
st.global.v4.f32 [%rd37],{%f5,%f6,%f7,%f8};
st.global.v4.f32 [%rd37+16],{%f9,%f10,%f11,%f12};
bra.uni $L__BB1_14;
$L__BB1_9:
setp.eq.s32 %p6,%r28,0;
@%p6 bra $L__BB1_11;
mov.b32 %r62,%f5;
mov.b32 %r63,%f6;
mov.b32 %r64,%f7;
mov.b32 %r65,%f8;
mov.b32 %r66,%f9;
mov.b32 %r67,%f10;
mov.b32 %r68,%f11;
mov.b32 %r69,%f12;
and.b32 %r70,%r62,2147483647;
setp.gt.u32 %p7,%r70,2139095040;
bfe.u32 %r71,%r62,16,1;
add.s32 %r72,%r62,%r71;
add.s32 %r73,%r72,32767;
shr.u32 %r74,%r73,16;
selp.b32 %r75,32767,%r74,%p7;
and.b32 %r76,%r63,2147483647;
setp.gt.u32 %p8,%r76,2139095040;
bfe.u32 %r77,%r63,16,1;
add.s32 %r78,%r63,%r77;
add.s32 %r79,%r78,32767;
and.b32 %r80,%r79,-65536;
selp.b32 %r81,2147418112,%r80,%p8;
or.b32 %r137,%r81,%r75;
and.b32 %r82,%r64,2147483647;
setp.gt.u32 %p9,%r82,2139095040;
bfe.u32 %r83,%r64,16,1;
add.s32 %r84,%r64,%r83;
add.s32 %r85,%r84,32767;
shr.u32 %r86,%r85,16;
selp.b32 %r87,32767,%r86,%p9;
and.b32 %r88,%r65,2147483647;
setp.gt.u32 %p10,%r88,2139095040;
bfe.u32 %r89,%r65,16,1;
add.s32 %r90,%r65,%r89;
add.s32 %r91,%r90,32767;
and.b32 %r92,%r91,-65536;
selp.b32 %r93,2147418112,%r92,%p10;
or.b32 %r136,%r93,%r87;
and.b32 %r94,%r66,2147483647;
setp.gt.u32 %p11,%r94,2139095040;
bfe.u32 %r95,%r66,16,1;
add.s32 %r96,%r66,%r95;
add.s32 %r97,%r96,32767;
shr.u32 %r98,%r97,16;
selp.b32 %r99,32767,%r98,%p11;
and.b32 %r100,%r67,2147483647;
setp.gt.u32 %p12,%r100,2139095040;
bfe.u32 %r101,%r67,16,1;
add.s32 %r102,%r67,%r101;
add.s32 %r103,%r102,32767;
and.b32 %r104,%r103,-65536;
selp.b32 %r105,2147418112,%r104,%p12;
or.b32 %r135,%r105,%r99;
and.b32 %r106,%r68,2147483647;
setp.gt.u32 %p13,%r106,2139095040;
bfe.u32 %r107,%r68,16,1;
add.s32 %r108,%r68,%r107;
add.s32 %r109,%r108,32767;
shr.u32 %r110,%r109,16;
selp.b32 %r111,32767,%r110,%p13;
and.b32 %r112,%r69,2147483647;
setp.gt.u32 %p14,%r112,2139095040;
bfe.u32 %r113,%r69,16,1;
add.s32 %r114,%r69,%r113;
add.s32 %r115,%r114,32767;
and.b32 %r116,%r115,-65536;
selp.b32 %r117,2147418112,%r116,%p14;
or.b32 %r134,%r117,%r111;
bra.uni $L__BB1_12;
$L__BB1_11:
cvt.rn.f16.f32 %rs3,%f5;
cvt.u32.u16 %r118,%rs3;
cvt.rn.f16.f32 %rs4,%f6;
cvt.u32.u16 %r119,%rs4;
prmt.b32 %r137,%r119,%r118,4180;
cvt.rn.f16.f32 %rs5,%f7;
cvt.u32.u16 %r120,%rs5;
cvt.rn.f16.f32 %rs6,%f8;
cvt.u32.u16 %r121,%rs6;
prmt.b32 %r136,%r121,%r120,4180;
cvt.rn.f16.f32 %rs7,%f9;
cvt.u32.u16 %r122,%rs7;
cvt.rn.f16.f32 %rs8,%f10;
cvt.u32.u16 %r123,%rs8;
prmt.b32 %r135,%r123,%r122,4180;
cvt.rn.f16.f32 %rs9,%f11;
cvt.u32.u16 %r124,%rs9;
cvt.rn.f16.f32 %rs10,%f12;
cvt.u32.u16 %r125,%rs10;
prmt.b32 %r134,%r125,%r124,4180;
$L__BB1_12:
mul.lo.s64 %rd30,%rd21,%rd7;
shl.b64 %rd31,%rd30,4;
add.s64 %rd32,%rd2,%rd31;
st.global.v4.u32 [%rd32],{%r137,%r136,%r135,%r134};
$L__BB1_14:
mov.u32 %r127,%ntid.x;
add.s32 %r2,%r2,%r127;
setp.lt.s32 %p16,%r2,%r3;
@%p16 bra $L__BB1_8;
bra.uni $L__BB1_26;
$L__BB1_15:
setp.ge.s32 %p17,%r2,%r26;
@%p17 bra $L__BB1_26;
cvt.s64.s32 %rd38,%r26;
mul.lo.s64 %rd8,%rd38,%rd4;
mov.u32 %r18,%ntid.x;
@%p1 bra $L__BB1_21;
setp.ne.s32 %p19,%r28,0;
@%p19 bra $L__BB1_23;
$L__BB1_19:
.pragma "nounroll";
cvt.s64.s32 %rd39,%r2;
add.s64 %rd40,%rd8,%rd39;
add.s64 %rd41,%rd1,%rd40;
ld.global.s8 %rs12,[%rd41];
cvt.rn.f32.s16 %f39,%rs12;
mul.f32 %f38,%f44,%f39;
cvt.rn.f16.f32 %rs11,%f38;
shl.b64 %rd42,%rd40,1;
add.s64 %rd43,%rd2,%rd42;
st.global.u16 [%rd43],%rs11;
add.s32 %r2,%r2,%r18;
setp.lt.s32 %p20,%r2,%r26;
@%p20 bra $L__BB1_19;
bra.uni $L__BB1_26;
$L__BB1_21:
.pragma "nounroll";
cvt.s64.s32 %rd44,%r2;
add.s64 %rd45,%rd8,%rd44;
add.s64 %rd46,%rd1,%rd45;
ld.global.s8 %rs13,[%rd46];
cvt.rn.f32.s16 %f40,%rs13;
mul.f32 %f41,%f44,%f40;
shl.b64 %rd47,%rd45,2;
add.s64 %rd48,%rd2,%rd47;
st.global.f32 [%rd48],%f41;
add.s32 %r2,%r2,%r18;
setp.lt.s32 %p21,%r2,%r26;
@%p21 bra $L__BB1_21;
bra.uni $L__BB1_26;
$L__BB1_23:
.pragma "nounroll";
cvt.s64.s32 %rd49,%r2;
add.s64 %rd9,%rd8,%rd49;
add.s64 %rd50,%rd1,%rd9;
ld.global.s8 %rs15,[%rd50];
cvt.rn.f32.s16 %f42,%rs15;
mul.f32 %f43,%f44,%f42;
mov.b32 %r24,%f43;
and.b32 %r128,%r24,2147483647;
setp.gt.u32 %p22,%r128,2139095040;
mov.u16 %rs16,32767;
@%p22 bra $L__BB1_25;
bfe.u32 %r129,%r24,16,1;
add.s32 %r130,%r24,%r129;
add.s32 %r131,%r130,32767;
shr.u32 %r132,%r131,16;
cvt.u16.u32 %rs16,%r132;
$L__BB1_25:
shl.b64 %rd51,%rd9,1;
add.s64 %rd52,%rd2,%rd51;
st.global.u16 [%rd52],%rs16;
add.s32 %r2,%r2,%r18;
setp.lt.s32 %p23,%r2,%r26;
@%p23 bra $L__BB1_23;
$L__BB1_26:
ret;
}
.visible .entry int4_gemv_1(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 128,1,1
{
.reg .pred %p<26>;
.reg .b16 %rs<9>;
.reg .f32 %f<345>;
.reg .b32 %r<349>;
.reg .b64 %rd<75>;
ld.param.u64 %rd11,[p0];
ld.param.u64 %rd12,[p1];
ld.param.u64 %rd13,[p2];
ld.param.u64 %rd14,[p3];
ld.param.u64 %rd15,[p4];
ld.param.u32 %r49,[p5];
ld.param.u32 %r50,[p6];
ld.param.u32 %r52,[p7];
ld.param.u32 %r51,[p8];
shr.s32 %r53,%r52,31;
shr.u32 %r54,%r53,29;
add.s32 %r55,%r52,%r54;
shr.s32 %r1,%r55,3;
mov.u32 %r56,%ctaid.x;
div.u32 %r57,%r56,%r49;
shl.b32 %r2,%r57,3;
mul.lo.s32 %r58,%r57,%r49;
sub.s32 %r3,%r56,%r58;
mov.u32 %r341,%tid.x;
setp.ge.s32 %p1,%r341,%r1;
mov.f32 %f333,0f00000000;
mov.f32 %f334,%f333;
mov.f32 %f335,%f333;
mov.f32 %f336,%f333;
mov.f32 %f337,%f333;
mov.f32 %f338,%f333;
mov.f32 %f339,%f333;
mov.f32 %f340,%f333;
@%p1 bra $L__BB2_17;
add.s32 %r59,%r50,-1;
add.s32 %r60,%r2,1;
add.s32 %r61,%r2,2;
add.s32 %r62,%r2,3;
add.s32 %r63,%r2,4;
add.s32 %r64,%r2,5;
add.s32 %r65,%r2,6;
add.s32 %r66,%r2,7;
min.s32 %r67,%r66,%r59;
mul.wide.s32 %rd1,%r67,%r1;
min.s32 %r68,%r65,%r59;
mul.wide.s32 %rd2,%r68,%r1;
min.s32 %r69,%r64,%r59;
mul.wide.s32 %rd3,%r69,%r1;
min.s32 %r70,%r63,%r59;
mul.wide.s32 %rd4,%r70,%r1;
min.s32 %r71,%r62,%r59;
mul.wide.s32 %rd5,%r71,%r1;
min.s32 %r72,%r61,%r59;
mul.wide.s32 %rd6,%r72,%r1;
min.s32 %r73,%r60,%r59;
mul.wide.s32 %rd7,%r73,%r1;
$L__BB2_2:
.pragma "nounroll";
and.b32 %r82,%r51,3;
setp.eq.s32 %p2,%r82,2;
min.s32 %r84,%r2,%r59;
mul.wide.s32 %rd24,%r84,%r1;
cvt.s64.s32 %rd25,%r341;
add.s64 %rd26,%rd24,%rd25;
shl.b64 %rd27,%rd26,2;
add.s64 %rd16,%rd11,%rd27;
ld.global.cs.nc.u32 %r74,[%rd16];
add.s64 %rd28,%rd7,%rd25;
shl.b64 %rd29,%rd28,2;
add.s64 %rd17,%rd11,%rd29;
ld.global.cs.nc.u32 %r75,[%rd17];
add.s64 %rd30,%rd6,%rd25;
shl.b64 %rd31,%rd30,2;
add.s64 %rd18,%rd11,%rd31;
ld.global.cs.nc.u32 %r76,[%rd18];
add.s64 %rd32,%rd5,%rd25;
shl.b64 %rd33,%rd32,2;
add.s64 %rd19,%rd11,%rd33;
ld.global.cs.nc.u32 %r77,[%rd19];
add.s64 %rd34,%rd4,%rd25;
shl.b64 %rd35,%rd34,2;
add.s64 %rd20,%rd11,%rd35;
ld.global.cs.nc.u32 %r78,[%rd20];
add.s64 %rd36,%rd3,%rd25;
shl.b64 %rd37,%rd36,2;
add.s64 %rd21,%rd11,%rd37;
ld.global.cs.nc.u32 %r79,[%rd21];
add.s64 %rd38,%rd2,%rd25;
shl.b64 %rd39,%rd38,2;
add.s64 %rd22,%rd11,%rd39;
ld.global.cs.nc.u32 %r80,[%rd22];
add.s64 %rd40,%rd1,%rd25;
shl.b64 %rd41,%rd40,2;
add.s64 %rd23,%rd11,%rd41;
ld.global.cs.nc.u32 %r81,[%rd23];
add.s32 %r85,%r49,-1;
min.s32 %r86,%r3,%r85;
mul.wide.s32 %rd42,%r86,%r1;
add.s64 %rd8,%rd42,%rd25;
@%p2 bra $L__BB2_15;
bra.uni $L__BB2_3;
$L__BB2_15:
shl.b64 %rd47,%rd8,5;
add.s64 %rd45,%rd12,%rd47;
ld.global.nc.v4.u32 {%r348,%r108,%r347,%r110},[%rd45];
add.s64 %rd46,%rd45,16;
ld.global.nc.v4.u32 {%r346,%r112,%r345,%r114},[%rd46];
mov.b32 %f332,%r108;
mov.b32 %f331,%r110;
mov.b32 %f330,%r112;
mov.b32 %f329,%r114;
bra.uni $L__BB2_16;
$L__BB2_3:
setp.eq.s32 %p3,%r82,0;
shl.b64 %rd44,%rd8,4;
add.s64 %rd43,%rd12,%rd44;
ld.global.nc.v4.u32 {%r87,%r88,%r89,%r90},[%rd43];
@%p3 bra $L__BB2_5;
shl.b32 %r348,%r87,16;
and.b32 %r92,%r87,-65536;
mov.b32 %f332,%r92;
bra.uni $L__BB2_6;
$L__BB2_5:
{ .reg .b16 h; cvt.u16.u32 h,%r87; cvt.f32.f16 %f74,h; }
mov.b32 %r348,%f74;
shr.u32 %r94,%r87,16;
{ .reg .b16 h; cvt.u16.u32 h,%r94; cvt.f32.f16 %f332,h; }
$L__BB2_6:
@%p3 bra $L__BB2_8;
shl.b32 %r347,%r88,16;
and.b32 %r96,%r88,-65536;
mov.b32 %f331,%r96;
bra.uni $L__BB2_9;
$L__BB2_8:
{ .reg .b16 h; cvt.u16.u32 h,%r88; cvt.f32.f16 %f76,h; }
mov.b32 %r347,%f76;
shr.u32 %r98,%r88,16;
{ .reg .b16 h; cvt.u16.u32 h,%r98; cvt.f32.f16 %f331,h; }
$L__BB2_9:
@%p3 bra $L__BB2_11;
shl.b32 %r346,%r89,16;
and.b32 %r100,%r89,-65536;
mov.b32 %f330,%r100;
bra.uni $L__BB2_12;
$L__BB2_11:
{ .reg .b16 h; cvt.u16.u32 h,%r89; cvt.f32.f16 %f78,h; }
mov.b32 %r346,%f78;
shr.u32 %r102,%r89,16;
{ .reg .b16 h; cvt.u16.u32 h,%r102; cvt.f32.f16 %f330,h; }
$L__BB2_12:
@%p3 bra $L__BB2_14;
shl.b32 %r345,%r90,16;
and.b32 %r104,%r90,-65536;
mov.b32 %f329,%r104;
bra.uni $L__BB2_16;
$L__BB2_14:
{ .reg .b16 h; cvt.u16.u32 h,%r90; cvt.f32.f16 %f80,h; }
mov.b32 %r345,%f80;
shr.u32 %r106,%r90,16;
{ .reg .b16 h; cvt.u16.u32 h,%r106; cvt.f32.f16 %f329,h; }
$L__BB2_16:
mov.u32 %r296,240;
mov.u32 %r297,1258291328;
lop3.b32 %f82,%r74,%r296,%r297,0x6a;
mov.f32 %f146,0fC9000080;
mov.f32 %f147,0f3D800000;
fma.rn.f32 %f148,%f82,%f147,%f146;
mov.u32 %r299,15;
mov.u32 %r300,1258291208;
lop3.b32 %f83,%r74,%r299,%r300,0x6a;
add.f32 %f149,%f83,0fCB000008;
mov.u32 %r302,61440;
mov.u32 %r303,1258323968;
lop3.b32 %f84,%r74,%r302,%r303,0x6a;
mov.f32 %f150,0fC5008000;
mov.f32 %f151,0f39800000;
fma.rn.f32 %f152,%f84,%f151,%f150;
mov.u32 %r305,3840;
mov.u32 %r306,1258293248;
lop3.b32 %f85,%r74,%r305,%r306,0x6a;
mov.f32 %f153,0fC7000800;
mov.f32 %f154,0f3B800000;
fma.rn.f32 %f155,%f85,%f154,%f153;
shr.u32 %r136,%r74,16;
lop3.b32 %f86,%r136,%r296,%r297,0x6a;
fma.rn.f32 %f156,%f86,%f147,%f146;
lop3.b32 %f87,%r136,%r299,%r300,0x6a;
add.f32 %f157,%f87,0fCB000008;
lop3.b32 %f88,%r136,%r302,%r303,0x6a;
fma.rn.f32 %f158,%f88,%f151,%f150;
lop3.b32 %f89,%r136,%r305,%r306,0x6a;
fma.rn.f32 %f159,%f89,%f154,%f153;
mov.b32 %f160,%r348;
fma.rn.f32 %f161,%f148,%f160,%f333;
fma.rn.f32 %f162,%f149,%f332,%f161;
mov.b32 %f163,%r347;
fma.rn.f32 %f164,%f152,%f163,%f162;
fma.rn.f32 %f165,%f155,%f331,%f164;
mov.b32 %f166,%r346;
fma.rn.f32 %f167,%f156,%f166,%f165;
fma.rn.f32 %f168,%f157,%f330,%f167;
mov.b32 %f169,%r345;
fma.rn.f32 %f170,%f158,%f169,%f168;
fma.rn.f32 %f333,%f159,%f329,%f170;
lop3.b32 %f90,%r75,%r296,%r297,0x6a;
fma.rn.f32 %f171,%f90,%f147,%f146;
lop3.b32 %f91,%r75,%r299,%r300,0x6a;
add.f32 %f172,%f91,0fCB000008;
lop3.b32 %f92,%r75,%r302,%r303,0x6a;
fma.rn.f32 %f173,%f92,%f151,%f150;
lop3.b32 %f93,%r75,%r305,%r306,0x6a;
fma.rn.f32 %f174,%f93,%f154,%f153;
shr.u32 %r160,%r75,16;
lop3.b32 %f94,%r160,%r296,%r297,0x6a;
fma.rn.f32 %f175,%f94,%f147,%f146;
lop3.b32 %f95,%r160,%r299,%r300,0x6a;
add.f32 %f176,%f95,0fCB000008;
lop3.b32 %f96,%r160,%r302,%r303,0x6a;
fma.rn.f32 %f177,%f96,%f151,%f150;
lop3.b32 %f97,%r160,%r305,%r306,0x6a;
fma.rn.f32 %f178,%f97,%f154,%f153;
fma.rn.f32 %f179,%f171,%f160,%f334;
fma.rn.f32 %f180,%f172,%f332,%f179;
fma.rn.f32 %f181,%f173,%f163,%f180;
fma.rn.f32 %f182,%f174,%f331,%f181;
fma.rn.f32 %f183,%f175,%f166,%f182;
fma.rn.f32 %f184,%f176,%f330,%f183;
fma.rn.f32 %f185,%f177,%f169,%f184;
fma.rn.f32 %f334,%f178,%f329,%f185;
lop3.b32 %f98,%r76,%r296,%r297,0x6a;
fma.rn.f32 %f186,%f98,%f147,%f146;
lop3.b32 %f99,%r76,%r299,%r300,0x6a;
add.f32 %f187,%f99,0fCB000008;
lop3.b32 %f100,%r76,%r302,%r303,0x6a;
fma.rn.f32 %f188,%f100,%f151,%f150;
lop3.b32 %f101,%r76,%r305,%r306,0x6a;
fma.rn.f32 %f189,%f101,%f154,%f153;
shr.u32 %r184,%r76,16;
lop3.b32 %f102,%r184,%r296,%r297,0x6a;
fma.rn.f32 %f190,%f102,%f147,%f146;
lop3.b32 %f103,%r184,%r299,%r300,0x6a;
add.f32 %f191,%f103,0fCB000008;
lop3.b32 %f104,%r184,%r302,%r303,0x6a;
fma.rn.f32 %f192,%f104,%f151,%f150;
lop3.b32 %f105,%r184,%r305,%r306,0x6a;
fma.rn.f32 %f193,%f105,%f154,%f153;
fma.rn.f32 %f194,%f186,%f160,%f335;
fma.rn.f32 %f195,%f187,%f332,%f194;
fma.rn.f32 %f196,%f188,%f163,%f195;
fma.rn.f32 %f197,%f189,%f331,%f196;
fma.rn.f32 %f198,%f190,%f166,%f197;
fma.rn.f32 %f199,%f191,%f330,%f198;
fma.rn.f32 %f200,%f192,%f169,%f199;
fma.rn.f32 %f335,%f193,%f329,%f200;
lop3.b32 %f106,%r77,%r296,%r297,0x6a;
fma.rn.f32 %f201,%f106,%f147,%f146;
lop3.b32 %f107,%r77,%r299,%r300,0x6a;
add.f32 %f202,%f107,0fCB000008;
lop3.b32 %f108,%r77,%r302,%r303,0x6a;
fma.rn.f32 %f203,%f108,%f151,%f150;
lop3.b32 %f109,%r77,%r305,%r306,0x6a;
fma.rn.f32 %f204,%f109,%f154,%f153;
shr.u32 %r208,%r77,16;
lop3.b32 %f110,%r208,%r296,%r297,0x6a;
fma.rn.f32 %f205,%f110,%f147,%f146;
lop3.b32 %f111,%r208,%r299,%r300,0x6a;
add.f32 %f206,%f111,0fCB000008;
lop3.b32 %f112,%r208,%r302,%r303,0x6a;
fma.rn.f32 %f207,%f112,%f151,%f150;
lop3.b32 %f113,%r208,%r305,%r306,0x6a;
fma.rn.f32 %f208,%f113,%f154,%f153;
fma.rn.f32 %f209,%f201,%f160,%f336;
fma.rn.f32 %f210,%f202,%f332,%f209;
fma.rn.f32 %f211,%f203,%f163,%f210;
fma.rn.f32 %f212,%f204,%f331,%f211;
fma.rn.f32 %f213,%f205,%f166,%f212;
fma.rn.f32 %f214,%f206,%f330,%f213;
fma.rn.f32 %f215,%f207,%f169,%f214;
fma.rn.f32 %f336,%f208,%f329,%f215;
lop3.b32 %f114,%r78,%r296,%r297,0x6a;
fma.rn.f32 %f216,%f114,%f147,%f146;
lop3.b32 %f115,%r78,%r299,%r300,0x6a;
add.f32 %f217,%f115,0fCB000008;
lop3.b32 %f116,%r78,%r302,%r303,0x6a;
fma.rn.f32 %f218,%f116,%f151,%f150;
lop3.b32 %f117,%r78,%r305,%r306,0x6a;
fma.rn.f32 %f219,%f117,%f154,%f153;
shr.u32 %r232,%r78,16;
lop3.b32 %f118,%r232,%r296,%r297,0x6a;
fma.rn.f32 %f220,%f118,%f147,%f146;
lop3.b32 %f119,%r232,%r299,%r300,0x6a;
add.f32 %f221,%f119,0fCB000008;
lop3.b32 %f120,%r232,%r302,%r303,0x6a;
fma.rn.f32 %f222,%f120,%f151,%f150;
lop3.b32 %f121,%r232,%r305,%r306,0x6a;
fma.rn.f32 %f223,%f121,%f154,%f153;
fma.rn.f32 %f224,%f216,%f160,%f337;
fma.rn.f32 %f225,%f217,%f332,%f224;
fma.rn.f32 %f226,%f218,%f163,%f225;
fma.rn.f32 %f227,%f219,%f331,%f226;
fma.rn.f32 %f228,%f220,%f166,%f227;
fma.rn.f32 %f229,%f221,%f330,%f228;
fma.rn.f32 %f230,%f222,%f169,%f229;
fma.rn.f32 %f337,%f223,%f329,%f230;
lop3.b32 %f122,%r79,%r296,%r297,0x6a;
fma.rn.f32 %f231,%f122,%f147,%f146;
lop3.b32 %f123,%r79,%r299,%r300,0x6a;
add.f32 %f232,%f123,0fCB000008;
lop3.b32 %f124,%r79,%r302,%r303,0x6a;
fma.rn.f32 %f233,%f124,%f151,%f150;
lop3.b32 %f125,%r79,%r305,%r306,0x6a;
fma.rn.f32 %f234,%f125,%f154,%f153;
shr.u32 %r256,%r79,16;
lop3.b32 %f126,%r256,%r296,%r297,0x6a;
fma.rn.f32 %f235,%f126,%f147,%f146;
lop3.b32 %f127,%r256,%r299,%r300,0x6a;
add.f32 %f236,%f127,0fCB000008;
lop3.b32 %f128,%r256,%r302,%r303,0x6a;
fma.rn.f32 %f237,%f128,%f151,%f150;
lop3.b32 %f129,%r256,%r305,%r306,0x6a;
fma.rn.f32 %f238,%f129,%f154,%f153;
fma.rn.f32 %f239,%f231,%f160,%f338;
fma.rn.f32 %f240,%f232,%f332,%f239;
fma.rn.f32 %f241,%f233,%f163,%f240;
fma.rn.f32 %f242,%f234,%f331,%f241;
fma.rn.f32 %f243,%f235,%f166,%f242;
fma.rn.f32 %f244,%f236,%f330,%f243;
fma.rn.f32 %f245,%f237,%f169,%f244;
fma.rn.f32 %f338,%f238,%f329,%f245;
lop3.b32 %f130,%r80,%r296,%r297,0x6a;
fma.rn.f32 %f246,%f130,%f147,%f146;
lop3.b32 %f131,%r80,%r299,%r300,0x6a;
add.f32 %f247,%f131,0fCB000008;
lop3.b32 %f132,%r80,%r302,%r303,0x6a;
fma.rn.f32 %f248,%f132,%f151,%f150;
lop3.b32 %f133,%r80,%r305,%r306,0x6a;
fma.rn.f32 %f249,%f133,%f154,%f153;
shr.u32 %r280,%r80,16;
lop3.b32 %f134,%r280,%r296,%r297,0x6a;
fma.rn.f32 %f250,%f134,%f147,%f146;
lop3.b32 %f135,%r280,%r299,%r300,0x6a;
add.f32 %f251,%f135,0fCB000008;
lop3.b32 %f136,%r280,%r302,%r303,0x6a;
fma.rn.f32 %f252,%f136,%f151,%f150;
lop3.b32 %f137,%r280,%r305,%r306,0x6a;
fma.rn.f32 %f253,%f137,%f154,%f153;
fma.rn.f32 %f254,%f246,%f160,%f339;
fma.rn.f32 %f255,%f247,%f332,%f254;
fma.rn.f32 %f256,%f248,%f163,%f255;
fma.rn.f32 %f257,%f249,%f331,%f256;
fma.rn.f32 %f258,%f250,%f166,%f257;
fma.rn.f32 %f259,%f251,%f330,%f258;
fma.rn.f32 %f260,%f252,%f169,%f259;
fma.rn.f32 %f339,%f253,%f329,%f260;
lop3.b32 %f138,%r81,%r296,%r297,0x6a;
fma.rn.f32 %f261,%f138,%f147,%f146;
lop3.b32 %f139,%r81,%r299,%r300,0x6a;
add.f32 %f262,%f139,0fCB000008;
lop3.b32 %f140,%r81,%r302,%r303,0x6a;
fma.rn.f32 %f263,%f140,%f151,%f150;
lop3.b32 %f141,%r81,%r305,%r306,0x6a;
fma.rn.f32 %f264,%f141,%f154,%f153;
shr.u32 %r304,%r81,16;
lop3.b32 %f142,%r304,%r296,%r297,0x6a;
fma.rn.f32 %f265,%f142,%f147,%f146;
lop3.b32 %f143,%r304,%r299,%r300,0x6a;
add.f32 %f266,%f143,0fCB000008;
lop3.b32 %f144,%r304,%r302,%r303,0x6a;
fma.rn.f32 %f267,%f144,%f151,%f150;
lop3.b32 %f145,%r304,%r305,%r306,0x6a;
fma.rn.f32 %f268,%f145,%f154,%f153;
fma.rn.f32 %f269,%f261,%f160,%f340;
fma.rn.f32 %f270,%f262,%f332,%f269;
fma.rn.f32 %f271,%f263,%f163,%f270;
fma.rn.f32 %f272,%f264,%f331,%f271;
fma.rn.f32 %f273,%f265,%f166,%f272;
fma.rn.f32 %f274,%f266,%f330,%f273;
fma.rn.f32 %f275,%f267,%f169,%f274;
fma.rn.f32 %f340,%f268,%f329,%f275;
add.s32 %r341,%r341,128;
setp.lt.s32 %p7,%r341,%r1;
@%p7 bra $L__BB2_2;
$L__BB2_17:
mov.u32 %r316,%tid.x;
mov.u32 %r310,16;
shr.u32 %r317,%r316,4;
and.b32 %r318,%r317,1;
setp.eq.b32 %p8,%r318,1;
selp.f32 %f277,%f333,%f337,%p8;
selp.f32 %f294,%f337,%f333,%p8;
shfl.sync.bfly.b32 %f276,%f277,%r310,0x1f,0xffffffff;
add.f32 %f295,%f294,%f276;
selp.f32 %f279,%f334,%f338,%p8;
selp.f32 %f296,%f338,%f334,%p8;
shfl.sync.bfly.b32 %f278,%f279,%r310,0x1f,0xffffffff;
add.f32 %f297,%f296,%f278;
selp.f32 %f281,%f335,%f339,%p8;
selp.f32 %f298,%f339,%f335,%p8;
shfl.sync.bfly.b32 %f280,%f281,%r310,0x1f,0xffffffff;
add.f32 %f299,%f298,%f280;
selp.f32 %f283,%f336,%f340,%p8;
selp.f32 %f300,%f340,%f336,%p8;
shfl.sync.bfly.b32 %f282,%f283,%r310,0x1f,0xffffffff;
add.f32 %f301,%f300,%f282;
mov.u32 %r312,8;
shr.u32 %r319,%r316,3;
and.b32 %r320,%r319,1;
setp.eq.b32 %p9,%r320,1;
selp.f32 %f285,%f295,%f299,%p9;
selp.f32 %f302,%f299,%f295,%p9;
shfl.sync.bfly.b32 %f284,%f285,%r312,0x1f,0xffffffff;
add.f32 %f303,%f302,%f284;
selp.f32 %f287,%f297,%f301,%p9;
selp.f32 %f304,%f301,%f297,%p9;
shfl.sync.bfly.b32 %f286,%f287,%r312,0x1f,0xffffffff;
add.f32 %f305,%f304,%f286;
mov.u32 %r313,4;
shr.u32 %r321,%r316,2;
and.b32 %r322,%r321,1;
setp.eq.b32 %p10,%r322,1;
selp.f32 %f289,%f303,%f305,%p10;
selp.f32 %f306,%f305,%f303,%p10;
shfl.sync.bfly.b32 %f288,%f289,%r313,0x1f,0xffffffff;
add.f32 %f291,%f306,%f288;
mov.u32 %r314,2;
shfl.sync.bfly.b32 %f290,%f291,%r314,0x1f,0xffffffff;
add.f32 %f293,%f291,%f290;
mov.u32 %r315,1;
shfl.sync.bfly.b32 %f292,%f293,%r315,0x1f,0xffffffff;
add.f32 %f44,%f293,%f292;
and.b32 %r323,%r316,3;
setp.ne.s32 %p11,%r323,0;
@%p11 bra $L__BB2_19;
and.b32 %r325,%r316,-32;
cvt.u64.u32 %rd48,%r325;
mov.u64 %rd49,shared0;
add.s64 %rd50,%rd49,%rd48;
and.b32 %r326,%r316,28;
cvt.u64.u32 %rd51,%r326;
add.s64 %rd52,%rd50,%rd51;
st.shared.f32 [%rd52],%f44;
$L__BB2_19:
bar.sync 0;
setp.gt.u32 %p12,%r316,7;
mov.f32 %f341,0f00000000;
@%p12 bra $L__BB2_21;
mul.wide.u32 %rd53,%r316,4;
mov.u64 %rd54,shared0;
add.s64 %rd55,%rd54,%rd53;
ld.shared.f32 %f308,[%rd55];
add.f32 %f309,%f308,0f00000000;
ld.shared.f32 %f310,[%rd55+32];
add.f32 %f311,%f309,%f310;
ld.shared.f32 %f312,[%rd55+64];
add.f32 %f313,%f311,%f312;
ld.shared.f32 %f314,[%rd55+96];
add.f32 %f341,%f313,%f314;
$L__BB2_21:
add.s32 %r42,%r3,%r319;
and.b32 %r331,%r316,7;
add.s32 %r43,%r2,%r331;
setp.ge.s32 %p14,%r42,%r49;
or.pred %p15,%p12,%p14;
setp.ge.s32 %p16,%r43,%r50;
or.pred %p17,%p16,%p15;
@%p17 bra $L__BB2_41;
cvt.s64.s32 %rd9,%r43;
bfe.u32 %r44,%r51,2,2;
setp.eq.s32 %p18,%r44,2;
@%p18 bra $L__BB2_26;
bra.uni $L__BB2_23;
$L__BB2_26:
cvta.to.global.u64 %rd59,%rd13;
shl.b64 %rd60,%rd9,2;
add.s64 %rd61,%rd59,%rd60;
ld.global.f32 %f342,[%rd61];
bra.uni $L__BB2_27;
$L__BB2_23:
cvta.to.global.u64 %rd56,%rd13;
shl.b64 %rd57,%rd9,1;
add.s64 %rd58,%rd56,%rd57;
ld.global.u16 %r45,[%rd58];
setp.eq.s32 %p19,%r44,0;
@%p19 bra $L__BB2_25;
shl.b32 %r332,%r45,16;
mov.b32 %f342,%r332;
bra.uni $L__BB2_27;
$L__BB2_25:
{ .reg .b16 h; cvt.u16.u32 h,%r45; cvt.f32.f16 %f342,h; }
$L__BB2_27:
mul.f32 %f57,%f341,%f342;
setp.eq.s64 %p20,%rd14,0;
@%p20 bra $L__BB2_34;
bfe.u32 %r46,%r51,4,2;
setp.eq.s32 %p21,%r46,2;
@%p21 bra $L__BB2_32;
bra.uni $L__BB2_29;
$L__BB2_32:
cvta.to.global.u64 %rd65,%rd14;
shl.b64 %rd66,%rd9,2;
add.s64 %rd67,%rd65,%rd66;
ld.global.f32 %f343,[%rd67];
bra.uni $L__BB2_33;
$L__BB2_29:
cvta.to.global.u64 %rd62,%rd14;
shl.b64 %rd63,%rd9,1;
add.s64 %rd64,%rd62,%rd63;
ld.global.u16 %r47,[%rd64];
setp.eq.s32 %p22,%r46,0;
@%p22 bra $L__BB2_31;
shl.b32 %r334,%r47,16;
mov.b32 %f343,%r334;
bra.uni $L__BB2_33;
$L__BB2_31:
{ .reg .b16 h; cvt.u16.u32 h,%r47; cvt.f32.f16 %f343,h; }
$L__BB2_33:
add.f32 %f57,%f57,%f343;
$L__BB2_34:
mul.wide.s32 %rd68,%r42,%r50;
add.s64 %rd10,%rd68,%rd9;
cvt.u16.u32 %rs5,%r51;
and.b16 %rs4,%rs5,3;
setp.eq.s16 %p23,%rs4,2;
@%p23 bra $L__BB2_37;
setp.ne.s16 %p24,%rs4,0;
@%p24 bra $L__BB2_38;
cvt.rn.f16.f32 %rs8,%f57;
bra.uni $L__BB2_40;
$L__BB2_37:
cvta.to.global.u64 %rd69,%rd15;
shl.b64 %rd70,%rd10,2;
add.s64 %rd71,%rd69,%rd70;
st.global.f32 [%rd71],%f57;
bra.uni $L__BB2_41;
$L__BB2_38:
mov.b32 %r48,%f57;
and.b32 %r336,%r48,2147483647;
setp.gt.u32 %p25,%r336,2139095040;
mov.u16 %rs8,32767;
@%p25 bra $L__BB2_40;
bfe.u32 %r337,%r48,16,1;
add.s32 %r338,%r48,%r337;
add.s32 %r339,%r338,32767;
shr.u32 %r340,%r339,16;
cvt.u16.u32 %rs8,%r340;
$L__BB2_40:
cvta.to.global.u64 %rd72,%rd15;
shl.b64 %rd73,%rd10,1;
add.s64 %rd74,%rd72,%rd73;
st.global.u16 [%rd74],%rs8;
$L__BB2_41:
ret;
}
.visible .entry int4_gemv_4(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 128,1,1
{
.reg .pred %p<39>;
.reg .b16 %rs<9>;
.reg .f32 %f<893>;
.reg .b32 %r<566>;
.reg .b64 %rd<104>;
ld.param.u64 %rd13,[p0];
ld.param.u64 %rd14,[p1];
ld.param.u32 %r134,[p5];
ld.param.u32 %r135,[p6];
ld.param.u32 %r137,[p7];
ld.param.u32 %r136,[p8];
shr.s32 %r138,%r137,31;
shr.u32 %r139,%r138,29;
add.s32 %r140,%r137,%r139;
shr.s32 %r1,%r140,3;
add.s32 %r141,%r134,3;
shr.s32 %r142,%r141,31;
shr.u32 %r143,%r142,30;
add.s32 %r144,%r141,%r143;
shr.s32 %r145,%r144,2;
mov.u32 %r146,%ctaid.x;
div.u32 %r147,%r146,%r145;
shl.b32 %r2,%r147,3;
mul.lo.s32 %r148,%r147,%r145;
sub.s32 %r149,%r146,%r148;
shl.b32 %r3,%r149,2;
mov.u32 %r534,%tid.x;
setp.ge.s32 %p1,%r534,%r1;
mov.f32 %f889,0f00000000;
mov.f32 %f857,%f889;
mov.f32 %f858,%f889;
mov.f32 %f859,%f889;
mov.f32 %f860,%f889;
mov.f32 %f861,%f889;
mov.f32 %f862,%f889;
mov.f32 %f863,%f889;
mov.f32 %f864,%f889;
mov.f32 %f865,%f889;
mov.f32 %f866,%f889;
mov.f32 %f867,%f889;
mov.f32 %f868,%f889;
mov.f32 %f869,%f889;
mov.f32 %f870,%f889;
mov.f32 %f871,%f889;
mov.f32 %f872,%f889;
mov.f32 %f873,%f889;
mov.f32 %f874,%f889;
mov.f32 %f875,%f889;
mov.f32 %f876,%f889;
mov.f32 %f877,%f889;
mov.f32 %f878,%f889;
mov.f32 %f879,%f889;
mov.f32 %f880,%f889;
mov.f32 %f881,%f889;
mov.f32 %f882,%f889;
mov.f32 %f883,%f889;
mov.f32 %f884,%f889;
mov.f32 %f885,%f889;
mov.f32 %f886,%f889;
mov.f32 %f887,%f889;
mov.f32 %f888,%f889;
@%p1 bra $L__BB3_53;
add.s32 %r150,%r135,-1;
add.s32 %r151,%r2,1;
add.s32 %r152,%r2,6;
add.s32 %r153,%r2,7;
add.s32 %r154,%r134,-1;
add.s32 %r155,%r3,1;
add.s32 %r156,%r3,2;
add.s32 %r157,%r3,3;
and.b32 %r5,%r136,3;
min.s32 %r158,%r157,%r154;
mul.wide.s32 %rd1,%r158,%r1;
min.s32 %r159,%r156,%r154;
mul.wide.s32 %rd2,%r159,%r1;
min.s32 %r160,%r155,%r154;
mul.wide.s32 %rd3,%r160,%r1;
min.s32 %r161,%r153,%r150;
mul.wide.s32 %rd4,%r161,%r1;
min.s32 %r162,%r152,%r150;
mul.wide.s32 %rd5,%r162,%r1;
min.s32 %r163,%r151,%r150;
mul.wide.s32 %rd6,%r163,%r1;
$L__BB3_2:
.pragma "nounroll";
min.s32 %r173,%r2,%r150;
mul.wide.s32 %rd26,%r173,%r1;
cvt.s64.s32 %rd27,%r534;
add.s64 %rd28,%rd26,%rd27;
shl.b64 %rd29,%rd28,2;
add.s64 %rd18,%rd13,%rd29;
ld.global.cs.nc.u32 %r164,[%rd18];
add.s64 %rd30,%rd6,%rd27;
shl.b64 %rd31,%rd30,2;
add.s64 %rd19,%rd13,%rd31;
ld.global.cs.nc.u32 %r165,[%rd19];
add.s32 %r174,%r2,2;
min.s32 %r175,%r174,%r150;
mul.wide.s32 %rd32,%r175,%r1;
add.s64 %rd33,%rd32,%rd27;
shl.b64 %rd34,%rd33,2;
add.s64 %rd20,%rd13,%rd34;
ld.global.cs.nc.u32 %r166,[%rd20];
add.s32 %r176,%r2,3;
min.s32 %r177,%r176,%r150;
mul.wide.s32 %rd35,%r177,%r1;
add.s64 %rd36,%rd35,%rd27;
shl.b64 %rd37,%rd36,2;
add.s64 %rd21,%rd13,%rd37;
ld.global.cs.nc.u32 %r167,[%rd21];
add.s32 %r178,%r2,4;
min.s32 %r179,%r178,%r150;
mul.wide.s32 %rd38,%r179,%r1;
add.s64 %rd39,%rd38,%rd27;
shl.b64 %rd40,%rd39,2;
add.s64 %rd22,%rd13,%rd40;
ld.global.cs.nc.u32 %r168,[%rd22];
add.s32 %r180,%r2,5;
min.s32 %r181,%r180,%r150;
mul.wide.s32 %rd41,%r181,%r1;
add.s64 %rd42,%rd41,%rd27;
shl.b64 %rd43,%rd42,2;
add.s64 %rd23,%rd13,%rd43;
ld.global.cs.nc.u32 %r169,[%rd23];
add.s64 %rd44,%rd5,%rd27;
shl.b64 %rd45,%rd44,2;
add.s64 %rd24,%rd13,%rd45;
ld.global.cs.nc.u32 %r170,[%rd24];
add.s64 %rd46,%rd4,%rd27;
shl.b64 %rd47,%rd46,2;
add.s64 %rd25,%rd13,%rd47;
ld.global.cs.nc.u32 %r171,[%rd25];
min.s32 %r183,%r3,%r154;
mul.wide.s32 %rd48,%r183,%r1;
add.s64 %rd7,%rd48,%rd27;
add.s64 %rd8,%rd3,%rd27;
add.s64 %rd9,%rd2,%rd27;
add.s64 %rd10,%rd1,%rd27;
setp.eq.s32 %p2,%r5,2;
@%p2 bra $L__BB3_51;
bra.uni $L__BB3_3;
$L__BB3_51:
shl.b64 %rd65,%rd7,5;
add.s64 %rd57,%rd14,%rd65;
ld.global.nc.v4.u32 {%r565,%r249,%r564,%r251},[%rd57];
add.s64 %rd58,%rd57,16;
ld.global.nc.v4.u32 {%r563,%r253,%r562,%r255},[%rd58];
mov.b32 %f856,%r249;
mov.b32 %f855,%r251;
mov.b32 %f854,%r253;
mov.b32 %f853,%r255;
shl.b64 %rd66,%rd8,5;
add.s64 %rd59,%rd14,%rd66;
ld.global.nc.v4.u32 {%r561,%r257,%r560,%r259},[%rd59];
add.s64 %rd60,%rd59,16;
ld.global.nc.v4.u32 {%r559,%r261,%r558,%r263},[%rd60];
mov.b32 %f852,%r257;
mov.b32 %f851,%r259;
mov.b32 %f850,%r261;
mov.b32 %f849,%r263;
shl.b64 %rd67,%rd9,5;
add.s64 %rd61,%rd14,%rd67;
ld.global.nc.v4.u32 {%r557,%r265,%r556,%r267},[%rd61];
add.s64 %rd62,%rd61,16;
ld.global.nc.v4.u32 {%r555,%r269,%r554,%r271},[%rd62];
mov.b32 %f848,%r265;
mov.b32 %f847,%r267;
mov.b32 %f846,%r269;
mov.b32 %f845,%r271;
shl.b64 %rd68,%rd10,5;
add.s64 %rd63,%rd14,%rd68;
ld.global.nc.v4.u32 {%r553,%r273,%r552,%r275},[%rd63];
add.s64 %rd64,%rd63,16;
ld.global.nc.v4.u32 {%r551,%r277,%r550,%r279},[%rd64];
mov.b32 %f844,%r273;
mov.b32 %f843,%r275;
mov.b32 %f842,%r277;
mov.b32 %f841,%r279;
bra.uni $L__BB3_52;
$L__BB3_3:
setp.eq.s32 %p3,%r5,0;
shl.b64 %rd53,%rd7,4;
add.s64 %rd49,%rd14,%rd53;
ld.global.nc.v4.u32 {%r184,%r185,%r186,%r187},[%rd49];
shl.b64 %rd54,%rd8,4;
add.s64 %rd50,%rd14,%rd54;
ld.global.nc.v4.u32 {%r188,%r189,%r190,%r191},[%rd50];
shl.b64 %rd55,%rd9,4;
add.s64 %rd51,%rd14,%rd55;
ld.global.nc.v4.u32 {%r192,%r193,%r194,%r195},[%rd51];
shl.b64 %rd56,%rd10,4;
add.s64 %rd52,%rd14,%rd56;
ld.global.nc.v4.u32 {%r196,%r197,%r198,%r199},[%rd52];
@%p3 bra $L__BB3_5;
shl.b32 %r565,%r184,16;
and.b32 %r200,%r184,-65536;
mov.b32 %f856,%r200;
bra.uni $L__BB3_6;
$L__BB3_5:
{ .reg .b16 h; cvt.u16.u32 h,%r184; cvt.f32.f16 %f253,h; }
mov.b32 %r565,%f253;
shr.u32 %r202,%r184,16;
{ .reg .b16 h; cvt.u16.u32 h,%r202; cvt.f32.f16 %f856,h; }
$L__BB3_6:
@%p3 bra $L__BB3_8;
shl.b32 %r564,%r185,16;
and.b32 %r203,%r185,-65536;
mov.b32 %f855,%r203;
bra.uni $L__BB3_9;
$L__BB3_8:
{ .reg .b16 h; cvt.u16.u32 h,%r185; cvt.f32.f16 %f255,h; }
mov.b32 %r564,%f255;
shr.u32 %r205,%r185,16;
{ .reg .b16 h; cvt.u16.u32 h,%r205; cvt.f32.f16 %f855,h; }
$L__BB3_9:
@%p3 bra $L__BB3_11;
shl.b32 %r563,%r186,16;
and.b32 %r206,%r186,-65536;
mov.b32 %f854,%r206;
bra.uni $L__BB3_12;
$L__BB3_11:
{ .reg .b16 h; cvt.u16.u32 h,%r186; cvt.f32.f16 %f257,h; }
mov.b32 %r563,%f257;
shr.u32 %r208,%r186,16;
{ .reg .b16 h; cvt.u16.u32 h,%r208; cvt.f32.f16 %f854,h; }
$L__BB3_12:
@%p3 bra $L__BB3_14;
shl.b32 %r562,%r187,16;
and.b32 %r209,%r187,-65536;
mov.b32 %f853,%r209;
bra.uni $L__BB3_15;
$L__BB3_14:
{ .reg .b16 h; cvt.u16.u32 h,%r187; cvt.f32.f16 %f259,h; }
mov.b32 %r562,%f259;
shr.u32 %r211,%r187,16;
{ .reg .b16 h; cvt.u16.u32 h,%r211; cvt.f32.f16 %f853,h; }
$L__BB3_15:
@%p3 bra $L__BB3_17;
shl.b32 %r561,%r188,16;
and.b32 %r212,%r188,-65536;
mov.b32 %f852,%r212;
bra.uni $L__BB3_18;
$L__BB3_17:
{ .reg .b16 h; cvt.u16.u32 h,%r188; cvt.f32.f16 %f261,h; }
mov.b32 %r561,%f261;
shr.u32 %r214,%r188,16;
{ .reg .b16 h; cvt.u16.u32 h,%r214; cvt.f32.f16 %f852,h; }
$L__BB3_18:
@%p3 bra $L__BB3_20;
shl.b32 %r560,%r189,16;
and.b32 %r215,%r189,-65536;
mov.b32 %f851,%r215;
bra.uni $L__BB3_21;
$L__BB3_20:
{ .reg .b16 h; cvt.u16.u32 h,%r189; cvt.f32.f16 %f263,h; }
mov.b32 %r560,%f263;
shr.u32 %r217,%r189,16;
{ .reg .b16 h; cvt.u16.u32 h,%r217; cvt.f32.f16 %f851,h; }
$L__BB3_21:
@%p3 bra $L__BB3_23;
shl.b32 %r559,%r190,16;
and.b32 %r218,%r190,-65536;
mov.b32 %f850,%r218;
bra.uni $L__BB3_24;
$L__BB3_23:
{ .reg .b16 h; cvt.u16.u32 h,%r190; cvt.f32.f16 %f265,h; }
mov.b32 %r559,%f265;
shr.u32 %r220,%r190,16;
{ .reg .b16 h; cvt.u16.u32 h,%r220; cvt.f32.f16 %f850,h; }
$L__BB3_24:
@%p3 bra $L__BB3_26;
shl.b32 %r558,%r191,16;
and.b32 %r221,%r191,-65536;
mov.b32 %f849,%r221;
bra.uni $L__BB3_27;
$L__BB3_26:
{ .reg .b16 h; cvt.u16.u32 h,%r191; cvt.f32.f16 %f267,h; }
mov.b32 %r558,%f267;
shr.u32 %r223,%r191,16;
{ .reg .b16 h; cvt.u16.u32 h,%r223; cvt.f32.f16 %f849,h; }
$L__BB3_27:
@%p3 bra $L__BB3_29;
shl.b32 %r557,%r192,16;
and.b32 %r224,%r192,-65536;
mov.b32 %f848,%r224;
bra.uni $L__BB3_30;
$L__BB3_29:
{ .reg .b16 h; cvt.u16.u32 h,%r192; cvt.f32.f16 %f269,h; }
mov.b32 %r557,%f269;
shr.u32 %r226,%r192,16;
{ .reg .b16 h; cvt.u16.u32 h,%r226; cvt.f32.f16 %f848,h; }
$L__BB3_30:
@%p3 bra $L__BB3_32;
shl.b32 %r556,%r193,16;
and.b32 %r227,%r193,-65536;
mov.b32 %f847,%r227;
bra.uni $L__BB3_33;
$L__BB3_32:
{ .reg .b16 h; cvt.u16.u32 h,%r193; cvt.f32.f16 %f271,h; }
mov.b32 %r556,%f271;
shr.u32 %r229,%r193,16;
{ .reg .b16 h; cvt.u16.u32 h,%r229; cvt.f32.f16 %f847,h; }
$L__BB3_33:
@%p3 bra $L__BB3_35;
shl.b32 %r555,%r194,16;
and.b32 %r230,%r194,-65536;
mov.b32 %f846,%r230;
bra.uni $L__BB3_36;
$L__BB3_35:
{ .reg .b16 h; cvt.u16.u32 h,%r194; cvt.f32.f16 %f273,h; }
mov.b32 %r555,%f273;
shr.u32 %r232,%r194,16;
{ .reg .b16 h; cvt.u16.u32 h,%r232; cvt.f32.f16 %f846,h; }
$L__BB3_36:
@%p3 bra $L__BB3_38;
shl.b32 %r554,%r195,16;
and.b32 %r233,%r195,-65536;
mov.b32 %f845,%r233;
bra.uni $L__BB3_39;
$L__BB3_38:
{ .reg .b16 h; cvt.u16.u32 h,%r195; cvt.f32.f16 %f275,h; }
mov.b32 %r554,%f275;
shr.u32 %r235,%r195,16;
{ .reg .b16 h; cvt.u16.u32 h,%r235; cvt.f32.f16 %f845,h; }
$L__BB3_39:
@%p3 bra $L__BB3_41;
shl.b32 %r553,%r196,16;
and.b32 %r236,%r196,-65536;
mov.b32 %f844,%r236;
bra.uni $L__BB3_42;
$L__BB3_41:
{ .reg .b16 h; cvt.u16.u32 h,%r196; cvt.f32.f16 %f277,h; }
mov.b32 %r553,%f277;
shr.u32 %r238,%r196,16;
{ .reg .b16 h; cvt.u16.u32 h,%r238; cvt.f32.f16 %f844,h; }
$L__BB3_42:
@%p3 bra $L__BB3_44;
shl.b32 %r552,%r197,16;
and.b32 %r239,%r197,-65536;
mov.b32 %f843,%r239;
bra.uni $L__BB3_45;
$L__BB3_44:
{ .reg .b16 h; cvt.u16.u32 h,%r197; cvt.f32.f16 %f279,h; }
mov.b32 %r552,%f279;
shr.u32 %r241,%r197,16;
{ .reg .b16 h; cvt.u16.u32 h,%r241; cvt.f32.f16 %f843,h; }
$L__BB3_45:
@%p3 bra $L__BB3_47;
shl.b32 %r551,%r198,16;
and.b32 %r242,%r198,-65536;
mov.b32 %f842,%r242;
bra.uni $L__BB3_48;
$L__BB3_47:
{ .reg .b16 h; cvt.u16.u32 h,%r198; cvt.f32.f16 %f281,h; }
mov.b32 %r551,%f281;
shr.u32 %r244,%r198,16;
{ .reg .b16 h; cvt.u16.u32 h,%r244; cvt.f32.f16 %f842,h; }
$L__BB3_48:
@%p3 bra $L__BB3_50;
shl.b32 %r550,%r199,16;
and.b32 %r245,%r199,-65536;
mov.b32 %f841,%r245;
bra.uni $L__BB3_52;
$L__BB3_50:
{ .reg .b16 h; cvt.u16.u32 h,%r199; cvt.f32.f16 %f283,h; }
mov.b32 %r550,%f283;
shr.u32 %r247,%r199,16;
{ .reg .b16 h; cvt.u16.u32 h,%r247; cvt.f32.f16 %f841,h; }
$L__BB3_52:
mov.u32 %r461,240;
mov.u32 %r462,1258291328;
lop3.b32 %f285,%r164,%r461,%r462,0x6a;
mov.f32 %f349,0fC9000080;
mov.f32 %f350,0f3D800000;
fma.rn.f32 %f351,%f285,%f350,%f349;
mov.u32 %r464,15;
mov.u32 %r465,1258291208;
lop3.b32 %f286,%r164,%r464,%r465,0x6a;
add.f32 %f352,%f286,0fCB000008;
mov.u32 %r467,61440;
mov.u32 %r468,1258323968;
lop3.b32 %f287,%r164,%r467,%r468,0x6a;
mov.f32 %f353,0fC5008000;
mov.f32 %f354,0f39800000;
fma.rn.f32 %f355,%f287,%f354,%f353;
mov.u32 %r470,3840;
mov.u32 %r471,1258293248;
lop3.b32 %f288,%r164,%r470,%r471,0x6a;
mov.f32 %f356,0fC7000800;
mov.f32 %f357,0f3B800000;
fma.rn.f32 %f358,%f288,%f357,%f356;
shr.u32 %r301,%r164,16;
lop3.b32 %f289,%r301,%r461,%r462,0x6a;
fma.rn.f32 %f359,%f289,%f350,%f349;
lop3.b32 %f290,%r301,%r464,%r465,0x6a;
add.f32 %f360,%f290,0fCB000008;
lop3.b32 %f291,%r301,%r467,%r468,0x6a;
fma.rn.f32 %f361,%f291,%f354,%f353;
lop3.b32 %f292,%r301,%r470,%r471,0x6a;
fma.rn.f32 %f362,%f292,%f357,%f356;
mov.b32 %f363,%r565;
fma.rn.f32 %f364,%f351,%f363,%f876;
fma.rn.f32 %f365,%f352,%f856,%f364;
mov.b32 %f366,%r564;
fma.rn.f32 %f367,%f355,%f366,%f365;
fma.rn.f32 %f368,%f358,%f855,%f367;
mov.b32 %f369,%r563;
fma.rn.f32 %f370,%f359,%f369,%f368;
fma.rn.f32 %f371,%f360,%f854,%f370;
mov.b32 %f372,%r562;
fma.rn.f32 %f373,%f361,%f372,%f371;
fma.rn.f32 %f876,%f362,%f853,%f373;
mov.b32 %f374,%r561;
fma.rn.f32 %f375,%f351,%f374,%f868;
fma.rn.f32 %f376,%f352,%f852,%f375;
mov.b32 %f377,%r560;
fma.rn.f32 %f378,%f355,%f377,%f376;
fma.rn.f32 %f379,%f358,%f851,%f378;
mov.b32 %f380,%r559;
fma.rn.f32 %f381,%f359,%f380,%f379;
fma.rn.f32 %f382,%f360,%f850,%f381;
mov.b32 %f383,%r558;
fma.rn.f32 %f384,%f361,%f383,%f382;
fma.rn.f32 %f868,%f362,%f849,%f384;
mov.b32 %f385,%r557;
fma.rn.f32 %f386,%f351,%f385,%f860;
fma.rn.f32 %f387,%f352,%f848,%f386;
mov.b32 %f388,%r556;
fma.rn.f32 %f389,%f355,%f388,%f387;
fma.rn.f32 %f390,%f358,%f847,%f389;
mov.b32 %f391,%r555;
fma.rn.f32 %f392,%f359,%f391,%f390;
fma.rn.f32 %f393,%f360,%f846,%f392;
mov.b32 %f394,%r554;
fma.rn.f32 %f395,%f361,%f394,%f393;
fma.rn.f32 %f860,%f362,%f845,%f395;
mov.b32 %f396,%r553;
fma.rn.f32 %f397,%f351,%f396,%f881;
fma.rn.f32 %f398,%f352,%f844,%f397;
mov.b32 %f399,%r552;
fma.rn.f32 %f400,%f355,%f399,%f398;
fma.rn.f32 %f401,%f358,%f843,%f400;
mov.b32 %f402,%r551;
fma.rn.f32 %f403,%f359,%f402,%f401;
fma.rn.f32 %f404,%f360,%f842,%f403;
mov.b32 %f405,%r550;
fma.rn.f32 %f406,%f361,%f405,%f404;
fma.rn.f32 %f881,%f362,%f841,%f406;
lop3.b32 %f293,%r165,%r461,%r462,0x6a;
fma.rn.f32 %f407,%f293,%f350,%f349;
lop3.b32 %f294,%r165,%r464,%r465,0x6a;
add.f32 %f408,%f294,0fCB000008;
lop3.b32 %f295,%r165,%r467,%r468,0x6a;
fma.rn.f32 %f409,%f295,%f354,%f353;
lop3.b32 %f296,%r165,%r470,%r471,0x6a;
fma.rn.f32 %f410,%f296,%f357,%f356;
shr.u32 %r325,%r165,16;
lop3.b32 %f297,%r325,%r461,%r462,0x6a;
fma.rn.f32 %f411,%f297,%f350,%f349;
lop3.b32 %f298,%r325,%r464,%r465,0x6a;
add.f32 %f412,%f298,0fCB000008;
lop3.b32 %f299,%r325,%r467,%r468,0x6a;
fma.rn.f32 %f413,%f299,%f354,%f353;
lop3.b32 %f300,%r325,%r470,%r471,0x6a;
fma.rn.f32 %f414,%f300,%f357,%f356;
fma.rn.f32 %f415,%f407,%f363,%f875;
fma.rn.f32 %f416,%f408,%f856,%f415;
fma.rn.f32 %f417,%f409,%f366,%f416;
fma.rn.f32 %f418,%f410,%f855,%f417;
fma.rn.f32 %f419,%f411,%f369,%f418;
fma.rn.f32 %f420,%f412,%f854,%f419;
fma.rn.f32 %f421,%f413,%f372,%f420;
fma.rn.f32 %f875,%f414,%f853,%f421;
fma.rn.f32 %f422,%f407,%f374,%f867;
fma.rn.f32 %f423,%f408,%f852,%f422;
fma.rn.f32 %f424,%f409,%f377,%f423;
fma.rn.f32 %f425,%f410,%f851,%f424;
fma.rn.f32 %f426,%f411,%f380,%f425;
fma.rn.f32 %f427,%f412,%f850,%f426;
fma.rn.f32 %f428,%f413,%f383,%f427;
fma.rn.f32 %f867,%f414,%f849,%f428;
fma.rn.f32 %f429,%f407,%f385,%f859;
fma.rn.f32 %f430,%f408,%f848,%f429;
fma.rn.f32 %f431,%f409,%f388,%f430;
fma.rn.f32 %f432,%f410,%f847,%f431;
fma.rn.f32 %f433,%f411,%f391,%f432;
fma.rn.f32 %f434,%f412,%f846,%f433;
fma.rn.f32 %f435,%f413,%f394,%f434;
fma.rn.f32 %f859,%f414,%f845,%f435;
fma.rn.f32 %f436,%f407,%f396,%f882;
fma.rn.f32 %f437,%f408,%f844,%f436;
fma.rn.f32 %f438,%f409,%f399,%f437;
fma.rn.f32 %f439,%f410,%f843,%f438;
fma.rn.f32 %f440,%f411,%f402,%f439;
fma.rn.f32 %f441,%f412,%f842,%f440;
fma.rn.f32 %f442,%f413,%f405,%f441;
fma.rn.f32 %f882,%f414,%f841,%f442;
lop3.b32 %f301,%r166,%r461,%r462,0x6a;
fma.rn.f32 %f443,%f301,%f350,%f349;
lop3.b32 %f302,%r166,%r464,%r465,0x6a;
add.f32 %f444,%f302,0fCB000008;
lop3.b32 %f303,%r166,%r467,%r468,0x6a;
fma.rn.f32 %f445,%f303,%f354,%f353;
lop3.b32 %f304,%r166,%r470,%r471,0x6a;
fma.rn.f32 %f446,%f304,%f357,%f356;
shr.u32 %r349,%r166,16;
lop3.b32 %f305,%r349,%r461,%r462,0x6a;
fma.rn.f32 %f447,%f305,%f350,%f349;
lop3.b32 %f306,%r349,%r464,%r465,0x6a;
add.f32 %f448,%f306,0fCB000008;
lop3.b32 %f307,%r349,%r467,%r468,0x6a;
fma.rn.f32 %f449,%f307,%f354,%f353;
lop3.b32 %f308,%r349,%r470,%r471,0x6a;
fma.rn.f32 %f450,%f308,%f357,%f356;
fma.rn.f32 %f451,%f443,%f363,%f874;
fma.rn.f32 %f452,%f444,%f856,%f451;
fma.rn.f32 %f453,%f445,%f366,%f452;
fma.rn.f32 %f454,%f446,%f855,%f453;
fma.rn.f32 %f455,%f447,%f369,%f454;
fma.rn.f32 %f456,%f448,%f854,%f455;
fma.rn.f32 %f457,%f449,%f372,%f456;
fma.rn.f32 %f874,%f450,%f853,%f457;
fma.rn.f32 %f458,%f443,%f374,%f866;
fma.rn.f32 %f459,%f444,%f852,%f458;
fma.rn.f32 %f460,%f445,%f377,%f459;
fma.rn.f32 %f461,%f446,%f851,%f460;
fma.rn.f32 %f462,%f447,%f380,%f461;
fma.rn.f32 %f463,%f448,%f850,%f462;
fma.rn.f32 %f464,%f449,%f383,%f463;
fma.rn.f32 %f866,%f450,%f849,%f464;
fma.rn.f32 %f465,%f443,%f385,%f858;
fma.rn.f32 %f466,%f444,%f848,%f465;
fma.rn.f32 %f467,%f445,%f388,%f466;
fma.rn.f32 %f468,%f446,%f847,%f467;
fma.rn.f32 %f469,%f447,%f391,%f468;
fma.rn.f32 %f470,%f448,%f846,%f469;
fma.rn.f32 %f471,%f449,%f394,%f470;
fma.rn.f32 %f858,%f450,%f845,%f471;
fma.rn.f32 %f472,%f443,%f396,%f883;
fma.rn.f32 %f473,%f444,%f844,%f472;
fma.rn.f32 %f474,%f445,%f399,%f473;
fma.rn.f32 %f475,%f446,%f843,%f474;
fma.rn.f32 %f476,%f447,%f402,%f475;
fma.rn.f32 %f477,%f448,%f842,%f476;
fma.rn.f32 %f478,%f449,%f405,%f477;
fma.rn.f32 %f883,%f450,%f841,%f478;
lop3.b32 %f309,%r167,%r461,%r462,0x6a;
fma.rn.f32 %f479,%f309,%f350,%f349;
lop3.b32 %f310,%r167,%r464,%r465,0x6a;
add.f32 %f480,%f310,0fCB000008;
lop3.b32 %f311,%r167,%r467,%r468,0x6a;
fma.rn.f32 %f481,%f311,%f354,%f353;
lop3.b32 %f312,%r167,%r470,%r471,0x6a;
fma.rn.f32 %f482,%f312,%f357,%f356;
shr.u32 %r373,%r167,16;
lop3.b32 %f313,%r373,%r461,%r462,0x6a;
fma.rn.f32 %f483,%f313,%f350,%f349;
lop3.b32 %f314,%r373,%r464,%r465,0x6a;
add.f32 %f484,%f314,0fCB000008;
lop3.b32 %f315,%r373,%r467,%r468,0x6a;
fma.rn.f32 %f485,%f315,%f354,%f353;
lop3.b32 %f316,%r373,%r470,%r471,0x6a;
fma.rn.f32 %f486,%f316,%f357,%f356;
fma.rn.f32 %f487,%f479,%f363,%f873;
fma.rn.f32 %f488,%f480,%f856,%f487;
fma.rn.f32 %f489,%f481,%f366,%f488;
fma.rn.f32 %f490,%f482,%f855,%f489;
fma.rn.f32 %f491,%f483,%f369,%f490;
fma.rn.f32 %f492,%f484,%f854,%f491;
fma.rn.f32 %f493,%f485,%f372,%f492;
fma.rn.f32 %f873,%f486,%f853,%f493;
fma.rn.f32 %f494,%f479,%f374,%f865;
fma.rn.f32 %f495,%f480,%f852,%f494;
fma.rn.f32 %f496,%f481,%f377,%f495;
fma.rn.f32 %f497,%f482,%f851,%f496;
fma.rn.f32 %f498,%f483,%f380,%f497;
fma.rn.f32 %f499,%f484,%f850,%f498;
fma.rn.f32 %f500,%f485,%f383,%f499;
fma.rn.f32 %f865,%f486,%f849,%f500;
fma.rn.f32 %f501,%f479,%f385,%f857;
fma.rn.f32 %f502,%f480,%f848,%f501;
fma.rn.f32 %f503,%f481,%f388,%f502;
fma.rn.f32 %f504,%f482,%f847,%f503;
fma.rn.f32 %f505,%f483,%f391,%f504;
fma.rn.f32 %f506,%f484,%f846,%f505;
fma.rn.f32 %f507,%f485,%f394,%f506;
fma.rn.f32 %f857,%f486,%f845,%f507;
fma.rn.f32 %f508,%f479,%f396,%f884;
fma.rn.f32 %f509,%f480,%f844,%f508;
fma.rn.f32 %f510,%f481,%f399,%f509;
fma.rn.f32 %f511,%f482,%f843,%f510;
fma.rn.f32 %f512,%f483,%f402,%f511;
fma.rn.f32 %f513,%f484,%f842,%f512;
fma.rn.f32 %f514,%f485,%f405,%f513;
fma.rn.f32 %f884,%f486,%f841,%f514;
lop3.b32 %f317,%r168,%r461,%r462,0x6a;
fma.rn.f32 %f515,%f317,%f350,%f349;
lop3.b32 %f318,%r168,%r464,%r465,0x6a;
add.f32 %f516,%f318,0fCB000008;
lop3.b32 %f319,%r168,%r467,%r468,0x6a;
fma.rn.f32 %f517,%f319,%f354,%f353;
lop3.b32 %f320,%r168,%r470,%r471,0x6a;
fma.rn.f32 %f518,%f320,%f357,%f356;
shr.u32 %r397,%r168,16;
lop3.b32 %f321,%r397,%r461,%r462,0x6a;
fma.rn.f32 %f519,%f321,%f350,%f349;
lop3.b32 %f322,%r397,%r464,%r465,0x6a;
add.f32 %f520,%f322,0fCB000008;
lop3.b32 %f323,%r397,%r467,%r468,0x6a;
fma.rn.f32 %f521,%f323,%f354,%f353;
lop3.b32 %f324,%r397,%r470,%r471,0x6a;
fma.rn.f32 %f522,%f324,%f357,%f356;
fma.rn.f32 %f523,%f515,%f363,%f872;
fma.rn.f32 %f524,%f516,%f856,%f523;
fma.rn.f32 %f525,%f517,%f366,%f524;
fma.rn.f32 %f526,%f518,%f855,%f525;
fma.rn.f32 %f527,%f519,%f369,%f526;
fma.rn.f32 %f528,%f520,%f854,%f527;
fma.rn.f32 %f529,%f521,%f372,%f528;
fma.rn.f32 %f872,%f522,%f853,%f529;
fma.rn.f32 %f530,%f515,%f374,%f864;
fma.rn.f32 %f531,%f516,%f852,%f530;
fma.rn.f32 %f532,%f517,%f377,%f531;
fma.rn.f32 %f533,%f518,%f851,%f532;
fma.rn.f32 %f534,%f519,%f380,%f533;
fma.rn.f32 %f535,%f520,%f850,%f534;
fma.rn.f32 %f536,%f521,%f383,%f535;
fma.rn.f32 %f864,%f522,%f849,%f536;
fma.rn.f32 %f537,%f515,%f385,%f877;
fma.rn.f32 %f538,%f516,%f848,%f537;
fma.rn.f32 %f539,%f517,%f388,%f538;
fma.rn.f32 %f540,%f518,%f847,%f539;
fma.rn.f32 %f541,%f519,%f391,%f540;
fma.rn.f32 %f542,%f520,%f846,%f541;
fma.rn.f32 %f543,%f521,%f394,%f542;
fma.rn.f32 %f877,%f522,%f845,%f543;
fma.rn.f32 %f544,%f515,%f396,%f885;
fma.rn.f32 %f545,%f516,%f844,%f544;
fma.rn.f32 %f546,%f517,%f399,%f545;
fma.rn.f32 %f547,%f518,%f843,%f546;
fma.rn.f32 %f548,%f519,%f402,%f547;
fma.rn.f32 %f549,%f520,%f842,%f548;
fma.rn.f32 %f550,%f521,%f405,%f549;
fma.rn.f32 %f885,%f522,%f841,%f550;
lop3.b32 %f325,%r169,%r461,%r462,0x6a;
fma.rn.f32 %f551,%f325,%f350,%f349;
lop3.b32 %f326,%r169,%r464,%r465,0x6a;
add.f32 %f552,%f326,0fCB000008;
lop3.b32 %f327,%r169,%r467,%r468,0x6a;
fma.rn.f32 %f553,%f327,%f354,%f353;
lop3.b32 %f328,%r169,%r470,%r471,0x6a;
fma.rn.f32 %f554,%f328,%f357,%f356;
shr.u32 %r421,%r169,16;
lop3.b32 %f329,%r421,%r461,%r462,0x6a;
fma.rn.f32 %f555,%f329,%f350,%f349;
lop3.b32 %f330,%r421,%r464,%r465,0x6a;
add.f32 %f556,%f330,0fCB000008;
lop3.b32 %f331,%r421,%r467,%r468,0x6a;
fma.rn.f32 %f557,%f331,%f354,%f353;
lop3.b32 %f332,%r421,%r470,%r471,0x6a;
fma.rn.f32 %f558,%f332,%f357,%f356;
fma.rn.f32 %f559,%f551,%f363,%f871;
fma.rn.f32 %f560,%f552,%f856,%f559;
fma.rn.f32 %f561,%f553,%f366,%f560;
fma.rn.f32 %f562,%f554,%f855,%f561;
fma.rn.f32 %f563,%f555,%f369,%f562;
fma.rn.f32 %f564,%f556,%f854,%f563;
fma.rn.f32 %f565,%f557,%f372,%f564;
fma.rn.f32 %f871,%f558,%f853,%f565;
fma.rn.f32 %f566,%f551,%f374,%f863;
fma.rn.f32 %f567,%f552,%f852,%f566;
fma.rn.f32 %f568,%f553,%f377,%f567;
fma.rn.f32 %f569,%f554,%f851,%f568;
fma.rn.f32 %f570,%f555,%f380,%f569;
fma.rn.f32 %f571,%f556,%f850,%f570;
fma.rn.f32 %f572,%f557,%f383,%f571;
fma.rn.f32 %f863,%f558,%f849,%f572;
fma.rn.f32 %f573,%f551,%f385,%f878;
fma.rn.f32 %f574,%f552,%f848,%f573;
fma.rn.f32 %f575,%f553,%f388,%f574;
fma.rn.f32 %f576,%f554,%f847,%f575;
fma.rn.f32 %f577,%f555,%f391,%f576;
fma.rn.f32 %f578,%f556,%f846,%f577;
fma.rn.f32 %f579,%f557,%f394,%f578;
fma.rn.f32 %f878,%f558,%f845,%f579;
fma.rn.f32 %f580,%f551,%f396,%f886;
fma.rn.f32 %f581,%f552,%f844,%f580;
fma.rn.f32 %f582,%f553,%f399,%f581;
fma.rn.f32 %f583,%f554,%f843,%f582;
fma.rn.f32 %f584,%f555,%f402,%f583;
fma.rn.f32 %f585,%f556,%f842,%f584;
fma.rn.f32 %f586,%f557,%f405,%f585;
fma.rn.f32 %f886,%f558,%f841,%f586;
lop3.b32 %f333,%r170,%r461,%r462,0x6a;
fma.rn.f32 %f587,%f333,%f350,%f349;
lop3.b32 %f334,%r170,%r464,%r465,0x6a;
add.f32 %f588,%f334,0fCB000008;
lop3.b32 %f335,%r170,%r467,%r468,0x6a;
fma.rn.f32 %f589,%f335,%f354,%f353;
lop3.b32 %f336,%r170,%r470,%r471,0x6a;
fma.rn.f32 %f590,%f336,%f357,%f356;
shr.u32 %r445,%r170,16;
lop3.b32 %f337,%r445,%r461,%r462,0x6a;
fma.rn.f32 %f591,%f337,%f350,%f349;
lop3.b32 %f338,%r445,%r464,%r465,0x6a;
add.f32 %f592,%f338,0fCB000008;
lop3.b32 %f339,%r445,%r467,%r468,0x6a;
fma.rn.f32 %f593,%f339,%f354,%f353;
lop3.b32 %f340,%r445,%r470,%r471,0x6a;
fma.rn.f32 %f594,%f340,%f357,%f356;
fma.rn.f32 %f595,%f587,%f363,%f870;
fma.rn.f32 %f596,%f588,%f856,%f595;
fma.rn.f32 %f597,%f589,%f366,%f596;
fma.rn.f32 %f598,%f590,%f855,%f597;
fma.rn.f32 %f599,%f591,%f369,%f598;
fma.rn.f32 %f600,%f592,%f854,%f599;
fma.rn.f32 %f601,%f593,%f372,%f600;
fma.rn.f32 %f870,%f594,%f853,%f601;
fma.rn.f32 %f602,%f587,%f374,%f862;
fma.rn.f32 %f603,%f588,%f852,%f602;
fma.rn.f32 %f604,%f589,%f377,%f603;
fma.rn.f32 %f605,%f590,%f851,%f604;
fma.rn.f32 %f606,%f591,%f380,%f605;
fma.rn.f32 %f607,%f592,%f850,%f606;
fma.rn.f32 %f608,%f593,%f383,%f607;
fma.rn.f32 %f862,%f594,%f849,%f608;
fma.rn.f32 %f609,%f587,%f385,%f879;
fma.rn.f32 %f610,%f588,%f848,%f609;
fma.rn.f32 %f611,%f589,%f388,%f610;
fma.rn.f32 %f612,%f590,%f847,%f611;
fma.rn.f32 %f613,%f591,%f391,%f612;
fma.rn.f32 %f614,%f592,%f846,%f613;
fma.rn.f32 %f615,%f593,%f394,%f614;
fma.rn.f32 %f879,%f594,%f845,%f615;
fma.rn.f32 %f616,%f587,%f396,%f887;
fma.rn.f32 %f617,%f588,%f844,%f616;
fma.rn.f32 %f618,%f589,%f399,%f617;
fma.rn.f32 %f619,%f590,%f843,%f618;
fma.rn.f32 %f620,%f591,%f402,%f619;
fma.rn.f32 %f621,%f592,%f842,%f620;
fma.rn.f32 %f622,%f593,%f405,%f621;
fma.rn.f32 %f887,%f594,%f841,%f622;
lop3.b32 %f341,%r171,%r461,%r462,0x6a;
fma.rn.f32 %f623,%f341,%f350,%f349;
lop3.b32 %f342,%r171,%r464,%r465,0x6a;
add.f32 %f624,%f342,0fCB000008;
lop3.b32 %f343,%r171,%r467,%r468,0x6a;
fma.rn.f32 %f625,%f343,%f354,%f353;
lop3.b32 %f344,%r171,%r470,%r471,0x6a;
fma.rn.f32 %f626,%f344,%f357,%f356;
shr.u32 %r469,%r171,16;
lop3.b32 %f345,%r469,%r461,%r462,0x6a;
fma.rn.f32 %f627,%f345,%f350,%f349;
lop3.b32 %f346,%r469,%r464,%r465,0x6a;
add.f32 %f628,%f346,0fCB000008;
lop3.b32 %f347,%r469,%r467,%r468,0x6a;
fma.rn.f32 %f629,%f347,%f354,%f353;
lop3.b32 %f348,%r469,%r470,%r471,0x6a;
fma.rn.f32 %f630,%f348,%f357,%f356;
fma.rn.f32 %f631,%f623,%f363,%f869;
fma.rn.f32 %f632,%f624,%f856,%f631;
fma.rn.f32 %f633,%f625,%f366,%f632;
fma.rn.f32 %f634,%f626,%f855,%f633;
fma.rn.f32 %f635,%f627,%f369,%f634;
fma.rn.f32 %f636,%f628,%f854,%f635;
fma.rn.f32 %f637,%f629,%f372,%f636;
fma.rn.f32 %f869,%f630,%f853,%f637;
fma.rn.f32 %f638,%f623,%f374,%f861;
fma.rn.f32 %f639,%f624,%f852,%f638;
fma.rn.f32 %f640,%f625,%f377,%f639;
fma.rn.f32 %f641,%f626,%f851,%f640;
fma.rn.f32 %f642,%f627,%f380,%f641;
fma.rn.f32 %f643,%f628,%f850,%f642;
fma.rn.f32 %f644,%f629,%f383,%f643;
fma.rn.f32 %f861,%f630,%f849,%f644;
fma.rn.f32 %f645,%f623,%f385,%f880;
fma.rn.f32 %f646,%f624,%f848,%f645;
fma.rn.f32 %f647,%f625,%f388,%f646;
fma.rn.f32 %f648,%f626,%f847,%f647;
fma.rn.f32 %f649,%f627,%f391,%f648;
fma.rn.f32 %f650,%f628,%f846,%f649;
fma.rn.f32 %f651,%f629,%f394,%f650;
fma.rn.f32 %f880,%f630,%f845,%f651;
fma.rn.f32 %f652,%f623,%f396,%f888;
fma.rn.f32 %f653,%f624,%f844,%f652;
fma.rn.f32 %f654,%f625,%f399,%f653;
fma.rn.f32 %f655,%f626,%f843,%f654;
fma.rn.f32 %f656,%f627,%f402,%f655;
fma.rn.f32 %f657,%f628,%f842,%f656;
fma.rn.f32 %f658,%f629,%f405,%f657;
fma.rn.f32 %f888,%f630,%f841,%f658;
add.s32 %r534,%r534,128;
setp.lt.s32 %p19,%r534,%r1;
@%p19 bra $L__BB3_2;
$L__BB3_53:
mov.u32 %r503,%tid.x;
mov.u32 %r487,16;
shr.u32 %r504,%r503,4;
and.b32 %r505,%r504,1;
setp.eq.b32 %p20,%r505,1;
selp.f32 %f660,%f876,%f860,%p20;
selp.f32 %f722,%f860,%f876,%p20;
shfl.sync.bfly.b32 %f659,%f660,%r487,0x1f,0xffffffff;
add.f32 %f723,%f722,%f659;
selp.f32 %f662,%f875,%f859,%p20;
selp.f32 %f724,%f859,%f875,%p20;
shfl.sync.bfly.b32 %f661,%f662,%r487,0x1f,0xffffffff;
add.f32 %f725,%f724,%f661;
selp.f32 %f664,%f874,%f858,%p20;
selp.f32 %f726,%f858,%f874,%p20;
shfl.sync.bfly.b32 %f663,%f664,%r487,0x1f,0xffffffff;
add.f32 %f727,%f726,%f663;
selp.f32 %f666,%f873,%f857,%p20;
selp.f32 %f728,%f857,%f873,%p20;
shfl.sync.bfly.b32 %f665,%f666,%r487,0x1f,0xffffffff;
add.f32 %f729,%f728,%f665;
selp.f32 %f668,%f872,%f877,%p20;
selp.f32 %f730,%f877,%f872,%p20;
shfl.sync.bfly.b32 %f667,%f668,%r487,0x1f,0xffffffff;
add.f32 %f731,%f730,%f667;
selp.f32 %f670,%f871,%f878,%p20;
selp.f32 %f732,%f878,%f871,%p20;
shfl.sync.bfly.b32 %f669,%f670,%r487,0x1f,0xffffffff;
add.f32 %f733,%f732,%f669;
selp.f32 %f672,%f870,%f879,%p20;
selp.f32 %f734,%f879,%f870,%p20;
shfl.sync.bfly.b32 %f671,%f672,%r487,0x1f,0xffffffff;
add.f32 %f735,%f734,%f671;
selp.f32 %f674,%f869,%f880,%p20;
selp.f32 %f736,%f880,%f869,%p20;
shfl.sync.bfly.b32 %f673,%f674,%r487,0x1f,0xffffffff;
add.f32 %f737,%f736,%f673;
selp.f32 %f676,%f868,%f881,%p20;
selp.f32 %f738,%f881,%f868,%p20;
shfl.sync.bfly.b32 %f675,%f676,%r487,0x1f,0xffffffff;
add.f32 %f739,%f738,%f675;
selp.f32 %f678,%f867,%f882,%p20;
selp.f32 %f740,%f882,%f867,%p20;
shfl.sync.bfly.b32 %f677,%f678,%r487,0x1f,0xffffffff;
add.f32 %f741,%f740,%f677;
selp.f32 %f680,%f866,%f883,%p20;
selp.f32 %f742,%f883,%f866,%p20;
shfl.sync.bfly.b32 %f679,%f680,%r487,0x1f,0xffffffff;
add.f32 %f743,%f742,%f679;
selp.f32 %f682,%f865,%f884,%p20;
selp.f32 %f744,%f884,%f865,%p20;
shfl.sync.bfly.b32 %f681,%f682,%r487,0x1f,0xffffffff;
add.f32 %f745,%f744,%f681;
selp.f32 %f684,%f864,%f885,%p20;
selp.f32 %f746,%f885,%f864,%p20;
shfl.sync.bfly.b32 %f683,%f684,%r487,0x1f,0xffffffff;
add.f32 %f747,%f746,%f683;
selp.f32 %f686,%f863,%f886,%p20;
selp.f32 %f748,%f886,%f863,%p20;
shfl.sync.bfly.b32 %f685,%f686,%r487,0x1f,0xffffffff;
add.f32 %f749,%f748,%f685;
selp.f32 %f688,%f862,%f887,%p20;
selp.f32 %f750,%f887,%f862,%p20;
shfl.sync.bfly.b32 %f687,%f688,%r487,0x1f,0xffffffff;
add.f32 %f751,%f750,%f687;
selp.f32 %f690,%f861,%f888,%p20;
selp.f32 %f752,%f888,%f861,%p20;
shfl.sync.bfly.b32 %f689,%f690,%r487,0x1f,0xffffffff;
add.f32 %f753,%f752,%f689;
mov.u32 %r495,8;
shr.u32 %r506,%r503,3;
and.b32 %r507,%r506,1;
setp.eq.b32 %p21,%r507,1;
selp.f32 %f692,%f723,%f739,%p21;
selp.f32 %f754,%f739,%f723,%p21;
shfl.sync.bfly.b32 %f691,%f692,%r495,0x1f,0xffffffff;
add.f32 %f755,%f754,%f691;
selp.f32 %f694,%f725,%f741,%p21;
selp.f32 %f756,%f741,%f725,%p21;
shfl.sync.bfly.b32 %f693,%f694,%r495,0x1f,0xffffffff;
add.f32 %f757,%f756,%f693;
selp.f32 %f696,%f727,%f743,%p21;
selp.f32 %f758,%f743,%f727,%p21;
shfl.sync.bfly.b32 %f695,%f696,%r495,0x1f,0xffffffff;
add.f32 %f759,%f758,%f695;
selp.f32 %f698,%f729,%f745,%p21;
selp.f32 %f760,%f745,%f729,%p21;
shfl.sync.bfly.b32 %f697,%f698,%r495,0x1f,0xffffffff;
add.f32 %f761,%f760,%f697;
selp.f32 %f700,%f731,%f747,%p21;
selp.f32 %f762,%f747,%f731,%p21;
shfl.sync.bfly.b32 %f699,%f700,%r495,0x1f,0xffffffff;
add.f32 %f763,%f762,%f699;
selp.f32 %f702,%f733,%f749,%p21;
selp.f32 %f764,%f749,%f733,%p21;
shfl.sync.bfly.b32 %f701,%f702,%r495,0x1f,0xffffffff;
add.f32 %f765,%f764,%f701;
selp.f32 %f704,%f735,%f751,%p21;
selp.f32 %f766,%f751,%f735,%p21;
shfl.sync.bfly.b32 %f703,%f704,%r495,0x1f,0xffffffff;
add.f32 %f767,%f766,%f703;
selp.f32 %f706,%f737,%f753,%p21;
selp.f32 %f768,%f753,%f737,%p21;
shfl.sync.bfly.b32 %f705,%f706,%r495,0x1f,0xffffffff;
add.f32 %f769,%f768,%f705;
mov.u32 %r499,4;
shr.u32 %r508,%r503,2;
and.b32 %r509,%r508,1;
setp.eq.b32 %p22,%r509,1;
selp.f32 %f708,%f755,%f763,%p22;
selp.f32 %f770,%f763,%f755,%p22;
shfl.sync.bfly.b32 %f707,%f708,%r499,0x1f,0xffffffff;
add.f32 %f771,%f770,%f707;
selp.f32 %f710,%f757,%f765,%p22;
selp.f32 %f772,%f765,%f757,%p22;
shfl.sync.bfly.b32 %f709,%f710,%r499,0x1f,0xffffffff;
add.f32 %f773,%f772,%f709;
selp.f32 %f712,%f759,%f767,%p22;
selp.f32 %f774,%f767,%f759,%p22;
shfl.sync.bfly.b32 %f711,%f712,%r499,0x1f,0xffffffff;
add.f32 %f775,%f774,%f711;
selp.f32 %f714,%f761,%f769,%p22;
selp.f32 %f776,%f769,%f761,%p22;
shfl.sync.bfly.b32 %f713,%f714,%r499,0x1f,0xffffffff;
add.f32 %f777,%f776,%f713;
mov.u32 %r501,2;
shr.u32 %r510,%r503,1;
and.b32 %r511,%r510,1;
setp.eq.b32 %p23,%r511,1;
selp.f32 %f716,%f771,%f775,%p23;
selp.f32 %f778,%f775,%f771,%p23;
shfl.sync.bfly.b32 %f715,%f716,%r501,0x1f,0xffffffff;
add.f32 %f779,%f778,%f715;
selp.f32 %f718,%f773,%f777,%p23;
selp.f32 %f780,%f777,%f773,%p23;
shfl.sync.bfly.b32 %f717,%f718,%r501,0x1f,0xffffffff;
add.f32 %f781,%f780,%f717;
mov.u32 %r502,1;
and.b32 %r512,%r503,1;
setp.eq.b32 %p24,%r512,1;
selp.f32 %f720,%f779,%f781,%p24;
selp.f32 %f782,%f781,%f779,%p24;
shfl.sync.bfly.b32 %f719,%f720,%r502,0x1f,0xffffffff;
add.f32 %f783,%f782,%f719;
shr.u32 %r513,%r503,5;
mul.wide.u32 %rd69,%r513,128;
mov.u64 %rd70,shared1;
add.s64 %rd71,%rd70,%rd69;
shl.b32 %r514,%r503,2;
cvt.u64.u32 %rd72,%r514;
and.b64 %rd73,%rd72,124;
add.s64 %rd74,%rd71,%rd73;
st.shared.f32 [%rd74],%f783;
bar.sync 0;
setp.gt.u32 %p25,%r503,31;
@%p25 bra $L__BB3_55;
mul.wide.u32 %rd75,%r503,4;
add.s64 %rd77,%rd70,%rd75;
ld.shared.f32 %f784,[%rd77];
add.f32 %f785,%f784,0f00000000;
ld.shared.f32 %f786,[%rd77+128];
add.f32 %f787,%f785,%f786;
ld.shared.f32 %f788,[%rd77+256];
add.f32 %f789,%f787,%f788;
ld.shared.f32 %f790,[%rd77+384];
add.f32 %f889,%f789,%f790;
$L__BB3_55:
ld.param.u32 %r529,[p5];
ld.param.u32 %r528,[p6];
add.s32 %r127,%r3,%r506;
and.b32 %r518,%r503,7;
add.s32 %r128,%r2,%r518;
setp.ge.s32 %p27,%r127,%r529;
or.pred %p28,%p25,%p27;
setp.ge.s32 %p29,%r128,%r528;
or.pred %p30,%p29,%p28;
@%p30 bra $L__BB3_75;
ld.param.u32 %r530,[p8];
cvt.s64.s32 %rd11,%r128;
bfe.u32 %r129,%r530,2,2;
setp.eq.s32 %p31,%r129,2;
@%p31 bra $L__BB3_60;
bra.uni $L__BB3_57;
$L__BB3_60:
ld.param.u64 %rd100,[p2];
cvta.to.global.u64 %rd81,%rd100;
shl.b64 %rd82,%rd11,2;
add.s64 %rd83,%rd81,%rd82;
ld.global.f32 %f890,[%rd83];
bra.uni $L__BB3_61;
$L__BB3_57:
ld.param.u64 %rd97,[p2];
cvta.to.global.u64 %rd78,%rd97;
shl.b64 %rd79,%rd11,1;
add.s64 %rd80,%rd78,%rd79;
ld.global.u16 %r130,[%rd80];
setp.eq.s32 %p32,%r129,0;
@%p32 bra $L__BB3_59;
shl.b32 %r519,%r130,16;
mov.b32 %f890,%r519;
bra.uni $L__BB3_61;
$L__BB3_59:
{ .reg .b16 h; cvt.u16.u32 h,%r130; cvt.f32.f16 %f890,h; }
$L__BB3_61:
ld.param.u64 %rd101,[p3];
mul.f32 %f188,%f889,%f890;
setp.eq.s64 %p33,%rd101,0;
@%p33 bra $L__BB3_68;
ld.param.u32 %r531,[p8];
bfe.u32 %r131,%r531,4,2;
setp.eq.s32 %p34,%r131,2;
@%p34 bra $L__BB3_66;
bra.uni $L__BB3_63;
$L__BB3_66:
ld.param.u64 %rd103,[p3];
cvta.to.global.u64 %rd87,%rd103;
shl.b64 %rd88,%rd11,2;
add.s64 %rd89,%rd87,%rd88;
ld.global.f32 %f891,[%rd89];
bra.uni $L__BB3_67;
$L__BB3_63:
ld.param.u64 %rd102,[p3];
cvta.to.global.u64 %rd84,%rd102;
shl.b64 %rd85,%rd11,1;
add.s64 %rd86,%rd84,%rd85;
ld.global.u16 %r132,[%rd86];
setp.eq.s32 %p35,%r131,0;
@%p35 bra $L__BB3_65;
shl.b32 %r521,%r132,16;
mov.b32 %f891,%r521;
bra.uni $L__BB3_67;
$L__BB3_65:
{ .reg .b16 h; cvt.u16.u32 h,%r132; cvt.f32.f16 %f891,h; }
$L__BB3_67:
add.f32 %f188,%f188,%f891;
$L__BB3_68:
ld.param.u32 %r533,[p8];
ld.param.u32 %r532,[p6];
mul.wide.s32 %rd90,%r127,%r532;
add.s64 %rd12,%rd90,%rd11;
cvt.u16.u32 %rs5,%r533;
and.b16 %rs4,%rs5,3;
setp.eq.s16 %p36,%rs4,2;
@%p36 bra $L__BB3_71;
setp.ne.s16 %p37,%rs4,0;
@%p37 bra $L__BB3_72;
cvt.rn.f16.f32 %rs8,%f188;
bra.uni $L__BB3_74;
$L__BB3_71:
ld.param.u64 %rd99,[p4];
cvta.to.global.u64 %rd91,%rd99;
shl.b64 %rd92,%rd12,2;
add.s64 %rd93,%rd91,%rd92;
st.global.f32 [%rd93],%f188;
bra.uni $L__BB3_75;
$L__BB3_72:
mov.b32 %r133,%f188;
and.b32 %r523,%r133,2147483647;
setp.gt.u32 %p38,%r523,2139095040;
mov.u16 %rs8,32767;
@%p38 bra $L__BB3_74;
bfe.u32 %r524,%r133,16,1;
add.s32 %r525,%r133,%r524;
add.s32 %r526,%r525,32767;
shr.u32 %r527,%r526,16;
cvt.u16.u32 %rs8,%r527;
$L__BB3_74:
ld.param.u64 %rd98,[p4];
cvta.to.global.u64 %rd94,%rd98;
shl.b64 %rd95,%rd12,1;
add.s64 %rd96,%rd94,%rd95;
st.global.u16 [%rd96],%rs8;
$L__BB3_75:
ret;
}
.visible .entry int4_gemv_8(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 128,1,1
{
.reg .pred %p<55>;
.reg .b16 %rs<9>;
.reg .f32 %f<990>;
.reg .b32 %r<701>;
.reg .b64 %rd<117>;
ld.param.u64 %rd18,[p1];
ld.param.u32 %r242,[p5];
ld.param.u32 %r243,[p6];
ld.param.u32 %r245,[p7];
ld.param.u32 %r244,[p8];
shr.s32 %r246,%r245,31;
shr.u32 %r247,%r246,29;
add.s32 %r248,%r245,%r247;
shr.s32 %r1,%r248,3;
add.s32 %r249,%r242,7;
shr.s32 %r250,%r249,31;
shr.u32 %r251,%r250,29;
add.s32 %r252,%r249,%r251;
shr.s32 %r253,%r252,3;
mov.u32 %r254,%ctaid.x;
div.u32 %r255,%r254,%r253;
shl.b32 %r2,%r255,2;
mul.lo.s32 %r256,%r255,%r253;
sub.s32 %r257,%r254,%r256;
shl.b32 %r3,%r257,3;
mov.u32 %r637,%tid.x;
setp.ge.s32 %p1,%r637,%r1;
mov.f32 %f954,0f00000000;
mov.f32 %f955,%f954;
mov.f32 %f956,%f954;
mov.f32 %f957,%f954;
mov.f32 %f958,%f954;
mov.f32 %f959,%f954;
mov.f32 %f960,%f954;
mov.f32 %f961,%f954;
mov.f32 %f962,%f954;
mov.f32 %f963,%f954;
mov.f32 %f964,%f954;
mov.f32 %f965,%f954;
mov.f32 %f966,%f954;
mov.f32 %f967,%f954;
mov.f32 %f968,%f954;
mov.f32 %f969,%f954;
mov.f32 %f970,%f954;
mov.f32 %f971,%f954;
mov.f32 %f972,%f954;
mov.f32 %f973,%f954;
mov.f32 %f974,%f954;
mov.f32 %f975,%f954;
mov.f32 %f976,%f954;
mov.f32 %f977,%f954;
mov.f32 %f978,%f954;
mov.f32 %f979,%f954;
mov.f32 %f980,%f954;
mov.f32 %f981,%f954;
mov.f32 %f982,%f954;
mov.f32 %f983,%f954;
mov.f32 %f984,%f954;
mov.f32 %f985,%f954;
@%p1 bra $L__BB4_101;
add.s32 %r258,%r242,-1;
add.s32 %r259,%r3,2;
add.s32 %r260,%r3,3;
add.s32 %r261,%r3,4;
add.s32 %r262,%r3,5;
add.s32 %r263,%r3,6;
add.s32 %r264,%r3,7;
and.b32 %r5,%r244,3;
min.s32 %r265,%r264,%r258;
mul.wide.s32 %rd1,%r265,%r1;
min.s32 %r266,%r263,%r258;
mul.wide.s32 %rd2,%r266,%r1;
min.s32 %r267,%r262,%r258;
mul.wide.s32 %rd3,%r267,%r1;
min.s32 %r268,%r261,%r258;
mul.wide.s32 %rd4,%r268,%r1;
min.s32 %r269,%r260,%r258;
mul.wide.s32 %rd5,%r269,%r1;
min.s32 %r270,%r259,%r258;
mul.wide.s32 %rd6,%r270,%r1;
$L__BB4_2:
.pragma "nounroll";
ld.param.u32 %r636,[p5];
add.s32 %r635,%r636,-1;
ld.param.u64 %rd116,[p0];
add.s32 %r275,%r243,-1;
min.s32 %r276,%r2,%r275;
mul.wide.s32 %rd26,%r276,%r1;
cvt.s64.s32 %rd27,%r637;
add.s64 %rd28,%rd26,%rd27;
shl.b64 %rd29,%rd28,2;
add.s64 %rd22,%rd116,%rd29;
ld.global.cs.nc.u32 %r271,[%rd22];
add.s32 %r277,%r2,1;
min.s32 %r278,%r277,%r275;
mul.wide.s32 %rd30,%r278,%r1;
add.s64 %rd31,%rd30,%rd27;
shl.b64 %rd32,%rd31,2;
add.s64 %rd23,%rd116,%rd32;
ld.global.cs.nc.u32 %r272,[%rd23];
add.s32 %r279,%r2,2;
min.s32 %r280,%r279,%r275;
mul.wide.s32 %rd33,%r280,%r1;
add.s64 %rd34,%rd33,%rd27;
shl.b64 %rd35,%rd34,2;
add.s64 %rd24,%rd116,%rd35;
ld.global.cs.nc.u32 %r273,[%rd24];
add.s32 %r281,%r2,3;
min.s32 %r282,%r281,%r275;
mul.wide.s32 %rd36,%r282,%r1;
add.s64 %rd37,%rd36,%rd27;
shl.b64 %rd38,%rd37,2;
add.s64 %rd25,%rd116,%rd38;
ld.global.cs.nc.u32 %r274,[%rd25];
min.s32 %r284,%r3,%r635;
mul.wide.s32 %rd39,%r284,%r1;
add.s64 %rd7,%rd39,%rd27;
add.s32 %r285,%r3,1;
min.s32 %r286,%r285,%r635;
mul.wide.s32 %rd40,%r286,%r1;
add.s64 %rd8,%rd40,%rd27;
add.s64 %rd9,%rd6,%rd27;
add.s64 %rd10,%rd5,%rd27;
add.s64 %rd11,%rd4,%rd27;
add.s64 %rd12,%rd3,%rd27;
add.s64 %rd13,%rd2,%rd27;
add.s64 %rd14,%rd1,%rd27;
setp.eq.s32 %p2,%r5,2;
@%p2 bra $L__BB4_99;
bra.uni $L__BB4_3;
$L__BB4_99:
shl.b64 %rd73,%rd7,5;
add.s64 %rd57,%rd18,%rd73;
ld.global.nc.v4.u32 {%r700,%r416,%r699,%r418},[%rd57];
add.s64 %rd58,%rd57,16;
ld.global.nc.v4.u32 {%r698,%r420,%r697,%r422},[%rd58];
mov.b32 %f953,%r416;
mov.b32 %f952,%r418;
mov.b32 %f951,%r420;
mov.b32 %f950,%r422;
shl.b64 %rd74,%rd8,5;
add.s64 %rd59,%rd18,%rd74;
ld.global.nc.v4.u32 {%r696,%r424,%r695,%r426},[%rd59];
add.s64 %rd60,%rd59,16;
ld.global.nc.v4.u32 {%r694,%r428,%r693,%r430},[%rd60];
mov.b32 %f949,%r424;
mov.b32 %f948,%r426;
mov.b32 %f947,%r428;
mov.b32 %f946,%r430;
shl.b64 %rd75,%rd9,5;
add.s64 %rd61,%rd18,%rd75;
ld.global.nc.v4.u32 {%r692,%r432,%r691,%r434},[%rd61];
add.s64 %rd62,%rd61,16;
ld.global.nc.v4.u32 {%r690,%r436,%r689,%r438},[%rd62];
mov.b32 %f945,%r432;
mov.b32 %f944,%r434;
mov.b32 %f943,%r436;
mov.b32 %f942,%r438;
shl.b64 %rd76,%rd10,5;
add.s64 %rd63,%rd18,%rd76;
ld.global.nc.v4.u32 {%r688,%r440,%r687,%r442},[%rd63];
add.s64 %rd64,%rd63,16;
ld.global.nc.v4.u32 {%r686,%r444,%r685,%r446},[%rd64];
mov.b32 %f941,%r440;
mov.b32 %f940,%r442;
mov.b32 %f939,%r444;
mov.b32 %f938,%r446;
shl.b64 %rd77,%rd11,5;
add.s64 %rd65,%rd18,%rd77;
ld.global.nc.v4.u32 {%r684,%r448,%r683,%r450},[%rd65];
add.s64 %rd66,%rd65,16;
ld.global.nc.v4.u32 {%r682,%r452,%r681,%r454},[%rd66];
mov.b32 %f937,%r448;
mov.b32 %f936,%r450;
mov.b32 %f935,%r452;
mov.b32 %f934,%r454;
shl.b64 %rd78,%rd12,5;
add.s64 %rd67,%rd18,%rd78;
ld.global.nc.v4.u32 {%r680,%r456,%r679,%r458},[%rd67];
add.s64 %rd68,%rd67,16;
ld.global.nc.v4.u32 {%r678,%r460,%r677,%r462},[%rd68];
mov.b32 %f933,%r456;
mov.b32 %f932,%r458;
mov.b32 %f931,%r460;
mov.b32 %f930,%r462;
shl.b64 %rd79,%rd13,5;
add.s64 %rd69,%rd18,%rd79;
ld.global.nc.v4.u32 {%r676,%r464,%r675,%r466},[%rd69];
add.s64 %rd70,%rd69,16;
ld.global.nc.v4.u32 {%r674,%r468,%r673,%r470},[%rd70];
mov.b32 %f929,%r464;
mov.b32 %f928,%r466;
mov.b32 %f927,%r468;
mov.b32 %f926,%r470;
shl.b64 %rd80,%rd14,5;
add.s64 %rd71,%rd18,%rd80;
ld.global.nc.v4.u32 {%r672,%r472,%r671,%r474},[%rd71];
add.s64 %rd72,%rd71,16;
ld.global.nc.v4.u32 {%r670,%r476,%r669,%r478},[%rd72];
mov.b32 %f925,%r472;
mov.b32 %f924,%r474;
mov.b32 %f923,%r476;
mov.b32 %f922,%r478;
bra.uni $L__BB4_100;
$L__BB4_3:
setp.eq.s32 %p3,%r5,0;
shl.b64 %rd49,%rd7,4;
add.s64 %rd41,%rd18,%rd49;
ld.global.nc.v4.u32 {%r287,%r288,%r289,%r290},[%rd41];
shl.b64 %rd50,%rd8,4;
add.s64 %rd42,%rd18,%rd50;
ld.global.nc.v4.u32 {%r291,%r292,%r293,%r294},[%rd42];
shl.b64 %rd51,%rd9,4;
add.s64 %rd43,%rd18,%rd51;
ld.global.nc.v4.u32 {%r295,%r296,%r297,%r298},[%rd43];
shl.b64 %rd52,%rd10,4;
add.s64 %rd44,%rd18,%rd52;
ld.global.nc.v4.u32 {%r299,%r300,%r301,%r302},[%rd44];
shl.b64 %rd53,%rd11,4;
add.s64 %rd45,%rd18,%rd53;
ld.global.nc.v4.u32 {%r303,%r304,%r305,%r306},[%rd45];
shl.b64 %rd54,%rd12,4;
add.s64 %rd46,%rd18,%rd54;
ld.global.nc.v4.u32 {%r307,%r308,%r309,%r310},[%rd46];
shl.b64 %rd55,%rd13,4;
add.s64 %rd47,%rd18,%rd55;
ld.global.nc.v4.u32 {%r311,%r312,%r313,%r314},[%rd47];
shl.b64 %rd56,%rd14,4;
add.s64 %rd48,%rd18,%rd56;
ld.global.nc.v4.u32 {%r315,%r316,%r317,%r318},[%rd48];
@%p3 bra $L__BB4_5;
shl.b32 %r700,%r287,16;
and.b32 %r319,%r287,-65536;
mov.b32 %f953,%r319;
bra.uni $L__BB4_6;
$L__BB4_5:
{ .reg .b16 h; cvt.u16.u32 h,%r287; cvt.f32.f16 %f333,h; }
mov.b32 %r700,%f333;
shr.u32 %r321,%r287,16;
{ .reg .b16 h; cvt.u16.u32 h,%r321; cvt.f32.f16 %f953,h; }
$L__BB4_6:
@%p3 bra $L__BB4_8;
shl.b32 %r699,%r288,16;
and.b32 %r322,%r288,-65536;
mov.b32 %f952,%r322;
bra.uni $L__BB4_9;
$L__BB4_8:
{ .reg .b16 h; cvt.u16.u32 h,%r288; cvt.f32.f16 %f335,h; }
mov.b32 %r699,%f335;
shr.u32 %r324,%r288,16;
{ .reg .b16 h; cvt.u16.u32 h,%r324; cvt.f32.f16 %f952,h; }
$L__BB4_9:
@%p3 bra $L__BB4_11;
shl.b32 %r698,%r289,16;
and.b32 %r325,%r289,-65536;
mov.b32 %f951,%r325;
bra.uni $L__BB4_12;
$L__BB4_11:
{ .reg .b16 h; cvt.u16.u32 h,%r289; cvt.f32.f16 %f337,h; }
mov.b32 %r698,%f337;
shr.u32 %r327,%r289,16;
{ .reg .b16 h; cvt.u16.u32 h,%r327; cvt.f32.f16 %f951,h; }
$L__BB4_12:
@%p3 bra $L__BB4_14;
shl.b32 %r697,%r290,16;
and.b32 %r328,%r290,-65536;
mov.b32 %f950,%r328;
bra.uni $L__BB4_15;
$L__BB4_14:
{ .reg .b16 h; cvt.u16.u32 h,%r290; cvt.f32.f16 %f339,h; }
mov.b32 %r697,%f339;
shr.u32 %r330,%r290,16;
{ .reg .b16 h; cvt.u16.u32 h,%r330; cvt.f32.f16 %f950,h; }
$L__BB4_15:
@%p3 bra $L__BB4_17;
shl.b32 %r696,%r291,16;
and.b32 %r331,%r291,-65536;
mov.b32 %f949,%r331;
bra.uni $L__BB4_18;
$L__BB4_17:
{ .reg .b16 h; cvt.u16.u32 h,%r291; cvt.f32.f16 %f341,h; }
mov.b32 %r696,%f341;
shr.u32 %r333,%r291,16;
{ .reg .b16 h; cvt.u16.u32 h,%r333; cvt.f32.f16 %f949,h; }
$L__BB4_18:
@%p3 bra $L__BB4_20;
shl.b32 %r695,%r292,16;
and.b32 %r334,%r292,-65536;
mov.b32 %f948,%r334;
bra.uni $L__BB4_21;
$L__BB4_20:
{ .reg .b16 h; cvt.u16.u32 h,%r292; cvt.f32.f16 %f343,h; }
mov.b32 %r695,%f343;
shr.u32 %r336,%r292,16;
{ .reg .b16 h; cvt.u16.u32 h,%r336; cvt.f32.f16 %f948,h; }
$L__BB4_21:
@%p3 bra $L__BB4_23;
shl.b32 %r694,%r293,16;
and.b32 %r337,%r293,-65536;
mov.b32 %f947,%r337;
bra.uni $L__BB4_24;
$L__BB4_23:
{ .reg .b16 h; cvt.u16.u32 h,%r293; cvt.f32.f16 %f345,h; }
mov.b32 %r694,%f345;
shr.u32 %r339,%r293,16;
{ .reg .b16 h; cvt.u16.u32 h,%r339; cvt.f32.f16 %f947,h; }
$L__BB4_24:
@%p3 bra $L__BB4_26;
shl.b32 %r693,%r294,16;
and.b32 %r340,%r294,-65536;
mov.b32 %f946,%r340;
bra.uni $L__BB4_27;
$L__BB4_26:
{ .reg .b16 h; cvt.u16.u32 h,%r294; cvt.f32.f16 %f347,h; }
mov.b32 %r693,%f347;
shr.u32 %r342,%r294,16;
{ .reg .b16 h; cvt.u16.u32 h,%r342; cvt.f32.f16 %f946,h; }
$L__BB4_27:
@%p3 bra $L__BB4_29;
shl.b32 %r692,%r295,16;
and.b32 %r343,%r295,-65536;
mov.b32 %f945,%r343;
bra.uni $L__BB4_30;
$L__BB4_29:
{ .reg .b16 h; cvt.u16.u32 h,%r295; cvt.f32.f16 %f349,h; }
mov.b32 %r692,%f349;
shr.u32 %r345,%r295,16;
{ .reg .b16 h; cvt.u16.u32 h,%r345; cvt.f32.f16 %f945,h; }
$L__BB4_30:
@%p3 bra $L__BB4_32;
shl.b32 %r691,%r296,16;
and.b32 %r346,%r296,-65536;
mov.b32 %f944,%r346;
bra.uni $L__BB4_33;
$L__BB4_32:
{ .reg .b16 h; cvt.u16.u32 h,%r296; cvt.f32.f16 %f351,h; }
mov.b32 %r691,%f351;
shr.u32 %r348,%r296,16;
{ .reg .b16 h; cvt.u16.u32 h,%r348; cvt.f32.f16 %f944,h; }
$L__BB4_33:
@%p3 bra $L__BB4_35;
shl.b32 %r690,%r297,16;
and.b32 %r349,%r297,-65536;
mov.b32 %f943,%r349;
bra.uni $L__BB4_36;
$L__BB4_35:
{ .reg .b16 h; cvt.u16.u32 h,%r297; cvt.f32.f16 %f353,h; }
mov.b32 %r690,%f353;
shr.u32 %r351,%r297,16;
{ .reg .b16 h; cvt.u16.u32 h,%r351; cvt.f32.f16 %f943,h; }
$L__BB4_36:
@%p3 bra $L__BB4_38;
shl.b32 %r689,%r298,16;
and.b32 %r352,%r298,-65536;
mov.b32 %f942,%r352;
bra.uni $L__BB4_39;
$L__BB4_38:
{ .reg .b16 h; cvt.u16.u32 h,%r298; cvt.f32.f16 %f355,h; }
mov.b32 %r689,%f355;
shr.u32 %r354,%r298,16;
{ .reg .b16 h; cvt.u16.u32 h,%r354; cvt.f32.f16 %f942,h; }
$L__BB4_39:
@%p3 bra $L__BB4_41;
shl.b32 %r688,%r299,16;
and.b32 %r355,%r299,-65536;
mov.b32 %f941,%r355;
bra.uni $L__BB4_42;
$L__BB4_41:
{ .reg .b16 h; cvt.u16.u32 h,%r299; cvt.f32.f16 %f357,h; }
mov.b32 %r688,%f357;
shr.u32 %r357,%r299,16;
{ .reg .b16 h; cvt.u16.u32 h,%r357; cvt.f32.f16 %f941,h; }
$L__BB4_42:
@%p3 bra $L__BB4_44;
shl.b32 %r687,%r300,16;
and.b32 %r358,%r300,-65536;
mov.b32 %f940,%r358;
bra.uni $L__BB4_45;
$L__BB4_44:
{ .reg .b16 h; cvt.u16.u32 h,%r300; cvt.f32.f16 %f359,h; }
mov.b32 %r687,%f359;
shr.u32 %r360,%r300,16;
{ .reg .b16 h; cvt.u16.u32 h,%r360; cvt.f32.f16 %f940,h; }
$L__BB4_45:
@%p3 bra $L__BB4_47;
shl.b32 %r686,%r301,16;
and.b32 %r361,%r301,-65536;
mov.b32 %f939,%r361;
bra.uni $L__BB4_48;
$L__BB4_47:
{ .reg .b16 h; cvt.u16.u32 h,%r301; cvt.f32.f16 %f361,h; }
mov.b32 %r686,%f361;
shr.u32 %r363,%r301,16;
{ .reg .b16 h; cvt.u16.u32 h,%r363; cvt.f32.f16 %f939,h; }
$L__BB4_48:
@%p3 bra $L__BB4_50;
shl.b32 %r685,%r302,16;
and.b32 %r364,%r302,-65536;
mov.b32 %f938,%r364;
bra.uni $L__BB4_51;
$L__BB4_50:
{ .reg .b16 h; cvt.u16.u32 h,%r302; cvt.f32.f16 %f363,h; }
mov.b32 %r685,%f363;
shr.u32 %r366,%r302,16;
{ .reg .b16 h; cvt.u16.u32 h,%r366; cvt.f32.f16 %f938,h; }
$L__BB4_51:
@%p3 bra $L__BB4_53;
shl.b32 %r684,%r303,16;
and.b32 %r367,%r303,-65536;
mov.b32 %f937,%r367;
bra.uni $L__BB4_54;
$L__BB4_53:
{ .reg .b16 h; cvt.u16.u32 h,%r303; cvt.f32.f16 %f365,h; }
mov.b32 %r684,%f365;
shr.u32 %r369,%r303,16;
{ .reg .b16 h; cvt.u16.u32 h,%r369; cvt.f32.f16 %f937,h; }
$L__BB4_54:
@%p3 bra $L__BB4_56;
shl.b32 %r683,%r304,16;
and.b32 %r370,%r304,-65536;
mov.b32 %f936,%r370;
bra.uni $L__BB4_57;
$L__BB4_56:
{ .reg .b16 h; cvt.u16.u32 h,%r304; cvt.f32.f16 %f367,h; }
mov.b32 %r683,%f367;
shr.u32 %r372,%r304,16;
{ .reg .b16 h; cvt.u16.u32 h,%r372; cvt.f32.f16 %f936,h; }
$L__BB4_57:
@%p3 bra $L__BB4_59;
shl.b32 %r682,%r305,16;
and.b32 %r373,%r305,-65536;
mov.b32 %f935,%r373;
bra.uni $L__BB4_60;
$L__BB4_59:
{ .reg .b16 h; cvt.u16.u32 h,%r305; cvt.f32.f16 %f369,h; }
mov.b32 %r682,%f369;
shr.u32 %r375,%r305,16;
{ .reg .b16 h; cvt.u16.u32 h,%r375; cvt.f32.f16 %f935,h; }
$L__BB4_60:
@%p3 bra $L__BB4_62;
shl.b32 %r681,%r306,16;
and.b32 %r376,%r306,-65536;
mov.b32 %f934,%r376;
bra.uni $L__BB4_63;
$L__BB4_62:
{ .reg .b16 h; cvt.u16.u32 h,%r306; cvt.f32.f16 %f371,h; }
mov.b32 %r681,%f371;
shr.u32 %r378,%r306,16;
{ .reg .b16 h; cvt.u16.u32 h,%r378; cvt.f32.f16 %f934,h; }
$L__BB4_63:
@%p3 bra $L__BB4_65;
shl.b32 %r680,%r307,16;
and.b32 %r379,%r307,-65536;
mov.b32 %f933,%r379;
bra.uni $L__BB4_66;
$L__BB4_65:
{ .reg .b16 h; cvt.u16.u32 h,%r307; cvt.f32.f16 %f373,h; }
mov.b32 %r680,%f373;
shr.u32 %r381,%r307,16;
{ .reg .b16 h; cvt.u16.u32 h,%r381; cvt.f32.f16 %f933,h; }
$L__BB4_66:
@%p3 bra $L__BB4_68;
shl.b32 %r679,%r308,16;
and.b32 %r382,%r308,-65536;
mov.b32 %f932,%r382;
bra.uni $L__BB4_69;
$L__BB4_68:
{ .reg .b16 h; cvt.u16.u32 h,%r308; cvt.f32.f16 %f375,h; }
mov.b32 %r679,%f375;
shr.u32 %r384,%r308,16;
{ .reg .b16 h; cvt.u16.u32 h,%r384; cvt.f32.f16 %f932,h; }
$L__BB4_69:
@%p3 bra $L__BB4_71;
shl.b32 %r678,%r309,16;
and.b32 %r385,%r309,-65536;
mov.b32 %f931,%r385;
bra.uni $L__BB4_72;
$L__BB4_71:
{ .reg .b16 h; cvt.u16.u32 h,%r309; cvt.f32.f16 %f377,h; }
mov.b32 %r678,%f377;
shr.u32 %r387,%r309,16;
{ .reg .b16 h; cvt.u16.u32 h,%r387; cvt.f32.f16 %f931,h; }
$L__BB4_72:
@%p3 bra $L__BB4_74;
shl.b32 %r677,%r310,16;
and.b32 %r388,%r310,-65536;
mov.b32 %f930,%r388;
bra.uni $L__BB4_75;
$L__BB4_74:
{ .reg .b16 h; cvt.u16.u32 h,%r310; cvt.f32.f16 %f379,h; }
mov.b32 %r677,%f379;
shr.u32 %r390,%r310,16;
{ .reg .b16 h; cvt.u16.u32 h,%r390; cvt.f32.f16 %f930,h; }
$L__BB4_75:
@%p3 bra $L__BB4_77;
shl.b32 %r676,%r311,16;
and.b32 %r391,%r311,-65536;
mov.b32 %f929,%r391;
bra.uni $L__BB4_78;
$L__BB4_77:
{ .reg .b16 h; cvt.u16.u32 h,%r311; cvt.f32.f16 %f381,h; }
mov.b32 %r676,%f381;
shr.u32 %r393,%r311,16;
{ .reg .b16 h; cvt.u16.u32 h,%r393; cvt.f32.f16 %f929,h; }
$L__BB4_78:
@%p3 bra $L__BB4_80;
shl.b32 %r675,%r312,16;
and.b32 %r394,%r312,-65536;
mov.b32 %f928,%r394;
bra.uni $L__BB4_81;
$L__BB4_80:
{ .reg .b16 h; cvt.u16.u32 h,%r312; cvt.f32.f16 %f383,h; }
mov.b32 %r675,%f383;
shr.u32 %r396,%r312,16;
{ .reg .b16 h; cvt.u16.u32 h,%r396; cvt.f32.f16 %f928,h; }
$L__BB4_81:
@%p3 bra $L__BB4_83;
shl.b32 %r674,%r313,16;
and.b32 %r397,%r313,-65536;
mov.b32 %f927,%r397;
bra.uni $L__BB4_84;
$L__BB4_83:
{ .reg .b16 h; cvt.u16.u32 h,%r313; cvt.f32.f16 %f385,h; }
mov.b32 %r674,%f385;
shr.u32 %r399,%r313,16;
{ .reg .b16 h; cvt.u16.u32 h,%r399; cvt.f32.f16 %f927,h; }
$L__BB4_84:
@%p3 bra $L__BB4_86;
shl.b32 %r673,%r314,16;
and.b32 %r400,%r314,-65536;
mov.b32 %f926,%r400;
bra.uni $L__BB4_87;
$L__BB4_86:
{ .reg .b16 h; cvt.u16.u32 h,%r314; cvt.f32.f16 %f387,h; }
mov.b32 %r673,%f387;
shr.u32 %r402,%r314,16;
{ .reg .b16 h; cvt.u16.u32 h,%r402; cvt.f32.f16 %f926,h; }
$L__BB4_87:
@%p3 bra $L__BB4_89;
shl.b32 %r672,%r315,16;
and.b32 %r403,%r315,-65536;
mov.b32 %f925,%r403;
bra.uni $L__BB4_90;
$L__BB4_89:
{ .reg .b16 h; cvt.u16.u32 h,%r315; cvt.f32.f16 %f389,h; }
mov.b32 %r672,%f389;
shr.u32 %r405,%r315,16;
{ .reg .b16 h; cvt.u16.u32 h,%r405; cvt.f32.f16 %f925,h; }
$L__BB4_90:
@%p3 bra $L__BB4_92;
shl.b32 %r671,%r316,16;
and.b32 %r406,%r316,-65536;
mov.b32 %f924,%r406;
bra.uni $L__BB4_93;
$L__BB4_92:
{ .reg .b16 h; cvt.u16.u32 h,%r316; cvt.f32.f16 %f391,h; }
mov.b32 %r671,%f391;
shr.u32 %r408,%r316,16;
{ .reg .b16 h; cvt.u16.u32 h,%r408; cvt.f32.f16 %f924,h; }
$L__BB4_93:
@%p3 bra $L__BB4_95;
shl.b32 %r670,%r317,16;
and.b32 %r409,%r317,-65536;
mov.b32 %f923,%r409;
bra.uni $L__BB4_96;
$L__BB4_95:
{ .reg .b16 h; cvt.u16.u32 h,%r317; cvt.f32.f16 %f393,h; }
mov.b32 %r670,%f393;
shr.u32 %r411,%r317,16;
{ .reg .b16 h; cvt.u16.u32 h,%r411; cvt.f32.f16 %f923,h; }
$L__BB4_96:
@%p3 bra $L__BB4_98;
shl.b32 %r669,%r318,16;
and.b32 %r412,%r318,-65536;
mov.b32 %f922,%r412;
bra.uni $L__BB4_100;
$L__BB4_98:
{ .reg .b16 h; cvt.u16.u32 h,%r318; cvt.f32.f16 %f395,h; }
mov.b32 %r669,%f395;
shr.u32 %r414,%r318,16;
{ .reg .b16 h; cvt.u16.u32 h,%r414; cvt.f32.f16 %f922,h; }
$L__BB4_100:
mov.u32 %r564,240;
mov.u32 %r565,1258291328;
lop3.b32 %f397,%r271,%r564,%r565,0x6a;
mov.f32 %f429,0fC9000080;
mov.f32 %f430,0f3D800000;
fma.rn.f32 %f431,%f397,%f430,%f429;
mov.u32 %r567,15;
mov.u32 %r568,1258291208;
lop3.b32 %f398,%r271,%r567,%r568,0x6a;
add.f32 %f432,%f398,0fCB000008;
mov.u32 %r570,61440;
mov.u32 %r571,1258323968;
lop3.b32 %f399,%r271,%r570,%r571,0x6a;
mov.f32 %f433,0fC5008000;
mov.f32 %f434,0f39800000;
fma.rn.f32 %f435,%f399,%f434,%f433;
mov.u32 %r573,3840;
mov.u32 %r574,1258293248;
lop3.b32 %f400,%r271,%r573,%r574,0x6a;
mov.f32 %f436,0fC7000800;
mov.f32 %f437,0f3B800000;
fma.rn.f32 %f438,%f400,%f437,%f436;
shr.u32 %r500,%r271,16;
lop3.b32 %f401,%r500,%r564,%r565,0x6a;
fma.rn.f32 %f439,%f401,%f430,%f429;
lop3.b32 %f402,%r500,%r567,%r568,0x6a;
add.f32 %f440,%f402,0fCB000008;
lop3.b32 %f403,%r500,%r570,%r571,0x6a;
fma.rn.f32 %f441,%f403,%f434,%f433;
lop3.b32 %f404,%r500,%r573,%r574,0x6a;
fma.rn.f32 %f442,%f404,%f437,%f436;
mov.b32 %f443,%r700;
fma.rn.f32 %f444,%f431,%f443,%f977;
fma.rn.f32 %f445,%f432,%f953,%f444;
mov.b32 %f446,%r699;
fma.rn.f32 %f447,%f435,%f446,%f445;
fma.rn.f32 %f448,%f438,%f952,%f447;
mov.b32 %f449,%r698;
fma.rn.f32 %f450,%f439,%f449,%f448;
fma.rn.f32 %f451,%f440,%f951,%f450;
mov.b32 %f452,%r697;
fma.rn.f32 %f453,%f441,%f452,%f451;
fma.rn.f32 %f977,%f442,%f950,%f453;
mov.b32 %f454,%r696;
fma.rn.f32 %f455,%f431,%f454,%f973;
fma.rn.f32 %f456,%f432,%f949,%f455;
mov.b32 %f457,%r695;
fma.rn.f32 %f458,%f435,%f457,%f456;
fma.rn.f32 %f459,%f438,%f948,%f458;
mov.b32 %f460,%r694;
fma.rn.f32 %f461,%f439,%f460,%f459;
fma.rn.f32 %f462,%f440,%f947,%f461;
mov.b32 %f463,%r693;
fma.rn.f32 %f464,%f441,%f463,%f462;
fma.rn.f32 %f973,%f442,%f946,%f464;
mov.b32 %f465,%r692;
fma.rn.f32 %f466,%f431,%f465,%f969;
fma.rn.f32 %f467,%f432,%f945,%f466;
mov.b32 %f468,%r691;
fma.rn.f32 %f469,%f435,%f468,%f467;
fma.rn.f32 %f470,%f438,%f944,%f469;
mov.b32 %f471,%r690;
fma.rn.f32 %f472,%f439,%f471,%f470;
fma.rn.f32 %f473,%f440,%f943,%f472;
mov.b32 %f474,%r689;
fma.rn.f32 %f475,%f441,%f474,%f473;
fma.rn.f32 %f969,%f442,%f942,%f475;
mov.b32 %f476,%r688;
fma.rn.f32 %f477,%f431,%f476,%f965;
fma.rn.f32 %f478,%f432,%f941,%f477;
mov.b32 %f479,%r687;
fma.rn.f32 %f480,%f435,%f479,%f478;
fma.rn.f32 %f481,%f438,%f940,%f480;
mov.b32 %f482,%r686;
fma.rn.f32 %f483,%f439,%f482,%f481;
fma.rn.f32 %f484,%f440,%f939,%f483;
mov.b32 %f485,%r685;
fma.rn.f32 %f486,%f441,%f485,%f484;
fma.rn.f32 %f965,%f442,%f938,%f486;
mov.b32 %f487,%r684;
fma.rn.f32 %f488,%f431,%f487,%f961;
fma.rn.f32 %f489,%f432,%f937,%f488;
mov.b32 %f490,%r683;
fma.rn.f32 %f491,%f435,%f490,%f489;
fma.rn.f32 %f492,%f438,%f936,%f491;
mov.b32 %f493,%r682;
fma.rn.f32 %f494,%f439,%f493,%f492;
fma.rn.f32 %f495,%f440,%f935,%f494;
mov.b32 %f496,%r681;
fma.rn.f32 %f497,%f441,%f496,%f495;
fma.rn.f32 %f961,%f442,%f934,%f497;
mov.b32 %f498,%r680;
fma.rn.f32 %f499,%f431,%f498,%f957;
fma.rn.f32 %f500,%f432,%f933,%f499;
mov.b32 %f501,%r679;
fma.rn.f32 %f502,%f435,%f501,%f500;
fma.rn.f32 %f503,%f438,%f932,%f502;
mov.b32 %f504,%r678;
fma.rn.f32 %f505,%f439,%f504,%f503;
fma.rn.f32 %f506,%f440,%f931,%f505;
mov.b32 %f507,%r677;
fma.rn.f32 %f508,%f441,%f507,%f506;
fma.rn.f32 %f957,%f442,%f930,%f508;
mov.b32 %f509,%r676;
fma.rn.f32 %f510,%f431,%f509,%f978;
fma.rn.f32 %f511,%f432,%f929,%f510;
mov.b32 %f512,%r675;
fma.rn.f32 %f513,%f435,%f512,%f511;
fma.rn.f32 %f514,%f438,%f928,%f513;
mov.b32 %f515,%r674;
fma.rn.f32 %f516,%f439,%f515,%f514;
fma.rn.f32 %f517,%f440,%f927,%f516;
mov.b32 %f518,%r673;
fma.rn.f32 %f519,%f441,%f518,%f517;
fma.rn.f32 %f978,%f442,%f926,%f519;
mov.b32 %f520,%r672;
fma.rn.f32 %f521,%f431,%f520,%f982;
fma.rn.f32 %f522,%f432,%f925,%f521;
mov.b32 %f523,%r671;
fma.rn.f32 %f524,%f435,%f523,%f522;
fma.rn.f32 %f525,%f438,%f924,%f524;
mov.b32 %f526,%r670;
fma.rn.f32 %f527,%f439,%f526,%f525;
fma.rn.f32 %f528,%f440,%f923,%f527;
mov.b32 %f529,%r669;
fma.rn.f32 %f530,%f441,%f529,%f528;
fma.rn.f32 %f982,%f442,%f922,%f530;
lop3.b32 %f405,%r272,%r564,%r565,0x6a;
fma.rn.f32 %f531,%f405,%f430,%f429;
lop3.b32 %f406,%r272,%r567,%r568,0x6a;
add.f32 %f532,%f406,0fCB000008;
lop3.b32 %f407,%r272,%r570,%r571,0x6a;
fma.rn.f32 %f533,%f407,%f434,%f433;
lop3.b32 %f408,%r272,%r573,%r574,0x6a;
fma.rn.f32 %f534,%f408,%f437,%f436;
shr.u32 %r524,%r272,16;
lop3.b32 %f409,%r524,%r564,%r565,0x6a;
fma.rn.f32 %f535,%f409,%f430,%f429;
lop3.b32 %f410,%r524,%r567,%r568,0x6a;
add.f32 %f536,%f410,0fCB000008;
lop3.b32 %f411,%r524,%r570,%r571,0x6a;
fma.rn.f32 %f537,%f411,%f434,%f433;
lop3.b32 %f412,%r524,%r573,%r574,0x6a;
fma.rn.f32 %f538,%f412,%f437,%f436;
fma.rn.f32 %f539,%f531,%f443,%f976;
fma.rn.f32 %f540,%f532,%f953,%f539;
fma.rn.f32 %f541,%f533,%f446,%f540;
fma.rn.f32 %f542,%f534,%f952,%f541;
fma.rn.f32 %f543,%f535,%f449,%f542;
fma.rn.f32 %f544,%f536,%f951,%f543;
fma.rn.f32 %f545,%f537,%f452,%f544;
fma.rn.f32 %f976,%f538,%f950,%f545;
fma.rn.f32 %f546,%f531,%f454,%f972;
fma.rn.f32 %f547,%f532,%f949,%f546;
fma.rn.f32 %f548,%f533,%f457,%f547;
fma.rn.f32 %f549,%f534,%f948,%f548;
fma.rn.f32 %f550,%f535,%f460,%f549;
fma.rn.f32 %f551,%f536,%f947,%f550;
fma.rn.f32 %f552,%f537,%f463,%f551;
fma.rn.f32 %f972,%f538,%f946,%f552;
fma.rn.f32 %f553,%f531,%f465,%f968;
fma.rn.f32 %f554,%f532,%f945,%f553;
fma.rn.f32 %f555,%f533,%f468,%f554;
fma.rn.f32 %f556,%f534,%f944,%f555;
fma.rn.f32 %f557,%f535,%f471,%f556;
fma.rn.f32 %f558,%f536,%f943,%f557;
fma.rn.f32 %f559,%f537,%f474,%f558;
fma.rn.f32 %f968,%f538,%f942,%f559;
fma.rn.f32 %f560,%f531,%f476,%f964;
fma.rn.f32 %f561,%f532,%f941,%f560;
fma.rn.f32 %f562,%f533,%f479,%f561;
fma.rn.f32 %f563,%f534,%f940,%f562;
fma.rn.f32 %f564,%f535,%f482,%f563;
fma.rn.f32 %f565,%f536,%f939,%f564;
fma.rn.f32 %f566,%f537,%f485,%f565;
fma.rn.f32 %f964,%f538,%f938,%f566;
fma.rn.f32 %f567,%f531,%f487,%f960;
fma.rn.f32 %f568,%f532,%f937,%f567;
fma.rn.f32 %f569,%f533,%f490,%f568;
fma.rn.f32 %f570,%f534,%f936,%f569;
fma.rn.f32 %f571,%f535,%f493,%f570;
fma.rn.f32 %f572,%f536,%f935,%f571;
fma.rn.f32 %f573,%f537,%f496,%f572;
fma.rn.f32 %f960,%f538,%f934,%f573;
fma.rn.f32 %f574,%f531,%f498,%f956;
fma.rn.f32 %f575,%f532,%f933,%f574;
fma.rn.f32 %f576,%f533,%f501,%f575;
fma.rn.f32 %f577,%f534,%f932,%f576;
fma.rn.f32 %f578,%f535,%f504,%f577;
fma.rn.f32 %f579,%f536,%f931,%f578;
fma.rn.f32 %f580,%f537,%f507,%f579;
fma.rn.f32 %f956,%f538,%f930,%f580;
fma.rn.f32 %f581,%f531,%f509,%f979;
fma.rn.f32 %f582,%f532,%f929,%f581;
fma.rn.f32 %f583,%f533,%f512,%f582;
fma.rn.f32 %f584,%f534,%f928,%f583;
fma.rn.f32 %f585,%f535,%f515,%f584;
fma.rn.f32 %f586,%f536,%f927,%f585;
fma.rn.f32 %f587,%f537,%f518,%f586;
fma.rn.f32 %f979,%f538,%f926,%f587;
fma.rn.f32 %f588,%f531,%f520,%f983;
fma.rn.f32 %f589,%f532,%f925,%f588;
fma.rn.f32 %f590,%f533,%f523,%f589;
fma.rn.f32 %f591,%f534,%f924,%f590;
fma.rn.f32 %f592,%f535,%f526,%f591;
fma.rn.f32 %f593,%f536,%f923,%f592;
fma.rn.f32 %f594,%f537,%f529,%f593;
fma.rn.f32 %f983,%f538,%f922,%f594;
lop3.b32 %f413,%r273,%r564,%r565,0x6a;
fma.rn.f32 %f595,%f413,%f430,%f429;
lop3.b32 %f414,%r273,%r567,%r568,0x6a;
add.f32 %f596,%f414,0fCB000008;
lop3.b32 %f415,%r273,%r570,%r571,0x6a;
fma.rn.f32 %f597,%f415,%f434,%f433;
lop3.b32 %f416,%r273,%r573,%r574,0x6a;
fma.rn.f32 %f598,%f416,%f437,%f436;
shr.u32 %r548,%r273,16;
lop3.b32 %f417,%r548,%r564,%r565,0x6a;
fma.rn.f32 %f599,%f417,%f430,%f429;
lop3.b32 %f418,%r548,%r567,%r568,0x6a;
add.f32 %f600,%f418,0fCB000008;
lop3.b32 %f419,%r548,%r570,%r571,0x6a;
fma.rn.f32 %f601,%f419,%f434,%f433;
lop3.b32 %f420,%r548,%r573,%r574,0x6a;
fma.rn.f32 %f602,%f420,%f437,%f436;
fma.rn.f32 %f603,%f595,%f443,%f975;
fma.rn.f32 %f604,%f596,%f953,%f603;
fma.rn.f32 %f605,%f597,%f446,%f604;
fma.rn.f32 %f606,%f598,%f952,%f605;
fma.rn.f32 %f607,%f599,%f449,%f606;
fma.rn.f32 %f608,%f600,%f951,%f607;
fma.rn.f32 %f609,%f601,%f452,%f608;
fma.rn.f32 %f975,%f602,%f950,%f609;
fma.rn.f32 %f610,%f595,%f454,%f971;
fma.rn.f32 %f611,%f596,%f949,%f610;
fma.rn.f32 %f612,%f597,%f457,%f611;
fma.rn.f32 %f613,%f598,%f948,%f612;
fma.rn.f32 %f614,%f599,%f460,%f613;
fma.rn.f32 %f615,%f600,%f947,%f614;
fma.rn.f32 %f616,%f601,%f463,%f615;
fma.rn.f32 %f971,%f602,%f946,%f616;
fma.rn.f32 %f617,%f595,%f465,%f967;
fma.rn.f32 %f618,%f596,%f945,%f617;
fma.rn.f32 %f619,%f597,%f468,%f618;
fma.rn.f32 %f620,%f598,%f944,%f619;
fma.rn.f32 %f621,%f599,%f471,%f620;
fma.rn.f32 %f622,%f600,%f943,%f621;
fma.rn.f32 %f623,%f601,%f474,%f622;
fma.rn.f32 %f967,%f602,%f942,%f623;
fma.rn.f32 %f624,%f595,%f476,%f963;
fma.rn.f32 %f625,%f596,%f941,%f624;
fma.rn.f32 %f626,%f597,%f479,%f625;
fma.rn.f32 %f627,%f598,%f940,%f626;
fma.rn.f32 %f628,%f599,%f482,%f627;
fma.rn.f32 %f629,%f600,%f939,%f628;
fma.rn.f32 %f630,%f601,%f485,%f629;
fma.rn.f32 %f963,%f602,%f938,%f630;
fma.rn.f32 %f631,%f595,%f487,%f959;
fma.rn.f32 %f632,%f596,%f937,%f631;
fma.rn.f32 %f633,%f597,%f490,%f632;
fma.rn.f32 %f634,%f598,%f936,%f633;
fma.rn.f32 %f635,%f599,%f493,%f634;
fma.rn.f32 %f636,%f600,%f935,%f635;
fma.rn.f32 %f637,%f601,%f496,%f636;
fma.rn.f32 %f959,%f602,%f934,%f637;
fma.rn.f32 %f638,%f595,%f498,%f955;
fma.rn.f32 %f639,%f596,%f933,%f638;
fma.rn.f32 %f640,%f597,%f501,%f639;
fma.rn.f32 %f641,%f598,%f932,%f640;
fma.rn.f32 %f642,%f599,%f504,%f641;
fma.rn.f32 %f643,%f600,%f931,%f642;
fma.rn.f32 %f644,%f601,%f507,%f643;
fma.rn.f32 %f955,%f602,%f930,%f644;
fma.rn.f32 %f645,%f595,%f509,%f980;
fma.rn.f32 %f646,%f596,%f929,%f645;
fma.rn.f32 %f647,%f597,%f512,%f646;
fma.rn.f32 %f648,%f598,%f928,%f647;
fma.rn.f32 %f649,%f599,%f515,%f648;
fma.rn.f32 %f650,%f600,%f927,%f649;
fma.rn.f32 %f651,%f601,%f518,%f650;
fma.rn.f32 %f980,%f602,%f926,%f651;
fma.rn.f32 %f652,%f595,%f520,%f984;
fma.rn.f32 %f653,%f596,%f925,%f652;
fma.rn.f32 %f654,%f597,%f523,%f653;
fma.rn.f32 %f655,%f598,%f924,%f654;
fma.rn.f32 %f656,%f599,%f526,%f655;
fma.rn.f32 %f657,%f600,%f923,%f656;
fma.rn.f32 %f658,%f601,%f529,%f657;
fma.rn.f32 %f984,%f602,%f922,%f658;
lop3.b32 %f421,%r274,%r564,%r565,0x6a;
fma.rn.f32 %f659,%f421,%f430,%f429;
lop3.b32 %f422,%r274,%r567,%r568,0x6a;
add.f32 %f660,%f422,0fCB000008;
lop3.b32 %f423,%r274,%r570,%r571,0x6a;
fma.rn.f32 %f661,%f423,%f434,%f433;
lop3.b32 %f424,%r274,%r573,%r574,0x6a;
fma.rn.f32 %f662,%f424,%f437,%f436;
shr.u32 %r572,%r274,16;
lop3.b32 %f425,%r572,%r564,%r565,0x6a;
fma.rn.f32 %f663,%f425,%f430,%f429;
lop3.b32 %f426,%r572,%r567,%r568,0x6a;
add.f32 %f664,%f426,0fCB000008;
lop3.b32 %f427,%r572,%r570,%r571,0x6a;
fma.rn.f32 %f665,%f427,%f434,%f433;
lop3.b32 %f428,%r572,%r573,%r574,0x6a;
fma.rn.f32 %f666,%f428,%f437,%f436;
fma.rn.f32 %f667,%f659,%f443,%f974;
fma.rn.f32 %f668,%f660,%f953,%f667;
fma.rn.f32 %f669,%f661,%f446,%f668;
fma.rn.f32 %f670,%f662,%f952,%f669;
fma.rn.f32 %f671,%f663,%f449,%f670;
fma.rn.f32 %f672,%f664,%f951,%f671;
fma.rn.f32 %f673,%f665,%f452,%f672;
fma.rn.f32 %f974,%f666,%f950,%f673;
fma.rn.f32 %f674,%f659,%f454,%f970;
fma.rn.f32 %f675,%f660,%f949,%f674;
fma.rn.f32 %f676,%f661,%f457,%f675;
fma.rn.f32 %f677,%f662,%f948,%f676;
fma.rn.f32 %f678,%f663,%f460,%f677;
fma.rn.f32 %f679,%f664,%f947,%f678;
fma.rn.f32 %f680,%f665,%f463,%f679;
fma.rn.f32 %f970,%f666,%f946,%f680;
fma.rn.f32 %f681,%f659,%f465,%f966;
fma.rn.f32 %f682,%f660,%f945,%f681;
fma.rn.f32 %f683,%f661,%f468,%f682;
fma.rn.f32 %f684,%f662,%f944,%f683;
fma.rn.f32 %f685,%f663,%f471,%f684;
fma.rn.f32 %f686,%f664,%f943,%f685;
fma.rn.f32 %f687,%f665,%f474,%f686;
fma.rn.f32 %f966,%f666,%f942,%f687;
fma.rn.f32 %f688,%f659,%f476,%f962;
fma.rn.f32 %f689,%f660,%f941,%f688;
fma.rn.f32 %f690,%f661,%f479,%f689;
fma.rn.f32 %f691,%f662,%f940,%f690;
fma.rn.f32 %f692,%f663,%f482,%f691;
fma.rn.f32 %f693,%f664,%f939,%f692;
fma.rn.f32 %f694,%f665,%f485,%f693;
fma.rn.f32 %f962,%f666,%f938,%f694;
fma.rn.f32 %f695,%f659,%f487,%f958;
fma.rn.f32 %f696,%f660,%f937,%f695;
fma.rn.f32 %f697,%f661,%f490,%f696;
fma.rn.f32 %f698,%f662,%f936,%f697;
fma.rn.f32 %f699,%f663,%f493,%f698;
fma.rn.f32 %f700,%f664,%f935,%f699;
fma.rn.f32 %f701,%f665,%f496,%f700;
fma.rn.f32 %f958,%f666,%f934,%f701;
fma.rn.f32 %f702,%f659,%f498,%f954;
fma.rn.f32 %f703,%f660,%f933,%f702;
fma.rn.f32 %f704,%f661,%f501,%f703;
fma.rn.f32 %f705,%f662,%f932,%f704;
fma.rn.f32 %f706,%f663,%f504,%f705;
fma.rn.f32 %f707,%f664,%f931,%f706;
fma.rn.f32 %f708,%f665,%f507,%f707;
fma.rn.f32 %f954,%f666,%f930,%f708;
fma.rn.f32 %f709,%f659,%f509,%f981;
fma.rn.f32 %f710,%f660,%f929,%f709;
fma.rn.f32 %f711,%f661,%f512,%f710;
fma.rn.f32 %f712,%f662,%f928,%f711;
fma.rn.f32 %f713,%f663,%f515,%f712;
fma.rn.f32 %f714,%f664,%f927,%f713;
fma.rn.f32 %f715,%f665,%f518,%f714;
fma.rn.f32 %f981,%f666,%f926,%f715;
fma.rn.f32 %f716,%f659,%f520,%f985;
fma.rn.f32 %f717,%f660,%f925,%f716;
fma.rn.f32 %f718,%f661,%f523,%f717;
fma.rn.f32 %f719,%f662,%f924,%f718;
fma.rn.f32 %f720,%f663,%f526,%f719;
fma.rn.f32 %f721,%f664,%f923,%f720;
fma.rn.f32 %f722,%f665,%f529,%f721;
fma.rn.f32 %f985,%f666,%f922,%f722;
add.s32 %r637,%r637,128;
setp.lt.s32 %p35,%r637,%r1;
@%p35 bra $L__BB4_2;
$L__BB4_101:
mov.f32 %f986,0f00000000;
mov.u32 %r606,%tid.x;
mov.u32 %r590,16;
shr.u32 %r607,%r606,4;
and.b32 %r608,%r607,1;
setp.eq.b32 %p36,%r608,1;
selp.f32 %f724,%f977,%f961,%p36;
selp.f32 %f786,%f961,%f977,%p36;
shfl.sync.bfly.b32 %f723,%f724,%r590,0x1f,0xffffffff;
add.f32 %f787,%f786,%f723;
selp.f32 %f726,%f976,%f960,%p36;
selp.f32 %f788,%f960,%f976,%p36;
shfl.sync.bfly.b32 %f725,%f726,%r590,0x1f,0xffffffff;
add.f32 %f789,%f788,%f725;
selp.f32 %f728,%f975,%f959,%p36;
selp.f32 %f790,%f959,%f975,%p36;
shfl.sync.bfly.b32 %f727,%f728,%r590,0x1f,0xffffffff;
add.f32 %f791,%f790,%f727;
selp.f32 %f730,%f974,%f958,%p36;
selp.f32 %f792,%f958,%f974,%p36;
shfl.sync.bfly.b32 %f729,%f730,%r590,0x1f,0xffffffff;
add.f32 %f793,%f792,%f729;
selp.f32 %f732,%f973,%f957,%p36;
selp.f32 %f794,%f957,%f973,%p36;
shfl.sync.bfly.b32 %f731,%f732,%r590,0x1f,0xffffffff;
add.f32 %f795,%f794,%f731;
selp.f32 %f734,%f972,%f956,%p36;
selp.f32 %f796,%f956,%f972,%p36;
shfl.sync.bfly.b32 %f733,%f734,%r590,0x1f,0xffffffff;
add.f32 %f797,%f796,%f733;
selp.f32 %f736,%f971,%f955,%p36;
selp.f32 %f798,%f955,%f971,%p36;
shfl.sync.bfly.b32 %f735,%f736,%r590,0x1f,0xffffffff;
add.f32 %f799,%f798,%f735;
selp.f32 %f738,%f970,%f954,%p36;
selp.f32 %f800,%f954,%f970,%p36;
shfl.sync.bfly.b32 %f737,%f738,%r590,0x1f,0xffffffff;
add.f32 %f801,%f800,%f737;
selp.f32 %f740,%f969,%f978,%p36;
selp.f32 %f802,%f978,%f969,%p36;
shfl.sync.bfly.b32 %f739,%f740,%r590,0x1f,0xffffffff;
add.f32 %f803,%f802,%f739;
selp.f32 %f742,%f968,%f979,%p36;
selp.f32 %f804,%f979,%f968,%p36;
shfl.sync.bfly.b32 %f741,%f742,%r590,0x1f,0xffffffff;
add.f32 %f805,%f804,%f741;
selp.f32 %f744,%f967,%f980,%p36;
selp.f32 %f806,%f980,%f967,%p36;
shfl.sync.bfly.b32 %f743,%f744,%r590,0x1f,0xffffffff;
add.f32 %f807,%f806,%f743;
selp.f32 %f746,%f966,%f981,%p36;
selp.f32 %f808,%f981,%f966,%p36;
shfl.sync.bfly.b32 %f745,%f746,%r590,0x1f,0xffffffff;
add.f32 %f809,%f808,%f745;
selp.f32 %f748,%f965,%f982,%p36;
selp.f32 %f810,%f982,%f965,%p36;
shfl.sync.bfly.b32 %f747,%f748,%r590,0x1f,0xffffffff;
add.f32 %f811,%f810,%f747;
selp.f32 %f750,%f964,%f983,%p36;
selp.f32 %f812,%f983,%f964,%p36;
shfl.sync.bfly.b32 %f749,%f750,%r590,0x1f,0xffffffff;
add.f32 %f813,%f812,%f749;
selp.f32 %f752,%f963,%f984,%p36;
selp.f32 %f814,%f984,%f963,%p36;
shfl.sync.bfly.b32 %f751,%f752,%r590,0x1f,0xffffffff;
add.f32 %f815,%f814,%f751;
selp.f32 %f754,%f962,%f985,%p36;
selp.f32 %f816,%f985,%f962,%p36;
shfl.sync.bfly.b32 %f753,%f754,%r590,0x1f,0xffffffff;
add.f32 %f817,%f816,%f753;
mov.u32 %r598,8;
shr.u32 %r609,%r606,3;
and.b32 %r610,%r609,1;
setp.eq.b32 %p37,%r610,1;
selp.f32 %f756,%f787,%f803,%p37;
selp.f32 %f818,%f803,%f787,%p37;
shfl.sync.bfly.b32 %f755,%f756,%r598,0x1f,0xffffffff;
add.f32 %f819,%f818,%f755;
selp.f32 %f758,%f789,%f805,%p37;
selp.f32 %f820,%f805,%f789,%p37;
shfl.sync.bfly.b32 %f757,%f758,%r598,0x1f,0xffffffff;
add.f32 %f821,%f820,%f757;
selp.f32 %f760,%f791,%f807,%p37;
selp.f32 %f822,%f807,%f791,%p37;
shfl.sync.bfly.b32 %f759,%f760,%r598,0x1f,0xffffffff;
add.f32 %f823,%f822,%f759;
selp.f32 %f762,%f793,%f809,%p37;
selp.f32 %f824,%f809,%f793,%p37;
shfl.sync.bfly.b32 %f761,%f762,%r598,0x1f,0xffffffff;
add.f32 %f825,%f824,%f761;
selp.f32 %f764,%f795,%f811,%p37;
selp.f32 %f826,%f811,%f795,%p37;
shfl.sync.bfly.b32 %f763,%f764,%r598,0x1f,0xffffffff;
add.f32 %f827,%f826,%f763;
selp.f32 %f766,%f797,%f813,%p37;
selp.f32 %f828,%f813,%f797,%p37;
shfl.sync.bfly.b32 %f765,%f766,%r598,0x1f,0xffffffff;
add.f32 %f829,%f828,%f765;
selp.f32 %f768,%f799,%f815,%p37;
selp.f32 %f830,%f815,%f799,%p37;
shfl.sync.bfly.b32 %f767,%f768,%r598,0x1f,0xffffffff;
add.f32 %f831,%f830,%f767;
selp.f32 %f770,%f801,%f817,%p37;
selp.f32 %f832,%f817,%f801,%p37;
shfl.sync.bfly.b32 %f769,%f770,%r598,0x1f,0xffffffff;
add.f32 %f833,%f832,%f769;
mov.u32 %r602,4;
shr.u32 %r611,%r606,2;
and.b32 %r612,%r611,1;
setp.eq.b32 %p38,%r612,1;
selp.f32 %f772,%f819,%f827,%p38;
selp.f32 %f834,%f827,%f819,%p38;
shfl.sync.bfly.b32 %f771,%f772,%r602,0x1f,0xffffffff;
add.f32 %f835,%f834,%f771;
selp.f32 %f774,%f821,%f829,%p38;
selp.f32 %f836,%f829,%f821,%p38;
shfl.sync.bfly.b32 %f773,%f774,%r602,0x1f,0xffffffff;
add.f32 %f837,%f836,%f773;
selp.f32 %f776,%f823,%f831,%p38;
selp.f32 %f838,%f831,%f823,%p38;
shfl.sync.bfly.b32 %f775,%f776,%r602,0x1f,0xffffffff;
add.f32 %f839,%f838,%f775;
selp.f32 %f778,%f825,%f833,%p38;
selp.f32 %f840,%f833,%f825,%p38;
shfl.sync.bfly.b32 %f777,%f778,%r602,0x1f,0xffffffff;
add.f32 %f841,%f840,%f777;
mov.u32 %r604,2;
shr.u32 %r613,%r606,1;
and.b32 %r614,%r613,1;
setp.eq.b32 %p39,%r614,1;
selp.f32 %f780,%f835,%f839,%p39;
selp.f32 %f842,%f839,%f835,%p39;
shfl.sync.bfly.b32 %f779,%f780,%r604,0x1f,0xffffffff;
add.f32 %f843,%f842,%f779;
selp.f32 %f782,%f837,%f841,%p39;
selp.f32 %f844,%f841,%f837,%p39;
shfl.sync.bfly.b32 %f781,%f782,%r604,0x1f,0xffffffff;
add.f32 %f845,%f844,%f781;
mov.u32 %r605,1;
and.b32 %r615,%r606,1;
setp.eq.b32 %p40,%r615,1;
selp.f32 %f784,%f843,%f845,%p40;
selp.f32 %f846,%f845,%f843,%p40;
shfl.sync.bfly.b32 %f783,%f784,%r605,0x1f,0xffffffff;
add.f32 %f847,%f846,%f783;
shr.u32 %r616,%r606,5;
mul.wide.u32 %rd81,%r616,128;
mov.u64 %rd82,shared1;
add.s64 %rd83,%rd82,%rd81;
shl.b32 %r617,%r606,2;
cvt.u64.u32 %rd84,%r617;
and.b64 %rd85,%rd84,124;
add.s64 %rd86,%rd83,%rd85;
st.shared.f32 [%rd86],%f847;
bar.sync 0;
setp.gt.u32 %p41,%r606,31;
@%p41 bra $L__BB4_103;
mul.wide.u32 %rd87,%r606,4;
add.s64 %rd89,%rd82,%rd87;
ld.shared.f32 %f848,[%rd89];
add.f32 %f849,%f848,0f00000000;
ld.shared.f32 %f850,[%rd89+128];
add.f32 %f851,%f849,%f850;
ld.shared.f32 %f852,[%rd89+256];
add.f32 %f853,%f851,%f852;
ld.shared.f32 %f854,[%rd89+384];
add.f32 %f986,%f853,%f854;
$L__BB4_103:
ld.param.u32 %r631,[p5];
add.s32 %r235,%r3,%r611;
and.b32 %r621,%r606,3;
add.s32 %r236,%r2,%r621;
setp.ge.s32 %p43,%r235,%r631;
or.pred %p44,%p41,%p43;
setp.ge.s32 %p45,%r236,%r243;
or.pred %p46,%p45,%p44;
@%p46 bra $L__BB4_123;
ld.param.u32 %r632,[p8];
cvt.s64.s32 %rd15,%r236;
bfe.u32 %r237,%r632,2,2;
setp.eq.s32 %p47,%r237,2;
@%p47 bra $L__BB4_108;
bra.uni $L__BB4_105;
$L__BB4_108:
ld.param.u64 %rd115,[p2];
cvta.to.global.u64 %rd93,%rd115;
shl.b64 %rd94,%rd15,2;
add.s64 %rd95,%rd93,%rd94;
ld.global.f32 %f987,[%rd95];
bra.uni $L__BB4_109;
$L__BB4_105:
ld.param.u64 %rd109,[p2];
cvta.to.global.u64 %rd90,%rd109;
shl.b64 %rd91,%rd15,1;
add.s64 %rd92,%rd90,%rd91;
ld.global.u16 %r238,[%rd92];
setp.eq.s32 %p48,%r237,0;
@%p48 bra $L__BB4_107;
shl.b32 %r622,%r238,16;
mov.b32 %f987,%r622;
bra.uni $L__BB4_109;
$L__BB4_107:
{ .reg .b16 h; cvt.u16.u32 h,%r238; cvt.f32.f16 %f987,h; }
$L__BB4_109:
ld.param.u64 %rd110,[p3];
mul.f32 %f268,%f986,%f987;
setp.eq.s64 %p49,%rd110,0;
@%p49 bra $L__BB4_116;
ld.param.u32 %r633,[p8];
bfe.u32 %r239,%r633,4,2;
setp.eq.s32 %p50,%r239,2;
@%p50 bra $L__BB4_114;
bra.uni $L__BB4_111;
$L__BB4_114:
ld.param.u64 %rd112,[p3];
cvta.to.global.u64 %rd99,%rd112;
shl.b64 %rd100,%rd15,2;
add.s64 %rd101,%rd99,%rd100;
ld.global.f32 %f988,[%rd101];
bra.uni $L__BB4_115;
$L__BB4_111:
ld.param.u64 %rd111,[p3];
cvta.to.global.u64 %rd96,%rd111;
shl.b64 %rd97,%rd15,1;
add.s64 %rd98,%rd96,%rd97;
ld.global.u16 %r240,[%rd98];
setp.eq.s32 %p51,%r239,0;
@%p51 bra $L__BB4_113;
shl.b32 %r624,%r240,16;
mov.b32 %f988,%r624;
bra.uni $L__BB4_115;
$L__BB4_113:
{ .reg .b16 h; cvt.u16.u32 h,%r240; cvt.f32.f16 %f988,h; }
$L__BB4_115:
add.f32 %f268,%f268,%f988;
$L__BB4_116:
ld.param.u32 %r634,[p8];
mul.wide.s32 %rd102,%r235,%r243;
add.s64 %rd16,%rd102,%rd15;
cvt.u16.u32 %rs5,%r634;
and.b16 %rs4,%rs5,3;
setp.eq.s16 %p52,%rs4,2;
@%p52 bra $L__BB4_119;
setp.ne.s16 %p53,%rs4,0;
@%p53 bra $L__BB4_120;
cvt.rn.f16.f32 %rs8,%f268;
bra.uni $L__BB4_122;
$L__BB4_119:
ld.param.u64 %rd114,[p4];
cvta.to.global.u64 %rd103,%rd114;
shl.b64 %rd104,%rd16,2;
add.s64 %rd105,%rd103,%rd104;
st.global.f32 [%rd105],%f268;
bra.uni $L__BB4_123;
$L__BB4_120:
mov.b32 %r241,%f268;
and.b32 %r626,%r241,2147483647;
setp.gt.u32 %p54,%r626,2139095040;
mov.u16 %rs8,32767;
@%p54 bra $L__BB4_122;
bfe.u32 %r627,%r241,16,1;
add.s32 %r628,%r241,%r627;
add.s32 %r629,%r628,32767;
shr.u32 %r630,%r629,16;
cvt.u16.u32 %rs8,%r630;
$L__BB4_122:
ld.param.u64 %rd113,[p4];
cvta.to.global.u64 %rd106,%rd113;
shl.b64 %rd107,%rd16,1;
add.s64 %rd108,%rd106,%rd107;
st.global.u16 [%rd108],%rs8;
$L__BB4_123:
ret;
}
.visible .entry int8_gemv_1(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 128,1,1
{
.reg .pred %p<26>;
.reg .b16 %rs<9>;
.reg .f32 %f<339>;
.reg .b32 %r<361>;
.reg .b64 %rd<75>;
ld.param.u64 %rd13,[p0];
ld.param.u64 %rd14,[p1];
ld.param.u64 %rd15,[p2];
ld.param.u64 %rd16,[p3];
ld.param.u64 %rd17,[p4];
ld.param.u32 %r58,[p5];
ld.param.u32 %r59,[p6];
ld.param.u32 %r61,[p7];
ld.param.u32 %r60,[p8];
shr.s32 %r62,%r61,31;
shr.u32 %r63,%r62,29;
add.s32 %r64,%r61,%r63;
shr.s32 %r1,%r64,3;
mov.u32 %r65,%ctaid.x;
div.u32 %r66,%r65,%r58;
shl.b32 %r2,%r66,3;
mul.lo.s32 %r67,%r66,%r58;
sub.s32 %r3,%r65,%r67;
mov.u32 %r353,%tid.x;
setp.ge.s32 %p1,%r353,%r1;
mov.f32 %f327,0f00000000;
mov.f32 %f328,%f327;
mov.f32 %f329,%f327;
mov.f32 %f330,%f327;
mov.f32 %f331,%f327;
mov.f32 %f332,%f327;
mov.f32 %f333,%f327;
mov.f32 %f334,%f327;
@%p1 bra $L__BB5_17;
add.s32 %r68,%r59,-1;
add.s32 %r69,%r2,1;
add.s32 %r70,%r2,2;
add.s32 %r71,%r2,3;
add.s32 %r72,%r2,4;
add.s32 %r73,%r2,5;
add.s32 %r74,%r2,6;
add.s32 %r75,%r2,7;
add.s32 %r76,%r58,-1;
and.b32 %r5,%r60,3;
min.s32 %r77,%r3,%r76;
mul.wide.s32 %rd1,%r77,%r1;
min.s32 %r78,%r75,%r68;
mul.wide.s32 %rd2,%r78,%r1;
min.s32 %r79,%r74,%r68;
mul.wide.s32 %rd3,%r79,%r1;
min.s32 %r80,%r73,%r68;
mul.wide.s32 %rd4,%r80,%r1;
min.s32 %r81,%r72,%r68;
mul.wide.s32 %rd5,%r81,%r1;
min.s32 %r82,%r71,%r68;
mul.wide.s32 %rd6,%r82,%r1;
min.s32 %r83,%r70,%r68;
mul.wide.s32 %rd7,%r83,%r1;
min.s32 %r84,%r69,%r68;
mul.wide.s32 %rd8,%r84,%r1;
min.s32 %r85,%r2,%r68;
mul.wide.s32 %rd9,%r85,%r1;
$L__BB5_2:
.pragma "nounroll";
cvt.s64.s32 %rd26,%r353;
add.s64 %rd27,%rd9,%rd26;
shl.b64 %rd28,%rd27,3;
add.s64 %rd18,%rd13,%rd28;
ld.global.cs.nc.v2.u32 {%r86,%r87},[%rd18];
add.s64 %rd29,%rd8,%rd26;
shl.b64 %rd30,%rd29,3;
add.s64 %rd19,%rd13,%rd30;
ld.global.cs.nc.v2.u32 {%r88,%r89},[%rd19];
add.s64 %rd31,%rd7,%rd26;
shl.b64 %rd32,%rd31,3;
add.s64 %rd20,%rd13,%rd32;
ld.global.cs.nc.v2.u32 {%r90,%r91},[%rd20];
add.s64 %rd33,%rd6,%rd26;
shl.b64 %rd34,%rd33,3;
add.s64 %rd21,%rd13,%rd34;
ld.global.cs.nc.v2.u32 {%r92,%r93},[%rd21];
add.s64 %rd35,%rd5,%rd26;
shl.b64 %rd36,%rd35,3;
add.s64 %rd22,%rd13,%rd36;
ld.global.cs.nc.v2.u32 {%r94,%r95},[%rd22];
add.s64 %rd37,%rd4,%rd26;
shl.b64 %rd38,%rd37,3;
add.s64 %rd23,%rd13,%rd38;
ld.global.cs.nc.v2.u32 {%r96,%r97},[%rd23];
add.s64 %rd39,%rd3,%rd26;
shl.b64 %rd40,%rd39,3;
add.s64 %rd24,%rd13,%rd40;
ld.global.cs.nc.v2.u32 {%r98,%r99},[%rd24];
add.s64 %rd41,%rd2,%rd26;
shl.b64 %rd42,%rd41,3;
add.s64 %rd25,%rd13,%rd42;
ld.global.cs.nc.v2.u32 {%r100,%r101},[%rd25];
add.s64 %rd10,%rd1,%rd26;
setp.eq.s32 %p2,%r5,2;
@%p2 bra $L__BB5_15;
bra.uni $L__BB5_3;
$L__BB5_15:
shl.b64 %rd47,%rd10,5;
add.s64 %rd45,%rd14,%rd47;
ld.global.nc.v4.u32 {%r360,%r119,%r359,%r121},[%rd45];
add.s64 %rd46,%rd45,16;
ld.global.nc.v4.u32 {%r358,%r123,%r357,%r125},[%rd46];
mov.b32 %f326,%r119;
mov.b32 %f325,%r121;
mov.b32 %f324,%r123;
mov.b32 %f323,%r125;
bra.uni $L__BB5_16;
$L__BB5_3:
setp.eq.s32 %p3,%r5,0;
shl.b64 %rd44,%rd10,4;
add.s64 %rd43,%rd14,%rd44;
ld.global.nc.v4.u32 {%r102,%r103,%r104,%r105},[%rd43];
@%p3 bra $L__BB5_5;
shl.b32 %r360,%r102,16;
and.b32 %r106,%r102,-65536;
mov.b32 %f326,%r106;
bra.uni $L__BB5_6;
$L__BB5_5:
{ .reg .b16 h; cvt.u16.u32 h,%r102; cvt.f32.f16 %f74,h; }
mov.b32 %r360,%f74;
shr.u32 %r108,%r102,16;
{ .reg .b16 h; cvt.u16.u32 h,%r108; cvt.f32.f16 %f326,h; }
$L__BB5_6:
@%p3 bra $L__BB5_8;
shl.b32 %r359,%r103,16;
and.b32 %r109,%r103,-65536;
mov.b32 %f325,%r109;
bra.uni $L__BB5_9;
$L__BB5_8:
{ .reg .b16 h; cvt.u16.u32 h,%r103; cvt.f32.f16 %f76,h; }
mov.b32 %r359,%f76;
shr.u32 %r111,%r103,16;
{ .reg .b16 h; cvt.u16.u32 h,%r111; cvt.f32.f16 %f325,h; }
$L__BB5_9:
@%p3 bra $L__BB5_11;
shl.b32 %r358,%r104,16;
and.b32 %r112,%r104,-65536;
mov.b32 %f324,%r112;
bra.uni $L__BB5_12;
$L__BB5_11:
{ .reg .b16 h; cvt.u16.u32 h,%r104; cvt.f32.f16 %f78,h; }
mov.b32 %r358,%f78;
shr.u32 %r114,%r104,16;
{ .reg .b16 h; cvt.u16.u32 h,%r114; cvt.f32.f16 %f324,h; }
$L__BB5_12:
@%p3 bra $L__BB5_14;
shl.b32 %r357,%r105,16;
and.b32 %r115,%r105,-65536;
mov.b32 %f323,%r115;
bra.uni $L__BB5_16;
$L__BB5_14:
{ .reg .b16 h; cvt.u16.u32 h,%r105; cvt.f32.f16 %f80,h; }
mov.b32 %r357,%f80;
shr.u32 %r117,%r105,16;
{ .reg .b16 h; cvt.u16.u32 h,%r117; cvt.f32.f16 %f323,h; }
$L__BB5_16:
xor.b32 %r135,%r86,-2139062144;
mov.u32 %r316,1258291200;
mov.u32 %r308,30016;
prmt.b32 %f82,%r135,%r316,%r308;
add.f32 %f146,%f82,0fCB000080;
mov.u32 %r311,30017;
prmt.b32 %f83,%r135,%r316,%r311;
add.f32 %f147,%f83,0fCB000080;
mov.u32 %r314,30018;
prmt.b32 %f84,%r135,%r316,%r314;
add.f32 %f148,%f84,0fCB000080;
mov.u32 %r317,30019;
prmt.b32 %f85,%r135,%r316,%r317;
add.f32 %f149,%f85,0fCB000080;
xor.b32 %r147,%r87,-2139062144;
prmt.b32 %f86,%r147,%r316,%r308;
add.f32 %f150,%f86,0fCB000080;
prmt.b32 %f87,%r147,%r316,%r311;
add.f32 %f151,%f87,0fCB000080;
prmt.b32 %f88,%r147,%r316,%r314;
add.f32 %f152,%f88,0fCB000080;
prmt.b32 %f89,%r147,%r316,%r317;
add.f32 %f153,%f89,0fCB000080;
mov.b32 %f154,%r360;
fma.rn.f32 %f155,%f146,%f154,%f327;
fma.rn.f32 %f156,%f147,%f326,%f155;
mov.b32 %f157,%r359;
fma.rn.f32 %f158,%f148,%f157,%f156;
fma.rn.f32 %f159,%f149,%f325,%f158;
mov.b32 %f160,%r358;
fma.rn.f32 %f161,%f150,%f160,%f159;
fma.rn.f32 %f162,%f151,%f324,%f161;
mov.b32 %f163,%r357;
fma.rn.f32 %f164,%f152,%f163,%f162;
fma.rn.f32 %f327,%f153,%f323,%f164;
xor.b32 %r159,%r88,-2139062144;
prmt.b32 %f90,%r159,%r316,%r308;
add.f32 %f165,%f90,0fCB000080;
prmt.b32 %f91,%r159,%r316,%r311;
add.f32 %f166,%f91,0fCB000080;
prmt.b32 %f92,%r159,%r316,%r314;
add.f32 %f167,%f92,0fCB000080;
prmt.b32 %f93,%r159,%r316,%r317;
add.f32 %f168,%f93,0fCB000080;
xor.b32 %r171,%r89,-2139062144;
prmt.b32 %f94,%r171,%r316,%r308;
add.f32 %f169,%f94,0fCB000080;
prmt.b32 %f95,%r171,%r316,%r311;
add.f32 %f170,%f95,0fCB000080;
prmt.b32 %f96,%r171,%r316,%r314;
add.f32 %f171,%f96,0fCB000080;
prmt.b32 %f97,%r171,%r316,%r317;
add.f32 %f172,%f97,0fCB000080;
fma.rn.f32 %f173,%f165,%f154,%f328;
fma.rn.f32 %f174,%f166,%f326,%f173;
fma.rn.f32 %f175,%f167,%f157,%f174;
fma.rn.f32 %f176,%f168,%f325,%f175;
fma.rn.f32 %f177,%f169,%f160,%f176;
fma.rn.f32 %f178,%f170,%f324,%f177;
fma.rn.f32 %f179,%f171,%f163,%f178;
fma.rn.f32 %f328,%f172,%f323,%f179;
xor.b32 %r183,%r90,-2139062144;
prmt.b32 %f98,%r183,%r316,%r308;
add.f32 %f180,%f98,0fCB000080;
prmt.b32 %f99,%r183,%r316,%r311;
add.f32 %f181,%f99,0fCB000080;
prmt.b32 %f100,%r183,%r316,%r314;
add.f32 %f182,%f100,0fCB000080;
prmt.b32 %f101,%r183,%r316,%r317;
add.f32 %f183,%f101,0fCB000080;
xor.b32 %r195,%r91,-2139062144;
prmt.b32 %f102,%r195,%r316,%r308;
add.f32 %f184,%f102,0fCB000080;
prmt.b32 %f103,%r195,%r316,%r311;
add.f32 %f185,%f103,0fCB000080;
prmt.b32 %f104,%r195,%r316,%r314;
add.f32 %f186,%f104,0fCB000080;
prmt.b32 %f105,%r195,%r316,%r317;
add.f32 %f187,%f105,0fCB000080;
fma.rn.f32 %f188,%f180,%f154,%f329;
fma.rn.f32 %f189,%f181,%f326,%f188;
fma.rn.f32 %f190,%f182,%f157,%f189;
fma.rn.f32 %f191,%f183,%f325,%f190;
fma.rn.f32 %f192,%f184,%f160,%f191;
fma.rn.f32 %f193,%f185,%f324,%f192;
fma.rn.f32 %f194,%f186,%f163,%f193;
fma.rn.f32 %f329,%f187,%f323,%f194;
xor.b32 %r207,%r92,-2139062144;
prmt.b32 %f106,%r207,%r316,%r308;
add.f32 %f195,%f106,0fCB000080;
prmt.b32 %f107,%r207,%r316,%r311;
add.f32 %f196,%f107,0fCB000080;
prmt.b32 %f108,%r207,%r316,%r314;
add.f32 %f197,%f108,0fCB000080;
prmt.b32 %f109,%r207,%r316,%r317;
add.f32 %f198,%f109,0fCB000080;
xor.b32 %r219,%r93,-2139062144;
prmt.b32 %f110,%r219,%r316,%r308;
add.f32 %f199,%f110,0fCB000080;
prmt.b32 %f111,%r219,%r316,%r311;
add.f32 %f200,%f111,0fCB000080;
prmt.b32 %f112,%r219,%r316,%r314;
add.f32 %f201,%f112,0fCB000080;
prmt.b32 %f113,%r219,%r316,%r317;
add.f32 %f202,%f113,0fCB000080;
fma.rn.f32 %f203,%f195,%f154,%f330;
fma.rn.f32 %f204,%f196,%f326,%f203;
fma.rn.f32 %f205,%f197,%f157,%f204;
fma.rn.f32 %f206,%f198,%f325,%f205;
fma.rn.f32 %f207,%f199,%f160,%f206;
fma.rn.f32 %f208,%f200,%f324,%f207;
fma.rn.f32 %f209,%f201,%f163,%f208;
fma.rn.f32 %f330,%f202,%f323,%f209;
xor.b32 %r231,%r94,-2139062144;
prmt.b32 %f114,%r231,%r316,%r308;
add.f32 %f210,%f114,0fCB000080;
prmt.b32 %f115,%r231,%r316,%r311;
add.f32 %f211,%f115,0fCB000080;
prmt.b32 %f116,%r231,%r316,%r314;
add.f32 %f212,%f116,0fCB000080;
prmt.b32 %f117,%r231,%r316,%r317;
add.f32 %f213,%f117,0fCB000080;
xor.b32 %r243,%r95,-2139062144;
prmt.b32 %f118,%r243,%r316,%r308;
add.f32 %f214,%f118,0fCB000080;
prmt.b32 %f119,%r243,%r316,%r311;
add.f32 %f215,%f119,0fCB000080;
prmt.b32 %f120,%r243,%r316,%r314;
add.f32 %f216,%f120,0fCB000080;
prmt.b32 %f121,%r243,%r316,%r317;
add.f32 %f217,%f121,0fCB000080;
fma.rn.f32 %f218,%f210,%f154,%f331;
fma.rn.f32 %f219,%f211,%f326,%f218;
fma.rn.f32 %f220,%f212,%f157,%f219;
fma.rn.f32 %f221,%f213,%f325,%f220;
fma.rn.f32 %f222,%f214,%f160,%f221;
fma.rn.f32 %f223,%f215,%f324,%f222;
fma.rn.f32 %f224,%f216,%f163,%f223;
fma.rn.f32 %f331,%f217,%f323,%f224;
xor.b32 %r255,%r96,-2139062144;
prmt.b32 %f122,%r255,%r316,%r308;
add.f32 %f225,%f122,0fCB000080;
prmt.b32 %f123,%r255,%r316,%r311;
add.f32 %f226,%f123,0fCB000080;
prmt.b32 %f124,%r255,%r316,%r314;
add.f32 %f227,%f124,0fCB000080;
prmt.b32 %f125,%r255,%r316,%r317;
add.f32 %f228,%f125,0fCB000080;
xor.b32 %r267,%r97,-2139062144;
prmt.b32 %f126,%r267,%r316,%r308;
add.f32 %f229,%f126,0fCB000080;
prmt.b32 %f127,%r267,%r316,%r311;
add.f32 %f230,%f127,0fCB000080;
prmt.b32 %f128,%r267,%r316,%r314;
add.f32 %f231,%f128,0fCB000080;
prmt.b32 %f129,%r267,%r316,%r317;
add.f32 %f232,%f129,0fCB000080;
fma.rn.f32 %f233,%f225,%f154,%f332;
fma.rn.f32 %f234,%f226,%f326,%f233;
fma.rn.f32 %f235,%f227,%f157,%f234;
fma.rn.f32 %f236,%f228,%f325,%f235;
fma.rn.f32 %f237,%f229,%f160,%f236;
fma.rn.f32 %f238,%f230,%f324,%f237;
fma.rn.f32 %f239,%f231,%f163,%f238;
fma.rn.f32 %f332,%f232,%f323,%f239;
xor.b32 %r279,%r98,-2139062144;
prmt.b32 %f130,%r279,%r316,%r308;
add.f32 %f240,%f130,0fCB000080;
prmt.b32 %f131,%r279,%r316,%r311;
add.f32 %f241,%f131,0fCB000080;
prmt.b32 %f132,%r279,%r316,%r314;
add.f32 %f242,%f132,0fCB000080;
prmt.b32 %f133,%r279,%r316,%r317;
add.f32 %f243,%f133,0fCB000080;
xor.b32 %r291,%r99,-2139062144;
prmt.b32 %f134,%r291,%r316,%r308;
add.f32 %f244,%f134,0fCB000080;
prmt.b32 %f135,%r291,%r316,%r311;
add.f32 %f245,%f135,0fCB000080;
prmt.b32 %f136,%r291,%r316,%r314;
add.f32 %f246,%f136,0fCB000080;
prmt.b32 %f137,%r291,%r316,%r317;
add.f32 %f247,%f137,0fCB000080;
fma.rn.f32 %f248,%f240,%f154,%f333;
fma.rn.f32 %f249,%f241,%f326,%f248;
fma.rn.f32 %f250,%f242,%f157,%f249;
fma.rn.f32 %f251,%f243,%f325,%f250;
fma.rn.f32 %f252,%f244,%f160,%f251;
fma.rn.f32 %f253,%f245,%f324,%f252;
fma.rn.f32 %f254,%f246,%f163,%f253;
fma.rn.f32 %f333,%f247,%f323,%f254;
xor.b32 %r303,%r100,-2139062144;
prmt.b32 %f138,%r303,%r316,%r308;
add.f32 %f255,%f138,0fCB000080;
prmt.b32 %f139,%r303,%r316,%r311;
add.f32 %f256,%f139,0fCB000080;
prmt.b32 %f140,%r303,%r316,%r314;
add.f32 %f257,%f140,0fCB000080;
prmt.b32 %f141,%r303,%r316,%r317;
add.f32 %f258,%f141,0fCB000080;
xor.b32 %r315,%r101,-2139062144;
prmt.b32 %f142,%r315,%r316,%r308;
add.f32 %f259,%f142,0fCB000080;
prmt.b32 %f143,%r315,%r316,%r311;
add.f32 %f260,%f143,0fCB000080;
prmt.b32 %f144,%r315,%r316,%r314;
add.f32 %f261,%f144,0fCB000080;
prmt.b32 %f145,%r315,%r316,%r317;
add.f32 %f262,%f145,0fCB000080;
fma.rn.f32 %f263,%f255,%f154,%f334;
fma.rn.f32 %f264,%f256,%f326,%f263;
fma.rn.f32 %f265,%f257,%f157,%f264;
fma.rn.f32 %f266,%f258,%f325,%f265;
fma.rn.f32 %f267,%f259,%f160,%f266;
fma.rn.f32 %f268,%f260,%f324,%f267;
fma.rn.f32 %f269,%f261,%f163,%f268;
fma.rn.f32 %f334,%f262,%f323,%f269;
add.s32 %r353,%r353,128;
setp.lt.s32 %p7,%r353,%r1;
@%p7 bra $L__BB5_2;
$L__BB5_17:
mov.u32 %r327,%tid.x;
mov.u32 %r321,16;
shr.u32 %r328,%r327,4;
and.b32 %r329,%r328,1;
setp.eq.b32 %p8,%r329,1;
selp.f32 %f271,%f327,%f331,%p8;
selp.f32 %f288,%f331,%f327,%p8;
shfl.sync.bfly.b32 %f270,%f271,%r321,0x1f,0xffffffff;
add.f32 %f289,%f288,%f270;
selp.f32 %f273,%f328,%f332,%p8;
selp.f32 %f290,%f332,%f328,%p8;
shfl.sync.bfly.b32 %f272,%f273,%r321,0x1f,0xffffffff;
add.f32 %f291,%f290,%f272;
selp.f32 %f275,%f329,%f333,%p8;
selp.f32 %f292,%f333,%f329,%p8;
shfl.sync.bfly.b32 %f274,%f275,%r321,0x1f,0xffffffff;
add.f32 %f293,%f292,%f274;
selp.f32 %f277,%f330,%f334,%p8;
selp.f32 %f294,%f334,%f330,%p8;
shfl.sync.bfly.b32 %f276,%f277,%r321,0x1f,0xffffffff;
add.f32 %f295,%f294,%f276;
mov.u32 %r323,8;
shr.u32 %r330,%r327,3;
and.b32 %r331,%r330,1;
setp.eq.b32 %p9,%r331,1;
selp.f32 %f279,%f289,%f293,%p9;
selp.f32 %f296,%f293,%f289,%p9;
shfl.sync.bfly.b32 %f278,%f279,%r323,0x1f,0xffffffff;
add.f32 %f297,%f296,%f278;
selp.f32 %f281,%f291,%f295,%p9;
selp.f32 %f298,%f295,%f291,%p9;
shfl.sync.bfly.b32 %f280,%f281,%r323,0x1f,0xffffffff;
add.f32 %f299,%f298,%f280;
mov.u32 %r324,4;
shr.u32 %r332,%r327,2;
and.b32 %r333,%r332,1;
setp.eq.b32 %p10,%r333,1;
selp.f32 %f283,%f297,%f299,%p10;
selp.f32 %f300,%f299,%f297,%p10;
shfl.sync.bfly.b32 %f282,%f283,%r324,0x1f,0xffffffff;
add.f32 %f285,%f300,%f282;
mov.u32 %r325,2;
shfl.sync.bfly.b32 %f284,%f285,%r325,0x1f,0xffffffff;
add.f32 %f287,%f285,%f284;
mov.u32 %r326,1;
shfl.sync.bfly.b32 %f286,%f287,%r326,0x1f,0xffffffff;
add.f32 %f44,%f287,%f286;
and.b32 %r334,%r327,3;
setp.ne.s32 %p11,%r334,0;
@%p11 bra $L__BB5_19;
and.b32 %r336,%r327,-32;
cvt.u64.u32 %rd48,%r336;
mov.u64 %rd49,shared0;
add.s64 %rd50,%rd49,%rd48;
and.b32 %r337,%r327,28;
cvt.u64.u32 %rd51,%r337;
add.s64 %rd52,%rd50,%rd51;
st.shared.f32 [%rd52],%f44;
$L__BB5_19:
bar.sync 0;
setp.gt.u32 %p12,%r327,7;
mov.f32 %f335,0f00000000;
@%p12 bra $L__BB5_21;
mul.wide.u32 %rd53,%r327,4;
mov.u64 %rd54,shared0;
add.s64 %rd55,%rd54,%rd53;
ld.shared.f32 %f302,[%rd55];
add.f32 %f303,%f302,0f00000000;
ld.shared.f32 %f304,[%rd55+32];
add.f32 %f305,%f303,%f304;
ld.shared.f32 %f306,[%rd55+64];
add.f32 %f307,%f305,%f306;
ld.shared.f32 %f308,[%rd55+96];
add.f32 %f335,%f307,%f308;
$L__BB5_21:
ld.param.u32 %r352,[p5];
add.s32 %r51,%r3,%r330;
and.b32 %r342,%r327,7;
add.s32 %r52,%r2,%r342;
setp.ge.s32 %p14,%r51,%r352;
or.pred %p15,%p12,%p14;
setp.ge.s32 %p16,%r52,%r59;
or.pred %p17,%p16,%p15;
@%p17 bra $L__BB5_41;
cvt.s64.s32 %rd11,%r52;
bfe.u32 %r53,%r60,2,2;
setp.eq.s32 %p18,%r53,2;
@%p18 bra $L__BB5_26;
bra.uni $L__BB5_23;
$L__BB5_26:
cvta.to.global.u64 %rd59,%rd15;
shl.b64 %rd60,%rd11,2;
add.s64 %rd61,%rd59,%rd60;
ld.global.f32 %f336,[%rd61];
bra.uni $L__BB5_27;
$L__BB5_23:
cvta.to.global.u64 %rd56,%rd15;
shl.b64 %rd57,%rd11,1;
add.s64 %rd58,%rd56,%rd57;
ld.global.u16 %r54,[%rd58];
setp.eq.s32 %p19,%r53,0;
@%p19 bra $L__BB5_25;
shl.b32 %r343,%r54,16;
mov.b32 %f336,%r343;
bra.uni $L__BB5_27;
$L__BB5_25:
{ .reg .b16 h; cvt.u16.u32 h,%r54; cvt.f32.f16 %f336,h; }
$L__BB5_27:
mul.f32 %f57,%f335,%f336;
setp.eq.s64 %p20,%rd16,0;
@%p20 bra $L__BB5_34;
bfe.u32 %r55,%r60,4,2;
setp.eq.s32 %p21,%r55,2;
@%p21 bra $L__BB5_32;
bra.uni $L__BB5_29;
$L__BB5_32:
cvta.to.global.u64 %rd65,%rd16;
shl.b64 %rd66,%rd11,2;
add.s64 %rd67,%rd65,%rd66;
ld.global.f32 %f337,[%rd67];
bra.uni $L__BB5_33;
$L__BB5_29:
cvta.to.global.u64 %rd62,%rd16;
shl.b64 %rd63,%rd11,1;
add.s64 %rd64,%rd62,%rd63;
ld.global.u16 %r56,[%rd64];
setp.eq.s32 %p22,%r55,0;
@%p22 bra $L__BB5_31;
shl.b32 %r345,%r56,16;
mov.b32 %f337,%r345;
bra.uni $L__BB5_33;
$L__BB5_31:
{ .reg .b16 h; cvt.u16.u32 h,%r56; cvt.f32.f16 %f337,h; }
$L__BB5_33:
add.f32 %f57,%f57,%f337;
$L__BB5_34:
mul.wide.s32 %rd68,%r51,%r59;
add.s64 %rd12,%rd68,%rd11;
cvt.u16.u32 %rs5,%r60;
and.b16 %rs4,%rs5,3;
setp.eq.s16 %p23,%rs4,2;
@%p23 bra $L__BB5_37;
setp.ne.s16 %p24,%rs4,0;
@%p24 bra $L__BB5_38;
cvt.rn.f16.f32 %rs8,%f57;
bra.uni $L__BB5_40;
$L__BB5_37:
cvta.to.global.u64 %rd69,%rd17;
shl.b64 %rd70,%rd12,2;
add.s64 %rd71,%rd69,%rd70;
st.global.f32 [%rd71],%f57;
bra.uni $L__BB5_41;
$L__BB5_38:
mov.b32 %r57,%f57;
and.b32 %r347,%r57,2147483647;
setp.gt.u32 %p25,%r347,2139095040;
mov.u16 %rs8,32767;
@%p25 bra $L__BB5_40;
bfe.u32 %r348,%r57,16,1;
add.s32 %r349,%r57,%r348;
add.s32 %r350,%r349,32767;
shr.u32 %r351,%r350,16;
cvt.u16.u32 %rs8,%r351;
$L__BB5_40:
cvta.to.global.u64 %rd72,%rd17;
shl.b64 %rd73,%rd12,1;
add.s64 %rd74,%rd72,%rd73;
st.global.u16 [%rd74],%rs8;
$L__BB5_41:
ret;
}
.visible .entry int8_gemv_4(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 128,1,1
{
.reg .pred %p<39>;
.reg .b16 %rs<9>;
.reg .f32 %f<887>;
.reg .b32 %r<577>;
.reg .b64 %rd<104>;
ld.param.u64 %rd7,[p0];
ld.param.u64 %rd8,[p1];
ld.param.u32 %r142,[p5];
ld.param.u32 %r143,[p6];
ld.param.u32 %r145,[p7];
ld.param.u32 %r144,[p8];
shr.s32 %r146,%r145,31;
shr.u32 %r147,%r146,29;
add.s32 %r148,%r145,%r147;
shr.s32 %r1,%r148,3;
add.s32 %r149,%r142,3;
shr.s32 %r150,%r149,31;
shr.u32 %r151,%r150,30;
add.s32 %r152,%r149,%r151;
shr.s32 %r153,%r152,2;
mov.u32 %r154,%ctaid.x;
div.u32 %r155,%r154,%r153;
shl.b32 %r2,%r155,3;
mul.lo.s32 %r156,%r155,%r153;
sub.s32 %r157,%r154,%r156;
shl.b32 %r3,%r157,2;
mov.u32 %r545,%tid.x;
setp.ge.s32 %p1,%r545,%r1;
mov.f32 %f883,0f00000000;
mov.f32 %f851,%f883;
mov.f32 %f852,%f883;
mov.f32 %f853,%f883;
mov.f32 %f854,%f883;
mov.f32 %f855,%f883;
mov.f32 %f856,%f883;
mov.f32 %f857,%f883;
mov.f32 %f858,%f883;
mov.f32 %f859,%f883;
mov.f32 %f860,%f883;
mov.f32 %f861,%f883;
mov.f32 %f862,%f883;
mov.f32 %f863,%f883;
mov.f32 %f864,%f883;
mov.f32 %f865,%f883;
mov.f32 %f866,%f883;
mov.f32 %f867,%f883;
mov.f32 %f868,%f883;
mov.f32 %f869,%f883;
mov.f32 %f870,%f883;
mov.f32 %f871,%f883;
mov.f32 %f872,%f883;
mov.f32 %f873,%f883;
mov.f32 %f874,%f883;
mov.f32 %f875,%f883;
mov.f32 %f876,%f883;
mov.f32 %f877,%f883;
mov.f32 %f878,%f883;
mov.f32 %f879,%f883;
mov.f32 %f880,%f883;
mov.f32 %f881,%f883;
mov.f32 %f882,%f883;
@%p1 bra $L__BB6_53;
and.b32 %r5,%r144,3;
$L__BB6_2:
.pragma "nounroll";
add.s32 %r174,%r143,-1;
min.s32 %r175,%r2,%r174;
mul.wide.s32 %rd20,%r175,%r1;
cvt.s64.s32 %rd21,%r545;
add.s64 %rd22,%rd20,%rd21;
shl.b64 %rd23,%rd22,3;
add.s64 %rd12,%rd7,%rd23;
ld.global.cs.nc.v2.u32 {%r158,%r159},[%rd12];
add.s32 %r176,%r2,1;
min.s32 %r177,%r176,%r174;
mul.wide.s32 %rd24,%r177,%r1;
add.s64 %rd25,%rd24,%rd21;
shl.b64 %rd26,%rd25,3;
add.s64 %rd13,%rd7,%rd26;
ld.global.cs.nc.v2.u32 {%r160,%r161},[%rd13];
add.s32 %r178,%r2,2;
min.s32 %r179,%r178,%r174;
mul.wide.s32 %rd27,%r179,%r1;
add.s64 %rd28,%rd27,%rd21;
shl.b64 %rd29,%rd28,3;
add.s64 %rd14,%rd7,%rd29;
ld.global.cs.nc.v2.u32 {%r162,%r163},[%rd14];
add.s32 %r180,%r2,3;
min.s32 %r181,%r180,%r174;
mul.wide.s32 %rd30,%r181,%r1;
add.s64 %rd31,%rd30,%rd21;
shl.b64 %rd32,%rd31,3;
add.s64 %rd15,%rd7,%rd32;
ld.global.cs.nc.v2.u32 {%r164,%r165},[%rd15];
add.s32 %r182,%r2,4;
min.s32 %r183,%r182,%r174;
mul.wide.s32 %rd33,%r183,%r1;
add.s64 %rd34,%rd33,%rd21;
shl.b64 %rd35,%rd34,3;
add.s64 %rd16,%rd7,%rd35;
ld.global.cs.nc.v2.u32 {%r166,%r167},[%rd16];
add.s32 %r184,%r2,5;
min.s32 %r185,%r184,%r174;
mul.wide.s32 %rd36,%r185,%r1;
add.s64 %rd37,%rd36,%rd21;
shl.b64 %rd38,%rd37,3;
add.s64 %rd17,%rd7,%rd38;
ld.global.cs.nc.v2.u32 {%r168,%r169},[%rd17];
add.s32 %r186,%r2,6;
min.s32 %r187,%r186,%r174;
mul.wide.s32 %rd39,%r187,%r1;
add.s64 %rd40,%rd39,%rd21;
shl.b64 %rd41,%rd40,3;
add.s64 %rd18,%rd7,%rd41;
ld.global.cs.nc.v2.u32 {%r170,%r171},[%rd18];
add.s32 %r188,%r2,7;
min.s32 %r189,%r188,%r174;
mul.wide.s32 %rd42,%r189,%r1;
add.s64 %rd43,%rd42,%rd21;
shl.b64 %rd44,%rd43,3;
add.s64 %rd19,%rd7,%rd44;
ld.global.cs.nc.v2.u32 {%r172,%r173},[%rd19];
add.s32 %r190,%r142,-1;
min.s32 %r191,%r3,%r190;
mul.wide.s32 %rd45,%r191,%r1;
add.s64 %rd1,%rd45,%rd21;
add.s32 %r192,%r3,1;
min.s32 %r193,%r192,%r190;
mul.wide.s32 %rd46,%r193,%r1;
add.s64 %rd2,%rd46,%rd21;
add.s32 %r194,%r3,2;
min.s32 %r195,%r194,%r190;
mul.wide.s32 %rd47,%r195,%r1;
add.s64 %rd3,%rd47,%rd21;
add.s32 %r196,%r3,3;
min.s32 %r197,%r196,%r190;
mul.wide.s32 %rd48,%r197,%r1;
add.s64 %rd4,%rd48,%rd21;
setp.eq.s32 %p2,%r5,2;
@%p2 bra $L__BB6_51;
bra.uni $L__BB6_3;
$L__BB6_51:
shl.b64 %rd65,%rd1,5;
add.s64 %rd57,%rd8,%rd65;
ld.global.nc.v4.u32 {%r576,%r263,%r575,%r265},[%rd57];
add.s64 %rd58,%rd57,16;
ld.global.nc.v4.u32 {%r574,%r267,%r573,%r269},[%rd58];
mov.b32 %f850,%r263;
mov.b32 %f849,%r265;
mov.b32 %f848,%r267;
mov.b32 %f847,%r269;
shl.b64 %rd66,%rd2,5;
add.s64 %rd59,%rd8,%rd66;
ld.global.nc.v4.u32 {%r572,%r271,%r571,%r273},[%rd59];
add.s64 %rd60,%rd59,16;
ld.global.nc.v4.u32 {%r570,%r275,%r569,%r277},[%rd60];
mov.b32 %f846,%r271;
mov.b32 %f845,%r273;
mov.b32 %f844,%r275;
mov.b32 %f843,%r277;
shl.b64 %rd67,%rd3,5;
add.s64 %rd61,%rd8,%rd67;
ld.global.nc.v4.u32 {%r568,%r279,%r567,%r281},[%rd61];
add.s64 %rd62,%rd61,16;
ld.global.nc.v4.u32 {%r566,%r283,%r565,%r285},[%rd62];
mov.b32 %f842,%r279;
mov.b32 %f841,%r281;
mov.b32 %f840,%r283;
mov.b32 %f839,%r285;
shl.b64 %rd68,%rd4,5;
add.s64 %rd63,%rd8,%rd68;
ld.global.nc.v4.u32 {%r564,%r287,%r563,%r289},[%rd63];
add.s64 %rd64,%rd63,16;
ld.global.nc.v4.u32 {%r562,%r291,%r561,%r293},[%rd64];
mov.b32 %f838,%r287;
mov.b32 %f837,%r289;
mov.b32 %f836,%r291;
mov.b32 %f835,%r293;
bra.uni $L__BB6_52;
$L__BB6_3:
setp.eq.s32 %p3,%r5,0;
shl.b64 %rd53,%rd1,4;
add.s64 %rd49,%rd8,%rd53;
ld.global.nc.v4.u32 {%r198,%r199,%r200,%r201},[%rd49];
shl.b64 %rd54,%rd2,4;
add.s64 %rd50,%rd8,%rd54;
ld.global.nc.v4.u32 {%r202,%r203,%r204,%r205},[%rd50];
shl.b64 %rd55,%rd3,4;
add.s64 %rd51,%rd8,%rd55;
ld.global.nc.v4.u32 {%r206,%r207,%r208,%r209},[%rd51];
shl.b64 %rd56,%rd4,4;
add.s64 %rd52,%rd8,%rd56;
ld.global.nc.v4.u32 {%r210,%r211,%r212,%r213},[%rd52];
@%p3 bra $L__BB6_5;
shl.b32 %r576,%r198,16;
and.b32 %r214,%r198,-65536;
mov.b32 %f850,%r214;
bra.uni $L__BB6_6;
$L__BB6_5:
{ .reg .b16 h; cvt.u16.u32 h,%r198; cvt.f32.f16 %f253,h; }
mov.b32 %r576,%f253;
shr.u32 %r216,%r198,16;
{ .reg .b16 h; cvt.u16.u32 h,%r216; cvt.f32.f16 %f850,h; }
$L__BB6_6:
@%p3 bra $L__BB6_8;
shl.b32 %r575,%r199,16;
and.b32 %r217,%r199,-65536;
mov.b32 %f849,%r217;
bra.uni $L__BB6_9;
$L__BB6_8:
{ .reg .b16 h; cvt.u16.u32 h,%r199; cvt.f32.f16 %f255,h; }
mov.b32 %r575,%f255;
shr.u32 %r219,%r199,16;
{ .reg .b16 h; cvt.u16.u32 h,%r219; cvt.f32.f16 %f849,h; }
$L__BB6_9:
@%p3 bra $L__BB6_11;
shl.b32 %r574,%r200,16;
and.b32 %r220,%r200,-65536;
mov.b32 %f848,%r220;
bra.uni $L__BB6_12;
$L__BB6_11:
{ .reg .b16 h; cvt.u16.u32 h,%r200; cvt.f32.f16 %f257,h; }
mov.b32 %r574,%f257;
shr.u32 %r222,%r200,16;
{ .reg .b16 h; cvt.u16.u32 h,%r222; cvt.f32.f16 %f848,h; }
$L__BB6_12:
@%p3 bra $L__BB6_14;
shl.b32 %r573,%r201,16;
and.b32 %r223,%r201,-65536;
mov.b32 %f847,%r223;
bra.uni $L__BB6_15;
$L__BB6_14:
{ .reg .b16 h; cvt.u16.u32 h,%r201; cvt.f32.f16 %f259,h; }
mov.b32 %r573,%f259;
shr.u32 %r225,%r201,16;
{ .reg .b16 h; cvt.u16.u32 h,%r225; cvt.f32.f16 %f847,h; }
$L__BB6_15:
@%p3 bra $L__BB6_17;
shl.b32 %r572,%r202,16;
and.b32 %r226,%r202,-65536;
mov.b32 %f846,%r226;
bra.uni $L__BB6_18;
$L__BB6_17:
{ .reg .b16 h; cvt.u16.u32 h,%r202; cvt.f32.f16 %f261,h; }
mov.b32 %r572,%f261;
shr.u32 %r228,%r202,16;
{ .reg .b16 h; cvt.u16.u32 h,%r228; cvt.f32.f16 %f846,h; }
$L__BB6_18:
@%p3 bra $L__BB6_20;
shl.b32 %r571,%r203,16;
and.b32 %r229,%r203,-65536;
mov.b32 %f845,%r229;
bra.uni $L__BB6_21;
$L__BB6_20:
{ .reg .b16 h; cvt.u16.u32 h,%r203; cvt.f32.f16 %f263,h; }
mov.b32 %r571,%f263;
shr.u32 %r231,%r203,16;
{ .reg .b16 h; cvt.u16.u32 h,%r231; cvt.f32.f16 %f845,h; }
$L__BB6_21:
@%p3 bra $L__BB6_23;
shl.b32 %r570,%r204,16;
and.b32 %r232,%r204,-65536;
mov.b32 %f844,%r232;
bra.uni $L__BB6_24;
$L__BB6_23:
{ .reg .b16 h; cvt.u16.u32 h,%r204; cvt.f32.f16 %f265,h; }
mov.b32 %r570,%f265;
shr.u32 %r234,%r204,16;
{ .reg .b16 h; cvt.u16.u32 h,%r234; cvt.f32.f16 %f844,h; }
$L__BB6_24:
@%p3 bra $L__BB6_26;
shl.b32 %r569,%r205,16;
and.b32 %r235,%r205,-65536;
mov.b32 %f843,%r235;
bra.uni $L__BB6_27;
$L__BB6_26:
{ .reg .b16 h; cvt.u16.u32 h,%r205; cvt.f32.f16 %f267,h; }
mov.b32 %r569,%f267;
shr.u32 %r237,%r205,16;
{ .reg .b16 h; cvt.u16.u32 h,%r237; cvt.f32.f16 %f843,h; }
$L__BB6_27:
@%p3 bra $L__BB6_29;
shl.b32 %r568,%r206,16;
and.b32 %r238,%r206,-65536;
mov.b32 %f842,%r238;
bra.uni $L__BB6_30;
$L__BB6_29:
{ .reg .b16 h; cvt.u16.u32 h,%r206; cvt.f32.f16 %f269,h; }
mov.b32 %r568,%f269;
shr.u32 %r240,%r206,16;
{ .reg .b16 h; cvt.u16.u32 h,%r240; cvt.f32.f16 %f842,h; }
$L__BB6_30:
@%p3 bra $L__BB6_32;
shl.b32 %r567,%r207,16;
and.b32 %r241,%r207,-65536;
mov.b32 %f841,%r241;
bra.uni $L__BB6_33;
$L__BB6_32:
{ .reg .b16 h; cvt.u16.u32 h,%r207; cvt.f32.f16 %f271,h; }
mov.b32 %r567,%f271;
shr.u32 %r243,%r207,16;
{ .reg .b16 h; cvt.u16.u32 h,%r243; cvt.f32.f16 %f841,h; }
$L__BB6_33:
@%p3 bra $L__BB6_35;
shl.b32 %r566,%r208,16;
and.b32 %r244,%r208,-65536;
mov.b32 %f840,%r244;
bra.uni $L__BB6_36;
$L__BB6_35:
{ .reg .b16 h; cvt.u16.u32 h,%r208; cvt.f32.f16 %f273,h; }
mov.b32 %r566,%f273;
shr.u32 %r246,%r208,16;
{ .reg .b16 h; cvt.u16.u32 h,%r246; cvt.f32.f16 %f840,h; }
$L__BB6_36:
@%p3 bra $L__BB6_38;
shl.b32 %r565,%r209,16;
and.b32 %r247,%r209,-65536;
mov.b32 %f839,%r247;
bra.uni $L__BB6_39;
$L__BB6_38:
{ .reg .b16 h; cvt.u16.u32 h,%r209; cvt.f32.f16 %f275,h; }
mov.b32 %r565,%f275;
shr.u32 %r249,%r209,16;
{ .reg .b16 h; cvt.u16.u32 h,%r249; cvt.f32.f16 %f839,h; }
$L__BB6_39:
@%p3 bra $L__BB6_41;
shl.b32 %r564,%r210,16;
and.b32 %r250,%r210,-65536;
mov.b32 %f838,%r250;
bra.uni $L__BB6_42;
$L__BB6_41:
{ .reg .b16 h; cvt.u16.u32 h,%r210; cvt.f32.f16 %f277,h; }
mov.b32 %r564,%f277;
shr.u32 %r252,%r210,16;
{ .reg .b16 h; cvt.u16.u32 h,%r252; cvt.f32.f16 %f838,h; }
$L__BB6_42:
@%p3 bra $L__BB6_44;
shl.b32 %r563,%r211,16;
and.b32 %r253,%r211,-65536;
mov.b32 %f837,%r253;
bra.uni $L__BB6_45;
$L__BB6_44:
{ .reg .b16 h; cvt.u16.u32 h,%r211; cvt.f32.f16 %f279,h; }
mov.b32 %r563,%f279;
shr.u32 %r255,%r211,16;
{ .reg .b16 h; cvt.u16.u32 h,%r255; cvt.f32.f16 %f837,h; }
$L__BB6_45:
@%p3 bra $L__BB6_47;
shl.b32 %r562,%r212,16;
and.b32 %r256,%r212,-65536;
mov.b32 %f836,%r256;
bra.uni $L__BB6_48;
$L__BB6_47:
{ .reg .b16 h; cvt.u16.u32 h,%r212; cvt.f32.f16 %f281,h; }
mov.b32 %r562,%f281;
shr.u32 %r258,%r212,16;
{ .reg .b16 h; cvt.u16.u32 h,%r258; cvt.f32.f16 %f836,h; }
$L__BB6_48:
@%p3 bra $L__BB6_50;
shl.b32 %r561,%r213,16;
and.b32 %r259,%r213,-65536;
mov.b32 %f835,%r259;
bra.uni $L__BB6_52;
$L__BB6_50:
{ .reg .b16 h; cvt.u16.u32 h,%r213; cvt.f32.f16 %f283,h; }
mov.b32 %r561,%f283;
shr.u32 %r261,%r213,16;
{ .reg .b16 h; cvt.u16.u32 h,%r261; cvt.f32.f16 %f835,h; }
$L__BB6_52:
xor.b32 %r303,%r158,-2139062144;
mov.u32 %r484,1258291200;
mov.u32 %r476,30016;
prmt.b32 %f285,%r303,%r484,%r476;
add.f32 %f349,%f285,0fCB000080;
mov.u32 %r479,30017;
prmt.b32 %f286,%r303,%r484,%r479;
add.f32 %f350,%f286,0fCB000080;
mov.u32 %r482,30018;
prmt.b32 %f287,%r303,%r484,%r482;
add.f32 %f351,%f287,0fCB000080;
mov.u32 %r485,30019;
prmt.b32 %f288,%r303,%r484,%r485;
add.f32 %f352,%f288,0fCB000080;
xor.b32 %r315,%r159,-2139062144;
prmt.b32 %f289,%r315,%r484,%r476;
add.f32 %f353,%f289,0fCB000080;
prmt.b32 %f290,%r315,%r484,%r479;
add.f32 %f354,%f290,0fCB000080;
prmt.b32 %f291,%r315,%r484,%r482;
add.f32 %f355,%f291,0fCB000080;
prmt.b32 %f292,%r315,%r484,%r485;
add.f32 %f356,%f292,0fCB000080;
mov.b32 %f357,%r576;
fma.rn.f32 %f358,%f349,%f357,%f862;
fma.rn.f32 %f359,%f350,%f850,%f358;
mov.b32 %f360,%r575;
fma.rn.f32 %f361,%f351,%f360,%f359;
fma.rn.f32 %f362,%f352,%f849,%f361;
mov.b32 %f363,%r574;
fma.rn.f32 %f364,%f353,%f363,%f362;
fma.rn.f32 %f365,%f354,%f848,%f364;
mov.b32 %f366,%r573;
fma.rn.f32 %f367,%f355,%f366,%f365;
fma.rn.f32 %f862,%f356,%f847,%f367;
mov.b32 %f368,%r572;
fma.rn.f32 %f369,%f349,%f368,%f854;
fma.rn.f32 %f370,%f350,%f846,%f369;
mov.b32 %f371,%r571;
fma.rn.f32 %f372,%f351,%f371,%f370;
fma.rn.f32 %f373,%f352,%f845,%f372;
mov.b32 %f374,%r570;
fma.rn.f32 %f375,%f353,%f374,%f373;
fma.rn.f32 %f376,%f354,%f844,%f375;
mov.b32 %f377,%r569;
fma.rn.f32 %f378,%f355,%f377,%f376;
fma.rn.f32 %f854,%f356,%f843,%f378;
mov.b32 %f379,%r568;
fma.rn.f32 %f380,%f349,%f379,%f867;
fma.rn.f32 %f381,%f350,%f842,%f380;
mov.b32 %f382,%r567;
fma.rn.f32 %f383,%f351,%f382,%f381;
fma.rn.f32 %f384,%f352,%f841,%f383;
mov.b32 %f385,%r566;
fma.rn.f32 %f386,%f353,%f385,%f384;
fma.rn.f32 %f387,%f354,%f840,%f386;
mov.b32 %f388,%r565;
fma.rn.f32 %f389,%f355,%f388,%f387;
fma.rn.f32 %f867,%f356,%f839,%f389;
mov.b32 %f390,%r564;
fma.rn.f32 %f391,%f349,%f390,%f875;
fma.rn.f32 %f392,%f350,%f838,%f391;
mov.b32 %f393,%r563;
fma.rn.f32 %f394,%f351,%f393,%f392;
fma.rn.f32 %f395,%f352,%f837,%f394;
mov.b32 %f396,%r562;
fma.rn.f32 %f397,%f353,%f396,%f395;
fma.rn.f32 %f398,%f354,%f836,%f397;
mov.b32 %f399,%r561;
fma.rn.f32 %f400,%f355,%f399,%f398;
fma.rn.f32 %f875,%f356,%f835,%f400;
xor.b32 %r327,%r160,-2139062144;
prmt.b32 %f293,%r327,%r484,%r476;
add.f32 %f401,%f293,0fCB000080;
prmt.b32 %f294,%r327,%r484,%r479;
add.f32 %f402,%f294,0fCB000080;
prmt.b32 %f295,%r327,%r484,%r482;
add.f32 %f403,%f295,0fCB000080;
prmt.b32 %f296,%r327,%r484,%r485;
add.f32 %f404,%f296,0fCB000080;
xor.b32 %r339,%r161,-2139062144;
prmt.b32 %f297,%r339,%r484,%r476;
add.f32 %f405,%f297,0fCB000080;
prmt.b32 %f298,%r339,%r484,%r479;
add.f32 %f406,%f298,0fCB000080;
prmt.b32 %f299,%r339,%r484,%r482;
add.f32 %f407,%f299,0fCB000080;
prmt.b32 %f300,%r339,%r484,%r485;
add.f32 %f408,%f300,0fCB000080;
fma.rn.f32 %f409,%f401,%f357,%f861;
fma.rn.f32 %f410,%f402,%f850,%f409;
fma.rn.f32 %f411,%f403,%f360,%f410;
fma.rn.f32 %f412,%f404,%f849,%f411;
fma.rn.f32 %f413,%f405,%f363,%f412;
fma.rn.f32 %f414,%f406,%f848,%f413;
fma.rn.f32 %f415,%f407,%f366,%f414;
fma.rn.f32 %f861,%f408,%f847,%f415;
fma.rn.f32 %f416,%f401,%f368,%f853;
fma.rn.f32 %f417,%f402,%f846,%f416;
fma.rn.f32 %f418,%f403,%f371,%f417;
fma.rn.f32 %f419,%f404,%f845,%f418;
fma.rn.f32 %f420,%f405,%f374,%f419;
fma.rn.f32 %f421,%f406,%f844,%f420;
fma.rn.f32 %f422,%f407,%f377,%f421;
fma.rn.f32 %f853,%f408,%f843,%f422;
fma.rn.f32 %f423,%f401,%f379,%f868;
fma.rn.f32 %f424,%f402,%f842,%f423;
fma.rn.f32 %f425,%f403,%f382,%f424;
fma.rn.f32 %f426,%f404,%f841,%f425;
fma.rn.f32 %f427,%f405,%f385,%f426;
fma.rn.f32 %f428,%f406,%f840,%f427;
fma.rn.f32 %f429,%f407,%f388,%f428;
fma.rn.f32 %f868,%f408,%f839,%f429;
fma.rn.f32 %f430,%f401,%f390,%f876;
fma.rn.f32 %f431,%f402,%f838,%f430;
fma.rn.f32 %f432,%f403,%f393,%f431;
fma.rn.f32 %f433,%f404,%f837,%f432;
fma.rn.f32 %f434,%f405,%f396,%f433;
fma.rn.f32 %f435,%f406,%f836,%f434;
fma.rn.f32 %f436,%f407,%f399,%f435;
fma.rn.f32 %f876,%f408,%f835,%f436;
xor.b32 %r351,%r162,-2139062144;
prmt.b32 %f301,%r351,%r484,%r476;
add.f32 %f437,%f301,0fCB000080;
prmt.b32 %f302,%r351,%r484,%r479;
add.f32 %f438,%f302,0fCB000080;
prmt.b32 %f303,%r351,%r484,%r482;
add.f32 %f439,%f303,0fCB000080;
prmt.b32 %f304,%r351,%r484,%r485;
add.f32 %f440,%f304,0fCB000080;
xor.b32 %r363,%r163,-2139062144;
prmt.b32 %f305,%r363,%r484,%r476;
add.f32 %f441,%f305,0fCB000080;
prmt.b32 %f306,%r363,%r484,%r479;
add.f32 %f442,%f306,0fCB000080;
prmt.b32 %f307,%r363,%r484,%r482;
add.f32 %f443,%f307,0fCB000080;
prmt.b32 %f308,%r363,%r484,%r485;
add.f32 %f444,%f308,0fCB000080;
fma.rn.f32 %f445,%f437,%f357,%f860;
fma.rn.f32 %f446,%f438,%f850,%f445;
fma.rn.f32 %f447,%f439,%f360,%f446;
fma.rn.f32 %f448,%f440,%f849,%f447;
fma.rn.f32 %f449,%f441,%f363,%f448;
fma.rn.f32 %f450,%f442,%f848,%f449;
fma.rn.f32 %f451,%f443,%f366,%f450;
fma.rn.f32 %f860,%f444,%f847,%f451;
fma.rn.f32 %f452,%f437,%f368,%f852;
fma.rn.f32 %f453,%f438,%f846,%f452;
fma.rn.f32 %f454,%f439,%f371,%f453;
fma.rn.f32 %f455,%f440,%f845,%f454;
fma.rn.f32 %f456,%f441,%f374,%f455;
fma.rn.f32 %f457,%f442,%f844,%f456;
fma.rn.f32 %f458,%f443,%f377,%f457;
fma.rn.f32 %f852,%f444,%f843,%f458;
fma.rn.f32 %f459,%f437,%f379,%f869;
fma.rn.f32 %f460,%f438,%f842,%f459;
fma.rn.f32 %f461,%f439,%f382,%f460;
fma.rn.f32 %f462,%f440,%f841,%f461;
fma.rn.f32 %f463,%f441,%f385,%f462;
fma.rn.f32 %f464,%f442,%f840,%f463;
fma.rn.f32 %f465,%f443,%f388,%f464;
fma.rn.f32 %f869,%f444,%f839,%f465;
fma.rn.f32 %f466,%f437,%f390,%f877;
fma.rn.f32 %f467,%f438,%f838,%f466;
fma.rn.f32 %f468,%f439,%f393,%f467;
fma.rn.f32 %f469,%f440,%f837,%f468;
fma.rn.f32 %f470,%f441,%f396,%f469;
fma.rn.f32 %f471,%f442,%f836,%f470;
fma.rn.f32 %f472,%f443,%f399,%f471;
fma.rn.f32 %f877,%f444,%f835,%f472;
xor.b32 %r375,%r164,-2139062144;
prmt.b32 %f309,%r375,%r484,%r476;
add.f32 %f473,%f309,0fCB000080;
prmt.b32 %f310,%r375,%r484,%r479;
add.f32 %f474,%f310,0fCB000080;
prmt.b32 %f311,%r375,%r484,%r482;
add.f32 %f475,%f311,0fCB000080;
prmt.b32 %f312,%r375,%r484,%r485;
add.f32 %f476,%f312,0fCB000080;
xor.b32 %r387,%r165,-2139062144;
prmt.b32 %f313,%r387,%r484,%r476;
add.f32 %f477,%f313,0fCB000080;
prmt.b32 %f314,%r387,%r484,%r479;
add.f32 %f478,%f314,0fCB000080;
prmt.b32 %f315,%r387,%r484,%r482;
add.f32 %f479,%f315,0fCB000080;
prmt.b32 %f316,%r387,%r484,%r485;
add.f32 %f480,%f316,0fCB000080;
fma.rn.f32 %f481,%f473,%f357,%f859;
fma.rn.f32 %f482,%f474,%f850,%f481;
fma.rn.f32 %f483,%f475,%f360,%f482;
fma.rn.f32 %f484,%f476,%f849,%f483;
fma.rn.f32 %f485,%f477,%f363,%f484;
fma.rn.f32 %f486,%f478,%f848,%f485;
fma.rn.f32 %f487,%f479,%f366,%f486;
fma.rn.f32 %f859,%f480,%f847,%f487;
fma.rn.f32 %f488,%f473,%f368,%f851;
fma.rn.f32 %f489,%f474,%f846,%f488;
fma.rn.f32 %f490,%f475,%f371,%f489;
fma.rn.f32 %f491,%f476,%f845,%f490;
fma.rn.f32 %f492,%f477,%f374,%f491;
fma.rn.f32 %f493,%f478,%f844,%f492;
fma.rn.f32 %f494,%f479,%f377,%f493;
fma.rn.f32 %f851,%f480,%f843,%f494;
fma.rn.f32 %f495,%f473,%f379,%f870;
fma.rn.f32 %f496,%f474,%f842,%f495;
fma.rn.f32 %f497,%f475,%f382,%f496;
fma.rn.f32 %f498,%f476,%f841,%f497;
fma.rn.f32 %f499,%f477,%f385,%f498;
fma.rn.f32 %f500,%f478,%f840,%f499;
fma.rn.f32 %f501,%f479,%f388,%f500;
fma.rn.f32 %f870,%f480,%f839,%f501;
fma.rn.f32 %f502,%f473,%f390,%f878;
fma.rn.f32 %f503,%f474,%f838,%f502;
fma.rn.f32 %f504,%f475,%f393,%f503;
fma.rn.f32 %f505,%f476,%f837,%f504;
fma.rn.f32 %f506,%f477,%f396,%f505;
fma.rn.f32 %f507,%f478,%f836,%f506;
fma.rn.f32 %f508,%f479,%f399,%f507;
fma.rn.f32 %f878,%f480,%f835,%f508;
xor.b32 %r399,%r166,-2139062144;
prmt.b32 %f317,%r399,%r484,%r476;
add.f32 %f509,%f317,0fCB000080;
prmt.b32 %f318,%r399,%r484,%r479;
add.f32 %f510,%f318,0fCB000080;
prmt.b32 %f319,%r399,%r484,%r482;
add.f32 %f511,%f319,0fCB000080;
prmt.b32 %f320,%r399,%r484,%r485;
add.f32 %f512,%f320,0fCB000080;
xor.b32 %r411,%r167,-2139062144;
prmt.b32 %f321,%r411,%r484,%r476;
add.f32 %f513,%f321,0fCB000080;
prmt.b32 %f322,%r411,%r484,%r479;
add.f32 %f514,%f322,0fCB000080;
prmt.b32 %f323,%r411,%r484,%r482;
add.f32 %f515,%f323,0fCB000080;
prmt.b32 %f324,%r411,%r484,%r485;
add.f32 %f516,%f324,0fCB000080;
fma.rn.f32 %f517,%f509,%f357,%f858;
fma.rn.f32 %f518,%f510,%f850,%f517;
fma.rn.f32 %f519,%f511,%f360,%f518;
fma.rn.f32 %f520,%f512,%f849,%f519;
fma.rn.f32 %f521,%f513,%f363,%f520;
fma.rn.f32 %f522,%f514,%f848,%f521;
fma.rn.f32 %f523,%f515,%f366,%f522;
fma.rn.f32 %f858,%f516,%f847,%f523;
fma.rn.f32 %f524,%f509,%f368,%f863;
fma.rn.f32 %f525,%f510,%f846,%f524;
fma.rn.f32 %f526,%f511,%f371,%f525;
fma.rn.f32 %f527,%f512,%f845,%f526;
fma.rn.f32 %f528,%f513,%f374,%f527;
fma.rn.f32 %f529,%f514,%f844,%f528;
fma.rn.f32 %f530,%f515,%f377,%f529;
fma.rn.f32 %f863,%f516,%f843,%f530;
fma.rn.f32 %f531,%f509,%f379,%f871;
fma.rn.f32 %f532,%f510,%f842,%f531;
fma.rn.f32 %f533,%f511,%f382,%f532;
fma.rn.f32 %f534,%f512,%f841,%f533;
fma.rn.f32 %f535,%f513,%f385,%f534;
fma.rn.f32 %f536,%f514,%f840,%f535;
fma.rn.f32 %f537,%f515,%f388,%f536;
fma.rn.f32 %f871,%f516,%f839,%f537;
fma.rn.f32 %f538,%f509,%f390,%f879;
fma.rn.f32 %f539,%f510,%f838,%f538;
fma.rn.f32 %f540,%f511,%f393,%f539;
fma.rn.f32 %f541,%f512,%f837,%f540;
fma.rn.f32 %f542,%f513,%f396,%f541;
fma.rn.f32 %f543,%f514,%f836,%f542;
fma.rn.f32 %f544,%f515,%f399,%f543;
fma.rn.f32 %f879,%f516,%f835,%f544;
xor.b32 %r423,%r168,-2139062144;
prmt.b32 %f325,%r423,%r484,%r476;
add.f32 %f545,%f325,0fCB000080;
prmt.b32 %f326,%r423,%r484,%r479;
add.f32 %f546,%f326,0fCB000080;
prmt.b32 %f327,%r423,%r484,%r482;
add.f32 %f547,%f327,0fCB000080;
prmt.b32 %f328,%r423,%r484,%r485;
add.f32 %f548,%f328,0fCB000080;
xor.b32 %r435,%r169,-2139062144;
prmt.b32 %f329,%r435,%r484,%r476;
add.f32 %f549,%f329,0fCB000080;
prmt.b32 %f330,%r435,%r484,%r479;
add.f32 %f550,%f330,0fCB000080;
prmt.b32 %f331,%r435,%r484,%r482;
add.f32 %f551,%f331,0fCB000080;
prmt.b32 %f332,%r435,%r484,%r485;
add.f32 %f552,%f332,0fCB000080;
fma.rn.f32 %f553,%f545,%f357,%f857;
fma.rn.f32 %f554,%f546,%f850,%f553;
fma.rn.f32 %f555,%f547,%f360,%f554;
fma.rn.f32 %f556,%f548,%f849,%f555;
fma.rn.f32 %f557,%f549,%f363,%f556;
fma.rn.f32 %f558,%f550,%f848,%f557;
fma.rn.f32 %f559,%f551,%f366,%f558;
fma.rn.f32 %f857,%f552,%f847,%f559;
fma.rn.f32 %f560,%f545,%f368,%f864;
fma.rn.f32 %f561,%f546,%f846,%f560;
fma.rn.f32 %f562,%f547,%f371,%f561;
fma.rn.f32 %f563,%f548,%f845,%f562;
fma.rn.f32 %f564,%f549,%f374,%f563;
fma.rn.f32 %f565,%f550,%f844,%f564;
fma.rn.f32 %f566,%f551,%f377,%f565;
fma.rn.f32 %f864,%f552,%f843,%f566;
fma.rn.f32 %f567,%f545,%f379,%f872;
fma.rn.f32 %f568,%f546,%f842,%f567;
fma.rn.f32 %f569,%f547,%f382,%f568;
fma.rn.f32 %f570,%f548,%f841,%f569;
fma.rn.f32 %f571,%f549,%f385,%f570;
fma.rn.f32 %f572,%f550,%f840,%f571;
fma.rn.f32 %f573,%f551,%f388,%f572;
fma.rn.f32 %f872,%f552,%f839,%f573;
fma.rn.f32 %f574,%f545,%f390,%f880;
fma.rn.f32 %f575,%f546,%f838,%f574;
fma.rn.f32 %f576,%f547,%f393,%f575;
fma.rn.f32 %f577,%f548,%f837,%f576;
fma.rn.f32 %f578,%f549,%f396,%f577;
fma.rn.f32 %f579,%f550,%f836,%f578;
fma.rn.f32 %f580,%f551,%f399,%f579;
fma.rn.f32 %f880,%f552,%f835,%f580;
xor.b32 %r447,%r170,-2139062144;
prmt.b32 %f333,%r447,%r484,%r476;
add.f32 %f581,%f333,0fCB000080;
prmt.b32 %f334,%r447,%r484,%r479;
add.f32 %f582,%f334,0fCB000080;
prmt.b32 %f335,%r447,%r484,%r482;
add.f32 %f583,%f335,0fCB000080;
prmt.b32 %f336,%r447,%r484,%r485;
add.f32 %f584,%f336,0fCB000080;
xor.b32 %r459,%r171,-2139062144;
prmt.b32 %f337,%r459,%r484,%r476;
add.f32 %f585,%f337,0fCB000080;
prmt.b32 %f338,%r459,%r484,%r479;
add.f32 %f586,%f338,0fCB000080;
prmt.b32 %f339,%r459,%r484,%r482;
add.f32 %f587,%f339,0fCB000080;
prmt.b32 %f340,%r459,%r484,%r485;
add.f32 %f588,%f340,0fCB000080;
fma.rn.f32 %f589,%f581,%f357,%f856;
fma.rn.f32 %f590,%f582,%f850,%f589;
fma.rn.f32 %f591,%f583,%f360,%f590;
fma.rn.f32 %f592,%f584,%f849,%f591;
fma.rn.f32 %f593,%f585,%f363,%f592;
fma.rn.f32 %f594,%f586,%f848,%f593;
fma.rn.f32 %f595,%f587,%f366,%f594;
fma.rn.f32 %f856,%f588,%f847,%f595;
fma.rn.f32 %f596,%f581,%f368,%f865;
fma.rn.f32 %f597,%f582,%f846,%f596;
fma.rn.f32 %f598,%f583,%f371,%f597;
fma.rn.f32 %f599,%f584,%f845,%f598;
fma.rn.f32 %f600,%f585,%f374,%f599;
fma.rn.f32 %f601,%f586,%f844,%f600;
fma.rn.f32 %f602,%f587,%f377,%f601;
fma.rn.f32 %f865,%f588,%f843,%f602;
fma.rn.f32 %f603,%f581,%f379,%f873;
fma.rn.f32 %f604,%f582,%f842,%f603;
fma.rn.f32 %f605,%f583,%f382,%f604;
fma.rn.f32 %f606,%f584,%f841,%f605;
fma.rn.f32 %f607,%f585,%f385,%f606;
fma.rn.f32 %f608,%f586,%f840,%f607;
fma.rn.f32 %f609,%f587,%f388,%f608;
fma.rn.f32 %f873,%f588,%f839,%f609;
fma.rn.f32 %f610,%f581,%f390,%f881;
fma.rn.f32 %f611,%f582,%f838,%f610;
fma.rn.f32 %f612,%f583,%f393,%f611;
fma.rn.f32 %f613,%f584,%f837,%f612;
fma.rn.f32 %f614,%f585,%f396,%f613;
fma.rn.f32 %f615,%f586,%f836,%f614;
fma.rn.f32 %f616,%f587,%f399,%f615;
fma.rn.f32 %f881,%f588,%f835,%f616;
xor.b32 %r471,%r172,-2139062144;
prmt.b32 %f341,%r471,%r484,%r476;
add.f32 %f617,%f341,0fCB000080;
prmt.b32 %f342,%r471,%r484,%r479;
add.f32 %f618,%f342,0fCB000080;
prmt.b32 %f343,%r471,%r484,%r482;
add.f32 %f619,%f343,0fCB000080;
prmt.b32 %f344,%r471,%r484,%r485;
add.f32 %f620,%f344,0fCB000080;
xor.b32 %r483,%r173,-2139062144;
prmt.b32 %f345,%r483,%r484,%r476;
add.f32 %f621,%f345,0fCB000080;
prmt.b32 %f346,%r483,%r484,%r479;
add.f32 %f622,%f346,0fCB000080;
prmt.b32 %f347,%r483,%r484,%r482;
add.f32 %f623,%f347,0fCB000080;
prmt.b32 %f348,%r483,%r484,%r485;
add.f32 %f624,%f348,0fCB000080;
fma.rn.f32 %f625,%f617,%f357,%f855;
fma.rn.f32 %f626,%f618,%f850,%f625;
fma.rn.f32 %f627,%f619,%f360,%f626;
fma.rn.f32 %f628,%f620,%f849,%f627;
fma.rn.f32 %f629,%f621,%f363,%f628;
fma.rn.f32 %f630,%f622,%f848,%f629;
fma.rn.f32 %f631,%f623,%f366,%f630;
fma.rn.f32 %f855,%f624,%f847,%f631;
fma.rn.f32 %f632,%f617,%f368,%f866;
fma.rn.f32 %f633,%f618,%f846,%f632;
fma.rn.f32 %f634,%f619,%f371,%f633;
fma.rn.f32 %f635,%f620,%f845,%f634;
fma.rn.f32 %f636,%f621,%f374,%f635;
fma.rn.f32 %f637,%f622,%f844,%f636;
fma.rn.f32 %f638,%f623,%f377,%f637;
fma.rn.f32 %f866,%f624,%f843,%f638;
fma.rn.f32 %f639,%f617,%f379,%f874;
fma.rn.f32 %f640,%f618,%f842,%f639;
fma.rn.f32 %f641,%f619,%f382,%f640;
fma.rn.f32 %f642,%f620,%f841,%f641;
fma.rn.f32 %f643,%f621,%f385,%f642;
fma.rn.f32 %f644,%f622,%f840,%f643;
fma.rn.f32 %f645,%f623,%f388,%f644;
fma.rn.f32 %f874,%f624,%f839,%f645;
fma.rn.f32 %f646,%f617,%f390,%f882;
fma.rn.f32 %f647,%f618,%f838,%f646;
fma.rn.f32 %f648,%f619,%f393,%f647;
fma.rn.f32 %f649,%f620,%f837,%f648;
fma.rn.f32 %f650,%f621,%f396,%f649;
fma.rn.f32 %f651,%f622,%f836,%f650;
fma.rn.f32 %f652,%f623,%f399,%f651;
fma.rn.f32 %f882,%f624,%f835,%f652;
add.s32 %r545,%r545,128;
setp.lt.s32 %p19,%r545,%r1;
@%p19 bra $L__BB6_2;
$L__BB6_53:
mov.u32 %r517,%tid.x;
mov.u32 %r501,16;
shr.u32 %r518,%r517,4;
and.b32 %r519,%r518,1;
setp.eq.b32 %p20,%r519,1;
selp.f32 %f654,%f862,%f867,%p20;
selp.f32 %f716,%f867,%f862,%p20;
shfl.sync.bfly.b32 %f653,%f654,%r501,0x1f,0xffffffff;
add.f32 %f717,%f716,%f653;
selp.f32 %f656,%f861,%f868,%p20;
selp.f32 %f718,%f868,%f861,%p20;
shfl.sync.bfly.b32 %f655,%f656,%r501,0x1f,0xffffffff;
add.f32 %f719,%f718,%f655;
selp.f32 %f658,%f860,%f869,%p20;
selp.f32 %f720,%f869,%f860,%p20;
shfl.sync.bfly.b32 %f657,%f658,%r501,0x1f,0xffffffff;
add.f32 %f721,%f720,%f657;
selp.f32 %f660,%f859,%f870,%p20;
selp.f32 %f722,%f870,%f859,%p20;
shfl.sync.bfly.b32 %f659,%f660,%r501,0x1f,0xffffffff;
add.f32 %f723,%f722,%f659;
selp.f32 %f662,%f858,%f871,%p20;
selp.f32 %f724,%f871,%f858,%p20;
shfl.sync.bfly.b32 %f661,%f662,%r501,0x1f,0xffffffff;
add.f32 %f725,%f724,%f661;
selp.f32 %f664,%f857,%f872,%p20;
selp.f32 %f726,%f872,%f857,%p20;
shfl.sync.bfly.b32 %f663,%f664,%r501,0x1f,0xffffffff;
add.f32 %f727,%f726,%f663;
selp.f32 %f666,%f856,%f873,%p20;
selp.f32 %f728,%f873,%f856,%p20;
shfl.sync.bfly.b32 %f665,%f666,%r501,0x1f,0xffffffff;
add.f32 %f729,%f728,%f665;
selp.f32 %f668,%f855,%f874,%p20;
selp.f32 %f730,%f874,%f855,%p20;
shfl.sync.bfly.b32 %f667,%f668,%r501,0x1f,0xffffffff;
add.f32 %f731,%f730,%f667;
selp.f32 %f670,%f854,%f875,%p20;
selp.f32 %f732,%f875,%f854,%p20;
shfl.sync.bfly.b32 %f669,%f670,%r501,0x1f,0xffffffff;
add.f32 %f733,%f732,%f669;
selp.f32 %f672,%f853,%f876,%p20;
selp.f32 %f734,%f876,%f853,%p20;
shfl.sync.bfly.b32 %f671,%f672,%r501,0x1f,0xffffffff;
add.f32 %f735,%f734,%f671;
selp.f32 %f674,%f852,%f877,%p20;
selp.f32 %f736,%f877,%f852,%p20;
shfl.sync.bfly.b32 %f673,%f674,%r501,0x1f,0xffffffff;
add.f32 %f737,%f736,%f673;
selp.f32 %f676,%f851,%f878,%p20;
selp.f32 %f738,%f878,%f851,%p20;
shfl.sync.bfly.b32 %f675,%f676,%r501,0x1f,0xffffffff;
add.f32 %f739,%f738,%f675;
selp.f32 %f678,%f863,%f879,%p20;
selp.f32 %f740,%f879,%f863,%p20;
shfl.sync.bfly.b32 %f677,%f678,%r501,0x1f,0xffffffff;
add.f32 %f741,%f740,%f677;
selp.f32 %f680,%f864,%f880,%p20;
selp.f32 %f742,%f880,%f864,%p20;
shfl.sync.bfly.b32 %f679,%f680,%r501,0x1f,0xffffffff;
add.f32 %f743,%f742,%f679;
selp.f32 %f682,%f865,%f881,%p20;
selp.f32 %f744,%f881,%f865,%p20;
shfl.sync.bfly.b32 %f681,%f682,%r501,0x1f,0xffffffff;
add.f32 %f745,%f744,%f681;
selp.f32 %f684,%f866,%f882,%p20;
selp.f32 %f746,%f882,%f866,%p20;
shfl.sync.bfly.b32 %f683,%f684,%r501,0x1f,0xffffffff;
add.f32 %f747,%f746,%f683;
mov.u32 %r509,8;
shr.u32 %r520,%r517,3;
and.b32 %r521,%r520,1;
setp.eq.b32 %p21,%r521,1;
selp.f32 %f686,%f717,%f733,%p21;
selp.f32 %f748,%f733,%f717,%p21;
shfl.sync.bfly.b32 %f685,%f686,%r509,0x1f,0xffffffff;
add.f32 %f749,%f748,%f685;
selp.f32 %f688,%f719,%f735,%p21;
selp.f32 %f750,%f735,%f719,%p21;
shfl.sync.bfly.b32 %f687,%f688,%r509,0x1f,0xffffffff;
add.f32 %f751,%f750,%f687;
selp.f32 %f690,%f721,%f737,%p21;
selp.f32 %f752,%f737,%f721,%p21;
shfl.sync.bfly.b32 %f689,%f690,%r509,0x1f,0xffffffff;
add.f32 %f753,%f752,%f689;
selp.f32 %f692,%f723,%f739,%p21;
selp.f32 %f754,%f739,%f723,%p21;
shfl.sync.bfly.b32 %f691,%f692,%r509,0x1f,0xffffffff;
add.f32 %f755,%f754,%f691;
selp.f32 %f694,%f725,%f741,%p21;
selp.f32 %f756,%f741,%f725,%p21;
shfl.sync.bfly.b32 %f693,%f694,%r509,0x1f,0xffffffff;
add.f32 %f757,%f756,%f693;
selp.f32 %f696,%f727,%f743,%p21;
selp.f32 %f758,%f743,%f727,%p21;
shfl.sync.bfly.b32 %f695,%f696,%r509,0x1f,0xffffffff;
add.f32 %f759,%f758,%f695;
selp.f32 %f698,%f729,%f745,%p21;
selp.f32 %f760,%f745,%f729,%p21;
shfl.sync.bfly.b32 %f697,%f698,%r509,0x1f,0xffffffff;
add.f32 %f761,%f760,%f697;
selp.f32 %f700,%f731,%f747,%p21;
selp.f32 %f762,%f747,%f731,%p21;
shfl.sync.bfly.b32 %f699,%f700,%r509,0x1f,0xffffffff;
add.f32 %f763,%f762,%f699;
mov.u32 %r513,4;
shr.u32 %r522,%r517,2;
and.b32 %r523,%r522,1;
setp.eq.b32 %p22,%r523,1;
selp.f32 %f702,%f749,%f757,%p22;
selp.f32 %f764,%f757,%f749,%p22;
shfl.sync.bfly.b32 %f701,%f702,%r513,0x1f,0xffffffff;
add.f32 %f765,%f764,%f701;
selp.f32 %f704,%f751,%f759,%p22;
selp.f32 %f766,%f759,%f751,%p22;
shfl.sync.bfly.b32 %f703,%f704,%r513,0x1f,0xffffffff;
add.f32 %f767,%f766,%f703;
selp.f32 %f706,%f753,%f761,%p22;
selp.f32 %f768,%f761,%f753,%p22;
shfl.sync.bfly.b32 %f705,%f706,%r513,0x1f,0xffffffff;
add.f32 %f769,%f768,%f705;
selp.f32 %f708,%f755,%f763,%p22;
selp.f32 %f770,%f763,%f755,%p22;
shfl.sync.bfly.b32 %f707,%f708,%r513,0x1f,0xffffffff;
add.f32 %f771,%f770,%f707;
mov.u32 %r515,2;
shr.u32 %r524,%r517,1;
and.b32 %r525,%r524,1;
setp.eq.b32 %p23,%r525,1;
selp.f32 %f710,%f765,%f769,%p23;
selp.f32 %f772,%f769,%f765,%p23;
shfl.sync.bfly.b32 %f709,%f710,%r515,0x1f,0xffffffff;
add.f32 %f773,%f772,%f709;
selp.f32 %f712,%f767,%f771,%p23;
selp.f32 %f774,%f771,%f767,%p23;
shfl.sync.bfly.b32 %f711,%f712,%r515,0x1f,0xffffffff;
add.f32 %f775,%f774,%f711;
mov.u32 %r516,1;
and.b32 %r526,%r517,1;
setp.eq.b32 %p24,%r526,1;
selp.f32 %f714,%f773,%f775,%p24;
selp.f32 %f776,%f775,%f773,%p24;
shfl.sync.bfly.b32 %f713,%f714,%r516,0x1f,0xffffffff;
add.f32 %f777,%f776,%f713;
shr.u32 %r527,%r517,5;
mul.wide.u32 %rd69,%r527,128;
mov.u64 %rd70,shared1;
add.s64 %rd71,%rd70,%rd69;
shl.b32 %r528,%r517,2;
cvt.u64.u32 %rd72,%r528;
and.b64 %rd73,%rd72,124;
add.s64 %rd74,%rd71,%rd73;
st.shared.f32 [%rd74],%f777;
bar.sync 0;
setp.gt.u32 %p25,%r517,31;
@%p25 bra $L__BB6_55;
mul.wide.u32 %rd75,%r517,4;
add.s64 %rd77,%rd70,%rd75;
ld.shared.f32 %f778,[%rd77];
add.f32 %f779,%f778,0f00000000;
ld.shared.f32 %f780,[%rd77+128];
add.f32 %f781,%f779,%f780;
ld.shared.f32 %f782,[%rd77+256];
add.f32 %f783,%f781,%f782;
ld.shared.f32 %f784,[%rd77+384];
add.f32 %f883,%f783,%f784;
$L__BB6_55:
add.s32 %r135,%r3,%r520;
and.b32 %r532,%r517,7;
add.s32 %r136,%r2,%r532;
setp.ge.s32 %p27,%r135,%r142;
or.pred %p28,%p25,%p27;
setp.ge.s32 %p29,%r136,%r143;
or.pred %p30,%p29,%p28;
@%p30 bra $L__BB6_75;
ld.param.u32 %r542,[p8];
cvt.s64.s32 %rd5,%r136;
bfe.u32 %r137,%r542,2,2;
setp.eq.s32 %p31,%r137,2;
@%p31 bra $L__BB6_60;
bra.uni $L__BB6_57;
$L__BB6_60:
ld.param.u64 %rd100,[p2];
cvta.to.global.u64 %rd81,%rd100;
shl.b64 %rd82,%rd5,2;
add.s64 %rd83,%rd81,%rd82;
ld.global.f32 %f884,[%rd83];
bra.uni $L__BB6_61;
$L__BB6_57:
ld.param.u64 %rd97,[p2];
cvta.to.global.u64 %rd78,%rd97;
shl.b64 %rd79,%rd5,1;
add.s64 %rd80,%rd78,%rd79;
ld.global.u16 %r138,[%rd80];
setp.eq.s32 %p32,%r137,0;
@%p32 bra $L__BB6_59;
shl.b32 %r533,%r138,16;
mov.b32 %f884,%r533;
bra.uni $L__BB6_61;
$L__BB6_59:
{ .reg .b16 h; cvt.u16.u32 h,%r138; cvt.f32.f16 %f884,h; }
$L__BB6_61:
ld.param.u64 %rd101,[p3];
mul.f32 %f188,%f883,%f884;
setp.eq.s64 %p33,%rd101,0;
@%p33 bra $L__BB6_68;
ld.param.u32 %r543,[p8];
bfe.u32 %r139,%r543,4,2;
setp.eq.s32 %p34,%r139,2;
@%p34 bra $L__BB6_66;
bra.uni $L__BB6_63;
$L__BB6_66:
ld.param.u64 %rd103,[p3];
cvta.to.global.u64 %rd87,%rd103;
shl.b64 %rd88,%rd5,2;
add.s64 %rd89,%rd87,%rd88;
ld.global.f32 %f885,[%rd89];
bra.uni $L__BB6_67;
$L__BB6_63:
ld.param.u64 %rd102,[p3];
cvta.to.global.u64 %rd84,%rd102;
shl.b64 %rd85,%rd5,1;
add.s64 %rd86,%rd84,%rd85;
ld.global.u16 %r140,[%rd86];
setp.eq.s32 %p35,%r139,0;
@%p35 bra $L__BB6_65;
shl.b32 %r535,%r140,16;
mov.b32 %f885,%r535;
bra.uni $L__BB6_67;
$L__BB6_65:
{ .reg .b16 h; cvt.u16.u32 h,%r140; cvt.f32.f16 %f885,h; }
$L__BB6_67:
add.f32 %f188,%f188,%f885;
$L__BB6_68:
ld.param.u32 %r544,[p8];
mul.wide.s32 %rd90,%r135,%r143;
add.s64 %rd6,%rd90,%rd5;
cvt.u16.u32 %rs5,%r544;
and.b16 %rs4,%rs5,3;
setp.eq.s16 %p36,%rs4,2;
@%p36 bra $L__BB6_71;
setp.ne.s16 %p37,%rs4,0;
@%p37 bra $L__BB6_72;
cvt.rn.f16.f32 %rs8,%f188;
bra.uni $L__BB6_74;
$L__BB6_71:
ld.param.u64 %rd99,[p4];
cvta.to.global.u64 %rd91,%rd99;
shl.b64 %rd92,%rd6,2;
add.s64 %rd93,%rd91,%rd92;
st.global.f32 [%rd93],%f188;
bra.uni $L__BB6_75;
$L__BB6_72:
mov.b32 %r141,%f188;
and.b32 %r537,%r141,2147483647;
setp.gt.u32 %p38,%r537,2139095040;
mov.u16 %rs8,32767;
@%p38 bra $L__BB6_74;
bfe.u32 %r538,%r141,16,1;
add.s32 %r539,%r141,%r538;
add.s32 %r540,%r539,32767;
shr.u32 %r541,%r540,16;
cvt.u16.u32 %rs8,%r541;
$L__BB6_74:
ld.param.u64 %rd98,[p4];
cvta.to.global.u64 %rd94,%rd98;
shl.b64 %rd95,%rd6,1;
add.s64 %rd96,%rd94,%rd95;
st.global.u16 [%rd96],%rs8;
$L__BB6_75:
ret;
}
.visible .entry int8_gemv_8(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 128,1,1
{
.reg .pred %p<55>;
.reg .b16 %rs<9>;
.reg .f32 %f<984>;
.reg .b32 %r<709>;
.reg .b64 %rd<117>;
ld.param.u64 %rd14,[p1];
ld.param.u32 %r246,[p5];
ld.param.u32 %r247,[p6];
ld.param.u32 %r249,[p7];
ld.param.u32 %r248,[p8];
shr.s32 %r250,%r249,31;
shr.u32 %r251,%r250,29;
add.s32 %r252,%r249,%r251;
shr.s32 %r1,%r252,3;
add.s32 %r253,%r246,7;
shr.s32 %r254,%r253,31;
shr.u32 %r255,%r254,29;
add.s32 %r256,%r253,%r255;
shr.s32 %r257,%r256,3;
mov.u32 %r258,%ctaid.x;
div.u32 %r259,%r258,%r257;
shl.b32 %r2,%r259,2;
mul.lo.s32 %r260,%r259,%r257;
sub.s32 %r261,%r258,%r260;
shl.b32 %r3,%r261,3;
mov.u32 %r645,%tid.x;
setp.ge.s32 %p1,%r645,%r1;
mov.f32 %f948,0f00000000;
mov.f32 %f949,%f948;
mov.f32 %f950,%f948;
mov.f32 %f951,%f948;
mov.f32 %f952,%f948;
mov.f32 %f953,%f948;
mov.f32 %f954,%f948;
mov.f32 %f955,%f948;
mov.f32 %f956,%f948;
mov.f32 %f957,%f948;
mov.f32 %f958,%f948;
mov.f32 %f959,%f948;
mov.f32 %f960,%f948;
mov.f32 %f961,%f948;
mov.f32 %f962,%f948;
mov.f32 %f963,%f948;
mov.f32 %f964,%f948;
mov.f32 %f965,%f948;
mov.f32 %f966,%f948;
mov.f32 %f967,%f948;
mov.f32 %f968,%f948;
mov.f32 %f969,%f948;
mov.f32 %f970,%f948;
mov.f32 %f971,%f948;
mov.f32 %f972,%f948;
mov.f32 %f973,%f948;
mov.f32 %f974,%f948;
mov.f32 %f975,%f948;
mov.f32 %f976,%f948;
mov.f32 %f977,%f948;
mov.f32 %f978,%f948;
mov.f32 %f979,%f948;
@%p1 bra $L__BB7_101;
add.s32 %r262,%r246,-1;
add.s32 %r263,%r3,6;
add.s32 %r264,%r3,7;
and.b32 %r5,%r248,3;
min.s32 %r265,%r264,%r262;
mul.wide.s32 %rd1,%r265,%r1;
min.s32 %r266,%r263,%r262;
mul.wide.s32 %rd2,%r266,%r1;
$L__BB7_2:
.pragma "nounroll";
ld.param.u32 %r644,[p5];
add.s32 %r643,%r644,-1;
ld.param.u64 %rd113,[p0];
add.s32 %r275,%r247,-1;
min.s32 %r276,%r2,%r275;
mul.wide.s32 %rd22,%r276,%r1;
cvt.s64.s32 %rd23,%r645;
add.s64 %rd24,%rd22,%rd23;
shl.b64 %rd25,%rd24,3;
add.s64 %rd18,%rd113,%rd25;
ld.global.cs.nc.v2.u32 {%r267,%r268},[%rd18];
add.s32 %r277,%r2,1;
min.s32 %r278,%r277,%r275;
mul.wide.s32 %rd26,%r278,%r1;
add.s64 %rd27,%rd26,%rd23;
shl.b64 %rd28,%rd27,3;
add.s64 %rd19,%rd113,%rd28;
ld.global.cs.nc.v2.u32 {%r269,%r270},[%rd19];
add.s32 %r279,%r2,2;
min.s32 %r280,%r279,%r275;
mul.wide.s32 %rd29,%r280,%r1;
add.s64 %rd30,%rd29,%rd23;
shl.b64 %rd31,%rd30,3;
add.s64 %rd20,%rd113,%rd31;
ld.global.cs.nc.v2.u32 {%r271,%r272},[%rd20];
add.s32 %r281,%r2,3;
min.s32 %r282,%r281,%r275;
mul.wide.s32 %rd32,%r282,%r1;
add.s64 %rd33,%rd32,%rd23;
shl.b64 %rd34,%rd33,3;
add.s64 %rd21,%rd113,%rd34;
ld.global.cs.nc.v2.u32 {%r273,%r274},[%rd21];
min.s32 %r284,%r3,%r643;
mul.wide.s32 %rd35,%r284,%r1;
add.s64 %rd3,%rd35,%rd23;
add.s32 %r285,%r3,1;
min.s32 %r286,%r285,%r643;
mul.wide.s32 %rd36,%r286,%r1;
add.s64 %rd4,%rd36,%rd23;
add.s32 %r287,%r3,2;
min.s32 %r288,%r287,%r643;
mul.wide.s32 %rd37,%r288,%r1;
add.s64 %rd5,%rd37,%rd23;
add.s32 %r289,%r3,3;
min.s32 %r290,%r289,%r643;
mul.wide.s32 %rd38,%r290,%r1;
add.s64 %rd6,%rd38,%rd23;
add.s32 %r291,%r3,4;
min.s32 %r292,%r291,%r643;
mul.wide.s32 %rd39,%r292,%r1;
add.s64 %rd7,%rd39,%rd23;
add.s32 %r293,%r3,5;
min.s32 %r294,%r293,%r643;
mul.wide.s32 %rd40,%r294,%r1;
add.s64 %rd8,%rd40,%rd23;
add.s64 %rd9,%rd2,%rd23;
add.s64 %rd10,%rd1,%rd23;
setp.eq.s32 %p2,%r5,2;
@%p2 bra $L__BB7_99;
bra.uni $L__BB7_3;
$L__BB7_99:
shl.b64 %rd73,%rd3,5;
add.s64 %rd57,%rd14,%rd73;
ld.global.nc.v4.u32 {%r708,%r424,%r707,%r426},[%rd57];
add.s64 %rd58,%rd57,16;
ld.global.nc.v4.u32 {%r706,%r428,%r705,%r430},[%rd58];
mov.b32 %f947,%r424;
mov.b32 %f946,%r426;
mov.b32 %f945,%r428;
mov.b32 %f944,%r430;
shl.b64 %rd74,%rd4,5;
add.s64 %rd59,%rd14,%rd74;
ld.global.nc.v4.u32 {%r704,%r432,%r703,%r434},[%rd59];
add.s64 %rd60,%rd59,16;
ld.global.nc.v4.u32 {%r702,%r436,%r701,%r438},[%rd60];
mov.b32 %f943,%r432;
mov.b32 %f942,%r434;
mov.b32 %f941,%r436;
mov.b32 %f940,%r438;
shl.b64 %rd75,%rd5,5;
add.s64 %rd61,%rd14,%rd75;
ld.global.nc.v4.u32 {%r700,%r440,%r699,%r442},[%rd61];
add.s64 %rd62,%rd61,16;
ld.global.nc.v4.u32 {%r698,%r444,%r697,%r446},[%rd62];
mov.b32 %f939,%r440;
mov.b32 %f938,%r442;
mov.b32 %f937,%r444;
mov.b32 %f936,%r446;
shl.b64 %rd76,%rd6,5;
add.s64 %rd63,%rd14,%rd76;
ld.global.nc.v4.u32 {%r696,%r448,%r695,%r450},[%rd63];
add.s64 %rd64,%rd63,16;
ld.global.nc.v4.u32 {%r694,%r452,%r693,%r454},[%rd64];
mov.b32 %f935,%r448;
mov.b32 %f934,%r450;
mov.b32 %f933,%r452;
mov.b32 %f932,%r454;
shl.b64 %rd77,%rd7,5;
add.s64 %rd65,%rd14,%rd77;
ld.global.nc.v4.u32 {%r692,%r456,%r691,%r458},[%rd65];
add.s64 %rd66,%rd65,16;
ld.global.nc.v4.u32 {%r690,%r460,%r689,%r462},[%rd66];
mov.b32 %f931,%r456;
mov.b32 %f930,%r458;
mov.b32 %f929,%r460;
mov.b32 %f928,%r462;
shl.b64 %rd78,%rd8,5;
add.s64 %rd67,%rd14,%rd78;
ld.global.nc.v4.u32 {%r688,%r464,%r687,%r466},[%rd67];
add.s64 %rd68,%rd67,16;
ld.global.nc.v4.u32 {%r686,%r468,%r685,%r470},[%rd68];
mov.b32 %f927,%r464;
mov.b32 %f926,%r466;
mov.b32 %f925,%r468;
mov.b32 %f924,%r470;
shl.b64 %rd79,%rd9,5;
add.s64 %rd69,%rd14,%rd79;
ld.global.nc.v4.u32 {%r684,%r472,%r683,%r474},[%rd69];
add.s64 %rd70,%rd69,16;
ld.global.nc.v4.u32 {%r682,%r476,%r681,%r478},[%rd70];
mov.b32 %f923,%r472;
mov.b32 %f922,%r474;
mov.b32 %f921,%r476;
mov.b32 %f920,%r478;
shl.b64 %rd80,%rd10,5;
add.s64 %rd71,%rd14,%rd80;
ld.global.nc.v4.u32 {%r680,%r480,%r679,%r482},[%rd71];
add.s64 %rd72,%rd71,16;
ld.global.nc.v4.u32 {%r678,%r484,%r677,%r486},[%rd72];
mov.b32 %f919,%r480;
mov.b32 %f918,%r482;
mov.b32 %f917,%r484;
mov.b32 %f916,%r486;
bra.uni $L__BB7_100;
$L__BB7_3:
setp.eq.s32 %p3,%r5,0;
shl.b64 %rd49,%rd3,4;
add.s64 %rd41,%rd14,%rd49;
ld.global.nc.v4.u32 {%r295,%r296,%r297,%r298},[%rd41];
shl.b64 %rd50,%rd4,4;
add.s64 %rd42,%rd14,%rd50;
ld.global.nc.v4.u32 {%r299,%r300,%r301,%r302},[%rd42];
shl.b64 %rd51,%rd5,4;
add.s64 %rd43,%rd14,%rd51;
ld.global.nc.v4.u32 {%r303,%r304,%r305,%r306},[%rd43];
shl.b64 %rd52,%rd6,4;
add.s64 %rd44,%rd14,%rd52;
ld.global.nc.v4.u32 {%r307,%r308,%r309,%r310},[%rd44];
shl.b64 %rd53,%rd7,4;
add.s64 %rd45,%rd14,%rd53;
ld.global.nc.v4.u32 {%r311,%r312,%r313,%r314},[%rd45];
shl.b64 %rd54,%rd8,4;
add.s64 %rd46,%rd14,%rd54;
ld.global.nc.v4.u32 {%r315,%r316,%r317,%r318},[%rd46];
shl.b64 %rd55,%rd9,4;
add.s64 %rd47,%rd14,%rd55;
ld.global.nc.v4.u32 {%r319,%r320,%r321,%r322},[%rd47];
shl.b64 %rd56,%rd10,4;
add.s64 %rd48,%rd14,%rd56;
ld.global.nc.v4.u32 {%r323,%r324,%r325,%r326},[%rd48];
@%p3 bra $L__BB7_5;
shl.b32 %r708,%r295,16;
and.b32 %r327,%r295,-65536;
mov.b32 %f947,%r327;
bra.uni $L__BB7_6;
$L__BB7_5:
{ .reg .b16 h; cvt.u16.u32 h,%r295; cvt.f32.f16 %f333,h; }
mov.b32 %r708,%f333;
shr.u32 %r329,%r295,16;
{ .reg .b16 h; cvt.u16.u32 h,%r329; cvt.f32.f16 %f947,h; }
$L__BB7_6:
@%p3 bra $L__BB7_8;
shl.b32 %r707,%r296,16;
and.b32 %r330,%r296,-65536;
mov.b32 %f946,%r330;
bra.uni $L__BB7_9;
$L__BB7_8:
{ .reg .b16 h; cvt.u16.u32 h,%r296; cvt.f32.f16 %f335,h; }
mov.b32 %r707,%f335;
shr.u32 %r332,%r296,16;
{ .reg .b16 h; cvt.u16.u32 h,%r332; cvt.f32.f16 %f946,h; }
$L__BB7_9:
@%p3 bra $L__BB7_11;
shl.b32 %r706,%r297,16;
and.b32 %r333,%r297,-65536;
mov.b32 %f945,%r333;
bra.uni $L__BB7_12;
$L__BB7_11:
{ .reg .b16 h; cvt.u16.u32 h,%r297; cvt.f32.f16 %f337,h; }
mov.b32 %r706,%f337;
shr.u32 %r335,%r297,16;
{ .reg .b16 h; cvt.u16.u32 h,%r335; cvt.f32.f16 %f945,h; }
$L__BB7_12:
@%p3 bra $L__BB7_14;
shl.b32 %r705,%r298,16;
and.b32 %r336,%r298,-65536;
mov.b32 %f944,%r336;
bra.uni $L__BB7_15;
$L__BB7_14:
{ .reg .b16 h; cvt.u16.u32 h,%r298; cvt.f32.f16 %f339,h; }
mov.b32 %r705,%f339;
shr.u32 %r338,%r298,16;
{ .reg .b16 h; cvt.u16.u32 h,%r338; cvt.f32.f16 %f944,h; }
$L__BB7_15:
@%p3 bra $L__BB7_17;
shl.b32 %r704,%r299,16;
and.b32 %r339,%r299,-65536;
mov.b32 %f943,%r339;
bra.uni $L__BB7_18;
$L__BB7_17:
{ .reg .b16 h; cvt.u16.u32 h,%r299; cvt.f32.f16 %f341,h; }
mov.b32 %r704,%f341;
shr.u32 %r341,%r299,16;
{ .reg .b16 h; cvt.u16.u32 h,%r341; cvt.f32.f16 %f943,h; }
$L__BB7_18:
@%p3 bra $L__BB7_20;
shl.b32 %r703,%r300,16;
and.b32 %r342,%r300,-65536;
mov.b32 %f942,%r342;
bra.uni $L__BB7_21;
$L__BB7_20:
{ .reg .b16 h; cvt.u16.u32 h,%r300; cvt.f32.f16 %f343,h; }
mov.b32 %r703,%f343;
shr.u32 %r344,%r300,16;
{ .reg .b16 h; cvt.u16.u32 h,%r344; cvt.f32.f16 %f942,h; }
$L__BB7_21:
@%p3 bra $L__BB7_23;
shl.b32 %r702,%r301,16;
and.b32 %r345,%r301,-65536;
mov.b32 %f941,%r345;
bra.uni $L__BB7_24;
$L__BB7_23:
{ .reg .b16 h; cvt.u16.u32 h,%r301; cvt.f32.f16 %f345,h; }
mov.b32 %r702,%f345;
shr.u32 %r347,%r301,16;
{ .reg .b16 h; cvt.u16.u32 h,%r347; cvt.f32.f16 %f941,h; }
$L__BB7_24:
@%p3 bra $L__BB7_26;
shl.b32 %r701,%r302,16;
and.b32 %r348,%r302,-65536;
mov.b32 %f940,%r348;
bra.uni $L__BB7_27;
$L__BB7_26:
{ .reg .b16 h; cvt.u16.u32 h,%r302; cvt.f32.f16 %f347,h; }
mov.b32 %r701,%f347;
shr.u32 %r350,%r302,16;
{ .reg .b16 h; cvt.u16.u32 h,%r350; cvt.f32.f16 %f940,h; }
$L__BB7_27:
@%p3 bra $L__BB7_29;
shl.b32 %r700,%r303,16;
and.b32 %r351,%r303,-65536;
mov.b32 %f939,%r351;
bra.uni $L__BB7_30;
$L__BB7_29:
{ .reg .b16 h; cvt.u16.u32 h,%r303; cvt.f32.f16 %f349,h; }
mov.b32 %r700,%f349;
shr.u32 %r353,%r303,16;
{ .reg .b16 h; cvt.u16.u32 h,%r353; cvt.f32.f16 %f939,h; }
$L__BB7_30:
@%p3 bra $L__BB7_32;
shl.b32 %r699,%r304,16;
and.b32 %r354,%r304,-65536;
mov.b32 %f938,%r354;
bra.uni $L__BB7_33;
$L__BB7_32:
{ .reg .b16 h; cvt.u16.u32 h,%r304; cvt.f32.f16 %f351,h; }
mov.b32 %r699,%f351;
shr.u32 %r356,%r304,16;
{ .reg .b16 h; cvt.u16.u32 h,%r356; cvt.f32.f16 %f938,h; }
$L__BB7_33:
@%p3 bra $L__BB7_35;
shl.b32 %r698,%r305,16;
and.b32 %r357,%r305,-65536;
mov.b32 %f937,%r357;
bra.uni $L__BB7_36;
$L__BB7_35:
{ .reg .b16 h; cvt.u16.u32 h,%r305; cvt.f32.f16 %f353,h; }
mov.b32 %r698,%f353;
shr.u32 %r359,%r305,16;
{ .reg .b16 h; cvt.u16.u32 h,%r359; cvt.f32.f16 %f937,h; }
$L__BB7_36:
@%p3 bra $L__BB7_38;
shl.b32 %r697,%r306,16;
and.b32 %r360,%r306,-65536;
mov.b32 %f936,%r360;
bra.uni $L__BB7_39;
$L__BB7_38:
{ .reg .b16 h; cvt.u16.u32 h,%r306; cvt.f32.f16 %f355,h; }
mov.b32 %r697,%f355;
shr.u32 %r362,%r306,16;
{ .reg .b16 h; cvt.u16.u32 h,%r362; cvt.f32.f16 %f936,h; }
$L__BB7_39:
@%p3 bra $L__BB7_41;
shl.b32 %r696,%r307,16;
and.b32 %r363,%r307,-65536;
mov.b32 %f935,%r363;
bra.uni $L__BB7_42;
$L__BB7_41:
{ .reg .b16 h; cvt.u16.u32 h,%r307; cvt.f32.f16 %f357,h; }
mov.b32 %r696,%f357;
shr.u32 %r365,%r307,16;
{ .reg .b16 h; cvt.u16.u32 h,%r365; cvt.f32.f16 %f935,h; }
$L__BB7_42:
@%p3 bra $L__BB7_44;
shl.b32 %r695,%r308,16;
and.b32 %r366,%r308,-65536;
mov.b32 %f934,%r366;
bra.uni $L__BB7_45;
$L__BB7_44:
{ .reg .b16 h; cvt.u16.u32 h,%r308; cvt.f32.f16 %f359,h; }
mov.b32 %r695,%f359;
shr.u32 %r368,%r308,16;
{ .reg .b16 h; cvt.u16.u32 h,%r368; cvt.f32.f16 %f934,h; }
$L__BB7_45:
@%p3 bra $L__BB7_47;
shl.b32 %r694,%r309,16;
and.b32 %r369,%r309,-65536;
mov.b32 %f933,%r369;
bra.uni $L__BB7_48;
$L__BB7_47:
{ .reg .b16 h; cvt.u16.u32 h,%r309; cvt.f32.f16 %f361,h; }
mov.b32 %r694,%f361;
shr.u32 %r371,%r309,16;
{ .reg .b16 h; cvt.u16.u32 h,%r371; cvt.f32.f16 %f933,h; }
$L__BB7_48:
@%p3 bra $L__BB7_50;
shl.b32 %r693,%r310,16;
and.b32 %r372,%r310,-65536;
mov.b32 %f932,%r372;
bra.uni $L__BB7_51;
$L__BB7_50:
{ .reg .b16 h; cvt.u16.u32 h,%r310; cvt.f32.f16 %f363,h; }
mov.b32 %r693,%f363;
shr.u32 %r374,%r310,16;
{ .reg .b16 h; cvt.u16.u32 h,%r374; cvt.f32.f16 %f932,h; }
$L__BB7_51:
@%p3 bra $L__BB7_53;
shl.b32 %r692,%r311,16;
and.b32 %r375,%r311,-65536;
mov.b32 %f931,%r375;
bra.uni $L__BB7_54;
$L__BB7_53:
{ .reg .b16 h; cvt.u16.u32 h,%r311; cvt.f32.f16 %f365,h; }
mov.b32 %r692,%f365;
shr.u32 %r377,%r311,16;
{ .reg .b16 h; cvt.u16.u32 h,%r377; cvt.f32.f16 %f931,h; }
$L__BB7_54:
@%p3 bra $L__BB7_56;
shl.b32 %r691,%r312,16;
and.b32 %r378,%r312,-65536;
mov.b32 %f930,%r378;
bra.uni $L__BB7_57;
$L__BB7_56:
{ .reg .b16 h; cvt.u16.u32 h,%r312; cvt.f32.f16 %f367,h; }
mov.b32 %r691,%f367;
shr.u32 %r380,%r312,16;
{ .reg .b16 h; cvt.u16.u32 h,%r380; cvt.f32.f16 %f930,h; }
$L__BB7_57:
@%p3 bra $L__BB7_59;
shl.b32 %r690,%r313,16;
and.b32 %r381,%r313,-65536;
mov.b32 %f929,%r381;
bra.uni $L__BB7_60;
$L__BB7_59:
{ .reg .b16 h; cvt.u16.u32 h,%r313; cvt.f32.f16 %f369,h; }
mov.b32 %r690,%f369;
shr.u32 %r383,%r313,16;
{ .reg .b16 h; cvt.u16.u32 h,%r383; cvt.f32.f16 %f929,h; }
$L__BB7_60:
@%p3 bra $L__BB7_62;
shl.b32 %r689,%r314,16;
and.b32 %r384,%r314,-65536;
mov.b32 %f928,%r384;
bra.uni $L__BB7_63;
$L__BB7_62:
{ .reg .b16 h; cvt.u16.u32 h,%r314; cvt.f32.f16 %f371,h; }
mov.b32 %r689,%f371;
shr.u32 %r386,%r314,16;
{ .reg .b16 h; cvt.u16.u32 h,%r386; cvt.f32.f16 %f928,h; }
$L__BB7_63:
@%p3 bra $L__BB7_65;
shl.b32 %r688,%r315,16;
and.b32 %r387,%r315,-65536;
mov.b32 %f927,%r387;
bra.uni $L__BB7_66;
$L__BB7_65:
{ .reg .b16 h; cvt.u16.u32 h,%r315; cvt.f32.f16 %f373,h; }
mov.b32 %r688,%f373;
shr.u32 %r389,%r315,16;
{ .reg .b16 h; cvt.u16.u32 h,%r389; cvt.f32.f16 %f927,h; }
$L__BB7_66:
@%p3 bra $L__BB7_68;
shl.b32 %r687,%r316,16;
and.b32 %r390,%r316,-65536;
mov.b32 %f926,%r390;
bra.uni $L__BB7_69;
$L__BB7_68:
{ .reg .b16 h; cvt.u16.u32 h,%r316; cvt.f32.f16 %f375,h; }
mov.b32 %r687,%f375;
shr.u32 %r392,%r316,16;
{ .reg .b16 h; cvt.u16.u32 h,%r392; cvt.f32.f16 %f926,h; }
$L__BB7_69:
@%p3 bra $L__BB7_71;
shl.b32 %r686,%r317,16;
and.b32 %r393,%r317,-65536;
mov.b32 %f925,%r393;
bra.uni $L__BB7_72;
$L__BB7_71:
{ .reg .b16 h; cvt.u16.u32 h,%r317; cvt.f32.f16 %f377,h; }
mov.b32 %r686,%f377;
shr.u32 %r395,%r317,16;
{ .reg .b16 h; cvt.u16.u32 h,%r395; cvt.f32.f16 %f925,h; }
$L__BB7_72:
@%p3 bra $L__BB7_74;
shl.b32 %r685,%r318,16;
and.b32 %r396,%r318,-65536;
mov.b32 %f924,%r396;
bra.uni $L__BB7_75;
$L__BB7_74:
{ .reg .b16 h; cvt.u16.u32 h,%r318; cvt.f32.f16 %f379,h; }
mov.b32 %r685,%f379;
shr.u32 %r398,%r318,16;
{ .reg .b16 h; cvt.u16.u32 h,%r398; cvt.f32.f16 %f924,h; }
$L__BB7_75:
@%p3 bra $L__BB7_77;
shl.b32 %r684,%r319,16;
and.b32 %r399,%r319,-65536;
mov.b32 %f923,%r399;
bra.uni $L__BB7_78;
$L__BB7_77:
{ .reg .b16 h; cvt.u16.u32 h,%r319; cvt.f32.f16 %f381,h; }
mov.b32 %r684,%f381;
shr.u32 %r401,%r319,16;
{ .reg .b16 h; cvt.u16.u32 h,%r401; cvt.f32.f16 %f923,h; }
$L__BB7_78:
@%p3 bra $L__BB7_80;
shl.b32 %r683,%r320,16;
and.b32 %r402,%r320,-65536;
mov.b32 %f922,%r402;
bra.uni $L__BB7_81;
$L__BB7_80:
{ .reg .b16 h; cvt.u16.u32 h,%r320; cvt.f32.f16 %f383,h; }
mov.b32 %r683,%f383;
shr.u32 %r404,%r320,16;
{ .reg .b16 h; cvt.u16.u32 h,%r404; cvt.f32.f16 %f922,h; }
$L__BB7_81:
@%p3 bra $L__BB7_83;
shl.b32 %r682,%r321,16;
and.b32 %r405,%r321,-65536;
mov.b32 %f921,%r405;
bra.uni $L__BB7_84;
$L__BB7_83:
{ .reg .b16 h; cvt.u16.u32 h,%r321; cvt.f32.f16 %f385,h; }
mov.b32 %r682,%f385;
shr.u32 %r407,%r321,16;
{ .reg .b16 h; cvt.u16.u32 h,%r407; cvt.f32.f16 %f921,h; }
$L__BB7_84:
@%p3 bra $L__BB7_86;
shl.b32 %r681,%r322,16;
and.b32 %r408,%r322,-65536;
mov.b32 %f920,%r408;
bra.uni $L__BB7_87;
$L__BB7_86:
{ .reg .b16 h; cvt.u16.u32 h,%r322; cvt.f32.f16 %f387,h; }
mov.b32 %r681,%f387;
shr.u32 %r410,%r322,16;
{ .reg .b16 h; cvt.u16.u32 h,%r410; cvt.f32.f16 %f920,h; }
$L__BB7_87:
@%p3 bra $L__BB7_89;
shl.b32 %r680,%r323,16;
and.b32 %r411,%r323,-65536;
mov.b32 %f919,%r411;
bra.uni $L__BB7_90;
$L__BB7_89:
{ .reg .b16 h; cvt.u16.u32 h,%r323; cvt.f32.f16 %f389,h; }
mov.b32 %r680,%f389;
shr.u32 %r413,%r323,16;
{ .reg .b16 h; cvt.u16.u32 h,%r413; cvt.f32.f16 %f919,h; }
$L__BB7_90:
@%p3 bra $L__BB7_92;
shl.b32 %r679,%r324,16;
and.b32 %r414,%r324,-65536;
mov.b32 %f918,%r414;
bra.uni $L__BB7_93;
$L__BB7_92:
{ .reg .b16 h; cvt.u16.u32 h,%r324; cvt.f32.f16 %f391,h; }
mov.b32 %r679,%f391;
shr.u32 %r416,%r324,16;
{ .reg .b16 h; cvt.u16.u32 h,%r416; cvt.f32.f16 %f918,h; }
$L__BB7_93:
@%p3 bra $L__BB7_95;
shl.b32 %r678,%r325,16;
and.b32 %r417,%r325,-65536;
mov.b32 %f917,%r417;
bra.uni $L__BB7_96;
$L__BB7_95:
{ .reg .b16 h; cvt.u16.u32 h,%r325; cvt.f32.f16 %f393,h; }
mov.b32 %r678,%f393;
shr.u32 %r419,%r325,16;
{ .reg .b16 h; cvt.u16.u32 h,%r419; cvt.f32.f16 %f917,h; }
$L__BB7_96:
@%p3 bra $L__BB7_98;
shl.b32 %r677,%r326,16;
and.b32 %r420,%r326,-65536;
mov.b32 %f916,%r420;
bra.uni $L__BB7_100;
$L__BB7_98:
{ .reg .b16 h; cvt.u16.u32 h,%r326; cvt.f32.f16 %f395,h; }
mov.b32 %r677,%f395;
shr.u32 %r422,%r326,16;
{ .reg .b16 h; cvt.u16.u32 h,%r422; cvt.f32.f16 %f916,h; }
$L__BB7_100:
xor.b32 %r496,%r267,-2139062144;
mov.u32 %r581,1258291200;
mov.u32 %r573,30016;
prmt.b32 %f397,%r496,%r581,%r573;
add.f32 %f429,%f397,0fCB000080;
mov.u32 %r576,30017;
prmt.b32 %f398,%r496,%r581,%r576;
add.f32 %f430,%f398,0fCB000080;
mov.u32 %r579,30018;
prmt.b32 %f399,%r496,%r581,%r579;
add.f32 %f431,%f399,0fCB000080;
mov.u32 %r582,30019;
prmt.b32 %f400,%r496,%r581,%r582;
add.f32 %f432,%f400,0fCB000080;
xor.b32 %r508,%r268,-2139062144;
prmt.b32 %f401,%r508,%r581,%r573;
add.f32 %f433,%f401,0fCB000080;
prmt.b32 %f402,%r508,%r581,%r576;
add.f32 %f434,%f402,0fCB000080;
prmt.b32 %f403,%r508,%r581,%r579;
add.f32 %f435,%f403,0fCB000080;
prmt.b32 %f404,%r508,%r581,%r582;
add.f32 %f436,%f404,0fCB000080;
mov.b32 %f437,%r708;
fma.rn.f32 %f438,%f429,%f437,%f967;
fma.rn.f32 %f439,%f430,%f947,%f438;
mov.b32 %f440,%r707;
fma.rn.f32 %f441,%f431,%f440,%f439;
fma.rn.f32 %f442,%f432,%f946,%f441;
mov.b32 %f443,%r706;
fma.rn.f32 %f444,%f433,%f443,%f442;
fma.rn.f32 %f445,%f434,%f945,%f444;
mov.b32 %f446,%r705;
fma.rn.f32 %f447,%f435,%f446,%f445;
fma.rn.f32 %f967,%f436,%f944,%f447;
mov.b32 %f448,%r704;
fma.rn.f32 %f449,%f429,%f448,%f963;
fma.rn.f32 %f450,%f430,%f943,%f449;
mov.b32 %f451,%r703;
fma.rn.f32 %f452,%f431,%f451,%f450;
fma.rn.f32 %f453,%f432,%f942,%f452;
mov.b32 %f454,%r702;
fma.rn.f32 %f455,%f433,%f454,%f453;
fma.rn.f32 %f456,%f434,%f941,%f455;
mov.b32 %f457,%r701;
fma.rn.f32 %f458,%f435,%f457,%f456;
fma.rn.f32 %f963,%f436,%f940,%f458;
mov.b32 %f459,%r700;
fma.rn.f32 %f460,%f429,%f459,%f959;
fma.rn.f32 %f461,%f430,%f939,%f460;
mov.b32 %f462,%r699;
fma.rn.f32 %f463,%f431,%f462,%f461;
fma.rn.f32 %f464,%f432,%f938,%f463;
mov.b32 %f465,%r698;
fma.rn.f32 %f466,%f433,%f465,%f464;
fma.rn.f32 %f467,%f434,%f937,%f466;
mov.b32 %f468,%r697;
fma.rn.f32 %f469,%f435,%f468,%f467;
fma.rn.f32 %f959,%f436,%f936,%f469;
mov.b32 %f470,%r696;
fma.rn.f32 %f471,%f429,%f470,%f955;
fma.rn.f32 %f472,%f430,%f935,%f471;
mov.b32 %f473,%r695;
fma.rn.f32 %f474,%f431,%f473,%f472;
fma.rn.f32 %f475,%f432,%f934,%f474;
mov.b32 %f476,%r694;
fma.rn.f32 %f477,%f433,%f476,%f475;
fma.rn.f32 %f478,%f434,%f933,%f477;
mov.b32 %f479,%r693;
fma.rn.f32 %f480,%f435,%f479,%f478;
fma.rn.f32 %f955,%f436,%f932,%f480;
mov.b32 %f481,%r692;
fma.rn.f32 %f482,%f429,%f481,%f951;
fma.rn.f32 %f483,%f430,%f931,%f482;
mov.b32 %f484,%r691;
fma.rn.f32 %f485,%f431,%f484,%f483;
fma.rn.f32 %f486,%f432,%f930,%f485;
mov.b32 %f487,%r690;
fma.rn.f32 %f488,%f433,%f487,%f486;
fma.rn.f32 %f489,%f434,%f929,%f488;
mov.b32 %f490,%r689;
fma.rn.f32 %f491,%f435,%f490,%f489;
fma.rn.f32 %f951,%f436,%f928,%f491;
mov.b32 %f492,%r688;
fma.rn.f32 %f493,%f429,%f492,%f968;
fma.rn.f32 %f494,%f430,%f927,%f493;
mov.b32 %f495,%r687;
fma.rn.f32 %f496,%f431,%f495,%f494;
fma.rn.f32 %f497,%f432,%f926,%f496;
mov.b32 %f498,%r686;
fma.rn.f32 %f499,%f433,%f498,%f497;
fma.rn.f32 %f500,%f434,%f925,%f499;
mov.b32 %f501,%r685;
fma.rn.f32 %f502,%f435,%f501,%f500;
fma.rn.f32 %f968,%f436,%f924,%f502;
mov.b32 %f503,%r684;
fma.rn.f32 %f504,%f429,%f503,%f972;
fma.rn.f32 %f505,%f430,%f923,%f504;
mov.b32 %f506,%r683;
fma.rn.f32 %f507,%f431,%f506,%f505;
fma.rn.f32 %f508,%f432,%f922,%f507;
mov.b32 %f509,%r682;
fma.rn.f32 %f510,%f433,%f509,%f508;
fma.rn.f32 %f511,%f434,%f921,%f510;
mov.b32 %f512,%r681;
fma.rn.f32 %f513,%f435,%f512,%f511;
fma.rn.f32 %f972,%f436,%f920,%f513;
mov.b32 %f514,%r680;
fma.rn.f32 %f515,%f429,%f514,%f976;
fma.rn.f32 %f516,%f430,%f919,%f515;
mov.b32 %f517,%r679;
fma.rn.f32 %f518,%f431,%f517,%f516;
fma.rn.f32 %f519,%f432,%f918,%f518;
mov.b32 %f520,%r678;
fma.rn.f32 %f521,%f433,%f520,%f519;
fma.rn.f32 %f522,%f434,%f917,%f521;
mov.b32 %f523,%r677;
fma.rn.f32 %f524,%f435,%f523,%f522;
fma.rn.f32 %f976,%f436,%f916,%f524;
xor.b32 %r520,%r269,-2139062144;
prmt.b32 %f405,%r520,%r581,%r573;
add.f32 %f525,%f405,0fCB000080;
prmt.b32 %f406,%r520,%r581,%r576;
add.f32 %f526,%f406,0fCB000080;
prmt.b32 %f407,%r520,%r581,%r579;
add.f32 %f527,%f407,0fCB000080;
prmt.b32 %f408,%r520,%r581,%r582;
add.f32 %f528,%f408,0fCB000080;
xor.b32 %r532,%r270,-2139062144;
prmt.b32 %f409,%r532,%r581,%r573;
add.f32 %f529,%f409,0fCB000080;
prmt.b32 %f410,%r532,%r581,%r576;
add.f32 %f530,%f410,0fCB000080;
prmt.b32 %f411,%r532,%r581,%r579;
add.f32 %f531,%f411,0fCB000080;
prmt.b32 %f412,%r532,%r581,%r582;
add.f32 %f532,%f412,0fCB000080;
fma.rn.f32 %f533,%f525,%f437,%f966;
fma.rn.f32 %f534,%f526,%f947,%f533;
fma.rn.f32 %f535,%f527,%f440,%f534;
fma.rn.f32 %f536,%f528,%f946,%f535;
fma.rn.f32 %f537,%f529,%f443,%f536;
fma.rn.f32 %f538,%f530,%f945,%f537;
fma.rn.f32 %f539,%f531,%f446,%f538;
fma.rn.f32 %f966,%f532,%f944,%f539;
fma.rn.f32 %f540,%f525,%f448,%f962;
fma.rn.f32 %f541,%f526,%f943,%f540;
fma.rn.f32 %f542,%f527,%f451,%f541;
fma.rn.f32 %f543,%f528,%f942,%f542;
fma.rn.f32 %f544,%f529,%f454,%f543;
fma.rn.f32 %f545,%f530,%f941,%f544;
fma.rn.f32 %f546,%f531,%f457,%f545;
fma.rn.f32 %f962,%f532,%f940,%f546;
fma.rn.f32 %f547,%f525,%f459,%f958;
fma.rn.f32 %f548,%f526,%f939,%f547;
fma.rn.f32 %f549,%f527,%f462,%f548;
fma.rn.f32 %f550,%f528,%f938,%f549;
fma.rn.f32 %f551,%f529,%f465,%f550;
fma.rn.f32 %f552,%f530,%f937,%f551;
fma.rn.f32 %f553,%f531,%f468,%f552;
fma.rn.f32 %f958,%f532,%f936,%f553;
fma.rn.f32 %f554,%f525,%f470,%f954;
fma.rn.f32 %f555,%f526,%f935,%f554;
fma.rn.f32 %f556,%f527,%f473,%f555;
fma.rn.f32 %f557,%f528,%f934,%f556;
fma.rn.f32 %f558,%f529,%f476,%f557;
fma.rn.f32 %f559,%f530,%f933,%f558;
fma.rn.f32 %f560,%f531,%f479,%f559;
fma.rn.f32 %f954,%f532,%f932,%f560;
fma.rn.f32 %f561,%f525,%f481,%f950;
fma.rn.f32 %f562,%f526,%f931,%f561;
fma.rn.f32 %f563,%f527,%f484,%f562;
fma.rn.f32 %f564,%f528,%f930,%f563;
fma.rn.f32 %f565,%f529,%f487,%f564;
fma.rn.f32 %f566,%f530,%f929,%f565;
fma.rn.f32 %f567,%f531,%f490,%f566;
fma.rn.f32 %f950,%f532,%f928,%f567;
fma.rn.f32 %f568,%f525,%f492,%f969;
fma.rn.f32 %f569,%f526,%f927,%f568;
fma.rn.f32 %f570,%f527,%f495,%f569;
fma.rn.f32 %f571,%f528,%f926,%f570;
fma.rn.f32 %f572,%f529,%f498,%f571;
fma.rn.f32 %f573,%f530,%f925,%f572;
fma.rn.f32 %f574,%f531,%f501,%f573;
fma.rn.f32 %f969,%f532,%f924,%f574;
fma.rn.f32 %f575,%f525,%f503,%f973;
fma.rn.f32 %f576,%f526,%f923,%f575;
fma.rn.f32 %f577,%f527,%f506,%f576;
fma.rn.f32 %f578,%f528,%f922,%f577;
fma.rn.f32 %f579,%f529,%f509,%f578;
fma.rn.f32 %f580,%f530,%f921,%f579;
fma.rn.f32 %f581,%f531,%f512,%f580;
fma.rn.f32 %f973,%f532,%f920,%f581;
fma.rn.f32 %f582,%f525,%f514,%f977;
fma.rn.f32 %f583,%f526,%f919,%f582;
fma.rn.f32 %f584,%f527,%f517,%f583;
fma.rn.f32 %f585,%f528,%f918,%f584;
fma.rn.f32 %f586,%f529,%f520,%f585;
fma.rn.f32 %f587,%f530,%f917,%f586;
fma.rn.f32 %f588,%f531,%f523,%f587;
fma.rn.f32 %f977,%f532,%f916,%f588;
xor.b32 %r544,%r271,-2139062144;
prmt.b32 %f413,%r544,%r581,%r573;
add.f32 %f589,%f413,0fCB000080;
prmt.b32 %f414,%r544,%r581,%r576;
add.f32 %f590,%f414,0fCB000080;
prmt.b32 %f415,%r544,%r581,%r579;
add.f32 %f591,%f415,0fCB000080;
prmt.b32 %f416,%r544,%r581,%r582;
add.f32 %f592,%f416,0fCB000080;
xor.b32 %r556,%r272,-2139062144;
prmt.b32 %f417,%r556,%r581,%r573;
add.f32 %f593,%f417,0fCB000080;
prmt.b32 %f418,%r556,%r581,%r576;
add.f32 %f594,%f418,0fCB000080;
prmt.b32 %f419,%r556,%r581,%r579;
add.f32 %f595,%f419,0fCB000080;
prmt.b32 %f420,%r556,%r581,%r582;
add.f32 %f596,%f420,0fCB000080;
fma.rn.f32 %f597,%f589,%f437,%f965;
fma.rn.f32 %f598,%f590,%f947,%f597;
fma.rn.f32 %f599,%f591,%f440,%f598;
fma.rn.f32 %f600,%f592,%f946,%f599;
fma.rn.f32 %f601,%f593,%f443,%f600;
fma.rn.f32 %f602,%f594,%f945,%f601;
fma.rn.f32 %f603,%f595,%f446,%f602;
fma.rn.f32 %f965,%f596,%f944,%f603;
fma.rn.f32 %f604,%f589,%f448,%f961;
fma.rn.f32 %f605,%f590,%f943,%f604;
fma.rn.f32 %f606,%f591,%f451,%f605;
fma.rn.f32 %f607,%f592,%f942,%f606;
fma.rn.f32 %f608,%f593,%f454,%f607;
fma.rn.f32 %f609,%f594,%f941,%f608;
fma.rn.f32 %f610,%f595,%f457,%f609;
fma.rn.f32 %f961,%f596,%f940,%f610;
fma.rn.f32 %f611,%f589,%f459,%f957;
fma.rn.f32 %f612,%f590,%f939,%f611;
fma.rn.f32 %f613,%f591,%f462,%f612;
fma.rn.f32 %f614,%f592,%f938,%f613;
fma.rn.f32 %f615,%f593,%f465,%f614;
fma.rn.f32 %f616,%f594,%f937,%f615;
fma.rn.f32 %f617,%f595,%f468,%f616;
fma.rn.f32 %f957,%f596,%f936,%f617;
fma.rn.f32 %f618,%f589,%f470,%f953;
fma.rn.f32 %f619,%f590,%f935,%f618;
fma.rn.f32 %f620,%f591,%f473,%f619;
fma.rn.f32 %f621,%f592,%f934,%f620;
fma.rn.f32 %f622,%f593,%f476,%f621;
fma.rn.f32 %f623,%f594,%f933,%f622;
fma.rn.f32 %f624,%f595,%f479,%f623;
fma.rn.f32 %f953,%f596,%f932,%f624;
fma.rn.f32 %f625,%f589,%f481,%f949;
fma.rn.f32 %f626,%f590,%f931,%f625;
fma.rn.f32 %f627,%f591,%f484,%f626;
fma.rn.f32 %f628,%f592,%f930,%f627;
fma.rn.f32 %f629,%f593,%f487,%f628;
fma.rn.f32 %f630,%f594,%f929,%f629;
fma.rn.f32 %f631,%f595,%f490,%f630;
fma.rn.f32 %f949,%f596,%f928,%f631;
fma.rn.f32 %f632,%f589,%f492,%f970;
fma.rn.f32 %f633,%f590,%f927,%f632;
fma.rn.f32 %f634,%f591,%f495,%f633;
fma.rn.f32 %f635,%f592,%f926,%f634;
fma.rn.f32 %f636,%f593,%f498,%f635;
fma.rn.f32 %f637,%f594,%f925,%f636;
fma.rn.f32 %f638,%f595,%f501,%f637;
fma.rn.f32 %f970,%f596,%f924,%f638;
fma.rn.f32 %f639,%f589,%f503,%f974;
fma.rn.f32 %f640,%f590,%f923,%f639;
fma.rn.f32 %f641,%f591,%f506,%f640;
fma.rn.f32 %f642,%f592,%f922,%f641;
fma.rn.f32 %f643,%f593,%f509,%f642;
fma.rn.f32 %f644,%f594,%f921,%f643;
fma.rn.f32 %f645,%f595,%f512,%f644;
fma.rn.f32 %f974,%f596,%f920,%f645;
fma.rn.f32 %f646,%f589,%f514,%f978;
fma.rn.f32 %f647,%f590,%f919,%f646;
fma.rn.f32 %f648,%f591,%f517,%f647;
fma.rn.f32 %f649,%f592,%f918,%f648;
fma.rn.f32 %f650,%f593,%f520,%f649;
fma.rn.f32 %f651,%f594,%f917,%f650;
fma.rn.f32 %f652,%f595,%f523,%f651;
fma.rn.f32 %f978,%f596,%f916,%f652;
xor.b32 %r568,%r273,-2139062144;
prmt.b32 %f421,%r568,%r581,%r573;
add.f32 %f653,%f421,0fCB000080;
prmt.b32 %f422,%r568,%r581,%r576;
add.f32 %f654,%f422,0fCB000080;
prmt.b32 %f423,%r568,%r581,%r579;
add.f32 %f655,%f423,0fCB000080;
prmt.b32 %f424,%r568,%r581,%r582;
add.f32 %f656,%f424,0fCB000080;
xor.b32 %r580,%r274,-2139062144;
prmt.b32 %f425,%r580,%r581,%r573;
add.f32 %f657,%f425,0fCB000080;
prmt.b32 %f426,%r580,%r581,%r576;
add.f32 %f658,%f426,0fCB000080;
prmt.b32 %f427,%r580,%r581,%r579;
add.f32 %f659,%f427,0fCB000080;
prmt.b32 %f428,%r580,%r581,%r582;
add.f32 %f660,%f428,0fCB000080;
fma.rn.f32 %f661,%f653,%f437,%f964;
fma.rn.f32 %f662,%f654,%f947,%f661;
fma.rn.f32 %f663,%f655,%f440,%f662;
fma.rn.f32 %f664,%f656,%f946,%f663;
fma.rn.f32 %f665,%f657,%f443,%f664;
fma.rn.f32 %f666,%f658,%f945,%f665;
fma.rn.f32 %f667,%f659,%f446,%f666;
fma.rn.f32 %f964,%f660,%f944,%f667;
fma.rn.f32 %f668,%f653,%f448,%f960;
fma.rn.f32 %f669,%f654,%f943,%f668;
fma.rn.f32 %f670,%f655,%f451,%f669;
fma.rn.f32 %f671,%f656,%f942,%f670;
fma.rn.f32 %f672,%f657,%f454,%f671;
fma.rn.f32 %f673,%f658,%f941,%f672;
fma.rn.f32 %f674,%f659,%f457,%f673;
fma.rn.f32 %f960,%f660,%f940,%f674;
fma.rn.f32 %f675,%f653,%f459,%f956;
fma.rn.f32 %f676,%f654,%f939,%f675;
fma.rn.f32 %f677,%f655,%f462,%f676;
fma.rn.f32 %f678,%f656,%f938,%f677;
fma.rn.f32 %f679,%f657,%f465,%f678;
fma.rn.f32 %f680,%f658,%f937,%f679;
fma.rn.f32 %f681,%f659,%f468,%f680;
fma.rn.f32 %f956,%f660,%f936,%f681;
fma.rn.f32 %f682,%f653,%f470,%f952;
fma.rn.f32 %f683,%f654,%f935,%f682;
fma.rn.f32 %f684,%f655,%f473,%f683;
fma.rn.f32 %f685,%f656,%f934,%f684;
fma.rn.f32 %f686,%f657,%f476,%f685;
fma.rn.f32 %f687,%f658,%f933,%f686;
fma.rn.f32 %f688,%f659,%f479,%f687;
fma.rn.f32 %f952,%f660,%f932,%f688;
fma.rn.f32 %f689,%f653,%f481,%f948;
fma.rn.f32 %f690,%f654,%f931,%f689;
fma.rn.f32 %f691,%f655,%f484,%f690;
fma.rn.f32 %f692,%f656,%f930,%f691;
fma.rn.f32 %f693,%f657,%f487,%f692;
fma.rn.f32 %f694,%f658,%f929,%f693;
fma.rn.f32 %f695,%f659,%f490,%f694;
fma.rn.f32 %f948,%f660,%f928,%f695;
fma.rn.f32 %f696,%f653,%f492,%f971;
fma.rn.f32 %f697,%f654,%f927,%f696;
fma.rn.f32 %f698,%f655,%f495,%f697;
fma.rn.f32 %f699,%f656,%f926,%f698;
fma.rn.f32 %f700,%f657,%f498,%f699;
fma.rn.f32 %f701,%f658,%f925,%f700;
fma.rn.f32 %f702,%f659,%f501,%f701;
fma.rn.f32 %f971,%f660,%f924,%f702;
fma.rn.f32 %f703,%f653,%f503,%f975;
fma.rn.f32 %f704,%f654,%f923,%f703;
fma.rn.f32 %f705,%f655,%f506,%f704;
fma.rn.f32 %f706,%f656,%f922,%f705;
fma.rn.f32 %f707,%f657,%f509,%f706;
fma.rn.f32 %f708,%f658,%f921,%f707;
fma.rn.f32 %f709,%f659,%f512,%f708;
fma.rn.f32 %f975,%f660,%f920,%f709;
fma.rn.f32 %f710,%f653,%f514,%f979;
fma.rn.f32 %f711,%f654,%f919,%f710;
fma.rn.f32 %f712,%f655,%f517,%f711;
fma.rn.f32 %f713,%f656,%f918,%f712;
fma.rn.f32 %f714,%f657,%f520,%f713;
fma.rn.f32 %f715,%f658,%f917,%f714;
fma.rn.f32 %f716,%f659,%f523,%f715;
fma.rn.f32 %f979,%f660,%f916,%f716;
add.s32 %r645,%r645,128;
setp.lt.s32 %p35,%r645,%r1;
@%p35 bra $L__BB7_2;
$L__BB7_101:
mov.f32 %f980,0f00000000;
mov.u32 %r614,%tid.x;
mov.u32 %r598,16;
shr.u32 %r615,%r614,4;
and.b32 %r616,%r615,1;
setp.eq.b32 %p36,%r616,1;
selp.f32 %f718,%f967,%f951,%p36;
selp.f32 %f780,%f951,%f967,%p36;
shfl.sync.bfly.b32 %f717,%f718,%r598,0x1f,0xffffffff;
add.f32 %f781,%f780,%f717;
selp.f32 %f720,%f966,%f950,%p36;
selp.f32 %f782,%f950,%f966,%p36;
shfl.sync.bfly.b32 %f719,%f720,%r598,0x1f,0xffffffff;
add.f32 %f783,%f782,%f719;
selp.f32 %f722,%f965,%f949,%p36;
selp.f32 %f784,%f949,%f965,%p36;
shfl.sync.bfly.b32 %f721,%f722,%r598,0x1f,0xffffffff;
add.f32 %f785,%f784,%f721;
selp.f32 %f724,%f964,%f948,%p36;
selp.f32 %f786,%f948,%f964,%p36;
shfl.sync.bfly.b32 %f723,%f724,%r598,0x1f,0xffffffff;
add.f32 %f787,%f786,%f723;
selp.f32 %f726,%f963,%f968,%p36;
selp.f32 %f788,%f968,%f963,%p36;
shfl.sync.bfly.b32 %f725,%f726,%r598,0x1f,0xffffffff;
add.f32 %f789,%f788,%f725;
selp.f32 %f728,%f962,%f969,%p36;
selp.f32 %f790,%f969,%f962,%p36;
shfl.sync.bfly.b32 %f727,%f728,%r598,0x1f,0xffffffff;
add.f32 %f791,%f790,%f727;
selp.f32 %f730,%f961,%f970,%p36;
selp.f32 %f792,%f970,%f961,%p36;
shfl.sync.bfly.b32 %f729,%f730,%r598,0x1f,0xffffffff;
add.f32 %f793,%f792,%f729;
selp.f32 %f732,%f960,%f971,%p36;
selp.f32 %f794,%f971,%f960,%p36;
shfl.sync.bfly.b32 %f731,%f732,%r598,0x1f,0xffffffff;
add.f32 %f795,%f794,%f731;
selp.f32 %f734,%f959,%f972,%p36;
selp.f32 %f796,%f972,%f959,%p36;
shfl.sync.bfly.b32 %f733,%f734,%r598,0x1f,0xffffffff;
add.f32 %f797,%f796,%f733;
selp.f32 %f736,%f958,%f973,%p36;
selp.f32 %f798,%f973,%f958,%p36;
shfl.sync.bfly.b32 %f735,%f736,%r598,0x1f,0xffffffff;
add.f32 %f799,%f798,%f735;
selp.f32 %f738,%f957,%f974,%p36;
selp.f32 %f800,%f974,%f957,%p36;
shfl.sync.bfly.b32 %f737,%f738,%r598,0x1f,0xffffffff;
add.f32 %f801,%f800,%f737;
selp.f32 %f740,%f956,%f975,%p36;
selp.f32 %f802,%f975,%f956,%p36;
shfl.sync.bfly.b32 %f739,%f740,%r598,0x1f,0xffffffff;
add.f32 %f803,%f802,%f739;
selp.f32 %f742,%f955,%f976,%p36;
selp.f32 %f804,%f976,%f955,%p36;
shfl.sync.bfly.b32 %f741,%f742,%r598,0x1f,0xffffffff;
add.f32 %f805,%f804,%f741;
selp.f32 %f744,%f954,%f977,%p36;
selp.f32 %f806,%f977,%f954,%p36;
shfl.sync.bfly.b32 %f743,%f744,%r598,0x1f,0xffffffff;
add.f32 %f807,%f806,%f743;
selp.f32 %f746,%f953,%f978,%p36;
selp.f32 %f808,%f978,%f953,%p36;
shfl.sync.bfly.b32 %f745,%f746,%r598,0x1f,0xffffffff;
add.f32 %f809,%f808,%f745;
selp.f32 %f748,%f952,%f979,%p36;
selp.f32 %f810,%f979,%f952,%p36;
shfl.sync.bfly.b32 %f747,%f748,%r598,0x1f,0xffffffff;
add.f32 %f811,%f810,%f747;
mov.u32 %r606,8;
shr.u32 %r617,%r614,3;
and.b32 %r618,%r617,1;
setp.eq.b32 %p37,%r618,1;
selp.f32 %f750,%f781,%f797,%p37;
selp.f32 %f812,%f797,%f781,%p37;
shfl.sync.bfly.b32 %f749,%f750,%r606,0x1f,0xffffffff;
add.f32 %f813,%f812,%f749;
selp.f32 %f752,%f783,%f799,%p37;
selp.f32 %f814,%f799,%f783,%p37;
shfl.sync.bfly.b32 %f751,%f752,%r606,0x1f,0xffffffff;
add.f32 %f815,%f814,%f751;
selp.f32 %f754,%f785,%f801,%p37;
selp.f32 %f816,%f801,%f785,%p37;
shfl.sync.bfly.b32 %f753,%f754,%r606,0x1f,0xffffffff;
add.f32 %f817,%f816,%f753;
selp.f32 %f756,%f787,%f803,%p37;
selp.f32 %f818,%f803,%f787,%p37;
shfl.sync.bfly.b32 %f755,%f756,%r606,0x1f,0xffffffff;
add.f32 %f819,%f818,%f755;
selp.f32 %f758,%f789,%f805,%p37;
selp.f32 %f820,%f805,%f789,%p37;
shfl.sync.bfly.b32 %f757,%f758,%r606,0x1f,0xffffffff;
add.f32 %f821,%f820,%f757;
selp.f32 %f760,%f791,%f807,%p37;
selp.f32 %f822,%f807,%f791,%p37;
shfl.sync.bfly.b32 %f759,%f760,%r606,0x1f,0xffffffff;
add.f32 %f823,%f822,%f759;
selp.f32 %f762,%f793,%f809,%p37;
selp.f32 %f824,%f809,%f793,%p37;
shfl.sync.bfly.b32 %f761,%f762,%r606,0x1f,0xffffffff;
add.f32 %f825,%f824,%f761;
selp.f32 %f764,%f795,%f811,%p37;
selp.f32 %f826,%f811,%f795,%p37;
shfl.sync.bfly.b32 %f763,%f764,%r606,0x1f,0xffffffff;
add.f32 %f827,%f826,%f763;
mov.u32 %r610,4;
shr.u32 %r619,%r614,2;
and.b32 %r620,%r619,1;
setp.eq.b32 %p38,%r620,1;
selp.f32 %f766,%f813,%f821,%p38;
selp.f32 %f828,%f821,%f813,%p38;
shfl.sync.bfly.b32 %f765,%f766,%r610,0x1f,0xffffffff;
add.f32 %f829,%f828,%f765;
selp.f32 %f768,%f815,%f823,%p38;
selp.f32 %f830,%f823,%f815,%p38;
shfl.sync.bfly.b32 %f767,%f768,%r610,0x1f,0xffffffff;
add.f32 %f831,%f830,%f767;
selp.f32 %f770,%f817,%f825,%p38;
selp.f32 %f832,%f825,%f817,%p38;
shfl.sync.bfly.b32 %f769,%f770,%r610,0x1f,0xffffffff;
add.f32 %f833,%f832,%f769;
selp.f32 %f772,%f819,%f827,%p38;
selp.f32 %f834,%f827,%f819,%p38;
shfl.sync.bfly.b32 %f771,%f772,%r610,0x1f,0xffffffff;
add.f32 %f835,%f834,%f771;
mov.u32 %r612,2;
shr.u32 %r621,%r614,1;
and.b32 %r622,%r621,1;
setp.eq.b32 %p39,%r622,1;
selp.f32 %f774,%f829,%f833,%p39;
selp.f32 %f836,%f833,%f829,%p39;
shfl.sync.bfly.b32 %f773,%f774,%r612,0x1f,0xffffffff;
add.f32 %f837,%f836,%f773;
selp.f32 %f776,%f831,%f835,%p39;
selp.f32 %f838,%f835,%f831,%p39;
shfl.sync.bfly.b32 %f775,%f776,%r612,0x1f,0xffffffff;
add.f32 %f839,%f838,%f775;
mov.u32 %r613,1;
and.b32 %r623,%r614,1;
setp.eq.b32 %p40,%r623,1;
selp.f32 %f778,%f837,%f839,%p40;
selp.f32 %f840,%f839,%f837,%p40;
shfl.sync.bfly.b32 %f777,%f778,%r613,0x1f,0xffffffff;
add.f32 %f841,%f840,%f777;
shr.u32 %r624,%r614,5;
mul.wide.u32 %rd81,%r624,128;
mov.u64 %rd82,shared1;
add.s64 %rd83,%rd82,%rd81;
shl.b32 %r625,%r614,2;
cvt.u64.u32 %rd84,%r625;
and.b64 %rd85,%rd84,124;
add.s64 %rd86,%rd83,%rd85;
st.shared.f32 [%rd86],%f841;
bar.sync 0;
setp.gt.u32 %p41,%r614,31;
@%p41 bra $L__BB7_103;
mul.wide.u32 %rd87,%r614,4;
add.s64 %rd89,%rd82,%rd87;
ld.shared.f32 %f842,[%rd89];
add.f32 %f843,%f842,0f00000000;
ld.shared.f32 %f844,[%rd89+128];
add.f32 %f845,%f843,%f844;
ld.shared.f32 %f846,[%rd89+256];
add.f32 %f847,%f845,%f846;
ld.shared.f32 %f848,[%rd89+384];
add.f32 %f980,%f847,%f848;
$L__BB7_103:
ld.param.u32 %r639,[p5];
add.s32 %r239,%r3,%r619;
and.b32 %r629,%r614,3;
add.s32 %r240,%r2,%r629;
setp.ge.s32 %p43,%r239,%r639;
or.pred %p44,%p41,%p43;
setp.ge.s32 %p45,%r240,%r247;
or.pred %p46,%p45,%p44;
@%p46 bra $L__BB7_123;
ld.param.u32 %r640,[p8];
cvt.s64.s32 %rd11,%r240;
bfe.u32 %r241,%r640,2,2;
setp.eq.s32 %p47,%r241,2;
@%p47 bra $L__BB7_108;
bra.uni $L__BB7_105;
$L__BB7_108:
ld.param.u64 %rd112,[p2];
cvta.to.global.u64 %rd93,%rd112;
shl.b64 %rd94,%rd11,2;
add.s64 %rd95,%rd93,%rd94;
ld.global.f32 %f981,[%rd95];
bra.uni $L__BB7_109;
$L__BB7_105:
ld.param.u64 %rd109,[p2];
cvta.to.global.u64 %rd90,%rd109;
shl.b64 %rd91,%rd11,1;
add.s64 %rd92,%rd90,%rd91;
ld.global.u16 %r242,[%rd92];
setp.eq.s32 %p48,%r241,0;
@%p48 bra $L__BB7_107;
shl.b32 %r630,%r242,16;
mov.b32 %f981,%r630;
bra.uni $L__BB7_109;
$L__BB7_107:
{ .reg .b16 h; cvt.u16.u32 h,%r242; cvt.f32.f16 %f981,h; }
$L__BB7_109:
ld.param.u64 %rd114,[p3];
mul.f32 %f268,%f980,%f981;
setp.eq.s64 %p49,%rd114,0;
@%p49 bra $L__BB7_116;
ld.param.u32 %r641,[p8];
bfe.u32 %r243,%r641,4,2;
setp.eq.s32 %p50,%r243,2;
@%p50 bra $L__BB7_114;
bra.uni $L__BB7_111;
$L__BB7_114:
ld.param.u64 %rd116,[p3];
cvta.to.global.u64 %rd99,%rd116;
shl.b64 %rd100,%rd11,2;
add.s64 %rd101,%rd99,%rd100;
ld.global.f32 %f982,[%rd101];
bra.uni $L__BB7_115;
$L__BB7_111:
ld.param.u64 %rd115,[p3];
cvta.to.global.u64 %rd96,%rd115;
shl.b64 %rd97,%rd11,1;
add.s64 %rd98,%rd96,%rd97;
ld.global.u16 %r244,[%rd98];
setp.eq.s32 %p51,%r243,0;
@%p51 bra $L__BB7_113;
shl.b32 %r632,%r244,16;
mov.b32 %f982,%r632;
bra.uni $L__BB7_115;
$L__BB7_113:
{ .reg .b16 h; cvt.u16.u32 h,%r244; cvt.f32.f16 %f982,h; }
$L__BB7_115:
add.f32 %f268,%f268,%f982;
$L__BB7_116:
ld.param.u32 %r642,[p8];
mul.wide.s32 %rd102,%r239,%r247;
add.s64 %rd12,%rd102,%rd11;
cvt.u16.u32 %rs5,%r642;
and.b16 %rs4,%rs5,3;
setp.eq.s16 %p52,%rs4,2;
@%p52 bra $L__BB7_119;
setp.ne.s16 %p53,%rs4,0;
@%p53 bra $L__BB7_120;
cvt.rn.f16.f32 %rs8,%f268;
bra.uni $L__BB7_122;
$L__BB7_119:
ld.param.u64 %rd111,[p4];
cvta.to.global.u64 %rd103,%rd111;
shl.b64 %rd104,%rd12,2;
add.s64 %rd105,%rd103,%rd104;
st.global.f32 [%rd105],%f268;
bra.uni $L__BB7_123;
$L__BB7_120:
mov.b32 %r245,%f268;
and.b32 %r634,%r245,2147483647;
setp.gt.u32 %p54,%r634,2139095040;
mov.u16 %rs8,32767;
@%p54 bra $L__BB7_122;
bfe.u32 %r635,%r245,16,1;
add.s32 %r636,%r245,%r635;
add.s32 %r637,%r636,32767;
shr.u32 %r638,%r637,16;
cvt.u16.u32 %rs8,%r638;
$L__BB7_122:
ld.param.u64 %rd110,[p4];
cvta.to.global.u64 %rd106,%rd110;
shl.b64 %rd107,%rd12,1;
add.s64 %rd108,%rd106,%rd107;
st.global.u16 [%rd108],%rs8;
$L__BB7_123:
ret;
}
.visible .entry int4_gemv_any(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 128,1,1
{
.reg .pred %p<19>;
.reg .b16 %rs<13>;
.reg .f32 %f<151>;
.reg .b32 %r<79>;
.reg .b64 %rd<84>;
ld.param.u64 %rd8,[p0];
ld.param.u64 %rd9,[p1];
ld.param.u64 %rd10,[p2];
ld.param.u64 %rd11,[p3];
ld.param.u64 %rd12,[p4];
ld.param.u32 %r11,[p5];
ld.param.u32 %r12,[p6];
ld.param.u32 %r14,[p8];
ld.param.u32 %r13,[p7];
mov.u32 %r15,%tid.x;
shr.u32 %r16,%r13,31;
add.s32 %r17,%r13,%r16;
shr.s32 %r1,%r17,1;
setp.ge.s32 %p1,%r15,%r1;
mov.f32 %f139,0f00000000;
mov.f32 %f140,%f139;
mov.f32 %f141,%f139;
mov.f32 %f142,%f139;
mov.f32 %f143,%f139;
mov.f32 %f144,%f139;
mov.f32 %f145,%f139;
mov.f32 %f146,%f139;
@%p1 bra $L__BB8_3;
cvt.s64.s32 %rd13,%r1;
mov.u32 %r18,%ctaid.x;
cvt.u64.u32 %rd14,%r18;
mul.lo.s64 %rd15,%rd13,%rd14;
cvt.s64.s32 %rd16,%r15;
add.s64 %rd17,%rd15,%rd16;
cvta.to.global.u64 %rd18,%rd8;
add.s64 %rd83,%rd18,%rd17;
cvta.to.global.u64 %rd82,%rd9;
mov.u32 %r78,%r15;
$L__BB8_2:
.pragma "nounroll";
ld.global.s8 %rs4,[%rd83];
shr.s16 %rs5,%rs4,4;
cvt.rn.f32.s16 %f55,%rs5;
shl.b16 %rs6,%rs4,12;
shr.s16 %rs7,%rs6,12;
cvt.rn.f32.s16 %f56,%rs7;
mov.u32 %r19,%ctaid.y;
shl.b32 %r20,%r19,3;
add.s32 %r21,%r11,-1;
min.s32 %r22,%r20,%r21;
mul.wide.s32 %rd19,%r13,%r22;
shl.b64 %rd20,%rd19,2;
shl.b32 %r24,%r15,1;
mul.wide.s32 %rd21,%r24,4;
add.s64 %rd22,%rd20,%rd21;
add.s64 %rd23,%rd82,%rd22;
ld.global.f32 %f57,[%rd23];
ld.global.f32 %f58,[%rd23+4];
mul.f32 %f59,%f58,%f56;
fma.rn.f32 %f60,%f57,%f55,%f59;
add.f32 %f146,%f146,%f60;
or.b32 %r25,%r20,1;
min.s32 %r26,%r25,%r21;
mul.wide.s32 %rd24,%r13,%r26;
shl.b64 %rd25,%rd24,2;
add.s64 %rd26,%rd25,%rd21;
add.s64 %rd27,%rd82,%rd26;
ld.global.f32 %f61,[%rd27];
ld.global.f32 %f62,[%rd27+4];
mul.f32 %f63,%f62,%f56;
fma.rn.f32 %f64,%f61,%f55,%f63;
add.f32 %f145,%f145,%f64;
or.b32 %r27,%r20,2;
min.s32 %r28,%r27,%r21;
mul.wide.s32 %rd28,%r13,%r28;
shl.b64 %rd29,%rd28,2;
add.s64 %rd30,%rd29,%rd21;
add.s64 %rd31,%rd82,%rd30;
ld.global.f32 %f65,[%rd31];
ld.global.f32 %f66,[%rd31+4];
mul.f32 %f67,%f66,%f56;
fma.rn.f32 %f68,%f65,%f55,%f67;
add.f32 %f144,%f144,%f68;
or.b32 %r29,%r20,3;
min.s32 %r30,%r29,%r21;
mul.wide.s32 %rd32,%r13,%r30;
shl.b64 %rd33,%rd32,2;
add.s64 %rd34,%rd33,%rd21;
add.s64 %rd35,%rd82,%rd34;
ld.global.f32 %f69,[%rd35];
ld.global.f32 %f70,[%rd35+4];
mul.f32 %f71,%f70,%f56;
fma.rn.f32 %f72,%f69,%f55,%f71;
add.f32 %f143,%f143,%f72;
or.b32 %r31,%r20,4;
min.s32 %r32,%r31,%r21;
mul.wide.s32 %rd36,%r13,%r32;
shl.b64 %rd37,%rd36,2;
add.s64 %rd38,%rd37,%rd21;
add.s64 %rd39,%rd82,%rd38;
ld.global.f32 %f73,[%rd39];
ld.global.f32 %f74,[%rd39+4];
mul.f32 %f75,%f74,%f56;
fma.rn.f32 %f76,%f73,%f55,%f75;
add.f32 %f142,%f142,%f76;
or.b32 %r33,%r20,5;
min.s32 %r34,%r33,%r21;
mul.wide.s32 %rd40,%r13,%r34;
shl.b64 %rd41,%rd40,2;
add.s64 %rd42,%rd41,%rd21;
add.s64 %rd43,%rd82,%rd42;
ld.global.f32 %f77,[%rd43];
ld.global.f32 %f78,[%rd43+4];
mul.f32 %f79,%f78,%f56;
fma.rn.f32 %f80,%f77,%f55,%f79;
add.f32 %f141,%f141,%f80;
or.b32 %r35,%r20,6;
min.s32 %r36,%r35,%r21;
mul.wide.s32 %rd44,%r13,%r36;
shl.b64 %rd45,%rd44,2;
add.s64 %rd46,%rd45,%rd21;
add.s64 %rd47,%rd82,%rd46;
ld.global.f32 %f81,[%rd47];
ld.global.f32 %f82,[%rd47+4];
mul.f32 %f83,%f82,%f56;
fma.rn.f32 %f84,%f81,%f55,%f83;
add.f32 %f140,%f140,%f84;
or.b32 %r37,%r20,7;
min.s32 %r38,%r37,%r21;
mul.wide.s32 %rd48,%r13,%r38;
shl.b64 %rd49,%rd48,2;
add.s64 %rd50,%rd49,%rd21;
add.s64 %rd51,%rd82,%rd50;
ld.global.f32 %f85,[%rd51];
ld.global.f32 %f86,[%rd51+4];
mul.f32 %f87,%f86,%f56;
fma.rn.f32 %f88,%f85,%f55,%f87;
add.f32 %f139,%f139,%f88;
add.s64 %rd83,%rd83,128;
add.s64 %rd82,%rd82,1024;
add.s32 %r78,%r78,128;
setp.lt.s32 %p2,%r78,%r1;
@%p2 bra $L__BB8_2;
$L__BB8_3:
mov.u32 %r42,16;
shr.u32 %r49,%r15,4;
and.b32 %r50,%r49,1;
setp.eq.b32 %p3,%r50,1;
selp.f32 %f90,%f146,%f142,%p3;
selp.f32 %f107,%f142,%f146,%p3;
shfl.sync.bfly.b32 %f89,%f90,%r42,0x1f,0xffffffff;
add.f32 %f108,%f107,%f89;
selp.f32 %f92,%f145,%f141,%p3;
selp.f32 %f109,%f141,%f145,%p3;
shfl.sync.bfly.b32 %f91,%f92,%r42,0x1f,0xffffffff;
add.f32 %f110,%f109,%f91;
selp.f32 %f94,%f144,%f140,%p3;
selp.f32 %f111,%f140,%f144,%p3;
shfl.sync.bfly.b32 %f93,%f94,%r42,0x1f,0xffffffff;
add.f32 %f112,%f111,%f93;
selp.f32 %f96,%f143,%f139,%p3;
selp.f32 %f113,%f139,%f143,%p3;
shfl.sync.bfly.b32 %f95,%f96,%r42,0x1f,0xffffffff;
add.f32 %f114,%f113,%f95;
mov.u32 %r44,8;
shr.u32 %r51,%r15,3;
and.b32 %r52,%r51,1;
setp.eq.b32 %p4,%r52,1;
selp.f32 %f98,%f108,%f112,%p4;
selp.f32 %f115,%f112,%f108,%p4;
shfl.sync.bfly.b32 %f97,%f98,%r44,0x1f,0xffffffff;
add.f32 %f116,%f115,%f97;
selp.f32 %f100,%f110,%f114,%p4;
selp.f32 %f117,%f114,%f110,%p4;
shfl.sync.bfly.b32 %f99,%f100,%r44,0x1f,0xffffffff;
add.f32 %f118,%f117,%f99;
mov.u32 %r45,4;
shr.u32 %r53,%r15,2;
and.b32 %r54,%r53,1;
setp.eq.b32 %p5,%r54,1;
selp.f32 %f102,%f116,%f118,%p5;
selp.f32 %f119,%f118,%f116,%p5;
shfl.sync.bfly.b32 %f101,%f102,%r45,0x1f,0xffffffff;
add.f32 %f104,%f119,%f101;
mov.u32 %r46,2;
shfl.sync.bfly.b32 %f103,%f104,%r46,0x1f,0xffffffff;
add.f32 %f106,%f104,%f103;
mov.u32 %r47,1;
shfl.sync.bfly.b32 %f105,%f106,%r47,0x1f,0xffffffff;
add.f32 %f25,%f106,%f105;
and.b32 %r55,%r15,3;
setp.ne.s32 %p6,%r55,0;
@%p6 bra $L__BB8_5;
and.b32 %r57,%r15,-32;
cvt.u64.u32 %rd52,%r57;
mov.u64 %rd53,shared0;
add.s64 %rd54,%rd53,%rd52;
and.b32 %r58,%r15,28;
cvt.u64.u32 %rd55,%r58;
add.s64 %rd56,%rd54,%rd55;
st.shared.f32 [%rd56],%f25;
$L__BB8_5:
bar.sync 0;
setp.gt.u32 %p7,%r15,7;
mov.f32 %f147,0f00000000;
@%p7 bra $L__BB8_7;
mul.wide.u32 %rd57,%r15,4;
mov.u64 %rd58,shared0;
add.s64 %rd59,%rd58,%rd57;
ld.shared.f32 %f121,[%rd59];
add.f32 %f122,%f121,0f00000000;
ld.shared.f32 %f123,[%rd59+32];
add.f32 %f124,%f122,%f123;
ld.shared.f32 %f125,[%rd59+64];
add.f32 %f126,%f124,%f125;
ld.shared.f32 %f127,[%rd59+96];
add.f32 %f147,%f126,%f127;
$L__BB8_7:
mov.u32 %r62,%ctaid.y;
shl.b32 %r63,%r62,3;
add.s32 %r5,%r63,%r15;
setp.ge.u32 %p9,%r5,%r11;
or.pred %p10,%p7,%p9;
@%p10 bra $L__BB8_27;
bfe.u32 %r6,%r14,2,2;
setp.eq.s32 %p11,%r6,2;
@%p11 bra $L__BB8_12;
bra.uni $L__BB8_9;
$L__BB8_12:
cvta.to.global.u64 %rd63,%rd10;
mov.u32 %r67,%ctaid.x;
mul.wide.u32 %rd64,%r67,4;
add.s64 %rd65,%rd63,%rd64;
ld.global.f32 %f148,[%rd65];
bra.uni $L__BB8_13;
$L__BB8_9:
cvta.to.global.u64 %rd60,%rd10;
mov.u32 %r64,%ctaid.x;
mul.wide.u32 %rd61,%r64,2;
add.s64 %rd62,%rd60,%rd61;
ld.global.u16 %r7,[%rd62];
setp.eq.s32 %p12,%r6,0;
@%p12 bra $L__BB8_11;
shl.b32 %r65,%r7,16;
mov.b32 %f148,%r65;
bra.uni $L__BB8_13;
$L__BB8_11:
{ .reg .b16 h; cvt.u16.u32 h,%r7; cvt.f32.f16 %f148,h; }
$L__BB8_13:
mul.f32 %f38,%f147,%f148;
setp.eq.s64 %p13,%rd11,0;
@%p13 bra $L__BB8_20;
bfe.u32 %r8,%r14,4,2;
setp.eq.s32 %p14,%r8,2;
@%p14 bra $L__BB8_18;
bra.uni $L__BB8_15;
$L__BB8_18:
cvta.to.global.u64 %rd69,%rd11;
mov.u32 %r71,%ctaid.x;
mul.wide.u32 %rd70,%r71,4;
add.s64 %rd71,%rd69,%rd70;
ld.global.f32 %f149,[%rd71];
bra.uni $L__BB8_19;
$L__BB8_15:
cvta.to.global.u64 %rd66,%rd11;
mov.u32 %r68,%ctaid.x;
mul.wide.u32 %rd67,%r68,2;
add.s64 %rd68,%rd66,%rd67;
ld.global.u16 %r9,[%rd68];
setp.eq.s32 %p15,%r8,0;
@%p15 bra $L__BB8_17;
shl.b32 %r69,%r9,16;
mov.b32 %f149,%r69;
bra.uni $L__BB8_19;
$L__BB8_17:
{ .reg .b16 h; cvt.u16.u32 h,%r9; cvt.f32.f16 %f149,h; }
$L__BB8_19:
add.f32 %f38,%f38,%f149;
$L__BB8_20:
mov.u32 %r72,%ctaid.x;
cvt.u64.u32 %rd72,%r72;
cvt.u64.u32 %rd73,%r5;
cvt.s64.s32 %rd74,%r12;
mul.lo.s64 %rd75,%rd74,%rd73;
add.s64 %rd7,%rd75,%rd72;
cvt.u16.u32 %rs9,%r14;
and.b16 %rs8,%rs9,3;
setp.eq.s16 %p16,%rs8,2;
@%p16 bra $L__BB8_23;
setp.ne.s16 %p17,%rs8,0;
@%p17 bra $L__BB8_24;
cvt.rn.f16.f32 %rs12,%f38;
bra.uni $L__BB8_26;
$L__BB8_23:
cvta.to.global.u64 %rd76,%rd12;
shl.b64 %rd77,%rd7,2;
add.s64 %rd78,%rd76,%rd77;
st.global.f32 [%rd78],%f38;
bra.uni $L__BB8_27;
$L__BB8_24:
mov.b32 %r10,%f38;
and.b32 %r73,%r10,2147483647;
setp.gt.u32 %p18,%r73,2139095040;
mov.u16 %rs12,32767;
@%p18 bra $L__BB8_26;
bfe.u32 %r74,%r10,16,1;
add.s32 %r75,%r10,%r74;
add.s32 %r76,%r75,32767;
shr.u32 %r77,%r76,16;
cvt.u16.u32 %rs12,%r77;
$L__BB8_26:
cvta.to.global.u64 %rd79,%rd12;
shl.b64 %rd80,%rd7,1;
add.s64 %rd81,%rd79,%rd80;
st.global.u16 [%rd81],%rs12;
$L__BB8_27:
ret;
}
.visible .entry int8_gemv_any(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 128,1,1
{
.reg .pred %p<19>;
.reg .b16 %rs<10>;
.reg .f32 %f<126>;
.reg .b32 %r<73>;
.reg .b64 %rd<84>;
ld.param.u64 %rd10,[p0];
ld.param.u64 %rd11,[p1];
ld.param.u64 %rd12,[p2];
ld.param.u64 %rd13,[p3];
ld.param.u64 %rd14,[p4];
ld.param.u32 %r10,[p5];
ld.param.u32 %r11,[p6];
ld.param.u32 %r12,[p7];
ld.param.u32 %r13,[p8];
mov.u32 %r14,%ctaid.x;
cvt.u64.u32 %rd1,%r14;
mov.u32 %r15,%tid.x;
setp.ge.s32 %p1,%r15,%r12;
mov.f32 %f114,0f00000000;
mov.f32 %f115,%f114;
mov.f32 %f116,%f114;
mov.f32 %f117,%f114;
mov.f32 %f118,%f114;
mov.f32 %f119,%f114;
mov.f32 %f120,%f114;
mov.f32 %f121,%f114;
@%p1 bra $L__BB9_3;
cvt.s64.s32 %rd15,%r12;
mov.u32 %r16,%ctaid.y;
shl.b32 %r17,%r16,3;
add.s32 %r18,%r10,-1;
or.b32 %r19,%r17,3;
min.s32 %r20,%r19,%r18;
cvt.s64.s32 %rd16,%r15;
mul.wide.s32 %rd17,%r15,4;
mul.wide.s32 %rd18,%r12,%r20;
shl.b64 %rd19,%rd18,2;
add.s64 %rd2,%rd19,%rd17;
mul.lo.s64 %rd20,%rd15,%rd1;
add.s64 %rd21,%rd20,%rd16;
cvta.to.global.u64 %rd22,%rd10;
add.s64 %rd82,%rd22,%rd21;
cvta.to.global.u64 %rd83,%rd11;
mov.u32 %r72,%r15;
$L__BB9_2:
.pragma "nounroll";
ld.global.s8 %rs4,[%rd82];
cvt.rn.f32.s16 %f55,%rs4;
min.s32 %r24,%r17,%r18;
mul.wide.s32 %rd23,%r12,%r24;
shl.b64 %rd24,%rd23,2;
add.s64 %rd26,%rd24,%rd17;
add.s64 %rd27,%rd83,%rd26;
ld.global.f32 %f56,[%rd27];
fma.rn.f32 %f121,%f56,%f55,%f121;
or.b32 %r26,%r17,1;
min.s32 %r27,%r26,%r18;
mul.wide.s32 %rd28,%r12,%r27;
shl.b64 %rd29,%rd28,2;
add.s64 %rd30,%rd29,%rd17;
add.s64 %rd31,%rd83,%rd30;
ld.global.f32 %f57,[%rd31];
fma.rn.f32 %f120,%f57,%f55,%f120;
or.b32 %r28,%r17,2;
min.s32 %r29,%r28,%r18;
mul.wide.s32 %rd32,%r12,%r29;
shl.b64 %rd33,%rd32,2;
add.s64 %rd34,%rd33,%rd17;
add.s64 %rd35,%rd83,%rd34;
ld.global.f32 %f58,[%rd35];
fma.rn.f32 %f119,%f58,%f55,%f119;
add.s64 %rd36,%rd83,%rd2;
ld.global.f32 %f59,[%rd36];
fma.rn.f32 %f118,%f59,%f55,%f118;
or.b32 %r30,%r17,4;
min.s32 %r31,%r30,%r18;
mul.wide.s32 %rd37,%r12,%r31;
shl.b64 %rd38,%rd37,2;
add.s64 %rd39,%rd38,%rd17;
add.s64 %rd40,%rd83,%rd39;
ld.global.f32 %f60,[%rd40];
fma.rn.f32 %f117,%f60,%f55,%f117;
or.b32 %r32,%r17,5;
min.s32 %r33,%r32,%r18;
mul.wide.s32 %rd41,%r12,%r33;
shl.b64 %rd42,%rd41,2;
add.s64 %rd43,%rd42,%rd17;
add.s64 %rd44,%rd83,%rd43;
ld.global.f32 %f61,[%rd44];
fma.rn.f32 %f116,%f61,%f55,%f116;
or.b32 %r34,%r17,6;
min.s32 %r35,%r34,%r18;
mul.wide.s32 %rd45,%r12,%r35;
shl.b64 %rd46,%rd45,2;
add.s64 %rd47,%rd46,%rd17;
add.s64 %rd48,%rd83,%rd47;
ld.global.f32 %f62,[%rd48];
fma.rn.f32 %f115,%f62,%f55,%f115;
or.b32 %r36,%r17,7;
min.s32 %r37,%r36,%r18;
mul.wide.s32 %rd49,%r12,%r37;
shl.b64 %rd50,%rd49,2;
add.s64 %rd51,%rd50,%rd17;
add.s64 %rd52,%rd83,%rd51;
ld.global.f32 %f63,[%rd52];
fma.rn.f32 %f114,%f63,%f55,%f114;
add.s64 %rd83,%rd83,512;
add.s64 %rd82,%rd82,128;
add.s32 %r72,%r72,128;
setp.lt.s32 %p2,%r72,%r12;
@%p2 bra $L__BB9_2;
$L__BB9_3:
mov.u32 %r41,16;
shr.u32 %r48,%r15,4;
and.b32 %r49,%r48,1;
setp.eq.b32 %p3,%r49,1;
selp.f32 %f65,%f121,%f117,%p3;
selp.f32 %f82,%f117,%f121,%p3;
shfl.sync.bfly.b32 %f64,%f65,%r41,0x1f,0xffffffff;
add.f32 %f83,%f82,%f64;
selp.f32 %f67,%f120,%f116,%p3;
selp.f32 %f84,%f116,%f120,%p3;
shfl.sync.bfly.b32 %f66,%f67,%r41,0x1f,0xffffffff;
add.f32 %f85,%f84,%f66;
selp.f32 %f69,%f119,%f115,%p3;
selp.f32 %f86,%f115,%f119,%p3;
shfl.sync.bfly.b32 %f68,%f69,%r41,0x1f,0xffffffff;
add.f32 %f87,%f86,%f68;
selp.f32 %f71,%f118,%f114,%p3;
selp.f32 %f88,%f114,%f118,%p3;
shfl.sync.bfly.b32 %f70,%f71,%r41,0x1f,0xffffffff;
add.f32 %f89,%f88,%f70;
mov.u32 %r43,8;
shr.u32 %r50,%r15,3;
and.b32 %r51,%r50,1;
setp.eq.b32 %p4,%r51,1;
selp.f32 %f73,%f83,%f87,%p4;
selp.f32 %f90,%f87,%f83,%p4;
shfl.sync.bfly.b32 %f72,%f73,%r43,0x1f,0xffffffff;
add.f32 %f91,%f90,%f72;
selp.f32 %f75,%f85,%f89,%p4;
selp.f32 %f92,%f89,%f85,%p4;
shfl.sync.bfly.b32 %f74,%f75,%r43,0x1f,0xffffffff;
add.f32 %f93,%f92,%f74;
mov.u32 %r44,4;
shr.u32 %r52,%r15,2;
and.b32 %r53,%r52,1;
setp.eq.b32 %p5,%r53,1;
selp.f32 %f77,%f91,%f93,%p5;
selp.f32 %f94,%f93,%f91,%p5;
shfl.sync.bfly.b32 %f76,%f77,%r44,0x1f,0xffffffff;
add.f32 %f79,%f94,%f76;
mov.u32 %r45,2;
shfl.sync.bfly.b32 %f78,%f79,%r45,0x1f,0xffffffff;
add.f32 %f81,%f79,%f78;
mov.u32 %r46,1;
shfl.sync.bfly.b32 %f80,%f81,%r46,0x1f,0xffffffff;
add.f32 %f25,%f81,%f80;
and.b32 %r54,%r15,3;
setp.ne.s32 %p6,%r54,0;
@%p6 bra $L__BB9_5;
and.b32 %r56,%r15,-32;
cvt.u64.u32 %rd53,%r56;
mov.u64 %rd54,shared0;
add.s64 %rd55,%rd54,%rd53;
and.b32 %r57,%r15,28;
cvt.u64.u32 %rd56,%r57;
add.s64 %rd57,%rd55,%rd56;
st.shared.f32 [%rd57],%f25;
$L__BB9_5:
bar.sync 0;
setp.gt.u32 %p7,%r15,7;
mov.f32 %f122,0f00000000;
@%p7 bra $L__BB9_7;
mul.wide.u32 %rd58,%r15,4;
mov.u64 %rd59,shared0;
add.s64 %rd60,%rd59,%rd58;
ld.shared.f32 %f96,[%rd60];
add.f32 %f97,%f96,0f00000000;
ld.shared.f32 %f98,[%rd60+32];
add.f32 %f99,%f97,%f98;
ld.shared.f32 %f100,[%rd60+64];
add.f32 %f101,%f99,%f100;
ld.shared.f32 %f102,[%rd60+96];
add.f32 %f122,%f101,%f102;
$L__BB9_7:
mov.u32 %r61,%ctaid.y;
shl.b32 %r62,%r61,3;
add.s32 %r4,%r62,%r15;
setp.ge.u32 %p9,%r4,%r10;
or.pred %p10,%p7,%p9;
@%p10 bra $L__BB9_27;
bfe.u32 %r5,%r13,2,2;
setp.eq.s32 %p11,%r5,2;
@%p11 bra $L__BB9_12;
bra.uni $L__BB9_9;
$L__BB9_12:
cvta.to.global.u64 %rd64,%rd12;
shl.b64 %rd65,%rd1,2;
add.s64 %rd66,%rd64,%rd65;
ld.global.f32 %f123,[%rd66];
bra.uni $L__BB9_13;
$L__BB9_9:
cvta.to.global.u64 %rd61,%rd12;
shl.b64 %rd62,%rd1,1;
add.s64 %rd63,%rd61,%rd62;
ld.global.u16 %r6,[%rd63];
setp.eq.s32 %p12,%r5,0;
@%p12 bra $L__BB9_11;
shl.b32 %r63,%r6,16;
mov.b32 %f123,%r63;
bra.uni $L__BB9_13;
$L__BB9_11:
{ .reg .b16 h; cvt.u16.u32 h,%r6; cvt.f32.f16 %f123,h; }
$L__BB9_13:
mul.f32 %f38,%f122,%f123;
setp.eq.s64 %p13,%rd13,0;
@%p13 bra $L__BB9_20;
bfe.u32 %r7,%r13,4,2;
setp.eq.s32 %p14,%r7,2;
@%p14 bra $L__BB9_18;
bra.uni $L__BB9_15;
$L__BB9_18:
cvta.to.global.u64 %rd70,%rd13;
shl.b64 %rd71,%rd1,2;
add.s64 %rd72,%rd70,%rd71;
ld.global.f32 %f124,[%rd72];
bra.uni $L__BB9_19;
$L__BB9_15:
cvta.to.global.u64 %rd67,%rd13;
shl.b64 %rd68,%rd1,1;
add.s64 %rd69,%rd67,%rd68;
ld.global.u16 %r8,[%rd69];
setp.eq.s32 %p15,%r7,0;
@%p15 bra $L__BB9_17;
shl.b32 %r65,%r8,16;
mov.b32 %f124,%r65;
bra.uni $L__BB9_19;
$L__BB9_17:
{ .reg .b16 h; cvt.u16.u32 h,%r8; cvt.f32.f16 %f124,h; }
$L__BB9_19:
add.f32 %f38,%f38,%f124;
$L__BB9_20:
cvt.s64.s32 %rd73,%r11;
cvt.u64.u32 %rd74,%r4;
mul.lo.s64 %rd75,%rd73,%rd74;
add.s64 %rd9,%rd75,%rd1;
cvt.u16.u32 %rs6,%r13;
and.b16 %rs5,%rs6,3;
setp.eq.s16 %p16,%rs5,2;
@%p16 bra $L__BB9_23;
setp.ne.s16 %p17,%rs5,0;
@%p17 bra $L__BB9_24;
cvt.rn.f16.f32 %rs9,%f38;
bra.uni $L__BB9_26;
$L__BB9_23:
cvta.to.global.u64 %rd76,%rd14;
shl.b64 %rd77,%rd9,2;
add.s64 %rd78,%rd76,%rd77;
st.global.f32 [%rd78],%f38;
bra.uni $L__BB9_27;
$L__BB9_24:
mov.b32 %r9,%f38;
and.b32 %r67,%r9,2147483647;
setp.gt.u32 %p18,%r67,2139095040;
mov.u16 %rs9,32767;
@%p18 bra $L__BB9_26;
bfe.u32 %r68,%r9,16,1;
add.s32 %r69,%r9,%r68;
add.s32 %r70,%r69,32767;
shr.u32 %r71,%r70,16;
cvt.u16.u32 %rs9,%r71;
$L__BB9_26:
cvta.to.global.u64 %rd79,%rd14;
shl.b64 %rd80,%rd9,1;
add.s64 %rd81,%rd79,%rd80;
st.global.u16 [%rd81],%rs9;
$L__BB9_27:
ret;
}
.visible .entry int4_quantize(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u32 p3,
.param .u32 p4
)
.maxntid 256,1,1
{
.reg .pred %p<26>;
.reg .b16 %rs<10>;
.reg .f32 %f<45>;
.reg .b32 %r<116>;
.reg .b64 %rd<67>;
.shared .align 4 .b8 shared2[32];
ld.param.u64 %rd11,[p0];
ld.param.u64 %rd12,[p1];
ld.param.u64 %rd13,[p2];
ld.param.u32 %r22,[p3];
ld.param.u32 %r23,[p4];
mov.u32 %r110,%tid.x;
setp.ge.s32 %p1,%r110,%r22;
mov.u32 %r112,0;
@%p1 bra $L__BB10_8;
cvta.to.global.u64 %rd14,%rd11;
cvt.s64.s32 %rd15,%r22;
mov.u32 %r26,%ctaid.x;
cvt.u64.u32 %rd16,%r26;
mul.lo.s64 %rd17,%rd15,%rd16;
shl.b64 %rd18,%rd17,2;
mul.wide.s32 %rd19,%r110,4;
add.s64 %rd20,%rd18,%rd19;
add.s64 %rd65,%rd14,%rd20;
shl.b64 %rd21,%rd17,1;
mul.wide.s32 %rd22,%r110,2;
add.s64 %rd23,%rd21,%rd22;
add.s64 %rd64,%rd14,%rd23;
$L__BB10_2:
.pragma "nounroll";
setp.eq.s32 %p2,%r23,2;
@%p2 bra $L__BB10_6;
bra.uni $L__BB10_3;
$L__BB10_6:
ld.global.f32 %f39,[%rd65];
bra.uni $L__BB10_7;
$L__BB10_3:
ld.global.u16 %r4,[%rd64];
setp.eq.s32 %p3,%r23,0;
@%p3 bra $L__BB10_5;
shl.b32 %r27,%r4,16;
mov.b32 %f39,%r27;
bra.uni $L__BB10_7;
$L__BB10_5:
{ .reg .b16 h; cvt.u16.u32 h,%r4; cvt.f32.f16 %f39,h; }
$L__BB10_7:
mov.b32 %r29,%f39;
and.b32 %r30,%r29,2147483647;
max.u32 %r112,%r112,%r30;
add.s64 %rd65,%rd65,1024;
add.s64 %rd64,%rd64,512;
add.s32 %r110,%r110,256;
setp.lt.s32 %p4,%r110,%r22;
@%p4 bra $L__BB10_2;
$L__BB10_8:
mov.u32 %r33,16;
shfl.sync.bfly.b32 %r31,%r112,%r33,0x1f,0xffffffff;
max.u32 %r35,%r112,%r31;
mov.u32 %r36,8;
shfl.sync.bfly.b32 %r34,%r35,%r36,0x1f,0xffffffff;
max.u32 %r38,%r35,%r34;
mov.u32 %r39,4;
shfl.sync.bfly.b32 %r37,%r38,%r39,0x1f,0xffffffff;
max.u32 %r41,%r38,%r37;
mov.u32 %r42,2;
shfl.sync.bfly.b32 %r40,%r41,%r42,0x1f,0xffffffff;
max.u32 %r44,%r41,%r40;
mov.u32 %r45,1;
shfl.sync.bfly.b32 %r43,%r44,%r45,0x1f,0xffffffff;
max.u32 %r8,%r44,%r43;
mov.u32 %r114,%tid.x;
and.b32 %r47,%r114,31;
setp.ne.s32 %p5,%r47,0;
@%p5 bra $L__BB10_10;
mov.u32 %r48,%tid.x;
shr.u32 %r49,%r48,5;
mul.wide.u32 %rd24,%r49,4;
mov.u64 %rd25,shared2;
add.s64 %rd26,%rd25,%rd24;
st.shared.u32 [%rd26],%r8;
$L__BB10_10:
bar.sync 0;
ld.shared.u32 %r50,[shared2];
max.u32 %r51,%r8,%r50;
ld.shared.u32 %r52,[shared2+4];
max.u32 %r53,%r51,%r52;
ld.shared.u32 %r54,[shared2+8];
max.u32 %r55,%r53,%r54;
ld.shared.u32 %r56,[shared2+12];
max.u32 %r57,%r55,%r56;
ld.shared.u32 %r58,[shared2+16];
max.u32 %r59,%r57,%r58;
ld.shared.u32 %r60,[shared2+20];
max.u32 %r61,%r59,%r60;
ld.shared.u32 %r62,[shared2+24];
max.u32 %r63,%r61,%r62;
ld.shared.u32 %r64,[shared2+28];
max.u32 %r65,%r63,%r64;
mov.b32 %f26,%r65;
div.rn.f32 %f40,%f26,0f40E00000;
setp.eq.s32 %p6,%r23,2;
@%p6 bra $L__BB10_15;
setp.ne.s32 %p7,%r23,0;
@%p7 bra $L__BB10_13;
cvt.rn.f16.f32 %rs4,%f40;
cvt.u32.u16 %r66,%rs4;
{ .reg .b16 h; cvt.u16.u32 h,%r66; cvt.f32.f16 %f40,h; }
bra.uni $L__BB10_15;
$L__BB10_13:
mov.b32 %r9,%f40;
and.b32 %r67,%r9,2147483647;
setp.gt.u32 %p8,%r67,2139095040;
mov.f32 %f40,0f7FFF0000;
@%p8 bra $L__BB10_15;
bfe.u32 %r68,%r9,16,1;
add.s32 %r69,%r9,%r68;
add.s32 %r70,%r69,32767;
and.b32 %r71,%r70,-65536;
mov.b32 %f40,%r71;
$L__BB10_15:
setp.ne.s32 %p9,%r114,0;
@%p9 bra $L__BB10_23;
@%p6 bra $L__BB10_19;
setp.ne.s32 %p11,%r23,0;
@%p11 bra $L__BB10_20;
cvt.rn.f16.f32 %rs9,%f40;
bra.uni $L__BB10_22;
$L__BB10_19:
cvta.to.global.u64 %rd27,%rd13;
mov.u32 %r73,%ctaid.x;
mul.wide.u32 %rd28,%r73,4;
add.s64 %rd29,%rd27,%rd28;
st.global.f32 [%rd29],%f40;
bra.uni $L__BB10_23;
$L__BB10_20:
mov.b32 %r10,%f40;
and.b32 %r74,%r10,2147483647;
setp.gt.u32 %p12,%r74,2139095040;
mov.u16 %rs9,32767;
@%p12 bra $L__BB10_22;
bfe.u32 %r75,%r10,16,1;
add.s32 %r76,%r10,%r75;
add.s32 %r77,%r76,32767;
shr.u32 %r78,%r77,16;
cvt.u16.u32 %rs9,%r78;
$L__BB10_22:
cvta.to.global.u64 %rd30,%rd13;
mov.u32 %r79,%ctaid.x;
mul.wide.u32 %rd31,%r79,2;
add.s64 %rd32,%rd30,%rd31;
st.global.u16 [%rd32],%rs9;
$L__BB10_23:
shr.u32 %r80,%r22,31;
add.s32 %r81,%r22,%r80;
shr.s32 %r11,%r81,1;
setp.ge.s32 %p13,%r114,%r11;
@%p13 bra $L__BB10_46;
mov.u32 %r83,%ctaid.x;
cvt.u64.u32 %rd33,%r83;
cvt.s64.s32 %rd34,%r11;
mul.lo.s64 %rd35,%rd34,%rd33;
cvt.s64.s32 %rd36,%r114;
add.s64 %rd37,%rd35,%rd36;
cvta.to.global.u64 %rd38,%rd12;
add.s64 %rd66,%rd38,%rd37;
shl.b32 %r113,%r114,1;
cvt.s64.s32 %rd40,%r22;
cvta.to.global.u64 %rd46,%rd11;
$L__BB10_25:
.pragma "nounroll";
setp.eq.f32 %p14,%f40,0f00000000;
mov.u32 %r115,0;
@%p14 bra $L__BB10_45;
mul.lo.s64 %rd9,%rd40,%rd33;
@%p6 bra $L__BB10_30;
bra.uni $L__BB10_27;
$L__BB10_30:
cvt.s64.s32 %rd47,%r113;
add.s64 %rd48,%rd9,%rd47;
shl.b64 %rd49,%rd48,2;
add.s64 %rd50,%rd46,%rd49;
ld.global.f32 %f41,[%rd50];
bra.uni $L__BB10_31;
$L__BB10_27:
setp.eq.s32 %p16,%r23,0;
cvt.s64.s32 %rd42,%r113;
add.s64 %rd43,%rd9,%rd42;
shl.b64 %rd44,%rd43,1;
add.s64 %rd45,%rd46,%rd44;
ld.global.u16 %r16,[%rd45];
@%p16 bra $L__BB10_29;
shl.b32 %r86,%r16,16;
mov.b32 %f41,%r86;
bra.uni $L__BB10_31;
$L__BB10_29:
{ .reg .b16 h; cvt.u16.u32 h,%r16; cvt.f32.f16 %f41,h; }
$L__BB10_31:
div.rn.f32 %f42,%f41,%f40;
@%p6 bra $L__BB10_35;
setp.ne.s32 %p18,%r23,0;
@%p18 bra $L__BB10_34;
cvt.rn.f16.f32 %rs7,%f42;
cvt.u32.u16 %r88,%rs7;
{ .reg .b16 h; cvt.u16.u32 h,%r88; cvt.f32.f16 %f42,h; }
bra.uni $L__BB10_35;
$L__BB10_34:
mov.b32 %r89,%f42;
and.b32 %r90,%r89,2147483647;
setp.gt.u32 %p19,%r90,2139095040;
bfe.u32 %r91,%r89,16,1;
add.s32 %r92,%r89,%r91;
add.s32 %r93,%r92,32767;
and.b32 %r94,%r93,-65536;
selp.b32 %r95,2147418112,%r94,%p19;
mov.b32 %f42,%r95;
$L__BB10_35:
@%p6 bra $L__BB10_39;
bra.uni $L__BB10_36;
$L__BB10_39:
cvt.s64.s32 %rd60,%r113;
add.s64 %rd61,%rd9,%rd60;
shl.b64 %rd62,%rd61,2;
add.s64 %rd63,%rd46,%rd62;
ld.global.f32 %f43,[%rd63+4];
bra.uni $L__BB10_40;
$L__BB10_36:
setp.eq.s32 %p21,%r23,0;
cvt.s64.s32 %rd55,%r113;
add.s64 %rd56,%rd9,%rd55;
shl.b64 %rd57,%rd56,1;
add.s64 %rd58,%rd46,%rd57;
ld.global.u16 %r17,[%rd58+2];
@%p21 bra $L__BB10_38;
shl.b32 %r97,%r17,16;
mov.b32 %f43,%r97;
bra.uni $L__BB10_40;
$L__BB10_38:
{ .reg .b16 h; cvt.u16.u32 h,%r17; cvt.f32.f16 %f43,h; }
$L__BB10_40:
div.rn.f32 %f44,%f43,%f40;
@%p6 bra $L__BB10_44;
setp.ne.s32 %p23,%r23,0;
@%p23 bra $L__BB10_43;
cvt.rn.f16.f32 %rs8,%f44;
cvt.u32.u16 %r99,%rs8;
{ .reg .b16 h; cvt.u16.u32 h,%r99; cvt.f32.f16 %f44,h; }
bra.uni $L__BB10_44;
$L__BB10_43:
mov.b32 %r100,%f44;
and.b32 %r101,%r100,2147483647;
setp.gt.u32 %p24,%r101,2139095040;
bfe.u32 %r102,%r100,16,1;
add.s32 %r103,%r100,%r102;
add.s32 %r104,%r103,32767;
and.b32 %r105,%r104,-65536;
selp.b32 %r106,2147418112,%r105,%p24;
mov.b32 %f44,%r106;
$L__BB10_44:
cvt.rni.f32.f32 %f37,%f44;
cvt.rzi.s32.f32 %r107,%f37;
and.b32 %r108,%r107,15;
cvt.rni.f32.f32 %f38,%f42;
cvt.rzi.s32.f32 %r109,%f38;
bfi.b32 %r115,%r109,%r108,4,28;
$L__BB10_45:
st.global.u8 [%rd66],%r115;
add.s64 %rd66,%rd66,256;
add.s32 %r113,%r113,512;
add.s32 %r114,%r114,256;
setp.lt.s32 %p25,%r114,%r11;
@%p25 bra $L__BB10_25;
$L__BB10_46:
ret;
}
.visible .entry int8_quantize(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u32 p3,
.param .u32 p4
)
.maxntid 256,1,1
{
.reg .pred %p<21>;
.reg .b16 %rs<9>;
.reg .f32 %f<31>;
.reg .b32 %r<93>;
.reg .b64 %rd<56>;
.shared .align 4 .b8 shared3[32];
ld.param.u64 %rd16,[p0];
ld.param.u64 %rd17,[p1];
ld.param.u64 %rd18,[p2];
ld.param.u32 %r17,[p3];
ld.param.u32 %r18,[p4];
mov.u32 %r88,%tid.x;
setp.ge.s32 %p1,%r88,%r17;
mov.u32 %r90,0;
@%p1 bra $L__BB11_8;
cvta.to.global.u64 %rd19,%rd16;
cvt.s64.s32 %rd20,%r17;
mov.u32 %r21,%ctaid.x;
cvt.u64.u32 %rd21,%r21;
mul.lo.s64 %rd22,%rd20,%rd21;
shl.b64 %rd23,%rd22,2;
mul.wide.s32 %rd24,%r88,4;
add.s64 %rd25,%rd23,%rd24;
add.s64 %rd52,%rd19,%rd25;
shl.b64 %rd26,%rd22,1;
mul.wide.s32 %rd27,%r88,2;
add.s64 %rd28,%rd26,%rd27;
add.s64 %rd51,%rd19,%rd28;
$L__BB11_2:
.pragma "nounroll";
setp.eq.s32 %p2,%r18,2;
@%p2 bra $L__BB11_6;
bra.uni $L__BB11_3;
$L__BB11_6:
ld.global.f32 %f27,[%rd52];
bra.uni $L__BB11_7;
$L__BB11_3:
ld.global.u16 %r4,[%rd51];
setp.eq.s32 %p3,%r18,0;
@%p3 bra $L__BB11_5;
shl.b32 %r22,%r4,16;
mov.b32 %f27,%r22;
bra.uni $L__BB11_7;
$L__BB11_5:
{ .reg .b16 h; cvt.u16.u32 h,%r4; cvt.f32.f16 %f27,h; }
$L__BB11_7:
mov.b32 %r24,%f27;
and.b32 %r25,%r24,2147483647;
max.u32 %r90,%r90,%r25;
add.s64 %rd52,%rd52,1024;
add.s64 %rd51,%rd51,512;
add.s32 %r88,%r88,256;
setp.lt.s32 %p4,%r88,%r17;
@%p4 bra $L__BB11_2;
$L__BB11_8:
mov.u32 %r28,16;
shfl.sync.bfly.b32 %r26,%r90,%r28,0x1f,0xffffffff;
max.u32 %r30,%r90,%r26;
mov.u32 %r31,8;
shfl.sync.bfly.b32 %r29,%r30,%r31,0x1f,0xffffffff;
max.u32 %r33,%r30,%r29;
mov.u32 %r34,4;
shfl.sync.bfly.b32 %r32,%r33,%r34,0x1f,0xffffffff;
max.u32 %r36,%r33,%r32;
mov.u32 %r37,2;
shfl.sync.bfly.b32 %r35,%r36,%r37,0x1f,0xffffffff;
max.u32 %r39,%r36,%r35;
mov.u32 %r40,1;
shfl.sync.bfly.b32 %r38,%r39,%r40,0x1f,0xffffffff;
max.u32 %r8,%r39,%r38;
mov.u32 %r91,%tid.x;
and.b32 %r42,%r91,31;
setp.ne.s32 %p5,%r42,0;
@%p5 bra $L__BB11_10;
mov.u32 %r43,%tid.x;
shr.u32 %r44,%r43,5;
mul.wide.u32 %rd29,%r44,4;
mov.u64 %rd30,shared3;
add.s64 %rd31,%rd30,%rd29;
st.shared.u32 [%rd31],%r8;
$L__BB11_10:
bar.sync 0;
ld.shared.u32 %r45,[shared3];
max.u32 %r46,%r8,%r45;
ld.shared.u32 %r47,[shared3+4];
max.u32 %r48,%r46,%r47;
ld.shared.u32 %r49,[shared3+8];
max.u32 %r50,%r48,%r49;
ld.shared.u32 %r51,[shared3+12];
max.u32 %r52,%r50,%r51;
ld.shared.u32 %r53,[shared3+16];
max.u32 %r54,%r52,%r53;
ld.shared.u32 %r55,[shared3+20];
max.u32 %r56,%r54,%r55;
ld.shared.u32 %r57,[shared3+24];
max.u32 %r58,%r56,%r57;
ld.shared.u32 %r59,[shared3+28];
max.u32 %r60,%r58,%r59;
mov.b32 %f18,%r60;
div.rn.f32 %f28,%f18,0f42FE0000;
setp.eq.s32 %p6,%r18,2;
@%p6 bra $L__BB11_15;
setp.ne.s32 %p7,%r18,0;
@%p7 bra $L__BB11_13;
cvt.rn.f16.f32 %rs4,%f28;
cvt.u32.u16 %r61,%rs4;
{ .reg .b16 h; cvt.u16.u32 h,%r61; cvt.f32.f16 %f28,h; }
bra.uni $L__BB11_15;
$L__BB11_13:
mov.b32 %r9,%f28;
and.b32 %r62,%r9,2147483647;
setp.gt.u32 %p8,%r62,2139095040;
mov.f32 %f28,0f7FFF0000;
@%p8 bra $L__BB11_15;
bfe.u32 %r63,%r9,16,1;
add.s32 %r64,%r9,%r63;
add.s32 %r65,%r64,32767;
and.b32 %r66,%r65,-65536;
mov.b32 %f28,%r66;
$L__BB11_15:
setp.ne.s32 %p9,%r91,0;
@%p9 bra $L__BB11_23;
@%p6 bra $L__BB11_19;
setp.ne.s32 %p11,%r18,0;
@%p11 bra $L__BB11_20;
cvt.rn.f16.f32 %rs8,%f28;
bra.uni $L__BB11_22;
$L__BB11_19:
cvta.to.global.u64 %rd32,%rd18;
mov.u32 %r68,%ctaid.x;
mul.wide.u32 %rd33,%r68,4;
add.s64 %rd34,%rd32,%rd33;
st.global.f32 [%rd34],%f28;
bra.uni $L__BB11_23;
$L__BB11_20:
mov.b32 %r10,%f28;
and.b32 %r69,%r10,2147483647;
setp.gt.u32 %p12,%r69,2139095040;
mov.u16 %rs8,32767;
@%p12 bra $L__BB11_22;
bfe.u32 %r70,%r10,16,1;
add.s32 %r71,%r10,%r70;
add.s32 %r72,%r71,32767;
shr.u32 %r73,%r72,16;
cvt.u16.u32 %rs8,%r73;
$L__BB11_22:
cvta.to.global.u64 %rd35,%rd18;
mov.u32 %r74,%ctaid.x;
mul.wide.u32 %rd36,%r74,2;
add.s64 %rd37,%rd35,%rd36;
st.global.u16 [%rd37],%rs8;
$L__BB11_23:
setp.ge.s32 %p13,%r91,%r17;
@%p13 bra $L__BB11_37;
cvt.s64.s32 %rd38,%r17;
mov.u32 %r76,%ctaid.x;
cvt.u64.u32 %rd39,%r76;
mul.lo.s64 %rd40,%rd38,%rd39;
cvt.s64.s32 %rd41,%r91;
add.s64 %rd42,%rd40,%rd41;
cvta.to.global.u64 %rd43,%rd17;
add.s64 %rd55,%rd43,%rd42;
shl.b64 %rd44,%rd40,2;
mul.wide.s32 %rd45,%r91,4;
add.s64 %rd46,%rd44,%rd45;
cvta.to.global.u64 %rd47,%rd16;
add.s64 %rd54,%rd47,%rd46;
shl.b64 %rd48,%rd40,1;
mul.wide.s32 %rd49,%r91,2;
add.s64 %rd50,%rd48,%rd49;
add.s64 %rd53,%rd47,%rd50;
$L__BB11_25:
.pragma "nounroll";
setp.eq.f32 %p14,%f28,0f00000000;
mov.u32 %r92,0;
@%p14 bra $L__BB11_36;
@%p6 bra $L__BB11_30;
bra.uni $L__BB11_27;
$L__BB11_30:
ld.global.f32 %f29,[%rd54];
bra.uni $L__BB11_31;
$L__BB11_27:
ld.global.u16 %r13,[%rd53];
setp.eq.s32 %p16,%r18,0;
@%p16 bra $L__BB11_29;
shl.b32 %r78,%r13,16;
mov.b32 %f29,%r78;
bra.uni $L__BB11_31;
$L__BB11_29:
{ .reg .b16 h; cvt.u16.u32 h,%r13; cvt.f32.f16 %f29,h; }
$L__BB11_31:
div.rn.f32 %f30,%f29,%f28;
@%p6 bra $L__BB11_35;
setp.ne.s32 %p18,%r18,0;
@%p18 bra $L__BB11_34;
cvt.rn.f16.f32 %rs7,%f30;
cvt.u32.u16 %r80,%rs7;
{ .reg .b16 h; cvt.u16.u32 h,%r80; cvt.f32.f16 %f30,h; }
bra.uni $L__BB11_35;
$L__BB11_34:
mov.b32 %r81,%f30;
and.b32 %r82,%r81,2147483647;
setp.gt.u32 %p19,%r82,2139095040;
bfe.u32 %r83,%r81,16,1;
add.s32 %r84,%r81,%r83;
add.s32 %r85,%r84,32767;
and.b32 %r86,%r85,-65536;
selp.b32 %r87,2147418112,%r86,%p19;
mov.b32 %f30,%r87;
$L__BB11_35:
cvt.rni.f32.f32 %f26,%f30;
cvt.rzi.s32.f32 %r92,%f26;
$L__BB11_36:
st.global.u8 [%rd55],%r92;
add.s64 %rd55,%rd55,256;
add.s64 %rd54,%rd54,1024;
add.s64 %rd53,%rd53,512;
add.s32 %r91,%r91,256;
setp.lt.s32 %p20,%r91,%r17;
@%p20 bra $L__BB11_25;
$L__BB11_37:
ret;
}
"""

CUDA_TENSOR_CORE_PTX = r"""
.version 7.0
.target sm_80
.address_size 64
.visible .entry int4_half_matmul_8(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 256,1,1
.minnctapersm 4
{
.reg .pred %p<21>;
.reg .b16 %rs<10>;
.reg .f32 %f<126>;
.reg .b32 %r<546>;
.reg .b64 %rd<65>;
.shared .align 4 .b8 shared0[4096];
ld.param.u64 %rd8,[p0];
ld.param.u64 %rd9,[p1];
ld.param.u64 %rd10,[p2];
ld.param.u64 %rd11,[p3];
ld.param.u64 %rd12,[p4];
ld.param.u32 %r58,[p5];
ld.param.u32 %r59,[p6];
ld.param.u32 %r60,[p7];
ld.param.u32 %r61,[p8];
mov.u32 %r80,%tid.x;
and.b32 %r81,%r80,31;
shr.u32 %r82,%r80,5;
shr.u32 %r83,%r81,2;
and.b32 %r84,%r80,3;
add.s32 %r85,%r58,7;
shr.s32 %r86,%r85,31;
shr.u32 %r87,%r86,29;
add.s32 %r88,%r85,%r87;
shr.s32 %r89,%r88,3;
mov.u32 %r90,%ctaid.x;
div.u32 %r91,%r90,%r89;
shl.b32 %r1,%r91,4;
mul.lo.s32 %r92,%r91,%r89;
sub.s32 %r93,%r90,%r92;
shl.b32 %r2,%r93,3;
shr.s32 %r94,%r60,31;
shr.u32 %r95,%r94,27;
add.s32 %r96,%r60,%r95;
shr.s32 %r3,%r96,5;
add.s32 %r97,%r3,3;
shr.s32 %r98,%r97,31;
shr.u32 %r99,%r98,30;
add.s32 %r100,%r97,%r99;
shr.s32 %r4,%r100,2;
or.b32 %r101,%r1,%r83;
add.s32 %r102,%r59,-1;
min.s32 %r103,%r101,%r102;
mul.wide.s32 %rd1,%r103,%r3;
or.b32 %r104,%r101,8;
min.s32 %r105,%r104,%r102;
mul.wide.s32 %rd2,%r105,%r3;
or.b32 %r5,%r2,%r83;
bfi.b32 %r534,%r82,%r84,2,30;
cvt.u64.u32 %rd15,%r534;
setp.lt.s32 %p1,%r534,%r3;
selp.u32 %r75,1,0,%p1;
add.s64 %rd16,%rd1,%rd15;
shl.b64 %rd17,%rd16,4;
add.s64 %rd13,%rd8,%rd17;
mov.u32 %r540,0;
mov.u32 %r536,%r540;
mov.u32 %r537,%r540;
mov.u32 %r538,%r540;
mov.u32 %r539,%r540;
{ .reg .pred p; setp.ne.u32 p,%r75,0; @p ld.global.cs.nc.v4.u32 {%r536,%r537,
%r538,%r539},[%rd13]; }
add.s64 %rd18,%rd2,%rd15;
shl.b64 %rd19,%rd18,4;
add.s64 %rd14,%rd8,%rd19;
mov.u32 %r541,%r540;
mov.u32 %r542,%r540;
mov.u32 %r543,%r540;
{ .reg .pred p; setp.ne.u32 p,%r75,0; @p ld.global.cs.nc.v4.u32 {%r540,%r541,
%r542,%r543},[%rd14]; }
setp.ge.s32 %p2,%r82,%r4;
mov.f32 %f118,0f00000000;
mov.f32 %f117,%f118;
mov.f32 %f116,%f118;
mov.f32 %f115,%f118;
@%p2 bra $L__BB0_3;
add.s32 %r107,%r58,-1;
shl.b32 %r109,%r82,4;
shl.b32 %r110,%r80,2;
and.b32 %r111,%r110,12;
or.b32 %r535,%r109,%r111;
shr.u32 %r113,%r94,29;
add.s32 %r114,%r60,%r113;
shr.s32 %r115,%r114,3;
min.s32 %r116,%r5,%r107;
mul.wide.s32 %rd3,%r116,%r115;
mov.u32 %r544,%r82;
$L__BB0_2:
.pragma "nounroll";
shl.b32 %r507,%r544,2;
or.b32 %r508,%r507,%r84;
add.s32 %r509,%r508,32;
cvt.s64.s32 %rd26,%r509;
add.s32 %r37,%r534,32;
setp.lt.s32 %p3,%r37,%r3;
selp.u32 %r130,1,0,%p3;
add.s64 %rd27,%rd1,%rd26;
shl.b64 %rd28,%rd27,4;
add.s64 %rd20,%rd8,%rd28;
mov.u32 %r470,0;
mov.u32 %r117,%r470;
mov.u32 %r118,%r470;
mov.u32 %r119,%r470;
mov.u32 %r120,%r470;
{ .reg .pred p; setp.ne.u32 p,%r130,0; @p ld.global.cs.nc.v4.u32 {%r117,%r118,
%r119,%r120},[%rd20]; }
add.s64 %rd29,%rd2,%rd26;
shl.b64 %rd30,%rd29,4;
add.s64 %rd21,%rd8,%rd30;
mov.u32 %r126,%r470;
mov.u32 %r127,%r470;
mov.u32 %r128,%r470;
mov.u32 %r129,%r470;
{ .reg .pred p; setp.ne.u32 p,%r130,0; @p ld.global.cs.nc.v4.u32 {%r126,%r127,
%r128,%r129},[%rd21]; }
setp.lt.s32 %p4,%r534,%r3;
setp.lt.s32 %p5,%r5,%r58;
and.pred %p6,%p5,%p4;
selp.u32 %r474,1,0,%p6;
shr.u32 %r136,%r536,4;
mov.u32 %r465,983055;
mov.u32 %r469,1678271496;
lop3.b32 %r135,%r136,%r465,%r469,0x6a;
sub.rn.f16x2 %r139,%r135,%r469;
lop3.b32 %r142,%r536,%r465,%r469,0x6a;
sub.rn.f16x2 %r146,%r142,%r469;
shr.u32 %r150,%r536,12;
lop3.b32 %r149,%r150,%r465,%r469,0x6a;
sub.rn.f16x2 %r153,%r149,%r469;
shr.u32 %r157,%r536,8;
lop3.b32 %r156,%r157,%r465,%r469,0x6a;
sub.rn.f16x2 %r160,%r156,%r469;
shr.u32 %r164,%r540,4;
lop3.b32 %r163,%r164,%r465,%r469,0x6a;
sub.rn.f16x2 %r167,%r163,%r469;
lop3.b32 %r170,%r540,%r465,%r469,0x6a;
sub.rn.f16x2 %r174,%r170,%r469;
shr.u32 %r178,%r540,12;
lop3.b32 %r177,%r178,%r465,%r469,0x6a;
sub.rn.f16x2 %r181,%r177,%r469;
shr.u32 %r185,%r540,8;
lop3.b32 %r184,%r185,%r465,%r469,0x6a;
sub.rn.f16x2 %r188,%r184,%r469;
cvt.s64.s32 %rd31,%r535;
add.s64 %rd32,%rd3,%rd31;
shl.b64 %rd33,%rd32,4;
add.s64 %rd22,%rd9,%rd33;
mov.u32 %r191,%r470;
mov.u32 %r192,%r470;
mov.u32 %r193,%r470;
mov.u32 %r194,%r470;
{ .reg .pred p; setp.ne.u32 p,%r474,0; @p ld.global.nc.v4.u32 {%r191,%r192,
%r193,%r194},[%rd22]; }
mov.u32 %r490,21520;
prmt.b32 %r200,%r191,%r193,%r490;
mov.u32 %r494,30258;
prmt.b32 %r204,%r191,%r193,%r494;
prmt.b32 %r208,%r192,%r194,%r490;
prmt.b32 %r212,%r192,%r194,%r494;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f118,%f117,%f116,%f115},{%r139,%r167,%r146,%r174},{%r200,
%r204},{%f118,%f117,%f116,%f115};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f118,%f117,%f116,%f115},{%r153,%r181,%r160,%r188},{%r208,
%r212},{%f118,%f117,%f116,%f115};
shr.u32 %r229,%r537,4;
lop3.b32 %r228,%r229,%r465,%r469,0x6a;
sub.rn.f16x2 %r232,%r228,%r469;
lop3.b32 %r235,%r537,%r465,%r469,0x6a;
sub.rn.f16x2 %r239,%r235,%r469;
shr.u32 %r243,%r537,12;
lop3.b32 %r242,%r243,%r465,%r469,0x6a;
sub.rn.f16x2 %r246,%r242,%r469;
shr.u32 %r250,%r537,8;
lop3.b32 %r249,%r250,%r465,%r469,0x6a;
sub.rn.f16x2 %r253,%r249,%r469;
shr.u32 %r257,%r541,4;
lop3.b32 %r256,%r257,%r465,%r469,0x6a;
sub.rn.f16x2 %r260,%r256,%r469;
lop3.b32 %r263,%r541,%r465,%r469,0x6a;
sub.rn.f16x2 %r267,%r263,%r469;
shr.u32 %r271,%r541,12;
lop3.b32 %r270,%r271,%r465,%r469,0x6a;
sub.rn.f16x2 %r274,%r270,%r469;
shr.u32 %r278,%r541,8;
lop3.b32 %r277,%r278,%r465,%r469,0x6a;
sub.rn.f16x2 %r281,%r277,%r469;
add.s64 %rd23,%rd22,16;
mov.u32 %r284,%r470;
mov.u32 %r285,%r470;
mov.u32 %r286,%r470;
mov.u32 %r287,%r470;
{ .reg .pred p; setp.ne.u32 p,%r474,0; @p ld.global.nc.v4.u32 {%r284,%r285,
%r286,%r287},[%rd23]; }
prmt.b32 %r293,%r284,%r286,%r490;
prmt.b32 %r297,%r284,%r286,%r494;
prmt.b32 %r301,%r285,%r287,%r490;
prmt.b32 %r305,%r285,%r287,%r494;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f118,%f117,%f116,%f115},{%r232,%r260,%r239,%r267},{%r293,
%r297},{%f118,%f117,%f116,%f115};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f118,%f117,%f116,%f115},{%r246,%r274,%r253,%r281},{%r301,
%r305},{%f118,%f117,%f116,%f115};
shr.u32 %r322,%r538,4;
lop3.b32 %r321,%r322,%r465,%r469,0x6a;
sub.rn.f16x2 %r325,%r321,%r469;
lop3.b32 %r328,%r538,%r465,%r469,0x6a;
sub.rn.f16x2 %r332,%r328,%r469;
shr.u32 %r336,%r538,12;
lop3.b32 %r335,%r336,%r465,%r469,0x6a;
sub.rn.f16x2 %r339,%r335,%r469;
shr.u32 %r343,%r538,8;
lop3.b32 %r342,%r343,%r465,%r469,0x6a;
sub.rn.f16x2 %r346,%r342,%r469;
shr.u32 %r350,%r542,4;
lop3.b32 %r349,%r350,%r465,%r469,0x6a;
sub.rn.f16x2 %r353,%r349,%r469;
lop3.b32 %r356,%r542,%r465,%r469,0x6a;
sub.rn.f16x2 %r360,%r356,%r469;
shr.u32 %r364,%r542,12;
lop3.b32 %r363,%r364,%r465,%r469,0x6a;
sub.rn.f16x2 %r367,%r363,%r469;
shr.u32 %r371,%r542,8;
lop3.b32 %r370,%r371,%r465,%r469,0x6a;
sub.rn.f16x2 %r374,%r370,%r469;
add.s64 %rd24,%rd22,32;
mov.u32 %r377,%r470;
mov.u32 %r378,%r470;
mov.u32 %r379,%r470;
mov.u32 %r380,%r470;
{ .reg .pred p; setp.ne.u32 p,%r474,0; @p ld.global.nc.v4.u32 {%r377,%r378,
%r379,%r380},[%rd24]; }
prmt.b32 %r386,%r377,%r379,%r490;
prmt.b32 %r390,%r377,%r379,%r494;
prmt.b32 %r394,%r378,%r380,%r490;
prmt.b32 %r398,%r378,%r380,%r494;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f118,%f117,%f116,%f115},{%r325,%r353,%r332,%r360},{%r386,
%r390},{%f118,%f117,%f116,%f115};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f118,%f117,%f116,%f115},{%r339,%r367,%r346,%r374},{%r394,
%r398},{%f118,%f117,%f116,%f115};
shr.u32 %r415,%r539,4;
lop3.b32 %r414,%r415,%r465,%r469,0x6a;
sub.rn.f16x2 %r418,%r414,%r469;
lop3.b32 %r421,%r539,%r465,%r469,0x6a;
sub.rn.f16x2 %r425,%r421,%r469;
shr.u32 %r429,%r539,12;
lop3.b32 %r428,%r429,%r465,%r469,0x6a;
sub.rn.f16x2 %r432,%r428,%r469;
shr.u32 %r436,%r539,8;
lop3.b32 %r435,%r436,%r465,%r469,0x6a;
sub.rn.f16x2 %r439,%r435,%r469;
shr.u32 %r443,%r543,4;
lop3.b32 %r442,%r443,%r465,%r469,0x6a;
sub.rn.f16x2 %r446,%r442,%r469;
lop3.b32 %r449,%r543,%r465,%r469,0x6a;
sub.rn.f16x2 %r453,%r449,%r469;
shr.u32 %r457,%r543,12;
lop3.b32 %r456,%r457,%r465,%r469,0x6a;
sub.rn.f16x2 %r460,%r456,%r469;
shr.u32 %r464,%r543,8;
lop3.b32 %r463,%r464,%r465,%r469,0x6a;
sub.rn.f16x2 %r467,%r463,%r469;
add.s64 %rd25,%rd22,48;
mov.u32 %r471,%r470;
mov.u32 %r472,%r470;
mov.u32 %r473,%r470;
{ .reg .pred p; setp.ne.u32 p,%r474,0; @p ld.global.nc.v4.u32 {%r470,%r471,
%r472,%r473},[%rd25]; }
prmt.b32 %r479,%r470,%r472,%r490;
prmt.b32 %r483,%r470,%r472,%r494;
prmt.b32 %r487,%r471,%r473,%r490;
prmt.b32 %r491,%r471,%r473,%r494;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f118,%f117,%f116,%f115},{%r418,%r446,%r425,%r453},{%r479,
%r483},{%f118,%f117,%f116,%f115};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f118,%f117,%f116,%f115},{%r432,%r460,%r439,%r467},{%r487,
%r491},{%f118,%f117,%f116,%f115};
add.s32 %r535,%r535,128;
add.s32 %r544,%r544,8;
setp.lt.s32 %p7,%r544,%r4;
mov.u32 %r534,%r37;
mov.u32 %r536,%r117;
mov.u32 %r537,%r118;
mov.u32 %r538,%r119;
mov.u32 %r539,%r120;
mov.u32 %r540,%r126;
mov.u32 %r541,%r127;
mov.u32 %r542,%r128;
mov.u32 %r543,%r129;
@%p7 bra $L__BB0_2;
$L__BB0_3:
shl.b32 %r512,%r80,1;
and.b32 %r513,%r512,6;
mul.wide.u32 %rd34,%r82,512;
mov.u64 %rd35,shared0;
add.s64 %rd36,%rd35,%rd34;
mul.wide.u32 %rd37,%r513,64;
add.s64 %rd38,%rd36,%rd37;
and.b32 %r514,%r80,28;
cvt.u64.u32 %rd39,%r514;
add.s64 %rd40,%rd38,%rd39;
st.shared.f32 [%rd40],%f118;
st.shared.f32 [%rd40+64],%f117;
st.shared.f32 [%rd40+32],%f116;
st.shared.f32 [%rd40+96],%f115;
bar.sync 0;
setp.gt.s32 %p8,%r80,127;
@%p8 bra $L__BB0_26;
shr.u32 %r515,%r61,2;
and.b32 %r48,%r515,3;
cvt.u16.u32 %rs5,%r61;
and.b16 %rs1,%rs5,3;
shr.u32 %r516,%r61,4;
and.b32 %r49,%r516,3;
add.s32 %r545,%r80,-256;
$L__BB0_5:
.pragma "nounroll";
add.s32 %r545,%r545,256;
shr.s32 %r518,%r545,31;
shr.u32 %r519,%r518,28;
add.s32 %r520,%r545,%r519;
shr.s32 %r521,%r520,4;
and.b32 %r522,%r520,-16;
sub.s32 %r523,%r545,%r522;
mul.wide.s32 %rd41,%r521,64;
add.s64 %rd43,%rd35,%rd41;
mul.wide.s32 %rd44,%r523,4;
add.s64 %rd4,%rd43,%rd44;
add.s32 %r53,%r521,%r2;
setp.ge.s32 %p9,%r53,%r58;
add.s32 %r54,%r523,%r1;
setp.ge.s32 %p10,%r54,%r59;
or.pred %p11,%p9,%p10;
@%p11 bra $L__BB0_25;
ld.shared.f32 %f97,[%rd4];
ld.shared.f32 %f98,[%rd4+512];
ld.shared.f32 %f99,[%rd4+1024];
ld.shared.f32 %f100,[%rd4+1536];
ld.shared.f32 %f101,[%rd4+2048];
ld.shared.f32 %f102,[%rd4+2560];
ld.shared.f32 %f103,[%rd4+3072];
ld.shared.f32 %f104,[%rd4+3584];
setp.eq.s32 %p12,%r48,2;
cvt.s64.s32 %rd5,%r53;
cvt.s64.s32 %rd6,%r54;
add.f32 %f105,%f97,0f00000000;
add.f32 %f106,%f105,%f98;
add.f32 %f107,%f106,%f99;
add.f32 %f108,%f107,%f100;
add.f32 %f109,%f108,%f101;
add.f32 %f110,%f109,%f102;
add.f32 %f111,%f110,%f103;
add.f32 %f13,%f111,%f104;
@%p12 bra $L__BB0_10;
bra.uni $L__BB0_7;
$L__BB0_10:
cvta.to.global.u64 %rd48,%rd10;
shl.b64 %rd49,%rd6,2;
add.s64 %rd50,%rd48,%rd49;
ld.global.f32 %f123,[%rd50];
bra.uni $L__BB0_11;
$L__BB0_7:
setp.eq.s32 %p13,%r48,0;
cvta.to.global.u64 %rd45,%rd10;
shl.b64 %rd46,%rd6,1;
add.s64 %rd47,%rd45,%rd46;
ld.global.u16 %r55,[%rd47];
@%p13 bra $L__BB0_9;
shl.b32 %r524,%r55,16;
mov.b32 %f123,%r524;
bra.uni $L__BB0_11;
$L__BB0_9:
{ .reg .b16 h; cvt.u16.u32 h,%r55; cvt.f32.f16 %f123,h; }
$L__BB0_11:
mul.f32 %f24,%f13,%f123;
setp.eq.s64 %p14,%rd11,0;
@%p14 bra $L__BB0_18;
setp.eq.s32 %p15,%r49,2;
@%p15 bra $L__BB0_16;
bra.uni $L__BB0_13;
$L__BB0_16:
cvta.to.global.u64 %rd54,%rd11;
shl.b64 %rd55,%rd6,2;
add.s64 %rd56,%rd54,%rd55;
ld.global.f32 %f124,[%rd56];
bra.uni $L__BB0_17;
$L__BB0_13:
setp.eq.s32 %p16,%r49,0;
cvta.to.global.u64 %rd51,%rd11;
shl.b64 %rd52,%rd6,1;
add.s64 %rd53,%rd51,%rd52;
ld.global.u16 %r56,[%rd53];
@%p16 bra $L__BB0_15;
shl.b32 %r526,%r56,16;
mov.b32 %f124,%r526;
bra.uni $L__BB0_17;
$L__BB0_15:
{ .reg .b16 h; cvt.u16.u32 h,%r56; cvt.f32.f16 %f124,h; }
$L__BB0_17:
add.f32 %f24,%f24,%f124;
$L__BB0_18:
cvt.s64.s32 %rd57,%r59;
mul.lo.s64 %rd58,%rd5,%rd57;
add.s64 %rd7,%rd58,%rd6;
setp.eq.s16 %p17,%rs1,2;
@%p17 bra $L__BB0_21;
setp.ne.s16 %p18,%rs1,0;
@%p18 bra $L__BB0_22;
cvt.rn.f16.f32 %rs9,%f24;
bra.uni $L__BB0_24;
$L__BB0_21:
cvta.to.global.u64 %rd59,%rd12;
shl.b64 %rd60,%rd7,2;
add.s64 %rd61,%rd59,%rd60;
st.global.f32 [%rd61],%f24;
bra.uni $L__BB0_25;
$L__BB0_22:
mov.b32 %r57,%f24;
and.b32 %r528,%r57,2147483647;
setp.gt.u32 %p19,%r528,2139095040;
mov.u16 %rs9,32767;
@%p19 bra $L__BB0_24;
shr.u32 %r529,%r57,16;
and.b32 %r530,%r529,1;
add.s32 %r531,%r57,%r530;
add.s32 %r532,%r531,32767;
shr.u32 %r533,%r532,16;
cvt.u16.u32 %rs9,%r533;
$L__BB0_24:
cvta.to.global.u64 %rd62,%rd12;
shl.b64 %rd63,%rd7,1;
add.s64 %rd64,%rd62,%rd63;
st.global.u16 [%rd64],%rs9;
$L__BB0_25:
setp.lt.s32 %p20,%r545,-128;
@%p20 bra $L__BB0_5;
$L__BB0_26:
ret;
}
.visible .entry int4_half_matmul_16(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 256,1,1
.minnctapersm 3
{
.reg .pred %p<23>;
.reg .b16 %rs<10>;
.reg .f32 %f<218>;
.reg .b32 %r<697>;
.reg .b64 %rd<73>;
.shared .align 4 .b8 shared1[8192];
ld.param.u64 %rd9,[p0];
ld.param.u64 %rd10,[p1];
ld.param.u64 %rd11,[p2];
ld.param.u64 %rd12,[p3];
ld.param.u64 %rd13,[p4];
ld.param.u32 %r52,[p5];
ld.param.u32 %r53,[p6];
ld.param.u32 %r54,[p7];
mov.u32 %r74,%tid.x;
and.b32 %r75,%r74,31;
shr.u32 %r695,%r74,5;
shr.u32 %r77,%r75,2;
and.b32 %r78,%r74,3;
add.s32 %r79,%r52,15;
shr.s32 %r80,%r79,31;
shr.u32 %r81,%r80,28;
add.s32 %r82,%r79,%r81;
shr.s32 %r83,%r82,4;
mov.u32 %r84,%ctaid.x;
div.u32 %r85,%r84,%r83;
shl.b32 %r1,%r85,4;
mul.lo.s32 %r86,%r85,%r83;
sub.s32 %r87,%r84,%r86;
shl.b32 %r2,%r87,4;
shr.s32 %r88,%r54,31;
shr.u32 %r89,%r88,27;
add.s32 %r90,%r54,%r89;
shr.s32 %r3,%r90,5;
add.s32 %r91,%r3,3;
shr.s32 %r92,%r91,31;
shr.u32 %r93,%r92,30;
add.s32 %r94,%r91,%r93;
shr.s32 %r4,%r94,2;
or.b32 %r95,%r1,%r77;
add.s32 %r96,%r53,-1;
min.s32 %r97,%r95,%r96;
mul.wide.s32 %rd16,%r97,%r3;
or.b32 %r98,%r95,8;
min.s32 %r99,%r98,%r96;
mul.wide.s32 %rd1,%r99,%r3;
or.b32 %r5,%r2,%r77;
bfi.b32 %r100,%r695,%r78,2,30;
cvt.u64.u32 %rd17,%r100;
setp.lt.s32 %p1,%r100,%r3;
selp.u32 %r69,1,0,%p1;
add.s64 %rd18,%rd16,%rd17;
shl.b64 %rd19,%rd18,4;
add.s64 %rd14,%rd9,%rd19;
mov.u32 %r691,0;
mov.u32 %r687,%r691;
mov.u32 %r688,%r691;
mov.u32 %r689,%r691;
mov.u32 %r690,%r691;
{ .reg .pred p; setp.ne.u32 p,%r69,0; @p ld.global.cs.nc.v4.u32 {%r687,%r688,
%r689,%r690},[%rd14]; }
add.s64 %rd20,%rd1,%rd17;
shl.b64 %rd21,%rd20,4;
add.s64 %rd15,%rd9,%rd21;
mov.u32 %r692,%r691;
mov.u32 %r693,%r691;
mov.u32 %r694,%r691;
{ .reg .pred p; setp.ne.u32 p,%r69,0; @p ld.global.cs.nc.v4.u32 {%r691,%r692,
%r693,%r694},[%rd15]; }
setp.ge.s32 %p2,%r695,%r4;
mov.f32 %f199,0f00000000;
mov.f32 %f200,%f199;
mov.f32 %f201,%f199;
mov.f32 %f202,%f199;
mov.f32 %f203,%f199;
mov.f32 %f204,%f199;
mov.f32 %f205,%f199;
mov.f32 %f206,%f199;
@%p2 bra $L__BB1_3;
shr.u32 %r102,%r88,29;
add.s32 %r103,%r54,%r102;
shr.s32 %r104,%r103,3;
add.s32 %r105,%r52,-1;
min.s32 %r106,%r5,%r105;
mul.wide.s32 %rd2,%r106,%r104;
add.s32 %r23,%r5,8;
min.s32 %r107,%r23,%r105;
mul.wide.s32 %rd3,%r107,%r104;
add.s32 %r111,%r1,%r77;
min.s32 %r113,%r111,%r96;
mul.wide.s32 %rd4,%r113,%r3;
$L__BB1_2:
.pragma "nounroll";
bfi.b32 %r654,%r695,%r78,2,30;
add.s32 %r655,%r654,32;
cvt.s64.s32 %rd32,%r655;
setp.lt.s32 %p3,%r655,%r3;
selp.u32 %r127,1,0,%p3;
add.s64 %rd33,%rd4,%rd32;
shl.b64 %rd34,%rd33,4;
add.s64 %rd22,%rd9,%rd34;
mov.u32 %r615,0;
mov.u32 %r114,%r615;
mov.u32 %r115,%r615;
mov.u32 %r116,%r615;
mov.u32 %r117,%r615;
{ .reg .pred p; setp.ne.u32 p,%r127,0; @p ld.global.cs.nc.v4.u32 {%r114,%r115,
%r116,%r117},[%rd22]; }
add.s64 %rd35,%rd1,%rd32;
shl.b64 %rd36,%rd35,4;
add.s64 %rd23,%rd9,%rd36;
mov.u32 %r123,%r615;
mov.u32 %r124,%r615;
mov.u32 %r125,%r615;
mov.u32 %r126,%r615;
{ .reg .pred p; setp.ne.u32 p,%r127,0; @p ld.global.cs.nc.v4.u32 {%r123,%r124,
%r125,%r126},[%rd23]; }
setp.lt.s32 %p4,%r654,%r3;
shl.b32 %r656,%r654,2;
cvt.s64.s32 %rd37,%r656;
setp.lt.s32 %p5,%r5,%r52;
and.pred %p6,%p4,%p5;
shr.u32 %r133,%r687,4;
mov.u32 %r573,983055;
mov.u32 %r577,1678271496;
lop3.b32 %r132,%r133,%r573,%r577,0x6a;
sub.rn.f16x2 %r136,%r132,%r577;
lop3.b32 %r139,%r687,%r573,%r577,0x6a;
sub.rn.f16x2 %r143,%r139,%r577;
shr.u32 %r147,%r687,12;
lop3.b32 %r146,%r147,%r573,%r577,0x6a;
sub.rn.f16x2 %r150,%r146,%r577;
shr.u32 %r154,%r687,8;
lop3.b32 %r153,%r154,%r573,%r577,0x6a;
sub.rn.f16x2 %r157,%r153,%r577;
shr.u32 %r161,%r691,4;
lop3.b32 %r160,%r161,%r573,%r577,0x6a;
sub.rn.f16x2 %r164,%r160,%r577;
lop3.b32 %r167,%r691,%r573,%r577,0x6a;
sub.rn.f16x2 %r171,%r167,%r577;
shr.u32 %r175,%r691,12;
lop3.b32 %r174,%r175,%r573,%r577,0x6a;
sub.rn.f16x2 %r178,%r174,%r577;
shr.u32 %r182,%r691,8;
lop3.b32 %r181,%r182,%r573,%r577,0x6a;
sub.rn.f16x2 %r185,%r181,%r577;
selp.u32 %r582,1,0,%p6;
add.s64 %rd38,%rd2,%rd37;
shl.b64 %rd39,%rd38,4;
add.s64 %rd24,%rd10,%rd39;
mov.u32 %r188,%r615;
mov.u32 %r189,%r615;
mov.u32 %r190,%r615;
mov.u32 %r191,%r615;
{ .reg .pred p; setp.ne.u32 p,%r582,0; @p ld.global.nc.v4.u32 {%r188,%r189,
%r190,%r191},[%rd24]; }
mov.u32 %r635,21520;
prmt.b32 %r197,%r188,%r190,%r635;
mov.u32 %r639,30258;
prmt.b32 %r201,%r188,%r190,%r639;
prmt.b32 %r205,%r189,%r191,%r635;
prmt.b32 %r209,%r189,%r191,%r639;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f199,%f200,%f201,%f202},{%r136,%r164,%r143,%r171},{%r197,
%r201},{%f199,%f200,%f201,%f202};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f199,%f200,%f201,%f202},{%r150,%r178,%r157,%r185},{%r205,
%r209},{%f199,%f200,%f201,%f202};
setp.lt.s32 %p7,%r23,%r52;
and.pred %p8,%p4,%p7;
selp.u32 %r619,1,0,%p8;
add.s64 %rd40,%rd3,%rd37;
shl.b64 %rd41,%rd40,4;
add.s64 %rd25,%rd10,%rd41;
mov.u32 %r225,%r615;
mov.u32 %r226,%r615;
mov.u32 %r227,%r615;
mov.u32 %r228,%r615;
{ .reg .pred p; setp.ne.u32 p,%r619,0; @p ld.global.nc.v4.u32 {%r225,%r226,
%r227,%r228},[%rd25]; }
prmt.b32 %r234,%r225,%r227,%r635;
prmt.b32 %r238,%r225,%r227,%r639;
prmt.b32 %r242,%r226,%r228,%r635;
prmt.b32 %r246,%r226,%r228,%r639;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f203,%f204,%f205,%f206},{%r136,%r164,%r143,%r171},{%r234,
%r238},{%f203,%f204,%f205,%f206};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f203,%f204,%f205,%f206},{%r150,%r178,%r157,%r185},{%r242,
%r246},{%f203,%f204,%f205,%f206};
shr.u32 %r263,%r688,4;
lop3.b32 %r262,%r263,%r573,%r577,0x6a;
sub.rn.f16x2 %r266,%r262,%r577;
lop3.b32 %r269,%r688,%r573,%r577,0x6a;
sub.rn.f16x2 %r273,%r269,%r577;
shr.u32 %r277,%r688,12;
lop3.b32 %r276,%r277,%r573,%r577,0x6a;
sub.rn.f16x2 %r280,%r276,%r577;
shr.u32 %r284,%r688,8;
lop3.b32 %r283,%r284,%r573,%r577,0x6a;
sub.rn.f16x2 %r287,%r283,%r577;
shr.u32 %r291,%r692,4;
lop3.b32 %r290,%r291,%r573,%r577,0x6a;
sub.rn.f16x2 %r294,%r290,%r577;
lop3.b32 %r297,%r692,%r573,%r577,0x6a;
sub.rn.f16x2 %r301,%r297,%r577;
shr.u32 %r305,%r692,12;
lop3.b32 %r304,%r305,%r573,%r577,0x6a;
sub.rn.f16x2 %r308,%r304,%r577;
shr.u32 %r312,%r692,8;
lop3.b32 %r311,%r312,%r573,%r577,0x6a;
sub.rn.f16x2 %r315,%r311,%r577;
add.s64 %rd26,%rd24,16;
mov.u32 %r318,%r615;
mov.u32 %r319,%r615;
mov.u32 %r320,%r615;
mov.u32 %r321,%r615;
{ .reg .pred p; setp.ne.u32 p,%r582,0; @p ld.global.nc.v4.u32 {%r318,%r319,
%r320,%r321},[%rd26]; }
prmt.b32 %r327,%r318,%r320,%r635;
prmt.b32 %r331,%r318,%r320,%r639;
prmt.b32 %r335,%r319,%r321,%r635;
prmt.b32 %r339,%r319,%r321,%r639;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f199,%f200,%f201,%f202},{%r266,%r294,%r273,%r301},{%r327,
%r331},{%f199,%f200,%f201,%f202};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f199,%f200,%f201,%f202},{%r280,%r308,%r287,%r315},{%r335,
%r339},{%f199,%f200,%f201,%f202};
add.s64 %rd27,%rd25,16;
mov.u32 %r355,%r615;
mov.u32 %r356,%r615;
mov.u32 %r357,%r615;
mov.u32 %r358,%r615;
{ .reg .pred p; setp.ne.u32 p,%r619,0; @p ld.global.nc.v4.u32 {%r355,%r356,
%r357,%r358},[%rd27]; }
prmt.b32 %r364,%r355,%r357,%r635;
prmt.b32 %r368,%r355,%r357,%r639;
prmt.b32 %r372,%r356,%r358,%r635;
prmt.b32 %r376,%r356,%r358,%r639;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f203,%f204,%f205,%f206},{%r266,%r294,%r273,%r301},{%r364,
%r368},{%f203,%f204,%f205,%f206};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f203,%f204,%f205,%f206},{%r280,%r308,%r287,%r315},{%r372,
%r376},{%f203,%f204,%f205,%f206};
shr.u32 %r393,%r689,4;
lop3.b32 %r392,%r393,%r573,%r577,0x6a;
sub.rn.f16x2 %r396,%r392,%r577;
lop3.b32 %r399,%r689,%r573,%r577,0x6a;
sub.rn.f16x2 %r403,%r399,%r577;
shr.u32 %r407,%r689,12;
lop3.b32 %r406,%r407,%r573,%r577,0x6a;
sub.rn.f16x2 %r410,%r406,%r577;
shr.u32 %r414,%r689,8;
lop3.b32 %r413,%r414,%r573,%r577,0x6a;
sub.rn.f16x2 %r417,%r413,%r577;
shr.u32 %r421,%r693,4;
lop3.b32 %r420,%r421,%r573,%r577,0x6a;
sub.rn.f16x2 %r424,%r420,%r577;
lop3.b32 %r427,%r693,%r573,%r577,0x6a;
sub.rn.f16x2 %r431,%r427,%r577;
shr.u32 %r435,%r693,12;
lop3.b32 %r434,%r435,%r573,%r577,0x6a;
sub.rn.f16x2 %r438,%r434,%r577;
shr.u32 %r442,%r693,8;
lop3.b32 %r441,%r442,%r573,%r577,0x6a;
sub.rn.f16x2 %r445,%r441,%r577;
add.s64 %rd28,%rd24,32;
mov.u32 %r448,%r615;
mov.u32 %r449,%r615;
mov.u32 %r450,%r615;
mov.u32 %r451,%r615;
{ .reg .pred p; setp.ne.u32 p,%r582,0; @p ld.global.nc.v4.u32 {%r448,%r449,
%r450,%r451},[%rd28]; }
prmt.b32 %r457,%r448,%r450,%r635;
prmt.b32 %r461,%r448,%r450,%r639;
prmt.b32 %r465,%r449,%r451,%r635;
prmt.b32 %r469,%r449,%r451,%r639;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f199,%f200,%f201,%f202},{%r396,%r424,%r403,%r431},{%r457,
%r461},{%f199,%f200,%f201,%f202};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f199,%f200,%f201,%f202},{%r410,%r438,%r417,%r445},{%r465,
%r469},{%f199,%f200,%f201,%f202};
add.s64 %rd29,%rd25,32;
mov.u32 %r485,%r615;
mov.u32 %r486,%r615;
mov.u32 %r487,%r615;
mov.u32 %r488,%r615;
{ .reg .pred p; setp.ne.u32 p,%r619,0; @p ld.global.nc.v4.u32 {%r485,%r486,
%r487,%r488},[%rd29]; }
prmt.b32 %r494,%r485,%r487,%r635;
prmt.b32 %r498,%r485,%r487,%r639;
prmt.b32 %r502,%r486,%r488,%r635;
prmt.b32 %r506,%r486,%r488,%r639;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f203,%f204,%f205,%f206},{%r396,%r424,%r403,%r431},{%r494,
%r498},{%f203,%f204,%f205,%f206};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f203,%f204,%f205,%f206},{%r410,%r438,%r417,%r445},{%r502,
%r506},{%f203,%f204,%f205,%f206};
shr.u32 %r523,%r690,4;
lop3.b32 %r522,%r523,%r573,%r577,0x6a;
sub.rn.f16x2 %r526,%r522,%r577;
lop3.b32 %r529,%r690,%r573,%r577,0x6a;
sub.rn.f16x2 %r533,%r529,%r577;
shr.u32 %r537,%r690,12;
lop3.b32 %r536,%r537,%r573,%r577,0x6a;
sub.rn.f16x2 %r540,%r536,%r577;
shr.u32 %r544,%r690,8;
lop3.b32 %r543,%r544,%r573,%r577,0x6a;
sub.rn.f16x2 %r547,%r543,%r577;
shr.u32 %r551,%r694,4;
lop3.b32 %r550,%r551,%r573,%r577,0x6a;
sub.rn.f16x2 %r554,%r550,%r577;
lop3.b32 %r557,%r694,%r573,%r577,0x6a;
sub.rn.f16x2 %r561,%r557,%r577;
shr.u32 %r565,%r694,12;
lop3.b32 %r564,%r565,%r573,%r577,0x6a;
sub.rn.f16x2 %r568,%r564,%r577;
shr.u32 %r572,%r694,8;
lop3.b32 %r571,%r572,%r573,%r577,0x6a;
sub.rn.f16x2 %r575,%r571,%r577;
add.s64 %rd30,%rd24,48;
mov.u32 %r578,%r615;
mov.u32 %r579,%r615;
mov.u32 %r580,%r615;
mov.u32 %r581,%r615;
{ .reg .pred p; setp.ne.u32 p,%r582,0; @p ld.global.nc.v4.u32 {%r578,%r579,
%r580,%r581},[%rd30]; }
prmt.b32 %r587,%r578,%r580,%r635;
prmt.b32 %r591,%r578,%r580,%r639;
prmt.b32 %r595,%r579,%r581,%r635;
prmt.b32 %r599,%r579,%r581,%r639;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f199,%f200,%f201,%f202},{%r526,%r554,%r533,%r561},{%r587,
%r591},{%f199,%f200,%f201,%f202};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f199,%f200,%f201,%f202},{%r540,%r568,%r547,%r575},{%r595,
%r599},{%f199,%f200,%f201,%f202};
add.s64 %rd31,%rd25,48;
mov.u32 %r616,%r615;
mov.u32 %r617,%r615;
mov.u32 %r618,%r615;
{ .reg .pred p; setp.ne.u32 p,%r619,0; @p ld.global.nc.v4.u32 {%r615,%r616,
%r617,%r618},[%rd31]; }
prmt.b32 %r624,%r615,%r617,%r635;
prmt.b32 %r628,%r615,%r617,%r639;
prmt.b32 %r632,%r616,%r618,%r635;
prmt.b32 %r636,%r616,%r618,%r639;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f203,%f204,%f205,%f206},{%r526,%r554,%r533,%r561},{%r624,
%r628},{%f203,%f204,%f205,%f206};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f203,%f204,%f205,%f206},{%r540,%r568,%r547,%r575},{%r632,
%r636},{%f203,%f204,%f205,%f206};
add.s32 %r695,%r695,8;
setp.lt.s32 %p9,%r695,%r4;
mov.u32 %r687,%r114;
mov.u32 %r688,%r115;
mov.u32 %r689,%r116;
mov.u32 %r690,%r117;
mov.u32 %r691,%r123;
mov.u32 %r692,%r124;
mov.u32 %r693,%r125;
mov.u32 %r694,%r126;
@%p9 bra $L__BB1_2;
$L__BB1_3:
mov.u32 %r683,%tid.x;
mov.u32 %r682,%tid.x;
shr.u32 %r681,%r682,5;
shl.b32 %r659,%r682,1;
and.b32 %r660,%r659,6;
mul.wide.u32 %rd42,%r681,1024;
mov.u64 %rd43,shared1;
add.s64 %rd44,%rd43,%rd42;
mul.wide.u32 %rd45,%r660,64;
add.s64 %rd46,%rd44,%rd45;
and.b32 %r661,%r682,28;
cvt.u64.u32 %rd47,%r661;
add.s64 %rd48,%rd46,%rd47;
st.shared.f32 [%rd48],%f199;
st.shared.f32 [%rd48+64],%f200;
st.shared.f32 [%rd48+32],%f201;
st.shared.f32 [%rd48+96],%f202;
st.shared.f32 [%rd48+512],%f203;
st.shared.f32 [%rd48+576],%f204;
st.shared.f32 [%rd48+544],%f205;
st.shared.f32 [%rd48+608],%f206;
bar.sync 0;
setp.gt.s32 %p10,%r682,255;
@%p10 bra $L__BB1_26;
ld.param.u32 %r685,[p8];
mov.u32 %r684,%tid.x;
shr.u32 %r662,%r685,2;
and.b32 %r42,%r662,3;
cvt.u16.u32 %rs5,%r685;
and.b16 %rs1,%rs5,3;
shr.u32 %r663,%r685,4;
and.b32 %r43,%r663,3;
add.s32 %r696,%r684,-256;
$L__BB1_5:
.pragma "nounroll";
shl.b32 %r686,%r85,4;
add.s32 %r696,%r696,256;
shr.s32 %r665,%r696,31;
shr.u32 %r666,%r665,28;
add.s32 %r667,%r696,%r666;
shr.s32 %r668,%r667,4;
and.b32 %r669,%r667,-16;
sub.s32 %r670,%r696,%r669;
mul.wide.s32 %rd49,%r668,64;
add.s64 %rd51,%rd43,%rd49;
mul.wide.s32 %rd52,%r670,4;
add.s64 %rd5,%rd51,%rd52;
add.s32 %r47,%r668,%r2;
setp.ge.s32 %p11,%r47,%r52;
add.s32 %r48,%r670,%r686;
setp.ge.s32 %p12,%r48,%r53;
or.pred %p13,%p11,%p12;
@%p13 bra $L__BB1_25;
ld.shared.f32 %f181,[%rd5];
ld.shared.f32 %f182,[%rd5+1024];
ld.shared.f32 %f183,[%rd5+2048];
ld.shared.f32 %f184,[%rd5+3072];
ld.shared.f32 %f185,[%rd5+4096];
ld.shared.f32 %f186,[%rd5+5120];
ld.shared.f32 %f187,[%rd5+6144];
ld.shared.f32 %f188,[%rd5+7168];
setp.eq.s32 %p14,%r42,2;
cvt.s64.s32 %rd6,%r47;
cvt.s64.s32 %rd7,%r48;
add.f32 %f189,%f181,0f00000000;
add.f32 %f190,%f189,%f182;
add.f32 %f191,%f190,%f183;
add.f32 %f192,%f191,%f184;
add.f32 %f193,%f192,%f185;
add.f32 %f194,%f193,%f186;
add.f32 %f195,%f194,%f187;
add.f32 %f25,%f195,%f188;
@%p14 bra $L__BB1_10;
bra.uni $L__BB1_7;
$L__BB1_10:
cvta.to.global.u64 %rd56,%rd11;
shl.b64 %rd57,%rd7,2;
add.s64 %rd58,%rd56,%rd57;
ld.global.f32 %f215,[%rd58];
bra.uni $L__BB1_11;
$L__BB1_7:
setp.eq.s32 %p15,%r42,0;
cvta.to.global.u64 %rd53,%rd11;
shl.b64 %rd54,%rd7,1;
add.s64 %rd55,%rd53,%rd54;
ld.global.u16 %r49,[%rd55];
@%p15 bra $L__BB1_9;
shl.b32 %r671,%r49,16;
mov.b32 %f215,%r671;
bra.uni $L__BB1_11;
$L__BB1_9:
{ .reg .b16 h; cvt.u16.u32 h,%r49; cvt.f32.f16 %f215,h; }
$L__BB1_11:
mul.f32 %f36,%f25,%f215;
setp.eq.s64 %p16,%rd12,0;
@%p16 bra $L__BB1_18;
setp.eq.s32 %p17,%r43,2;
@%p17 bra $L__BB1_16;
bra.uni $L__BB1_13;
$L__BB1_16:
cvta.to.global.u64 %rd62,%rd12;
shl.b64 %rd63,%rd7,2;
add.s64 %rd64,%rd62,%rd63;
ld.global.f32 %f216,[%rd64];
bra.uni $L__BB1_17;
$L__BB1_13:
setp.eq.s32 %p18,%r43,0;
cvta.to.global.u64 %rd59,%rd12;
shl.b64 %rd60,%rd7,1;
add.s64 %rd61,%rd59,%rd60;
ld.global.u16 %r50,[%rd61];
@%p18 bra $L__BB1_15;
shl.b32 %r673,%r50,16;
mov.b32 %f216,%r673;
bra.uni $L__BB1_17;
$L__BB1_15:
{ .reg .b16 h; cvt.u16.u32 h,%r50; cvt.f32.f16 %f216,h; }
$L__BB1_17:
add.f32 %f36,%f36,%f216;
$L__BB1_18:
cvt.s64.s32 %rd65,%r53;
mul.lo.s64 %rd66,%rd6,%rd65;
add.s64 %rd8,%rd66,%rd7;
setp.eq.s16 %p19,%rs1,2;
@%p19 bra $L__BB1_21;
setp.ne.s16 %p20,%rs1,0;
@%p20 bra $L__BB1_22;
cvt.rn.f16.f32 %rs9,%f36;
bra.uni $L__BB1_24;
$L__BB1_21:
cvta.to.global.u64 %rd67,%rd13;
shl.b64 %rd68,%rd8,2;
add.s64 %rd69,%rd67,%rd68;
st.global.f32 [%rd69],%f36;
bra.uni $L__BB1_25;
$L__BB1_22:
mov.b32 %r51,%f36;
and.b32 %r675,%r51,2147483647;
setp.gt.u32 %p21,%r675,2139095040;
mov.u16 %rs9,32767;
@%p21 bra $L__BB1_24;
shr.u32 %r676,%r51,16;
and.b32 %r677,%r676,1;
add.s32 %r678,%r51,%r677;
add.s32 %r679,%r678,32767;
shr.u32 %r680,%r679,16;
cvt.u16.u32 %rs9,%r680;
$L__BB1_24:
cvta.to.global.u64 %rd70,%rd13;
shl.b64 %rd71,%rd8,1;
add.s64 %rd72,%rd70,%rd71;
st.global.u16 [%rd72],%rs9;
$L__BB1_25:
setp.lt.s32 %p22,%r696,0;
@%p22 bra $L__BB1_5;
$L__BB1_26:
ret;
}
.visible .entry int4_half_matmul_32(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 256,1,1
.minnctapersm 2
{
.reg .pred %p<31>;
.reg .b16 %rs<10>;
.reg .f32 %f<450>;
.reg .b32 %r<593>;
.reg .b64 %rd<95>;
.shared .align 4 .b8 shared2[32768];
ld.param.u64 %rd11,[p0];
ld.param.u64 %rd12,[p1];
ld.param.u64 %rd13,[p2];
ld.param.u64 %rd14,[p3];
ld.param.u64 %rd15,[p4];
ld.param.u32 %r89,[p5];
ld.param.u32 %r90,[p6];
ld.param.u32 %r91,[p7];
mov.u32 %r129,%tid.x;
and.b32 %r130,%r129,31;
shr.u32 %r1,%r130,2;
add.s32 %r131,%r89,31;
shr.s32 %r132,%r131,31;
shr.u32 %r133,%r132,27;
add.s32 %r134,%r131,%r133;
shr.s32 %r135,%r134,5;
mov.u32 %r136,%ctaid.x;
div.u32 %r137,%r136,%r135;
shl.b32 %r2,%r137,5;
mul.lo.s32 %r138,%r137,%r135;
sub.s32 %r139,%r136,%r138;
or.b32 %r140,%r2,%r1;
shr.s32 %r141,%r91,31;
shr.u32 %r142,%r141,27;
add.s32 %r143,%r91,%r142;
shr.s32 %r3,%r143,5;
add.s32 %r144,%r3,3;
add.s32 %r145,%r90,-1;
min.s32 %r146,%r140,%r145;
mul.wide.s32 %rd20,%r146,%r3;
or.b32 %r147,%r140,8;
min.s32 %r148,%r147,%r145;
mul.wide.s32 %rd21,%r148,%r3;
or.b32 %r149,%r140,16;
min.s32 %r150,%r149,%r145;
mul.wide.s32 %rd22,%r150,%r3;
or.b32 %r151,%r140,24;
min.s32 %r152,%r151,%r145;
mul.wide.s32 %rd23,%r152,%r3;
shr.u32 %r590,%r129,5;
and.b32 %r153,%r129,3;
shl.b32 %r5,%r139,5;
shr.s32 %r154,%r144,31;
shr.u32 %r155,%r154,30;
add.s32 %r156,%r144,%r155;
shr.s32 %r6,%r156,2;
bfi.b32 %r157,%r590,%r153,2,30;
cvt.u64.u32 %rd24,%r157;
setp.lt.s32 %p1,%r157,%r3;
selp.u32 %r124,1,0,%p1;
add.s64 %rd25,%rd20,%rd24;
shl.b64 %rd26,%rd25,4;
add.s64 %rd16,%rd11,%rd26;
mov.u32 %r577,0;
mov.u32 %r589,%r577;
mov.u32 %r588,%r577;
mov.u32 %r587,%r577;
mov.u32 %r586,%r577;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r589,%r588,
%r587,%r586},[%rd16]; }
add.s64 %rd27,%rd21,%rd24;
shl.b64 %rd28,%rd27,4;
add.s64 %rd17,%rd11,%rd28;
mov.u32 %r585,%r577;
mov.u32 %r584,%r577;
mov.u32 %r583,%r577;
mov.u32 %r582,%r577;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r585,%r584,
%r583,%r582},[%rd17]; }
add.s64 %rd29,%rd22,%rd24;
shl.b64 %rd30,%rd29,4;
add.s64 %rd18,%rd11,%rd30;
mov.u32 %r581,%r577;
mov.u32 %r580,%r577;
mov.u32 %r579,%r577;
mov.u32 %r578,%r577;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r581,%r580,
%r579,%r578},[%rd18]; }
add.s64 %rd31,%rd23,%rd24;
shl.b64 %rd32,%rd31,4;
add.s64 %rd19,%rd11,%rd32;
mov.u32 %r576,%r577;
mov.u32 %r575,%r577;
mov.u32 %r574,%r577;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r577,%r576,
%r575,%r574},[%rd19]; }
setp.ge.s32 %p2,%r590,%r6;
mov.f32 %f383,0f00000000;
mov.f32 %f384,%f383;
mov.f32 %f385,%f383;
mov.f32 %f386,%f383;
mov.f32 %f387,%f383;
mov.f32 %f388,%f383;
mov.f32 %f389,%f383;
mov.f32 %f390,%f383;
mov.f32 %f391,%f383;
mov.f32 %f392,%f383;
mov.f32 %f393,%f383;
mov.f32 %f394,%f383;
mov.f32 %f395,%f383;
mov.f32 %f396,%f383;
mov.f32 %f397,%f383;
mov.f32 %f398,%f383;
mov.f32 %f399,%f383;
mov.f32 %f400,%f383;
mov.f32 %f401,%f383;
mov.f32 %f402,%f383;
mov.f32 %f403,%f383;
mov.f32 %f404,%f383;
mov.f32 %f405,%f383;
mov.f32 %f406,%f383;
mov.f32 %f407,%f383;
mov.f32 %f408,%f383;
mov.f32 %f409,%f383;
mov.f32 %f410,%f383;
mov.f32 %f411,%f383;
mov.f32 %f412,%f383;
mov.f32 %f413,%f383;
mov.f32 %f414,%f383;
@%p2 bra $L__BB2_5;
add.s32 %r158,%r5,%r1;
shr.u32 %r160,%r141,29;
add.s32 %r161,%r91,%r160;
shr.s32 %r162,%r161,3;
add.s32 %r163,%r89,-1;
add.s32 %r164,%r158,8;
add.s32 %r165,%r158,16;
add.s32 %r166,%r158,24;
min.s32 %r167,%r166,%r163;
mul.wide.s32 %rd1,%r167,%r162;
min.s32 %r168,%r165,%r163;
mul.wide.s32 %rd2,%r168,%r162;
min.s32 %r169,%r164,%r163;
mul.wide.s32 %rd3,%r169,%r162;
min.s32 %r170,%r158,%r163;
mul.wide.s32 %rd4,%r170,%r162;
$L__BB2_2:
.pragma "nounroll";
setp.lt.s32 %p3,%r166,%r89;
setp.lt.s32 %p4,%r165,%r89;
setp.lt.s32 %p5,%r164,%r89;
setp.lt.s32 %p6,%r158,%r89;
bfi.b32 %r216,%r590,%r153,2,30;
add.s32 %r217,%r216,32;
cvt.s64.s32 %rd37,%r217;
setp.lt.s32 %p7,%r217,%r3;
selp.u32 %r202,1,0,%p7;
add.s32 %r218,%r2,%r1;
min.s32 %r220,%r218,%r145;
mul.wide.s32 %rd38,%r220,%r3;
add.s64 %rd39,%rd38,%rd37;
shl.b64 %rd40,%rd39,4;
add.s64 %rd33,%rd11,%rd40;
mov.u32 %r591,0;
mov.u32 %r171,%r591;
mov.u32 %r172,%r591;
mov.u32 %r173,%r591;
mov.u32 %r174,%r591;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r171,%r172,
%r173,%r174},[%rd33]; }
add.s32 %r221,%r218,8;
min.s32 %r222,%r221,%r145;
mul.wide.s32 %rd41,%r222,%r3;
add.s64 %rd42,%rd41,%rd37;
shl.b64 %rd43,%rd42,4;
add.s64 %rd34,%rd11,%rd43;
mov.u32 %r180,%r591;
mov.u32 %r181,%r591;
mov.u32 %r182,%r591;
mov.u32 %r183,%r591;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r180,%r181,
%r182,%r183},[%rd34]; }
add.s32 %r223,%r218,16;
min.s32 %r224,%r223,%r145;
mul.wide.s32 %rd44,%r224,%r3;
add.s64 %rd45,%rd44,%rd37;
shl.b64 %rd46,%rd45,4;
add.s64 %rd35,%rd11,%rd46;
mov.u32 %r189,%r591;
mov.u32 %r190,%r591;
mov.u32 %r191,%r591;
mov.u32 %r192,%r591;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r189,%r190,
%r191,%r192},[%rd35]; }
add.s32 %r225,%r218,24;
min.s32 %r226,%r225,%r145;
mul.wide.s32 %rd47,%r226,%r3;
add.s64 %rd48,%rd47,%rd37;
shl.b64 %rd49,%rd48,4;
add.s64 %rd36,%rd11,%rd49;
mov.u32 %r198,%r591;
mov.u32 %r199,%r591;
mov.u32 %r200,%r591;
mov.u32 %r201,%r591;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r198,%r199,
%r200,%r201},[%rd36]; }
setp.lt.s32 %p8,%r216,%r3;
and.pred %p9,%p8,%p6;
selp.u32 %r72,1,0,%p9;
and.pred %p10,%p8,%p5;
selp.u32 %r73,1,0,%p10;
and.pred %p11,%p8,%p4;
selp.u32 %r74,1,0,%p11;
and.pred %p12,%p8,%p3;
selp.u32 %r75,1,0,%p12;
$L__BB2_3:
.pragma "nounroll";
mov.u32 %r487,0;
bfi.b32 %r569,%r590,%r153,2,30;
shl.b32 %r568,%r569,2;
cvt.s64.s32 %rd94,%r568;
setp.eq.s32 %p13,%r591,2;
selp.b32 %r536,%r587,%r586,%p13;
setp.eq.s32 %p14,%r591,1;
selp.b32 %r537,%r588,%r536,%p14;
setp.eq.s32 %p15,%r591,0;
selp.b32 %r236,%r589,%r537,%p15;
shr.u32 %r229,%r236,4;
shr.u32 %r243,%r236,12;
shr.u32 %r250,%r236,8;
mov.u32 %r335,983055;
mov.u32 %r339,1678271496;
lop3.b32 %r228,%r229,%r335,%r339,0x6a;
sub.rn.f16x2 %r232,%r228,%r339;
lop3.b32 %r235,%r236,%r335,%r339,0x6a;
sub.rn.f16x2 %r239,%r235,%r339;
lop3.b32 %r242,%r243,%r335,%r339,0x6a;
sub.rn.f16x2 %r246,%r242,%r339;
lop3.b32 %r249,%r250,%r335,%r339,0x6a;
sub.rn.f16x2 %r253,%r249,%r339;
selp.b32 %r538,%r583,%r582,%p13;
selp.b32 %r539,%r584,%r538,%p14;
selp.b32 %r264,%r585,%r539,%p15;
shr.u32 %r257,%r264,4;
shr.u32 %r271,%r264,12;
shr.u32 %r278,%r264,8;
lop3.b32 %r256,%r257,%r335,%r339,0x6a;
sub.rn.f16x2 %r260,%r256,%r339;
lop3.b32 %r263,%r264,%r335,%r339,0x6a;
sub.rn.f16x2 %r267,%r263,%r339;
lop3.b32 %r270,%r271,%r335,%r339,0x6a;
sub.rn.f16x2 %r274,%r270,%r339;
lop3.b32 %r277,%r278,%r335,%r339,0x6a;
sub.rn.f16x2 %r281,%r277,%r339;
selp.b32 %r540,%r579,%r578,%p13;
selp.b32 %r541,%r580,%r540,%p14;
selp.b32 %r292,%r581,%r541,%p15;
shr.u32 %r285,%r292,4;
shr.u32 %r299,%r292,12;
shr.u32 %r306,%r292,8;
lop3.b32 %r284,%r285,%r335,%r339,0x6a;
sub.rn.f16x2 %r288,%r284,%r339;
lop3.b32 %r291,%r292,%r335,%r339,0x6a;
sub.rn.f16x2 %r295,%r291,%r339;
lop3.b32 %r298,%r299,%r335,%r339,0x6a;
sub.rn.f16x2 %r302,%r298,%r339;
lop3.b32 %r305,%r306,%r335,%r339,0x6a;
sub.rn.f16x2 %r309,%r305,%r339;
selp.b32 %r542,%r575,%r574,%p13;
selp.b32 %r543,%r576,%r542,%p14;
selp.b32 %r320,%r577,%r543,%p15;
shr.u32 %r313,%r320,4;
shr.u32 %r327,%r320,12;
shr.u32 %r334,%r320,8;
lop3.b32 %r312,%r313,%r335,%r339,0x6a;
sub.rn.f16x2 %r316,%r312,%r339;
lop3.b32 %r319,%r320,%r335,%r339,0x6a;
sub.rn.f16x2 %r323,%r319,%r339;
lop3.b32 %r326,%r327,%r335,%r339,0x6a;
sub.rn.f16x2 %r330,%r326,%r339;
lop3.b32 %r333,%r334,%r335,%r339,0x6a;
sub.rn.f16x2 %r337,%r333,%r339;
cvt.s64.s32 %rd54,%r591;
add.s64 %rd55,%rd54,%rd94;
add.s64 %rd56,%rd4,%rd55;
shl.b64 %rd57,%rd56,4;
add.s64 %rd50,%rd12,%rd57;
mov.u32 %r340,%r487;
mov.u32 %r341,%r487;
mov.u32 %r342,%r487;
mov.u32 %r343,%r487;
{ .reg .pred p; setp.ne.u32 p,%r72,0; @p ld.global.nc.v4.u32 {%r340,%r341,
%r342,%r343},[%rd50]; }
mov.u32 %r507,21520;
prmt.b32 %r349,%r340,%r342,%r507;
mov.u32 %r511,30258;
prmt.b32 %r353,%r340,%r342,%r511;
prmt.b32 %r357,%r341,%r343,%r507;
prmt.b32 %r361,%r341,%r343,%r511;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f383,%f384,%f385,%f386},{%r232,%r260,%r239,%r267},{%r349,
%r353},{%f383,%f384,%f385,%f386};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f383,%f384,%f385,%f386},{%r246,%r274,%r253,%r281},{%r357,
%r361},{%f383,%f384,%f385,%f386};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f387,%f388,%f389,%f390},{%r288,%r316,%r295,%r323},{%r349,
%r353},{%f387,%f388,%f389,%f390};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f387,%f388,%f389,%f390},{%r302,%r330,%r309,%r337},{%r357,
%r361},{%f387,%f388,%f389,%f390};
add.s64 %rd58,%rd3,%rd55;
shl.b64 %rd59,%rd58,4;
add.s64 %rd51,%rd12,%rd59;
mov.u32 %r389,%r487;
mov.u32 %r390,%r487;
mov.u32 %r391,%r487;
mov.u32 %r392,%r487;
{ .reg .pred p; setp.ne.u32 p,%r73,0; @p ld.global.nc.v4.u32 {%r389,%r390,
%r391,%r392},[%rd51]; }
prmt.b32 %r398,%r389,%r391,%r507;
prmt.b32 %r402,%r389,%r391,%r511;
prmt.b32 %r406,%r390,%r392,%r507;
prmt.b32 %r410,%r390,%r392,%r511;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f391,%f392,%f393,%f394},{%r232,%r260,%r239,%r267},{%r398,
%r402},{%f391,%f392,%f393,%f394};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f391,%f392,%f393,%f394},{%r246,%r274,%r253,%r281},{%r406,
%r410},{%f391,%f392,%f393,%f394};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f395,%f396,%f397,%f398},{%r288,%r316,%r295,%r323},{%r398,
%r402},{%f395,%f396,%f397,%f398};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f395,%f396,%f397,%f398},{%r302,%r330,%r309,%r337},{%r406,
%r410},{%f395,%f396,%f397,%f398};
add.s64 %rd60,%rd2,%rd55;
shl.b64 %rd61,%rd60,4;
add.s64 %rd52,%rd12,%rd61;
mov.u32 %r438,%r487;
mov.u32 %r439,%r487;
mov.u32 %r440,%r487;
mov.u32 %r441,%r487;
{ .reg .pred p; setp.ne.u32 p,%r74,0; @p ld.global.nc.v4.u32 {%r438,%r439,
%r440,%r441},[%rd52]; }
prmt.b32 %r447,%r438,%r440,%r507;
prmt.b32 %r451,%r438,%r440,%r511;
prmt.b32 %r455,%r439,%r441,%r507;
prmt.b32 %r459,%r439,%r441,%r511;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f399,%f400,%f401,%f402},{%r232,%r260,%r239,%r267},{%r447,
%r451},{%f399,%f400,%f401,%f402};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f399,%f400,%f401,%f402},{%r246,%r274,%r253,%r281},{%r455,
%r459},{%f399,%f400,%f401,%f402};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f403,%f404,%f405,%f406},{%r288,%r316,%r295,%r323},{%r447,
%r451},{%f403,%f404,%f405,%f406};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f403,%f404,%f405,%f406},{%r302,%r330,%r309,%r337},{%r455,
%r459},{%f403,%f404,%f405,%f406};
add.s64 %rd62,%rd1,%rd55;
shl.b64 %rd63,%rd62,4;
add.s64 %rd53,%rd12,%rd63;
mov.u32 %r488,%r487;
mov.u32 %r489,%r487;
mov.u32 %r490,%r487;
{ .reg .pred p; setp.ne.u32 p,%r75,0; @p ld.global.nc.v4.u32 {%r487,%r488,
%r489,%r490},[%rd53]; }
prmt.b32 %r496,%r487,%r489,%r507;
prmt.b32 %r500,%r487,%r489,%r511;
prmt.b32 %r504,%r488,%r490,%r507;
prmt.b32 %r508,%r488,%r490,%r511;
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f407,%f408,%f409,%f410},{%r232,%r260,%r239,%r267},{%r496,
%r500},{%f407,%f408,%f409,%f410};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f407,%f408,%f409,%f410},{%r246,%r274,%r253,%r281},{%r504,
%r508},{%f407,%f408,%f409,%f410};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f411,%f412,%f413,%f414},{%r288,%r316,%r295,%r323},{%r496,
%r500},{%f411,%f412,%f413,%f414};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f411,%f412,%f413,%f414},{%r302,%r330,%r309,%r337},{%r504,
%r508},{%f411,%f412,%f413,%f414};
add.s32 %r591,%r591,1;
setp.ne.s32 %p16,%r591,4;
@%p16 bra $L__BB2_3;
add.s32 %r590,%r590,8;
setp.lt.s32 %p17,%r590,%r6;
mov.u32 %r574,%r201;
mov.u32 %r575,%r200;
mov.u32 %r576,%r199;
mov.u32 %r577,%r198;
mov.u32 %r578,%r192;
mov.u32 %r579,%r191;
mov.u32 %r580,%r190;
mov.u32 %r581,%r189;
mov.u32 %r582,%r183;
mov.u32 %r583,%r182;
mov.u32 %r584,%r181;
mov.u32 %r585,%r180;
mov.u32 %r586,%r174;
mov.u32 %r587,%r173;
mov.u32 %r588,%r172;
mov.u32 %r589,%r171;
@%p17 bra $L__BB2_2;
$L__BB2_5:
mov.u32 %r571,%tid.x;
shr.u32 %r545,%r571,5;
shl.b32 %r546,%r571,1;
and.b32 %r547,%r546,6;
mul.wide.u32 %rd64,%r545,4096;
mov.u64 %rd65,shared2;
add.s64 %rd66,%rd65,%rd64;
mul.wide.u32 %rd67,%r547,128;
add.s64 %rd68,%rd66,%rd67;
and.b32 %r548,%r571,28;
cvt.u64.u32 %rd69,%r548;
add.s64 %rd70,%rd68,%rd69;
st.shared.f32 [%rd70],%f383;
st.shared.f32 [%rd70+128],%f384;
st.shared.f32 [%rd70+32],%f385;
st.shared.f32 [%rd70+160],%f386;
st.shared.f32 [%rd70+64],%f387;
st.shared.f32 [%rd70+192],%f388;
st.shared.f32 [%rd70+96],%f389;
st.shared.f32 [%rd70+224],%f390;
st.shared.f32 [%rd70+1024],%f391;
st.shared.f32 [%rd70+1152],%f392;
st.shared.f32 [%rd70+1056],%f393;
st.shared.f32 [%rd70+1184],%f394;
st.shared.f32 [%rd70+1088],%f395;
st.shared.f32 [%rd70+1216],%f396;
st.shared.f32 [%rd70+1120],%f397;
st.shared.f32 [%rd70+1248],%f398;
st.shared.f32 [%rd70+2048],%f399;
st.shared.f32 [%rd70+2176],%f400;
st.shared.f32 [%rd70+2080],%f401;
st.shared.f32 [%rd70+2208],%f402;
st.shared.f32 [%rd70+2112],%f403;
st.shared.f32 [%rd70+2240],%f404;
st.shared.f32 [%rd70+2144],%f405;
st.shared.f32 [%rd70+2272],%f406;
st.shared.f32 [%rd70+3072],%f407;
st.shared.f32 [%rd70+3200],%f408;
st.shared.f32 [%rd70+3104],%f409;
st.shared.f32 [%rd70+3232],%f410;
st.shared.f32 [%rd70+3136],%f411;
st.shared.f32 [%rd70+3264],%f412;
st.shared.f32 [%rd70+3168],%f413;
st.shared.f32 [%rd70+3296],%f414;
bar.sync 0;
setp.gt.s32 %p18,%r571,1023;
@%p18 bra $L__BB2_28;
ld.param.u32 %r573,[p8];
mov.u32 %r572,%tid.x;
cvt.s64.s32 %rd6,%r90;
shr.u32 %r549,%r573,2;
and.b32 %r79,%r549,3;
cvt.u16.u32 %rs5,%r573;
and.b16 %rs1,%rs5,3;
shr.u32 %r550,%r573,4;
and.b32 %r80,%r550,3;
add.s32 %r592,%r572,-256;
$L__BB2_7:
.pragma "nounroll";
add.s32 %r592,%r592,256;
shr.s32 %r552,%r592,31;
shr.u32 %r553,%r552,27;
add.s32 %r554,%r592,%r553;
shr.s32 %r555,%r554,5;
and.b32 %r556,%r554,-32;
sub.s32 %r557,%r592,%r556;
mul.wide.s32 %rd71,%r555,128;
add.s64 %rd73,%rd65,%rd71;
mul.wide.s32 %rd74,%r557,4;
add.s64 %rd7,%rd73,%rd74;
add.s32 %r84,%r555,%r5;
setp.ge.s32 %p19,%r84,%r89;
add.s32 %r85,%r557,%r2;
setp.ge.s32 %p20,%r85,%r90;
or.pred %p21,%p19,%p20;
@%p21 bra $L__BB2_27;
ld.shared.f32 %f333,[%rd7];
ld.shared.f32 %f334,[%rd7+4096];
ld.shared.f32 %f335,[%rd7+8192];
ld.shared.f32 %f336,[%rd7+12288];
ld.shared.f32 %f337,[%rd7+16384];
ld.shared.f32 %f338,[%rd7+20480];
ld.shared.f32 %f339,[%rd7+24576];
ld.shared.f32 %f340,[%rd7+28672];
setp.eq.s32 %p22,%r79,2;
cvt.s64.s32 %rd8,%r84;
cvt.s64.s32 %rd9,%r85;
add.f32 %f341,%f333,0f00000000;
add.f32 %f342,%f341,%f334;
add.f32 %f343,%f342,%f335;
add.f32 %f344,%f343,%f336;
add.f32 %f345,%f344,%f337;
add.f32 %f346,%f345,%f338;
add.f32 %f347,%f346,%f339;
add.f32 %f129,%f347,%f340;
@%p22 bra $L__BB2_12;
bra.uni $L__BB2_9;
$L__BB2_12:
cvta.to.global.u64 %rd78,%rd13;
shl.b64 %rd79,%rd9,2;
add.s64 %rd80,%rd78,%rd79;
ld.global.f32 %f447,[%rd80];
bra.uni $L__BB2_13;
$L__BB2_9:
setp.eq.s32 %p23,%r79,0;
cvta.to.global.u64 %rd75,%rd13;
shl.b64 %rd76,%rd9,1;
add.s64 %rd77,%rd75,%rd76;
ld.global.u16 %r86,[%rd77];
@%p23 bra $L__BB2_11;
shl.b32 %r558,%r86,16;
mov.b32 %f447,%r558;
bra.uni $L__BB2_13;
$L__BB2_11:
{ .reg .b16 h; cvt.u16.u32 h,%r86; cvt.f32.f16 %f447,h; }
$L__BB2_13:
mul.f32 %f140,%f129,%f447;
setp.eq.s64 %p24,%rd14,0;
@%p24 bra $L__BB2_20;
setp.eq.s32 %p25,%r80,2;
@%p25 bra $L__BB2_18;
bra.uni $L__BB2_15;
$L__BB2_18:
cvta.to.global.u64 %rd84,%rd14;
shl.b64 %rd85,%rd9,2;
add.s64 %rd86,%rd84,%rd85;
ld.global.f32 %f448,[%rd86];
bra.uni $L__BB2_19;
$L__BB2_15:
setp.eq.s32 %p26,%r80,0;
cvta.to.global.u64 %rd81,%rd14;
shl.b64 %rd82,%rd9,1;
add.s64 %rd83,%rd81,%rd82;
ld.global.u16 %r87,[%rd83];
@%p26 bra $L__BB2_17;
shl.b32 %r560,%r87,16;
mov.b32 %f448,%r560;
bra.uni $L__BB2_19;
$L__BB2_17:
{ .reg .b16 h; cvt.u16.u32 h,%r87; cvt.f32.f16 %f448,h; }
$L__BB2_19:
add.f32 %f140,%f140,%f448;
$L__BB2_20:
mul.lo.s64 %rd87,%rd8,%rd6;
add.s64 %rd10,%rd87,%rd9;
setp.eq.s16 %p27,%rs1,2;
@%p27 bra $L__BB2_23;
setp.ne.s16 %p28,%rs1,0;
@%p28 bra $L__BB2_24;
cvt.rn.f16.f32 %rs9,%f140;
bra.uni $L__BB2_26;
$L__BB2_23:
cvta.to.global.u64 %rd88,%rd15;
shl.b64 %rd89,%rd10,2;
add.s64 %rd90,%rd88,%rd89;
st.global.f32 [%rd90],%f140;
bra.uni $L__BB2_27;
$L__BB2_24:
mov.b32 %r88,%f140;
and.b32 %r562,%r88,2147483647;
setp.gt.u32 %p29,%r562,2139095040;
mov.u16 %rs9,32767;
@%p29 bra $L__BB2_26;
shr.u32 %r563,%r88,16;
and.b32 %r564,%r563,1;
add.s32 %r565,%r88,%r564;
add.s32 %r566,%r565,32767;
shr.u32 %r567,%r566,16;
cvt.u16.u32 %rs9,%r567;
$L__BB2_26:
cvta.to.global.u64 %rd91,%rd15;
shl.b64 %rd92,%rd10,1;
add.s64 %rd93,%rd91,%rd92;
st.global.u16 [%rd93],%rs9;
$L__BB2_27:
setp.lt.s32 %p30,%r592,768;
@%p30 bra $L__BB2_7;
$L__BB2_28:
ret;
}
.visible .entry int4_bfloat16_matmul_8(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 256,1,1
.minnctapersm 4
{
.reg .pred %p<21>;
.reg .b16 %rs<10>;
.reg .f32 %f<126>;
.reg .b32 %r<578>;
.reg .b64 %rd<65>;
.shared .align 4 .b8 shared3[4096];
ld.param.u64 %rd8,[p0];
ld.param.u64 %rd9,[p1];
ld.param.u64 %rd10,[p2];
ld.param.u64 %rd11,[p3];
ld.param.u64 %rd12,[p4];
ld.param.u32 %r58,[p5];
ld.param.u32 %r59,[p6];
ld.param.u32 %r60,[p7];
ld.param.u32 %r61,[p8];
mov.u32 %r80,%tid.x;
and.b32 %r81,%r80,31;
shr.u32 %r82,%r80,5;
shr.u32 %r83,%r81,2;
and.b32 %r84,%r80,3;
add.s32 %r85,%r58,7;
shr.s32 %r86,%r85,31;
shr.u32 %r87,%r86,29;
add.s32 %r88,%r85,%r87;
shr.s32 %r89,%r88,3;
mov.u32 %r90,%ctaid.x;
div.u32 %r91,%r90,%r89;
shl.b32 %r1,%r91,4;
mul.lo.s32 %r92,%r91,%r89;
sub.s32 %r93,%r90,%r92;
shl.b32 %r2,%r93,3;
shr.s32 %r94,%r60,31;
shr.u32 %r95,%r94,27;
add.s32 %r96,%r60,%r95;
shr.s32 %r3,%r96,5;
add.s32 %r97,%r3,3;
shr.s32 %r98,%r97,31;
shr.u32 %r99,%r98,30;
add.s32 %r100,%r97,%r99;
shr.s32 %r4,%r100,2;
or.b32 %r101,%r1,%r83;
add.s32 %r102,%r59,-1;
min.s32 %r103,%r101,%r102;
mul.wide.s32 %rd1,%r103,%r3;
or.b32 %r104,%r101,8;
min.s32 %r105,%r104,%r102;
mul.wide.s32 %rd2,%r105,%r3;
or.b32 %r5,%r2,%r83;
bfi.b32 %r566,%r82,%r84,2,30;
cvt.u64.u32 %rd15,%r566;
setp.lt.s32 %p1,%r566,%r3;
selp.u32 %r75,1,0,%p1;
add.s64 %rd16,%rd1,%rd15;
shl.b64 %rd17,%rd16,4;
add.s64 %rd13,%rd8,%rd17;
mov.u32 %r572,0;
mov.u32 %r568,%r572;
mov.u32 %r569,%r572;
mov.u32 %r570,%r572;
mov.u32 %r571,%r572;
{ .reg .pred p; setp.ne.u32 p,%r75,0; @p ld.global.cs.nc.v4.u32 {%r568,%r569,
%r570,%r571},[%rd13]; }
add.s64 %rd18,%rd2,%rd15;
shl.b64 %rd19,%rd18,4;
add.s64 %rd14,%rd8,%rd19;
mov.u32 %r573,%r572;
mov.u32 %r574,%r572;
mov.u32 %r575,%r572;
{ .reg .pred p; setp.ne.u32 p,%r75,0; @p ld.global.cs.nc.v4.u32 {%r572,%r573,
%r574,%r575},[%rd14]; }
setp.ge.s32 %p2,%r82,%r4;
mov.f32 %f118,0f00000000;
mov.f32 %f117,%f118;
mov.f32 %f116,%f118;
mov.f32 %f115,%f118;
@%p2 bra $L__BB3_3;
add.s32 %r107,%r58,-1;
shl.b32 %r109,%r82,4;
shl.b32 %r110,%r80,2;
and.b32 %r111,%r110,12;
or.b32 %r567,%r109,%r111;
shr.u32 %r113,%r94,29;
add.s32 %r114,%r60,%r113;
shr.s32 %r115,%r114,3;
min.s32 %r116,%r5,%r107;
mul.wide.s32 %rd3,%r116,%r115;
mov.u32 %r576,%r82;
$L__BB3_2:
.pragma "nounroll";
shl.b32 %r539,%r576,2;
or.b32 %r540,%r539,%r84;
add.s32 %r541,%r540,32;
cvt.s64.s32 %rd26,%r541;
add.s32 %r37,%r566,32;
setp.lt.s32 %p3,%r37,%r3;
selp.u32 %r130,1,0,%p3;
add.s64 %rd27,%rd1,%rd26;
shl.b64 %rd28,%rd27,4;
add.s64 %rd20,%rd8,%rd28;
mov.u32 %r502,0;
mov.u32 %r117,%r502;
mov.u32 %r118,%r502;
mov.u32 %r119,%r502;
mov.u32 %r120,%r502;
{ .reg .pred p; setp.ne.u32 p,%r130,0; @p ld.global.cs.nc.v4.u32 {%r117,%r118,
%r119,%r120},[%rd20]; }
add.s64 %rd29,%rd2,%rd26;
shl.b64 %rd30,%rd29,4;
add.s64 %rd21,%rd8,%rd30;
mov.u32 %r126,%r502;
mov.u32 %r127,%r502;
mov.u32 %r128,%r502;
mov.u32 %r129,%r502;
{ .reg .pred p; setp.ne.u32 p,%r130,0; @p ld.global.cs.nc.v4.u32 {%r126,%r127,
%r128,%r129},[%rd21]; }
setp.lt.s32 %p4,%r566,%r3;
setp.lt.s32 %p5,%r5,%r58;
and.pred %p6,%p5,%p4;
selp.u32 %r506,1,0,%p6;
shr.u32 %r136,%r568,4;
mov.u32 %r496,983055;
mov.u32 %r497,1124614920;
lop3.b32 %r135,%r136,%r496,%r497,0x6a;
mov.u32 %r500,1065369472;
mov.u32 %r501,-1022835960;
fma.rn.bf16x2 %r139,%r135,%r500,%r501;
lop3.b32 %r143,%r568,%r496,%r497,0x6a;
fma.rn.bf16x2 %r147,%r143,%r500,%r501;
shr.u32 %r152,%r568,12;
lop3.b32 %r151,%r152,%r496,%r497,0x6a;
fma.rn.bf16x2 %r155,%r151,%r500,%r501;
shr.u32 %r160,%r568,8;
lop3.b32 %r159,%r160,%r496,%r497,0x6a;
fma.rn.bf16x2 %r163,%r159,%r500,%r501;
shr.u32 %r168,%r572,4;
lop3.b32 %r167,%r168,%r496,%r497,0x6a;
fma.rn.bf16x2 %r171,%r167,%r500,%r501;
lop3.b32 %r175,%r572,%r496,%r497,0x6a;
fma.rn.bf16x2 %r179,%r175,%r500,%r501;
shr.u32 %r184,%r572,12;
lop3.b32 %r183,%r184,%r496,%r497,0x6a;
fma.rn.bf16x2 %r187,%r183,%r500,%r501;
shr.u32 %r192,%r572,8;
lop3.b32 %r191,%r192,%r496,%r497,0x6a;
fma.rn.bf16x2 %r195,%r191,%r500,%r501;
cvt.s64.s32 %rd31,%r567;
add.s64 %rd32,%rd3,%rd31;
shl.b64 %rd33,%rd32,4;
add.s64 %rd22,%rd9,%rd33;
mov.u32 %r199,%r502;
mov.u32 %r200,%r502;
mov.u32 %r201,%r502;
mov.u32 %r202,%r502;
{ .reg .pred p; setp.ne.u32 p,%r506,0; @p ld.global.nc.v4.u32 {%r199,%r200,
%r201,%r202},[%rd22]; }
mov.u32 %r522,21520;
prmt.b32 %r208,%r199,%r201,%r522;
mov.u32 %r526,30258;
prmt.b32 %r212,%r199,%r201,%r526;
prmt.b32 %r216,%r200,%r202,%r522;
prmt.b32 %r220,%r200,%r202,%r526;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f118,%f117,%f116,%f115},{%r139,%r171,%r147,%r179},{%r208,
%r212},{%f118,%f117,%f116,%f115};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f118,%f117,%f116,%f115},{%r155,%r187,%r163,%r195},{%r216,
%r220},{%f118,%f117,%f116,%f115};
shr.u32 %r237,%r569,4;
lop3.b32 %r236,%r237,%r496,%r497,0x6a;
fma.rn.bf16x2 %r240,%r236,%r500,%r501;
lop3.b32 %r244,%r569,%r496,%r497,0x6a;
fma.rn.bf16x2 %r248,%r244,%r500,%r501;
shr.u32 %r253,%r569,12;
lop3.b32 %r252,%r253,%r496,%r497,0x6a;
fma.rn.bf16x2 %r256,%r252,%r500,%r501;
shr.u32 %r261,%r569,8;
lop3.b32 %r260,%r261,%r496,%r497,0x6a;
fma.rn.bf16x2 %r264,%r260,%r500,%r501;
shr.u32 %r269,%r573,4;
lop3.b32 %r268,%r269,%r496,%r497,0x6a;
fma.rn.bf16x2 %r272,%r268,%r500,%r501;
lop3.b32 %r276,%r573,%r496,%r497,0x6a;
fma.rn.bf16x2 %r280,%r276,%r500,%r501;
shr.u32 %r285,%r573,12;
lop3.b32 %r284,%r285,%r496,%r497,0x6a;
fma.rn.bf16x2 %r288,%r284,%r500,%r501;
shr.u32 %r293,%r573,8;
lop3.b32 %r292,%r293,%r496,%r497,0x6a;
fma.rn.bf16x2 %r296,%r292,%r500,%r501;
add.s64 %rd23,%rd22,16;
mov.u32 %r300,%r502;
mov.u32 %r301,%r502;
mov.u32 %r302,%r502;
mov.u32 %r303,%r502;
{ .reg .pred p; setp.ne.u32 p,%r506,0; @p ld.global.nc.v4.u32 {%r300,%r301,
%r302,%r303},[%rd23]; }
prmt.b32 %r309,%r300,%r302,%r522;
prmt.b32 %r313,%r300,%r302,%r526;
prmt.b32 %r317,%r301,%r303,%r522;
prmt.b32 %r321,%r301,%r303,%r526;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f118,%f117,%f116,%f115},{%r240,%r272,%r248,%r280},{%r309,
%r313},{%f118,%f117,%f116,%f115};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f118,%f117,%f116,%f115},{%r256,%r288,%r264,%r296},{%r317,
%r321},{%f118,%f117,%f116,%f115};
shr.u32 %r338,%r570,4;
lop3.b32 %r337,%r338,%r496,%r497,0x6a;
fma.rn.bf16x2 %r341,%r337,%r500,%r501;
lop3.b32 %r345,%r570,%r496,%r497,0x6a;
fma.rn.bf16x2 %r349,%r345,%r500,%r501;
shr.u32 %r354,%r570,12;
lop3.b32 %r353,%r354,%r496,%r497,0x6a;
fma.rn.bf16x2 %r357,%r353,%r500,%r501;
shr.u32 %r362,%r570,8;
lop3.b32 %r361,%r362,%r496,%r497,0x6a;
fma.rn.bf16x2 %r365,%r361,%r500,%r501;
shr.u32 %r370,%r574,4;
lop3.b32 %r369,%r370,%r496,%r497,0x6a;
fma.rn.bf16x2 %r373,%r369,%r500,%r501;
lop3.b32 %r377,%r574,%r496,%r497,0x6a;
fma.rn.bf16x2 %r381,%r377,%r500,%r501;
shr.u32 %r386,%r574,12;
lop3.b32 %r385,%r386,%r496,%r497,0x6a;
fma.rn.bf16x2 %r389,%r385,%r500,%r501;
shr.u32 %r394,%r574,8;
lop3.b32 %r393,%r394,%r496,%r497,0x6a;
fma.rn.bf16x2 %r397,%r393,%r500,%r501;
add.s64 %rd24,%rd22,32;
mov.u32 %r401,%r502;
mov.u32 %r402,%r502;
mov.u32 %r403,%r502;
mov.u32 %r404,%r502;
{ .reg .pred p; setp.ne.u32 p,%r506,0; @p ld.global.nc.v4.u32 {%r401,%r402,
%r403,%r404},[%rd24]; }
prmt.b32 %r410,%r401,%r403,%r522;
prmt.b32 %r414,%r401,%r403,%r526;
prmt.b32 %r418,%r402,%r404,%r522;
prmt.b32 %r422,%r402,%r404,%r526;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f118,%f117,%f116,%f115},{%r341,%r373,%r349,%r381},{%r410,
%r414},{%f118,%f117,%f116,%f115};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f118,%f117,%f116,%f115},{%r357,%r389,%r365,%r397},{%r418,
%r422},{%f118,%f117,%f116,%f115};
shr.u32 %r439,%r571,4;
lop3.b32 %r438,%r439,%r496,%r497,0x6a;
fma.rn.bf16x2 %r442,%r438,%r500,%r501;
lop3.b32 %r446,%r571,%r496,%r497,0x6a;
fma.rn.bf16x2 %r450,%r446,%r500,%r501;
shr.u32 %r455,%r571,12;
lop3.b32 %r454,%r455,%r496,%r497,0x6a;
fma.rn.bf16x2 %r458,%r454,%r500,%r501;
shr.u32 %r463,%r571,8;
lop3.b32 %r462,%r463,%r496,%r497,0x6a;
fma.rn.bf16x2 %r466,%r462,%r500,%r501;
shr.u32 %r471,%r575,4;
lop3.b32 %r470,%r471,%r496,%r497,0x6a;
fma.rn.bf16x2 %r474,%r470,%r500,%r501;
lop3.b32 %r478,%r575,%r496,%r497,0x6a;
fma.rn.bf16x2 %r482,%r478,%r500,%r501;
shr.u32 %r487,%r575,12;
lop3.b32 %r486,%r487,%r496,%r497,0x6a;
fma.rn.bf16x2 %r490,%r486,%r500,%r501;
shr.u32 %r495,%r575,8;
lop3.b32 %r494,%r495,%r496,%r497,0x6a;
fma.rn.bf16x2 %r498,%r494,%r500,%r501;
add.s64 %rd25,%rd22,48;
mov.u32 %r503,%r502;
mov.u32 %r504,%r502;
mov.u32 %r505,%r502;
{ .reg .pred p; setp.ne.u32 p,%r506,0; @p ld.global.nc.v4.u32 {%r502,%r503,
%r504,%r505},[%rd25]; }
prmt.b32 %r511,%r502,%r504,%r522;
prmt.b32 %r515,%r502,%r504,%r526;
prmt.b32 %r519,%r503,%r505,%r522;
prmt.b32 %r523,%r503,%r505,%r526;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f118,%f117,%f116,%f115},{%r442,%r474,%r450,%r482},{%r511,
%r515},{%f118,%f117,%f116,%f115};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f118,%f117,%f116,%f115},{%r458,%r490,%r466,%r498},{%r519,
%r523},{%f118,%f117,%f116,%f115};
add.s32 %r567,%r567,128;
add.s32 %r576,%r576,8;
setp.lt.s32 %p7,%r576,%r4;
mov.u32 %r566,%r37;
mov.u32 %r568,%r117;
mov.u32 %r569,%r118;
mov.u32 %r570,%r119;
mov.u32 %r571,%r120;
mov.u32 %r572,%r126;
mov.u32 %r573,%r127;
mov.u32 %r574,%r128;
mov.u32 %r575,%r129;
@%p7 bra $L__BB3_2;
$L__BB3_3:
shl.b32 %r544,%r80,1;
and.b32 %r545,%r544,6;
mul.wide.u32 %rd34,%r82,512;
mov.u64 %rd35,shared3;
add.s64 %rd36,%rd35,%rd34;
mul.wide.u32 %rd37,%r545,64;
add.s64 %rd38,%rd36,%rd37;
and.b32 %r546,%r80,28;
cvt.u64.u32 %rd39,%r546;
add.s64 %rd40,%rd38,%rd39;
st.shared.f32 [%rd40],%f118;
st.shared.f32 [%rd40+64],%f117;
st.shared.f32 [%rd40+32],%f116;
st.shared.f32 [%rd40+96],%f115;
bar.sync 0;
setp.gt.s32 %p8,%r80,127;
@%p8 bra $L__BB3_26;
shr.u32 %r547,%r61,2;
and.b32 %r48,%r547,3;
cvt.u16.u32 %rs5,%r61;
and.b16 %rs1,%rs5,3;
shr.u32 %r548,%r61,4;
and.b32 %r49,%r548,3;
add.s32 %r577,%r80,-256;
$L__BB3_5:
.pragma "nounroll";
add.s32 %r577,%r577,256;
shr.s32 %r550,%r577,31;
shr.u32 %r551,%r550,28;
add.s32 %r552,%r577,%r551;
shr.s32 %r553,%r552,4;
and.b32 %r554,%r552,-16;
sub.s32 %r555,%r577,%r554;
mul.wide.s32 %rd41,%r553,64;
add.s64 %rd43,%rd35,%rd41;
mul.wide.s32 %rd44,%r555,4;
add.s64 %rd4,%rd43,%rd44;
add.s32 %r53,%r553,%r2;
setp.ge.s32 %p9,%r53,%r58;
add.s32 %r54,%r555,%r1;
setp.ge.s32 %p10,%r54,%r59;
or.pred %p11,%p9,%p10;
@%p11 bra $L__BB3_25;
ld.shared.f32 %f97,[%rd4];
ld.shared.f32 %f98,[%rd4+512];
ld.shared.f32 %f99,[%rd4+1024];
ld.shared.f32 %f100,[%rd4+1536];
ld.shared.f32 %f101,[%rd4+2048];
ld.shared.f32 %f102,[%rd4+2560];
ld.shared.f32 %f103,[%rd4+3072];
ld.shared.f32 %f104,[%rd4+3584];
setp.eq.s32 %p12,%r48,2;
cvt.s64.s32 %rd5,%r53;
cvt.s64.s32 %rd6,%r54;
add.f32 %f105,%f97,0f00000000;
add.f32 %f106,%f105,%f98;
add.f32 %f107,%f106,%f99;
add.f32 %f108,%f107,%f100;
add.f32 %f109,%f108,%f101;
add.f32 %f110,%f109,%f102;
add.f32 %f111,%f110,%f103;
add.f32 %f13,%f111,%f104;
@%p12 bra $L__BB3_10;
bra.uni $L__BB3_7;
$L__BB3_10:
cvta.to.global.u64 %rd48,%rd10;
shl.b64 %rd49,%rd6,2;
add.s64 %rd50,%rd48,%rd49;
ld.global.f32 %f123,[%rd50];
bra.uni $L__BB3_11;
$L__BB3_7:
setp.eq.s32 %p13,%r48,0;
cvta.to.global.u64 %rd45,%rd10;
shl.b64 %rd46,%rd6,1;
add.s64 %rd47,%rd45,%rd46;
ld.global.u16 %r55,[%rd47];
@%p13 bra $L__BB3_9;
shl.b32 %r556,%r55,16;
mov.b32 %f123,%r556;
bra.uni $L__BB3_11;
$L__BB3_9:
{ .reg .b16 h; cvt.u16.u32 h,%r55; cvt.f32.f16 %f123,h; }
$L__BB3_11:
mul.f32 %f24,%f13,%f123;
setp.eq.s64 %p14,%rd11,0;
@%p14 bra $L__BB3_18;
setp.eq.s32 %p15,%r49,2;
@%p15 bra $L__BB3_16;
bra.uni $L__BB3_13;
$L__BB3_16:
cvta.to.global.u64 %rd54,%rd11;
shl.b64 %rd55,%rd6,2;
add.s64 %rd56,%rd54,%rd55;
ld.global.f32 %f124,[%rd56];
bra.uni $L__BB3_17;
$L__BB3_13:
setp.eq.s32 %p16,%r49,0;
cvta.to.global.u64 %rd51,%rd11;
shl.b64 %rd52,%rd6,1;
add.s64 %rd53,%rd51,%rd52;
ld.global.u16 %r56,[%rd53];
@%p16 bra $L__BB3_15;
shl.b32 %r558,%r56,16;
mov.b32 %f124,%r558;
bra.uni $L__BB3_17;
$L__BB3_15:
{ .reg .b16 h; cvt.u16.u32 h,%r56; cvt.f32.f16 %f124,h; }
$L__BB3_17:
add.f32 %f24,%f24,%f124;
$L__BB3_18:
cvt.s64.s32 %rd57,%r59;
mul.lo.s64 %rd58,%rd5,%rd57;
add.s64 %rd7,%rd58,%rd6;
setp.eq.s16 %p17,%rs1,2;
@%p17 bra $L__BB3_21;
setp.ne.s16 %p18,%rs1,0;
@%p18 bra $L__BB3_22;
cvt.rn.f16.f32 %rs9,%f24;
bra.uni $L__BB3_24;
$L__BB3_21:
cvta.to.global.u64 %rd59,%rd12;
shl.b64 %rd60,%rd7,2;
add.s64 %rd61,%rd59,%rd60;
st.global.f32 [%rd61],%f24;
bra.uni $L__BB3_25;
$L__BB3_22:
mov.b32 %r57,%f24;
and.b32 %r560,%r57,2147483647;
setp.gt.u32 %p19,%r560,2139095040;
mov.u16 %rs9,32767;
@%p19 bra $L__BB3_24;
shr.u32 %r561,%r57,16;
and.b32 %r562,%r561,1;
add.s32 %r563,%r57,%r562;
add.s32 %r564,%r563,32767;
shr.u32 %r565,%r564,16;
cvt.u16.u32 %rs9,%r565;
$L__BB3_24:
cvta.to.global.u64 %rd62,%rd12;
shl.b64 %rd63,%rd7,1;
add.s64 %rd64,%rd62,%rd63;
st.global.u16 [%rd64],%rs9;
$L__BB3_25:
setp.lt.s32 %p20,%r577,-128;
@%p20 bra $L__BB3_5;
$L__BB3_26:
ret;
}
.visible .entry int4_bfloat16_matmul_16(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 256,1,1
.minnctapersm 3
{
.reg .pred %p<23>;
.reg .b16 %rs<10>;
.reg .f32 %f<218>;
.reg .b32 %r<729>;
.reg .b64 %rd<73>;
.shared .align 4 .b8 shared4[8192];
ld.param.u64 %rd9,[p0];
ld.param.u64 %rd10,[p1];
ld.param.u64 %rd11,[p2];
ld.param.u64 %rd12,[p3];
ld.param.u64 %rd13,[p4];
ld.param.u32 %r52,[p5];
ld.param.u32 %r53,[p6];
ld.param.u32 %r54,[p7];
mov.u32 %r74,%tid.x;
and.b32 %r75,%r74,31;
shr.u32 %r727,%r74,5;
shr.u32 %r77,%r75,2;
and.b32 %r78,%r74,3;
add.s32 %r79,%r52,15;
shr.s32 %r80,%r79,31;
shr.u32 %r81,%r80,28;
add.s32 %r82,%r79,%r81;
shr.s32 %r83,%r82,4;
mov.u32 %r84,%ctaid.x;
div.u32 %r85,%r84,%r83;
shl.b32 %r1,%r85,4;
mul.lo.s32 %r86,%r85,%r83;
sub.s32 %r87,%r84,%r86;
shl.b32 %r2,%r87,4;
shr.s32 %r88,%r54,31;
shr.u32 %r89,%r88,27;
add.s32 %r90,%r54,%r89;
shr.s32 %r3,%r90,5;
add.s32 %r91,%r3,3;
shr.s32 %r92,%r91,31;
shr.u32 %r93,%r92,30;
add.s32 %r94,%r91,%r93;
shr.s32 %r4,%r94,2;
or.b32 %r95,%r1,%r77;
add.s32 %r96,%r53,-1;
min.s32 %r97,%r95,%r96;
mul.wide.s32 %rd16,%r97,%r3;
or.b32 %r98,%r95,8;
min.s32 %r99,%r98,%r96;
mul.wide.s32 %rd1,%r99,%r3;
or.b32 %r5,%r2,%r77;
bfi.b32 %r100,%r727,%r78,2,30;
cvt.u64.u32 %rd17,%r100;
setp.lt.s32 %p1,%r100,%r3;
selp.u32 %r69,1,0,%p1;
add.s64 %rd18,%rd16,%rd17;
shl.b64 %rd19,%rd18,4;
add.s64 %rd14,%rd9,%rd19;
mov.u32 %r723,0;
mov.u32 %r719,%r723;
mov.u32 %r720,%r723;
mov.u32 %r721,%r723;
mov.u32 %r722,%r723;
{ .reg .pred p; setp.ne.u32 p,%r69,0; @p ld.global.cs.nc.v4.u32 {%r719,%r720,
%r721,%r722},[%rd14]; }
add.s64 %rd20,%rd1,%rd17;
shl.b64 %rd21,%rd20,4;
add.s64 %rd15,%rd9,%rd21;
mov.u32 %r724,%r723;
mov.u32 %r725,%r723;
mov.u32 %r726,%r723;
{ .reg .pred p; setp.ne.u32 p,%r69,0; @p ld.global.cs.nc.v4.u32 {%r723,%r724,
%r725,%r726},[%rd15]; }
setp.ge.s32 %p2,%r727,%r4;
mov.f32 %f199,0f00000000;
mov.f32 %f200,%f199;
mov.f32 %f201,%f199;
mov.f32 %f202,%f199;
mov.f32 %f203,%f199;
mov.f32 %f204,%f199;
mov.f32 %f205,%f199;
mov.f32 %f206,%f199;
@%p2 bra $L__BB4_3;
shr.u32 %r102,%r88,29;
add.s32 %r103,%r54,%r102;
shr.s32 %r104,%r103,3;
add.s32 %r105,%r52,-1;
min.s32 %r106,%r5,%r105;
mul.wide.s32 %rd2,%r106,%r104;
add.s32 %r23,%r5,8;
min.s32 %r107,%r23,%r105;
mul.wide.s32 %rd3,%r107,%r104;
add.s32 %r111,%r1,%r77;
min.s32 %r113,%r111,%r96;
mul.wide.s32 %rd4,%r113,%r3;
$L__BB4_2:
.pragma "nounroll";
bfi.b32 %r686,%r727,%r78,2,30;
add.s32 %r687,%r686,32;
cvt.s64.s32 %rd32,%r687;
setp.lt.s32 %p3,%r687,%r3;
selp.u32 %r127,1,0,%p3;
add.s64 %rd33,%rd4,%rd32;
shl.b64 %rd34,%rd33,4;
add.s64 %rd22,%rd9,%rd34;
mov.u32 %r647,0;
mov.u32 %r114,%r647;
mov.u32 %r115,%r647;
mov.u32 %r116,%r647;
mov.u32 %r117,%r647;
{ .reg .pred p; setp.ne.u32 p,%r127,0; @p ld.global.cs.nc.v4.u32 {%r114,%r115,
%r116,%r117},[%rd22]; }
add.s64 %rd35,%rd1,%rd32;
shl.b64 %rd36,%rd35,4;
add.s64 %rd23,%rd9,%rd36;
mov.u32 %r123,%r647;
mov.u32 %r124,%r647;
mov.u32 %r125,%r647;
mov.u32 %r126,%r647;
{ .reg .pred p; setp.ne.u32 p,%r127,0; @p ld.global.cs.nc.v4.u32 {%r123,%r124,
%r125,%r126},[%rd23]; }
setp.lt.s32 %p4,%r686,%r3;
shl.b32 %r688,%r686,2;
cvt.s64.s32 %rd37,%r688;
setp.lt.s32 %p5,%r5,%r52;
and.pred %p6,%p4,%p5;
shr.u32 %r133,%r719,4;
mov.u32 %r604,983055;
mov.u32 %r605,1124614920;
lop3.b32 %r132,%r133,%r604,%r605,0x6a;
mov.u32 %r608,1065369472;
mov.u32 %r609,-1022835960;
fma.rn.bf16x2 %r136,%r132,%r608,%r609;
lop3.b32 %r140,%r719,%r604,%r605,0x6a;
fma.rn.bf16x2 %r144,%r140,%r608,%r609;
shr.u32 %r149,%r719,12;
lop3.b32 %r148,%r149,%r604,%r605,0x6a;
fma.rn.bf16x2 %r152,%r148,%r608,%r609;
shr.u32 %r157,%r719,8;
lop3.b32 %r156,%r157,%r604,%r605,0x6a;
fma.rn.bf16x2 %r160,%r156,%r608,%r609;
shr.u32 %r165,%r723,4;
lop3.b32 %r164,%r165,%r604,%r605,0x6a;
fma.rn.bf16x2 %r168,%r164,%r608,%r609;
lop3.b32 %r172,%r723,%r604,%r605,0x6a;
fma.rn.bf16x2 %r176,%r172,%r608,%r609;
shr.u32 %r181,%r723,12;
lop3.b32 %r180,%r181,%r604,%r605,0x6a;
fma.rn.bf16x2 %r184,%r180,%r608,%r609;
shr.u32 %r189,%r723,8;
lop3.b32 %r188,%r189,%r604,%r605,0x6a;
fma.rn.bf16x2 %r192,%r188,%r608,%r609;
selp.u32 %r614,1,0,%p6;
add.s64 %rd38,%rd2,%rd37;
shl.b64 %rd39,%rd38,4;
add.s64 %rd24,%rd10,%rd39;
mov.u32 %r196,%r647;
mov.u32 %r197,%r647;
mov.u32 %r198,%r647;
mov.u32 %r199,%r647;
{ .reg .pred p; setp.ne.u32 p,%r614,0; @p ld.global.nc.v4.u32 {%r196,%r197,
%r198,%r199},[%rd24]; }
mov.u32 %r667,21520;
prmt.b32 %r205,%r196,%r198,%r667;
mov.u32 %r671,30258;
prmt.b32 %r209,%r196,%r198,%r671;
prmt.b32 %r213,%r197,%r199,%r667;
prmt.b32 %r217,%r197,%r199,%r671;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f199,%f200,%f201,%f202},{%r136,%r168,%r144,%r176},{%r205,
%r209},{%f199,%f200,%f201,%f202};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f199,%f200,%f201,%f202},{%r152,%r184,%r160,%r192},{%r213,
%r217},{%f199,%f200,%f201,%f202};
setp.lt.s32 %p7,%r23,%r52;
and.pred %p8,%p4,%p7;
selp.u32 %r651,1,0,%p8;
add.s64 %rd40,%rd3,%rd37;
shl.b64 %rd41,%rd40,4;
add.s64 %rd25,%rd10,%rd41;
mov.u32 %r233,%r647;
mov.u32 %r234,%r647;
mov.u32 %r235,%r647;
mov.u32 %r236,%r647;
{ .reg .pred p; setp.ne.u32 p,%r651,0; @p ld.global.nc.v4.u32 {%r233,%r234,
%r235,%r236},[%rd25]; }
prmt.b32 %r242,%r233,%r235,%r667;
prmt.b32 %r246,%r233,%r235,%r671;
prmt.b32 %r250,%r234,%r236,%r667;
prmt.b32 %r254,%r234,%r236,%r671;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f203,%f204,%f205,%f206},{%r136,%r168,%r144,%r176},{%r242,
%r246},{%f203,%f204,%f205,%f206};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f203,%f204,%f205,%f206},{%r152,%r184,%r160,%r192},{%r250,
%r254},{%f203,%f204,%f205,%f206};
shr.u32 %r271,%r720,4;
lop3.b32 %r270,%r271,%r604,%r605,0x6a;
fma.rn.bf16x2 %r274,%r270,%r608,%r609;
lop3.b32 %r278,%r720,%r604,%r605,0x6a;
fma.rn.bf16x2 %r282,%r278,%r608,%r609;
shr.u32 %r287,%r720,12;
lop3.b32 %r286,%r287,%r604,%r605,0x6a;
fma.rn.bf16x2 %r290,%r286,%r608,%r609;
shr.u32 %r295,%r720,8;
lop3.b32 %r294,%r295,%r604,%r605,0x6a;
fma.rn.bf16x2 %r298,%r294,%r608,%r609;
shr.u32 %r303,%r724,4;
lop3.b32 %r302,%r303,%r604,%r605,0x6a;
fma.rn.bf16x2 %r306,%r302,%r608,%r609;
lop3.b32 %r310,%r724,%r604,%r605,0x6a;
fma.rn.bf16x2 %r314,%r310,%r608,%r609;
shr.u32 %r319,%r724,12;
lop3.b32 %r318,%r319,%r604,%r605,0x6a;
fma.rn.bf16x2 %r322,%r318,%r608,%r609;
shr.u32 %r327,%r724,8;
lop3.b32 %r326,%r327,%r604,%r605,0x6a;
fma.rn.bf16x2 %r330,%r326,%r608,%r609;
add.s64 %rd26,%rd24,16;
mov.u32 %r334,%r647;
mov.u32 %r335,%r647;
mov.u32 %r336,%r647;
mov.u32 %r337,%r647;
{ .reg .pred p; setp.ne.u32 p,%r614,0; @p ld.global.nc.v4.u32 {%r334,%r335,
%r336,%r337},[%rd26]; }
prmt.b32 %r343,%r334,%r336,%r667;
prmt.b32 %r347,%r334,%r336,%r671;
prmt.b32 %r351,%r335,%r337,%r667;
prmt.b32 %r355,%r335,%r337,%r671;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f199,%f200,%f201,%f202},{%r274,%r306,%r282,%r314},{%r343,
%r347},{%f199,%f200,%f201,%f202};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f199,%f200,%f201,%f202},{%r290,%r322,%r298,%r330},{%r351,
%r355},{%f199,%f200,%f201,%f202};
add.s64 %rd27,%rd25,16;
mov.u32 %r371,%r647;
mov.u32 %r372,%r647;
mov.u32 %r373,%r647;
mov.u32 %r374,%r647;
{ .reg .pred p; setp.ne.u32 p,%r651,0; @p ld.global.nc.v4.u32 {%r371,%r372,
%r373,%r374},[%rd27]; }
prmt.b32 %r380,%r371,%r373,%r667;
prmt.b32 %r384,%r371,%r373,%r671;
prmt.b32 %r388,%r372,%r374,%r667;
prmt.b32 %r392,%r372,%r374,%r671;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f203,%f204,%f205,%f206},{%r274,%r306,%r282,%r314},{%r380,
%r384},{%f203,%f204,%f205,%f206};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f203,%f204,%f205,%f206},{%r290,%r322,%r298,%r330},{%r388,
%r392},{%f203,%f204,%f205,%f206};
shr.u32 %r409,%r721,4;
lop3.b32 %r408,%r409,%r604,%r605,0x6a;
fma.rn.bf16x2 %r412,%r408,%r608,%r609;
lop3.b32 %r416,%r721,%r604,%r605,0x6a;
fma.rn.bf16x2 %r420,%r416,%r608,%r609;
shr.u32 %r425,%r721,12;
lop3.b32 %r424,%r425,%r604,%r605,0x6a;
fma.rn.bf16x2 %r428,%r424,%r608,%r609;
shr.u32 %r433,%r721,8;
lop3.b32 %r432,%r433,%r604,%r605,0x6a;
fma.rn.bf16x2 %r436,%r432,%r608,%r609;
shr.u32 %r441,%r725,4;
lop3.b32 %r440,%r441,%r604,%r605,0x6a;
fma.rn.bf16x2 %r444,%r440,%r608,%r609;
lop3.b32 %r448,%r725,%r604,%r605,0x6a;
fma.rn.bf16x2 %r452,%r448,%r608,%r609;
shr.u32 %r457,%r725,12;
lop3.b32 %r456,%r457,%r604,%r605,0x6a;
fma.rn.bf16x2 %r460,%r456,%r608,%r609;
shr.u32 %r465,%r725,8;
lop3.b32 %r464,%r465,%r604,%r605,0x6a;
fma.rn.bf16x2 %r468,%r464,%r608,%r609;
add.s64 %rd28,%rd24,32;
mov.u32 %r472,%r647;
mov.u32 %r473,%r647;
mov.u32 %r474,%r647;
mov.u32 %r475,%r647;
{ .reg .pred p; setp.ne.u32 p,%r614,0; @p ld.global.nc.v4.u32 {%r472,%r473,
%r474,%r475},[%rd28]; }
prmt.b32 %r481,%r472,%r474,%r667;
prmt.b32 %r485,%r472,%r474,%r671;
prmt.b32 %r489,%r473,%r475,%r667;
prmt.b32 %r493,%r473,%r475,%r671;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f199,%f200,%f201,%f202},{%r412,%r444,%r420,%r452},{%r481,
%r485},{%f199,%f200,%f201,%f202};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f199,%f200,%f201,%f202},{%r428,%r460,%r436,%r468},{%r489,
%r493},{%f199,%f200,%f201,%f202};
add.s64 %rd29,%rd25,32;
mov.u32 %r509,%r647;
mov.u32 %r510,%r647;
mov.u32 %r511,%r647;
mov.u32 %r512,%r647;
{ .reg .pred p; setp.ne.u32 p,%r651,0; @p ld.global.nc.v4.u32 {%r509,%r510,
%r511,%r512},[%rd29]; }
prmt.b32 %r518,%r509,%r511,%r667;
prmt.b32 %r522,%r509,%r511,%r671;
prmt.b32 %r526,%r510,%r512,%r667;
prmt.b32 %r530,%r510,%r512,%r671;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f203,%f204,%f205,%f206},{%r412,%r444,%r420,%r452},{%r518,
%r522},{%f203,%f204,%f205,%f206};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f203,%f204,%f205,%f206},{%r428,%r460,%r436,%r468},{%r526,
%r530},{%f203,%f204,%f205,%f206};
shr.u32 %r547,%r722,4;
lop3.b32 %r546,%r547,%r604,%r605,0x6a;
fma.rn.bf16x2 %r550,%r546,%r608,%r609;
lop3.b32 %r554,%r722,%r604,%r605,0x6a;
fma.rn.bf16x2 %r558,%r554,%r608,%r609;
shr.u32 %r563,%r722,12;
lop3.b32 %r562,%r563,%r604,%r605,0x6a;
fma.rn.bf16x2 %r566,%r562,%r608,%r609;
shr.u32 %r571,%r722,8;
lop3.b32 %r570,%r571,%r604,%r605,0x6a;
fma.rn.bf16x2 %r574,%r570,%r608,%r609;
shr.u32 %r579,%r726,4;
lop3.b32 %r578,%r579,%r604,%r605,0x6a;
fma.rn.bf16x2 %r582,%r578,%r608,%r609;
lop3.b32 %r586,%r726,%r604,%r605,0x6a;
fma.rn.bf16x2 %r590,%r586,%r608,%r609;
shr.u32 %r595,%r726,12;
lop3.b32 %r594,%r595,%r604,%r605,0x6a;
fma.rn.bf16x2 %r598,%r594,%r608,%r609;
shr.u32 %r603,%r726,8;
lop3.b32 %r602,%r603,%r604,%r605,0x6a;
fma.rn.bf16x2 %r606,%r602,%r608,%r609;
add.s64 %rd30,%rd24,48;
mov.u32 %r610,%r647;
mov.u32 %r611,%r647;
mov.u32 %r612,%r647;
mov.u32 %r613,%r647;
{ .reg .pred p; setp.ne.u32 p,%r614,0; @p ld.global.nc.v4.u32 {%r610,%r611,
%r612,%r613},[%rd30]; }
prmt.b32 %r619,%r610,%r612,%r667;
prmt.b32 %r623,%r610,%r612,%r671;
prmt.b32 %r627,%r611,%r613,%r667;
prmt.b32 %r631,%r611,%r613,%r671;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f199,%f200,%f201,%f202},{%r550,%r582,%r558,%r590},{%r619,
%r623},{%f199,%f200,%f201,%f202};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f199,%f200,%f201,%f202},{%r566,%r598,%r574,%r606},{%r627,
%r631},{%f199,%f200,%f201,%f202};
add.s64 %rd31,%rd25,48;
mov.u32 %r648,%r647;
mov.u32 %r649,%r647;
mov.u32 %r650,%r647;
{ .reg .pred p; setp.ne.u32 p,%r651,0; @p ld.global.nc.v4.u32 {%r647,%r648,
%r649,%r650},[%rd31]; }
prmt.b32 %r656,%r647,%r649,%r667;
prmt.b32 %r660,%r647,%r649,%r671;
prmt.b32 %r664,%r648,%r650,%r667;
prmt.b32 %r668,%r648,%r650,%r671;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f203,%f204,%f205,%f206},{%r550,%r582,%r558,%r590},{%r656,
%r660},{%f203,%f204,%f205,%f206};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f203,%f204,%f205,%f206},{%r566,%r598,%r574,%r606},{%r664,
%r668},{%f203,%f204,%f205,%f206};
add.s32 %r727,%r727,8;
setp.lt.s32 %p9,%r727,%r4;
mov.u32 %r719,%r114;
mov.u32 %r720,%r115;
mov.u32 %r721,%r116;
mov.u32 %r722,%r117;
mov.u32 %r723,%r123;
mov.u32 %r724,%r124;
mov.u32 %r725,%r125;
mov.u32 %r726,%r126;
@%p9 bra $L__BB4_2;
$L__BB4_3:
mov.u32 %r715,%tid.x;
mov.u32 %r714,%tid.x;
shr.u32 %r713,%r714,5;
shl.b32 %r691,%r714,1;
and.b32 %r692,%r691,6;
mul.wide.u32 %rd42,%r713,1024;
mov.u64 %rd43,shared4;
add.s64 %rd44,%rd43,%rd42;
mul.wide.u32 %rd45,%r692,64;
add.s64 %rd46,%rd44,%rd45;
and.b32 %r693,%r714,28;
cvt.u64.u32 %rd47,%r693;
add.s64 %rd48,%rd46,%rd47;
st.shared.f32 [%rd48],%f199;
st.shared.f32 [%rd48+64],%f200;
st.shared.f32 [%rd48+32],%f201;
st.shared.f32 [%rd48+96],%f202;
st.shared.f32 [%rd48+512],%f203;
st.shared.f32 [%rd48+576],%f204;
st.shared.f32 [%rd48+544],%f205;
st.shared.f32 [%rd48+608],%f206;
bar.sync 0;
setp.gt.s32 %p10,%r714,255;
@%p10 bra $L__BB4_26;
ld.param.u32 %r717,[p8];
mov.u32 %r716,%tid.x;
shr.u32 %r694,%r717,2;
and.b32 %r42,%r694,3;
cvt.u16.u32 %rs5,%r717;
and.b16 %rs1,%rs5,3;
shr.u32 %r695,%r717,4;
and.b32 %r43,%r695,3;
add.s32 %r728,%r716,-256;
$L__BB4_5:
.pragma "nounroll";
shl.b32 %r718,%r85,4;
add.s32 %r728,%r728,256;
shr.s32 %r697,%r728,31;
shr.u32 %r698,%r697,28;
add.s32 %r699,%r728,%r698;
shr.s32 %r700,%r699,4;
and.b32 %r701,%r699,-16;
sub.s32 %r702,%r728,%r701;
mul.wide.s32 %rd49,%r700,64;
add.s64 %rd51,%rd43,%rd49;
mul.wide.s32 %rd52,%r702,4;
add.s64 %rd5,%rd51,%rd52;
add.s32 %r47,%r700,%r2;
setp.ge.s32 %p11,%r47,%r52;
add.s32 %r48,%r702,%r718;
setp.ge.s32 %p12,%r48,%r53;
or.pred %p13,%p11,%p12;
@%p13 bra $L__BB4_25;
ld.shared.f32 %f181,[%rd5];
ld.shared.f32 %f182,[%rd5+1024];
ld.shared.f32 %f183,[%rd5+2048];
ld.shared.f32 %f184,[%rd5+3072];
ld.shared.f32 %f185,[%rd5+4096];
ld.shared.f32 %f186,[%rd5+5120];
ld.shared.f32 %f187,[%rd5+6144];
ld.shared.f32 %f188,[%rd5+7168];
setp.eq.s32 %p14,%r42,2;
cvt.s64.s32 %rd6,%r47;
cvt.s64.s32 %rd7,%r48;
add.f32 %f189,%f181,0f00000000;
add.f32 %f190,%f189,%f182;
add.f32 %f191,%f190,%f183;
add.f32 %f192,%f191,%f184;
add.f32 %f193,%f192,%f185;
add.f32 %f194,%f193,%f186;
add.f32 %f195,%f194,%f187;
add.f32 %f25,%f195,%f188;
@%p14 bra $L__BB4_10;
bra.uni $L__BB4_7;
$L__BB4_10:
cvta.to.global.u64 %rd56,%rd11;
shl.b64 %rd57,%rd7,2;
add.s64 %rd58,%rd56,%rd57;
ld.global.f32 %f215,[%rd58];
bra.uni $L__BB4_11;
$L__BB4_7:
setp.eq.s32 %p15,%r42,0;
cvta.to.global.u64 %rd53,%rd11;
shl.b64 %rd54,%rd7,1;
add.s64 %rd55,%rd53,%rd54;
ld.global.u16 %r49,[%rd55];
@%p15 bra $L__BB4_9;
shl.b32 %r703,%r49,16;
mov.b32 %f215,%r703;
bra.uni $L__BB4_11;
$L__BB4_9:
{ .reg .b16 h; cvt.u16.u32 h,%r49; cvt.f32.f16 %f215,h; }
$L__BB4_11:
mul.f32 %f36,%f25,%f215;
setp.eq.s64 %p16,%rd12,0;
@%p16 bra $L__BB4_18;
setp.eq.s32 %p17,%r43,2;
@%p17 bra $L__BB4_16;
bra.uni $L__BB4_13;
$L__BB4_16:
cvta.to.global.u64 %rd62,%rd12;
shl.b64 %rd63,%rd7,2;
add.s64 %rd64,%rd62,%rd63;
ld.global.f32 %f216,[%rd64];
bra.uni $L__BB4_17;
$L__BB4_13:
setp.eq.s32 %p18,%r43,0;
cvta.to.global.u64 %rd59,%rd12;
shl.b64 %rd60,%rd7,1;
add.s64 %rd61,%rd59,%rd60;
ld.global.u16 %r50,[%rd61];
@%p18 bra $L__BB4_15;
shl.b32 %r705,%r50,16;
mov.b32 %f216,%r705;
bra.uni $L__BB4_17;
$L__BB4_15:
{ .reg .b16 h; cvt.u16.u32 h,%r50; cvt.f32.f16 %f216,h; }
$L__BB4_17:
add.f32 %f36,%f36,%f216;
$L__BB4_18:
cvt.s64.s32 %rd65,%r53;
mul.lo.s64 %rd66,%rd6,%rd65;
add.s64 %rd8,%rd66,%rd7;
setp.eq.s16 %p19,%rs1,2;
@%p19 bra $L__BB4_21;
setp.ne.s16 %p20,%rs1,0;
@%p20 bra $L__BB4_22;
cvt.rn.f16.f32 %rs9,%f36;
bra.uni $L__BB4_24;
$L__BB4_21:
cvta.to.global.u64 %rd67,%rd13;
shl.b64 %rd68,%rd8,2;
add.s64 %rd69,%rd67,%rd68;
st.global.f32 [%rd69],%f36;
bra.uni $L__BB4_25;
$L__BB4_22:
mov.b32 %r51,%f36;
and.b32 %r707,%r51,2147483647;
setp.gt.u32 %p21,%r707,2139095040;
mov.u16 %rs9,32767;
@%p21 bra $L__BB4_24;
shr.u32 %r708,%r51,16;
and.b32 %r709,%r708,1;
add.s32 %r710,%r51,%r709;
add.s32 %r711,%r710,32767;
shr.u32 %r712,%r711,16;
cvt.u16.u32 %rs9,%r712;
$L__BB4_24:
cvta.to.global.u64 %rd70,%rd13;
shl.b64 %rd71,%rd8,1;
add.s64 %rd72,%rd70,%rd71;
st.global.u16 [%rd72],%rs9;
$L__BB4_25:
setp.lt.s32 %p22,%r728,0;
@%p22 bra $L__BB4_5;
$L__BB4_26:
ret;
}
.visible .entry int4_bfloat16_matmul_32(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 256,1,1
.minnctapersm 2
{
.reg .pred %p<31>;
.reg .b16 %rs<10>;
.reg .f32 %f<450>;
.reg .b32 %r<609>;
.reg .b64 %rd<95>;
.shared .align 4 .b8 shared5[32768];
ld.param.u64 %rd11,[p0];
ld.param.u64 %rd12,[p1];
ld.param.u64 %rd13,[p2];
ld.param.u64 %rd14,[p3];
ld.param.u64 %rd15,[p4];
ld.param.u32 %r89,[p5];
ld.param.u32 %r90,[p6];
ld.param.u32 %r91,[p7];
mov.u32 %r129,%tid.x;
and.b32 %r130,%r129,31;
shr.u32 %r1,%r130,2;
add.s32 %r131,%r89,31;
shr.s32 %r132,%r131,31;
shr.u32 %r133,%r132,27;
add.s32 %r134,%r131,%r133;
shr.s32 %r135,%r134,5;
mov.u32 %r136,%ctaid.x;
div.u32 %r137,%r136,%r135;
shl.b32 %r2,%r137,5;
mul.lo.s32 %r138,%r137,%r135;
sub.s32 %r139,%r136,%r138;
or.b32 %r140,%r2,%r1;
shr.s32 %r141,%r91,31;
shr.u32 %r142,%r141,27;
add.s32 %r143,%r91,%r142;
shr.s32 %r3,%r143,5;
add.s32 %r144,%r3,3;
add.s32 %r145,%r90,-1;
min.s32 %r146,%r140,%r145;
mul.wide.s32 %rd20,%r146,%r3;
or.b32 %r147,%r140,8;
min.s32 %r148,%r147,%r145;
mul.wide.s32 %rd21,%r148,%r3;
or.b32 %r149,%r140,16;
min.s32 %r150,%r149,%r145;
mul.wide.s32 %rd22,%r150,%r3;
or.b32 %r151,%r140,24;
min.s32 %r152,%r151,%r145;
mul.wide.s32 %rd23,%r152,%r3;
shr.u32 %r606,%r129,5;
and.b32 %r153,%r129,3;
shl.b32 %r5,%r139,5;
shr.s32 %r154,%r144,31;
shr.u32 %r155,%r154,30;
add.s32 %r156,%r144,%r155;
shr.s32 %r6,%r156,2;
bfi.b32 %r157,%r606,%r153,2,30;
cvt.u64.u32 %rd24,%r157;
setp.lt.s32 %p1,%r157,%r3;
selp.u32 %r124,1,0,%p1;
add.s64 %rd25,%rd20,%rd24;
shl.b64 %rd26,%rd25,4;
add.s64 %rd16,%rd11,%rd26;
mov.u32 %r593,0;
mov.u32 %r605,%r593;
mov.u32 %r604,%r593;
mov.u32 %r603,%r593;
mov.u32 %r602,%r593;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r605,%r604,
%r603,%r602},[%rd16]; }
add.s64 %rd27,%rd21,%rd24;
shl.b64 %rd28,%rd27,4;
add.s64 %rd17,%rd11,%rd28;
mov.u32 %r601,%r593;
mov.u32 %r600,%r593;
mov.u32 %r599,%r593;
mov.u32 %r598,%r593;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r601,%r600,
%r599,%r598},[%rd17]; }
add.s64 %rd29,%rd22,%rd24;
shl.b64 %rd30,%rd29,4;
add.s64 %rd18,%rd11,%rd30;
mov.u32 %r597,%r593;
mov.u32 %r596,%r593;
mov.u32 %r595,%r593;
mov.u32 %r594,%r593;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r597,%r596,
%r595,%r594},[%rd18]; }
add.s64 %rd31,%rd23,%rd24;
shl.b64 %rd32,%rd31,4;
add.s64 %rd19,%rd11,%rd32;
mov.u32 %r592,%r593;
mov.u32 %r591,%r593;
mov.u32 %r590,%r593;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r593,%r592,
%r591,%r590},[%rd19]; }
setp.ge.s32 %p2,%r606,%r6;
mov.f32 %f383,0f00000000;
mov.f32 %f384,%f383;
mov.f32 %f385,%f383;
mov.f32 %f386,%f383;
mov.f32 %f387,%f383;
mov.f32 %f388,%f383;
mov.f32 %f389,%f383;
mov.f32 %f390,%f383;
mov.f32 %f391,%f383;
mov.f32 %f392,%f383;
mov.f32 %f393,%f383;
mov.f32 %f394,%f383;
mov.f32 %f395,%f383;
mov.f32 %f396,%f383;
mov.f32 %f397,%f383;
mov.f32 %f398,%f383;
mov.f32 %f399,%f383;
mov.f32 %f400,%f383;
mov.f32 %f401,%f383;
mov.f32 %f402,%f383;
mov.f32 %f403,%f383;
mov.f32 %f404,%f383;
mov.f32 %f405,%f383;
mov.f32 %f406,%f383;
mov.f32 %f407,%f383;
mov.f32 %f408,%f383;
mov.f32 %f409,%f383;
mov.f32 %f410,%f383;
mov.f32 %f411,%f383;
mov.f32 %f412,%f383;
mov.f32 %f413,%f383;
mov.f32 %f414,%f383;
@%p2 bra $L__BB5_5;
add.s32 %r158,%r5,%r1;
shr.u32 %r160,%r141,29;
add.s32 %r161,%r91,%r160;
shr.s32 %r162,%r161,3;
add.s32 %r163,%r89,-1;
add.s32 %r164,%r158,8;
add.s32 %r165,%r158,16;
add.s32 %r166,%r158,24;
min.s32 %r167,%r166,%r163;
mul.wide.s32 %rd1,%r167,%r162;
min.s32 %r168,%r165,%r163;
mul.wide.s32 %rd2,%r168,%r162;
min.s32 %r169,%r164,%r163;
mul.wide.s32 %rd3,%r169,%r162;
min.s32 %r170,%r158,%r163;
mul.wide.s32 %rd4,%r170,%r162;
$L__BB5_2:
.pragma "nounroll";
setp.lt.s32 %p3,%r166,%r89;
setp.lt.s32 %p4,%r165,%r89;
setp.lt.s32 %p5,%r164,%r89;
setp.lt.s32 %p6,%r158,%r89;
bfi.b32 %r216,%r606,%r153,2,30;
add.s32 %r217,%r216,32;
cvt.s64.s32 %rd37,%r217;
setp.lt.s32 %p7,%r217,%r3;
selp.u32 %r202,1,0,%p7;
add.s32 %r218,%r2,%r1;
min.s32 %r220,%r218,%r145;
mul.wide.s32 %rd38,%r220,%r3;
add.s64 %rd39,%rd38,%rd37;
shl.b64 %rd40,%rd39,4;
add.s64 %rd33,%rd11,%rd40;
mov.u32 %r607,0;
mov.u32 %r171,%r607;
mov.u32 %r172,%r607;
mov.u32 %r173,%r607;
mov.u32 %r174,%r607;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r171,%r172,
%r173,%r174},[%rd33]; }
add.s32 %r221,%r218,8;
min.s32 %r222,%r221,%r145;
mul.wide.s32 %rd41,%r222,%r3;
add.s64 %rd42,%rd41,%rd37;
shl.b64 %rd43,%rd42,4;
add.s64 %rd34,%rd11,%rd43;
mov.u32 %r180,%r607;
mov.u32 %r181,%r607;
mov.u32 %r182,%r607;
mov.u32 %r183,%r607;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r180,%r181,
%r182,%r183},[%rd34]; }
add.s32 %r223,%r218,16;
min.s32 %r224,%r223,%r145;
mul.wide.s32 %rd44,%r224,%r3;
add.s64 %rd45,%rd44,%rd37;
shl.b64 %rd46,%rd45,4;
add.s64 %rd35,%rd11,%rd46;
mov.u32 %r189,%r607;
mov.u32 %r190,%r607;
mov.u32 %r191,%r607;
mov.u32 %r192,%r607;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r189,%r190,
%r191,%r192},[%rd35]; }
add.s32 %r225,%r218,24;
min.s32 %r226,%r225,%r145;
mul.wide.s32 %rd47,%r226,%r3;
add.s64 %rd48,%rd47,%rd37;
shl.b64 %rd49,%rd48,4;
add.s64 %rd36,%rd11,%rd49;
mov.u32 %r198,%r607;
mov.u32 %r199,%r607;
mov.u32 %r200,%r607;
mov.u32 %r201,%r607;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r198,%r199,
%r200,%r201},[%rd36]; }
setp.lt.s32 %p8,%r216,%r3;
and.pred %p9,%p8,%p6;
selp.u32 %r72,1,0,%p9;
and.pred %p10,%p8,%p5;
selp.u32 %r73,1,0,%p10;
and.pred %p11,%p8,%p4;
selp.u32 %r74,1,0,%p11;
and.pred %p12,%p8,%p3;
selp.u32 %r75,1,0,%p12;
$L__BB5_3:
.pragma "nounroll";
mov.u32 %r503,0;
bfi.b32 %r585,%r606,%r153,2,30;
shl.b32 %r584,%r585,2;
cvt.s64.s32 %rd94,%r584;
setp.eq.s32 %p13,%r607,2;
selp.b32 %r552,%r603,%r602,%p13;
setp.eq.s32 %p14,%r607,1;
selp.b32 %r553,%r604,%r552,%p14;
setp.eq.s32 %p15,%r607,0;
selp.b32 %r237,%r605,%r553,%p15;
shr.u32 %r229,%r237,4;
shr.u32 %r245,%r237,12;
shr.u32 %r253,%r237,8;
mov.u32 %r350,983055;
mov.u32 %r351,1124614920;
lop3.b32 %r228,%r229,%r350,%r351,0x6a;
mov.u32 %r354,1065369472;
mov.u32 %r355,-1022835960;
fma.rn.bf16x2 %r232,%r228,%r354,%r355;
lop3.b32 %r236,%r237,%r350,%r351,0x6a;
fma.rn.bf16x2 %r240,%r236,%r354,%r355;
lop3.b32 %r244,%r245,%r350,%r351,0x6a;
fma.rn.bf16x2 %r248,%r244,%r354,%r355;
lop3.b32 %r252,%r253,%r350,%r351,0x6a;
fma.rn.bf16x2 %r256,%r252,%r354,%r355;
selp.b32 %r554,%r599,%r598,%p13;
selp.b32 %r555,%r600,%r554,%p14;
selp.b32 %r269,%r601,%r555,%p15;
shr.u32 %r261,%r269,4;
shr.u32 %r277,%r269,12;
shr.u32 %r285,%r269,8;
lop3.b32 %r260,%r261,%r350,%r351,0x6a;
fma.rn.bf16x2 %r264,%r260,%r354,%r355;
lop3.b32 %r268,%r269,%r350,%r351,0x6a;
fma.rn.bf16x2 %r272,%r268,%r354,%r355;
lop3.b32 %r276,%r277,%r350,%r351,0x6a;
fma.rn.bf16x2 %r280,%r276,%r354,%r355;
lop3.b32 %r284,%r285,%r350,%r351,0x6a;
fma.rn.bf16x2 %r288,%r284,%r354,%r355;
selp.b32 %r556,%r595,%r594,%p13;
selp.b32 %r557,%r596,%r556,%p14;
selp.b32 %r301,%r597,%r557,%p15;
shr.u32 %r293,%r301,4;
shr.u32 %r309,%r301,12;
shr.u32 %r317,%r301,8;
lop3.b32 %r292,%r293,%r350,%r351,0x6a;
fma.rn.bf16x2 %r296,%r292,%r354,%r355;
lop3.b32 %r300,%r301,%r350,%r351,0x6a;
fma.rn.bf16x2 %r304,%r300,%r354,%r355;
lop3.b32 %r308,%r309,%r350,%r351,0x6a;
fma.rn.bf16x2 %r312,%r308,%r354,%r355;
lop3.b32 %r316,%r317,%r350,%r351,0x6a;
fma.rn.bf16x2 %r320,%r316,%r354,%r355;
selp.b32 %r558,%r591,%r590,%p13;
selp.b32 %r559,%r592,%r558,%p14;
selp.b32 %r333,%r593,%r559,%p15;
shr.u32 %r325,%r333,4;
shr.u32 %r341,%r333,12;
shr.u32 %r349,%r333,8;
lop3.b32 %r324,%r325,%r350,%r351,0x6a;
fma.rn.bf16x2 %r328,%r324,%r354,%r355;
lop3.b32 %r332,%r333,%r350,%r351,0x6a;
fma.rn.bf16x2 %r336,%r332,%r354,%r355;
lop3.b32 %r340,%r341,%r350,%r351,0x6a;
fma.rn.bf16x2 %r344,%r340,%r354,%r355;
lop3.b32 %r348,%r349,%r350,%r351,0x6a;
fma.rn.bf16x2 %r352,%r348,%r354,%r355;
cvt.s64.s32 %rd54,%r607;
add.s64 %rd55,%rd54,%rd94;
add.s64 %rd56,%rd4,%rd55;
shl.b64 %rd57,%rd56,4;
add.s64 %rd50,%rd12,%rd57;
mov.u32 %r356,%r503;
mov.u32 %r357,%r503;
mov.u32 %r358,%r503;
mov.u32 %r359,%r503;
{ .reg .pred p; setp.ne.u32 p,%r72,0; @p ld.global.nc.v4.u32 {%r356,%r357,
%r358,%r359},[%rd50]; }
mov.u32 %r523,21520;
prmt.b32 %r365,%r356,%r358,%r523;
mov.u32 %r527,30258;
prmt.b32 %r369,%r356,%r358,%r527;
prmt.b32 %r373,%r357,%r359,%r523;
prmt.b32 %r377,%r357,%r359,%r527;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f383,%f384,%f385,%f386},{%r232,%r264,%r240,%r272},{%r365,
%r369},{%f383,%f384,%f385,%f386};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f383,%f384,%f385,%f386},{%r248,%r280,%r256,%r288},{%r373,
%r377},{%f383,%f384,%f385,%f386};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f387,%f388,%f389,%f390},{%r296,%r328,%r304,%r336},{%r365,
%r369},{%f387,%f388,%f389,%f390};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f387,%f388,%f389,%f390},{%r312,%r344,%r320,%r352},{%r373,
%r377},{%f387,%f388,%f389,%f390};
add.s64 %rd58,%rd3,%rd55;
shl.b64 %rd59,%rd58,4;
add.s64 %rd51,%rd12,%rd59;
mov.u32 %r405,%r503;
mov.u32 %r406,%r503;
mov.u32 %r407,%r503;
mov.u32 %r408,%r503;
{ .reg .pred p; setp.ne.u32 p,%r73,0; @p ld.global.nc.v4.u32 {%r405,%r406,
%r407,%r408},[%rd51]; }
prmt.b32 %r414,%r405,%r407,%r523;
prmt.b32 %r418,%r405,%r407,%r527;
prmt.b32 %r422,%r406,%r408,%r523;
prmt.b32 %r426,%r406,%r408,%r527;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f391,%f392,%f393,%f394},{%r232,%r264,%r240,%r272},{%r414,
%r418},{%f391,%f392,%f393,%f394};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f391,%f392,%f393,%f394},{%r248,%r280,%r256,%r288},{%r422,
%r426},{%f391,%f392,%f393,%f394};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f395,%f396,%f397,%f398},{%r296,%r328,%r304,%r336},{%r414,
%r418},{%f395,%f396,%f397,%f398};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f395,%f396,%f397,%f398},{%r312,%r344,%r320,%r352},{%r422,
%r426},{%f395,%f396,%f397,%f398};
add.s64 %rd60,%rd2,%rd55;
shl.b64 %rd61,%rd60,4;
add.s64 %rd52,%rd12,%rd61;
mov.u32 %r454,%r503;
mov.u32 %r455,%r503;
mov.u32 %r456,%r503;
mov.u32 %r457,%r503;
{ .reg .pred p; setp.ne.u32 p,%r74,0; @p ld.global.nc.v4.u32 {%r454,%r455,
%r456,%r457},[%rd52]; }
prmt.b32 %r463,%r454,%r456,%r523;
prmt.b32 %r467,%r454,%r456,%r527;
prmt.b32 %r471,%r455,%r457,%r523;
prmt.b32 %r475,%r455,%r457,%r527;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f399,%f400,%f401,%f402},{%r232,%r264,%r240,%r272},{%r463,
%r467},{%f399,%f400,%f401,%f402};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f399,%f400,%f401,%f402},{%r248,%r280,%r256,%r288},{%r471,
%r475},{%f399,%f400,%f401,%f402};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f403,%f404,%f405,%f406},{%r296,%r328,%r304,%r336},{%r463,
%r467},{%f403,%f404,%f405,%f406};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f403,%f404,%f405,%f406},{%r312,%r344,%r320,%r352},{%r471,
%r475},{%f403,%f404,%f405,%f406};
add.s64 %rd62,%rd1,%rd55;
shl.b64 %rd63,%rd62,4;
add.s64 %rd53,%rd12,%rd63;
mov.u32 %r504,%r503;
mov.u32 %r505,%r503;
mov.u32 %r506,%r503;
{ .reg .pred p; setp.ne.u32 p,%r75,0; @p ld.global.nc.v4.u32 {%r503,%r504,
%r505,%r506},[%rd53]; }
prmt.b32 %r512,%r503,%r505,%r523;
prmt.b32 %r516,%r503,%r505,%r527;
prmt.b32 %r520,%r504,%r506,%r523;
prmt.b32 %r524,%r504,%r506,%r527;
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f407,%f408,%f409,%f410},{%r232,%r264,%r240,%r272},{%r512,
%r516},{%f407,%f408,%f409,%f410};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f407,%f408,%f409,%f410},{%r248,%r280,%r256,%r288},{%r520,
%r524},{%f407,%f408,%f409,%f410};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f411,%f412,%f413,%f414},{%r296,%r328,%r304,%r336},{%r512,
%r516},{%f411,%f412,%f413,%f414};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f411,%f412,%f413,%f414},{%r312,%r344,%r320,%r352},{%r520,
%r524},{%f411,%f412,%f413,%f414};
add.s32 %r607,%r607,1;
setp.ne.s32 %p16,%r607,4;
@%p16 bra $L__BB5_3;
add.s32 %r606,%r606,8;
setp.lt.s32 %p17,%r606,%r6;
mov.u32 %r590,%r201;
mov.u32 %r591,%r200;
mov.u32 %r592,%r199;
mov.u32 %r593,%r198;
mov.u32 %r594,%r192;
mov.u32 %r595,%r191;
mov.u32 %r596,%r190;
mov.u32 %r597,%r189;
mov.u32 %r598,%r183;
mov.u32 %r599,%r182;
mov.u32 %r600,%r181;
mov.u32 %r601,%r180;
mov.u32 %r602,%r174;
mov.u32 %r603,%r173;
mov.u32 %r604,%r172;
mov.u32 %r605,%r171;
@%p17 bra $L__BB5_2;
$L__BB5_5:
mov.u32 %r587,%tid.x;
shr.u32 %r561,%r587,5;
shl.b32 %r562,%r587,1;
and.b32 %r563,%r562,6;
mul.wide.u32 %rd64,%r561,4096;
mov.u64 %rd65,shared5;
add.s64 %rd66,%rd65,%rd64;
mul.wide.u32 %rd67,%r563,128;
add.s64 %rd68,%rd66,%rd67;
and.b32 %r564,%r587,28;
cvt.u64.u32 %rd69,%r564;
add.s64 %rd70,%rd68,%rd69;
st.shared.f32 [%rd70],%f383;
st.shared.f32 [%rd70+128],%f384;
st.shared.f32 [%rd70+32],%f385;
st.shared.f32 [%rd70+160],%f386;
st.shared.f32 [%rd70+64],%f387;
st.shared.f32 [%rd70+192],%f388;
st.shared.f32 [%rd70+96],%f389;
st.shared.f32 [%rd70+224],%f390;
st.shared.f32 [%rd70+1024],%f391;
st.shared.f32 [%rd70+1152],%f392;
st.shared.f32 [%rd70+1056],%f393;
st.shared.f32 [%rd70+1184],%f394;
st.shared.f32 [%rd70+1088],%f395;
st.shared.f32 [%rd70+1216],%f396;
st.shared.f32 [%rd70+1120],%f397;
st.shared.f32 [%rd70+1248],%f398;
st.shared.f32 [%rd70+2048],%f399;
st.shared.f32 [%rd70+2176],%f400;
st.shared.f32 [%rd70+2080],%f401;
st.shared.f32 [%rd70+2208],%f402;
st.shared.f32 [%rd70+2112],%f403;
st.shared.f32 [%rd70+2240],%f404;
st.shared.f32 [%rd70+2144],%f405;
st.shared.f32 [%rd70+2272],%f406;
st.shared.f32 [%rd70+3072],%f407;
st.shared.f32 [%rd70+3200],%f408;
st.shared.f32 [%rd70+3104],%f409;
st.shared.f32 [%rd70+3232],%f410;
st.shared.f32 [%rd70+3136],%f411;
st.shared.f32 [%rd70+3264],%f412;
st.shared.f32 [%rd70+3168],%f413;
st.shared.f32 [%rd70+3296],%f414;
bar.sync 0;
setp.gt.s32 %p18,%r587,1023;
@%p18 bra $L__BB5_28;
ld.param.u32 %r589,[p8];
mov.u32 %r588,%tid.x;
cvt.s64.s32 %rd6,%r90;
shr.u32 %r565,%r589,2;
and.b32 %r79,%r565,3;
cvt.u16.u32 %rs5,%r589;
and.b16 %rs1,%rs5,3;
shr.u32 %r566,%r589,4;
and.b32 %r80,%r566,3;
add.s32 %r608,%r588,-256;
$L__BB5_7:
.pragma "nounroll";
add.s32 %r608,%r608,256;
shr.s32 %r568,%r608,31;
shr.u32 %r569,%r568,27;
add.s32 %r570,%r608,%r569;
shr.s32 %r571,%r570,5;
and.b32 %r572,%r570,-32;
sub.s32 %r573,%r608,%r572;
mul.wide.s32 %rd71,%r571,128;
add.s64 %rd73,%rd65,%rd71;
mul.wide.s32 %rd74,%r573,4;
add.s64 %rd7,%rd73,%rd74;
add.s32 %r84,%r571,%r5;
setp.ge.s32 %p19,%r84,%r89;
add.s32 %r85,%r573,%r2;
setp.ge.s32 %p20,%r85,%r90;
or.pred %p21,%p19,%p20;
@%p21 bra $L__BB5_27;
ld.shared.f32 %f333,[%rd7];
ld.shared.f32 %f334,[%rd7+4096];
ld.shared.f32 %f335,[%rd7+8192];
ld.shared.f32 %f336,[%rd7+12288];
ld.shared.f32 %f337,[%rd7+16384];
ld.shared.f32 %f338,[%rd7+20480];
ld.shared.f32 %f339,[%rd7+24576];
ld.shared.f32 %f340,[%rd7+28672];
setp.eq.s32 %p22,%r79,2;
cvt.s64.s32 %rd8,%r84;
cvt.s64.s32 %rd9,%r85;
add.f32 %f341,%f333,0f00000000;
add.f32 %f342,%f341,%f334;
add.f32 %f343,%f342,%f335;
add.f32 %f344,%f343,%f336;
add.f32 %f345,%f344,%f337;
add.f32 %f346,%f345,%f338;
add.f32 %f347,%f346,%f339;
add.f32 %f129,%f347,%f340;
@%p22 bra $L__BB5_12;
bra.uni $L__BB5_9;
$L__BB5_12:
cvta.to.global.u64 %rd78,%rd13;
shl.b64 %rd79,%rd9,2;
add.s64 %rd80,%rd78,%rd79;
ld.global.f32 %f447,[%rd80];
bra.uni $L__BB5_13;
$L__BB5_9:
setp.eq.s32 %p23,%r79,0;
cvta.to.global.u64 %rd75,%rd13;
shl.b64 %rd76,%rd9,1;
add.s64 %rd77,%rd75,%rd76;
ld.global.u16 %r86,[%rd77];
@%p23 bra $L__BB5_11;
shl.b32 %r574,%r86,16;
mov.b32 %f447,%r574;
bra.uni $L__BB5_13;
$L__BB5_11:
{ .reg .b16 h; cvt.u16.u32 h,%r86; cvt.f32.f16 %f447,h; }
$L__BB5_13:
mul.f32 %f140,%f129,%f447;
setp.eq.s64 %p24,%rd14,0;
@%p24 bra $L__BB5_20;
setp.eq.s32 %p25,%r80,2;
@%p25 bra $L__BB5_18;
bra.uni $L__BB5_15;
$L__BB5_18:
cvta.to.global.u64 %rd84,%rd14;
shl.b64 %rd85,%rd9,2;
add.s64 %rd86,%rd84,%rd85;
ld.global.f32 %f448,[%rd86];
bra.uni $L__BB5_19;
$L__BB5_15:
setp.eq.s32 %p26,%r80,0;
cvta.to.global.u64 %rd81,%rd14;
shl.b64 %rd82,%rd9,1;
add.s64 %rd83,%rd81,%rd82;
ld.global.u16 %r87,[%rd83];
@%p26 bra $L__BB5_17;
shl.b32 %r576,%r87,16;
mov.b32 %f448,%r576;
bra.uni $L__BB5_19;
$L__BB5_17:
{ .reg .b16 h; cvt.u16.u32 h,%r87; cvt.f32.f16 %f448,h; }
$L__BB5_19:
add.f32 %f140,%f140,%f448;
$L__BB5_20:
mul.lo.s64 %rd87,%rd8,%rd6;
add.s64 %rd10,%rd87,%rd9;
setp.eq.s16 %p27,%rs1,2;
@%p27 bra $L__BB5_23;
setp.ne.s16 %p28,%rs1,0;
@%p28 bra $L__BB5_24;
cvt.rn.f16.f32 %rs9,%f140;
bra.uni $L__BB5_26;
$L__BB5_23:
cvta.to.global.u64 %rd88,%rd15;
shl.b64 %rd89,%rd10,2;
add.s64 %rd90,%rd88,%rd89;
st.global.f32 [%rd90],%f140;
bra.uni $L__BB5_27;
$L__BB5_24:
mov.b32 %r88,%f140;
and.b32 %r578,%r88,2147483647;
setp.gt.u32 %p29,%r578,2139095040;
mov.u16 %rs9,32767;
@%p29 bra $L__BB5_26;
shr.u32 %r579,%r88,16;
and.b32 %r580,%r579,1;
add.s32 %r581,%r88,%r580;
add.s32 %r582,%r581,32767;
shr.u32 %r583,%r582,16;
cvt.u16.u32 %rs9,%r583;
$L__BB5_26:
cvta.to.global.u64 %rd91,%rd15;
shl.b64 %rd92,%rd10,1;
add.s64 %rd93,%rd91,%rd92;
st.global.u16 [%rd93],%rs9;
$L__BB5_27:
setp.lt.s32 %p30,%r608,768;
@%p30 bra $L__BB5_7;
$L__BB5_28:
ret;
}
.visible .entry int8_half_matmul_8(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 256,1,1
.minnctapersm 4
{
.reg .pred %p<21>;
.reg .b16 %rs<10>;
.reg .f32 %f<94>;
.reg .b32 %r<322>;
.reg .b64 %rd<63>;
.shared .align 4 .b8 shared6[4096];
ld.param.u64 %rd8,[p0];
ld.param.u64 %rd9,[p1];
ld.param.u64 %rd10,[p2];
ld.param.u64 %rd11,[p3];
ld.param.u64 %rd12,[p4];
ld.param.u32 %r55,[p5];
ld.param.u32 %r56,[p6];
ld.param.u32 %r57,[p7];
ld.param.u32 %r58,[p8];
mov.u32 %r77,%tid.x;
and.b32 %r78,%r77,31;
shr.u32 %r79,%r77,5;
shr.u32 %r80,%r78,2;
and.b32 %r81,%r77,3;
add.s32 %r82,%r55,7;
shr.s32 %r83,%r82,31;
shr.u32 %r84,%r83,29;
add.s32 %r85,%r82,%r84;
shr.s32 %r86,%r85,3;
mov.u32 %r87,%ctaid.x;
div.u32 %r88,%r87,%r86;
shl.b32 %r1,%r88,4;
mul.lo.s32 %r89,%r88,%r86;
sub.s32 %r90,%r87,%r89;
shl.b32 %r2,%r90,3;
shr.s32 %r91,%r57,31;
shr.u32 %r92,%r91,28;
add.s32 %r93,%r57,%r92;
shr.s32 %r3,%r93,4;
add.s32 %r94,%r3,3;
shr.s32 %r95,%r94,31;
shr.u32 %r96,%r95,30;
add.s32 %r97,%r94,%r96;
shr.s32 %r4,%r97,2;
or.b32 %r98,%r1,%r80;
add.s32 %r99,%r56,-1;
min.s32 %r100,%r98,%r99;
mul.wide.s32 %rd1,%r100,%r3;
or.b32 %r101,%r98,8;
min.s32 %r102,%r101,%r99;
mul.wide.s32 %rd2,%r102,%r3;
or.b32 %r5,%r2,%r80;
bfi.b32 %r311,%r79,%r81,2,30;
cvt.u64.u32 %rd15,%r311;
setp.lt.s32 %p1,%r311,%r3;
selp.u32 %r72,1,0,%p1;
add.s64 %rd16,%rd1,%rd15;
shl.b64 %rd17,%rd16,4;
add.s64 %rd13,%rd8,%rd17;
mov.u32 %r316,0;
mov.u32 %r312,%r316;
mov.u32 %r313,%r316;
mov.u32 %r314,%r316;
mov.u32 %r315,%r316;
{ .reg .pred p; setp.ne.u32 p,%r72,0; @p ld.global.cs.nc.v4.u32 {%r312,%r313,
%r314,%r315},[%rd13]; }
add.s64 %rd18,%rd2,%rd15;
shl.b64 %rd19,%rd18,4;
add.s64 %rd14,%rd8,%rd19;
mov.u32 %r317,%r316;
mov.u32 %r318,%r316;
mov.u32 %r319,%r316;
{ .reg .pred p; setp.ne.u32 p,%r72,0; @p ld.global.cs.nc.v4.u32 {%r316,%r317,
%r318,%r319},[%rd14]; }
setp.ge.s32 %p2,%r79,%r4;
mov.f32 %f86,0f00000000;
mov.f32 %f85,%f86;
mov.f32 %f84,%f86;
mov.f32 %f83,%f86;
@%p2 bra $L__BB6_3;
add.s32 %r104,%r55,-1;
shr.u32 %r107,%r91,29;
add.s32 %r108,%r57,%r107;
shr.s32 %r109,%r108,3;
min.s32 %r110,%r5,%r104;
mul.wide.s32 %rd3,%r110,%r109;
mov.u32 %r320,%r79;
$L__BB6_2:
.pragma "nounroll";
shl.b32 %r283,%r320,2;
or.b32 %r284,%r283,%r81;
add.s32 %r285,%r284,32;
cvt.s64.s32 %rd24,%r285;
add.s32 %r35,%r311,32;
setp.lt.s32 %p3,%r35,%r3;
selp.u32 %r124,1,0,%p3;
add.s64 %rd25,%rd1,%rd24;
shl.b64 %rd26,%rd25,4;
add.s64 %rd20,%rd8,%rd26;
mov.u32 %r262,0;
mov.u32 %r111,%r262;
mov.u32 %r112,%r262;
mov.u32 %r113,%r262;
mov.u32 %r114,%r262;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r111,%r112,
%r113,%r114},[%rd20]; }
add.s64 %rd27,%rd2,%rd24;
shl.b64 %rd28,%rd27,4;
add.s64 %rd21,%rd8,%rd28;
mov.u32 %r120,%r262;
mov.u32 %r121,%r262;
mov.u32 %r122,%r262;
mov.u32 %r123,%r262;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r120,%r121,
%r122,%r123},[%rd21]; }
setp.lt.s32 %p4,%r311,%r3;
setp.lt.s32 %p5,%r5,%r55;
and.pred %p6,%p5,%p4;
shl.b32 %r286,%r284,1;
cvt.s64.s32 %rd29,%r286;
selp.u32 %r266,1,0,%p6;
xor.b32 %r137,%r312,-2139062144;
mov.u32 %r257,1684300900;
mov.u32 %r251,16704;
prmt.b32 %r129,%r137,%r257,%r251;
mov.u32 %r261,1686135936;
sub.rn.f16x2 %r133,%r129,%r261;
mov.u32 %r258,17218;
prmt.b32 %r136,%r137,%r257,%r258;
sub.rn.f16x2 %r140,%r136,%r261;
xor.b32 %r151,%r313,-2139062144;
prmt.b32 %r143,%r151,%r257,%r251;
sub.rn.f16x2 %r147,%r143,%r261;
prmt.b32 %r150,%r151,%r257,%r258;
sub.rn.f16x2 %r154,%r150,%r261;
xor.b32 %r165,%r316,-2139062144;
prmt.b32 %r157,%r165,%r257,%r251;
sub.rn.f16x2 %r161,%r157,%r261;
prmt.b32 %r164,%r165,%r257,%r258;
sub.rn.f16x2 %r168,%r164,%r261;
xor.b32 %r179,%r317,-2139062144;
prmt.b32 %r171,%r179,%r257,%r251;
sub.rn.f16x2 %r175,%r171,%r261;
prmt.b32 %r178,%r179,%r257,%r258;
sub.rn.f16x2 %r182,%r178,%r261;
add.s64 %rd30,%rd3,%rd29;
shl.b64 %rd31,%rd30,4;
add.s64 %rd22,%rd9,%rd31;
mov.u32 %r185,%r262;
mov.u32 %r186,%r262;
mov.u32 %r187,%r262;
mov.u32 %r188,%r262;
{ .reg .pred p; setp.ne.u32 p,%r266,0; @p ld.global.nc.v4.u32 {%r185,%r186,
%r187,%r188},[%rd22]; }
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f86,%f85,%f84,%f83},{%r133,%r161,%r140,%r168},{%r185,
%r186},{%f86,%f85,%f84,%f83};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f86,%f85,%f84,%f83},{%r147,%r175,%r154,%r182},{%r187,
%r188},{%f86,%f85,%f84,%f83};
xor.b32 %r214,%r314,-2139062144;
prmt.b32 %r206,%r214,%r257,%r251;
sub.rn.f16x2 %r210,%r206,%r261;
prmt.b32 %r213,%r214,%r257,%r258;
sub.rn.f16x2 %r217,%r213,%r261;
xor.b32 %r228,%r315,-2139062144;
prmt.b32 %r220,%r228,%r257,%r251;
sub.rn.f16x2 %r224,%r220,%r261;
prmt.b32 %r227,%r228,%r257,%r258;
sub.rn.f16x2 %r231,%r227,%r261;
xor.b32 %r242,%r318,-2139062144;
prmt.b32 %r234,%r242,%r257,%r251;
sub.rn.f16x2 %r238,%r234,%r261;
prmt.b32 %r241,%r242,%r257,%r258;
sub.rn.f16x2 %r245,%r241,%r261;
xor.b32 %r256,%r319,-2139062144;
prmt.b32 %r248,%r256,%r257,%r251;
sub.rn.f16x2 %r252,%r248,%r261;
prmt.b32 %r255,%r256,%r257,%r258;
sub.rn.f16x2 %r259,%r255,%r261;
add.s64 %rd23,%rd22,16;
mov.u32 %r263,%r262;
mov.u32 %r264,%r262;
mov.u32 %r265,%r262;
{ .reg .pred p; setp.ne.u32 p,%r266,0; @p ld.global.nc.v4.u32 {%r262,%r263,
%r264,%r265},[%rd23]; }
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f86,%f85,%f84,%f83},{%r210,%r238,%r217,%r245},{%r262,
%r263},{%f86,%f85,%f84,%f83};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f86,%f85,%f84,%f83},{%r224,%r252,%r231,%r259},{%r264,
%r265},{%f86,%f85,%f84,%f83};
add.s32 %r320,%r320,8;
setp.lt.s32 %p7,%r320,%r4;
mov.u32 %r311,%r35;
mov.u32 %r312,%r111;
mov.u32 %r313,%r112;
mov.u32 %r314,%r113;
mov.u32 %r315,%r114;
mov.u32 %r316,%r120;
mov.u32 %r317,%r121;
mov.u32 %r318,%r122;
mov.u32 %r319,%r123;
@%p7 bra $L__BB6_2;
$L__BB6_3:
shl.b32 %r289,%r77,1;
and.b32 %r290,%r289,6;
mul.wide.u32 %rd32,%r79,512;
mov.u64 %rd33,shared6;
add.s64 %rd34,%rd33,%rd32;
mul.wide.u32 %rd35,%r290,64;
add.s64 %rd36,%rd34,%rd35;
and.b32 %r291,%r77,28;
cvt.u64.u32 %rd37,%r291;
add.s64 %rd38,%rd36,%rd37;
st.shared.f32 [%rd38],%f86;
st.shared.f32 [%rd38+64],%f85;
st.shared.f32 [%rd38+32],%f84;
st.shared.f32 [%rd38+96],%f83;
bar.sync 0;
setp.gt.s32 %p8,%r77,127;
@%p8 bra $L__BB6_26;
shr.u32 %r292,%r58,2;
and.b32 %r45,%r292,3;
cvt.u16.u32 %rs5,%r58;
and.b16 %rs1,%rs5,3;
shr.u32 %r293,%r58,4;
and.b32 %r46,%r293,3;
add.s32 %r321,%r77,-256;
$L__BB6_5:
.pragma "nounroll";
add.s32 %r321,%r321,256;
shr.s32 %r295,%r321,31;
shr.u32 %r296,%r295,28;
add.s32 %r297,%r321,%r296;
shr.s32 %r298,%r297,4;
and.b32 %r299,%r297,-16;
sub.s32 %r300,%r321,%r299;
mul.wide.s32 %rd39,%r298,64;
add.s64 %rd41,%rd33,%rd39;
mul.wide.s32 %rd42,%r300,4;
add.s64 %rd4,%rd41,%rd42;
add.s32 %r50,%r298,%r2;
setp.ge.s32 %p9,%r50,%r55;
add.s32 %r51,%r300,%r1;
setp.ge.s32 %p10,%r51,%r56;
or.pred %p11,%p9,%p10;
@%p11 bra $L__BB6_25;
ld.shared.f32 %f65,[%rd4];
ld.shared.f32 %f66,[%rd4+512];
ld.shared.f32 %f67,[%rd4+1024];
ld.shared.f32 %f68,[%rd4+1536];
ld.shared.f32 %f69,[%rd4+2048];
ld.shared.f32 %f70,[%rd4+2560];
ld.shared.f32 %f71,[%rd4+3072];
ld.shared.f32 %f72,[%rd4+3584];
setp.eq.s32 %p12,%r45,2;
cvt.s64.s32 %rd5,%r50;
cvt.s64.s32 %rd6,%r51;
add.f32 %f73,%f65,0f00000000;
add.f32 %f74,%f73,%f66;
add.f32 %f75,%f74,%f67;
add.f32 %f76,%f75,%f68;
add.f32 %f77,%f76,%f69;
add.f32 %f78,%f77,%f70;
add.f32 %f79,%f78,%f71;
add.f32 %f13,%f79,%f72;
@%p12 bra $L__BB6_10;
bra.uni $L__BB6_7;
$L__BB6_10:
cvta.to.global.u64 %rd46,%rd10;
shl.b64 %rd47,%rd6,2;
add.s64 %rd48,%rd46,%rd47;
ld.global.f32 %f91,[%rd48];
bra.uni $L__BB6_11;
$L__BB6_7:
setp.eq.s32 %p13,%r45,0;
cvta.to.global.u64 %rd43,%rd10;
shl.b64 %rd44,%rd6,1;
add.s64 %rd45,%rd43,%rd44;
ld.global.u16 %r52,[%rd45];
@%p13 bra $L__BB6_9;
shl.b32 %r301,%r52,16;
mov.b32 %f91,%r301;
bra.uni $L__BB6_11;
$L__BB6_9:
{ .reg .b16 h; cvt.u16.u32 h,%r52; cvt.f32.f16 %f91,h; }
$L__BB6_11:
mul.f32 %f24,%f13,%f91;
setp.eq.s64 %p14,%rd11,0;
@%p14 bra $L__BB6_18;
setp.eq.s32 %p15,%r46,2;
@%p15 bra $L__BB6_16;
bra.uni $L__BB6_13;
$L__BB6_16:
cvta.to.global.u64 %rd52,%rd11;
shl.b64 %rd53,%rd6,2;
add.s64 %rd54,%rd52,%rd53;
ld.global.f32 %f92,[%rd54];
bra.uni $L__BB6_17;
$L__BB6_13:
setp.eq.s32 %p16,%r46,0;
cvta.to.global.u64 %rd49,%rd11;
shl.b64 %rd50,%rd6,1;
add.s64 %rd51,%rd49,%rd50;
ld.global.u16 %r53,[%rd51];
@%p16 bra $L__BB6_15;
shl.b32 %r303,%r53,16;
mov.b32 %f92,%r303;
bra.uni $L__BB6_17;
$L__BB6_15:
{ .reg .b16 h; cvt.u16.u32 h,%r53; cvt.f32.f16 %f92,h; }
$L__BB6_17:
add.f32 %f24,%f24,%f92;
$L__BB6_18:
cvt.s64.s32 %rd55,%r56;
mul.lo.s64 %rd56,%rd5,%rd55;
add.s64 %rd7,%rd56,%rd6;
setp.eq.s16 %p17,%rs1,2;
@%p17 bra $L__BB6_21;
setp.ne.s16 %p18,%rs1,0;
@%p18 bra $L__BB6_22;
cvt.rn.f16.f32 %rs9,%f24;
bra.uni $L__BB6_24;
$L__BB6_21:
cvta.to.global.u64 %rd57,%rd12;
shl.b64 %rd58,%rd7,2;
add.s64 %rd59,%rd57,%rd58;
st.global.f32 [%rd59],%f24;
bra.uni $L__BB6_25;
$L__BB6_22:
mov.b32 %r54,%f24;
and.b32 %r305,%r54,2147483647;
setp.gt.u32 %p19,%r305,2139095040;
mov.u16 %rs9,32767;
@%p19 bra $L__BB6_24;
shr.u32 %r306,%r54,16;
and.b32 %r307,%r306,1;
add.s32 %r308,%r54,%r307;
add.s32 %r309,%r308,32767;
shr.u32 %r310,%r309,16;
cvt.u16.u32 %rs9,%r310;
$L__BB6_24:
cvta.to.global.u64 %rd60,%rd12;
shl.b64 %rd61,%rd7,1;
add.s64 %rd62,%rd60,%rd61;
st.global.u16 [%rd62],%rs9;
$L__BB6_25:
setp.lt.s32 %p20,%r321,-128;
@%p20 bra $L__BB6_5;
$L__BB6_26:
ret;
}
.visible .entry int8_half_matmul_16(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 256,1,1
.minnctapersm 3
{
.reg .pred %p<23>;
.reg .b16 %rs<10>;
.reg .f32 %f<154>;
.reg .b32 %r<367>;
.reg .b64 %rd<69>;
.shared .align 4 .b8 shared7[8192];
ld.param.u64 %rd9,[p0];
ld.param.u64 %rd10,[p1];
ld.param.u64 %rd11,[p2];
ld.param.u64 %rd12,[p3];
ld.param.u64 %rd13,[p4];
ld.param.u32 %r52,[p5];
ld.param.u32 %r53,[p6];
ld.param.u32 %r54,[p7];
ld.param.u32 %r55,[p8];
mov.u32 %r74,%tid.x;
and.b32 %r75,%r74,31;
shr.u32 %r76,%r74,5;
shr.u32 %r77,%r75,2;
and.b32 %r78,%r74,3;
add.s32 %r79,%r52,15;
shr.s32 %r80,%r79,31;
shr.u32 %r81,%r80,28;
add.s32 %r82,%r79,%r81;
shr.s32 %r83,%r82,4;
mov.u32 %r84,%ctaid.x;
div.u32 %r85,%r84,%r83;
shl.b32 %r1,%r85,4;
mul.lo.s32 %r86,%r85,%r83;
sub.s32 %r87,%r84,%r86;
shl.b32 %r2,%r87,4;
shr.s32 %r88,%r54,31;
shr.u32 %r89,%r88,28;
add.s32 %r90,%r54,%r89;
shr.s32 %r3,%r90,4;
add.s32 %r91,%r3,3;
shr.s32 %r92,%r91,31;
shr.u32 %r93,%r92,30;
add.s32 %r94,%r91,%r93;
shr.s32 %r4,%r94,2;
or.b32 %r95,%r1,%r77;
add.s32 %r96,%r53,-1;
min.s32 %r97,%r95,%r96;
mul.wide.s32 %rd16,%r97,%r3;
or.b32 %r98,%r95,8;
min.s32 %r99,%r98,%r96;
mul.wide.s32 %rd1,%r99,%r3;
or.b32 %r5,%r2,%r77;
bfi.b32 %r100,%r76,%r78,2,30;
cvt.u64.u32 %rd17,%r100;
setp.lt.s32 %p1,%r100,%r3;
selp.u32 %r69,1,0,%p1;
add.s64 %rd18,%rd16,%rd17;
shl.b64 %rd19,%rd18,4;
add.s64 %rd14,%rd9,%rd19;
mov.u32 %r361,0;
mov.u32 %r357,%r361;
mov.u32 %r358,%r361;
mov.u32 %r359,%r361;
mov.u32 %r360,%r361;
{ .reg .pred p; setp.ne.u32 p,%r69,0; @p ld.global.cs.nc.v4.u32 {%r357,%r358,
%r359,%r360},[%rd14]; }
add.s64 %rd20,%rd1,%rd17;
shl.b64 %rd21,%rd20,4;
add.s64 %rd15,%rd9,%rd21;
mov.u32 %r362,%r361;
mov.u32 %r363,%r361;
mov.u32 %r364,%r361;
{ .reg .pred p; setp.ne.u32 p,%r69,0; @p ld.global.cs.nc.v4.u32 {%r361,%r362,
%r363,%r364},[%rd15]; }
setp.ge.s32 %p2,%r76,%r4;
mov.f32 %f135,0f00000000;
mov.f32 %f136,%f135;
mov.f32 %f137,%f135;
mov.f32 %f138,%f135;
mov.f32 %f139,%f135;
mov.f32 %f140,%f135;
mov.f32 %f141,%f135;
mov.f32 %f142,%f135;
@%p2 bra $L__BB7_3;
shr.u32 %r102,%r88,29;
add.s32 %r103,%r54,%r102;
shr.s32 %r104,%r103,3;
add.s32 %r105,%r52,-1;
min.s32 %r106,%r5,%r105;
mul.wide.s32 %rd2,%r106,%r104;
add.s32 %r23,%r5,8;
min.s32 %r107,%r23,%r105;
mul.wide.s32 %rd3,%r107,%r104;
add.s32 %r111,%r1,%r77;
min.s32 %r113,%r111,%r96;
mul.wide.s32 %rd4,%r113,%r3;
mov.u32 %r365,%r76;
$L__BB7_2:
.pragma "nounroll";
bfi.b32 %r330,%r365,%r78,2,30;
add.s32 %r331,%r330,32;
cvt.s64.s32 %rd28,%r331;
setp.lt.s32 %p3,%r331,%r3;
selp.u32 %r127,1,0,%p3;
add.s64 %rd29,%rd4,%rd28;
shl.b64 %rd30,%rd29,4;
add.s64 %rd22,%rd9,%rd30;
mov.u32 %r307,0;
mov.u32 %r114,%r307;
mov.u32 %r115,%r307;
mov.u32 %r116,%r307;
mov.u32 %r117,%r307;
{ .reg .pred p; setp.ne.u32 p,%r127,0; @p ld.global.cs.nc.v4.u32 {%r114,%r115,
%r116,%r117},[%rd22]; }
add.s64 %rd31,%rd1,%rd28;
shl.b64 %rd32,%rd31,4;
add.s64 %rd23,%rd9,%rd32;
mov.u32 %r123,%r307;
mov.u32 %r124,%r307;
mov.u32 %r125,%r307;
mov.u32 %r126,%r307;
{ .reg .pred p; setp.ne.u32 p,%r127,0; @p ld.global.cs.nc.v4.u32 {%r123,%r124,
%r125,%r126},[%rd23]; }
setp.lt.s32 %p4,%r330,%r3;
shl.b32 %r332,%r330,1;
cvt.s64.s32 %rd33,%r332;
setp.lt.s32 %p5,%r5,%r52;
and.pred %p6,%p4,%p5;
xor.b32 %r140,%r357,-2139062144;
mov.u32 %r281,1684300900;
mov.u32 %r275,16704;
prmt.b32 %r132,%r140,%r281,%r275;
mov.u32 %r285,1686135936;
sub.rn.f16x2 %r136,%r132,%r285;
mov.u32 %r282,17218;
prmt.b32 %r139,%r140,%r281,%r282;
sub.rn.f16x2 %r143,%r139,%r285;
xor.b32 %r154,%r358,-2139062144;
prmt.b32 %r146,%r154,%r281,%r275;
sub.rn.f16x2 %r150,%r146,%r285;
prmt.b32 %r153,%r154,%r281,%r282;
sub.rn.f16x2 %r157,%r153,%r285;
xor.b32 %r168,%r361,-2139062144;
prmt.b32 %r160,%r168,%r281,%r275;
sub.rn.f16x2 %r164,%r160,%r285;
prmt.b32 %r167,%r168,%r281,%r282;
sub.rn.f16x2 %r171,%r167,%r285;
xor.b32 %r182,%r362,-2139062144;
prmt.b32 %r174,%r182,%r281,%r275;
sub.rn.f16x2 %r178,%r174,%r285;
prmt.b32 %r181,%r182,%r281,%r282;
sub.rn.f16x2 %r185,%r181,%r285;
selp.u32 %r290,1,0,%p6;
add.s64 %rd34,%rd2,%rd33;
shl.b64 %rd35,%rd34,4;
add.s64 %rd24,%rd10,%rd35;
mov.u32 %r188,%r307;
mov.u32 %r189,%r307;
mov.u32 %r190,%r307;
mov.u32 %r191,%r307;
{ .reg .pred p; setp.ne.u32 p,%r290,0; @p ld.global.nc.v4.u32 {%r188,%r189,
%r190,%r191},[%rd24]; }
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f135,%f136,%f137,%f138},{%r136,%r164,%r143,%r171},{%r188,
%r189},{%f135,%f136,%f137,%f138};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f135,%f136,%f137,%f138},{%r150,%r178,%r157,%r185},{%r190,
%r191},{%f135,%f136,%f137,%f138};
setp.lt.s32 %p7,%r23,%r52;
and.pred %p8,%p4,%p7;
selp.u32 %r311,1,0,%p8;
add.s64 %rd36,%rd3,%rd33;
shl.b64 %rd37,%rd36,4;
add.s64 %rd25,%rd10,%rd37;
mov.u32 %r209,%r307;
mov.u32 %r210,%r307;
mov.u32 %r211,%r307;
mov.u32 %r212,%r307;
{ .reg .pred p; setp.ne.u32 p,%r311,0; @p ld.global.nc.v4.u32 {%r209,%r210,
%r211,%r212},[%rd25]; }
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f139,%f140,%f141,%f142},{%r136,%r164,%r143,%r171},{%r209,
%r210},{%f139,%f140,%f141,%f142};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f139,%f140,%f141,%f142},{%r150,%r178,%r157,%r185},{%r211,
%r212},{%f139,%f140,%f141,%f142};
xor.b32 %r238,%r359,-2139062144;
prmt.b32 %r230,%r238,%r281,%r275;
sub.rn.f16x2 %r234,%r230,%r285;
prmt.b32 %r237,%r238,%r281,%r282;
sub.rn.f16x2 %r241,%r237,%r285;
xor.b32 %r252,%r360,-2139062144;
prmt.b32 %r244,%r252,%r281,%r275;
sub.rn.f16x2 %r248,%r244,%r285;
prmt.b32 %r251,%r252,%r281,%r282;
sub.rn.f16x2 %r255,%r251,%r285;
xor.b32 %r266,%r363,-2139062144;
prmt.b32 %r258,%r266,%r281,%r275;
sub.rn.f16x2 %r262,%r258,%r285;
prmt.b32 %r265,%r266,%r281,%r282;
sub.rn.f16x2 %r269,%r265,%r285;
xor.b32 %r280,%r364,-2139062144;
prmt.b32 %r272,%r280,%r281,%r275;
sub.rn.f16x2 %r276,%r272,%r285;
prmt.b32 %r279,%r280,%r281,%r282;
sub.rn.f16x2 %r283,%r279,%r285;
add.s64 %rd26,%rd24,16;
mov.u32 %r286,%r307;
mov.u32 %r287,%r307;
mov.u32 %r288,%r307;
mov.u32 %r289,%r307;
{ .reg .pred p; setp.ne.u32 p,%r290,0; @p ld.global.nc.v4.u32 {%r286,%r287,
%r288,%r289},[%rd26]; }
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f135,%f136,%f137,%f138},{%r234,%r262,%r241,%r269},{%r286,
%r287},{%f135,%f136,%f137,%f138};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f135,%f136,%f137,%f138},{%r248,%r276,%r255,%r283},{%r288,
%r289},{%f135,%f136,%f137,%f138};
add.s64 %rd27,%rd25,16;
mov.u32 %r308,%r307;
mov.u32 %r309,%r307;
mov.u32 %r310,%r307;
{ .reg .pred p; setp.ne.u32 p,%r311,0; @p ld.global.nc.v4.u32 {%r307,%r308,
%r309,%r310},[%rd27]; }
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f139,%f140,%f141,%f142},{%r234,%r262,%r241,%r269},{%r307,
%r308},{%f139,%f140,%f141,%f142};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f139,%f140,%f141,%f142},{%r248,%r276,%r255,%r283},{%r309,
%r310},{%f139,%f140,%f141,%f142};
add.s32 %r365,%r365,8;
setp.lt.s32 %p9,%r365,%r4;
mov.u32 %r357,%r114;
mov.u32 %r358,%r115;
mov.u32 %r359,%r116;
mov.u32 %r360,%r117;
mov.u32 %r361,%r123;
mov.u32 %r362,%r124;
mov.u32 %r363,%r125;
mov.u32 %r364,%r126;
@%p9 bra $L__BB7_2;
$L__BB7_3:
shl.b32 %r335,%r74,1;
and.b32 %r336,%r335,6;
mul.wide.u32 %rd38,%r76,1024;
mov.u64 %rd39,shared7;
add.s64 %rd40,%rd39,%rd38;
mul.wide.u32 %rd41,%r336,64;
add.s64 %rd42,%rd40,%rd41;
and.b32 %r337,%r74,28;
cvt.u64.u32 %rd43,%r337;
add.s64 %rd44,%rd42,%rd43;
st.shared.f32 [%rd44],%f135;
st.shared.f32 [%rd44+64],%f136;
st.shared.f32 [%rd44+32],%f137;
st.shared.f32 [%rd44+96],%f138;
st.shared.f32 [%rd44+512],%f139;
st.shared.f32 [%rd44+576],%f140;
st.shared.f32 [%rd44+544],%f141;
st.shared.f32 [%rd44+608],%f142;
bar.sync 0;
setp.gt.s32 %p10,%r74,255;
@%p10 bra $L__BB7_26;
shr.u32 %r338,%r55,2;
and.b32 %r42,%r338,3;
cvt.u16.u32 %rs5,%r55;
and.b16 %rs1,%rs5,3;
shr.u32 %r339,%r55,4;
and.b32 %r43,%r339,3;
add.s32 %r366,%r74,-256;
$L__BB7_5:
.pragma "nounroll";
add.s32 %r366,%r366,256;
shr.s32 %r341,%r366,31;
shr.u32 %r342,%r341,28;
add.s32 %r343,%r366,%r342;
shr.s32 %r344,%r343,4;
and.b32 %r345,%r343,-16;
sub.s32 %r346,%r366,%r345;
mul.wide.s32 %rd45,%r344,64;
add.s64 %rd47,%rd39,%rd45;
mul.wide.s32 %rd48,%r346,4;
add.s64 %rd5,%rd47,%rd48;
add.s32 %r47,%r344,%r2;
setp.ge.s32 %p11,%r47,%r52;
add.s32 %r48,%r346,%r1;
setp.ge.s32 %p12,%r48,%r53;
or.pred %p13,%p11,%p12;
@%p13 bra $L__BB7_25;
ld.shared.f32 %f117,[%rd5];
ld.shared.f32 %f118,[%rd5+1024];
ld.shared.f32 %f119,[%rd5+2048];
ld.shared.f32 %f120,[%rd5+3072];
ld.shared.f32 %f121,[%rd5+4096];
ld.shared.f32 %f122,[%rd5+5120];
ld.shared.f32 %f123,[%rd5+6144];
ld.shared.f32 %f124,[%rd5+7168];
setp.eq.s32 %p14,%r42,2;
cvt.s64.s32 %rd6,%r47;
cvt.s64.s32 %rd7,%r48;
add.f32 %f125,%f117,0f00000000;
add.f32 %f126,%f125,%f118;
add.f32 %f127,%f126,%f119;
add.f32 %f128,%f127,%f120;
add.f32 %f129,%f128,%f121;
add.f32 %f130,%f129,%f122;
add.f32 %f131,%f130,%f123;
add.f32 %f25,%f131,%f124;
@%p14 bra $L__BB7_10;
bra.uni $L__BB7_7;
$L__BB7_10:
cvta.to.global.u64 %rd52,%rd11;
shl.b64 %rd53,%rd7,2;
add.s64 %rd54,%rd52,%rd53;
ld.global.f32 %f151,[%rd54];
bra.uni $L__BB7_11;
$L__BB7_7:
setp.eq.s32 %p15,%r42,0;
cvta.to.global.u64 %rd49,%rd11;
shl.b64 %rd50,%rd7,1;
add.s64 %rd51,%rd49,%rd50;
ld.global.u16 %r49,[%rd51];
@%p15 bra $L__BB7_9;
shl.b32 %r347,%r49,16;
mov.b32 %f151,%r347;
bra.uni $L__BB7_11;
$L__BB7_9:
{ .reg .b16 h; cvt.u16.u32 h,%r49; cvt.f32.f16 %f151,h; }
$L__BB7_11:
mul.f32 %f36,%f25,%f151;
setp.eq.s64 %p16,%rd12,0;
@%p16 bra $L__BB7_18;
setp.eq.s32 %p17,%r43,2;
@%p17 bra $L__BB7_16;
bra.uni $L__BB7_13;
$L__BB7_16:
cvta.to.global.u64 %rd58,%rd12;
shl.b64 %rd59,%rd7,2;
add.s64 %rd60,%rd58,%rd59;
ld.global.f32 %f152,[%rd60];
bra.uni $L__BB7_17;
$L__BB7_13:
setp.eq.s32 %p18,%r43,0;
cvta.to.global.u64 %rd55,%rd12;
shl.b64 %rd56,%rd7,1;
add.s64 %rd57,%rd55,%rd56;
ld.global.u16 %r50,[%rd57];
@%p18 bra $L__BB7_15;
shl.b32 %r349,%r50,16;
mov.b32 %f152,%r349;
bra.uni $L__BB7_17;
$L__BB7_15:
{ .reg .b16 h; cvt.u16.u32 h,%r50; cvt.f32.f16 %f152,h; }
$L__BB7_17:
add.f32 %f36,%f36,%f152;
$L__BB7_18:
cvt.s64.s32 %rd61,%r53;
mul.lo.s64 %rd62,%rd6,%rd61;
add.s64 %rd8,%rd62,%rd7;
setp.eq.s16 %p19,%rs1,2;
@%p19 bra $L__BB7_21;
setp.ne.s16 %p20,%rs1,0;
@%p20 bra $L__BB7_22;
cvt.rn.f16.f32 %rs9,%f36;
bra.uni $L__BB7_24;
$L__BB7_21:
cvta.to.global.u64 %rd63,%rd13;
shl.b64 %rd64,%rd8,2;
add.s64 %rd65,%rd63,%rd64;
st.global.f32 [%rd65],%f36;
bra.uni $L__BB7_25;
$L__BB7_22:
mov.b32 %r51,%f36;
and.b32 %r351,%r51,2147483647;
setp.gt.u32 %p21,%r351,2139095040;
mov.u16 %rs9,32767;
@%p21 bra $L__BB7_24;
shr.u32 %r352,%r51,16;
and.b32 %r353,%r352,1;
add.s32 %r354,%r51,%r353;
add.s32 %r355,%r354,32767;
shr.u32 %r356,%r355,16;
cvt.u16.u32 %rs9,%r356;
$L__BB7_24:
cvta.to.global.u64 %rd66,%rd13;
shl.b64 %rd67,%rd8,1;
add.s64 %rd68,%rd66,%rd67;
st.global.u16 [%rd68],%rs9;
$L__BB7_25:
setp.lt.s32 %p22,%r366,0;
@%p22 bra $L__BB7_5;
$L__BB7_26:
ret;
}
.visible .entry int8_half_matmul_32(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 256,1,1
.minnctapersm 2
{
.reg .pred %p<30>;
.reg .b16 %rs<10>;
.reg .f32 %f<450>;
.reg .b32 %r<533>;
.reg .b64 %rd<95>;
.shared .align 4 .b8 shared8[32768];
ld.param.u64 %rd11,[p0];
ld.param.u64 %rd12,[p1];
ld.param.u64 %rd13,[p2];
ld.param.u64 %rd14,[p3];
ld.param.u64 %rd15,[p4];
ld.param.u32 %r89,[p5];
ld.param.u32 %r90,[p6];
ld.param.u32 %r91,[p7];
mov.u32 %r129,%tid.x;
and.b32 %r130,%r129,31;
shr.u32 %r1,%r130,2;
add.s32 %r131,%r89,31;
shr.s32 %r132,%r131,31;
shr.u32 %r133,%r132,27;
add.s32 %r134,%r131,%r133;
shr.s32 %r135,%r134,5;
mov.u32 %r136,%ctaid.x;
div.u32 %r137,%r136,%r135;
shl.b32 %r2,%r137,5;
mul.lo.s32 %r138,%r137,%r135;
sub.s32 %r139,%r136,%r138;
or.b32 %r140,%r2,%r1;
shr.s32 %r141,%r91,31;
shr.u32 %r142,%r141,28;
add.s32 %r143,%r91,%r142;
shr.s32 %r3,%r143,4;
add.s32 %r144,%r3,3;
add.s32 %r145,%r90,-1;
min.s32 %r146,%r140,%r145;
mul.wide.s32 %rd20,%r146,%r3;
or.b32 %r147,%r140,8;
min.s32 %r148,%r147,%r145;
mul.wide.s32 %rd21,%r148,%r3;
or.b32 %r149,%r140,16;
min.s32 %r150,%r149,%r145;
mul.wide.s32 %rd22,%r150,%r3;
or.b32 %r151,%r140,24;
min.s32 %r152,%r151,%r145;
mul.wide.s32 %rd23,%r152,%r3;
shr.u32 %r530,%r129,5;
and.b32 %r153,%r129,3;
shl.b32 %r5,%r139,5;
shr.s32 %r154,%r144,31;
shr.u32 %r155,%r154,30;
add.s32 %r156,%r144,%r155;
shr.s32 %r6,%r156,2;
bfi.b32 %r157,%r530,%r153,2,30;
cvt.u64.u32 %rd24,%r157;
setp.lt.s32 %p1,%r157,%r3;
selp.u32 %r124,1,0,%p1;
add.s64 %rd25,%rd20,%rd24;
shl.b64 %rd26,%rd25,4;
add.s64 %rd16,%rd11,%rd26;
mov.u32 %r517,0;
mov.u32 %r529,%r517;
mov.u32 %r528,%r517;
mov.u32 %r527,%r517;
mov.u32 %r526,%r517;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r529,%r528,
%r527,%r526},[%rd16]; }
add.s64 %rd27,%rd21,%rd24;
shl.b64 %rd28,%rd27,4;
add.s64 %rd17,%rd11,%rd28;
mov.u32 %r525,%r517;
mov.u32 %r524,%r517;
mov.u32 %r523,%r517;
mov.u32 %r522,%r517;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r525,%r524,
%r523,%r522},[%rd17]; }
add.s64 %rd29,%rd22,%rd24;
shl.b64 %rd30,%rd29,4;
add.s64 %rd18,%rd11,%rd30;
mov.u32 %r521,%r517;
mov.u32 %r520,%r517;
mov.u32 %r519,%r517;
mov.u32 %r518,%r517;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r521,%r520,
%r519,%r518},[%rd18]; }
add.s64 %rd31,%rd23,%rd24;
shl.b64 %rd32,%rd31,4;
add.s64 %rd19,%rd11,%rd32;
mov.u32 %r516,%r517;
mov.u32 %r515,%r517;
mov.u32 %r514,%r517;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r517,%r516,
%r515,%r514},[%rd19]; }
setp.ge.s32 %p2,%r530,%r6;
mov.f32 %f383,0f00000000;
mov.f32 %f384,%f383;
mov.f32 %f385,%f383;
mov.f32 %f386,%f383;
mov.f32 %f387,%f383;
mov.f32 %f388,%f383;
mov.f32 %f389,%f383;
mov.f32 %f390,%f383;
mov.f32 %f391,%f383;
mov.f32 %f392,%f383;
mov.f32 %f393,%f383;
mov.f32 %f394,%f383;
mov.f32 %f395,%f383;
mov.f32 %f396,%f383;
mov.f32 %f397,%f383;
mov.f32 %f398,%f383;
mov.f32 %f399,%f383;
mov.f32 %f400,%f383;
mov.f32 %f401,%f383;
mov.f32 %f402,%f383;
mov.f32 %f403,%f383;
mov.f32 %f404,%f383;
mov.f32 %f405,%f383;
mov.f32 %f406,%f383;
mov.f32 %f407,%f383;
mov.f32 %f408,%f383;
mov.f32 %f409,%f383;
mov.f32 %f410,%f383;
mov.f32 %f411,%f383;
mov.f32 %f412,%f383;
mov.f32 %f413,%f383;
mov.f32 %f414,%f383;
@%p2 bra $L__BB8_5;
add.s32 %r158,%r5,%r1;
shr.u32 %r160,%r141,29;
add.s32 %r161,%r91,%r160;
shr.s32 %r162,%r161,3;
add.s32 %r163,%r89,-1;
add.s32 %r164,%r158,8;
add.s32 %r165,%r158,16;
add.s32 %r166,%r158,24;
min.s32 %r167,%r166,%r163;
mul.wide.s32 %rd1,%r167,%r162;
min.s32 %r168,%r165,%r163;
mul.wide.s32 %rd2,%r168,%r162;
min.s32 %r169,%r164,%r163;
mul.wide.s32 %rd3,%r169,%r162;
min.s32 %r170,%r158,%r163;
mul.wide.s32 %rd4,%r170,%r162;
$L__BB8_2:
.pragma "nounroll";
setp.lt.s32 %p3,%r166,%r89;
setp.lt.s32 %p4,%r165,%r89;
setp.lt.s32 %p5,%r164,%r89;
setp.lt.s32 %p6,%r158,%r89;
bfi.b32 %r216,%r530,%r153,2,30;
add.s32 %r217,%r216,32;
cvt.s64.s32 %rd37,%r217;
setp.lt.s32 %p7,%r217,%r3;
selp.u32 %r202,1,0,%p7;
add.s32 %r218,%r2,%r1;
min.s32 %r220,%r218,%r145;
mul.wide.s32 %rd38,%r220,%r3;
add.s64 %rd39,%rd38,%rd37;
shl.b64 %rd40,%rd39,4;
add.s64 %rd33,%rd11,%rd40;
mov.u32 %r531,0;
mov.u32 %r171,%r531;
mov.u32 %r172,%r531;
mov.u32 %r173,%r531;
mov.u32 %r174,%r531;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r171,%r172,
%r173,%r174},[%rd33]; }
add.s32 %r221,%r218,8;
min.s32 %r222,%r221,%r145;
mul.wide.s32 %rd41,%r222,%r3;
add.s64 %rd42,%rd41,%rd37;
shl.b64 %rd43,%rd42,4;
add.s64 %rd34,%rd11,%rd43;
mov.u32 %r180,%r531;
mov.u32 %r181,%r531;
mov.u32 %r182,%r531;
mov.u32 %r183,%r531;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r180,%r181,
%r182,%r183},[%rd34]; }
add.s32 %r223,%r218,16;
min.s32 %r224,%r223,%r145;
mul.wide.s32 %rd44,%r224,%r3;
add.s64 %rd45,%rd44,%rd37;
shl.b64 %rd46,%rd45,4;
add.s64 %rd35,%rd11,%rd46;
mov.u32 %r189,%r531;
mov.u32 %r190,%r531;
mov.u32 %r191,%r531;
mov.u32 %r192,%r531;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r189,%r190,
%r191,%r192},[%rd35]; }
add.s32 %r225,%r218,24;
min.s32 %r226,%r225,%r145;
mul.wide.s32 %rd47,%r226,%r3;
add.s64 %rd48,%rd47,%rd37;
shl.b64 %rd49,%rd48,4;
add.s64 %rd36,%rd11,%rd49;
mov.u32 %r198,%r531;
mov.u32 %r199,%r531;
mov.u32 %r200,%r531;
mov.u32 %r201,%r531;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r198,%r199,
%r200,%r201},[%rd36]; }
setp.lt.s32 %p8,%r216,%r3;
and.pred %p9,%p8,%p6;
selp.u32 %r72,1,0,%p9;
and.pred %p10,%p8,%p5;
selp.u32 %r73,1,0,%p10;
and.pred %p11,%p8,%p4;
selp.u32 %r74,1,0,%p11;
and.pred %p12,%p8,%p3;
selp.u32 %r75,1,0,%p12;
$L__BB8_3:
.pragma "nounroll";
mov.u32 %r439,0;
bfi.b32 %r512,%r530,%r153,2,30;
shl.b32 %r511,%r512,1;
cvt.s64.s32 %rd94,%r511;
setp.eq.s32 %p13,%r531,1;
selp.b32 %r472,%r527,%r526,%p13;
setp.eq.s32 %p14,%r531,0;
selp.b32 %r473,%r529,%r472,%p14;
selp.b32 %r474,%r528,%r526,%p14;
xor.b32 %r236,%r473,-2139062144;
mov.u32 %r335,1684300900;
mov.u32 %r329,16704;
prmt.b32 %r228,%r236,%r335,%r329;
mov.u32 %r339,1686135936;
sub.rn.f16x2 %r232,%r228,%r339;
mov.u32 %r336,17218;
prmt.b32 %r235,%r236,%r335,%r336;
sub.rn.f16x2 %r239,%r235,%r339;
xor.b32 %r250,%r474,-2139062144;
prmt.b32 %r242,%r250,%r335,%r329;
sub.rn.f16x2 %r246,%r242,%r339;
prmt.b32 %r249,%r250,%r335,%r336;
sub.rn.f16x2 %r253,%r249,%r339;
selp.b32 %r475,%r523,%r522,%p13;
selp.b32 %r476,%r525,%r475,%p14;
selp.b32 %r477,%r524,%r522,%p14;
xor.b32 %r264,%r476,-2139062144;
prmt.b32 %r256,%r264,%r335,%r329;
sub.rn.f16x2 %r260,%r256,%r339;
prmt.b32 %r263,%r264,%r335,%r336;
sub.rn.f16x2 %r267,%r263,%r339;
xor.b32 %r278,%r477,-2139062144;
prmt.b32 %r270,%r278,%r335,%r329;
sub.rn.f16x2 %r274,%r270,%r339;
prmt.b32 %r277,%r278,%r335,%r336;
sub.rn.f16x2 %r281,%r277,%r339;
selp.b32 %r478,%r519,%r518,%p13;
selp.b32 %r479,%r521,%r478,%p14;
selp.b32 %r480,%r520,%r518,%p14;
xor.b32 %r292,%r479,-2139062144;
prmt.b32 %r284,%r292,%r335,%r329;
sub.rn.f16x2 %r288,%r284,%r339;
prmt.b32 %r291,%r292,%r335,%r336;
sub.rn.f16x2 %r295,%r291,%r339;
xor.b32 %r306,%r480,-2139062144;
prmt.b32 %r298,%r306,%r335,%r329;
sub.rn.f16x2 %r302,%r298,%r339;
prmt.b32 %r305,%r306,%r335,%r336;
sub.rn.f16x2 %r309,%r305,%r339;
selp.b32 %r481,%r515,%r514,%p13;
selp.b32 %r482,%r517,%r481,%p14;
selp.b32 %r483,%r516,%r514,%p14;
xor.b32 %r320,%r482,-2139062144;
prmt.b32 %r312,%r320,%r335,%r329;
sub.rn.f16x2 %r316,%r312,%r339;
prmt.b32 %r319,%r320,%r335,%r336;
sub.rn.f16x2 %r323,%r319,%r339;
xor.b32 %r334,%r483,-2139062144;
prmt.b32 %r326,%r334,%r335,%r329;
sub.rn.f16x2 %r330,%r326,%r339;
prmt.b32 %r333,%r334,%r335,%r336;
sub.rn.f16x2 %r337,%r333,%r339;
cvt.s64.s32 %rd54,%r531;
add.s64 %rd55,%rd54,%rd94;
add.s64 %rd56,%rd4,%rd55;
shl.b64 %rd57,%rd56,4;
add.s64 %rd50,%rd12,%rd57;
mov.u32 %r340,%r439;
mov.u32 %r341,%r439;
mov.u32 %r342,%r439;
mov.u32 %r343,%r439;
{ .reg .pred p; setp.ne.u32 p,%r72,0; @p ld.global.nc.v4.u32 {%r340,%r341,
%r342,%r343},[%rd50]; }
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f383,%f384,%f385,%f386},{%r232,%r260,%r239,%r267},{%r340,
%r341},{%f383,%f384,%f385,%f386};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f383,%f384,%f385,%f386},{%r246,%r274,%r253,%r281},{%r342,
%r343},{%f383,%f384,%f385,%f386};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f387,%f388,%f389,%f390},{%r288,%r316,%r295,%r323},{%r340,
%r341},{%f387,%f388,%f389,%f390};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f387,%f388,%f389,%f390},{%r302,%r330,%r309,%r337},{%r342,
%r343},{%f387,%f388,%f389,%f390};
add.s64 %rd58,%rd3,%rd55;
shl.b64 %rd59,%rd58,4;
add.s64 %rd51,%rd12,%rd59;
mov.u32 %r373,%r439;
mov.u32 %r374,%r439;
mov.u32 %r375,%r439;
mov.u32 %r376,%r439;
{ .reg .pred p; setp.ne.u32 p,%r73,0; @p ld.global.nc.v4.u32 {%r373,%r374,
%r375,%r376},[%rd51]; }
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f391,%f392,%f393,%f394},{%r232,%r260,%r239,%r267},{%r373,
%r374},{%f391,%f392,%f393,%f394};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f391,%f392,%f393,%f394},{%r246,%r274,%r253,%r281},{%r375,
%r376},{%f391,%f392,%f393,%f394};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f395,%f396,%f397,%f398},{%r288,%r316,%r295,%r323},{%r373,
%r374},{%f395,%f396,%f397,%f398};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f395,%f396,%f397,%f398},{%r302,%r330,%r309,%r337},{%r375,
%r376},{%f395,%f396,%f397,%f398};
add.s64 %rd60,%rd2,%rd55;
shl.b64 %rd61,%rd60,4;
add.s64 %rd52,%rd12,%rd61;
mov.u32 %r406,%r439;
mov.u32 %r407,%r439;
mov.u32 %r408,%r439;
mov.u32 %r409,%r439;
{ .reg .pred p; setp.ne.u32 p,%r74,0; @p ld.global.nc.v4.u32 {%r406,%r407,
%r408,%r409},[%rd52]; }
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f399,%f400,%f401,%f402},{%r232,%r260,%r239,%r267},{%r406,
%r407},{%f399,%f400,%f401,%f402};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f399,%f400,%f401,%f402},{%r246,%r274,%r253,%r281},{%r408,
%r409},{%f399,%f400,%f401,%f402};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f403,%f404,%f405,%f406},{%r288,%r316,%r295,%r323},{%r406,
%r407},{%f403,%f404,%f405,%f406};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f403,%f404,%f405,%f406},{%r302,%r330,%r309,%r337},{%r408,
%r409},{%f403,%f404,%f405,%f406};
add.s64 %rd62,%rd1,%rd55;
shl.b64 %rd63,%rd62,4;
add.s64 %rd53,%rd12,%rd63;
mov.u32 %r440,%r439;
mov.u32 %r441,%r439;
mov.u32 %r442,%r439;
{ .reg .pred p; setp.ne.u32 p,%r75,0; @p ld.global.nc.v4.u32 {%r439,%r440,
%r441,%r442},[%rd53]; }
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f407,%f408,%f409,%f410},{%r232,%r260,%r239,%r267},{%r439,
%r440},{%f407,%f408,%f409,%f410};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f407,%f408,%f409,%f410},{%r246,%r274,%r253,%r281},{%r441,
%r442},{%f407,%f408,%f409,%f410};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f411,%f412,%f413,%f414},{%r288,%r316,%r295,%r323},{%r439,
%r440},{%f411,%f412,%f413,%f414};
mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f411,%f412,%f413,%f414},{%r302,%r330,%r309,%r337},{%r441,
%r442},{%f411,%f412,%f413,%f414};
add.s32 %r531,%r531,1;
setp.lt.u32 %p15,%r531,2;
@%p15 bra $L__BB8_3;
add.s32 %r530,%r530,8;
setp.lt.s32 %p16,%r530,%r6;
mov.u32 %r514,%r201;
mov.u32 %r515,%r200;
mov.u32 %r516,%r199;
mov.u32 %r517,%r198;
mov.u32 %r518,%r192;
mov.u32 %r519,%r191;
mov.u32 %r520,%r190;
mov.u32 %r521,%r189;
mov.u32 %r522,%r183;
mov.u32 %r523,%r182;
mov.u32 %r524,%r181;
mov.u32 %r525,%r180;
mov.u32 %r526,%r174;
mov.u32 %r527,%r173;
mov.u32 %r528,%r172;
mov.u32 %r529,%r171;
@%p16 bra $L__BB8_2;
$L__BB8_5:
mov.u32 %r508,%tid.x;
shr.u32 %r485,%r508,5;
shl.b32 %r486,%r508,1;
and.b32 %r487,%r486,6;
mul.wide.u32 %rd64,%r485,4096;
mov.u64 %rd65,shared8;
add.s64 %rd66,%rd65,%rd64;
mul.wide.u32 %rd67,%r487,128;
add.s64 %rd68,%rd66,%rd67;
and.b32 %r488,%r508,28;
cvt.u64.u32 %rd69,%r488;
add.s64 %rd70,%rd68,%rd69;
st.shared.f32 [%rd70],%f383;
st.shared.f32 [%rd70+128],%f384;
st.shared.f32 [%rd70+32],%f385;
st.shared.f32 [%rd70+160],%f386;
st.shared.f32 [%rd70+64],%f387;
st.shared.f32 [%rd70+192],%f388;
st.shared.f32 [%rd70+96],%f389;
st.shared.f32 [%rd70+224],%f390;
st.shared.f32 [%rd70+1024],%f391;
st.shared.f32 [%rd70+1152],%f392;
st.shared.f32 [%rd70+1056],%f393;
st.shared.f32 [%rd70+1184],%f394;
st.shared.f32 [%rd70+1088],%f395;
st.shared.f32 [%rd70+1216],%f396;
st.shared.f32 [%rd70+1120],%f397;
st.shared.f32 [%rd70+1248],%f398;
st.shared.f32 [%rd70+2048],%f399;
st.shared.f32 [%rd70+2176],%f400;
st.shared.f32 [%rd70+2080],%f401;
st.shared.f32 [%rd70+2208],%f402;
st.shared.f32 [%rd70+2112],%f403;
st.shared.f32 [%rd70+2240],%f404;
st.shared.f32 [%rd70+2144],%f405;
st.shared.f32 [%rd70+2272],%f406;
st.shared.f32 [%rd70+3072],%f407;
st.shared.f32 [%rd70+3200],%f408;
st.shared.f32 [%rd70+3104],%f409;
st.shared.f32 [%rd70+3232],%f410;
st.shared.f32 [%rd70+3136],%f411;
st.shared.f32 [%rd70+3264],%f412;
st.shared.f32 [%rd70+3168],%f413;
st.shared.f32 [%rd70+3296],%f414;
bar.sync 0;
setp.gt.s32 %p17,%r508,1023;
@%p17 bra $L__BB8_28;
ld.param.u32 %r510,[p8];
mov.u32 %r509,%tid.x;
cvt.s64.s32 %rd6,%r90;
shr.u32 %r489,%r510,2;
and.b32 %r79,%r489,3;
cvt.u16.u32 %rs5,%r510;
and.b16 %rs1,%rs5,3;
shr.u32 %r490,%r510,4;
and.b32 %r80,%r490,3;
add.s32 %r532,%r509,-256;
$L__BB8_7:
.pragma "nounroll";
add.s32 %r532,%r532,256;
shr.s32 %r492,%r532,31;
shr.u32 %r493,%r492,27;
add.s32 %r494,%r532,%r493;
shr.s32 %r495,%r494,5;
and.b32 %r496,%r494,-32;
sub.s32 %r497,%r532,%r496;
mul.wide.s32 %rd71,%r495,128;
add.s64 %rd73,%rd65,%rd71;
mul.wide.s32 %rd74,%r497,4;
add.s64 %rd7,%rd73,%rd74;
add.s32 %r84,%r495,%r5;
setp.ge.s32 %p18,%r84,%r89;
add.s32 %r85,%r497,%r2;
setp.ge.s32 %p19,%r85,%r90;
or.pred %p20,%p18,%p19;
@%p20 bra $L__BB8_27;
ld.shared.f32 %f333,[%rd7];
ld.shared.f32 %f334,[%rd7+4096];
ld.shared.f32 %f335,[%rd7+8192];
ld.shared.f32 %f336,[%rd7+12288];
ld.shared.f32 %f337,[%rd7+16384];
ld.shared.f32 %f338,[%rd7+20480];
ld.shared.f32 %f339,[%rd7+24576];
ld.shared.f32 %f340,[%rd7+28672];
setp.eq.s32 %p21,%r79,2;
cvt.s64.s32 %rd8,%r84;
cvt.s64.s32 %rd9,%r85;
add.f32 %f341,%f333,0f00000000;
add.f32 %f342,%f341,%f334;
add.f32 %f343,%f342,%f335;
add.f32 %f344,%f343,%f336;
add.f32 %f345,%f344,%f337;
add.f32 %f346,%f345,%f338;
add.f32 %f347,%f346,%f339;
add.f32 %f129,%f347,%f340;
@%p21 bra $L__BB8_12;
bra.uni $L__BB8_9;
$L__BB8_12:
cvta.to.global.u64 %rd78,%rd13;
shl.b64 %rd79,%rd9,2;
add.s64 %rd80,%rd78,%rd79;
ld.global.f32 %f447,[%rd80];
bra.uni $L__BB8_13;
$L__BB8_9:
setp.eq.s32 %p22,%r79,0;
cvta.to.global.u64 %rd75,%rd13;
shl.b64 %rd76,%rd9,1;
add.s64 %rd77,%rd75,%rd76;
ld.global.u16 %r86,[%rd77];
@%p22 bra $L__BB8_11;
shl.b32 %r498,%r86,16;
mov.b32 %f447,%r498;
bra.uni $L__BB8_13;
$L__BB8_11:
{ .reg .b16 h; cvt.u16.u32 h,%r86; cvt.f32.f16 %f447,h; }
$L__BB8_13:
mul.f32 %f140,%f129,%f447;
setp.eq.s64 %p23,%rd14,0;
@%p23 bra $L__BB8_20;
setp.eq.s32 %p24,%r80,2;
@%p24 bra $L__BB8_18;
bra.uni $L__BB8_15;
$L__BB8_18:
cvta.to.global.u64 %rd84,%rd14;
shl.b64 %rd85,%rd9,2;
add.s64 %rd86,%rd84,%rd85;
ld.global.f32 %f448,[%rd86];
bra.uni $L__BB8_19;
$L__BB8_15:
setp.eq.s32 %p25,%r80,0;
cvta.to.global.u64 %rd81,%rd14;
shl.b64 %rd82,%rd9,1;
add.s64 %rd83,%rd81,%rd82;
ld.global.u16 %r87,[%rd83];
@%p25 bra $L__BB8_17;
shl.b32 %r500,%r87,16;
mov.b32 %f448,%r500;
bra.uni $L__BB8_19;
$L__BB8_17:
{ .reg .b16 h; cvt.u16.u32 h,%r87; cvt.f32.f16 %f448,h; }
$L__BB8_19:
add.f32 %f140,%f140,%f448;
$L__BB8_20:
mul.lo.s64 %rd87,%rd8,%rd6;
add.s64 %rd10,%rd87,%rd9;
setp.eq.s16 %p26,%rs1,2;
@%p26 bra $L__BB8_23;
setp.ne.s16 %p27,%rs1,0;
@%p27 bra $L__BB8_24;
cvt.rn.f16.f32 %rs9,%f140;
bra.uni $L__BB8_26;
$L__BB8_23:
cvta.to.global.u64 %rd88,%rd15;
shl.b64 %rd89,%rd10,2;
add.s64 %rd90,%rd88,%rd89;
st.global.f32 [%rd90],%f140;
bra.uni $L__BB8_27;
$L__BB8_24:
mov.b32 %r88,%f140;
and.b32 %r502,%r88,2147483647;
setp.gt.u32 %p28,%r502,2139095040;
mov.u16 %rs9,32767;
@%p28 bra $L__BB8_26;
shr.u32 %r503,%r88,16;
and.b32 %r504,%r503,1;
add.s32 %r505,%r88,%r504;
add.s32 %r506,%r505,32767;
shr.u32 %r507,%r506,16;
cvt.u16.u32 %rs9,%r507;
$L__BB8_26:
cvta.to.global.u64 %rd91,%rd15;
shl.b64 %rd92,%rd10,1;
add.s64 %rd93,%rd91,%rd92;
st.global.u16 [%rd93],%rs9;
$L__BB8_27:
setp.lt.s32 %p29,%r532,768;
@%p29 bra $L__BB8_7;
$L__BB8_28:
ret;
}
.visible .entry int8_bfloat16_matmul_8(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 256,1,1
.minnctapersm 4
{
.reg .pred %p<21>;
.reg .b16 %rs<10>;
.reg .f32 %f<158>;
.reg .b32 %r<370>;
.reg .b64 %rd<63>;
.shared .align 4 .b8 shared9[4096];
ld.param.u64 %rd8,[p0];
ld.param.u64 %rd9,[p1];
ld.param.u64 %rd10,[p2];
ld.param.u64 %rd11,[p3];
ld.param.u64 %rd12,[p4];
ld.param.u32 %r55,[p5];
ld.param.u32 %r56,[p6];
ld.param.u32 %r57,[p7];
ld.param.u32 %r58,[p8];
mov.u32 %r77,%tid.x;
and.b32 %r78,%r77,31;
shr.u32 %r79,%r77,5;
shr.u32 %r80,%r78,2;
and.b32 %r81,%r77,3;
add.s32 %r82,%r55,7;
shr.s32 %r83,%r82,31;
shr.u32 %r84,%r83,29;
add.s32 %r85,%r82,%r84;
shr.s32 %r86,%r85,3;
mov.u32 %r87,%ctaid.x;
div.u32 %r88,%r87,%r86;
shl.b32 %r1,%r88,4;
mul.lo.s32 %r89,%r88,%r86;
sub.s32 %r90,%r87,%r89;
shl.b32 %r2,%r90,3;
shr.s32 %r91,%r57,31;
shr.u32 %r92,%r91,28;
add.s32 %r93,%r57,%r92;
shr.s32 %r3,%r93,4;
add.s32 %r94,%r3,3;
shr.s32 %r95,%r94,31;
shr.u32 %r96,%r95,30;
add.s32 %r97,%r94,%r96;
shr.s32 %r4,%r97,2;
or.b32 %r98,%r1,%r80;
add.s32 %r99,%r56,-1;
min.s32 %r100,%r98,%r99;
mul.wide.s32 %rd1,%r100,%r3;
or.b32 %r101,%r98,8;
min.s32 %r102,%r101,%r99;
mul.wide.s32 %rd2,%r102,%r3;
or.b32 %r5,%r2,%r80;
bfi.b32 %r359,%r79,%r81,2,30;
cvt.u64.u32 %rd15,%r359;
setp.lt.s32 %p1,%r359,%r3;
selp.u32 %r72,1,0,%p1;
add.s64 %rd16,%rd1,%rd15;
shl.b64 %rd17,%rd16,4;
add.s64 %rd13,%rd8,%rd17;
mov.u32 %r364,0;
mov.u32 %r360,%r364;
mov.u32 %r361,%r364;
mov.u32 %r362,%r364;
mov.u32 %r363,%r364;
{ .reg .pred p; setp.ne.u32 p,%r72,0; @p ld.global.cs.nc.v4.u32 {%r360,%r361,
%r362,%r363},[%rd13]; }
add.s64 %rd18,%rd2,%rd15;
shl.b64 %rd19,%rd18,4;
add.s64 %rd14,%rd8,%rd19;
mov.u32 %r365,%r364;
mov.u32 %r366,%r364;
mov.u32 %r367,%r364;
{ .reg .pred p; setp.ne.u32 p,%r72,0; @p ld.global.cs.nc.v4.u32 {%r364,%r365,
%r366,%r367},[%rd14]; }
setp.ge.s32 %p2,%r79,%r4;
mov.f32 %f150,0f00000000;
mov.f32 %f149,%f150;
mov.f32 %f148,%f150;
mov.f32 %f147,%f150;
@%p2 bra $L__BB9_3;
add.s32 %r104,%r55,-1;
shr.u32 %r107,%r91,29;
add.s32 %r108,%r57,%r107;
shr.s32 %r109,%r108,3;
min.s32 %r110,%r5,%r104;
mul.wide.s32 %rd3,%r110,%r109;
mov.u32 %r368,%r79;
$L__BB9_2:
.pragma "nounroll";
shl.b32 %r331,%r368,2;
or.b32 %r332,%r331,%r81;
add.s32 %r333,%r332,32;
cvt.s64.s32 %rd24,%r333;
add.s32 %r35,%r359,32;
setp.lt.s32 %p3,%r35,%r3;
selp.u32 %r124,1,0,%p3;
add.s64 %rd25,%rd1,%rd24;
shl.b64 %rd26,%rd25,4;
add.s64 %rd20,%rd8,%rd26;
mov.u32 %r310,0;
mov.u32 %r111,%r310;
mov.u32 %r112,%r310;
mov.u32 %r113,%r310;
mov.u32 %r114,%r310;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r111,%r112,
%r113,%r114},[%rd20]; }
add.s64 %rd27,%rd2,%rd24;
shl.b64 %rd28,%rd27,4;
add.s64 %rd21,%rd8,%rd28;
mov.u32 %r120,%r310;
mov.u32 %r121,%r310;
mov.u32 %r122,%r310;
mov.u32 %r123,%r310;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r120,%r121,
%r122,%r123},[%rd21]; }
setp.lt.s32 %p4,%r359,%r3;
setp.lt.s32 %p5,%r5,%r55;
and.pred %p6,%p5,%p4;
shl.b32 %r334,%r332,1;
cvt.s64.s32 %rd29,%r334;
selp.u32 %r314,1,0,%p6;
xor.b32 %r142,%r360,-2139062144;
mov.u32 %r304,1258291200;
mov.u32 %r292,30016;
prmt.b32 %f33,%r142,%r304,%r292;
add.f32 %f97,%f33,0fCB000080;
mov.u32 %r295,30017;
prmt.b32 %f34,%r142,%r304,%r295;
add.f32 %f98,%f34,0fCB000080;
mov.b32 %r136,%f97;
mov.b32 %r137,%f98;
mov.u32 %r309,30258;
prmt.b32 %r135,%r136,%r137,%r309;
mov.u32 %r302,30018;
prmt.b32 %f35,%r142,%r304,%r302;
add.f32 %f99,%f35,0fCB000080;
mov.u32 %r305,30019;
prmt.b32 %f36,%r142,%r304,%r305;
add.f32 %f100,%f36,0fCB000080;
mov.b32 %r146,%f99;
mov.b32 %r147,%f100;
prmt.b32 %r145,%r146,%r147,%r309;
xor.b32 %r162,%r361,-2139062144;
prmt.b32 %f37,%r162,%r304,%r292;
add.f32 %f101,%f37,0fCB000080;
prmt.b32 %f38,%r162,%r304,%r295;
add.f32 %f102,%f38,0fCB000080;
mov.b32 %r156,%f101;
mov.b32 %r157,%f102;
prmt.b32 %r155,%r156,%r157,%r309;
prmt.b32 %f39,%r162,%r304,%r302;
add.f32 %f103,%f39,0fCB000080;
prmt.b32 %f40,%r162,%r304,%r305;
add.f32 %f104,%f40,0fCB000080;
mov.b32 %r166,%f103;
mov.b32 %r167,%f104;
prmt.b32 %r165,%r166,%r167,%r309;
xor.b32 %r182,%r364,-2139062144;
prmt.b32 %f41,%r182,%r304,%r292;
add.f32 %f105,%f41,0fCB000080;
prmt.b32 %f42,%r182,%r304,%r295;
add.f32 %f106,%f42,0fCB000080;
mov.b32 %r176,%f105;
mov.b32 %r177,%f106;
prmt.b32 %r175,%r176,%r177,%r309;
prmt.b32 %f43,%r182,%r304,%r302;
add.f32 %f107,%f43,0fCB000080;
prmt.b32 %f44,%r182,%r304,%r305;
add.f32 %f108,%f44,0fCB000080;
mov.b32 %r186,%f107;
mov.b32 %r187,%f108;
prmt.b32 %r185,%r186,%r187,%r309;
xor.b32 %r202,%r365,-2139062144;
prmt.b32 %f45,%r202,%r304,%r292;
add.f32 %f109,%f45,0fCB000080;
prmt.b32 %f46,%r202,%r304,%r295;
add.f32 %f110,%f46,0fCB000080;
mov.b32 %r196,%f109;
mov.b32 %r197,%f110;
prmt.b32 %r195,%r196,%r197,%r309;
prmt.b32 %f47,%r202,%r304,%r302;
add.f32 %f111,%f47,0fCB000080;
prmt.b32 %f48,%r202,%r304,%r305;
add.f32 %f112,%f48,0fCB000080;
mov.b32 %r206,%f111;
mov.b32 %r207,%f112;
prmt.b32 %r205,%r206,%r207,%r309;
add.s64 %rd30,%rd3,%rd29;
shl.b64 %rd31,%rd30,4;
add.s64 %rd22,%rd9,%rd31;
mov.u32 %r209,%r310;
mov.u32 %r210,%r310;
mov.u32 %r211,%r310;
mov.u32 %r212,%r310;
{ .reg .pred p; setp.ne.u32 p,%r314,0; @p ld.global.nc.v4.u32 {%r209,%r210,
%r211,%r212},[%rd22]; }
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f150,%f149,%f148,%f147},{%r135,%r175,%r145,%r185},{%r209,
%r210},{%f150,%f149,%f148,%f147};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f150,%f149,%f148,%f147},{%r155,%r195,%r165,%r205},{%r211,
%r212},{%f150,%f149,%f148,%f147};
xor.b32 %r243,%r362,-2139062144;
prmt.b32 %f65,%r243,%r304,%r292;
add.f32 %f113,%f65,0fCB000080;
prmt.b32 %f66,%r243,%r304,%r295;
add.f32 %f114,%f66,0fCB000080;
mov.b32 %r237,%f113;
mov.b32 %r238,%f114;
prmt.b32 %r236,%r237,%r238,%r309;
prmt.b32 %f67,%r243,%r304,%r302;
add.f32 %f115,%f67,0fCB000080;
prmt.b32 %f68,%r243,%r304,%r305;
add.f32 %f116,%f68,0fCB000080;
mov.b32 %r247,%f115;
mov.b32 %r248,%f116;
prmt.b32 %r246,%r247,%r248,%r309;
xor.b32 %r263,%r363,-2139062144;
prmt.b32 %f69,%r263,%r304,%r292;
add.f32 %f117,%f69,0fCB000080;
prmt.b32 %f70,%r263,%r304,%r295;
add.f32 %f118,%f70,0fCB000080;
mov.b32 %r257,%f117;
mov.b32 %r258,%f118;
prmt.b32 %r256,%r257,%r258,%r309;
prmt.b32 %f71,%r263,%r304,%r302;
add.f32 %f119,%f71,0fCB000080;
prmt.b32 %f72,%r263,%r304,%r305;
add.f32 %f120,%f72,0fCB000080;
mov.b32 %r267,%f119;
mov.b32 %r268,%f120;
prmt.b32 %r266,%r267,%r268,%r309;
xor.b32 %r283,%r366,-2139062144;
prmt.b32 %f73,%r283,%r304,%r292;
add.f32 %f121,%f73,0fCB000080;
prmt.b32 %f74,%r283,%r304,%r295;
add.f32 %f122,%f74,0fCB000080;
mov.b32 %r277,%f121;
mov.b32 %r278,%f122;
prmt.b32 %r276,%r277,%r278,%r309;
prmt.b32 %f75,%r283,%r304,%r302;
add.f32 %f123,%f75,0fCB000080;
prmt.b32 %f76,%r283,%r304,%r305;
add.f32 %f124,%f76,0fCB000080;
mov.b32 %r287,%f123;
mov.b32 %r288,%f124;
prmt.b32 %r286,%r287,%r288,%r309;
xor.b32 %r303,%r367,-2139062144;
prmt.b32 %f77,%r303,%r304,%r292;
add.f32 %f125,%f77,0fCB000080;
prmt.b32 %f78,%r303,%r304,%r295;
add.f32 %f126,%f78,0fCB000080;
mov.b32 %r297,%f125;
mov.b32 %r298,%f126;
prmt.b32 %r296,%r297,%r298,%r309;
prmt.b32 %f79,%r303,%r304,%r302;
add.f32 %f127,%f79,0fCB000080;
prmt.b32 %f80,%r303,%r304,%r305;
add.f32 %f128,%f80,0fCB000080;
mov.b32 %r307,%f127;
mov.b32 %r308,%f128;
prmt.b32 %r306,%r307,%r308,%r309;
add.s64 %rd23,%rd22,16;
mov.u32 %r311,%r310;
mov.u32 %r312,%r310;
mov.u32 %r313,%r310;
{ .reg .pred p; setp.ne.u32 p,%r314,0; @p ld.global.nc.v4.u32 {%r310,%r311,
%r312,%r313},[%rd23]; }
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f150,%f149,%f148,%f147},{%r236,%r276,%r246,%r286},{%r310,
%r311},{%f150,%f149,%f148,%f147};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f150,%f149,%f148,%f147},{%r256,%r296,%r266,%r306},{%r312,
%r313},{%f150,%f149,%f148,%f147};
add.s32 %r368,%r368,8;
setp.lt.s32 %p7,%r368,%r4;
mov.u32 %r359,%r35;
mov.u32 %r360,%r111;
mov.u32 %r361,%r112;
mov.u32 %r362,%r113;
mov.u32 %r363,%r114;
mov.u32 %r364,%r120;
mov.u32 %r365,%r121;
mov.u32 %r366,%r122;
mov.u32 %r367,%r123;
@%p7 bra $L__BB9_2;
$L__BB9_3:
shl.b32 %r337,%r77,1;
and.b32 %r338,%r337,6;
mul.wide.u32 %rd32,%r79,512;
mov.u64 %rd33,shared9;
add.s64 %rd34,%rd33,%rd32;
mul.wide.u32 %rd35,%r338,64;
add.s64 %rd36,%rd34,%rd35;
and.b32 %r339,%r77,28;
cvt.u64.u32 %rd37,%r339;
add.s64 %rd38,%rd36,%rd37;
st.shared.f32 [%rd38],%f150;
st.shared.f32 [%rd38+64],%f149;
st.shared.f32 [%rd38+32],%f148;
st.shared.f32 [%rd38+96],%f147;
bar.sync 0;
setp.gt.s32 %p8,%r77,127;
@%p8 bra $L__BB9_26;
shr.u32 %r340,%r58,2;
and.b32 %r45,%r340,3;
cvt.u16.u32 %rs5,%r58;
and.b16 %rs1,%rs5,3;
shr.u32 %r341,%r58,4;
and.b32 %r46,%r341,3;
add.s32 %r369,%r77,-256;
$L__BB9_5:
.pragma "nounroll";
add.s32 %r369,%r369,256;
shr.s32 %r343,%r369,31;
shr.u32 %r344,%r343,28;
add.s32 %r345,%r369,%r344;
shr.s32 %r346,%r345,4;
and.b32 %r347,%r345,-16;
sub.s32 %r348,%r369,%r347;
mul.wide.s32 %rd39,%r346,64;
add.s64 %rd41,%rd33,%rd39;
mul.wide.s32 %rd42,%r348,4;
add.s64 %rd4,%rd41,%rd42;
add.s32 %r50,%r346,%r2;
setp.ge.s32 %p9,%r50,%r55;
add.s32 %r51,%r348,%r1;
setp.ge.s32 %p10,%r51,%r56;
or.pred %p11,%p9,%p10;
@%p11 bra $L__BB9_25;
ld.shared.f32 %f129,[%rd4];
ld.shared.f32 %f130,[%rd4+512];
ld.shared.f32 %f131,[%rd4+1024];
ld.shared.f32 %f132,[%rd4+1536];
ld.shared.f32 %f133,[%rd4+2048];
ld.shared.f32 %f134,[%rd4+2560];
ld.shared.f32 %f135,[%rd4+3072];
ld.shared.f32 %f136,[%rd4+3584];
setp.eq.s32 %p12,%r45,2;
cvt.s64.s32 %rd5,%r50;
cvt.s64.s32 %rd6,%r51;
add.f32 %f137,%f129,0f00000000;
add.f32 %f138,%f137,%f130;
add.f32 %f139,%f138,%f131;
add.f32 %f140,%f139,%f132;
add.f32 %f141,%f140,%f133;
add.f32 %f142,%f141,%f134;
add.f32 %f143,%f142,%f135;
add.f32 %f13,%f143,%f136;
@%p12 bra $L__BB9_10;
bra.uni $L__BB9_7;
$L__BB9_10:
cvta.to.global.u64 %rd46,%rd10;
shl.b64 %rd47,%rd6,2;
add.s64 %rd48,%rd46,%rd47;
ld.global.f32 %f155,[%rd48];
bra.uni $L__BB9_11;
$L__BB9_7:
setp.eq.s32 %p13,%r45,0;
cvta.to.global.u64 %rd43,%rd10;
shl.b64 %rd44,%rd6,1;
add.s64 %rd45,%rd43,%rd44;
ld.global.u16 %r52,[%rd45];
@%p13 bra $L__BB9_9;
shl.b32 %r349,%r52,16;
mov.b32 %f155,%r349;
bra.uni $L__BB9_11;
$L__BB9_9:
{ .reg .b16 h; cvt.u16.u32 h,%r52; cvt.f32.f16 %f155,h; }
$L__BB9_11:
mul.f32 %f24,%f13,%f155;
setp.eq.s64 %p14,%rd11,0;
@%p14 bra $L__BB9_18;
setp.eq.s32 %p15,%r46,2;
@%p15 bra $L__BB9_16;
bra.uni $L__BB9_13;
$L__BB9_16:
cvta.to.global.u64 %rd52,%rd11;
shl.b64 %rd53,%rd6,2;
add.s64 %rd54,%rd52,%rd53;
ld.global.f32 %f156,[%rd54];
bra.uni $L__BB9_17;
$L__BB9_13:
setp.eq.s32 %p16,%r46,0;
cvta.to.global.u64 %rd49,%rd11;
shl.b64 %rd50,%rd6,1;
add.s64 %rd51,%rd49,%rd50;
ld.global.u16 %r53,[%rd51];
@%p16 bra $L__BB9_15;
shl.b32 %r351,%r53,16;
mov.b32 %f156,%r351;
bra.uni $L__BB9_17;
$L__BB9_15:
{ .reg .b16 h; cvt.u16.u32 h,%r53; cvt.f32.f16 %f156,h; }
$L__BB9_17:
add.f32 %f24,%f24,%f156;
$L__BB9_18:
cvt.s64.s32 %rd55,%r56;
mul.lo.s64 %rd56,%rd5,%rd55;
add.s64 %rd7,%rd56,%rd6;
setp.eq.s16 %p17,%rs1,2;
@%p17 bra $L__BB9_21;
setp.ne.s16 %p18,%rs1,0;
@%p18 bra $L__BB9_22;
cvt.rn.f16.f32 %rs9,%f24;
bra.uni $L__BB9_24;
$L__BB9_21:
cvta.to.global.u64 %rd57,%rd12;
shl.b64 %rd58,%rd7,2;
add.s64 %rd59,%rd57,%rd58;
st.global.f32 [%rd59],%f24;
bra.uni $L__BB9_25;
$L__BB9_22:
mov.b32 %r54,%f24;
and.b32 %r353,%r54,2147483647;
setp.gt.u32 %p19,%r353,2139095040;
mov.u16 %rs9,32767;
@%p19 bra $L__BB9_24;
shr.u32 %r354,%r54,16;
and.b32 %r355,%r354,1;
add.s32 %r356,%r54,%r355;
add.s32 %r357,%r356,32767;
shr.u32 %r358,%r357,16;
cvt.u16.u32 %rs9,%r358;
$L__BB9_24:
cvta.to.global.u64 %rd60,%rd12;
shl.b64 %rd61,%rd7,1;
add.s64 %rd62,%rd60,%rd61;
st.global.u16 [%rd62],%rs9;
$L__BB9_25:
setp.lt.s32 %p20,%r369,-128;
@%p20 bra $L__BB9_5;
$L__BB9_26:
ret;
}
.visible .entry int8_bfloat16_matmul_16(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 256,1,1
.minnctapersm 3
{
.reg .pred %p<23>;
.reg .b16 %rs<10>;
.reg .f32 %f<218>;
.reg .b32 %r<415>;
.reg .b64 %rd<69>;
.shared .align 4 .b8 shared10[8192];
ld.param.u64 %rd9,[p0];
ld.param.u64 %rd10,[p1];
ld.param.u64 %rd11,[p2];
ld.param.u64 %rd12,[p3];
ld.param.u64 %rd13,[p4];
ld.param.u32 %r52,[p5];
ld.param.u32 %r53,[p6];
ld.param.u32 %r54,[p7];
ld.param.u32 %r55,[p8];
mov.u32 %r74,%tid.x;
and.b32 %r75,%r74,31;
shr.u32 %r76,%r74,5;
shr.u32 %r77,%r75,2;
and.b32 %r78,%r74,3;
add.s32 %r79,%r52,15;
shr.s32 %r80,%r79,31;
shr.u32 %r81,%r80,28;
add.s32 %r82,%r79,%r81;
shr.s32 %r83,%r82,4;
mov.u32 %r84,%ctaid.x;
div.u32 %r85,%r84,%r83;
shl.b32 %r1,%r85,4;
mul.lo.s32 %r86,%r85,%r83;
sub.s32 %r87,%r84,%r86;
shl.b32 %r2,%r87,4;
shr.s32 %r88,%r54,31;
shr.u32 %r89,%r88,28;
add.s32 %r90,%r54,%r89;
shr.s32 %r3,%r90,4;
add.s32 %r91,%r3,3;
shr.s32 %r92,%r91,31;
shr.u32 %r93,%r92,30;
add.s32 %r94,%r91,%r93;
shr.s32 %r4,%r94,2;
or.b32 %r95,%r1,%r77;
add.s32 %r96,%r53,-1;
min.s32 %r97,%r95,%r96;
mul.wide.s32 %rd16,%r97,%r3;
or.b32 %r98,%r95,8;
min.s32 %r99,%r98,%r96;
mul.wide.s32 %rd1,%r99,%r3;
or.b32 %r5,%r2,%r77;
bfi.b32 %r100,%r76,%r78,2,30;
cvt.u64.u32 %rd17,%r100;
setp.lt.s32 %p1,%r100,%r3;
selp.u32 %r69,1,0,%p1;
add.s64 %rd18,%rd16,%rd17;
shl.b64 %rd19,%rd18,4;
add.s64 %rd14,%rd9,%rd19;
mov.u32 %r409,0;
mov.u32 %r405,%r409;
mov.u32 %r406,%r409;
mov.u32 %r407,%r409;
mov.u32 %r408,%r409;
{ .reg .pred p; setp.ne.u32 p,%r69,0; @p ld.global.cs.nc.v4.u32 {%r405,%r406,
%r407,%r408},[%rd14]; }
add.s64 %rd20,%rd1,%rd17;
shl.b64 %rd21,%rd20,4;
add.s64 %rd15,%rd9,%rd21;
mov.u32 %r410,%r409;
mov.u32 %r411,%r409;
mov.u32 %r412,%r409;
{ .reg .pred p; setp.ne.u32 p,%r69,0; @p ld.global.cs.nc.v4.u32 {%r409,%r410,
%r411,%r412},[%rd15]; }
setp.ge.s32 %p2,%r76,%r4;
mov.f32 %f199,0f00000000;
mov.f32 %f200,%f199;
mov.f32 %f201,%f199;
mov.f32 %f202,%f199;
mov.f32 %f203,%f199;
mov.f32 %f204,%f199;
mov.f32 %f205,%f199;
mov.f32 %f206,%f199;
@%p2 bra $L__BB10_3;
shr.u32 %r102,%r88,29;
add.s32 %r103,%r54,%r102;
shr.s32 %r104,%r103,3;
add.s32 %r105,%r52,-1;
min.s32 %r106,%r5,%r105;
mul.wide.s32 %rd2,%r106,%r104;
add.s32 %r23,%r5,8;
min.s32 %r107,%r23,%r105;
mul.wide.s32 %rd3,%r107,%r104;
add.s32 %r111,%r1,%r77;
min.s32 %r113,%r111,%r96;
mul.wide.s32 %rd4,%r113,%r3;
mov.u32 %r413,%r76;
$L__BB10_2:
.pragma "nounroll";
bfi.b32 %r378,%r413,%r78,2,30;
add.s32 %r379,%r378,32;
cvt.s64.s32 %rd28,%r379;
setp.lt.s32 %p3,%r379,%r3;
selp.u32 %r127,1,0,%p3;
add.s64 %rd29,%rd4,%rd28;
shl.b64 %rd30,%rd29,4;
add.s64 %rd22,%rd9,%rd30;
mov.u32 %r355,0;
mov.u32 %r114,%r355;
mov.u32 %r115,%r355;
mov.u32 %r116,%r355;
mov.u32 %r117,%r355;
{ .reg .pred p; setp.ne.u32 p,%r127,0; @p ld.global.cs.nc.v4.u32 {%r114,%r115,
%r116,%r117},[%rd22]; }
add.s64 %rd31,%rd1,%rd28;
shl.b64 %rd32,%rd31,4;
add.s64 %rd23,%rd9,%rd32;
mov.u32 %r123,%r355;
mov.u32 %r124,%r355;
mov.u32 %r125,%r355;
mov.u32 %r126,%r355;
{ .reg .pred p; setp.ne.u32 p,%r127,0; @p ld.global.cs.nc.v4.u32 {%r123,%r124,
%r125,%r126},[%rd23]; }
setp.lt.s32 %p4,%r378,%r3;
shl.b32 %r380,%r378,1;
cvt.s64.s32 %rd33,%r380;
setp.lt.s32 %p5,%r5,%r52;
and.pred %p6,%p4,%p5;
xor.b32 %r145,%r405,-2139062144;
mov.u32 %r328,1258291200;
mov.u32 %r316,30016;
prmt.b32 %f53,%r145,%r328,%r316;
add.f32 %f149,%f53,0fCB000080;
mov.u32 %r319,30017;
prmt.b32 %f54,%r145,%r328,%r319;
add.f32 %f150,%f54,0fCB000080;
mov.b32 %r139,%f149;
mov.b32 %r140,%f150;
mov.u32 %r333,30258;
prmt.b32 %r138,%r139,%r140,%r333;
mov.u32 %r326,30018;
prmt.b32 %f55,%r145,%r328,%r326;
add.f32 %f151,%f55,0fCB000080;
mov.u32 %r329,30019;
prmt.b32 %f56,%r145,%r328,%r329;
add.f32 %f152,%f56,0fCB000080;
mov.b32 %r149,%f151;
mov.b32 %r150,%f152;
prmt.b32 %r148,%r149,%r150,%r333;
xor.b32 %r165,%r406,-2139062144;
prmt.b32 %f57,%r165,%r328,%r316;
add.f32 %f153,%f57,0fCB000080;
prmt.b32 %f58,%r165,%r328,%r319;
add.f32 %f154,%f58,0fCB000080;
mov.b32 %r159,%f153;
mov.b32 %r160,%f154;
prmt.b32 %r158,%r159,%r160,%r333;
prmt.b32 %f59,%r165,%r328,%r326;
add.f32 %f155,%f59,0fCB000080;
prmt.b32 %f60,%r165,%r328,%r329;
add.f32 %f156,%f60,0fCB000080;
mov.b32 %r169,%f155;
mov.b32 %r170,%f156;
prmt.b32 %r168,%r169,%r170,%r333;
xor.b32 %r185,%r409,-2139062144;
prmt.b32 %f61,%r185,%r328,%r316;
add.f32 %f157,%f61,0fCB000080;
prmt.b32 %f62,%r185,%r328,%r319;
add.f32 %f158,%f62,0fCB000080;
mov.b32 %r179,%f157;
mov.b32 %r180,%f158;
prmt.b32 %r178,%r179,%r180,%r333;
prmt.b32 %f63,%r185,%r328,%r326;
add.f32 %f159,%f63,0fCB000080;
prmt.b32 %f64,%r185,%r328,%r329;
add.f32 %f160,%f64,0fCB000080;
mov.b32 %r189,%f159;
mov.b32 %r190,%f160;
prmt.b32 %r188,%r189,%r190,%r333;
xor.b32 %r205,%r410,-2139062144;
prmt.b32 %f65,%r205,%r328,%r316;
add.f32 %f161,%f65,0fCB000080;
prmt.b32 %f66,%r205,%r328,%r319;
add.f32 %f162,%f66,0fCB000080;
mov.b32 %r199,%f161;
mov.b32 %r200,%f162;
prmt.b32 %r198,%r199,%r200,%r333;
prmt.b32 %f67,%r205,%r328,%r326;
add.f32 %f163,%f67,0fCB000080;
prmt.b32 %f68,%r205,%r328,%r329;
add.f32 %f164,%f68,0fCB000080;
mov.b32 %r209,%f163;
mov.b32 %r210,%f164;
prmt.b32 %r208,%r209,%r210,%r333;
selp.u32 %r338,1,0,%p6;
add.s64 %rd34,%rd2,%rd33;
shl.b64 %rd35,%rd34,4;
add.s64 %rd24,%rd10,%rd35;
mov.u32 %r212,%r355;
mov.u32 %r213,%r355;
mov.u32 %r214,%r355;
mov.u32 %r215,%r355;
{ .reg .pred p; setp.ne.u32 p,%r338,0; @p ld.global.nc.v4.u32 {%r212,%r213,
%r214,%r215},[%rd24]; }
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f199,%f200,%f201,%f202},{%r138,%r178,%r148,%r188},{%r212,
%r213},{%f199,%f200,%f201,%f202};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f199,%f200,%f201,%f202},{%r158,%r198,%r168,%r208},{%r214,
%r215},{%f199,%f200,%f201,%f202};
setp.lt.s32 %p7,%r23,%r52;
and.pred %p8,%p4,%p7;
selp.u32 %r359,1,0,%p8;
add.s64 %rd36,%rd3,%rd33;
shl.b64 %rd37,%rd36,4;
add.s64 %rd25,%rd10,%rd37;
mov.u32 %r233,%r355;
mov.u32 %r234,%r355;
mov.u32 %r235,%r355;
mov.u32 %r236,%r355;
{ .reg .pred p; setp.ne.u32 p,%r359,0; @p ld.global.nc.v4.u32 {%r233,%r234,
%r235,%r236},[%rd25]; }
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f203,%f204,%f205,%f206},{%r138,%r178,%r148,%r188},{%r233,
%r234},{%f203,%f204,%f205,%f206};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f203,%f204,%f205,%f206},{%r158,%r198,%r168,%r208},{%r235,
%r236},{%f203,%f204,%f205,%f206};
xor.b32 %r267,%r407,-2139062144;
prmt.b32 %f101,%r267,%r328,%r316;
add.f32 %f165,%f101,0fCB000080;
prmt.b32 %f102,%r267,%r328,%r319;
add.f32 %f166,%f102,0fCB000080;
mov.b32 %r261,%f165;
mov.b32 %r262,%f166;
prmt.b32 %r260,%r261,%r262,%r333;
prmt.b32 %f103,%r267,%r328,%r326;
add.f32 %f167,%f103,0fCB000080;
prmt.b32 %f104,%r267,%r328,%r329;
add.f32 %f168,%f104,0fCB000080;
mov.b32 %r271,%f167;
mov.b32 %r272,%f168;
prmt.b32 %r270,%r271,%r272,%r333;
xor.b32 %r287,%r408,-2139062144;
prmt.b32 %f105,%r287,%r328,%r316;
add.f32 %f169,%f105,0fCB000080;
prmt.b32 %f106,%r287,%r328,%r319;
add.f32 %f170,%f106,0fCB000080;
mov.b32 %r281,%f169;
mov.b32 %r282,%f170;
prmt.b32 %r280,%r281,%r282,%r333;
prmt.b32 %f107,%r287,%r328,%r326;
add.f32 %f171,%f107,0fCB000080;
prmt.b32 %f108,%r287,%r328,%r329;
add.f32 %f172,%f108,0fCB000080;
mov.b32 %r291,%f171;
mov.b32 %r292,%f172;
prmt.b32 %r290,%r291,%r292,%r333;
xor.b32 %r307,%r411,-2139062144;
prmt.b32 %f109,%r307,%r328,%r316;
add.f32 %f173,%f109,0fCB000080;
prmt.b32 %f110,%r307,%r328,%r319;
add.f32 %f174,%f110,0fCB000080;
mov.b32 %r301,%f173;
mov.b32 %r302,%f174;
prmt.b32 %r300,%r301,%r302,%r333;
prmt.b32 %f111,%r307,%r328,%r326;
add.f32 %f175,%f111,0fCB000080;
prmt.b32 %f112,%r307,%r328,%r329;
add.f32 %f176,%f112,0fCB000080;
mov.b32 %r311,%f175;
mov.b32 %r312,%f176;
prmt.b32 %r310,%r311,%r312,%r333;
xor.b32 %r327,%r412,-2139062144;
prmt.b32 %f113,%r327,%r328,%r316;
add.f32 %f177,%f113,0fCB000080;
prmt.b32 %f114,%r327,%r328,%r319;
add.f32 %f178,%f114,0fCB000080;
mov.b32 %r321,%f177;
mov.b32 %r322,%f178;
prmt.b32 %r320,%r321,%r322,%r333;
prmt.b32 %f115,%r327,%r328,%r326;
add.f32 %f179,%f115,0fCB000080;
prmt.b32 %f116,%r327,%r328,%r329;
add.f32 %f180,%f116,0fCB000080;
mov.b32 %r331,%f179;
mov.b32 %r332,%f180;
prmt.b32 %r330,%r331,%r332,%r333;
add.s64 %rd26,%rd24,16;
mov.u32 %r334,%r355;
mov.u32 %r335,%r355;
mov.u32 %r336,%r355;
mov.u32 %r337,%r355;
{ .reg .pred p; setp.ne.u32 p,%r338,0; @p ld.global.nc.v4.u32 {%r334,%r335,
%r336,%r337},[%rd26]; }
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f199,%f200,%f201,%f202},{%r260,%r300,%r270,%r310},{%r334,
%r335},{%f199,%f200,%f201,%f202};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f199,%f200,%f201,%f202},{%r280,%r320,%r290,%r330},{%r336,
%r337},{%f199,%f200,%f201,%f202};
add.s64 %rd27,%rd25,16;
mov.u32 %r356,%r355;
mov.u32 %r357,%r355;
mov.u32 %r358,%r355;
{ .reg .pred p; setp.ne.u32 p,%r359,0; @p ld.global.nc.v4.u32 {%r355,%r356,
%r357,%r358},[%rd27]; }
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f203,%f204,%f205,%f206},{%r260,%r300,%r270,%r310},{%r355,
%r356},{%f203,%f204,%f205,%f206};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f203,%f204,%f205,%f206},{%r280,%r320,%r290,%r330},{%r357,
%r358},{%f203,%f204,%f205,%f206};
add.s32 %r413,%r413,8;
setp.lt.s32 %p9,%r413,%r4;
mov.u32 %r405,%r114;
mov.u32 %r406,%r115;
mov.u32 %r407,%r116;
mov.u32 %r408,%r117;
mov.u32 %r409,%r123;
mov.u32 %r410,%r124;
mov.u32 %r411,%r125;
mov.u32 %r412,%r126;
@%p9 bra $L__BB10_2;
$L__BB10_3:
shl.b32 %r383,%r74,1;
and.b32 %r384,%r383,6;
mul.wide.u32 %rd38,%r76,1024;
mov.u64 %rd39,shared10;
add.s64 %rd40,%rd39,%rd38;
mul.wide.u32 %rd41,%r384,64;
add.s64 %rd42,%rd40,%rd41;
and.b32 %r385,%r74,28;
cvt.u64.u32 %rd43,%r385;
add.s64 %rd44,%rd42,%rd43;
st.shared.f32 [%rd44],%f199;
st.shared.f32 [%rd44+64],%f200;
st.shared.f32 [%rd44+32],%f201;
st.shared.f32 [%rd44+96],%f202;
st.shared.f32 [%rd44+512],%f203;
st.shared.f32 [%rd44+576],%f204;
st.shared.f32 [%rd44+544],%f205;
st.shared.f32 [%rd44+608],%f206;
bar.sync 0;
setp.gt.s32 %p10,%r74,255;
@%p10 bra $L__BB10_26;
shr.u32 %r386,%r55,2;
and.b32 %r42,%r386,3;
cvt.u16.u32 %rs5,%r55;
and.b16 %rs1,%rs5,3;
shr.u32 %r387,%r55,4;
and.b32 %r43,%r387,3;
add.s32 %r414,%r74,-256;
$L__BB10_5:
.pragma "nounroll";
add.s32 %r414,%r414,256;
shr.s32 %r389,%r414,31;
shr.u32 %r390,%r389,28;
add.s32 %r391,%r414,%r390;
shr.s32 %r392,%r391,4;
and.b32 %r393,%r391,-16;
sub.s32 %r394,%r414,%r393;
mul.wide.s32 %rd45,%r392,64;
add.s64 %rd47,%rd39,%rd45;
mul.wide.s32 %rd48,%r394,4;
add.s64 %rd5,%rd47,%rd48;
add.s32 %r47,%r392,%r2;
setp.ge.s32 %p11,%r47,%r52;
add.s32 %r48,%r394,%r1;
setp.ge.s32 %p12,%r48,%r53;
or.pred %p13,%p11,%p12;
@%p13 bra $L__BB10_25;
ld.shared.f32 %f181,[%rd5];
ld.shared.f32 %f182,[%rd5+1024];
ld.shared.f32 %f183,[%rd5+2048];
ld.shared.f32 %f184,[%rd5+3072];
ld.shared.f32 %f185,[%rd5+4096];
ld.shared.f32 %f186,[%rd5+5120];
ld.shared.f32 %f187,[%rd5+6144];
ld.shared.f32 %f188,[%rd5+7168];
setp.eq.s32 %p14,%r42,2;
cvt.s64.s32 %rd6,%r47;
cvt.s64.s32 %rd7,%r48;
add.f32 %f189,%f181,0f00000000;
add.f32 %f190,%f189,%f182;
add.f32 %f191,%f190,%f183;
add.f32 %f192,%f191,%f184;
add.f32 %f193,%f192,%f185;
add.f32 %f194,%f193,%f186;
add.f32 %f195,%f194,%f187;
add.f32 %f25,%f195,%f188;
@%p14 bra $L__BB10_10;
bra.uni $L__BB10_7;
$L__BB10_10:
cvta.to.global.u64 %rd52,%rd11;
shl.b64 %rd53,%rd7,2;
add.s64 %rd54,%rd52,%rd53;
ld.global.f32 %f215,[%rd54];
bra.uni $L__BB10_11;
$L__BB10_7:
setp.eq.s32 %p15,%r42,0;
cvta.to.global.u64 %rd49,%rd11;
shl.b64 %rd50,%rd7,1;
add.s64 %rd51,%rd49,%rd50;
ld.global.u16 %r49,[%rd51];
@%p15 bra $L__BB10_9;
shl.b32 %r395,%r49,16;
mov.b32 %f215,%r395;
bra.uni $L__BB10_11;
$L__BB10_9:
{ .reg .b16 h; cvt.u16.u32 h,%r49; cvt.f32.f16 %f215,h; }
$L__BB10_11:
mul.f32 %f36,%f25,%f215;
setp.eq.s64 %p16,%rd12,0;
@%p16 bra $L__BB10_18;
setp.eq.s32 %p17,%r43,2;
@%p17 bra $L__BB10_16;
bra.uni $L__BB10_13;
$L__BB10_16:
cvta.to.global.u64 %rd58,%rd12;
shl.b64 %rd59,%rd7,2;
add.s64 %rd60,%rd58,%rd59;
ld.global.f32 %f216,[%rd60];
bra.uni $L__BB10_17;
$L__BB10_13:
setp.eq.s32 %p18,%r43,0;
cvta.to.global.u64 %rd55,%rd12;
shl.b64 %rd56,%rd7,1;
add.s64 %rd57,%rd55,%rd56;
ld.global.u16 %r50,[%rd57];
@%p18 bra $L__BB10_15;
shl.b32 %r397,%r50,16;
mov.b32 %f216,%r397;
bra.uni $L__BB10_17;
$L__BB10_15:
{ .reg .b16 h; cvt.u16.u32 h,%r50; cvt.f32.f16 %f216,h; }
$L__BB10_17:
add.f32 %f36,%f36,%f216;
$L__BB10_18:
cvt.s64.s32 %rd61,%r53;
mul.lo.s64 %rd62,%rd6,%rd61;
add.s64 %rd8,%rd62,%rd7;
setp.eq.s16 %p19,%rs1,2;
@%p19 bra $L__BB10_21;
setp.ne.s16 %p20,%rs1,0;
@%p20 bra $L__BB10_22;
cvt.rn.f16.f32 %rs9,%f36;
bra.uni $L__BB10_24;
$L__BB10_21:
cvta.to.global.u64 %rd63,%rd13;
shl.b64 %rd64,%rd8,2;
add.s64 %rd65,%rd63,%rd64;
st.global.f32 [%rd65],%f36;
bra.uni $L__BB10_25;
$L__BB10_22:
mov.b32 %r51,%f36;
and.b32 %r399,%r51,2147483647;
setp.gt.u32 %p21,%r399,2139095040;
mov.u16 %rs9,32767;
@%p21 bra $L__BB10_24;
shr.u32 %r400,%r51,16;
and.b32 %r401,%r400,1;
add.s32 %r402,%r51,%r401;
add.s32 %r403,%r402,32767;
shr.u32 %r404,%r403,16;
cvt.u16.u32 %rs9,%r404;
$L__BB10_24:
cvta.to.global.u64 %rd66,%rd13;
shl.b64 %rd67,%rd8,1;
add.s64 %rd68,%rd66,%rd67;
st.global.u16 [%rd68],%rs9;
$L__BB10_25:
setp.lt.s32 %p22,%r414,0;
@%p22 bra $L__BB10_5;
$L__BB10_26:
ret;
}
.visible .entry int8_bfloat16_matmul_32(
.param .u64 p0,
.param .u64 p1,
.param .u64 p2,
.param .u64 p3,
.param .u64 p4,
.param .u32 p5,
.param .u32 p6,
.param .u32 p7,
.param .u32 p8
)
.maxntid 256,1,1
.minnctapersm 2
{
.reg .pred %p<30>;
.reg .b16 %rs<10>;
.reg .f32 %f<514>;
.reg .b32 %r<581>;
.reg .b64 %rd<95>;
.shared .align 4 .b8 shared11[32768];
ld.param.u64 %rd11,[p0];
ld.param.u64 %rd12,[p1];
ld.param.u64 %rd13,[p2];
ld.param.u64 %rd14,[p3];
ld.param.u64 %rd15,[p4];
ld.param.u32 %r89,[p5];
ld.param.u32 %r90,[p6];
ld.param.u32 %r91,[p7];
mov.u32 %r129,%tid.x;
and.b32 %r130,%r129,31;
shr.u32 %r1,%r130,2;
add.s32 %r131,%r89,31;
shr.s32 %r132,%r131,31;
shr.u32 %r133,%r132,27;
add.s32 %r134,%r131,%r133;
shr.s32 %r135,%r134,5;
mov.u32 %r136,%ctaid.x;
div.u32 %r137,%r136,%r135;
shl.b32 %r2,%r137,5;
mul.lo.s32 %r138,%r137,%r135;
sub.s32 %r139,%r136,%r138;
or.b32 %r140,%r2,%r1;
shr.s32 %r141,%r91,31;
shr.u32 %r142,%r141,28;
add.s32 %r143,%r91,%r142;
shr.s32 %r3,%r143,4;
add.s32 %r144,%r3,3;
add.s32 %r145,%r90,-1;
min.s32 %r146,%r140,%r145;
mul.wide.s32 %rd20,%r146,%r3;
or.b32 %r147,%r140,8;
min.s32 %r148,%r147,%r145;
mul.wide.s32 %rd21,%r148,%r3;
or.b32 %r149,%r140,16;
min.s32 %r150,%r149,%r145;
mul.wide.s32 %rd22,%r150,%r3;
or.b32 %r151,%r140,24;
min.s32 %r152,%r151,%r145;
mul.wide.s32 %rd23,%r152,%r3;
shr.u32 %r578,%r129,5;
and.b32 %r153,%r129,3;
shl.b32 %r5,%r139,5;
shr.s32 %r154,%r144,31;
shr.u32 %r155,%r154,30;
add.s32 %r156,%r144,%r155;
shr.s32 %r6,%r156,2;
bfi.b32 %r157,%r578,%r153,2,30;
cvt.u64.u32 %rd24,%r157;
setp.lt.s32 %p1,%r157,%r3;
selp.u32 %r124,1,0,%p1;
add.s64 %rd25,%rd20,%rd24;
shl.b64 %rd26,%rd25,4;
add.s64 %rd16,%rd11,%rd26;
mov.u32 %r565,0;
mov.u32 %r577,%r565;
mov.u32 %r576,%r565;
mov.u32 %r575,%r565;
mov.u32 %r574,%r565;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r577,%r576,
%r575,%r574},[%rd16]; }
add.s64 %rd27,%rd21,%rd24;
shl.b64 %rd28,%rd27,4;
add.s64 %rd17,%rd11,%rd28;
mov.u32 %r573,%r565;
mov.u32 %r572,%r565;
mov.u32 %r571,%r565;
mov.u32 %r570,%r565;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r573,%r572,
%r571,%r570},[%rd17]; }
add.s64 %rd29,%rd22,%rd24;
shl.b64 %rd30,%rd29,4;
add.s64 %rd18,%rd11,%rd30;
mov.u32 %r569,%r565;
mov.u32 %r568,%r565;
mov.u32 %r567,%r565;
mov.u32 %r566,%r565;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r569,%r568,
%r567,%r566},[%rd18]; }
add.s64 %rd31,%rd23,%rd24;
shl.b64 %rd32,%rd31,4;
add.s64 %rd19,%rd11,%rd32;
mov.u32 %r564,%r565;
mov.u32 %r563,%r565;
mov.u32 %r562,%r565;
{ .reg .pred p; setp.ne.u32 p,%r124,0; @p ld.global.cs.nc.v4.u32 {%r565,%r564,
%r563,%r562},[%rd19]; }
setp.ge.s32 %p2,%r578,%r6;
mov.f32 %f447,0f00000000;
mov.f32 %f448,%f447;
mov.f32 %f449,%f447;
mov.f32 %f450,%f447;
mov.f32 %f451,%f447;
mov.f32 %f452,%f447;
mov.f32 %f453,%f447;
mov.f32 %f454,%f447;
mov.f32 %f455,%f447;
mov.f32 %f456,%f447;
mov.f32 %f457,%f447;
mov.f32 %f458,%f447;
mov.f32 %f459,%f447;
mov.f32 %f460,%f447;
mov.f32 %f461,%f447;
mov.f32 %f462,%f447;
mov.f32 %f463,%f447;
mov.f32 %f464,%f447;
mov.f32 %f465,%f447;
mov.f32 %f466,%f447;
mov.f32 %f467,%f447;
mov.f32 %f468,%f447;
mov.f32 %f469,%f447;
mov.f32 %f470,%f447;
mov.f32 %f471,%f447;
mov.f32 %f472,%f447;
mov.f32 %f473,%f447;
mov.f32 %f474,%f447;
mov.f32 %f475,%f447;
mov.f32 %f476,%f447;
mov.f32 %f477,%f447;
mov.f32 %f478,%f447;
@%p2 bra $L__BB11_5;
add.s32 %r158,%r5,%r1;
shr.u32 %r160,%r141,29;
add.s32 %r161,%r91,%r160;
shr.s32 %r162,%r161,3;
add.s32 %r163,%r89,-1;
add.s32 %r164,%r158,8;
add.s32 %r165,%r158,16;
add.s32 %r166,%r158,24;
min.s32 %r167,%r166,%r163;
mul.wide.s32 %rd1,%r167,%r162;
min.s32 %r168,%r165,%r163;
mul.wide.s32 %rd2,%r168,%r162;
min.s32 %r169,%r164,%r163;
mul.wide.s32 %rd3,%r169,%r162;
min.s32 %r170,%r158,%r163;
mul.wide.s32 %rd4,%r170,%r162;
$L__BB11_2:
.pragma "nounroll";
setp.lt.s32 %p3,%r166,%r89;
setp.lt.s32 %p4,%r165,%r89;
setp.lt.s32 %p5,%r164,%r89;
setp.lt.s32 %p6,%r158,%r89;
bfi.b32 %r216,%r578,%r153,2,30;
add.s32 %r217,%r216,32;
cvt.s64.s32 %rd37,%r217;
setp.lt.s32 %p7,%r217,%r3;
selp.u32 %r202,1,0,%p7;
add.s32 %r218,%r2,%r1;
min.s32 %r220,%r218,%r145;
mul.wide.s32 %rd38,%r220,%r3;
add.s64 %rd39,%rd38,%rd37;
shl.b64 %rd40,%rd39,4;
add.s64 %rd33,%rd11,%rd40;
mov.u32 %r579,0;
mov.u32 %r171,%r579;
mov.u32 %r172,%r579;
mov.u32 %r173,%r579;
mov.u32 %r174,%r579;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r171,%r172,
%r173,%r174},[%rd33]; }
add.s32 %r221,%r218,8;
min.s32 %r222,%r221,%r145;
mul.wide.s32 %rd41,%r222,%r3;
add.s64 %rd42,%rd41,%rd37;
shl.b64 %rd43,%rd42,4;
add.s64 %rd34,%rd11,%rd43;
mov.u32 %r180,%r579;
mov.u32 %r181,%r579;
mov.u32 %r182,%r579;
mov.u32 %r183,%r579;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r180,%r181,
%r182,%r183},[%rd34]; }
add.s32 %r223,%r218,16;
min.s32 %r224,%r223,%r145;
mul.wide.s32 %rd44,%r224,%r3;
add.s64 %rd45,%rd44,%rd37;
shl.b64 %rd46,%rd45,4;
add.s64 %rd35,%rd11,%rd46;
mov.u32 %r189,%r579;
mov.u32 %r190,%r579;
mov.u32 %r191,%r579;
mov.u32 %r192,%r579;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r189,%r190,
%r191,%r192},[%rd35]; }
add.s32 %r225,%r218,24;
min.s32 %r226,%r225,%r145;
mul.wide.s32 %rd47,%r226,%r3;
add.s64 %rd48,%rd47,%rd37;
shl.b64 %rd49,%rd48,4;
add.s64 %rd36,%rd11,%rd49;
mov.u32 %r198,%r579;
mov.u32 %r199,%r579;
mov.u32 %r200,%r579;
mov.u32 %r201,%r579;
{ .reg .pred p; setp.ne.u32 p,%r202,0; @p ld.global.cs.nc.v4.u32 {%r198,%r199,
%r200,%r201},[%rd36]; }
setp.lt.s32 %p8,%r216,%r3;
and.pred %p9,%p8,%p6;
selp.u32 %r72,1,0,%p9;
and.pred %p10,%p8,%p5;
selp.u32 %r73,1,0,%p10;
and.pred %p11,%p8,%p4;
selp.u32 %r74,1,0,%p11;
and.pred %p12,%p8,%p3;
selp.u32 %r75,1,0,%p12;
$L__BB11_3:
.pragma "nounroll";
mov.u32 %r487,0;
bfi.b32 %r560,%r578,%r153,2,30;
shl.b32 %r559,%r560,1;
cvt.s64.s32 %rd94,%r559;
setp.eq.s32 %p13,%r579,1;
selp.b32 %r520,%r575,%r574,%p13;
setp.eq.s32 %p14,%r579,0;
selp.b32 %r521,%r577,%r520,%p14;
selp.b32 %r522,%r576,%r574,%p14;
xor.b32 %r241,%r521,-2139062144;
mov.u32 %r382,1258291200;
mov.u32 %r370,30016;
prmt.b32 %f205,%r241,%r382,%r370;
add.f32 %f365,%f205,0fCB000080;
mov.u32 %r373,30017;
prmt.b32 %f206,%r241,%r382,%r373;
add.f32 %f366,%f206,0fCB000080;
mov.b32 %r235,%f365;
mov.b32 %r236,%f366;
mov.u32 %r387,30258;
prmt.b32 %r234,%r235,%r236,%r387;
mov.u32 %r380,30018;
prmt.b32 %f207,%r241,%r382,%r380;
add.f32 %f367,%f207,0fCB000080;
mov.u32 %r383,30019;
prmt.b32 %f208,%r241,%r382,%r383;
add.f32 %f368,%f208,0fCB000080;
mov.b32 %r245,%f367;
mov.b32 %r246,%f368;
prmt.b32 %r244,%r245,%r246,%r387;
xor.b32 %r261,%r522,-2139062144;
prmt.b32 %f209,%r261,%r382,%r370;
add.f32 %f369,%f209,0fCB000080;
prmt.b32 %f210,%r261,%r382,%r373;
add.f32 %f370,%f210,0fCB000080;
mov.b32 %r255,%f369;
mov.b32 %r256,%f370;
prmt.b32 %r254,%r255,%r256,%r387;
prmt.b32 %f211,%r261,%r382,%r380;
add.f32 %f371,%f211,0fCB000080;
prmt.b32 %f212,%r261,%r382,%r383;
add.f32 %f372,%f212,0fCB000080;
mov.b32 %r265,%f371;
mov.b32 %r266,%f372;
prmt.b32 %r264,%r265,%r266,%r387;
selp.b32 %r523,%r571,%r570,%p13;
selp.b32 %r524,%r573,%r523,%p14;
selp.b32 %r525,%r572,%r570,%p14;
xor.b32 %r281,%r524,-2139062144;
prmt.b32 %f213,%r281,%r382,%r370;
add.f32 %f373,%f213,0fCB000080;
prmt.b32 %f214,%r281,%r382,%r373;
add.f32 %f374,%f214,0fCB000080;
mov.b32 %r275,%f373;
mov.b32 %r276,%f374;
prmt.b32 %r274,%r275,%r276,%r387;
prmt.b32 %f215,%r281,%r382,%r380;
add.f32 %f375,%f215,0fCB000080;
prmt.b32 %f216,%r281,%r382,%r383;
add.f32 %f376,%f216,0fCB000080;
mov.b32 %r285,%f375;
mov.b32 %r286,%f376;
prmt.b32 %r284,%r285,%r286,%r387;
xor.b32 %r301,%r525,-2139062144;
prmt.b32 %f217,%r301,%r382,%r370;
add.f32 %f377,%f217,0fCB000080;
prmt.b32 %f218,%r301,%r382,%r373;
add.f32 %f378,%f218,0fCB000080;
mov.b32 %r295,%f377;
mov.b32 %r296,%f378;
prmt.b32 %r294,%r295,%r296,%r387;
prmt.b32 %f219,%r301,%r382,%r380;
add.f32 %f379,%f219,0fCB000080;
prmt.b32 %f220,%r301,%r382,%r383;
add.f32 %f380,%f220,0fCB000080;
mov.b32 %r305,%f379;
mov.b32 %r306,%f380;
prmt.b32 %r304,%r305,%r306,%r387;
selp.b32 %r526,%r567,%r566,%p13;
selp.b32 %r527,%r569,%r526,%p14;
selp.b32 %r528,%r568,%r566,%p14;
xor.b32 %r321,%r527,-2139062144;
prmt.b32 %f221,%r321,%r382,%r370;
add.f32 %f381,%f221,0fCB000080;
prmt.b32 %f222,%r321,%r382,%r373;
add.f32 %f382,%f222,0fCB000080;
mov.b32 %r315,%f381;
mov.b32 %r316,%f382;
prmt.b32 %r314,%r315,%r316,%r387;
prmt.b32 %f223,%r321,%r382,%r380;
add.f32 %f383,%f223,0fCB000080;
prmt.b32 %f224,%r321,%r382,%r383;
add.f32 %f384,%f224,0fCB000080;
mov.b32 %r325,%f383;
mov.b32 %r326,%f384;
prmt.b32 %r324,%r325,%r326,%r387;
xor.b32 %r341,%r528,-2139062144;
prmt.b32 %f225,%r341,%r382,%r370;
add.f32 %f385,%f225,0fCB000080;
prmt.b32 %f226,%r341,%r382,%r373;
add.f32 %f386,%f226,0fCB000080;
mov.b32 %r335,%f385;
mov.b32 %r336,%f386;
prmt.b32 %r334,%r335,%r336,%r387;
prmt.b32 %f227,%r341,%r382,%r380;
add.f32 %f387,%f227,0fCB000080;
prmt.b32 %f228,%r341,%r382,%r383;
add.f32 %f388,%f228,0fCB000080;
mov.b32 %r345,%f387;
mov.b32 %r346,%f388;
prmt.b32 %r344,%r345,%r346,%r387;
selp.b32 %r529,%r563,%r562,%p13;
selp.b32 %r530,%r565,%r529,%p14;
selp.b32 %r531,%r564,%r562,%p14;
xor.b32 %r361,%r530,-2139062144;
prmt.b32 %f229,%r361,%r382,%r370;
add.f32 %f389,%f229,0fCB000080;
prmt.b32 %f230,%r361,%r382,%r373;
add.f32 %f390,%f230,0fCB000080;
mov.b32 %r355,%f389;
mov.b32 %r356,%f390;
prmt.b32 %r354,%r355,%r356,%r387;
prmt.b32 %f231,%r361,%r382,%r380;
add.f32 %f391,%f231,0fCB000080;
prmt.b32 %f232,%r361,%r382,%r383;
add.f32 %f392,%f232,0fCB000080;
mov.b32 %r365,%f391;
mov.b32 %r366,%f392;
prmt.b32 %r364,%r365,%r366,%r387;
xor.b32 %r381,%r531,-2139062144;
prmt.b32 %f233,%r381,%r382,%r370;
add.f32 %f393,%f233,0fCB000080;
prmt.b32 %f234,%r381,%r382,%r373;
add.f32 %f394,%f234,0fCB000080;
mov.b32 %r375,%f393;
mov.b32 %r376,%f394;
prmt.b32 %r374,%r375,%r376,%r387;
prmt.b32 %f235,%r381,%r382,%r380;
add.f32 %f395,%f235,0fCB000080;
prmt.b32 %f236,%r381,%r382,%r383;
add.f32 %f396,%f236,0fCB000080;
mov.b32 %r385,%f395;
mov.b32 %r386,%f396;
prmt.b32 %r384,%r385,%r386,%r387;
cvt.s64.s32 %rd54,%r579;
add.s64 %rd55,%rd54,%rd94;
add.s64 %rd56,%rd4,%rd55;
shl.b64 %rd57,%rd56,4;
add.s64 %rd50,%rd12,%rd57;
mov.u32 %r388,%r487;
mov.u32 %r389,%r487;
mov.u32 %r390,%r487;
mov.u32 %r391,%r487;
{ .reg .pred p; setp.ne.u32 p,%r72,0; @p ld.global.nc.v4.u32 {%r388,%r389,
%r390,%r391},[%rd50]; }
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f447,%f448,%f449,%f450},{%r234,%r274,%r244,%r284},{%r388,
%r389},{%f447,%f448,%f449,%f450};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f447,%f448,%f449,%f450},{%r254,%r294,%r264,%r304},{%r390,
%r391},{%f447,%f448,%f449,%f450};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f451,%f452,%f453,%f454},{%r314,%r354,%r324,%r364},{%r388,
%r389},{%f451,%f452,%f453,%f454};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f451,%f452,%f453,%f454},{%r334,%r374,%r344,%r384},{%r390,
%r391},{%f451,%f452,%f453,%f454};
add.s64 %rd58,%rd3,%rd55;
shl.b64 %rd59,%rd58,4;
add.s64 %rd51,%rd12,%rd59;
mov.u32 %r421,%r487;
mov.u32 %r422,%r487;
mov.u32 %r423,%r487;
mov.u32 %r424,%r487;
{ .reg .pred p; setp.ne.u32 p,%r73,0; @p ld.global.nc.v4.u32 {%r421,%r422,
%r423,%r424},[%rd51]; }
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f455,%f456,%f457,%f458},{%r234,%r274,%r244,%r284},{%r421,
%r422},{%f455,%f456,%f457,%f458};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f455,%f456,%f457,%f458},{%r254,%r294,%r264,%r304},{%r423,
%r424},{%f455,%f456,%f457,%f458};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f459,%f460,%f461,%f462},{%r314,%r354,%r324,%r364},{%r421,
%r422},{%f459,%f460,%f461,%f462};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f459,%f460,%f461,%f462},{%r334,%r374,%r344,%r384},{%r423,
%r424},{%f459,%f460,%f461,%f462};
add.s64 %rd60,%rd2,%rd55;
shl.b64 %rd61,%rd60,4;
add.s64 %rd52,%rd12,%rd61;
mov.u32 %r454,%r487;
mov.u32 %r455,%r487;
mov.u32 %r456,%r487;
mov.u32 %r457,%r487;
{ .reg .pred p; setp.ne.u32 p,%r74,0; @p ld.global.nc.v4.u32 {%r454,%r455,
%r456,%r457},[%rd52]; }
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f463,%f464,%f465,%f466},{%r234,%r274,%r244,%r284},{%r454,
%r455},{%f463,%f464,%f465,%f466};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f463,%f464,%f465,%f466},{%r254,%r294,%r264,%r304},{%r456,
%r457},{%f463,%f464,%f465,%f466};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f467,%f468,%f469,%f470},{%r314,%r354,%r324,%r364},{%r454,
%r455},{%f467,%f468,%f469,%f470};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f467,%f468,%f469,%f470},{%r334,%r374,%r344,%r384},{%r456,
%r457},{%f467,%f468,%f469,%f470};
add.s64 %rd62,%rd1,%rd55;
shl.b64 %rd63,%rd62,4;
add.s64 %rd53,%rd12,%rd63;
mov.u32 %r488,%r487;
mov.u32 %r489,%r487;
mov.u32 %r490,%r487;
{ .reg .pred p; setp.ne.u32 p,%r75,0; @p ld.global.nc.v4.u32 {%r487,%r488,
%r489,%r490},[%rd53]; }
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f471,%f472,%f473,%f474},{%r234,%r274,%r244,%r284},{%r487,
%r488},{%f471,%f472,%f473,%f474};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f471,%f472,%f473,%f474},{%r254,%r294,%r264,%r304},{%r489,
%r490},{%f471,%f472,%f473,%f474};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f475,%f476,%f477,%f478},{%r314,%r354,%r324,%r364},{%r487,
%r488},{%f475,%f476,%f477,%f478};
mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f475,%f476,%f477,%f478},{%r334,%r374,%r344,%r384},{%r489,
%r490},{%f475,%f476,%f477,%f478};
add.s32 %r579,%r579,1;
setp.lt.u32 %p15,%r579,2;
@%p15 bra $L__BB11_3;
add.s32 %r578,%r578,8;
setp.lt.s32 %p16,%r578,%r6;
mov.u32 %r562,%r201;
mov.u32 %r563,%r200;
mov.u32 %r564,%r199;
mov.u32 %r565,%r198;
mov.u32 %r566,%r192;
mov.u32 %r567,%r191;
mov.u32 %r568,%r190;
mov.u32 %r569,%r189;
mov.u32 %r570,%r183;
mov.u32 %r571,%r182;
mov.u32 %r572,%r181;
mov.u32 %r573,%r180;
mov.u32 %r574,%r174;
mov.u32 %r575,%r173;
mov.u32 %r576,%r172;
mov.u32 %r577,%r171;
@%p16 bra $L__BB11_2;
$L__BB11_5:
mov.u32 %r556,%tid.x;
shr.u32 %r533,%r556,5;
shl.b32 %r534,%r556,1;
and.b32 %r535,%r534,6;
mul.wide.u32 %rd64,%r533,4096;
mov.u64 %rd65,shared11;
add.s64 %rd66,%rd65,%rd64;
mul.wide.u32 %rd67,%r535,128;
add.s64 %rd68,%rd66,%rd67;
and.b32 %r536,%r556,28;
cvt.u64.u32 %rd69,%r536;
add.s64 %rd70,%rd68,%rd69;
st.shared.f32 [%rd70],%f447;
st.shared.f32 [%rd70+128],%f448;
st.shared.f32 [%rd70+32],%f449;
st.shared.f32 [%rd70+160],%f450;
st.shared.f32 [%rd70+64],%f451;
st.shared.f32 [%rd70+192],%f452;
st.shared.f32 [%rd70+96],%f453;
st.shared.f32 [%rd70+224],%f454;
st.shared.f32 [%rd70+1024],%f455;
st.shared.f32 [%rd70+1152],%f456;
st.shared.f32 [%rd70+1056],%f457;
st.shared.f32 [%rd70+1184],%f458;
st.shared.f32 [%rd70+1088],%f459;
st.shared.f32 [%rd70+1216],%f460;
st.shared.f32 [%rd70+1120],%f461;
st.shared.f32 [%rd70+1248],%f462;
st.shared.f32 [%rd70+2048],%f463;
st.shared.f32 [%rd70+2176],%f464;
st.shared.f32 [%rd70+2080],%f465;
st.shared.f32 [%rd70+2208],%f466;
st.shared.f32 [%rd70+2112],%f467;
st.shared.f32 [%rd70+2240],%f468;
st.shared.f32 [%rd70+2144],%f469;
st.shared.f32 [%rd70+2272],%f470;
st.shared.f32 [%rd70+3072],%f471;
st.shared.f32 [%rd70+3200],%f472;
st.shared.f32 [%rd70+3104],%f473;
st.shared.f32 [%rd70+3232],%f474;
st.shared.f32 [%rd70+3136],%f475;
st.shared.f32 [%rd70+3264],%f476;
st.shared.f32 [%rd70+3168],%f477;
st.shared.f32 [%rd70+3296],%f478;
bar.sync 0;
setp.gt.s32 %p17,%r556,1023;
@%p17 bra $L__BB11_28;
ld.param.u32 %r558,[p8];
mov.u32 %r557,%tid.x;
cvt.s64.s32 %rd6,%r90;
shr.u32 %r537,%r558,2;
and.b32 %r79,%r537,3;
cvt.u16.u32 %rs5,%r558;
and.b16 %rs1,%rs5,3;
shr.u32 %r538,%r558,4;
and.b32 %r80,%r538,3;
add.s32 %r580,%r557,-256;
$L__BB11_7:
.pragma "nounroll";
add.s32 %r580,%r580,256;
shr.s32 %r540,%r580,31;
shr.u32 %r541,%r540,27;
add.s32 %r542,%r580,%r541;
shr.s32 %r543,%r542,5;
and.b32 %r544,%r542,-32;
sub.s32 %r545,%r580,%r544;
mul.wide.s32 %rd71,%r543,128;
add.s64 %rd73,%rd65,%rd71;
mul.wide.s32 %rd74,%r545,4;
add.s64 %rd7,%rd73,%rd74;
add.s32 %r84,%r543,%r5;
setp.ge.s32 %p18,%r84,%r89;
add.s32 %r85,%r545,%r2;
setp.ge.s32 %p19,%r85,%r90;
or.pred %p20,%p18,%p19;
@%p20 bra $L__BB11_27;
ld.shared.f32 %f397,[%rd7];
ld.shared.f32 %f398,[%rd7+4096];
ld.shared.f32 %f399,[%rd7+8192];
ld.shared.f32 %f400,[%rd7+12288];
ld.shared.f32 %f401,[%rd7+16384];
ld.shared.f32 %f402,[%rd7+20480];
ld.shared.f32 %f403,[%rd7+24576];
ld.shared.f32 %f404,[%rd7+28672];
setp.eq.s32 %p21,%r79,2;
cvt.s64.s32 %rd8,%r84;
cvt.s64.s32 %rd9,%r85;
add.f32 %f405,%f397,0f00000000;
add.f32 %f406,%f405,%f398;
add.f32 %f407,%f406,%f399;
add.f32 %f408,%f407,%f400;
add.f32 %f409,%f408,%f401;
add.f32 %f410,%f409,%f402;
add.f32 %f411,%f410,%f403;
add.f32 %f129,%f411,%f404;
@%p21 bra $L__BB11_12;
bra.uni $L__BB11_9;
$L__BB11_12:
cvta.to.global.u64 %rd78,%rd13;
shl.b64 %rd79,%rd9,2;
add.s64 %rd80,%rd78,%rd79;
ld.global.f32 %f511,[%rd80];
bra.uni $L__BB11_13;
$L__BB11_9:
setp.eq.s32 %p22,%r79,0;
cvta.to.global.u64 %rd75,%rd13;
shl.b64 %rd76,%rd9,1;
add.s64 %rd77,%rd75,%rd76;
ld.global.u16 %r86,[%rd77];
@%p22 bra $L__BB11_11;
shl.b32 %r546,%r86,16;
mov.b32 %f511,%r546;
bra.uni $L__BB11_13;
$L__BB11_11:
{ .reg .b16 h; cvt.u16.u32 h,%r86; cvt.f32.f16 %f511,h; }
$L__BB11_13:
mul.f32 %f140,%f129,%f511;
setp.eq.s64 %p23,%rd14,0;
@%p23 bra $L__BB11_20;
setp.eq.s32 %p24,%r80,2;
@%p24 bra $L__BB11_18;
bra.uni $L__BB11_15;
$L__BB11_18:
cvta.to.global.u64 %rd84,%rd14;
shl.b64 %rd85,%rd9,2;
add.s64 %rd86,%rd84,%rd85;
ld.global.f32 %f512,[%rd86];
bra.uni $L__BB11_19;
$L__BB11_15:
setp.eq.s32 %p25,%r80,0;
cvta.to.global.u64 %rd81,%rd14;
shl.b64 %rd82,%rd9,1;
add.s64 %rd83,%rd81,%rd82;
ld.global.u16 %r87,[%rd83];
@%p25 bra $L__BB11_17;
shl.b32 %r548,%r87,16;
mov.b32 %f512,%r548;
bra.uni $L__BB11_19;
$L__BB11_17:
{ .reg .b16 h; cvt.u16.u32 h,%r87; cvt.f32.f16 %f512,h; }
$L__BB11_19:
add.f32 %f140,%f140,%f512;
$L__BB11_20:
mul.lo.s64 %rd87,%rd8,%rd6;
add.s64 %rd10,%rd87,%rd9;
setp.eq.s16 %p26,%rs1,2;
@%p26 bra $L__BB11_23;
setp.ne.s16 %p27,%rs1,0;
@%p27 bra $L__BB11_24;
cvt.rn.f16.f32 %rs9,%f140;
bra.uni $L__BB11_26;
$L__BB11_23:
cvta.to.global.u64 %rd88,%rd15;
shl.b64 %rd89,%rd10,2;
add.s64 %rd90,%rd88,%rd89;
st.global.f32 [%rd90],%f140;
bra.uni $L__BB11_27;
$L__BB11_24:
mov.b32 %r88,%f140;
and.b32 %r550,%r88,2147483647;
setp.gt.u32 %p28,%r550,2139095040;
mov.u16 %rs9,32767;
@%p28 bra $L__BB11_26;
shr.u32 %r551,%r88,16;
and.b32 %r552,%r551,1;
add.s32 %r553,%r88,%r552;
add.s32 %r554,%r553,32767;
shr.u32 %r555,%r554,16;
cvt.u16.u32 %rs9,%r555;
$L__BB11_26:
cvta.to.global.u64 %rd91,%rd15;
shl.b64 %rd92,%rd10,1;
add.s64 %rd93,%rd91,%rd92;
st.global.u16 [%rd93],%rs9;
$L__BB11_27:
setp.lt.s32 %p29,%r580,768;
@%p29 bra $L__BB11_7;
$L__BB11_28:
ret;
}
"""
