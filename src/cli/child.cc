#include "src/cli/child.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace twofold::cli {
namespace {

Failure system_failure(std::string_view what) {
  return Failure(ExitCode::failed, fmt::format("cannot {}: {}", what, std::strerror(errno)));
}

[[noreturn]] void become(const std::string& command, int input,
                         const std::vector<std::pair<std::string, std::string>>& variables) {
  ::dup2(input, STDIN_FILENO);
  // A command interrupted by Ctrl-C should see it the usual way.
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
  ::_exit(127);
}

// A child that does not read its input must not stop us: the socket says so instead of a signal.
void feed(int fd, std::string_view input) {
  while (!input.empty()) {
    const ssize_t sent = ::send(fd, input.data(), input.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    input.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

Tried<int> run_child(const std::string& command, std::string_view input,
                     const std::vector<std::pair<std::string, std::string>>& variables) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return system_failure("make a socket pair");
  }
  const pid_t child = ::fork();
  if (child < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    return system_failure("start a process");
  }
  if (child == 0) become(command, ends[1], variables);
  ::close(ends[1]);
  feed(ends[0], input);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return system_failure("wait for the command");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace twofold::cli
