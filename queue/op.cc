#include "queue/op.h"

#include <type_traits>
#include <utility>

#include "queue/header_patch.h"

namespace twofold::queue {
namespace {

using engine::ByteReader;
using engine::ByteWriter;

enum class OpKind : std::uint8_t {
  receive = 1,
  ack,
  nack,
  extend,
  delay,
  dead,
  release,
  skip,
  remember,
  forget_ids,
  revive,
  edit,
  floor
};
constexpr std::int64_t kOffsetMax = std::int64_t{1} << 56;  // no log comes near it

void write_runs(ByteWriter& out, const Runs& runs) {
  out.uvarint(runs.size());
  std::int64_t end = 0;
  for (const Run& run : runs) {
    out.uvarint(static_cast<std::uint64_t>(run.base.value() - end));
    out.uvarint(static_cast<std::uint64_t>(run.count - 1));
    end = run.end().value();
  }
}

bool plausible(Offset o) { return o.value() >= 0 && o.value() <= kOffsetMax; }

// False when an offset leaves the range that offsets have.
bool read_runs(ByteReader& in, Runs& runs) {
  const std::size_t count = in.count(2);
  runs.reserve(count);
  std::int64_t end = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t gap = in.uvarint();
    const std::uint64_t more = in.uvarint();
    if (!in.ok() || gap > kOffsetMax || more > kOffsetMax) return false;
    const std::int64_t base = end + static_cast<std::int64_t>(gap);
    end = base + static_cast<std::int64_t>(more) + 1;
    if (end > kOffsetMax) return false;
    runs.push_back({Offset{base}, end - base});
  }
  return in.ok();
}

struct FieldWriter {
  ByteWriter& out;
  void operator()(const ReceiveOp& op) const {
    out.varint(op.visible_at.value());
    out.fixed(op.nonce);
    out.varint(op.next.value());
    out.varint(op.received.value());
  }
  void operator()(const AckOp&) const {}
  void operator()(const NackOp& op) const { out.varint(op.due.value()); }
  void operator()(const ExtendOp& op) const { out.varint(op.visible_at.value()); }
  void operator()(const DelayOp& op) const { out.varint(op.due.value()); }
  void operator()(const DeadOp& op) const { out.bytes(op.reason); }
  void operator()(const ReleaseOp&) const {}
  void operator()(const SkipOp& op) const { out.varint(op.upto.value()); }
  void operator()(const RememberOp& op) const {
    out.varint(op.sent.value());
    out.uvarint(op.ids.size());
    for (const RememberOp::Id& id : op.ids) {
      out.raw({id.hash.data(), id.hash.size()});
      out.raw({id.token.data(), id.token.size()});
      out.varint(id.offset.value());
    }
  }
  void operator()(const ForgetIdsOp&) const {}
  void operator()(const ReviveOp&) const {}
  void operator()(const EditOp& op) const { out.bytes(op.patch); }
  void operator()(const FloorOp& op) const {
    out.varint(op.at.value());
    out.varint(op.floor.value());
  }
};

RememberOp read_ids(ByteReader& in) {
  RememberOp op{Instant{in.varint()}, {}};
  const std::size_t count = in.count(sizeof(IdHash) + sizeof(Token) + 1);
  op.ids.resize(count);
  for (RememberOp::Id& id : op.ids) {
    in.copy(id.hash.data(), id.hash.size());
    in.copy(id.token.data(), id.token.size());
    id.offset = Offset{in.varint()};
  }
  return op;
}

Op read_fields(OpKind kind, ByteReader& in) {
  switch (kind) {
    case OpKind::receive: {
      const Instant visible_at{in.varint()};
      const auto nonce = in.fixed<std::uint32_t>();
      const Offset next{in.varint()};
      return ReceiveOp{visible_at, nonce, next, {}, Instant{in.varint()}};
    }
    case OpKind::ack: return AckOp{};
    case OpKind::nack: return NackOp{Instant{in.varint()}, {}};
    case OpKind::extend: return ExtendOp{Instant{in.varint()}, {}};
    case OpKind::delay: return DelayOp{Instant{in.varint()}, {}};
    case OpKind::dead: return DeadOp{std::string(in.bytes()), {}};
    case OpKind::release: return ReleaseOp{};
    case OpKind::skip: return SkipOp{Offset{in.varint()}};
    case OpKind::remember: return read_ids(in);
    case OpKind::forget_ids: return ForgetIdsOp{};
    case OpKind::revive: return ReviveOp{};
    case OpKind::edit: return EditOp{std::string(in.bytes()), {}};
    case OpKind::floor: {
      const Instant at{in.varint()};
      return FloorOp{at, Offset{in.varint()}};
    }
  }
  __builtin_unreachable();
}

constexpr OpKind kKinds[] = {OpKind::receive,  OpKind::ack,        OpKind::nack,    OpKind::extend,
                             OpKind::delay,    OpKind::dead,       OpKind::release, OpKind::skip,
                             OpKind::remember, OpKind::forget_ids, OpKind::revive,  OpKind::edit,
                             OpKind::floor};
static_assert(std::size(kKinds) == std::variant_size_v<Op>, "one kind for each operation");

}  // namespace

std::string encode_op(std::uint32_t partition, const Op& op) {
  std::string payload;
  ByteWriter out(payload);
  out.fixed(static_cast<std::uint8_t>(kKinds[op.index()]));
  out.uvarint(partition);
  std::visit(FieldWriter{out}, op);
  std::visit(
      [&out](const auto& of) {
        if constexpr (HasRuns<std::remove_cvref_t<decltype(of)>>) write_runs(out, of.runs);
      },
      op);
  return payload;
}

engine::Result<DecodedOp> decode_op(std::string_view payload) {
  const auto damaged = [] {
    return engine::Error(engine::Errc::data_damaged, "a change of delivery state does not parse");
  };
  ByteReader in(payload);
  const auto kind = in.fixed<std::uint8_t>();
  const std::uint64_t partition = in.uvarint();
  if (!in.ok() || kind < 1 || kind > std::size(kKinds) || partition > 0xFFFF) return damaged();

  Op op = read_fields(static_cast<OpKind>(kind), in);
  const bool sound = std::visit(
      [&in](auto& of) {
        if constexpr (std::is_same_v<decltype(of), SkipOp&>) return plausible(of.upto);
        if constexpr (std::is_same_v<decltype(of), FloorOp&>) return in.ok() && plausible(of.floor);
        if constexpr (std::is_same_v<decltype(of), ReceiveOp&>)
          if (!plausible(of.next)) return false;
        if constexpr (std::is_same_v<decltype(of), EditOp&>)
          if (!is_patch(of.patch)) return false;
        if constexpr (HasRuns<std::remove_cvref_t<decltype(of)>>) return read_runs(in, of.runs);
        return in.ok();
      },
      op);
  if (!sound || !in.done()) return damaged();
  return DecodedOp{static_cast<std::uint32_t>(partition), std::move(op)};
}

}  // namespace twofold::queue
