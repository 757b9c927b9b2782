#include "http/sqs/sigv4.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "engine/base/check.h"
#include "engine/base/hex.h"
#include "http/sqs/digest.h"

namespace twofold::http::sqs {
namespace {

constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";
constexpr std::string_view kContentHash = "x-amz-content-sha256";
// Fields of this kind that change what a request means, here or to those who signed it.
constexpr std::string_view kMeaningful[] = {"x-amz-content-sha256", "x-amz-date",
                                            "x-amz-security-token", "x-amz-target",
                                            "twofold-namespace"};
constexpr std::string_view kHex = "0123456789ABCDEF";

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

void append_encoded(std::string& out, std::string_view text, bool keep_slash) {
  for (const char c : text) {
    if (is_unreserved(c) || (keep_slash && c == '/')) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
}

std::string encoded(std::string_view text) {
  std::string out;
  append_encoded(out, text, false);
  return out;
}

void append_query(std::string& out, const Signature& signature, const Target& target) {
  std::vector<std::pair<std::string, std::string>> items;
  for (const QueryItem& item : target.query()) {
    if (signature.presigned() && item.name == "X-Amz-Signature") continue;
    items.emplace_back(encoded(item.name), encoded(item.value));
  }
  std::sort(items.begin(), items.end());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out.push_back('&');
    out.append(items[i].first).append("=").append(items[i].second);
  }
}

// Runs of blanks count as one; those around it were never part of it.
void append_value(std::string& out, std::string_view value) {
  const std::size_t last = value.find_last_not_of(' ');
  value = value.substr(0, last + 1);
  char before = ' ';
  for (const char c : value) {
    if (c != ' ' || before != ' ') out.push_back(c);
    before = c;
  }
}

// A field that came more than once is one list.
void append_header(std::string& out, std::string_view name, const Head& head,
                   std::string_view host) {
  out.append(name).push_back(':');
  bool first = true;
  for (const Field& field : head.fields) {
    if (!same_token(field.name, name)) continue;
    if (!std::exchange(first, false)) out.push_back(',');
    append_value(out, name == "host" ? host : field.value);
  }
  out.push_back('\n');
}

template <class Each>
void each_name(std::string_view list, Each each) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(';'), list.size());
    each(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

bool lists(std::string_view list, std::string_view wanted) {
  bool found = false;
  each_name(list, [&](std::string_view name) { found |= same_token(name, wanted); });
  return found;
}

struct Free {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MAC_CTX, Free>;

// Set up once a thread: OpenSSL would search for both algorithms by name with every use.
Context make_context() {
  const std::unique_ptr<EVP_MAC, Free> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  TF_CHECK(mac != nullptr);
  Context context(EVP_MAC_CTX_new(mac.get()));
  TF_CHECK(context != nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  TF_CHECK(EVP_MAC_CTX_set_params(context.get(), params) == 1);
  return context;
}

const unsigned char* bytes_in(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

SigningKey hmac(std::string_view key, std::string_view text) {
  thread_local const Context context = make_context();
  SigningKey out;
  std::size_t size = 0;
  TF_CHECK(EVP_MAC_init(context.get(), bytes_in(key), key.size(), nullptr) == 1);
  TF_CHECK(EVP_MAC_update(context.get(), bytes_in(text), text.size()) == 1);
  TF_CHECK(EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1);
  TF_CHECK(size == out.size());
  return out;
}

std::string_view bytes_of(const SigningKey& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

}  // namespace

Outcome<> check_signed_headers(const Signature& signature, const Head& head) {
  const auto unsigned_field = [](std::string_view name) {
    return Fault(Code::invalid_signature,
                 fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization.", name));
  };
  if (!lists(signature.headers, "host")) return unsigned_field("Host");
  for (const Field& field : head.fields) {
    const bool meaningful =
        std::any_of(std::begin(kMeaningful), std::end(kMeaningful),
                    [&](std::string_view name) { return same_token(field.name, name); });
    if (meaningful && !lists(signature.headers, field.name)) return unsigned_field(field.name);
  }
  return {};
}

Outcome<std::string> payload_hash(const Head& head, std::string_view body) {
  const std::string_view named = head.field(kContentHash);
  if (named == kUnsigned) return std::string(named);
  std::string digest = sha256_hex(body);
  if (named.empty() || named == digest) return digest;
  return Fault(Code::invalid_signature,
               "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

std::string canonical_request(const Signature& signature, const Head& head, const Target& target,
                              std::string_view host, std::string_view payload_hash) {
  std::string out;
  out.append(head.method).push_back('\n');
  // As it came, escapes and all, and escaped once more: every service but S3 has it so.
  append_encoded(out, head.target.substr(0, head.target.find('?')), true);
  out.push_back('\n');
  append_query(out, signature, target);
  out.push_back('\n');
  each_name(signature.headers,
            [&](std::string_view name) { append_header(out, name, head, host); });
  out.push_back('\n');
  out.append(signature.headers).push_back('\n');
  out.append(payload_hash);
  return out;
}

SigningKey signing_key(std::string_view secret, std::string_view date, std::string_view region) {
  std::string start = "AWS4";
  start.append(secret);
  SigningKey key = hmac(start, date);
  OPENSSL_cleanse(start.data(), start.size());
  for (const std::string_view step :
       {region, std::string_view("sqs"), std::string_view("aws4_request")}) {
    key = hmac(bytes_of(key), step);
  }
  return key;
}

std::string sign(const SigningKey& key, const Signature& signature,
                 std::string_view canonical_request) {
  const std::string text =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}/{}/{}/aws4_request\n{}", signature.time, signature.date,
                  signature.region, signature.service, sha256_hex(canonical_request));
  return engine::to_hex(bytes_of(hmac(bytes_of(key), text)));
}

bool same_signature(std::string_view expected, std::string_view given) {
  return expected.size() == given.size() &&
         CRYPTO_memcmp(expected.data(), given.data(), expected.size()) == 0;
}

}  // namespace twofold::http::sqs
