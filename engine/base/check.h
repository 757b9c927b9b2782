#pragma once

namespace twofold::engine {

/// Prints what was believed and where, then aborts: stopping is safer than writing from a wrong
/// state, and the crash path is the tested one.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace twofold::engine

/// A belief that only a programming mistake can break. On in every build. One condition each, so
/// that the message names the culprit.
#define TF_CHECK(condition)                                                                 \
  do {                                                                                      \
    if (!(condition)) [[unlikely]]                                                          \
      ::twofold::engine::check_failed(#condition, __FILE__, __LINE__);                      \
  } while (false)
