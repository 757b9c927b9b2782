#include "http/access/authorize.h"

#include <algorithm>

namespace twofold::http::access {

const PrincipalRef& everyone() {
  static const PrincipalRef principal = [] {
    auto made = std::make_shared<Principal>();
    made->unrestricted = true;
    return made;
  }();
  return principal;
}

const PrincipalRef& nobody() {
  static const PrincipalRef principal = std::make_shared<Principal>();
  return principal;
}

bool authorize(const Principal& principal, Permission permission, const Resource& resource) {
  if (permission == Permission::nothing || principal.unrestricted) return true;
  if (!principal.name_space.empty() && resource.kind == Kind::broker) return false;
  return std::any_of(principal.grants.begin(), principal.grants.end(),
                     [&](const Grant& grant) { return grant.covers(permission, resource); });
}

bool authorize_any(const Principal& principal, Permission permission) {
  if (permission == Permission::nothing || principal.unrestricted) return true;
  return std::any_of(principal.grants.begin(), principal.grants.end(), [&](const Grant& grant) {
    return grant.permission == Permission::nothing || grant.permission == permission;
  });
}

bool may_hand_on(const Principal& principal, const Grant& grant) {
  if (principal.unrestricted) return true;
  const auto has = [&](const Grant& wanted) {
    return std::any_of(principal.grants.begin(), principal.grants.end(),
                       [&](const Grant& own) { return own.includes(wanted); });
  };
  if (has(grant)) return true;
  if (grant.permission != Permission::nothing) return false;
  // All four, which it may have one by one.
  Grant one = grant;
  for (const Permission each :
       {Permission::inspect, Permission::publish, Permission::consume, Permission::manage}) {
    one.permission = each;
    if (!has(one)) return false;
  }
  return true;
}

}  // namespace twofold::http::access
