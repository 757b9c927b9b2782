#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/task.h"
#include "http/call.h"
#include "http/rest/commit_in.h"

namespace twofold::http {

/// What a commit named, for its answer: the transaction itself goes to the core.
class CommitNames {
 public:
  explicit CommitNames(const CommitBody& body);

  const std::vector<CommitBody::Entry>& published() const { return published_; }
  const std::vector<std::string>& acked() const { return acked_; }
  const std::vector<std::string>& groups() const { return groups_; }
  const std::string& of(CommitBody::Entry entry) const;
  /// Of the entry that was refused; empty when it was none of them.
  std::string_view of(const Refused& refused) const;
  /// "publish[2]": where that entry stood in the request; empty when it was none of them.
  std::string place_of(const Refused& refused) const;

 private:
  std::vector<CommitBody::Entry> published_;
  std::vector<std::string> topics_;
  std::vector<std::string> queues_;
  std::vector<std::string> acked_;
  std::vector<std::string> groups_;
};

/// Says in a problem which entry of the commit, and which receipt or record of it, it is about.
Problem placed_in_commit(Problem problem, const Refused& refused, const CommitNames& names);

/// The problem that a person reads: which entry, and what is wrong with what it names.
Task<Problem> explained_refusal(Call& call, Refused refused, const CommitNames& names);

/// The answer, as an object or a twofold.v1.CommitResponse.
void append_committed(std::string& out, const CommitNames& names, const Committed& committed);
void append_committed_proto(std::string& out, const CommitNames& names, const Committed& committed);

}  // namespace twofold::http
