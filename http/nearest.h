#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace twofold::http {

/// The candidate that was most likely meant, or nothing when none is close: at most a third of the
/// letters may differ (always at least one), counting swapped neighbours as one slip.
std::optional<std::string_view> nearest(std::string_view typed,
                                        std::span<const std::string> candidates);

/// `Did you mean x?`, or an empty string.
std::string did_you_mean(std::string_view typed, std::span<const std::string> candidates);

}  // namespace twofold::http
