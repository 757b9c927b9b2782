#include "tests/sim/broker_observed.h"

#include <algorithm>
#include <set>

#include "engine/record_batch.h"

namespace twofold::test {

using engine::LogId;
using engine::Offset;

namespace {

std::optional<std::string> text_of(const std::optional<std::string_view>& bytes) {
  return bytes ? std::optional<std::string>(*bytes) : std::nullopt;
}

std::int64_t id_in(const engine::StoredRecord& record) {
  for (const auto& header : record.headers) {
    if (header.name == "id" && header.value) return std::stoll(std::string(*header.value));
  }
  return -1;
}

void check_content(const engine::StoredRecord& record, std::int64_t id, const Ledger& ledger,
                   std::vector<std::string>& wrong) {
  const auto complain = [&](const std::string& what) {
    wrong.push_back("record " + std::to_string(id) + " at offset " +
                    std::to_string(record.offset.value()) + " " + what);
  };
  if (id < 0 || id >= static_cast<std::int64_t>(ledger.records.size()))
    return complain("was never sent");
  const auto& sent = ledger.records[static_cast<std::size_t>(id)];
  if (sent.refused) complain("was refused, and is there all the same");
  if (text_of(record.key) != sent.key) complain("has another key");
  if (text_of(record.value) != sent.value) complain("has another value");
  if (record.timestamp.value() != sent.timestamp) complain("has another time");
}

FoundLog look_at(BrokerRig& rig, LogId log) {
  const auto status = rig.core().status(log);
  return FoundLog{status.start.value(), status.visible_end.value(), status.end.value(), {}};
}

void read_all(BrokerRig& rig, LogId log, const Ledger& ledger, Observed& out) {
  auto& found = out.logs.at(log.value());
  std::int64_t from = found.start;
  while (from < found.visible_end) {
    const auto plan = rig.core().plan_read(log, Offset{from}, 64 << 10);
    const auto batches = plan.fetch();
    if (!batches) return out.wrong.push_back("log cannot be read: " + batches.error().detail);
    auto records = read_records(*batches, from, found.visible_end, ledger, out.wrong);
    if (records.empty())
      return out.wrong.push_back("nothing to read at offset " + std::to_string(from));
    for (const auto& record : records) {
      if (record.offset != from++)
        return out.wrong.push_back("offset " + std::to_string(from - 1) + " of log " +
                                   std::to_string(log.value()) + " is missing");
      found.records.push_back(record);
    }
  }
}

void read_messages(BrokerRig& rig, const std::string& name, const FoundQueue& queue,
                   const Ledger& ledger, Observed& out) {
  std::map<std::int32_t, std::vector<Offset>> wanted;
  for (const auto& [place, item] : queue.messages)
    wanted[place.first].push_back(Offset{place.second});
  for (const auto& [partition, offsets] : wanted) {
    const auto& info = queue.info;
    const LogId log =
        info.own_log ? *info.own_log : info.source->logs[static_cast<std::size_t>(partition)];
    const auto batches = rig.core().plan_offsets(log, offsets).fetch();
    if (!batches) {
      out.wrong.push_back("queue " + name + " cannot be read: " + batches.error().detail);
      continue;
    }
    const auto& of = out.logs.at(log.value());
    auto records = read_records(*batches, of.start, of.visible_end, ledger, out.wrong);
    std::size_t at = 0;
    for (const Offset offset : offsets) {
      while (at < records.size() && records[at].offset < offset.value()) ++at;
      if (at == records.size() || records[at].offset != offset.value()) {
        out.wrong.push_back("queue " + name + " has a message without a record at " +
                            std::to_string(offset.value()));
      } else if (info.own_log) {
        out.logs.at(log.value()).records.push_back(records[at]);
      }
    }
  }
}

void check_seqs(const Observed& observed, std::vector<std::string>& wrong) {
  std::set<std::uint64_t> seen;
  for (const auto& [log, found] : observed.logs) {
    std::uint64_t last = 0;
    for (const auto& record : found.records) {
      const auto where = "record " + std::to_string(record.id) + " of log " + std::to_string(log);
      if (!seen.insert(record.seq).second) wrong.push_back(where + " shares its seq");
      if (record.seq <= last) wrong.push_back(where + " has a seq below the one before it");
      last = record.seq;
    }
  }
}

}  // namespace

std::vector<FoundRecord> read_records(const std::vector<engine::StoredBatch>& batches,
                                      std::int64_t from, std::int64_t upto, const Ledger& ledger,
                                      std::vector<std::string>& wrong) {
  std::vector<FoundRecord> found;
  std::int64_t last = -1;
  for (const auto& batch : batches) {
    engine::BatchCursor cursor(batch.bytes, batch.base_seq);
    for (;;) {
      const auto next = cursor.next();
      if (!next) wrong.push_back("a batch does not parse: " + next.error().detail);
      if (!next || !*next) break;
      const auto& record = **next;
      const auto offset = record.offset.value();
      if (offset <= last) wrong.push_back("offset " + std::to_string(offset) + " comes twice");
      last = offset;
      if (offset < from) continue;
      if (offset >= upto) {
        wrong.push_back("offset " + std::to_string(offset) + " is shown before its time");
        continue;
      }
      const auto id = id_in(record);
      check_content(record, id, ledger, wrong);
      found.push_back(FoundRecord{offset, id, record.seq.value()});
    }
  }
  return found;
}

std::map<Place, queue::BrowseItem> browse_all(BrokerRig& rig, const std::string& queue) {
  std::map<Place, queue::BrowseItem> out;
  auto browsed = rig.queues().browse(queue::Browse{queue, std::nullopt, {}, 1'000'000});
  TF_CHECK(browsed.has_value());
  for (auto& item : browsed->items)
    out.emplace(Place{item.partition.value(), item.offset.value()}, std::move(item));
  return out;
}

Observed observe(BrokerRig& rig, const Ledger& ledger) {
  Observed out;
  for (auto& info : rig.topics().list("", 1000)) {
    for (const auto log : info.logs) {
      out.logs.emplace(log.value(), look_at(rig, log));
      read_all(rig, log, ledger, out);
    }
    out.topics.emplace(info.name, std::move(info));
  }
  for (auto& info : rig.queues().list("", 1000)) {
    if (info.own_log) out.logs.emplace(info.own_log->value(), look_at(rig, *info.own_log));
    const auto name = info.name;
    auto& queue = out.queues[name];
    queue.info = std::move(info);
    queue.messages = browse_all(rig, name);
    read_messages(rig, name, queue, ledger, out);
  }
  for (const auto& group : rig.groups().list("", 1000)) {
    for (const auto& offset : group.offsets)
      out.groups[group.name][{offset.topic, offset.partition.value()}] = offset.offset.value();
  }
  check_seqs(out, out.wrong);
  return out;
}

}  // namespace twofold::test
