#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace twofold::filter {

struct Token {
  enum class Kind : std::uint8_t { end, name, number, text, symbol, broken };

  Kind kind = Kind::end;
  std::string_view text{};  ///< as written, a text with its quotes; of a broken one what is wrong
  std::size_t position = 0;

  std::size_t end() const { return position + text.size(); }
  /// Keywords are names in any case: AND, and, And.
  bool is_word(std::string_view upper_case) const;
  bool is_symbol(std::string_view s) const { return kind == Kind::symbol && text == s; }
};

/// Cuts a filter's text into tokens. A broken token says in `text` why, and none follows it.
///   name    a letter, _, $ or a byte of a character past ASCII; then also digits and -
///   number  -?digits[.digits][e[+-]digits], and no name behind it
///   text    'like this', with '' for one quote
///   symbol  ( ) [ ] , . = <> != < <= > >=
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  Token next();

 private:
  Token take(Token::Kind kind, std::size_t bytes);
  Token broken(std::string_view why, std::size_t position);
  Token number(std::size_t bytes);
  Token quoted();
  Token symbol();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace twofold::filter
