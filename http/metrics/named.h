#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/metrics/others.h"
#include "http/metrics/survey.h"
#include "http/metrics/text.h"
#include "http/stats/reads.h"

namespace twofold::http::metrics {

/// Which of the things that have a name are told.
struct Selection {
  std::function<bool(std::string_view name)> queue{};  ///< empty: every one
  std::function<bool(std::string_view name)> topic{};
  std::size_t entities_max = 1'000;
  std::string text{};  ///< as it was asked for; empty: everything
};

/// What is counted where people are served, of things that have a name.
struct Counted {
  ReadByTopic read;
  std::unordered_map<std::string, std::uint64_t> consumers;  ///< by queue
};

/// What stands for all those beyond entities_max: no name can be that.
inline constexpr std::string_view kOthers = "(others)";

/// Families of queues, topics and groups. The first by name have series of their own, the others
/// are added up, counters from page to page; twofold_metrics_truncated says so.
/// Threads  any.
void append_named(Text& out, const std::shared_ptr<const Survey>& survey,
                  const Selection& selection, const Counted& counted, Others& others);

}  // namespace twofold::http::metrics
