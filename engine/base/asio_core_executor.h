#pragma once

#include <memory>

#include "engine/base/executor.h"

namespace boost::asio {
class io_context;
}

namespace twofold::engine {

/// The core on an I/O thread: an io_context that exactly one thread runs.
///
/// The alarm waits on the operating system's timer but asks `clock` whether the time has come, so
/// it is never early; it looks again at least once a second, so that a machine which slept wakes
/// it. Threads  post() from any thread; the others on the core, or before the io_context runs.
class AsioCoreExecutor final : public CoreExecutor {
 public:
  /// Both must outlive this object. Work that the io_context has not run yet when this object ends
  /// is run or dropped by the io_context; the alarm ends here.
  AsioCoreExecutor(boost::asio::io_context& context, const Clock& clock);
  ~AsioCoreExecutor() override;
  AsioCoreExecutor(const AsioCoreExecutor&) = delete;
  AsioCoreExecutor& operator=(const AsioCoreExecutor&) = delete;

  void post(UniqueFunction<void()> work) override;
  void set_alarm(Instant due, UniqueFunction<void()> work) override;
  void defer(UniqueFunction<void()> work) override;
  bool is_current() const override;

 private:
  class Alarm;
  boost::asio::io_context& context_;
  std::shared_ptr<Alarm> alarm_;
};

}  // namespace twofold::engine
