#include <fmt/format.h>

#include "src/bench/stage.h"

namespace twofold::bench {
namespace {

constexpr std::uint64_t kStored = 100'000;
constexpr std::size_t kFillBatch = 1000;
// Of each connection: one page says nothing about latency, and none about pages.
constexpr std::uint64_t kPagesMin = 4;
// What a record counts in a page besides its value, and a little more.
constexpr std::size_t kBeside = 192;

/// Each lane reads the topic from its start to its end, page by page, and begins again.
class Fetch final : public Workload {
 public:
  Fetch(const Stage& stage, std::string topic_path, std::uint64_t stored)
      : stage_(stage), topic_path_(std::move(topic_path)), stored_(stored) {
    lanes_.resize(stage.options().connections);
    about_a_page_ = std::max<std::uint64_t>(
        1, stage.options().page_bytes / (stage.options().shape.size + kBeside));
  }

  std::string_view next(std::size_t number) override {
    Lane& lane = lanes_[number];
    if (claim(about_a_page_) == 0) return {};
    const std::string place = lane.cursor.empty() ? "from=earliest" : "cursor=" + lane.cursor;
    lane.request = render_request(
        stage_.world().target, "GET",
        fmt::format("{}/records?{}&bytes={}", topic_path_, place, stage_.options().page_bytes),
        content_type(stage_.options().shape.encoding), "");
    return lane.request;
  }

  Outcome<Done> answered(std::size_t number, const Reply& reply) override {
    if (reply.status != 200) return refused_by_broker(reply);
    PageSeen page;
    const Shape& shape = stage_.options().shape;
    if (!scan_page(shape.encoding, reply.body, shape.size, page)) {
      return Refused("a page of records is not understood");
    }
    Lane& lane = lanes_[number];
    lane.seen += page.records;
    lane.cursor = page.cursor;
    count_request(reply.body.size());
    count(page.records, reply.latency);
    received += page.records;
    if (lane.seen >= stored_ || page.records == 0) {
      sent += stored_;
      lost += stored_ - std::min(stored_, lane.seen);
      duplicated += lane.seen - std::min(stored_, lane.seen);
      lane = Lane{};
    }
    return Done{};
  }

  /// A pass that a few pages of each connection would end measures nothing.
  std::uint64_t messages_min() const { return kPagesMin * lanes_.size() * about_a_page_; }

  std::uint64_t sent = 0, received = 0, lost = 0, duplicated = 0;

 private:
  struct Lane {
    std::string request;
    std::string cursor;
    std::uint64_t seen = 0;
  };
  const Stage& stage_;
  std::string topic_path_;
  std::uint64_t stored_;
  std::uint64_t about_a_page_ = 1;
  std::vector<Lane> lanes_;
};

}  // namespace

Outcome<Report> run_fetch(Stage& stage) {
  const Options& options = stage.options();
  const auto topic =
      stage.create("topics", "{\"partitions\":" + std::to_string(options.partitions) + "}");
  if (!topic) return topic.error();
  if (auto connected = stage.connect(options.connections); !connected) return connected.error();

  Shape shape = options.shape;
  shape.encoding = Encoding::protobuf;
  shape.batch = kFillBatch;
  const std::uint64_t wanted = options.backlog != 0 ? options.backlog : kStored;
  Repeat fill(render_request(stage.world().target, "POST", *topic + "/records",
                             content_type(shape.encoding), publish_body(shape)),
              shape.batch);
  if (auto filled = stage.pass(fill, wanted, "filling"); !filled) return filled.error();

  Fetch fetch(stage, *topic, fill.stored());
  auto result = stage.measure("fetch", fetch, 1, fetch.messages_min());
  if (!result) return result.error();
  result->notes.push_back(
      fmt::format("{} KiB a page on the wire",
                  fetch.requests() == 0 ? 0 : fetch.answer_bytes() / fetch.requests() / 1024));
  if (!options.duration && options.msgs < fetch.messages_min()) {
    result->notes.push_back(fmt::format("--msgs raised to {} pages on each connection", kPagesMin));
  }
  Report report;
  report.verified = Verified{fetch.sent, fetch.received, fetch.lost, fetch.duplicated};
  // The last pass of each lane was cut off by the end of the run; what it read was in order so far.
  report.verified.sent = std::max(report.verified.sent, report.verified.received);
  report.results.push_back(*std::move(result));
  return report;
}

}  // namespace twofold::bench
