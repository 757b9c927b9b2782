#pragma once

#include <optional>
#include <string>

#include "http/call.h"

namespace twofold::http {

inline constexpr std::size_t kReceiveBytesMax = 4 << 20;

struct ReceiveRequest {
  std::string queue;
  std::size_t max = 1;
  std::optional<engine::Duration> wait;  ///< absent: what the queue says
  std::optional<engine::Duration> visibility_timeout;
};
/// Reads JSON or Protobuf; an empty body means one message and no wait beyond the queue's.
Try<ReceiveRequest> read_receive(Call& call);

/// How long a message may be kept hidden at once.
inline constexpr engine::Duration kVisibilityMax = std::chrono::hours{24 * 7};
Try<engine::Duration> checked_visibility(engine::Duration duration);

}  // namespace twofold::http
