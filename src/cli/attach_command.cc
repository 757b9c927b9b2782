#include <fmt/format.h>

#include "src/cli/bounds.h"
#include "src/cli/handlers.h"
#include "src/cli/queue_settings.h"
#include "src/cli/session.h"

namespace twofold::cli {
namespace {

// How many records stand between the position and the end: the messages that would appear.
Tried<std::uint64_t> backlog(Session& session, const std::string& topic, const Position& from) {
  const auto targets = resolve_position(session, topic, from);
  if (!targets) return targets.error();
  std::uint64_t records = 0;
  for (const Target& target : *targets) {
    records += static_cast<std::uint64_t>(target.bounds.end - target.offset);
  }
  return records;
}

}  // namespace

Tried<> run_attach(Session& session, const Args& args) {
  const std::string topic = args.text("topic");
  const std::string queue = args.text("queue");
  const Position from = args.has("from") ? *parse_position(args.text("from"))
                                         : Position{Position::Kind::end, 0, {}, {}};
  const auto waiting = backlog(session, topic, from);
  if (!waiting) return waiting.error();
  if (args.has("dry-run")) {
    session.terminal().out(
        fmt::format("would attach {} to topic {}, {} messages waiting\n", queue, topic, *waiting));
    return Done{};
  }
  const auto positions = api_positions(session, topic, from);
  if (!positions) return positions.error();
  if (positions->size() != 1) {
    return usage("that position is another one in each partition",
                 "use start, end or a time (@-2h)");
  }
  JsonObject source;
  source.text("topic", topic).text("from", positions->front());
  if (args.has("filter")) source.text("filter", args.text("filter"));
  JsonObject body = queue_settings(args);
  body.raw("source", source.str());
  ApiCall call("PUT", queue_path(queue), body.str());
  call.headers.emplace_back("If-None-Match", "*");
  const auto answer = session.api().call(call);
  if (!answer && answer.error().exit == ExitCode::conflict) {
    Failure failure = answer.error();
    failure.what = fmt::format("queue \"{}\" exists, or a topic has that name", queue);
    failure.hint = fmt::format("choose another name, or run: twofold queue delete {}", queue);
    return failure;
  }
  if (!answer) return answer.error();
  session.print(
      *answer,
      fmt::format("attached {} to topic {}, {} messages waiting\n", queue, topic, *waiting), queue);
  return Done{};
}

}  // namespace twofold::cli
