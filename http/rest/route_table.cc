#include <array>
#include <functional>

#include "engine/base/check.h"
#include "http/pages/pages.h"
#include "http/rest/damage.h"
#include "http/rest/handlers.h"
#include "http/route.h"
#include "http/sqs/dialect.h"

namespace twofold::http {
namespace {

constexpr QueryParam kLimit{"limit", "integer", "how many at most, 1 to 1000 (100)"};
constexpr QueryParam kCursor{"cursor", "string", "go on where an answer's cursor or next says"};
constexpr QueryParam kFrom{"from", "string",
                           "earliest, latest, -15m, a time, an offset, or an id like 2-41 (earliest)"};
constexpr QueryParam kWait{"wait", "string", "how long to wait for something new, up to 60s (0s)"};
constexpr QueryParam kEncoding{"encoding", "string", "base64: every value as bytes"};

constexpr std::array kPaging = {kLimit, kCursor};
constexpr std::array kReading = {
    kFrom, kLimit, kCursor, kWait, kEncoding,
    QueryParam{"bytes", "integer", "how much at most, about: keys, values, headers and 128 bytes for each record, 1 to 4194304 (1048576); without limit up to 10000 records"},
    QueryParam{"min_bytes", "integer", "with wait: answer when about so much is there, or the wait is over (1)"},
    QueryParam{"partition", "integer", "only this partition"},
    QueryParam{"order", "string", "partition, or total: by seq also across pages, up to 64 partitions (partition)"},
    QueryParam{"on_trim", "string", "skip: go on from the oldest when the position is gone (error)"},
    QueryParam{"filter", "string", "only records that match, like headers.region = 'EU'; a page may be empty before the end"},
    QueryParam{"follow", "boolean", "with application/x-ndjson: go on for ever (false)"},
    QueryParam{"lastEventId", "string", "with text/event-stream: as the field Last-Event-ID"}};
constexpr std::array kMeasuring = {
    QueryParam{"name[]", "string", "only metrics whose names begin like this, with or without twofold_; may be given again"},
    QueryParam{"queue", "string", "only queues whose whole name matches this regular expression"},
    QueryParam{"topic", "string", "likewise topics, and where groups stand in them"}};
constexpr std::array kOneRecord = {kEncoding};
constexpr std::array kRaw = {
    QueryParam{"key", "string", "the record's key"},
    QueryParam{"partition", "integer", "only this partition"},
    QueryParam{"durability", "string", "disk, os or memory (the topic's)"}};
constexpr std::array kRawMessage = {
    QueryParam{"key", "string", "the message's key"},
    QueryParam{"durability", "string", "disk, os or memory (the queue's)"}};
constexpr std::array kAt = {
    QueryParam{"at", "string", "a time: also the first offset at or after it"}};
constexpr std::array kBrowsing = {
    kLimit, kCursor, kFrom, kEncoding,
    QueryParam{"state", "string", "ready, in_flight, delayed, blocked or dead (all of them)"}};
constexpr QueryParam kCredit{"credit", "integer", "how many messages to send before more is granted (no end)"};
constexpr QueryParam kTicket{"ticket", "string", "what POST /v1/tickets gave: instead of an Authorization field, once"};
constexpr std::array kWithTicket = {kTicket};
constexpr std::array kTopicStream = {
    QueryParam{"from", "string", "earliest, latest, -15m, a time, an offset, or an id like 2-41 (latest)"},
    QueryParam{"filter", "string", "only records that match, like headers.region = 'EU'"}, kCredit, kTicket};
constexpr std::array kQueueStream = {kCredit, kTicket};
constexpr std::array kInspecting = {
    QueryParam{"topic", "string", "the topic to look at; it need not exist yet"},
    QueryParam{"queue", "string", "the queue to look at"},
    QueryParam{"group", "string", "a group to look at; may be repeated"},
    QueryParam{"resume", "integer", "the seq of the last event that is known"},
    QueryParam{"max_rate", "integer", "events a second; what is beyond comes as numbers"}, kTicket};
constexpr std::array kTrying = {
    QueryParam{"dry_run", "boolean", "say what would come of it, and change nothing (false)"}};
constexpr std::array kCovering = {
    kFrom,
    QueryParam{"to", "string", "where the window ends: as from (latest)"},
    QueryParam{"compare", "string", "two readers, as billing,analytics: who is done with what the other is not"},
    QueryParam{"partition", "integer", "only this partition"},
    QueryParam{"limit", "integer", "how many records to look at, 1 to 100000 (100000)"},
    QueryParam{"cursor", "string", "go on where an answer that was not complete has stopped"}};
constexpr std::array kCharting = {
    QueryParam{"window", "string", "how far back: by the second up to 10m, by the minute up to 24h (10m)"},
    QueryParam{"queue", "string", "the past of this queue instead of the broker's"},
    QueryParam{"topic", "string", "the past of this topic instead of the broker's"}};
constexpr std::array kLogging = {
    QueryParam{"level", "string", "the least important lines wanted: debug, info, warn, error (debug)"}, kLimit};
constexpr std::array kVerbose = {QueryParam{"verbose", "boolean", "list the checks"}};

using P = Permission;
using A = Scope;
using S = Served;
using B = Body;
constexpr Audience kOperators = Audience::operators;

// method, path, operation, summary, permission, scope, served, body, handler, query, audience
constexpr auto kRoutes = std::to_array<Route>({
    {"GET", "/v1", "server_info", "Version, limits and links", P::nothing, A::nothing, S::always, B::nothing, &server_info, {}},
    {"GET", "/v1/info", "info", "The same as /v1", P::nothing, A::nothing, S::always, B::nothing, &server_info, {}},

    {"GET", "/v1/topics", "list_topics", "List topics", P::inspect, A::list, S::when_ready, B::nothing, &list_topics, kPaging},
    {"PUT", "/v1/topics/{topic}", "put_topic", "Create a topic, or configure it with If-Match", P::manage, A::topic, S::when_ready, B::admin, &put_topic, kTrying},
    {"GET", "/v1/topics/{topic}", "get_topic", "Show a topic", P::inspect, A::topic, S::when_ready, B::nothing, &get_topic, {}},
    {"PATCH", "/v1/topics/{topic}", "patch_topic", "Change some of a topic's configuration", P::manage, A::topic, S::when_ready, B::admin, &patch_topic, kTrying},
    {"DELETE", "/v1/topics/{topic}", "delete_topic", "Delete a topic and its records", P::manage, A::topic, S::when_ready, B::nothing, &delete_topic, {}},
    {"POST", "/v1/topics/{topic}/records", "publish", "Publish records, all of them or none", P::publish, A::topic, S::when_ready, B::records, &http::publish, {}},
    {"GET", "/v1/topics/{topic}/records", "read", "Read records without a group", P::consume, A::topic, S::when_ready, B::nothing, &read_records, kReading},
    {"POST", "/v1/topics/{topic}/raw", "publish_raw", "Publish the body as one record", P::publish, A::topic, S::when_ready, B::raw, &publish_raw, kRaw},
    {"GET", "/v1/topics/{topic}/records/{partition}/{offset}", "get_record", "Show one record", P::consume, A::topic, S::when_ready, B::nothing, &get_record, kOneRecord},
    {"GET", "/v1/topics/{topic}/offsets", "offsets", "Where each partition begins and ends", P::inspect, A::topic, S::when_ready, B::nothing, &topic_offsets, kAt},
    {"POST", "/v1/topics/{topic}/trim", "trim", "Forget records before an offset or time", P::manage, A::topic, S::when_ready, B::admin, &trim_topic, {}},
    {"GET", "/v1/topics/{topic}/consumers", "consumers", "Every queue and group that reads a topic, with its lag", P::inspect, A::topic, S::when_ready, B::nothing, &topic_consumers, {}},
    {"GET", "/v1/topics/{topic}/coverage", "coverage", "What each queue and group has made of the records of a window", P::inspect, A::topic, S::when_ready, B::nothing, &topic_coverage, kCovering},

    {"GET", "/v1/topics/{topic}/stream", "topic_stream", "Stream a topic over a WebSocket", P::consume, A::topic, S::when_ready, B::nothing, &topic_stream, kTopicStream},

    {"GET", "/v1/queues", "list_queues", "List queues", P::inspect, A::list, S::when_ready, B::nothing, &list_queues, kPaging},
    {"PUT", "/v1/queues/{queue}", "put_queue", "Create a queue, or attach one to a topic", P::manage, A::queue, S::when_ready, B::admin, &put_queue, kTrying},
    {"GET", "/v1/queues/{queue}", "get_queue", "Show a queue and its counts", P::inspect, A::queue, S::when_ready, B::nothing, &get_queue, {}},
    {"PATCH", "/v1/queues/{queue}", "patch_queue", "Change some of a queue's configuration", P::manage, A::queue, S::when_ready, B::admin, &patch_queue, kTrying},
    {"DELETE", "/v1/queues/{queue}", "delete_queue", "Delete a queue; an attached one leaves its topic as it is", P::manage, A::queue, S::when_ready, B::nothing, &delete_queue, kTrying},
    {"POST", "/v1/queues/{queue}/messages", "send", "Send messages, all of them or none", P::publish, A::queue, S::when_ready, B::data, &send_messages, {}},
    {"POST", "/v1/queues/{queue}/raw", "send_raw", "Send the body as one message", P::publish, A::queue, S::when_ready, B::raw, &http::send_raw, kRawMessage},
    {"GET", "/v1/queues/{queue}/messages", "browse", "Look at messages without touching them", P::inspect, A::queue, S::when_ready, B::nothing, &browse_messages, kBrowsing},
    {"GET", "/v1/queues/{queue}/messages/{id}", "get_message", "Show one message, whatever its state", P::inspect, A::queue, S::when_ready, B::nothing, &get_message, kOneRecord},
    {"DELETE", "/v1/queues/{queue}/messages/{id}", "delete_message", "Delete one message, whatever its state", P::manage, A::queue, S::when_ready, B::nothing, &delete_message, {}},
    {"PATCH", "/v1/queues/{queue}/messages/{id}", "patch_message", "Deliver a waiting message at another time, or with other headers", P::manage, A::queue, S::when_ready, B::admin, &patch_message, {}},
    {"GET", "/v1/queues/{queue}/messages/{id}/explain", "explain_message", "Say why a message is where it is and what would change that", P::inspect, A::queue, S::when_ready, B::nothing, &explain_message, {}},
    {"GET", "/v1/queues/{queue}/messages/{id}/history", "message_history", "Show what is known of what happened to a message", P::inspect, A::queue, S::when_ready, B::nothing, &message_history, {}},
    {"POST", "/v1/queues/{queue}/messages/{id}/move", "move_message", "Move one message to another queue", P::manage, A::queue, S::when_ready, B::admin, &move_message, {}},
    {"GET", "/v1/queues/{queue}/explain", "explain_queue", "Say what a receive would give now, and why", P::inspect, A::queue, S::when_ready, B::nothing, &explain_queue, {}},
    {"POST", "/v1/queues/{queue}/receive", "receive", "Receive messages; each stays hidden until it is acked or its time is over", P::consume, A::queue, S::when_ready, B::data, &receive_messages, {}},
    {"POST", "/v1/queues/{queue}/ack", "ack", "Delete received messages for good", P::consume, A::queue, S::while_draining, B::data, &ack_messages, {}},
    {"POST", "/v1/queues/{queue}/nack", "nack", "Give received messages back, at once, later, or as dead", P::consume, A::queue, S::while_draining, B::data, &nack_messages, {}},
    {"POST", "/v1/queues/{queue}/extend", "extend", "Keep received messages hidden for longer", P::consume, A::queue, S::while_draining, B::data, &extend_messages, {}},
    {"GET", "/v1/queues/{queue}/stream", "queue_stream", "Stream a queue over a WebSocket", P::consume, A::queue, S::when_ready, B::nothing, &queue_stream, kQueueStream},
    {"POST", "/v1/queues/{queue}/replay", "replay", "Deliver acked messages again", P::manage, A::queue, S::when_ready, B::admin, &replay_messages, {}},
    {"POST", "/v1/queues/{queue}/redrive", "redrive", "Make dead messages ready again", P::manage, A::queue, S::when_ready, B::admin, &redrive_messages, {}},
    {"POST", "/v1/queues/{queue}/move", "move", "Move messages to another queue", P::manage, A::queue, S::when_ready, B::admin, &move_messages, {}},
    {"POST", "/v1/queues/{queue}/purge", "purge", "Delete every message, or those that are chosen", P::manage, A::queue, S::when_ready, B::admin, &purge_queue, {}},

    {"GET", "/v1/ws", "stream", "Publish, subscribe and settle over one WebSocket", P::nothing, A::named, S::when_ready, B::nothing, &stream, kWithTicket},

    {"GET", "/v1/inspect", "inspect", "Watch a topic, a queue and groups over a WebSocket", P::inspect, A::named, S::when_ready, B::nothing, &inspect_stream, kInspecting, kOperators},

    {"GET", "/v1/groups", "list_groups", "List groups", P::inspect, A::list, S::when_ready, B::nothing, &list_groups, kPaging},
    {"GET", "/v1/groups/{group}", "get_group", "Show a group's members, offsets and lag", P::inspect, A::group, S::when_ready, B::nothing, &get_group, {}},
    {"DELETE", "/v1/groups/{group}", "delete_group", "Forget a group's offsets", P::manage, A::group, S::when_ready, B::nothing, &delete_group, {}},
    {"POST", "/v1/groups/{group}/poll", "poll", "Read from where the group has committed", P::consume, A::group, S::when_ready, B::admin, &poll_group, {}},
    {"POST", "/v1/groups/{group}/commit", "commit", "Commit offsets", P::consume, A::group, S::while_draining, B::admin, &commit_group, {}},
    {"POST", "/v1/groups/{group}/seek", "seek", "Move a group to a position", P::consume, A::group, S::when_ready, B::admin, &seek_group, {}},
    {"POST", "/v1/groups/{group}/leave", "leave", "Leave a group: its other members take over at once", P::consume, A::group, S::while_draining, B::admin, &leave_group, {}},

    {"POST", "/v1/commit", "commit_together", "Publish, ack and commit offsets, all of it or nothing", P::publish, A::named, S::while_draining, B::data, &commit_together, {}},
    {"GET", "/v1/producers/{producer}", "get_producer", "Show how far a producer's records are durable", P::inspect, A::list, S::when_ready, B::nothing, &get_producer, {}},

    {"GET", "/v1/operations", "list_operations", "List operations, newest first", P::inspect, A::list, S::when_ready, B::nothing, &list_operations, {}},
    {"GET", "/v1/operations/{id}", "get_operation", "Show how an operation stands", P::inspect, A::list, S::when_ready, B::nothing, &get_operation, {}},
    {"DELETE", "/v1/operations/{id}", "cancel_operation", "End an operation where it is", P::manage, A::named, S::when_ready, B::nothing, &cancel_operation, {}},

    {"GET", "/v1/stats", "stats", "What went in and out lately, for charts", P::inspect, A::broker, S::when_ready, B::nothing, &broker_stats, kCharting, kOperators},
    {"GET", "/v1/stats/rates", "stats_rates", "How fast topics and queues move, for lists", P::inspect, A::broker, S::when_ready, B::nothing, &entity_rates, {}, kOperators},
    {"GET", "/v1/connections", "list_connections", "List live connections", P::inspect, A::broker, S::when_ready, B::nothing, &list_connections, kPaging, kOperators},
    {"DELETE", "/v1/connections/{id}", "close_connection", "Close a connection", P::manage, A::broker, S::when_ready, B::nothing, &close_connection, {}, kOperators},
    {"GET", "/v1/config", "show_config", "Show every setting and where it came from", P::manage, A::broker, S::when_ready, B::nothing, &show_config, {}, kOperators},
    {"GET", "/v1/log", "show_log", "Show the broker's own last lines", P::manage, A::broker, S::when_ready, B::nothing, &show_log, kLogging, kOperators},
    {"GET", "/v1/storage/damage", "storage_damage", "List stored data that does not verify, and whose it was", P::inspect, A::broker, S::when_ready, B::nothing, &storage_damage, {}, kOperators},
    {"POST", "/v1/tickets", "ticket", "Get a ticket that opens one WebSocket within a minute", P::nothing, A::caller, S::when_ready, B::admin, &issue_ticket, {}},
    {"GET", "/v1/namespaces", "list_namespaces", "List namespaces and how much each has stored", P::inspect, A::broker, S::when_ready, B::nothing, &list_namespaces, {}, kOperators},
    {"PUT", "/v1/namespaces/{namespace}", "put_namespace", "Make a namespace, unless it is there", P::manage, A::broker, S::when_ready, B::nothing, &put_namespace, {}, kOperators},
    {"GET", "/v1/keys", "list_keys", "List keys and what they may do", P::manage, A::broker, S::when_ready, B::nothing, &list_keys, {}, kOperators},
    {"POST", "/v1/keys", "create_key", "Make a key; its secrets are shown this once", P::manage, A::broker, S::when_ready, B::admin, &create_key, {}, kOperators},
    {"DELETE", "/v1/keys/{id}", "revoke_key", "Take a key away, and end its connections", P::manage, A::broker, S::when_ready, B::nothing, &revoke_key, {}, kOperators},


    {"GET", "/livez", "livez", "Whether the broker lives", P::nothing, A::nothing, S::always, B::nothing, &livez, kVerbose},
    {"GET", "/readyz", "readyz", "Whether the broker serves", P::nothing, A::nothing, S::always, B::nothing, &readyz, kVerbose},
    {"GET", "/startupz", "startupz", "Whether recovery is done", P::nothing, A::nothing, S::always, B::nothing, &startupz, kVerbose},
    {"GET", "/health", "health", "The same as /readyz", P::nothing, A::nothing, S::always, B::nothing, &readyz, kVerbose},
    {"GET", "/metrics", "metrics", "Prometheus metrics", P::inspect, A::broker, S::always, B::nothing, &metrics_page, kMeasuring, kOperators},
    {"GET", "/openapi.json", "openapi", "This table as OpenAPI 3.1", P::nothing, A::nothing, S::always, B::nothing, &openapi, {}},
    {"GET", "/asyncapi.json", "asyncapi", "The frames of the WebSocket as AsyncAPI 3.0", P::nothing, A::nothing, S::always, B::nothing, &asyncapi, {}},
    {"GET", "/errors/{code}", "error", "What an error code means", P::nothing, A::nothing, S::always, B::nothing, &error_page, {}},
});

}  // namespace

std::span<const Route> route_table() { return kRoutes; }

std::size_t route_index(const Route& route) {
  std::size_t before = 0;
  const std::less<> below;
  for (const auto table : {route_table(), sqs::routes(), pages::routes()}) {
    const Route* const first = table.data();
    if (!below(&route, first) && below(&route, first + table.size())) {
      return before + static_cast<std::size_t>(&route - first);
    }
    before += table.size();
  }
  TF_CHECK(!"a route of no table");
  return 0;
}

std::size_t operation_count() {
  return kRoutes.size() + sqs::routes().size() + pages::routes().size();
}

OperationName operation_name(std::size_t index) {
  if (index < kRoutes.size()) return {"native", kRoutes[index].operation};
  index -= kRoutes.size();
  if (index < sqs::routes().size()) return {"sqs", sqs::routes()[index].operation};
  return {"ui", pages::routes()[index - sqs::routes().size()].operation};
}

}  // namespace twofold::http
