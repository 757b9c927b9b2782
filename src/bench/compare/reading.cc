#include "src/bench/compare/reading.h"

namespace twofold::bench::compare {

bool Reading::work(nanoseconds lasts) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, lasts, [this] { return over_; });
}

void Reading::handled(std::uint64_t record) {
  const nanoseconds at = now();
  const std::lock_guard lock(mutex_);
  if (record >= handled_.size() || handled_[record]) return;
  handled_[record] = true;
  last_handled_ = at;
  if (--left_ > 0) return;
  over_ = true;
  changed_.notify_all();
}

void Reading::stop() {
  const std::lock_guard lock(mutex_);
  over_ = true;
  changed_.notify_all();
}

void Reading::fail(Refused reason) {
  const std::lock_guard lock(mutex_);
  if (over_) return;
  failure_ = std::move(reason);
  over_ = true;
  changed_.notify_all();
}

bool Reading::over() const {
  const std::lock_guard lock(mutex_);
  return over_;
}

std::uint64_t Reading::left() const {
  const std::lock_guard lock(mutex_);
  return left_;
}

nanoseconds Reading::last_handled() const {
  const std::lock_guard lock(mutex_);
  return last_handled_;
}

std::optional<Refused> Reading::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Reading::wait(nanoseconds lasts) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, lasts, [this] { return over_; });
}

}  // namespace twofold::bench::compare
