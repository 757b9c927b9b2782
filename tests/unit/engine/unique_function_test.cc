#include "engine/base/unique_function.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace twofold::engine {
namespace {

/// Counts how many of its copies live, so that a lost or doubled destructor shows.
struct Counted {
  explicit Counted(int& n) : alive(&n) { ++*alive; }
  Counted(Counted&& other) noexcept : alive(other.alive) { ++*alive; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --*alive; }
  int* alive;
};

TEST(UniqueFunction, CallsWhatItHoldsHoweverLarge) {
  UniqueFunction<int(int)> small = [](int x) { return x + 1; };
  EXPECT_EQ(small(1), 2);
  std::array<int, 100> many{};
  many[99] = 7;
  UniqueFunction<int(int)> large = [many](int x) { return x + many[99]; };
  EXPECT_EQ(large(1), 8);
}

TEST(UniqueFunction, CarriesWhatCannotBeCopied) {
  UniqueFunction<std::string(std::unique_ptr<std::string>)> f =
      [own = std::make_unique<std::string>("a")](std::unique_ptr<std::string> given) {
        return *own + *given;
      };
  auto moved = std::move(f);
  EXPECT_FALSE(f);  // NOLINT(bugprone-use-after-move): that it is empty is the point
  EXPECT_EQ(moved(std::make_unique<std::string>("b")), "ab");
}

TEST(UniqueFunction, KeepsItsStateFromCallToCall) {
  UniqueFunction<int()> counter = [n = 0]() mutable { return ++n; };
  EXPECT_EQ(counter(), 1);
  EXPECT_EQ(counter(), 2);
}

template <std::size_t kExtra>
void lives_once() {
  int alive = 0;
  {
    std::array<char, kExtra> extra{};
    UniqueFunction<void()> f = [counted = Counted(alive), extra] { static_cast<void>(extra); };
    EXPECT_EQ(alive, 1);
    auto g = std::move(f);
    EXPECT_EQ(alive, 1);
    UniqueFunction<void()> h = [] {};
    h = std::move(g);
    EXPECT_EQ(alive, 1);
    h();
    h = nullptr;
    EXPECT_EQ(alive, 0);
    f = std::move(h);
  }
  EXPECT_EQ(alive, 0);
}

TEST(UniqueFunction, DestroysWhatItHoldsExactlyOnce) {
  lives_once<1>();
  lives_once<200>();
}

TEST(UniqueFunction, ReferencesGoThroughUntouched) {
  UniqueFunction<void(int&)> f = [](int& x) { x = 5; };
  int x = 0;
  f(x);
  EXPECT_EQ(x, 5);
}

TEST(UniqueFunctionDeathTest, CallingAnEmptyOneIsABug) {
  UniqueFunction<void()> empty;
  EXPECT_FALSE(empty);
  EXPECT_DEATH(empty(), "broken invariant");
}

}  // namespace
}  // namespace twofold::engine
