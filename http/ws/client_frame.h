#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/call.h"
#include "http/rest/commit_in.h"
#include "http/rest/record_in.h"
#include "queue/queues.h"

namespace twofold::http::ws {

/// What the frames of a connection are written in: its subprotocol.
enum class Format : std::uint8_t { json, protobuf };

/// A client's `id`, which comes back in the answer as it came: a number or a string in JSON, a
/// number in Protobuf.
struct FrameId {
  std::string json;  ///< its JSON text; empty: none was given
  std::optional<std::uint64_t> number;

  bool given() const { return number || !json.empty(); }
};

struct Hello {
  std::optional<engine::Duration> heartbeat;
  std::string client{};  ///< how it calls itself; for people
  std::string token{};   ///< who it is
};

/// Views into the frame and `scratch`.
struct PublishFrame {
  std::string topic;  ///< one of topic and queue
  std::string queue;
  IncomingBatch batch;
  Scratch scratch;
};

/// How much a subscription may be sent. Without numbers: as much as the connection takes.
struct CreditGrant {
  std::optional<std::int64_t> messages;
  std::optional<std::int64_t> bytes;
  bool manual = false;  ///< settling gives nothing back
};

struct Subscribe {
  std::string topic;  ///< one of topic and queue
  std::string queue;
  std::string from = "latest";
  std::string resume;  ///< instead of from
  std::string group;
  std::optional<engine::Duration> session;  ///< of a member of the group; the broker's, unless said
  std::string filter;
  bool total_order = false;
  CreditGrant credit;
  std::size_t batch_max = 100;
  std::optional<engine::Duration> visibility_timeout;
  bool ack_on_send = false;
};

struct AckFrame {
  std::vector<std::string> receipts;
};
struct NackFrame {
  std::vector<queue::NackItem> items;
};
struct ExtendFrame {
  std::vector<queue::ExtendItem> items;
};
struct CommitFrame {
  std::string cursor;
};
struct Seek {
  std::string to;
};
/// Views into the frame and `scratch`.
struct Transact {
  CommitBody body;
  Scratch scratch;
};
struct Unsubscribe {
  bool release = true;
};
struct Ping {};

using ClientOp = std::variant<Hello, PublishFrame, Subscribe, CreditGrant, AckFrame, NackFrame,
                              ExtendFrame, CommitFrame, Seek, Transact, Unsubscribe, Ping>;

/// Records wait for the disk: how many may do so at once is bounded.
inline bool is_write(const ClientOp& op) {
  return std::holds_alternative<PublishFrame>(op) || std::holds_alternative<Transact>(op);
}

/// What counts as a request for quotas. What belongs to messages that were delivered does not.
inline bool is_charged(const ClientOp& op) {
  return is_write(op) || std::holds_alternative<CommitFrame>(op) ||
         std::holds_alternative<Seek>(op) || std::holds_alternative<Subscribe>(op);
}

struct ClientFrame {
  FrameId id;
  std::optional<std::uint32_t> sub;
  ClientOp op;
  std::size_t bytes = 0;  ///< of the message it came as
};

/// A message that was read: a frame; a frame with something wrong in it, which is answered with an
/// error; or no frame at all, which ends the connection.
struct ReadFrame {
  enum class Kind { frame, refused, nonsense };
  Kind kind = Kind::frame;
  ClientFrame frame;  ///< refused: id and sub only, as far as they could be read
  std::optional<Problem> problem;
};

/// A type of client frames in JSON, and the members that it may have: type, id and sub, then its own.
struct FrameShape {
  std::string_view type;
  std::span<const std::string_view> members;
};
std::span<const FrameShape> client_frame_shapes();

/// `now` is what a record's time to live counts from.
ReadFrame read_json_frame(std::string_view message, engine::WallTime now);
ReadFrame read_proto_frame(std::string_view message, engine::WallTime now);

// What both forms refuse.
Try<> check_publish(const PublishFrame& publish);
Try<> check_subscribe(const Subscribe& subscribe);
Try<> check_credit(const CreditGrant& credit);

inline constexpr std::size_t kBatchMax = 1'000;  ///< of max_batch
inline constexpr engine::Duration kHeartbeatMin = std::chrono::seconds{1};
inline constexpr engine::Duration kHeartbeatMax = std::chrono::seconds{60};

}  // namespace twofold::http::ws
