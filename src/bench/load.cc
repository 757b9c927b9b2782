#include "src/bench/load.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace twofold::bench {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

constexpr nanoseconds kSilenceMax = 30s;
constexpr nanoseconds kLookEvery = 10ms;
constexpr int kLooksAStop = 10;
constexpr int kLooksASecond = 100;
constexpr std::size_t kGrowBy = 64 * 1024;

Refused broken(std::string_view how) { return Refused(fmt::format("connection broke: {}", how)); }

void watch(int poller, int socket, std::size_t lane, bool for_write, int operation) {
  epoll_event event{};
  event.events = for_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = lane;
  ::epoll_ctl(poller, operation, socket, &event);
}

}  // namespace

Load::~Load() {
  if (poller_ >= 0) ::close(poller_);
}

Outcome<Done> Load::connect(const Target& target, std::size_t lanes, std::size_t read_bytes) {
  poller_ = ::epoll_create1(EPOLL_CLOEXEC);
  target_ = target;
  for (std::size_t i = 0; i < lanes; ++i) {
    auto link = dial(target);
    if (!link) return link.error();
    Lane& lane = lanes_.emplace_back();
    lane.link = *std::move(link);
    lane.in.resize(read_bytes);
    watch(poller_, lane.link.socket(), i, false, EPOLL_CTL_ADD);
  }
  return Done{};
}

Outcome<Done> Load::run(Driver& driver, const Options& options) {
  driver_ = &driver;
  options_ = &options;
  clock_.restart();
  idle_.clear();
  pace_.reset();
  unanswered_ = 0;
  stopping_ = false;
  last_answer_ = next_look_ = 0ns;
  looks_ = 0;
  if (options.rate) pace(*options.rate, 0);
  for (std::size_t i = 0; i < lanes_.size() && !pace_; ++i) {
    if (auto filled = refill(i); !filled) return filled;
  }
  while (unanswered_ > 0 || (!idle_.empty() && !stopping_) || options.over) {
    if (auto turned = turn(); !turned) return turned;
    const auto over = look_around();
    if (!over) return over.error();
    if (*over) return Done{};
  }
  return Done{};
}

void Load::pace(double rate, std::size_t first) {
  pace_ = Pace{rate, first, clock_.elapsed()};
  for (std::size_t i = first; i < lanes_.size(); ++i)
    for (std::size_t slot = 0; slot < options_->depth; ++slot) idle_.push_back(i);
}

Outcome<Done> Load::turn() {
  if (pace_) {
    if (auto filled = refill_due(); !filled) return filled;
  }
  std::array<epoll_event, 256> events;
  const nanoseconds wait = patience();
  const timespec timeout{wait / 1s, (wait % 1s).count()};
  const int count = ::epoll_pwait2(poller_, events.data(), events.size(), &timeout, nullptr);
  if (count < 0 && errno != EINTR) return broken(std::strerror(errno));
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const auto lane = static_cast<std::size_t>(event.data.u64);
    if ((event.events & EPOLLOUT) != 0) {
      if (auto flushed = flush(lanes_[lane]); !flushed) return flushed;
    }
    if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
      if (auto got = read(lane); !got) return got;
    }
  }
  if (unanswered_ > 0 && clock_.elapsed() - last_answer_ > kSilenceMax) {
    return Refused("nothing was answered for 30 s");
  }
  return Done{};
}

// Until the next request is due, but never longer than a look around may wait.
nanoseconds Load::patience() const {
  nanoseconds wait = kLookEvery;
  if (!pace_ || idle_.empty() || stopping_) return wait;
  return std::clamp(pace_->due() - clock_.elapsed(), 0ns, wait);
}

Outcome<bool> Load::look_around() {
  const nanoseconds now = clock_.elapsed();
  if (now < next_look_) return false;
  next_look_ = now + kLookEvery;
  ++looks_;
  if (looks_ % kLooksAStop == 0 && options_->stopped && options_->stopped()) stopping_ = true;
  if (looks_ % kLooksASecond == 0 && options_->every_second) options_->every_second();
  if (!options_->over) return false;
  if (stopping_) return true;
  return options_->over();
}

// Closed loop: an answered request makes room for the next one.
Outcome<Done> Load::refill(std::size_t lane) {
  while (!stopping_ && lanes_[lane].due.size() < options_->depth) {
    const auto issued = issue(lane, clock_.elapsed());
    if (!issued) return issued.error();
    if (!*issued) break;
  }
  return flush(lanes_[lane]);
}

// Open loop: a request is due when its turn has come, whether or not a lane is free then; waiting
// for one counts as latency.
Outcome<Done> Load::refill_due() {
  const nanoseconds now = clock_.elapsed();
  while (!stopping_ && !idle_.empty()) {
    const nanoseconds due = pace_->due();
    if (due > now) break;
    ++pace_->issued;
    const std::size_t lane = idle_.front();
    idle_.pop_front();
    const auto issued = issue(lane, due);
    if (!issued) return issued.error();
    if (auto flushed = flush(lanes_[lane]); !flushed) return flushed;
  }
  return Done{};
}

Outcome<bool> Load::issue(std::size_t lane_number, nanoseconds due) {
  const std::string_view request = driver_->next(lane_number);
  if (request.empty()) return false;
  Lane& lane = lanes_[lane_number];
  lane.due.push_back(due);
  ++unanswered_;
  // One request at a time goes out without being copied; several are gathered for one write.
  std::size_t sent = 0;
  if (lane.out.empty() && options_->depth == 1) {
    const ssize_t wrote = lane.link.send(request.data(), request.size());
    if (wrote < 0 && errno != EAGAIN && errno != EINTR) return broken(std::strerror(errno));
    sent = wrote > 0 ? static_cast<std::size_t>(wrote) : 0;
  }
  lane.out.append(request.substr(sent));
  return true;
}

Outcome<Done> Load::flush(Lane& lane) {
  while (!lane.out.empty()) {
    const ssize_t wrote = lane.link.send(lane.out.data(), lane.out.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EAGAIN) break;
    if (wrote < 0) return broken(std::strerror(errno));
    lane.out.erase(0, static_cast<std::size_t>(wrote));
  }
  const bool must_wait = !lane.out.empty();
  if (must_wait != lane.waits_to_write) {
    lane.waits_to_write = must_wait;
    const auto number = static_cast<std::size_t>(&lane - lanes_.data());
    watch(poller_, lane.link.socket(), number, must_wait, EPOLL_CTL_MOD);
  }
  return Done{};
}

Outcome<Done> Load::read(std::size_t lane_number) {
  Lane& lane = lanes_[lane_number];
  do {
    const std::size_t room = lane.in.size() - lane.in_used;
    const ssize_t got = lane.link.recv(lane.in.data() + lane.in_used, room);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (got < 0) return broken(std::strerror(errno));
    // Who has not said who they are yet is not waited for long: nothing is lost with such a connection.
    if (got == 0 && lane.due.empty()) return reconnect(lane_number);
    if (got == 0) return broken("closed by the broker");
    lane.in_used += static_cast<std::size_t>(got);
    if (auto cut = cut_answers(lane_number); !cut) return cut;
  } while (lane.link.holds_more());
  return is_paced(lane_number) ? flush(lane) : refill(lane_number);
}

Outcome<Done> Load::cut_answers(std::size_t lane_number) {
  Lane& lane = lanes_[lane_number];
  std::size_t at = 0;
  while (at < lane.in_used) {
    const std::string_view bytes(lane.in.data() + at, lane.in_used - at);
    Head head;
    const HeadState state = read_head(bytes, head);
    if (state == HeadState::unreadable) return Refused("an answer has no Content-Length");
    const std::size_t size = head.head_size + head.body_size;
    if (state == HeadState::incomplete || bytes.size() < size) {
      const bool full = at == 0 && lane.in_used == lane.in.size();
      if (full || size + at > lane.in.size()) lane.in.resize(size + at + kGrowBy);
      break;
    }
    if (lane.due.empty()) return Refused("an answer came that nobody asked for");
    last_answer_ = clock_.elapsed();
    const nanoseconds latency = last_answer_ - lane.due.front();
    lane.due.pop_front();
    --unanswered_;
    if (is_paced(lane_number)) idle_.push_back(lane_number);
    const Reply reply{head.status, bytes.substr(head.head_size, head.body_size), latency};
    if (auto heard = driver_->answered(lane_number, reply); !heard) return heard;
    at += size;
    if (head.closes) return reconnect(lane_number);
  }
  std::memmove(lane.in.data(), lane.in.data() + at, lane.in_used - at);
  lane.in_used -= at;
  return Done{};
}

Outcome<Done> Load::reconnect(std::size_t lane_number) {
  Lane& lane = lanes_[lane_number];
  if (!lane.due.empty()) return broken("closed by the server before everything was answered");
  lane.link = Link();
  auto link = dial(target_);
  if (!link) return link.error();
  lane.link = *std::move(link);
  lane.in_used = 0;
  lane.waits_to_write = false;
  watch(poller_, lane.link.socket(), lane_number, false, EPOLL_CTL_ADD);
  return Done{};
}

}  // namespace twofold::bench
