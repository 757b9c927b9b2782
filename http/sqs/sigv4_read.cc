// What a request says about its signature, taken apart and checked for sense.
#include <algorithm>
#include <chrono>
#include <cstdint>

#include <fmt/format.h>

#include "http/sqs/names.h"
#include "http/sqs/numbers.h"
#include "http/sqs/signing_time.h"
#include "http/sqs/sigv4.h"

namespace twofold::http::sqs {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kService = "sqs";
constexpr std::string_view kTerminator = "aws4_request";
constexpr std::int64_t kExpiresMax = 604'800;
constexpr auto kSkewMax = std::chrono::minutes{15};

Fault incomplete(std::string message) { return {Code::incomplete_signature, std::move(message)}; }
Fault invalid(std::string message) { return {Code::invalid_signature, std::move(message)}; }

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "20260102T030405Z"
bool is_time(std::string_view text) {
  return text.size() == 16 && text[8] == 'T' && text[15] == 'Z' && all_digits(text.substr(0, 8)) &&
         all_digits(text.substr(9, 6));
}

int number(std::string_view digits) { return static_cast<int>(parse_integer(digits).value_or(0)); }

// Nullopt when the calendar has no such moment.
std::optional<engine::WallTime> moment(std::string_view time) {
  using namespace std::chrono;
  const year_month_day day{year{number(time.substr(0, 4))},
                           month{static_cast<unsigned>(number(time.substr(4, 2)))},
                           std::chrono::day{static_cast<unsigned>(number(time.substr(6, 2)))}};
  if (!day.ok()) return std::nullopt;
  const int hour = number(time.substr(9, 2));
  const int minute = number(time.substr(11, 2));
  const int second = number(time.substr(13, 2));
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const auto since =
      sys_days{day}.time_since_epoch() + hours{hour} + minutes{minute} + seconds{second};
  return engine::WallTime{duration_cast<milliseconds>(since).count()};
}

// "KEY/20260102/eu-west-1/sqs/aws4_request"
Outcome<> read_credential(std::string_view credential, Signature& signature) {
  const auto parts = cut_credential(credential);
  if (!parts || parts->key_id.empty()) {
    return incomplete(
        "Credential must have exactly 5 slash-delimited elements, e.g. "
        "keyid/date/region/service/term.");
  }
  signature.key_id = parts->key_id;
  signature.date = parts->date;
  signature.region = parts->region;
  signature.service = parts->service;
  if (parts->terminator == kTerminator) return {};
  return invalid("Credential should be scoped with a valid terminator: 'aws4_request'.");
}

// Ascending, so that no name comes twice and a short list stays a short text.
bool is_header_list(std::string_view list) {
  std::string_view before;
  for (;;) {
    const std::size_t end = std::min(list.find(';'), list.size());
    const std::string_view name = list.substr(0, end);
    if (name <= before) return false;
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (std::any_of(name.begin(), name.end(), upper)) return false;
    if (end == list.size()) return true;
    before = name;
    list.remove_prefix(end + 1);
  }
}

Outcome<Signature> checked(Signature signature) {
  if (!is_header_list(signature.headers)) {
    return incomplete("SignedHeaders must be names in lower case and in order, separated by ';'.");
  }
  if (!is_time(signature.time) || !moment(signature.time)) {
    return incomplete(
        "Date must be in ISO-8601 'basic format': X-Amz-Date as in 20260102T030405Z.");
  }
  return signature;
}

struct Parts {
  std::string_view credential;
  std::string_view headers;
  std::string_view value;
};

// "Credential=..., SignedHeaders=..., Signature=...", in whatever order.
Outcome<Parts> read_parts(std::string_view list) {
  Parts parts;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    const std::string_view part = trimmed(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view name = part.substr(0, equals);
    std::string_view* const slot = name == "Credential"      ? &parts.credential
                                   : name == "SignedHeaders" ? &parts.headers
                                   : name == "Signature"     ? &parts.value
                                                             : nullptr;
    if (!slot || !slot->empty()) {
      return incomplete(
          "Authorization has Credential, SignedHeaders and Signature, each once, and nothing "
          "else.");
    }
    *slot = part.substr(std::min(equals + 1, part.size()));
  }
  const auto missing = [](std::string_view name) {
    return incomplete(fmt::format("Authorization header requires '{}' parameter.", name));
  };
  if (parts.credential.empty()) return missing("Credential");
  if (parts.headers.empty()) return missing("SignedHeaders");
  if (parts.value.empty()) return missing("Signature");
  return parts;
}

Outcome<Signature> read_from_head(const Head& head, std::string_view authorization) {
  const std::string_view algorithm = authorization.substr(0, authorization.find(' '));
  if (algorithm != kAlgorithm) {
    return incomplete("Unsupported AWS 'algorithm' in Authorization: AWS4-HMAC-SHA256 is the one.");
  }
  auto parts = read_parts(authorization.substr(algorithm.size()));
  if (!parts) return parts.fault();
  Signature signature;
  if (auto read = read_credential(parts->credential, signature); !read) return read.fault();
  signature.headers = parts->headers;
  signature.value = parts->value;
  signature.time = head.field("X-Amz-Date");
  if (signature.time.empty()) {
    return incomplete("Authorization header requires existence of an 'X-Amz-Date' header.");
  }
  return checked(signature);
}

Outcome<Signature> read_from_query(const Target& target) {
  Signature signature;
  std::string_view credential;
  std::string_view expires;
  const std::pair<std::string_view, std::string_view*> slots[] = {
      {"X-Amz-Credential",    &credential       },
      {"X-Amz-Date",          &signature.time   },
      {"X-Amz-Expires",       &expires          },
      {"X-Amz-SignedHeaders", &signature.headers},
      {"X-Amz-Signature",     &signature.value  }
  };
  for (const auto& [name, slot] : slots) {
    *slot = target.find(name).value_or("");
    if (slot->empty()) {
      return incomplete(
          fmt::format("AWS query-string parameters must include '{}'. Re-examine the query-string "
                      "parameters.",
                      name));
    }
  }
  if (target.find("X-Amz-Algorithm") != kAlgorithm) {
    return incomplete("X-Amz-Algorithm must be AWS4-HMAC-SHA256.");
  }
  const auto seconds = parse_integer(expires);
  if (!seconds || *seconds < 1 || *seconds > kExpiresMax) {
    return incomplete("X-Amz-Expires must be a number of seconds from 1 to 604800.");
  }
  signature.expires = std::chrono::seconds{*seconds};
  if (auto read = read_credential(credential, signature); !read) return read.fault();
  return checked(signature);
}

Fault expired(std::string_view time, engine::WallTime oldest, engine::WallTime now) {
  return invalid(fmt::format("Signature expired: {} is now earlier than {} (it is {}).", time,
                             time_text(oldest), time_text(now)));
}

Outcome<> check_time(const Signature& signature, engine::WallTime now) {
  const engine::WallTime signed_at = *moment(signature.time);
  if (signed_at > now + kSkewMax) {
    return invalid(fmt::format("Signature not yet current: {} is still later than {} (it is {}).",
                               signature.time, time_text(now + kSkewMax), time_text(now)));
  }
  const engine::WallTime oldest = now - signature.expires.value_or(kSkewMax);
  if (signed_at < oldest) return expired(signature.time, oldest, now);
  return {};
}

}  // namespace

std::string time_text(engine::WallTime time) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds{time.value()}};
  const auto days = floor<std::chrono::days>(at);
  const year_month_day day{days};
  const hh_mm_ss clock{floor<seconds>(at - days)};
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

Outcome<Signature> read_signature(const Head& head, const Target& target) {
  const std::string_view authorization = head.field("Authorization");
  const bool in_query = target.find("X-Amz-Signature") || target.find("X-Amz-Algorithm");
  if (!authorization.empty() && in_query) {
    return incomplete("The request is signed twice: in Authorization and in its query.");
  }
  if (!authorization.empty()) return read_from_head(head, authorization);
  if (in_query) return read_from_query(target);
  return Fault(Code::access_denied, "Access to the resource is denied: the request is not signed.");
}

Outcome<> check_scope(const Signature& signature, engine::WallTime now) {
  if (signature.service != kService) {
    return invalid("Credential should be scoped to correct service: 'sqs'.");
  }
  if (!is_region(signature.region)) {
    return invalid("Credential should be scoped to a valid region.");
  }
  if (signature.date != signature.time.substr(0, signature.date.size()) ||
      signature.date.size() != 8) {
    return invalid(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        "HTTP.");
  }
  return check_time(signature, now);
}

}  // namespace twofold::http::sqs
