#include <set>

#include <fmt/format.h>

#include "src/cli/handlers.h"
#include "src/cli/resources.h"

namespace twofold::cli {
namespace {

void tell(Session& session, const Step& step) {
  const std::string sign(1, step.sign);
  const std::string line = fmt::format("{} {} {}{}{}\n", sign, step.kind->noun, step.name,
                                       step.detail.empty() ? "" : "  ", step.detail);
  JsonObject told;
  told.text("action", step.sign == '+' ? "create" : step.sign == '~' ? "change" : "same");
  told.text("kind", step.kind->noun).text("name", step.name);
  session.print(Answer(told.str()), line, step.name);
}

// What the file does not have: each is asked for by itself.
Tried<> prune(Session& session, const Args& args, const std::vector<Step>& steps) {
  std::set<std::string> kept;
  for (const Step& step : steps) kept.insert(step.name);
  // Queues first: a topic that they are attached to is not deleted.
  for (const Kind* kind : {&kQueueKind, &kTopicKind}) {
    const auto all = session.api().list(fmt::format("/v1/{}s", kind->noun));
    if (!all) return all.error();
    for (const Answer& one : *all) {
      const std::string name = one["name"].string();
      if (kept.contains(name)) continue;
      const std::uint64_t affected = kind == &kQueueKind
                                         ? messages_of(one)
                                         : static_cast<std::uint64_t>(one["records"].number());
      if (auto deleted = delete_one(session, args, *kind, name, affected); !deleted) return deleted;
    }
  }
  return Done{};
}

}  // namespace

Tried<> run_apply(Session& session, const Args& args) {
  if (!args.has("file")) return usage("FILE is missing", "name it with -f; - is standard input");
  const auto wanted = read_resources(args.text("file"));
  if (!wanted) return wanted.error();
  const ApiCaller api = [&session](const ApiCall& call) { return session.api().call(call); };
  const auto steps = plan_resources(api, *wanted);
  if (!steps) return steps.error();
  for (const Step& step : *steps) {
    if (!args.has("dry-run")) {
      if (auto done = carry_out(api, step); !done) return done;
    }
    tell(session, step);
  }
  return args.has("prune") ? prune(session, args, *steps) : Tried<>(Done{});
}

}  // namespace twofold::cli
