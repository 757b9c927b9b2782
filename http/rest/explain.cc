// Why a message is where it is, and what would change that.
#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "http/rest/filter_in.h"
#include "http/rest/handlers.h"
#include "http/rest/message.h"
#include "http/rest/message_id.h"
#include "http/rest/not_found.h"
#include "http/rest/queue_out.h"
#include "queue/letter.h"

namespace twofold::http {
namespace {

using queue::MessageState;
using queue::Why;

/// What an explanation says.
struct Words {
  std::string_view code;
  std::string because;
  std::optional<engine::WallTime> eligible_at{};
  std::vector<std::string> unblock{};
};

class Explainer {
 public:
  Explainer(const Broker& broker, const std::string& queue, const LookedUp& found)
      : broker_(broker), queue_(queue), found_(found), message_(found.message) {}

  Words words() const {
    if (const auto expired = expiry()) return expired_words(*expired);
    switch (message_.why) {
      case Why::ready: return {"ready", "It is handed out when its turn comes.", {}, {"receive"}};
      case Why::paused:
        return {"paused",
                fmt::format("Queue {} is paused.", queue_),
                {},
                {fmt::format("PATCH /v1/queues/{} {{\"paused\":false}}", queue_)}};
      case Why::not_looked_at:
        return {"not-looked-at-yet",
                "The queue reads ahead for its order or filter and has not come to it.",
                {},
                {"wait"}};
      case Why::group_held: return blocked("key-locked", group());
      case Why::partition_held:
        return blocked("partition-locked",
                       fmt::format("partition {}", message_.item.partition.value()));
      case Why::in_flight:
        return {
            "in-flight",
            fmt::format("It is {}{}.", held(message_.item), by(message_.holder)),
            due(message_.item),
            {"ack or nack it with its receipt", "wait"}
        };
      case Why::delayed:
        return {
            "delayed",
            "It is not to be delivered before its time.",
            due(message_.item),
            {fmt::format("PATCH /v1/queues/{}/messages/{} {{\"delay\":\"0s\"}}", queue_, id()),
                             "wait"}
        };
      case Why::dead: return dead();
      case Why::acked: return acked();
      case Why::before_start: return {"before-start", "The queue began to read behind it.", {}, {}};
      case Why::trimmed:
        return {"trimmed", "It was acked or forgotten, and its record is gone.", {}, {}};
      case Why::not_visible:
        return {"not-visible-yet", "It is on its way to the disk.", {}, {"wait"}};
    }
    __builtin_unreachable();
  }

 private:
  std::string id() const { return id_text({message_.item.partition, message_.item.offset}); }

  std::optional<engine::WallTime> due(const queue::BrowseItem& item) const {
    if (!item.visible_at) return std::nullopt;
    return on_calendar(broker_, *item.visible_at);
  }

  std::string held(const queue::BrowseItem& item) const {
    const auto until = due(item);
    const std::string time = until ? " until " + engine::format_time(*until) : "";
    if (item.state == MessageState::in_flight)
      return fmt::format("in flight (receive {}){}", item.receive_count, time);
    return std::string(state_text(item.state)) + time;
  }

  static std::string by(const std::string& holder) {
    return holder.empty() || !is_utf8(holder) ? "" : ", received by " + holder;
  }

  std::string group() const {
    const engine::StoredRecord* const record = found_.record();
    const auto name = record ? queue::group_of(*record) : std::nullopt;
    if (!name) return "its group";
    const bool is_key = record->key == name;
    return fmt::format("{} {}", is_key ? "key" : "group", is_utf8(*name) ? *name : "(bytes)");
  }

  Words blocked(std::string_view code, const std::string& what) const {
    if (!message_.blocker) return {code, fmt::format("An older message of {} goes first.", what)};
    const queue::BrowseItem& first = *message_.blocker;
    const std::string blocker = id_text({first.partition, first.offset});
    return {
        code,
        fmt::format("{} of {} is {}.", blocker, what, held(first)),
        due(first),
        {first.state == MessageState::in_flight
             ? fmt::format("ack or nack {}", blocker)
             : fmt::format("PATCH /v1/queues/{}/messages/{} {{\"delay\":\"0s\"}}", queue_, blocker),
                 "wait", fmt::format("PATCH /v1/queues/{} {{\"order\":\"none\"}}", queue_)}
    };
  }

  Words dead() const {
    const std::string reason =
        message_.item.reason.empty() ? "its receives were used up" : message_.item.reason;
    return {"dead",
            fmt::format("After {} receives: {}.", message_.item.receive_count, reason),
            {},
            {fmt::format("POST /v1/queues/{}/redrive {{\"ids\":[\"{}\"]}}", queue_, id())}};
  }

  Words acked() const {
    if (!matches_filter()) {
      return {"filtered",
              fmt::format("The queue's filter does not match it: {}", message_.config.filter),
              {},
              {"attach another queue"}};
    }
    return {"acked",
            "It was acked.",
            {},
            {fmt::format("POST /v1/queues/{}/replay {{\"ids\":[\"{}\"]}}", queue_, id())}};
  }

  bool matches_filter() const {
    auto filter = read_filter(broker_, message_.config.filter, "filter");
    if (!filter || !*filter || !found_.record()) return true;
    return (*filter)->matches(*found_.record());
  }

  std::optional<engine::WallTime> expiry() const {
    const bool waits = message_.item.state == MessageState::ready ||
                       message_.item.state == MessageState::delayed ||
                       message_.item.state == MessageState::blocked;
    if (!waits || !found_.record()) return std::nullopt;
    const auto expires = queue::expiry_of(*found_.record());
    return expires && *expires <= broker_.clock.wall() ? expires : std::nullopt;
  }

  Words expired_words(engine::WallTime at) const {
    return {"expired",
            fmt::format("Its time to live ended at {}: it is dropped when its turn comes.",
                        engine::format_time(at)),
            {},
            {}};
  }

  const Broker& broker_;
  const std::string& queue_;
  const LookedUp& found_;
  const queue::Explained& message_;
};

void append_words(JsonWriter& json, const Words& words) {
  json.name("code").string(words.code).name("because").string(words.because);
  if (words.eligible_at) json.name("eligible_at").string(engine::format_time(*words.eligible_at));
  json.name("unblock").begin_array();
  for (const std::string& way : words.unblock) json.string(way);
  json.end_array();
}

// Why a receive of the whole queue would give nothing, or that it would.
Words words_of(const Broker& broker, const queue::QueueView& view, const std::string& queue) {
  const queue::QueueCounters& c = view.counters;
  std::optional<engine::WallTime> next;
  if (view.next_eligible) next = on_calendar(broker, *view.next_eligible);
  const auto counted = [](std::uint64_t count, std::string_view what) {
    return fmt::format("{} {} {}", count, count == 1 ? "message is" : "messages are", what);
  };
  if (view.paused) {
    return {"paused",
            "Nothing goes out.",
            {},
            {fmt::format("PATCH /v1/queues/{} {{\"paused\":false}}", queue)}};
  }
  if (c.ready > 0 && view.has_ready) return {"ready", counted(c.ready, "ready."), {}, {"receive"}};
  if (view.looking) {
    return {
        "not-looked-at-yet", "The queue is reading ahead for its order or filter.", {}, {"wait"}};
  }
  if (c.blocked > 0) {
    return {
        "all-blocked",
        counted(c.blocked, "blocked behind older ones of their group."),
        next,
        {"ack or nack what is in flight", "wait"}
    };
  }
  if (c.in_flight > 0) {
    return {
        "all-in-flight",
        counted(c.in_flight, "in flight."),
        next,
        {"ack or nack what is in flight", "wait"}
    };
  }
  if (c.delayed > 0) return {"all-delayed", counted(c.delayed, "delayed."), next, {"wait"}};
  if (c.dead > 0) {
    return {"all-dead",
            counted(c.dead, "dead."),
            {},
            {fmt::format("POST /v1/queues/{}/redrive", queue)}};
  }
  return {"empty", "There are no messages.", {}, {"send"}};
}

}  // namespace

Task<Try<>> explain_message(Call& call) {
  auto named = named_message(call);
  if (!named) co_return std::move(named).problem();
  auto found = co_await look_up(call, *named);
  if (!found) co_return std::move(found).problem();
  const Words words = Explainer(call.broker(), named->queue, *found).words();
  const bool done = found->message.why == Why::trimmed || found->message.why == Why::before_start;
  JsonWriter json(call.reply.body);
  json.begin_object().name("id").string(id_text(named->id));
  json.name("state").string(done ? "acked" : state_text(found->message.item.state));
  append_words(json, words);
  json.end_object();
  co_return Try<>();
}

Task<Try<>> explain_queue(Call& call) {
  auto name = call.name(0);
  if (!name) co_return std::move(name).problem();
  auto ask = [&queues = call.broker().queues, &name] { return queues.view(*name); };
  const auto view = co_await ask_core(call.broker().core, std::move(ask));
  if (!view) co_return co_await explained(call, view.error(), *name);
  JsonWriter json(call.reply.body);
  json.begin_object().name("queue").string(*name);
  append_words(json, words_of(call.broker(), *view, *name));
  json.name("messages");
  append_counters(json, view->counters);
  json.end_object();
  co_return Try<>();
}

}  // namespace twofold::http
