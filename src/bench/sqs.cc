// The queue workload as any SQS endpoint can be asked for it: queues are made, looked at and
// deleted over SQS as well.
#include <boost/json.hpp>
#include <fmt/format.h>

#include "engine/base/random.h"
#include "src/bench/sqs_cycle.h"

namespace twofold::bench {
namespace {

Outcome<boost::json::object> ask(const World& world, const std::string& action,
                                 const boost::json::object& parameters) {
  const auto text = world.ask_sqs(world.target, action, boost::json::serialize(parameters));
  if (!text) return text.error();
  boost::system::error_code error;
  boost::json::value answer = boost::json::parse(text->empty() ? "{}" : *text, error);
  if (error || !answer.is_object()) {
    return Refused(fmt::format("the server's answer to {} is not understood", action));
  }
  return std::move(answer.get_object());
}

/// A queue of a name nobody else has, deleted with this unless --keep.
class Queue {
 public:
  static Outcome<Queue> create(const World& world, const Options& options) {
    engine::SystemRandom random;
    boost::json::object parameters;
    const std::string_view suffix = options.groups > 0 ? ".fifo" : "";
    parameters["QueueName"] = fmt::format("bench-{:08x}{}", random.next_u64() >> 32, suffix);
    boost::json::object attributes;
    if (options.groups > 0) attributes["FifoQueue"] = "true";
    parameters["Attributes"] = std::move(attributes);
    const auto answer = ask(world, "CreateQueue", parameters);
    if (!answer) return answer.error();
    const auto* url = answer->if_contains("QueueUrl");
    if (url == nullptr || !url->is_string()) return Refused("CreateQueue gave no QueueUrl");
    return Queue(world, std::string(url->get_string()), options.keep);
  }

  Queue(Queue&& other) noexcept
      : world_(std::exchange(other.world_, nullptr)), url_(std::move(other.url_)) {}
  Queue& operator=(Queue&&) = delete;
  ~Queue() {
    if (world_ == nullptr) return;
    // Nothing can be done about a server that is gone.
    static_cast<void>(ask(*world_, "DeleteQueue",
                          {
                              {"QueueUrl", url_}
    })
                          .has_value());
  }

  const std::string& url() const { return url_; }

 private:
  Queue(const World& world, std::string url, bool keep)
      : world_(keep ? nullptr : &world), url_(std::move(url)) {}

  const World* world_;  // null: not ours to delete
  std::string url_;
};

// Messages of the queue in any state.
Outcome<std::uint64_t> left_in(const World& world, const std::string& url) {
  const auto answer = ask(world, "GetQueueAttributes",
                          {
                              {"QueueUrl",       url    },
                              {"AttributeNames", {"All"}}
  });
  if (!answer) return answer.error();
  const auto* attributes = answer->if_contains("Attributes");
  if (attributes == nullptr || !attributes->is_object()) {
    return Refused("the server does not say how many messages are left");
  }
  std::uint64_t left = 0;
  for (const auto& [name, value] : attributes->get_object()) {
    if (!name.starts_with("ApproximateNumberOfMessages") || !value.is_string()) continue;
    left += std::strtoull(value.get_string().c_str(), nullptr, 10);
  }
  return left;
}

std::string row_name(const Options& options) {
  std::string name = fmt::format("sqs send+receive+delete, batch {}", options.shape.batch);
  if (options.groups > 0) name += fmt::format(", FIFO {} groups", options.groups);
  if (options.backlog > 0) name += fmt::format(", {} waiting", options.backlog);
  return name;
}

// One queue, filled with the backlog, measured and verified.
Outcome<Done> run_row(Stage& stage, Report& report) {
  const Options& options = stage.options();
  const auto queue = Queue::create(stage.world(), options);
  if (!queue) return queue.error();
  if (auto connected = stage.connect(options.connections); !connected) return connected.error();
  SqsTraffic traffic(stage.world().target, options, queue->url());
  if (options.backlog > 0) {
    SqsFill fill(traffic);
    if (auto filled = stage.pass(fill, options.backlog, "filling"); !filled) return filled.error();
  }
  SqsCycle cycle(traffic, options.connections, options.shape.batch);
  auto result = stage.measure(row_name(options), cycle);
  if (!result) return result.error();
  const auto left = left_in(stage.world(), queue->url());
  if (!left) return left.error();

  const SqsLedger& ledger = traffic.ledger();
  if (ledger.fifo()) {
    result->notes.push_back(
        fmt::format("{} of {} out of order", ledger.misordered(), cycle.received()));
  }
  report.results.push_back(*std::move(result));
  const std::uint64_t known = cycle.removed() + *left;
  Verified& verified = report.verified;
  verified.sent += ledger.sent();
  verified.received += cycle.received();
  verified.lost += ledger.sent() - std::min(ledger.sent(), known);
  verified.duplicated += ledger.duplicated() + (known - std::min(ledger.sent(), known));
  verified.misordered += ledger.misordered();
  return Done{};
}

}  // namespace

Outcome<Report> run_sqs(const Options& options, const World& world) {
  Report report;
  for (const std::size_t batch : options.sqs_batches) {
    Options row = options;
    row.shape.batch = batch;
    Stage stage(row, world);
    if (auto done = run_row(stage, report); !done) return done.error();
  }
  return report;
}

}  // namespace twofold::bench
