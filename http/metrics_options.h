#pragma once

#include <cstddef>

#include "http/live.h"

namespace twofold::http {

/// Whether groups are told by topic, or by partition as well.
enum class MetricsDetail { topic, partition };

/// What /metrics answers.
struct MetricsOptions {
  bool enabled = true;
  Live<MetricsDetail> detail = MetricsDetail::topic;
  Live<std::size_t> entities_max = 1'000;  ///< of each kind that get series of their own
};

}  // namespace twofold::http
