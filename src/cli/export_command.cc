// Topics and queues as a file that `apply` takes.
#include <algorithm>

#include <fmt/format.h>

#include "src/cli/handlers.h"
#include "src/cli/json_text.h"
#include "src/cli/resources.h"

namespace twofold::cli {
namespace {

// What the broker says of a resource and nobody can set.
constexpr std::string_view kTold[] = {
    "id",      "created",  "records",           "bytes", "etag", "messages",
    "backlog", "cleaning", "partitions_detail", "source"};

bool is_told(std::string_view member) {
  return std::find(std::begin(kTold), std::end(kTold), member) != std::end(kTold);
}

bool begins_at_the_start(Json source) {
  const auto partitions = source["partitions"].elements();
  return std::all_of(partitions.begin(), partitions.end(),
                     [](Json partition) { return partition["from"].number() == 0; });
}

// TOML writes texts, numbers and arrays as JSON does, and has no null: what is not there is left
// out, but for limits, which a new topic would have.
std::string toml_value(std::string_view of, Json value) {
  if (!value.text().starts_with('{')) return std::string(value.text());
  std::string members;
  for (const auto& [name, member] : value.members()) {
    if (member.is_null() && of != "retention") continue;
    members += fmt::format("{}{} = {}", members.empty() ? " " : ", ", name,
                           member.is_null() ? "0" : toml_value(name, member));
  }
  return "{" + members + " }";
}

std::vector<std::pair<std::string, std::string>> members_of(const Answer& resource) {
  std::vector<std::pair<std::string, std::string>> members;
  const Json source = resource["source"];
  if (source.exists()) {
    members.emplace_back("attach", source["topic"].text());
    members.emplace_back("from", begins_at_the_start(source) ? "\"start\"" : "\"end\"");
    if (source["filter"].exists() && !source["filter"].is_null())
      members.emplace_back("filter", source["filter"].text());
  }
  for (const auto& [name, value] : resource.json().members()) {
    if (!is_told(name) && name != "name" && !value.is_null()) {
      members.emplace_back(name, value.text());
    }
  }
  return members;
}

// "topics,queues", some of it, in any order.
Tried<std::vector<const Kind*>> kinds_of(std::string_view text) {
  std::vector<const Kind*> kinds;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::string_view word = text.substr(0, text.find(','));
    if (word == "topics") {
      kinds.push_back(&kTopicKind);
    } else if (word == "queues") {
      kinds.push_back(&kQueueKind);
    } else {
      return usage(fmt::format("--resources: \"{}\" is nothing that can be exported", word),
                   "there are topics and queues: --resources topics,queues");
    }
    if (word.size() == text.size()) return kinds;
    text.remove_prefix(word.size() + 1);
  }
}

}  // namespace

Tried<> run_export(Session& session, const Args& args) {
  const auto wanted = kinds_of(args.has("resources") ? args.text("resources") : "topics,queues");
  if (!wanted) return wanted.error();
  std::string toml;
  JsonObject document;
  for (const Kind* kind : {&kTopicKind, &kQueueKind}) {
    if (std::find(wanted->begin(), wanted->end(), kind) == wanted->end()) continue;
    const auto all = session.api().list(fmt::format("/v1/{}s", kind->noun));
    if (!all) return all.error();
    std::vector<std::string> objects;
    for (const Answer& one : *all) {
      JsonObject object;
      object.raw("name", one["name"].text());
      toml += fmt::format("{}[[{}]]\nname = {}\n", toml.empty() ? "" : "\n", kind->noun,
                          one["name"].text());
      for (const auto& [name, value] : members_of(one)) {
        object.raw(name, value);
        toml += fmt::format("{} = {}\n", name, toml_value(name, Json(value)));
      }
      objects.push_back(object.str());
    }
    document.raw(kind->noun, json_array(objects));
  }
  const bool as_json = session.format() == Format::json || session.format() == Format::jsonl;
  session.terminal().out(as_json ? document.str() + "\n" : toml);
  return Done{};
}

}  // namespace twofold::cli
