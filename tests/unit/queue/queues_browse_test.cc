#include "tests/unit/queue/queue_rig.h"

namespace twofold::queue {
namespace {

struct QueueBrowse : ::testing::Test, QueueRig {
  static std::vector<std::int64_t> offsets(const Browsed& browsed) {
    std::vector<std::int64_t> offsets;
    for (const BrowseItem& item : browsed.items) offsets.push_back(item.offset.value());
    return offsets;
  }
  using Offsets = std::vector<std::int64_t>;
};

TEST_F(QueueBrowse, EveryStateIsSeenAndNothingIsTouched) {
  create("jobs");
  send("jobs", {"0", "1", "2", "3"});
  send("jobs", {"4"}, 60s);
  core->commit();
  const Received held = receive("jobs", 3, 30s);
  ack("jobs", {held.messages[1].receipt});
  nack("jobs", {held.messages[2].receipt, 0s, true, "why"});

  EXPECT_EQ(offsets(browse("jobs", MessageState::in_flight)), (Offsets{0}));
  EXPECT_EQ(offsets(browse("jobs", MessageState::acked)), (Offsets{1}));
  EXPECT_EQ(offsets(browse("jobs", MessageState::dead)), (Offsets{2}));
  EXPECT_EQ(offsets(browse("jobs", MessageState::ready)), (Offsets{3}));
  EXPECT_EQ(offsets(browse("jobs", MessageState::delayed)), (Offsets{4}));
  EXPECT_TRUE(browse("jobs", MessageState::blocked).items.empty());
  const Browsed all = browse("jobs");
  EXPECT_EQ(offsets(all), (Offsets{0, 2, 3, 4})) << "all but acked";
  EXPECT_TRUE(all.next.empty());
  EXPECT_EQ(all.items[0].visible_at, clock.now() + 30s);
  EXPECT_EQ(all.items[3].visible_at, clock.now() + 60s);
  EXPECT_EQ(values(receive("jobs")), (Texts{"3"})) << "looking took nothing";
}

TEST_F(QueueBrowse, PagesFollowOneAnother) {
  create("jobs");
  send("jobs", Texts(250, "x"));
  core->commit();
  Browse request{"jobs", MessageState::ready, {}, 100};
  Offsets seen;
  for (int pages = 1;; ++pages) {
    const Browsed page = *queues->browse(request);
    for (const std::int64_t o : offsets(page)) seen.push_back(o);
    if (page.next.empty()) {
      EXPECT_EQ(pages, 3);
      break;
    }
    request.from = page.next;
  }
  ASSERT_EQ(seen.size(), 250u);
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], static_cast<std::int64_t>(i));
}

TEST_F(QueueBrowse, ARareStateInALongQueueIsFoundInBoundedSteps) {
  const LogId log = topic_log(Texts(20'000, "x"));
  create("jobs", {}, QueueSource{"orders", {log}, {Offset{0}}});
  while (receive("jobs", 1'000).messages.size() == 1'000) {
  }
  const Browsed none = browse("jobs", MessageState::dead);
  EXPECT_TRUE(none.items.empty());
  EXPECT_TRUE(none.next.empty());
}

TEST_F(QueueBrowse, PartitionsAreSeenOneAfterTheOther) {
  const LogId one = topic_log({"a", "b"});
  const LogId two = topic_log({"x"});
  create("both",
         {
  },
         QueueSource{"orders", {one, two}, {Offset{0}, Offset{0}}});
  Browse request{"both", std::nullopt, {}, 2};
  const Browsed first = *queues->browse(request);
  EXPECT_EQ(offsets(first), (Offsets{0, 1}));
  request.from = first.next;
  const Browsed second = *queues->browse(request);
  ASSERT_EQ(second.items.size(), 1u);
  EXPECT_EQ(second.items[0].partition, PartitionId{1});
  EXPECT_TRUE(second.next.empty());

  request.from = {Offset{0}};
  EXPECT_EQ(queues->browse(request).error().code, Errc::invalid_request);
}

}  // namespace
}  // namespace twofold::queue
