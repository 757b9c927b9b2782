#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/dedup.h"
#include "queue/runs.h"

namespace twofold::queue {

using engine::Instant;
using engine::Offset;

/// The changes of delivery state, as they are applied and as they are journaled: a live call and a
/// replay do the same thing because they go through the same struct.
///
/// Layout of an entry of type "queue" (owner: queue id); numbers are LEB128, signed ones zigzag:
///
///    0      1
///   +------+-----------+---------------------------------+--------------------------------------+
///   | kind | partition | fields of the kind              | runs: n, then n x (gap, count - 1)   |
///   +------+-----------+---------------------------------+--------------------------------------+
///
///   1 receive  visible_at, nonce (u32 LE), next, received
///   2 ack      -
///   3 nack     due
///   4 extend   visible_at
///   5 delay    due
///   6 dead     reason (length, bytes)
///   7 release  -
///   8 skip     upto; has no runs
///   9 remember sent, ids: n, then n x (hash 16 B, token 16 B, offset); has no runs
///  10 forget   -; has no runs
///  11 revive   -
///  12 edit     patch (length, bytes; see header_patch.h)
///  13 floor    at, floor; has no runs
///
/// gap is the distance from the end of the run before, the first from offset 0. Example: queue
/// partition 0, ack of 5, 6 and 9:   02 00  02  05 01  02 00

/// Messages go to a consumer until `visible_at`. `next` is the first offset that was never
/// delivered once this is done.
struct ReceiveOp {
  Instant visible_at;
  std::uint32_t nonce;
  Offset next;
  Runs runs;
  Instant received{0};
};
/// Done with: they never come back.
struct AckOp {
  Runs runs;
};
/// Given back: ready at `due`.
struct NackOp {
  Instant due;
  Runs runs;
};
/// Held for longer, or for shorter.
struct ExtendOp {
  Instant visible_at;
  Runs runs;
};
/// Sent with a delay: not ready before `due`.
struct DelayOp {
  Instant due;
  Runs runs;
};
/// Kept, but not delivered any more. No reason: its receives were used up.
struct DeadOp {
  std::string reason;
  Runs runs;
};
/// Handed out but never arrived: ready at once, and the receive does not count.
struct ReleaseOp {
  Runs runs;
};
/// Everything before `upto` is gone (purge, retention, trim of the log).
struct SkipOp {
  Offset upto;
};

using engine::IdHash;
using Token = engine::DedupToken;
/// Messages were sent under these ids. Nothing to Delivery; see engine/dedup.h.
struct RememberOp {
  using Id = engine::DedupId;
  Instant sent{0};
  std::vector<Id> ids{};
};
/// All ids are forgotten (purge).
struct ForgetIdsOp {};
/// Acked or dead messages are ready again, as if they had never been received.
struct ReviveOp {
  Runs runs;
};

/// Headers are others from now on: all that was ever changed of them.
struct EditOp {
  std::string patch;
  Runs runs;
};

/// Everything before `floor` was done with at that time: what acked messages are kept by. Nothing
/// to Delivery.
struct FloorOp {
  Instant at{0};
  Offset floor{0};
};

using Op = std::variant<ReceiveOp, AckOp, NackOp, ExtendOp, DelayOp, DeadOp, ReleaseOp, SkipOp,
                        RememberOp, ForgetIdsOp, ReviveOp, EditOp, FloorOp>;

/// Whether an operation is about single messages, which it then lists.
template <class T>
concept HasRuns = requires(const T& op) {
  op.runs;
};

std::string encode_op(std::uint32_t partition, const Op& op);

struct DecodedOp {
  std::uint32_t partition;
  Op op;
};
/// Errors: data_damaged.
engine::Result<DecodedOp> decode_op(std::string_view payload);

}  // namespace twofold::queue
