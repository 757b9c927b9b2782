#include "queue/move_document.h"

#include "schemas/catalog.pb.h"

namespace twofold::queue {
namespace {

using engine::Errc;

// Numbers on disk.
constexpr std::uint32_t kGone = 0;
constexpr std::uint32_t kOther = 1;

}  // namespace

std::string encode_move(const MoveTask& task) {
  const Move& move = task.move;
  catalog::Move out;
  out.set_id(move.request.id);
  out.set_source(move.request.source);
  out.set_destination(move.request.destination);
  if (move.request.per_second) out.set_per_second(*move.request.per_second);
  out.set_status(static_cast<std::uint32_t>(move.status));
  out.set_started_ms(move.started.value());
  out.set_moved(move.moved);
  out.set_to_move(move.to_move);
  if (move.failure) out.set_failure(*move.failure == Errc::queue_not_found ? kGone : kOther);
  out.set_source_id(task.source);
  return out.SerializeAsString();
}

Result<MoveTask> decode_move(std::string_view bytes) {
  catalog::Move in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || in.status() > 3)
    return engine::Error(Errc::data_damaged, "the document of a move does not parse");
  MoveTask task;
  task.source = in.source_id();
  Move& move = task.move;
  move.request.id = in.id();
  move.request.source = in.source();
  move.request.destination = in.destination();
  if (in.has_per_second()) move.request.per_second = in.per_second();
  move.status = static_cast<MoveStatus>(in.status());
  move.started = WallTime{in.started_ms()};
  move.moved = in.moved();
  move.to_move = in.to_move();
  if (in.has_failure()) move.failure = in.failure() == kGone ? Errc::queue_not_found : Errc::io;
  return task;
}

}  // namespace twofold::queue
