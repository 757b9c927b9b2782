#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "engine/base/manual_executor.h"
#include "http/call.h"
#include "http/rest/handlers.h"
#include "http/router.h"
#include "http/server_common.h"
#include "http/sqs/dialect.h"
#include "tests/support/fake_core.h"

namespace twofold::http {

/// A broker on a core in memory and the handlers over it, without sockets: what a connection does
/// around a handler, by hand. The clock moves when told to; commits succeed unless told not to.
class CallRig {
 public:
  explicit CallRig(ServerOptions options = {}) : common(broker, std::move(options)) {
    core_.recover();
    broker.shared.health = Health::ready;
  }

  struct Answer {
    int status = 0;
    std::string body;
    std::string fields;
    boost::json::value json() const { return boost::json::parse(body); }
  };

  /// One request, from target to answer.
  Answer ask(std::string_view method, std::string_view target, std::string_view body = "",
             Media media = Media::json, Media answer_in = Media::json) {
    begin(method, target, body, media, answer_in);
    for (int i = 0; i < 100 && !done_; ++i) turn();
    return finish();
  }
  boost::json::value json(std::string_view method, std::string_view target,
                          std::string_view body = "") {
    return ask(method, target, body).json();
  }

  /// The same in pieces, for calls that wait: begin(), then turn() and pass() until done().
  void begin(std::string_view method, std::string_view target, std::string_view body,
             Media media = Media::json, Media answer_in = Media::json) {
    watch_ = Watching();
    outlet_ = Collecting();
    call_ = std::make_unique<Call>(broker, common, watch_, outlet_);
    outlet_.call = call_.get();
    target_ = target;
    body_ = body;
    call_->head.method = method;
    call_->head.target = target_;
    call_->request_id = "q_test";
    call_->body = body_;
    call_->media = body_.empty() ? Media::none : media;
    call_->answer_in = answer_in;
    auto parsed = call_->target.parse(target_);
    TF_CHECK(static_cast<bool>(parsed));
    const Match match = common.router.match(method, call_->target.segments());
    call_->head.host = "localhost:9324";
    call_->head.fields = fields;
    call_->route = sqs::recognise(*call_, match.path_exists);
    if (!call_->route) call_->route = match.route;
    TF_CHECK(call_->route != nullptr);
    call_->args = match.args;
    done_ = false;
    problem_.reset();
    boost::asio::co_spawn(io_, run(), [this](const std::exception_ptr& thrown) {
      TF_CHECK(!thrown);
      done_ = true;
    });
    turn();
  }
  void turn() {
    io_.restart();
    io_.poll();
    core_.run();
    if (commits) core_.commit();
    core_.run();
    pool_.run_until_idle();
    io_.restart();
    io_.poll();
  }
  void pass(engine::Duration time) {
    core_.pass(time);
    turn();
  }
  bool done() const { return done_; }
  Answer finish() {
    TF_CHECK(done_);
    Answer answer{call_->reply.status, call_->reply.body, call_->reply.fields};
    if (problem_) {
      answer.status = info(problem_->kind).status;
      answer.body.clear();
      append_problem_json(answer.body, *problem_, "q_test");
    }
    return answer;
  }
  /// What the connection does when the answer could not be written.
  void lose_answer() {
    if (call_->reply.undelivered) call_->reply.undelivered();
    turn();
  }
  /// What the connection does when the client vanishes or a drain begins.
  void interrupt() {
    TF_CHECK(watch_.wait != nullptr);
    watch_.wait->interrupt();
    turn();
  }
  bool waits() const { return watch_.wait != nullptr; }
  /// What an answer that goes on has sent since this was asked last.
  std::string take_sent() { return std::exchange(outlet_.sent, {}); }
  /// The client of an answer that goes on has left.
  void leave() {
    outlet_.closing = true;
    interrupt();
    for (int i = 0; i < 10 && !done_; ++i) turn();
  }

  tests::FakeCore& core() { return core_; }
  bool commits = true;
  std::vector<Field> fields;  ///< of the head

 private:
  struct Watching final : Watch {
    void begin_wait(std::shared_ptr<Interruptible> w) override { wait = std::move(w); }
    void end_wait() override { wait.reset(); }
    std::shared_ptr<Interruptible> wait;
  };

  struct Collecting final : Outlet {
    Task<bool> send() override {
      sent.append(std::exchange(call->reply.body, {}));
      co_return !closing;
    }
    Task<> pause() override {
      closing = true;
      co_return;
    }
    bool is_closing() override { return closing; }
    Call* call = nullptr;
    std::string sent;
    bool closing = false;
  };

  Task<> run() {
    auto done = co_await call_->route->handler(*call_);
    if (!done) problem_ = std::move(done).problem();
  }

  engine::ManualClock clock_;
  tests::FakeDisk disk_;
  tests::FakeCore core_{disk_, clock_};
  log::Topics topics_{core_};
  log::Groups groups_{core_, topics_};
  queue::Queues queues_{core_};
  engine::Requests requests_{core_, {}};
  engine::ManualExecutor pool_{clock_};
  engine::SeededRandom random_{7};
  boost::asio::io_context io_{1};
  Watching watch_;
  Collecting outlet_;
  std::unique_ptr<Call> call_;
  std::string target_;
  std::string body_;
  std::optional<Problem> problem_;
  bool done_ = false;

 public:
  BrokerShared shared;
  Broker broker{core_, topics_, groups_, queues_, pool_, clock_, random_, requests_, shared};
  ServerCommon common;
};

}  // namespace twofold::http
