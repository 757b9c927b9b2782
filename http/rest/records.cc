// Publishing: JSON, Protobuf, NDJSON and raw bodies.
#include <fmt/format.h>

#include "http/once.h"
#include "http/rest/handlers.h"
#include "http/rest/json_request.h"
#include "http/rest/not_found.h"
#include "http/rest/publish_out.h"
#include "http/rest/raw_in.h"
#include "http/rest/record_in.h"

namespace twofold::http {
namespace {

Task<Result<log::Published>> submit(Call& call, log::Publish publish) {
  auto start = [&topics = call.broker.topics, publish = std::move(publish)](
                   engine::Completion<log::Published> done,
                   engine::Decided<log::Published> decided) mutable {
    topics.publish(std::move(publish), std::move(done), std::move(decided));
  };
  return write_once<log::Published>(call, std::move(start));
}

// The line at the front of `lines`, without its end.
std::string_view take_line(std::string_view& lines) {
  const std::size_t end = std::min(lines.find('\n'), lines.size());
  std::string_view line = lines.substr(0, end);
  lines.remove_prefix(std::min(end + 1, lines.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

Try<IncomingRecord> read_line(std::string_view line, Call& call) {
  const RecordRules rules{Destination::topic, call.broker.clock.wall()};
  JsonReader json(line, call.scratch.texts);
  auto record = read_record(json, call.scratch, rules);
  if (record && !json.finish()) return json_problem(*json.error());
  return record;
}

void append_receipt_line(std::string& out, const log::PublishedRecord& record) {
  JsonWriter json(out);
  append_place(json, record);
  out.push_back('\n');
}


bool is_about_a_record(engine::Errc code) {
  switch (code) {
    case engine::Errc::message_too_large:
    case engine::Errc::partition_not_found:
    case engine::Errc::out_of_order_sequence:
    case engine::Errc::producer_fenced: return true;
    default: return false;
  }
}

void append_problem_line(Call& call, const Problem& problem) {
  append_problem_json(call.reply.body, problem, call.request_id);
  call.reply.body.push_back('\n');
}

/// Good lines that go out together. Their records point into the call's scratch.
struct Run {
  IncomingBatch batch;
  std::vector<std::size_t> lines;  // their numbers

  void add(const IncomingRecord& record, std::size_t line) {
    batch.records.push_back(record);
    lines.push_back(line);
  }
  void clear(Scratch& scratch) {
    batch.records.clear();
    lines.clear();
    scratch.clear();
  }
  Run one(std::size_t i) const {
    Run run;
    run.add(batch.records[i], lines[i]);
    return run;
  }
};

// The record at fault by its number in the request: `number` says it of each record of the batch.
Problem about_record(Problem problem, const engine::Error& error,
                     const std::vector<std::size_t>* numbers) {
  if (!is_about_a_record(error.code)) return problem;
  const auto at = static_cast<std::size_t>(error.number);
  problem.index = numbers ? numbers->at(at) : at;
  return problem;
}

// Publishes a run. When only some of its records are at fault, each goes alone, so that every line
// gets an answer of its own.
Task<Try<>> publish_run(Call& call, const std::string& topic, const Run& run) {
  if (run.lines.empty()) co_return Try<>();
  log::Publish publish = to_publish(topic, run.batch, call.scratch, call.broker.clock.wall());
  auto published = co_await submit(call, std::move(publish));
  if (published) {
    for (const auto& record : published->records) append_receipt_line(call.reply.body, record);
    co_return Try<>();
  }
  if (!is_about_a_record(published.error().code)) {
    co_return co_await explained(call, published.error(), topic);
  }
  if (run.lines.size() == 1) {
    auto problem = co_await explained(call, published.error(), topic);
    append_problem_line(call, about_record(std::move(problem), published.error(), &run.lines));
    co_return Try<>();
  }
  for (std::size_t i = 0; i < run.lines.size(); ++i) {
    const Run alone = run.one(i);
    auto one = co_await publish_run(call, topic, alone);
    if (!one) co_return one;
  }
  co_return Try<>();
}

// The one publish that is not atomic: each line is a record, and each gets a line in answer, a
// receipt or a problem. A broker that cannot write any more ends it.
Task<Try<>> publish_lines(Call& call, const std::string& topic) {
  if (!call.head.idempotency_key.empty()) {
    co_return Problem(ProblemKind::invalid_request,
                      "Lines are not published together: a key cannot stand for all of them.",
                      "Idempotency-Key");
  }
  call.reply.content_type = kNdjson;
  Run run;
  std::string_view lines = call.body;
  for (std::size_t number = 0; !lines.empty(); ++number) {
    const std::string_view line = take_line(lines);
    if (is_blank(line)) continue;
    auto record = read_line(line, call);
    if (record) run.add(*record, number);
    if (record && run.lines.size() < kRecordsMax && !lines.empty()) continue;
    auto published = co_await publish_run(call, topic, run);
    run.clear(call.scratch);
    if (!published) {
      Problem problem = std::move(published).problem();
      if (call.reply.body.empty()) co_return problem;
      append_problem_line(call, problem);
      break;
    }
    if (record) continue;
    Problem problem = std::move(record).problem();
    problem.index = number;
    append_problem_line(call, problem);
  }
  auto last = co_await publish_run(call, topic, run);
  if (!last) {
    if (call.reply.body.empty()) co_return std::move(last).problem();
    append_problem_line(call, std::move(last).problem());
  }
  call.reply.field("Twofold-Atomic", "false");
  co_return Try<>();
}

Task<Try<>> publish_batch(Call& call, std::string topic, const IncomingBatch& batch) {
  log::Publish publish = to_publish(topic, batch, call.scratch, call.broker.clock.wall());
  auto published = co_await submit(call, std::move(publish));
  if (!published) {
    auto problem = co_await explained(call, published.error(), std::move(topic));
    co_return about_record(std::move(problem), published.error(), nullptr);
  }
  render_published(call, *published);
  co_return Try<>();
}

}  // namespace

Task<Try<>> publish(Call& call) {
  auto topic = call.name(0);
  if (!topic) co_return std::move(topic).problem();
  if (call.media == Media::ndjson) co_return co_await publish_lines(call, *topic);
  auto batch = read_batch(call, Destination::topic);
  if (!batch) co_return std::move(batch).problem();
  co_return co_await publish_batch(call, *std::move(topic), *batch);
}

Task<Try<>> publish_raw(Call& call) {
  auto topic = call.name(0);
  if (!topic) co_return std::move(topic).problem();
  auto partition = call.number("partition", 0, INT32_MAX, -1);
  if (!partition) co_return std::move(partition).problem();
  auto batch = read_raw(call, Destination::topic);
  if (!batch) co_return std::move(batch).problem();
  if (*partition >= 0) {
    batch->records.front().partition = engine::PartitionId{static_cast<std::int32_t>(*partition)};
  }
  co_return co_await publish_batch(call, *std::move(topic), *batch);
}

}  // namespace twofold::http
