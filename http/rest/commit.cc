// One commit over topics, queues and groups: all of it or nothing.
#include <fmt/format.h>

#include "http/json_writer.h"
#include "http/once.h"
#include "http/proto_writer.h"
#include "http/rest/commit_in.h"
#include "http/rest/handlers.h"
#include "http/rest/not_found.h"
#include "http/rest/publish_out.h"
#include "http/rest/record_in.h"
#include "http/rest/send_out.h"

namespace twofold::http {
namespace {

/// What the request named, for the answer: the transaction itself goes to the core.
struct Names {
  explicit Names(const CommitBody& request) : published(request.published) {
    for (const auto& publish : request.transaction.publish) topics.push_back(publish.topic);
    for (const auto& send : request.transaction.send) queues.push_back(send.queue);
    for (const auto& acks : request.transaction.ack) acked.push_back(acks.queue);
    for (const auto& offsets : request.transaction.offsets) groups.push_back(offsets.group);
  }
  const std::string& of(CommitBody::Entry entry) const {
    return entry.is_queue ? queues[entry.at] : topics[entry.at];
  }
  std::vector<CommitBody::Entry> published;
  std::vector<std::string> topics;
  std::vector<std::string> queues;
  std::vector<std::string> acked;
  std::vector<std::string> groups;
};

void render_json(std::string& out, const Names& names, const Committed& committed) {
  JsonWriter json(out);
  json.begin_object().name("committed").boolean(true).name("publish").begin_array();
  for (const CommitBody::Entry entry : names.published) {
    json.begin_object().name(entry.is_queue ? "queue" : "topic").string(names.of(entry));
    json.name(entry.is_queue ? "messages" : "records");
    if (entry.is_queue) {
      append_sent(json, committed.sent[entry.at].messages);
    } else {
      append_places(json, committed.published[entry.at].records);
    }
    json.end_object();
  }
  json.end_array().name("ack").begin_array();
  for (std::size_t i = 0; i < names.acked.size(); ++i) {
    json.begin_object().name("queue").string(names.acked[i]);
    json.name("acked").number(committed.acked[i]).end_object();
  }
  json.end_array().name("offsets").begin_array();
  for (const std::string& group : names.groups)
    json.begin_object().name("group").string(group).end_object();
  json.end_array().name("durability").string(durability_text(committed.durability)).end_object();
}

void render_protobuf(std::string& out, const Names& names, const Committed& committed) {
  ProtoWriter proto(out);
  proto.number(1, 1);
  std::string part;
  for (const CommitBody::Entry entry : names.published) {
    part.clear();
    ProtoWriter(part).bytes(entry.is_queue ? 2 : 1, names.of(entry));
    if (entry.is_queue) {
      append_sent(part, 4, committed.sent[entry.at].messages);
    } else {
      append_places(part, 3, committed.published[entry.at].records);
    }
    proto.present_bytes(2, part);
  }
  for (std::size_t i = 0; i < names.acked.size(); ++i) {
    part.clear();
    ProtoWriter ack(part);
    ack.bytes(1, names.acked[i]);
    ack.number(2, committed.acked[i]);
    proto.present_bytes(3, part);
  }
  proto.number(4, proto_durability(committed.durability));
}

// Whose fault it is, and of which of its parts.
Task<Problem> explained_refusal(Call& call, Refused refused, const Names& names) {
  std::string name;
  std::string list;
  switch (refused.list) {
    case Refused::List::publish: name = names.topics[refused.entry]; break;
    case Refused::List::send: name = names.queues[refused.entry]; break;
    case Refused::List::ack: name = names.acked[refused.entry]; break;
    case Refused::List::offsets: name = names.groups[refused.entry]; break;
    case Refused::List::none: break;
  }
  std::size_t entry = refused.entry;
  if (refused.list == Refused::List::ack) list = "ack";
  if (refused.list == Refused::List::offsets) list = "offsets";
  if (refused.list == Refused::List::publish || refused.list == Refused::List::send) {
    list = "publish";
    const bool is_queue = refused.list == Refused::List::send;
    for (std::size_t i = 0; i < names.published.size(); ++i) {
      const auto& at = names.published[i];
      if (at.is_queue == is_queue && at.at == refused.entry) entry = i;
    }
  }
  const engine::Errc code = refused.error.code;
  const std::int64_t index = refused.error.number;
  auto problem = co_await explained(call, refused.error, std::move(name));
  switch (code) {
    case engine::Errc::stale_receipt:
    case engine::Errc::message_too_large:
    case engine::Errc::partition_not_found:
    case engine::Errc::out_of_order_sequence:
    case engine::Errc::producer_fenced:
      if (list != "offsets") problem.index = static_cast<std::size_t>(index);
      break;
    default: break;
  }
  if (!list.empty()) problem.param = fmt::format("{}[{}]", list, entry);
  co_return problem;
}

/// Where a refusal is put while the answer says no more than its error.
struct Submission {
  Transaction transaction;
  Refused refused{engine::Error(engine::Errc::invalid_request, "")};
};

Task<Result<Committed>> submit(Call& call, Submission& submission) {
  auto start = [&broker = call.broker, &submission](engine::Completion<Committed> done,
                                                    engine::Decided<Committed> decided) {
    auto ended = [&submission, done = std::move(done)](TransactionOutcome outcome) mutable {
      if (auto* const committed = std::get_if<Committed>(&outcome)) {
        return done(std::move(*committed));
      }
      submission.refused = std::get<Refused>(std::move(outcome));
      done(submission.refused.error);
    };
    commit(broker, std::move(submission.transaction), std::move(ended), std::move(decided));
  };
  return write_once<Committed>(call, std::move(start));
}

}  // namespace

Task<Try<>> commit_together(Call& call) {
  auto request = read_commit_request(call);
  if (!request) co_return std::move(request).problem();
  const Names names(*request);
  std::size_t receipts = 0;
  for (const Acks& acks : request->transaction.ack) receipts += acks.receipts.size();
  Submission submission{std::move(request->transaction)};
  auto committed = co_await submit(call, submission);
  if (!committed) {
    // What the key forbids never came to be a transaction.
    submission.refused.error = committed.error();
    co_return co_await explained_refusal(call, std::move(submission.refused), names);
  }
  call.reply.messages_settled = receipts;
  if (call.answer_in == Media::protobuf) {
    call.reply.content_type = kProtobuf;
    render_protobuf(call.reply.body, names, *committed);
  } else {
    render_json(call.reply.body, names, *committed);
  }
  co_return Try<>();
}

}  // namespace twofold::http
