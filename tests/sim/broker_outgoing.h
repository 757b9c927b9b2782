#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "tests/sim/broker_clients.h"

namespace twofold::test {

/// Records on their way in, kept until they are answered: what the broker gets are views.
struct Clients::Outgoing {
 public:
  void add(std::int64_t id, SentRecord record) {
    auto& one = records_.emplace_back();
    one.record = std::move(record);
    one.id = std::to_string(id);
    one.headers.push_back(engine::Header{"id", one.id});
    ids_.push_back(id);
  }
  engine::NewRecord view(std::size_t at) const {
    const auto& one = records_[at];
    return engine::NewRecord{one.record.key, one.record.value, one.headers,
                             engine::WallTime{one.record.timestamp}};
  }
  std::size_t size() const { return records_.size(); }
  const std::vector<std::int64_t>& ids() const { return ids_; }
  std::string text() const {
    std::string out;
    for (const auto& one : records_) out.append(" ").append(one.id);
    return out;
  }

 private:
  struct One {
    SentRecord record;
    std::string id;
    std::vector<engine::Header> headers;
  };
  std::deque<One> records_;
  std::vector<std::int64_t> ids_;
};

/// Definitions promise to be durable when they are answered.
template <class T>
engine::Completion<T> Clients::durably(const CallRef& call) {
  return [this, call](engine::Result<T> result) {
    if (!result) return failed(call, result.error());
    ok(call);
    referee_.promise(call->turn, engine::Durability::disk);
  };
}

}  // namespace twofold::test
