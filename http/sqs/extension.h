#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "http/sqs/names.h"
#include "queue/queues.h"

namespace twofold::http::sqs {

/// What SQS stores of a queue beyond what every protocol knows: twofold.catalog.SqsQueue, in the
/// extension of the queue's definition. A queue that another protocol created has the defaults.
struct Extension {
  std::string account{kDefaultAccount};
  engine::WallTime modified{0};
  std::map<std::string, std::string, std::less<>> attributes;
  std::map<std::string, std::string, std::less<>> tags;

  /// The value of an attribute kept here; empty when it is not set.
  std::string_view attribute(std::string_view name) const;
  /// Sets it, or removes it when `value` is empty.
  void set(std::string_view name, std::string value);
};

std::string encode_extension(const Extension& extension);
Extension decode_extension(std::string_view bytes);
Extension extension_of(const queue::QueueInfo& info);

}  // namespace twofold::http::sqs
