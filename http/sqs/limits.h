#pragma once

#include <cstdint>

namespace twofold::http::sqs {

/// The longest delay of a message and of a queue, in seconds: what AWS allows. The queues behind
/// hold a message for years; raising this lets SQS clients ask for it.
inline constexpr std::int64_t kDelaySecondsMax = 900;

}  // namespace twofold::http::sqs
