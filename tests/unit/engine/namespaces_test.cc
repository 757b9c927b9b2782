// Rooms of several namespaces over one core: what one keeps no other sees, and all of it comes
// back.
#include "engine/namespaces.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/engine_rig.h"

namespace twofold::engine {
namespace {

using test::EngineRig;

/// A room that remembers words: noted one by one, snapshot as a whole.
class Words final : public StateMachine {
 public:
  explicit Words(Core& core) : core_(core) {
    core.attach_machine(EntryType::queue, *this);
    core.catalog().watch("word/", [this](std::string_view key, const Document* document) {
      if (document) defined.emplace_back(key);
    });
  }
  void say(const std::string& word) {
    core_.note(EntryType::queue, 7, word);
    words.push_back(word);
  }

  Result<> apply(std::uint32_t owner, std::string_view payload, Instant) override {
    EXPECT_EQ(owner, 7u);
    words.emplace_back(payload);
    return {};
  }
  void snapshot(ByteWriter& out) const override {
    out.uvarint(words.size());
    for (const std::string& word : words) out.bytes(word);
  }
  Result<> restore(ByteReader& in) override {
    for (auto n = in.count(1); n > 0 && in.ok(); --n) words.emplace_back(in.bytes());
    return {};
  }
  void recovered(Instant) override { ++recoveries; }

  std::vector<std::string> words;
  std::vector<std::string> defined;
  int recoveries = 0;

 private:
  Core& core_;
};

/// One life of a core with a room of its own and rooms of namespaces.
struct Life {
  explicit Life(FileSystem& files) : rig(files) {
    const auto report = rig.start([this](Core& core) {
      home = std::make_unique<Words>(core);
      namespaces = std::make_unique<Namespaces>(core, [this](const std::string& name, Core& its) {
        cores[name] = &its;
        rooms[name] = std::make_unique<Words>(its);
      });
    });
    EXPECT_TRUE(report) << report.error().detail;
  }
  ~Life() {
    rooms.clear();
    rig.kill();
  }
  void make(const std::string& name) {
    rig.turn([&] { namespaces->make(name); });
  }

  EngineRig rig;
  std::unique_ptr<Words> home;
  std::unique_ptr<Namespaces> namespaces;
  std::map<std::string, Core*> cores;
  std::map<std::string, std::unique_ptr<Words>> rooms;
};

TEST(Namespaces, OneDoesNotSeeWhatAnotherSays) {
  MemoryFileSystem files;
  Life life(files);
  life.make("one");
  life.make("two");
  life.rig.turn([&] {
    life.rooms["one"]->say("hello");
    life.home->say("home");
    ASSERT_TRUE(life.cores["one"]->catalog().put_if("word/x", "1", 0));
    ASSERT_TRUE(life.cores["two"]->catalog().put_if("word/x", "2", 0));
    ASSERT_TRUE(life.rig.core().catalog().put_if("word/y", "3", 0));
  });
  EXPECT_EQ(life.rooms["one"]->defined, std::vector<std::string>{"word/x"});
  EXPECT_EQ(life.home->defined, std::vector<std::string>{"word/y"});
  EXPECT_EQ(life.cores["one"]->catalog().get("word/x")->value, "1");
  EXPECT_EQ(life.cores["two"]->catalog().get("word/x")->value, "2");
  EXPECT_EQ(life.cores["one"]->catalog().get("word/y"), nullptr);
  EXPECT_EQ(life.cores["two"]->catalog().list("word/", "", 9), std::vector<std::string>{"word/x"});
  EXPECT_TRUE(life.cores["two"]->catalog().list("word/", "word/x", 9).empty());
}

TEST(Namespaces, WhatWasSaidIsThereAfterAKill) {
  MemoryFileSystem files;
  {
    Life life(files);
    life.make("one");
    life.make("empty");
    life.rig.turn([&] {
      life.rooms["one"]->say("hello");
      life.home->say("home");
      ASSERT_TRUE(life.cores["one"]->catalog().put_if("word/x", "1", 0));
    });
  }
  Life again(files);
  EXPECT_EQ(again.namespaces->count(), 2u);
  EXPECT_TRUE(again.namespaces->has("empty"));
  EXPECT_EQ(again.rooms["one"]->words, std::vector<std::string>{"hello"});
  EXPECT_EQ(again.rooms["one"]->defined, std::vector<std::string>{"word/x"});
  EXPECT_EQ(again.rooms["one"]->recoveries, 1);
  EXPECT_EQ(again.home->words, std::vector<std::string>{"home"});
}

TEST(Namespaces, ACheckpointBringsBackWhatReplayWouldHave) {
  MemoryFileSystem files;
  std::string lived;
  {
    Life life(files);
    life.make("one");
    life.make("two");
    life.rig.turn([&] {
      life.rooms["two"]->say("a");
      life.rooms["one"]->say("b");
    });
    ByteWriter out(lived);
    life.namespaces->snapshot(out);
    life.rig.stop();
  }
  Life again(files);
  std::string restored;
  ByteWriter out(restored);
  again.namespaces->snapshot(out);
  EXPECT_EQ(restored, lived);
}

TEST(Namespaces, OneThatIsMadeWhileServingServesAtOnce) {
  MemoryFileSystem files;
  Life life(files);
  life.make("late");
  EXPECT_EQ(life.rooms["late"]->recoveries, 1) << "its timers run";
  life.make("late");
  EXPECT_EQ(life.namespaces->count(), 1u);
  EXPECT_EQ(life.rooms["late"]->recoveries, 1);
}

TEST(Namespaces, BytesAreCountedWhereTheyAre) {
  MemoryFileSystem files;
  Life life(files);
  life.make("one");
  life.make("two");
  LogId log{0};
  life.rig.turn([&] {
    Core& one = *life.cores["one"];
    log = one.new_log_id();
    one.open_log(log, {});
    one.append(log, {"key", "value", {}, WallTime{1}});
  });
  EXPECT_GT(life.cores["one"]->stored_bytes(), 0u);
  EXPECT_EQ(life.cores["two"]->stored_bytes(), 0u);
  EXPECT_EQ(life.rig.core().stored_bytes(), life.cores["one"]->stored_bytes());
  life.rig.turn([&] { life.cores["one"]->drop_log(log); });
  EXPECT_EQ(life.cores["one"]->stored_bytes(), 0u);
}

// Somebody had made hundreds of thousands of partitions, and everybody waited while they were
// counted, once a second.
TEST(Namespaces, WhatManyLogsHoldIsCountedInPieces) {
  MemoryFileSystem files;
  Life life(files);
  life.make("one");
  constexpr std::size_t kLogs = 3 * kCountedAtOnce;
  std::vector<LogId> logs;
  life.rig.turn([&] {
    Core& one = *life.cores["one"];
    for (std::size_t i = 0; i < kLogs; ++i) {
      logs.push_back(one.new_log_id());
      one.open_log(logs.back(), {});
    }
    one.append(logs.back(), {"key", std::string(5'000, 'v'), {}, WallTime{1}});
  });
  const auto held = life.rig.core().status(logs.back()).bytes;
  ASSERT_GT(held, 5'000u);
  const auto counted = [&](Core& core) {
    std::vector<std::uint64_t> said;
    for (int i = 0; i < 16; ++i) said.push_back(core.stored_bytes());
    return said;
  };
  // As much as was appended until all were looked at; then what there is.
  const auto theirs = counted(*life.cores["one"]);
  EXPECT_EQ(theirs[0], 5'003u) << "one call has not come to the last of them";
  EXPECT_EQ(theirs[1], 5'003u);
  EXPECT_EQ(theirs[2], held);
  EXPECT_EQ(theirs.back(), held);
  const auto all = counted(life.rig.core());
  EXPECT_EQ(all.back(), held);

  life.rig.turn([&] { life.rig.core().trim(logs.back(), Offset{1}, true); });
  EXPECT_EQ(counted(*life.cores["one"]).back(), 0u);
  EXPECT_EQ(counted(life.rig.core()).back() / 4096, 0u) << "but for the entry of the trim itself";
}

TEST(Namespaces, WhatDoesNotParseIsDamageAndNoCrash) {
  MemoryFileSystem files;
  Life life(files);
  for (const std::string& bytes : {std::string(), std::string("\x03"), std::string("\x03\x7Fz")})
    EXPECT_FALSE(life.namespaces->apply(1, bytes, Instant{1})) << bytes.size();
  for (std::string bytes : {std::string("\x01"), std::string("\x01\x01z\x01\x05\x01y", 7)}) {
    ByteReader in(bytes);
    EXPECT_FALSE(life.namespaces->restore(in));
  }
}

}  // namespace
}  // namespace twofold::engine
