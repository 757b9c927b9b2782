#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace twofold::http {

/// Takes a chunked body apart, strictly: sizes of 1 to 8 hexadecimal digits, CRLF where it belongs,
/// no chunk extensions, no trailers. Bytes may come in any portions.
class ChunkedBody {
 public:
  enum class State { more, done, refused, too_large };

  explicit ChunkedBody(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// Takes from the front of `in` what belongs to the body and appends its data to `out`. When
  /// done, the rest of `in` is the next request.
  State feed(std::string_view& in, std::string& out);

 private:
  enum class At { size, size_lf, data, data_cr, data_lf, end_cr, end_lf, done };
  bool take_size_digit(char c);
  bool take_framing(char c);

  std::uint64_t bytes_max_;
  std::uint64_t taken_ = 0;
  std::uint64_t left_ = 0;  // of the chunk; while reading its size, the size so far
  int digits_ = 0;
  At at_ = At::size;
};

}  // namespace twofold::http
