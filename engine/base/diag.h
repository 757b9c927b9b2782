#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace twofold::engine {

enum class DiagLevel { debug, info, warn, error };
enum class DiagFormat { text, json };

/// One line that an operator reads, on stderr: time, level, component, message, key=value pairs.
/// Values are escaped and cut at 256 bytes; bodies, keys and receipts never belong here.
/// Safe from any thread. The same message more than ten times a second is suppressed and counted,
/// for each of those whom it is about (`whom`, if anybody) apart: nobody hides what others did.
/// Who asks for debug lines gets every one of them.
void diag(DiagLevel level, std::string_view component, std::string_view message,
          std::initializer_list<std::pair<std::string_view, std::string>> fields = {},
          std::string_view whom = {});

/// Whether a line of that level is written: asked where its fields would cost something. Any thread.
bool diag_wanted(DiagLevel level);

/// Set once at start, before other threads exist.
void diag_configure(DiagLevel least, DiagFormat format);

}  // namespace twofold::engine
