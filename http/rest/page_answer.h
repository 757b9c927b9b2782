#pragma once

#include "http/call.h"
#include "http/rest/page.h"
#include "http/rest/record_out.h"

namespace twofold::http {

/// Whether values are wanted as they are or all as base64: the `encoding` parameter.
Try<RecordWriter::Values> parse_encoding(const Call& call);

/// Reads on the core; waits until `deadline` when there is nothing yet. A wait that was cut short
/// (drain, client gone) answers with what a read finds now, which is nothing.
Task<Result<log::Readable>> wait_for_records(Call& call, log::Read read, engine::Instant deadline);

/// Renders a page of records as JSON, NDJSON, CloudEvents or Protobuf, record by record as they
/// come.
class PageAnswer {
 public:
  PageAnswer(Call& call, const log::TopicInfo& topic, RecordWriter::Values values)
      : call_(call), topic_(topic), writer_(topic.name, values), json_(call.reply.body) {}

  void begin();
  PageSink sink();
  /// Cursor and lag; in header fields where the body is records only (NDJSON, CloudEvents).
  void end(const Page& page);

 private:
  Call& call_;
  const log::TopicInfo& topic_;
  RecordWriter writer_;
  JsonWriter json_;
};

/// {"count":..,"age":".."} of what stands behind a page.
void append_lag(JsonWriter& json, const Page& page, engine::WallTime now);

}  // namespace twofold::http
