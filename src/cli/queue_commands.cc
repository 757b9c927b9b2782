#include <fmt/format.h>

#include "src/cli/handlers.h"
#include "src/cli/manage.h"
#include "src/cli/queue_settings.h"

namespace twofold::cli {
namespace {

constexpr std::string_view kStates[] = {"ready", "in_flight", "delayed", "blocked", "dead"};

// The counts stand in a member of their own; what is not there counts as none.
std::int64_t count_of(const Answer& queue, std::string_view state) {
  return queue["messages"][state].number();
}

std::string source_of(const Answer& queue) {
  const Json source = queue["source"];
  return source.exists() && !source.is_null() ? source["topic"].string() : "own log";
}

}  // namespace

std::uint64_t messages_of(const Answer& queue) {
  std::int64_t messages = 0;
  for (const std::string_view state : kStates) messages += count_of(queue, state);
  return static_cast<std::uint64_t>(messages);
}

Tried<> run_queue_create(Session& session, const Args& args) {
  return create_all(session, args, kQueueKind, queue_settings(args).str());
}

Tried<> run_queue_list(Session& session, const Args&) {
  const auto queues = session.api().list("/v1/queues");
  if (!queues) return queues.error();
  std::vector<Table::Column> columns{
      {"NAME"   },
      {"READY",   true},
      {"IN FLIGHT",         true},
      {"DELAYED",true},
      {"DEAD", true},
      {"READS"        }
  };
  const bool wide = session.format() == Format::wide;
  if (wide)
    columns.insert(columns.end(), {
                                      {"VISIBILITY"},
                                      { "MAX RECEIVES",        true}
    });
  Table table(columns);
  for (const Answer& queue : *queues) {
    std::vector<std::string> row{queue["name"].string()};
    for (const std::string_view state : {"ready", "in_flight", "delayed", "dead"}) {
      row.push_back(fmt::format("{}", count_of(queue, state)));
    }
    row.push_back(source_of(queue));
    if (wide) {
      row.push_back(queue["visibility_timeout"].string());
      row.push_back(fmt::format("{}", queue["max_receives"].number()));
    }
    table.add(std::move(row));
  }
  session.print_list(*queues, table);
  return Done{};
}

Tried<> run_queue_describe(Session& session, const Args& args) {
  const std::string name = args.text("name");
  const auto queue = session.api().call(ApiCall("GET", queue_path(name)));
  if (!queue) return queue.error();
  session.print(*queue, describe_text(queue->json(), session.terminal().out_is_terminal()), name);
  return Done{};
}

Tried<> run_queue_config(Session& session, const Args& args) {
  return show_or_configure(session, args, kQueueKind);
}

Tried<> run_queue_purge(Session& session, const Args& args) {
  const std::string name = args.text("name");
  const auto queue = session.api().call(ApiCall("GET", queue_path(name)));
  if (!queue && !may_not_look(queue.error())) return queue.error();
  std::optional<std::uint64_t> messages;
  if (queue) messages = messages_of(*queue);
  if (args.has("dry-run")) {
    session.terminal().out(
        fmt::format("would delete {} messages of {}\n", how_many(messages), name));
    return Done{};
  }
  const std::string effect = fmt::format("deletes every message of queue \"{}\"", name);
  if (auto yes = session.terminal().confirm(effect, name, messages); !yes) return yes;
  const auto answer = session.api().call(ApiCall("POST", queue_path(name, "/purge"), "{}"));
  if (!answer) return answer.error();
  session.print(*answer, fmt::format("purged {}\n", name), name);
  return Done{};
}

Tried<> run_queue_delete(Session& session, const Args& args) {
  for (const std::string& name : args.all("name")) {
    const auto queue = find(session, kQueueKind, name);
    if (!queue && !may_not_look(queue.error())) return queue.error();
    std::optional<std::uint64_t> messages;
    if (queue) messages = *queue ? messages_of(**queue) : 0;
    if (auto deleted = delete_one(session, args, kQueueKind, name, messages); !deleted) {
      return deleted;
    }
  }
  return Done{};
}

}  // namespace twofold::cli
