# What must be decided before project() looks at the compiler.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
endif()

# A release keeps its checks: no -DNDEBUG here, on purpose. -g1 names every function and line for
# profiles and back traces at a third of the compile time that local variables would cost.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1" CACHE STRING "Flags of a release build")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g" CACHE STRING "Flags of a debug build")

# ccache caches users of a precompiled header only when told that no __TIME__ hides in it.
find_program(TWOFOLD_CCACHE ccache)
if(TWOFOLD_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      env CCACHE_SLOPPINESS=pch_defines,time_macros
      ${TWOFOLD_CCACHE})
endif()
