#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/sqs/fault.h"

namespace twofold::http::sqs {

/// Where dead letters go, and after how many receives.
struct RedrivePolicy {
  std::string target_arn;
  std::uint32_t receives_max = 0;

  /// Compact JSON, as AWS answers it.
  std::string text() const;
};
/// Errors: invalid_parameter_value. `text` is a JSON object.
Outcome<RedrivePolicy> parse_redrive_policy(std::string_view text);

/// Whose dead letters a queue takes.
struct RedriveAllowPolicy {
  enum class Permission { everybody, nobody, listed };
  Permission permission = Permission::everybody;
  std::vector<std::string> source_arns;

  bool allows(std::string_view source_arn) const;
};
/// Errors: invalid_parameter_value.
Outcome<RedriveAllowPolicy> parse_redrive_allow_policy(std::string_view text);

}  // namespace twofold::http::sqs
