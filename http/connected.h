#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"

namespace twofold::http {

/// One live connection, for those who look.
struct Connected {
  std::uint64_t id = 0;        ///< unlike any other's of this broker's life; ascending per lane
  std::string_view protocol;   ///< native, sqs, ui, websocket; empty before the first request
  std::string_view operation;  ///< the last one
  std::string peer;            ///< "127.0.0.1:50312"
  std::string client;          ///< how it calls itself; may be empty
  engine::Duration open_for{0};
  engine::Duration quiet_for{0};  ///< since the last request; of a WebSocket always 0
  std::uint64_t requests = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t messages = 0;                ///< given to it
  std::vector<std::string> subscriptions{};  ///< of a WebSocket: "queue billing"
};

}  // namespace twofold::http
