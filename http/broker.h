#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "engine/core.h"
#include "engine/requests.h"
#include "http/access/access.h"
#include "http/live.h"
#include "http/metrics_options.h"
#include "http/sqs/options.h"
#include "http/sqs/recent_names.h"
#include "http/stats/entities.h"
#include "http/stats/reads.h"
#include "log/groups.h"
#include "log/topics.h"
#include "queue/queues.h"

namespace twofold::http {

class Namespaces;
namespace metrics {
class Surveyor;
class Text;
std::shared_ptr<Surveyor> make_surveyor(engine::Core& core, log::Topics& topics,
                                        log::Groups& groups, queue::Queues& queues);
}  // namespace metrics
namespace trace {
class Tracer;
}  // namespace trace
namespace inspect {
class Inspector;
std::shared_ptr<Inspector> make_inspector(engine::Core& core, log::Topics& topics,
                                          log::Groups& groups, queue::Queues& queues);
}  // namespace inspect

/// How far the broker is; what /livez, /readyz and /startupz tell.
///   starting   recovering; the program lets nobody in yet (Server::listen).
///   ready      open for business.
///   draining   acks and commits still work, readers are sent away.
///   failed     a sync failed: reads still work, writes answer storage-failed.
enum class Health : std::uint8_t { starting, ready, draining, failed };

/// One line of /readyz?verbose.
struct HealthCheck {
  std::string name;
  bool ok;             ///< false makes the broker not ready
  std::string detail;
  bool degraded = false;  ///< serving, but somebody should look (little disk left)
};

/// What was appended since the broker began.
struct Appended {
  std::uint64_t records = 0;
  std::uint64_t journal_bytes = 0;
};

struct ServerInfo {
  std::string version;
  std::string commit;
  engine::WallTime started{0};
};

/// A setting as it is in force, for those who manage the broker; secrets are masked.
struct Setting {
  std::string key;
  std::string value;
  std::string origin;  ///< "default", "twofold.toml:3", "flag --http"
  bool reloads = false;  ///< SIGHUP takes over another value
};

/// What all namespaces of the broker have in common. Built by the program; outlives the server.
/// Threads  any.
struct BrokerShared {
  ServerInfo server{};
  std::atomic<Health> health{Health::starting};
  /// It will drain soon: everything goes on, but who asks is told that it is not ready any more.
  std::atomic<bool> leaving{false};
  /// What probes are told.
  Health health_told() const {
    const Health now = health;
    return now == Health::ready && leaving ? Health::draining : now;
  }
  /// What a topic or queue gets when its creator does not say.
  log::TopicConfig topic_defaults{};
  queue::QueueConfig queue_defaults{};
  engine::Duration session_default = log::kSessionDefault;  ///< of a group's members
  /// What understands the filters of requests.
  queue::FilterCompiler compile_filter{};
  /// More lines for /readyz (disk, journal); called on I/O threads, must be quick.
  std::function<std::vector<HealthCheck>()> checks{};
  /// More samples for /metrics, in one turn of the core.
  std::function<void(metrics::Text& out)> engine_metrics{};
  /// Every setting, as it is in force.
  Live<std::vector<Setting>> settings{};
  /// Who may ask for anything.
  access::Access access{};
  /// Changes who may, for good; waits for the disk, so on the storage pool. Empty: nobody is asked
  /// for a key.
  std::function<engine::Result<bool>(const access::KeyEdit&)> change_keys{};
  /// For charts; called on the first I/O thread, which the core is on.
  std::function<Appended()> appended{};
  /// Who makes spans of what messages go through; null: nobody.
  trace::Tracer* tracer = nullptr;
  /// The namespaces beside the default one; null: there are none, and can be none.
  Namespaces* namespaces = nullptr;
};

/// What every handler may use: the broker as one namespace sees it. Built by the program once all
/// parts exist, before the server starts; outlives the server.
/// Threads  topics, groups, queues and core (but for executor()) on the core only, through
///          on_core.h; everything else from any.
struct Broker {
  engine::Core& core;
  log::Topics& topics;
  log::Groups& groups;
  queue::Queues& queues;
  engine::Executor& storage_pool;  ///< cold reads
  engine::Clock& clock;
  engine::Random& random;
  engine::Requests& requests;  ///< those with an Idempotency-Key; on the core only
  BrokerShared& shared;
  std::string name_space{};  ///< empty: the default one

  /// Those who look on. On the core only.
  std::shared_ptr<inspect::Inspector> inspector =
      inspect::make_inspector(core, topics, groups, queues);
  /// Who counts for /metrics. On the core only.
  std::shared_ptr<metrics::Surveyor> surveyor =
      metrics::make_surveyor(core, topics, groups, queues);
  /// What the strict profile of SQS remembers. On the core only.
  sqs::RecentQueues sqs_recent{};
  /// The recent past, for charts; what readers were given, and who is subscribed.
  stats::Entities entities{};
  stats::Reads reads{};
  stats::Consumers consumers{};
};

/// How the pages are served.
struct PagesOptions {
  bool enabled = true;
  Live<bool> read_only = false;  ///< pages say so and show no actions; the API is as it was
  std::string folder{};    ///< served from there instead of from the program; empty: it is not
  std::vector<std::string> frame_ancestors{};  ///< origins whose pages may show these in a frame
};

/// Limits and manners of the server. Times are how long something may take.
struct ServerOptions {
  std::size_t connections_max = 10'000;
  std::size_t connections_per_address_max = 0;  ///< 0: as many as there may be
  std::uint64_t body_bytes_max = 10 << 20;
  std::uint64_t admin_body_bytes_max = 1 << 20;
  std::uint64_t body_bytes_total_max = 256 << 20;  ///< of all connections, large bodies only
  std::uint64_t answer_bytes_total_max = 256 << 20;  ///< likewise, answers not written yet
  engine::Duration head_timeout = std::chrono::seconds{10};
  engine::Duration idle_timeout = std::chrono::seconds{75};
  engine::Duration write_timeout = std::chrono::seconds{30};
  engine::Duration settle_time = std::chrono::seconds{6};  ///< of a drain: Server::drain()
  /// Host names with a dot that are ours (a proxy's, say); compared without case.
  std::vector<std::string> hosts_allowed{};
  /// Web origins that may read and write: "https://example.org".
  Live<std::vector<std::string>> origins_allowed{};
  bool compression = true;  ///< of JSON over WebSocket, for those who ask for it
  sqs::Options sqs{};
  PagesOptions pages{};
  MetricsOptions metrics{};
};

}  // namespace twofold::http
