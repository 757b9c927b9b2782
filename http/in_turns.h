#pragma once

#include "http/on_core.h"

namespace twofold::http {

/// Calls `ask()` on the core in a turn of its own, however near that is, and resumes with what it
/// returns: what is long is done in pieces, and others come in between. ask_core() (http/on_core.h)
/// is for questions answered in one turn.
template <class Ask>
Task<std::invoke_result_t<Ask&>> ask_core_in_turn(engine::Core& core, Ask ask) {
  using T = std::invoke_result_t<Ask&>;
  auto initiate = [&core, &ask](auto handler) mutable {
    core.executor().post([&ask, handler = std::move(handler)]() mutable {
      detail::resume(std::move(handler), ask());
    });
  };
  using Token = const boost::asio::use_awaitable_t<>;
  co_return co_await boost::asio::async_initiate<Token, void(T)>(std::move(initiate),
                                                                 boost::asio::use_awaitable);
}

}  // namespace twofold::http
