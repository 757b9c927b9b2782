#include "engine/record_batch.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/crc32c.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kBaseOffsetAt = 0;
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kMagicAt = 16;
constexpr std::size_t kCrcAt = 17;
constexpr std::size_t kAttributesAt = 21;
constexpr std::size_t kLastOffsetDeltaAt = 23;
constexpr std::size_t kBaseTimestampAt = 27;
constexpr std::size_t kMaxTimestampAt = 35;
constexpr std::size_t kProducerIdAt = 43;
constexpr std::size_t kProducerEpochAt = 51;
constexpr std::size_t kBaseSequenceAt = 53;
constexpr std::size_t kRecordCountAt = 57;
static_assert(kRecordCountAt + 4 == kBatchHeaderBytes);

constexpr std::size_t kLengthEndsAt = 12;  // the length field counts what follows it
constexpr std::int8_t kMagic = 2;
constexpr std::int16_t kCodecMask = 0x07;
constexpr std::int16_t kLogAppendTime = 0x08;
constexpr std::int16_t kKnownAttributes = 0x7F;
constexpr std::size_t kRecordBytesMin = 7;  // length, attributes, two deltas, key, value, headers
constexpr std::size_t kHeaderBytesMin = 2;
constexpr std::size_t kVarint32Max = 5;
constexpr std::size_t kVarint64Max = 10;

Error damaged(std::string what) { return Error(Errc::data_damaged, std::move(what)); }

std::size_t optional_bytes(std::optional<std::string_view> bytes) {
  if (!bytes) return 1;
  return varint_size(static_cast<std::int64_t>(bytes->size())) + bytes->size();
}

void write_optional(ByteWriter& out, std::optional<std::string_view> bytes) {
  out.varint(bytes ? static_cast<std::int64_t>(bytes->size()) : -1);
  if (bytes) out.raw(*bytes);
}

/// Reads the fields of one record; like ByteReader, one bad field makes it fail for good.
class RecordReader {
 public:
  explicit RecordReader(std::string_view in) : in_(in) {}

  bool ok() const { return ok_ && in_.ok(); }
  bool done() const { return ok_ && in_.done(); }
  void expect(bool condition) { ok_ = ok_ && condition; }
  std::int8_t byte() { return in_.fixed<std::int8_t>(); }
  std::int64_t varlong() { return in_.varint(); }
  std::int64_t varint() {
    const auto v = in_.varint();
    expect(v >= std::numeric_limits<std::int32_t>::min() &&
           v <= std::numeric_limits<std::int32_t>::max());
    return v;
  }
  std::string_view bytes() {
    const auto size = varint();
    expect(size >= 0);
    return ok() ? in_.raw(static_cast<std::uint64_t>(size)) : std::string_view();
  }
  std::optional<std::string_view> optional_bytes() {
    const auto size = varint();
    expect(size >= -1);
    if (!ok() || size == -1) return std::nullopt;
    return in_.raw(static_cast<std::uint64_t>(size));
  }
  std::size_t count(std::size_t item_bytes_min) {
    const auto n = varint();
    expect(n >= 0 && static_cast<std::size_t>(n) <= in_.remaining() / item_bytes_min);
    return ok() ? static_cast<std::size_t>(n) : 0;
  }

 private:
  ByteReader in_;
  bool ok_ = true;
};

/// Cuts the next record's bytes, without their length, off the front of `rest`.
std::optional<std::string_view> take_record(std::string_view& rest) {
  ByteReader in(rest);
  const auto size = in.varint();
  if (!in.ok() || size < 0 || static_cast<std::uint64_t>(size) > in.remaining())
    return std::nullopt;
  const auto record = in.raw(static_cast<std::uint64_t>(size));
  rest.remove_prefix(rest.size() - in.remaining());
  return record;
}

}  // namespace

BatchHeader batch_header(std::string_view bytes) {
  TF_CHECK(bytes.size() >= kBatchHeaderBytes);
  const char* p = bytes.data();
  return {
      load_be<std::int64_t>(p + kBaseOffsetAt),    load_be<std::int32_t>(p + kLengthAt),
      load_be<std::int16_t>(p + kAttributesAt),    load_be<std::int32_t>(p + kLastOffsetDeltaAt),
      load_be<std::int64_t>(p + kBaseTimestampAt), load_be<std::int64_t>(p + kMaxTimestampAt),
      load_be<std::int64_t>(p + kProducerIdAt),    load_be<std::int16_t>(p + kProducerEpochAt),
      load_be<std::int32_t>(p + kBaseSequenceAt),  load_be<std::int32_t>(p + kRecordCountAt)};
}

Result<BatchHeader> parse_batch(std::string_view bytes) {
  if (bytes.size() < kBatchHeaderBytes) return damaged("a batch ends inside its header");
  const auto magic = load_be<std::int8_t>(bytes.data() + kMagicAt);
  if (magic != kMagic) return damaged(fmt::format("a batch has magic {} instead of 2", magic));

  const auto header = batch_header(bytes);
  constexpr auto kLengthMin = static_cast<std::int32_t>(kBatchHeaderBytes - kLengthEndsAt);
  if (header.batch_length < kLengthMin) return damaged("a batch is shorter than its header");
  if (header.size() > bytes.size()) return damaged("a batch ends before its last record");

  const auto stored = load_be<std::uint32_t>(bytes.data() + kCrcAt);
  if (stored != crc32c(bytes.substr(kAttributesAt, header.size() - kAttributesAt)))
    return damaged("a batch's checksum does not match");

  // Sound bytes may still say what no batch can mean: they came from a client once.
  if ((header.attributes & ~kKnownAttributes) != 0)
    return damaged("a batch has unknown attributes");
  if (header.last_offset_delta < 0) return damaged("a batch's last offset is before its first");
  if (header.base_offset < 0 ||
      header.base_offset > std::numeric_limits<std::int64_t>::max() - 1 - header.last_offset_delta)
    return damaged("a batch's offsets are out of range");
  if (header.record_count < 0 ||
      header.record_count > static_cast<std::int64_t>(header.last_offset_delta) + 1)
    return damaged("a batch has more records than offsets");
  const bool plain = (header.attributes & kCodecMask) == 0;
  if (plain && static_cast<std::size_t>(header.record_count) >
                   (header.size() - kBatchHeaderBytes) / kRecordBytesMin)
    return damaged("a batch has more records than its bytes can hold");
  return header;
}

std::size_t record_bytes_max(const NewRecord& record) {
  std::size_t bytes = kVarint32Max + 1 + kVarint64Max + kVarint32Max;
  bytes += optional_bytes(record.key) + optional_bytes(record.value) + kVarint32Max;
  for (const auto& header : record.headers)
    bytes += optional_bytes(header.name) + optional_bytes(header.value);
  return bytes;
}

BatchBuilder::BatchBuilder(Offset base, const BatchMarks& marks) : base_(base), marks_(marks) {
  TF_CHECK((marks.attributes & kCodecMask) == 0);
}

void BatchBuilder::add(Offset offset, const NewRecord& record) {
  const auto delta = distance(base_, offset);
  TF_CHECK(delta >= (count_ == 0 ? 0 : last_delta_ + std::int64_t{1}));
  TF_CHECK(delta <= std::numeric_limits<std::int32_t>::max());
  if (count_ == 0) {
    max_timestamp_ = record.timestamp.value();
    base_timestamp_ = marks_.base_timestamp.value_or(record.timestamp).value();
  }
  max_timestamp_ = std::max(max_timestamp_, record.timestamp.value());
  // Unsigned on purpose: a client's times may be further apart than a signed number can say.
  const auto later =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(record.timestamp.value()) -
                                static_cast<std::uint64_t>(base_timestamp_));

  std::size_t size = 1 + varint_size(later) + varint_size(delta);
  size += optional_bytes(record.key) + optional_bytes(record.value);
  size += varint_size(static_cast<std::int64_t>(record.headers.size()));
  for (const auto& header : record.headers)
    size += optional_bytes(header.name) + optional_bytes(header.value);

  ByteWriter out(records_);
  out.varint(static_cast<std::int64_t>(size));
  const auto start = out.size();
  out.fixed<std::int8_t>(0);
  out.varint(later);
  out.varint(delta);
  write_optional(out, record.key);
  write_optional(out, record.value);
  out.varint(static_cast<std::int64_t>(record.headers.size()));
  for (const auto& header : record.headers) {
    write_optional(out, header.name);
    write_optional(out, header.value);
  }
  TF_CHECK(out.size() - start == size);

  last_delta_ = static_cast<std::int32_t>(delta);
  ++count_;
}

void BatchBuilder::finish(std::string& out, std::optional<Offset> last) const {
  TF_CHECK(bytes() <= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()));
  const auto last_delta = last ? distance(base_, *last) : last_delta_;
  TF_CHECK(last_delta >= last_delta_);
  TF_CHECK(last_delta <= std::numeric_limits<std::int32_t>::max());

  const auto at = out.size();
  out.resize(at + kBatchHeaderBytes);
  out.append(records_);
  char* p = out.data() + at;
  store_be(p + kBaseOffsetAt, base_.value());
  store_be(p + kLengthAt, static_cast<std::int32_t>(bytes() - kLengthEndsAt));
  store_be(p + kMagicAt, kMagic);
  store_be(p + kLastOffsetDeltaAt, static_cast<std::int32_t>(last_delta));
  store_be(p + kBaseTimestampAt, base_timestamp_);
  store_be(p + kMaxTimestampAt, max_timestamp_);
  store_be(p + kAttributesAt, marks_.attributes);
  store_be(p + kProducerIdAt, marks_.producer_id);
  store_be(p + kProducerEpochAt, marks_.producer_epoch);
  store_be(p + kBaseSequenceAt, marks_.base_sequence);
  store_be(p + kRecordCountAt, count_);
  store_be(p + kCrcAt, crc32c(std::string_view(out).substr(at + kAttributesAt)));
}

BatchCursor::BatchCursor(std::string_view batch, Seq base_seq) : base_seq_(base_seq) {
  const auto header = batch_header(batch);
  TF_CHECK(header.size() <= batch.size());
  rest_ = batch.substr(kBatchHeaderBytes, header.size() - kBatchHeaderBytes);
  base_offset_ = header.base_offset;
  base_timestamp_ = header.base_timestamp;
  if ((header.attributes & kLogAppendTime) != 0) append_timestamp_ = header.max_timestamp;
  left_ = header.record_count;
  last_delta_ = header.last_offset_delta;
  compressed_ = (header.attributes & kCodecMask) != 0;
}

void BatchCursor::skip_before(Offset offset) {
  const std::int64_t wanted = offset.value() - base_offset_;
  if (compressed_ || wanted <= 0) return;
  while (left_ > 0) {
    std::string_view rest = rest_;
    const auto bytes = take_record(rest);
    if (!bytes) return;
    RecordReader in(*bytes);
    in.byte();
    in.varlong();
    const auto delta = in.varint();
    if (!in.ok() || delta <= previous_delta_ || delta > last_delta_ || delta >= wanted) return;
    previous_delta_ = delta;
    rest_ = rest;
    --left_;
  }
}

Result<std::optional<StoredRecord>> BatchCursor::next() {
  if (compressed_) return damaged("the records of a batch are compressed");
  if (left_ == 0) {
    if (!rest_.empty()) return damaged("a batch goes on after its last record");
    return std::optional<StoredRecord>();
  }
  const auto bytes = take_record(rest_);
  if (!bytes) return damaged("a record is longer than its batch");

  RecordReader in(*bytes);
  in.byte();  // attributes: none are defined
  const auto later = in.varlong();
  const auto delta = in.varint();
  in.expect(delta > previous_delta_ && delta <= last_delta_);
  const auto timestamp = static_cast<std::int64_t>(static_cast<std::uint64_t>(base_timestamp_) +
                                                   static_cast<std::uint64_t>(later));
  StoredRecord record{Offset{base_offset_ + delta},
                      Seq{base_seq_.value() + static_cast<std::uint64_t>(delta)},
                      WallTime{append_timestamp_.value_or(timestamp)},
                      in.optional_bytes(),
                      in.optional_bytes(),
                      {}};
  const auto headers = in.count(kHeaderBytesMin);
  record.headers.reserve(headers);
  for (std::size_t i = 0; i < headers; ++i) {
    const auto name = in.bytes();
    record.headers.push_back({name, in.optional_bytes()});
  }
  if (!in.done()) return damaged("the fields of a record do not parse");

  previous_delta_ = delta;
  --left_;
  return std::optional<StoredRecord>(std::move(record));
}

}  // namespace twofold::engine
