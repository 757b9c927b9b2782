#include <fmt/format.h>

#include "src/cli/handlers.h"
#include "src/cli/settle.h"
#include "src/config/units.h"

namespace twofold::cli {
namespace {

Tried<Results> read_results(const Tried<Answer>& answer) {
  if (!answer) return answer.error();
  Results results;
  for (const Json result : (*answer)["results"].elements()) results.push_back(result.string());
  return results;
}

// One line for each receipt. Receipts that did not count are the command's failure.
Tried<> report(Session& session, const Tried<Results>& results,
               const std::vector<std::string>& receipts) {
  if (!results) return results.error();
  std::vector<Answer> items;
  Table table({{"RESULT"}, {"RECEIPT"}});
  std::size_t lost = 0;
  for (std::size_t i = 0; i < results->size() && i < receipts.size(); ++i) {
    const std::string& result = (*results)[i];
    if (result == "stale" || result == "unknown") ++lost;
    table.add({result, receipts[i]});
    items.emplace_back(JsonObject()
                           .text("name", receipts[i])
                           .text("receipt", receipts[i])
                           .text("result", result)
                           .str());
  }
  session.print_list(items, table);
  if (lost == 0) return Done{};
  return Failure(ExitCode::conflict,
                 fmt::format("{} of {} receipts do not count", lost, items.size()),
                 "stale: the message was handed out again; unknown: not a receipt of this queue");
}

Tried<> settle(Session& session, const Args& args, const std::string& verb,
               const JsonObject& members) {
  const std::vector<std::string>& receipts = args.all("receipt");
  return report(session, post_items(session, args.text("queue"), verb, receipts, members),
                receipts);
}

}  // namespace

Tried<Results> ack_receipts(Session& session, const std::string& queue,
                            const std::vector<std::string>& receipts) {
  std::vector<std::string> quoted;
  for (const std::string& receipt : receipts) quoted.push_back(json_quote(receipt));
  const std::string body = JsonObject().raw("receipts", json_array(quoted)).str();
  return read_results(session.api().call(ApiCall("POST", queue_path(queue, "/ack"), body)));
}

Tried<Results> post_items(Session& session, const std::string& queue, const std::string& verb,
                          const std::vector<std::string>& receipts, const JsonObject& members) {
  std::vector<std::string> items;
  for (const std::string& receipt : receipts) {
    JsonObject item = members;
    items.push_back(item.text("receipt", receipt).str());
  }
  const std::string body = JsonObject().raw("items", json_array(items)).str();
  return read_results(session.api().call(ApiCall("POST", queue_path(queue, "/" + verb), body)));
}

Tried<> run_ack(Session& session, const Args& args) {
  const std::vector<std::string>& receipts = args.all("receipt");
  return report(session, ack_receipts(session, args.text("queue"), receipts), receipts);
}

Tried<> run_nack(Session& session, const Args& args) {
  if (args.has("dead") && args.has("delay")) {
    return usage("--dead and --delay exclude each other", "a dead message is not delivered again");
  }
  JsonObject members;
  if (const auto delay = args.duration("delay")) members.text("delay", format_duration(*delay));
  if (args.has("dead")) members.boolean("dead", true);
  if (args.has("reason")) members.text("reason", args.text("reason"));
  return settle(session, args, "nack", members);
}

Tried<> run_extend(Session& session, const Args& args) {
  std::string visibility;
  if (const auto given = args.duration("visibility")) {
    visibility = format_duration(*given);
  } else {
    const auto queue = session.api().call(ApiCall("GET", queue_path(args.text("queue"))));
    if (!queue) return queue.error();
    visibility = (*queue)["visibility_timeout"].string();
  }
  return settle(session, args, "extend", JsonObject().text("visibility_timeout", visibility));
}

}  // namespace twofold::cli
