#include "src/cli/startup_resources.h"

#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/base/diag.h"
#include "src/cli/resources.h"
#include "src/serve/local_requests.h"

namespace twofold::cli {
namespace {

using engine::Errc;
using engine::Error;

Tried<Answer> ask(LocalRequests& local, const ApiCall& call) {
  std::vector<http::Field> fields;
  for (const auto& [name, value] : call.headers) fields.push_back({name, value});
  LocalAnswer answer = local.ask(call.method, target_of(call), call.body, std::move(fields));
  if (answer.status < 400) return Answer(std::move(answer.body));
  const Json problem(answer.body);
  return Failure(exit_code_for_status(answer.status), problem["detail"].string(),
                 problem["hint"].string());
}

Error refused(const Failure& failure) {
  return Error(Errc::invalid_request,
               fmt::format("resources.file: {}{}{}", failure.why, failure.why.empty() ? "" : ": ",
                           failure.what),
               failure.hint);
}

engine::Result<> apply(LocalRequests& local, const std::vector<Resource>& wanted) {
  const ApiCaller api = [&local](const ApiCall& call) { return ask(local, call); };
  const auto steps = plan_resources(api, wanted);
  if (!steps) return refused(steps.error());
  if (const auto right = check_steps(api, *steps); !right) return refused(right.error());
  for (const Step& step : *steps) {
    if (const auto done = carry_out(api, step); !done) return refused(done.error());
    if (step.sign == '=') continue;
    engine::diag(
        engine::DiagLevel::info, "main",
        step.sign == '+' ? "made as resources.file says" : "changed as resources.file says",
        {
            {std::string(step.kind->noun), step.name  },
            {"detail",                     step.detail}
    });
  }
  return {};
}

}  // namespace

Tried<Prepare> startup_resources(const Config& config) {
  if (config.resources.file.empty()) return Prepare();
  auto wanted = read_resources(config.resources.file);
  if (!wanted) {
    Failure failure = wanted.error();
    failure.what = "resources.file: " + failure.what;
    return failure;
  }
  return Prepare(
      [wanted = *std::move(wanted)](LocalRequests& local) { return apply(local, wanted); });
}

}  // namespace twofold::cli
