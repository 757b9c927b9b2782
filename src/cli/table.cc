#include "src/cli/table.h"

// Tables are read line by line.
// clang-format off

namespace twofold::cli {

const std::vector<CommandGroup>& command_groups() {
  static const std::vector<CommandGroup> groups{
      {"Server", server_commands()},   {"Data", data_commands()},   {"Manage", manage_commands()},
      {"Measure", measure_commands()}, {"Storage", storage_commands()}, {"Setup", setup_commands()},
  };
  return groups;
}

const std::vector<GlobalFlag>& global_flags() {
  static const std::vector<GlobalFlag> flags{
      {{"server", 's', Takes::text, "URL", "the broker [http://127.0.0.1:8080]"}, "TWOFOLD_URL"},
      {{"token", 0, Takes::text, "TOKEN", "sent as bearer token [none]"}, "TWOFOLD_TOKEN"},
      {{"namespace", 0, Takes::text, "NAME", "names are of this namespace [the key's, or default]"},
       "TWOFOLD_NAMESPACE"},
      {{"ca", 0, Takes::text, "FILE", "who signs the broker's certificate, with https [the system's]"},
       "TWOFOLD_CA"},
      {{"client-cert", 0, Takes::text, "FILE", "certificate of this client, if the broker asks [none]"},
       "TWOFOLD_CLIENT_CERT"},
      {{"client-key", 0, Takes::text, "FILE", "private key of that certificate [none]"},
       "TWOFOLD_CLIENT_KEY"},
      {{"insecure", 0, Takes::nothing, "", "believe whoever answers with https"}, "TWOFOLD_INSECURE"},
      {{"output", 'o', Takes::text, "FORMAT", "table, wide, json, jsonl or name [table]"},
       "TWOFOLD_OUTPUT"},
      {{"timeout", 0, Takes::duration, "DURATION", "for one request [5s]"}, "TWOFOLD_TIMEOUT"},
      {{"quiet", 'q', Takes::nothing, "", "print data and errors only"}, "TWOFOLD_QUIET"},
      {{"verbose", 'v', Takes::nothing, "", "print each request as a curl command"},
       "TWOFOLD_VERBOSE"},
      {{"no-color", 0, Takes::nothing, "", "no colours"}, "TWOFOLD_NO_COLOR"},
      {{"no-progress", 0, Takes::nothing, "", "no progress line"}, "TWOFOLD_NO_PROGRESS"},
      {{"yes", 'y', Takes::nothing, "", "do not ask before something is destroyed"}, "TWOFOLD_YES"},
  };
  return flags;
}

const Command* find_command(std::string_view path) {
  for (const CommandGroup& group : command_groups()) {
    for (const Command& command : group.commands) {
      if (command.path == path) return &command;
    }
  }
  return nullptr;
}

std::string_view noun_summary(std::string_view noun) {
  if (noun == "topic") return "Topics keep records in order, for as long as retention says.";
  if (noun == "queue") return "Queues hand each message to one receiver until it is acked.";
  if (noun == "group") return "Groups remember how far their readers got in each topic.";
  if (noun == "namespace") return "Namespaces keep teams apart: the same name is another thing in each.";
  if (noun == "storage") return "What is on disk: copies that hold together, and whether it verifies.";
  if (noun == "key") return "Keys of those who may use a broker, and what each may do.";
  if (noun == "config") return "Settings of the broker: file, environment, flags, defaults.";
  return {};
}

}  // namespace twofold::cli
