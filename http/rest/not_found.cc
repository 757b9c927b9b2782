#include "http/rest/not_found.h"

#include <fmt/format.h>

#include "http/nearest.h"

namespace twofold::http {
namespace {

constexpr std::size_t kCandidatesMax = 1'000;

template <class Infos>
std::vector<std::string> names_of(const Infos& infos) {
  std::vector<std::string> names;
  for (const auto& info : infos) names.push_back(info.name);
  return names;
}

struct Neighbours {
  std::vector<std::string> same_kind;
  bool other_kind = false;  // a queue has the topic's name, or the reverse
};

Neighbours look_around(const Broker& broker, engine::Errc code, const std::string& name) {
  switch (code) {
    case engine::Errc::topic_not_found:
      return {names_of(broker.topics.list("", kCandidatesMax)),
              broker.queues.find(name).has_value()};
    case engine::Errc::queue_not_found:
      return {names_of(broker.queues.list("", kCandidatesMax)),
              broker.topics.find(name).has_value()};
    default: return {names_of(broker.groups.list("", kCandidatesMax)), false};
  }
}

}  // namespace

Task<Problem> explained(Call& call, engine::Error error, std::string name) {
  Problem problem(error);
  std::string_view noun;
  switch (error.code) {
    case engine::Errc::topic_not_found: noun = "topic"; break;
    case engine::Errc::queue_not_found: noun = "queue"; break;
    case engine::Errc::group_not_found: noun = "group"; break;
    default: co_return problem;
  }
  auto ask = [&] { return look_around(call.broker, error.code, name); };
  const Neighbours around = co_await ask_core(call.broker.core, std::move(ask));
  problem.param = noun;
  problem.detail = fmt::format("There is no {} named {}.", noun, name);
  problem.hint = did_you_mean(name, around.same_kind);
  if (around.other_kind) {
    problem.hint = fmt::format("{} is a {}.", name, noun == "topic" ? "queue" : "topic");
  } else if (noun != "group") {
    if (!problem.hint.empty()) problem.hint.push_back(' ');
    problem.hint += fmt::format("Create it with PUT /v1/{}s/{}", noun, name);
  }
  co_return problem;
}

}  // namespace twofold::http
