#pragma once

#include <string_view>

namespace twofold::http {

/// What an operation takes and answers, as names of components in the OpenAPI document; empty: not
/// described beyond its examples.
struct SchemaNames {
  std::string_view request;
  std::string_view response;
};
SchemaNames schemas_of(std::string_view operation);

/// The object of all schemas, as JSON.
std::string_view schemas_json();

}  // namespace twofold::http
