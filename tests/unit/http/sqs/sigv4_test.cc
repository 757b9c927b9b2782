// Signatures against vectors that botocore made, and everything that is wrong with the others.
#include "http/sqs/sigv4.h"

#include <functional>
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/broker.h"
#include "http/json_reader.h"
#include "http/sqs/authenticator.h"
#include "http/sqs/digest.h"

namespace twofold::http::sqs {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kBody =
    R"({"QueueUrl": "http://localhost:9324/000000000000/q", "MessageBody": "hello"})";
constexpr std::string_view kSigned =
    "1d82040a8c03ee77b84d3b74b51b76ae885fee51c79e7ffb151147d9f738e02c";
constexpr std::string_view kPresignedSigned =
    "d6bf279c914b04abd3d87ce6bd5cde3adbb797138d2c476f83bfb5439d504d8f";
constexpr std::string_view kPresignedQuery =
    "Action=SendMessage&MessageBody=a%20b%2Bc%2F~&Version=2012-11-05&"
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&"
    "X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Fus-east-1%2Fsqs%2Faws4_request&"
    "X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host";
constexpr engine::WallTime kSignedAt{1'767'323'045'000};

std::string authorization(std::string_view signature = kSigned) {
  return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/sqs/aws4_request, "
         "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" +
         std::string(signature);
}

/// The request of the vector, to be spoiled.
struct Request {
  Request() { fields["authorization"] = authorization(); }

  Outcome<Authenticator::Signed> check(const Authenticator& authenticator, engine::WallTime now = kSignedAt) {
    head.clear();
    head.method = method;
    head.target = target_text;
    head.host = host;
    head.fields.push_back({"Host", host});
    for (const auto& [name, value] : fields) head.fields.push_back({name, value});
    EXPECT_TRUE(static_cast<bool>(target.parse(target_text)));
    return authenticator.check(head, target, body, now);
  }

  std::string method = "POST";
  std::string target_text = "/";
  std::string host = "localhost:9324";
  std::string body{kBody};
  std::map<std::string, std::string> fields{
      {"Content-Type", "application/x-amz-json-1.0"},
      {"X-Amz-Date",   "20260102T030405Z"          },
      {"X-Amz-Target", "AmazonSQS.SendMessage"     }
  };
  Head head;
  Target target;
};

Request presigned(std::string_view signature = kPresignedSigned) {
  Request request;
  request.fields.clear();
  request.method = "GET";
  request.body.clear();
  request.target_text = "/000000000000/q?X-Amz-Signature=" + std::string(signature) + "&" +
                        std::string(kPresignedQuery);
  return request;
}

ServerOptions options() {
  ServerOptions options;
  options.hosts_allowed = {"queues.example.org"};
  return options;
}

std::vector<access::Key> keys() {
  access::Key example;
  example.id = "AKIDEXAMPLE";
  example.sqs_secret = kSecret;
  example.account = "111122223333";
  access::Key other;
  other.id = "OTHER";
  other.sqs_secret = "another";
  return {example, other};
}

class SqsSignature : public testing::Test {
 protected:
  void expect(Request& request, Code code, std::string_view words,
              engine::WallTime now = kSignedAt) {
    const auto caller = request.check(authenticator_, now);
    ASSERT_FALSE(caller) << words;
    EXPECT_EQ(caller.fault().code, code) << caller.fault().message;
    EXPECT_THAT(caller.fault().message, HasSubstr(std::string(words)));
    EXPECT_TRUE(is_utf8(caller.fault().message)) << "it stands in XML and JSON";
  }

  SqsSignature() { keyring_.replace(keys()); }

  access::Keyring keyring_;
  const ServerOptions options_ = options();
  const Authenticator authenticator_{keyring_, options_};
};

TEST_F(SqsSignature, EveryStepIsThatOfTheVector) {
  const SigningKey key = signing_key(kSecret, "20260102", "us-east-1");
  std::string hex;
  for (const unsigned char byte : key) hex += fmt::format("{:02x}", byte);
  EXPECT_EQ(hex, "2ff297a9677e4dae14c807deddfda42a648728a19457402a48e239ed0efff414");

  Request request;
  EXPECT_TRUE(request.check(authenticator_));
  const auto signature = read_signature(request.head, request.target);
  ASSERT_TRUE(signature);
  const std::string canonical =
      canonical_request(*signature, request.head, request.target, request.host, sha256_hex(kBody));
  EXPECT_EQ(sha256_hex(canonical),
            "d9280e040d861c734da60118c722c0937e7124668d8e4ca8247595d9751f936a")
      << canonical;
  EXPECT_EQ(sign(key, *signature, canonical), kSigned);
}

TEST_F(SqsSignature, APresignedRequestIsThatOfTheVector) {
  Request request = presigned();
  const auto caller = request.check(authenticator_);
  ASSERT_TRUE(caller) << caller.fault().message;
  const auto signature = read_signature(request.head, request.target);
  const std::string canonical =
      canonical_request(*signature, request.head, request.target, request.host, sha256_hex(""));
  EXPECT_THAT(canonical, HasSubstr(std::string(kPresignedQuery)));
  EXPECT_EQ(sha256_hex(canonical),
            "1fd90ec5405d7c6e233ab8d1a33d70538746228a9760cc98115497c2c5dda22b");
}

// Whoever had an administrator's presigned address read with it in any namespace.
TEST_F(SqsSignature, WhoHasASignatureDoesNotChooseANamespaceWithIt) {
  for (Request request : {Request(), presigned()}) {
    request.fields["Twofold-Namespace"] = "red";
    expect(request, Code::invalid_signature, "wofold-");
  }
}

TEST_F(SqsSignature, SaysWhoCallsFromWhere) {
  Request request;
  const auto caller = request.check(authenticator_);
  ASSERT_TRUE(caller) << caller.fault().message;
  EXPECT_EQ(caller->principal->account, "111122223333");
  EXPECT_EQ(caller->region, "us-east-1");
}

TEST_F(SqsSignature, WhateverWasChangedOnTheWayIsSeen) {
  const std::vector<std::function<void(Request&)>> changes = {
      [](Request& r) { r.body.back() = ' '; },
      [](Request& r) { r.method = "PUT"; },
      [](Request& r) { r.target_text = "/x"; },
      [](Request& r) { r.target_text = "/?a=b"; },
      [](Request& r) { r.host = "localhost:9325"; },
      [](Request& r) { r.fields["X-Amz-Target"] = "AmazonSQS.DeleteQueue"; },
      [](Request& r) { r.fields["X-Amz-Date"] = "20260102T030406Z"; },
      [](Request& r) { r.fields["authorization"] = authorization(std::string(64, '0')); },
      [](Request& r) { r.fields["authorization"] = authorization("1d82"); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Request request;
    changes[i](request);
    SCOPED_TRACE(i);
    expect(request, Code::invalid_signature, "does not match the signature you provided");
  }
  Request later = presigned();
  later.target_text += "&More=1";
  expect(later, Code::invalid_signature, "does not match");
}

TEST_F(SqsSignature, BlanksInAFieldDoNotCount) {
  Request request;
  request.fields["Content-Type"] = "  application/x-amz-json-1.0   ";
  EXPECT_TRUE(request.check(authenticator_));
}

TEST_F(SqsSignature, WhatIsNotSignedCouldBeAnybodys) {
  Request token;
  token.fields["X-Amz-Security-Token"] = "abc";
  expect(token, Code::invalid_signature, "'X-Amz-Security-Token' must be a 'SignedHeader'");
  Request no_host;
  std::string& list = no_host.fields["authorization"];
  list.erase(list.find("host;"), 5);
  expect(no_host, Code::invalid_signature, "'Host' must be a 'SignedHeader'");
  Request traced;
  traced.fields["X-Amzn-Trace-Id"] = "Root=1";
  EXPECT_TRUE(traced.check(authenticator_)) << "a load balancer adds it";
  Request cached;
  cached.fields["X-Amz-Cf-Id"] = "abc";
  EXPECT_TRUE(cached.check(authenticator_)) << "CloudFront adds it, and nothing reads it";
}

TEST_F(SqsSignature, KeysThatNobodyHasAndOtherSecrets) {
  Request unknown;
  std::string& text = unknown.fields["authorization"];
  text.replace(text.find("AKIDEXAMPLE"), 11, "AKIDNOTHERE");
  expect(unknown, Code::unrecognized_client, "security token included in the request is invalid");
  Request other;
  std::string& its = other.fields["authorization"];
  its.replace(its.find("AKIDEXAMPLE"), 11, "OTHER");
  expect(other, Code::invalid_signature, "does not match");
}

TEST_F(SqsSignature, AClockMayBeAQuarterOfAnHourOff) {
  for (const auto off : {-15min, 0min, 15min}) {
    Request request;
    EXPECT_TRUE(request.check(authenticator_, kSignedAt + off)) << off.count();
  }
  Request old;
  expect(old, Code::invalid_signature,
         "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (it is "
         "20260102T031906Z)",
         kSignedAt + 15min + 1s);
  Request early;
  expect(early, Code::invalid_signature, "Signature not yet current", kSignedAt - 15min - 1s);
}

TEST_F(SqsSignature, APresignedRequestCountsUntilItExpires) {
  Request request = presigned();
  EXPECT_TRUE(request.check(authenticator_, kSignedAt + 60s));
  expect(request, Code::invalid_signature, "Signature expired", kSignedAt + 61s);
  expect(request, Code::invalid_signature, "not yet current", kSignedAt - 16min);
  for (const std::string_view wrong : {"0", "604801", "-1", "x", ""}) {
    Request spoiled = presigned();
    const std::size_t at = spoiled.target_text.find("Expires=60&");
    spoiled.target_text.replace(at, 11, "Expires=" + std::string(wrong) + "&");
    expect(spoiled, Code::incomplete_signature, "X-Amz-Expires");
  }
}

TEST_F(SqsSignature, ARequestWithoutOneIsTurnedAway) {
  Request none;
  none.fields.erase("authorization");
  expect(none, Code::access_denied, "not signed");
  Request twice = presigned();
  twice.fields["authorization"] = authorization();
  expect(twice, Code::incomplete_signature, "signed twice");
}

TEST_F(SqsSignature, ScopesMustFit) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"AKIDEXAMPLE/20260103/us-east-1/sqs/aws4_request", "Date in Credential scope"},
      {"AKIDEXAMPLE/2026010/us-east-1/sqs/aws4_request",  "Date in Credential scope"},
      {"AKIDEXAMPLE/20260102/us-east-1/sns/aws4_request", "correct service: 'sqs'"  },
      {"AKIDEXAMPLE/20260102/us-east-1/sqs/aws5_request", "valid terminator"        },
      {"AKIDEXAMPLE/20260102//sqs/aws4_request",          "valid region"            },
      {"AKIDEXAMPLE/20260102/a b/sqs/aws4_request",       "valid region"            },
  };
  for (const auto& [scope, words] : wrong) {
    Request request;
    std::string& text = request.fields["authorization"];
    const std::string right = "AKIDEXAMPLE/20260102/us-east-1/sqs/aws4_request";
    text.replace(text.find(right), right.size(), scope);
    expect(request, Code::invalid_signature, words);
  }
}

TEST_F(SqsSignature, GarbledOnesAreIncomplete) {
  const std::string credential = "Credential=AKIDEXAMPLE/20260102/us-east-1/sqs/aws4_request";
  for (const std::string& text : {
           std::string("Bearer abc"),
           std::string("\xff\xfe\x80 x"),
           std::string("AWS4-HMAC-SHA256"),
           std::string("AWS4-HMAC-SHA256 "),
           "AWS4-HMAC-SHA256 " + credential,
           "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host",
           "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=",
           "AWS4-HMAC-SHA256 " + credential + ", " + credential +
               ", SignedHeaders=host, Signature=0",
           "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=0, More=1",
           "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=Host, Signature=0",
           "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=x;host, Signature=0",
           "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host;host, Signature=0",
           "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=;host, Signature=0",
           std::string("AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0"),
           std::string("AWS4-HMAC-SHA256 Credential=/20260102/r/sqs/aws4_request, "
                       "SignedHeaders=host, Signature=0"),
           "AWS4-HMAC-SHA256 " + std::string(15'000, ','),
           std::string(15'000, '='),
           "AWS4-HMAC-SHA256 Credential=" + std::string(10'000, '/'),
       }) {
    Request request;
    request.fields["authorization"] = text;
    SCOPED_TRACE(text.substr(0, 200));
    expect(request, Code::incomplete_signature, "");
  }
  for (const std::string_view time :
       {"", "20260102", "20261302T030405Z", "20260230T030405Z", "20260102T240405Z",
        "20260102T0304 5Z", "2026-01-02T03:04Z"}) {
    Request request;
    request.fields["X-Amz-Date"] = time;
    expect(request, Code::incomplete_signature, "X-Amz-Date");
  }
}

TEST_F(SqsSignature, TheBodysDigestIsTheOneThatIsNamed) {
  Request wrong;
  wrong.fields["X-Amz-Content-Sha256"] = sha256_hex("other");
  std::string& text = wrong.fields["authorization"];
  text.replace(text.find(";x-amz-date"), 11, ";x-amz-content-sha256;x-amz-date");
  expect(wrong, Code::invalid_signature, "'x-amz-content-sha256' header does not match");

  // Signed without the body, then any body will do.
  Request unsigned_body = wrong;
  unsigned_body.fields["X-Amz-Content-Sha256"] = "UNSIGNED-PAYLOAD";
  EXPECT_FALSE(unsigned_body.check(authenticator_));
  const auto signature = read_signature(unsigned_body.head, unsigned_body.target);
  const std::string canonical = canonical_request(
      *signature, unsigned_body.head, unsigned_body.target, "localhost:9324", "UNSIGNED-PAYLOAD");
  const std::string made =
      sign(signing_key(kSecret, "20260102", "us-east-1"), *signature, canonical);
  std::string& its = unsigned_body.fields["authorization"];
  its.replace(its.find(kSigned), kSigned.size(), made);
  EXPECT_TRUE(unsigned_body.check(authenticator_));
  unsigned_body.body = "anything";
  EXPECT_TRUE(unsigned_body.check(authenticator_));
}

TEST_F(SqsSignature, AProxyMayHaveChangedTheHost) {
  Request proxied;
  proxied.host = "10.0.0.7:8080";
  expect(proxied, Code::invalid_signature, "does not match");
  proxied.fields["X-Forwarded-Host"] = "localhost:9324";
  EXPECT_TRUE(proxied.check(authenticator_));
  proxied.fields["X-Forwarded-Host"] = "localhost";
  EXPECT_FALSE(proxied.check(authenticator_));
  proxied.fields["X-Forwarded-Port"] = "9324";
  EXPECT_TRUE(proxied.check(authenticator_));

  ServerOptions named = options();
  named.hosts_allowed = {"localhost"};
  Request behind;
  behind.host = "other:9324";
  EXPECT_TRUE(behind.check(Authenticator(keyring_, named)));
}

TEST_F(SqsSignature, ANameThatIsNotOursIsNotTried) {
  Request stolen;
  stolen.host = "10.0.0.7:8080";
  stolen.fields["X-Forwarded-Host"] = "elsewhere.example.com";
  Request theirs;
  theirs.host = "elsewhere.example.com";
  EXPECT_FALSE(theirs.check(authenticator_));
  const auto signature = read_signature(theirs.head, theirs.target);
  const std::string made = sign(
      signing_key(kSecret, "20260102", "us-east-1"), *signature,
      canonical_request(*signature, theirs.head, theirs.target, theirs.host, sha256_hex(kBody)));
  stolen.fields["authorization"] = authorization(made);
  expect(stolen, Code::invalid_signature, "does not match");
}

TEST_F(SqsSignature, ManyRegionsDoNotFillTheMemory) {
  for (std::size_t i = 0; i < Authenticator::kDerivedMax + 10; ++i) {
    Request request;
    std::string& text = request.fields["authorization"];
    text.replace(text.find("us-east-1"), 9, "region-" + std::to_string(i));
    ASSERT_FALSE(request.check(authenticator_));
  }
  Request request;
  EXPECT_TRUE(request.check(authenticator_));
}

TEST_F(SqsSignature, AKeyThatChangesItsSecretForgetsWhatWasDerivedFromTheOldOne) {
  Request request;
  ASSERT_TRUE(request.check(authenticator_));
  auto changed = keys();
  changed.front().sqs_secret = "another one now";
  keyring_.replace(changed);
  EXPECT_FALSE(request.check(authenticator_));
  keyring_.replace(keys());
  EXPECT_TRUE(request.check(authenticator_));
}

}  // namespace
}  // namespace twofold::http::sqs
