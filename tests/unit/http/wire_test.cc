#include "http/wire.h"

#include <array>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

namespace twofold::http {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

/// A key and a certificate that it has signed itself.
TlsMaterial self_signed(const char* name, long days = 1) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -10 * 86'400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), days * 86'400);
  X509_NAME* const subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  X509_set_pubkey(certificate, key);
  X509_sign(certificate, key, EVP_sha256());
  TlsMaterial material;
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate);
  material.certificate = text_of(out);
  out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  material.key = text_of(out);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return material;
}

TEST(TlsMaterialTest, WhatCannotBeUsedIsNamedAndChangesNothing) {
  const TlsMaterial sound = self_signed("one");
  auto tls = Tls::open(sound);
  ASSERT_TRUE(tls) << tls.error().detail;
  EXPECT_EQ((*tls)->certificate().subject, "CN=one");
  EXPECT_FALSE((*tls)->certificate().expired);

  TlsMaterial wrong = self_signed("two");
  wrong.key = sound.key;
  wrong.key_name = "tls.key: k.pem";
  const auto refused = (*tls)->take(wrong);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail,
              HasSubstr("tls.key: k.pem: does not belong to the certificate"));
  wrong.key = "nothing";
  EXPECT_THAT((*tls)->take(wrong).error().detail, HasSubstr("holds no private key in PEM"));
  wrong.certificate = wrong.key;
  EXPECT_THAT((*tls)->take(wrong).error().detail, HasSubstr("holds no certificate in PEM"));
  EXPECT_EQ((*tls)->certificate().subject, "CN=one");

  EXPECT_TRUE((*tls)->take(self_signed("three")));
  EXPECT_EQ((*tls)->certificate().subject, "CN=three");
  EXPECT_TRUE((*tls)->take(self_signed("old", -1)));
  EXPECT_TRUE((*tls)->certificate().expired) << "it is served all the same; clients will say so";
}

/// Both ends of a connection: ours a Wire, the client's OpenSSL itself.
struct WireTest : ::testing::Test {
  WireTest() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    wire.socket().assign(asio::ip::tcp::v4(), ends[0]);
    wire.socket().non_blocking(true);
    client_context.reset(SSL_CTX_new(TLS_client_method()));
    client.reset(SSL_new(client_context.get()));
    SSL_set_fd(client.get(), ends[1]);
  }
  ~WireTest() override {
    client.reset();
    if (ends[1] >= 0) ::close(ends[1]);
  }

  void shake_hands() {
    ASSERT_TRUE(wire.begin_tls(*tls));
    auto ours = Wire::Shaken::wants_read;
    int theirs = 0;
    for (int step = 0; step < 20 && (ours != Wire::Shaken::done || theirs != 1); ++step) {
      if (theirs != 1) theirs = SSL_connect(client.get());
      if (ours != Wire::Shaken::done) ours = wire.shake_hands();
    }
    ASSERT_EQ(ours, Wire::Shaken::done) << wire.why();
    ASSERT_EQ(theirs, 1);
  }
  void say(const std::string& text) {
    ASSERT_EQ(SSL_write(client.get(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }
  std::string hear(std::size_t most) {
    std::string got(most, '\0');
    const int size = SSL_read(client.get(), got.data(), static_cast<int>(most));
    got.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return got;
  }
  std::string read(std::size_t most = 100) {
    std::string got(most, '\0');
    got.resize(wire.read_some(asio::buffer(got), error));
    return got;
  }
  void hang_up() { ::close(std::exchange(ends[1], -1)); }

  int ends[2];
  asio::io_context context;
  Wire wire{Wire::Socket(context)};
  std::shared_ptr<Tls> tls = *Tls::open(self_signed("server"));
  UniqueSslContext client_context;
  UniqueSsl client;
  boost::system::error_code error;
};

TEST_F(WireTest, WithoutTlsItIsTheSocket) {
  EXPECT_EQ(wire.look(), Wire::Seen::nothing);
  ASSERT_EQ(::send(ends[1], "hello", 5, 0), 5);
  EXPECT_EQ(wire.look(), Wire::Seen::bytes);
  EXPECT_EQ(read(), "hello");
  EXPECT_EQ(read(), "");
  EXPECT_EQ(error, asio::error::would_block);
  hang_up();
  EXPECT_EQ(wire.look(), Wire::Seen::gone);
}

TEST_F(WireTest, WhatTheClientSaysIsReadAndLookingTakesNothing) {
  shake_hands();
  EXPECT_EQ(wire.look(), Wire::Seen::nothing);
  say("hello");
  EXPECT_EQ(wire.look(), Wire::Seen::bytes);
  EXPECT_EQ(wire.look(), Wire::Seen::bytes);
  EXPECT_EQ(read(2), "he");
  EXPECT_FALSE(error);
  EXPECT_EQ(read(), "llo");
  EXPECT_EQ(read(), "");
  EXPECT_EQ(error, asio::error::would_block);
}

TEST_F(WireTest, SeveralRecordsAreReadAtOnce) {
  shake_hands();
  for (int i = 0; i < 10; ++i) say("0123456789");
  std::array<char, 30> first;
  std::array<char, 170> second;
  const std::array<asio::mutable_buffer, 2> both = {asio::buffer(first), asio::buffer(second)};
  EXPECT_EQ(wire.read_some(both, error), 100u);
}

// With nothing left in the socket only TLS knows that there is more.
TEST_F(WireTest, WhoeverWaitsToReadHearsOfWhatTlsHoldsAlready) {
  shake_hands();
  say("0123456789");
  EXPECT_EQ(read(3), "012");
  bool woken = false;
  wire.when_readable([&](const boost::system::error_code& failed) { woken = !failed; });
  context.poll();
  EXPECT_TRUE(woken);
  EXPECT_EQ(read(), "3456789");
  woken = false;
  wire.when_readable([&](const boost::system::error_code&) { woken = true; });
  context.restart();
  context.poll();
  EXPECT_FALSE(woken) << "nothing is held, and nothing has come";
  wire.socket().cancel();
  context.restart();
  context.poll();
}

TEST_F(WireTest, WhatTheSocketHasNoRoomForFollowsFromAnotherPlaceInMemory) {
  const int small = 4'096;
  ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  shake_hands();
  std::string text;
  for (int i = 0; text.size() < 200'000; ++i) text += std::to_string(i) + " ";
  std::string got;
  std::size_t written = 0;
  int blocked = 0;
  while (got.size() < text.size()) {
    const std::string moved = text.substr(written);
    std::array<iovec, 3> pieces;
    const std::size_t third = moved.size() / 3;
    pieces[0] = {const_cast<char*>(moved.data()), third};
    pieces[1] = {const_cast<char*>(moved.data()) + third, third};
    pieces[2] = {const_cast<char*>(moved.data()) + 2 * third, moved.size() - 2 * third};
    const auto sent = wire.send(pieces);
    ASSERT_GE(sent, 0);
    if (static_cast<std::size_t>(sent) < moved.size()) ++blocked;
    written += static_cast<std::size_t>(sent);
    for (std::string part = hear(5'000); !part.empty(); part = hear(5'000)) got += part;
  }
  EXPECT_EQ(got, text);
  EXPECT_GT(blocked, 3);
}

TEST_F(WireTest, AGoodbyeIsAnEndAndItsLackIsAFailure) {
  shake_hands();
  SSL_shutdown(client.get());
  EXPECT_EQ(wire.look(), Wire::Seen::gone);
  EXPECT_EQ(read(), "");
  EXPECT_EQ(error, asio::error::eof);
}

TEST_F(WireTest, AnEndWithoutAGoodbyeIsAFailure) {
  shake_hands();
  hang_up();
  EXPECT_EQ(read(), "");
  EXPECT_EQ(error, asio::error::connection_reset);
}

TEST_F(WireTest, TheEndBehindTheLastBytesIsHeardWithoutWaitingForTheSocket) {
  shake_hands();
  say("last");
  SSL_shutdown(client.get());
  EXPECT_EQ(read(), "last");
  bool woken = false;
  wire.when_readable([&](const boost::system::error_code& failed) { woken = !failed; });
  context.poll();
  EXPECT_TRUE(woken);
  EXPECT_EQ(read(), "");
  EXPECT_EQ(error, asio::error::eof);
}

TEST_F(WireTest, WeSayGoodbyeToo) {
  shake_hands();
  wire.shutdown_send();
  char byte;
  const int got = SSL_read(client.get(), &byte, 1);
  EXPECT_EQ(SSL_get_error(client.get(), got), SSL_ERROR_ZERO_RETURN);
}

TEST_F(WireTest, HttpInThePlaceOfAHandshakeIsToldApartAndLeftAlone) {
  ASSERT_TRUE(wire.begin_tls(*tls));
  EXPECT_EQ(wire.shake_hands(), Wire::Shaken::wants_read);
  ASSERT_EQ(::send(ends[1], "GET / HTTP/1.1\r\n", 16, 0), 16);
  EXPECT_EQ(wire.shake_hands(), Wire::Shaken::not_tls);
  char first;
  EXPECT_EQ(::recv(ends[0], &first, 1, MSG_PEEK), 1);
  EXPECT_EQ(first, 'G');
}

TEST_F(WireTest, NonsenseIsAFailureWithAReason) {
  ASSERT_TRUE(wire.begin_tls(*tls));
  ASSERT_EQ(::send(ends[1], "\x01\x02\x03\x04\x05\x06\x07\x08\x09", 9, 0), 9);
  EXPECT_EQ(wire.shake_hands(), Wire::Shaken::failed);
  EXPECT_FALSE(wire.why().empty());
}

}  // namespace
}  // namespace twofold::http
