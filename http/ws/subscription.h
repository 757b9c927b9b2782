#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "http/ws/client_frame.h"
#include "http/ws/server_frame.h"

namespace twofold::http::ws {

class Connection;

/// What a subscription may still be sent: as much as the connection takes, or so many messages and
/// bytes. The last message may take the bytes below zero, so that none is too large for ever.
class Credit {
 public:
  explicit Credit(const CreditGrant& grant)
      : messages_(grant.messages), bytes_(grant.bytes), manual_(grant.manual) {}

  bool automatic() const { return !messages_ && !bytes_; }
  bool any() const { return messages_.value_or(1) > 0 && bytes_.value_or(1) > 0; }
  /// Whether so many messages are covered, of which all but the last have `bytes_before`.
  bool covers(std::size_t messages, std::size_t bytes_before) const {
    return messages_.value_or(INT64_MAX) >= static_cast<std::int64_t>(messages) &&
           bytes_.value_or(INT64_MAX) > static_cast<std::int64_t>(bytes_before);
  }
  void spend(std::size_t messages, std::size_t bytes) {
    if (messages_) *messages_ -= static_cast<std::int64_t>(messages);
    if (bytes_) *bytes_ -= static_cast<std::int64_t>(bytes);
  }
  /// Adds to what is counted; what is not counted stays without end.
  void add(std::int64_t messages, std::int64_t bytes) {
    if (messages_) *messages_ = saturated(*messages_, messages);
    if (bytes_) *bytes_ = saturated(*bytes_, bytes);
  }
  /// A message was settled.
  void settled(std::size_t messages, std::size_t bytes) {
    if (!manual_) add(static_cast<std::int64_t>(messages), static_cast<std::int64_t>(bytes));
  }
  const std::optional<std::int64_t>& messages() const { return messages_; }
  const std::optional<std::int64_t>& bytes() const { return bytes_; }

 private:
  static std::int64_t saturated(std::int64_t a, std::int64_t b) {
    std::int64_t sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
  }

  std::optional<std::int64_t> messages_;
  std::optional<std::int64_t> bytes_;
  bool manual_;
};

/// One subscription of a connection. The connection gives turns: in its turn a subscription sends
/// about `quantum` bytes and asks for another turn while it has more, so that those of one socket
/// get the same share.
/// Threads  the connection's.
class Subscription : public std::enable_shared_from_this<Subscription> {
 public:
  Subscription(std::shared_ptr<Connection> connection, std::uint32_t sub, const CreditGrant& grant);
  virtual ~Subscription() = default;

  std::uint32_t sub() const { return sub_; }
  bool is_over() const { return ended(); }
  void grant(const CreditGrant& grant);

  /// It is this one's turn: the socket takes more. Returns the bytes it sent.
  virtual std::size_t on_turn(std::size_t quantum) = 0;
  /// Nothing is sent any more, nor are messages received (a drain, or the end of the connection).
  virtual void pause() = 0;
  /// Over: it lets go of everything. `release`: messages in flight are given back.
  virtual void end(bool release) = 0;
  /// All but the lag, which lag() finds out.
  virtual SubState state() const = 0;
  /// Counts on the core what waits for this one; empty when it keeps up.
  virtual engine::UniqueFunction<std::int64_t()> lag() const = 0;
  /// About twice a second.
  virtual void tick(engine::Instant) {}
  /// The socket has taken everything up to `written`.
  virtual void on_written(std::uint64_t) {}
  /// What is subscribed to, for people: "queue billing".
  virtual std::string about() const = 0;
  /// How many messages the client still has to settle.
  virtual std::size_t held() const { return 0; }

 protected:
  /// There may be something to send: asks for a turn.
  void go();
  bool ended() const { return connection_ == nullptr; }
  Credit& credit() { return credit_; }
  const Credit& credit() const { return credit_; }
  Connection& connection() const { return *connection_; }
  const std::shared_ptr<Connection>& shared_connection() { return connection_; }
  const Prefix& prefix() const { return prefix_; }
  void let_go_of_connection() { connection_.reset(); }

 private:
  friend class Connection;
  std::shared_ptr<Connection> connection_;  // null: ended
  const std::uint32_t sub_;
  const Prefix prefix_;
  Credit credit_;
  bool busy_ = false;         // opens or is being moved: what else the client says of it waits
  bool in_line_ = false;      // for a turn
  std::int64_t deficit_ = 0;  // of its turns: what it sent beyond them is taken off the next
};

}  // namespace twofold::http::ws
