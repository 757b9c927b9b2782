#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "engine/base/task.h"
#include "engine/core.h"

// g++ 12 takes Asio's own allocation of coroutine frames for a mismatch of new and delete wherever
// it inlines them, and what a variant in a frame owns for the frame itself; clang does neither, and
// the address sanitizer is content.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#pragma GCC diagnostic ignored "-Wfree-nonheap-object"
#endif

namespace twofold::http {

using engine::Result;
using engine::Task;

namespace detail {

/// Resumes a suspended coroutine with `value`, on its own executor. Posted even from there: what a
/// coroutine does next must not run inside a turn of the core.
template <class Handler, class T>
void resume(Handler handler, T value) {
  const auto home = boost::asio::get_associated_executor(handler);
  boost::asio::post(home, [handler = std::move(handler), value = std::move(value)]() mutable {
    std::move(handler)(std::move(value));
  });
}

/// Runs `work` on the core: at once when the caller is there already.
template <class Work>
void enter_core(engine::Core& core, Work work) {
  engine::CoreExecutor& executor = core.executor();
  if (executor.is_current()) return work();
  executor.post(std::move(work));
}

}  // namespace detail

/// Calls `start(completion)` on the core and resumes with the Result that the completion is given.
///     auto start = [&](engine::Completion<Sent> done) { queues.send(std::move(send), ...); };
///     auto sent = co_await on_core<Sent>(core, std::move(start));    // name it: house style 2.9
/// The completion must be called exactly once; when it is dropped the coroutine ends unresumed.
/// An I/O thread that is also the core pays one post and no lock.
template <class T, class Start>
Task<Result<T>> on_core(engine::Core& core, Start start) {
  auto initiate = [&core, start = std::move(start)](auto handler) mutable {
    auto work = [start = std::move(start), handler = std::move(handler)]() mutable {
      start(engine::Completion<T>([handler = std::move(handler)](Result<T> result) mutable {
        detail::resume(std::move(handler), std::move(result));
      }));
    };
    detail::enter_core(core, std::move(work));
  };
  using Token = const boost::asio::use_awaitable_t<>;
  return boost::asio::async_initiate<Token, void(Result<T>)>(std::move(initiate),
                                                             boost::asio::use_awaitable);
}

/// Calls `ask()` on the core and resumes with what it returns: for questions answered in one turn.
/// When already there it does not even suspend.
template <class Ask>
Task<std::invoke_result_t<Ask&>> ask_core(engine::Core& core, Ask ask) {
  using T = std::invoke_result_t<Ask&>;
  if (core.executor().is_current()) co_return ask();
  auto initiate = [&core, &ask](auto handler) mutable {
    core.executor().post([&ask, handler = std::move(handler)]() mutable {
      detail::resume(std::move(handler), ask());
    });
  };
  using Token = const boost::asio::use_awaitable_t<>;
  co_return co_await boost::asio::async_initiate<Token, void(T)>(std::move(initiate),
                                                                 boost::asio::use_awaitable);
}

/// Runs `work()` on another executor (cold reads on the storage pool) and resumes here.
template <class Work>
Task<std::invoke_result_t<Work&>> run_on(engine::Executor& executor, Work work) {
  using T = std::invoke_result_t<Work&>;
  auto initiate = [&executor, &work](auto handler) mutable {
    executor.post([&work, handler = std::move(handler)]() mutable {
      detail::resume(std::move(handler), work());
    });
  };
  using Token = const boost::asio::use_awaitable_t<>;
  co_return co_await boost::asio::async_initiate<Token, void(T)>(std::move(initiate),
                                                                 boost::asio::use_awaitable);
}

}  // namespace twofold::http
