#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/access/access.h"
#include "http/problem.h"

namespace twofold::http {

struct Call;
struct Route;
struct Transaction;

/// Whether somebody may do something to a thing of a namespace; nullopt: yes. A refusal is written
/// down for the operator (`action` is what was wanted) and reads the same whether the thing exists
/// or not.
/// Threads  any.
std::optional<Problem> permit(const access::Asker& asker, std::string_view action,
                              Permission permission, const access::Resource& resource);
/// The same for all that a transaction touches.
std::optional<Problem> permit(const access::Asker& asker, std::string_view action,
                              const Transaction& transaction);
/// Who makes the call.
access::Asker asker_of(const Call& call);
/// Where the caller means to be; a refusal may come before it is there.
std::string_view asked_namespace(const Call& call);
/// Whether somebody may still add to what is stored; nullopt: yes. Asked where something is published.
std::optional<Problem> check_stored(const access::Principal& principal);
/// The same as permit() for whoever makes the call.
std::optional<Problem> permit(const Call& call, Permission permission,
                              const access::Resource& resource);
/// Whether the caller may see a thing in a list, or read its name in a hint. Nobody is told.
bool may_inspect(const Call& call, const access::Resource& resource);

/// What a route asks for before its handler is reached, from its path alone.
std::optional<Problem> permit_route(const Call& call, const Route& route);
/// What a route is about, as far as its path says.
access::Resource resource_of(const Call& call, const Route& route);
/// The same for people: also what no key is for by its name, "key:reports".
std::string subject_of(const Call& call, const Route& route);

/// Nobody knows who asks.
Problem who_are_you();
/// What was shown is no key of ours; `often`: by an address that has done so too many times.
Problem wrong_key(bool often);

}  // namespace twofold::http
