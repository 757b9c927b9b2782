#include "http/once.h"

#include <algorithm>
#include <array>

#include <sodium.h>

namespace twofold::http {
namespace {

constexpr std::size_t kKeyBytesMax = 255;
/// Fields that are part of what a request asks for begin so: notes of a raw record, attributes of
/// an event.
constexpr std::string_view kPartOfTheRequest[] = {"Twofold-", "ce-"};

constexpr auto kWithKey = std::to_array<std::string_view>(
    {"publish", "publish_raw", "send", "send_raw", "ack", "nack", "extend", "commit", "seek",
     "trim", "commit_together", "replay", "redrive", "move", "purge", "move_message"});

bool is_part_of_request(std::string_view name) {
  return std::any_of(
      std::begin(kPartOfTheRequest), std::end(kPartOfTheRequest),
      [&](std::string_view begin) { return same_token(name.substr(0, begin.size()), begin); });
}

/// A cryptographic hash of several parts, none of which runs over into the next.
class Hash {
 public:
  Hash() { crypto_generichash_init(&state_, nullptr, 0, sizeof(engine::IdHash)); }
  Hash& add(std::string_view part) {
    const std::uint64_t size = part.size();
    update({reinterpret_cast<const char*>(&size), sizeof size});
    update(part);
    return *this;
  }
  engine::IdHash finish() {
    engine::IdHash hash{};
    crypto_generichash_final(&state_, reinterpret_cast<unsigned char*>(hash.data()), hash.size());
    return hash;
  }

 private:
  void update(std::string_view bytes) {
    crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()),
                              bytes.size());
  }
  crypto_generichash_state state_;
};

}  // namespace

Result<engine::RequestKey> request_key(const Call& call) {
  const Head& head = call.head;
  if (head.idempotency_key.size() > kKeyBytesMax)
    return engine::Error(engine::Errc::invalid_request,
                         "An Idempotency-Key has at most 255 characters.");
  Hash wanted;
  wanted.add(head.method).add(head.target).add(head.content_type);
  for (const Field& field : head.fields) {
    if (is_part_of_request(field.name)) wanted.add(field.name).add(field.value);
  }
  wanted.add(call.body);
  Hash key;
  if (!call.principal->id.empty()) key.add(call.principal->id);  // nobody hears another's answer
  key.add(head.idempotency_key);
  return engine::RequestKey{key.finish(), wanted.finish()};
}

bool takes_key(std::string_view operation) {
  return std::find(kWithKey.begin(), kWithKey.end(), operation) != kWithKey.end();
}

namespace detail {

std::optional<engine::Error> refusal_of(engine::Requests::State state) {
  using State = engine::Requests::State;
  switch (state) {
    case State::unknown:
    case State::answered: return std::nullopt;
    case State::running:
      return engine::Error(engine::Errc::idempotency_in_progress,
                           "The first request with this Idempotency-Key has no answer yet.");
    case State::other_request:
      return engine::Error(
          engine::Errc::idempotency_key_reused,
          "This Idempotency-Key belongs to a request with another path or body.",
          "Make a new key for every request, and send it again only with that request.");
  }
  __builtin_unreachable();
}

}  // namespace detail
}  // namespace twofold::http
