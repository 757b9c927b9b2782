#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/core.h"
#include "engine/machines.h"
#include "engine/stored_count.h"

namespace twofold::engine {

/// Where the definitions of namespaces are in the one catalog: "ns/<namespace>/<key>".
inline constexpr std::string_view kNamespaceKeys = "ns/";

/// The part of a catalog that belongs to one namespace. Who reads it sees keys without its prefix.
class NamespaceCatalog final : public Catalog {
 public:
  NamespaceCatalog(Catalog& whole, const std::string& name);

  const Document* get(std::string_view key) const override;
  Result<std::uint64_t> put_if(std::string_view key, std::string value,
                               std::uint64_t expected) override;
  Result<> remove_if(std::string_view key, std::uint64_t expected) override;
  std::vector<std::string> list(std::string_view prefix, std::string_view after,
                                std::size_t limit) const override;
  void watch(std::string prefix, CatalogWatch watch) override;

  /// A change of the whole catalog, its key without the prefix.
  void tell(std::string_view key, const Document* document) const;

 private:
  std::string whole_key(std::string_view key) const;

  Catalog& whole_;
  const std::string prefix_;
  std::vector<std::pair<std::string, CatalogWatch>> watches_;
};

/// The core as the rooms of one namespace see it: the same journal, logs, timers and limits, a
/// catalog of their own, and entries that find back to them.
///
/// What a room notes goes into an entry of type `namespaced`, whose payload is (engine/format.md)
///     u8 the room's entry type, bytes the namespace's name, the room's payload
/// and whose owner is the room's.
/// Threads  as Core.
class NamespaceCore final : public Core {
 public:
  NamespaceCore(Core& whole, std::string name);

  const std::string& name() const { return name_; }
  NamespaceCatalog& own_catalog() { return catalog_; }
  const Machines& machines() const { return machines_; }
  /// Journals that the namespace exists, before anything is in it.
  void note_existence();

  // Core: what is this namespace's own
  void note(EntryType type, std::uint32_t owner, std::string_view payload) override;
  Catalog& catalog() override { return catalog_; }
  void attach_machine(EntryType type, StateMachine& machine) override;
  void open_log(LogId log, LogOptions options) override;
  void drop_log(LogId log) override;
  std::uint64_t stored_bytes() const override;

  // Core: what all namespaces share
  Result<> admit(Admission kind, std::size_t bytes) override { return whole_.admit(kind, bytes); }
  Offset append(LogId log, const NewRecord& record) override {
    appended_ += (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
    return whole_.append(log, record);
  }
  Offset append_batch(LogId log, std::string_view batch) override {
    appended_ += batch.size();
    return whole_.append_batch(log, batch);
  }
  void on_commit(Durability durability, Completion<Durability> done) override {
    whole_.on_commit(durability, std::move(done));
  }
  LogId new_log_id() override { return whole_.new_log_id(); }
  void listen(LogId log, LogListener& listener) override { whole_.listen(log, listener); }
  void unlisten(LogId log, LogListener& listener) override { whole_.unlisten(log, listener); }
  LogStatus status(LogId log) const override { return whole_.status(log); }
  LogBacklog backlog(LogId log, Offset from) const override { return whole_.backlog(log, from); }
  AppendedAt appended_at(LogId log, Offset offset) const override {
    return whole_.appended_at(log, offset);
  }
  void trim(LogId log, Offset start, bool durable_decision) override {
    whole_.trim(log, start, durable_decision);
  }
  Offset first_appended_since(LogId log, WallTime time) const override {
    return whole_.first_appended_since(log, time);
  }
  Offset start_for_size(LogId log, std::uint64_t bytes) const override {
    return whole_.start_for_size(log, bytes);
  }
  Offset start_for_count(LogId log, std::uint64_t count) const override {
    return whole_.start_for_count(log, count);
  }
  CleaningStatus cleaning(LogId log, Offset upto) const override {
    return whole_.cleaning(log, upto);
  }
  void clean(LogId log, CleanOrder order, Completion<Cleaned> done) override {
    whole_.clean(log, order, std::move(done));
  }
  ReadPlan plan_read(LogId log, Offset from, std::size_t bytes_max) const override {
    return whole_.plan_read(log, from, bytes_max);
  }
  ReadPlan plan_offsets(LogId log, const std::vector<Offset>& offsets) const override {
    return whole_.plan_offsets(log, offsets);
  }
  ReadPlan plan_time(LogId log, WallTime time) const override {
    return whole_.plan_time(log, time);
  }
  void fetch(ReadPlan plan, Completion<std::vector<StoredBatch>> done) override {
    whole_.fetch(std::move(plan), std::move(done));
  }
  void study(ReadPlan plan, UniqueFunction<void(Result<std::vector<StoredBatch>>)> study,
             UniqueFunction<void()> done) override {
    whole_.study(std::move(plan), std::move(study), std::move(done));
  }
  void read_ahead(LogId log, Offset from, Offset done_before) override {
    whole_.read_ahead(log, from, done_before);
  }
  Seq seq_of(LogId log, Offset offset) const override { return whole_.seq_of(log, offset); }
  std::optional<Seq> last_seq(LogId log) const override { return whole_.last_seq(log); }
  std::vector<std::pair<Offset, Offset>> damaged(LogId log) const override {
    return whole_.damaged(log);
  }
  TimerWheel& timers() override { return whole_.timers(); }
  Instant now() const override { return whole_.now(); }
  WallTime wall() const override { return whole_.wall(); }
  std::uint64_t random() override { return whole_.random(); }
  CoreExecutor& executor() override { return whole_.executor(); }

 private:
  Core& whole_;
  const std::string name_;
  NamespaceCatalog catalog_;
  Machines machines_;
  std::set<LogId> logs_;
  std::uint64_t appended_ = 0;  // bytes, about
  mutable StoredCount stored_;
  mutable LogId next_counted_{0};  // while a count is under way
  std::string entry_;              // reused
};

}  // namespace twofold::engine
