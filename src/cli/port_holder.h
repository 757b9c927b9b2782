#pragma once

#include <string>

namespace twofold::cli {

/// "twofold (pid 4711)": the process that listens on a TCP port of this machine. Empty when nobody
/// does, or when it belongs to another user and cannot be seen.
std::string port_holder(int port);

}  // namespace twofold::cli
