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

/// An id that its sender's protocol gave it.
inline constexpr std::string_view kMessageId = "twofold-message-id";
/// Of a message without one that has moved: where it was first, "queue:partition-offset". Ids are
/// made from that.
inline constexpr std::string_view kFirst = "twofold-first";

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

/// The value of the first header of that name; empty when there is none.
inline std::string_view header_in(const engine::StoredRecord& record, std::string_view name) {
  for (const engine::Header& header : record.headers)
    if (header.name == name) return header.value.value_or("");
  return {};
}

inline std::string place_text(std::string_view queue, std::size_t partition,
                              engine::Offset offset) {
  return std::string(queue) + ":" + std::to_string(partition) + "-" +
         std::to_string(offset.value());
}

/// Where a message was first, as far as that is another place than the one where it is: a letter
/// that has not moved otherwise was first where it died.
inline std::string_view first_place(const engine::StoredRecord& record) {
  const std::string_view first = header_in(record, kFirst);
  return first.empty() ? header_in(record, kOrigin) : first;
}
/// What has to be noted of that when it moves from `here`; empty: nothing.
inline std::string_view first_to_note(const engine::StoredRecord& record, std::string_view here) {
  const bool known =
      !header_in(record, kMessageId).empty() || !header_in(record, kFirst).empty();
  if (known) return {};
  const std::string_view origin = header_in(record, kOrigin);
  return origin.empty() ? here : origin;
}

/// The record as it is now: what was edited, and without the time to live of what was brought back.
/// Views into `patch`.
inline void dress(engine::StoredRecord& record, bool revived, const HeaderPatch& patch) {
  if (revived) std::erase_if(record.headers, [](const auto& h) { return h.name == kExpires; });
  if (patch) apply_patch(*patch, record.headers);
}

/// The record as it goes on from `here` to another queue: without what its death noted. Views into
/// `record`, `here` and `headers`, which are replaced.
inline engine::NewRecord without_letter(const engine::StoredRecord& record, std::string_view here,
                                        std::vector<engine::Header>& headers) {
  headers.clear();
  for (const engine::Header& header : record.headers)
    if (!is_letter_header(header.name)) headers.push_back(header);
  const std::string_view first = first_to_note(record, here);
  if (!first.empty()) headers.push_back({kFirst, first});
  return {record.key, record.value, headers, record.timestamp};
}

}  // namespace twofold::queue
