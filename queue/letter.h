#pragma once

#include <string_view>

namespace twofold::queue {

/// Headers of such names are notes of the broker and its protocols, not the sender's.
inline constexpr std::string_view kOurHeaders = "twofold-";

// What a dead letter queue notes beside a message.

inline constexpr std::string_view kOrigin = "twofold-origin";      ///< "queue:partition-offset"
inline constexpr std::string_view kReceives = "twofold-receives";  ///< in all the queues it died in
inline constexpr std::string_view kReason = "twofold-reason";

inline bool is_letter_header(std::string_view name) {
  return name == kOrigin || name == kReason || name == kReceives;
}

}  // namespace twofold::queue
