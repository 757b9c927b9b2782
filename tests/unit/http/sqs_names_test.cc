#include <fmt/format.h>
#include <gtest/gtest.h>

#include "http/call.h"
#include "http/sqs/place.h"
#include "http/sqs/redrive.h"
#include "http/sqs/uuid.h"

namespace twofold::http::sqs {
namespace {

TEST(SqsNames, QueuesHaveEightyPlainCharacters) {
  EXPECT_TRUE(is_queue_name("a-B_9"));
  EXPECT_TRUE(is_queue_name("orders.fifo"));
  EXPECT_TRUE(is_queue_name(std::string(80, 'q')));
  EXPECT_TRUE(is_queue_name(std::string(75, 'q') + ".fifo"));
  for (const auto& bad :
       {std::string(), std::string(81, 'q'), std::string("a.b"), std::string(".fifo"),
        std::string("a b"), std::string(76, 'q') + ".fifo"}) {
    EXPECT_FALSE(is_queue_name(bad)) << bad;
  }
}

TEST(SqsNames, AUrlIsReadByItsEndWhateverStandsBefore) {
  for (const char* url :
       {"https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
        "http://localhost:4566/queue/eu-west-1/000000000000/jobs", "/000000000000/jobs",
        "http://h/000000000000/jobs/", "http://h/000000000000/jobs?x=/y", "jobs"}) {
    EXPECT_EQ(address_in_url(url).name, "jobs") << url;
  }
  EXPECT_EQ(address_in_url("").name, "");
}

TEST(SqsNames, UrlsAreBuiltForWhoeverAsks) {
  Head head;
  head.host = "broker:9324";
  const Place place{"000000000000", "eu-west-1", "jobs"};
  const std::string plain = Options().queue_url;
  EXPECT_EQ(queue_url(plain, head, place), "http://broker:9324/000000000000/jobs");
  head.fields.push_back({"X-Forwarded-Proto", "https"});
  EXPECT_EQ(queue_url(plain, head, place), "https://broker:9324/000000000000/jobs");
  EXPECT_EQ(queue_url("http://sqs.{region}.localhost:9324/{account}/{name}", head, place),
            "http://sqs.eu-west-1.localhost:9324/000000000000/jobs");
}

TEST(SqsNames, ArnsAreTakenApart) {
  const auto arn = parse_arn("arn:aws-cn:sqs:cn-north-1:111111111111:jobs");
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->name, "jobs");
  EXPECT_EQ(arn->account, "111111111111");
  EXPECT_EQ(arn->region, "cn-north-1");
  for (const char* bad : {"", "jobs", "arn:aws:sns:r:a:n", "arn:aws:sqs:r:a",
                          "arn:aws:sqs:r:a:", "arn:aws:sqs:r:a:n:m"}) {
    EXPECT_FALSE(parse_arn(bad)) << bad;
  }
}

TEST(SqsNames, TheSignatureSaysWhoCallsFromWhere) {
  Head head;
  Target target;
  EXPECT_EQ(caller_of(head, target).account, kDefaultAccount);
  head.fields.push_back(
      {"Authorization",
       "AWS4-HMAC-SHA256 Credential=111122223333/20260102/eu-west-1/sqs/aws4_request, "
       "SignedHeaders=host, Signature=x"});
  EXPECT_EQ(caller_of(head, target).account, "111122223333");
  EXPECT_EQ(caller_of(head, target).region, "eu-west-1");
  head.fields[0].value = "AWS4-HMAC-SHA256 Credential=AKID/20260102/eu\"west/sqs/aws4_request, Sig";
  EXPECT_EQ(caller_of(head, target).account, kDefaultAccount);
  EXPECT_EQ(caller_of(head, target).region, kDefaultRegion);
  head.fields.clear();
  ASSERT_TRUE(static_cast<bool>(
      target.parse("/?X-Amz-Credential=AKID%2F20260102%2Fus-west-2%2Fsqs%2Faws4_request")));
  EXPECT_EQ(caller_of(head, target).region, "us-west-2");
}

TEST(SqsNames, WithoutASignatureTheHostMayNameTheRegion) {
  Head head;
  Target target;
  const std::vector<std::pair<std::string, std::string>> hosts = {
      {"sqs.eu-west-1.localhost.localstack.cloud:4566", "eu-west-1"    },
      {"us-gov-east-1.queue.localhost:9324",            "us-gov-east-1"},
      {"sqs.localhost.localstack.cloud:4566",           "us-east-1"    },
      {"queue.localhost",                               "us-east-1"    },
      {"sqs.my-host.example.org",                       "us-east-1"    },
      {"localhost:9324",                                "us-east-1"    },
      {"10.0.0.7",                                      "us-east-1"    },
  };
  for (const auto& [host, region] : hosts) {
    head.host = host;
    EXPECT_EQ(caller_of(head, target).region, region) << host;
  }
  head.host = "sqs.eu-west-1.localhost";
  head.fields.push_back(
      {"Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260102/us-west-2/sqs/aws4_request, S"});
  EXPECT_EQ(caller_of(head, target).region, "us-west-2") << "what was signed counts";
}

TEST(SqsNames, AUrlMaySayAccountAndRegion) {
  const auto said = [](std::string_view url) {
    const Address address = address_in_url(url);
    return std::string(address.account) + "|" + std::string(address.region);
  };
  EXPECT_EQ(said("https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"),
            "123456789012|eu-west-1");
  EXPECT_EQ(said("http://eu-west-1.queue.localhost:4566/123456789012/jobs"),
            "123456789012|eu-west-1");
  EXPECT_EQ(said("http://localhost:4566/queue/eu-west-1/123456789012/jobs"),
            "123456789012|eu-west-1");
  EXPECT_EQ(said("http://localhost:9324/123456789012/jobs"), "123456789012|");
  EXPECT_EQ(said("http://localhost:9324/v1/jobs"), "|");
  EXPECT_EQ(said("jobs"), "|");
}

TEST(SqsPlace, WithOneSpaceOfNamesTheNameIsTheName) {
  const Caller caller{"eu-west-1", "111122223333"};
  EXPECT_EQ(stored_name(Regions::one, {"444455556666", "us-west-2", "jobs"}, caller), "jobs");
  const Place place = place_of(Regions::one, "jobs", "444455556666", "us-west-2");
  EXPECT_EQ(queue_arn(place), "arn:aws:sqs:us-west-2:444455556666:jobs");
}

TEST(SqsPlace, EachAccountAndRegionHasItsOwnNames) {
  const std::vector<std::pair<Address, std::string>> stored = {
      {{"000000000000", "us-east-1", "jobs"},                  "jobs"                            },
      {{"000000000000", "us-east-1", "jobs.fifo"},             "jobs.fifo"                       },
      {{"000000000000", "eu-west-1", "jobs"},                  "jobs.000000000000.eu-west-1"     },
      {{"111122223333", "us-east-1", "jobs"},                  "jobs.111122223333.us-east-1"     },
      {{"111122223333", "eu-west-1", "jobs.fifo"},             "jobs.111122223333.eu-west-1.fifo"},
      {{"111122223333", "eu-west-1", std::string_view("a.b")}, ""                                },
  };
  for (const auto& [address, name] : stored) {
    EXPECT_EQ(stored_name(Regions::separate, address, Caller()), name);
    if (name.empty()) continue;
    const Place place = place_of(Regions::separate, name, "999999999999", "nowhere");
    EXPECT_EQ(place.account, address.account);
    EXPECT_EQ(place.region, address.region);
    EXPECT_EQ(place.name, address.name);
  }
  const Caller caller{"eu-west-1", "111122223333"};
  EXPECT_EQ(stored_name(Regions::separate, {"", "", "jobs"}, caller),
            "jobs.111122223333.eu-west-1");
  const std::string longest(80, 'q');
  EXPECT_TRUE(is_name(stored_name(Regions::separate, {"", std::string(64, 'r'), longest}, caller)));
}

TEST(SqsPlace, NobodyReachesAnothersQueueBySpellingItsStoredName) {
  EXPECT_EQ(stored_name(Regions::separate, {"", "", "jobs.111122223333.eu-west-1"}, Caller()), "");
  EXPECT_EQ(stored_name(Regions::separate, {"", "", "made.by.rest"}, Caller()), "made.by.rest");
  EXPECT_EQ(place_of(Regions::separate, "jobs.000000000000.us-east-1", "", "").name,
            "jobs.000000000000.us-east-1")
      << "no queue of SQS is kept under that name";
}

TEST(SqsNames, UuidsAreRandomOrOfTheirName) {
  engine::SeededRandom random{1};
  const std::string one = make_uuid(random);
  ASSERT_EQ(one.size(), 36u);
  EXPECT_EQ(one[14], '4');
  EXPECT_NE(one, make_uuid(random));
  EXPECT_EQ(uuid_of("a"), uuid_of("a"));
  EXPECT_NE(uuid_of("a"), uuid_of("b"));
  EXPECT_EQ(uuid_of("a")[14], '8');
}

TEST(SqsRedrive, APolicyIsAnsweredCompactWithANumber) {
  const auto policy = parse_redrive_policy(
      R"({ "maxReceiveCount": "3", "deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead"})");
  ASSERT_TRUE(policy);
  EXPECT_EQ(
      policy->text(),
      R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":3})");
}

TEST(SqsRedrive, WhatIsMissingOrOutOfRangeIsNamed) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"",                                                                      "not a valid JSON map"                    },
      {"[]",                                                                    "not a valid JSON map"                    },
      {R"({"maxReceiveCount":1})",                                              "mandatory attribute: deadLetterTargetArn"},
      {R"({"deadLetterTargetArn":"arn:aws:sqs:r:a:n"})",                        "mandatory attribute: maxReceiveCount"    },
      {R"({"deadLetterTargetArn":"arn:aws:sqs:r:a:n","maxReceiveCount":0})",
       "maxReceiveCount: 0, valid"                                                                                        },
      {R"({"deadLetterTargetArn":"arn:aws:sqs:r:a:n","maxReceiveCount":1001})",
       "maxReceiveCount: 1001"                                                                                            },
      {R"({"deadLetterTargetArn":"dead","maxReceiveCount":1})",                 "deadLetterTargetArn"                     },
  };
  for (const auto& [text, reason] : bad) {
    const auto policy = parse_redrive_policy(text);
    ASSERT_FALSE(policy) << text;
    EXPECT_EQ(policy.fault().code, Code::invalid_parameter_value);
    EXPECT_NE(policy.fault().message.find(reason), std::string::npos) << policy.fault().message;
  }
}

// As with one space of names: whatever region and account an ARN says.
std::string name_in(std::string_view arn) { return std::string(parse_arn(arn)->name); }

TEST(SqsRedrive, TwoArnsOfOneQueueAreTheSamePolicy) {
  const auto redrive = [](std::string_view region) {
    return fmt::format(R"({{"maxReceiveCount":"3","deadLetterTargetArn":"arn:aws:sqs:{}:a:one"}})",
                       region);
  };
  EXPECT_TRUE(same_redrive_policy(redrive("eu-west-1"), redrive("us-east-1"), name_in));
  const auto allow = [](std::string_view region) {
    return fmt::format(
        R"({{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:{}:a:x"]}})", region);
  };
  EXPECT_TRUE(same_redrive_allow_policy(allow("eu-west-1"), allow("us-east-1"), name_in));
  EXPECT_FALSE(
      same_redrive_allow_policy(allow("r"), R"({"redrivePermission":"denyAll"})", name_in));
  EXPECT_TRUE(same_json(R"({"a":1,"b":[2]})", R"( { "b" : [ 2 ] , "a" : 1 } )"));
  EXPECT_FALSE(same_json(R"({"a":1})", R"({"a":2})"));
}

TEST(SqsRedrive, WhoMaySendItsDeadLettersHere) {
  const auto listed = parse_redrive_allow_policy(
      R"({"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:r:a:one"]})");
  ASSERT_TRUE(listed);
  EXPECT_TRUE(listed->allows("one", name_in));
  EXPECT_FALSE(listed->allows("two", name_in));
  const auto allows = [&](std::string_view policy) {
    return parse_redrive_allow_policy(policy)->allows("x", name_in);
  };
  EXPECT_FALSE(allows(R"({"redrivePermission":"denyAll"})"));
  EXPECT_TRUE(allows(R"({"redrivePermission":"allowAll"})"));
  for (const char* bad :
       {"{}", R"({"redrivePermission":"some"})", R"({"redrivePermission":"byQueue"})",
        R"({"redrivePermission":"allowAll","sourceQueueArns":["arn:aws:sqs:r:a:one"]})",
        R"({"redrivePermission":"byQueue","sourceQueueArns":[]})"}) {
    EXPECT_FALSE(parse_redrive_allow_policy(bad)) << bad;
  }
}

}  // namespace
}  // namespace twofold::http::sqs
