#pragma once

#include <string>
#include <string_view>

namespace twofold::http {

/// What a plus sign stands for: a blank in forms and queries, itself elsewhere.
enum class Plus { plus, blank };

/// Appends what `text` stands for, where each %XX is a byte. False when a % has not its two
/// hexadecimal digits; then some of it may have been appended.
/// Source  RFC 3986, 2.1; the plus of application/x-www-form-urlencoded (URL Standard).
bool percent_decode(std::string_view text, Plus plus, std::string& out);

}  // namespace twofold::http
