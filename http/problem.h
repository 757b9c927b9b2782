#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/base/check.h"
#include "engine/base/error.h"
#include "http/problem_kind.h"

namespace twofold::http {

/// One refusal, with everything a client is told about it.
struct Problem {
  Problem(ProblemKind k, std::string d) : kind(k), detail(std::move(d)) {}
  Problem(ProblemKind k, std::string d, std::string p)
      : kind(k), detail(std::move(d)), param(std::move(p)) {}
  /// The broker's own error, in this API's words.
  Problem(const engine::Error& error);  // NOLINT(google-explicit-constructor)

  Problem& with_hint(std::string text) {
    hint = std::move(text);
    return *this;
  }

  ProblemKind kind;
  std::string detail;
  std::string hint;
  std::string param;                     ///< the member, query parameter or path part at fault
  std::optional<std::size_t> index{};    ///< which record or item of a batch
  std::optional<std::size_t> at{};       ///< which byte of the body
  std::optional<std::int64_t> oldest{};  ///< offset-trimmed: what is still there
  /// data-damaged: the offsets [from, to) that nothing can be read of, where that is known.
  struct Gap {
    std::int32_t partition;
    std::int64_t from;
    std::int64_t to;
  };
  std::optional<Gap> gap{};
  std::string cursor{};                  ///< that goes on behind the gap
  std::string actual_name{};             ///< a member that says what is true instead; empty: none
  std::string actual{};                  ///< its value: digits, a text, or empty for null
};

/// A value or a Problem: what parsing and handling a request end with.
template <class T = void>
class [[nodiscard]] Try {
 public:
  Try(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Try(Problem problem)
      : state_(std::in_place_index<1>, std::make_unique<Problem>(std::move(problem))) {}
  Try(const engine::Error& error) : Try(Problem(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return checked(); }
  T&& operator*() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  /// The problem, to be handed on.
  Problem problem() && {
    TF_CHECK(state_.index() == 1);
    return std::move(**std::get_if<1>(&state_));
  }

 private:
  T& checked() {
    TF_CHECK(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  std::variant<T, std::unique_ptr<Problem>> state_;
};

template <>
class [[nodiscard]] Try<void> {
 public:
  Try() = default;
  Try(Problem problem) : problem_(std::make_unique<Problem>(std::move(problem))) {}
  Try(const engine::Error& error) : Try(Problem(error)) {}

  explicit operator bool() const { return !problem_; }
  Problem problem() && {
    TF_CHECK(problem_ != nullptr);
    return std::move(*problem_);
  }

 private:
  std::unique_ptr<Problem> problem_;
};

/// RFC 9457, application/problem+json.
void append_problem_json(std::string& out, const Problem& problem, std::string_view request_id);
/// The same as a twofold.v1.Problem.
void append_problem_protobuf(std::string& out, const Problem& problem, std::string_view request_id);

}  // namespace twofold::http
