#include <fmt/format.h>

#include "src/cli/child.h"
#include "src/cli/handlers.h"
#include "src/cli/interrupt.h"
#include "src/cli/item_printer.h"
#include "src/cli/settle.h"
#include "src/config/units.h"

namespace twofold::cli {
namespace {

constexpr std::chrono::milliseconds kLoopWait{20'000};

class ReceiveLoop {
 public:
  ReceiveLoop(Session& session, const Args& args, ItemPrinter& printer)
      : session_(session),
        args_(args),
        printer_(printer),
        queue_(args.text("queue")),
        loop_(args.has("loop")),
        ack_(args.has("ack") || args.has("exec")),
        wait_(args.duration("wait")) {
    if (!wait_ && loop_) wait_ = kLoopWait;
    body_.number("max", static_cast<std::int64_t>(args.count("num").value_or(1)));
    if (wait_) body_.text("wait", format_duration(*wait_));
    if (const auto visibility = args.duration("visibility")) {
      body_.text("visibility_timeout", format_duration(*visibility));
    }
  }

  Tried<> run() {
    do {
      ApiCall call("POST", queue_path(queue_, "/receive"), body_.str());
      call.wait = wait_.value_or(std::chrono::milliseconds(60'000));
      const auto answer = session_.api().call(call);
      if (!answer) {
        if (interrupted()) break;
        return answer.error();
      }
      const std::string topic = (*answer)["topic"].string();
      std::vector<Item> items;
      for (const Json message : (*answer)["messages"].elements()) {
        items.push_back(read_item(message, topic.empty() ? queue_ : topic));
      }
      received_ += items.size();
      if (auto handled = args_.has("exec") ? execute(items) : print(items); !handled)
        return handled;
    } while (loop_ && !interrupted());
    return Done{};
  }

  std::uint64_t received() const { return received_; }
  std::uint64_t failed() const { return failed_; }

 private:
  Tried<> print(const std::vector<Item>& items) {
    for (const Item& item : items) printer_.print(item);
    session_.terminal().flush();
    return ack_ ? ack(items) : Tried<>(Done{});
  }

  // One at a time: a message is acked as soon as its command succeeded, and the ones behind a
  // failure still get their turn.
  Tried<> execute(const std::vector<Item>& items) {
    for (const Item& item : items) {
      if (interrupted()) break;
      const std::string count = fmt::format("{}", item.receive_count);
      const auto status = run_child(args_.text("exec"), item.value.value_or(""),
                                    {
                                        {"TWOFOLD_MESSAGE_ID",    item.id              },
                                        {"TWOFOLD_MESSAGE_KEY",   item.key.value_or("")},
                                        {"TWOFOLD_RECEIVE_COUNT", count                }
      });
      if (!status) return status.error();
      if (*status != 0) {
        ++failed_;
        session_.terminal().warn(
            fmt::format("the command exited {} for message {}; it comes back when its time is over",
                        *status, item.id));
        continue;
      }
      if (auto acked = ack({item}); !acked) return acked;
    }
    return Done{};
  }

  Tried<> ack(const std::vector<Item>& items) {
    std::vector<std::string> receipts;
    for (const Item& item : items) receipts.push_back(item.receipt);
    if (receipts.empty()) return Done{};
    // What was printed is acked even when Ctrl-C came meanwhile.
    const InterruptPause pause;
    const auto results = ack_receipts(session_, queue_, receipts);
    if (!results) return results.error();
    for (std::size_t i = 0; i < results->size() && i < items.size(); ++i) {
      if ((*results)[i] == "acked" || (*results)[i] == "already") continue;
      session_.terminal().warn(
          fmt::format("message {} was not acked: its receipt is {}", items[i].id, (*results)[i]));
      ++failed_;
    }
    return Done{};
  }

  Session& session_;
  const Args& args_;
  ItemPrinter& printer_;
  std::string queue_;
  bool loop_;
  bool ack_;
  std::optional<std::chrono::milliseconds> wait_;
  JsonObject body_;
  std::uint64_t received_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace

Tried<> run_receive(Session& session, const Args& args) {
  if (args.has("exec") && args.has("ack")) {
    return usage("--exec acks what its command exits 0 for; --ack would ack everything",
                 "give one of them");
  }
  // Without --ack the receipt is what the reader needs next, so the plain form is the table.
  auto printer = ItemPrinter::open(session, args, args.has("ack") ? "%v\\n" : "");
  if (!printer) return printer.error();
  InterruptGuard guard;
  ReceiveLoop loop(session, args, *printer);
  const auto outcome = loop.run();
  printer->finish();
  if (!outcome) return outcome;
  session.terminal().note(count_text(loop.received(), "message"));
  if (const auto signal = interrupted()) return Failure::silent(*signal);
  if (loop.failed() > 0) return Failure::silent(ExitCode::failed);
  if (loop.received() == 0 && args.has("fail-empty")) return Failure::silent(ExitCode::timed_out);
  return Done{};
}

}  // namespace twofold::cli
