#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/random.h"

namespace twofold::http::access {

/// What a key is shown as: "tk_<id>_<secret>". The id is public, the secret 256 random bits in
/// hexadecimal; only its SHA-256 is kept. Views into the text.
struct Token {
  std::string_view id;
  std::string_view secret;
};

inline constexpr std::size_t kSecretBytes = 32;
inline constexpr std::size_t kIdMax = 128;
using SecretHash = std::array<unsigned char, 32>;

/// Nullopt when the text is no token.
std::optional<Token> parse_token(std::string_view text);
std::string make_token(std::string_view id, std::string_view secret);

/// 1 to 128 of A-Z a-z 0-9 - and _: also an access key id of AWS.
bool is_key_id(std::string_view text);
/// Whom lines for the operator are about when nobody is known. No key may be called so.
inline constexpr std::string_view kNobody = "nobody";
/// The id of a key that was shown and is none of ours, if it may be written down; empty where it
/// could be a secret in the wrong place (`curl -u $TOKEN:`).
std::string_view public_id(std::string_view shown);

SecretHash hash_secret(std::string_view secret);
/// Compares in a time that does not depend on where they differ.
bool same_hash(const SecretHash& one, const SecretHash& other);
/// "sha256:" and 64 hexadecimal digits, as the keys file has it.
std::string hash_text(const SecretHash& hash);
std::optional<SecretHash> parse_hash(std::string_view text);

/// 256 bits, in hexadecimal.
std::string new_secret(engine::Random& random);
/// `bytes` in lower-case hexadecimal.
std::string hexadecimal(std::string_view bytes);

/// What an Authorization field says of who asks. Views into it, or into `decoded`.
struct Credentials {
  enum class Scheme { none, token, other, broken };
  Scheme scheme = Scheme::none;  ///< other: somebody else's, as a signature of AWS
  Token token{};
};
/// Bearer with a token; Basic with the id as user and the secret, or the token, as password.
Credentials read_authorization(std::string_view field, std::string& decoded);

}  // namespace twofold::http::access
