#include "src/serve/running_broker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unistd.h>

#include "engine/base/diag.h"
#include "engine/base/memory_file_system.h"
#include "src/config/certificates.h"
#include "src/serve/filters.h"
#include "src/serve/keys_file.h"
#include "src/serve/local_requests.h"
#include "src/serve/memory.h"
#include "src/serve/volume.h"
#include "version.h"

namespace twofold {
namespace {

using engine::DiagLevel;
using engine::Errc;
using engine::Error;
using engine::Result;

constexpr std::uint64_t kMemoryOnlyBytes = 4ull << 30;
constexpr std::size_t kPoolThreads = 2;
constexpr int kExitFailed = 1;
constexpr int kExitInterrupted = 130;
// With the default grace this stays below the 30 s that Kubernetes and systemd give a stop.
constexpr auto kBeyondGrace = std::chrono::seconds{5};

// On few CPUs a thread of its own costs the core more than it gives (docs/benchmarks.md).
std::size_t io_threads(const Config& config) {
  if (config.server.threads > 0) return static_cast<std::size_t>(config.server.threads);
  const auto cpus = std::max(1u, std::thread::hardware_concurrency());
  return cpus <= 4 ? 1 : std::min(cpus / 2, 8u);
}

// Something else stands where the directory should be.
bool is_no_directory(const std::string& path) {
  return ::access((path + "/.").c_str(), F_OK) != 0 && errno == ENOTDIR;
}

// A container or a unit that may not write to its volume: say to whom that must belong.
Error whose(Error error, const std::string& directory) {
  if (::access(directory.c_str(), R_OK | W_OK | X_OK) == 0 || errno != EACCES) return error;
  const auto me = fmt::format("{}:{}", ::geteuid(), ::getegid());
  error.hint = fmt::format(
      "this process runs as {} and may not write there: chown -R {} {}, or choose another "
      "directory with --data DIR",
      me, me, directory);
  return error;
}

Result<std::unique_ptr<engine::FileSystem>> open_files(const Config& config) {
  if (config.storage.memory_only)
    return std::unique_ptr<engine::FileSystem>(
        std::make_unique<engine::MemoryFileSystem>(kMemoryOnlyBytes));
  const std::string& directory = config.server.data_dir;
  if (is_no_directory(directory)) {
    return Error(Errc::invalid_request, fmt::format("{} is not a directory", directory),
                 "name a directory with --data DIR; it is made if it is not there");
  }
  if (auto looked = look_at_volume(config); !looked) return looked.error();
  auto files = engine::open_file_system(directory);
  if (!files) return whose(files.error(), directory);
  if (auto locked = (*files)->lock(engine::kLockName); !locked)
    return whose(locked.error(), directory);
  return files;
}

// A name that no other start has: service.instance.id.
std::string random_instance(engine::Random& random) {
  return fmt::format("{:016x}", random.next_u64());
}

}  // namespace

class RunningBroker::Signals {
 public:
  explicit Signals(boost::asio::io_context& context)
      : set(context, SIGINT, SIGTERM),
        hangups(context, SIGHUP),
        delay(context),
        grace(context),
        patience(context) {}
  boost::asio::signal_set set;
  boost::asio::signal_set hangups;
  boost::asio::steady_timer delay;     // then it drains
  boost::asio::steady_timer grace;     // then connections are cut
  boost::asio::steady_timer patience;  // then the process ends, whatever it waits for
};

RunningBroker::RunningBroker(const Config& config, Reread reread)
    : config_(config), reread_(std::move(reread)) {}

RunningBroker::~RunningBroker() {
  exporter_.reset();  // what is still to be told
  // The threads end first: what they still hold goes to the core, which runs nothing any more.
  pool_.reset();
  writer_.reset();
}

Result<std::unique_ptr<RunningBroker>> RunningBroker::open(const Config& config,
                                                           Reread reread) {
  std::unique_ptr<RunningBroker> broker(new RunningBroker(config, std::move(reread)));
  if (auto built = broker->build(); !built) return built.error();
  return broker;
}

Result<> RunningBroker::build() {
  auto options = server_options(config_);
  if (!options) return options.error();
  auto tls = open_tls(config_);
  if (!tls) return tls.error();
  auto files = open_files(config_);
  if (!files) return files.error();
  files_ = std::move(*files);

  for (std::size_t i = 0; i < io_threads(config_); ++i)
    contexts_.push_back(std::make_unique<boost::asio::io_context>(1));
  if (auto taken = take_ports(); !taken) return taken;
  core_executor_ = std::make_unique<engine::AsioCoreExecutor>(*contexts_.front(), clock_);
  writer_ = std::make_unique<engine::ThreadExecutor>("journal");
  pool_ = std::make_unique<engine::ThreadPool>("storage", kPoolThreads);
  auto opened = engine::Engine::open(
      engine::EngineWorld{*files_, *core_executor_, *writer_, *pool_, clock_, random_},
      engine_options(config_));
  if (!opened) return opened.error();
  engine_ = std::move(*opened);

  auto& core = engine_->core();
  const RoomsWorld world{config_, *pool_, clock_, random_, shared_};
  rooms_ = std::make_unique<Rooms>(world, memory_budgets(config_), core);
  namespaces_ = std::make_unique<NamespaceRooms>(world, core, static_cast<std::size_t>(config_.limits.namespaces));
  shared_.namespaces = namespaces_.get();
  shared_.server = http::ServerInfo{std::string(kVersion), std::string(kGitCommit), clock_.wall()};
  shared_.compile_filter = &compile_filter;
  set_defaults(config_, shared_);
  if (auto tracing = trace(); !tracing) return tracing;
  if (auto loaded = load_keys(); !loaded) return loaded;
  shared_.engine_metrics = [this, tls = *tls](http::metrics::Text& out) {
    append_engine_metrics(*engine_, recovery_seconds_, out);
    http::Tls::append_metrics(tls.get(), out);
    append_otel_metrics(tracer_.get(), out);
  };
  if (*tls) {
    reload_.add("certificates", [this, tls = *tls] { return reload_tls(config_, *tls); });
  }
  shared_.appended = [&core] {
    const auto stats = core.stats();
    return http::Appended{stats.records, stats.block_bytes};
  };
  settings_ = std::make_unique<LiveSettings>(config_, *options, rooms_->broker());
  if (reread_) {
    reload_.add("settings", [this] { return settings_->reload(reread_); });
  }
  watch_ = std::make_unique<HealthWatch>(*contexts_.front(), core, clock_, rooms_->broker());
  shared_.checks = [watch = watch_.get()] { return watch->checks(); };

  std::vector<boost::asio::io_context*> contexts;
  for (auto& context : contexts_) contexts.push_back(context.get());
  server_ = std::make_unique<http::Server>(rooms_->broker(), contexts, *std::move(options), *tls);
  heap_trim_ = std::make_unique<HeapTrim>(*contexts_.front(), *pool_,
                                          [this] { return server_->connections(); });
  return {};
}

Result<> RunningBroker::load_keys() {
  if (config_.auth.keys_file.empty()) return {};
  keys_ = std::make_unique<KeysFile>(config_.auth.keys_file, shared_.access.keyring);
  if (auto loaded = keys_->load(); !loaded) return loaded;
  reload_.add("keys", [this] {
    auto loaded = keys_->load();
    if (loaded) make_namespaces_of_keys();
    return loaded;
  });
  shared_.change_keys = [this](const http::access::KeyEdit& edit) {
    auto changed = keys_->change(edit);
    if (changed && *changed) make_namespaces_of_keys();
    return changed;
  };
  return {};
}

// A key that belongs to a namespace brings it about.
void RunningBroker::make_namespaces_of_keys() {
  for (const http::access::Key& key : shared_.access.keyring.list()) {
    if (!key.name_space.empty()) namespaces_->want(key.name_space);
  }
}

Result<> RunningBroker::trace() {
  if (config_.otel.endpoint.empty()) return {};
  auto url = traces_url(config_.otel.endpoint);
  if (!url) return Error(Errc::invalid_request, "otel.endpoint: " + url.error().why);
  http::trace::TracerOptions options;
  options.ratio = config_.otel.sample;
  tracer_ = std::make_unique<http::trace::Tracer>(random_, options);
  OtelOptions to{*std::move(url)};
  to.tls.ca = config_.otel.ca;
  to.headers = config_.otel.headers;
  to.resource = {config_.otel.service_name, std::string(kVersion), random_instance(random_)};
  exporter_ = std::make_unique<OtelExporter>(*tracer_, std::move(to));
  shared_.tracer = tracer_.get();
  return {};
}

// Early, so that a port in use is said before the data is touched.
Result<> RunningBroker::take_ports() {
  std::vector<std::string> addresses{config_.http.listen};
  addresses.insert(addresses.end(), config_.sqs.listen.begin(), config_.sqs.listen.end());
  if (!config_.http.admin_listen.empty()) addresses.push_back(config_.http.admin_listen);
  for (const std::string& listen : addresses) {
    const auto address = split_address(listen);
    if (!address) return address.error();
    auto taken = http::take_address(*contexts_.front(), address->first, address->second);
    if (!taken) return taken.error();
    taken_.push_back(*std::move(taken));
  }
  return {};
}

Result<> RunningBroker::listen() {
  const bool apart = !config_.http.admin_listen.empty();
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    const http::Listener listener = !apart                   ? http::Listener::full
                                    : i + 1 == taken_.size() ? http::Listener::operators
                                                             : http::Listener::clients;
    auto port = server_->listen(std::move(taken_[i]), listener);
    if (!port) return port.error();
    ports_.push_back(*port);
  }
  taken_.clear();
  server_->begin();
  return {};
}

Result<> RunningBroker::recover() {
  const engine::Stopwatch since;
  const auto report = engine_->recover();
  if (!report) return report.error();
  recovery_seconds_ = static_cast<double>(since.elapsed() / std::chrono::microseconds(1)) / 1e6;
  engine::diag(DiagLevel::info, "engine", "recovered",
               {{"blocks", std::to_string(report->blocks)},
                {"bytes", std::to_string(report->bytes)},
                {"clean", report->was_clean ? "yes" : "no"},
                {"torn", report->torn_tail ? "1" : "0"},
                {"damaged", std::to_string(report->damaged.size())},
                {"journal", engine_->journal().mode()}});
  for (const auto& damage : report->damaged) {
    engine::diag(DiagLevel::error, "engine", "acknowledged data is damaged",
                 {{"first_block", std::to_string(damage.first_seq)},
                  {"upto_block", std::to_string(damage.upto_seq)},
                  {"journal_file", std::to_string(damage.position.file)},
                  {"place", std::to_string(damage.position.place)}});
  }
  return {};
}

// Recovers, then lets clients in.
Result<> RunningBroker::start(const Prepare& prepare) {
  if (auto recovered = recover(); !recovered) return recovered;
  if (prepare) {
    LocalRequests local(rooms_->broker(), *contexts_.front());
    if (auto prepared = prepare(local); !prepared) return prepared;
  }
  make_namespaces_of_keys();
  watch_->start();
  heap_trim_->start();
  shared_.health = http::Health::ready;
  return listen();
}

int RunningBroker::run(const Prepare& prepare,
                       const std::function<void(std::uint16_t port)>& ready) {
  if (auto started = start(prepare); !started) {
    engine::diag(DiagLevel::error, "main", "cannot start",
                 {{"error", started.error().detail}, {"hint", started.error().hint}});
    return kExitFailed;
  }
  signals_ = std::make_unique<Signals>(*contexts_.front());
  supervisor_ = std::make_unique<Supervisor>(*contexts_.front());
  await_signals();
  await_hangups();
  starting_.reset();
  engine::diag(DiagLevel::info, "main", "twofold ready",
               {{"http", config_.http.listen},
                {"scheme", config_.tls.cert.empty() ? "http" : "https"},
                {"port", std::to_string(server_->port())},
                {"startup_ms", std::to_string(since_start_.elapsed() / std::chrono::milliseconds(1))}});
  for (std::size_t i = 0; i < config_.sqs.listen.size(); ++i) {
    engine::diag(DiagLevel::info, "main", "listening for SQS, too",
                 {{"http", config_.sqs.listen[i]}, {"port", std::to_string(ports_[i + 1])}});
  }
  if (!config_.http.admin_listen.empty()) {
    engine::diag(DiagLevel::info, "main", "listening for operators",
                 {{"http", config_.http.admin_listen}, {"port", std::to_string(ports_.back())}});
  }

  if (ready) ready(server_->port());
  supervisor_->ready(fmt::format("ready, http {} port {}", config_.http.listen, server_->port()));

  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < contexts_.size(); ++i) {
    threads.emplace_back([context = contexts_[i].get()] {
      const auto work = boost::asio::make_work_guard(*context);
      context->run();
    });
  }
  const auto work = boost::asio::make_work_guard(*contexts_.front());
  contexts_.front()->run();
  for (std::size_t i = 1; i < contexts_.size(); ++i) contexts_[i]->stop();
  for (auto& thread : threads) thread.join();
  return exit_code_;
}

void RunningBroker::await_signals() {
  signals_->set.async_wait([this](boost::system::error_code failed, int) {
    if (!failed) on_signal();
  });
}

// The files are read on a thread that may wait for them. A terminal that closes changes nothing.
void RunningBroker::await_hangups() {
  signals_->hangups.async_wait([this](boost::system::error_code failed, int) {
    if (failed) return;
    reload_.request();
    await_hangups();
  });
}

void RunningBroker::on_signal() {
  if (++signals_seen_ > 1) {
    engine::diag(DiagLevel::warn, "main", "second signal, leaving now; nothing acknowledged is lost");
    std::_Exit(kExitInterrupted);
  }
  supervisor_->stopping();
  await_signals();
  shared_.leaving = true;
  if (config_.server.drain_delay.count() == 0) drain();
  engine::diag(DiagLevel::info, "main", "stopping");
  if (shared_.health == http::Health::draining) return;
  signals_->delay.expires_after(config_.server.drain_delay);
  signals_->delay.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) drain();
  });
}

bool RunningBroker::anything_in_flight() {
  bool found = server_->readers() > 0 || rooms_->broker().queues.anything_in_flight();
  namespaces_->for_each([&found](http::Broker& broker) {
    found = found || broker.queues.anything_in_flight();
  });
  return found;
}

// New work is sent away at once, what was begun is finished, then the journal is closed. First of all
// it is settled whether those who are sent away may stay connected.
void RunningBroker::drain() {
  settle_watch_ = std::make_unique<SettleWatch>(
      *contexts_.front(), clock_,
      Unsettled{[this] { return server_->consumers(); }, [this] { return anything_in_flight(); }});
  const engine::Duration most = settle_time(config_);
  server_->drain(settle_watch_->is_needed(most), [this] { stop_engine(); });
  shared_.health = http::Health::draining;
  rooms_->broker().queues.release_waiters();
  namespaces_->for_each([](http::Broker& broker) { broker.queues.release_waiters(); });
  signals_->grace.expires_after(config_.server.shutdown_grace);
  signals_->grace.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) server_->stop();
  });
  // A request that waits for a device which does not answer never ends, and nor does the journal.
  signals_->patience.expires_after(config_.server.shutdown_grace + kBeyondGrace);
  signals_->patience.async_wait([](boost::system::error_code cancelled) {
    if (cancelled) return;
    engine::diag(DiagLevel::warn, "main",
                 "the stop came to no end, leaving now; nothing acknowledged is lost");
    std::_Exit(kExitFailed);
  });
  settle_watch_->begin(most, [this] { server_->end_settling(); });
}

void RunningBroker::stop_engine() {
  signals_->grace.cancel();
  engine_->stop([this] { end(); });
}

void RunningBroker::end() {
  if (engine_->core().failure()) exit_code_ = kExitFailed;
  engine::diag(DiagLevel::info, "main", "stopped");
  supervisor_->ended();
  signals_->patience.cancel();
  signals_->set.cancel();
  signals_->hangups.cancel();
  contexts_.front()->stop();
}

}  // namespace twofold
