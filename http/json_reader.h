#pragma once

#include <cstdint>
#include <forward_list>
#include <optional>
#include <string>
#include <string_view>

namespace twofold::http {

/// What a JSON text begins with at the cursor.
enum class JsonType { object, array, string, number, boolean, null };

/// Why a JSON text was refused, and at which byte of it.
struct JsonError {
  std::string_view message;  ///< static text
  std::size_t position;
};

/// What a lone surrogate in an escape is: a mistake in the text, or a character that is none (it
/// becomes U+FFFF), for whoever refuses only the string that it is in.
enum class LoneSurrogates { refused, replaced };

/// Strings that had escapes, decoded; they stay where they are while others are added.
using TextStore = std::forward_list<std::string>;

/// A cursor that walks a JSON text once, from front to back, and hands out slices of it.
///
/// Contract
///   strict     RFC 8259 and nothing else: UTF-8 without a mark, no lone surrogates (unless they
///              are to be replaced), the number grammar, no comments, no trailing comma,
///              `depth_max` levels of nesting.
///   slices     slice() gives the exact bytes of a value after checking all of it, so that `1.0`
///              stays `1.0`. Slices, names and strings are views into the text, or, when they had
///              escapes, into what `keep` was given.
///   errors     the first one is final: every later call gives false or an empty value. A caller
///              may therefore read a whole object and look at error() once.
/// Doubled members are the caller's business: it knows which objects are requests.
/// Threads  any one. Allocates only for strings with escapes.
class JsonReader {
 public:
  static constexpr std::size_t kDepthMax = 32;

  JsonReader(std::string_view text, TextStore& keep,
             LoneSurrogates lone_surrogates = LoneSurrogates::refused)
      : text_(text), keep_(keep), lone_surrogates_(lone_surrogates) {}
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  bool ok() const { return !error_; }
  const std::optional<JsonError>& error() const { return error_; }
  /// Where the cursor stands: the place to name when a value is of the wrong type or range.
  std::size_t position() const { return at_; }

  /// The type of the next value, nullopt when there is none (an error then).
  std::optional<JsonType> peek();

  /// Enters an object or array; false (and an error) when the next value is something else.
  bool enter_object();
  bool enter_array();
  /// Moves to the next member and gives its name; false at the end of the object.
  bool next_member(std::string_view& name);
  /// Moves to the next element; false at the end of the array.
  bool next_element();

  std::string_view string();
  /// A number without fraction or exponent that fits; an error otherwise.
  std::int64_t integer();
  bool boolean();
  void null();
  /// Any number's text, checked.
  std::string_view number();
  /// Any value's exact bytes, checked to the end.
  std::string_view slice();

  /// Checks that only white space follows.
  bool finish();

  /// Refuses the value at `position` in the caller's words (static text).
  void fail(std::string_view message, std::size_t position);

 private:
  bool fail_here(std::string_view message);
  void skip_space();
  bool expect_literal(std::string_view word);
  bool enter(char open, std::string_view message);
  /// Stands before the next member's name; false at the end of the object.
  bool to_member();
  bool to_member_value();
  bool skip_member_name();
  /// Checks the string at the cursor and leaves the cursor after it. `raw` is what stands between
  /// the quotes; returns whether it has escapes.
  bool scan_string(std::string_view& raw);
  bool scan_escape();
  bool scan_utf8();
  bool scan_number();
  bool scan_value();
  std::string_view unescaped(std::string_view raw);

  std::string_view text_;
  TextStore& keep_;
  const LoneSurrogates lone_surrogates_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool first_ = false;  // nothing was read yet of the object or array just entered
  std::optional<JsonError> error_;
};

/// Whether all of `text` is one JSON value, by the same rules.
bool is_json(std::string_view text);

/// Whether `text` is UTF-8: no overlong forms, surrogates, or code points past U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace twofold::http
