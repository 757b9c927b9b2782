#include <algorithm>

#include <fmt/format.h>

#include "src/cli/handlers.h"
#include "src/cli/item_printer.h"
#include "src/cli/position.h"

namespace twofold::cli {
namespace {

constexpr std::uint64_t kPageMax = 1000;
constexpr std::uint64_t kDefaultCount = 20;

// The states as the API spells them; "all" is no filter.
Tried<std::string> state_of(const Args& args) {
  const std::string state = args.has("state") ? args.text("state") : "ready";
  if (state == "all") return std::string();
  if (state == "inflight" || state == "in_flight" || state == "in-flight") {
    return std::string("in_flight");
  }
  for (const std::string_view known : {"ready", "delayed", "blocked", "dead"}) {
    if (state == known) return state;
  }
  return usage(
      fmt::format("--state: \"{}\" is not one of ready, inflight, delayed, dead, all", state));
}

bool matches(const Item& item, const std::string& text) {
  return text.empty() || item.value.value_or("").find(text) != std::string::npos ||
         item.key.value_or("").find(text) != std::string::npos;
}

}  // namespace

Tried<> run_peek(Session& session, const Args& args) {
  const auto state = state_of(args);
  if (!state) return state.error();
  auto printer = ItemPrinter::open(session, args, "");
  if (!printer) return printer.error();
  const std::string queue = args.text("queue");
  const std::uint64_t wanted = args.count("num").value_or(kDefaultCount);
  const std::string match = args.text("match");

  std::string cursor;
  do {
    ApiCall call("GET", queue_path(queue, "/messages"));
    if (!state->empty()) call.query.emplace_back("state", *state);
    if (!cursor.empty()) {
      call.query.emplace_back("cursor", cursor);
    } else if (args.has("from")) {
      call.query.emplace_back("from", api_position(*parse_position(args.text("from")), 0, 0));
    }
    // A filter on our side may need many pages for few messages.
    const std::uint64_t limit = match.empty() ? wanted - printer->printed() : kPageMax;
    call.query.emplace_back("limit", fmt::format("{}", std::min(limit, kPageMax)));
    const auto answer = session.api().call(call);
    if (!answer) return answer.error();
    for (const Json message : (*answer)["items"].elements()) {
      const Item item = read_item(message, queue);
      if (printer->printed() < wanted && matches(item, match)) printer->print(item);
    }
    const Json next = (*answer)["next"];
    cursor = next.is_null() ? std::string() : next.string();
  } while (!cursor.empty() && printer->printed() < wanted);
  printer->finish();
  if (printer->printed() == 0) session.terminal().note("no messages in that state");
  return Done{};
}

}  // namespace twofold::cli
