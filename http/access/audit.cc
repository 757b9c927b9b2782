#include <fmt/format.h>

#include "engine/base/diag.h"
#include "http/access/access.h"
#include "http/namespaces.h"

namespace twofold::http::access {
namespace {

std::string text_of(const Resource& resource) {
  if (resource.kind == Kind::broker) return std::string(kind_name(resource.kind));
  return fmt::format("{}:{}", kind_name(resource.kind), resource.whole ? "*" : resource.name);
}

}  // namespace

void audit(const Principal& principal, std::string_view action, const Resource& resource,
           std::string_view outcome, std::string_view name_space) {
  const bool done = outcome == "done";
  const std::string_view whom = principal.known() ? std::string_view(principal.id) : "nobody";
  engine::diag(done ? engine::DiagLevel::info : engine::DiagLevel::warn, "auth", outcome,
               {
                   {"principal", std::string(whom)                           },
                   {"action",    std::string(action)                         },
                   {"resource",  text_of(resource)                           },
                   {"namespace", std::string(name_space.empty() ? kDefaultNamespace : name_space)}
  },
               whom);
}

}  // namespace twofold::http::access
