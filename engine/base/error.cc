#include "engine/base/error.h"

namespace twofold::engine {

Remedy remedy(Errc code) {
  switch (code) {
    case Errc::overloaded:
    case Errc::storage_full:
    case Errc::shutting_down:
    case Errc::idempotency_in_progress:
    case Errc::rebalance_in_progress:
    case Errc::group_full:
    case Errc::busy: return Remedy::retry_later;
    case Errc::storage_failed:
    case Errc::data_damaged:
    case Errc::not_ours:
    case Errc::newer_version:
    case Errc::io: return Remedy::call_operator;
    case Errc::invalid_request:
    case Errc::topic_not_found:
    case Errc::queue_not_found:
    case Errc::group_not_found:
    case Errc::message_not_found:
    case Errc::partition_not_found:
    case Errc::offset_trimmed:
    case Errc::exists_with_other_config:
    case Errc::name_taken:
    case Errc::queue_is_attached:
    case Errc::topic_has_queues:
    case Errc::stale_receipt:
    case Errc::member_unknown:
    case Errc::member_fenced:
    case Errc::instance_fenced:
    case Errc::generation_stale:
    case Errc::inconsistent_protocol:
    case Errc::group_in_use:
    case Errc::cursor_stale:
    case Errc::etag_mismatch:
    case Errc::expectation_failed:
    case Errc::out_of_order_sequence:
    case Errc::producer_fenced:
    case Errc::idempotency_key_reused:
    case Errc::message_too_large:
    case Errc::key_missing:
    case Errc::too_many_names:
    case Errc::batch_too_large: return Remedy::fix_request;
  }
  __builtin_unreachable();
}

}  // namespace twofold::engine
