#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/config/keys.h"
#include "src/config/load.h"
#include "src/config/units.h"

namespace twofold::config {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

// What a file of this text alone makes, with the mistakes in it.
struct FileRead {
  std::vector<Assignment> assignments;
  std::vector<Problem> problems;
};
FileRead read(std::string_view text) {
  FileRead file;
  file.assignments = read_text(text, "twofold.toml", file.problems);
  return file;
}

Loaded load_flags(std::vector<std::pair<std::string, std::string>> settings) {
  Sources sources;
  for (auto& [key, value] : settings) sources.flags.push_back({key, value, "--set " + key});
  return load(sources);
}

TEST(ConfigTable, NoTwoKeysShareAnEnvironmentVariable) {
  std::set<std::string> names;
  for (const Key& key : keys()) {
    EXPECT_TRUE(names.insert(environment_name(key)).second) << environment_name(key);
  }
  EXPECT_EQ(environment_name(*find_key("http.listen")), "TWOFOLD_HTTP_LISTEN");
}

TEST(ConfigTable, NoKeyHidesBehindWhatKubernetesSets) {
  for (const Key& key : keys()) {
    EXPECT_FALSE(environment_name(key).starts_with("TWOFOLD_PORT")) << key.name;
    EXPECT_FALSE(environment_name(key).starts_with("TWOFOLD_SERVICE_")) << key.name;
  }
}

TEST(ConfigTable, EveryDefaultIsWithinItsBoundsAndPrintedAsWritten) {
  for (const Key& key : keys()) {
    Config config;
    ASSERT_TRUE(assign(key, key.fallback, config)) << key.name;
    EXPECT_EQ(render(key, config), key.fallback) << key.name;
  }
}

TEST(ConfigTable, EveryKeyFillsAPlaceOfItsOwn) {
  Config config;
  std::set<const void*> places;
  for (const Key& key : keys()) {
    const void* place =
        std::visit([](auto* slot) -> const void* { return slot; }, key.slot(config));
    EXPECT_TRUE(places.insert(place).second) << key.name;
  }
}

TEST(ConfigTable, EveryBoundIsEnforced) {
  for (const Key& key : keys()) {
    Config config;
    if (key.kind == Kind::choice || key.low.empty()) continue;
    EXPECT_TRUE(assign(key, key.low, config)) << key.name;
    if (!key.high.empty()) {
      EXPECT_TRUE(assign(key, key.high, config)) << key.name;
    }
    const bool has_floor = key.low != "0" && key.low != "0s";
    if (has_floor) {
      EXPECT_FALSE(assign(key, "0", config)) << key.name;
    }
    if (key.high.empty()) continue;
    const std::string beyond = key.kind == Kind::duration ? "900000d"
                               : key.kind == Kind::size   ? "9000TiB"
                                                          : "2000000000";
    EXPECT_FALSE(assign(key, beyond, config)) << key.name;
  }
}

TEST(ConfigTable, EveryKeyHasASentenceOfHelp) {
  for (const Key& key : keys()) {
    EXPECT_GT(key.help.size(), 10U) << key.name;
    EXPECT_FALSE(key.help.ends_with('.')) << key.name;
  }
}

TEST(Config, DefaultsAreTheDocumentedOnes) {
  const Config config = defaults();
  EXPECT_EQ(config.server.data_dir, "./twofold-data");
  EXPECT_EQ(config.http.listen, "127.0.0.1:8080");
  EXPECT_EQ(config.http.max_body, 10U << 20);
  EXPECT_EQ(config.storage.durability, engine::Durability::disk);
  EXPECT_EQ(config.queues.visibility_timeout, 30s);
  EXPECT_EQ(config.origin.size(), keys().size());
  EXPECT_EQ(config.origin.at("http.listen"), "default");
}

TEST(Config, FlagsBeatTheEnvironmentWhichBeatsTheDefaults) {
  Sources sources;
  sources.environment = {"TWOFOLD_LOG_LEVEL=warn", "TWOFOLD_SERVER_THREADS=3", "HOME=/root"};
  sources.flags = {
      {"log.level", "debug", "--set log.level"}
  };
  const Loaded loaded = load(sources);
  ASSERT_TRUE(loaded.errors.empty());
  EXPECT_EQ(loaded.config.log.level.least, engine::DiagLevel::debug);
  EXPECT_EQ(loaded.config.server.threads, 3);
  EXPECT_EQ(loaded.config.origin.at("log.level"), "--set log.level");
  EXPECT_EQ(loaded.config.origin.at("server.threads"), "environment TWOFOLD_SERVER_THREADS");
  EXPECT_EQ(loaded.config.origin.at("http.listen"), "default");
}

TEST(ConfigFile, IsReadSectionBySection) {
  const FileRead file = read(
      "[http]\nlisten = \"0.0.0.0:80\"\n[topics]\npartitions = 6\n"
      "[storage]\nmemory_only = true\n");
  EXPECT_TRUE(file.problems.empty());
  ASSERT_EQ(file.assignments.size(), 3U);
  EXPECT_EQ(file.assignments[0].key, "http.listen");
  EXPECT_EQ(file.assignments[0].value, "0.0.0.0:80");
  EXPECT_EQ(file.assignments[0].origin, "twofold.toml:2:1");
}

TEST(ConfigFile, AnUnknownKeyIsNamedWithItsPlaceAndTheNearestKey) {
  const FileRead file = read("[http]\n\n  lissten = \"x:1\"\n");
  ASSERT_EQ(file.problems.size(), 1U);
  EXPECT_EQ(file.problems[0].what, "twofold.toml:3:3: unknown key \"http.lissten\"");
  EXPECT_THAT(file.problems[0].hint, HasSubstr("did you mean \"http.listen\"?"));
}

TEST(ConfigFile, AnUnknownSectionIsOneMistakeHoweverLongItIs) {
  const FileRead file = read("[topcs]\npartitions = 3\nretention_time = \"1d\"\n");
  ASSERT_EQ(file.problems.size(), 1U);
  EXPECT_THAT(file.problems[0].what, HasSubstr("unknown key \"topcs\""));
  EXPECT_THAT(file.problems[0].hint, HasSubstr("\"topics\""));
}

TEST(ConfigFile, WhatIsNotTomlIsRefusedWithItsPlace) {
  const FileRead file = read("[http]\nlisten = = 3\n");
  ASSERT_EQ(file.problems.size(), 1U);
  EXPECT_THAT(file.problems[0].what, HasSubstr("twofold.toml:2:10"));
}

TEST(ConfigFile, AListWhereOneValueBelongsIsRefused) {
  const FileRead file = read("[http]\nlisten = [\"a:1\", \"b:2\"]\n");
  ASSERT_EQ(file.problems.size(), 1U);
  EXPECT_THAT(file.problems[0].what, HasSubstr("needs a single value"));
}

TEST(ConfigFile, AListIsAnArrayAndElsewhereHasCommas) {
  const FileRead file = read("[http]\nhosts = [\"a.example\", \"b.example\"]\n");
  ASSERT_TRUE(file.problems.empty());
  Sources sources;
  sources.environment = {"TWOFOLD_HTTP_CORS_ORIGINS=https://a.example, http://b.example:81"};
  sources.flags = file.assignments;
  const Loaded loaded = load(sources);
  ASSERT_TRUE(loaded.errors.empty());
  EXPECT_THAT(loaded.config.http.hosts, testing::ElementsAre("a.example", "b.example"));
  EXPECT_THAT(loaded.config.http.cors_origins,
              testing::ElementsAre("https://a.example", "http://b.example:81"));
  const Key& key = *find_key("http.hosts");
  EXPECT_EQ(render(key, loaded.config), "a.example,b.example");
  EXPECT_EQ(render_toml(key, "a.example,b.example"), R"(["a.example", "b.example"])");
  EXPECT_EQ(render_toml(key, ""), "[]");
  EXPECT_EQ(read("[http]\nhosts = []\n").assignments.at(0).value, "");
  EXPECT_THAT(read("[http]\nhosts = [1]\n").problems.at(0).what, HasSubstr("an array of texts"));
}

TEST(Config, LocalhostIsAnAddressAndOtherNamesAreNot) {
  for (const char* good : {"localhost:8080", "0.0.0.0:80", "[::1]:80", "[fe80::1%eth0]:80"}) {
    EXPECT_TRUE(load_flags({
                               {"http.listen",   good  },
                               {"auth.insecure", "true"}
    })
                    .errors.empty())
        << good;
  }
  const Loaded named = load_flags({
      {"http.listen", "broker.example.org:8080"}
  });
  ASSERT_EQ(named.errors.size(), 1U);
  EXPECT_THAT(named.errors[0].what, HasSubstr("\"broker.example.org\" is not an IP address"));
  EXPECT_THAT(named.errors[0].what, HasSubstr("localhost"));
}

TEST(ConfigFile, ABareNumberForADurationIsRefused) {
  const FileRead file = read("[queues]\nvisibility_timeout = 30\n");
  ASSERT_TRUE(file.problems.empty());
  Sources sources;
  sources.flags = file.assignments;
  const Loaded loaded = load(sources);
  ASSERT_EQ(loaded.errors.size(), 1U);
  EXPECT_THAT(loaded.errors[0].what, HasSubstr("twofold.toml:2:1: queues.visibility_timeout"));
  EXPECT_THAT(loaded.errors[0].what, HasSubstr("without a unit"));
}

TEST(ConfigFile, AMissingFileThatWasAskedForIsAnError) {
  Sources sources;
  sources.file = "/nonexistent/twofold.toml";
  const Loaded loaded = load(sources);
  ASSERT_EQ(loaded.errors.size(), 1U);
  EXPECT_THAT(loaded.errors[0].what, HasSubstr("cannot read /nonexistent/twofold.toml"));
}

TEST(ConfigEnvironment, WhatBelongsToNobodyIsAWarning) {
  std::vector<std::string> warnings;
  const auto assignments = read_environment({"TWOFOLD_HTTP_LISTN=x", "TWOFOLDER=1"}, warnings);
  EXPECT_TRUE(assignments.empty());
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings[0], HasSubstr("did you mean \"TWOFOLD_HTTP_LISTEN\"?"));
}

TEST(ConfigEnvironment, WhatKubernetesAndTheClientSetIsLeftAlone) {
  std::vector<std::string> warnings;
  const auto assignments = read_environment(
      {"TWOFOLD_PORT=tcp://10.0.0.1:8080", "TWOFOLD_PORT_8080_TCP_ADDR=10.0.0.1",
       "TWOFOLD_SERVICE_HOST=10.0.0.1", "TWOFOLD_URL=http://x", "TWOFOLD_CONFIG=a.toml"},
      warnings);
  EXPECT_TRUE(assignments.empty());
  EXPECT_TRUE(warnings.empty());
}

Loaded load_environment(std::vector<std::string> environment) {
  Sources sources;
  sources.environment = std::move(environment);
  return load(sources);
}

TEST(ConfigEnvironment, WhereAServiceKeepsItsDataGivesWayToEverySetting) {
  const std::string unit = "TWOFOLD_STATE_DIRECTORY=/var/lib/twofold";
  const Loaded alone = load_environment({unit});
  EXPECT_TRUE(alone.warnings.empty());
  EXPECT_EQ(alone.config.server.data_dir, "/var/lib/twofold");
  EXPECT_EQ(alone.config.origin.at("server.data_dir"), "environment TWOFOLD_STATE_DIRECTORY");
  EXPECT_EQ(load_environment({unit, "TWOFOLD_SERVER_DATA_DIR=/srv"}).config.server.data_dir, "/srv");
}

TEST(ConfigEnvironment, WhereAnImageListensGivesWayToEverySetting) {
  const std::string image = "TWOFOLD_DEFAULT_LISTEN=0.0.0.0:8080";
  const Loaded alone = load_environment({image, "TWOFOLD_AUTH_INSECURE=true"});
  EXPECT_TRUE(alone.warnings.empty());
  EXPECT_EQ(alone.config.http.listen, "0.0.0.0:8080");
  EXPECT_EQ(alone.config.origin.at("http.listen"), "environment TWOFOLD_DEFAULT_LISTEN");
  EXPECT_EQ(load_environment({image, "TWOFOLD_HTTP_LISTEN=127.0.0.1:1"}).config.http.listen, "127.0.0.1:1");
}

TEST(ConfigEnvironment, TheVariablesOfOpenTelemetryStandForKeys) {
  const Loaded loaded = load_environment({"OTEL_EXPORTER_OTLP_ENDPOINT=https://c.example/otel",
                                          "OTEL_SERVICE_NAME=orders",
                                          "OTEL_TRACES_SAMPLER=parentbased_traceidratio",
                                          "OTEL_TRACES_SAMPLER_ARG=0.25"});
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_TRUE(loaded.warnings.empty());
  EXPECT_EQ(loaded.config.otel.endpoint, "https://c.example/otel");
  EXPECT_EQ(loaded.config.otel.service_name, "orders");
  EXPECT_EQ(loaded.config.otel.sample, 0.25);
  EXPECT_EQ(loaded.config.origin.at("otel.sample"), "environment OTEL_TRACES_SAMPLER_ARG");
}

TEST(ConfigEnvironment, OurOwnVariablesComeBeforeThoseOfOpenTelemetry) {
  const Loaded loaded =
      load_environment({"TWOFOLD_OTEL_SERVICE_NAME=ours", "OTEL_SERVICE_NAME=theirs",
                        "OTEL_EXPORTER_OTLP_ENDPOINT=", "OTEL_TRACES_SAMPLER=always_off",
                        "OTEL_TRACES_SAMPLER_ARG=1", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"});
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_EQ(loaded.config.otel.service_name, "ours");
  EXPECT_EQ(loaded.config.otel.endpoint, "") << "an empty one is none";
  EXPECT_EQ(loaded.config.otel.sample, 0);
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_THAT(loaded.warnings.front(), HasSubstr("OTEL_EXPORTER_OTLP_PROTOCOL is grpc"));
}

// They were read by nobody, and the collector answered 401 to every span.
TEST(ConfigEnvironment, FieldsForACollectorAreReadAndNeverShown) {
  using Fields = std::vector<std::pair<std::string, std::string>>;
  const Loaded loaded = load_environment(
      {"OTEL_EXPORTER_OTLP_HEADERS=api-key=s3cr3t, Authorization=Basic%20dTpw=,,x-empty="});
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_TRUE(loaded.warnings.empty());
  const Fields wanted{
      {"api-key",       "s3cr3t"     },
      {"Authorization", "Basic dTpw="},
      {"x-empty",       ""           }
  };
  EXPECT_EQ(loaded.config.otel.headers, wanted);
  for (const Key& key : keys())
    EXPECT_EQ(render(key, loaded.config).find("s3cr3t"), std::string::npos);

  const Loaded nearer =
      load_environment({"OTEL_EXPORTER_OTLP_HEADERS=a=1", "OTEL_EXPORTER_OTLP_TRACES_HEADERS=b=2"});
  EXPECT_EQ(nearer.config.otel.headers, (Fields{
                                            {"b", "2"}
  }));

  for (const char* const wrong :
       {"s3cr3t", "=s3cr3t", "a b=s3cr3t", "a=s3cr3t%0d%0aX:1", "a=s3cr3t%2", "Host=s3cr3t",
        "content-LENGTH=s3cr3t", "a=s3cr3t%zz"}) {
    const Loaded left_out =
        load_environment({std::string("OTEL_EXPORTER_OTLP_HEADERS=good=1,") + wrong});
    EXPECT_EQ(left_out.config.otel.headers, (Fields{
                                                {"good", "1"}
    }))
        << wrong;
    ASSERT_EQ(left_out.warnings.size(), 1U) << wrong;
    EXPECT_THAT(left_out.warnings.front(), HasSubstr("OTEL_EXPORTER_OTLP_HEADERS: entry 2"));
    EXPECT_EQ(left_out.warnings.front().find("s3cr3t"), std::string::npos);
  }
}

TEST(Config, ACollectorIsAUrlAndASampleIsAShare) {
  for (const char* const wrong : {"collector:4318", "ftp://c", "http://", "http://a b", "http://c:port",
                                  "http://user@c", "http://c?x=1"}) {
    EXPECT_EQ(load_flags({{"otel.endpoint", wrong}}).errors.size(), 1U) << wrong;
  }
  for (const char* const right : {"", "http://[::1]:4318", "https://c.example/v1/traces"})
    EXPECT_TRUE(load_flags({{"otel.endpoint", right}}).errors.empty()) << right;
  for (const char* const wrong : {"", "half", "-0.1", "1.1", "nan", "0.5x"})
    EXPECT_EQ(load_flags({{"otel.sample", wrong}}).errors.size(), 1U) << wrong;
  EXPECT_EQ(load_flags({{"otel.sample", "0.05"}}).config.otel.sample, 0.05);
  EXPECT_EQ(load(Sources{}).config.otel.endpoint, "");
}

TEST(Config, EveryWrongValueIsRefusedByTheNameOfItsKey) {
  const std::pair<const char*, const char*> wrong[] = {
      {"http.listen",           "8080"      },
      {"http.listen",           "host:99999"},
      {"http.listen",           ":8080"     },
      {"http.listen",           "a:b:8080"  },
      {"http.max_body",         "lots"      },
      {"http.max_body",         "1B"        },
      {"topics.partitions",     "0"         },
      {"topics.partitions",     "many"      },
      {"storage.durability",    "fast"      },
      {"storage.memory_only",   "yep"       },
      {"log.level",             "loud"      },
      {"log.level",             ""          },
      {"log.level",             "info,"     },
      {"log.level",             "htp=debug" },
      {"log.level",             "http=loud" },
      {"log.level",             "info,warn" },
      {"server.data_dir",       ""          },
      {"topics.retention_time", "7"         },
      {"limits.connections",    "-1"        },
      {"http.hosts",            "a:80"      },
      {"http.hosts",            "*"         },
      {"http.cors_origins",     "a.example" },
      {"http.cors_origins",     "https://a/"},
  };
  for (const auto& [key, value] : wrong) {
    const Loaded loaded = load_flags({
        {key, value}
    });
    ASSERT_EQ(loaded.errors.size(), 1U) << key << "=" << value;
    EXPECT_THAT(loaded.errors[0].what, HasSubstr(key));
    EXPECT_FALSE(loaded.errors[0].hint.empty());
  }
}

TEST(Config, AComponentHasALevelOfItsOwn) {
  const auto level = [](const char* text) {
    const Loaded loaded = load_flags({
        {"log.level", text}
    });
    EXPECT_TRUE(loaded.errors.empty()) << text;
    return render(*find_key("log.level"), loaded.config);
  };
  EXPECT_EQ(level("info,http=debug"), "info,http=debug");
  EXPECT_EQ(level("http=debug, warn ,auth=error"), "warn,http=debug,auth=error");
  EXPECT_EQ(level("queue=debug"), "info,queue=debug");
  const Loaded wrong = load_flags({
      {"log.level", "info,htp=debug"}
  });
  ASSERT_EQ(wrong.errors.size(), 1U);
  EXPECT_THAT(wrong.errors[0].what, HasSubstr("\"htp\" is not one of main|http|"));
}

TEST(Config, AllMistakesAreReportedAtOnce) {
  EXPECT_EQ(load_flags({
                           {"log.level",   "x"   },
                           {"log.fromat",  "json"},
                           {"http.listen", "y"   }
  })
                .errors.size(),
            3U);
}

TEST(Config, SettingsThatContradictEachOtherAreRefused) {
  const Loaded body = load_flags({
      {"http.max_body", "1KiB"}
  });
  ASSERT_EQ(body.errors.size(), 1U);
  EXPECT_THAT(body.errors[0].what, HasSubstr("topics.max_record_bytes"));
  EXPECT_EQ(load_flags({
                           {"storage.journal_file_bytes", "8MiB"}
  })
                .errors.size(),
            1U)
      << "smaller than one request body";
  EXPECT_TRUE(load_flags({
                             {"http.max_body",              "2MiB"},
                             {"storage.journal_file_bytes", "8MiB"}
  })
                  .errors.empty());
}

TEST(Config, SetTakesKeyEqualsValue) {
  const auto set = parse_set("http.listen=[::1]:80");
  ASSERT_TRUE(set);
  EXPECT_EQ(set->key, "http.listen");
  EXPECT_EQ(set->value, "[::1]:80");
  EXPECT_FALSE(parse_set("http.listen"));
  EXPECT_FALSE(parse_set("=x"));
}

}  // namespace
}  // namespace twofold::config
