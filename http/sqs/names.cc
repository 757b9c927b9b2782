#include "http/sqs/names.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace twofold::http::sqs {
namespace {

constexpr std::size_t kNameMax = 80;
constexpr std::size_t kRegionMax = 64;
constexpr std::string_view kFifo = ".fifo";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_plain(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

// Cuts `text` at `separator` into exactly N parts, the last with what is left.
template <std::size_t N>
std::optional<std::array<std::string_view, N>> cut(std::string_view text, char separator) {
  std::array<std::string_view, N> parts;
  for (std::size_t i = 0; i + 1 < N; ++i) {
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos) return std::nullopt;
    parts[i] = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  parts[N - 1] = text;
  return parts;
}

std::string_view credential_of(const Head& head, const Target& target) {
  constexpr std::string_view kMember = "Credential=";
  const std::string_view authorization = head.field("Authorization");
  const std::size_t at = authorization.find(kMember);
  if (at == std::string_view::npos) return target.find("X-Amz-Credential").value_or("");
  const std::string_view rest = authorization.substr(at + kMember.size());
  return rest.substr(0, rest.find_first_of(", "));
}

// "eu-west-1", "us-gov-east-1": no other part of a host name must be taken for one.
bool looks_like_region(std::string_view text) {
  const std::size_t first = text.find('-');
  const std::size_t last = text.rfind('-');
  if (first == std::string_view::npos || first == last || !is_region(text)) return false;
  return first >= 2 && first <= 3 && last + 2 == text.size() && is_digit(text.back());
}

}  // namespace

Caller caller_of(const Head& head, const Target& target) {
  Caller caller;
  const auto scope = cut_credential(credential_of(head, target));
  if (!scope) {
    if (const auto region = region_in_host(head.host); !region.empty()) caller.region = region;
    return caller;
  }
  if (is_region(scope->region)) caller.region = scope->region;
  if (is_account(scope->key_id)) caller.account = scope->key_id;
  caller.key_id = scope->key_id;
  return caller;
}

std::optional<Credential> cut_credential(std::string_view text) {
  const auto parts = cut<5>(text, '/');
  if (!parts) return std::nullopt;
  return Credential{(*parts)[0], (*parts)[1], (*parts)[2], (*parts)[3], (*parts)[4]};
}

bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= kRegionMax &&
         std::all_of(text.begin(), text.end(), is_plain);
}

std::string_view region_in_host(std::string_view host) {
  const std::size_t first = host.find('.');
  if (first == std::string_view::npos) return {};
  const std::size_t second = host.find('.', first + 1);
  if (second == std::string_view::npos) return {};
  const std::string_view head = host.substr(0, first);
  const std::string_view next = host.substr(first + 1, second - first - 1);
  if (head == "sqs" && looks_like_region(next)) return next;
  if (next == "queue" && looks_like_region(head)) return head;
  return {};
}

bool is_account(std::string_view text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_queue_name(std::string_view name) {
  if (name.size() > kNameMax) return false;
  if (is_fifo_name(name)) name.remove_suffix(kFifo.size());
  return !name.empty() && std::all_of(name.begin(), name.end(), is_plain);
}

std::string queue_arn(std::string_view region, std::string_view account, std::string_view name) {
  return fmt::format("arn:aws:sqs:{}:{}:{}", region, account, name);
}

std::optional<Arn> parse_arn(std::string_view text) {
  const auto parts = cut<6>(text, ':');
  if (!parts || (*parts)[0] != "arn" || (*parts)[1].empty() || (*parts)[2] != "sqs")
    return std::nullopt;
  if ((*parts)[5].empty() || (*parts)[5].find(':') != std::string_view::npos) return std::nullopt;
  return Arn{(*parts)[3], (*parts)[4], (*parts)[5]};
}

}  // namespace twofold::http::sqs
