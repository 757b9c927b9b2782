#include "src/bench/compare/compare.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "engine/base/random.h"
#include "src/bench/compare/publisher.h"
#include "src/bench/compare/worker.h"

namespace twofold::bench::compare {
namespace {

using std::chrono::seconds;

constexpr nanoseconds kLook = std::chrono::milliseconds(100);
constexpr nanoseconds kPatience = seconds(5);  // above what the plan itself asks for

// Topic, queue and group, named as nobody else's.
class Resources {
 public:
  Resources(const Plan& plan, const World& world) : plan_(plan), world_(world) {}
  Resources(const Resources&) = delete;
  Resources& operator=(const Resources&) = delete;

  ~Resources() {
    if (name_.empty()) return;
    leave_group(world_, plan_, name_);
    if (plan_.keep) return;
    for (const std::string& path :
         {"/v1/groups/" + name_, "/v1/queues/" + queue_name(), "/v1/topics/" + name_}) {
      // Nothing can be done about a broker that is gone.
      static_cast<void>(world_.ask("DELETE", path, "").has_value());
    }
  }

  Outcome<Done> create() {
    engine::SystemRandom random;
    name_ = fmt::format("bench-{:08x}", random.next_u64() >> 32);
    const auto topic = world_.ask("PUT", "/v1/topics/" + name_,
                                  fmt::format(R"({{"partitions":{}}})", plan_.partitions));
    if (!topic) return topic.error();
    const auto queue =
        world_.ask("PUT", "/v1/queues/" + queue_name(),
                   fmt::format(R"({{"source":{{"topic":"{}","from":"earliest"}},"order":"{}"}})",
                               name_, plan_.order_by_key ? "key" : "none"));
    if (!queue) return queue.error();
    return join_group(world_, plan_, name_);
  }

  /// Of the topic and of the group.
  const std::string& name() const { return name_; }
  std::string queue_name() const { return name_ + "-queue"; }

 private:
  const Plan& plan_;
  const World& world_;
  std::string name_;
};

// The workers of one model, each on its thread, from the making until the end of the reading.
class Crew {
 public:
  Crew(Model model, const Plan& plan, const std::vector<Event>& events, OpenSource open,
       const engine::Stopwatch& clock)
      : model_(model), open_(std::move(open)), reading_(clock, plan.records) {
    began_ = reading_.now();
    for (std::size_t n = 0; n < plan.workers; ++n) {
      workers_.push_back(std::make_unique<Worker>(n, plan, events, open_, reading_));
      threads_.emplace_back([worker = workers_.back().get()] { worker->run(); });
    }
  }
  ~Crew() { join(); }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  Reading& reading() { return reading_; }

  Trace trace() {
    join();
    Trace trace;
    trace.model = model_;
    trace.workers = workers_.size();
    trace.began = began_;
    for (const auto& worker : workers_) {
      trace.takes.insert(trace.takes.end(), worker->takes().begin(), worker->takes().end());
      trace.idle.insert(trace.idle.end(), worker->idle().begin(), worker->idle().end());
    }
    std::stable_sort(trace.takes.begin(), trace.takes.end(),
                     [](const Take& a, const Take& b) { return a.taken < b.taken; });
    return trace;
  }

 private:
  void join() {
    reading_.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  Model model_;
  OpenSource open_;
  Reading reading_;
  nanoseconds began_{};
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
};

nanoseconds patience_of(const Plan& plan) {
  return 2 * (visibility_of(plan) + longest_work(plan)) + kPatience;
}

// Waits for a crew. Records may be missing for ever: nobody waits for them longer than `patience`
// after the last progress, or after `published`.
Outcome<Done> await(Crew& crew, const std::string& doing, const Plan& plan, const World& world,
                    const std::function<std::optional<nanoseconds>()>& published) {
  Reading& reading = crew.reading();
  const nanoseconds patience = patience_of(plan);
  while (!reading.over()) {
    reading.wait(kLook);
    if (world.stopped()) return Refused("interrupted");
    world.progress(fmt::format("{}: {} of {}", doing, plan.records - reading.left(), plan.records));
    const auto since = published();
    if (since && reading.now() - std::max(*since, reading.last_handled()) > patience) break;
  }
  if (auto failure = reading.failure()) return *failure;
  return Done{};
}

Outcome<Traces> one_after_the_other(const Plan& plan, const World& world,
                                    const std::vector<Event>& events, const Resources& names) {
  const engine::Stopwatch clock;
  Publisher publisher(world, plan, events, names.name());
  Reading publishing(clock, plan.records);
  if (auto published = publisher.run(publishing); !published) return published.error();
  const auto read = [&](Model model, OpenSource open) -> Outcome<Trace> {
    Crew crew(model, plan, events, std::move(open), clock);
    const nanoseconds began = clock.elapsed();
    const std::string doing = model == Model::queue ? "as a queue" : "as a log";
    auto done = await(crew, doing, plan, world, [&] { return std::optional(began); });
    if (!done) return done.error();
    Trace trace = crew.trace();
    trace.records = publisher.published();
    for (Published& record : trace.records) record.due = record.available = trace.began;
    return trace;
  };
  auto queue = read(Model::queue, queue_sources(world, plan, names.queue_name()));
  if (!queue) return queue.error();
  auto log = read(Model::log, log_sources(world, plan, names.name()));
  if (!log) return log.error();
  return Traces{*std::move(queue), *std::move(log)};
}

Outcome<Traces> both_at_once(const Plan& plan, const World& world, const std::vector<Event>& events,
                             const Resources& names) {
  const engine::Stopwatch clock;
  Crew queue(Model::queue, plan, events, queue_sources(world, plan, names.queue_name()), clock);
  Crew log(Model::log, plan, events, log_sources(world, plan, names.name()), clock);
  Publisher publisher(world, plan, events, names.name());
  Reading publishing(clock, plan.records);
  std::atomic<std::int64_t> published_ns = 0;
  std::thread thread([&] {
    if (auto done = publisher.run(publishing); !done) publishing.fail(done.error());
    published_ns = clock.elapsed().count();
    publishing.stop();
  });
  const auto published = [&]() -> std::optional<nanoseconds> {
    if (publishing.failure()) {
      queue.reading().fail(*publishing.failure());
      log.reading().fail(*publishing.failure());
    }
    if (!publishing.over()) return std::nullopt;
    return nanoseconds(published_ns.load());
  };
  auto done = await(queue, "as a queue", plan, world, published);
  if (done) done = await(log, "as a log", plan, world, published);
  publishing.stop();
  thread.join();
  if (!done) return done.error();
  Traces traces{queue.trace(), log.trace()};
  traces.queue.records = traces.log.records = publisher.published();
  return traces;
}

}  // namespace

Outcome<Traces> run(const Plan& plan, const World& world) {
  const std::vector<Event> events = events_of(plan);
  Resources resources(plan, world);
  if (auto created = resources.create(); !created) return created.error();
  auto traces = plan.rate ? both_at_once(plan, world, events, resources)
                          : one_after_the_other(plan, world, events, resources);
  world.progress("");
  if (world.stopped()) return Refused("interrupted");
  return traces;
}

}  // namespace twofold::bench::compare
