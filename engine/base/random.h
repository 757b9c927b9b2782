#pragma once

#include <cstdint>
#include <random>

namespace twofold::engine {

/// The only source of randomness: ids, keys, jitter.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next_u64() = 0;
  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next_u64() % bound; }
};

/// The operating system's generator; fit for keys. Safe from any thread.
class SystemRandom final : public Random {
 public:
  std::uint64_t next_u64() override;
};

/// The same numbers for the same seed, on every machine. One thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next_u64() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace twofold::engine
