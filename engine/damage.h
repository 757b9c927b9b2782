#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.h"

namespace twofold::engine {

/// How somebody met with stored bytes that do not verify.
enum class DamageMet { start, read, scrub };

/// A stretch of stored bytes that does not verify: what is known of where it is, and of what it
/// held.
struct Damage {
  DamageMet met = DamageMet::start;
  std::optional<LogId> log{};            ///< absent: whose it was is not known
  Offset from{0};                        ///< of that log; nothing without one
  Offset upto{0};                        ///< one past the last
  std::string file{};                    ///< in the data directory; empty: not known
  std::optional<std::uint64_t> place{};  ///< in that file, in bytes
  std::string detail{};                  ///< for people
};

/// So many stretches are remembered; when more were met the report is not complete.
inline constexpr std::size_t kDamageMax = 1'000;

/// What this process has met, oldest first. What a start finds again, known from before, is in it,
/// too.
struct DamageReport {
  std::vector<Damage> stretches{};  ///< those of one log that touch are one
  bool complete = true;             ///< false: there were more than kDamageMax
  std::uint64_t records = 0;        ///< offsets in them
};

/// Any thread; costs nothing as long as nothing is damaged.
void damage_met(Damage damage);
DamageReport damage_report();
/// Grows with each stretch that is new: whoever has seen that many has seen them all.
std::uint64_t damage_count();

}  // namespace twofold::engine
