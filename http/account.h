#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace twofold::http {

/// Memory of which everybody together has only so much.
///
/// Whoever takes it when nobody else has any gets it, however much it is: nothing is too large for
/// ever. Units bytes. Threads any.
class Account {
 public:
  explicit Account(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  std::uint64_t bytes_max() const { return bytes_max_; }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t room() const { return bytes_max_ - std::min(bytes_max_, used()); }
  /// Nearly nothing is left: whoever can wait waits.
  bool is_tight() const { return room() < bytes_max_ / 16; }
  /// So far beyond that not even little things are granted.
  bool is_over() const { return used() > bytes_max_ + bytes_max_ / 4; }

 private:
  friend class Share;

  // `mine`: what of it the taker has already.
  bool take(std::uint64_t bytes, std::uint64_t mine) {
    const std::uint64_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= bytes_max_ || before <= mine) return true;
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  void force(std::uint64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void give_back(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> used_{0};
};

/// What one of them has of an account; it goes back with the share.
/// Threads  one at a time.
class Share {
 public:
  /// So little is not counted before it has to wait: a small answer is not refused because others
  /// are large, and costs nothing.
  static constexpr std::uint64_t kFree = 64 << 10;

  Share() = default;
  explicit Share(Account& account) : account_(&account) {}
  Share(Share&& other) noexcept
      : account_(std::exchange(other.account_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Share& operator=(Share&& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Share() { set(0); }

  std::uint64_t bytes() const { return bytes_; }
  Account* account() const { return account_; }

  /// May use at least so much from now on; false when there is no room for it, and nothing has
  /// changed.
  bool grow_to(std::uint64_t bytes) {
    if (bytes <= bytes_ || !account_) return true;
    if (bytes <= kFree) return !account_->is_over();
    return claim(bytes);
  }
  /// The same, and little things are counted, too.
  bool claim(std::uint64_t bytes) {
    if (bytes <= bytes_ || !account_) return true;
    if (!account_->take(bytes - bytes_, bytes_)) return false;
    bytes_ = bytes;
    return true;
  }

  /// As set(), but for what is not counted.
  void settle(std::uint64_t bytes) { set(bytes <= kFree ? 0 : bytes); }
  /// Has so much, whether there is room or not: it is there already.
  void set(std::uint64_t bytes) {
    if (!account_ || bytes == bytes_) return;
    if (bytes > bytes_) {
      account_->force(bytes - bytes_);
    } else {
      account_->give_back(bytes_ - bytes);
    }
    bytes_ = bytes;
  }

 private:
  Account* account_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace twofold::http
