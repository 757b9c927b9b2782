#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace twofold::queue {

/// Names that many things refer to, each kept once and as long as something does. 0 is no name.
class ClientNames {
 public:
  static constexpr std::size_t kBytesMax = 64;  // the rest is cut off

  std::uint32_t take(std::string_view name) {
    if (name.empty()) return 0;
    const auto [at, is_new] = numbers_.try_emplace(std::string(name.substr(0, kBytesMax)), 0);
    if (!is_new) {
      ++entries_[at->second].uses;
      return at->second;
    }
    if (free_.empty()) {
      at->second = static_cast<std::uint32_t>(entries_.size());
      entries_.emplace_back();
    } else {
      at->second = free_.back();
      free_.pop_back();
    }
    entries_[at->second] = {at->first, 1};
    return at->second;
  }

  void give_back(std::uint32_t number) {
    if (number == 0 || --entries_[number].uses > 0) return;
    numbers_.erase(entries_[number].name);
    entries_[number].name.clear();
    free_.push_back(number);
  }

  const std::string& name(std::uint32_t number) const { return entries_[number].name; }
  std::size_t size() const { return numbers_.size(); }

 private:
  struct Entry {
    std::string name;
    std::uint32_t uses = 0;
  };
  std::vector<Entry> entries_ = std::vector<Entry>(1);
  std::vector<std::uint32_t> free_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

}  // namespace twofold::queue
