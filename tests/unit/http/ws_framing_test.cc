#include "http/ws/framing.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/stopwatch.h"
#include "http/ws/handshake.h"
#include "http/ws/inbox.h"
#include "http/ws/outbox.h"

#include <sys/socket.h>
#include <unistd.h>

namespace twofold::http::ws {
namespace {

using namespace std::string_literals;

/// What a client would send.
std::string client_frame(int opcode, std::string_view payload, bool fin = true,
                         std::array<char, 4> mask = {1, 2, 3, 4}) {
  char header[10];
  std::string frame(header, write_frame_header(header, static_cast<Opcode>(opcode), payload.size()));
  if (!fin) frame[0] = static_cast<char>(frame[0] & 0x7F);
  frame[1] = static_cast<char>(frame[1] | 0x80);
  frame.append(mask.data(), mask.size());
  std::string body(payload);
  unmask(body.data(), body.size(), mask);
  return frame + body;
}

/// Feeds bytes in portions and gathers what comes of them.
class Feeding {
 public:
  explicit Feeding(std::uint64_t bytes_max = 1 << 20) : inbox(bytes_max) {}

  void feed(std::string_view bytes, std::size_t portion) {
    while (!bytes.empty() && !faulted) {
      auto block = std::make_shared<ReadBlock>();
      const auto part = boost::asio::buffer(bytes.substr(0, portion));
      const std::size_t there = boost::asio::buffer_copy(inbox.room(*block), part);
      bytes.remove_prefix(there);
      inbox.feed(block, there);
      take();
    }
  }
  void take() {
    Inbox::Message message;
    for (;;) {
      switch (inbox.next(message)) {
        case Inbox::Event::more: inbox.let_go(); return;
        case Inbox::Event::fault: faulted = true; return;
        case Inbox::Event::message: messages.emplace_back(message.bytes); break;
        default: controls.emplace_back(message.bytes); break;
      }
    }
  }

  Inbox inbox;
  std::vector<std::string> messages;
  std::vector<std::string> controls;
  bool faulted = false;
};

TEST(WsFraming, TheHeaderIsReadAtEveryCut) {
  const std::vector<std::size_t> sizes = {0, 1, 125, 126, 65'535, 65'536};
  for (const std::size_t size : sizes) {
    const std::string frame = client_frame(1, std::string(size, 'x'));
    const std::size_t header_size = frame.size() - size;
    for (std::size_t cut = 0; cut < header_size; ++cut) {
      EXPECT_FALSE(parse_frame_header(std::string_view(frame).substr(0, cut))) << size << " " << cut;
    }
    const auto header = parse_frame_header(frame);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->length, size);
    EXPECT_EQ(header->size, header_size);
    EXPECT_TRUE(header->fin);
    EXPECT_TRUE(header->masked);
  }
}

TEST(WsFraming, TheExampleOfTheProtocol) {
  EXPECT_EQ(control_frame(Opcode::ping, "Hi"), "\x89\x02Hi"s);
  EXPECT_EQ(close_frame(CloseCode::drain, "bye"), "\x88\x05\x03\xF4"s + "bye");
  EXPECT_EQ(close_frame(CloseCode::no_code, ""), "\x88\x00"s);
  EXPECT_EQ(close_frame(CloseCode::drain, std::string(200, 'x')).size(), 127U);
  std::string hello = "\x7f\x9f\x4d\x51\x58"s;  // RFC 6455, 5.7
  unmask(hello.data(), hello.size(), {'\x37', '\xfa', '\x21', '\x3d'});
  EXPECT_EQ(hello, "Hello");
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WsFraming, UnmaskingTakesAnyLength) {
  const std::array<char, 4> mask = {'\x11', '\x22', '\x33', '\x44'};
  for (std::size_t size = 0; size < 40; ++size) {
    std::string bytes(size, '\0');
    std::iota(bytes.begin(), bytes.end(), '\0');
    const std::string before = bytes;
    unmask(bytes.data(), size, mask);
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(bytes[i], before[i] ^ mask[i % 4]);
  }
}

TEST(WsFraming, OnlyCodesThatMayBeSentAreTaken) {
  for (const int code : {1000, 1001, 1003, 1011, 1014, 3000, 4429, 4999})
    EXPECT_TRUE(may_be_sent(static_cast<std::uint16_t>(code))) << code;
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65'535})
    EXPECT_FALSE(may_be_sent(static_cast<std::uint16_t>(code))) << code;
}

TEST(WsInbox, MessagesComeWholeWhateverThePortions) {
  std::string bytes;
  std::vector<std::string> sent;
  for (const std::size_t size : {0, 1, 5, 125, 126, 1'000, 70'000}) {
    sent.emplace_back(size, static_cast<char>('a' + size % 26));
    bytes += client_frame(1, sent.back());
  }
  bytes += client_frame(9, "ping");
  for (const std::size_t portion : {1, 2, 3, 7, 13, 14, 15, 100, 4'096, 262'144}) {
    Feeding feeding;
    feeding.feed(bytes, portion);
    EXPECT_EQ(feeding.messages, sent) << portion;
    EXPECT_EQ(feeding.controls, std::vector<std::string>{"ping"}) << portion;
    EXPECT_EQ(feeding.inbox.held(), 0U);
  }
}

TEST(WsInbox, FragmentsAreOneMessageAndControlFramesMayComeBetween) {
  const std::string bytes = client_frame(2, "one ", false) + client_frame(9, "?") +
                            client_frame(0, "", false) + client_frame(0, "two ", false) +
                            client_frame(0, "three") + client_frame(1, "next");
  for (const std::size_t portion : {1, 3, 10, 1'000}) {
    Feeding feeding;
    feeding.feed(bytes, portion);
    EXPECT_EQ(feeding.messages, (std::vector<std::string>{"one two three", "next"})) << portion;
    EXPECT_EQ(feeding.controls, std::vector<std::string>{"?"}) << portion;
  }
}

TEST(WsInbox, AMessageOutlivesTheBlockItCameIn) {
  Feeding feeding;
  auto block = std::make_shared<ReadBlock>();
  const std::string frame = client_frame(1, "kept");
  boost::asio::buffer_copy(feeding.inbox.room(*block), boost::asio::buffer(frame));
  feeding.inbox.feed(block, frame.size());
  Inbox::Message message;
  ASSERT_EQ(feeding.inbox.next(message), Inbox::Event::message);
  ASSERT_EQ(feeding.inbox.next(message), Inbox::Event::more);
  feeding.inbox.let_go();
  EXPECT_EQ(block.use_count(), 2) << "the message keeps it";
  EXPECT_EQ(message.bytes, "kept");
}

TEST(WsInbox, AnAnnouncedFrameTakesNoMemoryBeforeItComes) {
  constexpr std::size_t kLarge = 64 << 20;
  Feeding feeding(kLarge);
  const std::string frame = client_frame(1, std::string(kLarge, 'x'));
  feeding.feed(std::string_view(frame).substr(0, 100), 100);
  EXPECT_LE(feeding.inbox.held(), 64u << 10) << "of 64 MiB that its header names";
  std::size_t fed = 100;
  while (fed < frame.size()) {
    const std::size_t more = std::min<std::size_t>(1'000'000, frame.size() - fed);
    feeding.feed(std::string_view(frame).substr(fed, more), 200'000);
    fed += more;
    ASSERT_LE(feeding.inbox.held(), std::max<std::size_t>(2 * fed, 64 << 10));
  }
  ASSERT_EQ(feeding.messages.size(), 1u);
  EXPECT_EQ(feeding.messages[0], std::string(kLarge, 'x'));
  EXPECT_EQ(feeding.inbox.held(), 0u);
}

TEST(WsInbox, AFrameThatNoMemoryIsThereForEndsItsConnectionOnly) {
  constexpr std::uint64_t kHuge = std::uint64_t{1} << 62;
  Feeding feeding(UINT64_MAX);
  std::string header = client_frame(1, std::string(70'000, 'x')).substr(0, 14);
  engine::store_be(header.data() + 2, kHuge);
  feeding.feed(header + std::string(500'000, 'x'), 100'000);
  EXPECT_FALSE(feeding.faulted);
  EXPECT_LE(feeding.inbox.held(), 2u << 20);
}

TEST(WsInbox, WhatHasToWaitIsSetAsideAndGoesOn) {
  Feeding feeding;
  auto block = std::make_shared<ReadBlock>();
  const std::string frames = client_frame(1, "first") + client_frame(1, "second");
  boost::asio::buffer_copy(feeding.inbox.room(*block), boost::asio::buffer(frames));
  feeding.inbox.feed(block, frames.size());
  Inbox::Message message;
  ASSERT_EQ(feeding.inbox.next(message), Inbox::Event::message);
  message = {};
  feeding.inbox.set_aside();
  EXPECT_EQ(block.use_count(), 1) << "nobody keeps it";
  EXPECT_EQ(feeding.inbox.held(), client_frame(1, "second").size());
  feeding.take();
  EXPECT_EQ(feeding.messages, std::vector<std::string>{"second"});
  EXPECT_EQ(feeding.inbox.held(), 0u);
}

TEST(WsInbox, WhatTheProtocolForbidsIsAFault) {
  std::string unmasked = control_frame(Opcode::ping, "x");
  std::string reserved = client_frame(1, "x");
  reserved[0] = static_cast<char>(reserved[0] | 0x40);
  const std::vector<std::pair<std::string, CloseCode>> cases = {
      {unmasked, CloseCode::protocol_error},
      {reserved, CloseCode::protocol_error},
      {client_frame(3, "x"), CloseCode::protocol_error},
      {client_frame(0, "x"), CloseCode::protocol_error},
      {client_frame(9, "x", false), CloseCode::protocol_error},
      {client_frame(9, std::string(126, 'x')), CloseCode::protocol_error},
      {client_frame(1, "x", false) + client_frame(1, "y"), CloseCode::protocol_error},
      {client_frame(1, std::string(101, 'x')), CloseCode::too_big},
      {client_frame(1, std::string(60, 'x'), false) + client_frame(0, std::string(60, 'x')),
       CloseCode::too_big},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Feeding feeding(100);
    feeding.feed(cases[i].first, 7);
    EXPECT_TRUE(feeding.faulted) << i;
    EXPECT_EQ(feeding.inbox.fault(), cases[i].second) << i;
    EXPECT_TRUE(feeding.messages.empty()) << i;
  }
}

TEST(WsInbox, AMessageInManySmallPiecesIsAFaultAndOneInManyLargeOnesIsNot) {
  const auto message = [](int fragments, std::size_t bytes) {
    std::string all = client_frame(1, std::string(bytes, 'x'), false);
    for (int i = 2; i < fragments; ++i) all += client_frame(0, std::string(bytes, 'x'), false);
    return all + client_frame(0, std::string(bytes, 'x'));
  };
  const auto fed = [](const std::string& bytes) {
    Feeding feeding(64 << 20);
    feeding.feed(bytes, 100'000);
    return std::pair(feeding.messages.size(), feeding.faulted);
  };
  EXPECT_EQ(fed(message(kSmallFragmentsMax, 1)), std::pair(std::size_t{1}, false));
  EXPECT_EQ(fed(message(kSmallFragmentsMax + 1, 1)), std::pair(std::size_t{0}, true));
  EXPECT_EQ(fed(message(kSmallFragmentsMax, 1) + message(2, 0)), std::pair(std::size_t{2}, false))
      << "each message has its own";
  EXPECT_EQ(fed(message(200, kSmallFragmentBytes)), std::pair(std::size_t{1}, false));
}

/// Both ends of a connection whose writer soon has no room.
class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0);
    const int small = 4'096;
    ::setsockopt(ends_[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    wire.socket().assign(boost::asio::ip::tcp::v4(), ends_[0]);
  }
  ~OutboxTest() override {
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  std::string receive(std::size_t most) {
    std::string bytes(most, '\0');
    const auto got = ::recv(ends_[1], bytes.data(), most, MSG_DONTWAIT);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  static OutMessage message(std::string text) {
    auto kept = std::make_shared<const std::string>(std::move(text));
    OutMessage out;
    out.tail = *kept;
    out.keep = kept;
    return out;
  }

  int ends_[2];
  boost::asio::io_context context;
  Wire wire{Wire::Socket(context)};
  Outbox outbox;
};

TEST_F(OutboxTest, AMessageIsItsPrefixAndItsTailInOneFrame) {
  Prefix prefix;
  prefix.append("{\"sub\":1,");
  const OutMessage sent = message("\"x\":2}");
  EXPECT_EQ(outbox.write(wire, prefix, {&sent, 1}), Outbox::Wrote::all);
  EXPECT_EQ(receive(100), "\x81\x0f{\"sub\":1,\"x\":2}");
  EXPECT_EQ(outbox.unsent(), 0U);
  EXPECT_EQ(outbox.written(), frame_size(prefix, sent));
  EXPECT_EQ(sent.keep.use_count(), 1) << "nothing was kept of it";
}

TEST_F(OutboxTest, WhatTheSocketDoesNotTakeFollowsInOrderAndIsSharedNotCopied) {
  Prefix prefix;
  prefix.append("p:");
  std::string expected;
  std::vector<OutMessage> messages;
  for (int i = 0; i < 100; ++i) {
    messages.push_back(message(std::string(1'000, static_cast<char>('a' + i % 26))));
    char header[10];
    const std::size_t size = write_frame_header(header, Opcode::text, 1'002);
    expected.append(header, size).append("p:").append(messages.back().tail);
  }
  for (const OutMessage& one : messages) outbox.write(wire, prefix, {&one, 1});
  EXPECT_GT(outbox.unsent(), 0U);
  EXPECT_EQ(messages.back().keep.use_count(), 2);
  std::string got;
  for (int rounds = 0; got.size() < expected.size() && rounds < 10'000; ++rounds) {
    got += receive(777);
    EXPECT_NE(outbox.flush(wire), Outbox::Wrote::failed);
  }
  EXPECT_EQ(got, expected);
  EXPECT_EQ(outbox.unsent(), 0U);
  EXPECT_EQ(outbox.added(), expected.size());
  EXPECT_EQ(messages.back().keep.use_count(), 1);
}

// Before, the rest of the line moved up with every 64 frames that went out.
TEST_F(OutboxTest, ALongLineOfSmallFramesGoesOutInTimeThatGrowsWithIt) {
  constexpr int kFrames = 400'000;
  for (int i = 0; i < kFrames; ++i) outbox.add_own(message("x"));
  EXPECT_GT(outbox.own(), outbox.unsent());
  std::size_t got = 0;
  const engine::Stopwatch watch;
  while (outbox.unsent() > 0) {
    ASSERT_NE(outbox.flush(wire), Outbox::Wrote::failed);
    got += receive(1 << 20).size();
  }
  got += receive(1 << 20).size();
  EXPECT_EQ(got, 3u * kFrames);
  EXPECT_EQ(outbox.own(), 0u);
  EXPECT_LT(watch.elapsed(), std::chrono::seconds{10});
}

TEST_F(OutboxTest, WhatManyShareIsNobodysOwn) {
  Account account(1 << 20);
  OutMessage shared = own_message(Opcode::text, std::string(50'000, 'x'), &account);
  EXPECT_EQ(account.used(), 50'000u);
  outbox.add(Prefix{}, shared);
  EXPECT_EQ(outbox.own(), 0u);
  shared = {};
  EXPECT_EQ(account.used(), 50'000u) << "the line keeps it";
  outbox.clear();
  EXPECT_EQ(account.used(), 0u);
}

TEST_F(OutboxTest, AClosedSocketIsAFailureAndNoSignal) {
  ::close(std::exchange(ends_[1], -1));
  const OutMessage sent = message("x");
  EXPECT_EQ(outbox.write(wire, Prefix{}, {&sent, 1}), Outbox::Wrote::failed);
}

}  // namespace
}  // namespace twofold::http::ws
