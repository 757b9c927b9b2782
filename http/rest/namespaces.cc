// Namespaces: which there are, and one more.
#include "http/namespaces.h"

#include "http/json_writer.h"
#include "http/on_core.h"
#include "http/rest/handlers.h"
#include "http/server_common.h"

namespace twofold::http {
namespace {

struct Held {
  std::string name;
  std::uint64_t stored_bytes;
};

// The core of the default one counts them all.
std::vector<Held> held_on_core(Broker& home) {
  std::vector<Held> all{
      {std::string(kDefaultNamespace), home.core.stored_bytes()}
  };
  if (Namespaces* const others = home.shared.namespaces) {
    others->for_each([&](Broker& broker) {
      all.push_back({broker.name_space, broker.core.stored_bytes()});
      all.front().stored_bytes -= all.back().stored_bytes;
    });
  }
  return all;
}

}  // namespace

Task<Try<>> list_namespaces(Call& call) {
  Broker& home = call.common.broker;
  auto ask = [&home] { return held_on_core(home); };
  const std::vector<Held> all = co_await ask_core(home.core, std::move(ask));
  JsonWriter json(call.reply.body);
  json.begin_object().name("items").begin_array();
  for (const Held& one : all) {
    json.begin_object().name("name").string(one.name);
    json.name("stored_bytes").number(one.stored_bytes).end_object();
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
    if (!made) co_return Problem(made.error());
  }
  call.reply.status = is_new ? 201 : 200;
  JsonWriter json(call.reply.body);
  json.begin_object().name("name").string(*name).end_object();
  co_return Try<>();
}

}  // namespace twofold::http
