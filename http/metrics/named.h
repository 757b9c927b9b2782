#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>

#include "http/metrics/survey.h"
#include "http/metrics/text.h"

namespace twofold::http::metrics {

/// Which of the things that have a name are told.
struct Selection {
  std::function<bool(std::string_view name)> queue{};  ///< empty: every one
  std::function<bool(std::string_view name)> topic{};
  std::size_t entities_max = 1'000;
};

/// What stands for all those beyond entities_max: no name can be that.
inline constexpr std::string_view kOthers = "(others)";

/// Families of queues, topics and groups. The first by name have series of their own, the others
/// are added up; twofold_metrics_truncated says so.
/// `read` is how many records readers of a topic were given, by topic id.
/// Threads  any.
void append_named(Text& out, const Survey& survey, const Selection& selection,
                  const std::unordered_map<std::uint32_t, std::uint64_t>& read);

}  // namespace twofold::http::metrics
