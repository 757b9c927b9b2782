#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/namespace_core.h"

namespace twofold::engine {

/// Several sets of rooms over one core. The rooms of a namespace see only what is theirs, by names
/// that mean nothing elsewhere; journal, disk and timers are everybody's.
///
///   Namespaces namespaces(core, [&](const std::string& name, Core& its_core) { build rooms });
///
/// What is in no namespace is in the core itself and stays as it is.
///
/// Contract
///   build     called when a namespace comes to exist: by make(), and on replay with the first thing
///             that is found in it. The rooms watch the catalog and attach their machines meanwhile;
///             they last as long as this.
///   lasting   a namespace that was made is there after a restart, empty or not. None goes away.
/// Threads   the core only.
class Namespaces final : public StateMachine {
 public:
  using Build = std::function<void(const std::string& name, Core& core)>;

  /// Before recovery. `core` outlives it.
  Namespaces(Core& core, Build build);

  bool has(std::string_view name) const { return cores_.contains(name); }
  std::size_t count() const { return cores_.size(); }
  /// Makes the namespace unless it exists. The caller has been admitted, and waits for the commit.
  /// `name` holds no '/'.
  void make(const std::string& name);

  Result<> apply(std::uint32_t owner, std::string_view payload, Instant at) override;
  void snapshot(ByteWriter& out) const override;
  Result<> restore(ByteReader& in) override;
  void recovered(Instant now) override;

 private:
  NamespaceCore& find_or_build(std::string_view name);
  void document_changed(std::string_view key, const Document* document);

  Core& core_;
  const Build build_;
  std::map<std::string, std::unique_ptr<NamespaceCore>, std::less<>> cores_;
  bool recovered_ = false;
};

}  // namespace twofold::engine
