#include "http/namespaces.h"

#include <algorithm>

#include <fmt/format.h>

#include "http/access/authorize.h"
#include "http/permit.h"
#include "http/route.h"
#include "http/server_common.h"
#include "http/shown.h"

namespace twofold::http {
namespace {

constexpr std::string_view kField = "Twofold-Namespace";

Problem not_yours(std::string_view wanted) {
  Problem problem(ProblemKind::forbidden,
                  fmt::format("This key may not go to the namespace {}.", shown(wanted)),
                  std::string(kField));
  return problem.with_hint(
      "A key belongs to one namespace. To choose one takes a key of none, with "
      "allow = [\"manage *\"].");
}

Problem no_such_namespace(std::string_view wanted) {
  Problem problem(ProblemKind::not_found, fmt::format("There is no namespace {}.", shown(wanted)),
                  std::string(kField));
  return problem.with_hint(fmt::format("PUT /v1/namespaces/{} makes it.", shown(wanted)));
}

// It is made with the key; here that has failed, or has not come about yet.
Problem not_there_yet(Namespaces& namespaces, const std::string& name) {
  namespaces.want(name);
  Problem problem(ProblemKind::overloaded,
                  fmt::format("The namespace {} of this key is not there yet.", name));
  return problem.with_hint("If that lasts: limits.namespaces, and the broker's log.");
}

}  // namespace

Problem not_made(const engine::Error& error) {
  if (error.actual_name != kNamespacesFull) return Problem(error);
  return Problem(ProblemKind::quota_exceeded, error.detail).with_hint(error.hint);
}

bool is_namespace(std::string_view name) {
  constexpr std::size_t kMax = 64;
  return is_name(name) && name.size() <= kMax && name != kDefaultNamespace;
}

std::vector<Broker*> every_namespace(Broker& home) {
  std::vector<Broker*> brokers{&home};
  const Namespaces* const others = home.shared.namespaces;
  if (!others) return brokers;
  for (const std::string& name : others->names()) brokers.push_back(others->find(name));
  return brokers;
}

// The core of the default one counts them all.
std::map<std::string, std::uint64_t> stored_by_namespace(Broker& home) {
  std::map<std::string, std::uint64_t> stored;
  std::uint64_t& rest = stored[""] = home.core.stored_bytes();
  if (Namespaces* const others = home.shared.namespaces) {
    others->for_each([&](Broker& broker) {
      // Counts of so many logs are not of one moment.
      const std::uint64_t held = stored[broker.name_space] = broker.core.stored_bytes();
      rest -= std::min(rest, held);
    });
  }
  return stored;
}

std::optional<Problem> enter_namespace(Call& call) {
  const std::string& home = call.principal->name_space;
  const std::string_view wanted = call.head.name_space;
  if (home.empty() && wanted.empty()) return std::nullopt;
  const std::string_view name = wanted.empty() ? std::string_view(home) : wanted;
  const bool is_home = name == (home.empty() ? kDefaultNamespace : std::string_view(home));
  if (!is_home && !access::authorize(*call.principal, Permission::manage, {})) {
    const access::Asker asker{*call.principal, wanted, call.watch};
    access::audit(asker, {"enter_namespace", access::text_of({}), "denied"});
    return not_yours(wanted);
  }
  if (name == kDefaultNamespace) return std::nullopt;
  // What is for the broker as a whole is there whatever else is.
  const Route* const route = call.route;
  if (route && route->scope == Scope::broker && route->permission == Permission::manage)
    return std::nullopt;
  Namespaces* const namespaces = call.common.broker.shared.namespaces;
  Broker* const broker = namespaces ? namespaces->find(name) : nullptr;
  if (broker == nullptr && namespaces && name == home) return not_there_yet(*namespaces, home);
  if (broker == nullptr) return no_such_namespace(name);
  call.enter(*broker);
  return std::nullopt;
}

}  // namespace twofold::http
