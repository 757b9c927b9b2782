#include "src/cli/manage.h"

#include <algorithm>

#include <fmt/format.h>

#include "src/config/units.h"

namespace twofold::cli {

const Kind kTopicKind{"topic", &topic_path};
const Kind kQueueKind{"queue", &queue_path};
const Kind kGroupKind{"group", &group_path};

namespace {

// A tree of settings, for keys with dots.
struct Branch {
  std::string name;
  std::string leaf;  // JSON; empty when there are children
  std::vector<Branch> children;

  Branch& child(const std::string& wanted) {
    for (Branch& branch : children) {
      if (branch.name == wanted) return branch;
    }
    return children.emplace_back(Branch{wanted, {}, {}});
  }

  std::string json() const {
    if (children.empty()) return leaf;
    JsonObject object;
    for (const Branch& branch : children) object.raw(branch.name, branch.json());
    return object.str();
  }
};

// The API takes a bare number for seconds. Who types `retention.time=3` may mean days, and would
// lose all records older than three seconds.
constexpr std::string_view kDurations[] = {
    "retention.time", "retention", "visibility_timeout", "delay", "receive_wait",
    "compaction.min_lag", "compaction.max_lag", "compaction.delete_retention"};

bool is_duration(std::string_view key) {
  return std::find(std::begin(kDurations), std::end(kDurations), key) != std::end(kDurations);
}

Tried<std::string> value_as_json(std::string_view key, const std::string& text) {
  if (text == "true" || text == "false" || text == "null") return text;
  if (is_duration(key)) {
    const auto duration = parse_duration(text);
    if (!duration) return usage(fmt::format("{}: {}", key, duration.error().why));
    if (duration->count() == 0 && key == "retention.time") return std::string("null");
    return json_quote(format_duration(*duration));
  }
  if ((key == "retention.bytes" || key == "retention.count") && text == "0")
    return std::string("null");
  if (key == "compaction.min_dirty_ratio") return text;
  if (parse_count(text)) return text;
  return json_quote(text);
}

}  // namespace

Tried<std::string> settings_as_patch(const std::vector<std::string>& pairs) {
  Branch root;
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return usage(fmt::format("\"{}\" is not a setting", pair), "write key=value");
    }
    std::string_view key = std::string_view(pair).substr(0, equals);
    auto value = value_as_json(key, pair.substr(equals + 1));
    if (!value) return value.error();
    Branch* branch = &root;
    while (true) {
      const std::size_t dot = key.find('.');
      branch = &branch->child(std::string(key.substr(0, dot)));
      if (dot == std::string_view::npos) break;
      key.remove_prefix(dot + 1);
    }
    branch->leaf = *std::move(value);
  }
  return root.json();
}

Tried<std::optional<Answer>> find(Session& session, const Kind& kind, const std::string& name) {
  return find([&](const ApiCall& call) { return session.api().call(call); }, kind, name);
}

Tried<std::optional<Answer>> find(const ApiCaller& api, const Kind& kind, const std::string& name) {
  auto answer = api(ApiCall("GET", kind.path(name, "")));
  if (answer) return std::optional<Answer>(*std::move(answer));
  if (answer.error().exit == ExitCode::not_found) return std::optional<Answer>();
  return answer.error();
}

Tried<> create_all(Session& session, const Args& args, const Kind& kind, const std::string& body) {
  for (const std::string& name : args.all("name")) {
    ApiCall call("PUT", kind.path(name, ""), body);
    call.headers.emplace_back("If-None-Match", "*");
    const auto answer = session.api().call(call);
    if (answer) {
      session.print(*answer, fmt::format("created {} {}\n", kind.noun, name), name);
      continue;
    }
    if (answer.error().exit != ExitCode::conflict) return answer.error();
    // The name may be taken by this kind or by the other one; only the first can be meant.
    const auto resource = find(session, kind, name);
    if (!resource || !*resource) return answer.error();
    if (!args.has("if-not-exists")) {
      return Failure(
          ExitCode::conflict, fmt::format("{} \"{}\" exists", kind.noun, name),
          fmt::format("add --if-not-exists, or run: twofold {} config {}", kind.noun, name));
    }
    session.terminal().note(fmt::format("{} {} exists", kind.noun, name));
  }
  return Done{};
}

Tried<> ensure(Session& session, const Kind& kind, const std::string& name) {
  const auto resource = find(session, kind, name);
  if (!resource) return resource.error();
  if (*resource) return Done{};
  ApiCall call("PUT", kind.path(name, ""), "{}");
  call.headers.emplace_back("If-None-Match", "*");
  const auto answer = session.api().call(call);
  if (answer) return Done{};
  // Somebody else may have created it a moment ago.
  const auto again = find(session, kind, name);
  if (again && *again) return Done{};
  return answer.error();
}

Tried<> delete_one(Session& session, const Args& args, const Kind& kind, const std::string& name,
                   std::optional<std::uint64_t> affected) {
  const auto resource = session.api().call(ApiCall("GET", kind.path(name, "")));
  const bool gone_is_fine = args.has("if-exists");
  if (!resource && !may_not_look(resource.error())) {
    const bool is_gone = resource.error().exit == ExitCode::not_found;
    return gone_is_fine && is_gone ? Tried<>(Done{}) : resource.error();
  }
  if (args.has("dry-run")) {
    session.terminal().out(
        fmt::format("would delete {} {} ({} affected)\n", kind.noun, name, how_many(affected)));
    return Done{};
  }
  const std::string effect = fmt::format("deletes {} \"{}\"", kind.noun, name);
  if (auto yes = session.terminal().confirm(effect, name, affected); !yes) return yes;
  const auto answer = session.api().call(ApiCall("DELETE", kind.path(name, "")));
  if (!answer && gone_is_fine && answer.error().exit == ExitCode::not_found) return Done{};
  if (!answer) return answer.error();
  const std::string deleted = JsonObject().text("name", name).boolean("deleted", true).str();
  session.print(Answer(deleted), fmt::format("deleted {} {}\n", kind.noun, name), name);
  return Done{};
}

Tried<> show_or_configure(Session& session, const Args& args, const Kind& kind) {
  const std::string name = args.text("name");
  ApiCall call("GET", kind.path(name, ""));
  if (args.has("key=value")) {
    const auto patch = settings_as_patch(args.all("key=value"));
    if (!patch) return patch.error();
    call = ApiCall("PATCH", kind.path(name, ""), *patch);
  }
  const auto answer = session.api().call(call);
  if (!answer) return answer.error();
  session.print(*answer, describe_text(answer->json(), session.terminal().out_is_terminal()), name);
  return Done{};
}

}  // namespace twofold::cli
