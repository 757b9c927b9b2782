#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "queue/queues.h"

namespace twofold::queue {

/// What the catalog keeps of a queue, under "queue/<name>". Bytes: twofold.catalog.Queue.
struct Definition {
  std::uint32_t id = 0;
  QueueConfig config;
  std::optional<QueueSource> source;  ///< exactly one of this
  std::optional<LogId> own_log;       ///< and this
  WallTime created{0};
  std::string extension{};  ///< what a protocol keeps of the queue besides: opaque here

  friend bool operator==(const Definition&, const Definition&) = default;
};

std::string encode_definition(const Definition& definition);
/// Errors: data_damaged.
Result<Definition> decode_definition(std::string_view bytes);

}  // namespace twofold::queue
