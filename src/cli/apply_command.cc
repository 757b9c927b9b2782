#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "src/cli/handlers.h"
#include "src/cli/json_text.h"
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

// A topic that a queue of the file reads would be deleted, and is not: the queue stays.
Tried<> check_prune(const std::vector<Resource>& wanted) {
  for (const Resource& queue : wanted) {
    const std::string topic = Json(queue.member("attach")).string();
    const bool has =
        topic.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const auto& one) {
          return one.kind == &kTopicKind && one.name == topic;
        });
    if (has) continue;
    return at(queue.where, *queue.kind, queue.name,
              usage(fmt::format("it reads the topic \"{}\", which --prune would delete", topic),
                    fmt::format("add [[topic]] with name = \"{}\" to the file", topic)));
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
  // All of it, before any of it is done.
  if (auto right = check_steps(api, *steps); !right) return right;
  if (auto right = check_prune(*wanted); args.has("prune") && !right) return right;
  for (const Step& step : *steps) {
    if (!args.has("dry-run")) {
      if (auto done = carry_out(api, step); !done) return done;
    }
    tell(session, step);
  }
  return args.has("prune") ? prune(session, args, *steps) : Tried<>(Done{});
}

}  // namespace twofold::cli
