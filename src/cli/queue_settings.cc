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
  return body;
}

}  // namespace twofold::cli
