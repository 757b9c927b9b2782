#pragma once

#include <optional>
#include <string>

#include "engine/base/duration_text.h"
#include "http/call.h"

namespace twofold::http {

inline constexpr std::size_t kReceiveBytesMax = 4 << 20;

struct ReceiveRequest {
  std::string queue;
  std::size_t max = 1;
  std::optional<engine::Duration> wait;  ///< absent: what the queue says
  std::optional<engine::Duration> visibility_timeout;
  std::string client;  ///< what the body calls him, else the head
};
/// Reads JSON or Protobuf; an empty body means one message and no wait beyond the queue's.
Try<ReceiveRequest> read_receive(Call& call);

/// How long a message may be kept hidden at once.
inline constexpr engine::Duration kVisibilityMax = engine::kDurationMax;
Try<engine::Duration> checked_visibility(engine::Duration duration);

}  // namespace twofold::http
