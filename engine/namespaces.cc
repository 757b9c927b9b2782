#include "engine/namespaces.h"

#include "engine/base/bytes.h"

namespace twofold::engine {

Namespaces::Namespaces(Core& core, Build build) : core_(core), build_(std::move(build)) {
  core.attach_machine(EntryType::namespaced, *this);
  core.catalog().watch(std::string(kNamespaceKeys),
                       [this](std::string_view key, const Document* document) {
                         document_changed(key.substr(kNamespaceKeys.size()), document);
                       });
}

void Namespaces::make(const std::string& name) {
  if (has(name)) return;
  find_or_build(name).note_existence();
}

NamespaceCore& Namespaces::find_or_build(std::string_view name) {
  const auto found = cores_.find(name);
  if (found != cores_.end()) return *found->second;
  NamespaceCore& core =
      *cores_.emplace(std::string(name), std::make_unique<NamespaceCore>(core_, std::string(name)))
           .first->second;
  build_(core.name(), core);
  if (recovered_) {
    for (const auto& [type, machine] : core.machines()) machine->recovered(core_.now());
  }
  return core;
}

// "orders-team/topic/orders", of which the first part is the namespace.
void Namespaces::document_changed(std::string_view key, const Document* document) {
  const auto slash = key.find('/');
  if (slash == std::string_view::npos) return;
  find_or_build(key.substr(0, slash)).own_catalog().tell(key.substr(slash + 1), document);
}

Result<> Namespaces::apply(std::uint32_t owner, std::string_view payload, Instant at) {
  ByteReader in(payload);
  const auto type = static_cast<EntryType>(in.fixed<std::uint8_t>());
  const auto name = in.bytes();
  if (!in.ok()) return Error(Errc::data_damaged, "an entry of a namespace does not parse");
  const auto& machines = find_or_build(name).machines();
  const auto machine = machines.find(type);
  if (machine == machines.end()) return {};
  return machine->second->apply(owner, in.raw(in.remaining()), at);
}

void Namespaces::snapshot(ByteWriter& out) const {
  out.uvarint(cores_.size());
  for (const auto& [name, core] : cores_) {
    out.bytes(name);
    snapshot_machines(core->machines(), out);
  }
}

Result<> Namespaces::restore(ByteReader& in) {
  const Error damaged(Errc::data_damaged, "the namespaces in the checkpoint do not parse");
  for (auto n = in.count(2); n > 0 && in.ok(); --n) {
    const auto name = in.bytes();
    if (!in.ok()) return damaged;
    if (auto restored = restore_machines(find_or_build(name).machines(), in); !restored)
      return restored;
  }
  if (!in.done()) return damaged;
  return {};
}

void Namespaces::recovered(Instant now) {
  recovered_ = true;
  for (const auto& [name, core] : cores_) {
    for (const auto& [type, machine] : core->machines()) machine->recovered(now);
  }
}

}  // namespace twofold::engine
