#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twofold::filter {

/// One step into a JSON value: a member of an object, or an element of an array, from 0.
struct PathStep {
  std::string member;
  std::optional<std::uint32_t> element{};

  friend bool operator==(const PathStep&, const PathStep&) = default;
};

/// The fields of the value that a filter asks for, as a tree, so that one walk finds them all. Each
/// has a slot, numbered from 0 in the order they were added.
class ValuePaths {
 public:
  struct Node {
    PathStep step{};
    std::vector<std::unique_ptr<Node>> children{};
    std::optional<std::size_t> slot{};
    std::uint32_t slots_below = 0;  ///< a bit for its own slot and each deeper one

    const Node* member(std::string_view name) const;
    const Node* element(std::size_t index) const;
  };

  /// The slot of a path, a new one unless it has one; nullopt when kPathsMax are in use.
  std::optional<std::size_t> add(std::span<const PathStep> steps);
  const Node& root() const { return root_; }
  std::size_t size() const { return size_; }

 private:
  std::optional<std::size_t> find(std::span<const PathStep> steps) const;

  Node root_;
  std::size_t size_ = 0;
};

}  // namespace twofold::filter
