#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/histogram.h"

namespace twofold::http::metrics {

enum class Kind { counter, gauge, histogram };

/// What one metric is. docs/operations/monitor.md has this table; a test compares the two.
struct Family {
  std::string_view name;  ///< with "twofold_"
  Kind kind;
  std::string_view help;
};

/// Every metric there is.
std::span<const Family> families();

/// The pairs between the braces. Values are escaped.
class Labels {
 public:
  Labels() = default;
  Labels(std::string_view name, std::string_view value) { add(name, value); }
  Labels& add(std::string_view name, std::string_view value);
  std::string_view text() const { return text_; }

 private:
  std::string text_;
};

/// What took how long, up to bounds in seconds.
struct Distribution {
  std::span<const std::string_view> bounds;  ///< as they are written
  std::span<const std::uint64_t> counts;     ///< of each class alone, the last beyond all bounds
  double sum = 0;
};

/// Prometheus text, format 0.0.4.
///
/// Contract  begin() opens a family of the table, each once; what is written until the next one is
///           of it. It answers false when it was not asked for: then write nothing.
class Text {
 public:
  /// Only families whose names begin with one of these, with or without "twofold_"; none: all.
  explicit Text(std::vector<std::string> wanted = {}) : wanted_(std::move(wanted)) {}

  bool begin(std::string_view name);
  void value(const Labels& labels, std::uint64_t value);
  void value(const Labels& labels, double value);
  void distribution(const Labels& labels, const Distribution& of);
  void durations(const Labels& labels, std::span<const engine::DurationHistogram* const> sum_of);
  /// A family of one number.
  template <class Number>
  void only(std::string_view name, Number number) {
    if (begin(name)) value(Labels(), number);
  }
  /// Room for so many more bytes if every family is wanted: megabytes that grow are copied, and
  /// their pages faulted in, twice.
  void expect(std::size_t bytes) {
    if (wanted_.empty()) out_.reserve(out_.size() + bytes);
  }
  std::string take() { return std::move(out_); }

 private:
  void sample(std::string_view suffix, std::string_view labels, std::string_view le);
  void number(std::uint64_t value);
  void number(double value);

  const std::vector<std::string> wanted_;
  std::string_view name_;
  std::string out_;
};

}  // namespace twofold::http::metrics
