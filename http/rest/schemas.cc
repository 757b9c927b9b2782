#include "http/rest/schemas.h"

#include <array>
#include <utility>

namespace twofold::http {
namespace {

constexpr auto kNames = std::to_array<std::pair<std::string_view, SchemaNames>>({
    {"put_topic", {"TopicConfig", "Topic"}},
    {"get_topic", {"", "Topic"}},
    {"patch_topic", {"TopicConfig", "Topic"}},
    {"publish", {"PublishRequest", "PublishResponse"}},
    {"publish_raw", {"", "PublishResponse"}},
    {"read", {"", "ReadResponse"}},
    {"get_record", {"", "Record"}},
    {"coverage", {"", "Coverage"}},
    {"put_queue", {"QueueConfig", "Queue"}},
    {"get_queue", {"", "Queue"}},
    {"patch_queue", {"QueueConfig", "Queue"}},
    {"send", {"SendRequest", "SendResponse"}},
    {"receive", {"ReceiveRequest", "ReceiveResponse"}},
    {"get_message", {"", "BrowsedMessage"}},
    {"patch_message", {"PatchMessage", "BrowsedMessage"}},
    {"delete_message", {"", "DeletedMessage"}},
    {"explain_message", {"", "Explanation"}},
    {"explain_queue", {"", "Explanation"}},
    {"message_history", {"", "History"}},
    {"move_message", {"MoveMessage", "MovedMessage"}},
    {"replay", {"OperationRequest", "OperationStarted"}},
    {"redrive", {"OperationRequest", "OperationStarted"}},
    {"move", {"OperationRequest", "OperationStarted"}},
    {"purge", {"OperationRequest", "OperationStarted"}},
    {"get_operation", {"", "Operation"}},
    {"cancel_operation", {"", "Operation"}},
    {"commit_together", {"CommitRequest", "CommitResponse"}},
    {"get_producer", {"", "Producer"}},
    {"poll", {"PollRequest", "PollResponse"}},
    {"commit", {"GroupCommit", "GroupStands"}},
    {"seek", {"GroupSeek", "GroupStands"}},
    {"ack", {"AckRequest", "SettleResponse"}},
    {"nack", {"NackRequest", "SettleResponse"}},
    {"extend", {"ExtendRequest", "SettleResponse"}},
});

// A value is any JSON; `true` is the schema that takes everything.
constexpr std::string_view kSchemas = R"({
"Duration":{"type":["string","number"],"description":"250ms, 30s, 5m, 12h, 7d; a bare number means seconds","examples":["30s"]},
"Durability":{"type":"string","enum":["disk","os","memory"]},
"Bytes":{"type":["string","object"],"description":"A text, or {\"base64\":\"...\"}"},
"TopicConfig":{"type":"object","properties":{
  "partitions":{"type":"integer","minimum":1},
  "retention":{"type":"object","properties":{"time":{"type":["string","number","null"]},"bytes":{"type":["integer","string","null"]},"count":{"type":["integer","null"],"minimum":1,"description":"records a partition"}}},
  "cleanup":{"enum":["delete","compact","compact,delete"],"description":"delete: by retention; compact: all but the newest record of each key"},
  "compaction":{"type":["object","null"],"properties":{"min_lag":{"$ref":"#/components/schemas/Duration"},"max_lag":{"type":["string","number","null"]},
    "delete_retention":{"$ref":"#/components/schemas/Duration","description":"of tombstones, once they are cleaned to"},"min_dirty_ratio":{"type":["number","null"],"minimum":0,"maximum":1}}},
  "durability":{"$ref":"#/components/schemas/Durability"},
  "record_bytes_max":{"type":"integer","minimum":1,"maximum":67108864},
  "dedup":{"type":["object","null"],"properties":{"window":{"$ref":"#/components/schemas/Duration"}}}}},
"Topic":{"allOf":[{"$ref":"#/components/schemas/TopicConfig"},{"type":"object","description":"With dry_run as it would be; what does not exist has no id and no etag.","required":["name","partitions"],"properties":{
  "dry_run":{"type":"boolean"},"name":{"type":"string"},"id":{"type":"string"},"created":{"type":"string"},"records":{"type":"integer"},"bytes":{"type":"integer"},"etag":{"type":"string"},
  "cleaning":{"type":"object","description":"of a compacted topic, over its partitions","properties":{"dirty_ratio":{"type":"number"},"clean_bytes":{"type":"integer"},"dirty_bytes":{"type":"integer"},"last_run":{"type":["string","null"]}}}}}]},
"NewRecord":{"type":"object","description":"Exactly one of value, text and bytes.","properties":{
  "key":{"$ref":"#/components/schemas/Bytes"},"value":true,"text":{"type":"string"},"bytes":{"type":"string","contentEncoding":"base64"},
  "headers":{"type":"object","additionalProperties":{"$ref":"#/components/schemas/Bytes"}},
  "content_type":{"type":"string"},"timestamp":{"type":"string"},"partition":{"type":"integer"},
  "group":{"type":"string","description":"Who is in order with whom; the key unless given"},"ttl":{"$ref":"#/components/schemas/Duration"},
  "dedup_id":{"type":"string","description":"A second one of this id within the window is not stored"},
  "producer":{"type":"object","description":"Topics: which of its producer's records it is, one more each time","required":["id","seq"],
    "properties":{"id":{"type":"string"},"epoch":{"type":"integer","minimum":0},"seq":{"type":"integer","minimum":0}}}}},
"Expect":{"type":"object","description":"Must hold, or nothing is written.","properties":{
  "last_seq":{"type":"integer","description":"seq of the topic's newest record; 0: it has none"},
  "key_last":{"type":["string","null"],"description":"id of the newest record of the key that all records of the request have; null: it has none"}}},
"Place":{"type":"object","required":["id","partition","offset","seq"],"properties":{
  "id":{"type":"string"},"partition":{"type":"integer"},"offset":{"type":"integer"},"seq":{"type":"integer"},
  "duplicate":{"type":"boolean","description":"it was stored before: this is where"}}},
"SentPlace":{"type":"object","required":["id","offset","seq"],"properties":{
  "id":{"type":"string"},"offset":{"type":"integer"},"seq":{"type":"integer"},"duplicate":{"type":"boolean"}}},
"CommitRequest":{"type":"object","description":"A topic, queue or group stands in a list once.","properties":{
  "publish":{"type":"array","items":{"type":"object","description":"A topic with records, or a queue with messages.","properties":{
    "topic":{"type":"string"},"queue":{"type":"string"},"records":{"type":"array","items":{"$ref":"#/components/schemas/NewMessage"}},
    "messages":{"type":"array","items":{"$ref":"#/components/schemas/NewMessage"}},"expect":{"$ref":"#/components/schemas/Expect"}}}},
  "ack":{"type":"array","items":{"type":"object","required":["queue","receipts"],"properties":{
    "queue":{"type":"string"},"receipts":{"type":"array","items":{"type":"string"}}}}},
  "offsets":{"type":"array","items":{"type":"object","required":["group","offsets"],"properties":{
    "group":{"type":"string"},"member":{"type":"string"},"generation":{"type":"integer"},"offsets":{"$ref":"#/components/schemas/Offsets"},"from":{"$ref":"#/components/schemas/Offsets"}}}}}},
"CommitResponse":{"type":"object","required":["committed","publish","ack","offsets","durability"],"properties":{"committed":{"type":"boolean"},
  "publish":{"type":"array","items":{"type":"object","properties":{"topic":{"type":"string"},"queue":{"type":"string"},
    "records":{"type":"array","items":{"$ref":"#/components/schemas/Place"}},"messages":{"type":"array","items":{"$ref":"#/components/schemas/SentPlace"}}}}},
  "ack":{"type":"array","items":{"type":"object","properties":{"queue":{"type":"string"},"acked":{"type":"integer"}}}},
  "offsets":{"type":"array","items":{"type":"object","properties":{"group":{"type":"string"}}}},
  "durability":{"$ref":"#/components/schemas/Durability"}}},
"Producer":{"type":"object","required":["producer","topics"],"properties":{"producer":{"type":"string"},
  "topics":{"type":"array","items":{"type":"object","required":["topic","epoch","last_seq"],"properties":{"topic":{"type":"string"},
    "epoch":{"type":"integer"},"last_seq":{"type":["integer","null"],"description":"no crash takes back records up to this one"},
    "id":{"type":"string"},"partition":{"type":"integer"},"offset":{"type":"integer"}}}}}},
"NewMessage":{"allOf":[{"$ref":"#/components/schemas/NewRecord"},{"type":"object","properties":{
  "delay":{"$ref":"#/components/schemas/Duration"},"deliver_at":{"type":"string"}}}]},
"Record":{"type":"object","required":["id","partition","offset","seq","timestamp"],"properties":{
  "id":{"type":"string"},"topic":{"type":"string"},"partition":{"type":"integer"},"offset":{"type":"integer"},"seq":{"type":"integer"},
  "key":{"$ref":"#/components/schemas/Bytes"},"value":true,"text":{"type":"string"},"bytes":{"type":"string","contentEncoding":"base64"},
  "headers":{"type":"object"},"content_type":{"type":"string"},"timestamp":{"type":"string"},
  "group":{"type":"string"},"dedup_id":{"type":"string"},"expires_at":{"type":"string"}}},
"Message":{"allOf":[{"$ref":"#/components/schemas/Record"},{"type":"object","required":["receipt","receive_count","visible_at"],"properties":{
  "receipt":{"type":"string"},"receive_count":{"type":"integer"},"visible_at":{"type":"string"}}}]},
"Lag":{"type":"object","properties":{"count":{"type":"integer"},"bytes":{"type":"integer"},"age":{"type":"string"},"seconds":{"type":"number"},"oldest":{"type":"string"}}},
"Assignment":{"type":"object","description":"Partitions by topic","additionalProperties":{"type":"array","items":{"type":"integer"}}},
"Offsets":{"type":"object","description":"Offsets by topic and partition","additionalProperties":{"type":"object","additionalProperties":{"type":"integer"}}},
"PollRequest":{"type":"object","properties":{"topics":{"type":"array","maxItems":16,"items":{"type":"string"}},"member":{"type":"string"},
  "max":{"type":"integer","minimum":1,"maximum":1000},"wait":{"$ref":"#/components/schemas/Duration"},"from":{"type":"string"},"cursor":{"type":"string"},
  "session":{"$ref":"#/components/schemas/Duration"},"assignor":{"enum":["cooperative-sticky","range"]},
  "filter":{"type":"string"},"min_bytes":{"type":"integer","minimum":1},"order":{"enum":["partition","total"]}}},
"PollResponse":{"type":"object","required":["records","assigned","caught_up","lag"],"properties":{
  "records":{"type":"array","items":{"$ref":"#/components/schemas/Record"}},"cursor":{"type":"string"},"assigned":{"$ref":"#/components/schemas/Assignment"},
  "member":{"type":"string"},"generation":{"type":"integer"},"session":{"$ref":"#/components/schemas/Duration"},
  "revoked":{"$ref":"#/components/schemas/Assignment"},"commit_by":{"type":"string"},"gaps":{"type":"array","items":{"type":"object"}},
  "caught_up":{"type":"boolean"},"lag":{"$ref":"#/components/schemas/Lag"}}},
"GroupCommit":{"type":"object","description":"A cursor or offsets.","properties":{"member":{"type":"string"},"cursor":{"type":"string"},"offsets":{"$ref":"#/components/schemas/Offsets"}}},
"GroupStands":{"type":"object","properties":{"group":{"type":"string"},"committed":{"$ref":"#/components/schemas/Offsets"},
  "dry_run":{"type":"boolean"},"would_commit":{"$ref":"#/components/schemas/Offsets"}}},
"GroupSeek":{"type":"object","required":["topic","to"],"properties":{"topic":{"type":"string"},"to":{"type":["string","integer","object"]},"dry_run":{"type":"boolean"}}},
"PublishRequest":{"type":"object","description":"One record, or a list of them.","properties":{
  "records":{"type":"array","minItems":1,"maxItems":1000,"items":{"$ref":"#/components/schemas/NewRecord"}},
  "durability":{"$ref":"#/components/schemas/Durability"},"expect":{"$ref":"#/components/schemas/Expect"}}},
"PublishResponse":{"type":"object","required":["records","durability"],"properties":{
  "records":{"type":"array","items":{"$ref":"#/components/schemas/Place"}},
  "durability":{"$ref":"#/components/schemas/Durability"}}},
"ReadResponse":{"type":"object","required":["records","cursor","caught_up","lag"],"properties":{
  "records":{"type":"array","items":{"$ref":"#/components/schemas/Record"}},
  "cursor":{"type":"string"},"caught_up":{"type":"boolean"},"lag":{"$ref":"#/components/schemas/Lag"}}},
"Coverage":{"type":"object","required":["topic","partitions","records","complete","readers"],"properties":{"topic":{"type":"string"},
  "partitions":{"type":"array","items":{"type":"object","properties":{"partition":{"type":"integer"},"from":{"type":"integer"},"to":{"type":"integer"},"covered_to":{"type":"integer"}}}},
  "records":{"type":"integer"},"complete":{"type":"boolean"},"damaged":{"type":"boolean"},"cursor":{"type":"string","description":"when it is not complete: goes on there"},
  "readers":{"type":"array","items":{"type":"object","properties":{"queue":{"type":"string"},"group":{"type":"string"},"matched":{"type":"integer"},"filtered":{"type":"integer"},
    "done":{"type":"integer"},"dead":{"type":"integer"},"in_flight":{"type":"integer"},"waiting":{"type":"integer","description":"was delivered before, and will be again"},
    "never_read":{"type":"integer"},"before_start":{"type":"integer"}}}},
  "compare":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"},"both_done":{"type":"integer"},"only_a_done":{"type":"integer"},
    "only_b_done":{"type":"integer"},"neither_done":{"type":"integer"},"sample":{"type":"object","description":"ids of ten records of each kind","properties":{
      "only_a_done":{"type":"array","items":{"type":"string"}},"only_b_done":{"type":"array","items":{"type":"string"}}}}}}}},
"QueueConfig":{"type":"object","properties":{
  "source":{"type":"object","required":["topic"],"properties":{"topic":{"type":"string"},"from":{"type":["string","integer"]},"filter":{"type":"string"}}},
  "visibility_timeout":{"$ref":"#/components/schemas/Duration"},"delay":{"$ref":"#/components/schemas/Duration"},
  "receive_wait":{"$ref":"#/components/schemas/Duration"},"max_receives":{"type":"integer","minimum":0},
  "dead_letter":{"type":["string","null"]},"retention":{"type":["string","number","null"]},
  "durability":{"$ref":"#/components/schemas/Durability"},"record_bytes_max":{"type":"integer"},
  "order":{"enum":["none","fair","key","strict"],"description":"fair: the group with the fewest in flight first; key: messages of one group wait for each other; strict: all of a partition do"},
  "retry":{"type":["object","null"],"properties":{"backoff":{"enum":["exponential","none"]},"min":{"$ref":"#/components/schemas/Duration"},"max":{"$ref":"#/components/schemas/Duration"}}},
  "dedup":{"type":["object","null"],"properties":{"scope":{"enum":["queue","group"]},"window":{"$ref":"#/components/schemas/Duration"},
    "content":{"type":"boolean","description":"of queues named *.fifo: a message without a dedup_id has that of its value"}}},
  "retain_acked":{"$ref":"#/components/schemas/Duration"},"paused":{"type":"boolean"},
  "on_disconnect":{"enum":["release","timeout"]}}},
"BrowsedMessage":{"allOf":[{"$ref":"#/components/schemas/Record"},{"type":"object","required":["state","receive_count"],"properties":{
  "state":{"$ref":"#/components/schemas/MessageState"},"receive_count":{"type":"integer"},"visible_at":{"type":"string"},"reason":{"type":"string"}}}]},
"MessageState":{"enum":["ready","in_flight","delayed","blocked","dead","acked"]},
"PatchMessage":{"type":"object","description":"One of the three.","properties":{"delay":{"$ref":"#/components/schemas/Duration"},"deliver_at":{"type":"string"},
  "headers":{"type":"object","description":"New values; null takes a header away, others stay","additionalProperties":{"oneOf":[{"type":"string"},{"type":"object"},{"type":"null"}]}}}},
"DeletedMessage":{"type":"object","required":["id","deleted","was"],"properties":{"id":{"type":"string"},"deleted":{"type":"boolean"},"was":{"$ref":"#/components/schemas/MessageState"}}},
"Explanation":{"type":"object","required":["code","because","unblock"],"properties":{"id":{"type":"string"},"queue":{"type":"string"},
  "state":{"$ref":"#/components/schemas/MessageState"},"code":{"type":"string"},"because":{"type":"string"},"eligible_at":{"type":"string"},
  "unblock":{"type":"array","items":{"type":"string"}},"messages":{"$ref":"#/components/schemas/QueueCounters"}}},
"History":{"type":"object","required":["id","state","events","events_since"],"properties":{"id":{"type":"string"},"state":{"$ref":"#/components/schemas/MessageState"},
  "receive_count":{"type":"integer"},"first_received":{"type":"string"},"reason":{"type":"string"},"events_since":{"type":"string","description":"Changes of state before are not known"},
  "events":{"type":"array","items":{"type":"object","required":["at","event"],"properties":{"at":{"type":"string"},
    "event":{"enum":["stored","received","extended","failed","released","delayed","died","acked","replayed","edited"]},"visible_at":{"type":"string"},"next":{"type":"string"},"client":{"type":"string","description":"who received it"}}}}}},
"MoveMessage":{"type":"object","required":["destination"],"properties":{"destination":{"type":"string"}}},
"MovedMessage":{"type":"object","properties":{"id":{"type":"string"},"moved":{"type":"boolean"}}},
"OperationRequest":{"type":"object","description":"All of it may be left out. Times are the records' own.","properties":{
  "from":{"type":"string"},"to":{"type":"string"},"filter":{"type":"string"},"ids":{"type":"array","maxItems":1000,"items":{"type":"string"}},
  "state":{"$ref":"#/components/schemas/MessageState"},"rate":{"type":"integer","minimum":1,"description":"messages a second"},
  "dry_run":{"type":"boolean"},"destination":{"type":"string","description":"of a move; without it each message goes to the queue where it died"}}},
"OperationStarted":{"type":"object","description":"With dry_run what was counted instead.","properties":{"operation":{"type":"string"},"href":{"type":"string"},
  "matched":{"type":"integer"},"bytes":{"type":"integer"},"unreadable":{"type":"integer"},"stayed":{"type":"integer"},
  "sample":{"type":"array","items":{"type":"string"}}}},
"Operation":{"type":"object","required":["id","action","queue","status","started","scanned","to_scan","matched","bytes","sample"],"properties":{
  "id":{"type":"string"},"action":{"enum":["replay","redrive","move","purge"]},"queue":{"type":"string"},"destination":{"type":"string"},
  "status":{"enum":["running","completed","cancelled","failed"]},"started":{"type":"string"},"ended":{"type":"string"},
  "scanned":{"type":"integer"},"to_scan":{"type":"integer"},"matched":{"type":"integer"},"bytes":{"type":"integer"},"unreadable":{"type":"integer"},
  "stayed":{"type":"integer","description":"of a move without a destination: those that died nowhere"},
  "sample":{"type":"array","items":{"type":"string"}},"failure":{"type":"string"}}},
"QueueCounters":{"type":"object","properties":{"ready":{"type":"integer"},"in_flight":{"type":"integer"},"delayed":{"type":"integer"},"blocked":{"type":"integer"},"dead":{"type":"integer"}}},
"Queue":{"allOf":[{"$ref":"#/components/schemas/QueueConfig"},{"type":"object","description":"With dry_run as it would be; what does not exist has no id and no etag.","required":["name","messages"],"properties":{
  "dry_run":{"type":"boolean"},
  "name":{"type":"string"},"id":{"type":"string"},"created":{"type":"string"},"messages":{"$ref":"#/components/schemas/QueueCounters"},
  "backlog":{"type":"object"},"etag":{"type":"string"}}}]},
"SendRequest":{"type":"object","description":"One message, or a list of them.","properties":{
  "messages":{"type":"array","minItems":1,"maxItems":1000,"items":{"$ref":"#/components/schemas/NewMessage"}},
  "durability":{"$ref":"#/components/schemas/Durability"}}},
"SendResponse":{"type":"object","required":["messages","durability"],"properties":{
  "messages":{"type":"array","items":{"$ref":"#/components/schemas/SentPlace"}},
  "durability":{"$ref":"#/components/schemas/Durability"}}},
"ReceiveRequest":{"type":"object","properties":{"max":{"type":"integer","minimum":1,"maximum":1000},
  "wait":{"$ref":"#/components/schemas/Duration"},"visibility_timeout":{"$ref":"#/components/schemas/Duration"},
  "client":{"type":"string","maxLength":64,"description":"a name for explain and history; else the Twofold-Client field or the User-Agent"}}},
"ReceiveResponse":{"type":"object","required":["messages","queue"],"properties":{
  "messages":{"type":"array","items":{"$ref":"#/components/schemas/Message"}},
  "queue":{"$ref":"#/components/schemas/QueueCounters"},"topic":{"type":"string"},"why":{"type":"object"}}},
"AckRequest":{"type":"object","required":["receipts"],"properties":{"receipts":{"type":"array","minItems":1,"maxItems":1000,"items":{"type":"string"}}}},
"NackRequest":{"type":"object","required":["items"],"properties":{"items":{"type":"array","minItems":1,"maxItems":1000,"items":{"type":"object","required":["receipt"],"properties":{
  "receipt":{"type":"string"},"delay":{"$ref":"#/components/schemas/Duration"},"dead":{"type":"boolean"},"reason":{"type":"string"}}}}}},
"ExtendRequest":{"type":"object","required":["items"],"properties":{"items":{"type":"array","minItems":1,"maxItems":1000,"items":{"type":"object","required":["receipt","visibility_timeout"],"properties":{
  "receipt":{"type":"string"},"visibility_timeout":{"$ref":"#/components/schemas/Duration"}}}}}},
"SettleResponse":{"type":"object","required":["results"],"properties":{"results":{"type":"array","items":{"enum":["acked","already","stale","unknown","ok"]}}}},
"Problem":{"type":"object","required":["type","title","status","detail","code","request_id","retryable"],"properties":{
  "type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},"code":{"type":"string"},
  "hint":{"type":"string"},"param":{"type":"string"},"index":{"type":"integer"},"at":{"type":"integer"},"oldest":{"type":"integer"},
  "gap":{"type":"object","description":"data-damaged: offsets from to to - 1 of a partition cannot be read any more","properties":{
    "partition":{"type":"integer"},"from":{"type":"integer"},"to":{"type":"integer"}}},
  "cursor":{"type":"string","description":"goes on behind the gap"},
  "request_id":{"type":"string"},"retryable":{"type":"boolean"}}}
})";

}  // namespace

SchemaNames schemas_of(std::string_view operation) {
  for (const auto& [name, schemas] : kNames) {
    if (name == operation) return schemas;
  }
  return {};
}

std::string_view schemas_json() { return kSchemas; }

}  // namespace twofold::http
