#pragma once

#include <optional>
#include <string_view>

#include "engine/record.h"

namespace twofold::queue {

/// Headers of such names are notes of the broker and its protocols, not the sender's.
inline constexpr std::string_view kOurHeaders = "twofold-";

/// The message group, where it is not the key.
inline constexpr std::string_view kGroup = "twofold-group";
/// The deduplication id that a message was sent under.
inline constexpr std::string_view kDedupId = "twofold-dedup-id";

/// The group of a message in queues that have an order; nullopt: it is alone.
inline std::optional<std::string_view> group_of(const engine::StoredRecord& record) {
  for (const engine::Header& header : record.headers)
    if (header.name == kGroup) return header.value;
  return record.key;
}

inline std::optional<std::string_view> group_of(const engine::NewRecord& record) {
  for (const engine::Header& header : record.headers)
    if (header.name == kGroup) return header.value;
  return record.key;
}

// What a dead letter queue notes beside a message.

inline constexpr std::string_view kOrigin = "twofold-origin";      ///< "queue:partition-offset"
inline constexpr std::string_view kReceives = "twofold-receives";  ///< in all the queues it died in
inline constexpr std::string_view kReason = "twofold-reason";

inline bool is_letter_header(std::string_view name) {
  return name == kOrigin || name == kReason || name == kReceives;
}

}  // namespace twofold::queue
