#pragma once

#include <memory>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/executor.h"
#include "engine/base/names.h"
#include "engine/base/random.h"
#include "engine/requests.h"
#include "http/broker.h"
#include "log/groups.h"
#include "log/topics.h"
#include "queue/queues.h"
#include "src/serve/memory.h"

namespace twofold {

/// What the rooms of every namespace are made with. All of it outlives them.
struct RoomsWorld {
  const Config& config;
  engine::Executor& storage_pool;
  engine::Clock& clock;
  engine::Random& random;
  http::BrokerShared& shared;
  /// Of all namespaces together.
  std::shared_ptr<engine::Names> names =
      std::make_shared<engine::Names>(static_cast<std::size_t>(config.limits.names));
};

/// Topics, groups, queues and remembered requests of one namespace, over its core, and the broker
/// as handlers see it there. Threads  as http::Broker.
class Rooms {
 public:
  /// Before recovery, or from a turn of the core. `name` is empty for the default namespace.
  Rooms(const RoomsWorld& world, const MemoryBudgets& memory, engine::Core& core,
        std::string name = {});

  http::Broker& broker() { return broker_; }

 private:
  engine::Requests requests_;
  log::Topics topics_;
  log::Groups groups_;
  queue::Queues queues_;
  http::Broker broker_;
};

/// What groups remember and for how long, as the configuration asks for it.
log::GroupsOptions groups_options(const Config& config, const MemoryBudgets& memory);

}  // namespace twofold
