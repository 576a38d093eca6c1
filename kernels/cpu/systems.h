// What the systems differ in: aligned memory, and what a forked child does first. No other file asks for a system.
#pragma once

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
