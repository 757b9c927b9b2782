#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/base/check.h"
#include "engine/record.h"

namespace twofold::filter {

/// Bounds of the language, each refused with a message and a position. language.md gives them to
/// users.
inline constexpr std::size_t kTextBytesMax = 1024;
inline constexpr std::size_t kNestingMax = 16;      ///< parentheses and NOTs inside each other
inline constexpr std::size_t kConditionsMax = 128;  ///< comparisons, and items of IN lists
inline constexpr std::size_t kPathsMax = 16;        ///< different fields of the value
inline constexpr std::size_t kPathStepsMax = 16;
inline constexpr std::size_t kPatternBytesMax = 255;
/// A value whose objects and arrays are nested deeper is treated as one that is not JSON.
inline constexpr std::size_t kValueDepthMax = 128;

/// How long and how deep a filter may be.
struct Bounds {
  std::size_t text_bytes = kTextBytesMax;
  std::size_t nesting = kNestingMax;
};
/// Of filters that are stored: what was taken once is understood for ever.
inline constexpr Bounds kStoredBounds{4096, 32};

/// Why a text is no filter, and at which byte of it, from 0. The position is the length of the text
/// when something is missing at its end.
struct SyntaxError {
  std::string message;  ///< for people: what was expected or is wrong, and where
  std::size_t position;
};

struct Program;
class Filter;

/// A filter, or why there is none.
class [[nodiscard]] Compiled {
 public:
  Compiled(std::shared_ptr<const Filter> filter) : state_(std::move(filter)) {}
  Compiled(SyntaxError error) : state_(std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  const std::shared_ptr<const Filter>& operator*() const {
    TF_CHECK(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  const Filter* operator->() const { return (**this).get(); }
  const SyntaxError& error() const {
    TF_CHECK(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<std::shared_ptr<const Filter>, SyntaxError> state_;
};

/// A condition over one record, in the comparison part of SQL: language.md defines it.
///
/// Contract
///   compile()   checks all that can be checked without a record. The text is copied; it is UTF-8,
///               and so then are the messages, which quote pieces of it.
///   matches()   true only where the condition is true, not where it is false or unknown. Every
///               record has an answer: what is absent, of another type or not JSON is unknown.
///               Time is linear in the record's bytes; a value is read at most once, and only if
///               the rest of the record does not decide.
/// Units    positions and limits in bytes.
/// Threads  any number at once: a filter never changes. Share it, do not copy it.
/// Memory   a few KiB a filter. matches() allocates only for a wanted JSON text or name with
/// escapes.
class Filter {
 public:
  static Compiled compile(std::string_view text, const Bounds& bounds = {});
  ~Filter();
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  bool matches(const engine::StoredRecord& record) const;
  /// As it was given to compile().
  std::string_view text() const;

 private:
  explicit Filter(std::unique_ptr<const Program> program);

  std::unique_ptr<const Program> program_;
};

}  // namespace twofold::filter
