#include "http/server.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "engine/base/diag.h"
#include "http/lane.h"
#include "http/namespaces.h"
#include "http/retry_later.h"
#include "http/session.h"

namespace twofold::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using engine::kAwait;

namespace {

constexpr std::string_view kTurnedAway =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: {}\r\n"
    "Connection: close\r\n\r\n";
constexpr std::size_t kAcceptedAtOnce = 16;
constexpr std::size_t kOperatorsPlaces = 16;
constexpr auto kPauseAfterFailure = std::chrono::milliseconds{100};
std::uint64_t records_of(const stats::GivenBy& given) {
  std::uint64_t sum = 0;
  for (const stats::Given& one : given) sum += one.records;
  return sum;
}

constexpr std::size_t kStirredMax = 1'000;  // looked at in one second
constexpr auto kSampleEvery = std::chrono::seconds{1};

engine::Error refused(std::string_view address, std::uint16_t port,
                      const boost::system::error_code& error) {
  return {engine::Errc::io,
          fmt::format("cannot listen on {}:{}: {}", address, port, error.message()),
          listen_hint(error.value())};
}

// A few hundred at most, of however many there are: those that have a past, and those in which
// something has happened since.
void sample_entities(Broker& broker) {
  const auto known = [](std::vector<std::uint32_t> ids, std::vector<std::uint32_t> more) {
    ids.insert(ids.end(), more.begin(), more.end());
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
  };
  stats::Entities& entities = broker.entities;
  entities.begin(broker.clock.now(), broker.clock.wall());
  for (const std::uint32_t id : known(entities.queues(), broker.queues.take_stirred(kStirredMax))) {
    if (const auto sample = broker.queues.sample(id)) entities.see(*sample);
  }
  auto given = broker.reads.take();
  for (const auto& [log, read] : given.by_log) {
    if (const auto topic = broker.topics.topic_of(log))
      given.by_topic[*topic][static_cast<std::size_t>(stats::ReadBy::rest)] += read;
  }
  std::vector<std::uint32_t> topics = broker.topics.take_stirred(kStirredMax);
  for (const auto& [topic, read] : given.by_topic) {
    topics.push_back(topic);
    broker.reads.add_up(topic, read);
  }
  for (const std::uint32_t id : known(entities.topics(), std::move(topics))) {
    if (const auto sample = broker.topics.sample(id))
      entities.see(id, sample->name, sample->appended, records_of(given.by_topic[id]));
    else
      broker.reads.forget(id);
  }
  entities.end();
}

// Keys with a quota of stored bytes: whether they may publish in the second to come. Counted
// outside the keyring's lock, which every new connection takes.
void judge_stored(Broker& home) {
  access::Keyring& keyring = home.shared.access.keyring;
  if (keyring.has_stored_quota()) keyring.judge_stored(stored_by_namespace(home));
}

/// An address that is listened on, and what is served there.
struct Accepting {
  Accepting(tcp::acceptor a, Listener l) : acceptor(std::move(a)), listener(l) {}
  tcp::acceptor acceptor;
  Listener listener;
};

}  // namespace

struct Server::State {
  State(Broker& broker, const std::vector<asio::io_context*>& contexts, ServerOptions options,
        std::shared_ptr<Tls> t)
      : common(broker, std::move(options)), tls(std::move(t)), sampling(*contexts.front()) {
    for (asio::io_context* context : contexts) {
      lanes.push_back(std::make_unique<Lane>(*context, common));
      common.lanes.push_back(lanes.back().get());
      common.lane_metrics.push_back(&lanes.back()->metrics);
    }
  }

  asio::io_context& first() { return lanes.front()->context(); }
  void welcome(Lane& lane, tcp::socket socket, Listener listener);
  PerAddress::Place place_for(const tcp::socket& socket, Listener listener);
  void turn_away(Lane& lane, tcp::socket& socket);
  bool make_room(Listener listener);
  Task<> accept_all(std::shared_ptr<State> self, tcp::acceptor& acceptor, Listener listener);
  static void accept_waiting(const std::shared_ptr<State>& self, tcp::acceptor& acceptor,
                             Listener listener);
  static void admit(const std::shared_ptr<State>& self, Lane& lane, tcp::socket socket,
                    Listener listener);
  void close_acceptors();
  Task<> pause();
  void sample();
  void sample_every_second();

  ServerCommon common;
  const std::shared_ptr<Tls> tls;
  std::vector<std::unique_ptr<Lane>> lanes;
  asio::steady_timer sampling;                        // first context
  std::vector<std::unique_ptr<Accepting>> acceptors;  // first context's thread
  std::size_t next_lane = 0;
  std::atomic<std::uint16_t> port{0};
};

void Server::State::welcome(Lane& lane, tcp::socket socket, Listener listener) {
  PerAddress::Place place = place_for(socket, listener);
  if (!place.is_granted() || !make_room(listener)) return turn_away(lane, socket);
  lane.metrics.connections_accepted.add();
  auto session = std::make_shared<Session>(lane, std::move(socket), std::move(place), tls.get(), listener);
  lane.tasks.spawn(Session::run(std::move(session)));
}

// An operator gets in from wherever he is.
PerAddress::Place Server::State::place_for(const tcp::socket& socket, Listener listener) {
  const bool is_counted = common.options.connections_per_address_max > 0;
  if (!is_counted || listener == Listener::operators) return PerAddress::Place::unbounded();
  boost::system::error_code gone;
  return common.per_address.take(socket.remote_endpoint(gone).address());
}

void Server::State::turn_away(Lane& lane, tcp::socket& socket) {
  lane.metrics.connections_refused.add();
  if (tls) return;  // nothing that TLS would let us say
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  const std::string answer = fmt::format(kTurnedAway, retry_later(common.broker.random));
  socket.write_some(asio::buffer(answer), ignored);
}

// Counts the newcomer, unless there is none. Who is known goes before who only knocks, and of those the newcomer before the oldest. The places
// of those who are told to go are free a moment later: that many more are let in meanwhile.
// An operator gets in when all places are taken, to see by whom.
bool Server::State::make_room(Listener listener) {
  const std::size_t places = common.options.connections_max +
                             (listener == Listener::operators ? kOperatorsPlaces : 0);
  const std::size_t taken = ++common.connections;
  const bool too_many = taken > places + common.strangers.max();
  const auto oldest = too_many ? std::nullopt : common.strangers.make_room(taken > places);
  if (too_many || (!oldest && taken > places)) {
    --common.connections;
    return false;
  }
  if (!oldest) return true;
  Lane& lane = *lanes[Lane::lane_of(*oldest)];
  asio::post(lane.context(), [&lane, number = *oldest] { lane.dismiss(number); });
  return true;
}

void Server::State::sample() {
  stats::Totals totals;
  if (common.broker.shared.appended) {
    const Appended appended = common.broker.shared.appended();
    totals.records_in = appended.records;
    totals.bytes_in = appended.journal_bytes;
  }
  for (const LaneMetrics* lane : common.lane_metrics) {
    totals.records_out += lane->records_answered.value();
    totals.records_out += lane->streams[static_cast<std::size_t>(StreamKind::subscribe)].messages.value();
    totals.bytes_out += lane->bytes_sent.value();
  }
  common.stats.sample(common.broker.clock.now(), common.broker.clock.wall(), totals);
  if (!common.broker.core.executor().is_current()) return;
  sample_entities(common.broker);
  if (Namespaces* const others = common.broker.shared.namespaces) others->for_each(sample_entities);
  judge_stored(common.broker);
}

void Server::State::sample_every_second() {
  sample();
  sampling.expires_after(kSampleEvery);
  sampling.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) sample_every_second();
  });
}

// Out of descriptors, most likely: those who wait stay in the kernel's queue meanwhile.
Task<> Server::State::pause() {
  asio::steady_timer timer(first());
  timer.expires_after(kPauseAfterFailure);
  co_await timer.async_wait(kAwait);
}

void Server::State::close_acceptors() {
  sampling.cancel();
  boost::system::error_code ignored;
  for (auto& one : acceptors) one->acceptor.close(ignored);
}

Task<> Server::State::accept_all(std::shared_ptr<State> self, tcp::acceptor& acceptor,
                                 Listener listener) {
  while (acceptor.is_open()) {
    Lane& lane = *lanes[next_lane++ % lanes.size()];
    auto [error, socket] = co_await acceptor.async_accept(lane.context(), kAwait);
    if (!acceptor.is_open()) co_return;
    if (error == asio::error::connection_aborted) continue;
    if (error) {
      engine::diag(engine::DiagLevel::warn, "http", "cannot accept connections",
                   {
                       {"error", error.message()}
      });
      co_await pause();
      continue;
    }
    admit(self, lane, std::move(socket), listener);
    accept_waiting(self, acceptor, listener);
  }
}

// Each turn of a thread that has much to do accepts once, which under overload is some dozen times a
// second. Those who wait in the kernel's queue come in by handfuls, or they would wait for ten
// seconds; by too many at once they keep the others from being done (docs/benchmarks.md, Overload).
// In the last quarter of the places somebody has to go for each, which takes a turn: one by one.
void Server::State::accept_waiting(const std::shared_ptr<State>& self, tcp::acceptor& acceptor,
                                   Listener listener) {
  const ServerCommon& common = self->common;
  const std::size_t calm = common.options.connections_max - common.strangers.max();
  const std::size_t free = calm - std::min(calm, common.connections.load());
  for (std::size_t i = 0; i < std::min(kAcceptedAtOnce, free); ++i) {
    Lane& lane = *self->lanes[self->next_lane % self->lanes.size()];
    tcp::socket socket(lane.context());
    boost::system::error_code error;
    acceptor.accept(socket, error);
    if (error) return;  // nobody waits, or async_accept hears of it next
    ++self->next_lane;
    admit(self, lane, std::move(socket), listener);
  }
}

void Server::State::admit(const std::shared_ptr<State>& self, Lane& lane, tcp::socket socket,
                          Listener listener) {
  asio::dispatch(lane.context(), [self, &lane, listener, socket = std::move(socket)]() mutable {
    self->welcome(lane, std::move(socket), listener);
  });
}

std::string listen_hint(int error) {
  if (error == EADDRINUSE) return "another program uses the port; choose another";
  if (error == EINVAL || error == EADDRNOTAVAIL) return "listen on an IP address of this machine";
  if (error == EACCES) {
    return "ports below 1024 are kept for those with CAP_NET_BIND_SERVICE: choose a higher one, "
           "or give the process that capability (AmbientCapabilities=CAP_NET_BIND_SERVICE in a "
           "unit)";
  }
  return {};
}

Server::Server(Broker& broker, std::vector<asio::io_context*> contexts, ServerOptions options,
               std::shared_ptr<Tls> tls)
    : state_(std::make_shared<State>(broker, contexts, std::move(options), std::move(tls))) {}

Server::~Server() = default;

std::uint16_t Server::port() const { return state_->port; }

std::size_t Server::connections() const { return state_->common.connections; }

std::size_t Server::consumers() const { return state_->common.consumers; }

std::size_t Server::readers() const { return state_->common.readers; }

engine::Result<tcp::acceptor> take_address(asio::io_context& context, const std::string& address,
                                           std::uint16_t port) {
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) return refused(address, port, error);
  const tcp::endpoint endpoint(ip, port);
  tcp::acceptor taken(context);
  taken.open(endpoint.protocol(), error);
  if (!error) taken.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) taken.bind(endpoint, error);
  if (error) return refused(address, port, error);
  return engine::Result<tcp::acceptor>(std::move(taken));
}

engine::Result<std::uint16_t> Server::listen(tcp::acceptor taken, Listener listener) {
  boost::system::error_code error;
  const tcp::endpoint endpoint = taken.local_endpoint(error);
  // Somebody who took the same address may have begun to listen on it meanwhile.
  if (!error) taken.listen(asio::socket_base::max_listen_connections, error);
  if (!error) taken.non_blocking(true, error);
  if (error) return refused(endpoint.address().to_string(), endpoint.port(), error);
  if (state_->acceptors.empty()) state_->port = endpoint.port();
  state_->acceptors.push_back(std::make_unique<Accepting>(std::move(taken), listener));
  return endpoint.port();
}

void Server::begin() {
  for (auto& lane : state_->lanes)
    asio::post(lane->context(), [self = state_, &lane = *lane] { lane.start_ticking(); });
  asio::post(state_->first(), [self = state_] { self->sample_every_second(); });
  for (auto& one : state_->acceptors)
    state_->lanes.front()->tasks.spawn(state_->accept_all(state_, one->acceptor, one->listener));
}

void Server::drain(bool settling, engine::UniqueFunction<void()> done) {
  auto left = std::make_shared<std::atomic<std::size_t>>(state_->lanes.size());
  auto last = std::make_shared<engine::UniqueFunction<void()>>(std::move(done));
  state_->common.settling = settling;
  Health ready = Health::ready;
  state_->common.broker.shared.health.compare_exchange_strong(ready, Health::draining);
  asio::post(state_->first(), [self = state_, left, last] {
    self->close_acceptors();
    for (auto& lane : self->lanes) {
      asio::post(lane->context(), [self, &lane = *lane, left, last] {
        lane.drain([self, left, last] {
          if (--*left == 0) asio::post(self->first(), [last] { (*last)(); });
        });
      });
    }
  });
}

void Server::end_settling() {
  if (!state_->common.settling.exchange(false)) return;
  for (auto& lane : state_->lanes)
    asio::post(lane->context(), [self = state_, &lane = *lane] { lane.end_settling(); });
}

void Server::stop() {
  asio::post(state_->first(), [self = state_] {
    self->close_acceptors();
    for (auto& lane : self->lanes) {
      asio::post(lane->context(), [self, &lane = *lane] {
        lane.cut();
        lane.stop_ticking();
      });
    }
  });
}

}  // namespace twofold::http
