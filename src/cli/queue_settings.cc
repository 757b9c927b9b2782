#include "src/cli/queue_settings.h"

#include "src/config/units.h"

namespace twofold::cli {

JsonObject queue_settings(const Args& args) {
  JsonObject body;
  if (const auto visibility = args.duration("visibility")) {
    body.text("visibility_timeout", format_duration(*visibility));
  }
  if (const auto receives = args.count("max-receives")) {
    body.number("max_receives", static_cast<std::int64_t>(*receives));
  }
  if (args.has("dead-letter")) body.text("dead_letter", args.text("dead-letter"));
  if (const auto delay = args.duration("delay")) body.text("delay", format_duration(*delay));
  if (const auto wait = args.duration("wait")) body.text("receive_wait", format_duration(*wait));
  if (args.has("order")) body.text("order", args.text("order"));
  JsonObject retry;
  if (const auto min = args.duration("retry-min")) retry.text("min", format_duration(*min));
  if (const auto max = args.duration("retry-max")) retry.text("max", format_duration(*max));
  if (!retry.empty()) body.raw("retry", retry.text("backoff", "exponential").str());
  if (const auto kept = args.duration("retain-acked")) {
    body.text("retain_acked", format_duration(*kept));
  }
  if (const auto window = args.duration("dedup-window")) {
    body.raw("dedup", JsonObject().text("window", format_duration(*window)).str());
  }
  if (args.has("paused")) body.boolean("paused", true);
  return body;
}

}  // namespace twofold::cli
