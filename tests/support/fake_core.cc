#include "tests/support/fake_core.h"

#include <algorithm>

#include "engine/record_batch.h"

namespace twofold::tests {

using engine::Admission;
using engine::Completion;
using engine::Document;
using engine::Errc;
using engine::Error;
using engine::ReadPlan;
using engine::Result;

class FakeCatalog final : public engine::Catalog {
 public:
  explicit FakeCatalog(FakeCore& core) : core_(core) {}

  const Document* get(std::string_view key) const override {
    const auto found = documents_.find(std::string(key));
    return found == documents_.end() ? nullptr : &found->second;
  }
  Result<std::uint64_t> put_if(std::string_view key, std::string value,
                               std::uint64_t expected) override {
    if (version(key) != expected) return Error(Errc::etag_mismatch, std::string(key));
    core_.pending_.push_back(FakeDefinition{std::string(key), value});
    change(std::string(key), std::move(value));
    return expected + 1;
  }
  Result<> remove_if(std::string_view key, std::uint64_t expected) override {
    if (version(key) != expected) return Error(Errc::etag_mismatch, std::string(key));
    core_.pending_.push_back(FakeDefinition{std::string(key), std::nullopt});
    change(std::string(key), std::nullopt);
    return {};
  }
  std::vector<std::string> list(std::string_view prefix, std::string_view after,
                                std::size_t limit) const override {
    std::vector<std::string> keys;
    for (const auto& [key, document] : documents_)
      if (key.starts_with(prefix) && key > after && keys.size() < limit) keys.push_back(key);
    return keys;
  }
  void watch(std::string prefix, engine::CatalogWatch watch) override {
    TF_CHECK(watches_.emplace(std::move(prefix), std::move(watch)).second);
  }

  void restore(const std::map<std::string, Document>& documents) {
    documents_ = documents;
    for (const auto& [key, document] : documents) tell(key, &document);
  }
  void change(const std::string& key, std::optional<std::string> value) {
    if (!value) {
      documents_.erase(key);
      return tell(key, nullptr);
    }
    Document& document = documents_.try_emplace(key, Document{"", 0}).first->second;
    document.value = std::move(*value);
    ++document.version;
    tell(key, &document);
  }
  const std::map<std::string, Document>& documents() const { return documents_; }

 private:
  std::uint64_t version(std::string_view key) const {
    const Document* document = get(key);
    return document ? document->version : 0;
  }
  void tell(const std::string& key, const Document* document) {
    for (const auto& [prefix, watch] : watches_)
      if (key.starts_with(prefix)) watch(key, document);
  }

  FakeCore& core_;
  std::map<std::string, Document> documents_;
  std::map<std::string, engine::CatalogWatch> watches_;
};

FakeCore::FakeCore(FakeDisk& disk, engine::ManualClock& clock)
    : disk_(disk),
      clock_(clock),
      executor_(clock),
      random_(42 + disk.lives++),
      timers_(clock.now()),
      catalog_(std::make_unique<FakeCatalog>(*this)),
      next_seq_(disk.next_seq),
      next_log_(disk.next_log) {}

FakeCore::~FakeCore() { executor_.drop_all(); }

void FakeCore::recover() {
  catalog_->restore(disk_.documents);
  for (const auto& [type, bytes] : disk_.snapshots) {
    engine::ByteReader in(bytes);
    TF_CHECK(machines_.at(type)->restore(in).has_value());
    TF_CHECK(in.done());
  }
  for (const FakeEntry& entry : disk_.entries) {
    if (const auto* definition = std::get_if<FakeDefinition>(&entry)) {
      catalog_->change(definition->key, definition->value);
    } else {
      const auto& note = std::get<FakeNote>(entry);
      TF_CHECK(machines_.at(note.type)->apply(note.owner, note.payload, now()).has_value());
    }
  }
  TF_CHECK(pending_.empty());
  for (const auto& [type, machine] : machines_) machine->recovered(now());
}

void FakeCore::commit() {
  write_to_disk();
  auto completions = std::exchange(waiting_, {});
  show();
  for (auto& [durability, done] : completions) done(durability);
}

void FakeCore::fail_commit() {
  pending_.clear();
  auto completions = std::exchange(waiting_, {});
  for (auto& [durability, done] : completions) done(Error(Errc::storage_failed, "sync failed"));
}

void FakeCore::write_to_disk() {
  for (FakeEntry& entry : pending_) disk_.entries.push_back(std::move(entry));
  pending_.clear();
  for (auto& [id, log] : logs_) {
    FakeDisk::Log& stored = disk_.logs[id];
    for (const FakeBatch& batch : log.batches)
      if (batch.base >= stored.end) stored.batches.push_back(batch);
    stored.end = log.end;
    stored.start = log.durable_start;
  }
  disk_.next_seq = next_seq_;
  disk_.next_log = next_log_;
}

void FakeCore::show() {
  std::vector<std::pair<LogId, Offset>> shown;
  for (auto& [id, log] : logs_) {
    if (log.visible_end == log.end) continue;
    log.visible_end = log.end;
    shown.emplace_back(id, log.end);
  }
  for (const auto& [id, end] : shown) {
    const auto found = logs_.find(id);
    if (found == logs_.end()) continue;
    const auto listeners = found->second.listeners;
    for (engine::LogListener* listener : listeners) listener->on_visible(id, end);
  }
}

void FakeCore::pass(Duration time) {
  const Instant target = clock_.now() + time;
  const auto fire = [this] {
    while (timers_.advance(clock_.now())) {
    }
    run();
  };
  // What is due already must not hide what comes after it.
  if (clock_.now() < target) fire();
  while (clock_.now() < target) {
    const auto due = timers_.next_due();
    const Instant stop = due && *due > clock_.now() ? std::min(*due, target) : target;
    clock_.advance(stop - clock_.now());
    fire();
  }
}

void FakeCore::checkpoint() {
  TF_CHECK(pending_.empty());
  disk_.documents = catalog_->documents();
  for (const auto& [type, machine] : machines_) disk_.snapshots[type] = snapshot(type);
  disk_.entries.clear();
}

std::string FakeCore::snapshot(EntryType type) const {
  std::string bytes;
  engine::ByteWriter out(bytes);
  machines_.at(type)->snapshot(out);
  return bytes;
}

void FakeCore::refuse(Admission kind, std::optional<Errc> code) {
  if (code) {
    refused_.insert_or_assign(kind, *code);
  } else {
    refused_.erase(kind);
  }
}

Result<> FakeCore::admit(Admission kind, std::size_t /*bytes*/) {
  const auto refused = refused_.find(kind);
  if (refused != refused_.end()) return Error(refused->second, "refused by the test");
  return {};
}

// As the real one: never before what came before it.
WallTime FakeCore::append_time(LogId id) {
  const auto& batches = log(id).batches;
  return batches.empty() ? wall() : std::max(wall(), batches.back().appended);
}

Offset FakeCore::append(LogId id, const engine::NewRecord& record) {
  const Offset base = log(id).end;
  engine::BatchBuilder builder(base);
  builder.add(base, record);
  auto bytes = std::make_shared<std::string>();
  builder.finish(*bytes);
  FakeBatch batch{base, base, Seq{0}, append_time(id), builder.max_timestamp(), std::move(bytes)};
  return store(id, std::move(batch), 1);
}

Offset FakeCore::append_batch(LogId id, std::string_view batch) {
  const Offset base = log(id).end;
  auto bytes = std::make_shared<std::string>(batch);
  engine::store_be(bytes->data(), base.value());
  const auto header = engine::parse_batch(*bytes);
  TF_CHECK(header.has_value());
  FakeBatch stored{
      base, base, Seq{0}, append_time(id), WallTime{header->max_timestamp}, std::move(bytes)};
  return store(id, std::move(stored), header->last_offset_delta + 1);
}

Offset FakeCore::store(LogId id, FakeBatch batch, std::int64_t records) {
  Log& to = log(id);
  batch.upto = engine::advance(batch.base, records);
  batch.seq = Seq{next_seq_};
  next_seq_ += static_cast<std::uint64_t>(records);
  to.end = batch.upto;
  to.batches.push_back(std::move(batch));
  return to.batches.back().base;
}

void FakeCore::note(EntryType type, std::uint32_t owner, std::string_view payload) {
  pending_.push_back(FakeNote{type, owner, std::string(payload)});
}

void FakeCore::on_commit(Durability durability, Completion<Durability> done) {
  waiting_.emplace_back(durability, std::move(done));
}

LogId FakeCore::new_log_id() { return LogId{next_log_++}; }

void FakeCore::open_log(LogId id, engine::LogOptions options) {
  Log& opened = logs_[id];
  opened.options = options;
  const auto stored = disk_.logs.find(id);
  if (stored == disk_.logs.end() || opened.end != Offset{0}) return;
  opened.batches = stored->second.batches;
  opened.start = opened.durable_start = stored->second.start;
  opened.visible_end = opened.end = stored->second.end;
}

void FakeCore::drop_log(LogId id) {
  dropped_.insert(logs_.extract(id));
  disk_.logs.erase(id);
}

void FakeCore::listen(LogId id, engine::LogListener& listener) {
  log(id).listeners.push_back(&listener);
}

void FakeCore::unlisten(LogId id, engine::LogListener& listener) {
  const auto found = logs_.find(id);
  if (found != logs_.end()) std::erase(found->second.listeners, &listener);
}

engine::LogStatus FakeCore::status(LogId id) const {
  const Log& of = log(id);
  std::uint64_t bytes = 0;
  for (const FakeBatch& batch : of.batches)
    if (batch.upto > of.start) bytes += batch.bytes->size();
  const bool empty = of.batches.empty() || of.start >= of.end;
  return {of.start, of.visible_end, of.end, bytes,
          empty ? WallTime{0} : of.batches.front().appended};
}

engine::LogBacklog FakeCore::backlog(LogId id, Offset from) const {
  const Log& of = log(id);
  from = std::max(from, of.start);
  const std::int64_t records = std::max<std::int64_t>(0, distance(from, of.visible_end));
  engine::LogBacklog left{records, 0, WallTime{0}};
  for (const FakeBatch& batch : of.batches) {
    if (batch.upto <= from) continue;
    if (left.bytes == 0) left.oldest_append = batch.appended;
    left.bytes += batch.bytes->size();
  }
  return left;
}

engine::AppendedAt FakeCore::appended_at(LogId id, Offset offset) const {
  for (const FakeBatch& batch : log(id).batches)
    if (batch.upto > offset) return {batch.appended, batch.upto};
  return {wall(), engine::advance(offset, 1)};
}

void FakeCore::trim(LogId id, Offset start, bool durable_decision) {
  Log& of = log(id);
  if (start <= of.start) return;
  of.start = std::min(start, of.end);
  if (!durable_decision) return;
  of.durable_start = of.start;
  const auto listeners = of.listeners;
  for (engine::LogListener* listener : listeners) listener->on_trimmed(id, of.start);
}

Offset FakeCore::first_appended_since(LogId id, WallTime time) const {
  const Log& of = log(id);
  for (const FakeBatch& batch : of.batches)
    if (batch.appended >= time) return std::max(batch.base, of.start);
  return of.end;
}

void FakeCore::remove(LogId id, const std::vector<Offset>& offsets) {
  Log& of = log(id);
  engine::OffsetRuns removed;
  for (const Offset offset : offsets) {
    const Offset upto = engine::advance(offset, 1);
    if (!removed.empty() && removed.back().second == offset) {
      removed.back().second = upto;
    } else {
      removed.emplace_back(offset, upto);
    }
  }
  const auto listeners = of.listeners;
  for (engine::LogListener* listener : listeners) listener->on_removed(id, removed);
  // One record a batch, as append() makes them.
  const auto gone = [&](const FakeBatch& batch) {
    return std::find(offsets.begin(), offsets.end(), batch.base) != offsets.end();
  };
  std::erase_if(of.batches, gone);
  std::erase_if(disk_.logs[id].batches, gone);
  auto& status = cleanness[id];
  status.holes_upto = std::max(status.holes_upto, engine::advance(offsets.back(), 1));
}

Offset FakeCore::start_for_count(LogId id, std::uint64_t count) const {
  const Log& of = log(id);
  return std::max(of.start, engine::advance(of.visible_end, -static_cast<std::int64_t>(count)));
}

engine::CleaningStatus FakeCore::cleaning(LogId id, Offset) const {
  const auto found = cleanness.find(id);
  engine::CleaningStatus status;
  if (found != cleanness.end()) status = found->second;
  const Log& of = log(id);
  status.records = static_cast<std::uint64_t>(engine::distance(of.start, of.visible_end));
  return status;
}

void FakeCore::clean(LogId id, engine::CleanOrder order, Completion<engine::Cleaned> done) {
  cleanings.push_back({id, order, std::move(done)});
}

Offset FakeCore::start_for_size(LogId id, std::uint64_t bytes) const {
  const Log& of = log(id);
  std::uint64_t kept = status(id).bytes;
  Offset start = of.start;
  for (const FakeBatch& batch : of.batches) {
    if (batch.upto <= of.start) continue;
    if (kept < bytes + batch.bytes->size()) break;
    kept -= batch.bytes->size();
    start = batch.upto;
  }
  return start;
}

ReadPlan::Piece FakeCore::piece(const FakeBatch& batch, Offset from, std::size_t bytes_max) const {
  return {
      std::max(from, batch.base),
      batch.upto,
      {batch.bytes, *batch.bytes, batch.seq},
      nullptr,
      bytes_max
  };
}

namespace {

// Where bytes were that are gone.
class Destroyed final : public engine::ColdSource {
 public:
  explicit Destroyed(Offset upto) : upto_(upto) {}
  Result<std::vector<engine::StoredBatch>> read(LogId, Offset, Offset, std::size_t) const override {
    Error error(Errc::data_damaged, "damaged by the test");
    error.number = upto_.value();
    return error;
  }

 private:
  Offset upto_;
};

}  // namespace

void FakeCore::damage(LogId id, Offset from, Offset upto) {
  log(id).damaged.emplace_back(from, upto);
}

ReadPlan FakeCore::plan_read(LogId id, Offset from, std::size_t bytes_max) const {
  const Log& of = log(id);
  TF_CHECK(from >= of.start);
  ReadPlan plan(id);
  Offset end = of.visible_end;  // a plan ends where damage begins: the next one says so
  for (const auto& [begin, upto] : of.damaged) {
    if (upto <= from) continue;
    end = std::min(end, begin);
    if (begin > from) continue;
    const engine::StoredBatch none{nullptr, {}, Seq{0}};
    plan.add({from, upto, none, std::make_shared<Destroyed>(upto), 0});
    return plan;
  }
  std::size_t bytes = 0;
  for (const FakeBatch& batch : of.batches) {
    if (batch.upto <= from || batch.base >= end) continue;
    bytes += batch.bytes->size();
    if (!plan.empty() && bytes > bytes_max) break;
    plan.add(piece(batch, from, bytes_max));
  }
  return plan;
}

ReadPlan FakeCore::plan_offsets(LogId id, const std::vector<Offset>& offsets) const {
  const Log& of = log(id);
  TF_CHECK(std::is_sorted(offsets.begin(), offsets.end()));
  ReadPlan plan(id);
  auto batch = of.batches.begin();
  for (auto wanted = offsets.begin(); wanted != offsets.end();) {
    TF_CHECK(*wanted >= of.start);
    TF_CHECK(*wanted < of.end);
    while (batch != of.batches.end() && batch->upto <= *wanted) ++batch;
    if (batch == of.batches.end()) break;
    plan.add(piece(*batch, *wanted, batch->bytes->size()));
    while (wanted != offsets.end() && *wanted < batch->upto) ++wanted;
  }
  return plan;
}

ReadPlan FakeCore::plan_time(LogId id, WallTime time) const {
  const Log& of = log(id);
  for (const FakeBatch& batch : of.batches)
    if (batch.newest >= time && batch.upto > of.start && batch.base < of.visible_end)
      return plan_read(id, std::max(batch.base, of.start), 1 << 20);
  return ReadPlan(id);
}

void FakeCore::fetch(ReadPlan plan, Completion<std::vector<engine::StoredBatch>> done) {
  executor_.post(
      [plan = std::move(plan), done = std::move(done)]() mutable { done(plan.fetch()); });
}

void FakeCore::study(
    ReadPlan plan,
    engine::UniqueFunction<void(engine::Result<std::vector<engine::StoredBatch>>)> study,
    engine::UniqueFunction<void()> done) {
  executor_.post([plan = std::move(plan), study = std::move(study),
                  done = std::move(done)]() mutable {
    study(plan.fetch());
    done();
  });
}

Seq FakeCore::seq_of(LogId id, Offset offset) const {
  const auto dropped = dropped_.find(id);
  for (const FakeBatch& batch : dropped == dropped_.end() ? log(id).batches : dropped->second.batches)
    if (offset >= batch.base && offset < batch.upto)
      return Seq{batch.seq.value() + static_cast<std::uint64_t>(distance(batch.base, offset))};
  return Seq{0};
}

std::optional<Seq> FakeCore::last_seq(LogId id) const {
  const Log& of = log(id);
  if (of.visible_end != of.end) return std::nullopt;
  if (of.batches.empty()) return Seq{0};
  return seq_of(id, engine::advance(of.batches.back().upto, -1));
}

engine::Catalog& FakeCore::catalog() { return *catalog_; }

void FakeCore::attach_machine(EntryType type, engine::StateMachine& machine) {
  TF_CHECK(machines_.emplace(type, &machine).second);
}

FakeCore::Log& FakeCore::log(LogId id) {
  const auto found = logs_.find(id);
  TF_CHECK(found != logs_.end());
  return found->second;
}

const FakeCore::Log& FakeCore::log(LogId id) const { return const_cast<FakeCore*>(this)->log(id); }

}  // namespace twofold::tests
