#pragma once

#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "engine/base/error.h"
#include "engine/base/executor.h"
#include "engine/base/unique_function.h"

namespace twofold::engine {

/// A coroutine of an I/O thread. Spawned through a TaskGroup, never on its own.
template <class T = void>
using Task = boost::asio::awaitable<T>;

/// Await a socket or a timer with this: errors come back as the first value, never as exceptions.
///     const auto [error, bytes] = co_await socket.async_read_some(buffer, kAwait);
inline constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);

/// Work that ends with a call of `done`, on any thread, exactly once.
template <class T>
using Asking = UniqueFunction<void(UniqueFunction<void(Result<T>)> done)>;

/// Runs `asking` on `executor` (the core, say) and goes on here, on the thread of this coroutine,
/// once it called `done`.
///     Asking<Receipt> asking = [&queues](auto done) { ... };       // name it: house style 2.9
///     const auto receipt = co_await ask<Receipt>(core, std::move(asking));
template <class T>
Task<Result<T>> ask(Executor& executor, Asking<T> asking) {
  const boost::asio::any_io_executor home = co_await boost::asio::this_coro::executor;
  auto start = [&executor, &asking, home](auto handler) {
    auto done = [guard = boost::asio::make_work_guard(home),
                 handler = std::move(handler)](Result<T> result) mutable {
      // Posted even from the home thread: this coroutine must not run inside a turn of the core.
      boost::asio::post(guard.get_executor(),
                        [handler = std::move(handler), result = std::move(result)]() mutable {
                          std::move(handler)(std::move(result));
                        });
    };
    executor.post([asking = std::move(asking), done = std::move(done)]() mutable {
      asking(std::move(done));
    });
  };
  using Token = const boost::asio::use_awaitable_t<>;
  co_return co_await boost::asio::async_initiate<Token, void(Result<T>)>(
      std::move(start), boost::asio::use_awaitable);
}

}  // namespace twofold::engine
