#include "http/rest/lag_out.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "engine/base/time_text.h"

namespace twofold::http {

void append_lag(JsonWriter& json, const log::Lag& lag, engine::WallTime now) {
  json.name("lag").begin_object().name("count").number(lag.count);
  json.name("bytes").number(lag.bytes);
  engine::Duration age{0};
  if (lag.oldest) age = std::max(age, now - *lag.oldest);
  json.name("age").string(engine::format_duration(age));
  json.name("seconds").raw(fmt::format("{:.3f}", static_cast<double>(age.count()) / 1000));
  if (lag.oldest) json.name("oldest").string(engine::format_time(*lag.oldest));
  json.end_object();
}

}  // namespace twofold::http
