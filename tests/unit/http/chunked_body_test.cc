#include "http/chunked_body.h"

#include <gtest/gtest.h>

#include <boost/beast/http.hpp>

namespace twofold::http {
namespace {

using State = ChunkedBody::State;

struct Outcome {
  State state;
  std::string body;
  std::string rest;
};

Outcome feed(std::string_view in, std::uint64_t bytes_max = 1'000) {
  ChunkedBody chunks(bytes_max);
  Outcome outcome;
  outcome.state = chunks.feed(in, outcome.body);
  outcome.rest = in;
  return outcome;
}

TEST(ChunkedBody, PutsTheChunksTogetherAndLeavesTheNextRequest) {
  const auto done = feed("4\r\nWiki\r\nA\r\npedia in c\r\n0\r\n\r\nGET / ");
  EXPECT_EQ(done.state, State::done);
  EXPECT_EQ(done.body, "Wikipedia in c");
  EXPECT_EQ(done.rest, "GET / ");
}

TEST(ChunkedBody, AnyCutGivesTheSameBody) {
  const std::string whole = "4\r\nWiki\r\n00b\r\n\r\n0\r\n\r\npedi\r\n0\r\n\r\n";
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    ChunkedBody chunks(1'000);
    std::string body;
    std::string_view first = std::string_view(whole).substr(0, cut);
    std::string_view second = std::string_view(whole).substr(cut);
    const State early = chunks.feed(first, body);
    EXPECT_EQ(early, cut == whole.size() ? State::done : State::more);
    EXPECT_EQ(chunks.feed(second, body), State::done) << cut;
    EXPECT_EQ(body, "Wiki\r\n0\r\n\r\npedi");
  }
}

TEST(ChunkedBody, RefusesWhatIsNotPlain) {
  for (const std::string_view bad :
       {"4;ext=1\r\nWiki\r\n0\r\n\r\n", "4 \r\nWiki\r\n0\r\n\r\n", " 4\r\nWiki\r\n", "\r\n",
        "g\r\n", "0x4\r\nWiki\r\n", "-4\r\nWiki\r\n", "123456789\r\n", "4\nWiki\r\n", "4\r\nWikipedia\r\n",
        "4\r\nWiki\n0\r\n\r\n", "0\r\nTrailer: x\r\n\r\n", "0\r\n\n", "4\r\rWiki"}) {
    EXPECT_EQ(feed(bad).state, State::refused) << bad;
  }
}

TEST(ChunkedBody, HoldsTheLimitOverAllChunks) {
  EXPECT_EQ(feed("5\r\n12345\r\n5\r\n12345\r\n0\r\n\r\n", 10).state, State::done);
  EXPECT_EQ(feed("5\r\n12345\r\n6\r\n123456\r\n0\r\n\r\n", 10).state, State::too_large);
  EXPECT_EQ(feed("ffffffff\r\n", 10).state, State::too_large);
}

// Whatever we call whole, Beast's parser reads to the same body.
TEST(ChunkedBody, WhatIsTakenWithAnyByteChangedIsTheSameForBeast) {
  namespace http = boost::beast::http;
  const std::string sound = "4\r\nWiki\r\n3\r\nped\r\n0\r\n\r\n";
  for (std::size_t i = 0; i < sound.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = sound;
      changed[i] = static_cast<char>(byte);
      const Outcome ours = feed(changed);
      if (ours.state != State::done) continue;
      http::request_parser<http::string_body> parser;
      parser.eager(true);
      const std::string request = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + changed;
      boost::system::error_code error;
      parser.put(boost::asio::buffer(request), error);
      EXPECT_FALSE(error) << i << " " << byte;
      EXPECT_EQ(parser.get().body(), ours.body) << i << " " << byte;
    }
  }
}

}  // namespace
}  // namespace twofold::http
