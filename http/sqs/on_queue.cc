#include "http/sqs/on_queue.h"

#include "http/sqs/permitted.h"
#include "http/sqs/redrive.h"

namespace twofold::http::sqs {
namespace {

constexpr std::string_view kPolicy = "RedrivePolicy";

void change_on_core(Exchange& exchange, const std::string& name, QueueChange change,
                    Decided<queue::QueueInfo> done) {
  auto queue = find_queue(exchange, name);
  if (!queue) return done(Outcome<queue::QueueInfo>(queue.fault()));
  auto changed = change(exchange, *queue);
  if (!changed) return done(Outcome<queue::QueueInfo>(changed.fault()));
  store(exchange, *std::move(queue), std::move(done));
}

// Whether two queues are of one account and region, where these matter.
bool beside(const Exchange& exchange, std::string_view one, std::string_view other) {
  const Place a = exchange.place("", one);
  const Place b = exchange.place("", other);
  return a.account == b.account && a.region == b.region;
}

}  // namespace

Outcome<QueueView> find_queue(const Exchange& exchange, const std::string& name) {
  auto info = exchange.broker().queues.find(name);
  if (!info) return fault_of(info.error());
  return QueueView(*std::move(info), exchange.caller.region, exchange.options());
}

Outcome<> check_redrive_target(const Exchange& exchange, const QueueView& queue) {
  const std::string_view text = queue.extension.attribute(kPolicy);
  auto policy = parse_redrive_policy(text);
  if (!policy) return {};  // it was removed
  const std::string name = queue.stored(*parse_arn(policy->target_arn));
  if (name == queue.info.name) return {};
  if (auto may = permitted(exchange, Permission::publish, name); !may) return may;
  if (!beside(exchange, queue.info.name, name)) {
    return invalid_value(text, kPolicy,
                         "Dead letter target owner and region should be same as the source.");
  }
  auto target = find_queue(exchange, name);
  if (!target) return invalid_value(text, kPolicy, "Dead letter target does not exist.");
  if (target->info.source)
    return invalid_value(text, kPolicy,
                         "Dead letter target reads a topic: nothing can be sent there.");
  if (target->fifo() != queue.fifo()) {
    return invalid_value(text, kPolicy,
                         "Dead-letter queue must be same type of queue as the source.");
  }
  const std::string_view allowed = target->extension.attribute("RedriveAllowPolicy");
  if (allowed.empty()) return {};
  auto allow = parse_redrive_allow_policy(allowed);
  const auto stored = [&queue](std::string_view arn) { return queue.stored(*parse_arn(arn)); };
  if (!allow || allow->allows(queue.info.name, stored)) return {};
  return invalid_value(text, kPolicy, "The dead letter target does not allow this source queue.");
}

void store(Exchange& exchange, QueueView queue, Decided<queue::QueueInfo> done) {
  std::string extension = encode_extension(queue.extension);
  exchange.broker().queues.configure(queue.info.name, queue.info.config, std::move(extension),
                                     queue.info.version, decided(std::move(done)));
}

Task<Outcome<>> change_queue(Exchange& exchange, QueueChange change) {
  const auto name = exchange.queue();
  if (!name) co_return name.fault();
  auto start = [&exchange, &name, change](Decided<queue::QueueInfo> done) {
    change_on_core(exchange, *name, change, std::move(done));
  };
  const auto changed = co_await decide<queue::QueueInfo>(exchange, std::move(start));
  if (!changed) co_return changed.fault();
  co_return Outcome<>();
}

}  // namespace twofold::http::sqs
