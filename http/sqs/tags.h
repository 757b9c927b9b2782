#pragma once

#include <span>

#include "http/sqs/fault.h"
#include "http/sqs/request.h"

namespace twofold::http::sqs {

inline constexpr std::size_t kTagsMax = 50;

/// What is wrong with tags to be set: keys of 1 to 128, values of up to 256 letters, digits, blanks
/// and _ . : / = + - @, keys not beginning with "aws:"; 50 at most.
Outcome<> check_tags(std::span<const Tag> tags);

}  // namespace twofold::http::sqs
