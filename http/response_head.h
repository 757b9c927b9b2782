#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "http/call.h"

namespace twofold::http {

/// How a client is told where the body ends.
enum class Length : std::uint8_t { known, chunked, until_close };

struct HeadOptions {
  std::string_view date_line;  ///< "Date: ...\r\n"
  std::string_view request_id;
  std::size_t body_bytes = 0;
  Length length = Length::known;
  bool close = false;
  bool keep_alive_line = false;  ///< HTTP/1.0 clients need to be told
};

/// Appends the whole head of an answer, the empty line included.
void append_response_head(std::string& out, const Reply& reply, const HeadOptions& options);

/// "Date: Sat, 21 Nov 2026 10:30:00 GMT\r\n"
std::string date_line(engine::WallTime time);

/// What a status is called: "Not Found".
std::string_view reason_phrase(int status);

}  // namespace twofold::http
