#include <algorithm>
#include <map>
#include <utility>

#include <sodium.h>

#include "engine/record_batch.h"
#include "queue/fifo_name.h"
#include "queue/letter.h"
#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

using engine::Errc;
using engine::Error;

// A key no longer than this is a group, which is said beside a message and is none of it.
constexpr std::size_t kGroupBytes = 128;

// What a message weighs: its value and the headers that its sender gave it.
std::size_t bytes_of(const engine::NewRecord& record) {
  const std::size_t key = record.key ? record.key->size() : 0;
  std::size_t bytes = key - std::min(key, kGroupBytes) + (record.value ? record.value->size() : 0);
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
    error.record = i;
    return error;
  }
  return {};
}

// A FIFO queue delivers by group, and whoever reads it is told which.
Result<> check_groups(const Queue& queue, const std::vector<SendMessage>& messages) {
  if (!is_fifo_name(queue.name)) return {};
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto group = group_of(messages[i].record);
    if (group && !group->empty()) continue;
    Error error(Errc::invalid_request, "a message of a FIFO queue has a group",
                "give it a group or a key, or send to a queue whose name does not end with .fifo");
    error.record = i;
    return error;
  }
  return {};
}

constexpr Duration kForgetAfter = std::chrono::seconds{1};

// A century: nothing that is added to the time of day runs over.
constexpr Duration kDelayMax = std::chrono::hours{24 * 36500};

Duration delay_of(const SendMessage& message, const QueueConfig& config, WallTime wall) {
  if (!message.deliver_at) return std::min(message.delay.value_or(config.delay), kDelayMax);
  if (*message.deliver_at <= wall) return Duration{0};
  return *message.deliver_at < wall + kDelayMax ? *message.deliver_at - wall : kDelayMax;
}

std::optional<std::string_view> id_of(const SendMessage& message, const QueueConfig& config) {
  return !message.dedup_id && config.dedup_content ? message.content_id : message.dedup_id;
}

// As it is stored: with a note of the id that its content is. Views into `headers`.
engine::NewRecord stored(const SendMessage& message, const QueueConfig& config,
                         std::vector<engine::Header>& headers) {
  const auto id = id_of(message, config);
  if (!id || message.dedup_id) return message.record;
  headers.assign(message.record.headers.begin(), message.record.headers.end());
  headers.push_back({kDedupId, id});
  return {message.record.key, message.record.value, headers, message.record.timestamp};
}

// Keyed, so that nobody can make ids that meet. The receipts' key outlives restarts.
IdHash hash_of(std::string_view id, const SendMessage& message, DedupScope scope,
               const ReceiptKey& key) {
  std::string name;
  engine::ByteWriter out(name);
  out.bytes(id);
  if (scope == DedupScope::group) {
    const auto group = group_of(message.record);
    if (group) out.bytes(*group);
  }
  static_assert(crypto_shorthash_siphashx24_BYTES == sizeof(IdHash));
  IdHash hash{};
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(hash.data()),
                              reinterpret_cast<const unsigned char*>(name.data()), name.size(),
                              key.data());
  return hash;
}

}  // namespace

/// One send on its way into the log: what is stored, and what each message is answered with.
class Queues::State::Intake {
 public:
  Intake(State& state, Queue& queue)
      : s_(state), queue_(queue), log_(queue.partitions.front().log), wall_(state.core.wall()) {}

  void take(const SendMessage& message) {
    const auto id = id_of(message, queue_.config());
    if (id && take_duplicate(*id, message)) return;
    const Offset offset = s_.core.append(log_, stored(message, queue_.config(), headers_));
    const Token token =
        message.token == Token{} ? time_token(message.record.timestamp) : message.token;
    sent_.push_back({offset, Seq{0}, false, token});
    if (id) {
      ids_.ids.push_back({hash_, token, offset});
      in_this_.emplace(hash_, sent_.size() - 1);
    }
    const Duration delay = delay_of(message, queue_.config(), wall_);
    if (delay > Duration{0}) append_run(delayed_[s_.core.now() + delay], offset, 1);
  }

  // In the turn of the records: a delayed message must never be seen without its delay, nor one
  // be stored without its id.
  std::vector<SentMessage> finish() {
    for (auto& [due, runs] : delayed_) s_.change(queue_, 0, DelayOp{due, std::move(runs)});
    if (!delayed_.empty()) s_.arm(queue_, 0);
    if (!ids_.ids.empty()) s_.remember(queue_, std::move(ids_));
    return std::move(sent_);
  }

 private:
  bool take_duplicate(std::string_view id, const SendMessage& message) {
    hash_ = hash_of(id, message, queue_.config().dedup_scope, s_.receipts->key());
    const auto here = in_this_.find(hash_);
    if (here != in_this_.end()) {
      sent_.push_back(sent_[here->second]);
      sent_.back().duplicate = true;
      return true;
    }
    const DedupIds* const ids = queue_.partitions.front().ids.get();
    const DedupIds::First* const first =
        ids ? ids->find(hash_, s_.core.now(), queue_.config().dedup_window) : nullptr;
    if (!first) return false;
    sent_.push_back({first->offset, Seq{0}, true, first->token});
    return true;
  }

  State& s_;
  Queue& queue_;
  const LogId log_;
  const WallTime wall_;
  std::vector<SentMessage> sent_;
  std::map<Instant, Runs> delayed_;
  RememberOp ids_{};
  std::map<IdHash, std::size_t> in_this_;
  IdHash hash_{};  // of the message at hand
  std::vector<engine::Header> headers_;
};

void Queues::State::remember(Queue& queue, RememberOp op) {
  op.sent = core.now();
  apply_ids(queue, queue.partitions.front(), op);
  account(queue.partitions.front());
  note(queue, 0, op);
  arm_ids(queue);
}

void Queues::State::arm_ids(Queue& queue) {
  if (queue.ids_armed || !queue.partitions.front().ids) return;
  queue.ids_armed = true;
  schedule(core.now() + queue.config().dedup_window, queue.id(), TimerFor::ids, 0);
}

// Of a queue that nobody sends to any more, the ids go all at once.
void Queues::State::forget_ids(std::uint32_t id) {
  Queue* const queue = find(id);
  if (!queue) return;
  queue->ids_armed = false;
  Partition& partition = queue->partitions.front();
  if (!partition.ids) return;
  const Instant due = partition.ids->newest() + queue->config().dedup_window;
  if (due <= core.now() && core.admit(engine::Admission::consume, kNoteBytes)) {
    partition.ids.reset();
    account(partition);
    return note(*queue, 0, ForgetIdsOp{});
  }
  queue->ids_armed = true;
  schedule(std::max(due, core.now() + kForgetAfter), id, TimerFor::ids, 0);
}

void Queues::send(Send send, Completion<Sent> done, engine::Decided<Sent> decided) {
  State& s = *state_;
  const auto checked = check(send);
  if (!checked) return done(checked.error());
  if (auto admitted = s.core.admit(engine::Admission::publish, checked->bytes); !admitted)
    return done(admitted.error());
  Sent sent = write(send, *checked);
  if (decided) decided(sent);
  const Durability asked = sent.durability;
  s.core.on_commit(asked, [this, sent = std::move(sent),
                           done = std::move(done)](Result<Durability> reached) mutable {
    if (!reached) return done(reached.error());
    done(named(std::move(sent), *reached));
  });
}

Result<CheckedSend> Queues::check(const Send& send) const {
  const State& s = *state_;
  const auto needed = s.need(send.queue);
  if (!needed) return needed.error();
  const Queue& queue = **needed;
  if (queue.attached())
    return Error(Errc::queue_is_attached, "queue " + queue.name + " reads a topic",
                 "publish to topic " + queue.definition.source->topic);
  if (auto sound = check_sizes(queue, send.messages); !sound) return sound.error();
  if (auto sound = check_groups(queue, send.messages); !sound) return sound.error();
  const auto takes_memory = [&](const SendMessage& m) {
    return id_of(m, queue.config()) || delay_of(m, queue.config(), s.core.wall()) > Duration{0};
  };
  if (auto room = s.room_for_marks();
      !room && std::any_of(send.messages.begin(), send.messages.end(), takes_memory))
    return room.error();
  CheckedSend checked{kNoteBytes};
  std::vector<engine::Header> headers;
  for (const SendMessage& message : send.messages)
    checked.bytes += engine::record_bytes_max(stored(message, queue.config(), headers)) +
                     kReceiptNoteBytes +
                     (id_of(message, queue.config()) ? sizeof(RememberOp::Id) : 0);
  return checked;
}

Sent Queues::write(const Send& send, const CheckedSend& /*checked*/) {
  State& s = *state_;
  Queue* const queue = s.find(send.queue);
  TF_CHECK(queue != nullptr);
  if (send.makes_fair && queue->config().order == Order::none) s.make_fair(*queue);
  State::Intake intake(s, *queue);
  for (const SendMessage& message : send.messages) intake.take(message);
  return {intake.finish(), send.durability.value_or(queue->config().durability),
          queue->partitions.front().log};
}

Sent Queues::named(Sent sent, Durability reached) const {
  sent.durability = reached;
  state_->place(sent.log, sent.messages);
  return sent;
}

void Queues::State::place(LogId log, std::vector<SentMessage>& messages) const {
  if (messages.empty()) return;
  const auto place_of = [&](SentMessage& message) {
    message.seq = core.seq_of(log, message.offset);
  };
  SentMessage& first = messages.front();
  SentMessage& last = messages.back();
  place_of(first);
  place_of(last);
  const auto count = static_cast<std::int64_t>(messages.size());
  // Mostly one commit gave them all their places, without another log's records in between, and
  // none is a duplicate of an older one.
  const bool dense = distance(first.offset, last.offset) == count - 1 &&
                     last.seq.value() - first.seq.value() == static_cast<std::uint64_t>(count) - 1;
  for (std::size_t i = 1; i + 1 < messages.size(); ++i) {
    if (!dense || distance(first.offset, messages[i].offset) != static_cast<std::int64_t>(i)) {
      place_of(messages[i]);
    } else {
      messages[i].seq = Seq{first.seq.value() + i};
    }
  }
}

}  // namespace twofold::queue
