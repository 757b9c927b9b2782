#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"

namespace twofold::test {

/// What somebody was told. fail means certainly not applied, info means nobody knows.
enum class Told { invoke, ok, fail, info, event };

/// Everything that clients asked and were told, and what happened to the broker, in order. Two runs
/// of one seed have the same hash.
class History {
 public:
  void add(engine::Instant at, std::uint64_t process, Told told, std::string_view what,
           std::string_view detail = {});
  std::uint64_t hash() const { return hash_; }
  /// The newest `lines`, for whoever has to find out.
  std::string tail(std::size_t lines) const;
  std::size_t size() const { return lines_.size(); }

 private:
  std::vector<std::string> lines_;
  std::uint64_t hash_ = 14695981039346656037ull;  // FNV-1a
};

}  // namespace twofold::test
