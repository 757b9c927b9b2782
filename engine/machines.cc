#include "engine/machines.h"

namespace twofold::engine {

void snapshot_machines(const Machines& machines, ByteWriter& out) {
  out.uvarint(machines.size());
  for (const auto& [type, machine] : machines) {
    std::string state;
    ByteWriter machine_out(state);
    machine->snapshot(machine_out);
    out.fixed(static_cast<std::uint8_t>(type));
    out.bytes(state);
  }
}

Result<> restore_machines(const Machines& machines, ByteReader& in) {
  for (auto n = in.count(2); n > 0 && in.ok(); --n) {
    const auto type = static_cast<EntryType>(in.fixed<std::uint8_t>());
    ByteReader state(in.bytes());
    const auto it = machines.find(type);
    if (!in.ok() || it == machines.end())
      return Error(Errc::data_damaged, "a checkpoint that verifies does not parse");
    if (auto restored = it->second->restore(state); !restored) return restored;
  }
  return {};
}

}  // namespace twofold::engine
