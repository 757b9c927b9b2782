#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/access/permission.h"

namespace twofold::http::access {

/// One line of what a key may do: a permission, and the names it holds for.
///
///   "publish topic:orders"     exactly this topic
///   "consume queue:kitchen*"   every queue whose name begins so, also those to come
///   "inspect *"                everything, the broker itself included
///   "* queue:test-*"           all four permissions
///
/// A star stands at the end or nowhere: no pattern can take long, or mean more than it shows.
struct Grant {
  Permission permission = Permission::nothing;  ///< nothing: all of them
  std::optional<Kind> kind{};                   ///< absent: everything, whatever its name
  std::string name{};                           ///< without the star
  bool prefix = false;

  bool covers(Permission wanted, const Resource& resource) const;
  /// Whether everything that `other` allows is allowed by this one.
  bool includes(const Grant& other) const;
  /// As it is written.
  std::string text() const;

  friend bool operator==(const Grant&, const Grant&) = default;
};

/// Nullopt when the text is no grant.
std::optional<Grant> parse_grant(std::string_view text);

}  // namespace twofold::http::access
