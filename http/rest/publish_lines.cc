// Publishing lines: a bulk load from a file, or one that never ends.
#include <string_view>
#include <unordered_set>

#include <fmt/format.h>

#include "http/permit.h"
#include "http/rest/json_request.h"
#include "http/rest/not_found.h"
#include "http/rest/publish_out.h"
#include "http/rest/publishing.h"
#include "http/rest/record_in.h"
#include "http/server_common.h"
#include "http/trace/span.h"

namespace twofold::http {
namespace {

/// Good lines that go out together. Their records point into the call's scratch.
struct Run {
  IncomingBatch batch;
  std::vector<std::size_t> lines;  // their numbers
  std::unordered_set<std::string_view> ids;

  void add(const IncomingRecord& record, std::size_t line) {
    batch.records.push_back(record);
    lines.push_back(line);
    if (record.dedup_id) ids.insert(*record.dedup_id);
  }
  // What comes twice comes one after the other: the second is a duplicate of the first.
  bool has_id_of(const IncomingRecord& record) const {
    return record.dedup_id && ids.contains(*record.dedup_id);
  }
  void clear(Scratch& scratch) {
    batch.records.clear();
    lines.clear();
    ids.clear();
    scratch.clear();
  }
  Run one(std::size_t i) const {
    Run run;
    run.add(batch.records[i], lines[i]);
    return run;
  }
};

constexpr std::size_t kAnswerBytes = 1 << 20;  // of an answer are gathered before they go out

// The line at the front of `text`, without its end; nullopt when its end is not there and may come.
// Of `text` so much was searched before; what was is said then.
std::optional<std::string_view> take_line(std::string_view& text, bool is_last,
                                          std::size_t& searched) {
  const std::size_t end = text.find('\n', searched);
  if (text.empty() || (end == std::string_view::npos && !is_last)) {
    searched = text.size();
    return std::nullopt;
  }
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

Try<IncomingRecord> read_line(std::string_view line, Call& call) {
  const RecordRules rules = rules_for(call, Destination::topic);
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

/// The lines of one request on their way into a topic.
class Lines {
 public:
  Lines(Call& call, std::string topic) : call_(call), topic_(std::move(topic)) {}

  /// Publishes the whole lines at the front of `text` (with `is_last` all of it) and takes them
  /// from it. Fails when the broker cannot write any more.
  Task<Try<>> publish(std::string_view& text, bool is_last);

  /// Whether lines of answer have gone already.
  bool is_answering() const { return answered_; }
  /// Sends those that there are; false: nobody is there.
  Task<bool> answer() {
    if (call_.reply.body.empty()) co_return true;
    answered_ = true;
    const bool sent = co_await call_.outlet.send();
    co_return sent;
  }

  /// The end of it: as a line behind those before, or as the whole answer.
  Try<> end_with(Problem problem) {
    if (!answered_ && call_.reply.body.empty()) return problem;
    append_problem(problem);
    return {};
  }

 private:
  Task<Try<>> publish_run(const Run& run);
  void append_problem(const Problem& problem) {
    append_problem_json(call_.reply.body, problem, call_.request_id);
    call_.reply.body.push_back('\n');
  }

  Call& call_;
  std::string topic_;
  Run run_;
  std::size_t number_ = 0;   // of the next line
  std::size_t scanned_ = 0;  // of what is left: no end of a line
  bool answered_ = false;
};

Task<Try<>> Lines::publish(std::string_view& text, bool is_last) {
  while (const auto line = take_line(text, is_last, scanned_)) {
    scanned_ = 0;
    const std::size_t number = number_++;
    if (is_blank(*line)) continue;
    auto record = read_line(*line, call_);
    if (record && run_.has_id_of(*record)) {
      auto published = co_await publish_run(run_);
      run_.clear(call_.scratch);
      if (!published) co_return published;
      record = read_line(*line, call_);  // what it pointed into went with the others
    }
    if (record) run_.add(*record, number);
    if (record && run_.lines.size() < kRecordsMax) continue;
    auto published = co_await publish_run(run_);
    run_.clear(call_.scratch);
    if (!published) co_return published;
    if (!record) {
      Problem problem = std::move(record).problem();
      problem.index = number;
      append_problem(problem);
    }
    if (call_.reply.body.size() < kAnswerBytes) continue;
    const bool sent = co_await answer();
    if (!sent) co_return Problem(ProblemKind::request_timeout, "Nobody takes the answer.");
  }
  auto published = co_await publish_run(run_);
  run_.clear(call_.scratch);
  co_return published;
}

// When only some of its records are at fault, each goes alone, so that every line gets an answer of
// its own.
Task<Try<>> Lines::publish_run(const Run& run) {
  if (run.lines.empty()) co_return Try<>();
  // A body may go on for longer than there is room.
  if (auto refused = check_stored(*call_.principal)) co_return *std::move(refused);
  log::Publish publish = to_publish(topic_, run.batch, call_.scratch, call_.broker().clock.wall());
  auto published = co_await submit(call_, std::move(publish));
  if (published) {
    if (call_.span) call_.span->add(published->records.size());
    for (const auto& record : published->records) append_receipt_line(call_.reply.body, record);
    co_return Try<>();
  }
  if (!published.error().record) {
    co_return co_await explained(call_, published.error(), topic_);
  }
  if (run.lines.size() == 1) {
    auto problem = co_await explained(call_, published.error(), topic_);
    append_problem(about_record(std::move(problem), published.error(), &run.lines));
    co_return Try<>();
  }
  for (std::size_t i = 0; i < run.lines.size(); ++i) {
    const Run alone = run.one(i);
    auto one = co_await publish_run(alone);
    if (!one) co_return one;
  }
  co_return Try<>();
}

// What arrives is published, then answered, before more is read: nothing piles up here, and a
// client that does not read its receipts is not read either.
Task<Try<>> publish_arriving(Call& call, Lines& lines) {
  std::string arrived;
  for (bool more = true; more;) {
    auto received = co_await call.inlet->receive(arrived);
    // What arrived whole before the end is published, whatever the end was.
    std::string_view text = arrived;
    const bool is_last = received && !*received;
    auto published = co_await lines.publish(text, is_last);
    if (!published) co_return lines.end_with(std::move(published).problem());
    if (!received) co_return lines.end_with(std::move(received).problem());
    if (text.size() > call.common.options.body_bytes_max)
      co_return lines.end_with(Problem(ProblemKind::message_too_large, "A line does not end."));
    arrived.erase(0, arrived.size() - text.size());
    more = *received;
    if (!more) break;
    const bool sent = co_await lines.answer();
    if (!sent) break;
  }
  co_return Try<>();
}

}  // namespace

Task<Try<>> publish_lines(Call& call, std::string topic) {
  if (!call.head.idempotency_key.empty()) {
    co_return Problem(ProblemKind::invalid_request,
                      "Lines are not published together: a key cannot stand for all of them.",
                      "Idempotency-Key");
  }
  call.reply.content_type = kNdjson;
  call.reply.field("Twofold-Atomic", "false");
  Lines lines(call, std::move(topic));
  Try<> done;
  if (call.inlet) {
    done = co_await publish_arriving(call, lines);
  } else {
    std::string_view text = call.body;
    done = co_await lines.publish(text, true);
    if (!done) done = lines.end_with(std::move(done).problem());
  }
  if (done && lines.is_answering()) co_await lines.answer();
  co_return done;
}

}  // namespace twofold::http
