// Namespaces: which there are, and one more.
#include "http/namespaces.h"

#include "http/json_writer.h"
#include "http/on_core.h"
#include "http/rest/handlers.h"
#include "http/server_common.h"

namespace twofold::http {
Task<Try<>> list_namespaces(Call& call) {
  Broker& home = call.common.broker;
  auto ask = [&home] { return stored_by_namespace(home); };
  const auto stored = co_await ask_core(home.core, std::move(ask));
  JsonWriter json(call.reply.body);
  json.begin_object().name("items").begin_array();
  for (const auto& [name, bytes] : stored) {
    json.begin_object().name("name").string(name.empty() ? kDefaultNamespace : name);
    json.name("stored_bytes").number(bytes).end_object();
  }
  json.end_array().end_object();
  co_return Try<>();
}

Task<Try<>> put_namespace(Call& call) {
  auto name = call.name(0);
  if (!name) co_return std::move(name).problem();
  Namespaces* const namespaces = call.common.broker.shared.namespaces;
  if (!namespaces)
    co_return Problem(ProblemKind::not_found, "This broker has one namespace, default.");
  const bool is_default = *name == kDefaultNamespace;
  const bool is_new = !is_default && !namespaces->find(*name);
  if (!is_default) {
    auto start = [namespaces, &name](engine::Completion<engine::Durability> done) {
      namespaces->make(*name, std::move(done));
    };
    const auto made =
        co_await on_core<engine::Durability>(call.common.broker.core, std::move(start));
    if (!made) co_return not_made(made.error());
  }
  call.reply.status = is_new ? 201 : 200;
  JsonWriter json(call.reply.body);
  json.begin_object().name("name").string(*name).end_object();
  co_return Try<>();
}

}  // namespace twofold::http
