#include "log/topic_ids.h"

#include <algorithm>
#include <cstring>

#include <sodium.h>

#include "engine/base/bytes.h"
#include "log/topics_limits.h"

namespace twofold::log {

using engine::DedupId;
using engine::Duration;
using engine::Errc;
using engine::Error;
using engine::IdHash;
using engine::Instant;
using engine::Result;

namespace {

// A note, as it is journaled (owner: the topic):
//   remember  1 u8 | at varint | count uvarint | count x { id 16 bytes, partition uvarint,
//             offset varint }
//   forget    2 u8: all of the topic's
constexpr std::uint8_t kRemember = 1;
constexpr std::uint8_t kForget = 2;
constexpr std::size_t kIdBytesMin = 18;
constexpr std::size_t kForgetBytes = 16;
constexpr Duration kRetry = std::chrono::seconds{1};

engine::DedupToken token_of(engine::PartitionId partition) {
  engine::DedupToken token{};
  engine::store_le(token.data(), partition.value());
  return token;
}

engine::PartitionId partition_of(const engine::DedupToken& token) {
  return engine::PartitionId{engine::load_le<std::int32_t>(token.data())};
}

Error damaged() {
  return Error(Errc::data_damaged, "the deduplication ids of a topic do not parse");
}

}  // namespace

IdHash hash_of_id(std::string_view id) {
  IdHash hash{};
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(id.data()), id.size(), nullptr, 0);
  return hash;
}

TopicIds::TopicIds(engine::Core& core, WindowOf window_of)
    : core_(core), window_of_(std::move(window_of)) {
  core.attach_machine(engine::EntryType::dedup, *this);
}

std::optional<TopicIds::First> TopicIds::find(std::uint32_t topic, const IdHash& id) const {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return std::nullopt;
  const auto* const first = found->second.ids.find(id, core_.now(), window_of_(topic));
  if (!first) return std::nullopt;
  return First{partition_of(first->token), first->offset};
}

Result<> TopicIds::room(std::size_t ids) const {
  if (count_ + ids <= kIdsMax) return {};
  return Error(Errc::overloaded, "too many deduplication ids are remembered",
               "shorten the topics' dedup window, or try again when the oldest are forgotten");
}

void TopicIds::remember(std::uint32_t topic, const std::vector<Sent>& sent) {
  const Instant now = core_.now();
  std::string payload;
  engine::ByteWriter out(payload);
  out.fixed(kRemember);
  out.varint(now.value());
  out.uvarint(sent.size());
  std::vector<DedupId> ids;
  ids.reserve(sent.size());
  for (const Sent& one : sent) {
    out.raw({one.id.data(), one.id.size()});
    out.uvarint(static_cast<std::uint64_t>(one.first.partition.value()));
    out.varint(one.first.offset.value());
    ids.push_back({one.id, token_of(one.first.partition), one.first.offset});
  }
  core_.note(engine::EntryType::dedup, topic, payload);
  add(topic, ids, now);
  arm(topic);
}

// Live and on replay: a note says everything.
void TopicIds::add(std::uint32_t topic, const std::vector<DedupId>& ids, Instant at) {
  const Duration window = window_of_(topic);
  if (window <= Duration{0}) return;
  Ids& of = topics_[topic];
  of.ids.remember(ids, at, window);
  count_ -= of.counted;
  of.counted = of.ids.size();
  count_ += of.counted;
}

void TopicIds::forget_topic(std::uint32_t topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  count_ -= found->second.counted;
  topics_.erase(found);
}

void TopicIds::arm(std::uint32_t topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end() || found->second.armed) return;
  found->second.armed = true;
  const Instant due = found->second.ids.newest() + window_of_(topic);
  core_.timers().schedule(std::max(due, core_.now() + kRetry), *this, topic, 0);
}

// Of a topic that nobody publishes to any more, the ids go all at once.
void TopicIds::on_timer(std::uint32_t topic, std::uint64_t /*token*/, Instant now) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  found->second.armed = false;
  const bool due = found->second.ids.newest() + window_of_(topic) <= now;
  if (!due || !core_.admit(engine::Admission::consume, kForgetBytes)) return arm(topic);
  std::string payload;
  engine::ByteWriter(payload).fixed(kForget);
  core_.note(engine::EntryType::dedup, topic, payload);
  forget_topic(topic);
}

// -- engine::StateMachine ------------------------------------------------------------------------

Result<> TopicIds::apply(std::uint32_t owner, std::string_view payload, Instant /*at*/) {
  engine::ByteReader in(payload);
  const auto kind = in.fixed<std::uint8_t>();
  if (kind == kForget && in.done()) {
    forget_topic(owner);
    return {};
  }
  const Instant at{in.varint()};
  std::vector<DedupId> ids;
  for (std::size_t n = in.count(kIdBytesMin); n > 0; --n) {
    DedupId id;
    in.copy(id.hash.data(), id.hash.size());
    const std::uint64_t partition = in.uvarint();
    if (partition >= static_cast<std::uint64_t>(kPartitionsMax)) return damaged();
    id.token = token_of(engine::PartitionId{static_cast<std::int32_t>(partition)});
    id.offset = engine::Offset{in.varint()};
    ids.push_back(id);
  }
  if (kind != kRemember || !in.done()) return damaged();
  add(owner, ids, at);
  return {};
}

// count uvarint | count x { topic uvarint, ids }, by topic.
void TopicIds::snapshot(engine::ByteWriter& out) const {
  std::vector<std::uint32_t> topics;
  for (const auto& [topic, ids] : topics_) topics.push_back(topic);
  std::sort(topics.begin(), topics.end());
  out.uvarint(topics.size());
  for (const std::uint32_t topic : topics) {
    out.uvarint(topic);
    topics_.at(topic).ids.write(out);
  }
}

Result<> TopicIds::restore(engine::ByteReader& in) {
  constexpr std::size_t kTopicBytesMin = 3;
  topics_.clear();
  count_ = 0;
  for (std::size_t n = in.count(kTopicBytesMin); n > 0; --n) {
    Ids& of = topics_[static_cast<std::uint32_t>(in.uvarint())];
    if (!of.ids.read(in)) return damaged();
    of.counted = of.ids.size();
    count_ += of.counted;
  }
  if (!in.ok()) return damaged();
  return {};
}

// Damage may have cost a topic's definition and left its ids.
void TopicIds::recovered(Instant /*now*/) {
  std::vector<std::uint32_t> topics;
  for (const auto& [topic, ids] : topics_) topics.push_back(topic);
  for (const std::uint32_t topic : topics) {
    if (window_of_(topic) > Duration{0}) {
      arm(topic);
    } else {
      forget_topic(topic);
    }
  }
}

}  // namespace twofold::log
