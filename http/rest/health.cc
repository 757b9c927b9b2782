// Whether the broker lives, serves, has started. Never fails because of load.
#include "http/json_writer.h"
#include "http/rest/handlers.h"
#include "http/retry_later.h"

namespace twofold::http {
namespace {

std::string_view health_text(Health health) {
  switch (health) {
    case Health::starting: return "starting";
    case Health::ready: return "ok";
    case Health::draining: return "draining";
    case Health::failed: return "failed";
  }
  __builtin_unreachable();
}

struct Verdict {
  bool serving;
  std::string_view status;
  std::vector<HealthCheck> checks;
};

// Ready needs both: the broker says so, and nothing that was checked says otherwise. Little free
// disk is said aloud but changes nothing: consumers must be able to make room.
Verdict judge(const Broker& broker) {
  const Health health = broker.shared.health_told();
  Verdict verdict{health == Health::ready, health_text(health), {}};
  verdict.checks.push_back({"broker", verdict.serving, std::string(verdict.status)});
  if (health == Health::starting || !broker.shared.checks) return verdict;
  for (HealthCheck& check : broker.shared.checks()) {
    if (!check.ok) {
      verdict.serving = false;
      verdict.status = "failed";
    } else if (check.degraded && verdict.serving) {
      verdict.status = "degraded";
    }
    verdict.checks.push_back(std::move(check));
  }
  return verdict;
}

void render(Call& call, const Verdict& verdict, bool verbose) {
  Reply& reply = call.reply;
  reply.status = verdict.serving ? 200 : 503;
  if (!verdict.serving) reply.field("Retry-After", retry_later(call.broker().random));
  for (const HealthCheck& check : verdict.checks) {
    if (check.degraded) reply.field("Twofold-Degraded", check.name);
  }
  reply.field("Cache-Control", "no-store");
  JsonWriter json(reply.body);
  json.begin_object().name("status").string(verdict.status);
  if (verbose) {
    json.name("checks").begin_array();
    for (const HealthCheck& check : verdict.checks) {
      json.begin_object().name("name").string(check.name).name("ok").boolean(check.ok);
      json.name("detail").string(check.detail).end_object();
    }
    json.end_array();
  }
  json.end_object();
}

}  // namespace

Task<Try<>> readyz(Call& call) {
  auto verbose = call.flag("verbose");
  if (!verbose) co_return std::move(verbose).problem();
  render(call, judge(call.broker()), *verbose);
  co_return Try<>();
}

// That this runs at all says that the event loop turns. A failed disk is for an operator: a restart
// recovers from what the device holds.
Task<Try<>> livez(Call& call) {
  auto verbose = call.flag("verbose");
  if (!verbose) co_return std::move(verbose).problem();
  const bool alive = call.broker().shared.health != Health::failed;
  Verdict verdict{alive, alive ? "ok" : "failed", {}};
  verdict.checks.push_back({"storage", alive, alive ? "accepts writes" : "a sync has failed"});
  render(call, verdict, *verbose);
  co_return Try<>();
}

Task<Try<>> startupz(Call& call) {
  auto verbose = call.flag("verbose");
  if (!verbose) co_return std::move(verbose).problem();
  if (call.broker().shared.health != Health::starting) {
    render(call, {true, "ok", {}}, *verbose);
    co_return Try<>();
  }
  call.reply.status = 503;
  call.reply.field("Retry-After", retry_later(call.broker().random));
  call.reply.body = R"({"phase":"starting"})";
  co_return Try<>();
}

}  // namespace twofold::http
