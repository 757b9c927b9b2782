// What the program is told about Amazon SQS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/config/access_keys.h"
#include "src/config/load.h"
#include "src/serve/running_broker.h"

namespace twofold::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Loaded load_with(std::vector<std::pair<std::string, std::string>> settings) {
  Sources sources;
  for (auto& [key, value] : settings) sources.flags.push_back({key, value, "--set " + key});
  return load(sources);
}

TEST(AccessKeys, AreReadLineByLine) {
  const auto keys = parse_access_keys(
      "# id secret account\n\n  AKIDONE s/e+c=ret\t111122223333\r\nAKID_two-2 another", "keys");
  ASSERT_TRUE(keys) << keys.error().why;
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ(keys->at(0).id, "AKIDONE");
  EXPECT_EQ(keys->at(0).secret, "s/e+c=ret");
  EXPECT_EQ(keys->at(0).account, "111122223333");
  EXPECT_EQ(keys->at(1).id, "AKID_two-2");
  EXPECT_EQ(keys->at(1).account, "000000000000");
}

TEST(AccessKeys, WhatIsWrongIsSaidWithItsPlaceAndWithoutTheSecret) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"",                              "keys holds no access key"          },
      {"# nothing\n",                   "keys holds no access key"          },
      {"\nAKID\n",                      "keys:2: a line is an access key id"},
      {"AKID s3cr3t 111122223333 more", "keys:1: a line is"                 },
      {"AK/ID s3cr3t",                  "keys:1: an access key id has"      },
      {std::string(129,                 'A') + " s3cr3t",                     "keys:1: an access key id has"},
      {"AKID s3cr3t 11112222333",                               "keys:1: the account of AKID is not twelve"                                          },
      {"AKID s3cr3t\nAKID s3cr3t",                               "keys:2: AKID was given before"},
  };
  for (const auto& [text, why] : wrong) {
    const auto keys = parse_access_keys(text, "keys");
    ASSERT_FALSE(keys) << text;
    EXPECT_THAT(keys.error().why, HasSubstr(why));
    EXPECT_THAT(keys.error().why, testing::Not(HasSubstr("s3cr3t")));
  }
  EXPECT_THAT(read_access_keys("/nonexistent/keys").error().why,
              HasSubstr("cannot read /nonexistent/keys: No such file"));
}

TEST(SqsConfig, ReachesTheServer) {
  const Loaded loaded = load_with({
      {"sqs.regions",   "separate"                                     },
      {"sqs.queue_url", "https://sqs.{region}.example/{account}/{name}"},
      {"sqs.listen",    "127.0.0.1:9324, [::1]:9324"                   }
  });
  ASSERT_TRUE(loaded.errors.empty()) << loaded.errors.front().what;
  const auto options = *server_options(loaded.config);
  EXPECT_EQ(options.sqs.regions, http::sqs::Regions::separate);
  EXPECT_EQ(options.sqs.queue_url, "https://sqs.{region}.example/{account}/{name}");
  EXPECT_EQ(options.sqs.profile, http::sqs::Profile::lenient);
  EXPECT_TRUE(options.sqs.keys.empty());
  EXPECT_THAT(loaded.config.sqs.listen, ElementsAre("127.0.0.1:9324", "[::1]:9324"));
  EXPECT_EQ(server_options(defaults())->sqs.queue_url, http::sqs::Options().queue_url);
}

TEST(SqsConfig, TemplatesAndAddressesThatCouldNotWorkAreRefused) {
  for (const char* bad :
       {"", "http://localhost/{account}", "{account}/{name}", "http://h/{name}/x",
        "http://{hots}/{name}", "http://h/{name}/{name}", "http://{host/{name}"}) {
    EXPECT_EQ(load_with({
                            {"sqs.queue_url", bad}
    })
                  .errors.size(),
              1U)
        << bad;
  }
  EXPECT_THAT(load_with({
                            {"sqs.queue_url", "http://{hots}/{name}"}
  })
                  .errors.at(0)
                  .what,
              HasSubstr("{hots} is none of {scheme}, {host}"));
  for (const char* bad : {"9324", "example.org:9324", "127.0.0.1:9324,x"})
    EXPECT_EQ(load_with({
                            {"sqs.listen", bad}
    })
                  .errors.size(),
              1U)
        << bad;
}

TEST(SqsConfig, TheStrictProfileNeedsKeys) {
  const Loaded loaded = load_with({
      {"sqs.profile", "strict"}
  });
  ASSERT_EQ(loaded.errors.size(), 1U);
  EXPECT_EQ(loaded.errors[0].what, "sqs.profile (strict, --set sqs.profile) needs sqs.keys_file");
  EXPECT_THAT(loaded.errors[0].hint, HasSubstr("sqs.profile=lenient"));
  EXPECT_TRUE(load_with({
                            {"sqs.profile",   "strict"   },
                            {"sqs.keys_file", "/etc/keys"}
  })
                  .errors.empty());
  const auto options = server_options(load_with({
                                                    {"sqs.keys_file", "/nonexistent/keys"}
  })
                                          .config);
  ASSERT_FALSE(options);
  EXPECT_THAT(options.error().detail, HasSubstr("sqs.keys_file: cannot read /nonexistent/keys"));
}

}  // namespace
}  // namespace twofold::config
