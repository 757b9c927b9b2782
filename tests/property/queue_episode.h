#pragma once

#include <array>
#include <deque>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "tests/property/queue_model.h"
#include "tests/unit/queue/queue_rig.h"

namespace twofold::queue {

/// Random operations on three queues, "main", "letters" (its dead letters) and "grave" (theirs),
/// through the public face alone, beside a ModelQueue for each. What the broker answers is noted as
/// it comes and judged in that order, once the model knows of the operation.
/// Times are multiples of 8 ms, the tick of timers, so that nothing is late.
class QueueEpisode {
 public:
  QueueEpisode(std::uint64_t seed, Order order);
  /// Operations until `steps` are done or something is wrong; then everything is delivered.
  /// Says what is wrong, with the operations before it; empty when nothing is.
  std::string run(int steps);

 private:
  static constexpr std::size_t kQueues = 3;

  struct Held {
    std::size_t queue;
    Offset offset;
    std::string text;
    std::size_t hash;
  };
  struct Poll {
    std::size_t queue;
    std::size_t max;
    std::size_t bytes_max;
    std::optional<Duration> timeout;  // absent: the queue's when it is answered
    std::string attempt;
    Instant deadline;
    bool waits = false;
  };
  struct Sending {
    std::size_t queue;
    std::vector<std::uint32_t> bodies;  // what each message is answered as
    std::vector<bool> duplicate;
  };
  struct Acking {
    std::size_t queue;
    std::vector<Offset> offsets;
    std::vector<Settled> expected;
  };
  struct Event {
    enum class Kind { answered, sent, acked, died, moved, purged } kind;
    std::uint64_t id;
    Instant at;
    std::optional<Result<Received>> received{};
    std::optional<Sent> sent{};
    std::vector<Settled> settled{};
    std::uint64_t count = 0;
    std::vector<Offset> offsets{};
  };

  // -- queue_episode.cc: the frame
  void create(std::size_t queue);
  void step();
  void check(std::size_t queue);
  void look(std::size_t queue);
  void drain();
  void note(const char* what, std::size_t queue, const std::string& more = {});
  void wrong(const std::string& what);
  bool failed() const { return !wrong_.empty(); }

  // -- queue_episode_operations.cc: what clients do
  void send(std::size_t queue);
  void receive(std::size_t queue);
  void poll(std::size_t queue, Duration wait, std::string attempt);
  void repeat(std::size_t queue);
  void cancel();

  // -- queue_episode_settle.cc
  std::vector<Held> pick(std::size_t queue, std::size_t max, bool apart);
  Settled present(std::size_t queue, const Held& receipt);
  Settled ackable(std::size_t queue, const Held& receipt, Receipts accepted);
  void ack(std::size_t queue);
  void ack_these(std::size_t queue, const std::vector<Held>& receipts, Receipts accepted);
  void nack(std::size_t queue);
  void extend(std::size_t queue);
  void release(std::size_t queue);

  // -- queue_episode_changes.cc
  void purge(std::size_t queue);
  void configure(std::size_t queue);
  void edit(std::size_t queue);
  void put_off(std::size_t queue);

  // -- queue_episode_moves.cc
  void move(std::size_t queue);
  void cancel_move(std::size_t queue, const std::string& id);
  void learn_moved(std::size_t queue, std::size_t destination, std::uint64_t step);
  Move moved(std::size_t queue);
  bool came_from_main() const;

  // -- queue_episode_events.cc: what time and the broker do
  void run_posted();
  void commit();
  void learn(std::size_t queue);
  void restart(bool checkpoint);
  void pass(Duration time);
  void judge();
  void judge_answer(Event& event);
  void judge_empty(const Poll& poll, const Event& event);
  void judge_repeat(const Poll& poll, ModelAttempt& attempt, const Event& event);
  void judge_messages(const Poll& poll, const Received& received);
  void judge_contents(const Poll& poll, const Received& received);
  void judge_sent(const Event& event);
  void settle_acked(const Event& event);
  void settle_dying(const Event& event);
  bool waiting(std::size_t queue) const;

  Instant now() const { return rig_.clock.now(); }
  Duration some_time(std::initializer_list<int> ms);

  QueueRig rig_;
  engine::SeededRandom random_;
  std::array<ModelQueue, kQueues> live_;
  std::array<ModelQueue, kQueues> durable_;
  std::vector<Held> receipts_;
  std::map<std::uint64_t, Poll> polls_;
  std::map<std::uint64_t, std::uint64_t> tickets_;       // by poll
  std::array<std::deque<std::uint64_t>, kQueues> line_;  // who waits, in order
  std::map<std::uint64_t, Sending> sendings_;
  std::map<std::uint64_t, Acking> ackings_;
  std::map<std::uint64_t, std::uint64_t> purges_;
  std::vector<Event> events_;
  std::vector<Offset> place_of_;  // of each body, where it was sent to
  std::uint32_t next_body_ = 1;
  std::uint64_t next_id_ = 1;
  std::uint64_t step_ = 0;
  std::deque<std::string> notes_;
  std::string wrong_;
};

}  // namespace twofold::queue
