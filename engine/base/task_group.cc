#include "engine/base/task_group.h"

#include <atomic>
#include <exception>
#include <list>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>

#include "engine/base/diag.h"

namespace twofold::engine {
namespace {

namespace asio = boost::asio;

void report(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    diag(DiagLevel::error, "main", "a task ended with an exception",
         {
             {"what", e.what()}
    });
  } catch (...) {
    diag(DiagLevel::error, "main", "a task ended with an unknown exception");
  }
}

}  // namespace

struct TaskGroup::State {
  explicit State(asio::any_io_executor e) : executor(std::move(e)) {}

  asio::any_io_executor executor;
  std::list<asio::cancellation_signal> members;         // executor's thread only
  std::vector<UniqueFunction<void()>> waiting_for_end;  // executor's thread only
  bool stopped = false;                                 // executor's thread only
  std::atomic<std::size_t> size{0};
};

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() = default;

void TaskGroup::spawn(Task<> task) {
  auto& state = *state_;
  if (state.stopped) return;
  const auto member = state.members.emplace(state.members.end());
  ++state.size;

  auto leave = [self = state_, member](const std::exception_ptr& thrown) {
    if (thrown) report(thrown);
    // Asio still holds the signal's slot while this handler runs: it goes with the next turn.
    asio::post(self->executor, [self, member] {
      self->members.erase(member);
      if (--self->size > 0) return;
      for (auto& tell : std::exchange(self->waiting_for_end, {})) tell();
    });
  };
  asio::co_spawn(state.executor, std::move(task),
                 asio::bind_cancellation_slot(member->slot(), std::move(leave)));
}

void TaskGroup::stop() {
  asio::dispatch(state_->executor, [self = state_] {
    self->stopped = true;
    for (auto& member : self->members) member.emit(asio::cancellation_type::all);
  });
}

Task<> TaskGroup::ended() {
  auto self = state_;
  while (self->size > 0) {
    auto start = [self](auto handler) {
      self->waiting_for_end.push_back(
          [handler = std::move(handler)]() mutable { std::move(handler)(); });
    };
    using Token = const asio::use_awaitable_t<>;
    co_await asio::async_initiate<Token, void()>(std::move(start), asio::use_awaitable);
  }
}

std::size_t TaskGroup::size() const { return state_->size; }

}  // namespace twofold::engine
