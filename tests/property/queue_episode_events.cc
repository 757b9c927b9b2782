#include <algorithm>
#include <charconv>

#include "engine/record_batch.h"
#include "queue/letter.h"
#include "tests/property/queue_episode.h"

namespace twofold::queue {

using Is = ModelMessage::Is;

namespace {

std::uint32_t number_of(std::string_view text) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string names_of(const std::vector<Offset>& offsets) {
  std::string names;
  for (const Offset o : offsets) names += " " + std::to_string(o.value());
  return names;
}

std::string reason_of(std::uint32_t reason) {
  return reason == 0 ? "max_receives" : "reason " + std::to_string(reason);
}

}  // namespace

bool QueueEpisode::waiting(std::size_t queue) const { return !line_[queue].empty(); }

// Dead messages go where they belong: gone from here and on their way in there, in one commit.
void QueueEpisode::run_posted() {
  rig_.core->run();
  for (ModelQueue& from : live_) {
    for (ModelMessage& m : from.messages) {
      if (m.is != Is::dead || from.config.dead_letter.empty()) continue;
      ModelQueue& to = live_[from.number + 1];
      if (!to.exists) continue;
      ModelMessage letter;
      letter.body = m.body;
      letter.group = m.group;
      letter.is_letter = true;
      letter.letter_receives = m.receives + m.letter_receives;
      letter.letter_reason = m.reason;
      letter.letter_queue = from.number;
      letter.letter_offset = m.offset;
      letter.edit = m.edit;
      letter.edit_in_record = m.edit != 0;
      to.pending.push_back(letter);
      m.is = m.dying ? Is::leaving : Is::gone;
    }
    from.erase_gone();
    from.recheck();
  }
  judge();
}

void QueueEpisode::commit() {
  note("commit", 0);
  rig_.core->commit();
  for (std::size_t i = 0; i < kQueues; ++i)
    if (live_[i].exists) learn(i);
  // What is delivered from here on rides the next commit.
  durable_ = live_;
  for (ModelQueue& model : durable_) {
    for (ModelMessage& m : model.messages) {
      if (m.is == Is::leaving) m.is = Is::gone;
      m.dying = m.was_held = false;
    }
    model.erase_gone();
  }
  for (ModelQueue& model : live_) model.expire(now());
  judge();
}

// What of the log is new, and whether it is what was sent and moved there.
void QueueEpisode::learn(std::size_t queue) {
  ModelQueue& model = live_[queue];
  const LogId log = *rig_.queues->find(model.name)->own_log;
  const auto status = rig_.core->status(log);
  const Offset from = std::max(model.end, status.start);
  std::map<std::pair<std::uint64_t, std::uint32_t>, Offset> arrived;
  if (from < status.visible_end) {
    const auto batches = rig_.core->plan_read(log, from, 1 << 30).fetch();
    for (const engine::StoredBatch& batch : *batches) {
      engine::BatchCursor cursor(batch.bytes, batch.base_seq);
      for (auto record = cursor.next(); record && *record; record = cursor.next()) {
        const Offset o = (**record).offset;
        if (o < from) continue;
        const std::uint32_t body = number_of(*(**record).value);
        const auto sent = std::find_if(model.pending.begin(), model.pending.end(),
                                       [body](const auto& m) { return m.body == body; });
        if (sent == model.pending.end())
          return wrong("message " + std::to_string(body) + " appeared in " + model.name);
        sent->offset = o;
        if (place_of_[body] == Offset{-1}) place_of_[body] = o;
        // Due before it was committed: it comes in with the others, in their order.
        if (sent->is == Is::delayed && sent->due <= now()) sent->is = Is::again;
        if (sent->is != Is::gone) model.messages.push_back(*sent);
        Offset& last = arrived.try_emplace({sent->step, sent->group}, Offset{-1}).first->second;
        if (sent->step != 0 && sent->group != 0 && sent->came_from < last)
          wrong("a group came into another order when it was moved to " + model.name);
        last = sent->came_from;
        model.pending.erase(sent);
      }
    }
  }
  std::erase_if(model.pending, [](const auto& m) { return m.is == Is::gone; });
  if (!model.pending.empty())
    wrong("message " + std::to_string(model.pending.front().body) + " never came to " + model.name);
  model.end = status.visible_end;
  model.recheck(ModelQueue::Moment::in_order);
}

void QueueEpisode::restart(bool checkpoint) {
  if (checkpoint) {
    commit();
    note("checkpoint and restart", 0);
    if (rig_.core->uncommitted() == 0) rig_.core->checkpoint();
  } else {
    note("restart", 0);
  }
  events_.clear();
  polls_.clear();
  tickets_.clear();
  for (auto& line : line_) line.clear();
  sendings_.clear();
  ackings_.clear();
  purges_.clear();
  rig_.restart();
  live_ = durable_;
  for (ModelQueue& model : live_) {
    model.expire(now());
    model.restart();
  }
}

void QueueEpisode::pass(Duration time) {
  note("pass", 0, std::to_string(time.count()));
  rig_.core->pass(time);
  judge();
  for (ModelQueue& model : live_) model.expire(now());
  run_posted();
}

void QueueEpisode::judge() {
  for (std::size_t i = 0; i < events_.size() && !failed(); ++i) {
    Event event = std::move(events_[i]);
    switch (event.kind) {
      case Event::Kind::answered: judge_answer(event); break;
      case Event::Kind::sent: judge_sent(event); break;
      case Event::Kind::acked: settle_acked(event); break;
      case Event::Kind::died: settle_dying(event); break;
      case Event::Kind::moved: {
        for (ModelMessage& m : live_[event.id].messages)
          if (m.is == Is::leaving && m.step == event.count) m.is = Is::gone;
        live_[event.id].erase_gone();
        live_[event.id].recheck();
        break;
      }
      case Event::Kind::purged:
        if (purges_.at(event.id) != event.count) wrong("purge counted wrongly");
        purges_.erase(event.id);
    }
  }
  events_.clear();
}

void QueueEpisode::judge_answer(Event& event) {
  const auto found = polls_.find(event.id);
  if (found == polls_.end())
    return wrong("a receive was answered twice, or after it was cancelled");
  const Poll poll = std::move(found->second);
  polls_.erase(found);
  tickets_.erase(event.id);
  auto& line = line_[poll.queue];
  const bool is_first = !line.empty() && line.front() == event.id;
  std::erase(line, event.id);
  ModelQueue& model = live_[poll.queue];

  const auto attempt =
      std::find_if(model.attempts.begin(), model.attempts.end(), [&](const ModelAttempt& a) {
        return !poll.attempt.empty() && a.id == poll.attempt && a.until > event.at;
      });
  if (attempt != model.attempts.end()) return judge_repeat(poll, *attempt, event);
  if (!*event.received) return wrong("a receive failed: " + event.received->error().detail);
  Received& received = event.received->value();
  if (received.messages.empty()) return judge_empty(poll, event);
  if (model.config.paused) return wrong("a paused queue delivered");
  if (poll.waits && !is_first) return wrong("somebody who waited longer was passed over");
  if (!poll.waits && !line.empty()) return wrong("somebody who waits was passed over");
  model.expire(event.at);
  judge_messages(poll, received);
}

void QueueEpisode::judge_empty(const Poll& poll, const Event& event) {
  ModelQueue& model = live_[poll.queue];
  note("  nothing from", poll.queue);
  if (poll.waits && event.at != poll.deadline) return wrong("a long poll ended at another time");
  // What comes free in the tick of the deadline may come a moment later.
  if (poll.waits) model.expire(Instant{event.at.value() - 8});
  const bool closed = model.config.paused || (!poll.waits && waiting(poll.queue));
  if (!closed && model.deliverable() > 0)
    return wrong("nothing was delivered, " + std::to_string(model.deliverable()) + " are there");
  const auto due = model.next_due(event.at);
  const auto& eligible = event.received->value().next_eligible;
  if (due && (!eligible || *eligible > *due)) wrong("next_eligible is too late");
}

void QueueEpisode::judge_repeat(const Poll& poll, ModelAttempt& attempt, const Event& event) {
  ModelQueue& model = live_[poll.queue];
  bool untouched = true;
  for (std::size_t i = 0; i < attempt.offsets.size(); ++i) {
    const ModelMessage* const m = model.find(attempt.offsets[i]);
    const bool may_be = m && (m->is == Is::held || m->is == Is::again) && !m->put_off;
    untouched = untouched && may_be && m->receipt == attempt.receipts[i] &&
                m->due == attempt.visible_at;
  }
  note(untouched ? "  repeated from" : "  refused by", poll.queue);
  if (!*event.received) {
    if (untouched || event.received->error().code != Errc::stale_receipt)
      wrong("a receive was not repeated");
    return;
  }
  const Received& received = event.received->value();
  if (!untouched) return wrong("a receive was repeated though its messages were touched");
  attempt.visible_at = event.at + poll.timeout.value_or(model.config.visibility_timeout);
  for (std::size_t i = 0; i < attempt.offsets.size(); ++i) {
    if (i >= received.messages.size() || received.messages[i].offset != attempt.offsets[i] ||
        std::hash<std::string>()(received.messages[i].receipt) != attempt.receipts[i])
      return wrong("a receive was repeated with other messages");
    ModelMessage& m = *model.find(attempt.offsets[i]);
    // What is ready already need not leave its place to be so again.
    if (attempt.visible_at > event.at) m.is = Is::held;
    m.due = attempt.visible_at;
    if (received.messages[i].visible_at != m.due ||
        received.messages[i].receive_count != m.receives)
      return wrong("a repeated message counts otherwise");
    model.touch(m);
  }
  model.recheck();
  judge_contents(poll, received);
  model.expire(event.at);
}

void QueueEpisode::judge_messages(const Poll& poll, const Received& received) {
  ModelQueue& model = live_[poll.queue];
  std::vector<Offset> offsets;
  std::vector<std::size_t> hashes;
  for (const Delivered& message : received.messages) {
    offsets.push_back(message.offset);
    hashes.push_back(std::hash<std::string>()(message.receipt));
    receipts_.push_back({poll.queue, message.offset, message.receipt, hashes.back()});
  }
  note("  from", poll.queue, names_of(offsets));
  // Full by bytes: as if so many had been asked for.
  const bool full = poll.bytes_max < 4'096 && offsets.size() < poll.max;
  const Instant visible_at =
      model.expired_upto() + poll.timeout.value_or(model.config.visibility_timeout);
  const std::string trouble =
      model.deliver(offsets, full ? offsets.size() : poll.max, visible_at, hashes);
  if (!trouble.empty())
    return wrong(model.name + " delivered" + names_of(offsets) + ": " + trouble);
  for (const Delivered& message : received.messages) {
    const ModelMessage& m = *model.find(message.offset);
    if (message.visible_at != visible_at) return wrong("a message is hidden for another time");
    if (message.receive_count != m.receives) return wrong("a receive was counted otherwise");
  }
  judge_contents(poll, received);
  if (!poll.attempt.empty()) {
    std::erase_if(model.attempts, [&](const ModelAttempt& a) { return a.id == poll.attempt; });
    model.attempts.push_back(
        {poll.attempt, offsets, hashes, visible_at, model.expired_upto() + Duration{300'000}});
  }
  model.expire(model.expired_upto());
}

void QueueEpisode::judge_contents(const Poll& poll, const Received& received) {
  std::map<Offset, std::pair<std::uint32_t, std::string>> stored;
  for (const engine::ReadPlan& plan : received.plans) {
    const auto batches = plan.fetch();
    for (const engine::StoredBatch& batch : *batches) {
      engine::BatchCursor cursor(batch.bytes, batch.base_seq);
      for (auto record = cursor.next(); record && *record; record = cursor.next()) {
        for (const Delivered& message : received.messages)
          if (message.offset == (**record).offset) dress(**record, message.revived, message.patch);
        std::string notes;
        for (const engine::Header& header : (**record).headers)
          if (header.name != "twofold-group" && header.name != kFirst)
            notes += std::string(*header.value) + ";";
        stored[(**record).offset] = {number_of(*(**record).value), notes};
      }
    }
  }
  for (const Delivered& message : received.messages) {
    const ModelMessage& m = *live_[poll.queue].find(message.offset);
    std::string notes;
    if (m.is_letter)
      notes = live_[m.letter_queue].name + ":0-" + std::to_string(m.letter_offset.value()) + ";" +
              std::to_string(m.letter_receives) + ";" + reason_of(m.letter_reason) + ";";
    const std::string edit = m.edit == 0 ? "" : "edit " + std::to_string(m.edit) + ";";
    notes = m.edit_in_record ? edit + notes : notes + edit;
    if (stored[m.offset] != std::pair(m.body, notes))
      return wrong("message " + std::to_string(m.body) + " was delivered as " +
                   std::to_string(stored[m.offset].first) + " " + stored[m.offset].second);
  }
}

void QueueEpisode::judge_sent(const Event& event) {
  const Sending sending = std::move(sendings_.at(event.id));
  sendings_.erase(event.id);
  const LogId log = *rig_.queues->find(live_[sending.queue].name)->own_log;
  if (event.sent->messages.size() != sending.bodies.size()) return wrong("a send lost messages");
  for (std::size_t i = 0; i < sending.bodies.size(); ++i) {
    const SentMessage& sent = event.sent->messages[i];
    const std::string which = "message " + std::to_string(sending.bodies[i]);
    if (sent.duplicate != sending.duplicate[i])
      return wrong(which + (sent.duplicate ? " passed for" : " was not seen to be") +
                   " a duplicate");
    const Offset o = place_of_[sending.bodies[i]];
    if (o == Offset{-1}) continue;  // purged before it was seen
    if (sent.offset != o) return wrong(which + " was answered with another's offset");
    Token token{};
    engine::store_le(token.data(), sending.bodies[i]);
    if (sent.token != token) return wrong(which + " was answered with another's token");
    if (sent.seq != rig_.core->seq_of(log, o))
      return wrong(which + " was answered with another's seq");
  }
}

// What waits behind an acked message goes out now: no crash can bring that one back any more.
void QueueEpisode::settle_acked(const Event& event) {
  const Acking acking = std::move(ackings_.at(event.id));
  ackings_.erase(event.id);
  if (event.settled != acking.expected) {
    std::string is, should;
    for (const Settled settled : event.settled) is += std::to_string(static_cast<int>(settled));
    for (const Settled settled : acking.expected)
      should += std::to_string(static_cast<int>(settled));
    return wrong("an ack was answered " + is + ", it should be " + should);
  }
  ModelQueue& model = live_[acking.queue];
  for (const Offset o : acking.offsets) {
    ModelMessage* const m = model.find(o);
    if (!m || m->is != Is::leaving) continue;
    model.touch(*m);
    m->is = Is::gone;
  }
  model.erase_gone();
  model.recheck();
}

// As with those that were acked. What is in the dead letter queue by now was on its way with this
// commit.
void QueueEpisode::settle_dying(const Event& event) {
  ModelQueue& model = live_[event.id];
  for (const Offset o : event.offsets) {
    ModelMessage* const m = model.find(o);
    if (!m || !m->dying) continue;
    model.touch(*m);
    m->dying = false;
    if (m->is == Is::leaving) m->is = Is::gone;
  }
  model.erase_gone();
  model.recheck();
}

}  // namespace twofold::queue
