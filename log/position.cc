#include "log/position.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "engine/base/check.h"
#include "engine/base/duration_text.h"
#include "engine/base/time_text.h"
#include "engine/record_batch.h"

namespace twofold::log {
namespace {

using engine::Errc;
using engine::Error;

// Digits only: a sign, a blank or a number that does not fit is no number.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  if (text.empty() || text.front() == '-') return std::nullopt;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

Error refusal(std::string_view text) {
  return Error(
      Errc::invalid_request, fmt::format("\"{}\" is not a position", text.substr(0, 64)),
      "write earliest, latest, a time before now like -15m, an RFC 3339 time, an offset, or "
      "a record's id like 2-41");
}

Offset named_in(const Position& position, const PartitionOffsets& partition) {
  struct {
    const PartitionOffsets& of;
    Offset operator()(Earliest) const { return of.status.start; }
    Offset operator()(Latest) const { return of.status.visible_end; }
    Offset operator()(Offset offset) const { return offset; }
    Offset operator()(const PartitionPosition& at) const { return at.offset; }
    Offset operator()(WallTime) const {
      TF_CHECK(!"a time has no place before the records were looked at");
      return of.status.start;
    }
  } const name{partition};
  return std::visit(name, position);
}

}  // namespace

Result<Position> parse_position(std::string_view text, WallTime now) {
  if (text == "earliest") return Position(Earliest{});
  if (text == "latest") return Position(Latest{});
  if (text.starts_with('-')) {
    const auto before = engine::parse_duration(text.substr(1));
    if (!before) return refusal(text);
    return Position(now - *before);
  }
  if (const auto offset = parse_number<std::int64_t>(text)) return Position(Offset{*offset});
  if (const auto id = parse_record_id(text)) return Position(*id);
  const auto time = engine::parse_time(text);
  if (!time) return refusal(text);
  return Position(*time);
}

std::string format_record_id(PartitionId partition, Offset offset) {
  return fmt::format("{}-{}", partition.value(), offset.value());
}

std::optional<PartitionPosition> parse_record_id(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto partition = parse_number<std::int32_t>(text.substr(0, dash));
  const auto offset = parse_number<std::int64_t>(text.substr(dash + 1));
  if (!partition || !offset) return std::nullopt;
  return PartitionPosition{PartitionId{*partition}, Offset{*offset}};
}

Result<std::vector<PartitionPosition>> place(const Position& position,
                                             const std::vector<PartitionOffsets>& offsets) {
  const auto* one = std::get_if<PartitionPosition>(&position);
  std::vector<PartitionPosition> places;
  for (const PartitionOffsets& partition : offsets) {
    if (one && one->partition != partition.partition) continue;
    const Offset offset = named_in(position, partition);
    if (offset > partition.status.end) {
      return Error(
          Errc::invalid_request,
          fmt::format("offset {} is past the end of partition {}, which is {}", offset.value(),
                      partition.partition.value(), partition.status.end.value()));
    }
    places.push_back({partition.partition, offset});
  }
  if (one && places.empty()) {
    return Error(Errc::partition_not_found,
                 fmt::format("there is no partition {}", one->partition.value()));
  }
  return places;
}

Result<Offset> find_time(const ReadablePartition& readable, WallTime time) {
  if (readable.plan.empty()) return readable.end;
  const auto batches = readable.plan.fetch();
  if (!batches) return batches.error();
  Offset unseen = readable.from;
  for (const engine::StoredBatch& batch : *batches) {
    const engine::BatchHeader header = engine::batch_header(batch.bytes);
    unseen = std::max(unseen, engine::advance(header.last_offset(), 1));
    if (header.max_timestamp < time.value()) continue;
    engine::BatchCursor cursor(batch.bytes, batch.base_seq);
    for (;;) {
      const auto record = cursor.next();
      if (!record) return record.error();
      if (!*record) break;
      if ((*record)->offset >= readable.from && (*record)->timestamp >= time) {
        return (*record)->offset;
      }
    }
  }
  // The record that the plan was made for is one that retention took: what follows was not read.
  return std::min(unseen, readable.end);
}

}  // namespace twofold::log
