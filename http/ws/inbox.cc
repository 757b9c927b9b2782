#include "http/ws/inbox.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace twofold::http::ws {

std::array<boost::asio::mutable_buffer, 2> Inbox::room(ReadBlock& block) {
  const std::size_t rest = has_partial_ ? partial_header_.length - partial_size_ : 0;
  return {boost::asio::buffer(partial_.get() + partial_size_, rest),
          boost::asio::buffer(block.begin(), ReadBlock::kBytes)};
}

void Inbox::feed(std::shared_ptr<ReadBlock> block, std::size_t bytes) {
  if (has_partial_) {
    const std::size_t rest = partial_header_.length - partial_size_;
    const std::size_t there = std::min(rest, bytes);
    partial_size_ += there;
    bytes -= there;
  }
  block_ = std::move(block);
  at_ = block_->begin();
  end_ = at_ + bytes;
  // A header whose beginning came earlier is put together in the room before the block.
  at_ -= begun_size_;
  std::memcpy(at_, begun_.data(), std::exchange(begun_size_, 0));
}

Inbox::Event Inbox::next(Message& message) {
  if (has_partial_) {
    if (partial_size_ < partial_header_.length) return Event::more;
    has_partial_ = false;
    partial_size_ = 0;
    auto payload = std::exchange(partial_, nullptr);
    char* const bytes = payload.get();
    const Event event = take_frame(partial_header_, bytes, std::move(payload), message);
    if (event != Event::more) return event;
  }
  for (;;) {
    const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
    const auto header = parse_frame_header(rest);
    if (!header) return Event::more;
    if (const Event checked = check(*header); checked == Event::fault) return checked;
    at_ += header->size;
    const auto left = static_cast<std::size_t>(end_ - at_);
    if (left < header->length) {
      begin_partial(*header, rest.substr(header->size));
      at_ = end_;
      return Event::more;
    }
    char* const payload = at_;
    at_ += header->length;
    const Event event = take_frame(*header, payload, block_, message);
    if (event != Event::more) return event;  // else a fragment: go on
  }
}

void Inbox::let_go() {
  const auto left = static_cast<std::size_t>(end_ - at_);
  begun_size_ = left;  // less than a header
  std::memcpy(begun_.data(), at_, left);
  block_.reset();
  at_ = end_ = nullptr;
}

Inbox::Event Inbox::fail(CloseCode code, std::string_view reason) {
  fault_ = code;
  fault_reason_ = reason;
  return Event::fault;
}

Inbox::Event Inbox::check(const FrameHeader& header) {
  const bool may_be_deflated = may_be_deflated_ && header.begins_message();
  if ((header.reserved & ~(may_be_deflated ? kDeflatedBit : 0)) != 0) return fail(CloseCode::protocol_error, "reserved bits are set");
  if (!header.masked) return fail(CloseCode::protocol_error, "a client's frames are masked");
  if (header.opcode > 10 || (header.opcode > 2 && header.opcode < 8)) {
    return fail(CloseCode::protocol_error, "unknown opcode");
  }
  if (header.is_control()) {
    if (!header.fin) return fail(CloseCode::protocol_error, "a control frame is fragmented");
    if (header.length > kControlBytesMax) {
      return fail(CloseCode::protocol_error, "a control frame has more than 125 bytes");
    }
    return Event::more;
  }
  const bool continues = header.opcode == static_cast<std::uint8_t>(Opcode::continuation);
  if (continues && !assembling_) return fail(CloseCode::protocol_error, "nothing to continue");
  if (!continues && assembling_) {
    return fail(CloseCode::protocol_error, "a message began inside another");
  }
  if (header.length > bytes_max_ || assembly_.size() + header.length > bytes_max_) {
    return fail(CloseCode::too_big, "the message is too large");
  }
  return Event::more;
}

Inbox::Event Inbox::take_frame(const FrameHeader& header, char* payload,
                               std::shared_ptr<const void> keep, Message& message) {
  const auto size = static_cast<std::size_t>(header.length);
  unmask(payload, size, header.mask);
  const std::string_view bytes(payload, size);
  if (!header.is_control()) return take_data(header, bytes, std::move(keep), message);
  message = {static_cast<Opcode>(header.opcode), bytes, std::move(keep)};
  switch (message.opcode) {
    case Opcode::ping: return Event::ping;
    case Opcode::pong: return Event::pong;
    default: return Event::close;
  }
}

Inbox::Event Inbox::take_data(const FrameHeader& header, std::string_view payload,
                              std::shared_ptr<const void> keep, Message& message) {
  if (!assembling_ && header.fin) {
    message = {static_cast<Opcode>(header.opcode), payload, std::move(keep),
               header.reserved == kDeflatedBit};
    return Event::message;
  }
  if (!std::exchange(assembling_, true)) {
    assembly_opcode_ = static_cast<Opcode>(header.opcode);
    assembly_deflated_ = header.reserved == kDeflatedBit;
  }
  assembly_.append(payload);
  if (!header.fin) return Event::more;
  assembling_ = false;
  auto whole = std::make_shared<const std::string>(std::exchange(assembly_, {}));
  const std::string_view bytes(*whole);
  message = {assembly_opcode_, bytes, std::move(whole), assembly_deflated_};
  return Event::message;
}

void Inbox::begin_partial(const FrameHeader& header, std::string_view begun) {
  partial_header_ = header;
  partial_ = std::shared_ptr<char[]>(new char[std::max<std::uint64_t>(header.length, 1)]);
  std::memcpy(partial_.get(), begun.data(), begun.size());
  partial_size_ = begun.size();
  has_partial_ = true;
}

}  // namespace twofold::http::ws
