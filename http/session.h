#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "http/call.h"
#include "http/chunked_body.h"
#include "http/inlet.h"
#include "http/lane.h"
#include "http/outlet.h"
#include "http/per_address.h"
#include "http/wait.h"
#include "http/wire.h"

namespace twofold::http {

/// One connection: reads requests one after the other, has them handled, writes the answers in
/// order. Buffers are kept from request to request; what was pipelined is answered in one write.
///
/// Time runs out by the lane's tick, not by a timer per connection: idle, head and body have
/// deadlines; a request that is being handled has none of ours (long polls bring their own).
/// After anything that leaves the framing in doubt the connection is closed.
/// Threads  the lane's.
class Session final : public Watch,
                      public Outlet,
                      public Inlet,
                      public std::enable_shared_from_this<Session> {
 public:
  /// Over TLS, unless `tls` is null; it outlives the session.
  Session(Lane& lane, boost::asio::ip::tcp::socket socket, PerAddress::Place place, Tls* tls,
          Listener listener);
  ~Session() override;

  /// Serves until either side closes. Keeps `self` alive meanwhile.
  static Task<> run(std::shared_ptr<Session> self);

  std::uint64_t number() const { return number_; }
  /// What there is to say about it.
  Connected look() const;

  /// Whether nobody knows yet who is there (http/strangers.h). It is looked at again each time.
  bool is_stranger();
  void check_deadline(engine::Instant now);
  void begin_drain();
  /// Nobody settles anything any more: ends when nothing is asked.
  void end_settling();
  void cut();

  // Watch
  void begin_wait(std::shared_ptr<Interruptible> wait) override;
  void end_wait() override;
  std::string address() const override;

  // Outlet
  Task<bool> send() override;
  Task<> pause() override;
  bool is_closing() override;

  // Inlet
  Task<Try<bool>> receive(std::string& into) override;

 private:
  enum class Phase { handshake, idle, head, body, portion, handling, writing, lingering };
  enum class Next { keep, close };

  Task<> serve();
  // session_tls.cc
  Task<bool> shake_hands();
  void handshake_failed();
  void refuse_http();
  bool begins_like_tls() const;
  void add_connection_fields();
  void refuse_tls();
  Task<bool> read_head();
  Task<bool> read_more();
  std::size_t room_to_read() const;
  void read_what_is_there();
  /// Reads the body of call_; false when the connection is gone or the answer is a refusal
  /// (then in `refusal_`).
  Task<bool> read_body();
  Task<bool> read_sized_body(std::size_t length);
  Task<bool> read_chunked_body();
  Task<bool> invite_body();
  bool is_streamed_in() const;
  void begin_inlet();
  Task<bool> read_portion();
  Task<> wait_for_quota();
  Problem why_portions_ended();
  std::uint64_t body_max() const;
  std::optional<Problem> check_length() const;
  bool take_budget(std::uint64_t bytes);
  void give_back_budget();
  void extend_deadline(std::size_t bytes);
  void body_ended();
  void refuse_chunks(ChunkedBody::State state, std::uint64_t bytes_max);
  Task<Next> answer();
  Task<> handle();
  Task<bool> flush(std::string_view body);
  Task<bool> flush_if_any();
  bool hold_unsent(std::size_t bytes);
  engine::Duration hurry() const;
  bool is_too_late(engine::Instant now) const;
  Task<> go_on_as(std::shared_ptr<Upgraded> upgraded);
  void write_what_fits();
  void let_go_of_buffers();
  engine::Duration lingers_for() const;
  Task<> linger();

  bool find_head();
  std::optional<Problem> choose_route();
  std::optional<Problem> check_route(const Route& route);
  std::optional<Problem> identify();
  void take_certificate(std::uint64_t generation);
  bool is_overdue(engine::Instant now);
  Problem refuse_key();
  void charge_chunks();
  bool is_turned_away();
  void begin_request();
  void settle_accounts();
  void name_trace();
  Task<> pay_for_wrong_key();
  void note_management();
  std::optional<Problem> charge();
  std::optional<Problem> settle_media();
  void answer_options();
  void render(const Problem& problem);
  void refuse_head(const HeadRefusal& refusal);
  void expect_head();
  bool head_is_hopeless();
  void head_ended();
  void finish_answer();
  void append_head();
  void append_piece();
  void begin_stream();
  void end_stream();
  void note_request();
  void note_answered(std::chrono::nanoseconds took);
  void log_answer(std::chrono::nanoseconds took);
  void log_refused_head(const HeadRefusal& refusal);
  void log_unfinished_body();
  void forget_request();
  void count_messages();
  void note_consumer();
  void note_reader();
  void forget_reader();
  bool is_told_to_go() const;
  void account_answer();
  bool is_gone();
  void watch_for_hangup();
  void enter_phase(Phase phase, engine::Duration allowed);

  Lane& lane_;
  Tls* const tls_;
  const Router& router_;  // of the listener
  Wire wire_;
  Call call_;
  boost::beast::flat_buffer in_;
  std::string out_;                    // answers not written yet, heads and small bodies
  std::string body_;                   // a body that did not arrive with its head
  std::string carry_;                  // what followed a chunked body
  std::optional<ChunkedBody> chunks_;  // of a body that is handled while it arrives
  std::string portion_;                // of it, as read
  std::size_t portions_left_ = 0;      // that the handler has not made use of
  engine::Instant portions_until_{0};
  std::string request_id_;
  std::string host_seen_;  // the last Host that was found allowed

  access::PrincipalRef known_ = access::nobody();  // who has shown a key, and what it was
  std::string shown_;
  std::uint64_t known_since_ = 0;   // the keyring's generation; 0: look again
  access::PrincipalRef certified_;  // null: the certificate stands for nobody
  std::uint64_t certified_since_ = 0;

  std::size_t head_bytes_ = 0;     // of the request at the front of in_; 0: not found yet
  std::size_t scanned_ = 0;        // of in_, for the end of the head
  std::size_t request_bytes_ = 0;  // of in_, that the request takes up
  std::uint64_t budgeted_ = 0;     // of the body, in the server's account
  std::uint64_t budgeted_as_stranger_ = 0;
  Share unsent_;  // of the account of answers, for what the socket has no room for
  std::optional<Problem> refusal_;
  bool slimming_ = false;  // the read under way was ended for the sake of its buffer
  bool head_only_ = false;
  bool charged_ = false;    // the request, to whoever has sent it
  bool streaming_ = false;  // the answer goes out in pieces, its head has gone
  bool close_ = false;
  bool abort_ = false;  // nothing more can be said on this connection
  bool stranger_ = false;
  bool shaken_ = false;    // the handshake is done
  bool consumes_ = false;  // was handed messages or records, or has settled some, or may
  bool reads_ = false;     // the last answer had records

  std::unique_ptr<const ClientCertificate> client_certificate_;
  Phase phase_ = Phase::idle;
  engine::Instant deadline_{0};
  bool timed_out_ = false;

  const PerAddress::Place place_;
  const std::uint64_t number_;
  const engine::Instant opened_;
  engine::Instant asked_{0};           // when the last request came
  engine::Instant read_at_{0};         // when its answer had records
  const Route* last_route_ = nullptr;  // of that
  std::string client_;                 // as the first request said
  std::uint64_t requests_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t messages_ = 0;
  std::shared_ptr<Upgraded> upgraded_;  // what speaks on the socket instead of this
  std::shared_ptr<Interruptible> wait_;
  bool watching_ = false;
};

}  // namespace twofold::http
