#pragma once

#include <optional>
#include <string>

namespace twofold::cli {

/// Reads stdin up to a delimiter at a time, and can tell whether more is waiting: a pipe that is
/// faster than us is worth batching, one that is slower must not be kept waiting.
/// A line longer than kLineBytesMax is cut there.
class LineReader {
 public:
  static constexpr std::size_t kLineBytesMax = std::size_t{64} << 20;

  void set_delimiter(std::string delimiter) { delimiter_ = std::move(delimiter); }

  /// Without the delimiter. The last line may lack it. Nothing at the end of input, after a read
  /// error, or when a signal came.
  std::optional<std::string> next();
  bool ready() const;

 private:
  bool fill();

  std::string delimiter_ = "\n";
  std::string buffer_;
  std::size_t at_ = 0;
  bool at_end_ = false;
};

}  // namespace twofold::cli
