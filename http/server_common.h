#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "http/account.h"
#include "http/broker.h"
#include "http/metrics.h"
#include "http/per_address.h"
#include "http/router.h"
#include "http/sqs/authenticator.h"
#include "http/stats/recorder.h"
#include "http/strangers.h"

namespace twofold::http {

class Lane;

/// How long a client may leave unsent bytes unread while others wait for the memory they take.
inline constexpr auto kCrowdedWriteTimeout = std::chrono::seconds{5};

/// What all connections of the server share, on whatever thread. The options, the router and the
/// list of lanes do not change once connections exist.
struct ServerCommon {
  ServerCommon(Broker& b, ServerOptions o)
      : broker(b), options(std::move(o)), router(route_table()),
        router_for_clients(route_table(), Listener::clients), authenticator(b.shared.access.keyring, options) {}

  Broker& broker;  ///< of the default namespace
  const ServerOptions options;
  const Router router;
  const Router router_for_clients;
  const sqs::Authenticator authenticator;
  std::vector<const LaneMetrics*> lane_metrics;  ///< one per I/O thread
  std::vector<Lane*> lanes;  ///< likewise
  stats::Recorder stats;
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> consumers{0};  ///< of the connections: see Server::drain()
  std::atomic<std::size_t> readers{0};    ///< likewise: see Server::readers()
  std::atomic<bool> settling{false};      ///< while draining: connections stay, to settle on
  Strangers strangers{options.connections_max};
  PerAddress per_address{options.connections_per_address_max};
  std::atomic<std::uint64_t> body_bytes{0};            ///< of bodies too large for a read buffer
  std::atomic<std::uint64_t> strangers_body_bytes{0};  ///< of bodies: from who has shown no key yet
  /// What is read for answers, large answers until they are written, what streams have not sent.
  mutable Account answers{options.answer_bytes_total_max};
};

}  // namespace twofold::http
