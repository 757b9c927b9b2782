#include "src/cli/browser.h"

#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace twofold::cli {
namespace {

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

bool has_display() {
  return ::isatty(STDOUT_FILENO) != 0 && (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"));
}

void open_in_browser(const std::string& url) {
  posix_spawn_file_actions_t silence;
  if (::posix_spawn_file_actions_init(&silence) != 0) return;
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::posix_spawn_file_actions_addopen(&silence, stream, "/dev/null", O_RDWR, 0);
  std::string program = "xdg-open";
  std::string address = url;
  char* const words[] = {program.data(), address.data(), nullptr};
  pid_t child = 0;
  if (::posix_spawnp(&child, program.c_str(), &silence, nullptr, words, environ) == 0) {
    // It may last as long as the browser; only its end is taken note of.
    std::thread([child] { ::waitpid(child, nullptr, 0); }).detach();
  }
  ::posix_spawn_file_actions_destroy(&silence);
}

}  // namespace twofold::cli
