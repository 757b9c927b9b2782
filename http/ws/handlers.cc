// The routes that lead to a WebSocket.
#include "http/rest/handlers.h"

#include "http/server_common.h"
#include "http/ws/connection.h"
#include "http/ws/handshake.h"

namespace twofold::http {
namespace {

using ws::Subscribe;

Try<> upgrade(Call& call, std::optional<Subscribe> shortcut) {
  auto agreed = ws::accept_upgrade(call);
  if (!agreed) return std::move(agreed).problem();
  ws::Opening opening;
  opening.format = agreed->format;
  opening.deflates = agreed->deflates;
  opening.authenticated = !call.head.field("Authorization").empty();
  opening.shortcut = std::move(shortcut);
  opening.session = std::string("s_").append(call.request_id.substr(2));
  call.reply.upgrade =
      std::make_shared<ws::Connection>(call.broker, call.common, std::move(opening));
  return {};
}

Try<> take_credit(const Call& call, Subscribe& subscribe) {
  if (!call.query("credit")) return {};
  auto credit = call.number("credit", 0, INT64_MAX, 0);
  if (!credit) return std::move(credit).problem();
  subscribe.credit.messages = *credit;
  return {};
}

}  // namespace

Task<Try<>> stream(Call& call) {
  auto done = upgrade(call, std::nullopt);
  co_return done;
}

Task<Try<>> topic_stream(Call& call) {
  auto topic = call.name(0);
  if (!topic) co_return std::move(topic).problem();
  Subscribe subscribe;
  subscribe.topic = *std::move(topic);
  subscribe.from = call.query("from").value_or("latest");
  subscribe.filter = call.query("filter").value_or("");
  if (auto taken = take_credit(call, subscribe); !taken) co_return taken;
  auto done = upgrade(call, std::move(subscribe));
  co_return done;
}

Task<Try<>> queue_stream(Call& call) {
  auto queue = call.name(0);
  if (!queue) co_return std::move(queue).problem();
  Subscribe subscribe;
  subscribe.queue = *std::move(queue);
  if (auto taken = take_credit(call, subscribe); !taken) co_return taken;
  auto done = upgrade(call, std::move(subscribe));
  co_return done;
}

}  // namespace twofold::http
