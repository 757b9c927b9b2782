// Who may do what: grants, keys, tokens, tickets, quotas.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "http/access/access.h"
#include "http/access/charge.h"
#include "http/base64.h"

namespace twofold::http::access {
namespace {

Grant grant(std::string_view text) {
  auto parsed = parse_grant(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Grant());
}

TEST(Grants, MeanANameOrABeginningAndNothingElse) {
  EXPECT_TRUE(grant("publish topic:orders").covers(Permission::publish, topic("orders")));
  EXPECT_FALSE(grant("publish topic:orders").covers(Permission::publish, topic("orders2")));
  EXPECT_FALSE(grant("publish topic:orders").covers(Permission::publish, topic("order")));
  EXPECT_FALSE(grant("publish topic:orders").covers(Permission::publish, queue("orders")));
  EXPECT_FALSE(grant("publish topic:orders").covers(Permission::consume, topic("orders")));
  EXPECT_TRUE(grant("consume queue:kitchen*").covers(Permission::consume, queue("kitchen")));
  EXPECT_TRUE(grant("consume queue:kitchen*").covers(Permission::consume, queue("kitchen-2")));
  EXPECT_FALSE(grant("consume queue:kitchen*").covers(Permission::consume, queue("kitche")));
  EXPECT_TRUE(grant("* group:a").covers(Permission::manage, group("a")));
  EXPECT_TRUE(grant("inspect *").covers(Permission::inspect, Resource()));
  EXPECT_TRUE(grant("* *").covers(Permission::manage, queue("anything")));
}

TEST(Grants, TheBrokerAndAllOfAKindNeedAGrantForAllOfIt) {
  EXPECT_FALSE(grant("inspect topic:*").covers(Permission::inspect, Resource()));
  const Resource every{Kind::queue, "", true};
  EXPECT_TRUE(grant("publish queue:*").covers(Permission::publish, every));
  EXPECT_TRUE(grant("publish *").covers(Permission::publish, every));
  EXPECT_FALSE(grant("publish queue:a*").covers(Permission::publish, every));
  EXPECT_FALSE(grant("publish topic:*").covers(Permission::publish, every));
}

TEST(Grants, AreWrittenAsTheyWereRead) {
  for (const char* text : {"publish topic:orders", "consume queue:kitchen*", "manage group:*",
                           "inspect *", "* *", "* queue:a.b_c-d*"}) {
    EXPECT_EQ(grant(text).text(), text);
  }
}

TEST(Grants, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "publish", "publish ", "eat topic:x", "publish topic:", "publish topic", "publish :x",
        "publish topic:*x", "publish topic:a*b", "publish topic:a**", "publish topic:a?",
        "publish topic:[a]", "publish  topic:x", "publish broker:x", "nothing topic:x", "publish **",
        "Publish topic:x", "publish topic:x ", "publish topic:.*x"}) {
    EXPECT_FALSE(parse_grant(text)) << text;
  }
  EXPECT_FALSE(parse_grant("publish topic:" + std::string(250, 'a')));
}

TEST(Authorize, NothingIsAllowedThatNoGrantSays) {
  Principal who;
  EXPECT_FALSE(authorize(who, Permission::inspect, topic("a")));
  EXPECT_TRUE(authorize(who, Permission::nothing, Resource()));
  who.grants = {grant("publish topic:a"), grant("inspect queue:b*")};
  EXPECT_TRUE(authorize(who, Permission::publish, topic("a")));
  EXPECT_TRUE(authorize(who, Permission::inspect, queue("bc")));
  EXPECT_FALSE(authorize(who, Permission::inspect, topic("a"))) << "a permission implies no other";
  EXPECT_TRUE(authorize_any(who, Permission::inspect));
  EXPECT_FALSE(authorize_any(who, Permission::manage));
  EXPECT_TRUE(authorize(*everyone(), Permission::manage, Resource()));
  EXPECT_FALSE(authorize(*nobody(), Permission::inspect, topic("a")));
}

TEST(Tokens, AreTakenApartAtTheirLastMark) {
  const std::string secret(64, 'a');
  const std::string text = make_token("orders_worker", secret);
  const auto token = parse_token(text);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->id, "orders_worker");
  EXPECT_EQ(token->secret, secret);
  for (const std::string& bad :
       {std::string(), std::string("tk_"), "tk_a_" + std::string(63, 'a'), "tk_a_" + std::string(65, 'a'),
        "tk__" + secret, "tk_a/b_" + secret, "TK_a_" + secret, "a_" + secret,
        "tk_a_" + std::string(64, 'A'), "tk_" + std::string(129, 'a') + "_" + secret}) {
    EXPECT_FALSE(parse_token(bad)) << bad;
  }
}

TEST(Tokens, AHashIsKeptAsText) {
  const SecretHash hash = hash_secret("abc");
  EXPECT_EQ(hash_text(hash),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(parse_hash(hash_text(hash)), hash);
  EXPECT_FALSE(parse_hash("sha256:ba78"));
  EXPECT_FALSE(parse_hash("sha1:" + std::string(64, 'a')));
}

// `curl -u $TOKEN:` shows the whole token where an id belongs, and the log would have kept it.
TEST(Tokens, OnlyWhatCanBeNoSecretIsWrittenDownOfAKeyThatWasTried) {
  EXPECT_EQ(public_id("checkout"), "checkout");
  EXPECT_EQ(public_id("AKIAIOSFODNN7EXAMPLE"), "AKIAIOSFODNN7EXAMPLE");
  const std::string half(32, 'a');
  EXPECT_EQ(public_id(half), half);
  for (const std::string& secret : {half + "a", "tk_admin_" + half + half, half + half + "_x"})
    EXPECT_EQ(public_id(secret), "") << secret;
  for (const char* const none : {"", "a b", "a\n", "wJalrXUtnFEMI/K7MDENG"})
    EXPECT_EQ(public_id(none), "") << none;
}

TEST(Authorization, BearerAndBasicSayTheSame) {
  using Scheme = Credentials::Scheme;
  const std::string secret(64, '0');
  const std::string token = make_token("me", secret);
  std::string decoded;
  const auto basic = [](const std::string& text) {
    std::string field = "Basic ";
    append_base64(field, text);
    return field;
  };
  for (const std::string& field : {"Bearer " + token, "bearer   " + token, basic("me:" + secret),
                                   basic("me:" + token)}) {
    const Credentials read = read_authorization(field, decoded);
    ASSERT_EQ(read.scheme, Scheme::token) << field;
    EXPECT_EQ(read.token.id, "me");
    EXPECT_EQ(read.token.secret, secret);
  }
  EXPECT_EQ(read_authorization("", decoded).scheme, Scheme::none);
  EXPECT_EQ(read_authorization("AWS4-HMAC-SHA256 Credential=x", decoded).scheme, Scheme::other);
  for (const std::string& field :
       {std::string("Bearer "), std::string("Bearer x"), "Bearer " + token + " ", "Bearer" + token,
        std::string("Basic !"), basic("me"), basic("you:" + token)}) {
    EXPECT_NE(read_authorization(field, decoded).scheme, Scheme::token) << field;
  }
}

Key key(std::string id, std::string_view secret) {
  Key made;
  made.id = std::move(id);
  made.hash = hash_secret(secret);
  made.allow = {Grant()};
  return made;
}

TEST(Keyring, KnowsATokenByItsSecretOnly) {
  Keyring keyring;
  EXPECT_FALSE(keyring.required());
  keyring.replace({key("a", "one"), key("b", "two")});
  EXPECT_TRUE(keyring.required());
  ASSERT_TRUE(keyring.check({"a", "one"}));
  EXPECT_EQ(keyring.check({"a", "one"})->id, "a");
  EXPECT_FALSE(keyring.check({"a", "two"}));
  EXPECT_FALSE(keyring.check({"c", "one"}));
  EXPECT_FALSE(keyring.check({"", ""}));
  keyring.replace({});
  EXPECT_TRUE(keyring.required()) << "no key is no reason to let everybody in";
  EXPECT_FALSE(keyring.check({"a", "one"}));
}

TEST(Keyring, AKeyThatOnlySignsHasNoToken) {
  Key signs;
  signs.id = "aws";
  signs.sqs_secret = "clear";
  Keyring keyring;
  keyring.replace({signs});
  EXPECT_FALSE(keyring.check({"aws", "clear"}));
  EXPECT_FALSE(keyring.check({"aws", ""}));
  ASSERT_TRUE(keyring.signer("aws"));
  EXPECT_EQ(keyring.signer("aws")->principal->id, "aws");
  EXPECT_FALSE(keyring.signer("a"));
}

TEST(Keyring, WhoIsTakenAwayOrChangedIsRevokedAndOthersAreNot) {
  Keyring keyring;
  keyring.replace({key("stays", "1"), key("goes", "2"), key("changes", "3")});
  const auto stays = keyring.check({"stays", "1"});
  const auto goes = keyring.check({"goes", "2"});
  const auto changes = keyring.check({"changes", "3"});
  Key changed = key("changes", "3");
  changed.allow.clear();
  keyring.replace({key("stays", "1"), changed});
  EXPECT_FALSE(stays->revoked);
  EXPECT_TRUE(goes->revoked);
  EXPECT_TRUE(changes->revoked);
  EXPECT_EQ(keyring.check({"stays", "1"}), stays) << "with what it has used up";
  EXPECT_TRUE(keyring.check({"changes", "3"})->grants.empty());
}

TEST(Tickets, OpenOneDoorOnceAndSoon) {
  engine::SeededRandom random(1);
  Tickets tickets;
  const engine::Instant now{1'000};
  auto who = std::make_shared<Principal>();
  const auto ticket = tickets.issue(who, random, now);
  ASSERT_TRUE(ticket);
  EXPECT_FALSE(tickets.redeem(*ticket + "0", now));
  EXPECT_EQ(tickets.redeem(*ticket, now), who);
  EXPECT_FALSE(tickets.redeem(*ticket, now)) << "once";
  const auto late = tickets.issue(who, random, now);
  EXPECT_FALSE(tickets.redeem(*late, now + Tickets::kGoodFor));
  const auto taken_away = tickets.issue(who, random, now);
  who->revoked = true;
  EXPECT_FALSE(tickets.redeem(*taken_away, now));
}

TEST(Tickets, ThatNobodyUsesMakeRoomWhenTheyAreOld) {
  engine::SeededRandom random(1);
  Tickets tickets;
  const engine::Instant now{1'000};
  const auto someone = [] { return std::make_shared<Principal>(); };
  for (std::size_t i = 0; i < Tickets::kTicketsMax; i += Tickets::kOfOneMax) {
    const auto who = someone();
    for (std::size_t n = 0; n < Tickets::kOfOneMax; ++n)
      ASSERT_TRUE(tickets.issue(who, random, now));
  }
  EXPECT_FALSE(tickets.issue(someone(), random, now));
  EXPECT_TRUE(tickets.issue(someone(), random, now + Tickets::kGoodFor));
}

TEST(Tickets, OfOneKeyMakeRoomForEachOther) {
  engine::SeededRandom random(1);
  Tickets tickets;
  const auto greedy = std::make_shared<Principal>();
  const auto first = tickets.issue(greedy, random, engine::Instant{1'000});
  std::optional<std::string> last;
  for (std::size_t i = 0; i < Tickets::kOfOneMax; ++i)
    last = tickets.issue(greedy, random, engine::Instant{1'001});
  EXPECT_FALSE(tickets.redeem(*first, engine::Instant{1'002})) << "the oldest has gone";
  EXPECT_EQ(tickets.redeem(*last, engine::Instant{1'002}), greedy);
}

TEST(Failures, OfOneAddressAreNotPaidForByAnother) {
  Failures failures;
  const engine::Instant now{1'000'000};
  for (int i = 0; i < Failures::kAtOnce; ++i) EXPECT_TRUE(failures.take("10.0.0.1", now)) << i;
  EXPECT_FALSE(failures.take("10.0.0.1", now));
  EXPECT_TRUE(failures.take("10.0.0.2", now));
  EXPECT_TRUE(failures.take("10.0.0.1", now + std::chrono::seconds{1}));
  EXPECT_FALSE(failures.take("10.0.0.1", now + std::chrono::seconds{1}));
}

TEST(Quotas, GiveASecondsWorthAtOnceAndThenTheRate) {
  Quota quota;
  const engine::Instant now{1'000'000};
  EXPECT_FALSE(quota.take(1'000'000'000, now)) << "no limit";
  quota.limit(10);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(quota.take(1, now)) << i;
  const auto wait = quota.take(1, now);
  ASSERT_TRUE(wait);
  EXPECT_GT(wait->count(), 99);
  EXPECT_LT(wait->count(), 110);
  EXPECT_FALSE(quota.take(1, now + *wait));
  EXPECT_TRUE(quota.take(1, now + *wait));
}

TEST(Quotas, WhatIsLargerThanASecondsWorthPassesOnceAndIsWaitedFor) {
  Quota quota;
  quota.limit(1'000);
  const engine::Instant now{1'000'000};
  EXPECT_FALSE(quota.take(5'000, now));
  EXPECT_TRUE(quota.take(1, now + std::chrono::seconds{3}));
  EXPECT_FALSE(quota.take(1, now + std::chrono::seconds{5}));
}

TEST(Quotas, WhatIsOwedAddsUpWhateverTheDebtsAre) {
  Quota quota;
  const engine::Instant now{1'800'000'000'000};
  quota.owe(1'000, now);
  EXPECT_FALSE(quota.look(now)) << "no limit";
  quota.limit(1'000);
  quota.owe(10'000, now);
  quota.owe(10'000, now);
  EXPECT_TRUE(quota.look(now + std::chrono::seconds{18}));
  EXPECT_TRUE(quota.take(1, now + std::chrono::seconds{18}));
  EXPECT_FALSE(quota.look(now + std::chrono::seconds{20}));
  EXPECT_FALSE(quota.take(1, now + std::chrono::seconds{20}));
}

TEST(Quotas, NobodyOwesMoreThanADay) {
  Quota quota;
  quota.limit(1);
  const engine::Instant now{1'800'000'000'000};
  for (int i = 0; i < 5; ++i) quota.owe(UINT64_MAX, now);
  EXPECT_TRUE(quota.look(now + std::chrono::hours{23}));
  EXPECT_FALSE(quota.look(now + std::chrono::hours{24}));
}

TEST(Charges, WhoAsksWithoutABodyPaysItsDebtsFirst) {
  engine::ManualClock clock;
  Principal who;
  who.bytes.limit(1'000);
  EXPECT_FALSE(charge(who, 0, clock));
  charge_answer(who, 5'000, clock);
  EXPECT_TRUE(charge(who, 0, clock));
  EXPECT_TRUE(look_at_quota(who, clock));
}

TEST(Quotas, AreToldToTheClient) {
  engine::SeededRandom random(7);
  for (int i = 0; i < 100; ++i) {
    const auto seconds = retry_after(engine::Duration{4'000}, random);
    EXPECT_GE(seconds, 4);
    EXPECT_LE(seconds, 6);
    EXPECT_EQ(retry_after(engine::Duration{1}, random), 1);
  }
  Principal who;
  EXPECT_EQ(rate_policy(who), "");
  who.requests.limit(100);
  who.bytes.limit(5'000);
  EXPECT_EQ(rate_policy(who), R"("requests";q=100;w=1, "bytes";q=5000;w=1)");
}

}  // namespace
}  // namespace twofold::http::access
