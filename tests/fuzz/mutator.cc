#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <string_view>

namespace twofold::fuzz {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kBytesMax = 1 << 16;
constexpr std::size_t kPieceMax = 64;
// What stands at the edges of numbers and of texts.
constexpr std::string_view kEdges[] = {
    "\0"sv,
    "\xff\xff\xff\xff"sv,
    "\xff\xff\xff\x7f"sv,
    "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"sv,
    "\xff\xff\xff\xff\xff\xff\xff\xff"sv,
    "-1"sv,
    "9223372036854775808"sv,
    "1e309"sv,
    "\r\n"sv,
    "\r"sv,
    "\n"sv,
    "\""sv,
    "\\"sv,
    "\\u0000"sv,
    "\\ud800"sv,
    "%00"sv,
    "%2f"sv,
    "../"sv,
    "{"sv,
    "["sv,
    "}"sv,
    "]"sv,
    ","sv,
    ":"sv,
    "\xc0\x80"sv,
    "\xed\xa0\x80"sv,
    "\xf4\x90\x80\x80"sv,
    "'"sv,
    "("sv,
    " "sv,
};

}  // namespace

std::string Mutator::mutate(const std::vector<std::string>& inputs) {
  std::string bytes = inputs[below(inputs.size())];
  for (std::size_t left = 1 + below(8); left > 0; --left) change(bytes, inputs);
  if (bytes.size() > kBytesMax) bytes.resize(kBytesMax);
  return bytes;
}

std::size_t Mutator::below(std::size_t bound) {
  return bound == 0 ? 0 : static_cast<std::size_t>(random_.below(bound));
}

void Mutator::change(std::string& bytes, const std::vector<std::string>& inputs) {
  const std::size_t at = below(bytes.size() + 1);
  const std::size_t size = std::min(below(kPieceMax), bytes.size() - at);
  switch (below(8)) {
    case 0: bytes.insert(at, kEdges[below(std::size(kEdges))]); break;
    case 1: bytes.erase(at, size); break;
    case 2: bytes.insert(at, bytes.substr(at, size)); break;
    case 3: bytes.resize(at); break;
    case 4: {
      const std::string& other = inputs[below(inputs.size())];
      bytes = bytes.substr(0, at) + other.substr(below(other.size() + 1));
      break;
    }
    case 5: {
      const std::string_view edge = kEdges[below(std::size(kEdges))];
      bytes.replace(at, std::min(edge.size(), bytes.size() - at), edge);
      break;
    }
    default:
      if (at < bytes.size()) bytes[at] = static_cast<char>(random_.next_u64());
  }
}

}  // namespace twofold::fuzz
