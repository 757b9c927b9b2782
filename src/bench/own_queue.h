#pragma once

#include "src/bench/stage.h"

namespace twofold::bench {

/// Messages of a queue in any state.
Outcome<std::uint64_t> left_in(const Stage& stage, const std::string& queue_path);

/// Sends at least `messages` of the options' size, many in a request; how many they were.
Outcome<std::uint64_t> fill_queue(Stage& stage, const std::string& queue_path,
                                  std::uint64_t messages);

}  // namespace twofold::bench
