#include "http/gate.h"

#include <algorithm>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "http/connection_fields.h"
#include "http/media.h"

namespace twofold::http {
namespace {

// Host without its port; the brackets of an IPv6 address stay.
std::string_view without_port(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos) return host;
  if (bracket != std::string_view::npos && colon < bracket) return host;
  return host.substr(0, colon);
}

bool is_address(std::string_view host) {
  boost::system::error_code error;
  if (host.starts_with('[') && host.ends_with(']')) {
    boost::asio::ip::make_address_v6(std::string(host.substr(1, host.size() - 2)), error);
  } else {
    boost::asio::ip::make_address_v4(std::string(host), error);
  }
  return !error;
}

// Names that mean this machine by definition (RFC 6761), and those that LocalStack's clients use,
// which resolve to it.
bool is_loopback_name(std::string_view name) {
  const auto ends = [&](std::string_view suffix) {
    return name.size() > suffix.size() &&
           same_token(name.substr(name.size() - suffix.size()), suffix);
  };
  return ends(".localhost") || same_token(name, "localhost.localstack.cloud") ||
         ends(".localhost.localstack.cloud");
}

bool writes(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

bool listed(std::string_view wanted, const std::vector<std::string>& list) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& one) { return same_token(one, wanted); });
}

}  // namespace

bool host_allowed(std::string_view host, const ServerOptions& options) {
  const std::string_view name = without_port(host);
  if (name.empty()) return false;
  if (name.find_first_of(".:") == std::string_view::npos) return true;  // localhost among them
  return is_address(name) || is_loopback_name(name) || listed(name, options.hosts_allowed);
}

bool is_probe(std::string_view target) {
  constexpr std::string_view kProbes[] = {"/livez", "/readyz", "/health", "/startupz",
                                          "/_localstack/health"};
  const std::string_view path = target.substr(0, target.find('?'));
  return std::find(std::begin(kProbes), std::end(kProbes), path) != std::end(kProbes);
}

bool origin_allowed(const Head& head, const ServerOptions& options) {
  if (listed(head.origin, *options.origins_allowed.now())) return true;
  const std::string_view scheme = head.field(kSchemeField) == "https" ? "https://" : "http://";
  return head.origin.starts_with(scheme) &&
         same_token(head.origin.substr(scheme.size()), head.host);
}

std::optional<Problem> check_admission(const Head& head, const ServerOptions& options) {
  if (!is_probe(head.target) && !host_allowed(head.host, options)) {
    Problem problem(ProblemKind::host_not_allowed,
                    fmt::format("This broker does not answer to the name {}.",
                                without_port(head.host).substr(0, 256)));
    return problem.with_hint("Use an IP address or localhost, or add the name to http.hosts.");
  }
  return writes(head.method) ? check_origin(head, options) : std::nullopt;
}

std::optional<Problem> check_origin(const Head& head, const ServerOptions& options) {
  if (!head.origin.empty() && !origin_allowed(head, options)) {
    return Problem(ProblemKind::origin_not_allowed,
                   fmt::format("A page of {} may not write here.", head.origin.substr(0, 256)));
  }
  // Another port, or another name of the same domain, is another page as well.
  const std::string_view site = head.field("Sec-Fetch-Site");
  const bool ours = site.empty() || same_token(site, "same-origin") || same_token(site, "none");
  if (head.origin.empty() && !ours) {
    return Problem(ProblemKind::origin_not_allowed, "A page of another site may not write here.");
  }
  return std::nullopt;
}

std::optional<Problem> check_served(const Route& route, Health health) {
  if (route.served == Served::always) return std::nullopt;
  switch (health) {
    case Health::ready:
    case Health::failed: return std::nullopt;  // the core refuses what a failed disk cannot hold
    case Health::starting:
      return Problem(ProblemKind::starting, "The broker is still recovering its data.");
    case Health::draining: break;
  }
  if (route.served == Served::while_draining) return std::nullopt;
  return Problem(ProblemKind::draining, "The broker is shutting down.");
}

std::uint64_t body_bytes_max(const Route& route, const ServerOptions& options) {
  const bool large =
      route.body == Body::data || route.body == Body::records || route.body == Body::raw;
  return large ? options.body_bytes_max
               : std::min(options.admin_body_bytes_max, options.body_bytes_max);
}

std::optional<Problem> check_body(const Route& route, const Head& head,
                                  const ServerOptions& options) {
  const std::uint64_t bytes_max = body_bytes_max(route, options);
  if (head.content_length.value_or(0) > bytes_max) {
    return Problem(ProblemKind::batch_too_large,
                   fmt::format("The body has {} bytes; at most {} are taken here.",
                               *head.content_length, bytes_max));
  }
  const std::string_view encoding = head.field("Content-Encoding");
  if (!encoding.empty() && !same_token(encoding, "identity")) {
    return Problem(ProblemKind::unsupported_media_type,
                   "Compressed bodies are not taken; send it as it is.", "Content-Encoding");
  }
  return std::nullopt;
}

}  // namespace twofold::http
