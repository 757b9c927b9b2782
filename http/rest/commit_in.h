#pragma once

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

/// Reads {"publish":[...],"ack":[...],"offsets":[...]}, or a twofold.v1.CommitRequest, from the
/// body of the call. Views into the body or the scratch. At most a thousand each of records,
/// receipts and offsets, over all entries.
Try<CommitBody> read_commit_request(Call& call);

}  // namespace twofold::http
