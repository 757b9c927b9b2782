#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/diag.h"
#include "queue/fifo_name.h"
#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

using engine::Errc;
using engine::Error;

constexpr std::string_view kQueuePrefix = "queue/";
constexpr std::string_view kTopicPrefix = "topic/";
constexpr std::string_view kReceiptKey = "secret/receipts";

std::string key_of(std::string_view name) { return std::string(kQueuePrefix).append(name); }

Result<> check_fifo(const std::string& name, const QueueConfig& config, bool attached) {
  if (!is_fifo_name(name)) return {};
  constexpr std::string_view kHint = "leave it away, or give the queue a name without .fifo";
  if (attached)
    return Error(Errc::invalid_request,
                 "a queue named *.fifo has no source: a topic keeps no groups", std::string(kHint));
  if (config.order == Order::key) return {};
  return Error(Errc::invalid_request, "a queue named *.fifo has order key", std::string(kHint));
}

Result<> check_config(const std::string& name, const QueueConfig& config, bool attached,
                      std::size_t partitions) {
  const auto wrong = [](std::string detail) { return Error(Errc::invalid_request, detail); };
  if (config.dead_letter == name) return wrong("a queue cannot be its own dead letter queue");
  if (attached && config.delay != Duration{0})
    return wrong("an attached queue has no delay: its messages are published to the topic");
  if (attached && config.retention)
    return wrong("an attached queue has no retention: the topic's holds");
  if (!attached && !config.filter.empty())
    return wrong("a queue with a log of its own has no filter: what is sent to it is for it");
  const QueueConfig plain;
  if (attached &&
      (config.dedup_scope != plain.dedup_scope || config.dedup_window != plain.dedup_window))
    return wrong("an attached queue has no deduplication: its messages are published to the topic");
  if (config.dedup_content && !is_fifo_name(name))
    return wrong("only a queue named *.fifo goes by content: give each message a dedup_id");
  if (auto fifo = check_fifo(name, config, attached); !fifo) return fifo;
  if (config.backoff_max != Duration{0} && config.backoff_max < config.backoff_min)
    return wrong("the longest backoff is shorter than the shortest");
  if (partitions > kPartitionsMax) return wrong("a queue reads at most 65536 partitions");
  return {};
}

}  // namespace

// Queues are built here, by definitions that come in live and by those that are replayed alike.
void Queues::State::watch() {
  watch_moves();
  core.catalog().watch(std::string(kQueuePrefix),
                       [this](std::string_view key, const engine::Document* document) {
                         const std::string_view name = key.substr(kQueuePrefix.size());
                         document ? define(name, *document) : forget(name);
                       });
  core.catalog().watch(std::string(kReceiptKey),
                       [this](std::string_view, const engine::Document* document) {
                         ReceiptKey key{};
                         if (!document || document->value.size() != key.size()) return;
                         std::copy_n(document->value.begin(), key.size(), key.begin());
                         receipts.emplace(key);
                       });
}

void Queues::State::define(std::string_view name, const engine::Document& document) {
  auto definition = decode_definition(document.value);
  // The journal's checksums vouch for the bytes; only a program error can have written others.
  TF_CHECK(definition.has_value());
  if (Queue* const queue = find(name)) {
    if (queue->id() == definition->id) return update(*queue, document.version, *definition);
    forget(name);  // another queue of this name; that the first was removed is lost with a block
  }
  build(name, document.version, std::move(*definition));
}

void Queues::State::build(std::string_view name, std::uint64_t version, Definition definition) {
  auto queue = std::make_unique<Queue>();
  queue->name = name;
  queue->version = version;
  if (definition.own_log) {
    queue->partitions.emplace_back(*definition.own_log, Offset{0});
  } else {
    for (std::size_t i = 0; i < definition.source->logs.size(); ++i)
      queue->partitions.emplace_back(definition.source->logs[i],
                                     definition.source->start_offsets[i]);
  }
  queue->definition = std::move(definition);
  queue->filter = compiled(*queue);
  next_id = std::max(next_id, queue->id() + 1);
  if (!queue->config().dead_letter.empty())
    dead_letter_users.emplace(queue->config().dead_letter, queue->id());

  Queue& built = *queue;
  limits.names->add();
  by_id.emplace(built.id(), &built);
  by_name.emplace(built.name, std::move(queue));
  open_logs(built);
  if (built.looks_ahead()) look_again(built);
  if (serving) arm_retention(built);
  if (observer) observer->on_defined(built.name, /*is_new=*/true);
}

// Whoever made the queue compiled it once: only an older or newer broker can have known better.
std::shared_ptr<const RecordFilter> Queues::State::compiled(Queue& queue) const {
  const std::string& text = queue.config().filter;
  if (text.empty()) return nullptr;
  const auto filter =
      compile ? compile(text) : Error(Errc::invalid_request, "this broker knows no filters");
  if (filter) return *filter;
  engine::diag(engine::DiagLevel::error, "queue", "a queue is paused: its filter is not understood",
               {
                   {"queue",  queue.name           },
                   {"filter", text                 },
                   {"error",  filter.error().detail}
  });
  queue.definition.config.paused = true;
  return nullptr;
}

void Queues::State::open_logs(Queue& queue) {
  queue.sparse = serving && is_sparse(queue);
  for (std::size_t i = 0; i < queue.partitions.size(); ++i) {
    Partition& partition = queue.partitions[i];
    if (!queue.attached()) {
      core.open_log(partition.log, {queue.config().durability, &face});
      core.listen(partition.log, face);
    } else if (!readers.contains(partition.log)) {
      core.listen(partition.log, face);
    }
    readers.emplace(partition.log, Reader{queue.id(), static_cast<std::uint16_t>(i)});
    if (!serving) continue;
    const auto status = core.status(partition.log);
    partition.delivery.apply(SkipOp{status.start});
    if (!queue.hides_unseen()) partition.delivery.set_visible_end(status.visible_end);
  }
}

void Queues::State::update(Queue& queue, std::uint64_t version, Definition definition) {
  const std::string before = queue.config().dead_letter;
  const Order order_before = queue.config().order;
  queue.version = version;
  queue.definition = std::move(definition);
  queue.filter = compiled(queue);
  if (queue.config().order != order_before) look_again(queue);
  if (!queue.attached())
    core.open_log(queue.partitions.front().log, {queue.config().durability, &face});
  if (serving) arm_retention(queue);
  if (serving) trim(queue, queue.partitions.front());
  if (observer) observer->on_defined(queue.name, /*is_new=*/false);
  if (queue.config().dead_letter == before) return;
  dead_letter_users.erase({before, queue.id()});
  if (!queue.config().dead_letter.empty())
    dead_letter_users.emplace(queue.config().dead_letter, queue.id());
}

void Queues::State::forget(std::string_view name) {
  const auto found = by_name.find(name);
  if (found == by_name.end()) return;
  const auto queue = std::move(found->second);
  by_name.erase(found);
  limits.names->remove();
  by_id.erase(queue->id());
  dead_letter_users.erase({queue->config().dead_letter, queue->id()});
  for (const Partition& partition : queue->partitions) {
    marked -= partition.accounted;
    ahead -= partition.accounted_ahead;
    edited -= partition.accounted_edits;
    const auto [from, upto] = readers.equal_range(partition.log);
    for (auto at = from; at != upto; ++at) {
      if (at->second.queue != queue->id()) continue;
      readers.erase(at);
      break;
    }
    if (!readers.contains(partition.log)) core.unlisten(partition.log, face);
    if (!queue->attached()) core.drop_log(partition.log);
  }
  if (observer) observer->on_gone(queue->name);
}

void Queues::State::make_fair(Queue& queue) {
  Definition fair = queue.definition;
  fair.config.order = Order::fair;
  TF_CHECK(core.catalog()
               .put_if(key_of(queue.name), encode_definition(fair), queue.version)
               .has_value());
}

void Queues::State::make_receipt_key() {
  if (receipts) return;
  std::string key;
  engine::ByteWriter out(key);
  out.fixed(core.random());
  out.fixed(core.random());
  TF_CHECK(core.catalog().put_if(kReceiptKey, std::move(key), 0).has_value());
}

QueueInfo Queues::State::info(const Queue& queue) const {
  QueueInfo info;
  info.name = queue.name;
  info.id = queue.id();
  info.version = queue.version;
  info.config = queue.config();
  info.source = queue.definition.source;
  info.own_log = queue.definition.own_log;
  info.created = queue.definition.created;
  info.extension = queue.definition.extension;
  info.counters = queue.counters();
  for (const Partition& partition : queue.partitions) {
    const auto backlog = core.backlog(partition.log, partition.delivery.floor());
    if (backlog.records == 0) continue;
    info.backlog_bytes += backlog.bytes;
    const WallTime oldest = backlog.oldest_append;
    info.backlog_oldest = info.backlog_oldest ? std::min(*info.backlog_oldest, oldest) : oldest;
  }
  return info;
}

Result<Definition> Queues::State::new_definition(QueueConfig config,
                                                 std::optional<QueueSource> source) {
  // Before a number is given: refused attempts use none up.
  if (auto admitted = core.admit(engine::Admission::publish, kNoteBytes); !admitted)
    return admitted.error();
  Definition definition;
  definition.id = next_id;
  definition.config = std::move(config);
  definition.created = core.wall();
  if (!source) definition.own_log = core.new_log_id();
  definition.source = std::move(source);
  if (!definition.source) return definition;
  // What the topic has forgotten already is not skipped at each start anew.
  for (std::size_t i = 0; i < definition.source->logs.size(); ++i) {
    Offset& from = definition.source->start_offsets[i];
    from = std::max(from, core.status(definition.source->logs[i]).start);
  }
  return definition;
}

// What dies must have a place to go: a topic takes no letters.
Result<> Queues::State::check_dead_letter(const QueueConfig& config) const {
  const Queue* const target = config.dead_letter.empty() ? nullptr : find(config.dead_letter);
  if (!target || !target->attached()) return {};
  return Error(Errc::queue_is_attached, "queue " + target->name + " reads a topic",
               "name a dead letter queue that has a log of its own");
}

void Queues::State::put(const std::string& name, Definition definition, std::uint64_t expected,
                        Completion<QueueInfo> done) {
  std::string bytes = encode_definition(definition);
  // A full disk takes no new queues, but what is there may be changed: to drain it, say.
  const auto kind = expected == 0 ? engine::Admission::publish : engine::Admission::consume;
  if (auto admitted = core.admit(kind, bytes.size() + kNoteBytes); !admitted)
    return done(admitted.error());
  make_receipt_key();
  const Queue* const there = find(name);
  const QueueConfig before = there ? there->config() : QueueConfig();
  const auto version = core.catalog().put_if(key_of(name), std::move(bytes), expected);
  if (!version) return done(version.error());
  Queue* const queue = find(name);
  TF_CHECK(queue != nullptr);
  kill_used_up(*queue);
  if (!before.dead_letter.empty() && before.dead_letter != queue->config().dead_letter)
    revive_used_up(*queue, before.max_receives);
  QueueInfo answer = info(*queue);
  answer.was_created = expected == 0;
  core.on_commit(Durability::disk, [answer = std::move(answer),
                                    done = std::move(done)](Result<Durability> reached) mutable {
    if (!reached) return done(reached.error());
    done(std::move(answer));
  });
  const std::uint32_t id = queue->id();
  serve(id);  // it may have been paused, or ordered otherwise
  if (!find(id)) return;
  // Dead messages move as soon as there is a place for them to go.
  move_dead(*queue);
  for (const std::uint32_t user : dying_into(name)) {
    Queue* const of = find(user);
    if (!of) continue;
    kill_used_up(*of);
    move_dead(*of);
  }
}

Result<QueueInfo> Queues::preview_create(const std::string& name, const QueueConfig& config,
                                         const std::optional<QueueSource>& source,
                                         bool create_only) const {
  const State& s = *state_;
  const std::size_t partitions = source ? source->logs.size() : 1;
  if (auto sound = check_config(name, config, source.has_value(), partitions); !sound)
    return sound.error();
  if (s.core.catalog().get(std::string(kTopicPrefix).append(name)))
    return Error(Errc::name_taken, "a topic is named " + name);
  if (!config.filter.empty()) {
    const auto filter = s.compile ? s.compile(config.filter)
                                  : Error(Errc::invalid_request, "this broker knows no filters");
    if (!filter) return filter.error();
  }
  if (const Queue* const there = s.find(name)) {
    const auto& had = there->definition.source;
    const bool same_source =
        had.has_value() == source.has_value() &&
        (!source || (had->topic == source->topic && had->logs == source->logs));
    if (create_only || !same_source || !(there->config() == config))
      return Error(Errc::exists_with_other_config, "there is a queue named " + name);
    return s.info(*there);
  }
  if (auto target = s.check_dead_letter(config); !target) return target.error();
  if (auto room = s.limits.names->room(); !room) return room.error();
  QueueInfo info;
  info.name = name;
  info.config = config;
  info.source = source;
  info.created = s.core.wall();
  info.was_created = true;
  return info;
}

Result<QueueInfo> Queues::preview_configure(const std::string& name, const QueueConfig& config,
                                            std::optional<std::uint64_t> expected) const {
  const State& s = *state_;
  const auto needed = s.need(name);
  if (!needed) return needed.error();
  const Queue& queue = **needed;
  if (expected && *expected != queue.version)
    return Error(Errc::etag_mismatch, "queue " + name + " was changed meanwhile");
  const auto sound = check_config(name, config, queue.attached(), queue.partitions.size());
  if (!sound) return sound.error();
  if (config.filter != queue.config().filter)
    return Error(Errc::exists_with_other_config, "the filter of a queue cannot change",
                 "attach another queue with the new one");
  if (config.dead_letter != queue.config().dead_letter)
    if (auto target = s.check_dead_letter(config); !target) return target.error();
  QueueInfo info = s.info(queue);
  info.config = config;
  return info;
}

void Queues::create(std::string name, QueueConfig config, std::optional<QueueSource> source,
                    bool create_only, Completion<QueueInfo> done) {
  State& s = *state_;
  auto planned = preview_create(name, config, source, create_only);
  if (!planned) return done(planned.error());
  if (!planned->was_created) {
    return s.core.on_commit(
        Durability::disk,
        [answer = *std::move(planned), done = std::move(done)](Result<Durability> reached) mutable {
          if (!reached) return done(reached.error());
          done(std::move(answer));
        });
  }
  auto definition = s.new_definition(std::move(config), std::move(source));
  if (!definition) return done(definition.error());
  s.put(name, *std::move(definition), 0, std::move(done));
}

void Queues::create(std::string name, QueueConfig config, std::string extension,
                    Completion<QueueInfo> done) {
  State& s = *state_;
  const auto planned = preview_create(name, config, std::nullopt, /*create_only=*/true);
  if (!planned) return done(planned.error());
  auto definition = s.new_definition(std::move(config), std::nullopt);
  if (!definition) return done(definition.error());
  definition->extension = std::move(extension);
  s.put(name, *std::move(definition), 0, std::move(done));
}

void Queues::configure(std::string name, QueueConfig config, std::optional<std::uint64_t> expected,
                       Completion<QueueInfo> done) {
  const Queue* const queue = state_->find(name);
  std::string extension = queue ? queue->definition.extension : std::string();
  configure(std::move(name), std::move(config), std::move(extension), expected, std::move(done));
}

void Queues::configure(std::string name, QueueConfig config, std::string extension,
                       std::optional<std::uint64_t> expected, Completion<QueueInfo> done) {
  State& s = *state_;
  const auto planned = preview_configure(name, config, expected);
  if (!planned) return done(planned.error());
  const Queue& queue = *s.find(name);
  Definition definition = queue.definition;
  definition.config = std::move(config);
  definition.extension = std::move(extension);
  s.put(name, std::move(definition), queue.version, std::move(done));
}

void Queues::remove(std::string name, Completion<QueueInfo> done) {
  State& s = *state_;
  const auto queue = s.need(name);
  if (!queue) return done(queue.error());
  if (auto admitted = s.core.admit(engine::Admission::consume, kNoteBytes); !admitted)
    return done(admitted.error());
  QueueInfo answer = s.info(**queue);
  std::vector<std::uint64_t> waiting;
  if ((*queue)->waiters)
    for (const Waiter& waiter : *(*queue)->waiters) waiting.push_back(waiter.ticket);
  std::vector<Waiter> waiters;
  for (const std::uint64_t ticket : waiting) waiters.push_back(std::move(*s.unwait(ticket)));

  TF_CHECK(s.core.catalog().remove_if(key_of(name), answer.version).has_value());
  s.core.on_commit(Durability::disk, [answer = std::move(answer),
                                      done = std::move(done)](Result<Durability> reached) mutable {
    if (!reached) return done(reached.error());
    done(std::move(answer));
  });
  s.target_is_gone(name);
  for (Waiter& waiter : waiters)
    waiter.done(Error(Errc::queue_not_found, "queue " + name + " was removed"));
}

}  // namespace twofold::queue
