// Client frames in Protobuf (schemas/stream.proto), and what both forms are checked for.
#include <fmt/format.h>

#include "http/proto_reader.h"
#include "http/rest/group_in.h"
#include "http/rest/proto_in.h"
#include "http/rest/receive_in.h"
#include "http/rest/settle_in.h"
#include "http/utf8.h"
#include "http/ws/client_frame.h"

namespace twofold::http::ws {
namespace {

Problem broken() {
  return {ProblemKind::invalid_request, "The frame is not a ClientFrame of twofold.v1."};
}

Try<> finished(const ProtoReader& fields) {
  if (!fields.ok()) return broken();
  return {};
}

// A string field; Protobuf wants UTF-8 there.
Try<> take_text(std::string_view bytes, std::string& place) {
  if (!is_utf8(bytes)) return broken();
  place = bytes;
  return {};
}

Try<> read_hello(std::string_view message, ClientFrame& frame) {
  Hello& hello = frame.op.emplace<Hello>();
  ProtoReader fields(message);
  while (fields.next()) {
    if (fields.is_bytes(1)) {
      if (auto taken = take_text(fields.bytes(), hello.token); !taken) return taken;
    } else if (fields.is_bytes(2)) {
      if (auto taken = take_text(fields.bytes(), hello.client); !taken) return taken;
    }
    if (fields.is_number(3)) hello.heartbeat = engine::Duration{fields.signed_number()};
  }
  return finished(fields);
}

// Where the records go is written before them by every encoder; one that does not is refused as if
// it had said nothing.
Try<> take_expectation(std::string_view message, PublishFrame& publish) {
  auto expect = read_proto_expectation(message);
  if (!expect) return std::move(expect).problem();
  publish.batch.expect = *expect;
  return {};
}

Try<> read_publish(std::string_view message, ClientFrame& frame, engine::WallTime now) {
  PublishFrame& publish = frame.op.emplace<PublishFrame>();
  ProtoReader fields(message);
  while (fields.next()) {
    Try<> taken;
    if (fields.is_bytes(1)) taken = take_text(fields.bytes(), publish.topic);
    if (fields.is_bytes(2)) taken = take_text(fields.bytes(), publish.queue);
    if (fields.is_bytes(3)) {
      const RecordRules rules{publish.queue.empty() ? Destination::topic : Destination::queue, now};
      taken = add_proto_record(fields.bytes(), publish.scratch, rules, publish.batch);
    }
    if (fields.is_number(4)) taken = set_proto_durability(fields.number(), publish.batch);
    if (fields.is_bytes(5)) taken = take_expectation(fields.bytes(), publish);
    if (!taken) return taken;
  }
  if (auto done = finished(fields); !done) return done;
  return check_publish(publish);
}

Try<> read_transact(std::string_view message, ClientFrame& frame, engine::WallTime now) {
  Transact& transact = frame.op.emplace<Transact>();
  auto body = read_commit_proto(message, transact.scratch, now);
  if (!body) return std::move(body).problem();
  transact.body = *std::move(body);
  return {};
}

Try<> read_credit(std::string_view message, CreditGrant& credit) {
  credit.messages = 0;
  ProtoReader fields(message);
  while (fields.next()) {
    if (fields.is_number(1)) credit.messages = fields.signed_number();
    if (fields.is_number(2)) credit.bytes = fields.signed_number();
    if (fields.is_number(3)) credit.manual = fields.number() != 0;
  }
  if (auto done = finished(fields); !done) return done;
  return check_credit(credit);
}

Try<> take_choice(std::string_view word, std::string_view no, std::string_view yes, bool& place) {
  if (word != no && word != yes && !word.empty()) {
    return Problem(ProblemKind::invalid_request, fmt::format("It is {} or {}.", no, yes));
  }
  place = word == yes;
  return {};
}

Try<> read_subscribe(std::string_view message, ClientFrame& frame) {
  Subscribe& subscribe = frame.op.emplace<Subscribe>();
  ProtoReader fields(message);
  while (fields.next()) {
    Try<> taken;
    if (fields.is_bytes(1)) taken = take_text(fields.bytes(), subscribe.topic);
    if (fields.is_bytes(2)) taken = take_text(fields.bytes(), subscribe.queue);
    if (fields.is_bytes(3)) taken = take_text(fields.bytes(), subscribe.from);
    if (fields.is_bytes(4)) taken = take_text(fields.bytes(), subscribe.resume);
    if (fields.is_bytes(5)) taken = take_text(fields.bytes(), subscribe.group);
    if (fields.is_bytes(6)) taken = take_text(fields.bytes(), subscribe.filter);
    if (fields.is_bytes(7)) {
      taken = take_choice(fields.bytes(), "partition", "total", subscribe.total_order);
    }
    if (fields.is_bytes(8)) taken = read_credit(fields.bytes(), subscribe.credit);
    if (fields.is_number(9)) subscribe.batch_max = fields.number();
    if (fields.is_number(10)) {
      subscribe.visibility_timeout = engine::Duration{fields.signed_number()};
    }
    if (fields.is_bytes(11)) {
      taken = take_choice(fields.bytes(), "explicit", "on_send", subscribe.ack_on_send);
    }
    if (fields.is_number(12)) subscribe.session = engine::Duration{fields.signed_number()};
    if (!taken) return taken;
  }
  if (auto done = finished(fields); !done) return done;
  return check_subscribe(subscribe);
}

// The repeated field 1 of ack, nack and extend.
template <class Add>
Try<> read_list(std::string_view message, Add add) {
  ProtoReader fields(message);
  std::size_t count = 0;
  while (fields.next()) {
    if (!fields.is_bytes(1)) continue;
    Try<> taken;
    if (count == kSettledMax) {
      taken = Problem(ProblemKind::batch_too_large, "A frame has at most 1000 receipts.");
    } else {
      taken = add(fields.bytes());
    }
    if (!taken) {
      Problem problem = std::move(taken).problem();
      problem.index = count;
      return problem;
    }
    ++count;
  }
  if (auto done = finished(fields); !done) return done;
  if (count > 0) return {};
  return Problem(ProblemKind::invalid_request, "There is nothing to settle.");
}

Try<> read_ack(std::string_view message, ClientFrame& frame) {
  AckFrame& ack = frame.op.emplace<AckFrame>();
  return read_list(message, [&](std::string_view receipt) -> Try<> {
    ack.receipts.emplace_back(receipt);
    return {};
  });
}

template <class Frame, class Read>
Try<> read_items(std::string_view message, ClientFrame& frame, Read read) {
  Frame& settle = frame.op.emplace<Frame>();
  return read_list(message, [&](std::string_view bytes) -> Try<> {
    auto item = read(bytes);
    if (!item) return std::move(item).problem();
    settle.items.push_back(*std::move(item));
    return {};
  });
}

template <class Frame>
Try<> read_text(std::string_view message, ClientFrame& frame, std::string Frame::*place) {
  Frame& op = frame.op.emplace<Frame>();
  ProtoReader fields(message);
  while (fields.next()) {
    if (!fields.is_bytes(1)) continue;
    if (auto taken = take_text(fields.bytes(), op.*place); !taken) return taken;
  }
  return finished(fields);
}

Try<> read_unsubscribe(std::string_view message, ClientFrame& frame) {
  Unsubscribe& op = frame.op.emplace<Unsubscribe>();
  ProtoReader fields(message);
  while (fields.next()) {
    if (fields.is_number(1)) op.release = fields.number() != 0;
  }
  return finished(fields);
}

Try<> read_op(std::uint32_t field, std::string_view bytes, ClientFrame& frame,
              engine::WallTime now) {
  switch (field) {
    case 3: return read_hello(bytes, frame);
    case 4: return read_publish(bytes, frame, now);
    case 5: return read_subscribe(bytes, frame);
    case 6: return read_credit(bytes, frame.op.emplace<CreditGrant>());
    case 7: return read_ack(bytes, frame);
    case 8: return read_items<NackFrame>(bytes, frame, &read_proto_nack);
    case 9: return read_items<ExtendFrame>(bytes, frame, &read_proto_extend);
    case 10: return read_text(bytes, frame, &CommitFrame::cursor);
    case 11: return read_text(bytes, frame, &Seek::to);
    case 12: return read_transact(bytes, frame, now);
    case 13: return read_unsubscribe(bytes, frame);
    default: frame.op.emplace<Ping>(); return {};
  }
}

bool is_op(const ProtoReader& fields) {
  return fields.field() >= 3 && fields.field() <= 14 && fields.is_bytes(fields.field());
}

}  // namespace

ReadFrame read_proto_frame(std::string_view message, engine::WallTime now) {
  ReadFrame read;
  read.frame.bytes = message.size();
  ProtoReader fields(message);
  std::uint32_t op = 0;
  std::string_view body;
  while (fields.next()) {
    if (fields.is_number(1)) read.frame.id.number = fields.number();
    if (fields.is_number(2)) read.frame.sub = static_cast<std::uint32_t>(fields.number());
    if (!is_op(fields)) continue;
    op = fields.field();
    body = fields.bytes();
  }
  if (!fields.ok()) {
    read.kind = ReadFrame::Kind::nonsense;
    return read;
  }
  Try<> taken;
  if (op == 0) {
    taken = Problem(ProblemKind::invalid_request, "The frame holds no op that is known.");
  } else {
    taken = read_op(op, body, read.frame, now);
  }
  if (taken) return read;
  read.kind = ReadFrame::Kind::refused;
  read.problem = std::move(taken).problem();
  return read;
}

Try<> check_publish(const PublishFrame& publish) {
  if (publish.topic.empty() == publish.queue.empty()) {
    return Problem(ProblemKind::invalid_request, "A publish names a topic or a queue.",
                   publish.topic.empty() ? "topic" : "queue");
  }
  const log::Expectation& expect = publish.batch.expect;
  if (!publish.queue.empty() && (expect.last_seq || expect.key_last)) {
    return Problem(ProblemKind::invalid_request, "Only a publish to a topic is conditional.",
                   "expect");
  }
  if (publish.batch.records.empty()) {
    return Problem(ProblemKind::invalid_request, "There is no record to publish.", "records");
  }
  return {};
}

Try<> check_subscribe(const Subscribe& subscribe) {
  const bool to_topic = !subscribe.topic.empty();
  if (to_topic == !subscribe.queue.empty()) {
    return Problem(ProblemKind::invalid_request, "A subscription names a topic or a queue.",
                   to_topic ? "queue" : "topic");
  }
  if (subscribe.batch_max < 1 || subscribe.batch_max > kBatchMax) {
    return Problem(ProblemKind::invalid_request, "max_batch is from 1 to 1000.", "max_batch");
  }
  if (to_topic && (subscribe.visibility_timeout || subscribe.ack_on_send)) {
    return Problem(ProblemKind::invalid_request, "Only messages of a queue are acked.",
                   subscribe.visibility_timeout ? "visibility_timeout" : "ack");
  }
  if (!to_topic && !subscribe.filter.empty()) {
    return Problem(ProblemKind::invalid_request,
                   "What a queue delivers is filtered by the queue's own filter.", "filter")
        .with_hint("Give the filter when the queue is created, or attach another queue.");
  }
  if (!to_topic && (!subscribe.resume.empty() || !subscribe.group.empty() ||
                    subscribe.total_order || subscribe.from != "latest")) {
    return Problem(ProblemKind::invalid_request,
                   "A queue keeps its own place: from, resume, group and order are for topics.");
  }
  if (subscribe.session) {
    if (subscribe.group.empty()) {
      return Problem(ProblemKind::invalid_request, "Only a member of a group has a session.",
                     "session");
    }
    if (auto checked = check_session(*subscribe.session); !checked) return checked;
  }
  if (!subscribe.group.empty() && !subscribe.resume.empty()) {
    return Problem(ProblemKind::invalid_request,
                   "A group keeps its place itself: there is nothing to resume.", "resume");
  }
  if (subscribe.visibility_timeout) {
    auto checked = checked_visibility(*subscribe.visibility_timeout);
    if (!checked) return std::move(checked).problem();
  }
  return {};
}

Try<> check_credit(const CreditGrant& credit) {
  if (credit.messages.value_or(0) >= 0 && credit.bytes.value_or(0) >= 0) return {};
  return Problem(ProblemKind::invalid_request, "A credit is not negative.",
                 credit.messages.value_or(0) < 0 ? "messages" : "bytes");
}

}  // namespace twofold::http::ws
