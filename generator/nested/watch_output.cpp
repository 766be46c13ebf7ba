#include "generator/nested/watch_output.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <regex.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>

#include "support/files.h"

namespace fbuild {

void PlainText::add(std::string_view piece) {
  for (char c : piece) {
    if (state_ == Sequence) {
      if (c >= '@' && c <= '~') state_ = Plain;
    } else if (state_ == Escape) {
      state_ = c == '[' ? Sequence : Plain;
    } else if (c == '\x1b') {
      state_ = Escape;
    } else if (c != '\r' && c != '\0') {
      text_ += c;
    }
  }
}

void PlainText::keep(size_t most) {
  if (text_.size() > most) text_.erase(0, text_.size() - most);
}

namespace {

using Clock = std::chrono::steady_clock;

// What a match may reach back over.
constexpr size_t kWindow = 64 * 1024;

class Pattern {
 public:
  static Result<std::unique_ptr<Pattern>> compile(const std::string& text) {
    auto out = std::make_unique<Pattern>();
    if (text.empty()) return out;
    int code = ::regcomp(&out->regex_, text.c_str(), REG_EXTENDED | REG_NEWLINE | REG_NOSUB);
    if (code != 0) {
      char why[256];
      ::regerror(code, &out->regex_, why, sizeof why);
      return Error{"'" + text + "' is no regular expression: " + why, "write a POSIX extended one"};
    }
    out->used_ = true;
    return out;
  }
  ~Pattern() {
    if (used_) ::regfree(&regex_);
  }
  bool found_in(const std::string& text) const {
    return used_ && ::regexec(&regex_, text.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t regex_ = {};
  bool used_ = false;
};

void write_all(std::string_view text) {
  while (!text.empty()) {
    ssize_t n = ::write(1, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text.remove_prefix(static_cast<size_t>(n));
  }
}

// As forkpty, in a session of its own; by a pipe where there are no terminals to be had (a
// chroot without /dev/pts).
pid_t fork_heard(int* heard) {
  pid_t child = ::forkpty(heard, nullptr, nullptr, nullptr);
  if (child >= 0) return child;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return -1;
  child = ::fork();
  if (child == 0) {
    ::setsid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(ends[1], 1);
    ::dup2(ends[1], 2);
    return 0;
  }
  ::close(ends[1]);
  *heard = ends[0];
  return child;
}

// First as Ctrl-C would; what does not heed it within two seconds is killed.
void end_group(pid_t group) {
  ::kill(-group, SIGINT);
  for (int i = 0; i < 200; ++i) {
    if (::waitpid(group, nullptr, WNOHANG) == group) break;
    ::usleep(10'000);
  }
  ::kill(-group, SIGKILL);
  while (::waitpid(group, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<int> watch_output(const std::vector<std::string>& words) {
  if (words.size() < 5 || words[3] != "--")
    return Error{"--watch-output takes SECONDS PASS FAIL -- COMMAND...", "it is for tests"};
  char* end = nullptr;
  double seconds = std::strtod(words[0].c_str(), &end);
  if (words[0].empty() || *end || !(seconds > 0 && seconds < 1e7))
    return Error{"'" + words[0] + "' is no time", "write a number of seconds"};
  if (words[1].empty()) return Error{"there is nothing to wait for", "write a regular expression"};
  Result<std::unique_ptr<Pattern>> pass = Pattern::compile(words[1]),
                                   fail = Pattern::compile(words[2]);
  if (!pass) return pass.error();
  if (!fail) return fail.error();

  std::vector<std::string> command(words.begin() + 4, words.end());
  std::vector<char*> argv;
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  int terminal = -1;
  pid_t child = fork_heard(&terminal);
  if (child < 0) return Error{"cannot start '" + command[0] + "': " + errno_text(errno)};
  if (child == 0) {
    ::setenv("TERM", "dumb", 1);  // no progress that writes over itself
    int nothing = ::open("/dev/null", O_RDONLY);
    if (nothing >= 0) ::dup2(nothing, 0);
    ::execvp(argv[0], argv.data());
    std::string why = "cannot run '" + command[0] + "': " + errno_text(errno) + "\n";
    (void)!::write(2, why.data(), why.size());
    ::_exit(127);
  }
  Fd closes(terminal);
  auto until = Clock::now() + std::chrono::duration<double>(seconds);
  auto conclude = [&](int status, const std::string& why) {
    end_group(child);
    std::string line = "\nfbuild: " + why + "\n";
    (void)!::write(2, line.data(), line.size());
    return status;
  };
  PlainText heard;
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0)
      return conclude(1, "'" + words[1] + "' was not seen within " + words[0] + " seconds");
    pollfd wait = {terminal, POLLIN, 0};
    int ready = ::poll(&wait, 1, static_cast<int>(std::min<long long>(left, 1'000'000)));
    if (ready <= 0) continue;
    char buffer[4096];
    ssize_t n = ::read(terminal, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      return conclude(1, "'" + command[0] + "' ended, and '" + words[1] + "' was not seen");
    write_all({buffer, static_cast<size_t>(n)});
    heard.add({buffer, static_cast<size_t>(n)});
    if ((*fail)->found_in(heard.text())) return conclude(1, "'" + words[2] + "' was seen");
    if ((*pass)->found_in(heard.text())) return conclude(0, "'" + words[1] + "' was seen");
    heard.keep(kWindow);
  }
}

}  // namespace fbuild
