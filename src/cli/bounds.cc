#include "src/cli/bounds.h"

#include <algorithm>

#include <fmt/format.h>

namespace twofold::cli {

Tried<std::vector<Bounds>> partition_bounds(Session& session, const std::string& topic,
                                            const std::string& at) {
  ApiCall call("GET", topic_path(topic, "/offsets"));
  if (!at.empty()) call.query.emplace_back("at", at);
  const auto answer = session.api().call(call);
  if (!answer) return answer.error();
  std::vector<Bounds> all;
  for (const Json partition : (*answer)["partitions"].elements()) {
    Bounds bounds;
    bounds.partition = static_cast<int>(partition["partition"].number());
    bounds.start = partition["start"].number();
    bounds.end = partition["end"].number();
    const Json found = partition["at"];
    bounds.at = found.exists() && !found.is_null() ? found.number() : bounds.end;
    all.push_back(bounds);
  }
  return all;
}

Tried<std::vector<Target>> resolve_position(Session& session, const std::string& topic,
                                            const Position& position) {
  const bool by_time =
      position.kind == Position::Kind::time || position.kind == Position::Kind::ago;
  const auto all =
      partition_bounds(session, topic, by_time ? api_position(position, 0, 0) : std::string());
  if (!all) return all.error();

  std::vector<Target> targets;
  for (const Bounds& bounds : *all) {
    if (position.partition && *position.partition != bounds.partition) continue;
    std::int64_t offset = bounds.end;
    switch (position.kind) {
      case Position::Kind::start: offset = bounds.start; break;
      case Position::Kind::end: offset = bounds.end; break;
      case Position::Kind::offset: offset = position.number; break;
      case Position::Kind::after_start: offset = bounds.start + position.number; break;
      case Position::Kind::before_end: offset = bounds.end - position.number; break;
      case Position::Kind::time:
      case Position::Kind::ago: offset = bounds.at; break;
    }
    targets.push_back(Target{bounds, std::clamp(offset, bounds.start, bounds.end)});
  }
  if (targets.empty()) {
    return Failure(ExitCode::not_found,
                   fmt::format("topic \"{}\" has no partition {}", topic, *position.partition),
                   fmt::format("run: twofold topic describe {}", topic));
  }
  return targets;
}

namespace {

// An offset that is gone or not there yet is read as the nearest one that is; not in silence.
void tell_if_moved(const Session& session, std::string_view topic, const Position& position,
                   const Target& target) {
  if (position.kind != Position::Kind::offset || position.number == target.offset) return;
  const bool gone = position.number < target.offset;
  session.terminal().warn(fmt::format("offset {} of {}, partition {}, {}: going on from {}",
                                      position.number, topic, target.bounds.partition,
                                      gone ? "is gone" : "does not exist yet", target.offset));
}

}  // namespace

Tried<std::vector<std::string>> api_positions(Session& session, const std::string& topic,
                                              const Position& position) {
  const bool by_offset = needs_bounds(position) || position.kind == Position::Kind::offset;
  if (!by_offset && !position.partition) {
    return std::vector<std::string>{api_position(position, 0, 0)};
  }
  const auto targets = resolve_position(session, topic, position);
  if (!targets) return targets.error();
  std::vector<std::string> texts;
  for (const Target& target : *targets) {
    tell_if_moved(session, topic, position, target);
    texts.push_back(fmt::format("{}-{}", target.bounds.partition, target.offset));
  }
  return texts;
}

}  // namespace twofold::cli
