#include <algorithm>
#include <map>
#include <utility>

#include "engine/record_batch.h"
#include "queue/letter.h"
#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

using engine::Errc;
using engine::Error;

std::size_t bytes_of(const engine::NewRecord& record) {
  std::size_t bytes =
      (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  for (const engine::Header& header : record.headers) {
    if (header.name.starts_with(kOurHeaders)) continue;
    bytes += header.name.size() + (header.value ? header.value->size() : 0);
  }
  return bytes;
}

Result<> check_sizes(const Queue& queue, const std::vector<SendMessage>& messages) {
  const std::size_t max = queue.config().record_bytes_max;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (bytes_of(messages[i].record) <= max) continue;
    Error error(Errc::message_too_large, std::to_string(bytes_of(messages[i].record)) +
                                             " bytes, the queue takes " + std::to_string(max));
    error.number = static_cast<std::int64_t>(i);
    return error;
  }
  return {};
}

// A century: nothing that is added to the time of day runs over.
constexpr Duration kDelayMax = std::chrono::hours{24 * 36500};

Duration delay_of(const SendMessage& message, const QueueConfig& config, WallTime wall) {
  if (!message.deliver_at) return std::min(message.delay.value_or(config.delay), kDelayMax);
  if (*message.deliver_at <= wall) return Duration{0};
  return *message.deliver_at < wall + kDelayMax ? *message.deliver_at - wall : kDelayMax;
}

}  // namespace

void Queues::send(Send send, Completion<Sent> done) {
  State& s = *state_;
  const auto needed = s.need(send.queue);
  if (!needed) return done(needed.error());
  Queue& queue = **needed;
  if (queue.attached())
    return done(Error(Errc::queue_is_attached, "queue " + queue.name + " reads a topic",
                      "publish to topic " + queue.definition.source->topic));
  if (auto sound = check_sizes(queue, send.messages); !sound) return done(sound.error());
  const auto is_delayed = [&](const SendMessage& m) {
    return delay_of(m, queue.config(), s.core.wall()) > Duration{0};
  };
  if (auto room = s.room_for_marks();
      !room && std::any_of(send.messages.begin(), send.messages.end(), is_delayed))
    return done(room.error());
  std::size_t bytes = kNoteBytes;
  for (const SendMessage& message : send.messages)
    bytes += engine::record_bytes_max(message.record) + kReceiptNoteBytes;
  if (auto admitted = s.core.admit(engine::Admission::publish, bytes); !admitted)
    return done(admitted.error());

  const LogId log = queue.partitions.front().log;
  const WallTime wall = s.core.wall();
  std::vector<Offset> offsets;
  offsets.reserve(send.messages.size());
  std::map<Instant, Runs> delayed;
  for (const SendMessage& message : send.messages) {
    offsets.push_back(s.core.append(log, message.record));
    const Duration delay = delay_of(message, queue.config(), wall);
    if (delay > Duration{0}) append_run(delayed[s.core.now() + delay], offsets.back(), 1);
  }
  // In the turn of the records: a delayed message must never be seen without its delay.
  for (auto& [due, runs] : delayed) s.change(queue, 0, DelayOp{due, std::move(runs)});
  if (!delayed.empty()) s.arm(queue, 0);

  s.core.on_commit(send.durability.value_or(queue.config().durability),
                   [&s, log, offsets = std::move(offsets),
                    done = std::move(done)](Result<Durability> reached) mutable {
                     if (!reached) return done(reached.error());
                     done(s.sent(log, offsets, *reached));
                   });
}

Sent Queues::State::sent(LogId log, const std::vector<Offset>& offsets, Durability reached) const {
  Sent sent{{}, reached};
  sent.messages.reserve(offsets.size());
  if (offsets.empty()) return sent;
  const Seq first = core.seq_of(log, offsets.front());
  const Seq last = core.seq_of(log, offsets.back());
  const auto count = static_cast<std::uint64_t>(offsets.size());
  // Mostly one commit gave them all their places, without another log's records in between.
  const bool dense = last.value() - first.value() + 1 == count;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    const Seq seq = dense ? Seq{first.value() + i} : core.seq_of(log, offsets[i]);
    sent.messages.push_back({offsets[i], seq});
  }
  return sent;
}

}  // namespace twofold::queue
