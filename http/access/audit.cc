#include <fmt/format.h>

#include "engine/base/diag.h"
#include "http/access/access.h"
#include "http/namespaces.h"

namespace twofold::http::access {

std::string text_of(const Resource& resource) {
  if (resource.kind == Kind::broker) return std::string(kind_name(resource.kind));
  return fmt::format("{}:{}", kind_name(resource.kind), resource.whole ? "*" : resource.name);
}

void audit(const Asker& asker, const Deed& deed) {
  const auto level = deed.outcome == "done" ? engine::DiagLevel::info : engine::DiagLevel::warn;
  const std::string whom = asker.principal.known() ? asker.principal.id : std::string(kNobody);
  const std::string place(asker.name_space.empty() ? kDefaultNamespace : asker.name_space);
  const std::string action(deed.action);
  const std::string from = asker.peer.address();
  if (deed.key.empty()) {
    return engine::diag(level, "auth", deed.outcome,
                        {
                            {"principal", whom         },
                            {"action",    action       },
                            {"resource",  deed.resource},
                            {"namespace", place        },
                            {"from",      from         }
    },
                        whom);
  }
  engine::diag(level, "auth", deed.outcome,
               {
                   {"principal", whom                 },
                   {"action",    action               },
                   {"resource",  deed.resource        },
                   {"namespace", place                },
                   {"from",      from                 },
                   {"key",       std::string(deed.key)}
  },
               whom);
}

}  // namespace twofold::http::access
