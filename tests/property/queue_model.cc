#include "tests/property/queue_model.h"

#include <algorithm>

namespace twofold::queue {

using Is = ModelMessage::Is;

namespace {

constexpr std::int64_t kTick = 8;  // timers go by it

Instant tick_of(Instant due) { return Instant{(due.value() + kTick - 1) / kTick * kTick}; }
std::string text(Offset o) { return "offset " + std::to_string(o.value()); }

}  // namespace

ModelMessage* ModelQueue::find(Offset o) {
  const auto at = std::lower_bound(messages.begin(), messages.end(), o,
                                   [](const ModelMessage& m, Offset to) { return m.offset < to; });
  return at == messages.end() || at->offset != o ? nullptr : &*at;
}

std::optional<Instant> ModelQueue::next_due(Instant now) const {
  std::optional<Instant> next;
  for (const ModelMessage& m : messages)
    if (m.waits() && m.due > now && (!next || m.due < *next)) next = m.due;
  return next;
}

ModelPlace& ModelQueue::place_of(const ModelMessage& m) {
  if (config.order == Order::strict) return groups_[0];
  if (m.group != 0) return groups_[m.group];
  return const_cast<ModelMessage&>(m).place;
}

template <class Visit>
void ModelQueue::each_place(Visit visit) {
  for (ModelPlace& place : groups_) visit(place);
  for (ModelMessage& m : messages) visit(m.place);
}

void ModelQueue::die(ModelMessage& m, std::uint32_t reason) {
  m.is = Is::dead;
  m.reason = reason;
}

void ModelQueue::kill_used_up() {
  for (ModelMessage& m : messages)
    if (m.is == Is::again && receives_max() > 0 && m.receives >= receives_max()) die(m, 0);
}

void ModelQueue::expire(Instant now) {
  const auto free_at = [this](const ModelMessage& m) {
    return std::max(tick_of(m.due), expired_upto_);
  };
  for (;;) {
    std::optional<Instant> next;
    for (const ModelMessage& m : messages)
      if (m.waits() && free_at(m) <= now && (!next || free_at(m) < *next)) next = free_at(m);
    if (!next) break;
    for (ModelMessage& m : messages) {
      if (!m.waits() || free_at(m) != *next) continue;
      if (receives_max() > 0 && m.receives >= receives_max()) {
        die(m, 0);
      } else {
        m.is = Is::again;
      }
    }
    recheck();
  }
  expired_upto_ = std::max(expired_upto_, now);
}

void ModelQueue::recheck(Moment moment) {
  counters_ = {};
  deliverable_ = 0;
  each_place([](ModelPlace& place) {
    place.stopped = false;
    place.deliverable = place.next_weight = 0;
  });
  for (ModelMessage& m : messages) {
    m.blocked = false;
    counters_.in_flight += m.is == Is::held;
    counters_.delayed += m.is == Is::delayed;
    counters_.dead += m.is == Is::dead;
    if (!m.counts_in_order()) continue;
    ModelPlace& place = place_of(m);
    const bool ends = m.is == Is::leaving || m.is == Is::dead;
    if (m.is == Is::held || (ends && m.was_held)) ++place.next_weight;
    if (!m.is_ready()) {
      place.stopped = true;
    } else if (ordered() && place.stopped) {
      ++counters_.blocked;
      m.blocked = true;
    } else {
      ++counters_.ready;
      ++deliverable_;
      place.deliverable += ordered() || m.is == Is::fresh ? 1 : 0;
    }
  }
  for (const ModelMessage& m : pending) counters_.delayed += m.is == Is::delayed;

  ++moment_;
  const auto enter = [this](ModelPlace& place) {
    const std::uint32_t weight = ordered() ? 0 : place.next_weight;
    if (place.deliverable == 0) {
      place.in_ring = false;
    } else if (!place.in_ring || place.weight != weight) {
      place.in_ring = true;
      place.from = moment_;
      place.upto = moment_ + (place.touched ? 1 : 0);  // what is due at once follows
    } else if (place.touched) {
      place.upto = moment_ + 1;
    }
    place.weight = weight;
    place.touched = false;
  };
  if (moment == Moment::in_order) {
    for (const ModelMessage& m : messages) {
      ModelPlace& place = place_of(m);
      if (!m.is_ready() || (!ordered() && m.is != Is::fresh)) continue;
      if (place.in_ring || place.deliverable == 0) continue;
      enter(place);
      ++moment_;
    }
  }
  each_place(enter);
}

std::string ModelQueue::deliver(const std::vector<Offset>& got, std::size_t max, Instant visible_at,
                                const std::vector<std::size_t>& receipts) {
  const std::size_t expected = std::min<std::size_t>(max, deliverable_);
  if (partial() ? got.size() > expected || got.empty() != (expected == 0)
                : got.size() != expected) {
    std::string all;
    for (const ModelMessage& m : messages)
      if (m.is_ready())
        all += " " + std::to_string(m.offset.value()) + (m.is == Is::again ? "a" : "");
    return "there are" + all;
  }
  for (const Offset o : got) {
    const ModelMessage* const m = find(o);
    if (!m || !m->is_ready()) return text(o) + " is not ready";
    if (std::count(got.begin(), got.end(), o) > 1) return text(o) + " was handed out twice";
  }
  std::string wrong = partial()   ? wrong_in_groups(got)
                      : ordered() ? wrong_in_order(got)
                                  : wrong_in_turns(got, max);
  if (!wrong.empty()) return wrong;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ModelMessage& m = *find(got[i]);
    m.is = Is::held;
    m.due = visible_at;
    m.put_off = false;
    m.receipt = receipts[i];
    ++m.receives;
    // The ring of a fair queue turns with each message.
    if (config.order == Order::fair) recheck();
  }
  recheck();
  return {};
}

bool ModelQueue::is_turn_of(const ModelPlace& place, const std::vector<const ModelPlace*>& served) {
  bool is_turn = place.in_ring;
  each_place([&](const ModelPlace& other) {
    if (!other.in_ring || other.upto >= place.from) return;
    if (std::find(served.begin(), served.end(), &other) == served.end()) is_turn = false;
  });
  return is_turn;
}

std::string ModelQueue::ring() {
  std::string ring;
  for (const ModelMessage& m : messages) {
    const ModelPlace& place = place_of(m);
    if (place.in_ring && m.is_ready())
      ring += " " + std::to_string(m.offset.value()) + "/" + std::to_string(m.group) + "@" +
              std::to_string(place.from) + "-" + std::to_string(place.upto) +
              (ordered() ? "" : "w" + std::to_string(place.weight));
  }
  return ring;
}

std::string ModelQueue::wrong_in_order(const std::vector<Offset>& got) {
  std::vector<const ModelPlace*> served;
  for (std::size_t i = 0; i < got.size();) {
    const ModelPlace& place = place_of(*find(got[i]));
    if (std::find(served.begin(), served.end(), &place) != served.end())
      return text(got[i]) + " comes after another group's messages";
    if (!is_turn_of(place, served))
      return "it is not the turn of the group of " + text(got[i]) + "; the ring" + ring();
    served.push_back(&place);
    for (const ModelMessage& m : messages) {
      if (&place_of(m) != &place || !m.counts_in_order()) continue;
      if (i == got.size() || !m.is_ready()) break;
      if (m.offset != got[i]) return text(m.offset) + " comes before " + text(got[i]);
      ++i;
    }
  }
  return {};
}

// Of each group what is oldest, as far as it goes out in turns at all.
std::string ModelQueue::wrong_in_groups(const std::vector<Offset>& got) {
  const auto taken = [&got](Offset o) { return std::find(got.begin(), got.end(), o); };
  for (auto at = got.begin(); at != got.end(); ++at) {
    const ModelMessage& of = *find(*at);
    if (!ordered() && of.is == Is::again) continue;
    for (const ModelMessage& m : messages) {
      if (m.offset >= *at) break;
      if (&place_of(m) != &place_of(of) || !m.counts_in_order()) continue;
      if (!ordered() && m.is != Is::fresh) continue;
      if (taken(m.offset) >= at) return text(m.offset) + " comes before " + text(*at);
    }
  }
  turns_ = 0xF;
  rotor_.reset();
  return {};
}

std::string ModelQueue::wrong_in_turns(const std::vector<Offset>& got, std::size_t max) {
  std::vector<Offset> first;
  std::vector<Offset> again;
  std::vector<Offset> fresh;
  for (const Offset o : got) {
    const ModelMessage& m = *find(o);
    (m.comes_first() ? first : m.is == Is::again ? again : fresh).push_back(o);
  }
  std::size_t all_again = 0;
  std::size_t all_fresh = 0;
  for (const ModelMessage& m : messages) {
    all_again += m.is == Is::again && !m.comes_first() ? 1 : 0;
    all_fresh += m.is == Is::fresh ? 1 : 0;
  }
  std::string wrong = wrong_first(first, max);
  if (wrong.empty()) wrong = wrong_again(again, all_again, all_fresh, max - first.size());
  if (wrong.empty() && config.order == Order::none && !std::is_sorted(got.begin(), got.end()))
    return "not in the order of offsets";
  if (wrong.empty()) wrong = config.order == Order::fair ? wrong_fair(fresh) : wrong_fresh(fresh);
  return wrong;
}

std::string ModelQueue::wrong_first(const std::vector<Offset>& got, std::size_t max) {
  auto at = got.begin();
  std::size_t wanted = max;
  for (const ModelMessage& m : messages) {
    if (!m.comes_first() || wanted == 0) continue;
    --wanted;
    if (at == got.end() || *at++ != m.offset) return text(m.offset) + " came back and goes first";
  }
  return {};
}

std::string ModelQueue::wrong_again(const std::vector<Offset>& got, std::size_t again,
                                    std::size_t fresh, std::size_t max) {
  std::uint32_t turns = 0;  // that it can have been, and where they come to
  const std::size_t handed_out = std::min(max, again + fresh);
  for (std::size_t turn = 0; turn < 4; ++turn) {
    std::size_t share = 0;
    for (std::size_t i = 0; i < max; ++i) share += (turn + i) % 4 == 0 ? 1 : 0;
    const std::size_t take_fresh = std::min(fresh, max - std::min(again, share));
    const bool fits = std::min(again, max - take_fresh) == got.size();
    if ((turns_ >> turn & 1) != 0 && fits) turns |= 1u << (turn + handed_out) % 4;
  }
  if (turns == 0)
    return std::to_string(got.size()) + " of " + std::to_string(handed_out) +
           " are ready again: not one of four (" + std::to_string(again) + " again, " +
           std::to_string(fresh) + " fresh, turns " + std::to_string(turns_) + ")";
  turns_ = turns;
  if (got.empty()) return {};

  std::vector<Offset> sorted = got;
  std::sort(sorted.begin(), sorted.end());
  std::vector<Offset> round;
  for (const ModelMessage& m : messages)
    if (m.is == Is::again && !m.comes_first()) round.push_back(m.offset);
  for (std::size_t first = 0; first < round.size(); ++first) {
    const std::size_t before = (first + round.size() - 1) % round.size();
    const bool begins = !rotor_ || (first == 0 && round[before] < *rotor_) ||
                        (round[first] >= *rotor_ && (first == 0 || round[before] < *rotor_));
    if (!begins) continue;
    std::vector<Offset> taken;
    for (std::size_t i = 0; i < got.size(); ++i) taken.push_back(round[(first + i) % round.size()]);
    const Offset last = taken.back();
    std::sort(taken.begin(), taken.end());
    if (taken != sorted) continue;
    if (rotor_ || got.size() < round.size()) rotor_ = engine::advance(last, 1);
    return {};
  }
  return "those ready again do not go round";
}

std::string ModelQueue::wrong_fresh(const std::vector<Offset>& got) {
  auto at = got.begin();
  for (const ModelMessage& m : messages) {
    if (m.is != Is::fresh || at == got.end()) continue;
    if (*at++ != m.offset) return text(m.offset) + " is older than " + text(at[-1]);
  }
  return {};
}

std::string ModelQueue::wrong_fair(const std::vector<Offset>& got) {
  struct Turn {
    const ModelPlace* of;
    std::uint32_t weight;
    std::uint32_t left;
    std::uint64_t from, upto;
  };
  std::vector<Turn> turns;
  each_place([&turns](const ModelPlace& p) {
    if (p.in_ring) turns.push_back({&p, p.weight, p.deliverable, p.from, p.upto});
  });
  std::uint64_t moment = moment_;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const ModelPlace* const place = &place_of(*find(got[i]));
    for (const ModelMessage& m : messages) {
      if (m.offset >= got[i]) break;
      const bool passed = m.is == Is::fresh && &place_of(m) == place &&
                          std::find(got.begin(), got.begin() + static_cast<std::ptrdiff_t>(i),
                                    m.offset) == got.begin() + static_cast<std::ptrdiff_t>(i);
      if (passed) return text(m.offset) + " is older than " + text(got[i]);
    }
    const auto turn =
        std::find_if(turns.begin(), turns.end(), [place](const Turn& t) { return t.of == place; });
    for (const Turn& other : turns) {
      if (&other == &*turn || other.left == 0) continue;
      if (other.weight < turn->weight)
        return "another group has fewer in flight than that of " + text(got[i]) + "; the ring" +
               ring();
      if (other.weight == turn->weight && other.upto < turn->from)
        return "another group waits longer than that of " + text(got[i]) + "; the ring" + ring();
    }
    ++turn->weight;
    --turn->left;
    turn->from = turn->upto = ++moment;
  }
  return {};
}

void ModelQueue::erase_gone() {
  std::erase_if(messages, [](const ModelMessage& m) { return m.is == Is::gone; });
}

void ModelQueue::forget_turns() {
  turns_ = 0xF;
  rotor_.reset();
  each_place([this](ModelPlace& place) {
    place.from = 0;
    place.upto = moment_;
  });
  recheck();
  each_place([this](ModelPlace& place) { place.from = 0; });
}

void ModelQueue::restart() {
  attempts.clear();
  forget_turns();
}

const ModelId* ModelQueue::first_of(std::uint32_t id, std::uint32_t group, Instant now) const {
  const std::uint32_t within = config.dedup_scope == DedupScope::group ? group : 0;
  for (const ModelId& known : ids)
    if (known.id == id && known.group == within && known.sent + config.dedup_window > now)
      return &known;
  return nullptr;
}

}  // namespace twofold::queue
