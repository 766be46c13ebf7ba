#include "support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "support/files.h"

namespace fbuild {

namespace {

// The group to take with us when a signal ends this process; 0 when no child runs.
volatile sig_atomic_t g_child_group = 0;

void forward_and_die(int signal_number) {
  if (g_child_group > 0) ::kill(-static_cast<pid_t>(g_child_group), SIGKILL);
  // SA_RESETHAND has put the default action back: die of the same signal.
  ::raise(signal_number);
}

// While it lives, SIGINT, SIGTERM and SIGHUP kill the child's group before us. A signal
// that our caller ignores stays ignored.
class SignalForwarding {
 public:
  SignalForwarding() {
    for (int i = 0; i < 3; ++i) {
      struct sigaction action = {};
      action.sa_handler = forward_and_die;
      action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
      ::sigaction(kSignals[i], nullptr, &old_[i]);
      if (old_[i].sa_handler != SIG_IGN) ::sigaction(kSignals[i], &action, nullptr);
    }
  }
  ~SignalForwarding() {
    g_child_group = 0;
    for (int i = 0; i < 3; ++i) ::sigaction(kSignals[i], &old_[i], nullptr);
  }
  SignalForwarding(const SignalForwarding&) = delete;
  SignalForwarding& operator=(const SignalForwarding&) = delete;

 private:
  static constexpr int kSignals[3] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction old_[3];
};

struct Pipe {
  Fd read, write;
};

Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return Error{"cannot make a pipe: " + errno_text(errno)};
  return Pipe{Fd(fds[0]), Fd(fds[1])};
}

// In the child, after fork: only async-signal-safe calls.
[[noreturn]] void run_child(char* const* argv, const char* program, const char* directory,
                            int out, int err, int report, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died before prctl
  int null = ::open("/dev/null", O_RDONLY);
  if (null >= 0) ::dup2(null, 0);
  ::dup2(out, 1);
  if (err >= 0) ::dup2(err, 2);
  int error_number = 0;
  if (directory && ::chdir(directory) != 0) {
    error_number = errno;
  } else {
    ::execv(program, argv);
    error_number = errno;
  }
  [[maybe_unused]] ssize_t n = ::write(report, &error_number, sizeof error_number);
  ::_exit(127);
}

// Reads both pipes until their ends.
void drain(Pipe& out, Pipe* err, ProcessOutput& result) {
  char buffer[16384];
  pollfd fds[2] = {{out.read.get(), POLLIN, 0}, {err ? err->read.get() : -1, POLLIN, 0}};
  std::string* into[2] = {&result.out, &result.err};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    if (::poll(fds, 2, -1) < 0 && errno != EINTR) return;
    for (int i = 0; i < 2; ++i) {
      if (fds[i].fd < 0 || !fds[i].revents) continue;
      ssize_t n = ::read(fds[i].fd, buffer, sizeof buffer);
      if (n > 0) into[i]->append(buffer, static_cast<size_t>(n));
      if (n == 0 || (n < 0 && errno != EINTR)) fds[i].fd = -1;
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
  pid_t parent = ::getpid();
  pid_t pid = ::fork();
  if (pid < 0) return Error{"cannot start '" + argv[0] + "': " + errno_text(errno)};
  if (pid == 0)
    run_child(arguments.data(), program.c_str(),
              options.directory.empty() ? nullptr : options.directory.c_str(),
              out->write.get(), options.capture_err ? err->write.get() : -1,
              report->write.get(), parent);
  ::setpgid(pid, pid);  // in both, so that neither order leaves a gap
  g_child_group = pid;
  out->write.reset(-1);
  err->write.reset(-1);
  report->write.reset(-1);

  ProcessOutput result;
  drain(*out, options.capture_err ? &*err : nullptr, result);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  // A grandchild that closed its output may still run; nothing stays behind.
  ::kill(-pid, SIGKILL);
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
