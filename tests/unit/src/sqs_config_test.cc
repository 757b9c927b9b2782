// What the program is told about Amazon SQS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "src/config/key_file.h"
#include "src/config/text_file.h"
#include "src/config/load.h"
#include "src/serve/keys_file.h"
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

TEST(KeyFile, IsReadAndWrittenAsItWas) {
  const auto keys = parse_keys(
      "# a comment\n[[key]]\nid = \"AKIDONE\"\nsqs_secret = \"s/e+c=ret\\\"\"\n"
      "account = \"111122223333\"\nallow = [\"publish topic:orders\", \"* queue:k*\"]\n"
      "[[key]]\nid = \"AKID_two-2\"\nrequests_per_second = 5\nhash = \"sha256:" +
          std::string(64, 'a') + "\"\n",
      "keys");
  ASSERT_TRUE(keys) << keys.error().why;
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ(keys->at(0).id, "AKIDONE");
  EXPECT_EQ(keys->at(0).sqs_secret, "s/e+c=ret\"");
  EXPECT_EQ(keys->at(0).account, "111122223333");
  EXPECT_EQ(keys->at(0).allow.at(1).text(), "* queue:k*");
  EXPECT_EQ(keys->at(1).account, "000000000000");
  EXPECT_EQ(keys->at(1).requests_per_second, 5U);

  const std::string path = testing::TempDir() + "keys-" + std::to_string(::getpid()) + ".toml";
  ASSERT_TRUE(write_keys(path, *keys));
  EXPECT_FALSE(readable_by_others(path));
  const auto again = read_keys(path);
  ASSERT_TRUE(again) << again.error().why;
  EXPECT_EQ(*again, *keys);
  ASSERT_EQ(::unlink(path.c_str()), 0);
}

TEST(KeyFile, WhatIsWrongIsSaidWithItsPlaceAndWithoutTheSecret) {
  const std::string key = "[[key]]\nid = \"a\"\nsqs_secret = \"s3cr3t\"\n";
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"sqs_secret = s3cr3t\n",                               "keys:1: this is not TOML"           },
      {"key = 1\n",                                           "keys:1: write [[key]] above"        },
      {"[other]\nx = 1\n",                                    "keys:1: write [[key]] above"        },
      {"[[key]]\nsqs_secret = \"s3cr3t\"\n",                  "keys:1: a key has an id"            },
      {"[[key]]\nid = \"a\"\n",                              "keys:1: a has no hash, no sqs_secret and no certificate"       },
      {"[[key]]\nid = \"a/b\"\nsqs_secret = \"s3cr3t\"\n", "keys:2: an id has 1 to 128"         },
      {"[[key]]\nid = \"nobody\"\nsqs_secret = \"s3cr3t\"\n", "keys:2: no key is called nobody"   },
      {key + "account = \"12\"\n",                          "keys:4: an account is twelve digits"},
      {key + "hash = \"s3cr3t\"\n",                         "keys:4: a hash is sha256:"          },
      {key + "allow = \"* *\"\n",                           "keys:4: allow is a list"            },
      {key + "allow = [\"eat topic:x\"]\n",                 "keys:4: \"eat topic:x\" is no grant"},
      {key + "secret = \"s3cr3t\"\n",                       "keys:4: a key has no secret"        },
      {key + "bytes_per_second = -1\n",                      "keys:4: bytes_per_second is a whole"},
      {key + key,                                            "keys:4: a was given before"         },
  };
  for (const auto& [text, why] : wrong) {
    const auto keys = parse_keys(text, "keys");
    ASSERT_FALSE(keys) << text;
    EXPECT_THAT(keys.error().why, HasSubstr(why));
    EXPECT_THAT(keys.error().why, testing::Not(HasSubstr("s3cr3t")));
  }
  EXPECT_THAT(read_keys("/nonexistent/keys").error().why,
              HasSubstr("cannot read /nonexistent/keys: No such file"));
  EXPECT_TRUE(parse_keys("", "keys")->empty()) << "nobody may do anything";
}

// The check of TLS stood behind the one of listeners, which was over as soon as there were keys:
// the broker then spoke plain HTTP, and tokens crossed the network in clear.
TEST(AuthConfig, HalfOfTlsIsRefusedWithKeysAsWithout) {
  for (const char* way : {"sqs.queue_url", "auth.keys_file", "auth.insecure"}) {
    const char* const value = way == std::string_view("auth.insecure") ? "true"
                              : way == std::string_view("auth.keys_file")
                                  ? "/etc/keys"
                                  : "{scheme}://{host}/{account}/{name}";
    for (const char* half : {"tls.cert", "tls.key", "tls.client_ca"}) {
      const Loaded loaded = load_with({
          {way,  value       },
          {half, "/etc/x.pem"}
      });
      ASSERT_EQ(loaded.errors.size(), 1U) << way << " " << half;
      EXPECT_THAT(loaded.errors[0].what, HasSubstr(half));
    }
  }
}

TEST(AuthConfig, OthersAreLetInWithKeysOrOnPurpose) {
  for (const char* open : {"0.0.0.0:8080", "[::]:8080", "10.0.0.7:80", "[2001:db8::1]:80"}) {
    const Loaded loaded = load_with({
        {"http.listen", open}
    });
    ASSERT_EQ(loaded.errors.size(), 1U) << open;
    EXPECT_THAT(loaded.errors[0].what, HasSubstr("nobody is asked for a key"));
    EXPECT_THAT(loaded.errors[0].hint, HasSubstr("--insecure-no-auth"));
    EXPECT_TRUE(load_with({
                              {"http.listen",    open      },
                              {"auth.keys_file", "/etc/keys"}
    })
                    .errors.empty());
    EXPECT_TRUE(load_with({
                              {"http.listen",   open  },
                              {"auth.insecure", "true"}
    })
                    .errors.empty());
    EXPECT_EQ(load_with({
                            {"http.listen", "127.0.0.1:1"},
                            {"sqs.listen", open}
    })
                  .errors.size(),
              1U);
    EXPECT_EQ(load_with({
                            {"http.listen", "127.0.0.1:1"},
                            {"http.admin_listen", open}
    })
                  .errors.size(),
              1U);
  }
  for (const char* own : {"127.0.0.1:8080", "127.1.2.3:80", "[::1]:80", "localhost:80"}) {
    EXPECT_TRUE(load_with({
                              {"http.listen", own}
    })
                    .errors.empty())
        << own;
  }
}

TEST(HttpConfig, WhatIsNoUrlToPutPathsBehindIsRefused) {
  for (const char* bad :
       {"queues.example.org", "ftp://x", "https://", "https://x/", "http://:80", "http://x:0",
        "http://x:99999", "http://x:y", "https://x?y", "https://a b", "https://{host}"}) {
    const Loaded loaded = load_with({
        {"http.public_url", bad}
    });
    ASSERT_EQ(loaded.errors.size(), 1U) << bad;
    EXPECT_THAT(loaded.errors[0].what, HasSubstr("is not a URL to put paths behind"));
  }
  for (const char* good : {"", "https://queues.example.org", "http://10.0.0.7:8080/broker",
                           "http://[::1]", "http://[::1]:80/a/b"}) {
    EXPECT_TRUE(load_with({
                              {"http.public_url", good}
    })
                    .errors.empty())
        << good;
  }
}

TEST(HttpConfig, TheAddressForOperatorsIsAnAddressOrNothing) {
  EXPECT_TRUE(load_with({
                            {"http.admin_listen", ""}
  })
                  .errors.empty());
  for (const char* bad : {"9090", "example.org:9090", "127.0.0.1:"})
    EXPECT_EQ(load_with({
                            {"http.admin_listen", bad}
    })
                  .errors.size(),
              1U)
        << bad;
}

// Both were bound, one was not listened on, and the broker crashed on its way out.
TEST(HttpConfig, AnAddressThatStandsInItTwiceIsRefused) {
  const auto with = [](const char* http, const char* sqs, const char* admin) {
    const std::string first = http;
    return load_with({{"http.listen", first}, {"sqs.listen", sqs}, {"http.admin_listen", admin}, {"auth.insecure", "true"}});
  };
  const Loaded twice = with("127.0.0.1:8080", "127.0.0.1:9324, localhost:8080", "");
  ASSERT_EQ(twice.errors.size(), 1U);
  EXPECT_EQ(twice.errors[0].what,
            "http.listen (127.0.0.1:8080, --set http.listen) and sqs.listen (localhost:8080, --set "
            "sqs.listen) are one address");
  EXPECT_THAT(twice.errors[0].hint, HasSubstr("give it another port"));
  EXPECT_EQ(with("127.0.0.1:80", "", "0.0.0.0:80").errors.size(), 1U) << "all is that one, too";
  EXPECT_EQ(with("[::1]:80", "[0:0::1]:80", "[::]:80").errors.size(), 3U);
  EXPECT_EQ(with("127.0.0.1:80", "[::1]:9324,[::1]:9324", "").errors.size(), 1U);
  EXPECT_EQ(with("127.0.0.1:80", "127.0.0.1:080", "").errors.size(), 1U);
  EXPECT_TRUE(with("127.0.0.1:0", "127.0.0.1:0, 127.0.0.1:0", "127.0.0.1:0").errors.empty()) << "any that is free";
  EXPECT_TRUE(with("127.0.0.1:80", "127.0.0.2:80, [::1]:80", "[fe80::1%eth0]:80").errors.empty());
  EXPECT_TRUE(with("0.0.0.0:80", "[::]:80", "").errors.empty()) << "some systems keep them apart";
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
  EXPECT_EQ(loaded.errors[0].what, "sqs.profile (strict, --set sqs.profile) needs auth.keys_file");
  EXPECT_THAT(loaded.errors[0].hint, HasSubstr("sqs.profile=lenient"));
  EXPECT_TRUE(load_with({
                            {"sqs.profile",   "strict"   },
                            {"auth.keys_file", "/etc/keys"}
  })
                  .errors.empty());
  http::access::Keyring keyring;
  const auto keys = KeysFile("/nonexistent/keys", keyring).load();
  ASSERT_FALSE(keys);
  EXPECT_THAT(keys.error().detail, HasSubstr("auth.keys_file: cannot read /nonexistent/keys"));
  EXPECT_FALSE(keyring.required());
}

}  // namespace
}  // namespace twofold::config
