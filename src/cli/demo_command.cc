// twofold demo: a broker that forgets, orders that come in by themselves, and what to type next.
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "src/cli/api.h"
#include "src/cli/browser.h"
#include "src/cli/handlers.h"
#include "src/cli/session.h"
#include "src/cli/settings.h"
#include "src/cli/startup_resources.h"
#include "src/serve/serve.h"

namespace twofold::cli {
namespace {

constexpr std::string_view kTopic = "orders";
constexpr std::string_view kQueue = "kitchen";
constexpr std::string_view kMark = "made-by-demo/";  // web/kitchen/setup.js looks for it
constexpr double kRateDefault = 1;
constexpr std::string_view kDishes[] = {"soup", "pasta", "salad", "curry", "pie", "tacos"};
constexpr std::uint64_t kTables = 6;

/// A directory of its own that goes with it.
class TemporaryDirectory {
 public:
  static Tried<std::unique_ptr<TemporaryDirectory>> make() {
    std::error_code error;
    const auto parent = std::filesystem::temp_directory_path(error);
    std::string pattern = (error ? std::filesystem::path("/tmp") : parent) / "twofold-demo-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      return Failure(ExitCode::failed, fmt::format("cannot make a directory like {}", pattern),
                     "name one: twofold demo --data DIR");
    }
    return std::unique_ptr<TemporaryDirectory>(new TemporaryDirectory(std::move(pattern)));
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  const std::string path_;
};

std::string welcome(const std::string& url, const std::string& data, bool kept) {
  return fmt::format(
      R"(Twofold is running.   Ctrl-C ends it{}.

  the kitchen, live      {url}/ui/#/kitchen
  everything else        {url}/ui/

Orders come in on topic {topic}; queue {queue} works on them, and gives up after three tries.

  curl
    curl {url}/v1/topics/{topic}/records -d '{{"key":"table-3","value":{{"dish":"soup"}}}}'
    curl -X POST {url}/v1/queues/{queue}/receive

  AWS command line, boto3 and other clients of Amazon SQS
    export AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo AWS_DEFAULT_REGION=us-east-1
    aws --endpoint-url {url} sqs receive-message --queue-url {url}/000000000000/{queue}

  twofold
    export TWOFOLD_URL={url}
    twofold tail {topic}
    twofold attach {topic} billing --from start

)",
      kept ? fmt::format(", {} keeps the data", data) : " and leaves nothing behind",
      fmt::arg("url", url), fmt::arg("topic", kTopic), fmt::arg("queue", kQueue));
}

/// Makes the demonstration's topic and queues, says so, and takes orders until it is stopped.
/// Threads  run() on its own.
class Waiter {
 public:
  Waiter(const Session& session, double rate, bool opens)
      : session_(session), rate_(rate), opens_(opens) {}

  void start(std::uint16_t port, std::string address, std::string data, bool kept) {
    thread_ = std::thread([this, port, address = std::move(address), data = std::move(data), kept] {
      const auto done = run({address, std::to_string(port)}, data, kept);
      if (!done) session_.terminal().fail(done.error());
    });
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    stop_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 private:
  Tried<> run(const Endpoint& endpoint, const std::string& data, bool kept) {
    Api api(endpoint, {session_.timeout(), session_.token(), false}, session_.terminal());
    if (auto made = make_resources(api); !made) return made;
    session_.terminal().out(welcome(api.url(), data, kept));
    session_.terminal().flush();
    if (opens_ && has_display()) open_in_browser(api.url() + "/ui/#/kitchen");
    for (std::uint64_t number = 1; wait(); ++number) {
      const auto taken = api.call({"POST", topic_path(kTopic, "/records"), order(number)});
      if (!taken) return stopping() ? Tried<>(Done{}) : Tried<>(taken.error());
    }
    return Done{};
  }

  static Tried<> make_resources(Api& api) {
    const std::string burnt = fmt::format("{}-burnt", kQueue);
    JsonObject made;
    if (auto done = make(api, "topic", kTopic, R"({"partitions":1})", made); !done) return done;
    if (auto done = make(api, "queue", burnt, "{}", made); !done) return done;
    const std::string kitchen = fmt::format(
        R"({{"source":{{"topic":"{}","from":"earliest"}},"visibility_timeout":"5s",)"
        R"("max_receives":3,"dead_letter":"{}","on_disconnect":"timeout"}})",
        kTopic, burnt);
    if (auto done = make(api, "queue", kQueue, kitchen, made); !done) return done;
    return made.empty() ? Tried<>(Done{}) : mark(api, made);
  }

  // What is there already, of an earlier demonstration or of somebody, stays what it is.
  static Tried<> make(Api& api, std::string_view kind, std::string_view name, std::string body,
                      JsonObject& made) {
    ApiCall call{"PUT", kind == "topic" ? topic_path(name) : queue_path(name), std::move(body)};
    call.headers = {
        {"If-None-Match", "*"}
    };
    auto answer = api.call(call);
    if (answer) {
      made.text(fmt::format("{}{}/{}", kMark, kind, name), (*answer)["created"].string());
      return Done{};
    }
    if (answer.error().exit != ExitCode::conflict) return answer.error();
    call.headers.clear();
    answer = api.call(call);
    return answer ? Tried<>(Done{}) : Tried<>(answer.error());
  }

  // The kitchen deletes what was made for it without asking; of these it knows by the queue's tags.
  static Tried<> mark(Api& api, const JsonObject& made) {
    ApiCall call{"POST", "/", JsonObject().text("QueueUrl", kQueue).raw("Tags", made.str()).str()};
    call.headers = {
        {"X-Amz-Target", "AmazonSQS.TagQueue"}
    };
    const auto marked = api.call(call);
    return marked ? Tried<>(Done{}) : Tried<>(marked.error());
  }

  static std::string order(std::uint64_t number) {
    return fmt::format(R"({{"key":"table-{}","value":{{"order":{},"dish":"{}"}}}})",
                       number * 5 % kTables + 1, number, kDishes[number % std::size(kDishes)]);
  }

  // Until the next order; false when there is none any more.
  bool wait() {
    std::unique_lock lock(mutex_);
    if (rate_ <= 0) {
      stop_.wait(lock, [this] { return stopped_; });
      return false;
    }
    return !stop_.wait_for(lock, std::chrono::duration<double>(1 / rate_),
                           [this] { return stopped_; });
  }
  bool stopping() {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }

  const Session& session_;
  const double rate_;
  const bool opens_;  // the kitchen, where there is a screen
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopped_ = false;
  std::thread thread_;
};

// A wildcard is no address to connect to.
std::string reachable(const std::string& listen) {
  const std::string host = listen.substr(0, listen.rfind(':'));
  if (host == "0.0.0.0" || host == "127.0.0.1" || host == "[::]") return "localhost";
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

Tried<> run_demo(Session& session, const Args& args) {
  auto loaded = load_settings(args);
  if (!loaded) return loaded.error();
  if (auto reported = report_settings(*loaded, session.terminal()); !reported) return reported;
  Config& config = loaded->config;
  const bool kept = args.has("data");
  std::unique_ptr<TemporaryDirectory> directory;
  if (!kept) {
    auto made = TemporaryDirectory::make();
    if (!made) return made.error();
    directory = *std::move(made);
    config.server.data_dir = directory->path();
    config.storage.min_free = 0;
    config.storage.allow_volatile = true;  // it goes in any case
  }
  if (config.origin["log.level"] == "default") config.log.level = engine::DiagLevel::warn;
  Waiter waiter(session, args.rate("rate").value_or(kRateDefault), !args.has("no-open"));
  const auto prepare = startup_resources(config);
  if (!prepare) return prepare.error();
  const int code = serve(config, *prepare, [&](std::uint16_t port) {
    waiter.start(port, reachable(config.http.listen), config.server.data_dir, kept);
  });
  waiter.stop();
  if (code != 0) return Failure::silent(static_cast<ExitCode>(code));
  return Done{};
}

}  // namespace twofold::cli
