#include "http/access/grant.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace twofold::http::access {
namespace {

constexpr std::size_t kNameMax = 249;
constexpr std::array kPermissions = {Permission::inspect, Permission::publish, Permission::consume,
                                     Permission::manage};
constexpr std::array kKinds = {Kind::topic, Kind::queue, Kind::group};

bool is_plain(std::string_view text) {
  return text.size() <= kNameMax && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

std::optional<Kind> kind_of(std::string_view text) {
  for (const Kind kind : kKinds) {
    if (kind_name(kind) == text) return kind;
  }
  return std::nullopt;
}

// "topic:orders", "queue:kitchen*", "*"
bool take_pattern(std::string_view text, Grant& grant) {
  if (text == "*") return true;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  grant.kind = kind_of(text.substr(0, colon));
  text.remove_prefix(colon + 1);
  grant.prefix = text.ends_with('*');
  if (grant.prefix) text.remove_suffix(1);
  grant.name = text;
  return grant.kind && is_plain(text) && (grant.prefix || !text.empty());
}

}  // namespace

std::string_view permission_name(Permission permission) {
  switch (permission) {
    case Permission::nothing: return "nothing";
    case Permission::inspect: return "inspect";
    case Permission::publish: return "publish";
    case Permission::consume: return "consume";
    case Permission::manage: return "manage";
  }
  __builtin_unreachable();
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::broker: return "broker";
    case Kind::topic: return "topic";
    case Kind::queue: return "queue";
    case Kind::group: return "group";
  }
  __builtin_unreachable();
}

bool Grant::covers(Permission wanted, const Resource& resource) const {
  if (permission != Permission::nothing && permission != wanted) return false;
  if (!kind) return true;
  if (*kind != resource.kind) return false;
  if (resource.whole) return prefix && name.empty();
  return prefix ? resource.name.starts_with(name) : resource.name == name;
}

bool Grant::includes(const Grant& other) const {
  if (permission != Permission::nothing && permission != other.permission) return false;
  if (!kind) return true;
  if (kind != other.kind) return false;
  return prefix ? other.name.starts_with(name) : !other.prefix && other.name == name;
}

std::string Grant::text() const {
  const std::string_view what =
      permission == Permission::nothing ? std::string_view("*") : permission_name(permission);
  if (!kind) return fmt::format("{} *", what);
  return fmt::format("{} {}:{}{}", what, kind_name(*kind), name, prefix ? "*" : "");
}

std::optional<Grant> parse_grant(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const std::string_view what = text.substr(0, blank);
  Grant grant;
  if (what != "*") {
    const auto known = std::find_if(kPermissions.begin(), kPermissions.end(),
                                    [&](Permission one) { return permission_name(one) == what; });
    if (known == kPermissions.end()) return std::nullopt;
    grant.permission = *known;
  }
  if (!take_pattern(text.substr(blank + 1), grant)) return std::nullopt;
  return grant;
}

}  // namespace twofold::http::access
