#pragma once

#include <string>
#include <string_view>

namespace twofold::http::sqs {

/// Lower-case hexadecimal. MD5 is what SQS clients check what they sent and received with.
std::string md5_hex(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);

}  // namespace twofold::http::sqs
