#include <algorithm>

#include <fmt/format.h>

#include "src/cli/generated.h"
#include "src/cli/handlers.h"
#include "src/cli/session.h"

namespace twofold::cli {

Tried<> run_generate(Session& session, const Args& args) {
  const std::string wanted = args.text("what");
  if (wanted.empty()) {
    Table table({{"WHAT"}, {"IS"}});
    std::vector<Answer> items;
    for (const Generated& file : generated()) {
      table.add({std::string(file.name), std::string(file.help)});
      items.emplace_back(JsonObject().text("name", file.name).text("help", file.help).str());
    }
    session.print_list(items, table);
    return Done{};
  }
  const auto files = generated();
  const auto found = std::ranges::find(files, wanted, &Generated::name);
  if (found == files.end()) {
    return Failure(ExitCode::refused, fmt::format("nothing is called \"{}\"", wanted),
                   "twofold generate lists what there is");
  }
  session.terminal().out(found->text);
  return Done{};
}

}  // namespace twofold::cli
