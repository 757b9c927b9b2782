// Notes of the journal, definitions of the catalog, and the texts that clients hand back to us.
#include "engine/base/check.h"
#include "engine/record_batch.h"
#include "filter/filter.h"
#include "log/cursor.h"
#include "log/group_notes.h"
#include "log/position.h"
#include "log/producer_notes.h"
#include "log/topic_document.h"
#include "queue/definition.h"
#include "queue/move_document.h"
#include "queue/op.h"
#include "queue/receipt.h"
#include "tests/fuzz/target.h"

namespace twofold::fuzz {
namespace {

using engine::Instant;
using engine::Offset;
using engine::PartitionId;
using engine::WallTime;

// What was read is written, read and written again: the two must be the same.
template <class Decode, class Encode>
void comes_back(std::string_view bytes, Decode decode, Encode encode) {
  const auto first = decode(bytes);
  if (!first) return;
  const std::string written = encode(*first);
  const auto second = decode(written);
  TF_CHECK(second.has_value());
  TF_CHECK(encode(*second) == written);
}

void group_note(std::string_view bytes) { comes_back(bytes, log::decode_note, log::encode_note); }

std::vector<std::string> group_notes() {
  return {
      log::encode_note(log::GroupCommit{
                                        "g",                    {{7, PartitionId{0}, Offset{41}, 3, "meta"}, {7, PartitionId{9}, Offset{0}}},
                                        Instant{5}}
      ),
      log::encode_note(log::GroupSeek{"group",                      {{8, PartitionId{1}, Offset{1}}},                                                                                            Instant{9}}
      ),
      log::encode_note(log::GroupForget{"g",            {{7, PartitionId{2}}}}
      ),
      log::encode_note(log::GroupRemove{"g"}
      ),
      log::encode_note(log::GroupLeft{"g",                                 Instant{7}                                                                     }
      ),
  };
}

void producer_note(std::string_view bytes) { (void)log::decode_producer_note(bytes); }

std::vector<std::string> producer_notes() {
  return {log::encode_forget(Instant{99}),
          std::string("\x01\x0a\x02n1\x07\x01\x00\x05\x01\x01\x00\x09\x01\x02\x03\x04", 16)};
}

void queue_op(std::string_view bytes) {
  comes_back(bytes, queue::decode_op,
             [](const queue::DecodedOp& of) { return queue::encode_op(of.partition, of.op); });
}

std::vector<std::string> queue_ops() {
  const queue::Runs runs = {
      {Offset{3},  6},
      {Offset{64}, 1}
  };
  return {
      queue::encode_op(0, queue::ReceiveOp{Instant{30'000}, 7, Offset{9}, runs, Instant{5}}),
      queue::encode_op(1, queue::AckOp{runs}),
      queue::encode_op(1, queue::DeadOp{"gave up", runs}),
      queue::encode_op(2, queue::EditOp{"patch", runs}),
      queue::encode_op(2, queue::SkipOp{Offset{77}}),
      queue::encode_op(0, queue::FloorOp{Instant{1}, Offset{2}}),
  };
}

void topic_document(std::string_view bytes) {
  comes_back(bytes, log::decode_topic, log::encode_topic);
}

std::vector<std::string> topic_documents() {
  log::TopicDefinition definition;
  definition.logs = {engine::LogId{3}, engine::LogId{4}};
  definition.config.partitions = 2;
  return {log::encode_topic(definition)};
}

void queue_document(std::string_view bytes) {
  comes_back(bytes, queue::decode_definition, queue::encode_definition);
}

std::vector<std::string> queue_documents() {
  queue::Definition definition;
  definition.id = 4;
  definition.own_log = engine::LogId{9};
  definition.extension = "attributes";
  return {queue::encode_definition(definition)};
}

void move_document(std::string_view bytes) { (void)queue::decode_move(bytes); }
std::vector<std::string> move_documents() { return {queue::encode_move(queue::MoveTask{})}; }

log::TopicInfo topic_of_four() {
  log::TopicInfo topic;
  topic.name = "orders";
  topic.id = 7;
  topic.config.partitions = 4;
  for (std::uint32_t log = 0; log < 4; ++log) topic.logs.push_back(engine::LogId{log});
  return topic;
}

void cursor(std::string_view bytes) {
  const auto decoded = log::decode_cursor(bytes, topic_of_four());
  const auto* const good = std::get_if<log::Cursor>(&decoded);
  if (!good) return;
  std::int32_t previous = -1;
  for (const log::PartitionPosition& position : good->positions) {
    TF_CHECK(position.partition.value() > previous);
    TF_CHECK(position.partition.value() < 4);
    TF_CHECK(position.offset >= Offset{0});
    previous = position.partition.value();
  }
  const auto again = log::decode_cursor(log::encode_cursor(*good), topic_of_four());
  TF_CHECK(std::get_if<log::Cursor>(&again) != nullptr);
}

std::vector<std::string> cursors() {
  return {
      log::encode_cursor({7, {{PartitionId{0}, Offset{300}}, {PartitionId{3}, Offset{2}, 5}}}
      ),
      log::encode_cursor({8, {{PartitionId{0}, Offset{1}}}                                  }
      ), "c1.AQcCAKwCAAK8csql"
  };
}

void position(std::string_view bytes) {
  (void)log::parse_position(bytes, WallTime{1'767'323'045'000});
  const auto id = log::parse_record_id(bytes);
  if (!id) return;
  const auto again = log::parse_record_id(log::format_record_id(id->partition, id->offset));
  TF_CHECK(again && *again == *id);
}

std::vector<std::string> positions() {
  return {"earliest", "-15m", "2026-01-02T03:04:05.678Z", "2026-01-02", "41", "2-41", "-2h30m"};
}

// A receipt that decodes is the one that this broker would have written.
void receipt(std::string_view bytes) {
  static const queue::ReceiptCoder coder(queue::ReceiptKey{1, 2, 3});
  const auto decoded = coder.decode(bytes);
  if (decoded) TF_CHECK(coder.encode(*decoded) == bytes);
}

std::vector<std::string> receipts() {
  const queue::ReceiptCoder ours(queue::ReceiptKey{1, 2, 3});
  const queue::ReceiptCoder another(queue::ReceiptKey{9});
  const queue::Receipt one{7, 1, Offset{41}, 99, Instant{1'000}};
  return {ours.encode(one), another.encode(one)};
}

// A filter that compiles has an answer for every record, and is the same when compiled again. The
// input is a filter and, behind a NUL, the value that it looks at.
void filter(std::string_view bytes) {
  const auto end = bytes.find('\0');
  const std::string_view text = bytes.substr(0, end);
  const auto compiled = filter::Filter::compile(text);
  if (!compiled) {
    TF_CHECK(compiled.error().position <= text.size());
    return;
  }
  engine::StoredRecord record{Offset{1}, engine::Seq{2}, WallTime{3},
                              "bill_1",  std::nullopt,   {{"region", "EU"}}};
  if (end != std::string_view::npos) record.value = bytes.substr(end + 1);
  const bool matches = compiled->matches(record);
  const auto again = filter::Filter::compile(compiled->text());
  TF_CHECK(again && again->matches(record) == matches);
}

std::vector<std::string> filters() {
  using namespace std::string_literals;
  return {
      "value.amount > 100 AND headers.region = 'EU'\0{\"amount\":120.5,\"items\":[{\"a\":1}]}"s,
      "key LIKE 'bill\\_%' ESCAPE '\\' OR value.state IN ('paid','pending')\0{\"state\":\"paid\"}"s,
      "NOT (value.a IS NULL) AND value.b BETWEEN 1 AND 2e3\0{\"a\":null,\"b\":7}"s,
      "value.deep.er = TRUE\0{\"deep\":{\"er\":true}}"s,
  };
}

constexpr Target kTargets[] = {
    {"group_note",     group_note,     group_notes    },
    {"producer_note",  producer_note,  producer_notes },
    {"queue_op",       queue_op,       queue_ops      },
    {"topic_document", topic_document, topic_documents},
    {"queue_document", queue_document, queue_documents},
    {"move_document",  move_document,  move_documents },
    {"cursor",         cursor,         cursors        },
    {"position",       position,       positions      },
    {"receipt",        receipt,        receipts       },
    {"filter",         filter,         filters        },
};

}  // namespace

std::span<const Target> state_targets() { return kTargets; }

}  // namespace twofold::fuzz
