#include "src/config/listeners.h"

#include <array>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace twofold::config {
namespace {

struct Listening {
  std::string_view key;
  std::string address;
};

std::vector<Listening> all_of(const Config& config) {
  std::vector<Listening> all{{"http.listen", config.http.listen}};
  for (const std::string& one : config.sqs.listen) all.push_back({"sqs.listen", one});
  if (!config.http.admin_listen.empty())
    all.push_back({"http.admin_listen", config.http.admin_listen});
  return all;
}

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080": nobody but this machine gets there.
bool is_loopback(std::string_view listen) {
  const std::string_view host = listen.substr(0, listen.rfind(':'));
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

/// An address as the system sees it.
struct Place {
  int family = AF_INET;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::string scope;  // of an IPv6 address that names its interface
  std::string_view port;

  bool is_any() const { return bytes == decltype(bytes){}; }
};

Place place_of(std::string_view listen) {
  Place place;
  const std::size_t colon = listen.rfind(':');
  place.port = listen.substr(colon + 1);
  while (place.port.starts_with('0')) place.port.remove_prefix(1);
  std::string host(listen.substr(0, colon));
  if (host == "localhost") host = "127.0.0.1";
  if (host.front() == '[') {
    place.family = AF_INET6;
    host = host.substr(1, host.size() - 2);
    const std::size_t percent = host.find('%');
    if (percent != std::string::npos) place.scope = host.substr(percent);
    host = host.substr(0, percent);
  }
  ::inet_pton(place.family, host.c_str(), place.bytes.data());
  return place;
}

// Whether IPv6's "all of them" takes in IPv4 as well is the system's choice: not asked here.
bool same(const Place& one, const Place& other) {
  if (one.port.empty() || one.port != other.port || one.family != other.family) return false;
  if (one.is_any() || other.is_any()) return true;
  return one.bytes == other.bytes && one.scope == other.scope;
}

}  // namespace

void check_listeners(const Config& config, std::vector<Problem>& problems) {
  const auto all = all_of(config);
  const auto named = [&](const Listening& one) {
    return fmt::format("{} ({}, {})", one.key, one.address, config.origin.find(one.key)->second);
  };
  // Without keys nobody else is let in, unless it is said that they may.
  const bool others_may = !config.auth.keys_file.empty() || config.auth.insecure;
  for (auto one = all.begin(); one != all.end(); ++one) {
    if (!others_may && !is_loopback(one->address)) {
      problems.push_back(
          Problem{named(*one) + " is open to others, and nobody is asked for a key",
                  "make keys with twofold key create and name their file in auth.keys_file, listen "
                  "on 127.0.0.1, or say --insecure-no-auth"});
    }
    // Both can be bound, and only one listened on: that would show when the data is open.
    for (auto before = all.begin(); before != one; ++before) {
      if (!same(place_of(before->address), place_of(one->address))) continue;
      problems.push_back(
          Problem{fmt::format("{} and {} are one address", named(*before), named(*one)),
                  "every address serves REST, WebSocket and SQS: leave one out, or give it another "
                  "port"});
    }
  }
}

}  // namespace twofold::config
