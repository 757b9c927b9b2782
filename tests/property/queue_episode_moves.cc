#include <algorithm>
#include <set>

#include "tests/property/queue_episode.h"

namespace twofold::queue {

using Is = ModelMessage::Is;

// Moves what is ready to another queue, or back where it died; the process may be killed on the
// way, the move cancelled, and somebody may begin to wait.
void QueueEpisode::move(std::size_t queue) {
  run_posted();
  commit();
  run_posted();
  if (failed() || waiting(queue)) return;
  const bool back = queue == 1 && came_from_main();
  std::size_t destination = back ? 0 : random_.below(kQueues);
  if (!live_[destination].exists) destination = 0;
  ModelQueue& model = live_[queue];
  MoveRequest request{"move " + std::to_string(next_id_++), model.name};
  if (!back) request.destination = live_[destination].name;
  if (random_.below(3) == 0)
    request.per_second = static_cast<std::uint32_t>(1 + random_.below(200));
  note("move", queue,
       "to " + request.destination + " of " + std::to_string(model.deliverable()) + ", a second " +
           std::to_string(request.per_second.value_or(0)));
  const std::uint64_t to_move = model.deliverable();
  if (!rig_.queues->start_move(request)) return wrong("a move did not start");
  if (moved(queue).to_move != to_move) return wrong("a move counts otherwise what it has to move");

  const bool takes_all = !request.per_second && to_move <= 64;
  switch (random_.below(8)) {
    case 0: return restart(false);
    case 1:
      if (takes_all && to_move > 0) return cancel_move(queue, request.id);
      break;
    case 2:
      if (takes_all) poll(queue, some_time({80, 2'000}), {});
  }
  const std::uint64_t step = next_id_++;
  bool resumed = false;  // after a restart a move goes on by itself
  for (int round = 0; round < 30 && !failed(); ++round) {
    // Noted before the move's own commit: what it unblocks is delivered behind this.
    rig_.core->on_commit(Durability::disk, [this, queue, step](const auto&) {
      events_.push_back({Event::Kind::moved, queue, now()});
      events_.back().count = step;
    });
    request.per_second || resumed ? pass(some_time({8, 80, 400})) : run_posted();
    learn_moved(queue, destination, step);
    if (!failed()) check(queue);
    if (random_.below(20) == 0) {
      restart(false);
      const auto all = rig_.queues->moves(model.name);
      if (all.empty() || all.front().request.id != request.id) return;  // begun, but not durably
      resumed = true;
      continue;
    }
    if (!failed()) commit();
    if (failed() || moved(queue).status != MoveStatus::running) break;
  }
  if (failed()) return;
  const Move end = moved(queue);
  if (end.status == MoveStatus::running && (request.per_second || resumed)) {
    note("cancel move", queue);
    if (!rig_.queues->cancel_move(request.id)) wrong("a move was not cancelled");
  } else if (end.status != MoveStatus::completed) {
    wrong("a move did not come to its end");
  } else if (!request.per_second && !resumed && end.moved != to_move) {
    wrong("moved " + std::to_string(end.moved) + " of " + std::to_string(to_move));
  }
  commit();
}

Move QueueEpisode::moved(std::size_t queue) {
  return rig_.queues->moves(live_[queue].name).front();
}

bool QueueEpisode::came_from_main() const {
  const auto& letters = live_[1].messages;
  return std::all_of(letters.begin(), letters.end(),
                     [](const ModelMessage& m) { return m.is_letter && m.letter_queue == 0; });
}

// It had taken everything that was ready; all that goes back, as if nobody had received it.
void QueueEpisode::cancel_move(std::size_t queue, const std::string& id) {
  note("cancel move", queue);
  ModelQueue& model = live_[queue];
  if (!rig_.queues->cancel_move(id)) return wrong("a move was not cancelled");
  std::set<const ModelPlace*> stopped;
  for (ModelMessage& m : model.messages) {
    if (!m.counts_in_order()) continue;
    const ModelPlace* const place = &model.place_of(m);
    if (!m.is_ready()) stopped.insert(place);
    if (!m.is_ready() || (model.ordered() && stopped.contains(place))) continue;
    m.is = Is::again;
    m.receipt = 0;
  }
  model.recheck();
  model.forget_turns();
  run_posted();
}

// What is not in the queue any more was moved: on its way in there, and gone from here when that is
// durable.
void QueueEpisode::learn_moved(std::size_t queue, std::size_t destination, std::uint64_t step) {
  ModelQueue& model = live_[queue];
  const auto browsed = rig_.queues->browse({model.name, std::nullopt, {}, 100'000});
  std::set<Offset> there;
  for (const BrowseItem& item : browsed->items) there.insert(item.offset);
  for (ModelMessage& m : model.messages) {
    if (m.is == Is::leaving || there.contains(m.offset)) continue;
    if (!m.is_ready()) return wrong("what somebody holds was moved");
    ModelMessage arrival;
    arrival.body = m.body;
    arrival.group = m.group;
    arrival.came_from = m.offset;
    arrival.edit = m.edit;
    arrival.edit_in_record = m.edit != 0;
    arrival.step = model.ordered() ? step : 0;
    live_[destination].pending.push_back(arrival);
    m.is = Is::leaving;
    m.was_held = true;
    m.was_dead = false;
    m.step = step;
  }
  model.recheck();
  model.forget_turns();
}

}  // namespace twofold::queue
