#include "http/rest/raw_in.h"

#include "http/rest/cloud_event_in.h"
#include "http/rest/json_request.h"

namespace twofold::http {
namespace {

// Twofold-H-Region becomes the record's header Region.
void read_headers(Call& call, IncomingRecord& record) {
  constexpr std::string_view kPrefix = "Twofold-H-";
  record.headers_begin = call.scratch.headers.size();
  for (const Field& field : call.head.fields) {
    if (field.name.size() <= kPrefix.size()) continue;
    if (!same_token(field.name.substr(0, kPrefix.size()), kPrefix)) continue;
    call.scratch.headers.push_back({field.name.substr(kPrefix.size()), field.value});
  }
  // What curl says of every -d is no statement about the bytes.
  const bool unlabelled = call.media == Media::none || call.media == Media::form;
  if (!unlabelled && !same_token(call.head.content_type, kJson)) {
    call.scratch.headers.push_back({kContentTypeHeader, call.head.content_type});
  }
}

std::optional<std::string_view> field_of(const Call& call, std::string_view name) {
  const std::string_view value = call.head.field(name);
  if (value.empty()) return std::nullopt;
  return value;
}

Try<> read_duration_field(const Call& call, std::string_view name,
                          std::optional<engine::Duration>& to) {
  const auto text = field_of(call, name);
  if (!text) return {};
  auto duration = to_duration(*text);
  if (duration) {
    to = *duration;
    return {};
  }
  Problem problem = std::move(duration).problem();
  problem.param = name;
  return problem;
}

// What the broker is told of the record beside its bytes.
Try<> read_notes(const Call& call, Destination destination, IncomingRecord& record) {
  record.dedup_id = field_of(call, "Twofold-Dedup-Id");
  record.group = field_of(call, "Twofold-Group");
  if (auto taken = read_duration_field(call, "Twofold-Delay", record.delay); !taken) return taken;
  if (auto taken = read_duration_field(call, "Twofold-Ttl", record.ttl); !taken) return taken;
  if (!record.delay || destination == Destination::queue) return {};
  return Problem(ProblemKind::invalid_request, "Only messages of a queue can be delayed.",
                 "Twofold-Delay");
}

Try<IncomingRecord> read_plain(Call& call, Destination destination) {
  IncomingRecord record;
  record.key = call.query("key");
  record.value = call.body;
  read_headers(call, record);
  if (auto taken = read_notes(call, destination, record); !taken) return std::move(taken).problem();
  const RecordRules rules = rules_for(call, destination);
  if (auto finished = finish_record(record, call.scratch, rules); !finished) {
    return std::move(finished).problem();
  }
  return record;
}

}  // namespace

Try<IncomingBatch> read_raw(Call& call, Destination destination) {
  auto record = is_binary_cloud_event(call.head) ? read_binary_cloud_event(call, destination)
                                                 : read_plain(call, destination);
  if (!record) return std::move(record).problem();
  IncomingBatch batch;
  batch.records.push_back(*record);
  if (const auto durability = call.query("durability")) {
    auto parsed = parse_durability(*durability);
    if (!parsed) return std::move(parsed).problem();
    batch.durability = *parsed;
  }
  return batch;
}

}  // namespace twofold::http
