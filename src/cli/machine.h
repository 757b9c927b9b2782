#pragma once

#include <string>

namespace twofold::cli {

/// "2 x Intel Xeon, 24 GiB, Linux 6.1": what a figure was measured on. Names no host.
std::string machine_text();

/// Whether the locale (LC_ALL, LC_CTYPE, LANG, the first that is set) and TERM allow Unicode.
bool terminal_has_unicode();

}  // namespace twofold::cli
