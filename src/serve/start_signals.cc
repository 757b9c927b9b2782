#include "src/serve/start_signals.h"

#include <csignal>
#include <cstdlib>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "engine/base/diag.h"

namespace twofold {

struct StartSignals::State {
  boost::asio::io_context context{1};
  boost::asio::signal_set signals{context, SIGINT, SIGTERM};
  std::thread thread;
};

StartSignals::StartSignals() : state_(std::make_unique<State>()) {
  state_->signals.async_wait([](boost::system::error_code cancelled, int) {
    if (cancelled) return;
    engine::diag(engine::DiagLevel::info, "main",
                 "stopped while starting; nothing acknowledged is lost");
    std::_Exit(0);
  });
  state_->thread = std::thread([context = &state_->context] { context->run(); });
}

StartSignals::~StartSignals() {
  state_->context.stop();
  state_->thread.join();
}

}  // namespace twofold
