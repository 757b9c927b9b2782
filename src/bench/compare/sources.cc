#include <fmt/format.h>

#include "src/bench/compare/answers.h"
#include "src/bench/compare/source.h"
#include "src/config/units.h"

namespace twofold::bench::compare {
namespace {

using std::chrono::milliseconds;

constexpr int kJoinRoundsMax = 100;

class QueueSource final : public Source {
 public:
  QueueSource(Ask ask, const Plan& plan, const std::string& name)
      : ask_(std::move(ask)), plan_(plan), path_("/v1/queues/" + name) {}

  Outcome<std::vector<Held>> take(milliseconds wait) override {
    const auto answer =
        ask_("POST", path_ + "/receive",
             fmt::format(R"({{"max":{},"wait":"{}","visibility_timeout":"{}"}})", plan_.batch,
                         format_duration(wait), format_duration(visibility_of(plan_))));
    if (!answer) return answer.error();
    const auto object = read_object(*answer);
    if (!object) return object.error();
    return read_held(*object, "messages");
  }

  // A receipt that has gone stale meanwhile is no error: the message comes again, and is counted.
  Outcome<Done> handled(const Held& held) override {
    const auto answer =
        ask_("POST", path_ + "/ack", fmt::format(R"({{"receipts":["{}"]}})", held.receipt));
    if (!answer) return answer.error();
    return Done{};
  }

  Outcome<Done> page_done() override { return Done{}; }

 private:
  Ask ask_;
  const Plan& plan_;
  std::string path_;
};

std::string poll_body(const std::string& topic, std::size_t worker, std::size_t max,
                      milliseconds wait) {
  return fmt::format(
      R"({{"topics":["{}"],"member":"worker-{}","max":{},"wait":"{}","from":"earliest","session":"30m"}})",
      topic, worker, max, format_duration(wait));
}

class LogSource final : public Source {
 public:
  LogSource(Ask ask, const Plan& plan, const std::string& name, std::size_t worker)
      : ask_(std::move(ask)), plan_(plan), name_(name), worker_(worker) {}

  // Without a cursor: behind what is committed, also after a crash.
  Outcome<std::vector<Held>> take(milliseconds wait) override {
    const auto answer =
        ask_("POST", "/v1/groups/" + name_ + "/poll", poll_body(name_, worker_, plan_.batch, wait));
    if (!answer) return answer.error();
    const auto object = read_object(*answer);
    if (!object) return object.error();
    cursor_ = text_member(*object, "cursor");
    return read_held(*object, "records");
  }

  Outcome<Done> handled(const Held&) override { return Done{}; }

  Outcome<Done> page_done() override {
    const auto answer =
        ask_("POST", "/v1/groups/" + name_ + "/commit",
             fmt::format(R"({{"member":"worker-{}","cursor":"{}"}})", worker_, cursor_));
    if (!answer) return answer.error();
    return Done{};
  }

 private:
  Ask ask_;
  const Plan& plan_;
  std::string name_;
  std::size_t worker_;
  std::string cursor_;
};

}  // namespace

OpenSource queue_sources(const World& world, const Plan& plan, const std::string& name) {
  return [&world, &plan, name](std::size_t) -> std::unique_ptr<Source> {
    return std::make_unique<QueueSource>(world.connect(), plan, name);
  };
}

OpenSource log_sources(const World& world, const Plan& plan, const std::string& name) {
  return [&world, &plan, name](std::size_t worker) -> std::unique_ptr<Source> {
    return std::make_unique<LogSource>(world.connect(), plan, name, worker);
  };
}

// A partition that nobody holds anything of moves at once, so a few rounds are enough.
Outcome<Done> join_group(const World& world, const Plan& plan, const std::string& name) {
  for (int round = 0; round < kJoinRoundsMax; ++round) {
    std::size_t assigned = 0;
    for (std::size_t worker = 0; worker < plan.workers; ++worker) {
      const auto answer = world.ask("POST", "/v1/groups/" + name + "/poll",
                                    poll_body(name, worker, 1, milliseconds(0)));
      if (!answer) return answer.error();
      const auto object = read_object(*answer);
      if (!object) return object.error();
      assigned += assigned_partitions(*object, name);
    }
    if (round > 0 && assigned == plan.partitions) return Done{};
    if (world.stopped()) return Refused("interrupted");
  }
  return Refused("the members of the group did not come to share its partitions");
}

void leave_group(const World& world, const Plan& plan, const std::string& name) {
  for (std::size_t worker = 0; worker < plan.workers; ++worker) {
    // Nothing can be done about a broker that is gone.
    static_cast<void>(world
                          .ask("POST", "/v1/groups/" + name + "/leave",
                               fmt::format(R"({{"member":"worker-{}"}})", worker))
                          .has_value());
  }
}

}  // namespace twofold::bench::compare
