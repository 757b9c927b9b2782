#include "http/ws/inbox.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace twofold::http::ws {
namespace {

constexpr std::uint64_t kFirstRoom = 16 << 10;

// Memory for what a client sends may be at its end: that ends its connection, and nothing else.
bool append(std::string& to, std::string_view bytes) {
  try {
    to.append(bytes);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

}  // namespace

std::array<boost::asio::mutable_buffer, 2> Inbox::room(ReadBlock& block) {
  const std::size_t rest = has_partial_ ? partial_room_ - partial_size_ : 0;
  // What comes behind a frame is in the block, but not before there is room for all of the frame.
  const bool is_all = !has_partial_ || partial_room_ == partial_header_.length;
  return {boost::asio::buffer(partial_.get() + partial_size_, rest),
          boost::asio::buffer(block.begin(), is_all ? ReadBlock::kBytes : 0)};
}

void Inbox::feed(std::shared_ptr<ReadBlock> block, std::size_t bytes) {
  if (has_partial_) {
    const std::size_t rest = partial_room_ - partial_size_;
    const std::size_t there = std::min(rest, bytes);
    partial_size_ += there;
    bytes -= there;
  }
  block_ = std::move(block);
  aside_ = 0;
  at_ = block_->begin();
  end_ = at_ + bytes;
  // A header whose beginning came earlier is put together in the room before the block.
  at_ -= begun_size_;
  std::memcpy(at_, begun_.data(), std::exchange(begun_size_, 0));
}

Inbox::Event Inbox::next(Message& message) {
  if (has_partial_) {
    if (partial_size_ < partial_header_.length) {
      const bool is_full = partial_size_ == partial_room_;
      if (is_full && !grow_partial(std::uint64_t{2} * partial_room_)) return no_memory();
      return Event::more;
    }
    has_partial_ = false;
    partial_size_ = partial_room_ = 0;
    char* const bytes = partial_.get();
    std::shared_ptr<const void> payload = std::move(partial_);
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
      if (!begin_partial(*header, rest.substr(header->size))) return no_memory();
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
  aside_ = 0;
  at_ = end_ = nullptr;
}

void Inbox::set_aside() {
  if (!block_ || aside_ > 0) return;
  const auto left = static_cast<std::size_t>(end_ - at_);
  auto own = std::make_shared<ReadBlock>(left);
  std::memcpy(own->begin(), at_, left);
  block_ = std::move(own);
  at_ = block_->begin();
  end_ = at_ + left;
  aside_ = left;
}

Inbox::Event Inbox::no_memory() { return fail(CloseCode::too_much, "there is no memory for it"); }

Inbox::Event Inbox::fail(CloseCode code, std::string_view reason) {
  fault_ = code;
  fault_reason_ = reason;
  return Event::fault;
}

Inbox::Event Inbox::check(const FrameHeader& header) {
  const bool may_be_deflated = may_be_deflated_ && header.begins_message();
  if ((header.reserved & ~(may_be_deflated ? kDeflatedBit : 0)) != 0)
    return fail(CloseCode::protocol_error, "reserved bits are set");
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
    small_fragments_ = 0;
  }
  if (payload.size() < kSmallFragmentBytes && ++small_fragments_ > kSmallFragmentsMax)
    return fail(CloseCode::too_big, "a message comes in more than 32 small fragments");
  if (!append(assembly_, payload)) return no_memory();
  if (!header.fin) return Event::more;
  assembling_ = false;
  auto whole = std::make_shared<const std::string>(std::exchange(assembly_, {}));
  const std::string_view bytes(*whole);
  message = {assembly_opcode_, bytes, std::move(whole), assembly_deflated_};
  return Event::message;
}

bool Inbox::begin_partial(const FrameHeader& header, std::string_view begun) {
  partial_header_ = header;
  partial_room_ = 0;
  if (!grow_partial(std::max<std::uint64_t>(2 * begun.size(), kFirstRoom))) return false;
  std::memcpy(partial_.get(), begun.data(), begun.size());
  partial_size_ = begun.size();
  has_partial_ = true;
  return true;
}

bool Inbox::grow_partial(std::uint64_t bytes) {
  const auto room = static_cast<std::size_t>(std::min(bytes, partial_header_.length));
  auto* const grown = static_cast<char*>(std::realloc(partial_.get(), room));
  if (grown == nullptr) return false;
  static_cast<void>(partial_.release());
  partial_.reset(grown);
  partial_room_ = room;
  return true;
}

}  // namespace twofold::http::ws
