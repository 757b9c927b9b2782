#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "http/head_check.h"
#include "http/sqs/fault.h"
#include "http/target.h"

namespace twofold::http::sqs {

/// AWS Signature Version 4, the server's half, step by step. Whether a key is known and what a
/// verified request may do is decided elsewhere (authenticator.h).
///
/// Threads  any; nothing is kept.
/// Source   "Signature Version 4 signing process" of AWS; test vectors made with botocore.

/// What a request says about its signature, in its head or (presigned) in its query. Views into
/// them.
struct Signature {
  std::string_view key_id;
  std::string_view date;  ///< of the scope, "20260102"
  std::string_view region;
  std::string_view service;
  std::string_view time;                      ///< X-Amz-Date, "20260102T030405Z"
  std::string_view headers;                   ///< "host;x-amz-date": lower case, ascending
  std::string_view value;                     ///< should be 64 hexadecimal digits
  std::optional<engine::Duration> expires{};  ///< a presigned request's

  bool presigned() const { return expires.has_value(); }
};

/// Errors: access_denied when there is no signature at all; incomplete_signature when it lacks a
/// part, has one twice or one that is not what it should be.
Outcome<Signature> read_signature(const Head& head, const Target& target);

/// Whether it is one for this service, of the day that its scope says, and not too old or too new:
/// fifteen minutes to either side; a presigned one counts from its time until it expires.
/// Errors: invalid_signature.
Outcome<> check_scope(const Signature& signature, engine::WallTime now);

/// Whether `host` and every x-amz-* field that is read here are signed: what is not could have been
/// put there by anybody. Others, as proxies add them ("X-Amz-Cf-Id"), say nothing and may stay
/// unsigned. Errors: invalid_signature.
Outcome<> check_signed_headers(const Signature& signature, const Head& head);

/// The digest of the body as it is signed: of what came, or UNSIGNED-PAYLOAD where the head says
/// so. Errors: invalid_signature when the head names another digest.
Outcome<std::string> payload_hash(const Head& head, std::string_view body);

/// The request as both sides spell it. `host` stands in the place of the Host field.
std::string canonical_request(const Signature& signature, const Head& head, const Target& target,
                              std::string_view host, std::string_view payload_hash);

using SigningKey = std::array<unsigned char, 32>;
/// From a secret, by way of date, region and service.
SigningKey signing_key(std::string_view secret, std::string_view date, std::string_view region);

/// What the signature should be: 64 lower-case hexadecimal digits.
std::string sign(const SigningKey& key, const Signature& signature,
                 std::string_view canonical_request);

/// Compares in a time that does not depend on where they differ.
bool same_signature(std::string_view expected, std::string_view given);

}  // namespace twofold::http::sqs
