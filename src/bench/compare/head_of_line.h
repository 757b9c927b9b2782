#pragma once

#include "src/bench/compare/trace.h"

namespace twofold::bench::compare {

/// Head-of-line waiting, exactly:
///
/// A record waits at the head of the line at a moment when it is available and no worker has taken
/// it yet, at least one worker is idle (the broker has told it that there is nothing for it), and
/// something ahead of the record in its line is in a worker's hands. In a queue a line is a
/// partition, by offset. In a log it is what one reader reads, its partitions together: a reader
/// that is busy with one of them keeps all of them waiting.
///
/// What a crashed worker held is in its hands until somebody takes it again: nobody else knows.
///
/// A record that waits only because all workers are busy does not wait at the head of the line, and
/// neither does one that is on its way.
struct HeadOfLine {
  std::uint64_t records = 0;  // that waited so at all
  nanoseconds median{};       // of those
  nanoseconds longest{};
  nanoseconds total{};  // over all records: ten that wait for one second are ten seconds
  nanoseconds idle{};   // of workers, while at least one record waited so
};

HeadOfLine head_of_line(const Trace& trace);

}  // namespace twofold::bench::compare
