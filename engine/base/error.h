#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/base/check.h"

namespace twofold::engine {

/// Everything that can go wrong in the broker, in the broker's own words. A new one is worth having
/// only if some caller acts on it. Each protocol maps these with one exhaustive switch.
enum class Errc {
  invalid_request = 1,  ///< the request itself is wrong; `detail` says where
  topic_not_found,
  queue_not_found,
  group_not_found,
  message_not_found,
  partition_not_found,
  offset_trimmed,        ///< older than what is kept; Error::number is the oldest offset
  exists_with_other_config,
  name_taken,            ///< a topic wants a queue's name, or the reverse
  queue_is_attached,     ///< sending to a queue that reads a topic
  topic_has_queues,      ///< deleting a topic that queues read
  stale_receipt,         ///< somebody else holds the message now
  member_unknown,        ///< the group does not know the member, or no longer: join again
  member_fenced,         ///< another member of the group holds the partition now
  instance_fenced,       ///< another process took the place of this static member
  generation_stale,      ///< the group has formed anew since the caller joined
  rebalance_in_progress, ///< the group is forming anew: join again
  inconsistent_protocol, ///< what the member speaks is not what the group's others speak
  group_full,
  group_in_use,          ///< it has members, or members of another kind
  cursor_stale,          ///< what it pointed into was moved by a seek since
  etag_mismatch,
  expectation_failed,    ///< Error::actual is what holds instead
  out_of_order_sequence, ///< a producer left some out; Error::actual is the number that comes next
  producer_fenced,       ///< a newer epoch of the producer writes; Error::actual is that epoch
  idempotency_key_reused,   ///< for another request than before
  idempotency_in_progress,  ///< the first request with this key is still running
  message_too_large,
  key_missing,           ///< a record without a key for a topic that is compacted
  batch_too_large,
  too_many_names,        ///< topics and queues; others must go before there is room
  overloaded,            ///< a memory account is full; nothing was applied
  storage_full,          ///< the disk is full; reads, acks and deletes still work
  storage_failed,        ///< a write or sync failed; the outcome of what was waiting is unknown
  data_damaged,          ///< stored bytes do not verify
  shutting_down,
  not_ours,              ///< a data directory that is not Twofold's
  newer_version,         ///< a data directory written by a newer Twofold
  busy,                  ///< locked by another process
  io,                    ///< the operating system refused; `detail` names call and file
};

/// What the caller can do about it.
enum class Remedy { fix_request, retry_later, call_operator };
Remedy remedy(Errc code);

struct Error {
  Error(Errc c, std::string d) : code(c), detail(std::move(d)) {}
  Error(Errc c, std::string d, std::string h) : code(c), detail(std::move(d)), hint(std::move(h)) {}

  Errc code;
  std::string detail;      ///< for people and logs; never parsed
  std::string hint;        ///< what to do about it, when there is more to say than the code does
  /// offset_trimmed: the oldest offset still there. data_damaged: the first offset behind the
  /// damage, where that is known.
  std::int64_t number = 0;
  /// What is true instead of what was expected, for programs: a name ("last_seq") and a value.
  std::string actual_name{};
  std::string actual{};
  /// Of a request that brings several records: which of them is at fault. Without it the others
  /// would be refused as well.
  std::optional<std::size_t> record{};
};

/// A value or an Error; std::expected's member names until C++23 arrives.
template <class T = void>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& value() & { return checked(); }
  const T& value() const& { return const_cast<Result*>(this)->checked(); }
  T value() && { return std::move(checked()); }
  T& operator*() & { return checked(); }
  const T& operator*() const& { return const_cast<Result*>(this)->checked(); }
  T operator*() && { return std::move(checked()); }  // by value: a loop may range over it
  T* operator->() { return &checked(); }
  const T* operator->() const { return &const_cast<Result*>(this)->checked(); }
  const Error& error() const {
    TF_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  T& checked() {
    TF_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  const Error& error() const {
    TF_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<std::monostate, Error> state_;
};

}  // namespace twofold::engine
