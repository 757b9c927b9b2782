#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/sqs/extension.h"
#include "http/sqs/fault.h"
#include "http/sqs/place.h"
#include "http/sqs/request.h"

namespace twofold::http::sqs {

/// A queue as SQS sees it. Numbers that every protocol knows live in the configuration, so that a
/// change made over REST shows here; the rest lives in the extension.
struct QueueView {
  QueueView(queue::QueueInfo i, std::string_view r, const Options& options = {})
      : info(std::move(i)),
        extension(extension_of(info)),
        region(r),
        regions(options.regions),
        delay_max(options.delay_max),
        visibility_max(options.visibility_max) {}

  bool fifo() const { return is_fifo_name(info.name); }
  std::string arn() const { return arn_of(info.name); }
  /// The ARN of a queue of the broker beside this one, and the broker's name of the queue that an
  /// ARN names.
  std::string arn_of(std::string_view name) const {
    return queue_arn(place_of(regions, name, extension.account, region));
  }
  std::string stored(const Arn& arn) const {
    return stored_name(regions, Address{arn.account, arn.region, arn.name}, Caller());
  }

  queue::QueueInfo info;
  Extension extension;
  std::string region;
  Regions regions;
  std::chrono::seconds delay_max;
  std::chrono::seconds visibility_max;
};

/// As on AWS: each look at a queue's attributes reads them.
inline constexpr std::size_t kPolicyBytesMax = 8'192;

/// What a queue gets that CreateQueue says nothing about: AWS's defaults.
void set_default_attributes(queue::QueueConfig& config);

/// Changes settings, all or none. Errors: invalid_attribute_name, invalid_attribute_value,
/// invalid_parameter_value. Whether a dead letter target exists is checked on the core.
Outcome<> set_attributes(std::span<const NameAndValue> attributes, QueueView& queue);

/// The value of one attribute, nullopt when it is not set. Requires that it is one.
std::optional<std::string> read_attribute(std::string_view name, const QueueView& queue);
bool is_attribute(std::string_view name);
/// Whether an attribute means the same in two views of a queue, however it is spelled.
bool same_attribute(std::string_view name, const QueueView& one, const QueueView& other);
/// The names of all, in the order in which AWS answers.
std::span<const std::string_view> attribute_names();

}  // namespace twofold::http::sqs
