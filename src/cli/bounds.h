#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/cli/position.h"
#include "src/cli/session.h"

namespace twofold::cli {

/// Where one partition begins and where its next record will go.
struct Bounds {
  int partition = 0;
  std::int64_t start = 0;
  std::int64_t end = 0;
  /// The first record at or after the time that was asked for; `end` when there is none.
  std::int64_t at = 0;
};

/// Every partition of a topic, in order. `at` is a time the API understands ("-2h", RFC 3339), or
/// empty.
Tried<std::vector<Bounds>> partition_bounds(Session& session, const std::string& topic,
                                            const std::string& at = "");

/// The offset that `position` means in each partition it is about; the others are left out.
struct Target {
  Bounds bounds;
  std::int64_t offset = 0;
};
Tried<std::vector<Target>> resolve_position(Session& session, const std::string& topic,
                                            const Position& position);

/// The same as texts the API takes: one that speaks about every partition where there is one
/// ("earliest", "-2h"), else one id for each partition ("1-47").
Tried<std::vector<std::string>> api_positions(Session& session, const std::string& topic,
                                              const Position& position);

}  // namespace twofold::cli
