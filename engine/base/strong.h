#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <utility>

namespace twofold::engine {

/// A value with a meaning of its own: an offset is not a count, a receipt is not a string.
///
/// There is no default value, no silent conversion and no arithmetic; a domain that has some
/// (advance, distance) offers it by name beside its type in ids.h.
template <class Tag, class T>
class Strong {
 public:
  using Value = T;

  constexpr explicit Strong(T value) : value_(std::move(value)) {}
  constexpr const T& value() const { return value_; }

  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
  friend constexpr bool operator==(const Strong&, const Strong&) = default;

 private:
  T value_;
};

}  // namespace twofold::engine

template <class Tag, class T>
struct std::hash<twofold::engine::Strong<Tag, T>> {
  std::size_t operator()(const twofold::engine::Strong<Tag, T>& s) const noexcept {
    return std::hash<T>{}(s.value());
  }
};
