// Threads: who does the tasks of a call, and the memory that each keeps between calls.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <new>
#include <thread>
#include <vector>

#include "pool.h"
#include "systems.h"

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
