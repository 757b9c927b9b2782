#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/nearest.h"

namespace twofold {

using http::nearest;

/// ` did you mean "x"?` ready to stand in a hint, or an empty string.
std::string did_you_mean(std::string_view typed, std::span<const std::string> candidates);

}  // namespace twofold
