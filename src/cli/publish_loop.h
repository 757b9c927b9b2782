#pragma once

#include <string>

#include "src/cli/outgoing.h"
#include "src/cli/session.h"

namespace twofold::cli {

/// What producing to a topic and sending to a queue differ in.
struct PublishTarget {
  std::string path;    // of the POST
  std::string member;  // "records" or "messages": of the request and of the answer
  std::string name;    // of the topic or queue, for people
};

/// Sends everything `source` has, in batches as large as is ready, at --rate and with --durability,
/// and prints the answers' ids (-o name) or receipts (-o json, jsonl). A note says how many went.
/// Each batch is atomic: when one fails, the ones before it are stored and the note says so. Input
/// that cannot be read ends it too, once everything before that was sent.
Tried<> publish_all(Session& session, const Args& args, RecordSource source,
                    const PublishTarget& target);

}  // namespace twofold::cli
