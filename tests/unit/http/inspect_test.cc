#include "http/inspect/inspector.h"

#include <string>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "http/inspect/frames.h"
#include "http/inspect/pace.h"
#include "http/inspect/ring.h"
#include "tests/unit/http/call_rig.h"

namespace twofold::http::inspect {
namespace {

using engine::Instant;
using engine::Offset;
using namespace std::chrono_literals;

Event numbered(std::int64_t offset, EventType type = EventType::appended) {
  Event event;
  event.type = type;
  event.offset = Offset{offset};
  return event;
}

engine::StoredRecord stored(std::optional<std::string_view> key, std::string_view value) {
  return {Offset{4}, engine::Seq{9}, engine::WallTime{1'000}, key, value, {}};
}

// -- the ring ------------------------------------------------------------------------------------

TEST(InspectRing, KnowsTheLastTenThousandByTheirNumbers) {
  Ring ring(Instant{5});
  const std::uint64_t before = ring.newest();
  EXPECT_TRUE(ring.has_all_after(before)) << "nothing has happened since";
  for (std::int64_t i = 0; i < 25'000; ++i) ring.push(numbered(i));
  EXPECT_EQ(ring.newest(), before + 25'000);
  EXPECT_FALSE(ring.has_all_after(before + 14'999)) << "one too old";
  EXPECT_TRUE(ring.has_all_after(before + 15'000));
  EXPECT_TRUE(ring.has_all_after(ring.newest()));
  EXPECT_FALSE(ring.has_all_after(ring.newest() + 1)) << "nobody has seen it";
  for (std::uint64_t seq = before + 15'001; seq <= ring.newest(); ++seq)
    ASSERT_EQ(ring.at(seq).offset.value(), static_cast<std::int64_t>(seq - before - 1));
}

TEST(InspectRing, NumbersOfAnEarlierLifeAreKnownToBeGone) {
  Ring earlier(Instant{1'700'000'000'000});
  for (int i = 0; i < 1'000; ++i) earlier.push(numbered(i));
  Ring later(Instant{1'700'000'001'000});
  later.push(numbered(0));
  EXPECT_LT(earlier.newest(), later.newest());
  EXPECT_FALSE(later.has_all_after(earlier.newest()));
  EXPECT_LT(later.newest(), std::uint64_t{1} << 53) << "JavaScript must be able to hold it";
}

TEST(InspectRing, WhatIsSkippedCountsAndForgetsWhatWasBefore) {
  Ring ring(Instant{5});
  ring.push(numbered(0));
  const std::uint64_t before = ring.newest();
  ring.skip(EventType::acked, 1'000'000);
  EXPECT_EQ(ring.newest(), before + 1'000'000);
  EXPECT_FALSE(ring.has_all_after(before));
  EXPECT_TRUE(ring.has_all_after(ring.newest()));
  ring.push(numbered(7, EventType::ready));
  EXPECT_EQ(ring.at(ring.newest()).offset.value(), 7);
  EXPECT_EQ(ring.counts()[static_cast<std::size_t>(EventType::acked)], 1'000'000u);
}

// A group of a thousand members over a thousand partitions that never came to rest took gigabytes.
TEST(InspectRing, ForgetsEarlierWhatHoldsMuch) {
  auto assignment = std::make_shared<Assignment>();
  for (int member = 0; member < 100; ++member)
    assignment->members.emplace_back("member-" + std::to_string(member),
                                     std::vector<std::int32_t>(10'000 / 4, member));
  Event rebalanced = numbered(0, EventType::rebalanced);
  rebalanced.assignment = assignment;  // one million bytes and a little
  const std::weak_ptr<const Assignment> kept = assignment;
  assignment.reset();

  Ring ring(Instant{5});
  const std::uint64_t before = ring.newest();
  for (int i = 0; i < 10; ++i) ring.push(rebalanced);
  EXPECT_TRUE(ring.has_all_after(before + 6)) << "four of them have room";
  EXPECT_FALSE(ring.has_all_after(before + 5));
  EXPECT_EQ(ring.counts()[static_cast<std::size_t>(EventType::rebalanced)], 10u);
  rebalanced.assignment.reset();
  EXPECT_FALSE(kept.expired());
  for (int i = 0; i < 12'000; ++i) ring.push(numbered(i));
  EXPECT_TRUE(kept.expired()) << "what is forgotten is given back";
  EXPECT_TRUE(ring.has_all_after(ring.newest() - 10'000));

  Event huge = numbered(0);
  huge.text = std::string(Ring::kHeldBytesMax + 1, 'x');
  const std::uint64_t last = ring.newest();
  ring.push(std::move(huge));
  EXPECT_EQ(ring.newest(), last + 1);
  EXPECT_FALSE(ring.has_all_after(last)) << "too much for any ring";
  EXPECT_TRUE(ring.has_all_after(last + 1));
  ring.push(numbered(3));
  EXPECT_EQ(ring.at(last + 2).offset.value(), 3);
}

TEST(InspectRing, CountsUpToAnyEventItKnows) {
  Ring ring(Instant{5});
  const std::uint64_t before = ring.newest();
  for (std::int64_t i = 0; i < 6; ++i)
    ring.push(numbered(i, i % 2 == 0 ? EventType::appended : EventType::acked));
  const auto appended = static_cast<std::size_t>(EventType::appended);
  const auto acked = static_cast<std::size_t>(EventType::acked);
  EXPECT_EQ(ring.counts_upto(before)[appended], 0u);
  EXPECT_EQ(ring.counts_upto(before + 3)[appended], 2u);
  EXPECT_EQ(ring.counts_upto(before + 3)[acked], 1u);
  EXPECT_EQ(ring.counts_upto(ring.newest()), ring.counts());
}

// -- the pace ------------------------------------------------------------------------------------

TEST(InspectPace, GivesAQuarterOfTheRateToEachQuarterOfASecond) {
  Pace pace(40);
  EXPECT_EQ(pace.room(Instant{1'000}), 10u);
  pace.sent(7);
  EXPECT_EQ(pace.room(Instant{1'249}), 3u);
  pace.sent(3);
  EXPECT_EQ(pace.room(Instant{1'249}), 0u);
  EXPECT_EQ(pace.window_end(), Instant{1'250});
  EXPECT_EQ(pace.room(Instant{1'250}), 10u);
  EXPECT_TRUE(pace.limited());
  Pace slow(1);
  EXPECT_EQ(slow.room(Instant{0}), 1u) << "never nothing at all";
}

TEST(InspectPace, WithoutARateThereIsAlwaysRoom) {
  Pace pace(std::nullopt);
  pace.sent(1'000'000);
  EXPECT_FALSE(pace.limited());
  EXPECT_GT(pace.room(Instant{0}), 1'000'000u);
}

// -- frames --------------------------------------------------------------------------------------

TEST(InspectFrames, APreviewEndsBetweenTwoCharacters) {
  const Spec spec{"orders", "kitchen", {"a"}};
  FrameWriter writer(spec);
  std::string value(199, 'x');
  value += "ü and more";
  const auto record = stored("table-1", value);
  const auto json = boost::json::parse(writer.event(12, numbered(4), &record, false)).as_object();
  EXPECT_EQ(json.at("seq").as_int64(), 12);
  EXPECT_EQ(json.at("type").as_string(), "appended");
  EXPECT_EQ(json.at("topic").as_string(), "orders");
  EXPECT_EQ(json.at("offset").as_int64(), 4);
  EXPECT_EQ(json.at("size").as_int64(), 210);
  EXPECT_EQ(json.at("preview").as_string(), std::string(199, 'x'));
  EXPECT_FALSE(json.contains("sampled"));
}

TEST(InspectFrames, WhatIsNoTextIsShownInBase64) {
  const Spec spec{"orders", "", {}};
  FrameWriter writer(spec);
  const auto record = stored(std::nullopt, "\xff\xfe");
  const auto json = boost::json::parse(writer.event(1, numbered(0), &record, true)).as_object();
  EXPECT_TRUE(json.at("key").is_null());
  EXPECT_TRUE(json.at("sampled").as_bool());
  EXPECT_FALSE(json.contains("preview"));
  EXPECT_EQ(json.at("preview_base64").as_string(), "//4=");
}

TEST(InspectFrames, BytesThatLookLikeTheMiddleOfCharactersAreShownAllTheSame) {
  const Spec spec{"orders", "", {}};
  FrameWriter writer(spec);
  const std::string middles(300, '\x80');
  const auto record = stored(std::nullopt, middles);
  const auto json = boost::json::parse(writer.event(1, numbered(0), &record, false)).as_object();
  EXPECT_EQ(json.at("size").as_int64(), 300);
  EXPECT_FALSE(json.contains("preview"));
  EXPECT_EQ(json.at("preview_base64").as_string().size(), 268u) << "200 bytes";
}

TEST(InspectFrames, EveryTypeIsJsonThatNamesWhatItIsAbout) {
  const Spec spec{"orders", "kitchen", {"a", "b\"c"}};
  FrameWriter writer(spec);
  for (std::size_t i = 0; i + 1 < kEventTypes; ++i) {
    Event event = numbered(3, static_cast<EventType>(i));
    event.group = 1;
    event.who = "cook \"a\"";
    event.assignment = std::make_shared<Assignment>(Assignment{2, "stable", {{"m\n", {0, 2}}}});
    const auto json = boost::json::parse(writer.event(7, event, nullptr, false)).as_object();
    EXPECT_EQ(json.at("type").as_string(), type_text(event.type));
    EXPECT_TRUE(json.contains("topic") || json.contains("queue") || json.contains("group"))
        << type_text(event.type);
    EXPECT_TRUE(json.contains("ts"));
  }
}

// -- views ---------------------------------------------------------------------------------------

class InspectViews : public testing::Test {
 protected:
  void SetUp() override {
    rig_.json("PUT", "/v1/topics/orders", R"({"partitions":2})");
    rig_.json("PUT", "/v1/queues/kitchen",
              R"({"source":{"topic":"orders","from":"earliest"},"visibility_timeout":"5s"})");
  }
  View& open(Spec spec = {"orders", "kitchen", {"menu"}}) {
    auto view = rig_.broker.inspector->open(spec);
    TF_CHECK(view.has_value());
    seq_ = (*view)->newest();
    return **view;
  }
  void publish(int count) {
    for (int i = 0; i < count; ++i)
      rig_.json("POST", "/v1/topics/orders/records", R"({"value":1,"partition":0})");
  }
  /// The types of what happened since it was asked last: "appended 0-0".
  std::vector<std::string> news(View& view) {
    std::vector<std::string> news;
    const Pulled pulled = view.pull(seq_, 1'000, false);
    for (const Event& event : pulled.events)
      news.push_back(std::string(type_text(event.type)) + " " + std::to_string(event.partition) +
                     "-" + std::to_string(event.offset.value()));
    seq_ = pulled.upto;
    needs_snapshot_ = pulled.needs_snapshot;
    return news;
  }
  using List = std::vector<std::string>;

  CallRig rig_;
  std::uint64_t seq_ = 0;
  bool needs_snapshot_ = false;
};

TEST_F(InspectViews, ADeliveryIsToldAfterTheRecordItIsOf) {
  View& view = open();
  publish(1);
  rig_.json("POST", "/v1/queues/kitchen/receive", R"({"max":1})");
  EXPECT_EQ(news(view), (List{"appended 0-0", "delivered 0-0"}));
  rig_.pass(5s);
  rig_.turn();
  EXPECT_EQ(news(view), List{"expired 0-0"});
  EXPECT_EQ(view.snapshot().queue->browsed.items.front().state, queue::MessageState::ready);
}

TEST_F(InspectViews, NobodyIsToldAnythingOnceTheLastHasLeftForAMinute) {
  View& view = open();
  rig_.broker.inspector->close(view, this);
  publish(1);
  EXPECT_EQ(news(view), List{"appended 0-0"}) << "whoever comes back goes on";
  EXPECT_EQ(rig_.broker.inspector->views(), 1u);
  rig_.pass(61s);
  rig_.turn();
  EXPECT_EQ(rig_.broker.inspector->views(), 0u);
  publish(1);
  View& again = open();
  EXPECT_EQ(news(again), List{});
}

TEST_F(InspectViews, ThoseOfTheSameNamesShareOneView) {
  View& one = open();
  View& other = open();
  EXPECT_EQ(&one, &other);
  EXPECT_EQ(rig_.broker.inspector->listeners(), 2u);
  EXPECT_NE(&open({"orders", "", {}}), &one);
  for (std::size_t i = rig_.broker.inspector->views(); i < Inspector::kViewsMax; ++i)
    open({"t" + std::to_string(i), "", {}});
  EXPECT_EQ(rig_.broker.inspector->open({"one-more", "", {}}).error().code,
            engine::Errc::overloaded);
}

TEST_F(InspectViews, ViewsThatNobodyLooksAtKeepNobodyOut) {
  for (std::size_t i = 0; i < Inspector::kViewsMax; ++i) {
    rig_.broker.inspector->close(open({"t" + std::to_string(i), "", {}}), this);
    rig_.pass(10ms);
  }
  View& kept = open({"t0", "", {}});
  open({"one-more", "", {}});
  EXPECT_EQ(rig_.broker.inspector->views(), Inspector::kViewsMax);
  EXPECT_EQ(&open({"t0", "", {}}), &kept);
}

TEST_F(InspectViews, WhoeverLeavesIsNotWokenAndLeavesNothingBehind) {
  View& view = open();
  open();
  int woken = 0;
  for (int i = 0; i < 3; ++i) view.when_news(this, view.newest(), [&woken] { ++woken; });
  publish(1);
  EXPECT_EQ(woken, 1) << "a listener waits once";
  view.when_news(this, view.newest(), [&woken] { ++woken; });
  rig_.broker.inspector->close(view, this);
  publish(1);
  EXPECT_EQ(woken, 1);
}

TEST_F(InspectViews, AWakeComesOnceAndOnlyForNews) {
  View& view = open();
  int woken = 0;
  view.when_news(this, view.newest(), [&woken] { ++woken; });
  rig_.json("PUT", "/v1/queues/other", "{}");
  EXPECT_EQ(woken, 0);
  publish(2);
  EXPECT_EQ(woken, 1);
  view.when_news(this, seq_, [&woken] { ++woken; });
  EXPECT_EQ(woken, 2) << "there is something already";
}

TEST_F(InspectViews, WhatIsBeyondTheRoomIsCountedWithoutBeingSent) {
  View& view = open();
  publish(10);
  const Pulled pulled = view.pull(seq_, 3, /*skip=*/true);
  EXPECT_EQ(pulled.events.size(), 3u);
  EXPECT_EQ(pulled.upto, view.newest());
  EXPECT_EQ(pulled.counts[static_cast<std::size_t>(EventType::appended)], 10u);
  ASSERT_TRUE(pulled.totals);
  EXPECT_EQ(pulled.totals->queue->ready, 10u);
  EXPECT_EQ(pulled.totals->partitions[0].status.visible_end, Offset{10});
  EXPECT_EQ(pulled.appended.places.size(), 3u);
  const Pulled rest = view.pull(seq_, 3, /*skip=*/false);
  EXPECT_EQ(rest.upto, seq_ + 3);
  EXPECT_FALSE(rest.totals);
}

TEST_F(InspectViews, WhatComesAndGoesNeedsASnapshot) {
  View& view = open({"orders", "later", {}});
  EXPECT_FALSE(view.snapshot().queue);
  rig_.json("PUT", "/v1/queues/later", R"({"source":{"topic":"orders","from":"earliest"}})");
  EXPECT_EQ(news(view), List{"attached 0-0"});
  EXPECT_EQ(news(view), List{});
  EXPECT_TRUE(needs_snapshot_);
  EXPECT_TRUE(view.snapshot().queue);
  seq_ = view.newest();
  rig_.ask("DELETE", "/v1/queues/later");
  EXPECT_EQ(news(view), List{"detached 0-0"});
  rig_.ask("DELETE", "/v1/topics/orders");
}

}  // namespace
}  // namespace twofold::http::inspect
