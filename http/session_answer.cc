// From a whole head to an answer in the output buffer.
#include <algorithm>

#include <fmt/format.h>

#include "engine/base/stopwatch.h"
#include "http/access/charge.h"
#include "http/client_name.h"
#include "http/gate.h"
#include "http/namespaces.h"
#include "http/pages/pages.h"
#include "http/permit.h"
#include "http/response_head.h"
#include "http/rest/cloud_event_in.h"
#include "http/retry_later.h"
#include "http/session.h"
#include "http/sqs/dialect.h"
#include "http/trace/span.h"
#include "http/upgraded.h"

namespace twofold::http {
namespace {

constexpr std::size_t kGatherBytes = 16 << 10;   // bodies up to this size are copied together
constexpr std::size_t kUnwrittenMax = 64 << 10;  // pipelined answers are written beyond this
constexpr std::size_t kClientBytesMax = 64;
constexpr std::size_t kSkippedBodyMax = 64 << 10;  // refused bodies up to this size are read

bool opens_json(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (body[first] == '{' || body[first] == '[');
}

}  // namespace

Task<Session::Next> Session::answer() {
  const engine::Stopwatch watch;
  const std::string_view raw{static_cast<const char*>(in_.data().data()), head_bytes_};
  if (const auto refusal = check_head(raw, call_.head)) {
    refuse_head(*refusal);
    co_return Next::close;
  }
  if (wire_.is_secure()) add_connection_fields();
  begin_request();

  refusal_ = choose_route();
  if (stranger_) static_cast<void>(is_stranger());
  if (!refusal_) refusal_ = check_length();
  const bool turned_away = is_turned_away();
  const bool skip_body =
      (refusal_ || turned_away) && (call_.head.chunked || call_.head.expects_continue ||
                                    call_.head.content_length.value_or(0) > kSkippedBodyMax);
  bool body_read = false;
  const bool in_portions = !skip_body && is_streamed_in();
  if (in_portions) begin_inlet();
  if (!skip_body && !in_portions) body_read = co_await read_body();
  if (abort_) {
    log_unfinished_body();
    co_return Next::close;
  }
  charge_chunks();
  if (!body_read) close_ = true;
  phase_ = Phase::handling;
  if (!refusal_ && !turned_away) refusal_ = settle_media();
  if (refusal_) render(*refusal_);
  if (!refusal_ && !turned_away) co_await handle();
  // A dialect has found it out by itself, and has answered in its own words.
  if (call_.wrong_key && !refusal_) static_cast<void>(refuse_key());
  if (call_.wrong_key) co_await pay_for_wrong_key();
  if (!streaming_ && !abort_ && !call_.reply.upgrade) settle_accounts();
  note_answered(watch.elapsed());
  if (call_.reply.upgrade && !abort_) {
    finish_answer();
    co_await go_on_as(std::move(call_.reply.upgrade));
    co_return Next::close;
  }
  if (streaming_) {
    lane_.metrics.records_answered.add(call_.reply.records_read);
    end_stream();
    co_return Next::close;
  }
  if (abort_) {  // the connection was cut meanwhile
    if (call_.reply.undelivered) call_.reply.undelivered();
    co_return Next::close;
  }
  finish_answer();

  const bool body_apart = !head_only_ && call_.reply.body.size() > kGatherBytes;
  if (body_apart || close_ || out_.size() > kUnwrittenMax || call_.reply.undelivered) {
    const std::string_view apart(call_.reply.body.data(), body_apart ? call_.reply.body.size() : 0);
    bool written = false;
    if (call_.reply.undelivered && is_gone()) abort_ = true;
    if (!abort_) written = co_await flush(apart);
    if (!written && call_.reply.undelivered) call_.reply.undelivered();
  }
  co_return close_ ? Next::close : Next::keep;
}

// What an answer as a whole costs, and whether the connection goes on behind it.
void Session::settle_accounts() {
  account_answer();
  count_messages();
  access::charge_answer(*call_.principal, call_.reply.body.size(), call_.broker().clock);
  const ServerCommon& common = lane_.common;
  const bool drains = lane_.draining() || common.broker.shared.health == Health::draining;
  close_ = close_ || (drains && !common.settling) || is_overdue(lane_.now());
}

// How the answer turned out, for those who look from outside.
void Session::note_answered(std::chrono::nanoseconds took) {
  if (call_.route) {
    note_management();
    last_route_ = call_.route;
    lane_.metrics.request(route_index(*call_.route), call_.reply.status, took);
  }
  log_answer(took);
  name_trace();
}

void Session::begin_request() {
  note_request();
  forget_reader();
  lane_.next_request_id(request_id_);
  call_.request_id = request_id_;
  request_bytes_ = head_bytes_;
  head_only_ = call_.head.method == "HEAD";
  charged_ = false;
  close_ = !call_.head.keep_alive;
  call_.answer_in = accepted(call_.head.field("Accept"), Media::none);
}

// The head alone says no, in the words of Amazon SQS, while the body is still to come.
bool Session::is_turned_away() {
  if (refusal_ || call_.route != &sqs::general_route()) return false;
  const Head& head = call_.head;
  const bool is_there = !head.chunked && !head.expects_continue &&
                        head.content_length.value_or(0) <= in_.size() - head_bytes_;
  return !is_there && sqs::turn_away(call_);
}

// How long such a body is was not known when its head was charged.
void Session::charge_chunks() {
  if (!call_.head.chunked || !charged_) return;
  access::charge_answer(*call_.principal, call_.body.size(), call_.broker().clock);
}

// The trace of a request is named in its answer: by what we tell of it, else as it came.
void Session::name_trace() {
  const std::string_view came = call_.head.traceparent;
  if (call_.span) return trace::end(call_);
  if (came.empty() || !trace::parse_traceparent(came)) return;
  call_.reply.field(trace::kTraceparent, came);
}

// For people who look. Who it is says the first request.
void Session::note_request() {
  asked_ = lane_.now();
  if (requests_++ == 0) client_ = client_name(call_.head).substr(0, kClientBytesMax);
}

// HTTP ends here: the connection speaks another protocol until it closes.
Task<> Session::go_on_as(std::shared_ptr<Upgraded> upgraded) {
  const bool written = co_await flush(std::string_view());
  if (!written) co_return;
  phase_ = Phase::handling;
  if (!is_stranger()) note_consumer();  // it may be one at any time from here on
  const auto* const bytes = static_cast<const char*>(in_.data().data());
  const std::string early(bytes + request_bytes_, in_.size() - request_bytes_);
  // Ten thousand of these wait side by side: what only HTTP needs goes.
  call_.clear();
  in_.clear();
  in_.shrink_to_fit();
  out_ = std::string();
  head_bytes_ = request_bytes_ = scanned_ = 0;
  upgraded_ = std::move(upgraded);
  const bool alive = co_await upgraded_->run(lane_, wire_, early);
  upgraded_.reset();
  abort_ = !alive;
  close_ = true;  // its last words were said
}

std::optional<Problem> Session::choose_route() {
  const Head& head = call_.head;
  if (head.host != host_seen_ || !head.origin.empty() || !head.field("Sec-Fetch-Site").empty()) {
    if (auto problem = check_admission(head, lane_.common.options)) return problem;
    // A probe is answered under any name: that proves nothing for the requests behind it.
    if (!is_probe(head.target)) host_seen_ = head.host;
  }
  auto parsed = call_.target.parse(head.target);
  const Match match = router_.match(head.method, call_.target.segments());
  if (!parsed) {
    sqs::recognise_broken(call_, match.path_exists);
    return std::move(parsed).problem();
  }
  call_.route = match.route;
  call_.args = match.args;
  const Route* const page = pages::recognise(call_, match.path_exists);
  if (page && router_.serves(*page)) {
    call_.route = page;
    return check_body(*page, head, lane_.common.options);
  }
  if (const Route* const route = sqs::recognise(call_, match.path_exists)) {
    call_.route = route;
    if (route->scope != Scope::nothing) {
      if (auto problem = identify()) return problem;
    }
    return check_body(*route, head, lane_.common.options);
  }
  if (head.method == "OPTIONS" && (match.path_exists || head.target == "*")) return std::nullopt;
  if (!match.path_exists) {
    Problem problem(ProblemKind::not_found,
                    fmt::format("There is nothing at {}.", head.target.substr(0, 256)));
    return problem.with_hint("GET /v1 and GET /openapi.json list what there is.");
  }
  if (!match.route) {
    const std::string allow = router_.allow(call_.target.segments());
    call_.reply.field("Allow", allow);
    return Problem(ProblemKind::method_not_allowed,
                   fmt::format("{} is not a method of this path; {} are.", head.method, allow));
  }
  return check_route(*match.route);
}

// Who may not is told so before anything is said about what is there.
std::optional<Problem> Session::check_route(const Route& route) {
  if (route.scope != Scope::nothing) {
    if (auto problem = identify()) return problem;
    if (auto problem = permit_route(call_, route)) return problem;
  }
  // What nobody will read is not charged.
  const Head& head = call_.head;
  if (auto problem = check_body(route, head, lane_.common.options)) return problem;
  if (route.scope != Scope::nothing) {
    if (auto problem = charge()) return problem;
  }
  if (auto problem = check_served(route, lane_.common.broker.shared.health)) return problem;
  if (auto checked = Router::check_query(route, call_.target); !checked) {
    return std::move(checked).problem();
  }
  return std::nullopt;
}

// What the body is written in, and the answer. curl labels every -d as a form; a body that begins
// like JSON is taken as JSON all the same.
std::optional<Problem> Session::settle_media() {
  if (!call_.route) return std::nullopt;
  const std::string_view label = call_.head.content_type;
  call_.media = call_.body.empty() && !call_.inlet ? Media::none : media_of(label);
  const bool raw = call_.route->body == Body::raw;
  if (!raw && !call_.body.empty() && opens_json(call_.body) &&
      (call_.media == Media::none || call_.media == Media::form)) {
    call_.media = Media::json;
  }
  if (call_.answer_in == Media::none) {
    call_.answer_in = call_.media == Media::protobuf && !raw ? Media::protobuf : Media::json;
  }
  bool taken = call_.media == Media::none || call_.media == Media::json || raw;
  if (call_.media == Media::protobuf) taken |= call_.route->body >= Body::data;
  if (call_.media == Media::ndjson) taken |= call_.route->body == Body::records;
  if (call_.media == Media::cloud_event || call_.media == Media::cloud_events ||
      is_binary_cloud_event(call_.head)) {
    taken |= call_.route->body >= Body::data;
  }
  if (taken) return std::nullopt;
  Problem problem(ProblemKind::unsupported_media_type,
                  label.empty() ? std::string("The body has no Content-Type.")
                                : fmt::format("{} is not taken here.", label.substr(0, 256)),
                  "Content-Type");
  return problem.with_hint("Send application/json; with curl add -H 'Content-Type: ...'.");
}

void Session::count_messages() {
  const Reply& reply = call_.reply;
  lane_.metrics.records_answered.add(reply.messages_handed_out + reply.records_read);
  messages_ += reply.messages_handed_out + reply.records_read;
  const bool settles = call_.route && call_.route->served == Served::while_draining && reply.status < 400;
  if (settles || reply.messages_handed_out + reply.records_read > 0) note_consumer();
  if (reply.records_read > 0) note_reader();
}

// Who consumes may have something to settle when the broker drains, on whichever connection.
void Session::note_consumer() {
  if (!std::exchange(consumes_, true)) ++lane_.common.consumers;
}

// What was read is done with once its reader asks for anything else over this connection, be it to
// commit it.
void Session::note_reader() {
  read_at_ = lane_.now();
  if (!std::exchange(reads_, true)) ++lane_.common.readers;
}

void Session::forget_reader() {
  if (std::exchange(reads_, false)) --lane_.common.readers;
}

// Answers to clients that do not read stay in memory: all together only so much of it.
void Session::account_answer() {
  Share& room = call_.reply.room;
  const std::uint64_t bytes = call_.reply.body.size();
  // What was done is said whatever it takes; only what was asked for can be asked for again.
  const bool is_said = call_.head.method != "GET" && !call_.reply.undelivered;
  if (is_said || room.grow_to(bytes)) return room.settle(bytes);
  if (call_.reply.undelivered) call_.reply.undelivered();
  call_.reply.clear();
  render(Problem(ProblemKind::overloaded, "Too many large answers wait for their clients."));
  close_ = true;
}

// Whether the client has closed the connection already. One that sent more is there.
bool Session::is_gone() { return wire_.look() == Wire::Seen::gone; }

Task<> Session::handle() {
  if (!call_.route) {
    answer_options();
    co_return;
  }
  // A dialect finds out itself who asks.
  if (call_.route->scope != Scope::nothing && call_.refuse == nullptr) {
    if (auto problem = enter_namespace(call_)) {
      render(*problem);
      co_return;
    }
  }
  trace::begin(call_);
  auto done = co_await call_.route->handler(call_);
  if (!done) render(std::move(done).problem());
}

void Session::answer_options() {
  const std::string allow = router_.allow(call_.target.segments());
  Reply& reply = call_.reply;
  reply.status = 204;
  reply.field("Allow", allow);
  const Head& head = call_.head;
  if (head.origin.empty() || !origin_allowed(head, lane_.common.options)) return;
  reply.field("Access-Control-Allow-Methods", allow);
  reply.field("Access-Control-Allow-Headers",
              "Authorization, Content-Type, Accept, Idempotency-Key, If-Match, If-None-Match");
  reply.field("Access-Control-Max-Age", "600");
}

void Session::render(const Problem& problem) {
  Reply& reply = call_.reply;
  call_.refused_as = info(problem.kind).code;
  if (call_.span) call_.span->error = call_.refused_as;
  reply.status = info(problem.kind).status;
  reply.body.clear();
  const bool later = reply.status == 503 || reply.status == 429 || reply.status == 507;
  if (later && reply.fields.find("Retry-After: ") == std::string::npos) {
    reply.field("Retry-After", retry_later(lane_.common.broker.random));
  }
  if (reply.status == 401) reply.field("WWW-Authenticate", "Bearer realm=\"twofold\"");
  if (call_.refuse) {
    call_.refuse(call_, problem);
  } else if (call_.answer_in == Media::protobuf) {
    reply.content_type = kProtobuf;
    append_problem_protobuf(reply.body, problem, call_.request_id);
  } else {
    reply.content_type = kProblemJson;
    append_problem_json(reply.body, problem, call_.request_id);
  }
}

// Head, and body unless it is large enough to be written from where it is.
void Session::finish_answer() {
  append_head();
  const Reply& reply = call_.reply;
  if (!head_only_ && reply.body.size() <= kGatherBytes) out_.append(reply.body);
}

void Session::append_head() {
  Reply& reply = call_.reply;
  const Head& head = call_.head;
  if (!head.origin.empty() && origin_allowed(head, lane_.common.options)) {
    reply.field("Access-Control-Allow-Origin", head.origin);
    reply.field("Vary", "Origin");
  }
  // Whoever was waiting comes back, to the next start of this broker or to another one.
  const bool draining = lane_.common.broker.shared.health == Health::draining;
  if (draining && reply.fields.find("Retry-After: ") == std::string::npos)
    reply.field("Retry-After", retry_later(lane_.common.broker.random));
  HeadOptions options;
  options.date_line = lane_.date_line();
  options.request_id = call_.request_id;
  options.body_bytes = reply.body.size();
  options.close = close_;
  options.keep_alive_line = head.version_minor == 0;
  if (streaming_) options.length = head.version_minor == 0 ? Length::until_close : Length::chunked;
  append_response_head(out_, reply, options);
}

}  // namespace twofold::http
