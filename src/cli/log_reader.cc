#include "src/cli/log_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "src/cli/bounds.h"
#include "src/config/units.h"

namespace twofold::cli {
namespace {

constexpr std::uint64_t kPageMax = 1000;
// How long one stream is waited for while others may have something.
constexpr std::chrono::milliseconds kTurn{200};

Page to_page(Answer answer, const std::string& topic) {
  Page page;
  page.answer = std::move(answer);
  for (const Json record : page.answer["records"].elements()) {
    page.items.push_back(read_item(record, topic));
  }
  page.caught_up = page.answer["caught_up"].is_true();
  return page;
}

std::string number(std::uint64_t value) { return fmt::format("{}", value); }

// One place in one topic that is read on from.
struct Stream {
  std::string topic;
  std::string from;    // of the first read
  std::string cursor;  // of every later one
  bool caught_up = false;
};

class PlainReader final : public LogReader {
 public:
  PlainReader(Session& session, std::vector<Stream> streams)
      : session_(session), streams_(std::move(streams)) {}

  // Streams take turns. One that has nothing is waited for briefly, and only when all have nothing.
  Tried<Page> read(std::uint64_t max, std::chrono::milliseconds wait) override {
    const auto all_caught_up = [this] {
      return std::all_of(streams_.begin(), streams_.end(),
                         [](const Stream& stream) { return stream.caught_up; });
    };
    for (std::size_t tries = 0; tries < streams_.size(); ++tries) {
      Stream& stream = streams_[next_];
      next_ = (next_ + 1) % streams_.size();
      const bool alone = streams_.size() == 1;
      const auto patience = alone             ? wait
                            : all_caught_up() ? std::min(wait, kTurn)
                                              : std::chrono::milliseconds(0);
      auto page = read_stream(stream, max, patience);
      if (!page) return page;
      const bool done = !page->items.empty() || tries + 1 == streams_.size();
      page->caught_up = all_caught_up();
      if (done) return page;
    }
    return Page{};
  }

  Tried<> commit() override { return Done{}; }

 private:
  Tried<Page> read_stream(Stream& stream, std::uint64_t max, std::chrono::milliseconds wait) {
    ApiCall call("GET", topic_path(stream.topic, "/records"));
    if (stream.cursor.empty()) {
      call.query.emplace_back("from", stream.from);
    } else {
      call.query.emplace_back("cursor", stream.cursor);
    }
    call.query.emplace_back("limit", number(std::min(max, kPageMax)));
    if (wait.count() > 0) call.query.emplace_back("wait", format_duration(wait));
    call.wait = wait;
    auto answer = session_.api().call(call);
    if (!answer) return answer.error();
    stream.cursor = (*answer)["cursor"].string();
    Page page = to_page(*std::move(answer), stream.topic);
    stream.caught_up = page.caught_up;
    return page;
  }

  Session& session_;
  std::vector<Stream> streams_;
  std::size_t next_ = 0;
};

class GroupReader final : public LogReader {
 public:
  GroupReader(Session& session, ReadPlan plan, std::string group)
      : session_(session), plan_(std::move(plan)), group_(std::move(group)) {}

  Tried<Page> read(std::uint64_t max, std::chrono::milliseconds wait) override {
    std::vector<std::string> topics;
    for (const std::string& topic : plan_.topics) topics.push_back(json_quote(topic));
    JsonObject body;
    body.raw("topics", json_array(topics));
    body.number("max", static_cast<std::int64_t>(std::min(max, kPageMax)));
    body.text("from", api_position(plan_.from, 0, 0));
    if (!cursor_.empty()) body.text("cursor", cursor_);
    if (wait.count() > 0) body.text("wait", format_duration(wait));
    ApiCall call("POST", group_path(group_, "/poll"), body.str());
    call.wait = wait;
    auto answer = session_.api().call(call);
    if (!answer) return answer.error();
    cursor_ = (*answer)["cursor"].string();
    return to_page(*std::move(answer), plan_.topics.front());
  }

  Tried<> commit() override {
    if (cursor_.empty() || cursor_ == committed_) return Done{};
    const std::string body = JsonObject().text("cursor", cursor_).str();
    const auto answer = session_.api().call(ApiCall("POST", group_path(group_, "/commit"), body));
    if (!answer) return answer.error();
    committed_ = cursor_;
    return Done{};
  }

 private:
  Session& session_;
  ReadPlan plan_;
  std::string group_;
  std::string cursor_;
  std::string committed_;
};

}  // namespace

Tried<std::unique_ptr<LogReader>> open_reader(Session& session, const ReadPlan& plan) {
  std::vector<Stream> streams;
  for (const std::string& topic : plan.topics) {
    std::vector<Position> places;
    for (const int partition : plan.partitions) {
      Position place = plan.from;
      place.partition = partition;
      places.push_back(place);
    }
    if (places.empty()) places.push_back(plan.from);
    for (const Position& place : places) {
      const auto positions = api_positions(session, topic, place);
      if (!positions) return positions.error();
      for (const std::string& from : *positions) streams.push_back(Stream{topic, from, {}, false});
    }
  }
  return std::unique_ptr<LogReader>(new PlainReader(session, std::move(streams)));
}

std::unique_ptr<LogReader> open_group_reader(Session& session, const ReadPlan& plan,
                                             const std::string& group) {
  return std::make_unique<GroupReader>(session, plan, group);
}

}  // namespace twofold::cli
