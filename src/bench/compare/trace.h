#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace twofold::bench::compare {

using std::chrono::nanoseconds;

/// What happened in one model, as the workers saw it. Everything that is reported comes from it.
/// Units   nanoseconds of one clock; records and workers are numbered from 0.

struct Published {
  std::uint64_t key = 0;
  std::uint64_t partition = 0;
  std::uint64_t offset = 0;
  nanoseconds due{};        // when it was to be published; latency counts from here
  nanoseconds available{};  // when the broker had answered that it has it, or reading began
};

/// One record in the hands of one worker.
struct Take {
  std::uint64_t record = 0;
  std::size_t worker = 0;
  nanoseconds taken{};  // when the broker's answer with it was there
  nanoseconds begun{};
  nanoseconds ended{};
  bool dropped = false;  // the worker crashed before the end of it
};

/// A worker that the broker had told that there is nothing for it, until there was.
struct Idle {
  std::size_t worker = 0;
  nanoseconds from{};
  nanoseconds to{};
};

enum class Model { queue, log };

struct Trace {
  Model model = Model::queue;
  std::size_t workers = 0;
  std::vector<Published> records;
  std::vector<Take> takes;  // in the order in which they were taken
  std::vector<Idle> idle;
  nanoseconds began{};  // the first moment that counts
};

}  // namespace twofold::bench::compare
