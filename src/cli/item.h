#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/cli/json_text.h"

namespace twofold::cli {

/// One record or message of an answer, with its value as the bytes that were stored.
struct Item {
  std::string_view text;  // the whole object as it came; of the answer it was read from
  std::string id;
  std::string topic;
  std::int64_t partition = 0;
  std::int64_t offset = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;  // absent: a tombstone
  std::vector<std::pair<std::string, std::string>> headers;
  std::string timestamp;  // RFC 3339
  // Messages only.
  std::string receipt;
  std::int64_t receive_count = 0;
  std::string state;
  std::string visible_at;
};

/// `topic` is used where an item does not name its own.
Item read_item(Json object, const std::string& topic);

}  // namespace twofold::cli
