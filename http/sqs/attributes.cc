#include "http/sqs/attributes.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "http/head_check.h"
#include "http/json_reader.h"
#include "http/sqs/numbers.h"
#include "http/sqs/redrive.h"

namespace twofold::http::sqs {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr std::int64_t kRetentionMax = 1'209'600;
constexpr std::size_t kKmsKeyBytesMax = 2'048;

Fault bad_value(std::string_view name, std::string_view why = "") {
  std::string message = fmt::format("Invalid value for the parameter {}.", name);
  if (!why.empty()) message.append(" Reason: ").append(why);
  return {Code::invalid_attribute_value, std::move(message)};
}

Fault unknown(std::string_view name) {
  return {Code::invalid_attribute_name, fmt::format("Unknown Attribute {}.", echoed(name))};
}

std::string text_of(engine::Duration duration) {
  return std::to_string(duration_cast<seconds>(duration).count());
}

std::optional<bool> flag_in(std::string_view text) {
  if (same_token(text, "true")) return true;
  if (same_token(text, "false")) return false;
  return std::nullopt;
}

using Read = std::optional<std::string> (*)(const QueueView& queue);
using Write = Outcome<> (*)(std::string_view value, QueueView& queue);

/// How one attribute is shown and changed. No `write`: it can only be read.
struct Attribute {
  std::string_view name;
  Read read;
  Write write;
};

// -- numbers, most of which every protocol knows
// ---------------------------------------------------

std::optional<std::string> read_visibility(const QueueView& queue) {
  return text_of(queue.info.config.visibility_timeout);
}
std::optional<std::string> read_delay(const QueueView& queue) {
  return text_of(queue.info.config.delay);
}
std::optional<std::string> read_wait(const QueueView& queue) {
  return text_of(queue.info.config.receive_wait);
}

Outcome<std::int64_t> number_in(std::string_view name, std::string_view value, std::int64_t least,
                                std::int64_t most) {
  const auto number = parse_integer(value);
  if (!number || *number < least || *number > most) return bad_value(name);
  return *number;
}

Outcome<> write_visibility(std::string_view value, QueueView& queue) {
  auto number = number_in("VisibilityTimeout", value, 0, queue.visibility_max.count());
  if (!number) return number.fault();
  queue.info.config.visibility_timeout = seconds{*number};
  return {};
}

Outcome<> write_delay(std::string_view value, QueueView& queue) {
  auto number = number_in("DelaySeconds", value, 0, queue.delay_max.count());
  if (!number) return number.fault();
  queue.info.config.delay = seconds{*number};
  return {};
}

Outcome<> write_wait(std::string_view value, QueueView& queue) {
  auto number = number_in("ReceiveMessageWaitTimeSeconds", value, 0, 20);
  if (!number) return number.fault();
  queue.info.config.receive_wait = seconds{*number};
  return {};
}

// A queue that keeps messages for ever shows the longest time that SQS has.
std::optional<std::string> read_retention(const QueueView& queue) {
  return text_of(queue.info.config.retention.value_or(seconds{kRetentionMax}));
}

Outcome<> write_retention(std::string_view value, QueueView& queue) {
  auto number = number_in("MessageRetentionPeriod", value, 60, kRetentionMax);
  if (!number) return number.fault();
  queue.info.config.retention = seconds{*number};
  return {};
}

std::optional<std::string> read_size(const QueueView& queue) {
  return std::to_string(queue.info.config.record_bytes_max);
}

Outcome<> write_size(std::string_view value, QueueView& queue) {
  auto number = number_in("MaximumMessageSize", value, 1'024, 1'048'576);
  if (!number) return number.fault();
  queue.info.config.record_bytes_max = static_cast<std::uint32_t>(*number);
  return {};
}

std::optional<std::string> read_ready(const QueueView& queue) {
  return std::to_string(queue.info.counters.ready + queue.info.counters.blocked);
}
std::optional<std::string> read_in_flight(const QueueView& queue) {
  return std::to_string(queue.info.counters.in_flight);
}
std::optional<std::string> read_delayed(const QueueView& queue) {
  return std::to_string(queue.info.counters.delayed);
}
std::optional<std::string> read_created(const QueueView& queue) {
  return std::to_string(queue.info.created.value() / 1'000);
}
std::optional<std::string> read_modified(const QueueView& queue) {
  return std::to_string(queue.extension.modified.value() / 1'000);
}
std::optional<std::string> read_arn(const QueueView& queue) { return queue.arn(); }

// -- texts that only SQS knows
// ---------------------------------------------------------------------

template <const std::string_view& name>
std::optional<std::string> read_kept(const QueueView& queue) {
  const std::string_view value = queue.extension.attribute(name);
  if (value.empty()) return std::nullopt;
  return std::string(value);
}

constexpr std::string_view kPolicy = "Policy";
constexpr std::string_view kRedrive = "RedrivePolicy";
constexpr std::string_view kRedriveAllow = "RedriveAllowPolicy";
constexpr std::string_view kKmsKey = "KmsMasterKeyId";
constexpr std::string_view kKmsReuse = "KmsDataKeyReusePeriodSeconds";
constexpr std::string_view kManagedSse = "SqsManagedSseEnabled";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = std::min(text.find_first_not_of(kSpace), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

Outcome<> check_length(std::string_view name, std::string_view value, std::size_t most) {
  if (value.size() <= most) return {};
  return bad_value(name, fmt::format("It has {} bytes, {} is the most.", value.size(), most));
}

Outcome<> write_policy(std::string_view value, QueueView& queue) {
  const std::string_view policy = trimmed(value);
  if (auto fits = check_length(kPolicy, policy, kPolicyBytesMax); !fits) return fits;
  if (!value.empty() && (!policy.starts_with('{') || !is_json(policy))) return bad_value(kPolicy);
  queue.extension.set(kPolicy, std::string(policy));
  return {};
}

// Another protocol may have changed where dead letters go: then that is the policy.
std::optional<std::string> read_redrive(const QueueView& queue) {
  const queue::QueueConfig& config = queue.info.config;
  const std::string_view kept = queue.extension.attribute(kRedrive);
  auto policy = parse_redrive_policy(kept);
  if (policy) {
    const std::string target = queue.stored(*parse_arn(policy->target_arn));
    if (target == queue.info.name) return std::string(kept);
    if (target == config.dead_letter && policy->receives_max == config.max_receives) {
      return std::string(kept);
    }
  }
  if (config.dead_letter.empty() || config.max_receives == 0) return std::nullopt;
  RedrivePolicy now;
  now.target_arn = queue.arn_of(config.dead_letter);
  now.receives_max = config.max_receives;
  return now.text();
}

// A queue that is its own target keeps the policy and its messages.
Outcome<> write_redrive(std::string_view value, QueueView& queue) {
  queue::QueueConfig& config = queue.info.config;
  config.dead_letter.clear();
  config.max_receives = 0;
  if (value.empty()) {
    queue.extension.set(kRedrive, "");
    return {};
  }
  auto policy = parse_redrive_policy(value);
  if (!policy) return policy.fault();
  queue.extension.set(kRedrive, policy->text());
  std::string target = queue.stored(*parse_arn(policy->target_arn));
  if (target == queue.info.name) return {};
  config.dead_letter = std::move(target);
  config.max_receives = policy->receives_max;
  return {};
}

Outcome<> write_redrive_allow(std::string_view value, QueueView& queue) {
  if (auto fits = check_length(kRedriveAllow, value, kPolicyBytesMax); !fits) return fits;
  if (!value.empty()) {
    auto policy = parse_redrive_allow_policy(value);
    if (!policy) return policy.fault();
  }
  queue.extension.set(kRedriveAllow, std::string(value));
  return {};
}

// A key of one's own turns the managed one off, and it stays off without the key.
Outcome<> write_kms_key(std::string_view value, QueueView& queue) {
  if (auto fits = check_length(kKmsKey, value, kKmsKeyBytesMax); !fits) return fits;
  if (!value.empty()) queue.extension.set(kManagedSse, "false");
  queue.extension.set(kKmsKey, std::string(value));
  return {};
}

Outcome<> write_kms_reuse(std::string_view value, QueueView& queue) {
  auto number = number_in(kKmsReuse, value, 60, 86'400);
  if (!number) return number.fault();
  queue.extension.set(kKmsReuse, *number == 300 ? std::string() : std::to_string(*number));
  return {};
}

std::optional<std::string> read_managed_sse(const QueueView& queue) {
  return queue.extension.attribute(kManagedSse) == "false" ? "false" : "true";
}

// The other way round, too: there is one kind of encryption at a time.
Outcome<> write_managed_sse(std::string_view value, QueueView& queue) {
  const auto flag = flag_in(value);
  if (!flag) return bad_value(kManagedSse);
  if (*flag) queue.extension.set(kKmsKey, "");
  queue.extension.set(kManagedSse, *flag ? "" : "false");
  return {};
}

// -- of FIFO queues
// ---------------------------------------------------------------------

constexpr std::string_view kFifo = "FifoQueue";
constexpr std::string_view kContentBased = "ContentBasedDeduplication";
constexpr std::string_view kScope = "DeduplicationScope";
constexpr std::string_view kThroughput = "FifoThroughputLimit";
constexpr std::string_view kByGroup = "messageGroup";

std::optional<std::string> read_fifo(const QueueView& queue) {
  if (!queue.fifo()) return std::nullopt;
  return "true";
}

Outcome<> write_fifo(std::string_view value, QueueView&) {
  if (flag_in(value) == true) return {};
  return bad_value(kFifo, "Modifying queue type is not supported.");
}

// What is kept of a FIFO queue; the first of the values when nothing was said.
template <const std::string_view& name>
std::optional<std::string> read_fifo_only(const QueueView& queue) {
  if (!queue.fifo()) return std::nullopt;
  const std::string_view value = queue.extension.attribute(name);
  if (!value.empty()) return std::string(value);
  return name == kScope ? "queue" : "perQueue";
}

std::optional<std::string> read_content_based(const QueueView& queue) {
  if (!queue.fifo()) return std::nullopt;
  return queue.info.config.dedup_content ? "true" : "false";
}

Outcome<> write_content_based(std::string_view value, QueueView& queue) {
  const auto flag = flag_in(value);
  if (!flag) return bad_value(kContentBased);
  queue.info.config.dedup_content = *flag;
  return {};
}

// What counts is the scope that the queue was created with, as on AWS; later ones are only shown.
Outcome<> write_scope(std::string_view value, QueueView& queue) {
  if (value != "queue" && value != kByGroup) return bad_value(kScope);
  queue.extension.set(kScope, std::string(value));
  if (queue.info.version == 0 && value == kByGroup)
    queue.info.config.dedup_scope = queue::DedupScope::group;
  return {};
}

Outcome<> write_throughput(std::string_view value, QueueView& queue) {
  if (value != "perQueue" && value != "perMessageGroupId") return bad_value(kThroughput);
  queue.extension.set(kThroughput, std::string(value));
  return {};
}

constexpr auto kAttributes = std::to_array<Attribute>({
    {"ApproximateNumberOfMessages",           &read_ready,                  nullptr             },
    {"ApproximateNumberOfMessagesDelayed",    &read_delayed,                nullptr             },
    {"ApproximateNumberOfMessagesNotVisible", &read_in_flight,              nullptr             },
    {kContentBased,                           &read_content_based,          &write_content_based},
    {"CreatedTimestamp",                      &read_created,                nullptr             },
    {kScope,                                  &read_fifo_only<kScope>,      &write_scope        },
    {"DelaySeconds",                          &read_delay,                  &write_delay        },
    {kFifo,                                   &read_fifo,                   &write_fifo         },
    {kThroughput,                             &read_fifo_only<kThroughput>, &write_throughput   },
    {kKmsReuse,                               &read_kept<kKmsReuse>,        &write_kms_reuse    },
    {kKmsKey,                                 &read_kept<kKmsKey>,          &write_kms_key      },
    {"LastModifiedTimestamp",                 &read_modified,               nullptr             },
    {"MaximumMessageSize",                    &read_size,                   &write_size         },
    {"MessageRetentionPeriod",                &read_retention,              &write_retention    },
    {kPolicy,                                 &read_kept<kPolicy>,          &write_policy       },
    {"QueueArn",                              &read_arn,                    nullptr             },
    {"ReceiveMessageWaitTimeSeconds",         &read_wait,                   &write_wait         },
    {kRedriveAllow,                           &read_kept<kRedriveAllow>,    &write_redrive_allow},
    {kRedrive,                                &read_redrive,                &write_redrive      },
    {kManagedSse,                             &read_managed_sse,            &write_managed_sse  },
    {"VisibilityTimeout",                     &read_visibility,             &write_visibility   },
});

constexpr auto kNames = [] {
  std::array<std::string_view, kAttributes.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kAttributes[i].name;
  return names;
}();

const Attribute* find(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  return found == kNames.end() ? nullptr
                               : &kAttributes[static_cast<std::size_t>(found - kNames.begin())];
}

Outcome<> set_attribute(std::string_view name, std::string_view value, QueueView& queue) {
  if (!queue.fifo() && (name == kFifo || name == kContentBased)) return unknown(name);
  if (!queue.fifo() && (name == kScope || name == kThroughput)) {
    return Fault(Code::invalid_attribute_name,
                 fmt::format("You can specify the {} only when FifoQueue is set to true.", name));
  }
  const Attribute* const attribute = find(name);
  if (!attribute || !attribute->write) return unknown(name);
  return attribute->write(value, queue);
}

std::string_view given(std::span<const NameAndValue> attributes, std::string_view name) {
  for (const auto& [known, value] : attributes) {
    if (known == name) return value;
  }
  return {};
}

}  // namespace

void set_default_attributes(queue::QueueConfig& config) {
  const engine::Durability durability = config.durability;
  config = queue::QueueConfig();
  config.durability = durability;
  config.retention = seconds{345'600};
}

Outcome<> set_attributes(std::span<const NameAndValue> attributes, QueueView& queue) {
  if (flag_in(given(attributes, kManagedSse)) == true && !given(attributes, kKmsKey).empty()) {
    return Fault(Code::invalid_attribute_name,
                 "You can use one type of server-side encryption (SSE) at one time. You can either "
                 "enable KMS SSE or SQS SSE.");
  }
  for (const auto& [name, value] : attributes) {
    if (auto set = set_attribute(name, value, queue); !set) return set;
  }
  const bool by_group = queue.extension.attribute(kThroughput) == "perMessageGroupId";
  if (by_group && queue.extension.attribute(kScope) != kByGroup)
    return bad_value(kThroughput, "It needs DeduplicationScope to be messageGroup.");
  return {};
}

std::optional<std::string> read_attribute(std::string_view name, const QueueView& queue) {
  const Attribute* const attribute = find(name);
  return attribute ? attribute->read(queue) : std::nullopt;
}

bool is_attribute(std::string_view name) { return find(name) != nullptr; }

// Policies are JSON, which has many spellings, and an ARN has as many as there are regions where
// there is one space of names.
bool same_attribute(std::string_view name, const QueueView& one, const QueueView& other) {
  const auto a = read_attribute(name, one);
  const auto b = read_attribute(name, other);
  if (a == b || !a || !b) return a == b;
  const auto stored = [&one](std::string_view arn) { return one.stored(*parse_arn(arn)); };
  if (name == kPolicy) return same_json(*a, *b);
  if (name == kRedrive) return same_redrive_policy(*a, *b, stored);
  if (name == kRedriveAllow) return same_redrive_allow_policy(*a, *b, stored);
  return false;
}

std::span<const std::string_view> attribute_names() { return kNames; }

}  // namespace twofold::http::sqs
