#include "http/sqs/fault.h"

#include <array>

#include <fmt/format.h>

#include "http/problem.h"

namespace twofold::http::sqs {
namespace {

// Errors of the service's own model, and those that every AWS service has.
#define SQS "com.amazonaws.sqs#"
#define CORAL "com.amazon.coral.service#"
#define QUERY "AWS.SimpleQueueService."

constexpr auto kCodes = std::to_array<CodeInfo>({
    {Code::queue_does_not_exist,         SQS "QueueDoesNotExist",                   400, QUERY "NonExistentQueue"    },
    {Code::queue_name_exists,            SQS "QueueNameExists",                     400, "QueueAlreadyExists"        },
    {Code::queue_deleted_recently,       SQS "QueueDeletedRecently",                400, QUERY "QueueDeletedRecently"},
    {Code::purge_queue_in_progress,      SQS "PurgeQueueInProgress",                403, QUERY "PurgeQueueInProgress"},
    {Code::invalid_address,              SQS "InvalidAddress",                      404, "InvalidAddress"            },
    {Code::receipt_handle_is_invalid,    SQS "ReceiptHandleIsInvalid",              404, "ReceiptHandleIsInvalid"    },
    {Code::resource_not_found,           SQS "ResourceNotFoundException",           404, "ResourceNotFoundException" },
    {Code::over_limit,                   SQS "OverLimit",                           403, "OverLimit"                 },
    {Code::invalid_attribute_name,       SQS "InvalidAttributeName",                400, "InvalidAttributeName"      },
    {Code::invalid_attribute_value,      SQS "InvalidAttributeValue",               400, "InvalidAttributeValue"     },
    {Code::invalid_message_contents,     SQS "InvalidMessageContents",              400, "InvalidMessageContents"    },
    {Code::unsupported_operation,        SQS "UnsupportedOperation",                400, QUERY "UnsupportedOperation"},
    {Code::empty_batch_request,          SQS "EmptyBatchRequest",                   400, QUERY "EmptyBatchRequest"   },
    {Code::too_many_entries_in_batch,    SQS "TooManyEntriesInBatchRequest",        400,
     QUERY "TooManyEntriesInBatchRequest"                                                                            },
    {Code::batch_entry_ids_not_distinct, SQS "BatchEntryIdsNotDistinct",            400,
     QUERY "BatchEntryIdsNotDistinct"                                                                                },
    {Code::invalid_batch_entry_id,       SQS "InvalidBatchEntryId",                 400, QUERY "InvalidBatchEntryId" },
    {Code::batch_request_too_long,       SQS "BatchRequestTooLong",                 400, QUERY "BatchRequestTooLong" },
    {Code::invalid_parameter_value,      CORAL "InvalidParameterValueException",    400,
     "InvalidParameterValue"                                                                                         },
    {Code::missing_parameter,            CORAL "MissingRequiredParameterException", 400, "MissingParameter"          },
    {Code::unknown_operation,            CORAL "UnknownOperationException",         400, "InvalidAction"             },
    {Code::invalid_request,              CORAL "InvalidRequest",                    400, "InvalidRequest"            },
    {Code::serialization,                CORAL "SerializationException",            400, "MalformedInput"            },
    {Code::access_denied,                CORAL "AccessDeniedException",             403, "AccessDenied"              },
    {Code::request_throttled,            SQS "RequestThrottled",                    400, "RequestThrottled"          },
    {Code::unrecognized_client,          CORAL "UnrecognizedClientException",       403, "InvalidClientTokenId"      },
    {Code::invalid_signature,            CORAL "InvalidSignatureException",         403, "SignatureDoesNotMatch"     },
    {Code::incomplete_signature,         CORAL "IncompleteSignatureException",      400, "IncompleteSignature"       },
    {Code::internal_failure,             CORAL "InternalFailure",                   500, "InternalFailure"           },
    {Code::service_unavailable,          CORAL "ServiceUnavailable",                503, "ServiceUnavailable"        },
});

#undef SQS
#undef CORAL
#undef QUERY

constexpr std::size_t kEchoedMax = 256;

constexpr bool in_order() {
  for (std::size_t i = 0; i < kCodes.size(); ++i) {
    if (static_cast<std::size_t>(kCodes[i].code) != i) return false;
  }
  return true;
}
static_assert(in_order(), "looked up by code");
static_assert(kCodes.size() == static_cast<std::size_t>(Code::service_unavailable) + 1);

Code code_of(engine::Errc code) {
  using engine::Errc;
  switch (code) {
    case Errc::invalid_request: return Code::invalid_parameter_value;
    case Errc::topic_not_found:
    case Errc::queue_not_found: return Code::queue_does_not_exist;
    case Errc::group_not_found:
    case Errc::message_not_found:
    case Errc::partition_not_found:
    case Errc::member_unknown:
    case Errc::member_fenced:
    case Errc::instance_fenced:
    case Errc::generation_stale:
    case Errc::inconsistent_protocol:
    case Errc::group_in_use:
    case Errc::cursor_stale:
    case Errc::offset_trimmed: return Code::invalid_parameter_value;
    case Errc::exists_with_other_config:
    case Errc::name_taken: return Code::queue_name_exists;
    case Errc::queue_is_attached:
    case Errc::topic_has_queues: return Code::unsupported_operation;
    case Errc::stale_receipt: return Code::receipt_handle_is_invalid;
    case Errc::etag_mismatch:
    case Errc::out_of_order_sequence:
    case Errc::producer_fenced:
    case Errc::idempotency_key_reused:
    case Errc::idempotency_in_progress:
    case Errc::expectation_failed: return Code::service_unavailable;  // a retry sees the new state
    case Errc::key_missing:
    case Errc::message_too_large: return Code::invalid_parameter_value;
    case Errc::too_many_names: return Code::over_limit;  // not throttled: a retry changes nothing
    case Errc::batch_too_large: return Code::batch_request_too_long;
    case Errc::rebalance_in_progress:
    case Errc::group_full:
    case Errc::overloaded:
    case Errc::storage_full:
    case Errc::storage_failed:
    case Errc::shutting_down: return Code::service_unavailable;
    case Errc::data_damaged:
    case Errc::not_ours:
    case Errc::newer_version:
    case Errc::busy:
    case Errc::io: return Code::internal_failure;
  }
  __builtin_unreachable();
}

}  // namespace

std::span<const CodeInfo> codes() { return kCodes; }

const CodeInfo& info(Code code) { return kCodes[static_cast<std::size_t>(code)]; }

std::string_view echoed(std::string_view text) {
  if (text.size() <= kEchoedMax) return text;
  std::size_t size = kEchoedMax;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

Fault invalid_value(std::string_view value, std::string_view parameter, std::string_view reason) {
  return {Code::invalid_parameter_value,
          fmt::format("Value {} for parameter {} is invalid. Reason: {}", echoed(value), parameter,
                      reason)};
}

Fault invalid_text() {
  return {Code::invalid_message_contents,
          "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF "
          "| #xE000 to #xFFFD | #x10000 to #x10FFFF"};
}

Fault missing_parameter(std::string_view parameter) {
  return {Code::missing_parameter,
          fmt::format("The request must contain the parameter {}.", parameter)};
}

Fault no_such_queue() {
  return {Code::queue_does_not_exist, "The specified queue does not exist."};
}

Fault fault_of(const engine::Error& error) {
  const Code code = code_of(error.code);
  if (code == Code::queue_does_not_exist) return no_such_queue();
  return {code, error.detail};
}

Fault fault_of(const Problem& problem) {
  const int status = http::info(problem.kind).status;
  Code code = Code::invalid_parameter_value;
  if (status >= 500) code = Code::service_unavailable;
  if (problem.kind == ProblemKind::internal) code = Code::internal_failure;
  if (status == 401 || status == 403) code = Code::access_denied;
  if (problem.kind == ProblemKind::batch_too_large) code = Code::batch_request_too_long;
  if (problem.kind == ProblemKind::quota_exceeded) code = Code::request_throttled;
  return {code, problem.detail};
}

}  // namespace twofold::http::sqs
