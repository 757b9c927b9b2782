// Each target over its seeds, over what once broke it, and over some thousands of mutations.
#ifndef TWOFOLD_LIBFUZZER
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <gtest/gtest.h>

#include "tests/fuzz/mutator.h"
#include "tests/fuzz/target.h"

namespace twofold::fuzz {
namespace {

constexpr std::uint64_t kRuns = 100'000;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// tests/fuzz/found/<target>/...: inputs that once broke it. tests/fuzz/corpus/<target>/...: what
// libFuzzer came upon that goes ways of its own.
std::vector<std::string> kept(std::string_view where, std::string_view target) {
  std::vector<std::string> inputs;
  const auto folder = std::filesystem::path(TWOFOLD_SOURCE_DIR) / "tests/fuzz" / where / target;
  if (!std::filesystem::exists(folder)) return inputs;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(file.path(), std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return inputs;
}

std::string current;
Target current_target{};

// What broke it is kept, for tests/fuzz/found.
void on_abort(int) {
  const std::string path = "found-" + std::string(current_target.name);
  std::ofstream(path, std::ios::binary) << current;
  std::cerr << "the input is in " << std::filesystem::absolute(path) << '\n';
}

class Parsers : public testing::TestWithParam<Target> {};

TEST_P(Parsers, StandWhateverTheyAreGiven) {
  current_target = GetParam();
  std::signal(SIGABRT, on_abort);
  const auto run = [](std::string input) {
    current = std::move(input);
    current_target.run(current);
  };
  std::vector<std::string> inputs = current_target.seeds();
  ASSERT_FALSE(inputs.empty());
  for (const std::string_view where : {"found", "corpus"})
    for (std::string& input : kept(where, current_target.name)) inputs.push_back(std::move(input));
  for (const std::string& input : inputs) run(input);
  run({});
  Mutator mutator(number_from("TWOFOLD_FUZZ_SEED", 1));
  const std::uint64_t runs = number_from("TWOFOLD_FUZZ_RUNS", kRuns);
  for (std::uint64_t n = 0; n < runs; ++n) run(mutator.mutate(inputs));
}

INSTANTIATE_TEST_SUITE_P(All, Parsers, testing::ValuesIn(targets()),
                         [](const auto& at) { return std::string(at.param.name); });

}  // namespace
}  // namespace twofold::fuzz
#endif
