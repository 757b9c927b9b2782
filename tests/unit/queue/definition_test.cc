#include "queue/definition.h"

#include <gtest/gtest.h>

namespace twofold::queue {
namespace {

using std::chrono_literals::operator""s;

Definition own() {
  Definition definition;
  definition.id = 5;
  definition.own_log = LogId{9};
  definition.created = WallTime{1'700'000'000'123};
  definition.config.visibility_timeout = 90s;
  definition.config.delay = 5s;
  definition.config.receive_wait = 20s;
  definition.config.max_receives = 4;
  definition.config.dead_letter = "morgue";
  definition.config.retention = 86'400s;
  definition.config.record_bytes_max = 4096;
  definition.extension = std::string("\0 opaque", 8);
  return definition;
}

TEST(Definition, AQueueWithItsOwnLogIsReadBack) {
  for (const auto durability : {Durability::memory, Durability::os, Durability::disk}) {
    Definition definition = own();
    definition.config.durability = durability;
    const auto read = decode_definition(encode_definition(definition));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(*read, definition);
  }
}

TEST(Definition, AnAttachedQueueIsReadBack) {
  Definition definition = own();
  definition.own_log.reset();
  definition.config.retention.reset();
  definition.source = QueueSource{
      "orders", {LogId{1},  LogId{2}  },
       {Offset{0}, Offset{77}}
  };
  const auto read = decode_definition(encode_definition(definition));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, definition);
}

TEST(Definition, NoLogOrTwoKindsOfLogOrUnevenOffsetsAreDamage) {
  Definition none = own();
  none.own_log.reset();
  EXPECT_EQ(decode_definition(encode_definition(none)).error().code, engine::Errc::data_damaged);
  Definition both = own();
  both.source = QueueSource{"orders", {LogId{1}}, {Offset{0}}};
  EXPECT_FALSE(decode_definition(encode_definition(both)).has_value());
  Definition uneven = own();
  uneven.own_log.reset();
  uneven.source = QueueSource{
      "orders", {LogId{1}, LogId{2}},
       {Offset{0}       }
  };
  EXPECT_FALSE(decode_definition(encode_definition(uneven)).has_value());
  EXPECT_FALSE(decode_definition("\xff\xff").has_value());
}

}  // namespace
}  // namespace twofold::queue
