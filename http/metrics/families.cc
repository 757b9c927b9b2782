#include <array>

#include "http/metrics/text.h"

namespace twofold::http::metrics {
namespace {

using enum Kind;

// clang-format off
constexpr std::array kFamilies = {
    Family{"twofold_build_info", gauge, "1, with the version as labels"},
    Family{"twofold_start_time_seconds", gauge, "When the broker began, Unix time"},
    Family{"twofold_recovery_duration_seconds", gauge, "How long the last start took to recover"},
    Family{"twofold_degraded", gauge, "1 while publishes are refused for this reason"},
    Family{"twofold_metrics_truncated", gauge, "1 while something of this kind is added up under (others): metrics.max_entities"},
    Family{"twofold_queues", gauge, "Queues"},
    Family{"twofold_topics", gauge, "Topics"},
    Family{"twofold_groups", gauge, "Groups"},
    Family{"process_cpu_seconds_total", counter, "CPU time used, user and system"},
    Family{"process_resident_memory_bytes", gauge, "Memory in use"},
    Family{"process_virtual_memory_bytes", gauge, "Addresses in use"},
    Family{"process_open_fds", gauge, "Open file descriptors"},
    Family{"process_max_fds", gauge, "File descriptors that may be open"},
    Family{"process_start_time_seconds", gauge, "When the process began, Unix time"},
    Family{"twofold_queue_messages", gauge, "Messages by state: ready, inflight, delayed, blocked, dead"},
    Family{"twofold_queue_oldest_message_age_seconds", gauge, "Age of the oldest message that is not done with; 0 when there is none"},
    Family{"twofold_queue_waiting_receivers", gauge, "Receives that wait for a message"},
    Family{"twofold_queue_attached_lag_records", gauge, "Of a queue over a topic: records from the oldest not done with to the topic's end"},
    Family{"twofold_queue_sent_total", counter, "Messages sent to the queue, or to its topic since it reads there"},
    Family{"twofold_queue_received_total", counter, "Messages handed out"},
    Family{"twofold_queue_redelivered_total", counter, "Of those: not for the first time"},
    Family{"twofold_queue_acked_total", counter, "Messages acknowledged"},
    Family{"twofold_queue_nacked_total", counter, "Messages given back"},
    Family{"twofold_queue_visibility_expired_total", counter, "Messages held longer than their visibility timeout"},
    Family{"twofold_queue_dead_lettered_total", counter, "Messages that died: moved to the dead letter queue, or kept as dead"},
    Family{"twofold_queue_expired_total", counter, "Messages dropped because they were older than the queue's retention"},
    Family{"twofold_queue_empty_receives_total", counter, "Receives that got nothing"},
    Family{"twofold_queue_wait_seconds", histogram, "From append to first delivery"},
    Family{"twofold_queue_processing_seconds", histogram, "From delivery to acknowledgement"},
    Family{"twofold_topic_partitions", gauge, "Partitions"},
    Family{"twofold_topic_size_bytes", gauge, "Bytes kept"},
    Family{"twofold_topic_oldest_record_timestamp_seconds", gauge, "When about the oldest kept record was appended, Unix time; 0 when empty"},
    Family{"twofold_topic_appended_records_total", counter, "Records appended, ever"},
    Family{"twofold_topic_read_records_total", counter, "Records given to readers"},
    Family{"twofold_topic_trimmed_records_total", counter, "Offsets before the oldest kept record"},
    Family{"twofold_partition_start_offset", gauge, "Oldest offset kept"},
    Family{"twofold_partition_end_offset", gauge, "One past the newest offset that readers see"},
    Family{"twofold_group_lag_records", gauge, "Records that the group has not committed; without a commit all of them"},
    Family{"twofold_group_lag_seconds", gauge, "Age of the oldest of those; 0 when there are none"},
    Family{"twofold_group_committed_offset", gauge, "Next offset to read; by topic the sum over its partitions"},
    Family{"twofold_group_members", gauge, "Members"},
    Family{"twofold_group_rebalances_total", counter, "Times that partitions were shared out, since the group has members"},
    Family{"twofold_http_requests_total", counter, "Requests answered"},
    Family{"twofold_http_request_duration_seconds", histogram, "From a request's head to its answer, long polls with their wait"},
    Family{"twofold_http_heads_refused_total", counter, "Requests refused before any operation was known"},
    Family{"twofold_auth_failures_total", counter, "Keys, signatures and tickets that were wrong, and requests without one"},
    Family{"twofold_tls_handshakes_total", counter, "TLS handshakes, by whether they came to their end"},
    Family{"twofold_tls_certificate_not_after_seconds", gauge, "When the server's certificate ends, Unix time"},
    Family{"twofold_connections", gauge, "Open connections"},
    Family{"twofold_connections_total", counter, "Connections accepted"},
    Family{"twofold_connections_refused_total", counter, "Connections turned away: limits.connections"},
    Family{"twofold_sent_bytes_total", counter, "Bytes written to clients"},
    Family{"twofold_ws_connections", gauge, "Open WebSockets"},
    Family{"twofold_ws_connections_total", counter, "WebSockets opened"},
    Family{"twofold_ws_sent_batches_total", counter, "Batches of messages sent over WebSockets"},
    Family{"twofold_ws_sent_messages_total", counter, "Messages and records in those"},
    Family{"twofold_ws_publishes_total", counter, "Publishes and sends over WebSockets"},
    Family{"twofold_event_loop_lag_seconds", histogram, "How late a timer fires, looked at twice a second"},
    Family{"twofold_memory_bytes", gauge, "Memory by what holds it: request bodies, answers"},
    Family{"twofold_append_duration_seconds", histogram, "From a block's being handed to the journal to its being known as durable"},
    Family{"twofold_fsync_duration_seconds", histogram, "Writing a block of the journal and syncing it, on the device"},
    Family{"twofold_journal_blocks_total", counter, "Blocks written to the journal, one sync each"},
    Family{"twofold_journal_bytes_total", counter, "Bytes written to the journal"},
    Family{"twofold_records_total", counter, "Records appended to any log"},
    Family{"twofold_checkpoints_total", counter, "Checkpoints written"},
    Family{"twofold_drained_bytes_total", counter, "Bytes moved from the journal to segments"},
    Family{"twofold_rewritten_bytes_total", counter, "Bytes copied out of mostly dead segments"},
    Family{"twofold_cleanings_total", counter, "Cleanings of partitions that came to their end"},
    Family{"twofold_cleaned_read_bytes_total", counter, "Bytes read by cleanings"},
    Family{"twofold_cleaned_written_bytes_total", counter, "Bytes written by cleanings"},
    Family{"twofold_cleaned_records_total", counter, "Records dropped by cleanings: superseded ones and old tombstones"},
    Family{"twofold_storage_damaged_blocks", gauge, "Acknowledged blocks that did not verify"},
    Family{"twofold_logs", gauge, "Logs: partitions and queues of their own"},
    Family{"twofold_journal_index_entries", gauge, "Batches that are only in the journal"},
    Family{"twofold_segments", gauge, "Sealed segments"},
    Family{"twofold_scrubbed_bytes_total", counter, "Bytes of sealed segments verified in the background; 0 for ever when storage.scrub is 0"},
    Family{"twofold_scrub_damage_total", counter, "Stretches found damaged by that"},
    Family{"twofold_journal_waiting_bytes", gauge, "Accepted bytes not yet on the device"},
    Family{"twofold_tail_cache_bytes", gauge, "Recent blocks kept in memory"},
    Family{"twofold_disk_free_bytes", gauge, "Room on the data directory's device"},
};
// clang-format on

}  // namespace

std::span<const Family> families() { return kFamilies; }

}  // namespace twofold::http::metrics
