#include "src/cli/line_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <unistd.h>

#include "src/cli/interrupt.h"

namespace twofold::cli {

std::optional<std::string> LineReader::next() {
  std::size_t searched = at_;
  while (true) {
    const std::size_t found = buffer_.find(delimiter_, searched);
    const bool cut = found == std::string::npos && buffer_.size() - at_ >= kLineBytesMax;
    if (found != std::string::npos || cut) {
      const std::size_t length = cut ? kLineBytesMax : found - at_;
      std::string line = buffer_.substr(at_, length);
      at_ += length + (cut ? 0 : delimiter_.size());
      return line;
    }
    // A delimiter may lie across two reads.
    const std::size_t overlap = delimiter_.size() - 1;
    searched = std::max(at_, buffer_.size() - std::min(buffer_.size(), overlap));
    const std::size_t before = at_;
    if (!fill()) break;
    searched -= before - at_;
  }
  if (interrupted() || at_ == buffer_.size()) return std::nullopt;
  std::string rest = buffer_.substr(at_);
  at_ = buffer_.size();
  return rest;
}

bool LineReader::ready() const {
  if (buffer_.find(delimiter_, at_) != std::string::npos) return true;
  if (at_end_) return at_ < buffer_.size();
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, 0) > 0;
}

bool LineReader::fill() {
  if (at_end_) return false;
  buffer_.erase(0, at_);
  at_ = 0;
  std::array<char, 65536> chunk;
  while (!interrupted()) {
    const ssize_t got = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (got > 0) {
      buffer_.append(chunk.data(), static_cast<std::size_t>(got));
      return true;
    }
    if (got < 0 && errno == EINTR) continue;
    at_end_ = true;
    return false;
  }
  return false;
}

}  // namespace twofold::cli
