#include "http/rest/proto_in.h"

#include <fmt/format.h>

#include "http/proto_reader.h"
#include "http/rest/expectation_in.h"
#include "http/utf8.h"

namespace twofold::http {
namespace {

Try<engine::Header> read_header(std::string_view entry) {
  ProtoReader fields(entry);
  engine::Header header{"", ""};
  while (fields.next()) {
    if (fields.is_bytes(1)) header.name = fields.bytes();
    if (fields.is_bytes(2)) header.value = fields.bytes();
  }
  if (!fields.ok()) return not_protobuf();
  if (!is_utf8(header.name)) {
    return Problem(ProblemKind::invalid_request, "A header's name is not UTF-8.", "headers");
  }
  return header;
}

Try<log::ProducedBy> read_producer(std::string_view message) {
  ProtoReader fields(message);
  log::ProducedBy by;
  while (fields.next()) {
    if (fields.is_bytes(1)) by.id = fields.bytes();
    if (fields.is_number(2)) by.epoch = static_cast<std::int32_t>(fields.number());
    if (fields.is_number(3)) by.seq = fields.signed_number();
  }
  if (!fields.ok() || !is_utf8(by.id)) return not_protobuf();
  return by;
}

// What only JSON's checks would otherwise have seen.
Try<> check_record(const IncomingRecord& record, Destination destination, bool tombstone,
                   bool has_value) {
  if (tombstone && has_value) {
    return Problem(ProblemKind::value_and_bytes, "A tombstone has no value.", "tombstone");
  }
  if (destination == Destination::topic && (record.delay || record.deliver_at)) {
    return Problem(ProblemKind::invalid_request, "Only messages of a queue can be delayed.",
                   record.delay ? "delay_ms" : "deliver_at_ms");
  }
  if (record.delay && record.deliver_at) {
    return Problem(ProblemKind::invalid_request, "A message has delay or deliver_at, not both.",
                   "delay_ms");
  }
  if (destination == Destination::queue && record.producer) {
    return Problem(ProblemKind::invalid_request, "Only records of a topic have a producer.",
                   "producer");
  }
  for (const auto& text : {record.dedup_id, record.group}) {
    if (text && !is_utf8(*text)) return not_protobuf();
  }
  if (record.delay && record.delay->count() < 0) {
    return Problem(ProblemKind::invalid_duration, "A delay is not negative.", "delay_ms");
  }
  if (destination == Destination::queue && record.partition) {
    return Problem(ProblemKind::invalid_request, "A queue's own log has no partitions to choose.",
                   "partition");
  }
  return {};
}

Try<IncomingRecord> read_proto_record(std::string_view message, Scratch& scratch,
                                      const RecordRules& rules) {
  ProtoReader fields(message);
  IncomingRecord record;
  record.headers_begin = scratch.headers.size();
  record.value = std::string_view();
  std::string_view content_type;
  bool tombstone = false;
  while (fields.next()) {
    if (fields.is_bytes(1) || fields.is_bytes(2)) {
      record.key = fields.bytes();
      if (fields.field() == 1 && !is_utf8(*record.key)) return not_protobuf();
    } else if (fields.is_bytes(3)) {
      record.value = fields.bytes();
    } else if (fields.is_bytes(4)) {
      content_type = fields.bytes();
      if (!is_utf8(content_type)) return not_protobuf();
    } else if (fields.is_bytes(5)) {
      auto header = read_header(fields.bytes());
      if (!header) return std::move(header).problem();
      if (scratch.headers.size() - record.headers_begin == kHeadersMax) {
        return Problem(ProblemKind::invalid_request, "A record has at most 64 headers.", "headers");
      }
      scratch.headers.push_back(*header);
    } else if (fields.is_number(6)) {
      record.timestamp = engine::WallTime{fields.signed_number()};
    } else if (fields.is_number(7)) {
      record.partition = engine::PartitionId{static_cast<std::int32_t>(fields.number())};
    } else if (fields.is_number(12)) {
      record.deliver_at = engine::WallTime{fields.signed_number()};
    } else if (fields.is_number(14)) {
      tombstone = fields.number() != 0;
    } else if (fields.is_number(15)) {
      record.delay = engine::Duration{fields.signed_number()};
    } else if (fields.is_bytes(10)) {
      record.dedup_id = fields.bytes();
    } else if (fields.is_bytes(11)) {
      record.group = fields.bytes();
    } else if (fields.is_number(13)) {
      record.ttl = engine::Duration{fields.signed_number()};
    } else if (fields.is_bytes(17)) {
      auto producer = read_producer(fields.bytes());
      if (!producer) return std::move(producer).problem();
      record.producer = *producer;
    }
  }
  if (!fields.ok()) return not_protobuf();
  auto checked = check_record(record, rules.destination, tombstone, !record.value->empty());
  if (!checked) return std::move(checked).problem();
  if (tombstone) record.value.reset();
  if (!content_type.empty() && content_type != kJson) {
    scratch.headers.push_back({kContentTypeHeader, content_type});
  }
  if (auto finished = finish_record(record, scratch, rules); !finished) {
    return std::move(finished).problem();
  }
  return record;
}

}  // namespace

Problem not_protobuf() {
  return {ProblemKind::invalid_request, "The body is not a Protobuf message of twofold.v1."};
}

Try<log::Expectation> read_proto_expectation(std::string_view message) {
  ProtoReader fields(message);
  log::Expectation expect;
  while (fields.next()) {
    if (fields.is_number(1)) expect.last_seq = engine::Seq{fields.number()};
    if (fields.is_number(3) && fields.number() != 0) expect.key_last = log::Expectation::KeyLast{};
    if (!fields.is_bytes(2)) continue;
    auto key_last = key_last_of(fields.bytes());
    if (!key_last) return std::move(key_last).problem();
    expect.key_last = *key_last;
  }
  if (!fields.ok()) return not_protobuf();
  return expect;
}

Try<> add_proto_record(std::string_view message, Scratch& scratch, const RecordRules& rules,
                       IncomingBatch& batch) {
  if (batch.records.size() == kRecordsMax) {
    return Problem(ProblemKind::batch_too_large, "A request has at most 1000 records.");
  }
  auto record = read_proto_record(message, scratch, rules);
  if (!record) {
    Problem problem = std::move(record).problem();
    problem.index = batch.records.size();
    return problem;
  }
  batch.records.push_back(*record);
  return {};
}

Try<> set_proto_durability(std::uint64_t number, IncomingBatch& batch) {
  switch (number) {
    case 0: return {};
    case 1: batch.durability = engine::Durability::disk; return {};
    case 2: batch.durability = engine::Durability::os; return {};
    case 3: batch.durability = engine::Durability::memory; return {};
    default:
      return Problem(ProblemKind::invalid_request, "Durability is DISK, OS or MEMORY.",
                     "durability");
  }
}

Try<IncomingBatch> read_proto_batch(Call& call, Destination destination) {
  const RecordRules rules = rules_for(call, destination);
  ProtoReader fields(call.body);
  IncomingBatch batch;
  while (fields.next()) {
    Try<> taken;
    if (fields.is_bytes(1)) taken = add_proto_record(fields.bytes(), call.scratch, rules, batch);
    if (fields.is_number(2)) taken = set_proto_durability(fields.number(), batch);
    if (!taken) return std::move(taken).problem();
    if (fields.is_bytes(3) && destination == Destination::topic) {
      auto expect = read_proto_expectation(fields.bytes());
      if (!expect) return std::move(expect).problem();
      batch.expect = *expect;
    }
  }
  if (!fields.ok()) return not_protobuf();
  if (batch.records.empty()) {
    return Problem(ProblemKind::invalid_request, "The list of records is empty.");
  }
  return batch;
}

}  // namespace twofold::http
