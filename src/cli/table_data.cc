#include "src/cli/handlers.h"
#include "src/cli/table.h"

// Tables are read line by line.
// clang-format off

namespace twofold::cli {
namespace {

const Flag kKey{"key", 'k', Takes::text, "KEY", "key of the record [none]"};
const Flag kHeader{"header", 'H', Takes::text, "NAME:VALUE", "header; may be repeated", true};
const Flag kCount{"count", 0, Takes::count, "N", "repeat the given values N times [1]"};
const Flag kRate{"rate", 0, Takes::rate, "N/s", "at most this many a second [no limit]"};
const Flag kTemplate{"template", 0, Takes::nothing, "",
                     "fill in {{.Count}} {{.Time}} {{.Random N}} {{.UUID}}"};
const Flag kDurability{"durability", 0, Takes::text, "CLASS",
                       "wait for disk, os or memory [as the topic or queue says]"};
const Flag kFormat{"format", 'f', Takes::text, "FORMAT",
                   "percent codes: %t %p %o %k %v %h %d %D %K %V %n [%v\\n]"};
const Flag kVisibility{"visibility", 0, Takes::duration, "DURATION",
                       "hide received messages for this long [as the queue says]"};

std::vector<Command> produce_and_consume() {
  return {
      {"produce",
       "Publish records to a topic: the values given, or one for each line of stdin",
       {{"TOPIC"}, {"VALUE", false, true}},
       {kKey,
        kHeader,
        {"partition", 'p', Takes::count, "N", "partition [by key, else by turns]"},
        {"tombstone", 'Z', Takes::nothing, "", "no value: marks the key as deleted"},
        kCount,
        kRate,
        {"format", 'f', Takes::text, "FORMAT", "form of the input, as in '%k,%v\\n' [%v\\n]"},
        kTemplate,
        {"create", 0, Takes::nothing, "", "create the topic if it is missing"},
        kDurability},
       {"twofold produce orders '{\"id\":1}' -k bill_1",
        "seq 1000 | twofold produce orders --create",
        "twofold produce orders --template 'order {{.Count}}' --count 100 --rate 10/s"},
       "consume, topic create",
       &run_produce},
      {"consume",
       "Read records of one or more topics in order, without changing anything",
       {{"TOPIC", true, true}},
       {{"offset", 'O', Takes::position, "POSITION",
         "start, end, 47, +2, -3, @-2h, @TIME, 1:47 [end on a terminal, else start]"},
        {"group", 'g', Takes::text, "GROUP", "go on where this group stopped, and commit"},
        {"partitions", 'p', Takes::text, "0,1", "only these partitions [all]"},
        {"num", 'n', Takes::count, "N", "stop after N records"},
        {"exit", 'e', Takes::nothing, "", "stop at the end instead of waiting"},
        kFormat,
        {"regex", 0, Takes::nothing, "", "the topics given are patterns"},
        {"headers", 0, Takes::nothing, "", "print headers before the value"},
        {"commit", 0, Takes::text, "WHEN", "with -g: each page, at the end, or none [each]"},
        {"fail-empty", 0, Takes::nothing, "", "exit 6 when there was nothing to read"}},
       {"twofold consume orders -O start -e",
        "twofold consume orders -g analytics -f '%o %k %v\\n'",
        "twofold consume orders -O @-15m -o jsonl"},
       "produce, group seek, tail",
       &run_consume},
  };
}

std::vector<Command> send_and_receive() {
  return {
      {"send",
       "Send messages to a queue: the bodies given, or one for each line of stdin",
       {{"QUEUE"}, {"BODY", false, true}},
       {kKey,
        kHeader,
        {"delay", 0, Takes::duration, "DURATION", "hold the message back [as the queue says]"},
        {"at", 0, Takes::text, "TIME", "deliver at this time, as in 2026-11-20T10:00Z"},
        kCount,
        kRate,
        kTemplate,
        {"create", 0, Takes::nothing, "", "create the queue if it is missing"},
        kDurability},
       {"twofold send mail 'hello'", "twofold send mail --delay 5s 'later'",
        "seq 100 | twofold send mail --create"},
       "receive, queue create",
       &run_send},
      {"receive",
       "Receive messages from a queue; each stays hidden until it is acked or its time is over",
       {{"QUEUE"}},
       {{"num", 'n', Takes::count, "N", "messages at once [1]"},
        {"wait", 0, Takes::duration, "DURATION", "wait for a message [0s, 20s with --loop]"},
        kVisibility,
        {"ack", 0, Takes::nothing, "", "ack after printing"},
        {"loop", 0, Takes::nothing, "", "go on until Ctrl-C"},
        {"exec", 0, Takes::text, "COMMAND", "run for each message, body on stdin; exit 0 acks it"},
        kFormat,
        {"fail-empty", 0, Takes::nothing, "", "exit 6 when there was no message"}},
       {"twofold receive mail --ack", "twofold receive mail -n 10 -o jsonl",
        "twofold receive mail --loop --exec 'jq .id'"},
       "ack, nack, extend, peek",
       &run_receive},
      {"ack",
       "Delete received messages for good, by their receipts",
       {{"QUEUE"}, {"RECEIPT", true, true}},
       {},
       {"twofold ack mail r1.9f", "twofold receive mail -o name | xargs twofold ack mail",
        "twofold ack mail r1.9f r1.a0 -o json"},
       "receive, nack",
       &run_ack},
      {"nack",
       "Give received messages back, at once or after a delay",
       {{"QUEUE"}, {"RECEIPT", true, true}},
       {{"delay", 0, Takes::duration, "DURATION", "hide it for this long first [0s]"},
        {"dead", 0, Takes::nothing, "", "do not deliver it again"},
        {"reason", 0, Takes::text, "TEXT", "kept with the message"}},
       {"twofold nack mail r1.9f", "twofold nack mail r1.9f --delay 90s --reason '429 from bank'",
        "twofold nack mail r1.9f --dead --reason 'bad address'"},
       "receive, ack",
       &run_nack},
      {"extend",
       "Keep received messages hidden for longer",
       {{"QUEUE"}, {"RECEIPT", true, true}},
       {kVisibility},
       {"twofold extend mail r1.9f --visibility 5m", "twofold extend mail r1.9f",
        "twofold extend mail r1.9f --visibility 0s"},
       "receive, nack",
       &run_extend},
      {"peek",
       "Look at messages of a queue in any state without touching them",
       {{"QUEUE"}},
       {{"state", 0, Takes::text, "STATE", "ready, inflight, delayed, dead or all [ready]"},
        {"num", 'n', Takes::count, "N", "at most N messages [20]"},
        {"from", 0, Takes::position, "POSITION", "start looking there [start]"},
        {"match", 0, Takes::text, "TEXT", "only messages whose key or body contains this"},
        kFormat},
       {"twofold peek mail", "twofold peek mail --state inflight",
        "twofold peek mail --state dead -o jsonl"},
       "receive, queue describe",
       &run_peek},
      {"tail",
       "Show what happens to a topic or a queue as it happens",
       {{"NAME"}},
       {{"for", 0, Takes::duration, "DURATION", "stop after this long [until Ctrl-C]"},
        {"num", 'n', Takes::count, "N", "stop after N lines"}},
       {"twofold tail orders", "twofold tail kitchen --for 1m", "twofold tail orders -o jsonl"},
       "consume, peek",
       &run_tail},
      {"attach",
       "Make a queue that reads a topic: producers notice nothing, the topic keeps its records",
       {{"TOPIC"}, {"QUEUE"}},
       {{"from", 0, Takes::position, "POSITION", "first record that becomes a message [end]"},
        kVisibility,
        {"max-receives", 0, Takes::count, "N", "dead after N receives [no limit]"},
        {"dead-letter", 0, Takes::text, "QUEUE", "where dead messages go [kept, state dead]"},
        {"filter", 0, Takes::text, "CONDITION", "only records like headers.region = 'EU' [all]"},
        {"order", 0, Takes::text, "ORDER", "whose turn it is: none, fair, key or strict [none]"},
        {"retry-min", 0, Takes::duration, "DURATION", "after a nack, twice as long each time [0s]"},
        {"retry-max", 0, Takes::duration, "DURATION", "up to this [5m]"},
        {"paused", 0, Takes::nothing, "", "deliver nothing until it is resumed"},
        {"dry-run", 0, Takes::nothing, "", "print how many messages would appear"}},
       {"twofold attach orders billing --from start",
        "twofold attach orders audit --from @-2h --dry-run",
        "twofold attach orders large --order key --filter 'value.amount>100'"},
       "queue create, receive",
       &run_attach},
  };
}

}  // namespace

std::vector<Command> data_commands() {
  std::vector<Command> commands = produce_and_consume();
  for (Command& command : send_and_receive()) commands.push_back(std::move(command));
  return commands;
}

}  // namespace twofold::cli
