#include "src/serve/namespace_rooms.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/base/diag.h"
#include "http/call.h"
#include "http/shown.h"

namespace twofold {

using engine::Errc;
using engine::Error;

namespace {

constexpr std::size_t kAccountLeast = 256 << 10;
constexpr std::size_t kMakingBytes = 512;  // of the journal, about

}  // namespace

MemoryBudgets part_of(MemoryBudgets whole, std::size_t namespaces) {
  const auto share = [namespaces](auto& account, auto least) {
    account = std::max<std::decay_t<decltype(account)>>(account / namespaces, least);
  };
  for (std::size_t* const account :
       {&whole.requests, &whole.producers, &whole.keys, &whole.groups, &whole.waiting})
    share(*account, kAccountLeast);
  share(whole.marked_messages, kAccountLeast / 100);
  share(whole.ahead, kAccountLeast / 16);
  return whole;
}

NamespaceRooms::NamespaceRooms(const RoomsWorld& world, engine::Core& core, std::size_t most)
    : world_(world),
      core_(core),
      most_(most),
      cores_(core, [this](const std::string& name, engine::Core& its) { build(name, its); }) {}

void NamespaceRooms::build(const std::string& name, engine::Core& core) {
  const MemoryBudgets memory =
      part_of(memory_budgets(world_.config), std::max<std::size_t>(most_, 1));
  auto rooms = std::make_unique<Rooms>(world_, memory, core, name);
  const std::lock_guard lock(mutex_);
  rooms_.emplace(name, std::move(rooms));
}

http::Broker* NamespaceRooms::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = rooms_.find(name);
  return found == rooms_.end() ? nullptr : &found->second->broker();
}

std::vector<std::string> NamespaceRooms::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, rooms] : rooms_) names.push_back(name);
  return names;
}

void NamespaceRooms::for_each(const std::function<void(http::Broker&)>& visit) {
  for (const auto& [name, rooms] : rooms_) visit(rooms->broker());
}

void NamespaceRooms::make(std::string name, engine::Completion<engine::Durability> done) {
  if (!http::is_namespace(name)) {
    return done(Error(Errc::invalid_request,
                      fmt::format("{} is no name for a namespace", http::shown(name))));
  }
  const bool is_new = !cores_.has(name);
  if (is_new && cores_.count() >= most_) {
    Error full(Errc::overloaded, fmt::format("there are {} namespaces already", most_),
               "raise limits.namespaces");
    full.actual_name = http::kNamespacesFull;
    full.actual = std::to_string(most_);
    return done(std::move(full));
  }
  if (auto admitted = core_.admit(engine::Admission::publish, kMakingBytes); !admitted)
    return done(admitted.error());
  cores_.make(name);
  // Also of one that is there: whoever made it may still wait for the device.
  core_.on_commit(engine::Durability::disk, std::move(done));
}

void NamespaceRooms::want(std::string name) {
  core_.executor().post([this, name = std::move(name)] {
    if (cores_.has(name)) return;
    make(name, [name](const engine::Result<engine::Durability>& made) {
      if (made) return;
      engine::diag(engine::DiagLevel::error, "auth",
                   "keys are of no use: their namespace cannot be made",
                   {
                       {"namespace", name               },
                       {"error",     made.error().detail},
                       {"hint",      made.error().hint  }
      });
    });
  });
}

}  // namespace twofold
