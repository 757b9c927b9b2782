#include "src/serve/heap_trim.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <malloc.h>

namespace twofold {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds{500};
constexpr std::size_t kCrowd = 1'000;

}  // namespace

bool CrowdWatch::has_left(std::size_t present) {
  const bool goes_on = present < std::exchange(last_, present);
  most_ = std::max(most_, present);
  if (goes_on || most_ < kCrowd || present > most_ / 2) return false;
  most_ = present;
  return true;
}

HeapTrim::HeapTrim(boost::asio::io_context& core_context, engine::Executor& pool,
                   std::function<std::size_t()> connections)
    : pool_(pool), connections_(std::move(connections)), timer_(core_context) {}

void HeapTrim::start() {
  timer_.expires_after(kLookEvery);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    look();
    start();
  });
}

void HeapTrim::look() {
  if (crowd_.has_left(connections_())) pool_.post([] { ::malloc_trim(0); });
}

}  // namespace twofold
