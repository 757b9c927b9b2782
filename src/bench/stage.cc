#include "src/bench/stage.h"

#include <charconv>

#include <fmt/format.h>
#include <sys/resource.h>

#include "engine/base/check.h"
#include "engine/base/random.h"

namespace twofold::bench {
namespace {

using std::chrono::nanoseconds;

double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void Workload::begin(std::optional<std::uint64_t> messages, std::optional<nanoseconds> lasts) {
  left_ = messages;
  lasts_ = lasts;
  since_begin_.restart();
  over_ = false;
  messages_ = requests_ = answer_bytes_ = 0;
  latency_.clear();
}

std::uint64_t Workload::claim(std::uint64_t wanted) {
  // The clock is asked once in a while only.
  if (lasts_ && ++claims_ % 16 == 0 && since_begin_.elapsed() >= *lasts_) over_ = true;
  if (over_) return 0;
  if (!left_) return wanted;
  const std::uint64_t granted = std::min(wanted, *left_);
  *left_ -= granted;
  return granted;
}

void Workload::count(std::uint64_t messages, nanoseconds latency) {
  messages_ += messages;
  latency_.record(latency);
}

Refused refused_by_broker(const Reply& reply) {
  return Refused(
      fmt::format("the broker answered {}: {}", reply.status, reply.body.substr(0, 500)));
}

std::optional<double> request_rate(const Options& options) {
  if (!options.rate || *options.rate <= 0) return std::nullopt;
  return *options.rate / static_cast<double>(options.shape.batch);
}

std::string_view Repeat::next(std::size_t) {
  return claim(batch_) == 0 ? std::string_view() : std::string_view(request_);
}

Outcome<Done> Repeat::answered(std::size_t, const Reply& reply) {
  if (reply.status < 200 || reply.status > 299) return refused_by_broker(reply);
  count_request();
  count(batch_, reply.latency);
  stored_ += batch_;
  return Done{};
}

Stage::~Stage() {
  if (options_.keep) return;
  for (const std::string& path : paths_) {
    // Nothing can be done about a broker that is gone.
    static_cast<void>(world_.ask("DELETE", path, "").has_value());
  }
}

Outcome<std::string> Stage::create(const std::string& kind, const std::string& body) {
  engine::SystemRandom random;
  const std::string name = fmt::format("bench-{:08x}", random.next_u64() >> 32);
  const std::string path = fmt::format("/v1/{}/{}", kind, name);
  const auto made = world_.ask("PUT", path, body);
  if (!made) return made.error();
  paths_.push_back(path);
  return path;
}

Load::Options Stage::load_options(Workload& workload, const std::string& doing, std::size_t depth,
                                  bool paced) {
  Load::Options options;
  options.depth = depth;
  if (paced) options.rate = request_rate(options_);
  options.stopped = world_.stopped;
  options.every_second = [this, &workload, doing] {
    world_.progress(fmt::format("{}: {} messages", doing, workload.messages()));
    if (each_second_) each_second_();
  };
  return options;
}

Outcome<Done> Stage::pass(Workload& workload, std::uint64_t messages, const std::string& doing,
                          std::size_t depth) {
  workload.begin(messages, std::nullopt);
  auto done = load_.run(workload, load_options(workload, doing, depth, false));
  world_.progress("");
  if (world_.stopped && world_.stopped()) return Refused("interrupted");
  return done;
}

Outcome<Result> Stage::measure(const std::string& name, Workload& workload, std::size_t depth,
                               std::uint64_t messages_min) {
  if (options_.warmup.count() > 0) {
    workload.begin(std::nullopt, options_.warmup);
    auto warm = load_.run(workload, load_options(workload, name + ", warming up", depth, true));
    if (!warm) return warm.error();
  }
  if (options_.duration) {
    workload.begin(std::nullopt, options_.duration);
  } else {
    workload.begin(std::max(options_.msgs, messages_min), std::nullopt);
  }
  const Meter meter(*this);
  auto done = load_.run(workload, load_options(workload, name, depth, true));
  Result result;
  meter.read(result);
  world_.progress("");
  if (!done) return done.error();
  if (world_.stopped && world_.stopped()) return Refused("interrupted");

  result.name = name;
  result.messages = workload.messages();
  result.requests = workload.requests();
  result.latency = workload.latency();
  result.message_bytes = options_.shape.size;
  return result;
}

Meter::Meter(const Stage& stage)
    : stage_(stage), server_cpu_(stage.cpu_seconds()), own_cpu_(own_cpu_seconds()) {}

void Meter::read(Result& result) const {
  result.elapsed = watch_.elapsed();
  result.generator_cpu_seconds = own_cpu_seconds() - own_cpu_;
  const auto server_cpu = stage_.cpu_seconds();
  if (server_cpu_ && server_cpu) result.server_cpu_seconds = *server_cpu - *server_cpu_;
  result.resident_bytes = stage_.resident_bytes();
}

Outcome<Done> Teller::tell(const std::function<std::string()>& line) {
  if (since_.elapsed() < std::chrono::seconds(1)) return Done{};
  since_.restart();
  if (stage_.world().stopped && stage_.world().stopped()) return Refused("interrupted");
  stage_.world().progress(line());
  return Done{};
}

std::optional<double> Stage::metric(const std::string& name) const {
  const auto text = world_.ask("GET", "/metrics", "");
  if (!text) return std::nullopt;
  std::size_t at = 0;
  while ((at = text->find(name, at)) != std::string::npos) {
    const bool at_line = at == 0 || (*text)[at - 1] == '\n';
    at += name.size();
    if (!at_line || at >= text->size() || (*text)[at] != ' ') continue;
    double value = 0;
    std::from_chars(text->data() + at + 1, text->data() + text->size(), value);
    return value;
  }
  return std::nullopt;
}

std::optional<double> Stage::cpu_seconds() const {
  if (world_.cpu_seconds) return world_.cpu_seconds();
  return metric("process_cpu_seconds_total");
}

std::optional<std::uint64_t> Stage::resident_bytes() const {
  if (world_.resident_bytes) return world_.resident_bytes();
  const auto bytes = metric("process_resident_memory_bytes");
  if (!bytes) return std::nullopt;
  return static_cast<std::uint64_t>(*bytes);
}

namespace {

struct Entry {
  std::string_view name;
  Outcome<Report> (*run)(Stage& stage);
};
constexpr Entry kWorkloads[] = {
    {"publish", &run_publish},
    {"latency", &run_publish},
    {"fetch",   &run_fetch  },
    {"queue",   &run_queue  },
    {"waiting", &run_waiting},
    {"queues",  &run_queues },
    {"memory",  &run_memory },
    {"waiters", &run_waiters},
    {"expiry",  &run_expiry },
    {"churn",   &run_churn  },
    {"stream",  &run_stream },
    {"fanout",  &run_fanout },
};

const Entry* find_workload(const std::string& name) {
  for (const Entry& entry : kWorkloads) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace

bool is_workload(const std::string& name) { return find_workload(name) != nullptr; }

Outcome<Report> run(const std::string& workload, const Options& options, const World& world) {
  const Entry* entry = find_workload(workload);
  TF_CHECK(entry != nullptr);
  if (options.protocol == Protocol::sqs && workload == "queue") return run_sqs(options, world);
  Stage stage(options, world);
  return entry->run(stage);
}

}  // namespace twofold::bench
