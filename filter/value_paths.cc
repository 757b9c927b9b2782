#include "filter/value_paths.h"

#include <algorithm>

#include "filter/filter.h"

namespace twofold::filter {
namespace {

using Node = ValuePaths::Node;

static_assert(kPathsMax <= 32, "Node::slots_below has a bit for each");

Node* child(const Node& node, const PathStep& step) {
  const auto found = std::find_if(node.children.begin(), node.children.end(),
                                  [&](const auto& each) { return each->step == step; });
  return found == node.children.end() ? nullptr : found->get();
}

}  // namespace

const Node* ValuePaths::Node::member(std::string_view name) const {
  for (const auto& each : children) {
    if (!each->step.element && each->step.member == name) return each.get();
  }
  return nullptr;
}

const Node* ValuePaths::Node::element(std::size_t index) const {
  for (const auto& each : children) {
    if (each->step.element && *each->step.element == index) return each.get();
  }
  return nullptr;
}

std::optional<std::size_t> ValuePaths::find(std::span<const PathStep> steps) const {
  const Node* at = &root_;
  for (const PathStep& step : steps) {
    at = child(*at, step);
    if (!at) return std::nullopt;
  }
  return at->slot;
}

std::optional<std::size_t> ValuePaths::add(std::span<const PathStep> steps) {
  if (const auto slot = find(steps)) return slot;
  if (size_ == kPathsMax) return std::nullopt;
  const std::size_t slot = size_++;
  Node* at = &root_;
  for (const PathStep& step : steps) {
    at->slots_below |= std::uint32_t{1} << slot;
    Node* next = child(*at, step);
    if (!next) {
      at->children.push_back(std::make_unique<Node>());
      next = at->children.back().get();
      next->step = step;
    }
    at = next;
  }
  at->slots_below |= std::uint32_t{1} << slot;
  at->slot = slot;
  return slot;
}

}  // namespace twofold::filter
