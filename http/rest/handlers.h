#pragma once

#include "http/route.h"

// Every handler of the route table, by file. Each parses its call, submits, and renders.
namespace twofold::http {

// records.cc
Task<Try<>> publish(Call& call);
Task<Try<>> publish_raw(Call& call);
// read.cc
Task<Try<>> read_records(Call& call);
Task<Try<>> get_record(Call& call);
Task<Try<>> topic_offsets(Call& call);
// topics.cc
Task<Try<>> list_topics(Call& call);
Task<Try<>> put_topic(Call& call);
Task<Try<>> get_topic(Call& call);
Task<Try<>> patch_topic(Call& call);
Task<Try<>> delete_topic(Call& call);
Task<Try<>> trim_topic(Call& call);
Task<Try<>> topic_consumers(Call& call);
Task<Try<>> topic_coverage(Call& call);
// queues.cc
Task<Try<>> list_queues(Call& call);
Task<Try<>> put_queue(Call& call);
Task<Try<>> get_queue(Call& call);
Task<Try<>> patch_queue(Call& call);
Task<Try<>> delete_queue(Call& call);
// messages.cc
Task<Try<>> send_messages(Call& call);
Task<Try<>> send_raw(Call& call);
Task<Try<>> receive_messages(Call& call);
Task<Try<>> browse_messages(Call& call);
// message.cc
Task<Try<>> get_message(Call& call);
Task<Try<>> delete_message(Call& call);
Task<Try<>> patch_message(Call& call);
// explain.cc
Task<Try<>> explain_message(Call& call);
Task<Try<>> explain_queue(Call& call);
// history.cc
Task<Try<>> message_history(Call& call);
// operations.cc
Task<Try<>> replay_messages(Call& call);
Task<Try<>> redrive_messages(Call& call);
Task<Try<>> move_messages(Call& call);
Task<Try<>> move_message(Call& call);
Task<Try<>> purge_queue(Call& call);
Task<Try<>> list_operations(Call& call);
Task<Try<>> get_operation(Call& call);
Task<Try<>> cancel_operation(Call& call);
// commit.cc
Task<Try<>> commit_together(Call& call);
// producers.cc
Task<Try<>> get_producer(Call& call);
// settle.cc
Task<Try<>> ack_messages(Call& call);
Task<Try<>> nack_messages(Call& call);
Task<Try<>> extend_messages(Call& call);
// groups.cc
Task<Try<>> list_groups(Call& call);
Task<Try<>> get_group(Call& call);
Task<Try<>> delete_group(Call& call);
// group_poll.cc
Task<Try<>> poll_group(Call& call);
// group_reading.cc
Task<Try<>> commit_group(Call& call);
Task<Try<>> seek_group(Call& call);
Task<Try<>> leave_group(Call& call);
// pages.cc
Task<Try<>> server_info(Call& call);
Task<Try<>> error_page(Call& call);
// openapi.cc, ws/asyncapi.cc
Task<Try<>> openapi(Call& call);
Task<Try<>> asyncapi(Call& call);
// ws/handlers.cc
Task<Try<>> stream(Call& call);
Task<Try<>> topic_stream(Call& call);
Task<Try<>> queue_stream(Call& call);
Task<Try<>> inspect_stream(Call& call);
// stats.cc
Task<Try<>> broker_stats(Call& call);
Task<Try<>> entity_rates(Call& call);
// connections.cc
Task<Try<>> list_connections(Call& call);
Task<Try<>> close_connection(Call& call);
// operator.cc
Task<Try<>> show_config(Call& call);
Task<Try<>> show_log(Call& call);

// namespaces.cc
Task<Try<>> list_namespaces(Call& call);
Task<Try<>> put_namespace(Call& call);
// keys.cc
Task<Try<>> list_keys(Call& call);
Task<Try<>> create_key(Call& call);
Task<Try<>> revoke_key(Call& call);
Task<Try<>> issue_ticket(Call& call);
// health.cc
Task<Try<>> livez(Call& call);
Task<Try<>> readyz(Call& call);
Task<Try<>> startupz(Call& call);
// metrics_page.cc
Task<Try<>> metrics_page(Call& call);

}  // namespace twofold::http
