#include "http/rest/message_id.h"

#include <fmt/format.h>

#include "log/position.h"

namespace twofold::http {

Try<queue::MessageId> read_message_id(std::string_view text) {
  const auto position = log::parse_position(text, engine::WallTime{0});
  if (position && std::holds_alternative<log::PartitionPosition>(*position)) {
    const auto at = std::get<log::PartitionPosition>(*position);
    return queue::MessageId{at.partition, at.offset};
  }
  return Problem(ProblemKind::message_not_found,
                 "A message's id is its partition and offset, like 2-41.", "id");
}

std::string id_text(queue::MessageId id) {
  return fmt::format("{}-{}", id.partition.value(), id.offset.value());
}

}  // namespace twofold::http
