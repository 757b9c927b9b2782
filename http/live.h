#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace twofold::http {

/// A setting that may change while the server serves. Copies are the same setting: who keeps one
/// sets it for all.
/// Threads  any; the lock is held for a copy of a pointer, so this is for what is asked seldom.
template <class T>
class Live {
 public:
  Live(T value = T()) : cell_(std::make_shared<Cell>()) { set(std::move(value)); }

  /// As it is now; what was handed out stays as it was.
  std::shared_ptr<const T> now() const {
    const std::lock_guard lock(cell_->mutex);
    return cell_->value;
  }
  void set(T value) const {
    auto made = std::make_shared<const T>(std::move(value));
    const std::lock_guard lock(cell_->mutex);
    cell_->value.swap(made);
  }

 private:
  struct Cell {
    std::mutex mutex;
    std::shared_ptr<const T> value;
  };
  std::shared_ptr<Cell> cell_;
};

}  // namespace twofold::http
