#include "http/rest/key_in.h"

#include <fmt/format.h>

#include "http/namespaces.h"
#include "http/rest/json_request.h"
#include "http/sqs/names.h"

namespace twofold::http {
namespace {

constexpr std::size_t kGrantsMax = 1'000;
constexpr std::size_t kCertificateBytesMax = 1'024;
constexpr std::int64_t kRateMax = INT64_MAX;

Try<> read_grants(JsonReader& json, std::vector<access::Grant>& grants) {
  json.enter_array();
  while (json.next_element()) {
    const std::string_view text = json.string();
    if (!json.ok()) break;
    auto grant = access::parse_grant(text);
    if (!grant || grants.size() == kGrantsMax) {
      return Problem(ProblemKind::invalid_request,
                     "allow has up to 1000 grants like \"publish topic:orders\": publish, consume, "
                     "manage, inspect or *, then topic:, queue: or group: with a name or the "
                     "beginning of names and a star, or * for everything.");
    }
    grants.push_back(*std::move(grant));
  }
  if (!json.ok()) return json_problem(*json.error());
  return {};
}

Try<> check(const NewKey& asked) {
  if (!access::is_key_id(asked.key.id)) {
    return Problem(ProblemKind::invalid_request,
                   "A key's id has 1 to 128 of the characters A-Z a-z 0-9 - _.", "id");
  }
  if (asked.key.id == access::kNobody) {
    return Problem(ProblemKind::invalid_request,
                   "No key is called nobody: the log says that of whoever has shown none.", "id");
  }
  if (asked.key.allow.empty()) {
    return Problem(ProblemKind::invalid_request, "A key that may do nothing is of no use.",
                   "allow");
  }
  if (!sqs::is_account(asked.key.account)) {
    return Problem(ProblemKind::invalid_request, "An account is twelve digits.", "account");
  }
  if (!asked.key.name_space.empty() && !is_namespace(asked.key.name_space)) {
    return Problem(ProblemKind::invalid_request,
                   "A namespace has 1 to 64 of the characters A-Z a-z 0-9 . _ -.", "namespace");
  }
  if (asked.key.certificate.size() > kCertificateBytesMax) {
    return Problem(ProblemKind::invalid_request, "A certificate's name has 1024 bytes at most.",
                   "certificate");
  }
  if (!asked.token && !asked.sqs && asked.key.certificate.empty()) {
    return Problem(ProblemKind::invalid_request,
                   "A key has a token, a secret for SQS or the name of a certificate.", "token");
  }
  return {};
}

Try<> read_rate(JsonReader& json, std::uint64_t& rate) {
  auto number = read_number(json, 0, kRateMax);
  if (!number) return std::move(number).problem();
  rate = static_cast<std::uint64_t>(*number);
  return {};
}

// Not the default one: who left out a name means another one than all of them.
Try<> read_namespace(JsonReader& json, std::string& name) {
  name = json.string();
  if (name.empty() && json.ok())
    return Problem(ProblemKind::invalid_request, "A namespace has a name.", "namespace");
  return {};
}

}  // namespace

Try<NewKey> read_new_key(Call& call) {
  JsonReader json(call.body.empty() ? std::string_view("{}") : call.body, call.scratch.texts);
  static constexpr std::string_view kNames[] = {
      "id",  "allow",       "account",             "token",
      "sqs", "certificate", "requests_per_second", "bytes_per_second",
      "namespace", "stored_bytes"};
  NewKey asked;
  asked.key.name_space = call.head.name_space;
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    Try<> read;
    switch (*member) {
      case 0: asked.key.id = json.string(); break;
      case 1: read = read_grants(json, asked.key.allow); break;
      case 2: asked.key.account = json.string(); break;
      case 3: asked.token = json.boolean(); break;
      case 4: asked.sqs = json.boolean(); break;
      case 5: asked.key.certificate = json.string(); break;
      case 6: read = read_rate(json, asked.key.requests_per_second); break;
      case 7: read = read_rate(json, asked.key.bytes_per_second); break;
      case 8: read = read_namespace(json, asked.key.name_space); break;
      default: read = read_rate(json, asked.key.stored_bytes); break;
    }
    if (!read) members.refuse(std::move(read).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (asked.key.name_space == kDefaultNamespace) asked.key.name_space.clear();
  if (auto sound = check(asked); !sound) return std::move(sound).problem();
  return asked;
}

}  // namespace twofold::http
