// Vectors that were recorded from AWS: what clients compare with what they compute.
#include <gtest/gtest.h>

#include "http/sqs/digest.h"
#include "http/sqs/message_attributes.h"

namespace twofold::http::sqs {
namespace {

using namespace std::string_literals;
using Attributes = std::vector<MessageAttribute>;

MessageAttribute text(std::string_view name, std::string_view value,
                      std::string_view type = "String") {
  MessageAttribute attribute;
  attribute.name = name;
  attribute.type = type;
  attribute.text = value;
  return attribute;
}

MessageAttribute binary(std::string_view name, std::string_view value) {
  MessageAttribute attribute;
  attribute.name = name;
  attribute.type = "Binary";
  attribute.bytes = value;
  return attribute;
}

TEST(SqsDigest, BodiesAndContentIds) {
  EXPECT_EQ(md5_hex("hello"), "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(sha256_hex("same"), "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5");
}

TEST(SqsDigest, AttributesAsAwsComputesThem) {
  const std::vector<std::pair<Attributes, std::string>> vectors = {
      {{text("color", "blue")},                                                                     "da1b33cc3cbfe8b1630921e78e6b9880"},
      {{text("timestamp", "1493147359900", "Number")},                                              "235c5c510d26fb653d073faed50ae77c"},
      {{text("MyAttribute", "foobar")},                                                             "adb59cd4678ea5a855436b949cd07ab6"},
      {{text("Help.Me", "Me"), text("Hello", "There"), text("General", "Kenobi")},
       "4c360f3fdafd970e05fae2f149d997f5"                                                                                             },
      {{text("Hello", "There"), text("General", "Kenobi")},                                         "fca026605781cb4126a1e9044df24232"},
      {{text("Hello", "There")},                                                                    "a311262e065454b75da111d535b8dacd"},
      {{text("Hello", "There"), text("Help.Me", "Me")},                                             "83fee93c1bcd8b9a5a923ffacdc636c7"},
      {{text("Foo", "Bar")},                                                                        "ae7155c6026991b6d54b11589678bf9c"},
      {{text("AWSTraceHeader",
             "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")},
       "5ae4d5d7636402d80f4eb6d213245a88"                                                                                             },
  };
  for (const auto& [attributes, md5] : vectors) EXPECT_EQ(attributes_md5(attributes), md5);
}

TEST(SqsDigest, TheOrderOfAttributesDoesNotMatterAndBytesAreNotText) {
  const std::string bytes = "\x01\x02\x03"s;
  const Attributes one = {binary("blob", bytes), text("color", "blue"),
                          text("count", "3", "Number")};
  const Attributes other = {one[2], one[0], one[1]};
  EXPECT_EQ(attributes_md5(one), "d838729972a4b70e2d2acd9d59ac847c");
  EXPECT_EQ(attributes_md5(other), "d838729972a4b70e2d2acd9d59ac847c");
}

}  // namespace
}  // namespace twofold::http::sqs
