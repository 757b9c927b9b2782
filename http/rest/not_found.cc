#include "http/rest/not_found.h"

#include <fmt/format.h>

#include "http/nearest.h"
#include "http/permit.h"

namespace twofold::http {
namespace {

constexpr std::size_t kCandidatesMax = 1'000;

// Those that the caller may know of.
template <class Infos>
std::vector<std::string> names_of(const Call& call, access::Kind kind, const Infos& infos) {
  std::vector<std::string> names;
  for (const auto& info : infos) {
    if (may_inspect(call, {kind, info.name})) names.push_back(info.name);
  }
  return names;
}

struct Neighbours {
  std::vector<std::string> same_kind;
  bool other_kind = false;  // a queue has the topic's name, or the reverse
};

Neighbours look_around(const Call& call, engine::Errc code, const std::string& name) {
  using access::Kind;
  const Broker& broker = call.broker();
  switch (code) {
    case engine::Errc::topic_not_found:
      return {names_of(call, Kind::topic, broker.topics.list("", kCandidatesMax)),
              may_inspect(call, access::queue(name)) && broker.queues.find(name).has_value()};
    case engine::Errc::queue_not_found:
      return {names_of(call, Kind::queue, broker.queues.list("", kCandidatesMax)),
              may_inspect(call, access::topic(name)) && broker.topics.find(name).has_value()};
    default: return {names_of(call, Kind::group, broker.groups.list("", kCandidatesMax)), false};
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
  auto ask = [&] { return look_around(call, error.code, name); };
  const Neighbours around = co_await ask_core(call.broker().core, std::move(ask));
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
