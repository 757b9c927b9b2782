#pragma once

// toml++ as this program uses it: without exceptions, and not the packaged library, which was built
// for them. Seen by the few files that read TOML.
#define TOML_EXCEPTIONS 0
#undef TOML_SHARED_LIB
#undef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>
