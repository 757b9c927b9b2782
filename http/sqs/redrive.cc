#include "http/sqs/redrive.h"

#include <algorithm>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "http/json_writer.h"
#include "http/sqs/names.h"
#include "http/sqs/numbers.h"

namespace twofold::http::sqs {
namespace {

namespace json = boost::json;

constexpr std::int64_t kReceivesMax = 1'000;
constexpr std::size_t kSourcesMax = 10;

std::optional<json::object> object_in(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

std::optional<std::string_view> text_of(const json::value& value) {
  if (!value.is_string()) return std::nullopt;
  return std::string_view(value.get_string().data(), value.get_string().size());
}

// A number, or a string of digits.
std::optional<std::int64_t> number_of(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  const auto text = text_of(value);
  return text ? parse_integer(*text) : std::nullopt;
}

Fault bad_policy(std::string_view text, std::string_view reason) {
  return invalid_value(text, "RedrivePolicy", reason);
}

Fault bad_allow_policy(std::string_view text, std::string_view reason) {
  return invalid_value(text, "RedriveAllowPolicy", reason);
}

}  // namespace

std::string RedrivePolicy::text() const {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().name("deadLetterTargetArn").string(target_arn);
  writer.name("maxReceiveCount").number(receives_max).end_object();
  return out;
}

Outcome<RedrivePolicy> parse_redrive_policy(std::string_view text) {
  const auto object = object_in(text);
  if (!object) return bad_policy(text, "Redrive policy is not a valid JSON map.");
  const json::value* const arn = object->if_contains("deadLetterTargetArn");
  const json::value* const count = object->if_contains("maxReceiveCount");
  if (!arn)
    return bad_policy(text,
                      "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  if (!count)
    return bad_policy(text,
                      "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  const auto target = text_of(*arn);
  if (!target || !parse_arn(*target)) {
    return bad_policy(text, "Invalid value for deadLetterTargetArn.");
  }
  const auto receives = number_of(*count);
  if (!receives || *receives < 1 || *receives > kReceivesMax) {
    const std::string given = receives ? std::to_string(*receives) : json::serialize(*count);
    return bad_policy(text, fmt::format("Invalid value for maxReceiveCount: {}, valid values are "
                                        "from 1 to 1000 both inclusive.",
                                        echoed(given)));
  }
  RedrivePolicy policy;
  policy.target_arn = *target;
  policy.receives_max = static_cast<std::uint32_t>(*receives);
  return policy;
}

bool RedriveAllowPolicy::allows(std::string_view source, const StoredOf& stored) const {
  if (permission != Permission::listed) return permission == Permission::everybody;
  return std::any_of(source_arns.begin(), source_arns.end(),
                     [&](const std::string& arn) { return stored(arn) == source; });
}

bool same_json(std::string_view one, std::string_view other) {
  const auto a = object_in(one);
  const auto b = object_in(other);
  return a && b && *a == *b;
}

bool same_redrive_policy(std::string_view one, std::string_view other, const StoredOf& stored) {
  const auto a = parse_redrive_policy(one);
  const auto b = parse_redrive_policy(other);
  return a && b && a->receives_max == b->receives_max &&
         stored(a->target_arn) == stored(b->target_arn);
}

bool same_redrive_allow_policy(std::string_view one, std::string_view other,
                               const StoredOf& stored) {
  const auto a = parse_redrive_allow_policy(one);
  const auto b = parse_redrive_allow_policy(other);
  if (!a || !b || a->permission != b->permission) return false;
  const auto sources = [&stored](const RedriveAllowPolicy& policy) {
    std::set<std::string> names;
    for (const std::string& arn : policy.source_arns) names.insert(stored(arn));
    return names;
  };
  return sources(*a) == sources(*b);
}

Outcome<RedriveAllowPolicy> parse_redrive_allow_policy(std::string_view text) {
  const auto object = object_in(text);
  if (!object) return bad_allow_policy(text, "Redrive allow policy is not a valid JSON map.");
  const json::value* const named = object->if_contains("redrivePermission");
  const auto permission = named ? text_of(*named) : std::nullopt;
  RedriveAllowPolicy policy;
  if (permission == "allowAll") {
    policy.permission = RedriveAllowPolicy::Permission::everybody;
  } else if (permission == "denyAll") {
    policy.permission = RedriveAllowPolicy::Permission::nobody;
  } else if (permission == "byQueue") {
    policy.permission = RedriveAllowPolicy::Permission::listed;
  } else {
    return bad_allow_policy(text,
                            "Invalid value for redrivePermission, valid values are allowAll, "
                            "denyAll and byQueue.");
  }
  const json::value* const sources = object->if_contains("sourceQueueArns");
  const bool listed = policy.permission == RedriveAllowPolicy::Permission::listed;
  if (listed != (sources != nullptr)) {
    return bad_allow_policy(
        text, "sourceQueueArns belongs to redrivePermission byQueue, and only there.");
  }
  if (!listed) return policy;
  if (!sources->is_array() || sources->get_array().empty() ||
      sources->get_array().size() > kSourcesMax) {
    return bad_allow_policy(text, "sourceQueueArns is a list of 1 to 10 ARNs.");
  }
  for (const json::value& source : sources->get_array()) {
    const auto arn = text_of(source);
    if (!arn || !parse_arn(*arn))
      return bad_allow_policy(text, "sourceQueueArns holds no ARN of a queue.");
    policy.source_arns.emplace_back(*arn);
  }
  return policy;
}

}  // namespace twofold::http::sqs
