#include "src/bench/numbered_queues.h"

#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "engine/base/random.h"

namespace twofold::bench {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kDepth = 8;
constexpr int kHour = 3600;

/// Requests that were made beforehand, in no order.
class Prepared final : public Driver {
 public:
  explicit Prepared(std::vector<std::string> requests) : requests_(std::move(requests)) {}

  std::string_view next(std::size_t) override {
    return next_ == requests_.size() ? std::string_view() : std::string_view(requests_[next_++]);
  }
  Outcome<Done> answered(std::size_t, const Reply& reply) override {
    if (reply.status < 200 || reply.status > 299) return refused_by_broker(reply);
    return Done{};
  }

 private:
  std::vector<std::string> requests_;
  std::size_t next_ = 0;
};

}  // namespace

NumberedQueues::NumberedQueues(const Options& options, const World& world, std::uint64_t count)
    : options_(&options),
      world_(&world),
      count_(count),
      create_(world.target, "CreateQueue"),
      delete_(world.target, "DeleteQueue"),
      send_(world.target, "SendMessage"),
      receive_(world.target, "ReceiveMessage"),
      remove_(world.target, "DeleteMessage") {
  engine::SystemRandom random;
  prefix_ = fmt::format("bench-{:08x}-", random.next_u64() >> 32);
}

NumberedQueues::NumberedQueues(NumberedQueues&& other) noexcept
    : options_(other.options_),
      world_(other.world_),
      count_(other.count_),
      made_(std::exchange(other.made_, 0)),
      prefix_(std::move(other.prefix_)),
      url_prefix_(std::move(other.url_prefix_)),
      create_(std::move(other.create_)),
      delete_(std::move(other.delete_)),
      send_(std::move(other.send_)),
      receive_(std::move(other.receive_)),
      remove_(std::move(other.remove_)) {}

NumberedQueues::~NumberedQueues() {
  if (options_->keep) return;
  std::vector<std::string> requests;
  for (std::uint64_t i = 0; i < made_; ++i) requests.push_back(deletion(i));
  // Nothing can be done about a broker that is gone.
  static_cast<void>(all(std::move(requests)).has_value());
}

Outcome<NumberedQueues> NumberedQueues::create(const Options& options, const World& world,
                                               std::uint64_t count) {
  NumberedQueues queues(options, world, count);
  if (options.protocol == Protocol::sqs) {
    if (auto learned = queues.learn_url(); !learned) return learned.error();
  }
  std::vector<std::string> requests;
  for (std::uint64_t i = queues.made_; i < count; ++i) requests.push_back(queues.creation(i));
  queues.made_ = count;  // some of them at least
  if (auto made = queues.all(std::move(requests)); !made) return made.error();
  return queues;
}

// Servers differ in their URLs; the name is the last part everywhere.
Outcome<Done> NumberedQueues::learn_url() {
  const std::string first = name(0);
  const auto text =
      world_->ask_sqs(world_->target, "CreateQueue", "{\"QueueName\":\"" + first + "\"}");
  if (!text) return text.error();
  made_ = 1;
  boost::system::error_code error;
  const boost::json::value answer = boost::json::parse(*text, error);
  const auto* const url =
      !error && answer.is_object() ? answer.get_object().if_contains("QueueUrl") : nullptr;
  if (url == nullptr || !url->is_string()) return Refused("CreateQueue gave no QueueUrl");
  url_prefix_ = std::string(url->get_string());
  if (!url_prefix_.ends_with(first))
    return Refused("a QueueUrl does not end with the queue's name");
  url_prefix_.resize(url_prefix_.size() - first.size());
  return Done{};
}

std::string NumberedQueues::name(std::uint64_t queue) const {
  return fmt::format("{}{}", prefix_, queue);
}

std::string NumberedQueues::rest(std::string_view method, std::uint64_t queue,
                                 std::string_view what, std::string_view body) const {
  const std::string path = fmt::format("/v1/queues/{}{}", name(queue), what);
  return render_request(world_->target, method, path, body.empty() ? "" : "application/json", body);
}

std::string_view NumberedQueues::sqs(const SqsCall& call, std::uint64_t queue,
                                     std::string_view parameters, std::string& out) const {
  return call.render(
      fmt::format("{{\"QueueUrl\":\"{}{}\"{}}}", url_prefix_, name(queue), parameters), out);
}

std::string NumberedQueues::creation(std::uint64_t queue) const {
  if (options_->protocol == Protocol::rest) return rest("PUT", queue, "", "{}");
  std::string out;
  create_.render(fmt::format("{{\"QueueName\":\"{}\"}}", name(queue)), out);
  return out;
}

std::string NumberedQueues::deletion(std::uint64_t queue) const {
  if (options_->protocol == Protocol::rest) return rest("DELETE", queue, "", "");
  std::string out;
  sqs(delete_, queue, "", out);
  return out;
}

std::string_view NumberedQueues::send(std::uint64_t queue, const Numbered& message,
                                      std::string& out) const {
  std::string text;
  append_numbered(message, options_->shape.size, text);
  if (options_->protocol == Protocol::sqs)
    return sqs(send_, queue, fmt::format(",\"MessageBody\":\"{}\"", text), out);
  out = rest("POST", queue, "/messages",
             fmt::format("{{\"messages\":[{{\"value\":{{\"pad\":\"{}\"}}}}]}}", text));
  return out;
}

std::string_view NumberedQueues::poll(std::uint64_t queue, int wait_seconds,
                                      std::string& out) const {
  if (options_->protocol == Protocol::sqs) {
    return sqs(receive_, queue,
               fmt::format(",\"MaxNumberOfMessages\":1,\"WaitTimeSeconds\":{},"
                           "\"VisibilityTimeout\":{}",
                           wait_seconds, kHour),
               out);
  }
  out = rest("POST", queue, "/receive",
             fmt::format("{{\"max\":1,\"wait\":\"{}s\",\"visibility_timeout\":\"{}s\"}}",
                         wait_seconds, kHour));
  return out;
}

std::string_view NumberedQueues::remove(std::uint64_t queue, const std::string& receipt,
                                        std::string& out) const {
  if (options_->protocol == Protocol::sqs)
    return sqs(remove_, queue, fmt::format(",\"ReceiptHandle\":\"{}\"", receipt), out);
  out = rest("POST", queue, "/ack", ack_body(Encoding::json, {receipt}));
  return out;
}

bool NumberedQueues::scan(std::string_view answer, std::vector<SqsHanded>& handed) const {
  return options_->protocol == Protocol::sqs
             ? scan_sqs_received(answer, handed)
             : scan_numbered(answer, "\"pad\"", "\"receipt\"", handed);
}

Outcome<Done> NumberedQueues::all(std::vector<std::string> requests) const {
  if (requests.empty()) return Done{};
  Load load;
  if (auto connected = load.connect(world_->target, kLanes); !connected) return connected;
  Prepared driver(std::move(requests));
  Load::Options options;
  options.depth = kDepth;
  return load.run(driver, options);
}

}  // namespace twofold::bench
