// Topics: list, create, configure, delete, trim.
#include <charconv>

#include <fmt/format.h>

#include "http/once.h"
#include "http/rest/config_in.h"
#include "http/rest/handlers.h"
#include "http/rest/json_request.h"
#include "http/rest/listing.h"
#include "http/rest/not_found.h"
#include "http/rest/position_in.h"
#include "http/rest/record_in.h"
#include "http/rest/topic_out.h"

namespace twofold::http {
namespace {

Task<Try<>> render_topic(Call& call, log::TopicInfo info, bool dry_run = false) {
  auto ask = [&topics = call.broker().topics, &info] { return view_of(topics, std::move(info)); };
  const TopicView view = co_await ask_core(call.broker().core, std::move(ask));
  JsonWriter json(call.reply.body);
  append_topic(json, view, dry_run);
  if (!dry_run) call.reply.field("ETag", fmt::format("\"{}\"", view.info.version));
  co_return Try<>();
}

// What a request asks for that makes a topic or changes it.
struct TopicRequest : Asked {
  TopicChanges changes;
};

Try<TopicRequest> read_request(Call& call) {
  auto asked = read_asked(call);
  if (!asked) return std::move(asked).problem();
  auto changes = read_topic_changes(call);
  if (!changes) return std::move(changes).problem();
  return TopicRequest{*std::move(asked), *std::move(changes)};
}

void put_on_core(Broker& broker, const TopicRequest& request,
                 engine::Completion<log::TopicInfo> done) {
  log::TopicConfig config = broker.shared.topic_defaults;
  request.changes.apply(config);
  log::Topics& topics = broker.topics;
  const Preconditions& wanted = request.wanted;
  if (request.dry_run) {
    return done(wanted.version ? topics.preview_configure(request.name, config, wanted.version)
                               : topics.preview_create(request.name, config, wanted.create_only));
  }
  if (wanted.version)
    return topics.configure(request.name, config, wanted.version, std::move(done));
  topics.create(request.name, config, wanted.create_only, std::move(done));
}

// One core turn: nobody can come between reading the configuration and replacing it.
void patch_on_core(log::Topics& topics, const TopicRequest& request,
                   engine::Completion<log::TopicInfo> done) {
  auto found = topics.find(request.name);
  if (!found) return done(found.error());
  log::TopicConfig config = found->config;
  request.changes.apply(config);
  if (request.dry_run)
    return done(topics.preview_configure(request.name, config, request.wanted.version));
  topics.configure(request.name, std::move(config), request.wanted.version, std::move(done));
}

// Those that the caller may know of, and how many others.
std::string joined(const Call& call, const std::vector<std::string>& queues) {
  std::string list;
  std::size_t others = 0;
  for (const std::string& name : queues) {
    if (!may_inspect(call, access::queue(name))) {
      ++others;
      continue;
    }
    if (!list.empty()) list.append(", ");
    list.append(name);
  }
  if (others > 0)
    list.append(
        fmt::format("{}{} that this key may not see", list.empty() ? "" : " and ", others));
  return list;
}

// {"0": 100, "1": 7}
Try<std::vector<log::PartitionPosition>> read_offsets(JsonReader& json) {
  std::vector<log::PartitionPosition> positions;
  json.enter_object();
  std::string_view name;
  while (json.next_member(name)) {
    std::int32_t partition = -1;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), partition);
    if (error != std::errc{} || end != name.data() + name.size() || partition < 0) {
      return Problem(ProblemKind::invalid_request, "Members here are partition numbers.", "before");
    }
    for (const auto& position : positions) {
      if (position.partition.value() != partition) continue;
      return Problem(ProblemKind::invalid_request, "A partition is given twice.", "before");
    }
    auto offset = read_number(json, 0, INT64_MAX);
    if (!offset) return std::move(offset).problem();
    positions.push_back({engine::PartitionId{partition}, engine::Offset{*offset}});
  }
  if (!json.ok()) return json_problem(*json.error(), "before");
  return positions;
}

// {"before": {"0": 100}} or {"before": "-7d"}, "latest", "2-41", an offset for all partitions.
Task<Try<std::vector<log::PartitionPosition>>> read_trim(Call& call, std::string topic) {
  static constexpr std::string_view kNames[] = {"before"};
  JsonReader json(call.body, call.scratch.texts);
  MemberLoop members(json, kNames);
  std::vector<log::PartitionPosition> positions;
  std::string text;
  while (members.next()) {
    if (json.peek() == JsonType::object) {
      auto offsets = read_offsets(json);
      if (offsets) {
        positions = *std::move(offsets);
      } else {
        members.refuse(std::move(offsets).problem());
      }
    } else {
      text = json.peek() == JsonType::number ? json.number() : json.string();
    }
  }
  if (auto problem = members.problem()) co_return *std::move(problem);
  if (!json.finish()) co_return json_problem(*json.error());
  if (text.empty()) {
    if (!positions.empty()) co_return positions;
    co_return Problem(ProblemKind::invalid_request, "before says what to forget.", "before")
        .with_hint("Write {\"before\":\"-7d\"}, a time, or offsets like {\"before\":{\"0\":100}}.");
  }
  auto places = co_await find_places(call, std::move(topic), std::move(text), "before");
  if (!places) co_return std::move(places).problem();
  co_return std::move(places->positions);
}

}  // namespace

Task<Try<>> list_topics(Call& call) {
  auto query = parse_list_query(call);
  if (!query) co_return std::move(query).problem();
  auto list = [&topics = call.broker().topics](const std::string& after, std::size_t most) {
    return topics.list(after, most);
  };
  auto page = co_await list_visible(call, access::Kind::topic, *std::move(query), std::move(list));
  auto ask = [&topics = call.broker().topics, &page] {
    std::vector<TopicView> views;
    for (auto& info : page.infos) views.push_back(view_of(topics, std::move(info)));
    return views;
  };
  const std::vector<TopicView> views = co_await ask_core(call.broker().core, std::move(ask));
  JsonWriter json(call.reply.body);
  json.begin_object().name("items").begin_array();
  for (const TopicView& view : views) append_topic(json, view);
  end_list(call, json, page.last);
  co_return Try<>();
}

Task<Try<>> put_topic(Call& call) {
  auto request = read_request(call);
  if (!request) co_return std::move(request).problem();
  auto start = [&broker = call.broker(), &request](engine::Completion<log::TopicInfo> done) {
    put_on_core(broker, *request, std::move(done));
  };
  auto info = co_await on_core<log::TopicInfo>(call.broker().core, std::move(start));
  if (!info) co_return co_await explained(call, info.error(), request->name);
  if (info->was_created && !request->dry_run) call.reply.status = 201;
  co_return co_await render_topic(call, *std::move(info), request->dry_run);
}

Task<Try<>> get_topic(Call& call) {
  auto name = call.name(0);
  if (!name) co_return std::move(name).problem();
  auto ask = [&topics = call.broker().topics, &name] { return topics.find(*name); };
  auto info = co_await ask_core(call.broker().core, std::move(ask));
  if (!info) co_return co_await explained(call, info.error(), *name);
  co_return co_await render_topic(call, *std::move(info));
}

Task<Try<>> patch_topic(Call& call) {
  auto request = read_request(call);
  if (!request) co_return std::move(request).problem();
  auto start = [&broker = call.broker(), &request](engine::Completion<log::TopicInfo> done) {
    patch_on_core(broker.topics, *request, std::move(done));
  };
  auto info = co_await on_core<log::TopicInfo>(call.broker().core, std::move(start));
  if (!info) co_return co_await explained(call, info.error(), request->name);
  co_return co_await render_topic(call, *std::move(info), request->dry_run);
}

Task<Try<>> delete_topic(Call& call) {
  auto name = call.name(0);
  if (!name) co_return std::move(name).problem();
  auto start = [&call, &name](engine::Completion<log::TopicInfo> done) {
    const auto queues = call.broker().queues.reading(*name);
    if (queues.empty()) return call.broker().topics.remove(*name, std::move(done));
    done(engine::Error(engine::Errc::topic_has_queues,
                       fmt::format("These queues read {}: {}.", *name, joined(call, queues)),
                       "Delete the queues first; the topic's records stay until then."));
  };
  auto info = co_await on_core<log::TopicInfo>(call.broker().core, std::move(start));
  if (!info) co_return co_await explained(call, info.error(), *name);
  JsonWriter json(call.reply.body);
  json.begin_object().name("name").string(*name).name("deleted").boolean(true).end_object();
  co_return Try<>();
}

Task<Try<>> trim_topic(Call& call) {
  auto name = call.name(0);
  if (!name) co_return std::move(name).problem();
  auto before = co_await read_trim(call, *name);
  if (!before) co_return std::move(before).problem();
  using Trimmed = std::vector<log::PartitionOffsets>;
  auto start = [&topics = call.broker().topics, &name, &before](engine::Completion<Trimmed> done,
                                                                engine::Decided<Trimmed> decided) {
    topics.trim(*name, *std::move(before), std::move(done), std::move(decided));
  };
  auto trimmed = co_await write_once<Trimmed>(call, std::move(start));
  if (!trimmed) co_return co_await explained(call, trimmed.error(), *name);
  JsonWriter json(call.reply.body);
  json.begin_object().name("topic").string(*name).name("partitions").begin_array();
  for (const log::PartitionOffsets& partition : *trimmed) {
    json.begin_object().name("partition").number(partition.partition.value());
    json.name("start").number(partition.status.start.value());
    json.name("end").number(partition.status.visible_end.value()).end_object();
  }
  json.end_array().end_object();
  co_return Try<>();
}

}  // namespace twofold::http
