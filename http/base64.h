#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace twofold::http {

/// Appends standard base64 with padding (RFC 4648 section 4).
void append_base64(std::string& out, std::string_view bytes);

/// What `text` stands for; nullopt unless it is standard base64, padded or not, without spaces and
/// with nothing in the unused bits.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace twofold::http
