#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/server_common.h"
#include "http/upgraded.h"
#include "http/ws/inbox.h"
#include "http/ws/server_frame.h"
#include "http/ws/subscription.h"

namespace twofold::http::ws {

class Hub;
struct Inspection;

inline constexpr std::size_t kSubscriptionsMax = 256;
inline constexpr std::size_t kWindowFrames = 64;
inline constexpr std::uint64_t kWindowBytes = 8 << 20;

/// How a connection begins.
struct Opening {
  Format format = Format::json;
  bool deflates = false;       ///< RFC 7692 was agreed on
  bool authenticated = false;  ///< the upgrade said who asks: no hello is needed
  access::PrincipalRef principal = access::nobody();  ///< as far as the upgrade said it
  std::optional<Subscribe> shortcut{};  ///< as if hello and subscribe (sub 1) had been sent
  std::shared_ptr<const Inspection> inspection{};  ///< looks on, and nothing else
  std::string session;
  std::string client{};  ///< what the upgrade's head says of who it is
};

/// One WebSocket: many subscriptions, publishes and acks over it.
///
/// Reading and writing do not wait for each other: acks are read while the output is blocked.
/// Publishes go to the core as they come; with kWindowFrames or kWindowBytes unanswered the socket
/// is not read, and a client that has ignored three windows is sent away (4429). Frames of one
/// subscription are obeyed in their order: while it opens or is being moved, the next of them
/// waits, and the socket is not read. Subscriptions take turns while less than 256 KiB are unsent,
/// and while all that answers and streams have not sent leaves room in the account that they share:
/// who does not read is not written for, and neither read once a megabyte of answers waits for him
/// (of a stranger: 64 KiB). Time runs out by the lane's tick, without a timer of its own, but for
/// the moment in which the client of a key that was revoked may read that it was. Threads  the
/// lane's.
class Connection final : public Upgraded, public access::Peer {
 public:
  Connection(Broker& broker, const ServerCommon& common, Opening opening);
  ~Connection() override;

  // Upgraded
  engine::Task<bool> run(Lane& lane, Wire& wire, std::string_view early) override;
  void tick(engine::Instant now) override;
  void drain() override;
  void end_settling() override;
  void cut() override;
  bool is_known() const override { return principal_->known(); }
  void describe(Connected& seen) const override;

  // access::Peer, while run() is under way
  std::string address() const override;

  // For subscriptions, while run() is under way.
  Lane& lane() { return *lane_; }
  Hub& hub();
  /// As the namespace sees it that the client is in.
  Broker& broker() const { return *broker_; }
  const ServerCommon& common() const { return common_; }
  Format format() const { return opening_.format; }
  /// How the client calls itself: in its hello, else in its head. For people; it may be empty.
  std::string_view client() const { return client_.empty() ? opening_.client : client_; }
  /// Sends a frame of our own with the end of this turn.
  void send(std::string payload);
  /// The message as it goes out here: deflated, if that was agreed on and is worth it.
  OutMessage packed(const OutMessage& message);
  std::span<const OutMessage> packed(const struct Flight& flight);
  /// Sends shared messages at once; false when the socket has not taken all.
  bool deliver(const Prefix& prefix, std::span<const OutMessage> messages);
  /// What sent() will be once this message went out next.
  std::uint64_t sent_after(const Prefix& prefix, const OutMessage& message) const;
  bool writable() const;
  void want_turn(Subscription& subscription);
  /// For the metrics: written to this client.
  void count(std::size_t batches, std::size_t messages);
  /// Tells the client, and ends the subscription.
  void sub_failed(Subscription& sub, const engine::Error& error, std::string name);
  void sub_refused(const FrameId& id, Subscription& sub, Problem problem);
  /// A group has changed for the member behind a subscription. Any thread.
  static void group_changed(std::shared_ptr<Connection> connection, std::uint32_t sub);
  /// The client is gone, or told to go.
  bool is_over() const { return state_ != State::open; }
  /// How many of the bytes sent have reached the client's side, as far as is known.
  std::uint64_t seen() const;

 private:
  static constexpr auto kPingTime = std::chrono::seconds{15};

  enum class State { open, closing, over };
  struct Writing;
  struct Transacting;

  std::shared_ptr<Connection> self() {
    return std::static_pointer_cast<Connection>(shared_from_this());
  }

  // connection.cc: the socket
  void read_when_readable();
  void on_readable();
  bool read_some();
  void take_messages();
  bool take_message(Inbox::Event event, Inbox::Message& message);
  bool count_control();
  bool inflate(Inbox::Message& message);
  void rest();
  void take_close(std::string_view payload);
  void flush();
  void add_owed_pong();
  void after_write(Outbox::Wrote wrote);
  void write_when_writable();
  void give_turns();
  void close(CloseCode code, std::string_view reason);
  void send_away(std::string_view reason);
  void lose();
  void end_all();
  void retire(std::shared_ptr<Subscription> sub);
  void finish();
  void ping(engine::Instant now);
  static Task<> lose_soon(std::shared_ptr<Connection> self);
  static Task<> say_heartbeat(std::shared_ptr<Connection> self);
  bool reads() const;
  bool is_choked() const;
  void resume_reading();
  void account();
  void account_output();
  void watch_output(engine::Instant now);
  void end_drain();
  StreamMetrics& metrics() const;  // of its kind
  std::size_t held() const;

  // frames.cc: what the client says
  void take_frame(std::string_view bytes, std::shared_ptr<const void> keep);
  void handle(ClientFrame frame, std::shared_ptr<const void> keep);
  void refuse(const FrameId& id, std::optional<std::uint32_t> sub, Problem problem);
  void take(const FrameId& id, std::optional<std::uint32_t> sub, Hello& hello);
  void take(const FrameId& id, std::optional<std::uint32_t> sub, Subscribe& subscribe);
  void take(const FrameId& id, std::optional<std::uint32_t> sub, CreditGrant& grant);
  void take(const FrameId& id, std::optional<std::uint32_t> sub, AckFrame& ack);
  void take(const FrameId& id, std::optional<std::uint32_t> sub, NackFrame& nack);
  void take(const FrameId& id, std::optional<std::uint32_t> sub, ExtendFrame& extend);
  void take(const FrameId& id, std::optional<std::uint32_t> sub, CommitFrame& commit);
  void take(const FrameId& id, std::optional<std::uint32_t> sub, Seek& seek);
  void take(const FrameId& id, std::optional<std::uint32_t> sub, Unsubscribe& unsubscribe);
  void take(const FrameId& id, std::optional<std::uint32_t> sub, Ping& ping);
  void welcome(const FrameId& id);
  // permitting.cc: who it is, and what it may
  access::PrincipalRef greeter(const Hello& hello) const;
  Try<Broker*> home_of(const access::Principal& who) const;
  void become(access::PrincipalRef who, Broker& home);
  void turn_away(const FrameId& id, const Hello& hello);
  static Task<> turn_away_later(std::shared_ptr<Connection> self, FrameId id, Problem problem);
  std::optional<Problem> permit_frame(const ClientFrame& frame) const;
  void inspect();
  Subscription* find(const FrameId& id, std::optional<std::uint32_t> sub);
  Subscription* look_up(std::optional<std::uint32_t> sub) const;
  bool hold_if_busy(ClientFrame& frame, const std::shared_ptr<const void>& keep);
  /// Carries out what keeps the subscription busy, then obeys what waits for it.
  void begin(std::shared_ptr<Subscription> sub, Task<> work);
  static Task<> carry_through(std::shared_ptr<Connection> self, std::shared_ptr<Subscription> sub,
                              Task<> work);
  void obey_held();
  std::shared_ptr<class QueueSub> find_queue(const FrameId& id, std::optional<std::uint32_t> sub);
  // A subscription that waits for the core may be over by then, and its number another one's.
  static Task<> open_topic(std::shared_ptr<Connection> self, FrameId id,
                           std::shared_ptr<class TopicSub> topic, Subscribe request);
  static Task<> open_group(std::shared_ptr<Connection> self, FrameId id,
                           std::shared_ptr<class GroupSub> group, Subscribe request);
  void commit_answered(const FrameId& id, std::uint32_t sub, const std::string& topic,
                       const Result<log::Committed>& result);
  static Task<> seek_group(std::shared_ptr<Connection> self, FrameId id,
                           std::shared_ptr<class GroupSub> group, std::string to);
  static Task<> open_queue(std::shared_ptr<Connection> self, FrameId id,
                           std::shared_ptr<class QueueSub> queue);
  static Task<> seek_topic(std::shared_ptr<Connection> self, FrameId id,
                           std::shared_ptr<class TopicSub> topic, std::string to);
  static Task<> explain(std::shared_ptr<Connection> self, FrameId id,
                        std::optional<std::uint32_t> sub, engine::Error error, std::string name,
                        std::optional<std::size_t> index,
                        std::shared_ptr<Subscription> ends = nullptr);
  void drop_sub(Subscription& sub, CloseCode code);
  /// `start(completion)` on the core; `done(connection, result)` on the lane.
  template <class T, class Start, class Done>
  void carry_out(Start start, Done done);
  void answer_settled(const FrameId& id, std::optional<std::uint32_t> sub, const std::string& queue,
                      const Result<std::vector<queue::Settled>>& results);

  // publishing.cc
  bool window_full(std::size_t bytes) const;
  bool hold_if_full(ClientFrame& frame, const std::shared_ptr<const void>& keep);
  void write(ClientFrame frame, std::shared_ptr<const void> keep);
  void publish(std::shared_ptr<Writing> job);
  void write_answered(const Writing& job);
  template <class Answer>
  void answered(std::shared_ptr<Writing> job, Result<Answer> result);
  // transacting.cc
  void transact(std::shared_ptr<Writing> job);
  void transacted(const Transacting& job);
  static Task<> refuse_transaction(std::shared_ptr<Connection> self,
                                   std::shared_ptr<Transacting> job, Refused refused);

  Broker* broker_;
  const ServerCommon& common_;
  const Opening opening_;
  access::PrincipalRef principal_;
  std::string client_;  // of the hello
  Lane* lane_ = nullptr;
  Wire* wire_ = nullptr;
  State state_ = State::open;
  bool alive_ = true;  // something can still be said
  engine::UniqueFunction<void()> ended_;

  Inbox inbox_;
  Outbox outbox_;
  bool flush_posted_ = false;
  bool writing_ = false;         // waits for the socket to take more
  std::uint64_t messages_ = 0;   // written
  std::uint64_t counted_ = 0;    // of what was written, for the metrics
  std::uint64_t accounted_ = 0;  // of large messages that have begun, in the server's account
  Share output_;                 // of the frames of our own that wait
  bool waiting_to_read_ = false;
  bool pong_owed_ = false;
  std::string pong_payload_;

  bool greeted_ = false;
  bool draining_ = false;
  engine::Duration heartbeat_;
  engine::Instant draining_since_{0};
  engine::Instant opened_{0};
  engine::Instant next_heartbeat_{0};
  engine::Instant next_ping_{0};
  engine::Instant over_at_{0};      // closing or draining: then it is enough
  engine::Instant progress_at_{0};  // of the output
  std::uint64_t progress_ = 0;
  engine::Instant controls_since_{0};
  int controls_ = 0;   // pings and pongs since then
  bool heard_ = true;  // since the last ping
  int misses_ = 0;

  std::map<std::uint32_t, std::shared_ptr<Subscription>> subs_;
  std::list<std::shared_ptr<Subscription>> line_;  // who wants a turn

  std::size_t unanswered_ = 0;  // publishes
  std::uint64_t unanswered_bytes_ = 0;
  int windows_ignored_ = 0;
  struct HeldFrame {
    ClientFrame frame;
    std::shared_ptr<const void> keep;
  };
  // Came beyond the window, or while its subscription was busy; nothing is read meanwhile.
  std::optional<HeldFrame> held_frame_;
  std::size_t inflated_ = 0;  // bytes, since others had their turn
  bool resting_ = false;      // until they have had it
};

}  // namespace twofold::http::ws
