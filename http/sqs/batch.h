#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/sqs/answer.h"
#include "http/sqs/fault.h"
#include "http/sqs/request.h"

namespace twofold::http::sqs {

inline constexpr std::size_t kBatchBytesMax = 1'048'576;

/// What is wrong with a batch as a whole: no entries, more than `most`, bad or doubled ids. `entry`
/// is the name of its entries.
Outcome<> check_batch(std::span<const Item> entries, std::string_view entry, std::size_t most);

/// The entries that failed, under "Failed"; nothing when all went well.
void write_failed(AnswerWriter& answer, std::span<const Item> entries,
                  std::span<const std::optional<Fault>> faults);

/// The other ones: a list of nothing but ids.
void write_successful_ids(AnswerWriter& answer, std::string_view element,
                          std::span<const Item> entries,
                          std::span<const std::optional<Fault>> faults);

}  // namespace twofold::http::sqs
