#pragma once

#include <cstddef>
#include <cstdint>

namespace twofold::engine {

/// So many logs are looked at in one turn of the core, when all are counted.
inline constexpr std::size_t kCountedAtOnce = 16'384;

/// What all logs of a set hold, counted a piece at a time, so that nobody waits for the whole of
/// it. Between two counts what came in meanwhile is added; what went shows with the next one. With
/// up to kCountedAtOnce logs each count is a whole one, and exact.
///
///   if (!count.is_under_way()) count.begin(appended);
///   for (logs that come next, kCountedAtOnce of them at most) count.add(bytes);
///   if (that was the last) count.end();
///   return count.bytes(appended);
class StoredCount {
 public:
  bool is_under_way() const { return under_way_; }
  /// `appended`: bytes that the set was ever given, here and below.
  void begin(std::uint64_t appended) {
    under_way_ = true;
    sum_ = 0;
    appended_at_begin_ = appended;
  }
  void add(std::uint64_t bytes) { sum_ += bytes; }
  void end() {
    under_way_ = false;
    counted_ = sum_;
    appended_before_ = appended_at_begin_;
  }
  std::uint64_t bytes(std::uint64_t appended) const {
    return counted_ + (appended - appended_before_);
  }

 private:
  bool under_way_ = false;
  std::uint64_t sum_ = 0;
  std::uint64_t appended_at_begin_ = 0;
  std::uint64_t counted_ = 0;          // by the last whole count
  std::uint64_t appended_before_ = 0;  // when that began
};

}  // namespace twofold::engine
