#include "src/cli/flag_values.h"

#include <fmt/format.h>

#include "src/cli/position.h"
#include "src/cli/rate.h"
#include "src/config/units.h"

namespace twofold::cli {
namespace {

std::string refusal(Takes takes, const std::string& value) {
  const auto why = [](const auto& outcome) {
    return outcome ? std::string() : outcome.error().why;
  };
  switch (takes) {
    case Takes::nothing:
    case Takes::text: return {};
    case Takes::count: return why(parse_count(value));
    case Takes::size: return why(parse_size(value));
    case Takes::duration: return why(parse_duration(value));
    case Takes::rate: return why(parse_rate(value));
    case Takes::position: return why(parse_position(value));
  }
  __builtin_unreachable();
}

}  // namespace

Tried<> check_flag(const Flag& flag, const Args& args) {
  for (const std::string& value : args.all(flag.name)) {
    const std::string why = refusal(flag.takes, value);
    if (!why.empty()) return usage(fmt::format("--{}: {}", flag.name, why));
  }
  return Done{};
}

}  // namespace twofold::cli
