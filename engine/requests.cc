#include "engine/requests.h"

#include <cstring>

#include <fmt/format.h>

#include "engine/base/bytes.h"

namespace twofold::engine {
namespace {

// A note, as it is journaled (owner 0):
//   remember  1 u8 | key 16 bytes | fingerprint 16 bytes | at varint | answer
//   forget    2 u8 | upto varint
// An answer: length-prefixed bytes | runs uvarint x { log uvarint, offset varint, count uvarint,
// seq uvarint }. A run's records follow each other in their log and in the total order; a seq of 0
// is not known yet.
constexpr std::uint8_t kRemember = 1;
constexpr std::uint8_t kForget = 2;
constexpr std::size_t kRunBytesMin = 4;
constexpr std::size_t kRequestBytes = 150;  // of memory, beside its answer
constexpr std::size_t kForgetBytes = 16;
constexpr int kSweeps = 6;  // in a window
constexpr std::uint64_t kRunMax = 1 << 20;

using Record = RequestAnswer::Record;

bool follows(const Record& first, std::uint64_t n, const Record& record) {
  const bool in_order = first.seq.value() == 0 ? record.seq.value() == 0
                                               : record.seq.value() == first.seq.value() + n;
  return in_order && record.log == first.log &&
         record.offset == advance(first.offset, static_cast<std::int64_t>(n));
}

std::string encode(const RequestAnswer& answer) {
  std::string runs;
  ByteWriter out(runs);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < answer.records.size(); ++count) {
    const Record& first = answer.records[i];
    std::uint64_t n = 1;
    while (i + n < answer.records.size() && follows(first, n, answer.records[i + n])) ++n;
    out.uvarint(first.log.value());
    out.varint(first.offset.value());
    out.uvarint(n);
    out.uvarint(first.seq.value());
    i += n;
  }
  std::string encoded;
  ByteWriter whole(encoded);
  whole.bytes(answer.bytes);
  whole.uvarint(count);
  whole.raw(runs);
  return encoded;
}

bool decode(ByteReader& in, RequestAnswer& answer) {
  answer.bytes = in.bytes();
  for (std::size_t runs = in.count(kRunBytesMin); runs > 0; --runs) {
    const std::uint64_t log = in.uvarint();
    const Offset offset{in.varint()};
    const std::uint64_t n = in.uvarint();
    const std::uint64_t seq = in.uvarint();
    if (!in.ok() || log > UINT32_MAX || n > kRunMax) return false;
    for (std::uint64_t i = 0; i < n; ++i)
      answer.records.push_back({LogId{static_cast<std::uint32_t>(log)},
                                advance(offset, static_cast<std::int64_t>(i)),
                                Seq{seq == 0 ? 0 : seq + i}});
  }
  return in.ok();
}

RequestAnswer decoded(std::string_view encoded) {
  RequestAnswer answer;
  ByteReader in(encoded);
  TF_CHECK(decode(in, answer));
  return answer;
}

Error damaged() {
  return Error(Errc::data_damaged, "what is kept of a request with a key does not parse");
}

std::string_view view(const IdHash& id) { return {id.data(), id.size()}; }

}  // namespace

std::size_t Requests::Hasher::operator()(const IdHash& id) const {
  std::size_t hash = 0;  // it is a hash already
  std::memcpy(&hash, id.data(), sizeof hash);
  return hash;
}

Requests::Requests(Core& core, RequestLimits limits) : core_(core), limits_(limits) {
  core.attach_machine(EntryType::request, *this);
}

Requests::Found Requests::find(const RequestKey& request) const {
  const auto found = requests_.find(request.key);
  if (found == requests_.end()) return {};
  const Remembered& known = found->second;
  if (!known.running && known.at + limits_.window <= core_.now()) return {};
  if (known.fingerprint != request.fingerprint) return {State::other_request, {}};
  if (known.running) return {State::running, {}};
  return {State::answered, decoded(known.answer)};
}

Result<> Requests::room(std::size_t answer_bytes) {
  forget_expired(core_.now());
  if (bytes_ + kRequestBytes + answer_bytes <= limits_.bytes_max) return {};
  return Error(
      Errc::overloaded,
      fmt::format("{} requests with an Idempotency-Key are remembered already", requests_.size()),
      "try again later, or without a key; each is remembered for http.idempotency_window");
}

void Requests::remember(const RequestKey& request, const RequestAnswer& answer, Kept kept) {
  const Instant now = core_.now();
  Remembered known{request.fingerprint, now, true, kept, encode(answer)};
  if (kept == Kept::durably) {
    std::string payload;
    ByteWriter out(payload);
    out.fixed(kRemember);
    out.raw(view(request.key));
    out.raw(view(request.fingerprint));
    out.varint(now.value());
    out.raw(known.answer);
    core_.note(EntryType::request, 0, payload);
  }
  // Only what is journaled may be decided by what is journaled.
  if (kept == Kept::durably) forget_upto(now - limits_.window);
  add(request.key, std::move(known));
  arm();
}

void Requests::answer(const RequestKey& request, const RequestAnswer& answer) {
  const auto found = requests_.find(request.key);
  if (found == requests_.end() || found->second.kept == Kept::durably) return;
  bytes_ -= bytes_of(found->second);
  found->second.answer = encode(answer);
  bytes_ += bytes_of(found->second);
}

void Requests::finish(const RequestKey& request) {
  const auto found = requests_.find(request.key);
  if (found == requests_.end()) return;
  Remembered& known = found->second;
  known.running = false;
  if (!known.listed) {
    known.at = core_.now();
    list(request.key, known);
    arm();
  }
  RequestAnswer answer = decoded(known.answer);
  if (answer.records.empty()) return;
  place(answer.records);
  bytes_ -= bytes_of(known);
  known.answer = encode(answer);
  bytes_ += bytes_of(known);
}

void Requests::forget(const RequestKey& request) {
  const auto found = requests_.find(request.key);
  if (found == requests_.end() || found->second.kept == Kept::durably) return;
  drop(found);
}

// Its line in the order, if it has one, stays and leads to nothing.
void Requests::drop(ById::iterator request) {
  bytes_ -= bytes_of(request->second);
  requests_.erase(request);
}

void Requests::place(std::vector<Record>& records) const {
  for (Record& record : records) {
    if (record.seq.value() == 0) record.seq = core_.seq_of(record.log, record.offset);
  }
}

std::size_t Requests::bytes_of(const Remembered& request) {
  return kRequestBytes + request.answer.size();
}

// The line of one that was there stays; it leads to a younger one.
void Requests::add(const IdHash& key, Remembered request) {
  if (const auto old = requests_.find(key); old != requests_.end()) {
    drop(old);
  }
  bytes_ += bytes_of(request);
  const bool may_vanish = request.running && request.kept == Kept::until_restart;
  Remembered& added = requests_.emplace(key, std::move(request)).first->second;
  if (!may_vanish) list(key, added);
}

void Requests::list(const IdHash& key, Remembered& request) {
  request.listed = true;
  order_.emplace_back(request.at, key);
}

// What still runs is only taken out of the order, as the journal forgets it: were it gone, whoever
// asks again would run beside it.
void Requests::forget_upto(Instant upto) {
  while (!order_.empty() && order_.front().first <= upto) {
    const auto [at, key] = order_.front();
    order_.pop_front();
    const auto found = requests_.find(key);
    if (found == requests_.end() || !found->second.listed || found->second.at != at) continue;
    if (found->second.running) {
      found->second.kept = Kept::until_restart;
      found->second.listed = false;
      continue;
    }
    drop(found);
  }
}

void Requests::forget_expired(Instant now) {
  const Instant upto = now - limits_.window;
  if (order_.empty() || order_.front().first > upto) return;
  if (!core_.admit(Admission::consume, kForgetBytes)) return;
  std::string payload;
  ByteWriter out(payload);
  out.fixed(kForget);
  out.varint(upto.value());
  core_.note(EntryType::request, 0, payload);
  forget_upto(upto);
}

void Requests::arm() {
  if (armed_ || order_.empty()) return;
  armed_ = true;
  core_.timers().schedule(core_.now() + limits_.window / kSweeps + Duration{1}, *this, 0, 0);
}

void Requests::on_timer(std::uint32_t /*owner*/, std::uint64_t /*token*/, Instant now) {
  armed_ = false;
  forget_expired(now);
  arm();
}

// -- StateMachine --------------------------------------------------------------------------------

Result<> Requests::apply(std::uint32_t /*owner*/, std::string_view payload, Instant /*at*/) {
  ByteReader in(payload);
  const auto kind = in.fixed<std::uint8_t>();
  if (kind == kForget) {
    const Instant upto{in.varint()};
    if (!in.done()) return damaged();
    forget_upto(upto);
    return {};
  }
  IdHash key{};
  Remembered known;
  in.copy(key.data(), key.size());
  in.copy(known.fingerprint.data(), known.fingerprint.size());
  known.at = Instant{in.varint()};
  RequestAnswer answer;
  if (kind != kRemember || !decode(in, answer) || !in.done()) return damaged();
  place(answer.records);  // the records stand before this note in their block
  known.answer = encode(answer);
  forget_upto(known.at - limits_.window);
  add(key, std::move(known));
  return {};
}

// count uvarint | count x { key, fingerprint, at varint, answer }, oldest first.
void Requests::snapshot(ByteWriter& out) const {
  std::string all;
  ByteWriter each(all);
  std::uint64_t count = 0;
  for (const auto& [at, key] : order_) {
    const auto found = requests_.find(key);
    if (found == requests_.end() || found->second.at != at) continue;
    if (found->second.kept != Kept::durably) continue;
    RequestAnswer answer = decoded(found->second.answer);
    place(answer.records);
    each.raw(view(key));
    each.raw(view(found->second.fingerprint));
    each.varint(at.value());
    each.raw(encode(answer));
    ++count;
  }
  out.uvarint(count);
  out.raw(all);
}

Result<> Requests::restore(ByteReader& in) {
  requests_.clear();
  order_.clear();
  bytes_ = 0;
  for (std::size_t n = in.count(2 * sizeof(IdHash) + 3); n > 0; --n) {
    IdHash key{};
    Remembered known;
    in.copy(key.data(), key.size());
    in.copy(known.fingerprint.data(), known.fingerprint.size());
    known.at = Instant{in.varint()};
    RequestAnswer answer;
    if (!decode(in, answer)) return damaged();
    known.answer = encode(answer);
    add(key, std::move(known));
  }
  if (!in.ok()) return damaged();
  return {};
}

void Requests::recovered(Instant /*now*/) { arm(); }

}  // namespace twofold::engine
