// Namespaces: which there are, and more of them. None can be renamed or removed.
#include <fmt/format.h>

#include "src/cli/api.h"
#include "src/cli/handlers.h"
#include "src/cli/session.h"

namespace twofold::cli {

Tried<> run_namespace_create(Session& session, const Args& args) {
  for (const std::string& name : args.all("name")) {
    const auto made = session.api().call(ApiCall("PUT", namespace_path(name)));
    if (!made) return made.error();
    session.print(*made, fmt::format("namespace {} is there\n", name), name);
  }
  return Done{};
}

Tried<> run_namespace_list(Session& session, const Args&) {
  const auto namespaces = session.api().list("/v1/namespaces");
  if (!namespaces) return namespaces.error();
  Table table({{"NAME"}, {"BYTES", true}});
  for (const Answer& one : *namespaces) {
    table.add({one["name"].string(), fmt::format("{}", one["stored_bytes"].number())});
  }
  session.print_list(*namespaces, table);
  return Done{};
}

}  // namespace twofold::cli
