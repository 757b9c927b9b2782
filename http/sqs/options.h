#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace twofold::http::sqs {

/// Whether all accounts and regions share one space of queue names, or each pair of them has its
/// own.
enum class Regions : std::uint8_t { one, separate };

/// How far the manners of AWS go that only cost time: the waits after a purge and a delete, and the
/// cap on messages in flight. `strict` has them.
enum class Profile : std::uint8_t { lenient, strict };

/// What the program was told about Amazon SQS. Does not change while the server runs.
struct Options {
  /// What answers say a queue's URL is, with {scheme} {host} {region} {account} {name}.
  std::string queue_url = "{scheme}://{host}/{account}/{name}";
  Regions regions = Regions::one;
  Profile profile = Profile::lenient;
  /// The longest delay of a message and of a queue; AWS has 15 minutes, the queues behind years.
  std::chrono::seconds delay_max{900};
  /// The longest that a message may be kept hidden, at once and in all; AWS has 12 hours.
  std::chrono::seconds visibility_max{43'200};
  /// Entries of a batch, and messages of a receive; AWS has ten.
  std::size_t batch_max = 10;
};

}  // namespace twofold::http::sqs
