#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace twofold::http {

/// What a caller must be permitted to do. Every route says one; `nothing` is for health and pages.
enum class Permission : std::uint8_t { nothing, inspect, publish, consume, manage };

namespace access {

/// "publish", as grants and refusals spell it; "nothing" for what needs none.
std::string_view permission_name(Permission permission);

/// What a permission is about. `broker` is everything that has no name of its own.
enum class Kind : std::uint8_t { broker, topic, queue, group };

/// "topic"
std::string_view kind_name(Kind kind);

/// One thing that a request touches. The name is a view into the request.
///   whole = true   every thing of the kind, also those that do not exist yet
struct Resource {
  Kind kind = Kind::broker;
  std::string_view name{};
  bool whole = false;
};

inline Resource topic(std::string_view name) { return {Kind::topic, name}; }
inline Resource queue(std::string_view name) { return {Kind::queue, name}; }
inline Resource group(std::string_view name) { return {Kind::group, name}; }

}  // namespace access
}  // namespace twofold::http
