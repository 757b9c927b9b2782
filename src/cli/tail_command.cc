#include <map>

#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "src/cli/handlers.h"
#include "src/cli/interrupt.h"
#include "src/cli/log_reader.h"
#include "src/cli/manage.h"
#include "src/cli/pace.h"

namespace twofold::cli {
namespace {

constexpr std::chrono::milliseconds kPoll{2'000};
constexpr std::chrono::milliseconds kLook{500};
constexpr std::uint64_t kWatchedMax = 1000;

// "2026-11-21T12:00:01.204Z" as "12:00:01.204".
std::string time_of_day(const std::string& timestamp) {
  return timestamp.size() >= 23 ? timestamp.substr(11, 12) : timestamp;
}

/// One line of a tail, as text or as JSON, until enough were printed or the time is over.
class Ticker {
 public:
  Ticker(const Session& session, const Args& args)
      : session_(session),
        limit_(args.count("num").value_or(UINT64_MAX)),
        lasts_(args.duration("for")) {}

  bool over() const {
    return interrupted() || printed_ >= limit_ || (lasts_ && since_start_.elapsed() >= *lasts_);
  }

  void tell(const std::string& time, const std::string& where, const std::string& event,
            const std::string& more) {
    if (printed_ >= limit_) return;
    ++printed_;
    const bool as_json = session_.format() == Format::json || session_.format() == Format::jsonl;
    const Terminal& terminal = session_.terminal();
    if (as_json) {
      JsonObject line;
      line.text("time", time).text("what", where).text("event", event);
      if (!more.empty()) line.text("detail", more);
      terminal.out(line.str() + "\n");
    } else {
      terminal.out(fmt::format("{} {} {}{}{}\n", time_of_day(time), where, event,
                               more.empty() ? "" : " ", more));
    }
    terminal.flush();
  }

 private:
  const Session& session_;
  std::uint64_t limit_;
  std::optional<std::chrono::milliseconds> lasts_;
  engine::Stopwatch since_start_;
  std::uint64_t printed_ = 0;
};

Tried<> tail_topic(Session& session, const std::string& topic, Ticker& ticker) {
  ReadPlan plan;
  plan.topics = {topic};
  plan.from.kind = Position::Kind::end;
  auto reader = open_reader(session, plan);
  if (!reader) return reader.error();
  while (!ticker.over()) {
    const auto page = (*reader)->read(kWatchedMax, kPoll);
    if (!page && interrupted()) break;
    if (!page) return page.error();
    for (const Item& item : page->items) {
      const std::string key = item.key ? fmt::format("key={} ", cell_text(*item.key)) : "";
      ticker.tell(item.timestamp, fmt::format("{}/{}@{}", topic, item.partition, item.offset),
                  "append", key + cell_text(item.value.value_or("(no value)")));
    }
  }
  return Done{};
}

/// What a queue's oldest messages were doing when last looked at.
class QueueWatch {
 public:
  QueueWatch(std::string queue, Ticker& ticker) : queue_(std::move(queue)), ticker_(ticker) {}

  void look(Json messages, bool all_seen) {
    std::map<std::string, Seen> now;
    for (const Json message : messages.elements()) {
      const Item item = read_item(message, queue_);
      now[item.id] = Seen{item.state, item.receive_count};
      if (!first_) compare(item);
    }
    // Beyond what one look shows, a missing message may just have been pushed out of view.
    for (const auto& [id, seen] : known_) {
      if (all_seen && now.find(id) == now.end()) {
        tell(id, seen.state == "in_flight" ? "acked" : "gone", "");
      }
    }
    known_ = std::move(now);
    first_ = false;
  }

 private:
  struct Seen {
    std::string state;
    std::int64_t receives = 0;
  };

  void compare(const Item& item) {
    const auto before = known_.find(item.id);
    if (before == known_.end()) {
      tell(item.id, "sent", cell_text(item.value.value_or("")));
    }
    const std::int64_t receives = before == known_.end() ? 0 : before->second.receives;
    const std::string state = before == known_.end() ? "ready" : before->second.state;
    if (item.state == state && item.receive_count == receives) return;
    if (item.state == "in_flight") {
      tell(item.id, "delivered",
           fmt::format("×{} until {}", item.receive_count, time_of_day(item.visible_at)));
    } else if (item.state == "ready") {
      tell(item.id, "ready", state == "in_flight" ? "again" : "");
    } else {
      tell(item.id, item.state, "");
    }
  }

  void tell(const std::string& id, const std::string& event, const std::string& more) {
    ticker_.tell(engine::format_time(engine::SystemClock().wall()),
                 fmt::format("{} {}", queue_, id), event, more);
  }

  std::string queue_;
  Ticker& ticker_;
  std::map<std::string, Seen> known_;
  bool first_ = true;
};

Tried<> tail_queue(Session& session, const std::string& queue, Ticker& ticker) {
  QueueWatch watch(queue, ticker);
  while (!ticker.over()) {
    ApiCall call("GET", queue_path(queue, "/messages"));
    call.query.emplace_back("limit", fmt::format("{}", kWatchedMax));
    const auto answer = session.api().call(call);
    if (!answer && interrupted()) break;
    if (!answer) return answer.error();
    const Json next = (*answer)["next"];
    watch.look((*answer)["items"], !next.exists() || next.is_null());
    if (!wait_for(kLook)) break;
  }
  return Done{};
}

}  // namespace

Tried<> run_tail(Session& session, const Args& args) {
  const std::string name = args.text("name");
  const auto topic = find(session, kTopicKind, name);
  if (!topic) return topic.error();
  if (!*topic) {
    // Fails here, with a guess at the name, when it is no queue either.
    const auto queue = session.api().call(ApiCall("GET", queue_path(name)));
    if (!queue) return queue.error();
  }
  InterruptGuard guard;
  Ticker ticker(session, args);
  const auto outcome =
      *topic ? tail_topic(session, name, ticker) : tail_queue(session, name, ticker);
  if (!outcome) return outcome;
  if (const auto signal = interrupted()) return Failure::silent(*signal);
  return Done{};
}

}  // namespace twofold::cli
