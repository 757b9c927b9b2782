#include "http/chunked_body.h"

#include <algorithm>

namespace twofold::http {

ChunkedBody::State ChunkedBody::feed(std::string_view& in, std::string& out) {
  while (!in.empty() && at_ != At::done) {
    if (at_ == At::data) {
      const auto part = in.substr(0, std::min<std::uint64_t>(left_, in.size()));
      out.append(part);
      in.remove_prefix(part.size());
      left_ -= part.size();
      if (left_ == 0) at_ = At::data_cr;
      continue;
    }
    const char c = in.front();
    in.remove_prefix(1);
    if (!(at_ == At::size ? take_size_digit(c) : take_framing(c))) return State::refused;
    if (at_ == At::data && left_ > bytes_max_ - taken_) return State::too_large;
    if (at_ == At::data) taken_ += left_;
  }
  return at_ == At::done ? State::done : State::more;
}

bool ChunkedBody::take_size_digit(char c) {
  if (c == '\r' && digits_ > 0) {
    at_ = At::size_lf;
    return true;
  }
  int value = -1;
  if (c >= '0' && c <= '9') value = c - '0';
  if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
  if (value < 0 || digits_ == 8) return false;
  ++digits_;
  left_ = left_ << 4 | static_cast<std::uint64_t>(value);
  return true;
}

bool ChunkedBody::take_framing(char c) {
  switch (at_) {
    case At::size_lf:
      at_ = left_ == 0 ? At::end_cr : At::data;
      return c == '\n';
    case At::data_cr:
      at_ = At::data_lf;
      return c == '\r';
    case At::data_lf:
      at_ = At::size;
      digits_ = 0;
      return c == '\n';
    case At::end_cr:
      at_ = At::end_lf;
      return c == '\r';
    case At::end_lf:
      at_ = At::done;
      return c == '\n';
    case At::size:
    case At::data:
    case At::done: break;
  }
  return false;
}

}  // namespace twofold::http
