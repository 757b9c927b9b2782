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
  return std::any_of(principal.grants.begin(), principal.grants.end(),
                     [&](const Grant& grant) { return grant.covers(permission, resource); });
}

bool authorize_any(const Principal& principal, Permission permission) {
  if (permission == Permission::nothing || principal.unrestricted) return true;
  return std::any_of(principal.grants.begin(), principal.grants.end(), [&](const Grant& grant) {
    return grant.permission == Permission::nothing || grant.permission == permission;
  });
}

}  // namespace twofold::http::access
