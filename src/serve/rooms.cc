#include "src/serve/rooms.h"

#include <utility>

#include "src/serve/filters.h"

namespace twofold {

log::GroupsOptions groups_options(const Config& config, const MemoryBudgets& memory) {
  log::GroupsOptions options;
  options.offsets_retention = config.groups.offset_retention;
  options.bytes_max = memory.groups;
  return options;
}

namespace {

queue::QueueLimits queue_limits(const MemoryBudgets& memory, std::shared_ptr<engine::Names> names) {
  queue::QueueLimits limits;
  limits.marked_max = memory.marked_messages;
  limits.ahead_max = memory.ahead;
  limits.names = std::move(names);
  return limits;
}

}  // namespace

Rooms::Rooms(const RoomsWorld& world, const MemoryBudgets& memory, engine::Core& core,
             std::string name)
    : requests_(core, {world.config.http.idempotency_window, memory.requests}),
      topics_(core, {memory.producers, memory.keys, memory.waiting, world.names}),
      groups_(core, topics_, groups_options(world.config, memory)),
      queues_(core, queue_limits(memory, world.names), &compile_stored_filter),
      broker_{core,        topics_,      groups_,   queues_,      world.storage_pool,
              world.clock, world.random, requests_, world.shared, std::move(name)} {}

}  // namespace twofold
