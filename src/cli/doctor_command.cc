#include <fmt/format.h>

#include "src/cli/doctor_checks.h"
#include "src/cli/handlers.h"
#include "src/cli/session.h"
#include "src/cli/settings.h"

namespace twofold::cli {
namespace {

std::string_view word(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok: return "ok";
    case Verdict::warn: return "warn";
    case Verdict::fail: return "fail";
  }
  __builtin_unreachable();
}

}  // namespace

Tried<> run_doctor(Session& session, const Args& args) {
  const auto loaded = load_settings(args);
  if (!loaded) return loaded.error();
  std::vector<std::string> documents;
  std::string text;
  bool failed = false;
  for (const Check& check : run_checks(*loaded)) {
    failed = failed || check.verdict == Verdict::fail;
    text += fmt::format("{:5} {:15} {}\n", word(check.verdict), check.name, check.detail);
    if (!check.hint.empty()) text += fmt::format("{:21} hint: {}\n", "", check.hint);
    JsonObject document;
    document.text("name", check.name)
        .text("verdict", word(check.verdict))
        .text("detail", check.detail);
    if (!check.hint.empty()) document.text("hint", check.hint);
    documents.push_back(document.str());
  }
  const std::string body =
      JsonObject().boolean("ok", !failed).raw("checks", json_array(documents)).str();
  session.print(Answer(body), text, failed ? "fail" : "ok");
  if (failed) return Failure::silent(ExitCode::failed);
  return Done{};
}

}  // namespace twofold::cli
