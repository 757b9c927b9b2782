#pragma once

#include <memory>
#include <utility>

#include "engine/requests.h"
#include "http/call.h"
#include "http/kept_answer.h"
#include "http/on_core.h"

namespace twofold::http {

/// The request of a call that has an Idempotency-Key: its key, and what it asks for (method,
/// target, content type, fields of ours, body). Errors: invalid_request, a key of more than 255
/// bytes.
Result<engine::RequestKey> request_key(const Call& call);

/// Operations that take an Idempotency-Key: every POST that writes what an answer that got lost
/// could have somebody write again.
bool takes_key(std::string_view operation);

using Kept = engine::Requests::Kept;

namespace detail {

/// What the core says of a request before it is carried out: an error, or nothing.
std::optional<engine::Error> refusal_of(engine::Requests::State state);

// Answers a request that was carried out before, once no crash can take back what it did.
template <class T>
void answer_again(Broker& broker, const engine::RequestAnswer& answer, engine::Completion<T> done) {
  T value = recall<T>(answer);
  const engine::Durability asked = durability_of(value);
  broker.core.on_commit(asked, [value = std::move(value), done = std::move(done)](
                                   Result<engine::Durability> reached) mutable {
    if (!reached) return done(reached.error());
    set_durability(value, *reached);
    done(std::move(value));
  });
}

// The first answer has gone out, or the request came to nothing. Where the outcome of a write is
// unknown the key stays running: only another life of the broker can tell.
template <class T>
void conclude(engine::Requests& requests, const engine::RequestKey& key, Kept kept,
              const Result<T>& result) {
  if (!result) return requests.forget(key);
  if (kept == Kept::until_restart) requests.answer(key, keep(*result));
  requests.finish(key);
}

template <class T, class Start>
void carry_out_once(Broker& broker, const engine::RequestKey& key, Kept kept, bool& replayed,
                    Start& start, engine::Completion<T> done) {
  engine::Requests& requests = broker.requests;
  const auto found = requests.find(key);
  if (auto refusal = refusal_of(found.state)) return done(*std::move(refusal));
  if (found.state == engine::Requests::State::answered) {
    replayed = true;
    return answer_again<T>(broker, found.answer, std::move(done));
  }
  if (auto room = requests.room(kAnswerBytesMax); !room) return done(room.error());
  requests.remember(key, {}, Kept::until_restart);  // running, whenever it comes to its write
  engine::Decided<T> decided = [&requests, key, kept](const T& outline) {
    requests.remember(key, keep(outline), kept);
  };
  auto concluded = [&requests, key, kept, done = std::move(done)](Result<T> result) mutable {
    conclude(requests, key, kept, result);
    done(std::move(result));
  };
  start(std::move(concluded), std::move(decided));
}

}  // namespace detail

/// Carries out a write on the core, once for each Idempotency-Key:
///     auto start = [&](engine::Completion<Sent> done, engine::Decided<Sent> decided) {
///       queues.send(std::move(send), std::move(done), std::move(decided));
///     };
///     auto sent = co_await write_once<Sent>(call, std::move(start));
/// What `decided` hears is remembered in the same turn as the write, so that the journal keeps both
/// or neither. A request that was carried out is answered as it was the first time, with a field
/// that says so. Without a key it is on_core().
/// With Kept::until_restart `decided` says that something long has begun, and what `done` is given
/// is remembered; an error forgets the key.
/// Errors: those of the write; idempotency_key_reused, idempotency_in_progress, overloaded.
template <class T, class Start>
Task<Result<T>> write_once(Call& call, Start start, Kept kept = Kept::durably) {
  if (call.head.idempotency_key.empty()) {
    auto plain = [start = std::move(start)](engine::Completion<T> done) mutable {
      start(std::move(done), engine::Decided<T>());
    };
    co_return co_await on_core<T>(call.broker().core, std::move(plain));
  }
  const auto key = request_key(call);
  if (!key) co_return key.error();
  bool replayed = false;
  auto once = [&broker = call.broker(), &key, kept, &replayed,
               start = std::move(start)](engine::Completion<T> done) mutable {
    detail::carry_out_once<T>(broker, *key, kept, replayed, start, std::move(done));
  };
  auto result = co_await on_core<T>(call.broker().core, std::move(once));
  if (replayed && result) call.reply.field("Idempotency-Replayed", "true");
  co_return result;
}

}  // namespace twofold::http
