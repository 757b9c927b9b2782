#pragma once

#include <string_view>
#include <vector>

#include "http/call.h"
#include "http/transaction.h"

namespace twofold::http {

/// A commit as it came: what is to be carried out, and where each entry of its `publish` went.
struct CommitBody {
  struct Entry {
    bool is_queue;
    std::size_t at;  ///< in Transaction::publish or send
  };
  Transaction transaction;
  std::vector<Entry> published;  ///< in the order of the request
};

/// Reads {"publish":[...],"ack":[...],"offsets":[...]}, the body of a commit over any protocol.
/// Views into the text or the scratch. At most a thousand each of records, receipts and offsets,
/// over all entries; a problem's `param` says which entry it is about.
Try<CommitBody> read_commit_json(std::string_view text, Scratch& scratch, engine::WallTime now);
/// The same from a twofold.v1.CommitRequest.
Try<CommitBody> read_commit_proto(std::string_view message, Scratch& scratch, engine::WallTime now);

}  // namespace twofold::http
