#include <fmt/format.h>

#include "engine/base/random.h"
#include "src/bench/stage.h"

namespace twofold::bench {
namespace {

constexpr std::size_t kDepth = 8;  // several requests in one packet: queues are many, sockets few
constexpr int kDigits = 7;

/// One request after the other for numbered queues, made by writing the number into a template.
class Numbered final : public Workload {
 public:
  Numbered(std::string request, std::uint64_t count, int status_missing_ok = 0)
      : request_(std::move(request)),
        digits_at_(request_.find(std::string(kDigits, '#'))),
        count_(count),
        missing_ok_(status_missing_ok) {}

  std::string_view next(std::size_t) override {
    if (claim(1) == 0) return {};
    std::uint64_t number = next_;
    next_ = (next_ + 1) % count_;
    for (std::size_t i = kDigits; i > 0; --i) {
      request_[digits_at_ + i - 1] = static_cast<char>('0' + number % 10);
      number /= 10;
    }
    return request_;
  }

  Outcome<Done> answered(std::size_t, const Reply& reply) override {
    const bool fine = (reply.status >= 200 && reply.status <= 299) || reply.status == missing_ok_;
    if (!fine) return refused_by_broker(reply);
    count_request();
    count(1, reply.latency);
    ++answered_;
    return Done{};
  }

  std::uint64_t all_answered() const { return answered_; }

 private:
  std::string request_;
  std::size_t digits_at_;
  std::uint64_t count_;
  int missing_ok_;
  std::uint64_t next_ = 0;
  std::uint64_t answered_ = 0;
};

}  // namespace

Outcome<Report> run_queues(Stage& stage) {
  const Options& options = stage.options();
  if (auto connected = stage.connect(options.connections); !connected) return connected.error();
  engine::SystemRandom random;
  const std::string path =
      fmt::format("/v1/queues/bench-{:08x}-{}", random.next_u64() >> 32, std::string(kDigits, '#'));
  const Target& target = stage.world().target;
  const std::string_view type = content_type(options.shape.encoding);
  const auto idle_bytes = stage.resident_bytes();

  Numbered create(render_request(target, "PUT", path, "application/json", "{}"), options.count);
  if (auto done = stage.pass(create, options.count, "creating queues", kDepth); !done)
    return done.error();

  Numbered send(render_request(target, "POST", path + "/messages", type, send_body(options.shape)),
                options.count);
  auto result = stage.measure(fmt::format("send to {} queues", options.count), send, kDepth);
  if (result && idle_bytes) {
    result->notes.push_back(fmt::format("broker's memory before: {} MiB", *idle_bytes >> 20));
  }
  const auto cpu = stage.metric("process_open_fds");
  if (result && cpu) result->notes.push_back(fmt::format("broker's open files: {}", *cpu));

  if (!options.keep) {
    Numbered remove(render_request(target, "DELETE", path, "", ""), options.count, 404);
    if (auto done = stage.pass(remove, options.count, "deleting queues", kDepth); !done) {
      return done.error();
    }
  }
  if (!result) return result.error();
  Report report;
  report.results.push_back(*std::move(result));
  report.verified.sent = report.verified.received = send.all_answered();
  return report;
}

}  // namespace twofold::bench
