#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace twofold {

/// The candidate a person most likely meant, or nothing when none is close: at most a third of the
/// letters may differ (always at least one), counting swapped neighbours as one slip.
std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> candidates);

/// ` did you mean "x"?` ready to stand in a hint, or an empty string.
std::string did_you_mean(std::string_view typed, std::span<const std::string> candidates);

}  // namespace twofold
