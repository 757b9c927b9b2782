#include <algorithm>
#include <map>
#include <set>

#include "tests/property/queue_episode.h"

namespace twofold::queue {

using Is = ModelMessage::Is;

namespace {

// What a send refers to until it is answered.
struct Bytes {
  std::deque<std::string> texts;
  std::deque<engine::Header> headers;
};

}  // namespace

void QueueEpisode::send(std::size_t queue) {
  ModelQueue& model = live_[queue];
  Send send{model.name, {}, std::nullopt};
  Sending sending{queue, {}, {}};
  auto bytes = std::make_shared<Bytes>();
  const auto text = [&bytes](std::uint32_t number) -> std::string_view {
    return bytes->texts.emplace_back(std::to_string(number));
  };
  std::string what;
  for (std::uint64_t n = 1 + random_.below(random_.below(3) == 0 ? 10 : 3); n > 0; --n) {
    ModelMessage m;
    m.body = next_body_++;
    place_of_.push_back(Offset{-1});
    if (random_.below(8) != 0)
      m.group = 1 + static_cast<std::uint32_t>(
                        random_.below(random_.below(2) == 0 ? 3 : ModelQueue::kGroups));
    SendMessage message{
        {std::nullopt, text(m.body), {}, rig_.core->wall()}
    };
    if (m.group != 0 && random_.below(2) == 0) {
      message.record.key = text(m.group);
    } else if (m.group != 0) {
      message.record.key = "another key";
      message.record.headers = {
          &bytes->headers.emplace_back(engine::Header{"twofold-group", text(m.group)}), 1};
    }
    Duration delay = model.config.delay;
    if (random_.below(6) == 0) {
      message.delay = delay = some_time({0, 80, 4'000});
      if (random_.below(3) == 0) {
        message.deliver_at = rig_.core->wall() + delay;
        message.delay.reset();
      }
    }
    engine::store_le(message.token.data(), m.body);
    sending.bodies.push_back(m.body);
    sending.duplicate.push_back(false);
    what += " " + std::to_string(m.body) + "/" + std::to_string(m.group);
    if (random_.below(4) == 0) {
      const auto id = static_cast<std::uint32_t>(1 + random_.below(15));
      message.dedup_id = text(id);
      what += "#" + std::to_string(id);
      const std::uint32_t within = model.config.dedup_scope == DedupScope::group ? m.group : 0;
      const ModelId* const first = model.first_of(id, m.group, now());
      sending.duplicate.back() = first != nullptr;
      if (first) sending.bodies.back() = first->body;
      if (!first) {
        std::erase_if(model.ids, [&](const ModelId& k) { return k.id == id && k.group == within; });
        model.ids.push_back({id, within, m.body, now()});
      }
    }
    send.messages.push_back(message);
    if (sending.duplicate.back()) continue;
    if (delay > Duration{0}) {
      m.is = Is::delayed;
      m.due = now() + delay;
      what += "+" + std::to_string(delay.count());
    }
    model.pending.push_back(m);
  }
  note("send", queue, what);
  model.recheck();
  const std::uint64_t id = next_id_++;
  sendings_.emplace(id, std::move(sending));
  rig_.queues->send(std::move(send), [this, id, bytes](Result<Sent> sent) {
    if (!sent) return wrong("a send failed");
    events_.push_back({Event::Kind::sent, id, now(), std::nullopt, *std::move(sent)});
  });
  judge();
}

void QueueEpisode::receive(std::size_t queue) { poll(queue, Duration{0}, {}); }

void QueueEpisode::poll(std::size_t queue, Duration wait, std::string attempt) {
  ModelQueue& model = live_[queue];
  Receive receive{model.name, 1 + random_.below(random_.below(3) == 0 ? 30 : 5)};
  if (random_.below(10) == 0) receive.bytes_max = 1 + random_.below(600);
  if (random_.below(2) == 0) receive.visibility_timeout = some_time({0, 80, 400, 2'000, 30'000});
  if (attempt.empty() && random_.below(8) == 0) attempt = "attempt " + std::to_string(next_id_);
  receive.attempt_id = attempt;
  const Duration timeout = receive.visibility_timeout.value_or(model.config.visibility_timeout);
  note(
      wait > Duration{0} ? "poll" : "receive", queue,
      std::to_string(receive.max) + " for " + std::to_string(timeout.count()) + " wait " +
          std::to_string(wait.count()) + " " + attempt +
          (receive.bytes_max < 4'096 ? " in " + std::to_string(receive.bytes_max) + " bytes" : ""));
  const std::uint64_t id = next_id_++;
  const Instant deadline = now() + wait;
  const auto made = polls_.emplace(id, Poll{queue, receive.max, receive.bytes_max,
                                            receive.visibility_timeout, attempt, deadline});
  const std::uint64_t ticket =
      rig_.queues->receive(std::move(receive), deadline, [this, id](Result<Received> received) {
        events_.push_back({Event::Kind::answered, id, now(), std::move(received)});
      });
  if (ticket != 0) {
    made.first->second.waits = true;
    tickets_.emplace(id, ticket);
    line_[queue].push_back(id);
    if (wait <= Duration{0}) wrong("a receive that would not wait was not answered");
  }
  judge();
}

void QueueEpisode::repeat(std::size_t queue) {
  const auto& attempts = live_[queue].attempts;
  if (attempts.empty()) return receive(queue);
  const std::size_t recent = std::min<std::size_t>(attempts.size(), 4);
  poll(queue, Duration{0}, attempts[attempts.size() - 1 - random_.below(recent)].id);
}

void QueueEpisode::cancel() {
  if (tickets_.empty()) return;
  const auto [id, ticket] =
      *std::next(tickets_.begin(), static_cast<std::ptrdiff_t>(random_.below(tickets_.size())));
  const std::size_t queue = polls_.at(id).queue;
  note("cancel", queue);
  rig_.queues->cancel(ticket);
  tickets_.erase(id);
  polls_.erase(id);
  std::erase(line_[queue], id);
}

}  // namespace twofold::queue
