#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/base/check.h"
#include "engine/base/error.h"

namespace twofold::http {
struct Problem;
}

namespace twofold::http::sqs {

/// Every way SQS says no, as far as this broker has reason to.
enum class Code : std::uint8_t {
  queue_does_not_exist,
  queue_name_exists,
  queue_deleted_recently,
  purge_queue_in_progress,
  invalid_address,
  receipt_handle_is_invalid,
  resource_not_found,
  over_limit,
  invalid_attribute_name,
  invalid_attribute_value,
  invalid_message_contents,
  unsupported_operation,
  empty_batch_request,
  too_many_entries_in_batch,
  batch_entry_ids_not_distinct,
  invalid_batch_entry_id,
  batch_request_too_long,
  invalid_parameter_value,
  missing_parameter,
  unknown_operation,
  invalid_request,
  serialization,
  access_denied,
  request_throttled,
  unrecognized_client,
  invalid_signature,
  incomplete_signature,
  internal_failure,
  service_unavailable,
};

/// One error as both protocols spell it.
struct CodeInfo {
  Code code;
  std::string_view type;  ///< of the JSON answer, with its name space
  int status;
  std::string_view query;  ///< the Code of the XML answer and of x-amzn-query-error

  /// Whether the sender is to blame, rather than the receiver.
  bool sender() const { return status < 500; }
};
std::span<const CodeInfo> codes();
const CodeInfo& info(Code code);

/// One refusal.
struct Fault {
  Fault(Code c, std::string m) : code(c), message(std::move(m)) {}

  Code code;
  std::string message;
};

/// A value or a Fault.
template <class T = std::monostate>
class [[nodiscard]] Outcome {
 public:
  Outcome() requires std::is_same_v<T, std::monostate>
  = default;
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Outcome(Fault fault) : state_(std::in_place_index<1>, std::move(fault)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return checked(); }
  T&& operator*() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  const T& operator*() const& { return const_cast<Outcome*>(this)->checked(); }
  const T* operator->() const { return &const_cast<Outcome*>(this)->checked(); }
  const Fault& fault() const {
    TF_CHECK(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }

 private:
  T& checked() {
    TF_CHECK(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  std::variant<T, Fault> state_;
};

/// As much of what a client sent as an error repeats: its first 256 bytes, whole characters.
std::string_view echoed(std::string_view text);
/// "Value V for parameter P is invalid. Reason: R", V as echoed.
Fault invalid_value(std::string_view value, std::string_view parameter, std::string_view reason);
/// A text that no message may be.
Fault invalid_text();
Fault missing_parameter(std::string_view parameter);
Fault no_such_queue();
/// The broker's own errors, and the session's, in the words of SQS.
Fault fault_of(const engine::Error& error);
Fault fault_of(const Problem& problem);

}  // namespace twofold::http::sqs
