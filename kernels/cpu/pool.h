// Threads of our own that wait for the next call, where torch has no OpenMP runtime to share: starting them for every
// call costs a sixth of a decode step. Nothing of what they do.
#pragma once

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
