#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "src/cli/args.h"
#include "src/cli/session.h"

namespace twofold::cli {

/// What topics, queues and groups are managed by: the words and paths that differ.
struct Kind {
  std::string_view noun;  // "topic"
  std::string (*path)(std::string_view name, std::string_view rest);
};
extern const Kind kTopicKind;
extern const Kind kQueueKind;
extern const Kind kGroupKind;

/// PUT with create-only, once for each NAME; --if-not-exists makes an existing one fine.
Tried<> create_all(Session& session, const Args& args, const Kind& kind, const std::string& body);

/// Creates the resource with the broker's defaults unless it is there already.
Tried<> ensure(Session& session, const Kind& kind, const std::string& name);

/// DELETE of one resource that `affected` records or messages go with, asking first; --if-exists,
/// --dry-run. Nullopt: the key may manage it and not look at it, so that nobody here knows.
Tried<> delete_one(Session& session, const Args& args, const Kind& kind, const std::string& name,
                   std::optional<std::uint64_t> affected);

/// Whether the broker lets this key not look: what it may do all the same is tried without.
inline bool may_not_look(const Failure& failure) {
  return failure.exit == ExitCode::not_authorised;
}

/// How many messages a queue's document tells, whatever their state.
std::uint64_t messages_of(const Answer& queue);

/// Shows the resource, or sends the KEY=VALUE pairs as a merge patch and shows what came of it.
Tried<> show_or_configure(Session& session, const Args& args, const Kind& kind);

/// "retention.time=3d" pairs as one nested JSON object; numbers, true, false and null stay what
/// they are, everything else is a string. Settings that are durations need a unit. A retention of 0
/// is none, as when a topic is created.
Tried<std::string> settings_as_patch(const std::vector<std::string>& pairs);

/// Whoever carries out requests to the API: over a connection, or inside the broker that starts.
using ApiCaller = std::function<Tried<Answer>(const ApiCall&)>;

/// 404 is not an error here: nothing instead of a Failure.
Tried<std::optional<Answer>> find(const ApiCaller& api, const Kind& kind, const std::string& name);
Tried<std::optional<Answer>> find(Session& session, const Kind& kind, const std::string& name);

}  // namespace twofold::cli
