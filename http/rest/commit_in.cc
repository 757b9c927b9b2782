#include "http/rest/commit_in.h"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "http/proto_reader.h"
#include "http/rest/expectation_in.h"
#include "http/rest/group_in.h"
#include "http/rest/json_request.h"
#include "http/rest/proto_in.h"
#include "http/rest/record_in.h"
#include "http/utf8.h"

namespace twofold::http {
namespace {

constexpr std::size_t kReceiptsMax = 1'000;
constexpr std::size_t kOffsetsMax = 1'000;

/// One entry of `publish`, before its records are the broker's.
struct Publication {
  std::string topic;
  std::string queue;
  IncomingBatch batch;
  bool has_expectation = false;

  Destination destination() const {
    return queue.empty() ? Destination::topic : Destination::queue;
  }
};

/// What entries are read by.
struct Source {
  Scratch& scratch;
  engine::WallTime now;
};

/// What is gathered while the body is read, in whatever it is written.
struct Gathered {
  std::vector<Publication> publish;
  std::vector<Acks> ack;
  std::vector<GroupOffsets> offsets;
  std::size_t records = 0;
  std::size_t receipts = 0;
  std::size_t partitions = 0;
};

Problem too_many(std::string_view what) {
  return {ProblemKind::batch_too_large, fmt::format("A commit has at most 1000 {}.", what)};
}

Problem placed(Problem problem, std::string_view list, std::size_t entry) {
  std::string place = fmt::format("{}[{}]", list, entry);
  if (!problem.param.empty()) place.append(".").append(problem.param);
  problem.param = std::move(place);
  return problem;
}

Try<> check_names(const Publication& publication) {
  if (publication.topic.empty() == publication.queue.empty()) {
    return Problem(ProblemKind::invalid_request, "An entry of publish names a topic or a queue.");
  }
  if (publication.has_expectation && !publication.queue.empty()) {
    return Problem(ProblemKind::invalid_request, "Only a topic can be expected to be somewhere.",
                   "expect");
  }
  return {};
}

Try<> take(Gathered& gathered, Publication publication) {
  if (auto checked = check_names(publication); !checked) return checked;
  gathered.records += publication.batch.records.size();
  if (gathered.records > kRecordsMax) return too_many("records");
  gathered.publish.push_back(std::move(publication));
  return {};
}

Try<> take(Gathered& gathered, Acks acks) {
  if (acks.queue.empty() || acks.receipts.empty()) {
    return Problem(ProblemKind::invalid_request, "An entry of ack has a queue and receipts.",
                   acks.queue.empty() ? "queue" : "receipts");
  }
  gathered.receipts += acks.receipts.size();
  if (gathered.receipts > kReceiptsMax) return too_many("receipts");
  gathered.ack.push_back(std::move(acks));
  return {};
}

Try<> take(Gathered& gathered, GroupOffsets offsets) {
  if (offsets.group.empty() || offsets.offsets.empty()) {
    return Problem(ProblemKind::invalid_request, "An entry of offsets has a group and offsets.",
                   offsets.group.empty() ? "group" : "offsets");
  }
  gathered.partitions += offsets.offsets.size();
  if (gathered.partitions > kOffsetsMax) return too_many("offsets");
  gathered.offsets.push_back(std::move(offsets));
  return {};
}

// Where each partition is expected to stand, beside where it goes.
Try<> expect_from(GroupOffsets& offsets, const std::vector<log::CommittedOffset>& from) {
  using Place = std::pair<std::string_view, engine::PartitionId>;
  std::map<Place, log::CommittedOffset*> places;
  for (log::CommittedOffset& offset : offsets.offsets) {
    places.emplace(Place{offset.topic, offset.partition}, &offset);
  }
  for (const log::CommittedOffset& one : from) {
    const auto at = places.find(Place{one.topic, one.partition});
    if (at == places.end()) {
      return Problem(ProblemKind::invalid_request,
                     fmt::format("Partition {} of {} has no offset to go to.",
                                 one.partition.value(), one.topic),
                     "from");
    }
    at->second->from = one.offset;
  }
  return {};
}

// A generation is what a member of a group that shares out by itself has beside its name.
Try<> name_committer(GroupOffsets& offsets, std::string member,
                     std::optional<std::int64_t> generation) {
  if (member.size() > kMemberBytesMax || !is_utf8(member)) {
    return Problem(ProblemKind::invalid_request, "A member's name has 1 to 255 bytes of UTF-8.",
                   "member");
  }
  if (generation && *generation < 0) {
    return Problem(ProblemKind::invalid_request, "A generation is not negative.", "generation");
  }
  if (member.empty() && generation) {
    return Problem(ProblemKind::invalid_request, "A generation goes with its member.", "member");
  }
  if (generation) {
    offsets.by =
        log::MemberRef{std::move(member), std::nullopt, static_cast<std::int32_t>(*generation)};
  } else if (!member.empty()) {
    offsets.by = std::move(member);
  }
  return {};
}

template <class T, class Place>
Try<> store(Try<T> value, Place& place) {
  if (!value) return std::move(value).problem();
  place = *std::move(value);
  return {};
}

// -- JSON ----------------------------------------------------------------------------------------

// The records come before or behind the name that says what they may have: they are read last.
struct RecordSlice {
  std::string_view text;
  std::size_t position = 0;
};

Try<> read_slice(const RecordSlice& slice, const Source& source, Publication& publication) {
  if (slice.text.empty()) {
    return Problem(ProblemKind::invalid_request, "The list of records is empty.", "records");
  }
  const RecordRules rules{publication.destination(), source.now};
  JsonReader json(slice.text, source.scratch.texts);
  auto read = read_record_list(json, source.scratch, rules, publication.batch);
  if (read) return {};
  Problem problem = std::move(read).problem();
  if (problem.at) problem.at = *problem.at + slice.position;
  return problem;
}

Try<Publication> read_publication(JsonReader& json, const Source& source) {
  static constexpr std::string_view kNames[] = {"topic", "queue", "records", "messages", "expect"};
  Publication publication;
  RecordSlice slice;
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    if (*member == 0) publication.topic = json.string();
    if (*member == 1) publication.queue = json.string();
    if (*member == 2 || *member == 3) {
      json.peek();  // past the white space
      slice.position = json.position();
      slice.text = json.slice();
    }
    if (*member != 4) continue;
    auto expect = read_expectation(json);
    publication.has_expectation = true;
    if (expect) {
      publication.batch.expect = *expect;
    } else {
      members.refuse(std::move(expect).problem());
    }
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (members.has(2) && members.has(3)) {
    return Problem(ProblemKind::invalid_request, "records and messages are the same; give one.");
  }
  if (auto checked = check_names(publication); !checked) return std::move(checked).problem();
  if (auto read = read_slice(slice, source, publication); !read) return std::move(read).problem();
  return publication;
}

Try<Acks> read_acks(JsonReader& json, const Source& /*source*/) {
  static constexpr std::string_view kNames[] = {"queue", "receipts"};
  Acks acks;
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    if (*member == 0) {
      acks.queue = json.string();
      continue;
    }
    json.enter_array();
    while (json.next_element()) {
      if (acks.receipts.size() == kReceiptsMax) {
        members.refuse(too_many("receipts"));
        break;
      }
      acks.receipts.emplace_back(json.string());
    }
  }
  if (auto problem = members.problem()) return *std::move(problem);
  return acks;
}

Try<GroupOffsets> read_group_offsets(JsonReader& json, const Source& /*source*/) {
  static constexpr std::string_view kNames[] = {"group", "offsets", "member", "generation",
                                                "from"};
  GroupOffsets offsets;
  std::vector<log::CommittedOffset> from;
  std::string by;
  std::optional<std::int64_t> generation;
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    Try<> taken;
    if (*member == 0) offsets.group = json.string();
    if (*member == 1) taken = store(read_offsets_by_topic(json, kOffsetsMax), offsets.offsets);
    if (*member == 2) taken = store(read_member(json), by);
    if (*member == 3) taken = store(read_number(json, 0, INT32_MAX), generation);
    if (*member == 4) taken = store(read_offsets_by_topic(json, kOffsetsMax), from);
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (auto named = name_committer(offsets, std::move(by), generation); !named) {
    return std::move(named).problem();
  }
  if (auto expected = expect_from(offsets, from); !expected) return std::move(expected).problem();
  return offsets;
}

template <class Read>
Try<> read_entries(JsonReader& json, const Source& source, std::string_view list,
                   Gathered& gathered, Read read) {
  json.enter_array();
  for (std::size_t i = 0; json.next_element(); ++i) {
    auto entry = read(json, source);
    if (!entry) return placed(std::move(entry).problem(), list, i);
    if (auto taken = take(gathered, *std::move(entry)); !taken)
      return placed(std::move(taken).problem(), list, i);
  }
  return {};
}

Try<Gathered> read_json(std::string_view text, const Source& source) {
  static constexpr std::string_view kNames[] = {"publish", "ack", "offsets"};
  Gathered gathered;
  JsonReader json(text.empty() ? std::string_view("{}") : text, source.scratch.texts);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    Try<> taken;
    if (*member == 0) taken = read_entries(json, source, "publish", gathered, read_publication);
    if (*member == 1) taken = read_entries(json, source, "ack", gathered, read_acks);
    if (*member == 2) taken = read_entries(json, source, "offsets", gathered, read_group_offsets);
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  return gathered;
}

// -- Protobuf ------------------------------------------------------------------------------------

Try<Publication> read_proto_publication(std::string_view message, const Source& source) {
  Publication publication;
  ProtoReader names(message);
  while (names.next()) {
    if (names.is_bytes(1)) publication.topic = names.bytes();
    if (names.is_bytes(2)) publication.queue = names.bytes();
    if (names.is_bytes(4)) publication.has_expectation = true;
  }
  if (!names.ok()) return not_protobuf();
  const RecordRules rules{publication.destination(), source.now};
  ProtoReader fields(message);
  while (fields.next()) {
    if (fields.is_bytes(3)) {
      auto added = add_proto_record(fields.bytes(), source.scratch, rules, publication.batch);
      if (!added) return std::move(added).problem();
    }
    if (!fields.is_bytes(4)) continue;
    auto expect = read_proto_expectation(fields.bytes());
    if (!expect) return std::move(expect).problem();
    publication.batch.expect = *expect;
  }
  if (!publication.batch.records.empty()) return publication;
  return Problem(ProblemKind::invalid_request, "The list of records is empty.", "records");
}

Try<Acks> read_proto_acks(std::string_view message, const Source& /*source*/) {
  Acks acks;
  ProtoReader fields(message);
  while (fields.next()) {
    if (fields.is_bytes(1)) acks.queue = fields.bytes();
    if (!fields.is_bytes(2)) continue;
    if (acks.receipts.size() == kReceiptsMax) return too_many("receipts");
    acks.receipts.emplace_back(fields.bytes());
  }
  if (!fields.ok()) return not_protobuf();
  return acks;
}

Try<log::CommittedOffset> read_proto_offset(std::string_view message) {
  log::CommittedOffset offset{{}, engine::PartitionId{0}, engine::Offset{0}};
  ProtoReader fields(message);
  while (fields.next()) {
    if (fields.is_bytes(1)) offset.topic = fields.bytes();
    if (fields.is_number(2))
      offset.partition = engine::PartitionId{static_cast<std::int32_t>(fields.number())};
    if (fields.is_number(3)) offset.offset = engine::Offset{fields.signed_number()};
    if (fields.is_number(4)) offset.from = engine::Offset{fields.signed_number()};
  }
  if (!fields.ok()) return not_protobuf();
  return offset;
}

Try<GroupOffsets> read_proto_offsets(std::string_view message, const Source& /*source*/) {
  GroupOffsets offsets;
  std::string by;
  std::optional<std::int64_t> generation;
  ProtoReader fields(message);
  while (fields.next()) {
    if (fields.is_bytes(1)) offsets.group = fields.bytes();
    if (fields.is_bytes(3)) by = fields.bytes();
    if (fields.is_number(4)) generation = static_cast<std::int32_t>(fields.number());
    if (!fields.is_bytes(2)) continue;
    if (offsets.offsets.size() == kOffsetsMax) return too_many("offsets");
    auto offset = read_proto_offset(fields.bytes());
    if (!offset) return std::move(offset).problem();
    offsets.offsets.push_back(*std::move(offset));
  }
  if (!fields.ok()) return not_protobuf();
  if (auto named = name_committer(offsets, std::move(by), generation); !named) {
    return std::move(named).problem();
  }
  return offsets;
}

template <class Read>
Try<> add_proto_entry(std::string_view message, const Source& source, std::string_view list,
                      std::size_t index, Gathered& gathered, Read read) {
  auto entry = read(message, source);
  if (!entry) return placed(std::move(entry).problem(), list, index);
  auto taken = take(gathered, *std::move(entry));
  if (!taken) return placed(std::move(taken).problem(), list, index);
  return {};
}

Try<Gathered> read_proto(std::string_view message, const Source& source) {
  Gathered gathered;
  ProtoReader fields(message);
  while (fields.next()) {
    Try<> taken;
    if (fields.is_bytes(1))
      taken = add_proto_entry(fields.bytes(), source, "publish", gathered.publish.size(), gathered,
                              read_proto_publication);
    if (fields.is_bytes(2))
      taken = add_proto_entry(fields.bytes(), source, "ack", gathered.ack.size(), gathered,
                              read_proto_acks);
    if (fields.is_bytes(3))
      taken = add_proto_entry(fields.bytes(), source, "offsets", gathered.offsets.size(), gathered,
                              read_proto_offsets);
    if (!taken) return std::move(taken).problem();
  }
  if (!fields.ok()) return not_protobuf();
  return gathered;
}

// Once everything is read: the views of headers would not outlive further reading.
CommitBody assembled(Gathered gathered, const Source& source) {
  CommitBody body;
  Transaction& transaction = body.transaction;
  for (Publication& publication : gathered.publish) {
    const bool is_queue = publication.destination() == Destination::queue;
    const auto& batch = publication.batch;
    if (is_queue) {
      body.published.push_back({true, transaction.send.size()});
      transaction.send.push_back(
          to_send(std::move(publication.queue), batch, source.scratch, source.now));
    } else {
      body.published.push_back({false, transaction.publish.size()});
      transaction.publish.push_back(
          to_publish(std::move(publication.topic), batch, source.scratch, source.now));
    }
  }
  transaction.ack = std::move(gathered.ack);
  transaction.offsets = std::move(gathered.offsets);
  return body;
}

}  // namespace

Try<CommitBody> read_commit_json(std::string_view text, Scratch& scratch, engine::WallTime now) {
  const Source source{scratch, now};
  auto gathered = read_json(text, source);
  if (!gathered) return std::move(gathered).problem();
  return assembled(*std::move(gathered), source);
}

Try<CommitBody> read_commit_proto(std::string_view message, Scratch& scratch,
                                  engine::WallTime now) {
  const Source source{scratch, now};
  auto gathered = read_proto(message, source);
  if (!gathered) return std::move(gathered).problem();
  return assembled(*std::move(gathered), source);
}

}  // namespace twofold::http
