#include "http/rest/commit_out.h"

#include <fmt/format.h>

#include "http/json_writer.h"
#include "http/proto_writer.h"
#include "http/rest/not_found.h"
#include "http/rest/publish_out.h"
#include "http/rest/record_in.h"
#include "http/rest/send_out.h"

namespace twofold::http {

using List = Refused::List;

CommitNames::CommitNames(const CommitBody& body) : published_(body.published) {
  for (const auto& publish : body.transaction.publish) topics_.push_back(publish.topic);
  for (const auto& send : body.transaction.send) queues_.push_back(send.queue);
  for (const auto& acks : body.transaction.ack) acked_.push_back(acks.queue);
  for (const auto& offsets : body.transaction.offsets) groups_.push_back(offsets.group);
}

const std::string& CommitNames::of(CommitBody::Entry entry) const {
  return entry.is_queue ? queues_[entry.at] : topics_[entry.at];
}

std::string_view CommitNames::of(const Refused& refused) const {
  switch (refused.list) {
    case List::publish: return topics_[refused.entry];
    case List::send: return queues_[refused.entry];
    case List::ack: return acked_[refused.entry];
    case List::offsets: return groups_[refused.entry];
    case List::none: return {};
  }
  __builtin_unreachable();
}

std::string CommitNames::place_of(const Refused& refused) const {
  switch (refused.list) {
    case List::ack: return fmt::format("ack[{}]", refused.entry);
    case List::offsets: return fmt::format("offsets[{}]", refused.entry);
    case List::none: return {};
    case List::publish:
    case List::send: break;
  }
  // Topics and queues stand in one list of the request.
  const bool is_queue = refused.list == List::send;
  std::size_t place = 0;
  while (published_[place].is_queue != is_queue || published_[place].at != refused.entry) ++place;
  return fmt::format("publish[{}]", place);
}

Problem placed_in_commit(Problem problem, const Refused& refused, const CommitNames& names) {
  if (refused.error.record) problem.index = *refused.error.record;
  if (std::string place = names.place_of(refused); !place.empty()) problem.param = std::move(place);
  return problem;
}

Task<Problem> explained_refusal(Call& call, Refused refused, const CommitNames& names) {
  std::string name(names.of(refused));
  auto problem = co_await explained(call, refused.error, std::move(name));
  co_return placed_in_commit(std::move(problem), refused, names);
}

void append_committed(std::string& out, const CommitNames& names, const Committed& committed) {
  JsonWriter json(out);
  json.begin_object().name("committed").boolean(true).name("publish").begin_array();
  for (const CommitBody::Entry entry : names.published()) {
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
  for (std::size_t i = 0; i < names.acked().size(); ++i) {
    json.begin_object().name("queue").string(names.acked()[i]);
    json.name("acked").number(committed.acked[i]).end_object();
  }
  json.end_array().name("offsets").begin_array();
  for (const std::string& group : names.groups())
    json.begin_object().name("group").string(group).end_object();
  json.end_array().name("durability").string(durability_text(committed.durability)).end_object();
}

void append_committed_proto(std::string& out, const CommitNames& names,
                            const Committed& committed) {
  ProtoWriter proto(out);
  proto.number(1, 1);
  std::string part;
  for (const CommitBody::Entry entry : names.published()) {
    part.clear();
    ProtoWriter(part).bytes(entry.is_queue ? 2 : 1, names.of(entry));
    if (entry.is_queue) {
      append_sent(part, 4, committed.sent[entry.at].messages);
    } else {
      append_places(part, 3, committed.published[entry.at].records);
    }
    proto.present_bytes(2, part);
  }
  for (std::size_t i = 0; i < names.acked().size(); ++i) {
    part.clear();
    ProtoWriter ack(part);
    ack.bytes(1, names.acked()[i]);
    ack.number(2, committed.acked[i]);
    proto.present_bytes(3, part);
  }
  proto.number(4, proto_durability(committed.durability));
}

}  // namespace twofold::http
