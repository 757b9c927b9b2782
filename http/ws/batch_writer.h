#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/rest/record_out.h"
#include "http/trace/span.h"
#include "http/ws/client_frame.h"
#include "http/ws/outbox.h"
#include "log/topics.h"

namespace twofold::http::ws {

/// Once written, never changed: the part of a `messages` frame that all its receivers share, and
/// what a receiver must know to take it or to leave it.
struct Batch {
  OutMessage message;
  std::size_t messages = 0;
  std::size_t bytes = 0;  ///< of the messages
  std::size_t bytes_of_last = 0;
  std::vector<log::PartitionPosition> next;  ///< of a topic: where it goes on
  trace::Links links{};                      ///< of its records, when somebody traces
};

/// Writes one `messages` frame, message by message. What a frame begins with (messages_prefix())
/// is its receiver's own and not in it.
///   JSON      "messages":[...],"cursor":"c1..."}
///   Protobuf  ServerFrame.messages as a field, without id and sub
class BatchWriter {
 public:
  /// What it finishes counts in the account for as long as somebody keeps it.
  BatchWriter(Format format, std::string_view topic, Account& account);

  /// `message` is there for a queue's.
  void add(engine::PartitionId partition, const engine::StoredRecord& record,
           const MessagePart* message = nullptr);
  std::size_t messages() const { return messages_; }
  std::size_t bytes() const { return bytes_; }
  bool empty() const { return messages_ == 0; }
  /// The frame; the writer begins the next one. No cursor: a queue's.
  Batch finish(std::string_view cursor);

 private:
  void begin();

  const Format format_;
  Account& account_;
  RecordWriter writer_;
  std::string body_;
  std::size_t room_ = 0;  // that the last one took
  std::size_t messages_ = 0;
  std::size_t bytes_ = 0;
  std::size_t bytes_of_last_ = 0;
};

}  // namespace twofold::http::ws
