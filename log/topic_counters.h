#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace twofold::log {

/// Over what records come to a topic.
enum class Via : std::uint8_t { rest, ws };

/// Why records have left a topic: older than it keeps them, more than it keeps, or somebody said so.
enum class Trimmed : std::uint8_t { retention, size, manual };

/// What has happened in a topic since the broker began.
struct TopicCounters {
  struct Appended {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;  ///< keys, values and headers

    friend bool operator==(const Appended&, const Appended&) = default;
  };

  Appended& appended_via(Via via) { return appended[static_cast<std::size_t>(via)]; }
  std::uint64_t& trimmed_for(Trimmed reason) { return trimmed[static_cast<std::size_t>(reason)]; }

  std::array<Appended, 2> appended{};      ///< by Via
  std::array<std::uint64_t, 3> trimmed{};  ///< records, by Trimmed
};

}  // namespace twofold::log
