#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/sqs/answer.h"
#include "http/sqs/fault.h"
#include "http/sqs/request.h"

namespace twofold::http::sqs {

inline constexpr std::size_t kAttributesMax = 10;

/// Whether SQS lets a text be a body or an attribute: UTF-8 (which is required of `text`) without
/// control characters but tab, line feed and carriage return, and without U+FFFE and U+FFFF.
bool is_message_text(std::string_view text);

/// Whether an attribute may be called that, as far as its characters go: letters, digits, _ . -
/// and, which AWS does not say but does, Latin letters from U+00C0 to U+017F.
bool is_attribute_text(std::string_view name);

/// Whether a text is a DataType: String, Number or Binary, alone or with a label ("Number.int"), at
/// most 256 bytes. `type` is UTF-8.
bool is_data_type(std::string_view type);

/// 1 to 128 letters, digits and ASCII punctuation: a message group or a deduplication id.
bool is_token(std::string_view text);

/// What is wrong with the attributes of a message to be sent, by name, type and value.
Outcome<> check_attributes(std::span<const MessageAttribute> attributes);
/// System attributes: only AWSTraceHeader, a String.
Outcome<> check_system_attributes(std::span<const MessageAttribute> attributes);

/// Bytes that count towards a message's size: name, type and value of each.
std::size_t size_of(std::span<const MessageAttribute> attributes);

/// MD5 over name, type and value of each, in the order of names; what clients compare.
std::string attributes_md5(std::vector<MessageAttribute> attributes);

/// Writes them as a received message has them, with their MD5; nothing when there are none.
void write_attributes(AnswerWriter& answer, const std::vector<MessageAttribute>& attributes);

/// Whether a receive that asks for these names wants this attribute: All, .* and * mean every one,
/// "prefix.*" those that begin with the prefix.
bool wanted(std::string_view name, std::span<const std::string_view> asked);

}  // namespace twofold::http::sqs
