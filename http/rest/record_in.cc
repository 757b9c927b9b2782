#include "http/rest/record_in.h"

#include <algorithm>

#include <fmt/format.h>

#include "http/base64.h"
#include "http/rest/cloud_event_in.h"
#include "http/rest/expectation_in.h"
#include "http/rest/json_request.h"
#include "http/rest/proto_in.h"
#include "http/rest/raw_in.h"
#include "http/sqs/digest.h"
#include "http/trace/context.h"
#include "queue/fifo_name.h"
#include "queue/letter.h"

namespace twofold::http {
namespace {

constexpr std::string_view kBaggage = "baggage";  // of W3C, as the trace context
constexpr std::size_t kBaggageBytesMax = 8'192;   // which is what W3C asks for at least
constexpr std::string_view kOctets = "application/octet-stream";
constexpr std::string_view kText = "text/plain";
constexpr std::size_t kIdBytesMax = 1'024;                    // of a group or deduplication id
constexpr std::int64_t kSequenceMax = std::int64_t{1} << 53;  // what every JSON number can say
constexpr engine::Duration kTtlMax = std::chrono::hours{24 * 36500};

// The members of a record, then those of a whole request, so that one loop reads both shapes.
enum Member : std::size_t {
  kKey,
  kValue,
  kTextMember,
  kBytes,
  kHeaders,
  kPartition,
  kTimestamp,
  kContentType,
  kDelay,
  kDeliverAt,
  kDedupId,
  kGroup,
  kTtl,
  kProducer,
  kRecordMembers,
  kList = kRecordMembers,
  kDurability,
  kExpect
};
constexpr std::string_view kTopicMembers[] = {
    "key",       "value",        "text",    "bytes",      "headers",  "partition",
    "timestamp", "content_type", "delay",   "deliver_at", "dedup_id", "group",
    "ttl",       "producer",     "records", "durability", "expect"};
constexpr std::string_view kQueueMembers[] = {
    "key",       "value",        "text",     "bytes",      "headers",  "partition",
    "timestamp", "content_type", "delay",    "deliver_at", "dedup_id", "group",
    "ttl",       "producer",     "messages", "durability", "expect"};

std::span<const std::string_view> members_of(Destination destination) {
  return destination == Destination::topic ? kTopicMembers : kQueueMembers;
}

Problem not_available(std::string_view what) {
  return {ProblemKind::invalid_request, fmt::format("{} is not available in this version.", what)};
}

// Reads one record's members, one at a time, and puts the record together at the end.
class RecordBuilder {
 public:
  RecordBuilder(JsonReader& json, Scratch& scratch, const RecordRules& rules)
      : json_(json), scratch_(scratch), rules_(rules) {
    record_.headers_begin = scratch.headers.size();
  }

  Try<> take(std::size_t member);
  Try<IncomingRecord> finish();
  bool started() const { return started_; }

 private:
  Try<> take_value(std::size_t member);
  Try<> take_headers();
  Try<> take_placement(std::size_t member);
  Try<> take_producer();

  JsonReader& json_;
  Scratch& scratch_;
  const RecordRules rules_;
  IncomingRecord record_;
  std::optional<std::size_t> value_member_;
  std::string_view content_type_;
  std::string_view implied_type_;  // by the member that held the value
  bool started_ = false;
};

Try<> RecordBuilder::take(std::size_t member) {
  started_ = true;
  switch (member) {
    case kKey: {
      if (json_.peek() == JsonType::null) {
        json_.null();
        return {};
      }
      auto key = read_text_or_base64(json_, scratch_.texts);
      if (!key) return std::move(key).problem();
      record_.key = *key;
      return {};
    }
    case kValue:
    case kTextMember:
    case kBytes: return take_value(member);
    case kHeaders: return take_headers();
    case kContentType: content_type_ = json_.string(); return {};
    case kTimestamp: {
      auto time = read_time(json_);
      if (!time) return std::move(time).problem();
      record_.timestamp = *time;
      return {};
    }
    case kPartition:
    case kDelay:
    case kDeliverAt: return take_placement(member);
    case kDedupId: record_.dedup_id = json_.string(); return {};
    case kGroup: record_.group = json_.string(); return {};
    case kTtl: {
      auto ttl = read_duration(json_);
      if (!ttl) return std::move(ttl).problem();
      record_.ttl = *ttl;
      return {};
    }
    default: return take_producer();
  }
}

Try<> RecordBuilder::take_value(std::size_t member) {
  if (value_member_) {
    return Problem(ProblemKind::value_and_bytes, "A record has one of value, text and bytes.");
  }
  value_member_ = member;
  if (member == kValue) {
    const bool tombstone = json_.peek() == JsonType::null;
    const std::string_view slice = json_.slice();
    if (!tombstone) record_.value = slice;
    return {};
  }
  const std::string_view text = json_.string();
  if (!json_.ok()) return json_problem(*json_.error());
  if (member == kTextMember) {
    implied_type_ = kText;
    record_.value = text;
    return {};
  }
  auto bytes = decode_base64(text);
  if (!bytes) return Problem(ProblemKind::invalid_request, "Not base64.");
  implied_type_ = kOctets;
  record_.value = scratch_.keep(*std::move(bytes));
  return {};
}

Try<> RecordBuilder::take_headers() {
  if (!json_.enter_object()) return json_problem(*json_.error());
  std::string_view name;
  std::size_t bytes = 0;
  while (json_.next_member(name)) {
    engine::Header header{name, std::nullopt};
    if (json_.peek() == JsonType::null) {
      json_.null();
    } else {
      auto value = read_text_or_base64(json_, scratch_.texts);
      if (!value) return std::move(value).problem();
      header.value = *value;
    }
    bytes += name.size() + header.value.value_or("").size();
    const std::size_t count = scratch_.headers.size() - record_.headers_begin;
    if (count == kHeadersMax || bytes > kHeaderBytesMax) {
      return Problem(ProblemKind::invalid_request,
                     "A record has at most 64 headers, of 16 KiB in all.");
    }
    for (std::size_t i = record_.headers_begin; i < scratch_.headers.size(); ++i) {
      if (scratch_.headers[i].name != name) continue;
      return Problem(ProblemKind::invalid_request,
                     fmt::format("The header {} is given twice.", name.substr(0, 64)));
    }
    if (name == kContentTypeHeader && header.value) {
      content_type_ = *header.value;  // the same thing by its stored name
    } else {
      scratch_.headers.push_back(header);
    }
  }
  return {};
}

Try<> RecordBuilder::take_placement(std::size_t member) {
  if (member == kPartition) {
    if (rules_.destination == Destination::queue) return not_available("A partition of a queue");
    auto partition = read_number(json_, 0, INT32_MAX);
    if (!partition) return std::move(partition).problem();
    record_.partition = engine::PartitionId{static_cast<std::int32_t>(*partition)};
    return {};
  }
  if (rules_.destination == Destination::topic) {
    return Problem(ProblemKind::invalid_request, "Only messages of a queue can be delayed.");
  }
  if (member == kDelay) {
    auto delay = read_duration(json_);
    if (!delay) return std::move(delay).problem();
    record_.delay = *delay;
  } else {
    auto time = read_time(json_);
    if (!time) return std::move(time).problem();
    record_.deliver_at = *time;
  }
  if (record_.delay && record_.deliver_at) {
    return Problem(ProblemKind::invalid_request, "A message has delay or deliver_at, not both.");
  }
  return {};
}

// {"id":"billing-1","epoch":0,"seq":17}
Try<> RecordBuilder::take_producer() {
  if (rules_.destination == Destination::queue) {
    return Problem(ProblemKind::invalid_request, "Only records of a topic have a producer.")
        .with_hint("A message that may be sent twice carries a dedup_id.");
  }
  static constexpr std::string_view kNames[] = {"id", "epoch", "seq"};
  log::ProducedBy by;
  MemberLoop members(json_, kNames);
  while (const auto member = members.next()) {
    if (*member == 0) {
      by.id = json_.string();
      continue;
    }
    auto number = read_number(json_, 0, *member == 1 ? INT32_MAX : kSequenceMax);
    if (!number) {
      members.refuse(std::move(number).problem());
    } else if (*member == 1) {
      by.epoch = static_cast<std::int32_t>(*number);
    } else {
      by.seq = *number;
    }
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!members.has(0) || !members.has(2)) {
    return Problem(ProblemKind::invalid_request,
                   "A producer has an id, a seq and perhaps an epoch.");
  }
  record_.producer = by;
  return {};
}

Try<IncomingRecord> RecordBuilder::finish() {
  if (!value_member_) {
    return Problem(ProblemKind::invalid_request, "The record has no value, text or bytes.", "value")
        .with_hint("For a record without a value, a tombstone, write \"value\":null.");
  }
  if (content_type_.empty()) content_type_ = implied_type_;
  if (!content_type_.empty() && content_type_ != kJson) {
    scratch_.headers.push_back({kContentTypeHeader, content_type_});
  }
  if (auto finished = finish_record(record_, scratch_, rules_); !finished) {
    return std::move(finished).problem();
  }
  return record_;
}

}  // namespace

// The elements of "records" or "messages".
Try<> read_record_list(JsonReader& json, Scratch& scratch, const RecordRules& rules,
                       IncomingBatch& batch) {
  if (!json.enter_array()) return json_problem(*json.error());
  while (json.next_element()) {
    if (batch.records.size() == kRecordsMax) {
      return Problem(ProblemKind::batch_too_large, "A request has at most 1000 records.");
    }
    auto record = read_record(json, scratch, rules);
    if (!record) {
      Problem problem = std::move(record).problem();
      problem.index = batch.records.size();
      return problem;
    }
    batch.records.push_back(*record);
  }
  if (!json.ok()) return json_problem(*json.error());
  if (batch.records.empty()) {
    return Problem(ProblemKind::invalid_request, "The list of records is empty.");
  }
  return {};
}

namespace {

Try<> take_expectation(JsonReader& json, Destination destination, IncomingBatch& batch) {
  if (destination == Destination::queue) return not_available("A conditional send to a queue");
  auto expect = read_expectation(json);
  if (!expect) return std::move(expect).problem();
  batch.expect = *expect;
  return {};
}

Try<IncomingBatch> read_json_batch(Call& call, Destination destination) {
  const RecordRules rules = rules_for(call, destination);
  JsonReader json(call.body, call.scratch.texts);
  IncomingBatch batch;
  RecordBuilder single(json, call.scratch, rules);
  MemberLoop members(json, members_of(destination));
  while (const auto member = members.next()) {
    Try<> taken;
    if (*member == kList) {
      taken = read_record_list(json, call.scratch, rules, batch);
    } else if (*member == kDurability) {
      auto durability = parse_durability(json.string());
      if (durability) {
        batch.durability = *durability;
      } else if (json.ok()) {
        taken = std::move(durability).problem();
      }
    } else if (*member == kExpect) {
      taken = take_expectation(json, destination, batch);
    } else {
      taken = single.take(*member);
    }
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  const std::string_view list = members_of(destination)[kList];
  if (members.has(kList)) {
    if (!single.started()) return batch;
    return Problem(ProblemKind::invalid_request,
                   fmt::format("The body is one record, or has {}; not both.", list),
                   std::string(list));
  }
  auto record = single.finish();
  if (!record) return std::move(record).problem();
  batch.records.push_back(*record);
  batch.single = true;
  return batch;
}

engine::NewRecord new_record(const IncomingRecord& record, const Scratch& scratch,
                             engine::WallTime now) {
  const std::span<const engine::Header> headers(scratch.headers);
  return {record.key, record.value, headers.subspan(record.headers_begin, record.headers_count),
          record.timestamp.value_or(now)};
}

// What the broker notes beside a record, where it died and how often it was received, must be true.
Try<> check_headers(const IncomingRecord& record, const Scratch& scratch) {
  for (std::size_t i = record.headers_begin; i < scratch.headers.size(); ++i) {
    const std::string_view name = scratch.headers[i].name;
    if (!name.starts_with(queue::kOurHeaders)) continue;
    Problem problem(ProblemKind::invalid_request,
                    fmt::format("Headers that begin with {} are the broker's own: {}.",
                                queue::kOurHeaders, name.substr(0, 64)),
                    "headers");
    return problem.with_hint("Leave it away, or give it another name.");
  }
  return {};
}

bool has_header(const IncomingRecord& record, const Scratch& scratch, std::string_view name) {
  const auto begin = scratch.headers.begin() + static_cast<std::ptrdiff_t>(record.headers_begin);
  return std::any_of(begin, scratch.headers.end(),
                     [&](const engine::Header& header) { return header.name == name; });
}

Try<> check_notes(const IncomingRecord& record) {
  const auto bad_length = [](const std::optional<std::string_view>& text) {
    return text && (text->empty() || text->size() > kIdBytesMax);
  };
  if (bad_length(record.dedup_id) || bad_length(record.group)) {
    return Problem(ProblemKind::invalid_request,
                   fmt::format("It must have 1 to {} bytes.", kIdBytesMax),
                   bad_length(record.group) ? "group" : "dedup_id");
  }
  if (record.ttl && (*record.ttl <= engine::Duration{0} || *record.ttl > kTtlMax)) {
    return Problem(ProblemKind::invalid_duration, "A ttl must be from 1ms to 36500d.", "ttl");
  }
  return {};
}

}  // namespace

RecordRules rules_for(const Call& call, Destination destination) {
  RecordRules rules{destination, call.broker().clock.wall()};
  const std::string_view baggage = call.head.field("baggage");
  if (baggage.size() <= kBaggageBytesMax) rules.baggage = baggage;
  if (call.head.traceparent.empty() || !trace::parse_traceparent(call.head.traceparent))
    return rules;
  rules.traceparent = call.head.traceparent;
  rules.tracestate = call.head.tracestate;
  return rules;
}

Try<> finish_record(IncomingRecord& record, Scratch& scratch, const RecordRules& rules) {
  if (auto checked = check_notes(record); !checked) return checked;
  if (auto checked = check_headers(record, scratch); !checked) return checked;
  const auto note = [&scratch](std::string_view name, std::string_view value) {
    scratch.headers.push_back({name, value});
  };
  if (record.group && record.group != record.key) note(queue::kGroup, *record.group);
  if (record.dedup_id) note(queue::kDedupId, *record.dedup_id);
  if (record.ttl) {
    const std::int64_t expires = (rules.now + *record.ttl).value();
    note(queue::kExpires, scratch.keep(std::to_string(expires)));
  }
  const bool has_context = !rules.traceparent.empty() || !rules.baggage.empty();
  // A record that brings its own belongs to another request than this one.
  if (has_context && !has_header(record, scratch, trace::kTraceparent)) {
    const auto hand_on = [&](std::string_view name, std::string_view value) {
      if (!value.empty() && !has_header(record, scratch, name)) note(name, value);
    };
    hand_on(trace::kTraceparent, rules.traceparent);
    hand_on(trace::kTracestate, rules.tracestate);
    hand_on(kBaggage, rules.baggage);
  }
  record.headers_count = scratch.headers.size() - record.headers_begin;
  return {};
}

Try<IncomingRecord> read_record(JsonReader& json, Scratch& scratch, const RecordRules& rules) {
  RecordBuilder builder(json, scratch, rules);
  MemberLoop members(json, members_of(rules.destination).first(kRecordMembers));
  while (const auto member = members.next()) {
    if (auto taken = builder.take(*member); !taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  return builder.finish();
}

Try<IncomingBatch> read_batch(Call& call, Destination destination) {
  if (call.media == Media::protobuf) return read_proto_batch(call, destination);
  if (call.media == Media::cloud_event || call.media == Media::cloud_events) {
    return read_cloud_events(call, destination);
  }
  if (is_binary_cloud_event(call.head)) return read_raw(call, destination);
  if (call.body.empty()) {
    return Problem(ProblemKind::invalid_request, "The body is empty: there is nothing to store.")
        .with_hint("Send {\"value\":...}, {\"text\":\"...\"} or a list of records.");
  }
  return read_json_batch(call, destination);
}

Try<engine::Durability> parse_durability(std::string_view text) {
  if (text == "disk") return engine::Durability::disk;
  if (text == "os") return engine::Durability::os;
  if (text == "memory") return engine::Durability::memory;
  return Problem(ProblemKind::invalid_request, "Durability is disk, os or memory.", "durability");
}

log::Publish to_publish(std::string topic, const IncomingBatch& batch, const Scratch& scratch,
                        engine::WallTime now) {
  log::Publish publish{std::move(topic), {}, batch.durability, batch.expect};
  publish.records.reserve(batch.records.size());
  for (const IncomingRecord& record : batch.records) {
    publish.records.push_back(
        {new_record(record, scratch, now), record.partition, record.producer, record.dedup_id});
  }
  return publish;
}

queue::Send to_send(std::string queue, const IncomingBatch& batch, Scratch& scratch,
                    engine::WallTime now) {
  queue::Send send{std::move(queue), {}, batch.durability};
  const bool fifo = queue::is_fifo_name(send.queue);
  send.messages.reserve(batch.records.size());
  for (const IncomingRecord& record : batch.records) {
    queue::SendMessage message{new_record(record, scratch, now), record.delay, record.deliver_at,
                               record.dedup_id};
    // The id that an SQS sender of the same would have.
    if (fifo && !record.dedup_id)
      message.content_id = scratch.keep(sqs::sha256_hex(record.value.value_or("")));
    send.messages.push_back(std::move(message));
  }
  return send;
}

}  // namespace twofold::http
