#pragma once

#include <string>
#include <utility>

#include "http/call.h"
#include "http/on_core.h"
#include "http/route.h"
#include "http/sqs/answer.h"
#include "http/sqs/fault.h"
#include "http/sqs/place.h"
#include "http/sqs/request.h"

namespace twofold::http::sqs {

struct Action;

/// One request on its way through an action, protocol left behind: parameters in, answer out.
/// Threads  the connection's, as its Call.
struct Exchange {
  Exchange(Call& c, Protocol p);

  Call& call;
  Protocol protocol;
  Caller caller;
  std::string request_id;  ///< a UUID
  const Action* action = nullptr;
  Request request;
  AnswerWriter answer;

  const Options& options() const;
  Broker& broker() const { return call.broker(); }
  /// The broker's name of the queue that QueueUrl names, else the path. Fault: it names none.
  Outcome<std::string> queue() const;
  /// The broker's name of a queue that the request names in another way; empty when there can be
  /// none.
  std::string stored(const Address& address) const {
    return stored_name(options().regions, address, caller);
  }
  /// What the broker's queue is to this client. `account` is the one that the queue keeps.
  Place place(std::string_view account, std::string_view name) const {
    return place_of(options().regions, name, account, caller.region);
  }
  /// How this client reaches a queue.
  std::string url(std::string_view account, std::string_view name) const {
    return queue_url(options().queue_url, call.head, place(account, name));
  }
  std::string arn(std::string_view account, std::string_view name) const {
    return queue_arn(place(account, name));
  }
};

/// Which protocol a head is in, and whether a path ends as a queue's URL does:
/// ".../000000000000/name".
bool speaks_json(const Head& head);
bool is_queue_path(const Target& target);

/// Checks the signature where signatures are checked, before anything else is said about a request:
/// a stranger learns nothing. Sets who calls, and enters the namespace.
Outcome<> authenticate(Exchange& exchange);
/// Notes that a signature is of no key of ours, or was not made with it, and whose it said to be.
void note_wrong_key(Call& call);
/// Content type and id of an answer; an answer that says no.
void label(Exchange& exchange);
void render(Exchange& exchange, const Fault& fault);

/// Answers a decision of the core. `start(done)` runs there and gives an Outcome.
template <class T>
using Decided = engine::Completion<Outcome<T>>;

template <class T, class Start>
Task<Outcome<T>> decide(Exchange& exchange, Start start) {
  auto result = co_await on_core<Outcome<T>>(exchange.broker().core, std::move(start));
  if (!result) co_return fault_of(result.error());
  co_return *std::move(result);
}

/// Hands on what a queue answers.
template <class T>
engine::Completion<T> decided(Decided<T> done) {
  return [done = std::move(done)](Result<T> result) mutable {
    if (!result) return done(Outcome<T>(fault_of(result.error())));
    done(Outcome<T>(*std::move(result)));
  };
}

}  // namespace twofold::http::sqs
