#include "http/ws/topic_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "http/fetched.h"
#include "http/on_core.h"
#include "log/cursor.h"

namespace twofold::http::ws {
namespace {

constexpr std::size_t kBatchBytes = 64 << 10;

// A stretch that nothing can be read of is stepped over, and said.
bool step_over(const engine::Error& error, log::PartitionPosition& position,
               std::vector<Gap>& gaps) {
  const engine::Offset behind{error.number};
  if (error.code != engine::Errc::data_damaged || behind <= position.offset) return false;
  gaps.push_back({position.partition, position.offset, behind});
  position.offset = behind;
  return true;
}

}  // namespace

engine::Error topic_gone(const std::string& topic) {
  return {engine::Errc::topic_not_found, fmt::format("there is no topic {}", topic)};
}

std::string StreamSpec::key(const Positions& positions) const {
  std::string key = fmt::format("{}/{} {} {} {} ", broker->name_space, topic_id,
                                static_cast<int>(format), batch_max, total_order ? 't' : 'p');
  for (const log::PartitionPosition& position : positions)
    key.append(fmt::format("{}@{},", position.partition.value(), position.seeks));
  return key.append(" ").append(filter_text);
}

bool not_ahead(const Positions& a, const Positions& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.offset <= y.offset; });
}

bool same_place(const Positions& a, const Positions& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.offset == y.offset; });
}

TopicReader::TopicReader(Account& account, std::shared_ptr<const StreamSpec> spec,
                         Positions positions)
    : broker_(*spec->broker),
      spec_(std::move(spec)),
      positions_(std::move(positions)),
      room_(account),
      writer_(spec_->format, spec_->topic, account) {}

void TopicReader::forget() {
  parts_.clear();
  room_.set(0);
}

std::string TopicReader::cursor() const {
  return log::encode_cursor({spec_->topic_id, positions_});
}

void TopicReader::seek(Positions positions) {
  forget();
  trouble_.reset();
  positions_ = std::move(positions);
  ++generation_;
}

Task<Result<log::Readable>> TopicReader::read(engine::Instant deadline, std::size_t bytes_max,
                                              const Positions* upto,
                                              std::vector<std::size_t>& asked) {
  log::Read read{spec_->topic, {}, bytes_max, true};
  read.total_order = spec_->total_order;
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    if (upto && (*upto)[i].offset <= positions_[i].offset) continue;
    read.from.push_back(positions_[i]);
    asked.push_back(i);
  }
  if (read.from.empty()) co_return log::Readable{};
  auto start = [&topics = broker_.topics, id = spec_->topic_id, read = std::move(read),
                deadline](engine::Completion<log::Readable> done) mutable {
    const auto topic = topics.resolve(read.topic);
    if (!topic || topic->id != id) return done(topic_gone(read.topic));
    topics.read(std::move(read), deadline, std::move(done));
  };
  auto readable = co_await on_core<log::Readable>(broker_.core, std::move(start));
  co_return readable;
}

Task<Result<TopicReader::Filled>> TopicReader::fill(engine::Instant deadline, std::size_t bytes_max,
                                                    const Positions* upto) {
  Filled filled;
  if (trouble_) co_return *std::exchange(trouble_, std::nullopt);
  std::vector<std::size_t> asked;
  const std::uint64_t generation = generation_;
  auto readable = co_await read(deadline, bytes_max, upto, asked);
  if (generation != generation_) co_return filled;
  if (!readable) co_return readable.error();
  forget();
  parts_.reserve(asked.size());
  bool stepped = false;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const log::ReadablePartition& partition = readable->partitions[i];
    log::PartitionPosition& position = positions_[asked[i]];
    if (partition.from > position.offset) {
      filled.gaps.push_back({position.partition, position.offset, partition.from});
      position.offset = partition.from;
    }
    filled.lag += engine::distance(position.offset, partition.end);
    const engine::Offset bound = upto ? (*upto)[asked[i]].offset : partition.end;
    if (partition.plan.empty()) {
      hold_back(asked[i], bound);
      continue;
    }
    auto batches = co_await fetch(partition.plan);
    if (generation != generation_) {
      forget();
      co_return Filled();
    }
    if (!batches && batches.error().code == engine::Errc::overloaded) {
      filled.no_room = true;
      hold_back(asked[i], bound);
      continue;
    }
    if (!batches) {
      stepped = step_over(batches.error(), positions_[asked[i]], filled.gaps);
      if (!stepped) co_return batches.error();
      hold_back(asked[i], bound);
      continue;
    }
    parts_.push_back(
        {asked[i], RecordCursor(*std::move(batches), positions_[asked[i]].offset), bound, false});
  }
  for (Part& part : parts_) advance(part);
  filled.caught_up = parts_.empty() && !stepped && filled.lag == 0;
  co_return filled;
}

Task<Result<std::vector<engine::StoredBatch>>> TopicReader::fetch(const engine::ReadPlan& plan) {
  if (plan.in_memory()) co_return plan.fetch();
  // Of its own while it is read: a seek may come in between and begin anew.
  auto room = std::exchange(room_, Share(*room_.account()));
  auto work = [&plan, &room] { return fetch_into(room, plan); };
  auto batches = co_await run_on(broker_.storage_pool, std::move(work));
  room_ = std::move(room);
  co_return batches;
}

// Nothing was fetched of a partition that goes on: in total order nothing else may pass it.
void TopicReader::hold_back(std::size_t index, engine::Offset upto) {
  const engine::Offset at = positions_[index].offset;
  if (spec_->total_order && at < upto) parts_.push_back({index, RecordCursor({}, at), upto, true});
}

// Moves to the next record, and the partition's position behind those that were passed.
void TopicReader::advance(Part& part) {
  auto next = part.cursor.next();
  if (!next) trouble_ = next.error();
  part.head = next ? *next : nullptr;
  engine::Offset at = part.head ? part.head->offset : part.cursor.position();
  if (at >= part.upto) {
    at = part.upto;
    part.head = nullptr;
  }
  part.goes_on = at < part.upto;
  engine::Offset& position = positions_[part.index].offset;
  position = std::max(position, at);
}

TopicReader::Part* TopicReader::earliest() {
  Part* first = nullptr;
  for (Part& part : parts_) {
    // Of a partition of which more is to come the next record is not known.
    if (!part.head && part.goes_on && spec_->total_order) return nullptr;
    if (part.head && (!first || part.head->seq < first->head->seq)) first = &part;
  }
  return first;
}

bool TopicReader::full(const Limits& limits) const {
  return writer_.messages() >= std::min(limits.messages_max, spec_->batch_max) ||
         writer_.bytes() >= kBatchBytes ||
         static_cast<std::int64_t>(writer_.bytes()) >= limits.bytes_max;
}

std::optional<Batch> TopicReader::next(Limits limits) {
  trace::Links links;
  while (!full(limits)) {
    Part* const part = earliest();
    if (!part) {
      forget();
      break;
    }
    const engine::StoredRecord& record = *part->head;
    if (!spec_->filter || spec_->filter->matches(record)) {
      writer_.add(positions_[part->index].partition, record);
      if (broker_.shared.tracer) links.link(record);
    }
    advance(*part);
  }
  if (writer_.empty()) return std::nullopt;
  Batch batch = writer_.finish(cursor());
  batch.next = positions_;
  batch.links = std::move(links);
  return batch;
}

}  // namespace twofold::http::ws
