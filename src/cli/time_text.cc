#include "engine/base/time_text.h"

#include <fmt/format.h>

#include "src/cli/position.h"

namespace twofold::cli {

// What people leave out on a command line: the seconds, and the zone when it is UTC.
Outcome<std::chrono::milliseconds> parse_time(std::string_view text) {
  std::string full(text);
  constexpr std::size_t kMinutesEnd = 16;  // "2026-11-20T10:00"
  if (full.size() == kMinutesEnd || (full.size() > kMinutesEnd && full[kMinutesEnd] != ':')) {
    full.insert(kMinutesEnd, ":00");
  }
  const bool has_clock = full.size() > kMinutesEnd;
  if (has_clock && full.find_first_of("Zz+-", kMinutesEnd) == std::string::npos) full += 'Z';
  const auto time = engine::parse_time(full);
  if (!time) {
    return Refused(fmt::format("\"{}\" is not a time: write 2026-11-20T10:00Z", text));
  }
  return std::chrono::milliseconds(time->value());
}

std::string format_time(std::chrono::milliseconds since_epoch) {
  return engine::format_time(engine::WallTime{since_epoch.count()});
}

}  // namespace twofold::cli
