#include "http/rest/page_answer.h"

#include <algorithm>

#include "engine/base/duration_text.h"
#include "http/rest/cloud_event_out.h"
#include "http/rest/one_line.h"
#include "log/cursor.h"

namespace twofold::http {

Try<RecordWriter::Values> parse_encoding(const Call& call) {
  const auto encoding = call.query("encoding");
  if (!encoding) return RecordWriter::Values::as_stored;
  if (*encoding == "base64") return RecordWriter::Values::base64;
  return Problem(ProblemKind::invalid_request, "encoding can be base64.", "encoding");
}

Task<Result<log::Readable>> wait_for_records(Call& call, log::Read read, engine::Instant deadline) {
  log::Topics& topics = call.broker().topics;
  log::Read again = read;
  auto start = [&topics, read = std::move(read),
                deadline](engine::Completion<log::Readable> done) mutable {
    return topics.read(std::move(read), deadline, std::move(done));
  };
  auto cancel = [&topics](std::uint64_t ticket) { topics.cancel(ticket); };
  auto readable = co_await wait_on_core<log::Readable>(call.watch, call.broker().core,
                                                       std::move(start), std::move(cancel));
  if (readable) co_return *std::move(readable);
  auto at_once = [&topics,
                  again = std::move(again)](engine::Completion<log::Readable> done) mutable {
    topics.read(std::move(again), engine::Instant{0}, std::move(done));
  };
  co_return co_await on_core<log::Readable>(call.broker().core, std::move(at_once));
}

void append_lag(JsonWriter& json, const Page& page, engine::WallTime now) {
  json.name("lag").begin_object().name("count").number(page.lag_count);
  // How far behind the newest record is that this reader has not seen is not known without reading
  // it; the age of the last one that it has seen bounds it from above.
  engine::Duration age{0};
  if (!page.caught_up && page.newest) age = std::max(engine::Duration{0}, now - *page.newest);
  json.name("age").string(engine::format_duration(age)).end_object();
}

void PageAnswer::begin() {
  switch (call_.answer_in) {
    case Media::protobuf: call_.reply.content_type = kProtobuf; return;
    case Media::ndjson: call_.reply.content_type = kNdjson; return;
    case Media::cloud_events:
      call_.reply.content_type = kCloudEvents;
      json_.begin_array();
      return;
    default: json_.begin_object().name("records").begin_array();
  }
}

PageSink PageAnswer::sink() {
  if (call_.answer_in == Media::protobuf) {
    return [this](engine::PartitionId partition, const engine::StoredRecord& record) {
      writer_.protobuf(call_.reply.body, 1, partition, record);
    };
  }
  if (call_.answer_in == Media::ndjson) {
    return [this](engine::PartitionId partition, const engine::StoredRecord& record) {
      const std::size_t begin = call_.reply.body.size();
      JsonWriter line(call_.reply.body);
      writer_.json(line, partition, record);
      keep_on_one_line(call_.reply.body, begin);
      call_.reply.body.push_back('\n');
    };
  }
  if (call_.answer_in == Media::cloud_events) {
    return [this](engine::PartitionId partition, const engine::StoredRecord& record) {
      append_cloud_event(json_, topic_.name, partition, record);
    };
  }
  return [this](engine::PartitionId partition, const engine::StoredRecord& record) {
    writer_.json(json_, partition, record);
  };
}

void PageAnswer::end(const Page& page) {
  const std::string cursor = log::encode_cursor({topic_.id, page.next});
  if (call_.answer_in == Media::protobuf) {
    ProtoWriter proto(call_.reply.body);
    proto.bytes(2, cursor);
    proto.number(3, page.caught_up ? 1 : 0);
    proto.number(4, static_cast<std::uint64_t>(page.lag_count));
    return;
  }
  if (call_.answer_in == Media::cloud_events) json_.end_array();
  if (call_.answer_in == Media::ndjson || call_.answer_in == Media::cloud_events) {
    call_.reply.field("Twofold-Cursor", cursor);
    call_.reply.field("Twofold-Caught-Up", page.caught_up ? "true" : "false");
    return;
  }
  json_.end_array().name("cursor").string(cursor);
  json_.name("caught_up").boolean(page.caught_up);
  append_lag(json_, page, call_.broker().clock.wall());
  json_.end_object();
}

}  // namespace twofold::http
