// Keys: who has one, who gets one and who loses it; and tickets, for browsers.
#include <fmt/format.h>

#include "engine/base/diag.h"
#include "http/access/key_clash.h"
#include "http/json_writer.h"
#include "http/namespaces.h"
#include "http/on_core.h"
#include "http/permit.h"
#include "http/rest/handlers.h"
#include "http/rest/key_in.h"
#include "http/route.h"
#include "http/shown.h"

namespace twofold::http {

namespace {

using access::Key;

// Secrets are shown once, by whoever made them.
void append_key(JsonWriter& json, const Key& key) {
  json.name("id").string(key.id).name("account").string(key.account);
  json.name("token").boolean(key.hash.has_value());
  json.name("sqs").boolean(!key.sqs_secret.empty());
  if (!key.certificate.empty()) json.name("certificate").string(key.certificate);
  json.name("allow").begin_array();
  for (const access::Grant& grant : key.allow) json.string(grant.text());
  json.end_array().name("requests_per_second").number(key.requests_per_second);
  json.name("bytes_per_second").number(key.bytes_per_second);
  json.name("namespace").string(key.name_space.empty() ? kDefaultNamespace : key.name_space);
  json.name("stored_bytes").number(key.stored_bytes);
}

std::string subject_of(const Key& key) { return fmt::format("key:{}", key.id); }

Problem no_keys_file() {
  return Problem(ProblemKind::not_found, "This broker asks nobody for a key.")
      .with_hint("set auth.keys_file, to a file that twofold key create has begun");
}

// Only what the caller may do itself.
std::optional<Problem> check_grants(const Call& call, const Key& key) {
  for (const access::Grant& grant : key.allow) {
    if (access::may_hand_on(*call.principal, grant)) continue;
    access::audit(asker_of(call), {call.route->operation, call.subject, "denied"});
    return Problem(ProblemKind::forbidden,
                   fmt::format("You may not do \"{}\" yourself.", grant.text()), "allow");
  }
  return std::nullopt;
}

Problem not_changed(const engine::Error& error) {
  engine::diag(engine::DiagLevel::error, "auth", "keys were not changed",
               {
                   {"why", error.detail}
  });
  return Problem(ProblemKind::keys_file_failed, "The keys are as they were: " + error.detail + ".")
      .with_hint(error.hint);
}

// False when there was nothing to change.
Task<Try<bool>> change(Broker& broker, const access::KeyEdit& edit) {
  auto work = [&broker, &edit] { return broker.shared.change_keys(edit); };
  auto changed = co_await run_on(broker.storage_pool, std::move(work));
  if (!changed) co_return not_changed(changed.error());
  co_return *changed;
}

// The namespace that a new key belongs to, if any: it is there when the key is.
Task<std::optional<Problem>> bring_about(Broker& broker, const std::string& name) {
  Namespaces* const namespaces = broker.shared.namespaces;
  if (name.empty() || !namespaces) co_return std::nullopt;
  auto start = [namespaces, &name](engine::Completion<engine::Durability> done) {
    namespaces->make(name, std::move(done));
  };
  const auto made = co_await on_core<engine::Durability>(broker.core, std::move(start));
  if (!made) co_return not_made(made.error());
  co_return std::nullopt;
}

}  // namespace

Task<Try<>> list_keys(Call& call) {
  JsonWriter json(call.reply.body);
  json.begin_object().name("items").begin_array();
  for (const Key& key : call.broker().shared.access.keyring.list()) {
    append_key(json.begin_object(), key);
    json.end_object();
  }
  json.end_array().end_object();
  co_return Try<>();
}

Task<Try<>> create_key(Call& call) {
  if (!call.broker().shared.change_keys) co_return no_keys_file();
  auto asked = read_new_key(call);
  if (!asked) co_return std::move(asked).problem();
  Key& key = asked->key;
  call.subject = subject_of(key);
  if (auto refused = check_grants(call, key)) co_return *std::move(refused);
  auto missing = co_await bring_about(call.broker(), key.name_space);
  if (missing) co_return *std::move(missing);
  const std::string secret = access::new_secret(call.broker().random);
  if (asked->token) key.hash = access::hash_secret(secret);
  if (asked->sqs) key.sqs_secret = access::new_secret(call.broker().random);
  const access::KeyEdit add = [&key](std::vector<Key>& keys) {
    for (const Key& other : keys)
      if (access::clash(key, other)) return false;
    keys.push_back(key);
    return true;
  };
  auto added = co_await change(call.broker(), add);
  if (!added) co_return std::move(added).problem();
  if (!*added) {
    co_return Problem(ProblemKind::name_taken, "There is a key of that id or certificate.", "id")
        .with_hint("take another id, or revoke that key first");
  }
  if (auto refused = co_await bring_about(call.broker(), key.name_space))
    co_return *std::move(refused);
  call.reply.status = 201;
  call.reply.field("Cache-Control", "no-store");
  JsonWriter json(call.reply.body);
  append_key(json.begin_object(), key);
  if (key.hash) json.name("secret_token").string(access::make_token(key.id, secret));
  if (!key.sqs_secret.empty()) {
    json.name("aws_access_key_id").string(key.id);
    json.name("aws_secret_access_key").string(key.sqs_secret);
  }
  json.end_object();
  co_return Try<>();
}

Task<Try<>> revoke_key(Call& call) {
  const std::string_view id = call.args[0];
  if (!call.broker().shared.change_keys) co_return no_keys_file();
  if (id == call.principal->id) {
    co_return Problem(ProblemKind::invalid_request,
                      "This is the key that you ask with: another one has to revoke it.", "id");
  }
  const access::KeyEdit drop = [id](std::vector<Key>& keys) {
    return std::erase_if(keys, [&](const Key& key) { return key.id == id; }) > 0;
  };
  auto dropped = co_await change(call.broker(), drop);
  if (!dropped) co_return std::move(dropped).problem();
  if (!*dropped)
    co_return Problem(ProblemKind::not_found, fmt::format("There is no key {}.", shown(id)), "id");
  JsonWriter json(call.reply.body);
  json.begin_object().name("id").string(id).name("revoked").boolean(true).end_object();
  co_return Try<>();
}

Task<Try<>> issue_ticket(Call& call) {
  auto& tickets = call.broker().shared.access.tickets;
  const auto ticket = tickets.issue(call.principal->shared_from_this(), call.broker().random,
                                    call.broker().clock.now());
  if (!ticket) {
    co_return Problem(ProblemKind::overloaded, "Too many tickets wait for their connections.");
  }
  call.reply.field("Cache-Control", "no-store");
  JsonWriter json(call.reply.body);
  json.begin_object().name("ticket").string(*ticket).name("good_for").string("60s").end_object();
  co_return Try<>();
}

}  // namespace twofold::http
