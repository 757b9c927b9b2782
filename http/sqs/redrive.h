#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/sqs/fault.h"

namespace twofold::http::sqs {

/// The broker's name of the queue that an ARN names.
using StoredOf = std::function<std::string(std::string_view arn)>;

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

  /// `stored` gives the broker's name of the queue that an ARN names: two ARNs may name one queue.
  bool allows(std::string_view source, const StoredOf& stored) const;
};
/// Errors: invalid_parameter_value.
Outcome<RedriveAllowPolicy> parse_redrive_allow_policy(std::string_view text);

/// Whether two texts say the same. Such that cannot be read are never the same.
bool same_json(std::string_view one, std::string_view other);
bool same_redrive_policy(std::string_view one, std::string_view other, const StoredOf& stored);
bool same_redrive_allow_policy(std::string_view one, std::string_view other,
                               const StoredOf& stored);

}  // namespace twofold::http::sqs
