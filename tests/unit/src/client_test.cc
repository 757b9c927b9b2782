// What the client says and prints, without a broker: exit codes, addresses, tables, templates.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/cli/api.h"
#include "src/cli/manage.h"
#include "src/cli/outgoing.h"
#include "src/cli/output.h"
#include "src/cli/rate.h"
#include "src/cli/template_text.h"
#include "src/config/nearest.h"

namespace twofold::cli {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

TEST(ExitCodes, FollowTheStatus) {
  EXPECT_EQ(exit_code_for_status(400), ExitCode::refused);
  EXPECT_EQ(exit_code_for_status(401), ExitCode::not_authorised);
  EXPECT_EQ(exit_code_for_status(403), ExitCode::not_authorised);
  EXPECT_EQ(exit_code_for_status(404), ExitCode::not_found);
  EXPECT_EQ(exit_code_for_status(408), ExitCode::timed_out);
  EXPECT_EQ(exit_code_for_status(409), ExitCode::conflict);
  EXPECT_EQ(exit_code_for_status(410), ExitCode::not_found);
  EXPECT_EQ(exit_code_for_status(412), ExitCode::conflict);
  EXPECT_EQ(exit_code_for_status(413), ExitCode::refused);
  EXPECT_EQ(exit_code_for_status(429), ExitCode::failed);
  EXPECT_EQ(exit_code_for_status(500), ExitCode::failed);
  EXPECT_EQ(exit_code_for_status(503), ExitCode::failed);
  EXPECT_EQ(exit_code_for_status(504), ExitCode::timed_out);
  EXPECT_EQ(exit_code_for_status(507), ExitCode::failed);
}

TEST(Endpoints, AreUnderstoodWithAndWithoutScheme) {
  EXPECT_EQ(parse_endpoint("http://127.0.0.1:8080")->url(), "http://127.0.0.1:8080");
  EXPECT_EQ(parse_endpoint("localhost:9000/")->url(), "http://localhost:9000");
  EXPECT_EQ(parse_endpoint("broker")->port, "80");
  EXPECT_EQ(parse_endpoint("http://[::1]:8080")->host, "::1");
  EXPECT_EQ(parse_endpoint("http://[::1]:8080")->url(), "http://[::1]:8080");
  for (const char* text :
       {"", "http://", "ftp://x", "a b", "x:0", "x:99999", "x:y", "http://[::1", "u@x", "x/y"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
  EXPECT_TRUE(parse_endpoint("https://x")->secure);
  EXPECT_EQ(parse_endpoint("https://x")->port, "443");
  EXPECT_EQ(parse_endpoint("https://[::1]:8443/")->url(), "https://[::1]:8443");
  EXPECT_FALSE(parse_endpoint("localhost:9000")->secure);
}

TEST(Curl, SaysTheSameRequestAndKeepsTheToken) {
  HttpRequest request{"POST", "/v1/queues/a/ack", "{\"x\":\"it's\"}", "application/json", {}, {}};
  const std::string line = as_curl(request, *parse_endpoint("h:1"), true);
  EXPECT_EQ(line,
            "curl -X POST 'http://h:1/v1/queues/a/ack' -H \"Authorization: Bearer $TWOFOLD_TOKEN\" "
            "-H 'Content-Type: application/json' -d '{\"x\":\"it'\\''s\"}'");
}

TEST(Paths, EncodeNames) {
  EXPECT_EQ(topic_path("a/b c", "/records"), "/v1/topics/a%2Fb%20c/records");
  EXPECT_EQ(url_encode("c1.A-_~"), "c1.A-_~");
}

TEST(Tables, AlignNumbersAndGroupThemForPeopleOnly) {
  Table table({
      {"NAME"},
      { "RECORDS",  true}
  });
  table.add({"orders", "1234567"});
  table.add({"k", "-"});
  EXPECT_EQ(table.str(true), "NAME      RECORDS\norders  1,234,567\nk               -\n");
  EXPECT_EQ(table.str(false), "NAME    RECORDS\norders  1234567\nk             -\n");
}

TEST(Tables, CellsShowControlCharactersAndAreCut) {
  EXPECT_EQ(cell_text("a\nb\x1b[31m"), "a\\nb\\x1b[31m") << "a value cannot drive the terminal";
  EXPECT_EQ(cell_text("abcdef", 3), "abc...");
}

TEST(Describe, FlattensNestedMembers) {
  EXPECT_EQ(describe_text(Json(R"({"name":"a","retention":{"time":"7d","bytes":null}})"), false),
            "name             a\nretention.time   7d\nretention.bytes  -\n");
}

TEST(Settings, BecomeAMergePatch) {
  EXPECT_EQ(*settings_as_patch({"retention.time=3d", "retention.bytes=100", "a=null", "b=true"}),
            R"({"retention":{"time":"3d","bytes":100},"a":null,"b":true})");
  EXPECT_FALSE(settings_as_patch({"novalue"}));
  EXPECT_FALSE(settings_as_patch({"=x"}));
}

TEST(Settings, ABareNumberForADurationDoesNotDestroyATopicsRecords) {
  for (const char* pair : {"retention.time=3", "retention.time=0.5", "visibility_timeout=30",
                           "delay=5", "receive_wait=20", "retention=4"}) {
    const auto refused = settings_as_patch({pair});
    ASSERT_FALSE(refused) << pair;
    EXPECT_EQ(refused.error().exit, ExitCode::refused);
    EXPECT_THAT(refused.error().what, HasSubstr("without a unit: write 250ms, 30s, 5m, 12h or 7d"));
  }
  EXPECT_EQ(*settings_as_patch({"visibility_timeout=2m", "delay=0", "max_receives=5"}),
            R"({"visibility_timeout":"2m","delay":"0s","max_receives":5})");
}

TEST(Settings, ARetentionOfZeroIsNoneAsWhenATopicIsCreated) {
  EXPECT_EQ(*settings_as_patch({"retention.time=0", "retention.bytes=0"}),
            R"({"retention":{"time":null,"bytes":null}})");
}

TEST(Outgoing, ChoosesTheShapeThatKeepsTheBytes) {
  Outgoing outgoing;
  outgoing.value = "{\"a\":1.0}";
  EXPECT_EQ(as_json(outgoing), R"({"value":{"a":1.0}})");
  outgoing.value = "null";
  EXPECT_EQ(as_json(outgoing), R"({"text":"null"})");
  outgoing.value = "\xff\xfe";
  EXPECT_EQ(as_json(outgoing), R"({"bytes":"//4="})");
  outgoing.value = std::nullopt;
  outgoing.key = "k";
  EXPECT_EQ(as_json(outgoing), R"({"key":"k","value":null})");
  outgoing.headers = {
      {"h", "v"}
  };
  outgoing.partition = 2;
  outgoing.delay = "5s";
  EXPECT_EQ(as_json(outgoing),
            R"({"key":"k","value":null,"headers":{"h":"v"},"partition":2,"delay":"5s"})");
}

TEST(Items, GiveBackTheBytesThatWereStored) {
  const Item json =
      read_item(Json(R"({"id":"0-1","value":{"a":1.0},"partition":0,"offset":1})"), "t");
  EXPECT_EQ(json.value, "{\"a\":1.0}");
  EXPECT_EQ(json.topic, "t");
  EXPECT_EQ(read_item(Json(R"({"text":"a\nb"})"), "t").value, "a\nb");
  EXPECT_EQ(read_item(Json(R"({"bytes":"//4="})"), "t").value, "\xff\xfe");
  EXPECT_EQ(read_item(Json(R"({"value":null})"), "t").value, std::nullopt);
  EXPECT_EQ(read_item(Json(R"({"key":{"base64":"//4="}})"), "t").key, "\xff\xfe");
}

TEST(Rates, ArePerSecondMinuteOrHour) {
  EXPECT_DOUBLE_EQ(*parse_rate("50"), 50);
  EXPECT_DOUBLE_EQ(*parse_rate("0.5/s"), 0.5);
  EXPECT_DOUBLE_EQ(*parse_rate("3000/m"), 50);
  EXPECT_DOUBLE_EQ(*parse_rate("36/h"), 0.01);
  for (const char* text : {"", "fast", "-1", "5/d", "5 /s"}) EXPECT_FALSE(parse_rate(text)) << text;
}

TEST(Templates, AreFilledIn) {
  EXPECT_EQ(*fill_template("order {{.Count}} of {{.Count}}", 7), "order 7 of 7");
  EXPECT_THAT(*fill_template("{{.Random 12}}", 1), MatchesRegex("[A-Za-z0-9]{12}"));
  EXPECT_THAT(*fill_template("{{.UUID}}", 1),
              MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_THAT(*fill_template("{{.Time}}", 1), MatchesRegex("20[0-9-]+T[0-9:.]+Z"));
  EXPECT_EQ(*fill_template("{{ no }}", 1), "{{ no }}");
  for (const char* text : {"{{.Nope}}", "{{.Random x}}", "{{.Count"})
    EXPECT_FALSE(fill_template(text, 1)) << text;
}

TEST(Nearest, IsTheNameThatWasMeant) {
  const std::vector<std::string> names{"kitchen", "billing", "mail"};
  EXPECT_EQ(nearest("kitchn", names), "kitchen");
  EXPECT_EQ(nearest("biling", names), "billing");
  EXPECT_EQ(nearest("amil", names), "mail") << "swapped neighbours are one slip";
  EXPECT_EQ(nearest("orders", names), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

}  // namespace
}  // namespace twofold::cli
