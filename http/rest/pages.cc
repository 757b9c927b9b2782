// What this server is, and what its error codes mean.
#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "http/json_writer.h"
#include "http/nearest.h"
#include "http/rest/handlers.h"
#include "http/rest/record_in.h"
#include "http/server_common.h"

namespace twofold::http {

Task<Try<>> server_info(Call& call) {
  const Broker& broker = call.broker();
  JsonWriter json(call.reply.body);
  json.begin_object().name("name").string("twofold");
  json.name("version").string(broker.shared.server.version);
  json.name("commit").string(broker.shared.server.commit);
  json.name("started").string(engine::format_time(broker.shared.server.started));
  json.name("features").begin_array();
  for (const std::string_view feature :
       {"topics", "queues", "groups", "attach", "protobuf", "websocket"}) {
    json.string(feature);
  }
  json.end_array();
  json.name("ui").begin_object();
  json.name("read_only").boolean(*call.common.options.pages.read_only.now());
  json.end_object().name("limits").begin_object();
  json.name("message_bytes_max").number(broker.shared.topic_defaults.record_bytes_max);
  json.name("request_bytes_max").number(call.common.options.body_bytes_max);
  json.name("request_records_max").number(kRecordsMax);
  json.name("wait_max").string("60s").name("receive_max").number(1'000);
  json.name("name_bytes_max").number(249);
  json.name("headers_max").number(kHeadersMax).name("header_bytes_max").number(kHeaderBytesMax);
  json.end_object().name("links").begin_object();
  json.name("topics").string("/v1/topics").name("queues").string("/v1/queues");
  json.name("groups").string("/v1/groups").name("openapi").string("/openapi.json");
  json.name("asyncapi").string("/asyncapi.json");
  json.name("stream").string("/v1/ws").name("inspect").string("/v1/inspect");
  json.name("stats").string("/v1/stats").name("pages").string("/ui/");
  json.name("health").string("/health").name("metrics").string("/metrics");
  json.end_object().end_object();
  co_return Try<>();
}

Task<Try<>> error_page(Call& call) {
  const ProblemInfo* row = find_problem(call.args[0]);
  if (!row) {
    std::vector<std::string> codes;
    for (const ProblemInfo& known : problem_table()) codes.emplace_back(known.code);
    Problem problem(ProblemKind::not_found, "There is no such error code.", "code");
    co_return problem.with_hint(did_you_mean(call.args[0], codes));
  }
  JsonWriter json(call.reply.body);
  json.begin_object().name("code").string(row->code).name("status").number(row->status);
  json.name("title").string(row->title).name("meaning").string(row->meaning);
  json.name("retryable").boolean(retryable(row->kind)).end_object();
  co_return Try<>();
}

}  // namespace twofold::http
