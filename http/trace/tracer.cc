#include "http/trace/tracer.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/unix_time.h"
#include "http/route.h"

namespace twofold::http::trace {
namespace {

using enum Operation;

struct Named {
  std::string_view api;
  std::string_view route;  // its operation's name
  Operation operation;
  std::string_view name;
};

// clang-format off
constexpr auto kTraced = std::to_array<Named>({
    {"native", "publish", send, "send"},
    {"native", "publish_raw", send, "send"},
    {"native", "send", send, "send"},
    {"native", "send_raw", send, "send"},
    {"native", "commit_together", send, "commit"},
    {"native", "read", receive, "read"},
    {"native", "poll", receive, "poll"},
    {"native", "receive", receive, "receive"},
    {"native", "ack", settle, "ack"},
    {"native", "nack", settle, "nack"},
    {"native", "extend", settle, "extend"},
    {"native", "commit", settle, "commit"},
    {"sqs", "SendMessage", send, "send"},
    {"sqs", "SendMessageBatch", send, "send"},
    {"sqs", "ReceiveMessage", receive, "receive"},
    {"sqs", "DeleteMessage", settle, "ack"},
    {"sqs", "DeleteMessageBatch", settle, "ack"},
    {"sqs", "ChangeMessageVisibility", settle, "extend"},
    {"sqs", "ChangeMessageVisibilityBatch", settle, "extend"},
});
// clang-format on

}  // namespace

Tracer::Tracer(engine::Random& random, TracerOptions options)
    : random_(random), options_(options), routes_(operation_count()) {
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const OperationName name = operation_name(i);
    const auto found = std::find_if(kTraced.begin(), kTraced.end(), [&](const Named& one) {
      return one.api == name.api && one.route == name.name;
    });
    if (found != kTraced.end()) routes_[i] = {found->operation, found->name};
  }
}

// The low bytes of a trace's id are random by its standard and decide: whoever asks about the same
// trace again, here or elsewhere, comes to the same answer. Most are not chosen: one number is all
// that they cost.
std::optional<Context> Tracer::fresh() const {
  constexpr double kRange = 18446744073709551616.0;  // 2^64
  const std::uint64_t low = random_.next_u64() | 1;
  if (static_cast<double>(low) >= options_.ratio * kRange) return std::nullopt;
  Context context;
  engine::store_le(reinterpret_cast<char*>(context.trace.data()), random_.next_u64());
  engine::store_le(reinterpret_cast<char*>(context.trace.data() + 8), low);
  context.sampled = true;
  return context;
}

std::shared_ptr<Span> Tracer::begin(std::size_t route, const std::optional<Context>& parent) {
  const Traced& traced = routes_[route];
  if (traced.operation == none) return nullptr;
  return begin(traced.operation, traced.name, parent);
}

std::shared_ptr<Span> Tracer::begin(Operation operation, std::string_view name,
                                    const std::optional<Context>& parent) {
  if (parent && !parent->sampled) return nullptr;
  const std::optional<Context> context = parent ? parent : fresh();
  if (!context) return nullptr;
  auto span = std::make_shared<Span>();
  if (parent) span->parent = parent->span;
  span->context = *context;
  engine::store_le(reinterpret_cast<char*>(span->context.span.data()), random_.next_u64() | 1);
  span->operation = operation;
  span->name = name;
  span->began_ns = engine::unix_nanoseconds();
  return span;
}

void Tracer::end(Span&& span) {
  span.ended_ns = engine::unix_nanoseconds();
  const std::lock_guard lock(mutex_);
  if (ended_.size() >= options_.spans_max) {
    ++full_;
    return;
  }
  ended_.push_back(std::move(span));
  if (wanted_ > 0 && ended_.size() >= wanted_) news_.notify_one();
}

std::vector<Span> Tracer::take(std::size_t max, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  wanted_ = max;
  news_.wait_for(lock, patience, [&] { return stopping_ || ended_.size() >= max; });
  wanted_ = 0;
  const auto upto = ended_.begin() + static_cast<std::ptrdiff_t>(std::min(max, ended_.size()));
  std::vector<Span> taken(std::make_move_iterator(ended_.begin()), std::make_move_iterator(upto));
  ended_.erase(ended_.begin(), upto);
  return taken;
}

void Tracer::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  news_.notify_all();
}

bool Tracer::pause(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return !news_.wait_for(lock, patience, [&] { return stopping_; });
}

}  // namespace twofold::http::trace
