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

}  // namespace

Caller caller_of(const Head& head, const Target& target) {
  Caller caller;
  const auto scope = cut_credential(credential_of(head, target));
  if (!scope) return caller;
  if (is_region(scope->region)) caller.region = scope->region;
  if (is_account(scope->key_id)) caller.account = scope->key_id;
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

bool is_account(std::string_view text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_fifo_name(std::string_view name) { return name.ends_with(kFifo); }

bool is_queue_name(std::string_view name) {
  if (name.size() > kNameMax) return false;
  if (is_fifo_name(name)) name.remove_suffix(kFifo.size());
  return !name.empty() && std::all_of(name.begin(), name.end(), is_plain);
}

std::string queue_url(const Head& head, std::string_view account, std::string_view name) {
  const bool secure = same_token(head.field("X-Forwarded-Proto"), "https");
  return fmt::format("{}://{}/{}/{}", secure ? "https" : "http", head.host, account, name);
}

std::string_view name_in_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  while (url.ends_with('/')) url.remove_suffix(1);
  return url.substr(url.rfind('/') + 1);
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
