#include "src/cli/handlers.h"
#include "src/cli/table.h"

// Tables are read line by line.
// clang-format off

namespace twofold::cli {
namespace {

const Flag kConfig{"config", 0, Takes::text, "FILE",
                   "configuration file [./twofold.toml if there]"};
const Flag kSet{"set", 0, Takes::text, "KEY=VALUE", "set one key; may be repeated", true};
const Flag kData{"data", 0, Takes::text, "DIR", "data directory [./twofold-data]"};
const Flag kHttp{"http", 0, Takes::text, "ADDR:PORT", "HTTP listener [127.0.0.1:8080]"};
const Flag kSqsListen{"sqs-listen", 0, Takes::text, "ADDR:PORT,...",
                      "further addresses for SQS clients [none]"};
const Flag kMemory{"memory", 0, Takes::nothing, "",
                   "keep everything in memory, write nothing to disk"};

}  // namespace

std::vector<Command> server_commands() {
  return {
      {"serve",
       "Start the broker and run until SIGTERM or Ctrl-C",
       {},
       {kConfig, kData, kHttp, kSqsListen, kMemory, kSet},
       {"twofold serve", "twofold serve --data /var/lib/twofold --http 0.0.0.0:8080",
        "twofold serve --memory --sqs-listen 127.0.0.1:9324"},
       "config keys, doctor, health",
       &run_serve},
      {"demo",
       "Start a broker that forgets, with orders coming in and a page to watch them",
       {},
       {kHttp,
        {"data", 0, Takes::text, "DIR", "keep the data here [a directory that goes with it]"},
        {"rate", 0, Takes::rate, "N/s", "orders that come in by themselves; 0: none [1/s]"},
        {"no-open", 0, Takes::nothing, "", "leave the browser alone; without a screen it is, too"},
        kSet},
       {"twofold demo", "twofold demo --rate 20/s", "twofold demo --http 127.0.0.1:0 --data ./kitchen"},
       "serve, tail, attach",
       &run_demo},
      {"health",
       "Ask a running broker whether it is ready, and exit 0 or 1",
       {},
       {{"live", 0, Takes::nothing, "", "ask whether it is alive instead"},
        {"ready", 0, Takes::nothing, "", "ask whether it is ready [default]"}},
       {"twofold health", "twofold health --live", "twofold health -s http://broker:8080"},
       "doctor",
       &run_health},
      {"doctor",
       "Check this machine and a data directory for what usually goes wrong",
       {},
       {kConfig, kData, kHttp, kMemory, kSet},
       {"twofold doctor", "twofold doctor --data /var/lib/twofold",
        "twofold doctor --config twofold.toml -o json"},
       "config check, health",
       &run_doctor},
      {"version",
       "Print the version of this program, and of the broker if one answers",
       {},
       {},
       {"twofold version", "twofold version -o json", "twofold version -q"},
       "health",
       &run_version},
  };
}

std::vector<Command> measure_commands() {
  return {
      {"bench",
       "Measure a running broker: publish, fetch, latency, queue, waiting, queues, memory, waiters, "
       "expiry, churn, stream or fanout",
       {{"WORKLOAD", false}},
       {{"connections", 'c', Takes::count, "N", "connections, one request each at a time [64]"},
        {"msgs", 'n', Takes::count, "N",
         "messages to measure; fetch: at least 4 pages a connection [100000]"},
        {"duration", 'd', Takes::duration, "DURATION", "measure for this long instead"},
        {"warmup", 0, Takes::duration, "DURATION", "run before measuring [1s]"},
        {"size", 0, Takes::size, "SIZE", "bytes of one value [256B; sqs: 100B]"},
        {"batch", 'b', Takes::count, "N", "messages in one request [1; sqs: 1, then 10; stream: 100]"},
        {"rate", 0, Takes::rate, "N/s", "open loop at this rate [as fast as answers come]"},
        {"format", 0, Takes::text, "FORMAT", "json or protobuf [json]"},
        {"protocol", 0, Takes::text, "PROTOCOL",
         "rest, or sqs: queue and waiters against any SQS endpoint [rest]"},
        {"groups", 0, Takes::count, "N", "sqs: a FIFO queue with so many groups, order checked [0]"},
        {"server-pid", 0, Takes::count, "PID", "whose CPU and memory to tell [as /metrics says]"},
        {"durability", 0, Takes::text, "CLASS", "disk, os or memory [as the broker is set]"},
        {"backlog", 0, Takes::count, "N",
         "messages waiting before the measurement [0]; expiry: in flight [1000000]"},
        {"count", 0, Takes::count, "N", "queues: how many [1000]; waiters: of how many queues [1]"},
        {"rate-each", 0, Takes::rate, "N/s", "queues: messages for each a second [1/s]"},
        {"partitions", 0, Takes::count, "N", "partitions of the topic [1]"},
        {"page", 0, Takes::size, "SIZE", "fetch: bytes of one page, about [1MiB]"},
        {"bytes", 0, Takes::size, "SIZE", "churn: how much goes through the queue [1GiB]"},
        {"keep-every", 0, Takes::count, "N",
         "churn: of so many messages one is never deleted [10000]"},
        {"slow-every", 0, Takes::count, "N", "fanout: of so many subscribers one never reads [0]"},
        {"data", 0, Takes::text, "DIR", "churn: the broker's data directory, to tell what it takes"},
        {"sync-dir", 0, Takes::text, "DIR", "where to measure the device's sync [.]"},
        {"keep", 0, Takes::nothing, "", "leave the topics and queues behind"},
        {"json", 0, Takes::nothing, "", "the result as one JSON object"}},
       {"twofold bench publish --connections 64", "twofold bench queue --batch 10 --duration 5s",
        "twofold bench --protocol sqs --duration 5s"},
       "bench compare, doctor",
       &run_bench},
      {"bench compare",
       "Let workers handle the same records as a queue and as a log, and show both side by side",
       {},
       {{"msgs", 'n', Takes::count, "N", "records, published once [1000]"},
        {"keys", 0, Takes::count, "N", "keys that they have [64]"},
        {"partitions", 0, Takes::count, "N", "partitions of the topic [4]"},
        {"workers", 'w', Takes::count, "N", "workers on the queue, and members of the group [4]"},
        {"service", 0, Takes::duration, "DURATION", "how long the work for a record takes [5ms]"},
        {"slow-every", 0, Takes::count, "N", "every Nth record takes longer, in both models [none]"},
        {"slow", 0, Takes::duration, "DURATION", "how long the work for those takes [500ms]"},
        {"crash-every", 0, Takes::count, "N",
         "with each Nth record a worker drops all it holds and starts again [never]"},
        {"rate", 0, Takes::rate, "N/s",
         "publish at this rate while both are read at once [everything first, then one after the other]"},
        {"order", 0, Takes::text, "ORDER", "of the queue: none or key [none]"},
        {"visibility", 0, Takes::duration, "DURATION",
         "visibility timeout [1s, or three times the longest work held]"},
        {"batch", 'b', Takes::count, "N", "records in a receive, and in a poll [1]"},
        {"size", 0, Takes::size, "SIZE", "bytes of one value, about [256B]"},
        {"seed", 0, Takes::count, "N", "the same seed, the same records [1]"},
        {"durability", 0, Takes::text, "CLASS", "disk, os or memory [as the broker is set]"},
        {"report", 0, Takes::text, "FILE", "write a report that needs nothing else: .html or .svg"},
        {"sync-dir", 0, Takes::text, "DIR", "where to measure the device's sync [.]"},
        {"keep", 0, Takes::nothing, "", "leave the topic, the queue and the group behind"},
        {"json", 0, Takes::nothing, "", "the result as one JSON object"}},
       {"twofold bench compare --slow-every 100 --slow 500ms",
        "twofold bench compare --order key --rate 500/s --report compare.html",
        "twofold bench compare --crash-every 50 --visibility 2s --workers 8"},
       "bench",
       &run_bench_compare},
  };
}

std::vector<Command> storage_commands() {
  return {
      {"storage snapshot",
       "Copy a data directory so that the copy holds together, also while a broker runs on it",
       {},
       {kConfig, kData, {"to", 0, Takes::text, "DIR", "where the copy goes; new or empty"}, kSet},
       {"twofold storage snapshot --data /var/lib/twofold --to /backup/today",
        "twofold storage snapshot --to /backup/today -o json",
        "twofold storage snapshot --to /backup/today && twofold storage verify --data /backup/today"},
       "storage verify, doctor",
       &run_storage_snapshot},
      {"storage verify",
       "Read everything in a data directory and verify it; no broker may run on it",
       {},
       {kConfig, kData, kSet},
       {"twofold storage verify --data /backup/today", "twofold storage verify -o json",
        "twofold storage verify --data ./twofold-data && echo sound"},
       "storage snapshot, doctor",
       &run_storage_verify},
  };
}

std::vector<Command> setup_commands() {
  return {
      {"config show",
       "Print every setting with its value and where the value came from",
       {},
       {kConfig, kSet},
       {"twofold config show", "twofold config show --config twofold.toml",
        "TWOFOLD_LOG_LEVEL=debug twofold config show -o json"},
       "config keys, config check",
       &run_config_show},
      {"config check",
       "Check a configuration file and exit 0 when it is right",
       {{"FILE"}},
       {},
       {"twofold config check twofold.toml", "twofold config check /etc/twofold/twofold.toml",
        "twofold config defaults > t.toml && twofold config check t.toml"},
       "config show",
       &run_config_check},
      {"config defaults",
       "Print a configuration file with every key, its help and its default, commented out",
       {},
       {},
       {"twofold config defaults", "twofold config defaults > twofold.toml",
        "twofold config defaults | grep retention"},
       "config keys",
       &run_config_defaults},
      {"config keys",
       "List every key with type, default and environment variable",
       {},
       {},
       {"twofold config keys", "twofold config keys -o json", "twofold config keys -o name"},
       "config show",
       &run_config_keys},
  };
}

}  // namespace twofold::cli
