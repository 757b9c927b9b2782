#include "src/cli/handlers.h"
#include "src/cli/table.h"

// Tables are read line by line.
// clang-format off

namespace twofold::cli {
namespace {

const Flag kIfExists{"if-exists", 0, Takes::nothing, "", "no error when it does not exist"};
const Flag kIfNotExists{"if-not-exists", 0, Takes::nothing, "", "no error when it exists already"};
const Flag kDryRun{"dry-run", 0, Takes::nothing, "", "print what would happen, change nothing"};

std::vector<Command> topic_commands() {
  return {
      {"topic create",
       "Create topics",
       {{"NAME", true, true}},
       {{"partitions", 'p', Takes::count, "N", "partitions [topics.partitions]"},
        {"retention-time", 0, Takes::duration, "DURATION",
         "keep records for this long; 0 for ever"},
        {"retention-bytes", 0, Takes::size, "SIZE",
         "keep this much of each partition; 0 is no limit"},
        {"retention-count", 0, Takes::count, "N",
         "keep this many records of each partition; 0 is no limit"},
        {"cleanup", 0, Takes::text, "HOW",
         "delete (by retention), compact (the newest record of each key stays), or compact,delete"},
        {"durability", 0, Takes::text, "CLASS", "disk, os or memory [storage.durability]"},
        kIfNotExists},
       {"twofold topic create orders -p 6 --retention-time 30d",
        "twofold topic create prices --cleanup compact",
        "twofold topic create a b c --if-not-exists"},
       "topic describe, produce",
       &run_topic_create},
      {"topic list",
       "List topics",
       {},
       {},
       {"twofold topic list", "twofold topic list -o name", "twofold topic list -o json"},
       "topic describe",
       &run_topic_list},
      {"topic describe",
       "Show a topic: settings, partitions and offsets",
       {{"NAME"}},
       {},
       {"twofold topic describe orders", "twofold topic describe orders -o json",
        "twofold topic describe orders --no-color"},
       "topic config, consume",
       &run_topic_describe},
      {"topic config",
       "Show the settings of a topic, or change the ones given",
       {{"NAME"}, {"KEY=VALUE", false, true}},
       {},
       {"twofold topic config orders",
        "twofold topic config orders retention.time=3d retention.count=1000000",
        "twofold topic config prices cleanup=compact compaction.min_lag=1h"},
       "topic describe",
       &run_topic_config},
      {"topic trim",
       "Forget the records before a position",
       {{"NAME"}},
       {{"before", 0, Takes::position, "POSITION", "first record that is kept"}, kDryRun},
       {"twofold topic trim orders --before 0:1000",
        "twofold topic trim orders --before @-7d --yes",
        "twofold topic trim orders --before end --dry-run"},
       "topic config, topic delete",
       &run_topic_trim},
      {"topic delete",
       "Delete topics and all their records",
       {{"NAME", true, true}},
       {kIfExists, kDryRun},
       {"twofold topic delete orders", "twofold topic delete orders --yes",
        "twofold topic delete orders --if-exists --dry-run"},
       "topic trim",
       &run_topic_delete},
  };
}

std::vector<Command> queue_commands() {
  return {
      {"queue create",
       "Create queues that own their messages",
       {{"NAME", true, true}},
       {{"visibility", 0, Takes::duration, "DURATION",
         "hide received messages for this long [30s]"},
        {"max-receives", 0, Takes::count, "N", "dead after N receives; 0 is no limit [0]"},
        {"dead-letter", 0, Takes::text, "QUEUE", "where dead messages go [kept, state dead]"},
        {"delay", 0, Takes::duration, "DURATION", "hold new messages back [0s]"},
        {"wait", 0, Takes::duration, "DURATION", "how long a receive waits by default [0s]"},
        {"order", 0, Takes::text, "ORDER", "whose turn it is: none, fair, key or strict [none]"},
        {"retry-min", 0, Takes::duration, "DURATION", "after a nack, twice as long each time [0s]"},
        {"retry-max", 0, Takes::duration, "DURATION", "up to this [5m]"},
        {"retain-acked", 0, Takes::duration, "DURATION", "keep acked messages for replays [0s]"},
        {"dedup-window", 0, Takes::duration, "DURATION", "remember deduplication ids [5m]"},
        {"paused", 0, Takes::nothing, "", "deliver nothing until it is resumed"},
        kIfNotExists},
       {"twofold queue create mail", "twofold queue create mail --order key --max-receives 5",
        "twofold queue create a b --if-not-exists"},
       "attach, send, receive",
       &run_queue_create},
      {"queue list",
       "List queues with their counts",
       {},
       {},
       {"twofold queue list", "twofold queue list -o name", "twofold queue list -o wide"},
       "queue describe",
       &run_queue_list},
      {"queue describe",
       "Show a queue: settings and how many messages are in which state",
       {{"NAME"}},
       {},
       {"twofold queue describe mail", "twofold queue describe mail -o json",
        "twofold queue describe mail | grep ready"},
       "peek, queue config",
       &run_queue_describe},
      {"queue config",
       "Show the settings of a queue, or change the ones given",
       {{"NAME"}, {"KEY=VALUE", false, true}},
       {},
       {"twofold queue config mail", "twofold queue config mail visibility_timeout=2m",
        "twofold queue config mail paused=true"},
       "queue describe",
       &run_queue_config},
      {"queue purge",
       "Delete every message of a queue; the queue stays",
       {{"NAME"}},
       {kDryRun},
       {"twofold queue purge mail", "twofold queue purge mail --yes",
        "twofold queue purge mail --dry-run"},
       "queue delete, peek",
       &run_queue_purge},
      {"queue delete",
       "Delete queues; a topic they were attached to keeps its records",
       {{"NAME", true, true}},
       {kIfExists, kDryRun},
       {"twofold queue delete mail", "twofold queue delete mail --yes",
        "twofold queue delete mail --if-exists --dry-run"},
       "queue purge",
       &run_queue_delete},
  };
}

std::vector<Command> group_commands() {
  return {
      {"group list",
       "List the groups that have committed offsets",
       {},
       {},
       {"twofold group list", "twofold group list -o name", "twofold group list -o json"},
       "group describe",
       &run_group_list},
      {"group describe",
       "Show how far a group got in each partition",
       {{"NAME"}},
       {},
       {"twofold group describe analytics", "twofold group describe analytics -o json",
        "twofold group describe analytics | grep orders"},
       "group seek, consume",
       &run_group_describe},
      {"group seek",
       "Move a group to another position, back for a replay or forward to skip",
       {{"NAME"}},
       {{"to", 0, Takes::position, "POSITION", "start, end, 47, @-2h, @TIME, 1:47"},
        {"topics", 0, Takes::text, "a,b", "only these topics [all it has read]"},
        kDryRun},
       {"twofold group seek analytics --to start", "twofold group seek analytics --to @-2h --yes",
        "twofold group seek analytics --topics orders --to 0:47 --dry-run"},
       "group describe, consume",
       &run_group_seek},
      {"group delete",
       "Delete groups: their offsets are forgotten, no record is",
       {{"NAME", true, true}},
       {kIfExists, kDryRun},
       {"twofold group delete analytics", "twofold group delete analytics --yes",
        "twofold group delete a b --if-exists"},
       "group list",
       &run_group_delete},
  };
}

std::vector<Command> namespace_commands() {
  return {
      {"namespace create",
       "Make namespaces, for administrators; one that is there already stays as it is",
       {{"NAME", true, true}},
       {},
       {"twofold namespace create kitchen", "twofold namespace create kitchen bakery",
        "twofold namespace create kitchen && twofold topic create orders --namespace kitchen"},
       "namespace list, key create",
       &run_namespace_create},
      {"namespace list",
       "List the namespaces and how much each has stored, for administrators",
       {},
       {},
       {"twofold namespace list", "twofold namespace list -o name", "twofold namespace list -o json"},
       "namespace create, storage list",
       &run_namespace_list},
  };
}

std::vector<Command> resource_commands() {
  return {
      {"apply",
       "Create and change topics and queues until the broker has what a file describes",
       {},
       {{"file", 'f', Takes::text, "FILE", "TOML ([[topic]] and [[queue]]) or JSON; - is standard input"},
        {"prune", 0, Takes::nothing, "", "delete what the file does not have"},
        {"dry-run", 0, Takes::nothing, "", "print + create, ~ change and = same, or what would be refused; change nothing"}},
       {"twofold apply -f resources.toml --dry-run", "twofold apply -f resources.toml",
        "twofold export | twofold apply -s http://other:8080 -f -"},
       "export, topic create, queue create",
       &run_apply},
      {"export",
       "Print topics and queues as a file that apply takes",
       {},
       {{"resources", 0, Takes::text, "a,b", "topics, queues [topics,queues]"}},
       {"twofold export > resources.toml", "twofold export --resources topics",
        "twofold export -o json"},
       "apply",
       &run_export},
  };
}

}  // namespace

std::vector<Command> manage_commands() {
  std::vector<Command> commands = topic_commands();
  for (Command& command : queue_commands()) commands.push_back(std::move(command));
  for (Command& command : group_commands()) commands.push_back(std::move(command));
  for (Command& command : namespace_commands()) commands.push_back(std::move(command));
  for (Command& command : resource_commands()) commands.push_back(std::move(command));
  return commands;
}

}  // namespace twofold::cli
