// The routes that lead to a WebSocket.
#include "http/rest/handlers.h"

#include "http/client_name.h"
#include "http/permit.h"
#include "http/server_common.h"
#include "http/ws/connection.h"
#include "http/ws/handshake.h"
#include "http/ws/inspect_sub.h"
#include "queue/client_names.h"

namespace twofold::http {
namespace {

using ws::Subscribe;

Try<> upgrade(Call& call, std::optional<Subscribe> shortcut,
              std::shared_ptr<const ws::Inspection> inspection = nullptr) {
  auto agreed = ws::accept_upgrade(call);
  if (!agreed) return std::move(agreed).problem();
  if (inspection && agreed->format == ws::Format::protobuf) {
    call.reply.clear();
    return Problem(ProblemKind::invalid_request, "Events are sent as JSON.",
                   "Sec-WebSocket-Protocol");
  }
  ws::Opening opening;
  opening.inspection = std::move(inspection);
  opening.format = agreed->format;
  opening.deflates = agreed->deflates;
  opening.principal = call.principal->shared_from_this();
  opening.authenticated = call.principal->unrestricted ? !call.head.field("Authorization").empty()
                                                       : call.principal->known();
  opening.shortcut = std::move(shortcut);
  opening.client = client_name(call.head).substr(0, queue::ClientNames::kBytesMax);
  opening.session = std::string("s_").append(call.request_id.substr(2));
  call.reply.upgrade =
      std::make_shared<ws::Connection>(call.broker(), call.common, std::move(opening));
  return {};
}

Try<> take_credit(const Call& call, Subscribe& subscribe) {
  if (!call.query("credit")) return {};
  auto credit = call.number("credit", 0, INT64_MAX, 0);
  if (!credit) return std::move(credit).problem();
  subscribe.credit.messages = *credit;
  return {};
}

constexpr std::size_t kInspectedGroupsMax = 16;

// A name that does not exist is fine: it may come to exist.
Try<> take_names(const Call& call, inspect::Spec& spec) {
  for (const QueryItem& item : call.target.query()) {
    const bool group = item.name == "group";
    if (!group && item.name != "topic" && item.name != "queue") continue;
    if (!is_name(item.value)) {
      return Problem(ProblemKind::invalid_request,
                     "A name has 1 to 249 letters, digits, '.', '_' and '-'.",
                     std::string(item.name));
    }
    if (item.name == "topic") spec.topic = item.value;
    if (item.name == "queue") spec.queue = item.value;
    if (group) spec.groups.emplace_back(item.value);
  }
  if (spec.groups.size() > kInspectedGroupsMax) {
    return Problem(ProblemKind::invalid_request, "At most 16 groups are looked at together.",
                   "group");
  }
  return {};
}

Try<ws::Inspection> read_inspection(const Call& call) {
  ws::Inspection inspection;
  if (auto names = take_names(call, inspection.spec); !names) return std::move(names).problem();
  if (inspection.spec == inspect::Spec()) {
    return Problem(ProblemKind::invalid_request,
                   "Say what to look at: topic, queue, or group, which may be repeated.", "topic");
  }
  if (call.query("resume")) {
    auto resume = call.number("resume", 0, INT64_MAX, 0);
    if (!resume) return std::move(resume).problem();
    inspection.resume = static_cast<std::uint64_t>(*resume);
  }
  if (call.query("max_rate")) {
    auto rate = call.number("max_rate", 1, 100'000, 1);
    if (!rate) return std::move(rate).problem();
    inspection.max_rate = static_cast<std::uint32_t>(*rate);
  }
  return inspection;
}

std::optional<Problem> permit_all(const Call& call, const inspect::Spec& spec) {
  std::vector<std::pair<Permission, access::Resource>> looked_at;
  if (!spec.topic.empty()) {
    looked_at.emplace_back(Permission::consume, access::topic(spec.topic));  // records are shown
    looked_at.emplace_back(Permission::inspect, access::topic(spec.topic));
  }
  if (!spec.queue.empty()) looked_at.emplace_back(Permission::inspect, access::queue(spec.queue));
  for (const std::string& group : spec.groups)
    looked_at.emplace_back(Permission::inspect, access::group(group));
  for (const auto& [permission, one] : looked_at) {
    if (auto refused = permit(call, permission, one)) return refused;
  }
  return std::nullopt;
}

}  // namespace

Task<Try<>> inspect_stream(Call& call) {
  auto inspection = read_inspection(call);
  if (!inspection) co_return std::move(inspection).problem();
  if (auto refused = permit_all(call, inspection->spec)) co_return *std::move(refused);
  auto shared = std::make_shared<const ws::Inspection>(*std::move(inspection));
  auto done = upgrade(call, std::nullopt, std::move(shared));
  co_return done;
}

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
