// Cold data is read and verified in the background, a little every second, all of it once a week.
#include "engine/base/diag.h"
#include "engine/core_impl.h"
#include "engine/damage.h"
#include "engine/segment_format.h"

namespace twofold::engine {
namespace {

const std::string kSegmentDirectory = "segments/";
constexpr Duration kFirstScrubAfter = std::chrono::minutes{10};
constexpr Duration kScrubEvery = std::chrono::hours{24 * 7};

}  // namespace

void CoreImpl::scrub_if_due() {
  if (options_.scrub_bytes == 0 || scrubbing_ || failure_ || stopping_ || stopped_) return;
  if (!scrub_segment_) {
    if (!next_scrub_) next_scrub_ = now() + kFirstScrubAfter;
    if (now() < *next_scrub_) return;
    next_scrub_ = now() + kScrubEvery;
    scrub_segment_ = SegmentId{0};
  }
  const auto found = segments_.lower_bound(*scrub_segment_);
  if (found == segments_.end()) {
    scrub_segment_.reset();
    ++stats_.scrubs;
    return;
  }
  if (found->first != *scrub_segment_) scrub_place_ = ScrubPlace{};
  scrub_segment_ = found->first;
  scrubbing_ = true;
  auto finish = [this, alive = alive_](Result<ScrubStep> step) {
    if (*alive) scrub_done(std::move(step));
  };
  world_.pool.post([&core = world_.executor, segment = found->second.segment, from = scrub_place_,
                    bytes = options_.scrub_bytes, finish = std::move(finish)]() mutable {
    core.post([finish = std::move(finish), step = scrub(*segment, from, bytes)]() mutable {
      finish(std::move(step));
    });
  });
}

void CoreImpl::scrub_done(Result<ScrubStep> step) {
  scrubbing_ = false;
  const auto segment = *scrub_segment_;
  if (step && !step->at_end) {
    scrub_place_ = step->next;
  } else {
    scrub_segment_ = SegmentId{segment.value() + 1};
    scrub_place_ = ScrubPlace{};
  }
  if (!step) {
    diag(DiagLevel::warn, "engine", "a segment cannot be verified",
         {
             {"segment", std::to_string(segment.value())},
             {"error",   step.error().detail            }
    });
    return;
  }
  stats_.scrubbed_bytes += step->bytes;
  for (const auto& damage : step->damaged) {
    ++stats_.scrub_damage;
    damage_met(Damage{DamageMet::scrub, damage.log, damage.from, damage.upto,
                      kSegmentDirectory + segment_name(segment), std::nullopt,
                      "found while cold data was verified"});
    diag(DiagLevel::error, "engine", "stored records are damaged",
         {
             {"segment",      std::to_string(segment.value())    },
             {"log",          std::to_string(damage.log.value()) },
             {"first_offset", std::to_string(damage.from.value())},
             {"upto_offset",  std::to_string(damage.upto.value())}
    });
  }
}

}  // namespace twofold::engine
