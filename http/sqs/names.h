#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/head_check.h"
#include "http/target.h"
#include "queue/fifo_name.h"

namespace twofold::http::sqs {

inline constexpr std::string_view kDefaultRegion = "us-east-1";
inline constexpr std::string_view kDefaultAccount = "000000000000";

using queue::is_fifo_name;

/// Who calls.
struct Caller {
  std::string_view region = kDefaultRegion;
  std::string_view account = kDefaultAccount;
  std::string_view key_id{};  ///< of the access key
};
/// As the request says, unproved: from the scope in Authorization or X-Amz-Credential, the region
/// else from the Host. An access key of twelve digits is an account.
Caller caller_of(const Head& head, const Target& target);

/// "KEY/20260102/eu-west-1/sqs/aws4_request" taken apart. Nullopt when it has fewer than five
/// parts.
struct Credential {
  std::string_view key_id;
  std::string_view date;
  std::string_view region;
  std::string_view service;
  std::string_view terminator;
};
std::optional<Credential> cut_credential(std::string_view text);
/// 1 to 64 of A-Z a-z 0-9 - and _
bool is_region(std::string_view text);
/// "sqs.eu-west-1.example.org" and "eu-west-1.queue.example.org" name one; else empty.
std::string_view region_in_host(std::string_view host);

/// 1 to 80 of A-Z a-z 0-9 - and _; a FIFO queue's name ends with .fifo, which counts.
bool is_queue_name(std::string_view name);
bool is_account(std::string_view text);

struct Arn {
  std::string_view region;
  std::string_view account;
  std::string_view name;
};
/// "arn:aws:sqs:us-east-1:000000000000:name"
std::string queue_arn(std::string_view region, std::string_view account, std::string_view name);
std::optional<Arn> parse_arn(std::string_view text);

}  // namespace twofold::http::sqs
