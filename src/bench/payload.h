#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twofold::bench {

enum class Encoding { json, protobuf };

/// "application/json" or "application/protobuf".
std::string_view content_type(Encoding encoding);

/// Bodies of requests. Every value has exactly `size` bytes (at least 10: a JSON object has its
/// frame).
struct Shape {
  Encoding encoding = Encoding::json;
  std::size_t size = 256;
  std::size_t batch = 1;
  std::string durability;  // empty: as the resource says
};
std::string publish_body(const Shape& shape);
std::string send_body(const Shape& shape);
std::string receive_body(const Shape& shape, std::uint64_t visibility_seconds);
std::string ack_body(Encoding encoding, const std::vector<std::string>& receipts);

/// One message of an answer to receive: what is needed to ack it and to notice it coming twice.
struct Handed {
  std::string receipt;
  std::uint64_t partition = 0;
  std::uint64_t offset = 0;
};
/// Appends every message of the answer; false when it is not one.
bool scan_received(Encoding encoding, std::string_view body, std::vector<Handed>& handed);

/// How many messages a Protobuf answer to receive has; nullopt when it is not one.
std::optional<std::size_t> count_handed(std::string_view body);

/// A page of records: how many there are, and where the next page begins.
struct PageSeen {
  std::size_t records = 0;
  std::string cursor;
  bool caught_up = false;
};
/// Between two records lie at least `value_size` bytes that need not be searched.
bool scan_page(Encoding encoding, std::string_view body, std::size_t value_size, PageSeen& page);

/// How many of an ack's results are "acked".
std::size_t count_acked(Encoding encoding, std::string_view body);

}  // namespace twofold::bench
