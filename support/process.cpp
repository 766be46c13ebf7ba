#include "support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <mutex>

#include "support/files.h"
#include "support/keeper.h"

namespace fbuild {

namespace {

// Keepers of commands that run. A slot is free when it is 0.
std::array<std::atomic<pid_t>, 64> g_keepers;

void end_keepers_and_die(int signal_number) {
  for (std::atomic<pid_t>& slot : g_keepers)
    if (pid_t keeper = slot.load(); keeper > 0) ::kill(keeper, kKeeperEnd);
  // Whoever waits for us may rely on it that nothing of ours runs any more.
  for (std::atomic<pid_t>& slot : g_keepers)
    if (pid_t keeper = slot.load(); keeper > 0) ::waitpid(keeper, nullptr, 0);
  // SA_RESETHAND has put the default action back: die of the same signal.
  ::raise(signal_number);
}

// While one of these lives, SIGINT, SIGTERM and SIGHUP end the commands before us. A signal
// that our caller ignores stays ignored.
class SignalForwarding {
 public:
  SignalForwarding() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (users_++) return;
    // Where SIGCHLD is ignored, nobody is told how a child ended.
    struct sigaction child;
    ::sigaction(SIGCHLD, nullptr, &child);
    if (child.sa_handler == SIG_IGN) ::signal(SIGCHLD, SIG_DFL);
    for (int i = 0; i < 3; ++i) {
      struct sigaction action = {};
      action.sa_handler = end_keepers_and_die;
      action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
      ::sigaction(kSignals[i], nullptr, &old_[i]);
      if (old_[i].sa_handler != SIG_IGN) ::sigaction(kSignals[i], &action, nullptr);
    }
  }
  ~SignalForwarding() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (--users_) return;
    for (int i = 0; i < 3; ++i) ::sigaction(kSignals[i], &old_[i], nullptr);
  }
  SignalForwarding(const SignalForwarding&) = delete;
  SignalForwarding& operator=(const SignalForwarding&) = delete;

 private:
  static constexpr int kSignals[3] = {SIGINT, SIGTERM, SIGHUP};
  static inline std::mutex mutex_;
  static inline int users_ = 0;
  static inline struct sigaction old_[3];
};

// Enters a keeper for the handler. When all slots are taken it still ends with us, only
// without being waited for.
class Entered {
 public:
  explicit Entered(pid_t keeper) {
    for (std::atomic<pid_t>& slot : g_keepers) {
      pid_t free = 0;
      if (slot.compare_exchange_strong(free, keeper)) {
        slot_ = &slot;
        return;
      }
    }
  }
  ~Entered() {
    if (slot_) slot_->store(0);
  }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

 private:
  std::atomic<pid_t>* slot_ = nullptr;
};

struct Pipe {
  Fd read, write;
};

Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return Error{"cannot make a pipe: " + errno_text(errno)};
  return Pipe{Fd(fds[0]), Fd(fds[1])};
}

// Reads both pipes until their ends. A keeper that ends before that was killed: what it
// kept is ended then, or it might hold the pipes for ever.
void drain(const Pipe& out, const Pipe* err, const Pipe& report, pid_t keeper,
           ProcessOutput& result) {
  char buffer[16384];
  pollfd fds[3] = {{out.read.get(), POLLIN, 0},
                   {err ? err->read.get() : -1, POLLIN, 0},
                   {report.read.get(), 0, 0}};
  std::string* into[2] = {&result.out, &result.err};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    if (::poll(fds, 3, -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    for (int i = 0; i < 2; ++i) {
      if (fds[i].fd < 0 || !fds[i].revents) continue;
      ssize_t n = ::read(fds[i].fd, buffer, sizeof buffer);
      if (n > 0) into[i]->append(buffer, static_cast<size_t>(n));
      if (n == 0 || (n < 0 && errno != EINTR)) fds[i].fd = -1;
    }
    if (fds[2].fd >= 0 && fds[2].revents) {
      fds[2].fd = -1;
      end_session(keeper);
    }
  }
}

}  // namespace

std::string find_program(const std::string& name) {
  auto runnable = [](const std::string& path) {
    return is_regular_file(path) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) return runnable(name) ? absolute_path(name) : "";
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
  for (;;) {
    size_t colon = rest.find(':');
    std::string_view folder = rest.substr(0, colon);
    std::string candidate = join_path(folder.empty() ? "." : folder, name);
    if (runnable(candidate)) return absolute_path(candidate);
    if (colon == std::string_view::npos) return "";
    rest.remove_prefix(colon + 1);
  }
}

Result<ProcessOutput> run_process(const std::vector<std::string>& argv,
                                  const ProcessOptions& options) {
  std::string program = find_program(argv.at(0));
  if (program.empty()) return Error{"cannot run '" + argv[0] + "': no such program"};
  std::vector<char*> arguments;
  for (const std::string& word : argv) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  Result<Pipe> out = make_pipe(), err = make_pipe(), report = make_pipe();
  for (Result<Pipe>* p : {&out, &err, &report})
    if (!*p) return p->error();

  SignalForwarding forwarding;
  pid_t keeper = start_keeper({program.c_str(), arguments.data(),
                               options.directory.empty() ? nullptr : options.directory.c_str(),
                               out->write.get(), options.capture_err ? err->write.get() : -1,
                               report->write.get()});
  if (keeper < 0) return Error{"cannot start '" + argv[0] + "': " + errno_text(errno)};
  Entered entered(keeper);
  out->write.reset(-1);
  err->write.reset(-1);
  report->write.reset(-1);

  ProcessOutput result;
  drain(*out, options.capture_err ? &*err : nullptr, *report, keeper, result);
  ::kill(keeper, kKeeperDrained);
  int status = 0;
  pid_t waited;
  while ((waited = ::waitpid(keeper, &status, 0)) < 0 && errno == EINTR) {
  }
  if (waited < 0) return Error{"cannot wait for '" + argv[0] + "': " + errno_text(errno)};
  if (WIFSIGNALED(status)) end_session(keeper);
  int error_number = 0;
  if (::read(report->read.get(), &error_number, sizeof error_number) == sizeof error_number)
    return Error{"cannot run '" + argv[0] + "': " + errno_text(error_number)};
  result.exit_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

Result<ProcessOutput> run_shell(const std::string& line, const ProcessOptions& options) {
  return run_process({"/bin/sh", "-c", line}, options);
}

}  // namespace fbuild
