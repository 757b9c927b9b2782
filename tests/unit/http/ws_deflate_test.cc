#include <gtest/gtest.h>

#include "http/ws/deflate.h"
#include "http/ws/inbox.h"
#include "http/ws/outbox.h"

namespace twofold::http::ws {
namespace {

using namespace std::string_literals;
using Fault = Inflater::Fault;

constexpr std::size_t kMost = 100'000;
constexpr std::string_view kAnswer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

std::string inflated(std::string_view blocks) {
  std::string message;
  Inflater inflater;
  EXPECT_EQ(inflater.inflate(blocks, kMost, message), std::nullopt);
  return message;
}

std::optional<Fault> fault_of(std::string_view blocks, std::size_t bytes_max = kMost) {
  std::string message;
  Inflater inflater;
  return inflater.inflate(blocks, bytes_max, message);
}

std::string records(int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text.append(R"({"id":"0-)").append(std::to_string(i)).append(R"(","value":{"state":"new"}},)");
  return text;
}

TEST(WsDeflate, ReadsTheExamplesOfTheRfc) {
  EXPECT_EQ(inflated("\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
  EXPECT_EQ(inflated("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s), "Hello") << "stored";
  EXPECT_EQ(inflated("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s), "Hello") << "with a last block";
  EXPECT_EQ(inflated("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s), "Hello")
      << "two blocks";
  EXPECT_EQ(inflated("\x00"s), "");
  EXPECT_EQ(inflated("\x00\x02\x00\xfd\xff\x48\x65\xca\xc9\xc9\x07\x00"s), "Hello")
      << "a prefix of its own";
}

TEST(WsDeflate, WhatIsWrittenIsReadBackMessageByMessage) {
  Deflater deflater;
  const std::string long_one = records(500);
  for (const std::string& message : {long_one, "x"s, ""s, records(3), long_one}) {
    const std::string blocks = deflater.deflate(message);
    EXPECT_EQ(inflated(blocks), message) << "each by itself, whatever came before";
    EXPECT_EQ(deflater.deflate(message), blocks);
  }
  EXPECT_LT(deflater.deflate(long_one).size() * 5, long_one.size());
}

TEST(WsDeflate, ABombIsStoppedAtTheLimit) {
  Deflater deflater;
  const std::string zeros = deflater.deflate(std::string(50'000, '0'));
  EXPECT_LT(zeros.size(), 1'000U);
  EXPECT_EQ(fault_of(zeros, 50'000), std::nullopt);
  EXPECT_EQ(fault_of(zeros, 49'999), Fault::too_large);
  EXPECT_EQ(fault_of(zeros, 10), Fault::too_large);
  EXPECT_EQ(fault_of(zeros, 0), Fault::too_large);
  EXPECT_EQ(fault_of(deflater.deflate(""), 0), std::nullopt);
}

TEST(WsDeflate, WhatDoesNotInflateIsRefused) {
  Deflater deflater;
  const std::string whole = deflater.deflate(records(40));
  std::string message;
  Inflater inflater;
  for (std::size_t cut = 1; cut + 1 < whole.size(); ++cut) {
    const auto fault = inflater.inflate(std::string_view(whole).substr(0, cut), kMost, message);
    EXPECT_TRUE(fault == Fault::damaged || message != records(40)) << cut;
  }
  EXPECT_EQ(fault_of("\x06"), Fault::damaged) << "a kind of block that there is not";
  EXPECT_EQ(fault_of("\x00\x05\x00\xfa\xfe\x48"s), Fault::damaged) << "a length against itself";
  EXPECT_EQ(fault_of("\x00\x09\x00\xf6\xff\x48"s), Fault::damaged) << "a stored block cut short";
  EXPECT_EQ(inflater.inflate(whole, kMost, message), std::nullopt) << "and the next is good";
  EXPECT_EQ(message, records(40));
}

TEST(WsDeflate, AnOfferIsTakenOrPassedOver) {
  const auto answer = [](std::string_view offers) { return accept_deflate(offers).value_or("-"); };
  EXPECT_EQ(answer("permessage-deflate"), kAnswer);
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits"), kAnswer);
  EXPECT_EQ(answer("Permessage-Deflate;client_no_context_takeover ; server_no_context_takeover"),
            kAnswer);
  EXPECT_EQ(answer("permessage-deflate; server_max_window_bits=12; client_max_window_bits=\"9\""),
            std::string(kAnswer) + "; server_max_window_bits=12");
  EXPECT_EQ(answer("x-webkit-deflate-frame, permessage-deflate; server_max_window_bits=9,"
                   "permessage-deflate"),
            kAnswer)
      << "the first that can be kept";
  for (const std::string_view bad :
       {"", ",", "deflate", "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=11",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=012",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=",
        "permessage-deflate; client_no_context_takeover=1",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=15",
        "permessage-deflate; mystery"})
    EXPECT_EQ(answer(bad), "-") << bad;
}

TEST(WsDeflate, APrefixGoesBeforeTheSharedTailAsAStoredBlock) {
  const std::string text = records(50);
  Deflater deflater;
  const OutMessage tail = deflated(deflater, own_message(Opcode::text, text));
  ASSERT_TRUE(tail.deflated);
  for (const std::string_view own : {"", "{\"sub\":7,"}) {
    Prefix prefix;
    prefix.append(own);
    EXPECT_EQ(frame_size(prefix, tail),
              4 + tail.tail.size() + (own.empty() ? 0 : kStoredHeaderBytes + own.size()));
    std::string blocks(own.empty() ? 0 : kStoredHeaderBytes, '\0');
    if (!own.empty()) write_stored_header(blocks.data(), prefix.size);
    EXPECT_EQ(inflated(blocks.append(own).append(tail.tail)), std::string(own) + text);
  }
  const OutMessage noise = own_message(Opcode::text, "\x01\xf3\x5a");
  EXPECT_EQ(deflated(deflater, noise).tail, noise.tail) << "no smaller: as it was";
  EXPECT_FALSE(deflated(deflater, noise).deflated);
}

/// A client's frame with a mask of zeros.
std::string client_frame(std::uint8_t first, std::string_view payload) {
  std::string frame{static_cast<char>(first), static_cast<char>(0x80 | payload.size())};
  return frame.append(4, '\0').append(payload);
}

struct Fed {
  explicit Fed(std::string_view bytes, bool agreed = true) : inbox(kMost, agreed) {
    auto block = std::make_shared<ReadBlock>();
    std::copy(bytes.begin(), bytes.end(), block->begin());
    inbox.feed(std::move(block), bytes.size());
    do event = inbox.next(message);
    while (event == Inbox::Event::ping);
  }
  Inbox inbox;
  Inbox::Message message;
  Inbox::Event event;
};

TEST(WsDeflate, OnlyTheFirstFrameOfAMessageSaysThatItIsDeflated) {
  EXPECT_TRUE(Fed(client_frame(0xC1, "x")).message.deflated);
  EXPECT_FALSE(Fed(client_frame(0x81, "x")).message.deflated);
  const Fed pieces(client_frame(0x41, "a") + client_frame(0x89, "") + client_frame(0x80, "b"));
  EXPECT_EQ(pieces.event, Inbox::Event::message);
  EXPECT_EQ(pieces.message.bytes, "ab");
  EXPECT_TRUE(pieces.message.deflated);
  const std::string two = client_frame(0x41, "a") + client_frame(0x80, "b");
  Fed plain_after(two + client_frame(0x01, "c") + client_frame(0x80, "d"));
  EXPECT_EQ(plain_after.inbox.next(plain_after.message), Inbox::Event::message);
  EXPECT_FALSE(plain_after.message.deflated);

  EXPECT_EQ(Fed(client_frame(0x41, "a") + client_frame(0xC0, "b")).event, Inbox::Event::fault);
  EXPECT_EQ(Fed(client_frame(0xC9, "ping")).event, Inbox::Event::fault);
  EXPECT_EQ(Fed(client_frame(0xC8, "")).event, Inbox::Event::fault);
  EXPECT_EQ(Fed(client_frame(0xA1, "x")).event, Inbox::Event::fault) << "RSV2";
  EXPECT_EQ(Fed(client_frame(0xD1, "x")).event, Inbox::Event::fault) << "RSV1 and RSV3";
  EXPECT_EQ(Fed(client_frame(0xC1, "x"), /*agreed=*/false).event, Inbox::Event::fault);
}

}  // namespace
}  // namespace twofold::http::ws
