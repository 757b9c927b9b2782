// Keys: make one, list them, take one away. They work on the file, with or without a broker.
#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "http/access/key_clash.h"
#include "http/access/token.h"
#include "http/namespaces.h"
#include "http/sqs/names.h"
#include "src/cli/handlers.h"
#include "src/cli/session.h"
#include "src/config/key_file.h"
#include "src/config/keys_lock.h"

namespace twofold::cli {
namespace {

using http::access::Key;

std::string file_of(const Args& args) {
  return args.has("keys-file") ? args.text("keys-file") : std::string("keys.toml");
}

Tried<std::vector<Key>> read(const std::string& file) {
  auto keys = config::read_keys(file);
  if (!keys) return usage(keys.error().why, config::keys_file_hint(file));
  return *std::move(keys);
}

std::string grants_of(const Key& key) {
  std::string text;
  for (const auto& grant : key.allow) text += (text.empty() ? "" : ", ") + grant.text();
  return text;
}

std::string namespace_of(const Key& key) {
  return key.name_space.empty() ? std::string(http::kDefaultNamespace) : key.name_space;
}

Tried<Key> key_of(const Args& args, const std::string& name_space) {
  Key key;
  key.id = args.text("name");
  if (!http::access::is_key_id(key.id))
    return usage("a key's name has 1 to 128 of the characters A-Z a-z 0-9 - _");
  if (key.id == http::access::kNobody) {
    return usage("no key is called nobody: the log says that of whoever has shown none",
                 "take another name");
  }
  for (const std::string& text : args.all("allow")) {
    auto grant = http::access::parse_grant(text);
    if (!grant) {
      return usage(fmt::format("\"{}\" is no grant", text),
                   "write publish, consume, manage, inspect or *, then a name like topic:orders, "
                   "queue:kitchen*, group:reports, or *");
    }
    key.allow.push_back(*std::move(grant));
  }
  if (key.allow.empty()) return usage("a key that may do nothing is of no use", "add --allow");
  if (args.has("account")) key.account = args.text("account");
  if (!http::sqs::is_account(key.account)) return usage("an account is twelve digits");
  if (args.has("certificate")) key.certificate = args.text("certificate");
  if (name_space != http::kDefaultNamespace) key.name_space = name_space;
  key.stored_bytes = args.size("stored").value_or(0);
  key.requests_per_second = args.count("requests").value_or(0);
  key.bytes_per_second = args.size("bytes").value_or(0);
  return key;
}

Tried<> write(const std::string& file, const std::vector<Key>& keys) {
  const auto written = config::write_keys(file, keys);
  if (!written) return Failure(ExitCode::failed, written.error().why);
  return Done{};
}

}  // namespace

Tried<> run_key_create(Session& session, const Args& args) {
  auto key = key_of(args, session.endpoint().name_space);
  if (!key) return key.error();
  const std::string file = file_of(args);
  const auto alone = config::KeysLock::take(file);
  if (!alone) return Failure(ExitCode::failed, alone.error().why);
  std::vector<Key> keys;
  if (::access(file.c_str(), F_OK) == 0) {
    auto known = read(file);
    if (!known) return known.error();
    keys = *std::move(known);
  }
  const auto same = [&](const Key& one) { return http::access::clash(*key, one); };
  if (std::any_of(keys.begin(), keys.end(), same)) {
    return Failure(ExitCode::conflict,
                   fmt::format("{} has a key {} already, or one for that certificate", file, key->id),
                   "take another name, or revoke that one first");
  }
  engine::SystemRandom random;
  JsonObject made;
  made.text("id", key->id);
  std::string shown;
  std::string token;
  if (key->certificate.empty()) {
    const std::string secret = http::access::new_secret(random);
    key->hash = http::access::hash_secret(secret);
    token = http::access::make_token(key->id, secret);
    made.text("token", token);
    shown = token + "\n";
  } else {
    made.text("certificate", key->certificate);
  }
  if (args.has("sqs")) {
    key->sqs_secret = http::access::new_secret(random);
    made.text("aws_access_key_id", key->id).text("aws_secret_access_key", key->sqs_secret);
    shown += fmt::format("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n", key->id,
                         key->sqs_secret);
  }
  keys.push_back(*key);
  if (auto written = write(file, keys); !written) return written;
  session.print(Answer(made.str()), shown, token.empty() ? key->id : token);
  session.terminal().note(shown.empty() ? "written to " + file
                                        : fmt::format("written to {}; what is shown is shown this once", file));
  return Done{};
}

Tried<> run_key_list(Session& session, const Args& args) {
  const auto keys = read(file_of(args));
  if (!keys) return keys.error();
  Table table({{"ID"}, {"ALLOW"}, {"SQS"}, {"CERTIFICATE"}, {"ACCOUNT"}, {"REQUESTS/S", true}, {"BYTES/S", true}, {"NAMESPACE"}});
  std::vector<Answer> items;
  for (const Key& key : *keys) {
    table.add({key.id, grants_of(key), key.sqs_secret.empty() ? "no" : "yes", key.certificate,
               key.account, std::to_string(key.requests_per_second), std::to_string(key.bytes_per_second), namespace_of(key)});
    std::vector<std::string> allow;
    for (const auto& grant : key.allow) allow.push_back(json_quote(grant.text()));
    items.emplace_back(JsonObject()
                           .text("name", key.id)
                           .raw("allow", json_array(allow))
                           .boolean("sqs", !key.sqs_secret.empty())
                           .text("certificate", key.certificate)
                           .text("account", key.account)
                           .number("requests_per_second", static_cast<std::int64_t>(key.requests_per_second))
                           .number("bytes_per_second", static_cast<std::int64_t>(key.bytes_per_second))
                           .text("namespace", namespace_of(key))
                           .number("stored_bytes", static_cast<std::int64_t>(key.stored_bytes))
                           .str());
  }
  session.print_list(items, table);
  return Done{};
}

Tried<> run_key_revoke(Session& session, const Args& args) {
  const std::string file = file_of(args);
  const auto alone = config::KeysLock::take(file);
  if (!alone) return Failure(ExitCode::failed, alone.error().why);
  auto keys = read(file);
  if (!keys) return keys.error();
  const std::string id = args.text("name");
  if (std::erase_if(*keys, [&](const Key& one) { return one.id == id; }) == 0)
    return Failure(ExitCode::not_found, fmt::format("{} has no key {}", file, id));
  if (auto written = write(file, *keys); !written) return written;
  session.terminal().note(fmt::format("{} is gone from {}; a broker forgets it with SIGHUP", id, file));
  return Done{};
}

}  // namespace twofold::cli
