// One commit over topics, queues and groups: all of it or nothing.
#include "http/once.h"
#include "http/permit.h"
#include "http/rest/commit_in.h"
#include "http/rest/commit_out.h"
#include "http/rest/handlers.h"
#include "http/trace/span.h"

namespace twofold::http {
namespace {

/// Where a refusal is put while the answer says no more than its error.
struct Submission {
  Transaction transaction;
  Refused refused{engine::Error(engine::Errc::invalid_request, "")};
};

Task<Result<Committed>> submit(Call& call, Submission& submission) {
  auto start = [&broker = call.broker(), &submission](engine::Completion<Committed> done,
                                                      engine::Decided<Committed> decided) {
    auto ended = [&submission, done = std::move(done)](TransactionOutcome outcome) mutable {
      if (auto* const committed = std::get_if<Committed>(&outcome)) {
        return done(std::move(*committed));
      }
      submission.refused = std::get<Refused>(std::move(outcome));
      done(submission.refused.error);
    };
    commit(broker, std::move(submission.transaction), std::move(ended), std::move(decided));
  };
  return write_once<Committed>(call, std::move(start));
}

}  // namespace

Task<Try<>> commit_together(Call& call) {
  const engine::WallTime now = call.broker().clock.wall();
  auto request = call.media == Media::protobuf ? read_commit_proto(call.body, call.scratch, now)
                                               : read_commit_json(call.body, call.scratch, now);
  if (!request) co_return std::move(request).problem();
  if (auto refused = permit(asker_of(call), "commit_together", request->transaction))
    co_return *std::move(refused);
  if (call.span) call.span->tell(request->transaction);
  const CommitNames names(*request);
  std::size_t receipts = 0;
  for (const Acks& acks : request->transaction.ack) receipts += acks.receipts.size();
  Submission submission{std::move(request->transaction)};
  auto committed = co_await submit(call, submission);
  if (!committed) {
    // What the key forbids never came to be a transaction.
    submission.refused.error = committed.error();
    co_return co_await explained_refusal(call, std::move(submission.refused), names);
  }
  call.reply.messages_settled = receipts;
  if (call.answer_in == Media::protobuf) {
    call.reply.content_type = kProtobuf;
    append_committed_proto(call.reply.body, names, *committed);
  } else {
    append_committed(call.reply.body, names, *committed);
  }
  co_return Try<>();
}

}  // namespace twofold::http
