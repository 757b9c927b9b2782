#include "src/config/nearest.h"

#include <fmt/format.h>

namespace twofold {

std::string did_you_mean(std::string_view typed, std::span<const std::string> candidates) {
  const auto best = nearest(typed, candidates);
  return best ? fmt::format("did you mean \"{}\"?", *best) : std::string();
}

}  // namespace twofold
