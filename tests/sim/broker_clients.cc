#include "tests/sim/broker_clients.h"

namespace twofold::test {

using engine::Errc;

void Clients::connect(BrokerRig* rig) {
  for (const auto& call : calls_) {
    if (!call->answered && !call->cancelled)
      referee_.history.add(engine::Instant{0}, call->process, Told::info, call->what);
  }
  rig_ = rig;
  calls_.clear();
  waiting_readers_.clear();
  waiting_receivers_.clear();
  if (!rig) return;
  for (auto& receipt : receipts_)
    receipt.queue_was_lost =
        receipt.queue_was_lost || referee_.model.queue_of(receipt.queue) == nullptr;
}

// How often each action comes, of 100 or so.
const std::vector<std::pair<int, Clients::Action>>& Clients::actions() {
  static const std::vector<std::pair<int, Action>> kActions = {
      {16, &Clients::publish         },
      {16, &Clients::send            },
      {18, &Clients::receive         },
      {14, &Clients::ack             },
      {5,  &Clients::nack            },
      {4,  &Clients::extend          },
      {3,  &Clients::release         },
      {8,  &Clients::read            },
      {4,  &Clients::commit_offsets  },
      {2,  &Clients::look_at_group   },
      {1,  &Clients::remove_group    },
      {1,  &Clients::find_time       },
      {1,  &Clients::trim            },
      {1,  &Clients::purge           },
      {2,  &Clients::go_away         },
      {2,  &Clients::create_topic    },
      {1,  &Clients::configure_topic },
      {1,  &Clients::remove_topic    },
      {2,  &Clients::create_queue    },
      {2,  &Clients::attach_queue    },
      {1,  &Clients::configure_queue },
      {1,  &Clients::remove_queue    },
  };
  return kActions;
}

void Clients::act() {
  static const int kAll = [] {
    int sum = 0;
    for (const auto& [share, action] : actions()) sum += share;
    return sum;
  }();
  auto pick = static_cast<int>(random_.below(static_cast<std::uint64_t>(kAll)));
  for (const auto& [share, action] : actions()) {
    if (pick < share) return (this->*action)();
    pick -= share;
  }
}

CallRef Clients::begin(const std::string& what, const std::string& detail, bool sound,
                       bool durable_answer) {
  auto call = std::make_shared<Call>();
  call->process = ++processes_;
  call->turn = referee_.turn();
  call->what = what;
  call->sound = sound;
  call->durable_answer = durable_answer;
  call->newest_seq = newest_seq_;
  calls_.push_back(call);
  referee_.history.add(rig_->clock().now(), call->process, Told::invoke, what, detail);
  return call;
}

bool Clients::taken(const CallRef& call) {
  call->returned = true;
  return !call->refused;
}

void Clients::ok(const CallRef& call, const std::string& detail) {
  referee_.expect(!call->answered, call->what + " was answered twice");
  referee_.expect(!call->cancelled, call->what + " was answered to a client that had gone");
  referee_.expect(call->sound, call->what + " should have been refused");
  call->answered = true;
  referee_.history.add(rig_->clock().now(), call->process, Told::ok, call->what, detail);
}

void Clients::failed(const CallRef& call, const engine::Error& error) {
  referee_.expect(!call->answered, call->what + " was answered twice");
  call->answered = true;
  call->refused = !call->returned;
  const bool unknown = call->returned && error.code == Errc::storage_failed;
  referee_.history.add(rig_->clock().now(), call->process, unknown ? Told::info : Told::fail,
                       call->what, error.detail);
  switch (error.code) {
    case Errc::storage_failed:
    case Errc::storage_full:
      return referee_.expect(disk_unwell_, call->what + " failed on a sound disk: " + error.detail);
    case Errc::overloaded:
    case Errc::shutting_down: return;
    default:
      referee_.expect(!call->sound, call->what + " was refused without a reason: " + error.detail);
  }
}

std::vector<std::string> Clients::unanswered() const {
  std::vector<std::string> out;
  for (const auto& call : calls_) {
    if (call->durable_answer && !call->answered) out.push_back(call->what);
  }
  return out;
}

std::multiset<std::string> Clients::waiting() const {
  std::multiset<std::string> out;
  for (const auto& [ticket, receiver] : waiting_receivers_) {
    if (!receiver.second->answered && !receiver.second->cancelled) out.insert(receiver.first);
  }
  return out;
}

std::string Clients::any_topic() {
  const auto& topics = referee_.model.topics;
  if (topics.empty() || one_in(20)) return "nobodys";
  auto at = topics.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random_.below(topics.size())));
  return at->first;
}

std::string Clients::any_queue() {
  const auto& queues = referee_.model.queues;
  if (queues.empty() || one_in(20)) return "nobodys";
  auto at = queues.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random_.below(queues.size())));
  return at->first;
}

std::optional<engine::Durability> Clients::any_durability() {
  switch (random_.below(10)) {
    case 0: return engine::Durability::memory;
    case 1: return engine::Durability::os;
    case 2: return engine::Durability::disk;
    default: return std::nullopt;
  }
}

}  // namespace twofold::test
