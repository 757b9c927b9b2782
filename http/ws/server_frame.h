#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/problem.h"
#include "http/ws/client_frame.h"
#include "http/ws/outbox.h"
#include "log/topics.h"

namespace twofold::http::ws {

/// Server frames, each as the payload of one message. `messages` frames are not here: they are
/// written record by record (batch_writer.h).

struct Welcome {
  std::string_view session;
  std::size_t window_frames;
  std::uint64_t window_bytes;
  engine::Duration heartbeat;
  std::size_t subscriptions_max;
  std::uint64_t frame_bytes_max;
  std::uint64_t message_bytes_max;
};
std::string welcome_frame(Format format, const FrameId& id, const Welcome& welcome);

std::string published_frame(Format format, const FrameId& id, const log::Published& published);
std::string sent_frame(Format format, const FrameId& id, const queue::Sent& sent);

/// `cursor` is empty for a queue.
std::string subscribed_frame(Format format, const FrameId& id, std::uint32_t sub,
                             std::string_view cursor);
std::string caught_up_frame(Format format, std::uint32_t sub, std::string_view cursor);
std::string gap_frame(Format format, std::uint32_t sub, engine::PartitionId partition,
                      engine::Offset from, engine::Offset to);
std::string lost_frame(Format format, std::uint32_t sub, std::span<const std::string> receipts,
                       std::string_view reason);
/// What a member of a group reads from now on, by which name, and where it stands.
std::string assigned_frame(Format format, std::uint32_t sub,
                           std::span<const log::PartitionPosition> places, std::string_view member,
                           std::int32_t generation, std::string_view cursor);
std::string revoked_frame(Format format, std::uint32_t sub,
                          std::span<const engine::PartitionId> partitions,
                          engine::WallTime commit_by);
std::string acked_frame(Format format, const FrameId& id, std::optional<std::uint32_t> sub,
                        std::span<const queue::Settled> results);
std::string ok_frame(Format format, const FrameId& id, std::optional<std::uint32_t> sub);
/// `body`: the answer to a commit, as an object or as Protobuf.
std::string committed_frame(Format format, const FrameId& id, std::string_view body);
std::string pong_frame(Format format, const FrameId& id);
std::string error_frame(Format format, const FrameId& id, std::optional<std::uint32_t> sub,
                        const Problem& problem, std::string_view session);
std::string goaway_frame(Format format, std::string_view reason, engine::Duration deadline,
                         engine::Duration reconnect_after);

/// What a heartbeat says of one subscription.
struct SubState {
  std::uint32_t sub = 0;
  std::int64_t lag = 0;  ///< records or messages that wait, as far as is known
  std::string cursor;    ///< of a topic
  std::optional<std::int64_t> credit_messages;
  std::optional<std::int64_t> credit_bytes;
  std::uint64_t in_flight = 0;
};
std::string heartbeat_frame(Format format, std::span<const SubState> subs);

/// What a `messages` frame begins with, for one subscription.
Prefix messages_prefix(Format format, std::uint32_t sub);

constexpr Opcode opcode_of(Format format) {
  return format == Format::json ? Opcode::text : Opcode::binary;
}

}  // namespace twofold::http::ws
