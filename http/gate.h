#pragma once

#include <optional>
#include <string_view>

#include "http/broker.h"
#include "http/head_check.h"
#include "http/problem.h"
#include "http/route.h"

namespace twofold::http {

/// Whether the broker, which asks nobody who they are, may answer to this Host: an IP address,
/// localhost or a name under it (and under localhost.localstack.cloud, which is the same), a name
/// without a dot, or one that was configured. A web page that has its own name
/// resolve to this machine comes with a dotted one.
bool host_allowed(std::string_view host, const ServerOptions& options);

/// Whether the path is one that probes and scrapers ask for, by whatever name they know us: /livez,
/// /readyz (and /health), /startupz, /metrics, /_localstack/health. They are answered under any Host.
bool is_probe(std::string_view target);

/// Whether a browser page of this origin may be trusted: it is on the list, or is the server itself.
bool origin_allowed(const Head& head, const ServerOptions& options);

/// What can be said about a request from its head alone, before its body is read: host and origin,
/// health, content type, size. Nullopt: go on.
std::optional<Problem> check_admission(const Head& head, const ServerOptions& options);
/// Whether a page of another site asks: what writes must not do so for it, whatever the method.
std::optional<Problem> check_origin(const Head& head, const ServerOptions& options);
std::optional<Problem> check_served(const Route& route, Health health);
std::optional<Problem> check_body(const Route& route, const Head& head,
                                  const ServerOptions& options);
/// The largest body that a route takes.
std::uint64_t body_bytes_max(const Route& route, const ServerOptions& options);

}  // namespace twofold::http
