// Who is connected, for people who look; and how to end it. Each I/O thread knows its own.
#include <charconv>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "engine/base/time_text.h"
#include "http/json_writer.h"
#include "http/lane.h"
#include "http/on_core.h"
#include "http/rest/handlers.h"
#include "http/session.h"
#include "http/shown.h"

namespace twofold::http {
namespace {

constexpr std::string_view kPrefix = "c_";

/// Calls `ask()` on the lane's thread and resumes with what it returns.
template <class Ask>
Task<std::invoke_result_t<Ask&>> ask_lane(Lane& lane, Ask ask) {
  using T = std::invoke_result_t<Ask&>;
  auto initiate = [&lane, &ask](auto handler) mutable {
    boost::asio::post(lane.context(), [&ask, handler = std::move(handler)]() mutable {
      detail::resume(std::move(handler), ask());
    });
  };
  using Token = const boost::asio::use_awaitable_t<>;
  co_return co_await boost::asio::async_initiate<Token, void(T)>(std::move(initiate),
                                                                 boost::asio::use_awaitable);
}

std::optional<std::uint64_t> number_of(std::string_view id) {
  if (!id.starts_with(kPrefix)) return std::nullopt;
  id.remove_prefix(kPrefix.size());
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (failed != std::errc() || end != id.data() + id.size()) return std::nullopt;
  return number;
}

std::string id_of(std::uint64_t number) { return fmt::format("{}{}", kPrefix, number); }

void append_connection(JsonWriter& json, const Connected& one, engine::WallTime now) {
  json.begin_object().name("id").string(id_of(one.id));
  json.name("protocol").string(one.protocol.empty() ? "none yet" : one.protocol);
  json.name("peer").string(one.peer).name("client").string(shown(one.client));
  json.name("since").string(engine::format_time(now - one.open_for));
  json.name("idle").string(engine::format_duration(one.quiet_for));
  json.name("requests").number(one.requests);
  json.name("last_operation").string(one.operation);
  json.name("messages").number(one.messages).name("bytes_sent").number(one.bytes_sent);
  json.name("subscriptions").begin_array();
  for (const std::string& subscription : one.subscriptions) json.string(subscription);
  json.end_array().end_object();
}

}  // namespace

Task<Try<>> list_connections(Call& call) {
  auto limit = call.number("limit", 1, 1'000, 100);
  if (!limit) co_return std::move(limit).problem();
  std::uint64_t after = 0;
  if (const auto cursor = call.query("cursor")) {
    const auto number = number_of(*cursor);
    if (!number) {
      co_return Problem(ProblemKind::invalid_cursor, "The cursor is not one of this list.",
                        "cursor");
    }
    after = *number;
  }
  const auto max = static_cast<std::size_t>(*limit);
  std::vector<Connected> found;
  const auto& lanes = call.common.lanes;
  for (std::size_t i = Lane::lane_of(after); i < lanes.size() && found.size() <= max; ++i) {
    auto ask = [lane = lanes[i], after, left = max + 1 - found.size()] {
      return lane->connected(after, left);
    };
    auto more = co_await ask_lane(*lanes[i], std::move(ask));
    for (Connected& one : more) found.push_back(std::move(one));
  }
  const bool goes_on = found.size() > max;
  if (goes_on) found.resize(max);
  JsonWriter json(call.reply.body);
  json.begin_object().name("connections").number(call.common.connections.load());
  json.name("items").begin_array();
  const engine::WallTime now = call.broker().clock.wall();
  for (const Connected& one : found) append_connection(json, one, now);
  json.end_array();
  if (goes_on) json.name("next").string(id_of(found.back().id));
  json.end_object();
  co_return Try<>();
}

Task<Try<>> close_connection(Call& call) {
  const std::string_view id = call.args[0];
  const auto number = number_of(id);
  const auto& lanes = call.common.lanes;
  Problem unknown(ProblemKind::not_found, fmt::format("There is no connection {}.", shown(id)),
                  "id");
  if (!number || Lane::lane_of(*number) >= lanes.size()) co_return unknown;
  const auto* const own = dynamic_cast<const Session*>(&call.outlet);
  if (own && own->number() == *number) {
    co_return Problem(ProblemKind::invalid_request,
                      "This is the connection that you ask over: close it yourself.", "id");
  }
  Lane& lane = *lanes[Lane::lane_of(*number)];
  auto ask = [&lane, &number] { return lane.disconnect(*number); };
  const bool closed = co_await ask_lane(lane, std::move(ask));
  if (!closed) co_return unknown;
  JsonWriter json(call.reply.body);
  json.begin_object().name("id").string(id).name("closed").boolean(true).end_object();
  co_return Try<>();
}

}  // namespace twofold::http
