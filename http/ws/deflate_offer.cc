// What a client offers by Sec-WebSocket-Extensions, and what is taken of it (RFC 7692,
// section 7.1).
#include <charconv>

#include <fmt/format.h>

#include "http/gate.h"
#include "http/ws/deflate.h"

namespace twofold::http::ws {
namespace {

constexpr std::string_view kName = "permessage-deflate";
constexpr int kWindowBitsLeast = 8;
constexpr int kWindowBitsMost = 15;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes what comes before the next separator.
std::string_view take(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view one = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return one;
}

std::optional<int> window_bits(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc{} || end != text.data() + text.size() || text.front() == '0') {
    return std::nullopt;
  }
  if (bits < kWindowBitsLeast || bits > kWindowBitsMost) return std::nullopt;
  return bits;
}

struct Offer {
  bool server_no_takeover = false;
  bool client_no_takeover = false;
  std::optional<int> server_bits;
  bool client_bits = false;

  // False when this offer cannot be taken: said twice, or with a value that it cannot have.
  bool take_parameter(std::string_view name, std::optional<std::string_view> value) {
    if (same_token(name, "server_no_context_takeover")) {
      return !value && !std::exchange(server_no_takeover, true);
    }
    if (same_token(name, "client_no_context_takeover")) {
      return !value && !std::exchange(client_no_takeover, true);
    }
    if (same_token(name, "client_max_window_bits")) {
      return !std::exchange(client_bits, true) && (!value || window_bits(*value));
    }
    if (!same_token(name, "server_max_window_bits") || !value || server_bits) return false;
    server_bits = window_bits(*value);
    return server_bits && *server_bits >= kWindowBits;
  }
};

std::optional<Offer> read_offer(std::string_view text) {
  if (!same_token(take(text, ';'), kName)) return std::nullopt;
  Offer offer;
  while (!text.empty()) {
    std::string_view value = take(text, ';');
    const bool has_value = value.find('=') != std::string_view::npos;
    const std::string_view name = take(value, '=');
    const auto given = has_value ? std::optional(trimmed(value)) : std::nullopt;
    if (!offer.take_parameter(name, given)) return std::nullopt;
  }
  return offer;
}

}  // namespace

std::optional<std::string> accept_deflate(std::string_view offers) {
  while (!offers.empty()) {
    const auto offer = read_offer(take(offers, ','));
    if (!offer) continue;
    auto answer = fmt::format("{}; server_no_context_takeover; client_no_context_takeover", kName);
    if (offer->server_bits) {
      answer.append(fmt::format("; server_max_window_bits={}", *offer->server_bits));
    }
    return answer;
  }
  return std::nullopt;
}

}  // namespace twofold::http::ws
