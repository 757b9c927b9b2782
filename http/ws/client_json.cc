// Client frames in JSON.
#include <array>

#include <fmt/format.h>

#include "http/rest/expectation_in.h"
#include "http/rest/json_request.h"
#include "http/rest/receive_in.h"
#include "http/rest/settle_in.h"
#include "http/ws/client_frame.h"

namespace twofold::http::ws {
namespace {

constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kHeadMembers = 3;  // every table begins with type, id, sub

constexpr std::string_view kHello[] = {"type", "id", "sub", "token", "client", "heartbeat"};
constexpr std::string_view kPublish[] = {"type",  "id",      "sub",        "topic",
                                         "queue", "records", "durability", "expect"};
constexpr std::string_view kSubscribe[] = {"type",
                                           "id",
                                           "sub",
                                           "topic",
                                           "queue",
                                           "from",
                                           "resume",
                                           "group",
                                           "filter",
                                           "order",
                                           "credit",
                                           "max_batch",
                                           "visibility_timeout",
                                           "ack",
                                           "session"};
constexpr std::string_view kCredit[] = {"type", "id", "sub", "messages", "bytes"};
constexpr std::string_view kGrant[] = {"messages", "bytes", "replenish"};
constexpr std::string_view kAck[] = {"type", "id", "sub", "receipts"};
constexpr std::string_view kItems[] = {"type", "id", "sub", "items"};
constexpr std::string_view kCommit[] = {"type", "id", "sub", "cursor"};
constexpr std::string_view kSeek[] = {"type", "id", "sub", "to"};
constexpr std::string_view kTransact[] = {"type", "id", "sub", "publish", "ack", "offsets"};
constexpr std::string_view kUnsubscribe[] = {"type", "id", "sub", "release"};
constexpr std::string_view kPing[] = {"type", "id", "sub"};

constexpr FrameShape kShapes[] = {
    {"hello", kHello}, {"publish", kPublish}, {"subscribe", kSubscribe}, {"credit", kCredit},
    {"ack", kAck},     {"nack", kItems},      {"extend", kItems},        {"commit", kCommit},
    {"seek", kSeek},   {"transact", kTransact}, {"unsubscribe", kUnsubscribe}, {"ping", kPing},
};

// Takes an id as it stands.
Try<> read_id(JsonReader& json, FrameId& id) {
  const auto type = json.peek();
  const std::string_view text = json.slice();
  if (!json.ok()) return {};
  if ((type != JsonType::number && type != JsonType::string) || text.size() > kIdBytesMax) {
    return Problem(ProblemKind::invalid_request,
                   "An id is a number, or a string of up to 126 bytes.", "id");
  }
  id.json = text;
  return {};
}

Try<> read_sub(JsonReader& json, std::optional<std::uint32_t>& sub) {
  auto number = read_number(json, 1, UINT32_MAX);
  if (!number) return std::move(number).problem();
  sub = static_cast<std::uint32_t>(*number);
  return {};
}

// Walks a frame's members; those that every frame has are taken here.
class FrameMembers {
 public:
  FrameMembers(JsonReader& json, std::span<const std::string_view> names, ClientFrame& frame)
      : json_(json), loop_(json, names), frame_(frame) {}

  std::optional<std::size_t> next() {
    while (const auto member = loop_.next()) {
      if (*member >= kHeadMembers) return *member;
      if (*member == 0) {
        json_.string();
      } else {
        take(*member == 1 ? read_id(json_, frame_.id) : read_sub(json_, frame_.sub));
      }
    }
    return std::nullopt;
  }
  void take(Try<> taken) {
    if (!taken) loop_.refuse(std::move(taken).problem());
  }
  template <class T, class Place>
  void store(Try<T> value, Place& place) {
    if (value) {
      place = static_cast<Place>(*std::move(value));
    } else {
      loop_.refuse(std::move(value).problem());
    }
  }
  bool has(std::size_t member) const { return loop_.has(member); }
  Try<> finish() {
    if (auto problem = loop_.problem()) return *std::move(problem);
    if (!json_.finish()) return json_problem(*json_.error());
    return {};
  }

 private:
  JsonReader& json_;
  MemberLoop loop_;
  ClientFrame& frame_;
};

Try<> read_hello(JsonReader& json, ClientFrame& frame) {
  Hello& hello = frame.op.emplace<Hello>();
  FrameMembers members(json, kHello, frame);
  while (const auto member = members.next()) {
    if (*member == 5) {
      members.store(read_duration(json), hello.heartbeat);
    } else if (*member == 4) {
      hello.client = json.string();
    } else {
      hello.token = json.string();
    }
  }
  return members.finish();
}

// What the records are for may be said behind them: they are kept as they stand then.
Try<> read_publish(JsonReader& json, ClientFrame& frame, engine::WallTime now) {
  PublishFrame& publish = frame.op.emplace<PublishFrame>();
  FrameMembers members(json, kPublish, frame);
  std::string_view records;
  const auto destination = [&] {
    return publish.queue.empty() ? Destination::topic : Destination::queue;
  };
  while (const auto member = members.next()) {
    switch (*member) {
      case 3: publish.topic = json.string(); break;
      case 4: publish.queue = json.string(); break;
      case 5:
        if (publish.topic.empty() && publish.queue.empty()) {
          records = json.slice();
        } else {
          const RecordRules rules{destination(), now};
          members.take(read_record_list(json, publish.scratch, rules, publish.batch));
        }
        break;
      case 6: {
        const std::string_view text = json.string();
        if (json.ok()) members.store(parse_durability(text), publish.batch.durability);
        break;
      }
      default: members.store(read_expectation(json), publish.batch.expect);
    }
  }
  if (auto finished = members.finish(); !finished) return finished;
  if (!records.empty()) {
    JsonReader list(records, publish.scratch.texts);
    const RecordRules rules{destination(), now};
    auto read = read_record_list(list, publish.scratch, rules, publish.batch);
    if (!read) return read;
  }
  return check_publish(publish);
}

Try<> read_grant(JsonReader& json, CreditGrant& credit) {
  if (json.peek() == JsonType::string) {
    const std::size_t at = json.position();
    if (json.string() != "auto") json.fail("credit is \"auto\" or an object", at);
    return {};
  }
  MemberLoop members(json, kGrant);
  while (const auto member = members.next()) {
    if (*member == 2) {
      const std::size_t at = json.position();
      const std::string_view word = json.string();
      if (word != "manual" && word != "settle") json.fail("replenish is settle or manual", at);
      credit.manual = word == "manual";
      continue;
    }
    auto number = read_number(json, 0, INT64_MAX);
    if (!number) {
      members.refuse(std::move(number).problem());
    } else {
      (*member == 0 ? credit.messages : credit.bytes) = *number;
    }
  }
  if (auto problem = members.problem()) return *std::move(problem);
  return check_credit(credit);
}

Try<std::string> read_position(JsonReader& json) {
  if (json.peek() == JsonType::number) return std::string(json.number());
  return std::string(json.string());
}

Try<bool> read_choice(JsonReader& json, std::string_view no, std::string_view yes) {
  const std::string_view word = json.string();
  if (word == no || word == yes || !json.ok()) return word == yes;
  return Problem(ProblemKind::invalid_request, fmt::format("It is {} or {}.", no, yes));
}

Try<> read_subscribe(JsonReader& json, ClientFrame& frame) {
  Subscribe& subscribe = frame.op.emplace<Subscribe>();
  FrameMembers members(json, kSubscribe, frame);
  while (const auto member = members.next()) {
    switch (*member) {
      case 3: subscribe.topic = json.string(); break;
      case 4: subscribe.queue = json.string(); break;
      case 5: members.store(read_position(json), subscribe.from); break;
      case 6: subscribe.resume = json.string(); break;
      case 7: subscribe.group = json.string(); break;
      case 8: subscribe.filter = json.string(); break;
      case 9: members.store(read_choice(json, "partition", "total"), subscribe.total_order); break;
      case 10: members.take(read_grant(json, subscribe.credit)); break;
      case 11: members.store(read_number(json, 1, kBatchMax), subscribe.batch_max); break;
      case 12: members.store(read_duration(json), subscribe.visibility_timeout); break;
      case 13: members.store(read_choice(json, "explicit", "on_send"), subscribe.ack_on_send); break;
      default: members.store(read_duration(json), subscribe.session);
    }
  }
  if (auto finished = members.finish(); !finished) return finished;
  if (members.has(5) && members.has(6)) {
    return Problem(ProblemKind::invalid_request,
                   "A subscription begins at from or at resume, not both.", "resume");
  }
  return check_subscribe(subscribe);
}

Try<> read_credit(JsonReader& json, ClientFrame& frame) {
  CreditGrant& credit = frame.op.emplace<CreditGrant>();
  FrameMembers members(json, kCredit, frame);
  while (const auto member = members.next()) {
    members.store(read_number(json, 0, INT64_MAX), *member == 3 ? credit.messages : credit.bytes);
  }
  return members.finish();
}

// [ ... ], one call of `element` for each of at most a thousand.
template <class Element>
Try<> read_list(JsonReader& json, Element element) {
  if (!json.enter_array()) return json_problem(*json.error());
  std::size_t count = 0;
  while (json.next_element()) {
    Try<> taken;
    if (count == kSettledMax) {
      taken = Problem(ProblemKind::batch_too_large, "A frame has at most 1000 receipts.");
    } else {
      taken = element();
    }
    if (!taken) {
      Problem problem = std::move(taken).problem();
      problem.index = count;
      return problem;
    }
    ++count;
  }
  if (!json.ok() || count > 0) return {};
  return Problem(ProblemKind::invalid_request, "There is nothing to settle.");
}

Try<> read_ack(JsonReader& json, ClientFrame& frame) {
  AckFrame& ack = frame.op.emplace<AckFrame>();
  FrameMembers members(json, kAck, frame);
  while (members.next()) {
    members.take(read_list(json, [&]() -> Try<> {
      ack.receipts.emplace_back(json.string());
      return {};
    }));
  }
  if (auto finished = members.finish(); !finished) return finished;
  if (members.has(3)) return {};
  return Problem(ProblemKind::invalid_request, "An ack names its receipts.", "receipts");
}

template <class Frame, class Read>
Try<> read_items(JsonReader& json, ClientFrame& frame, Read read) {
  Frame& settle = frame.op.emplace<Frame>();
  FrameMembers members(json, kItems, frame);
  while (members.next()) {
    members.take(read_list(json, [&]() -> Try<> {
      auto item = read(json);
      if (!item) return std::move(item).problem();
      settle.items.push_back(*std::move(item));
      return {};
    }));
  }
  if (auto finished = members.finish(); !finished) return finished;
  if (members.has(3)) return {};
  return Problem(ProblemKind::invalid_request, "The frame has no items.", "items");
}

template <class Frame>
Try<> read_text(JsonReader& json, ClientFrame& frame, std::span<const std::string_view> names,
                std::string Frame::*place) {
  Frame& op = frame.op.emplace<Frame>();
  FrameMembers members(json, names, frame);
  while (members.next()) members.store(read_position(json), op.*place);
  if (auto finished = members.finish(); !finished) return finished;
  if (members.has(kHeadMembers)) return {};
  return Problem(ProblemKind::invalid_request,
                 fmt::format("The frame has no {}.", names[kHeadMembers]),
                 std::string(names[kHeadMembers]));
}

// What a commit over REST has as its body stands among the members of the frame.
Try<> read_transact(JsonReader& json, ClientFrame& frame, engine::WallTime now) {
  Transact& transact = frame.op.emplace<Transact>();
  FrameMembers members(json, kTransact, frame);
  std::string text;
  while (const auto member = members.next()) {
    text.push_back(text.empty() ? '{' : ',');
    text.append("\"").append(kTransact[*member]).append("\":").append(json.slice());
  }
  if (auto finished = members.finish(); !finished) return finished;
  if (!text.empty()) text.push_back('}');
  auto body = read_commit_json(transact.scratch.keep(std::move(text)), transact.scratch, now);
  if (!body) {
    Problem problem = std::move(body).problem();
    problem.at.reset();  // of a text that nobody sent
    return problem;
  }
  transact.body = *std::move(body);
  return {};
}

Try<> read_unsubscribe(JsonReader& json, ClientFrame& frame) {
  Unsubscribe& op = frame.op.emplace<Unsubscribe>();
  FrameMembers members(json, kUnsubscribe, frame);
  while (members.next()) op.release = json.boolean();
  return members.finish();
}

Try<> read_ping(JsonReader& json, ClientFrame& frame) {
  frame.op.emplace<Ping>();
  FrameMembers members(json, kPing, frame);
  members.next();
  return members.finish();
}

Try<> read_as(std::size_t type, JsonReader& json, ClientFrame& frame, engine::WallTime now) {
  switch (type) {
    case 0: return read_hello(json, frame);
    case 1: return read_publish(json, frame, now);
    case 2: return read_subscribe(json, frame);
    case 3: return read_credit(json, frame);
    case 4: return read_ack(json, frame);
    case 5: return read_items<NackFrame>(json, frame, &read_nack);
    case 6: return read_items<ExtendFrame>(json, frame, &read_extend);
    case 7: return read_text(json, frame, kCommit, &CommitFrame::cursor);
    case 8: return read_text(json, frame, kSeek, &Seek::to);
    case 9: return read_transact(json, frame, now);
    case 10: return read_unsubscribe(json, frame);
    default: return read_ping(json, frame);
  }
}

std::optional<std::size_t> type_named(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kShapes); ++i) {
    if (kShapes[i].type == name) return i;
  }
  return std::nullopt;
}

/// What can be said of any message: whether it is an object, its type, and whom to answer.
struct Outline {
  bool object = false;
  std::optional<std::string> type;
  ClientFrame frame;
};

Outline outline(std::string_view message) {
  Outline outline;
  TextStore texts;
  JsonReader json(message, texts);
  json.enter_object();
  std::string_view name;
  while (json.next_member(name)) {
    const auto type = json.peek();
    if (name == "type" && type == JsonType::string) {
      outline.type = json.string();
      continue;
    }
    const std::string_view value = json.slice();
    if (name == "id" && value.size() <= kIdBytesMax &&
        (type == JsonType::number || type == JsonType::string)) {
      outline.frame.id.json = value;
    }
    if (name == "sub" && type == JsonType::number) {
      JsonReader number(value, texts);
      if (!read_sub(number, outline.frame.sub)) outline.frame.sub.reset();
    }
  }
  outline.object = json.finish();
  return outline;
}

// The type when it comes first, as it does in all well-meant frames: then one pass is enough.
std::optional<std::size_t> type_in_front(std::string_view message) {
  TextStore texts;
  JsonReader json(message, texts);
  std::string_view name;
  if (!json.enter_object() || !json.next_member(name) || name != "type") return std::nullopt;
  return type_named(json.string());
}

Problem no_type(const std::optional<std::string>& type) {
  if (!type) {
    return {ProblemKind::invalid_request, "The frame has no type.", "type"};
  }
  return {ProblemKind::invalid_request,
          fmt::format("There is no frame of the type {}.", type->substr(0, 64)), "type"};
}

}  // namespace

std::span<const FrameShape> client_frame_shapes() { return kShapes; }

ReadFrame read_json_frame(std::string_view message, engine::WallTime now) {
  ReadFrame read;
  auto type = type_in_front(message);
  std::optional<Problem> problem;
  if (!type) {
    const Outline seen = outline(message);
    if (seen.object && seen.type) type = type_named(*seen.type);
    if (seen.object && !type) problem = no_type(seen.type);
  }
  if (type) {
    TextStore texts;
    JsonReader json(message, texts);
    // Texts with escapes live as long as the frame: a publish has a store of its own.
    auto taken = read_as(*type, json, read.frame, now);
    if (taken) {
      if (auto* publish = std::get_if<PublishFrame>(&read.frame.op)) {
        publish->scratch.texts.splice_after(publish->scratch.texts.before_begin(), texts);
      }
      read.frame.bytes = message.size();
      return read;
    }
    problem = std::move(taken).problem();
  }
  Outline seen = outline(message);
  read.kind = seen.object ? ReadFrame::Kind::refused : ReadFrame::Kind::nonsense;
  read.frame = std::move(seen.frame);
  read.problem = std::move(problem);
  return read;
}

}  // namespace twofold::http::ws
