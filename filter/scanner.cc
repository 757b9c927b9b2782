#include "filter/scanner.h"

#include <algorithm>
#include <array>

#include "filter/operand.h"

namespace twofold::filter {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool begins_name(char c) {
  const char upper = to_upper(c);
  return (upper >= 'A' && upper <= 'Z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool continues_name(char c) { return begins_name(c) || is_digit(c) || c == '-'; }

// The longer before those that they begin with.
constexpr std::array<std::string_view, 13> kSymbols{"<=", ">=", "<>", "!=", "=", "<", ">",
                                                    "(",  ")",  "[",  "]",  ",", "."};

struct Slip {
  std::string_view begins;
  std::string_view why;
};
// What people bring from other languages, the longer first.
constexpr std::array kSlips{
    Slip{"==", "equality is written ="                                },
    Slip{"&",  "conditions are joined with AND"                       },
    Slip{"|",  "conditions are joined with OR"                        },
    Slip{"!",  "write NOT before a condition, <> between two values"  },
    Slip{"\"", "texts stand in single quotes"                         },
    Slip{"+",  "there is no arithmetic, and numbers have no plus sign"},
};

}  // namespace

bool Token::is_word(std::string_view upper_case) const {
  return kind == Kind::name &&
         std::equal(text.begin(), text.end(), upper_case.begin(), upper_case.end(),
                    [](char written, char wanted) { return to_upper(written) == wanted; });
}

Token Scanner::next() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  if (at_ == text_.size()) return Token{Token::Kind::end, {}, at_};
  const std::string_view rest = text_.substr(at_);
  if (begins_name(rest.front())) {
    const auto name_end = std::find_if_not(rest.begin(), rest.end(), continues_name);
    return take(Token::Kind::name, static_cast<std::size_t>(name_end - rest.begin()));
  }
  if (const std::size_t bytes = number_prefix(rest)) return number(bytes);
  if (rest.front() == '\'') return quoted();
  return symbol();
}

Token Scanner::take(Token::Kind kind, std::size_t bytes) {
  const Token token{kind, text_.substr(at_, bytes), at_};
  at_ += bytes;
  return token;
}

Token Scanner::broken(std::string_view why, std::size_t position) {
  at_ = text_.size();
  return Token{Token::Kind::broken, why, position};
}

Token Scanner::number(std::size_t bytes) {
  const std::size_t after = at_ + bytes;
  if (after < text_.size() && (continues_name(text_[after]) || text_[after] == '.')) {
    return broken("this is no number (a name that begins with a digit is written ['3d'])", at_);
  }
  return take(Token::Kind::number, bytes);
}

Token Scanner::quoted() {
  for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
    if (text_[i] != '\'') continue;
    if (i + 1 < text_.size() && text_[i + 1] == '\'') {
      ++i;
    } else {
      return take(Token::Kind::text, i + 1 - at_);
    }
  }
  return broken("the text that begins here has no closing quote", at_);
}

Token Scanner::symbol() {
  const std::string_view rest = text_.substr(at_);
  if (rest.starts_with("==")) return broken(kSlips.front().why, at_);
  for (const std::string_view each : kSymbols) {
    if (rest.starts_with(each)) return take(Token::Kind::symbol, each.size());
  }
  for (const Slip& slip : kSlips) {
    if (rest.starts_with(slip.begins)) return broken(slip.why, at_);
  }
  return broken("this character has no meaning here", at_);
}

}  // namespace twofold::filter
