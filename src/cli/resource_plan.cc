// What is missing of it, and what is different.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "src/cli/json_text.h"
#include "src/cli/position.h"
#include "src/cli/resources.h"
#include "src/config/units.h"

namespace twofold::cli {
namespace {

// They say where a queue reads, and are decided when it is made.
bool is_of_source(std::string_view member) {
  return member == "attach" || member == "from" || member == "filter";
}

// In a file, which has no null, no limit is 0.
std::string without_limit(std::string_view path, Json value) {
  const bool limit = path == "retention.time" || path == "retention.bytes" ||
                     path == "retention.count" || path == "retention";
  const std::string text = value.string();
  if (limit && (text == "0" || text == "0s")) return "null";
  if (path != "retention" || !value.text().starts_with('{')) return std::string(value.text());
  JsonObject object;
  for (const auto& [name, member] : value.members()) {
    object.raw(name, without_limit("retention." + name, member));
  }
  return object.str();
}

// Whether the broker's value is what was meant: "168h" is "7d", "1MiB" is 1048576.
bool is_same(Json wanted, Json stands) {
  if (wanted.text() == stands.text()) return true;
  if (wanted.text().starts_with('{')) {
    const auto members = wanted.members();
    return std::all_of(members.begin(), members.end(), [&](const auto& member) {
      return is_same(member.second, stands[member.first]);
    });
  }
  const auto time = parse_duration(wanted.string());
  const auto stands_time = parse_duration(stands.string());
  if (time && stands_time) return *time == *stands_time;
  const auto size = parse_size(wanted.string());
  return size && fmt::format("{}", *size) == stands.text();
}

// "start" and "@-2h" as the API says them. What is no place in every partition the API refuses.
std::string from_of(const std::string& from) {
  if (from.empty()) return "latest";
  const auto position = parse_position(from);
  if (!position || position->partition || needs_bounds(*position)) return from;
  return api_position(*position, 0, 0);
}

std::string source_of(const Resource& queue) {
  JsonObject source;
  source.text("topic", Json(queue.member("attach")).string());
  source.text("from", from_of(Json(queue.member("from")).string()));
  if (const auto filter = queue.member("filter"); !filter.empty()) source.raw("filter", filter);
  return source.str();
}

Step creation(const Resource& wanted) {
  JsonObject body;
  for (const auto& [name, value] : wanted.members) {
    if (!is_of_source(name)) body.raw(name, without_limit(name, Json(value)));
  }
  Step step{'+', wanted.kind, wanted.name};
  step.where = wanted.where;
  if (const auto topic = wanted.member("attach"); !topic.empty()) {
    body.raw("source", source_of(wanted));
    step.topic = Json(topic).string();
    step.detail = fmt::format("attached to {}", step.topic);
  }
  step.body = body.str();
  return step;
}

Failure cannot_change(const Resource& wanted, std::string_view what, Json stands) {
  return Failure(ExitCode::conflict,
                 fmt::format("{} \"{}\" has {} {}, which cannot be changed", wanted.kind->noun,
                             wanted.name, what, stands.exists() ? stands.string() : "none"),
                 fmt::format("leave it in the file as it is, or run: twofold {} delete {}",
                             wanted.kind->noun, wanted.name));
}

Tried<> check_source(const Resource& wanted, Json stands) {
  const Json source = stands["source"];
  const Json topic(wanted.member("attach"));
  if (topic.string() != source["topic"].string()) {
    return cannot_change(wanted, "the source", source["topic"]);
  }
  const Json filter(wanted.member("filter"));
  if (filter.string() != source["filter"].string()) {
    return cannot_change(wanted, "the filter", source["filter"]);
  }
  return Done{};
}

// A topic takes no letters, neither does a queue that reads one.
Tried<> check_dead_letter(const std::vector<Resource>& wanted, const std::string& name) {
  const auto of = std::find_if(wanted.begin(), wanted.end(),
                               [&](const Resource& other) { return other.name == name; });
  if (of == wanted.end()) return Done{};
  const bool is_topic = of->kind == &kTopicKind;
  if (!is_topic && of->member("attach").empty()) return Done{};
  return Failure(ExitCode::conflict,
                 fmt::format("dead letters cannot go to \"{}\", which {}", name,
                             is_topic ? "is a topic" : "reads a topic"),
                 "name a dead letter queue that has a log of its own");
}

Tried<Step> comparison(const Resource& wanted, const Answer& stands) {
  if (auto source = check_source(wanted, stands.json()); !source) return source.error();
  Step step{'=', wanted.kind, wanted.name};
  step.where = wanted.where;
  JsonObject patch;
  for (const auto& [name, value] : wanted.members) {
    if (is_of_source(name)) continue;
    const std::string meant = without_limit(name, Json(value));
    const Json now = stands[name];
    if (is_same(Json(meant), now)) continue;
    if (name == "partitions" || name == "order") return cannot_change(wanted, name, now);
    patch.raw(name, meant);
    step.detail += fmt::format("{}{}: {} -> {}", step.detail.empty() ? "" : ", ", name,
                               now.exists() ? now.text() : "none", meant);
  }
  if (patch.empty()) return step;
  step.sign = '~';
  step.body = patch.str();
  step.etag = stands["etag"].string();
  return step;
}

}  // namespace

Failure at(const std::string& where, const Kind& kind, const std::string& name, Failure failure) {
  if (failure.why.empty()) failure.why = fmt::format("{}: {} \"{}\"", where, kind.noun, name);
  return failure;
}

Tried<std::vector<Step>> plan_resources(const ApiCaller& api, const std::vector<Resource>& wanted) {
  std::set<std::string> made;
  for (const Resource& resource : wanted) made.insert(resource.name);
  std::vector<Step> steps;
  for (const Resource& resource : wanted) {
    const auto wrong = [&resource](const Failure& failure) {
      return at(resource.where, *resource.kind, resource.name, failure);
    };
    const auto stands = find(api, *resource.kind, resource.name);
    if (!stands) return wrong(stands.error());
    const std::string dead_letter = Json(resource.member("dead_letter")).string();
    const bool has_dead_letter = !dead_letter.empty() && dead_letter != "null";
    if (auto sound = check_dead_letter(wanted, dead_letter); has_dead_letter && !sound)
      return wrong(sound.error());
    if (has_dead_letter && made.insert(dead_letter).second) {
      const auto there = find(api, kQueueKind, dead_letter);
      if (!there) return wrong(there.error());
      steps.push_back({*there ? '=' : '+', &kQueueKind, dead_letter, "for dead letters", "{}", "",
                       resource.where, ""});
    }
    if (!*stands) {
      steps.push_back(creation(resource));
      continue;
    }
    auto step = comparison(resource, **stands);
    if (!step) return wrong(step.error());
    steps.push_back(*std::move(step));
  }
  return steps;
}

ApiCall call_of(const Step& step, bool dry_run) {
  ApiCall call(step.sign == '+' ? "PUT" : "PATCH", step.kind->path(step.name, ""), step.body);
  if (dry_run) call.query.emplace_back("dry_run", "true");
  if (step.sign == '+') call.headers.emplace_back("If-None-Match", "*");
  if (!step.etag.empty()) call.headers.emplace_back("If-Match", fmt::format("\"{}\"", step.etag));
  return call;
}

Tried<> carry_out(const ApiCaller& api, const Step& step) {
  if (step.sign == '=') return Done{};
  if (const auto answer = api(call_of(step, /*dry_run=*/false)); !answer)
    return at(step.where, *step.kind, step.name, answer.error());
  return Done{};
}

}  // namespace twofold::cli
