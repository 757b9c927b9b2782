#include "src/bench/sqs_cycle.h"

#include <fmt/format.h>

namespace twofold::bench {
namespace {

constexpr std::size_t kFillBatch = 10;
// A message that came back during the run would be counted as a duplicate.
constexpr int kVisibilitySeconds = 3600;
constexpr int kWaitSeconds = 1;

bool succeeded(const Reply& reply) { return reply.status >= 200 && reply.status <= 299; }

}  // namespace

SqsTraffic::SqsTraffic(const Target& target, const Options& options, std::string queue_url)
    : queue_(fmt::format("{{\"QueueUrl\":\"{}\",", queue_url)),
      size_(options.shape.size),
      send_(target, "SendMessage"),
      send_batch_(target, "SendMessageBatch"),
      receive_(target, "ReceiveMessage"),
      remove_(target, "DeleteMessage"),
      remove_batch_(target, "DeleteMessageBatch"),
      ledger_(options.groups, options.connections),
      lanes_(options.connections) {}

void SqsTraffic::append_message(std::size_t lane, std::string& body) {
  const SqsLedger::Sent sent = ledger_.next(lane);
  body += "\"MessageBody\":\"";
  append_numbered(sent.message, size_, body);
  body += '"';
  if (!ledger_.fifo()) return;
  fmt::format_to(std::back_inserter(body),
                 ",\"MessageGroupId\":\"g{}\",\"MessageDeduplicationId\":\"{}.{}\"", sent.group,
                 sent.message.stream, sent.message.number);
}

std::string_view SqsTraffic::send(std::size_t lane, std::size_t batch) {
  auto& [body, request, entries] = lanes_[lane];
  body = queue_;
  entries = batch;
  if (batch == 1) {
    append_message(lane, body);
    body += '}';
    return send_.render(body, request);
  }
  body += "\"Entries\":[";
  for (std::size_t i = 0; i < batch; ++i) {
    fmt::format_to(std::back_inserter(body), "{}{{\"Id\":\"{}\",", i == 0 ? "" : ",", i);
    append_message(lane, body);
    body += '}';
  }
  body += "]}";
  return send_batch_.render(body, request);
}

std::string_view SqsTraffic::receive(std::size_t lane, std::size_t max) {
  auto& [body, request, entries] = lanes_[lane];
  body = queue_;
  fmt::format_to(std::back_inserter(body),
                 "\"MaxNumberOfMessages\":{},\"WaitTimeSeconds\":{},\"VisibilityTimeout\":{}}}",
                 max, kWaitSeconds, kVisibilitySeconds);
  return receive_.render(body, request);
}

std::string_view SqsTraffic::remove(std::size_t lane, const std::vector<SqsHanded>& handed) {
  auto& [body, request, entries] = lanes_[lane];
  body = queue_;
  entries = handed.size();
  if (handed.size() == 1) {
    body += "\"ReceiptHandle\":\"";
    body += handed.front().receipt;
    body += "\"}";
    return remove_.render(body, request);
  }
  body += "\"Entries\":[";
  for (std::size_t i = 0; i < handed.size(); ++i) {
    fmt::format_to(std::back_inserter(body), "{}{{\"Id\":\"{}\",\"ReceiptHandle\":\"{}\"}}",
                   i == 0 ? "" : ",", i, handed[i].receipt);
  }
  body += "]}";
  return remove_batch_.render(body, request);
}

Outcome<std::size_t> SqsTraffic::all_of(std::size_t lane, std::string_view answer) const {
  const std::size_t entries = lanes_[lane].entries;
  if (entries == 1 || count_sqs_successful(answer) == entries) return entries;
  return Refused(fmt::format("the server refused a part of a batch: {}", answer.substr(0, 500)));
}

std::string_view SqsFill::next(std::size_t lane) {
  const std::uint64_t granted = claim(kFillBatch);
  return granted == 0 ? std::string_view() : traffic_.send(lane, granted);
}

Outcome<Done> SqsFill::answered(std::size_t lane, const Reply& reply) {
  if (!succeeded(reply)) return refused_by_broker(reply);
  const auto stored = traffic_.all_of(lane, reply.body);
  if (!stored) return stored.error();
  count_request();
  count(*stored, reply.latency);
  return Done{};
}

std::string_view SqsCycle::next(std::size_t number) {
  Lane& lane = lanes_[number];
  switch (lane.step) {
    case Step::send:
      if (claim(batch_) == 0) return {};
      lane.cycle = std::chrono::nanoseconds(0);
      return traffic_.send(number, batch_);
    case Step::receive: return traffic_.receive(number, lane.owed);
    case Step::remove: return traffic_.remove(number, lane.handed);
  }
  __builtin_unreachable();
}

Outcome<Done> SqsCycle::answered(std::size_t number, const Reply& reply) {
  if (!succeeded(reply)) return refused_by_broker(reply);
  count_request();
  Lane& lane = lanes_[number];
  lane.cycle += reply.latency;
  if (lane.step == Step::receive) return take_received(lane, reply.body);
  const auto entries = traffic_.all_of(number, reply.body);
  if (!entries) return entries.error();
  if (lane.step == Step::remove) {
    take_removed(lane, *entries);
  } else {
    lane.owed = *entries;
    lane.step = Step::receive;
  }
  return Done{};
}

Outcome<Done> SqsCycle::take_received(Lane& lane, std::string_view body) {
  lane.handed.clear();
  if (!scan_sqs_received(body, lane.handed)) {
    return Refused("an answer to ReceiveMessage is not understood, or has a message of another's");
  }
  if (lane.handed.size() > lane.owed) return Refused("more messages came than were asked for");
  for (const SqsHanded& handed : lane.handed) traffic_.ledger().received(handed.message);
  received_ += lane.handed.size();
  // Nothing within the wait: somebody else has it in hand and will delete it; ask again.
  lane.step = lane.handed.empty() ? Step::receive : Step::remove;
  return Done{};
}

void SqsCycle::take_removed(Lane& lane, std::size_t removed) {
  removed_ += removed;
  lane.owed -= removed;
  lane.step = lane.owed == 0 ? Step::send : Step::receive;
  if (lane.owed == 0) count(batch_, lane.cycle);
}

}  // namespace twofold::bench
