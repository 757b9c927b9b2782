#include "http/sqs/place.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "http/connection_fields.h"

namespace twofold::http::sqs {
namespace {

constexpr std::string_view kFifo = ".fifo";

bool is_default(std::string_view account, std::string_view region) {
  return account == kDefaultAccount && region == kDefaultRegion;
}

// "name.account.region" or "name.account.region.fifo" taken apart; nullopt when it is neither.
std::optional<Place> parse_scoped(std::string_view stored) {
  const bool fifo = is_fifo_name(stored);
  if (fifo) stored.remove_suffix(kFifo.size());
  const std::size_t first = stored.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = stored.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  Place place;
  place.name = stored.substr(0, first);
  place.account = stored.substr(first + 1, second - first - 1);
  place.region = stored.substr(second + 1);
  if (fifo) place.name += kFifo;
  if (!is_queue_name(place.name) || !is_account(place.account) || !is_region(place.region) ||
      is_default(place.account, place.region)) {
    return std::nullopt;
  }
  return place;
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) segments.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return segments;
}

void replace(std::string& text, std::string_view placeholder, std::string_view value) {
  const std::size_t at = text.find(placeholder);
  if (at != std::string::npos) text.replace(at, placeholder.size(), value);
}

}  // namespace

Address address_in_path(std::span<const std::string_view> segments) {
  Address address;
  const std::size_t count = segments.size();
  if (count == 0) return address;
  address.name = segments[count - 1];
  if (count < 2 || !is_account(segments[count - 2])) return address;
  address.account = segments[count - 2];
  if (count >= 4 && segments[count - 4] == "queue" && is_region(segments[count - 3]))
    address.region = segments[count - 3];
  return address;
}

Address address_in_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = url.find("://");
  std::string_view host;
  if (scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
    host = url.substr(0, url.find('/'));
    url.remove_prefix(host.size());
  }
  Address address = address_in_path(split(url));
  if (address.region.empty()) address.region = region_in_host(host);
  return address;
}

std::string stored_name(Regions regions, const Address& address, const Caller& caller) {
  if (regions == Regions::one) return std::string(address.name);
  const std::string_view account = address.account.empty() ? caller.account : address.account;
  const std::string_view region = address.region.empty() ? caller.region : address.region;
  if (is_default(account, region)) {
    // What belongs to others is not reached by spelling out where it is kept.
    return parse_scoped(address.name) ? std::string() : std::string(address.name);
  }
  if (!is_queue_name(address.name) || !is_account(account) || !is_region(region)) return {};
  std::string_view name = address.name;
  const bool fifo = is_fifo_name(name);
  if (fifo) name.remove_suffix(kFifo.size());
  return fmt::format("{}.{}.{}{}", name, account, region, fifo ? kFifo : "");
}

Place place_of(Regions regions, std::string_view stored, std::string_view account,
               std::string_view region) {
  if (regions == Regions::one)
    return {std::string(account), std::string(region), std::string(stored)};
  if (auto scoped = parse_scoped(stored)) return *std::move(scoped);
  return {std::string(kDefaultAccount), std::string(kDefaultRegion), std::string(stored)};
}

std::string queue_url(std::string_view url_template, const Head& head, const Place& place) {
  // Of several proxies the first spoke with the client.
  std::string_view scheme = head.field("X-Forwarded-Proto");
  if (scheme.empty()) scheme = head.field(kSchemeField);
  scheme = scheme.substr(0, scheme.find_first_of(", "));
  const bool secure = same_token(scheme, "https");
  std::string url(url_template);
  // None of what is put in has a brace.
  replace(url, "{scheme}", secure ? "https" : "http");
  replace(url, "{host}", head.host);
  replace(url, "{region}", place.region);
  replace(url, "{account}", place.account);
  replace(url, "{name}", place.name);
  return url;
}

std::string queue_arn(const Place& place) {
  return queue_arn(place.region, place.account, place.name);
}

}  // namespace twofold::http::sqs
