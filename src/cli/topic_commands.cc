#include <fmt/format.h>

#include "src/cli/bounds.h"
#include "src/cli/handlers.h"
#include "src/cli/manage.h"
#include "src/config/units.h"

namespace twofold::cli {
namespace {

std::uint64_t records_of(const std::vector<Bounds>& partitions) {
  std::int64_t records = 0;
  for (const Bounds& bounds : partitions) records += bounds.end - bounds.start;
  return static_cast<std::uint64_t>(records);
}

std::string bounds_as_json(const std::vector<Bounds>& partitions) {
  std::vector<std::string> elements;
  for (const Bounds& bounds : partitions) {
    elements.push_back(JsonObject()
                           .number("partition", bounds.partition)
                           .number("start", bounds.start)
                           .number("end", bounds.end)
                           .str());
  }
  return json_array(elements);
}

Table bounds_table(const std::vector<Bounds>& partitions) {
  Table table({
      {"PARTITION", true},
      {"START",     true},
      {"END",       true},
      {"RECORDS",   true}
  });
  for (const Bounds& bounds : partitions) {
    table.add({fmt::format("{}", bounds.partition), fmt::format("{}", bounds.start),
               fmt::format("{}", bounds.end), fmt::format("{}", bounds.end - bounds.start)});
  }
  return table;
}

// The topic's own document with the bounds of its partitions as one member more.
std::string with_bounds(const Answer& topic, const std::vector<Bounds>& partitions) {
  JsonObject object;
  for (const auto& [name, value] : topic.json().members()) {
    if (name != "partitions_detail") object.raw(name, value.text());
  }
  object.raw("partitions_detail", bounds_as_json(partitions));
  return object.str();
}

}  // namespace

Tried<> run_topic_create(Session& session, const Args& args) {
  JsonObject body;
  if (const auto partitions = args.count("partitions")) {
    body.number("partitions", static_cast<std::int64_t>(*partitions));
  }
  JsonObject retention;
  // Null is the API's word for no limit.
  if (const auto time = args.duration("retention-time")) {
    retention.raw("time", time->count() == 0 ? "null" : json_quote(format_duration(*time)));
  }
  if (const auto bytes = args.size("retention-bytes")) {
    retention.raw("bytes", *bytes == 0 ? "null" : fmt::format("{}", *bytes));
  }
  if (const auto count = args.count("retention-count")) {
    retention.raw("count", *count == 0 ? "null" : fmt::format("{}", *count));
  }
  if (!retention.empty()) body.raw("retention", retention.str());
  if (args.has("cleanup")) body.text("cleanup", args.text("cleanup"));
  if (args.has("durability")) body.text("durability", args.text("durability"));
  return create_all(session, args, kTopicKind, body.str());
}

Tried<> run_topic_list(Session& session, const Args&) {
  const auto topics = session.api().list("/v1/topics");
  if (!topics) return topics.error();
  Table table({
      {"NAME"      },
      {"PARTITIONS", true},
      {"RECORDS",            true},
      {"RETENTION"}
  });
  for (const Answer& topic : *topics) {
    const Json records = topic["records"];
    table.add({topic["name"].string(), std::string(topic["partitions"].text()),
               records.exists() ? std::string(records.text()) : "-",
               topic["retention"]["time"].string()});
  }
  session.print_list(*topics, table);
  return Done{};
}

Tried<> run_topic_describe(Session& session, const Args& args) {
  const std::string name = args.text("name");
  const auto topic = session.api().call(ApiCall("GET", topic_path(name)));
  if (!topic) return topic.error();
  const auto partitions = partition_bounds(session, name);
  if (!partitions) return partitions.error();
  const bool separators = session.terminal().out_is_terminal();
  JsonObject settings;
  for (const auto& [member, value] : topic->json().members()) {
    if (!value.text().starts_with('[')) settings.raw(member, value.text());
  }
  const std::string settings_text = settings.str();
  session.print(Answer(with_bounds(*topic, *partitions)),
                fmt::format("{}\n{}", describe_text(Json(settings_text), separators),
                            bounds_table(*partitions).str(separators)),
                name);
  return Done{};
}

Tried<> run_topic_config(Session& session, const Args& args) {
  return show_or_configure(session, args, kTopicKind);
}

Tried<> run_topic_trim(Session& session, const Args& args) {
  const std::string name = args.text("name");
  if (!args.has("before")) {
    return usage("--before is missing", fmt::format("twofold topic trim {} --before 0:1000", name));
  }
  const Position position = *parse_position(args.text("before"));
  const auto targets = resolve_position(session, name, position);
  if (!targets) return targets.error();
  JsonObject before;
  std::uint64_t affected = 0;
  for (const Target& target : *targets) {
    affected += static_cast<std::uint64_t>(target.offset - target.bounds.start);
    before.number(fmt::format("{}", target.bounds.partition), target.offset);
  }
  if (args.has("dry-run")) {
    session.terminal().out(fmt::format("would trim {} records of {}\n", affected, name));
    return Done{};
  }
  const std::string effect = fmt::format("forgets {} records of topic \"{}\"", affected, name);
  if (auto yes = session.terminal().confirm(effect, name, affected); !yes) return yes;
  const auto answer = session.api().call(
      ApiCall("POST", topic_path(name, "/trim"), JsonObject().raw("before", before.str()).str()));
  if (!answer) return answer.error();
  session.print(*answer, fmt::format("trimmed {} records of {}\n", affected, name), name);
  return Done{};
}

Tried<> run_topic_delete(Session& session, const Args& args) {
  for (const std::string& name : args.all("name")) {
    // A topic that is not there is reported by the deletion itself.
    const auto bounds = partition_bounds(session, name);
    std::optional<std::uint64_t> records = bounds ? records_of(*bounds) : 0;
    if (!bounds && may_not_look(bounds.error())) records.reset();
    if (auto deleted = delete_one(session, args, kTopicKind, name, records); !deleted) {
      return deleted;
    }
  }
  return Done{};
}

}  // namespace twofold::cli
