// Queues: list, create with a log of their own or attached to a topic, configure, delete.
#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "http/rest/config_in.h"
#include "http/rest/filter_in.h"
#include "http/rest/handlers.h"
#include "http/rest/listing.h"
#include "http/rest/not_found.h"
#include "http/rest/position_in.h"
#include "http/rest/queue_out.h"
#include "queue/fifo_name.h"

namespace twofold::http {
namespace {

using QueueDone = engine::Completion<queue::QueueInfo>;

void render_queue(Call& call, const queue::QueueInfo& info, bool dry_run = false) {
  JsonWriter json(call.reply.body);
  append_queue(json, info, dry_run);
  if (!dry_run) call.reply.field("ETag", fmt::format("\"{}\"", info.version));
}

struct QueueRequest : Asked {
  queue::QueueConfig config;
  std::optional<Places> source;  // an attached queue: the topic as it was looked up
};

// The topic may have been deleted, and even created again, while a time was looked up in it.
engine::Result<queue::QueueSource> resolve_source(const log::Topics& topics, const Places& places) {
  const auto topic = topics.find(places.topic.name);
  if (!topic) return topic.error();
  if (topic->id != places.topic.id) {
    return engine::Error(engine::Errc::topic_not_found,
                         fmt::format("the topic {} was replaced meanwhile", places.topic.name));
  }
  queue::QueueSource source{places.topic.name, topic->logs, {}};
  for (const log::PartitionPosition& position : places.positions) {
    source.start_offsets.push_back(position.offset);
  }
  return source;
}

// One core turn. Attaching again to the same topic leaves the queue where it reads: "latest" then
// and "latest" now are the same wish.
void create_on_core(Broker& broker, QueueRequest& request, QueueDone done) {
  queue::Queues& queues = broker.queues;
  std::optional<queue::QueueSource> source;
  if (request.source) {
    auto resolved = resolve_source(broker.topics, *request.source);
    if (!resolved) return done(resolved.error());
    source = *std::move(resolved);
    const auto existing = queues.find(request.name);
    if (existing && existing->source && existing->source->topic == source->topic) {
      source = existing->source;
    }
  }
  if (request.dry_run) {
    return done(
        queues.preview_create(request.name, request.config, source, request.wanted.create_only));
  }
  queues.create(request.name, request.config, std::move(source), request.wanted.create_only,
                std::move(done));
}

void replace_on_core(queue::Queues& queues, const QueueRequest& request, QueueDone done) {
  const auto existing = queues.find(request.name);
  if (!existing) return done(existing.error());
  const std::string now = existing->source ? existing->source->topic : "";
  const std::string then = request.source ? request.source->topic.name : "";
  if (now != then) {
    return done(engine::Error(engine::Errc::exists_with_other_config,
                              "A queue cannot change what it reads.",
                              "Delete the queue, or attach another one."));
  }
  if (request.dry_run) {
    return done(queues.preview_configure(request.name, request.config, request.wanted.version));
  }
  queues.configure(request.name, request.config, request.wanted.version, std::move(done));
}

struct QueuePatch : Asked {
  QueueChanges changes;
};

void patch_on_core(queue::Queues& queues, const QueuePatch& patch, QueueDone done) {
  auto found = queues.find(patch.name);
  if (!found) return done(found.error());
  queue::QueueConfig config = found->config;
  patch.changes.apply(config);
  const auto version = patch.wanted.version;
  if (patch.dry_run) return done(queues.preview_configure(patch.name, config, version));
  queues.configure(patch.name, std::move(config), version, std::move(done));
}

// What an attached queue promises to be able to replay, its topic must keep.
Try<> check_retained(const log::TopicInfo& topic, const queue::QueueConfig& config) {
  const auto& kept = topic.config.retention_time;
  if (!kept || config.retain_acked <= *kept) return {};
  return Problem(ProblemKind::invalid_request,
                 fmt::format("The topic {} keeps its records for {} only.", topic.name,
                             engine::format_duration(*kept)),
                 "retain_acked");
}

// A queue reads a topic and sends its dead letters on for whoever made it so.
std::optional<Problem> permit_others(const Call& call, const QueueChanges& changes) {
  if (changes.source_topic) {
    if (auto refused = permit(call, Permission::consume, access::topic(*changes.source_topic)))
      return refused;
  }
  queue::QueueConfig named;
  changes.apply(named);
  if (named.dead_letter.empty()) return std::nullopt;
  return permit(call, Permission::publish, access::queue(named.dead_letter));
}

// Whether a reader of an empty topic of one partition could begin there.
engine::Result<> place_in_empty(std::string_view from, engine::WallTime now) {
  const auto position = log::parse_position(from, now);
  if (!position) return position.error();
  if (std::holds_alternative<engine::WallTime>(*position)) return {};
  const engine::Offset zero{0};
  const engine::LogStatus status{zero, zero, zero, 0, engine::WallTime{0}};
  const auto placed = log::place(*position, {
                                                {engine::PartitionId{0}, status}
  });
  if (!placed) return placed.error();
  return {};
}

queue::QueueSource source_to_come(std::string topic) {
  return {std::move(topic), {engine::LogId{0}}, {engine::Offset{0}}};
}

// Of a dry run: what else is wrong with a queue whose topic is not there. Who makes that topic
// first, as `twofold apply` does, hears of it in time.
Task<std::optional<Problem>> wrong_besides(Call& call, const QueueRequest& request,
                                           const QueueChanges& changes) {
  const auto placed = place_in_empty(changes.source_from, call.broker().clock.wall());
  if (!placed) co_return Problem(placed.error());
  const queue::QueueSource source = source_to_come(*changes.source_topic);
  auto ask = [&queues = call.broker().queues, &request, &source] {
    return queues.preview_create(request.name, request.config, source, request.wanted.create_only);
  };
  const auto planned = co_await ask_core(call.broker().core, std::move(ask));
  if (!planned) co_return Problem(planned.error());
  co_return std::nullopt;
}

Task<Try<QueueRequest>> read_put(Call& call) {
  auto asked = read_asked(call);
  if (!asked) co_return std::move(asked).problem();
  auto changes = read_queue_changes(call);
  if (!changes) co_return std::move(changes).problem();
  QueueRequest request{*std::move(asked), call.broker().shared.queue_defaults, {}};
  if (queue::is_fifo_name(request.name)) request.config.order = queue::Order::key;
  changes->apply(request.config);
  if (auto refused = permit_others(call, *changes)) co_return *std::move(refused);
  auto filter = read_filter(call.broker(), request.config.filter, "source.filter");
  if (!filter) co_return std::move(filter).problem();
  if (!changes->source_topic) co_return request;
  auto places =
      co_await find_places(call, *changes->source_topic, changes->source_from, "source.from");
  if (!places) {
    Problem problem = std::move(places).problem();
    std::optional<Problem> other;
    if (request.dry_run && problem.kind == ProblemKind::topic_not_found)
      other = co_await wrong_besides(call, request, *changes);
    if (other) co_return *std::move(other);
    co_return problem;
  }
  const auto partitions = static_cast<std::size_t>(places->topic.config.partitions);
  if (places->positions.size() != partitions) {
    co_return Problem(ProblemKind::invalid_request,
                      "A queue reads every partition, and this position speaks about one.",
                      "source.from");
  }
  auto retained = check_retained(places->topic, request.config);
  if (!retained) co_return std::move(retained).problem();
  request.source = *std::move(places);
  co_return request;
}

}  // namespace

Task<Try<>> list_queues(Call& call) {
  auto query = parse_list_query(call);
  if (!query) co_return std::move(query).problem();
  auto list = [&queues = call.broker().queues](const std::string& after, std::size_t most) {
    return queues.list(after, most);
  };
  const auto page =
      co_await list_visible(call, access::Kind::queue, *std::move(query), std::move(list));
  JsonWriter json(call.reply.body);
  json.begin_object().name("items").begin_array();
  for (const queue::QueueInfo& info : page.infos) append_queue(json, info);
  end_list(call, json, page.last);
  co_return Try<>();
}

Task<Try<>> put_queue(Call& call) {
  auto request = co_await read_put(call);
  if (!request) co_return std::move(request).problem();
  auto start = [&broker = call.broker(), &request](QueueDone done) {
    if (request->wanted.version) return replace_on_core(broker.queues, *request, std::move(done));
    create_on_core(broker, *request, std::move(done));
  };
  auto info = co_await on_core<queue::QueueInfo>(call.broker().core, std::move(start));
  if (!info) {
    const bool topic_gone = info.error().code == engine::Errc::topic_not_found;
    const std::string about = topic_gone ? request->source->topic.name : request->name;
    co_return co_await explained(call, info.error(), about);
  }
  if (info->was_created && !request->dry_run) call.reply.status = 201;
  render_queue(call, *info, request->dry_run);
  co_return Try<>();
}

Task<Try<>> get_queue(Call& call) {
  auto name = call.name(0);
  if (!name) co_return std::move(name).problem();
  auto ask = [&queues = call.broker().queues, &name] { return queues.find(*name); };
  auto info = co_await ask_core(call.broker().core, std::move(ask));
  if (!info) co_return co_await explained(call, info.error(), *name);
  render_queue(call, *info);
  co_return Try<>();
}

Task<Try<>> patch_queue(Call& call) {
  auto asked = read_asked(call);
  if (!asked) co_return std::move(asked).problem();
  auto changes = read_queue_changes(call);
  if (!changes) co_return std::move(changes).problem();
  if (changes->source_topic) {
    co_return Problem(ProblemKind::invalid_request, "A queue cannot change what it reads.",
                      "source");
  }
  if (auto refused = permit_others(call, *changes)) co_return *std::move(refused);
  const QueuePatch patch{*std::move(asked), *std::move(changes)};
  auto start = [&queues = call.broker().queues, &patch](QueueDone done) {
    patch_on_core(queues, patch, std::move(done));
  };
  auto info = co_await on_core<queue::QueueInfo>(call.broker().core, std::move(start));
  if (!info) co_return co_await explained(call, info.error(), patch.name);
  render_queue(call, *info, patch.dry_run);
  co_return Try<>();
}

Task<Try<>> delete_queue(Call& call) {
  auto name = call.name(0);
  if (!name) co_return std::move(name).problem();
  auto dry_run = call.flag("dry_run");
  if (!dry_run) co_return std::move(dry_run).problem();
  auto start = [&queues = call.broker().queues, &name, &dry_run](QueueDone done) {
    if (*dry_run) return done(queues.find(*name));
    queues.remove(*name, std::move(done));
  };
  auto info = co_await on_core<queue::QueueInfo>(call.broker().core, std::move(start));
  if (!info) co_return co_await explained(call, info.error(), *name);
  JsonWriter json(call.reply.body);
  json.begin_object().name("name").string(*name).name("deleted").boolean(!*dry_run);
  if (*dry_run) {
    json.name("dry_run").boolean(true).name("messages");
    append_counters(json, info->counters);
  }
  json.end_object();
  co_return Try<>();
}

}  // namespace twofold::http
