#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace twofold::engine {

enum class DiagLevel { debug, info, warn, error };
enum class DiagFormat { text, json };

/// Who says something: every component that diag() is called with.
inline constexpr std::array<std::string_view, 7> kDiagComponents = {
    "main", "http", "engine", "queue", "log", "auth", "otel"};

/// The least level of a line that is written, in general and of components by themselves.
struct DiagLevels {
  DiagLevels(DiagLevel general = DiagLevel::info) : least(general) {}

  DiagLevel least;
  std::array<std::optional<DiagLevel>, kDiagComponents.size()> of{};  ///< as kDiagComponents
};

/// One line that an operator reads, on stderr: time, level, component, message, key=value pairs.
/// Values are escaped and cut at 256 bytes; bodies, keys and receipts never belong here.
/// Safe from any thread. The same message more than ten times a second is suppressed and counted,
/// for each of those whom it is about (`whom`, if anybody) apart: nobody hides what others did.
/// Who asks for debug lines gets every one of them.
void diag(DiagLevel level, std::string_view component, std::string_view message,
          std::initializer_list<std::pair<std::string_view, std::string>> fields = {},
          std::string_view whom = {});

/// Whether a line of that level and component is written: asked where its fields would cost
/// something. Reads one atomic. Any thread.
bool diag_wanted(DiagLevel level, std::string_view component);

/// Any thread: lines that are under way go by the one or the other.
void diag_configure(const DiagLevels& levels, DiagFormat format);

}  // namespace twofold::engine
