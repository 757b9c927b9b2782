#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "engine/base/asio_core_executor.h"
#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/random.h"
#include "engine/base/stopwatch.h"
#include "engine/base/thread_executor.h"
#include "engine/engine.h"
#include "http/broker.h"
#include "http/metrics/text.h"
#include "http/server.h"
#include "src/config/config.h"
#include "src/serve/health_watch.h"
#include "src/serve/heap_trim.h"
#include "src/serve/live_settings.h"
#include "src/serve/namespace_rooms.h"
#include "src/serve/otel_exporter.h"
#include "src/serve/reload.h"
#include "src/serve/rooms.h"
#include "src/serve/serve.h"
#include "src/serve/settle_watch.h"
#include "src/serve/start_signals.h"
#include "src/serve/supervisor.h"

namespace twofold {

class KeysFile;

/// Every part of the broker, in construction order: what comes later may use what came before.
///
///   auto broker = RunningBroker::open(config);  // directory locked, port taken: mistakes show
///   here broker->run();                              // recovers, listens, serves until a signal
///
/// Until recovery is done, and `prepare`, connections are refused: nobody could answer them.
/// SIGTERM and SIGINT end a start where it stands (start_signals.h). Later they drain and stop; a
/// second one leaves at once (the journal is crash safe). Until server.drain_delay has passed all is
/// served as before, only /readyz says no. Then new work is refused, and consumers have
/// server.settle_time to settle what they hold. What is not finished within
/// server.shutdown_grace of that is cut, and a stop that hangs even so ends the process five seconds later.
/// SIGHUP has read again what can be (reload.h).
/// Threads  open() and run() on one thread, which becomes the core's.
class RunningBroker {
 public:
  /// SIGHUP has settings read again if there is a `reread`.
  static engine::Result<std::unique_ptr<RunningBroker>> open(const Config& config,
                                                             Reread reread = {});
  ~RunningBroker();

  /// Serves. 0 after an orderly stop; 1 when storage failed or recovery found what it cannot read.
  /// A stop that hangs does not return: it exits with 1. `ready` hears the port once it serves.
  int run(const Prepare& prepare = {}, const std::function<void(std::uint16_t port)>& ready = {});

 private:
  RunningBroker(const Config& config, Reread reread);
  engine::Result<> build();
  engine::Result<> trace();
  engine::Result<> load_keys();
  void make_namespaces_of_keys();
  engine::Result<> take_ports();
  engine::Result<> listen();
  engine::Result<> recover();
  engine::Result<> start(const Prepare& prepare);
  void await_signals();
  void await_hangups();
  void on_signal();
  void drain();
  bool anything_in_flight();
  void stop_engine();
  void end();

  const Config& config_;
  const Reread reread_;
  std::unique_ptr<StartSignals> starting_ = std::make_unique<StartSignals>();
  engine::SystemClock clock_;
  const engine::Stopwatch since_start_;
  engine::SystemRandom random_;
  std::unique_ptr<engine::FileSystem> files_;

  // Destroyed after everything that posts to them has gone.
  std::vector<std::unique_ptr<boost::asio::io_context>> contexts_;
  std::vector<boost::asio::ip::tcp::acceptor> taken_;  // until the server listens on them
  std::vector<std::uint16_t> ports_;  // http.listen's, those of sqs.listen, http.admin_listen's
  std::unique_ptr<engine::AsioCoreExecutor> core_executor_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<http::trace::Tracer> tracer_;
  std::unique_ptr<OtelExporter> exporter_;
  http::BrokerShared shared_;
  std::unique_ptr<Rooms> rooms_;  // of the default namespace
  std::unique_ptr<NamespaceRooms> namespaces_;
  std::unique_ptr<KeysFile> keys_;  // null: nobody is asked for a key
  std::unique_ptr<LiveSettings> settings_;
  std::unique_ptr<HealthWatch> watch_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<engine::ThreadExecutor> writer_;
  std::unique_ptr<engine::ThreadPool> pool_;
  std::unique_ptr<HeapTrim> heap_trim_;
  std::unique_ptr<SettleWatch> settle_watch_;
  Reload reload_;

  class Signals;
  std::unique_ptr<Signals> signals_;
  std::unique_ptr<Supervisor> supervisor_;
  double recovery_seconds_ = 0;
  int signals_seen_ = 0;
  int exit_code_ = 0;
};

/// The engine's options as the configuration asks for them.
engine::EngineOptions engine_options(const Config& config);
/// Errors: invalid_request.
engine::Result<http::ServerOptions> server_options(const Config& config);
/// How long a stop lets clients settle what they hold: never longer than it may take as a whole.
engine::Duration settle_time(const Config& config);
/// What topics and queues get when their creators do not say.
void set_defaults(const Config& config, http::BrokerShared& shared);
/// Metrics of the engine. On the core.
void append_engine_metrics(engine::Engine& engine, double recovery_seconds,
                           http::metrics::Text& out);
/// Zeros when nothing is traced.
void append_otel_metrics(const http::trace::Tracer* tracer, http::metrics::Text& out);
/// "127.0.0.1:8080", "[::1]:8080" taken apart; localhost is 127.0.0.1. Error: invalid_request.
engine::Result<std::pair<std::string, std::uint16_t>> split_address(const std::string& listen);

}  // namespace twofold
