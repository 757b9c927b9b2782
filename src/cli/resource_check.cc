// Whether the broker would take all of it.
#include <map>

#include <fmt/format.h>

#include "src/cli/json_text.h"
#include "src/cli/resources.h"
#include "src/config/units.h"

namespace twofold::cli {
namespace {

constexpr std::string_view kRetainAcked = "retain_acked";

std::string without(const std::string& body, std::string_view member) {
  JsonObject rest;
  for (const auto& [name, value] : Json(body).members()) {
    if (name != member) rest.raw(name, value.text());
  }
  return rest.str();
}

// What an attached queue promises to be able to replay, its topic must keep: once it is as the file
// says, which is not how the broker knows it yet.
Tried<> check_retained(std::chrono::milliseconds retained, const Step& queue, const Answer& topic) {
  const auto kept = parse_duration(topic["retention"]["time"].string());
  if (!kept || retained <= *kept) return Done{};
  return at(
      queue.where, *queue.kind, queue.name,
      usage(fmt::format("{} is {}, and the topic {} keeps its records for {} only", kRetainAcked,
                        format_duration(retained), queue.topic, format_duration(*kept)),
            fmt::format("lower {}, or keep the records of the topic longer", kRetainAcked)));
}

using Topics = std::map<std::string, Answer, std::less<>>;  // as they will be

// Nothing instead of an answer: all is well but for the topic, which is still to come.
Tried<Answer> try_step(const ApiCaller& api, const Step& step, const Topics& changed) {
  const auto topic = changed.find(step.topic);
  if (topic == changed.end()) return api(call_of(step, /*dry_run=*/true));
  Step tried = step;
  if (const auto retained = parse_duration(Json(step.body)[kRetainAcked].string())) {
    if (auto sound = check_retained(*retained, step, topic->second); !sound) return sound.error();
    tried.body = without(step.body, kRetainAcked);
  }
  auto answer = api(call_of(tried, /*dry_run=*/true));
  if (!answer && answer.error().exit == ExitCode::not_found) return Answer();
  return answer;
}

}  // namespace

Tried<> check_steps(const ApiCaller& api, const std::vector<Step>& steps) {
  Topics changed;
  for (const Step& step : steps) {
    if (step.sign == '=') continue;
    auto answer = try_step(api, step, changed);
    if (!answer) return at(step.where, *step.kind, step.name, answer.error());
    if (step.kind == &kTopicKind) changed.insert_or_assign(step.name, *std::move(answer));
  }
  return Done{};
}

}  // namespace twofold::cli
