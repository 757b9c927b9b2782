#include "http/permit.h"

#include <algorithm>

#include <fmt/format.h>

#include "http/call.h"
#include "http/route.h"
#include "http/transaction.h"

namespace twofold::http {
namespace {

using access::Kind;
using access::Resource;

// "topic:orders", "queue:*", "*": as a grant would spell it.
std::string pattern_of(const Resource& resource) {
  if (resource.kind == Kind::broker) return "*";
  return fmt::format("{}:{}", kind_name(resource.kind), resource.whole ? "*" : resource.name);
}

Problem forbidden(const access::Principal& principal, Permission permission,
                  const Resource& resource) {
  const std::string_view what = access::permission_name(permission);
  std::string detail;
  if (resource.kind == Kind::broker) {
    detail = fmt::format("This key lacks the permission {} for the whole broker.", what);
  } else if (resource.whole) {
    detail = fmt::format("This key lacks the permission {} for every {}.", what,
                         kind_name(resource.kind));
  } else {
    detail = fmt::format("This key lacks the permission {} for the {} {}.", what,
                         kind_name(resource.kind), resource.name.substr(0, 256));
  }
  Problem problem(ProblemKind::forbidden, std::move(detail));
  if (resource.kind == Kind::broker && !principal.name_space.empty())
    return problem.with_hint(
        fmt::format("This key is of the namespace {}. What is the broker's takes a key of none.",
                    principal.name_space));
  return problem.with_hint(
      fmt::format("The key needs allow = [\"{} {}\"].", what, pattern_of(resource)));
}

// Written down, and said to whoever asked.
Problem refuse(const access::Asker& asker, std::string_view action, Permission permission,
               const Resource& resource, std::string subject) {
  access::audit(asker, {action, std::move(subject), "denied"});
  if (!asker.principal.known()) return who_are_you();
  return forbidden(asker.principal, permission, resource);
}

// "/v1/keys/{id}" is about a key.
std::string_view noun_in(std::string_view path) {
  path.remove_prefix(std::min(path.find('/', 1) + 1, path.size()));
  path = path.substr(0, path.find('/'));
  return path.substr(0, path.size() - (path.ends_with('s') ? 1 : 0));
}

}  // namespace

std::string_view asked_namespace(const Call& call) {
  const std::string_view wanted = call.head.name_space;
  return wanted.empty() ? std::string_view(call.principal->name_space) : wanted;
}

access::Asker asker_of(const Call& call) {
  return {*call.principal, asked_namespace(call), call.watch};
}

std::optional<Problem> permit(const access::Asker& asker, std::string_view action,
                              Permission permission, const Resource& resource) {
  if (authorize(asker.principal, permission, resource)) return std::nullopt;
  return refuse(asker, action, permission, resource, text_of(resource));
}

std::optional<Problem> permit(const access::Asker& asker, std::string_view action,
                              const Transaction& transaction) {
  if (asker.principal.unrestricted) return std::nullopt;
  std::vector<std::pair<Permission, Resource>> touched;
  for (const log::Publish& one : transaction.publish)
    touched.emplace_back(Permission::publish, access::topic(one.topic));
  for (const queue::Send& one : transaction.send)
    touched.emplace_back(Permission::publish, access::queue(one.queue));
  for (const Acks& one : transaction.ack)
    touched.emplace_back(Permission::consume, access::queue(one.queue));
  for (const GroupOffsets& one : transaction.offsets) {
    touched.emplace_back(Permission::consume, access::group(one.group));
    for (const log::CommittedOffset& offset : one.offsets)
      touched.emplace_back(Permission::consume, access::topic(offset.topic));
  }
  for (const auto& [permission, resource] : touched) {
    if (auto refused = permit(asker, action, permission, resource)) return refused;
  }
  const bool publishes = !transaction.publish.empty() || !transaction.send.empty();
  return publishes ? check_stored(asker.principal) : std::nullopt;
}

std::optional<Problem> check_stored(const access::Principal& principal) {
  if (!principal.stored_enough) return std::nullopt;
  Problem problem(ProblemKind::quota_exceeded,
                  "What is stored has reached the quota of this key: stored_bytes.");
  return problem.with_hint("Consume, trim or delete: reading and acknowledging go on.");
}

std::optional<Problem> permit(const Call& call, Permission permission, const Resource& resource) {
  const std::string_view action = call.route ? call.route->operation : std::string_view("stream");
  return permit(asker_of(call), action, permission, resource);
}

bool may_inspect(const Call& call, const Resource& resource) {
  return authorize(*call.principal, Permission::inspect, resource);
}

Resource resource_of(const Call& call, const Route& route) {
  switch (route.scope) {
    case Scope::topic: return access::topic(call.args[0]);
    case Scope::queue: return access::queue(call.args[0]);
    case Scope::group: return access::group(call.args[0]);
    case Scope::nothing:
    case Scope::caller:
    case Scope::broker:
    case Scope::list:
    case Scope::named: break;
  }
  return {};
}

std::string subject_of(const Call& call, const Route& route) {
  if (!call.subject.empty()) return call.subject;
  if (route.scope == Scope::broker && !call.args[0].empty())
    return fmt::format("{}:{}", noun_in(route.path), call.args[0]);
  return text_of(resource_of(call, route));
}

std::optional<Problem> permit_route(const Call& call, const Route& route) {
  const access::Principal& principal = *call.principal;
  switch (route.scope) {
    case Scope::nothing: return std::nullopt;
    case Scope::broker:
      if (authorize(principal, route.permission, {})) return std::nullopt;
      return refuse(asker_of(call), route.operation, route.permission, {}, subject_of(call, route));
    case Scope::topic:
    case Scope::queue:
    case Scope::group: {
      auto refused = permit(call, route.permission, resource_of(call, route));
      if (refused || route.permission != Permission::publish) return refused;
      return check_stored(principal);
    }
    case Scope::list:
      if (authorize_any(principal, route.permission)) return std::nullopt;
      return permit(call, route.permission, {});
    case Scope::caller:
    case Scope::named:
      if (principal.known() ||
          (route.scope == Scope::named && route.permission == Permission::nothing))
        return std::nullopt;
      access::audit(asker_of(call), {route.operation, subject_of(call, route), "denied"});
      return who_are_you();
  }
  __builtin_unreachable();
}

Problem who_are_you() {
  Problem problem(ProblemKind::unauthenticated, "This broker asks for a key.");
  return problem.with_hint(
      "Send Authorization: Bearer tk_...; twofold key create makes one, and TWOFOLD_TOKEN holds it "
      "for the command line.");
}

Problem wrong_key(bool often) {
  if (often) {
    return {ProblemKind::quota_exceeded, "Too many keys that do not exist came from this address."};
  }
  Problem problem(ProblemKind::unauthenticated, "This is no key of this broker.");
  return problem.with_hint("It may have been revoked. twofold key create makes another one.");
}

}  // namespace twofold::http
