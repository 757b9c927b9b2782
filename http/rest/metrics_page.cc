// GET /metrics: Prometheus text. What has a name is gone through in short turns of the core, what
// the engine counts is asked in one; the page is then written on the storage pool, because ten
// thousand queues are megabytes of text.
#include <regex>

#include <fmt/format.h>

#include "http/metrics.h"
#include "http/metrics/merge.h"
#include "http/metrics/named.h"
#include "http/namespaces.h"
#include "http/on_core.h"
#include "http/rest/handlers.h"
#include "http/server_common.h"

namespace twofold::http {
namespace {

using metrics::Labels;
using metrics::Surveyor;
using metrics::Text;

constexpr std::size_t kPatternMax = 64;
using NameFilter = std::function<bool(std::string_view)>;

// By the executor that takes polynomial time, and without counted repeats, which are as many states
// as they count: a pattern must not cost more than its page.
Try<NameFilter> name_filter(const Call& call, std::string_view parameter) {
  const auto given = call.query(parameter);
  if (!given) return NameFilter();
  Problem bad(ProblemKind::invalid_request,
              fmt::format("{} is no regular expression of up to {} characters without braces.",
                          parameter, kPatternMax),
              std::string(parameter));
  if (given->size() > kPatternMax || given->find('{') != std::string_view::npos) return bad;
  try {
    const std::regex pattern(std::string(*given),
                             std::regex::ECMAScript | std::regex_constants::__polynomial);
    return NameFilter([pattern](std::string_view name) {
      return std::regex_match(name.begin(), name.end(), pattern);
    });
  } catch (const std::regex_error&) {
    return bad;
  }
}

Try<metrics::Selection> selection_of(const Call& call) {
  metrics::Selection selection;
  selection.entities_max = *call.common.options.metrics.entities_max.now();
  auto queue = name_filter(call, "queue");
  if (!queue) return std::move(queue).problem();
  selection.queue = *std::move(queue);
  auto topic = name_filter(call, "topic");
  if (!topic) return std::move(topic).problem();
  selection.topic = *std::move(topic);
  if (selection.queue || selection.topic)
    selection.text = fmt::format("{}\n{}", call.query("queue").value_or(""),
                                 call.query("topic").value_or(""));
  return selection;
}

std::vector<std::string> wanted_by(const Call& call) {
  std::vector<std::string> wanted;
  for (const QueryItem& item : call.target.query())
    if (item.name == "name[]") wanted.emplace_back(item.value);
  return wanted;
}

void append_server(Text& out, const Call& call) {
  const ServerInfo& server = call.broker().shared.server;
  const double started = static_cast<double>(server.started.value()) / 1e3;
  if (out.begin("twofold_build_info"))
    out.value(Labels("version", server.version).add("commit", server.commit), std::uint64_t{1});
  out.only("twofold_start_time_seconds", started);
  out.only("process_start_time_seconds", started);
  append_process_metrics(out);
  std::vector<OperationName> names;
  for (std::size_t i = 0; i < operation_count(); ++i) names.push_back(operation_name(i));
  append_http_metrics(out, call.common.lane_metrics, names);
  if (!out.begin("twofold_memory_bytes")) return;
  out.value(Labels("kind", "bodies"), call.common.body_bytes.load());
  out.value(Labels("kind", "answers"), call.common.answers.used());
}

struct Found {
  const Broker& broker;
  Surveyor::Made survey;
  metrics::Counted counted;
};

void write_named(Text& out, std::vector<Found> found, const metrics::Selection& selection,
                 metrics::Others& others) {
  if (found.size() == 1) {
    return append_named(out, found.front().survey, selection, found.front().counted, others);
  }
  metrics::Merged all;
  for (const Found& one : found) all.add(one.broker.name_space, *one.survey, one.counted);
  append_named(out, std::make_shared<const metrics::Survey>(std::move(all.survey)), selection,
               all.counted, others);
}

}  // namespace

Task<Try<>> metrics_page(Call& call) {
  const MetricsOptions& options = call.common.options.metrics;
  if (!options.enabled)
    co_return Problem(ProblemKind::not_found, "Metrics are off: metrics.enabled is false.", "path");
  auto selection = selection_of(call);
  if (!selection) co_return std::move(selection).problem();
  call.reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  Text out(wanted_by(call));
  append_server(out, call);
  // During recovery the core is busy and its rooms are half built.
  if (call.broker().shared.health == Health::starting) {
    call.reply.body = out.take();
    co_return Try<>();
  }
  auto engine = [&] {
    if (call.broker().shared.engine_metrics) call.broker().shared.engine_metrics(out);
    return true;
  };
  co_await ask_core(call.broker().core, std::move(engine));
  std::vector<Found> found;
  for (Broker* const broker : every_namespace(call.common.broker)) {
    auto survey = [&](engine::Completion<Surveyor::Made> done) {
      broker->surveyor->ask(*options.detail.now(), std::move(done));
    };
    auto made = co_await on_core<Surveyor::Made>(broker->core, std::move(survey));
    if (!made) co_return Problem(made.error());
    const auto read = broker->reads.in_all();
    found.push_back({
        *broker, *std::move(made), {{read.begin(), read.end()}, broker->consumers.all()}
    });
  }
  auto write = [&] {
    write_named(out, std::move(found), *selection, call.common.broker.surveyor->others());
    return true;
  };
  co_await run_on(call.broker().storage_pool, std::move(write));
  call.reply.body = out.take();
  co_return Try<>();
}

}  // namespace twofold::http
