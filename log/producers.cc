#include "log/producers.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/bytes.h"
#include "log/producer_notes.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;
using engine::Instant;
using engine::Result;

namespace {

constexpr std::size_t kProducerBytes = 250;  // of memory, in one scope
constexpr std::size_t kPlaceBytes = sizeof(ProducedPlace);
constexpr std::size_t kForgetBytes = 16;
constexpr engine::Duration kSweep = std::chrono::hours{1};
constexpr std::int64_t kKafkaNumbers = std::int64_t{1} << 31;

std::size_t bytes_of(const ProducerState& state) {
  std::size_t bytes = kProducerBytes;
  for (const ProducedBatch& batch : state.batches) bytes += batch.places.size() * kPlaceBytes;
  return bytes;
}

Error out_of_order(std::string detail, std::int64_t next) {
  Error error(Errc::out_of_order_sequence, std::move(detail));
  error.actual_name = "next_seq";
  error.actual = std::to_string(next);
  error.hint = "GET /v1/producers/{id} says how far the producer has come";
  return error;
}

Error fenced(std::int32_t epoch, std::int32_t current) {
  Error error(Errc::producer_fenced,
              fmt::format("epoch {} is over: the producer writes in epoch {}", epoch, current),
              "another instance has taken over; this one must stop, or begin a higher epoch at 0");
  error.actual_name = "epoch";
  error.actual = std::to_string(current);
  return error;
}

// What can be said without looking at the batches. True: this is the first of its epoch.
Result<bool> begins(const ProducerState* state, std::int32_t epoch, std::int64_t seq) {
  if (!state || state->batches.empty()) return true;
  if (epoch < state->epoch) return fenced(epoch, state->epoch);
  if (epoch == state->epoch) return false;
  if (seq == 0) return true;
  return out_of_order(fmt::format("epoch {} begins with number {}, not 0", epoch, seq), 0);
}

Error gap(std::int64_t seq, std::int64_t next) {
  return out_of_order(fmt::format("number {} came where {} comes next", seq, next), next);
}

}  // namespace

ProducerId ProducerId::named(std::string_view name) {
  return ProducerId(std::string(1, kName).append(name));
}

ProducerId ProducerId::numbered(std::int64_t number) {
  std::string bytes(1, kNumber);
  engine::ByteWriter(bytes).fixed(number);
  return ProducerId(std::move(bytes));
}

std::optional<ProducerId> ProducerId::from_bytes(std::string_view bytes) {
  const bool name = bytes.size() > 1 && bytes.front() == kName;
  const bool number = bytes.size() == 1 + sizeof(std::int64_t) && bytes.front() == kNumber;
  if (!name && !number) return std::nullopt;
  return ProducerId(std::string(bytes));
}

ProducedPlace ProducedBatch::place(std::int64_t seq) const {
  const std::int64_t at = seq - first_seq;
  if (places.size() > 1) return places[static_cast<std::size_t>(at)];
  ProducedPlace place = places.front();
  place.offset = engine::advance(place.offset, at);
  return place;
}

Result<std::optional<ProducedPlace>> judge(const ProducerState* state, std::int32_t epoch,
                                           std::int64_t seq, std::uint32_t crc) {
  const auto first = begins(state, epoch, seq);
  if (!first) return first.error();
  if (*first) return std::optional<ProducedPlace>();
  const std::int64_t next = state->last_seq() + 1;
  if (seq == next) return std::optional<ProducedPlace>();
  if (seq > next) return gap(seq, next);
  for (const ProducedBatch& batch : state->batches) {
    if (seq < batch.first_seq || seq > batch.last_seq()) continue;
    const ProducedPlace place = batch.place(seq);
    if (place.crc == crc || place.crc == 0) return std::optional(place);
    return out_of_order(fmt::format("number {} was used for another record", seq), next);
  }
  return out_of_order(
      fmt::format("number {} was used long ago: its record is stored, its place is forgotten", seq),
      next);
}

Result<std::optional<ProducedPlace>> judge_batch(const ProducerState* state, std::int32_t epoch,
                                                 std::int64_t first_seq, std::int64_t count) {
  if (state && epoch == state->epoch) {
    for (const ProducedBatch& batch : state->batches) {
      if (batch.first_seq == first_seq && batch.count == count)
        return std::optional(batch.place(first_seq));
    }
  }
  const auto first = begins(state, epoch, first_seq);
  if (!first) return first.error();
  if (*first) return std::optional<ProducedPlace>();
  const std::int64_t next = (state->last_seq() + 1) % kKafkaNumbers;
  if (first_seq == next) return std::optional<ProducedPlace>();
  return gap(first_seq, next);
}

// -- Producers -----------------------------------------------------------------------------------

Producers::Producers(engine::Core& core, ProducerLimits limits,
                     std::function<bool(std::uint32_t)> exists)
    : core_(core), limits_(limits), exists_(std::move(exists)) {
  core.attach_machine(engine::EntryType::producer, *this);
}

Producers::Order::iterator* Producers::slot(const ProducerId& id, ProducerScope scope) {
  const auto found = by_id_.find(id.bytes());
  if (found == by_id_.end()) return nullptr;
  for (Order::iterator& known : found->second)
    if (known->scope == scope) return &known;
  return nullptr;
}

const ProducerState* Producers::find(const ProducerId& id, ProducerScope scope) const {
  Order::iterator* const known = const_cast<Producers*>(this)->slot(id, scope);
  if (!known || (*known)->state.used + limits_.idle_max <= core_.now()) return nullptr;
  return &(*known)->state;
}

Result<> Producers::room(std::size_t producers, std::size_t records) {
  forget_idle(core_.now());
  const std::size_t more = producers * kProducerBytes + records * kPlaceBytes;
  if (bytes_ + more <= limits_.bytes_max) return {};
  return Error(
      Errc::overloaded, fmt::format("{} producers are remembered already", order_.size()),
      "each is forgotten a week after its last record; publish without producer meanwhile");
}

void Producers::wrote(ProducedNote note) {
  const Instant now = core_.now();
  core_.note(engine::EntryType::producer, note.scope.topic, encode_wrote(note, now));
  change(std::move(note), now);
  arm();
}

void Producers::durable(const ProducerId& id, ProducerScope scope, std::int32_t epoch,
                        std::int64_t seq) {
  Order::iterator* const known = slot(id, scope);
  if (known && (*known)->state.epoch == epoch) (*known)->state.durable_seq = seq;
}

std::vector<std::pair<ProducerScope, const ProducerState*>> Producers::of(
    const ProducerId& id) const {
  std::vector<std::pair<ProducerScope, const ProducerState*>> all;
  const auto found = by_id_.find(id.bytes());
  if (found == by_id_.end()) return all;
  for (const Order::iterator& known : found->second)
    if (known->state.used + limits_.idle_max > core_.now())
      all.emplace_back(known->scope, &known->state);
  return all;
}

ProducerState& Producers::state_of(const ProducerId& id, ProducerScope scope) {
  if (Order::iterator* const known = slot(id, scope)) {
    order_.splice(order_.end(), order_, *known);
    return (*known)->state;
  }
  order_.push_back({id, scope, {}});
  by_id_[id.bytes()].push_back(std::prev(order_.end()));
  bytes_ += kProducerBytes;
  return order_.back().state;
}

// Live and on replay: a note says everything.
void Producers::change(ProducedNote note, Instant at) {
  forget_upto(at - limits_.idle_max);
  ProducerState& state = state_of(note.id, note.scope);
  bytes_ -= bytes_of(state);
  if (note.epoch != state.epoch) {
    state.batches.clear();
    state.durable_seq = -1;
  }
  state.epoch = note.epoch;
  state.used = at;
  state.batches.push_back(std::move(note.batch));
  if (state.batches.size() > ProducerState::kBatches) state.batches.pop_front();
  bytes_ += bytes_of(state);
}

Producers::Order::iterator Producers::erase(Order::iterator known) {
  bytes_ -= bytes_of(known->state);
  const auto scopes = by_id_.find(known->id.bytes());
  std::erase(scopes->second, known);
  if (scopes->second.empty()) by_id_.erase(scopes);
  return order_.erase(known);
}

void Producers::forget_upto(Instant upto) {
  while (!order_.empty() && order_.front().state.used <= upto) erase(order_.begin());
}

void Producers::forget_idle(Instant now) {
  const Instant upto = now - limits_.idle_max;
  if (order_.empty() || order_.front().state.used > upto) return;
  if (!core_.admit(engine::Admission::consume, kForgetBytes)) return;
  core_.note(engine::EntryType::producer, 0, encode_forget(upto));
  forget_upto(upto);
}

void Producers::forget_topic(std::uint32_t topic) {
  for (auto at = order_.begin(); at != order_.end();)
    at = at->scope.topic == topic ? erase(at) : std::next(at);
}

void Producers::arm() {
  if (armed_ || order_.empty()) return;
  armed_ = true;
  core_.timers().schedule(core_.now() + kSweep, *this, 0, 0);
}

void Producers::on_timer(std::uint32_t /*owner*/, std::uint64_t /*token*/, Instant now) {
  armed_ = false;
  forget_idle(now);
  arm();
}

// -- engine::StateMachine ------------------------------------------------------------------------

Result<> Producers::apply(std::uint32_t /*owner*/, std::string_view payload, Instant /*at*/) {
  auto note = decode_producer_note(payload);
  if (!note) return note.error();
  if (const auto* const forget = std::get_if<ForgetIdle>(&*note)) {
    forget_upto(forget->upto);
    return {};
  }
  auto& wrote = std::get<ProducedAt>(*note);
  if (!exists_(wrote.note.scope.topic)) return {};  // removed in the same block
  const ProducerId id = wrote.note.id;
  const ProducerScope scope = wrote.note.scope;
  change(std::move(wrote.note), wrote.at);
  ProducerState& state = (*slot(id, scope))->state;
  state.durable_seq = state.last_seq();
  return {};
}

// count uvarint | count x { id bytes, topic uvarint, partition + 1 uvarint, epoch uvarint, used
// varint, batches uvarint x batch }, by last use.
void Producers::snapshot(engine::ByteWriter& out) const {
  out.uvarint(order_.size());
  for (const Known& known : order_) {
    out.bytes(known.id.bytes());
    out.uvarint(known.scope.topic);
    out.uvarint(static_cast<std::uint64_t>(known.scope.partition + 1));
    out.uvarint(static_cast<std::uint64_t>(known.state.epoch));
    out.varint(known.state.used.value());
    out.uvarint(known.state.batches.size());
    for (const ProducedBatch& batch : known.state.batches) write_batch(out, batch);
  }
}

Result<> Producers::restore(engine::ByteReader& in) {
  constexpr std::size_t kKnownBytesMin = 7;
  constexpr std::size_t kBatchBytesMin = 9;
  const Error damaged(Errc::data_damaged, "the producers of a checkpoint do not parse");
  order_.clear();
  by_id_.clear();
  bytes_ = 0;
  for (std::size_t n = in.count(kKnownBytesMin); n > 0; --n) {
    const auto id = ProducerId::from_bytes(in.bytes());
    const ProducerScope scope{static_cast<std::uint32_t>(in.uvarint()),
                              static_cast<std::int32_t>(in.uvarint()) - 1};
    if (!id) return damaged;
    ProducerState& state = state_of(*id, scope);
    bytes_ -= bytes_of(state);
    state.epoch = static_cast<std::int32_t>(in.uvarint());
    state.used = Instant{in.varint()};
    for (std::size_t batches = in.count(kBatchBytesMin); batches > 0; --batches) {
      auto batch = read_batch(in);
      if (!batch) return damaged;
      state.batches.push_back(*std::move(batch));
    }
    state.durable_seq = state.last_seq();
    bytes_ += bytes_of(state);
  }
  if (!in.ok()) return damaged;
  return {};
}

// Damage may have cost a topic's definition and left its producers.
void Producers::recovered(Instant /*now*/) {
  for (auto at = order_.begin(); at != order_.end();)
    at = exists_(at->scope.topic) ? std::next(at) : erase(at);
  arm();
}

}  // namespace twofold::log
