#pragma once

#include <map>

#include "engine/base/bytes.h"
#include "engine/state_machine.h"

namespace twofold::engine {

/// Whose state is kept, by what they are spoken to with.
using Machines = std::map<EntryType, StateMachine*>;

/// The state of each, as a checkpoint has it: count, then type u8 and state in bytes.
void snapshot_machines(const Machines& machines, ByteWriter& out);
/// Each gets its own back. Errors: data_damaged (one that is not there, too), and the machines'.
Result<> restore_machines(const Machines& machines, ByteReader& in);

}  // namespace twofold::engine
