// Answers are searched for what a workload needs, not parsed: the generator shares the machine with
// the broker. Our own values contain none of the markers.
#include <charconv>
#include <cstring>

#include "schemas/api.pb.h"
#include "src/bench/payload.h"

namespace twofold::bench {
namespace {

constexpr std::string_view kReceipt = "\"receipt\":\"";
constexpr std::string_view kId = "\"id\":\"";
constexpr std::string_view kCursor = "\"cursor\":\"";

// Finds `marker` from `at` on and returns what stands between it and the next quote.
std::string_view quoted_after(std::string_view body, std::string_view marker, std::size_t& at) {
  const void* found = at >= body.size() ? nullptr
                                        : ::memmem(body.data() + at, body.size() - at,
                                                   marker.data(), marker.size());
  if (found == nullptr) {
    at = std::string_view::npos;
    return {};
  }
  const auto begin =
      static_cast<std::size_t>(static_cast<const char*>(found) - body.data()) + marker.size();
  const std::size_t end = body.find('"', begin);
  at = end;
  return body.substr(begin, end - begin);
}

bool read_id(std::string_view id, Handed& handed) {
  const char* end = id.data() + id.size();
  const auto dash = std::from_chars(id.data(), end, handed.partition);
  if (dash.ec != std::errc{} || dash.ptr == end) return false;
  return std::from_chars(dash.ptr + 1, end, handed.offset).ec == std::errc{};
}

// Steps over the top-level fields of a Protobuf message without decoding what is inside.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  bool next() {
    if (rest_.empty()) return false;
    const std::uint64_t tag = varint();
    number = static_cast<int>(tag >> 3);
    value = {};
    switch (tag & 7) {
      case 0: scalar = varint(); return true;
      case 2: {
        const std::uint64_t size = varint();
        if (size > rest_.size()) return broken();
        value = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
      }
      case 1: return skip(8);
      case 5: return skip(4);
      default: return broken();
    }
  }
  bool sound() const { return sound_; }

  int number = 0;
  std::uint64_t scalar = 0;
  std::string_view value;

 private:
  std::uint64_t varint() {
    std::uint64_t result = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      result |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return result;
    }
    sound_ = false;
    return 0;
  }
  bool skip(std::size_t bytes) {
    if (bytes > rest_.size()) return broken();
    rest_.remove_prefix(bytes);
    return true;
  }
  bool broken() {
    sound_ = false;
    return false;
  }

  std::string_view rest_;
  bool sound_ = true;
};

bool scan_received_json(std::string_view body, std::vector<Handed>& handed) {
  std::size_t at = 0;
  while (true) {
    const std::string_view id = quoted_after(body, kId, at);
    if (at == std::string_view::npos) return true;
    Handed one;
    const std::string_view receipt = quoted_after(body, kReceipt, at);
    if (at == std::string_view::npos || !read_id(id, one)) return false;
    one.receipt = receipt;
    handed.push_back(std::move(one));
  }
}

bool scan_received_protobuf(std::string_view body, std::vector<Handed>& handed) {
  Fields fields(body);
  while (fields.next()) {
    if (fields.number != v1::ReceiveResponse::kMessagesFieldNumber) continue;
    Handed one;
    Fields message(fields.value);
    while (message.next()) {
      if (message.number == v1::Message::kIdFieldNumber && !read_id(message.value, one))
        return false;
      if (message.number == v1::Message::kReceiptFieldNumber) one.receipt = message.value;
    }
    handed.push_back(std::move(one));
  }
  return fields.sound();
}

}  // namespace

bool scan_received(Encoding encoding, std::string_view body, std::vector<Handed>& handed) {
  return encoding == Encoding::json ? scan_received_json(body, handed)
                                    : scan_received_protobuf(body, handed);
}

std::optional<std::size_t> count_handed(std::string_view body) {
  std::size_t messages = 0;
  Fields fields(body);
  while (fields.next())
    if (fields.number == v1::ReceiveResponse::kMessagesFieldNumber) ++messages;
  return fields.sound() ? std::optional(messages) : std::nullopt;
}

bool scan_page(Encoding encoding, std::string_view body, std::size_t value_size, PageSeen& page) {
  page.records = 0;
  if (encoding == Encoding::protobuf) {
    Fields fields(body);
    page.caught_up = false;
    while (fields.next()) {
      if (fields.number == v1::ReadResponse::kRecordsFieldNumber) ++page.records;
      if (fields.number == v1::ReadResponse::kCursorFieldNumber) page.cursor = fields.value;
      if (fields.number == v1::ReadResponse::kCaughtUpFieldNumber)
        page.caught_up = fields.scalar != 0;
    }
    return fields.sound();
  }
  std::size_t at = 0;
  while (true) {
    quoted_after(body, kId, at);
    if (at == std::string_view::npos) break;
    ++page.records;
    at += value_size;
  }
  // The cursor stands behind the records.
  const std::size_t cursor = body.rfind(kCursor);
  if (cursor == std::string_view::npos) return false;
  const std::size_t begin = cursor + kCursor.size();
  page.cursor = body.substr(begin, body.find('"', begin) - begin);
  page.caught_up = body.find("\"caught_up\":true", begin) != std::string_view::npos;
  return true;
}

std::size_t count_acked(Encoding encoding, std::string_view body) {
  std::size_t acked = 0;
  if (encoding == Encoding::protobuf) {
    v1::SettleResponse response;
    if (!response.ParseFromArray(body.data(), static_cast<int>(body.size()))) return 0;
    for (const int result : response.results()) acked += result == v1::ACKED ? 1 : 0;
    return acked;
  }
  constexpr std::string_view kAcked = "\"acked\"";
  for (std::size_t at = body.find(kAcked); at != std::string_view::npos;
       at = body.find(kAcked, at + kAcked.size())) {
    ++acked;
  }
  return acked;
}

}  // namespace twofold::bench
