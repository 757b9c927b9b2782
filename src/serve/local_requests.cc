#include "src/serve/local_requests.h"

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include "engine/base/check.h"
#include "http/call.h"
#include "http/problem.h"
#include "http/route.h"
#include "http/server_common.h"

namespace twofold {
namespace {

constexpr std::string_view kRequestId = "start";

/// Nobody who could vanish, or who would wait.
struct Unwatched final : http::Watch {
  void begin_wait(std::shared_ptr<http::Interruptible>) override {}
  void end_wait() override {}
};
struct Unsent final : http::Outlet {
  http::Task<bool> send() override { co_return false; }
  http::Task<> pause() override { co_return; }
  bool is_closing() override { return true; }
};

http::Task<> run(http::Call& call, std::optional<http::Problem>& problem) {
  auto done = co_await call.route->handler(call);
  if (!done) problem = std::move(done).problem();
}

LocalAnswer refusal(const http::Problem& problem) {
  LocalAnswer answer{http::info(problem.kind).status, {}};
  http::append_problem_json(answer.body, problem, kRequestId);
  return answer;
}

}  // namespace

LocalAnswer LocalRequests::ask(std::string_view method, std::string_view target,
                               std::string_view body, std::vector<http::Field> fields) {
  const http::ServerCommon common(broker_, http::ServerOptions{});
  Unwatched watch;
  Unsent outlet;
  http::Call call(broker_, common, watch, outlet);
  call.principal = http::access::everyone().get();
  call.request_id = kRequestId;
  call.head.method = method;
  call.head.target = target;
  call.head.fields = std::move(fields);
  call.body = body;
  call.media = body.empty() ? http::Media::none : http::Media::json;
  call.answer_in = http::Media::json;
  if (auto parsed = call.target.parse(target); !parsed) return refusal(std::move(parsed).problem());
  const http::Match match = common.router.match(method, call.target.segments());
  TF_CHECK(match.route != nullptr);
  call.route = match.route;
  call.args = match.args;

  std::optional<http::Problem> problem;
  bool done = false;
  const auto work = boost::asio::make_work_guard(context_);
  boost::asio::co_spawn(context_, run(call, problem), [&done](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
    done = true;
  });
  while (!done) context_.run_one();
  return problem ? refusal(*problem) : LocalAnswer{call.reply.status, std::move(call.reply.body)};
}

}  // namespace twofold
