#include "http/problem_kind.h"

#include <array>

namespace twofold::http {
namespace {

using enum ProblemKind;

constexpr auto kProblems = std::to_array<ProblemInfo>({
    {invalid_request, 400, "invalid-request", "The request is not valid",
     "Something in the request could not be understood or is out of range. `detail` says what, "
     "`param` or `at` says where. Nothing was changed; correct the request and send it again."},
    {invalid_filter, 400, "invalid-filter", "The filter is not valid",
     "The filter expression does not parse. `at` is the place of the first wrong character."},
    {invalid_duration, 400, "invalid-duration", "Not a duration",
     "Durations are written 250ms, 30s, 5m, 2h or 7d; a bare number means seconds."},
    {invalid_cursor, 400, "invalid-cursor", "Not a cursor of this broker",
     "A cursor is an opaque text that a read has answered. This one is damaged, or was made for "
     "something else. Begin again with from=earliest, a time, or an offset."},
    {value_and_bytes, 400, "value-and-bytes", "More than one value",
     "A record has exactly one of value (JSON), text and bytes (base64)."},
    {key_missing, 400, "key-missing", "The record has no key",
     "The topic is compacted: it keeps the newest record of each key, so every record needs one. "
     "Nothing was written."},
    {unauthenticated, 401, "unauthenticated", "Who are you?",
     "The request carries no valid credential."},
    {forbidden, 403, "forbidden", "Not permitted",
     "The credential is valid but lacks the permission that `detail` names."},
    {host_not_allowed, 403, "host-not-allowed", "This host name is not served",
     "Without credentials configured the broker answers only to IP addresses, localhost, names "
     "without a dot, and names in its configuration. This keeps web pages of other sites from "
     "reaching a local broker through a name of their own."},
    {origin_not_allowed, 403, "origin-not-allowed", "This web origin may not write",
     "A browser sent this request for a page that is not on the allow-list. Reading needs CORS and "
     "writing needs an allowed Origin."},
    {not_found, 404, "not-found", "Nothing here",
     "No such path. /openapi.json lists every one that exists."},
    {topic_not_found, 404, "topic-not-found", "No such topic",
     "Topics are not created by writing to them: create one with PUT /v1/topics/{topic}."},
    {queue_not_found, 404, "queue-not-found", "No such queue",
     "Queues are not created by sending to them: create one with PUT /v1/queues/{queue}."},
    {group_not_found, 404, "group-not-found", "No such group",
     "A group exists once it has committed an offset."},
    {message_not_found, 404, "message-not-found", "No such record or message",
     "The offset was never written, or the message was acked and its record is gone."},
    {partition_not_found, 404, "partition-not-found", "No such partition",
     "Partitions are numbered from 0; GET /v1/topics/{topic} says how many there are."},
    {operation_not_found, 404, "operation-not-found", "No such operation",
     "Operations are remembered until the broker restarts, the last hundred of them. What one has "
     "done stays done."},
    {method_not_allowed, 405, "method-not-allowed", "This path has other methods",
     "The Allow field of the answer lists them."},
    {request_timeout, 408, "request-timeout", "The request came too slowly",
     "Head and body of a request must arrive in time. Nothing was changed."},
    {exists_with_other_config, 409, "exists-with-other-config", "It exists and is configured differently",
     "Something of this name exists with another configuration, or exists at all when "
     "If-None-Match: * asked for a new one. Use PATCH to change it."},
    {name_taken, 409, "name-taken", "The name belongs to something else",
     "Topics and queues share one space of names, so that a name means the same everywhere."},
    {queue_is_attached, 409, "queue-is-attached", "The queue reads a topic",
     "An attached queue delivers what is published to its topic; publish there."},
    {topic_has_queues, 409, "topic-has-queues", "Queues read this topic",
     "Delete the queues that `detail` names first."},
    {group_in_use, 409, "group-in-use", "The group has members",
     "While a group has members, only they commit for it, it cannot be deleted, and members of "
     "another protocol cannot join. `detail` says which of these it was."},
    {member_fenced, 409, "member-fenced", "The member has lost its partitions",
     "The member was silent for longer than its session, or missed commit_by after a partition was "
     "taken from it, and another member reads on from what was committed before. Nothing of this "
     "commit was stored: drop what is in hand, poll, and go on with what the poll gives."},
    {stale_receipt, 409, "stale-receipt", "Somebody else holds the message now",
     "The message was delivered again after the visibility timeout of this receipt ran out, or it "
     "is acked already. A commit that names such a receipt writes nothing."},
    {out_of_order_sequence, 409, "out-of-order-sequence", "Numbers of the producer are missing",
     "A producer numbers its records one after the other. `next_seq` is the number that comes next: "
     "what lies between was never stored, or the number is one used before for something else. "
     "Nothing was written."},
    {producer_fenced, 409, "producer-fenced", "Another instance of the producer writes now",
     "`epoch` is the producer's newest. Whoever writes with an older one must stop. Nothing was "
     "written."},
    {wrong_state, 409, "wrong-state", "The message is in another state",
     "What was asked for needs a message that waits. `detail` says how this one stands."},
    {operation_running, 409, "operation-running", "Another operation runs on this queue",
     "GET /v1/operations lists them; wait for its end, or end it with DELETE."},
    {idempotency_in_progress, 409, "idempotency-in-progress", "The first request is still running",
     "A request with the same Idempotency-Key has not been answered yet. Try again shortly."},
    {offset_trimmed, 410, "offset-trimmed", "Older than what is kept",
     "Retention or a trim has removed these records. `oldest` is the first offset still there; "
     "on_trim=skip goes on from it."},
    {cursor_stale, 410, "cursor-stale", "The cursor points to what is no more",
     "The topic was deleted, perhaps created anew: begin again with from=earliest. Or the group was "
     "moved by a seek since the poll that gave this cursor: poll without it."},
    {expectation_failed, 412, "expectation-failed", "Not as expected",
     "The `expect` of the request does not hold. Nothing was written."},
    {etag_mismatch, 412, "etag-mismatch", "Changed in the meantime",
     "If-Match names an older version. Read it again, apply the change, and retry."},
    {message_too_large, 413, "message-too-large", "The message is too large",
     "`detail` names the limit. Store large things elsewhere and send a reference, or raise "
     "record_bytes_max."},
    {batch_too_large, 413, "batch-too-large", "The request is too large",
     "A request may have 10 MiB and 1,000 records. Send several."},
    {target_too_long, 414, "target-too-long", "The path and query are too long",
     "A request target may have 8 KiB."},
    {unsupported_media_type, 415, "unsupported-media-type", "This content type is not understood here",
     "Send application/json, application/protobuf, or application/x-ndjson where lines are taken."},
    {idempotency_key_reused, 422, "idempotency-key-reused", "The key was used for another request",
     "An Idempotency-Key belongs to one request body."},
    {schema_rejected, 422, "schema-rejected", "The value does not match the schema",
     "The topic has a schema and this value does not follow it."},
    {upgrade_required, 426, "upgrade-required", "This path speaks WebSocket",
     "Connect with a WebSocket client."},
    {quota_exceeded, 429, "quota-exceeded", "Your quota is used up",
     "Wait as long as Retry-After says. Nothing was written."},
    {too_many_names, 429, "too-many-names", "There are too many topics and queues",
     "Nothing was created, and what there is goes on. Waiting does not help: delete topics or queues "
     "that are not used, or raise limits.names."},
    {headers_too_large, 431, "headers-too-large", "The head is too large",
     "A request head may have 16 KiB and 100 fields."},
    {internal, 500, "internal", "The broker failed",
     "This is a fault of the broker or of its machine. Whether the request took effect is unknown."},
    {keys_file_failed, 500, "keys-file-failed", "The keys file cannot be changed",
     "The file that auth.keys_file names could not be read, or not be written anew. `detail` says "
     "which and why. The keys are as they were."},
    {data_damaged, 500, "data-damaged", "Stored bytes do not verify",
     "What was asked for is damaged on disk. Everything sound stays readable; run twofold doctor."},
    {storage_failed, 500, "storage-failed", "A write to the disk failed",
     "The broker no longer accepts writes, and whether this one took effect is unknown until it is "
     "restarted. Retry with the same Idempotency-Key after that."},
    {starting, 503, "starting", "Not ready yet", "The broker is recovering; retry shortly."},
    {draining, 503, "draining", "The broker is shutting down",
     "Nothing was written. Retry: another broker or the restarted one will answer."},
    {overloaded, 503, "overloaded", "Too much at once",
     "A memory account is full. Nothing was written; retry after Retry-After."},
    {storage_full, 507, "storage-full", "The disk is full",
     "Publishing is refused; receiving, acking, deleting and reading still work. Nothing was "
     "written."},
});

constexpr bool in_order() {
  for (std::size_t i = 0; i < kProblems.size(); ++i) {
    if (static_cast<std::size_t>(kProblems[i].kind) != i) return false;
  }
  return true;
}
static_assert(in_order(), "looked up by kind");
static_assert(kProblems.size() == static_cast<std::size_t>(storage_full) + 1);

}  // namespace

std::span<const ProblemInfo> problem_table() { return kProblems; }

const ProblemInfo& info(ProblemKind kind) { return kProblems[static_cast<std::size_t>(kind)]; }

const ProblemInfo* find_problem(std::string_view code) {
  for (const ProblemInfo& problem : kProblems) {
    if (problem.code == code) return &problem;
  }
  return nullptr;
}

bool retryable(ProblemKind kind) {
  const int status = info(kind).status;
  if (kind == too_many_names) return false;  // nothing changes by itself
  return status == 429 || status == 503 || status == 507 || status == 408 ||
         kind == idempotency_in_progress;
}

ProblemKind problem_kind(engine::Errc code) {
  using engine::Errc;
  switch (code) {
    case Errc::invalid_request: return invalid_request;
    case Errc::topic_not_found: return topic_not_found;
    case Errc::queue_not_found: return queue_not_found;
    case Errc::group_not_found: return group_not_found;
    case Errc::message_not_found: return message_not_found;
    case Errc::partition_not_found: return partition_not_found;
    case Errc::offset_trimmed: return offset_trimmed;
    case Errc::exists_with_other_config: return exists_with_other_config;
    case Errc::name_taken: return name_taken;
    case Errc::queue_is_attached: return queue_is_attached;
    case Errc::topic_has_queues: return topic_has_queues;
    case Errc::stale_receipt: return stale_receipt;
    case Errc::member_unknown: return member_fenced;
    case Errc::member_fenced: return member_fenced;
    case Errc::instance_fenced: return member_fenced;
    case Errc::generation_stale: return member_fenced;
    case Errc::rebalance_in_progress: return group_in_use;
    case Errc::inconsistent_protocol: return group_in_use;
    case Errc::group_full: return overloaded;
    case Errc::group_in_use: return group_in_use;
    case Errc::cursor_stale: return cursor_stale;
    case Errc::etag_mismatch: return etag_mismatch;
    case Errc::out_of_order_sequence: return out_of_order_sequence;
    case Errc::producer_fenced: return producer_fenced;
    case Errc::idempotency_key_reused: return idempotency_key_reused;
    case Errc::idempotency_in_progress: return idempotency_in_progress;
    case Errc::expectation_failed: return expectation_failed;
    case Errc::message_too_large: return message_too_large;
    case Errc::key_missing: return key_missing;
    case Errc::batch_too_large: return batch_too_large;
    case Errc::too_many_names: return too_many_names;
    case Errc::overloaded: return overloaded;
    case Errc::storage_full: return storage_full;
    case Errc::storage_failed: return storage_failed;
    case Errc::data_damaged: return data_damaged;
    case Errc::shutting_down: return draining;
    case Errc::not_ours: return internal;
    case Errc::newer_version: return internal;
    case Errc::busy: return internal;
    case Errc::io: return internal;
  }
  __builtin_unreachable();
}

}  // namespace twofold::http
