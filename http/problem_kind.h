#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/base/error.h"

namespace twofold::http {

/// Every way this API says no. The names are the stable `code` with - for _.
enum class ProblemKind : std::uint8_t {
  invalid_request,
  invalid_filter,
  invalid_duration,
  invalid_cursor,
  value_and_bytes,
  key_missing,
  unauthenticated,
  forbidden,
  host_not_allowed,
  origin_not_allowed,
  not_found,
  topic_not_found,
  queue_not_found,
  group_not_found,
  message_not_found,
  partition_not_found,
  operation_not_found,
  method_not_allowed,
  request_timeout,
  exists_with_other_config,
  name_taken,
  queue_is_attached,
  topic_has_queues,
  group_in_use,
  member_fenced,
  stale_receipt,
  out_of_order_sequence,
  producer_fenced,
  wrong_state,
  operation_running,
  idempotency_in_progress,
  offset_trimmed,
  cursor_stale,
  expectation_failed,
  etag_mismatch,
  message_too_large,
  batch_too_large,
  target_too_long,
  unsupported_media_type,
  idempotency_key_reused,
  schema_rejected,
  upgrade_required,
  quota_exceeded,
  too_many_names,
  headers_too_large,
  internal,
  keys_file_failed,
  data_damaged,
  storage_failed,
  starting,
  draining,
  overloaded,
  storage_full,
};

struct ProblemInfo {
  ProblemKind kind;
  int status;
  std::string_view code;
  std::string_view title;
  std::string_view meaning;  ///< what happened and what to do; the text behind /errors/{code}
};

/// The whole table, in the order of ProblemKind.
std::span<const ProblemInfo> problem_table();
const ProblemInfo& info(ProblemKind kind);
/// The row of a code, as /errors/{code} looks it up.
const ProblemInfo* find_problem(std::string_view code);

/// Whether the same request may succeed later: nothing was written, and nothing is wrong with it.
bool retryable(ProblemKind kind);

/// This API's words for the broker's own.
ProblemKind problem_kind(engine::Errc code);

}  // namespace twofold::http
