#include <regex>

#include <fmt/format.h>

#include "src/cli/handlers.h"
#include "src/cli/interrupt.h"
#include "src/cli/item_printer.h"
#include "src/cli/log_reader.h"
#include "src/config/units.h"

namespace twofold::cli {
namespace {

constexpr std::chrono::milliseconds kPoll{20'000};

enum class CommitWhen { each, end, none };

Tried<CommitWhen> commit_when(const Args& args) {
  const std::string when = args.text("commit");
  if (!when.empty() && !args.has("group")) {
    return usage("--commit needs a group", "add -g GROUP");
  }
  if (when.empty() || when == "each") return CommitWhen::each;
  if (when == "end") return CommitWhen::end;
  if (when == "none") return CommitWhen::none;
  return usage(fmt::format("--commit: \"{}\" is not one of each, end, none", when));
}

Tried<std::vector<int>> partitions_of(const Args& args) {
  std::vector<int> partitions;
  std::string_view list =
      args.has("partitions") ? args.all("partitions").back() : std::string_view();
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const auto partition = parse_count(list.substr(0, comma));
    if (!partition || *partition > 1'000'000) {
      return usage("--partitions: write numbers and commas, as in 0,1");
    }
    partitions.push_back(static_cast<int>(*partition));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return partitions;
}

// Patterns match whole names. std::regex throws on a pattern it cannot read; that ends here.
Tried<std::vector<std::string>> matching_topics(Session& session, const Args& args) {
  const auto topics = session.api().list("/v1/topics");
  if (!topics) return topics.error();
  std::vector<std::string> names;
  for (const std::string& pattern : args.all("topic")) {
    try {
      const std::regex expression(pattern);
      for (const Answer& topic : *topics) {
        const std::string name = topic["name"].string();
        if (std::regex_match(name, expression)) names.push_back(name);
      }
    } catch (const std::regex_error& error) {
      return usage(fmt::format("--regex: \"{}\" is not a pattern: {}", pattern, error.what()));
    }
  }
  if (names.empty()) {
    return Failure(ExitCode::not_found, "no topic matches", "run: twofold topic list");
  }
  return names;
}

Tried<ReadPlan> plan_of(Session& session, const Args& args) {
  ReadPlan plan;
  plan.topics = args.all("topic");
  if (args.has("regex")) {
    auto names = matching_topics(session, args);
    if (!names) return names.error();
    plan.topics = *std::move(names);
  }
  auto partitions = partitions_of(args);
  if (!partitions) return partitions.error();
  plan.partitions = *std::move(partitions);
  if (args.has("offset")) {
    plan.from = *parse_position(args.text("offset"));
  } else {
    // A person wants to see what comes; a script wants what there is.
    const bool watched = session.terminal().out_is_terminal();
    plan.from.kind = watched ? Position::Kind::end : Position::Kind::start;
  }
  const bool one_by_one =
      !plan.partitions.empty() || plan.from.partition || needs_bounds(plan.from);
  if (args.has("group") && one_by_one) {
    return usage("a group reads all partitions, from start, end, an offset or a time",
                 "leave out -g, or move the group first: twofold group seek");
  }
  return plan;
}

class ConsumeLoop {
 public:
  ConsumeLoop(const Args& args, LogReader& reader, ItemPrinter& printer, CommitWhen commit)
      : limit_(args.count("num").value_or(UINT64_MAX)),
        exit_at_end_(args.has("exit")),
        reader_(reader),
        printer_(printer),
        commit_(commit) {}

  Tried<> run(const Terminal& terminal) {
    while (printer_.printed() < limit_ && !interrupted()) {
      const auto wait = exit_at_end_ ? std::chrono::milliseconds(0) : kPoll;
      const auto page = reader_.read(limit_ - printer_.printed(), wait);
      if (!page) {
        if (interrupted()) break;
        return page.error();
      }
      for (const Item& item : page->items) printer_.print(item);
      terminal.flush();
      if (commit_ == CommitWhen::each) {
        const InterruptPause pause;
        if (auto committed = reader_.commit(); !committed) return committed;
      }
      if (exit_at_end_ && page->items.empty() && page->caught_up) break;
    }
    return Done{};
  }

 private:
  std::uint64_t limit_;
  bool exit_at_end_;
  LogReader& reader_;
  ItemPrinter& printer_;
  CommitWhen commit_;
};

}  // namespace

Tried<> run_consume(Session& session, const Args& args) {
  const auto commit = commit_when(args);
  if (!commit) return commit.error();
  auto printer = ItemPrinter::open(session, args, args.has("headers") ? "%h\\t%v\\n" : "%v\\n");
  if (!printer) return printer.error();
  const auto plan = plan_of(session, args);
  if (!plan) return plan.error();
  std::unique_ptr<LogReader> reader;
  if (args.has("group")) {
    reader = open_group_reader(session, *plan, args.text("group"));
  } else {
    auto opened = open_reader(session, *plan);
    if (!opened) return opened.error();
    reader = *std::move(opened);
  }

  InterruptGuard guard;
  ConsumeLoop loop(args, *reader, *printer, *commit);
  const auto outcome = loop.run(session.terminal());
  printer->finish();
  if (outcome && *commit != CommitWhen::none) {
    const InterruptPause pause;
    if (auto committed = reader->commit(); !committed) return committed;
  }
  if (!outcome) return outcome;
  session.terminal().note(count_text(printer->printed(), "record"));
  if (const auto signal = interrupted()) return Failure::silent(*signal);
  if (printer->printed() == 0 && args.has("fail-empty"))
    return Failure::silent(ExitCode::timed_out);
  return Done{};
}

}  // namespace twofold::cli
