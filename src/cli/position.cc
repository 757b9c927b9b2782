#include "src/cli/position.h"

#include <fmt/format.h>

#include "src/config/units.h"

namespace twofold::cli {
namespace {

constexpr std::string_view kForms =
    "write start, end, 47, +2, -3, @-2h or @2026-11-20T10:00Z, with 1: before it for one partition";

Outcome<Position> parse_after_at(std::string_view text) {
  Position position;
  if (!text.empty() && text.front() == '-') {
    const auto ago = parse_duration(text.substr(1));
    if (!ago) return ago.error();
    position.kind = Position::Kind::ago;
    position.time = *ago;
    return position;
  }
  position.kind = Position::Kind::time;
  if (const auto millis = parse_count(text)) {
    position.time = std::chrono::milliseconds(static_cast<std::int64_t>(*millis));
    return position;
  }
  const auto time = parse_time(text);
  if (!time) return time.error();
  position.time = *time;
  return position;
}

Outcome<Position> parse_place(std::string_view text) {
  Position position;
  if (text == "start" || text == "earliest" || text == "end" || text == "latest") {
    const bool start = text == "start" || text == "earliest";
    position.kind = start ? Position::Kind::start : Position::Kind::end;
    return position;
  }
  if (!text.empty() && text.front() == '@') return parse_after_at(text.substr(1));
  const bool signed_place = !text.empty() && (text.front() == '+' || text.front() == '-');
  if (signed_place) {
    position.kind = text.front() == '+' ? Position::Kind::after_start : Position::Kind::before_end;
    text.remove_prefix(1);
  } else {
    position.kind = Position::Kind::offset;
  }
  const auto number = parse_count(text);
  if (!number || *number > 9'000'000'000'000'000'000ULL) {
    if (signed_place && parse_duration(text)) {
      return Refused(fmt::format("a time ago is written @-{}", text));
    }
    return Refused(std::string(kForms));
  }
  position.number = static_cast<std::int64_t>(*number);
  return position;
}

}  // namespace

Outcome<Position> parse_position(std::string_view text) {
  std::optional<int> partition;
  std::string_view place = text;
  const std::size_t colon = text.find(':');
  // Times have colons too; a partition is digits before the first one.
  if (colon != std::string_view::npos && colon > 0 && colon < 10) {
    if (const auto number = parse_count(text.substr(0, colon))) {
      partition = static_cast<int>(*number);
      place = text.substr(colon + 1);
    }
  }
  auto position = parse_place(place);
  if (!position) {
    return Refused(fmt::format("\"{}\" is not a position: {}", text, position.error().why));
  }
  position->partition = partition;
  return position;
}

bool needs_bounds(const Position& position) {
  return position.kind == Position::Kind::after_start ||
         position.kind == Position::Kind::before_end;
}

std::string api_position(const Position& position, std::int64_t first, std::int64_t end) {
  switch (position.kind) {
    case Position::Kind::start: return "earliest";
    case Position::Kind::end: return "latest";
    case Position::Kind::offset: return fmt::format("{}", position.number);
    case Position::Kind::after_start:
      return fmt::format("{}", std::min(first + position.number, end));
    case Position::Kind::before_end:
      return fmt::format("{}", std::max(end - position.number, first));
    case Position::Kind::time: return format_time(position.time);
    case Position::Kind::ago: return "-" + format_duration(position.time);
  }
  __builtin_unreachable();
}

}  // namespace twofold::cli
