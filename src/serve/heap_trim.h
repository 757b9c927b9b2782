#pragma once

#include <cstddef>
#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "engine/base/executor.h"

namespace twofold {

/// Whether so many have gone that what they left in the heap is worth giving back: half of a
/// thousand or more, and not in the middle of their going.
class CrowdWatch {
 public:
  /// `present`: how many there are now.
  bool has_left(std::size_t present);

 private:
  std::size_t most_ = 0;  // since it was last true
  std::size_t last_ = 0;
};

/// Gives the system back what a crowd of connections has left.
///
/// glibc keeps what is freed between blocks that last, for others to use. 8,000 connections over TLS
/// that had sent 60 KB each left 326 MiB, and 71 after malloc_trim(): it took 55 ms, in which
/// whoever needs memory on another thread may have to wait. Hence for a crowd only.
/// Threads  the core, whose context `core_context` is; the trimming is on the pool.
class HeapTrim {
 public:
  HeapTrim(boost::asio::io_context& core_context, engine::Executor& pool,
           std::function<std::size_t()> connections);
  HeapTrim(const HeapTrim&) = delete;
  HeapTrim& operator=(const HeapTrim&) = delete;

  /// Looks twice a second from now on, as long as the context runs.
  void start();

 private:
  void look();

  engine::Executor& pool_;
  const std::function<std::size_t()> connections_;
  boost::asio::steady_timer timer_;
  CrowdWatch crowd_;
};

}  // namespace twofold
