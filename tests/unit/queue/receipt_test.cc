#include "queue/receipt.h"

#include <gtest/gtest.h>

namespace twofold::queue {
namespace {

ReceiptKey key(unsigned char first) {
  ReceiptKey key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<unsigned char>(first + i);
  return key;
}
const Receipt kReceipt{7, 3, engine::Offset{1'234'567'890'123}, 0xDEADBEEF,
                       engine::Instant{0x123456789A}};

TEST(Receipt, WhatWasHandedOutIsReadBack) {
  const ReceiptCoder coder(key(0));
  EXPECT_EQ(coder.decode(coder.encode(kReceipt)), kReceipt);
}

TEST(Receipt, KeepsTheTextThatClientsHold) {
  EXPECT_EQ(ReceiptCoder(key(0)).encode(kReceipt), "r1.AQcAAAADAMsE-3EfAQAA776t3pp4VjQSAKtu5lMOSGf6");
}

TEST(Receipt, AChangeOfAnyCharacterMakesItWorthless) {
  const ReceiptCoder coder(key(0));
  const std::string good = coder.encode(kReceipt);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'A', 'b', '7', '-', '_', '=', '+', '\0', '\xff'}) {
      std::string bad = good;
      bad[i] = c;
      EXPECT_EQ(coder.decode(bad).has_value(), bad == good) << "character " << i;
    }
  }
}

TEST(Receipt, CutShortOrLongerItIsWorthless) {
  const ReceiptCoder coder(key(0));
  const std::string good = coder.encode(kReceipt);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(coder.decode(good.substr(0, size)));
  EXPECT_FALSE(coder.decode(good + "A"));
}

TEST(Receipt, AnotherBrokersReceiptIsWorthlessHere) {
  EXPECT_FALSE(ReceiptCoder(key(1)).decode(ReceiptCoder(key(0)).encode(kReceipt)));
}

}  // namespace
}  // namespace twofold::queue
