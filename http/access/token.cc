#include "http/access/token.h"

#include <algorithm>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "engine/base/hex.h"
#include "http/base64.h"
#include "http/head_check.h"

namespace twofold::http::access {
namespace {

constexpr std::string_view kPrefix = "tk_";
constexpr std::string_view kHashPrefix = "sha256:";
constexpr std::size_t kSecretDigits = 2 * kSecretBytes;

bool is_hexadecimal(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

// "scheme rest", the scheme without regard to case.
bool take_scheme(std::string_view& field, std::string_view scheme) {
  if (field.size() <= scheme.size() || field[scheme.size()] != ' ') return false;
  if (!same_token(field.substr(0, scheme.size()), scheme)) return false;
  field.remove_prefix(scheme.size());
  while (field.starts_with(' ')) field.remove_prefix(1);
  return true;
}

std::optional<Token> read_basic(std::string_view field, std::string& decoded) {
  auto text = decode_base64(field);
  if (!text) return std::nullopt;
  decoded = *std::move(text);
  const std::string_view both = decoded;
  const std::size_t colon = both.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const Token token{both.substr(0, colon), both.substr(colon + 1)};
  if (const auto whole = parse_token(token.secret)) {
    return whole->id == token.id ? whole : std::nullopt;
  }
  return token;
}

}  // namespace

std::optional<Token> parse_token(std::string_view text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const std::size_t mark = text.rfind('_');
  if (mark == std::string_view::npos) return std::nullopt;
  const Token token{text.substr(0, mark), text.substr(mark + 1)};
  if (!is_key_id(token.id) || token.secret.size() != kSecretDigits) return std::nullopt;
  return is_hexadecimal(token.secret) ? std::optional(token) : std::nullopt;
}

std::string make_token(std::string_view id, std::string_view secret) {
  return std::string(kPrefix).append(id).append("_").append(secret);
}

bool is_key_id(std::string_view text) {
  return !text.empty() && text.size() <= kIdMax && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

std::string_view public_id(std::string_view shown) {
  constexpr std::size_t kDigitsMax = 32;  // half of a secret is none
  std::size_t digits = 0;
  for (const char c : shown) {
    digits = is_hexadecimal({&c, 1}) ? digits + 1 : 0;
    if (digits > kDigitsMax) return {};
  }
  return is_key_id(shown) ? shown : std::string_view();
}

SecretHash hash_secret(std::string_view secret) {
  SecretHash hash{};
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), hash.data());
  return hash;
}

bool same_hash(const SecretHash& one, const SecretHash& other) {
  return CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::string hexadecimal(std::string_view bytes) { return engine::to_hex(bytes); }

std::string new_secret(engine::Random& random) {
  std::string bytes;
  while (bytes.size() < kSecretBytes) {
    const std::uint64_t drawn = random.next_u64();
    bytes.append(reinterpret_cast<const char*>(&drawn), sizeof drawn);
  }
  return hexadecimal(bytes);
}

std::string hash_text(const SecretHash& hash) {
  return std::string(kHashPrefix)
      .append(hexadecimal({reinterpret_cast<const char*>(hash.data()), hash.size()}));
}

std::optional<SecretHash> parse_hash(std::string_view text) {
  if (!text.starts_with(kHashPrefix)) return std::nullopt;
  text.remove_prefix(kHashPrefix.size());
  SecretHash hash{};
  if (text.size() != 2 * hash.size() || !is_hexadecimal(text)) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    hash[i] = static_cast<unsigned char>(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
  }
  return hash;
}

Credentials read_authorization(std::string_view field, std::string& decoded) {
  using Scheme = Credentials::Scheme;
  if (field.empty()) return {};
  std::optional<Token> token;
  if (take_scheme(field, "Bearer")) {
    token = parse_token(field);
  } else if (take_scheme(field, "Basic")) {
    token = read_basic(field, decoded);
  } else {
    return {Scheme::other, {}};
  }
  if (!token) return {Scheme::broken, {}};
  return {Scheme::token, *token};
}

}  // namespace twofold::http::access
