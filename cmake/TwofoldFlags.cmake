# twofold_warnings  for our own code only; generated code does not link it.
# twofold_flags     for every object: sanitizers or hardening.
include(CheckCXXCompilerFlag)

add_library(twofold_warnings INTERFACE)
target_compile_options(twofold_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # TF_CHECK(!"what must not happen") is meant.
  target_compile_options(twofold_warnings INTERFACE -Wno-string-conversion)
endif()
if(TWOFOLD_WERROR)
  target_compile_options(twofold_warnings INTERFACE -Werror)
endif()

add_library(twofold_flags INTERFACE)
target_compile_options(twofold_flags INTERFACE -fPIE -fno-omit-frame-pointer)
target_link_options(twofold_flags INTERFACE -pie)

if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # A precompiled header carries its build time; without this ccache never finds it again.
  target_compile_options(twofold_flags INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
else()
  target_compile_options(twofold_flags INTERFACE -fpch-preprocess)
endif()

# Bounds checks of the standard library stay on in every build.
target_compile_definitions(twofold_flags INTERFACE _GLIBCXX_ASSERTIONS)

if(TWOFOLD_SANITIZE)
  target_compile_options(twofold_flags INTERFACE
                         -fsanitize=${TWOFOLD_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(twofold_flags INTERFACE -fsanitize=${TWOFOLD_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 sees through std::regex less well when it is instrumented: GCC bug 105562.
    target_compile_options(twofold_flags INTERFACE -Wno-maybe-uninitialized)
  else()
    # It puts the distance to type information into every function, which clang 14 cannot write for
    # the parts that it splits coroutines into: "Cannot represent a difference across sections".
    target_compile_options(twofold_flags INTERFACE -fno-sanitize=function)
  endif()
elseif(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  # Debian's compilers define an older level themselves on some set-ups: undefine, then define.
  target_compile_options(twofold_flags INTERFACE
                         -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong)
  foreach(flag -fstack-clash-protection -fcf-protection)
    string(MAKE_C_IDENTIFIER "TWOFOLD_HAS${flag}" has_flag)
    check_cxx_compiler_flag(${flag} ${has_flag})
    if(${has_flag})
      target_compile_options(twofold_flags INTERFACE ${flag})
    endif()
  endforeach()
  target_link_options(twofold_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
