#pragma once

#include <string>
#include <utility>
#include <variant>

namespace twofold {

/// Why something the user typed was refused: one sentence, without a full stop.
struct Refused {
  explicit Refused(std::string sentence) : why(std::move(sentence)) {}
  std::string why;
};

/// A value, or the reason there is none. The program's own counterpart of the engine's Result: what
/// goes wrong on a command line has other words than what goes wrong in a broker.
///
/// T and E must be different types. Reading the side that is not there ends the process
/// (std::get would throw, and nothing here catches).
template <class T, class E = Refused>
class [[nodiscard]] Outcome {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): `return value;` and `return Refused(...)` both
  // read.
  Outcome(T value) : side_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Outcome(E error) : side_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return side_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& operator*() & { return std::get<0>(side_); }
  const T& operator*() const& { return std::get<0>(side_); }
  T&& operator*() && { return std::get<0>(std::move(side_)); }
  T* operator->() { return &std::get<0>(side_); }
  const T* operator->() const { return &std::get<0>(side_); }

  const E& error() const& { return std::get<1>(side_); }
  E&& error() && { return std::get<1>(std::move(side_)); }

 private:
  std::variant<T, E> side_;
};

/// The value of an action that has no value.
struct Done {};

}  // namespace twofold
