# Run at build time: writes version.h, and touches it only when the version or the commit changed,
# so that a rebuild of the same commit compiles nothing.
set(commit "${COMMIT}")  # given where the sources come without their history
if(NOT commit)
  execute_process(COMMAND git -C ${SOURCE_DIR} rev-parse --short=12 HEAD
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT commit)
  set(commit unknown)
endif()
set(text "#pragma once

#include <string_view>

namespace twofold {

inline constexpr std::string_view kVersion = \"${VERSION}\";
inline constexpr std::string_view kGitCommit = \"${commit}\";

}  // namespace twofold
")
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "${text}" @ONLY)
