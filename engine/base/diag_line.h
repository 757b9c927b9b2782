#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/diag.h"

namespace twofold::engine {

using DiagFields = std::span<const std::pair<std::string_view, std::string>>;

/// One line without its line end.
///     text  2026-11-21T23:10:04.123Z INFO  queue    dead-lettered queue=kitchen offset=41
///     json  {"ts":"...","level":"info","comp":"queue","msg":"dead-lettered","queue":"kitchen",...}
/// Whatever a client wrote into a value stays inside that value: line ends, escape sequences and
/// characters that reorder a line are escaped, bytes that are no UTF-8 are replaced, and the value
/// is cut at 256 bytes.
std::string diag_line(DiagFormat format, WallTime time, DiagLevel level, std::string_view component,
                      std::string_view message, DiagFields fields);

/// Lets one message pass ten times a second and counts the rest. Not thread safe.
class DiagLimiter {
 public:
  struct Summary {
    std::string component;
    std::string message;
    std::string whom;
    std::uint64_t suppressed;
  };

  bool pass(WallTime now, std::string_view component, std::string_view message,
            std::string_view whom = {});
  /// What was held back in seconds that are over; each is told once. Ask before pass(), which
  /// begins a new second.
  std::vector<Summary> take_suppressed(WallTime now);

 private:
  struct Window {
    std::int64_t second;
    std::uint64_t lines;
  };
  using Site = std::tuple<std::string, std::string, std::string>;
  std::map<Site, Window> windows_;
  std::optional<std::int64_t> holding_since_;  // the oldest second in which something was held back
};

}  // namespace twofold::engine
