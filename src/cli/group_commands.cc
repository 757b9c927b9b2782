#include <fmt/format.h>

#include "src/cli/bounds.h"
#include "src/cli/handlers.h"
#include "src/cli/manage.h"

namespace twofold::cli {
namespace {

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (comma != 0) parts.emplace_back(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return parts;
}

// {"offsets":{"orders":{"0":{"committed":4,...}}}} as (topic, partition, place) rows.
struct Place {
  std::string topic;
  std::string partition;
  Json values;
};
std::vector<Place> places_of(const Answer& group) {
  std::vector<Place> places;
  for (const auto& [topic, partitions] : group["offsets"].members()) {
    for (const auto& [partition, values] : partitions.members()) {
      places.push_back(Place{topic, partition, values});
    }
  }
  return places;
}

std::string or_dash(Json value) {
  return value.exists() && !value.is_null() ? value.string() : "-";
}

// What moving the group in one topic would do: forwards skips records, backwards reads them again.
struct Effect {
  std::uint64_t skipped = 0;
  std::uint64_t again = 0;
};

Effect effect_of(const Answer& group, const std::string& topic,
                 const std::vector<Target>& targets) {
  Effect effect;
  for (const Target& target : targets) {
    const Json place = group["offsets"][topic][fmt::format("{}", target.bounds.partition)];
    const Json committed = place["committed"].exists() ? place["committed"] : place;
    const std::int64_t from =
        committed.exists() && !committed.is_null() ? committed.number() : target.bounds.start;
    const std::int64_t moved = target.offset - from;
    (moved > 0 ? effect.skipped : effect.again) += static_cast<std::uint64_t>(std::abs(moved));
  }
  return effect;
}

}  // namespace

Tried<> run_group_list(Session& session, const Args&) {
  const auto groups = session.api().list("/v1/groups");
  if (!groups) return groups.error();
  Table table({
      {"NAME"},
      {     "TOPICS"     },
      { "LAG",      true}
  });
  for (const Answer& group : *groups) {
    std::string topics;
    for (const Json topic : group["topics"].elements()) {
      topics += (topics.empty() ? "" : ",") + topic.string();
    }
    table.add(
        {group["name"].string(), topics.empty() ? "-" : topics, or_dash(group["lag"]["count"])});
  }
  session.print_list(*groups, table);
  return Done{};
}

Tried<> run_group_describe(Session& session, const Args& args) {
  const std::string name = args.text("name");
  const auto group = session.api().call(ApiCall("GET", group_path(name)));
  if (!group) return group.error();
  Table table({
      {"TOPIC"},
      { "PARTITION",   true},
      { "COMMITTED",   true},
      { "END",   true},
      { "LAG",   true}
  });
  for (const Place& place : places_of(*group)) {
    table.add({place.topic, place.partition, or_dash(place.values["committed"]),
               or_dash(place.values["end"]), or_dash(place.values["lag"]["count"])});
  }
  session.print(*group, table.str(session.terminal().out_is_terminal()), name);
  return Done{};
}

Tried<> run_group_seek(Session& session, const Args& args) {
  const std::string name = args.text("name");
  if (!args.has("to")) {
    return usage("--to is missing", fmt::format("twofold group seek {} --to start", name));
  }
  const Position position = *parse_position(args.text("to"));
  // A group that has committed nothing yet can be placed too, when topics are named.
  auto topics = split(args.text("topics"));
  const auto found = topics.empty() ? session.api().call(ApiCall("GET", group_path(name)))
                                    : Tried<Answer>(Answer("{}"));
  if (!found) return found.error();
  Answer group = *found;
  if (topics.empty()) {
    for (const auto& [topic, partitions] : group["offsets"].members()) topics.push_back(topic);
  } else if (const auto existing = find(session, kGroupKind, name); existing && *existing) {
    group = **existing;
  }
  for (const std::string& topic : topics) {
    const auto targets = resolve_position(session, topic, position);
    if (!targets) return targets.error();
    const Effect effect = effect_of(group, topic, *targets);
    const std::string what =
        fmt::format("moves group \"{}\" in {}: {} records read again, {} skipped", name, topic,
                    effect.again, effect.skipped);
    if (args.has("dry-run")) {
      session.terminal().out(fmt::format("would: {}\n", what));
      continue;
    }
    if (auto yes = session.terminal().confirm(what, name, effect.again + effect.skipped); !yes) {
      return yes;
    }
    JsonObject offsets;
    for (const Target& target : *targets) {
      offsets.number(fmt::format("{}", target.bounds.partition), target.offset);
    }
    const std::string body = JsonObject().text("topic", topic).raw("to", offsets.str()).str();
    const auto answer = session.api().call(ApiCall("POST", group_path(name, "/seek"), body));
    if (!answer) return answer.error();
    session.print(*answer, fmt::format("{}\n", what), name);
  }
  return Done{};
}

Tried<> run_group_delete(Session& session, const Args& args) {
  for (const std::string& name : args.all("name")) {
    if (auto deleted = delete_one(session, args, kGroupKind, name, 0); !deleted) return deleted;
  }
  return Done{};
}

}  // namespace twofold::cli
