#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twofold::cli {

/// What a command was given, by the names its line in the table declares. The parser has already
/// checked every value against its declared type, so the typed readers cannot fail.
class Args {
 public:
  /// Every value of a flag or positional, in the order given; a switch has "true".
  void add(const std::string& name, std::string value) {
    values_[name].push_back(std::move(value));
  }

  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }
  const std::vector<std::string>& all(std::string_view name) const;

  /// The last value given, else the empty string.
  std::string text(std::string_view name) const;
  std::optional<std::uint64_t> count(std::string_view name) const;
  std::optional<std::uint64_t> size(std::string_view name) const;
  std::optional<std::chrono::milliseconds> duration(std::string_view name) const;
  /// Per second, from "50", "50/s" or "3000/m".
  std::optional<double> rate(std::string_view name) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

}  // namespace twofold::cli
