#include "src/cli/publish_loop.h"

#include <fmt/format.h>

#include "src/cli/interrupt.h"
#include "src/cli/pace.h"

namespace twofold::cli {
namespace {

constexpr std::size_t kBatchRecordsMax = 1000;
constexpr std::size_t kBatchBytesMax = 4 << 20;

struct Batch {
  std::vector<std::string> records;
  std::size_t bytes = 0;
  bool at_end = false;
  std::optional<Failure> misfit;  // what stands behind the records could not be read

  bool full() const { return records.size() == kBatchRecordsMax || bytes >= kBatchBytesMax; }
};

class PublishLoop {
 public:
  PublishLoop(Session& session, const Args& args, const PublishTarget& target)
      : session_(session),
        target_(target),
        durability_(args.text("durability")),
        rate_(args.rate("rate")),
        pace_(rate_) {}

  Tried<> run(RecordSource& source) {
    while (true) {
      if (!pace_.wait()) break;
      Batch batch = gather(source);
      if (!batch.records.empty()) {
        if (auto posted = post(batch); !posted) return posted;
      }
      if (batch.misfit) return with_sent(*std::move(batch.misfit));
      if (batch.at_end) break;
    }
    if (const auto signal = interrupted()) return Failure::silent(*signal);
    return Done{};
  }

  std::uint64_t sent() const { return sent_; }

  void finish() const {
    if (session_.format() == Format::json) session_.terminal().out(json_array(receipts_) + "\n");
    session_.terminal().progress("");
    std::string ids;
    if (!first_id_.empty())
      ids =
          first_id_ == last_id_ ? ": " + first_id_ : fmt::format(": {} to {}", first_id_, last_id_);
    session_.terminal().note(fmt::format("{} to {}{}", sent_text(), target_.name, ids));
  }

 private:
  std::string sent_text() const {
    return count_text(sent_, target_.member.substr(0, target_.member.size() - 1));
  }

  Failure with_sent(Failure misfit) const {
    misfit.hint = sent_ == 0 ? "nothing was sent"
                             : fmt::format("{} before it: sent, and stored", sent_text());
    return misfit;
  }

  // Waits for the first record only: what comes slowly goes out at once, what comes fast together.
  Batch gather(RecordSource& source) {
    Batch batch;
    while (!batch.full()) {
      const bool limited = rate_ && pace_.due(batch.records.size() + 1) <= batch.records.size();
      if (!batch.records.empty() && (limited || !source.ready())) break;
      auto record = source.next();
      if (!record) {
        batch.misfit = record.error();
        break;
      }
      if (!*record) {
        batch.at_end = true;
        break;
      }
      batch.records.push_back(as_json(**record));
      batch.bytes += batch.records.back().size();
    }
    return batch;
  }

  Tried<> post(const Batch& batch) {
    JsonObject body;
    body.raw(target_.member, json_array(batch.records));
    if (!durability_.empty()) body.text("durability", durability_);
    const auto answer = session_.api().call(ApiCall("POST", target_.path, body.str()));
    if (!answer) return answer.error();
    pace_.took(batch.records.size());
    sent_ += batch.records.size();
    for (const Json receipt : (*answer)[target_.member].elements()) report(receipt);
    session_.terminal().flush();
    session_.terminal().progress(fmt::format("{} sent", with_separators(std::to_string(sent_))));
    return Done{};
  }

  void report(Json receipt) {
    last_id_ = receipt["id"].string();
    if (first_id_.empty()) first_id_ = last_id_;
    switch (session_.format()) {
      case Format::json: receipts_.emplace_back(receipt.text()); return;
      case Format::jsonl: session_.terminal().out(fmt::format("{}\n", receipt.text())); return;
      case Format::name: session_.terminal().out(last_id_ + "\n"); return;
      case Format::table:
      case Format::wide: return;
    }
  }

  Session& session_;
  const PublishTarget& target_;
  std::string durability_;
  std::optional<double> rate_;
  Pace pace_;
  std::uint64_t sent_ = 0;
  std::string first_id_;
  std::string last_id_;
  std::vector<std::string> receipts_;
};

}  // namespace

Tried<> publish_all(Session& session, const Args& args, RecordSource source,
                    const PublishTarget& target) {
  InterruptGuard guard;
  PublishLoop loop(session, args, target);
  auto outcome = loop.run(source);
  if (outcome || loop.sent() > 0) loop.finish();
  return outcome;
}

}  // namespace twofold::cli
