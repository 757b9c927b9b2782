#include "http/rest/record_stream.h"

#include <algorithm>
#include <chrono>

#include "http/rest/not_found.h"
#include "http/rest/one_line.h"
#include "http/rest/page_answer.h"
#include "http/trace/span.h"
#include "log/cursor.h"

namespace twofold::http {
namespace {

constexpr auto kHeartbeat = std::chrono::seconds{15};
constexpr std::size_t kPieceBytes = 64 << 10;
// A cursor names every partition: with more than these only the last record of a piece has one.
constexpr std::size_t kCursorEachMax = 16;
constexpr std::string_view kEventStream = "text/event-stream";

/// Writes what the log says into the answer's next piece, as events or as lines.
class StreamWriter {
 public:
  StreamWriter(Call& call, Places& places, RecordWriter::Values values)
      : out_(call.reply.body),
        places_(places),
        events_(call.answer_in == Media::events),
        writer_(places.topic.name, values) {}

  void begin(Reply& reply) {
    reply.content_type = events_ ? kEventStream : kNdjson;
    reply.field("Cache-Control", "no-cache");
    reply.field("X-Accel-Buffering", "no");  // nginx would hold the pieces back
    if (events_) out_.append("retry: 1000\n\n");
  }

  void record(engine::PartitionId partition, const engine::StoredRecord& record) {
    move_to(partition, engine::advance(record.offset, 1));
    if (events_) {
      if (cursor_each()) id();
      out_.append("event: record\ndata: ");
    }
    const std::size_t begin = out_.size();
    JsonWriter json(out_);
    writer_.json(json, partition, record);
    keep_on_one_line(out_, begin);
    out_.append(events_ ? "\n\n" : "\n");
  }

  /// Retention passed this reader: what is between was never shown.
  void gaps(const log::Readable& readable) {
    for (const log::ReadablePartition& partition : readable.partitions) {
      const engine::Offset before = place(partition.partition).offset;
      if (partition.from > before) gap({partition.partition, before, partition.from});
    }
  }

  void end_page(const Page& page) {
    for (const PageGap& damaged : page.gaps) gap(damaged);
    places_.positions = page.next;
    const bool arrived = page.caught_up && !caught_up_;
    caught_up_ = page.caught_up;
    if (!events_) return;
    if (arrived) {
      id();
      out_.append("event: caught_up\ndata: {}\n\n");
    } else if (page.records > 0 && !cursor_each()) {
      id();
      out_.append("\n");
    }
  }

  bool is_caught_up() const { return caught_up_; }

  /// Says that the connection lives, and how far a reader has come whose filter lets little
  /// through.
  void heartbeat() {
    if (!events_) return out_.append("\n"), void();
    out_.append(": hb\n");
    id();
    out_.append("\n");
  }

  void problem(const Problem& problem, std::string_view request_id) {
    if (events_) out_.append("event: problem\ndata: ");
    append_problem_json(out_, problem, request_id);
    out_.append(events_ ? "\n\n" : "\n");
  }

 private:
  void gap(const PageGap& gap) {
    if (events_) out_.append("event: gap\ndata: ");
    JsonWriter json(out_);
    json.begin_object();
    if (!events_) json.name("type").string("gap");
    json.name("partition").number(gap.partition.value());
    json.name("from").number(gap.from.value()).name("to").number(gap.to.value()).end_object();
    out_.append(events_ ? "\n\n" : "\n");
  }
  bool cursor_each() const { return places_.positions.size() <= kCursorEachMax; }
  void id() {
    out_.append("id: ").append(log::encode_cursor({places_.topic.id, places_.positions}));
    out_.append("\n");
  }
  log::PartitionPosition& place(engine::PartitionId partition) {
    return *std::ranges::lower_bound(places_.positions, partition, {},
                                     &log::PartitionPosition::partition);
  }
  void move_to(engine::PartitionId partition, engine::Offset offset) {
    place(partition).offset = offset;
  }

  std::string& out_;
  Places& places_;
  bool events_;
  RecordWriter writer_;
  bool caught_up_ = false;
};

/// When something was last said.
class Pulse {
 public:
  explicit Pulse(engine::Clock& clock) : clock_(clock), last_(clock.now()) {}
  engine::Instant next() const { return last_ + kHeartbeat; }
  bool is_due() const { return clock_.now() >= next(); }
  void beat() { last_ = clock_.now(); }

 private:
  engine::Clock& clock_;
  engine::Instant last_;
};

}  // namespace

Task<Try<>> stream_records(Call& call, Places places, ReadQuery query) {
  StreamWriter writer(call, places, query.values);
  query.limits.records_max = SIZE_MAX;
  const std::size_t bytes_max = std::min(query.limits.bytes_max, kPieceBytes * 4);
  query.limits.bytes_max = kPieceBytes;
  query.limits.step_over = true;
  query.skip_trimmed = true;
  PageSink sink = [&writer](engine::PartitionId partition, const engine::StoredRecord& record) {
    writer.record(partition, record);
  };
  Pulse pulse(call.broker().clock);
  call.span.reset();  // it would end when the stream does: each piece has one of its own
  writer.begin(call.reply);
  for (;;) {
    const bool sent = co_await call.outlet.send();
    if (!sent || call.outlet.is_closing()) co_return Try<>();
    log::Read read = to_read(query, places);
    read.bytes_max = bytes_max;
    const engine::Instant deadline = writer.is_caught_up() ? pulse.next() : engine::Instant{0};
    auto readable = co_await wait_for_records(call, std::move(read), deadline);
    if (!readable) {
      Problem gone = co_await explained(call, readable.error(), places.topic.name);
      writer.problem(gone, call.request_id);
      co_await call.outlet.send();
      co_return Try<>();
    }
    writer.gaps(*readable);
    trace::begin(call);
    auto page = co_await make_page(call, *readable, query.limits, sink);
    trace::end_piece(call, page ? page->records : 0);
    if (!page) {
      Problem damaged = std::move(page).problem();
      if (damaged.kind == ProblemKind::overloaded) {
        call.reply.body.clear();
        co_await call.outlet.pause();
        continue;
      }
      writer.problem(damaged, call.request_id);
      co_await call.outlet.send();
      co_return Try<>();
    }
    writer.end_page(*page);
    if (pulse.is_due() && call.reply.body.empty()) writer.heartbeat();
    if (!call.reply.body.empty()) pulse.beat();
  }
}

}  // namespace twofold::http
