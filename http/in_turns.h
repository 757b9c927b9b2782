#pragma once

#include "http/on_core.h"

namespace twofold::http {

/// Calls `ask()` on the core in a turn of its own, however near that is, and resumes with what it
/// returns: what is long is done in pieces, and others come in between. ask_core() (http/on_core.h)
/// is for questions answered in one turn.
template <class Ask>
Task<std::invoke_result_t<Ask&>> ask_core_in_turn(engine::Core& core, Ask ask) {
  return run_on(core.executor(), std::move(ask));
}

}  // namespace twofold::http
