#include "http/sqs/uuid.h"

#include <charconv>

#include "engine/base/bytes.h"
#include "engine/base/hex.h"
#include "http/sqs/digest.h"

namespace twofold::http::sqs {
namespace {

// Sixteen bytes with version and variant put in.
queue::Token bytes_of(std::uint64_t high, std::uint64_t low, std::uint64_t version) {
  high = (high & ~(std::uint64_t{0xF} << 12)) | version << 12;
  low = (low & (~std::uint64_t{0} >> 2)) | std::uint64_t{1} << 63;
  queue::Token bytes;
  engine::store_be(bytes.data(), high);
  engine::store_be(bytes.data() + 8, low);
  return bytes;
}

std::uint64_t number_in(std::string_view hex) {
  std::uint64_t number = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), number, 16);
  return number;
}

}  // namespace

queue::Token random_uuid(engine::Random& random) {
  const std::uint64_t high = random.next_u64();
  return bytes_of(high, random.next_u64(), 4);
}

std::string uuid_text(const queue::Token& uuid) {
  const std::string_view bytes(uuid.data(), uuid.size());
  std::string text;
  text.reserve(std::string_view("8a1e2c7e-0000-4000-8000-000000000000").size());
  const auto part = [&](std::size_t from, std::size_t count) {
    if (from > 0) text.push_back('-');
    engine::append_hex(text, bytes.substr(from, count));
  };
  part(0, 4);
  part(4, 2);
  part(6, 2);
  part(8, 2);
  part(10, 6);
  return text;
}

std::string make_uuid(engine::Random& random) { return uuid_text(random_uuid(random)); }

std::string uuid_of(std::string_view name) {
  const std::string digest = md5_hex(name);
  return uuid_text(bytes_of(number_in(std::string_view(digest).substr(0, 16)),
                            number_in(std::string_view(digest).substr(16, 16)), 8));
}

}  // namespace twofold::http::sqs
