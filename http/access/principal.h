#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/access/grant.h"
#include "http/access/quota.h"

namespace twofold::http::access {

/// Somebody that requests come from: who it is, what it may do and how fast. Whatever protocol a key
/// is shown in, it is the same principal.
/// Threads  any; nothing but the quotas and `revoked` changes.
struct Principal : std::enable_shared_from_this<Principal> {
  std::string id;       ///< of its key, public; empty: nobody in particular
  std::string account;  ///< of SQS: twelve digits
  std::string name_space{};  ///< all that it can reach; empty: the default one, and the broker itself
  std::vector<Grant> grants;
  bool unrestricted = false;  ///< where nobody is asked who they are
  mutable Quota requests;
  mutable Quota bytes;
  /// Its key was taken away or changed: connections that belong to it end.
  mutable std::atomic<bool> revoked{false};
  /// Its namespace holds as much as it may be filled to with this key; looked at every second.
  mutable std::atomic<bool> stored_enough{false};

  bool known() const { return unrestricted || !id.empty(); }
};

using PrincipalRef = std::shared_ptr<const Principal>;

/// Who asks where nobody needs a key: may do everything.
const PrincipalRef& everyone();
/// Who has not shown a key where one is needed: may do nothing.
const PrincipalRef& nobody();

}  // namespace twofold::http::access
