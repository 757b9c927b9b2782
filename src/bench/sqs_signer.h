#pragma once

#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "http/sqs/sigv4.h"

namespace twofold::bench {

/// Whose requests they are, as AWS names it.
struct SqsKey {
  std::string id;
  std::string secret;
  std::string region = "us-east-1";
};

/// The client's half of AWS Signature Version 4 for POST / with an action of Amazon SQS: the request
/// is spelled, and the signature made, by what the broker checks it with (http/sqs/sigv4.h).
/// Threads  one: what was derived from the secret for a day is kept.
class SqsSigner {
 public:
  /// Signed is what these fields say, Host and X-Amz-Target besides them.
  struct Proof {
    std::string date;           ///< of the field X-Amz-Date
    std::string authorization;  ///< of the field Authorization
  };

  /// `authority` is what the Host field says.
  SqsSigner(SqsKey key, std::string authority)
      : key_(std::move(key)), authority_(std::move(authority)) {}

  /// `target` is what the field X-Amz-Target says.
  Proof prove(std::string_view target, std::string_view body, engine::WallTime now);

 private:
  SqsKey key_;
  std::string authority_;
  std::string day_;  // that `derived_` is of
  http::sqs::SigningKey derived_{};
};

}  // namespace twofold::bench
