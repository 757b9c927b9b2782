#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/record.h"
#include "queue/header_patch.h"

namespace twofold::queue {

/// Headers of such names are notes of the broker and its protocols, not the sender's.
inline constexpr std::string_view kOurHeaders = "twofold-";

/// The message group, where it is not the key.
inline constexpr std::string_view kGroup = "twofold-group";
/// The deduplication id that a message was sent under.
inline constexpr std::string_view kDedupId = "twofold-dedup-id";

/// When a message is not to be delivered any more: milliseconds of the calendar, in digits.
inline constexpr std::string_view kExpires = "twofold-expires";

/// The group of a message, new or stored, in queues that have an order; nullopt: it is alone.
template <class Record>
std::optional<std::string_view> group_of(const Record& record) {
  for (const engine::Header& header : record.headers)
    if (header.name == kGroup) return header.value;
  return record.key;
}

/// When a message expires, as its header says it; nullopt when it is another header, or no number.
inline std::optional<engine::WallTime> expiry_in(const engine::Header& header) {
  if (header.name != kExpires || !header.value) return std::nullopt;
  std::int64_t time = 0;
  const char* const end = header.value->data() + header.value->size();
  const auto [stop, error] = std::from_chars(header.value->data(), end, time);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return engine::WallTime{time};
}

inline std::optional<engine::WallTime> expiry_of(const engine::StoredRecord& record) {
  for (const engine::Header& header : record.headers)
    if (const auto time = expiry_in(header)) return time;
  return std::nullopt;
}

// What a dead letter queue notes beside a message.

inline constexpr std::string_view kOrigin = "twofold-origin";      ///< "queue:partition-offset"
inline constexpr std::string_view kReceives = "twofold-receives";  ///< in all the queues it died in
inline constexpr std::string_view kReason = "twofold-reason";

inline bool is_letter_header(std::string_view name) {
  return name == kOrigin || name == kReason || name == kReceives;
}

/// The queue where a letter died; empty when it is none.
inline std::string origin_of(const engine::StoredRecord& record) {
  for (const engine::Header& header : record.headers)
    if (header.name == kOrigin && header.value)
      return std::string(header.value->substr(0, header.value->find(':')));
  return {};
}

/// The record as it is now: what was edited, and without the time to live of what was brought back.
/// Views into `patch`.
inline void dress(engine::StoredRecord& record, bool revived, const HeaderPatch& patch) {
  if (revived) std::erase_if(record.headers, [](const auto& h) { return h.name == kExpires; });
  if (patch) apply_patch(*patch, record.headers);
}

/// The record without what its death noted. Views into `record` and `headers`, which are replaced.
inline engine::NewRecord without_letter(const engine::StoredRecord& record,
                                        std::vector<engine::Header>& headers) {
  headers.clear();
  for (const engine::Header& header : record.headers)
    if (!is_letter_header(header.name)) headers.push_back(header);
  return {record.key, record.value, headers, record.timestamp};
}

}  // namespace twofold::queue
