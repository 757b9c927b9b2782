#include "engine/base/thread_executor.h"

#include <algorithm>
#include <utility>

#include <pthread.h>

#include "engine/base/check.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kThreadNameMax = 15;

thread_local const ThreadPool* current_pool = nullptr;

}  // namespace

ThreadPool::ThreadPool(std::string name, std::size_t threads) {
  TF_CHECK(threads > 0);
  name.resize(std::min(name.size(), kThreadNameMax));
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this, name] { run(name); });
}

ThreadPool::~ThreadPool() {
  TF_CHECK(!is_current());
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ThreadPool::post(UniqueFunction<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  wake_.notify_one();
}

bool ThreadPool::is_current() const { return current_pool == this; }

void ThreadPool::run(const std::string& name) {
  pthread_setname_np(pthread_self(), name.c_str());
  current_pool = this;
  std::unique_lock lock(mutex_);
  while (true) {
    // Work that still runs may post more: nobody leaves before the last one is done.
    wake_.wait(lock, [this] { return !queue_.empty() || (ending_ && running_ == 0); });
    if (queue_.empty()) break;
    auto work = std::move(queue_.front());
    queue_.pop_front();
    ++running_;
    lock.unlock();
    work();
    work = nullptr;  // what it held may end here, but not under the lock
    lock.lock();
    --running_;
  }
  wake_.notify_all();
}

}  // namespace twofold::engine
