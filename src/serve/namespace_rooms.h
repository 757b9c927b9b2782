#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/namespaces.h"
#include "http/namespaces.h"
#include "src/serve/rooms.h"

namespace twofold {

/// The rooms of every namespace but the default one, over one engine.
///
/// Contract  as http::Namespaces. There are `most` of them at most, however they come about, but for
///           those that are on the disk already.
/// Memory    each has an equal part of a second set of the default namespace's budgets.
class NamespaceRooms final : public http::Namespaces {
 public:
  /// Before recovery. `world` and what it refers to outlive it, as `core` does.
  NamespaceRooms(const RoomsWorld& world, engine::Core& core, std::size_t most);

  http::Broker* find(std::string_view name) const override;
  std::vector<std::string> names() const override;
  void for_each(const std::function<void(http::Broker&)>& visit) override;
  void make(std::string name, engine::Completion<engine::Durability> done) override;
  void want(std::string name) override;

 private:
  void build(const std::string& name, engine::Core& core);

  const RoomsWorld world_;
  engine::Core& core_;
  const std::size_t most_;
  mutable std::mutex mutex_;  // guards the map, which the core alone adds to
  engine::Namespaces cores_;  // outlives the rooms over its cores
  std::map<std::string, std::unique_ptr<Rooms>, std::less<>> rooms_;
};

/// What one of so many namespaces may use.
MemoryBudgets part_of(MemoryBudgets whole, std::size_t namespaces);

}  // namespace twofold
