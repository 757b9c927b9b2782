#include <fmt/format.h>

#include "http/on_core.h"
#include "http/sqs/peek.h"

namespace twofold::http::sqs {
namespace {

// The words that LocalStack has for it: scripts wait for "running".
std::string_view state_text(Health health) {
  switch (health) {
    case Health::starting: return "starting";
    case Health::ready: return "running";
    case Health::draining: return "stopping";
    case Health::failed: return "error";
  }
  __builtin_unreachable();
}

}  // namespace

Task<Try<>> local_health(Call& call) {
  const Health health = call.broker().shared.health_told();
  call.reply.status = health == Health::ready ? 200 : 503;
  call.reply.field("Cache-Control", "no-store");
  // With blanks, as LocalStack writes it: scripts look for "sqs": "running" with grep.
  call.reply.body =
      fmt::format(R"({{"services": {{"sqs": "{}"}}, "edition": "twofold", "version": "{}"}})",
                  state_text(health), call.broker().shared.server.version);
  co_return Try<>();
}

}  // namespace twofold::http::sqs
