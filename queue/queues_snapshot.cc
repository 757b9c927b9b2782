#include <algorithm>

#include "engine/base/diag.h"
#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

using engine::Errc;
using engine::Error;

constexpr std::uint8_t kVersion = 3;
constexpr std::uint8_t kVersionBefore = 2;  // had neither edits nor retained floors

Error damaged(const char* what) { return Error(Errc::data_damaged, what); }

// Where the floor of a log was that keeps acked messages: n, then n x (time, offset).
void write_floors(const Partition& partition, engine::ByteWriter& out) {
  static const Retained kNone;
  const auto& floors = (partition.retained ? *partition.retained : kNone).floors;
  out.uvarint(floors.size());
  for (const auto& [at, floor] : floors) {
    out.varint(at.value());
    out.varint(floor.value());
  }
}

bool read_floors(Partition& partition, engine::ByteReader& in) {
  const std::size_t count = in.count(2);
  if (count > 0) partition.retained = std::make_unique<Retained>();
  for (std::size_t i = 0; i < count; ++i) {
    const Instant at{in.varint()};
    partition.retained->floors.emplace_back(at, Offset{in.varint()});
  }
  return in.ok();
}

}  // namespace

void apply_ids(const Queue& queue, Partition& partition, const Op& op) {
  if (const RememberOp* const remember = std::get_if<RememberOp>(&op)) {
    if (!partition.ids) partition.ids = std::make_unique<DedupIds>();
    partition.ids->remember(remember->ids, remember->sent, queue.config().dedup_window);
  }
  if (std::holds_alternative<ForgetIdsOp>(op)) partition.ids.reset();
}

void apply_floor(const Queue& queue, Partition& partition, const Op& op) {
  const FloorOp* const sample = std::get_if<FloorOp>(&op);
  if (!sample) return;
  if (!partition.retained) partition.retained = std::make_unique<Retained>();
  auto& floors = partition.retained->floors;
  floors.emplace_back(sample->at, sample->floor);
  const Instant before = sample->at - queue.config().retain_acked;
  const auto old = std::find_if(floors.begin(), floors.end(),
                                [&](const auto& floor) { return floor.first > before; });
  if (old != floors.begin()) floors.erase(floors.begin(), std::prev(old));
}

Result<> Queues::apply(std::uint32_t owner, std::string_view payload, Instant /*at*/) {
  const auto decoded = decode_op(payload);
  if (!decoded) return decoded.error();
  Queue* const queue = state_->find(owner);
  if (!queue) return {};  // its definition was lost with a damaged block
  if (decoded->partition >= queue->partitions.size())
    return damaged("a change of delivery state names a partition that is not there");
  Partition& partition = queue->partitions[decoded->partition];
  partition.delivery.apply(decoded->op);
  apply_ids(*queue, partition, decoded->op);
  apply_floor(*queue, partition, decoded->op);
  return {};
}

// version u8, next queue id, queues: n, then n x (id, partitions: m, then m x (delivery,
// deduplication ids, floors)), by id.
void Queues::snapshot(engine::ByteWriter& out) const {
  const State& s = *state_;
  std::vector<std::uint32_t> ids;
  ids.reserve(s.by_id.size());
  for (const auto& [id, queue] : s.by_id) ids.push_back(id);
  std::sort(ids.begin(), ids.end());

  out.fixed(kVersion);
  out.uvarint(s.next_id);
  out.uvarint(ids.size());
  for (const std::uint32_t id : ids) {
    const Queue& queue = *s.find(id);
    out.uvarint(id);
    out.uvarint(queue.partitions.size());
    static const DedupIds kNone;
    for (const Partition& partition : queue.partitions) {
      partition.delivery.write(out);
      (partition.ids ? *partition.ids : kNone).write(out);
      write_floors(partition, out);
    }
  }
}

// The catalog comes first in a checkpoint, so the queues themselves are there already.
Result<> Queues::restore(engine::ByteReader& in) {
  State& s = *state_;
  const auto version = in.fixed<std::uint8_t>();
  if (version != kVersion && version != kVersionBefore)
    return damaged("a newer snapshot of delivery state");
  const bool is_new = version == kVersion;
  s.next_id = std::max(s.next_id, static_cast<std::uint32_t>(in.uvarint()));
  for (std::size_t n = in.count(4); n > 0; --n) {
    const std::uint64_t id = in.uvarint();
    Queue* const queue = s.find(static_cast<std::uint32_t>(id));
    if (!queue || in.uvarint() != queue->partitions.size())
      return damaged("delivery state of a queue that is not defined");
    for (Partition& partition : queue->partitions) {
      if (!partition.delivery.read(in, is_new)) return damaged("delivery state does not parse");
      DedupIds ids;
      if (!ids.read(in)) return damaged("deduplication ids do not parse");
      if (ids.size() > 0) partition.ids = std::make_unique<DedupIds>(std::move(ids));
      if (is_new && !read_floors(partition, in)) return damaged("retained floors do not parse");
    }
  }
  if (!in.ok()) return damaged("a snapshot of delivery state ends early");
  return {};
}

// What can never be read again would be received for ever.
void Queues::State::pass_over_damage(Queue& queue, std::size_t index) {
  Delivery& delivery = queue.partitions[index].delivery;
  for (const auto& [from, upto] : core.damaged(queue.partitions[index].log)) {
    give_up(queue, index, std::max(from, delivery.floor()), upto);
  }
}

void Queues::State::give_up(Queue& queue, std::size_t index, Offset from, Offset upto) {
  const Delivery& delivery = queue.partitions[index].delivery;
  const std::int64_t lost = delivery.live_in(from, upto);
  if (lost <= 0) return;
  engine::diag(engine::DiagLevel::error, "queue", "messages were lost to damage on the disk",
               {
                   {"queue",        queue.name                  },
                   {"partition",    std::to_string(index)       },
                   {"first_offset", std::to_string(from.value())},
                   {"at_most",      std::to_string(lost)        }
  });
  // Mostly the newest, with everything before them done.
  if (from == delivery.floor()) {
    change(queue, index, SkipOp{upto});
  } else {
    change(queue, index, AckOp{{Run{from, distance(from, upto)}}});
  }
}

void Queues::recovered(Instant /*now*/) {
  State& s = *state_;
  s.serving = true;
  // The block that held the key may have been damaged: receipts from before are then unknown.
  if (!s.by_id.empty()) s.make_receipt_key();
  std::vector<Queue*> queues;
  for (const auto& [id, queue] : s.by_id) queues.push_back(queue);
  std::sort(queues.begin(), queues.end(),
            [](const Queue* a, const Queue* b) { return a->id() < b->id(); });
  for (Queue* const queue : queues) {
    queue->sparse = s.is_sparse(*queue);
    for (std::size_t i = 0; i < queue->partitions.size(); ++i) {
      Partition& partition = queue->partitions[i];
      const auto status = s.core.status(partition.log);
      if (status.start > partition.delivery.floor()) partition.delivery.apply(SkipOp{status.start});
      if (!queue->hides_unseen()) partition.delivery.set_visible_end(status.visible_end);
      s.pass_over_damage(*queue, i);
      s.account(partition);
    }
    if (queue->looks_ahead()) s.look_again(*queue);
    for (std::size_t i = 0; i < queue->partitions.size(); ++i) s.settle(*queue, i);
    s.arm_retention(*queue);
    s.arm_ids(*queue);
    s.move_dead(*queue);
  }
  s.resume_moves();
}

}  // namespace twofold::queue
