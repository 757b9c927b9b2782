#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/record.h"
#include "http/call.h"
#include "http/trace/context.h"

namespace twofold::http {
struct Transaction;
}

namespace twofold::http::trace {

/// What OpenTelemetry's conventions for messaging call the type of an operation.
enum class Operation : std::uint8_t { none, send, receive, settle };

/// What points to those who produced messages.
struct Links {
  static constexpr std::size_t kLinksMax = 128;

  std::vector<Context> links{};
  std::uint32_t links_left_out = 0;

  /// A link to the trace of whoever published the record, if it has one.
  void link(const engine::StoredRecord& record);
};

/// What is told of one request, or of one piece of a stream, to those who trace. Times are Unix
/// nanoseconds.
struct Span : Links {
  Context context;                 ///< its own
  std::optional<SpanId> parent{};  ///< absent: the trace begins here
  std::string tracestate{};
  Operation operation = Operation::none;
  std::string_view name{};    ///< "send", "ack": static text
  std::string destination{};  ///< the topic or queue
  std::string group{};
  std::string message_id{};  ///< of a single message
  std::optional<std::uint64_t> messages{};
  std::string_view method{};  ///< of HTTP: static text
  int status = 0;             ///< of HTTP; 0: none
  std::string error{};        ///< what went wrong, as a code; empty: nothing
  std::string host{};         ///< as the client calls the broker, with the port
  std::int64_t began_ns = 0;
  std::int64_t ended_ns = 0;

  /// So many messages were taken, the first of them there.
  void count(std::size_t messages, engine::PartitionId partition, engine::Offset first);
  void add(std::size_t more) { messages = messages.value_or(0) + more; }
  /// Of a transaction: how many records it publishes and, when that is one place, where; of one
  /// that publishes none, what it settles.
  void tell(const Transaction& transaction);
};

/// The trace that a record says it belongs to: W3C's, else that of X-Ray.
std::optional<Context> context_in(std::span<const engine::Header> headers);
/// The trace that the first record of a transaction belongs to.
std::optional<Context> context_in(const Transaction& transaction);

/// Begins the span of a request whose route is known, unless it has one, nobody traces, or it is
/// nothing that messages go through.
void begin(Call& call);
/// Ends it and hands it over. The reply must be complete.
void end(Call& call);
/// The same of a piece of an answer that goes on, between begin() and begin() of the next one: it
/// has so many records. Of one without records nothing is told.
void end_piece(Call& call, std::size_t records);

/// `call` gives this record away; or all of these.
inline void link(Call& call, const engine::StoredRecord& record) {
  if (call.span) call.span->link(record);
}
template <class Records>
void link(Call& call, const Records& records) {
  if (!call.span) return;
  for (std::size_t i = 0; i < records.size(); ++i)
    if (const engine::StoredRecord* const record = records.record(i)) call.span->link(*record);
}

}  // namespace twofold::http::trace
