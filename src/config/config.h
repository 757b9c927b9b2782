#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/diag.h"
#include "engine/durability.h"
#include "http/metrics_options.h"
#include "http/sqs/options.h"

namespace twofold {

/// Whether the journal bypasses the page cache. `automatic` tries it and falls back.
enum class DirectIo { automatic, on, off };

/// `automatic` is text on a terminal and JSON elsewhere.
enum class LogFormat { automatic, text, json };

/// Every setting of the broker as plain data, checked: whoever holds a Config may use it as it is.
/// Built by load() or defaults() in config/load.h, never by hand.
/// Units: sizes are bytes; times say theirs in the type; 0 means what the key's help says.
struct Config {
  struct Server {
    std::string data_dir;
    int threads = 0;  // 0: as the CPUs suggest
    std::chrono::milliseconds drain_delay{};
    std::chrono::milliseconds settle_time{};
    std::chrono::milliseconds shutdown_grace{};
  };
  struct Http {
    std::string listen;                     // "address:port"; [::1]:8080, localhost:8080
    std::vector<std::string> hosts;         // names with a dot that are ours
    std::vector<std::string> cors_origins;  // "https://app.example.org"
    bool compression = true;                // of JSON over WebSocket
    std::uint64_t max_body = 0;
    std::chrono::milliseconds idle_timeout{};
    std::chrono::milliseconds idempotency_window{};
    std::string admin_listen;  // as listen; empty: what is for operators is served there, too
    std::string public_url;    // "https://queues.example.org"; empty: as each request spells it
  };
  /// What a topic gets when its creator does not say.
  struct Topics {
    int partitions = 0;
    std::chrono::milliseconds retention_time{};  // 0: for ever
    std::uint64_t retention_bytes = 0;           // 0: no limit
    std::uint64_t max_record_bytes = 0;
  };
  /// What a queue gets when its creator does not say.
  struct Queues {
    std::chrono::milliseconds visibility_timeout{};
    int max_receives = 0;  // 0: no limit
    std::chrono::milliseconds receive_wait{};
    std::chrono::milliseconds delay{};
  };
  struct Groups {
    std::chrono::milliseconds session_timeout{};
    std::chrono::milliseconds offset_retention{};
  };
  /// Manners of the Amazon SQS dialect.
  struct Sqs {
    std::vector<std::string> listen;  // as http.listen; the same is served there
    std::chrono::milliseconds delay_max{};
    std::chrono::milliseconds visibility_max{};
    int batch_max = 0;
    http::sqs::Profile profile{};
    std::string queue_url;
    http::sqs::Regions regions{};
  };
  struct Storage {
    engine::Durability durability{};
    bool memory_only = false;     // nothing is written to disk; data_dir is ignored
    bool allow_volatile = false;  // data_dir may be where nothing lasts: tmpfs, a container's layer
    std::uint64_t segment_bytes = 0;
    std::uint64_t journal_file_bytes = 0;
    int journal_files = 0;
    std::uint64_t tail_cache = 0;
    std::uint64_t scrub = 0;
    std::uint64_t min_free = 0;
    DirectIo direct_io{};
  };
  /// Spoken on every port once there is a certificate.
  struct Tls {
    std::string cert;  // files in PEM; empty: plain HTTP
    std::string key;
    std::string client_ca;  // empty: no client is asked who it is
    bool client_required = true;
  };
  struct Limits {
    int connections = 0;
    int connections_per_address = 0;
    int namespaces = 0;
    int names = 0;             // topics and queues, of all namespaces
    std::uint64_t memory = 0;  // shared out by serve/memory.h; 0: fixed budgets
  };
  /// The pages in the browser.
  struct Ui {
    bool enabled = true;
    bool read_only = false;
    std::string dir;                           // empty: those of the program
    std::vector<std::string> frame_ancestors;  // "https://intranet.example.org"
  };
  /// Who may ask.
  struct Auth {
    std::string keys_file;  // empty: nobody is asked for a key
    bool insecure = false;  // listen beyond this machine all the same
  };
  struct Metrics {
    bool enabled = true;
    http::MetricsDetail detail{};
    int max_entities = 0;
  };
  /// What there is to be, as in a file for `twofold apply`.
  struct Resources {
    std::string file;  // empty: whatever clients make
  };
  /// Spans for those who trace.
  struct Otel {
    std::string endpoint;  // empty: none are made
    std::string service_name;
    double sample = 0;  // 0 to 1
    std::string ca;     // a file in PEM; empty: as the system has it
    /// Sent with each export: names and values. Of the environment alone, for they hold secrets:
    /// what shows settings does not know them.
    std::vector<std::pair<std::string, std::string>> headers;
  };
  struct Log {
    engine::DiagLevels level;
    LogFormat format{};
  };

  Server server;
  Http http;
  Topics topics;
  Queues queues;
  Groups groups;
  Sqs sqs;
  Storage storage;
  Tls tls;
  Limits limits;
  Log log;
  Ui ui;
  Auth auth;
  Metrics metrics;
  Resources resources;
  Otel otel;

  /// Where each key's value came from, for people: "default", "twofold.toml:3",
  /// "environment TWOFOLD_HTTP_LISTEN", "flag --http". Holds every key.
  std::map<std::string, std::string, std::less<>> origin;
};

}  // namespace twofold
