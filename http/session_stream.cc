// Answers that go on for as long as their client listens (outlet.h).
#include <chrono>

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "http/response_head.h"
#include "http/session.h"

namespace twofold::http {
namespace {

constexpr auto kPause = std::chrono::milliseconds{200};

}  // namespace

// Bodies in pieces are counted like large answers: a client that does not read keeps one piece.
Task<bool> Session::send() {
  begin_stream();
  lane_.metrics.records_answered.add(std::exchange(call_.reply.records_read, 0));
  if (!head_only_) append_piece();
  const bool written = co_await flush(std::string_view());
  call_.reply.room.set(0);
  phase_ = Phase::handling;
  co_return written && !head_only_;
}

Task<> Session::pause() {
  boost::asio::steady_timer timer(lane_.context());
  timer.expires_after(kPause);
  co_await timer.async_wait(engine::kAwait);
}

bool Session::is_closing() {
  return abort_ || lane_.draining() || lane_.common.broker.shared.health == Health::draining;
}

void Session::append_piece() {
  std::string& piece = call_.reply.body;
  if (piece.empty()) return;
  const bool chunked = call_.head.version_minor > 0;
  if (chunked) fmt::format_to(std::back_inserter(out_), "{:x}\r\n", piece.size());
  out_.append(piece);
  if (chunked) out_.append("\r\n");
  piece.clear();
}

void Session::begin_stream() {
  if (std::exchange(streaming_, true)) return;
  if (call_.route->permission == Permission::consume) note_consumer();
  close_ = true;
  append_head();
}

void Session::end_stream() {
  if (call_.head.version_minor > 0 && !head_only_) out_.append("0\r\n\r\n");
}

}  // namespace twofold::http
