// Everything behind the fork runs in the copy of a process that may have had threads: only
// async-signal-safe calls, no allocation.
#include "support/keeper.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <initializer_list>

namespace fbuild {

namespace {

// The file's first bytes, ended by a zero; how many. -1: it cannot be read.
ssize_t read_start(const char* path, char* buffer, size_t size) {
  int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t n = ::read(fd, buffer, size - 1);
  ::close(fd);
  if (n >= 0) buffer[n] = 0;
  return n;
}

uint64_t to_number(const char* text) {
  uint64_t value = 0;
  while (*text >= '0' && *text <= '9') value = 10 * value + static_cast<uint64_t>(*text++ - '0');
  return value;
}

// Appends the number to a text with room for it; the new end.
char* put_number(char* end, uint64_t value) {
  char digits[20];
  int n = 0;
  do digits[n++] = static_cast<char>('0' + value % 10);
  while (value /= 10);
  while (n) *end++ = digits[--n];
  *end = 0;
  return end;
}

// Field `number` of a /proc/PID/stat, from 3 (the state) on; "" when there are not so many.
// The second field is a name that may hold anything, so count from its last parenthesis.
const char* stat_field(const char* text, int number) {
  const char* at = std::strrchr(text, ')');
  for (int field = 2; at && field < number; ++field)
    if ((at = std::strchr(at, ' '))) ++at;
  return at ? at : "";
}

constexpr int kParentField = 4, kSessionField = 6;

// Kills every process that is alive and has `value` in that field of its stat. How many
// there were that we may kill.
int kill_those(int field, pid_t value) {
  int proc = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0) return 0;
  struct Entry {  // linux_dirent64
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[1];
  };
  alignas(Entry) char entries[8192];
  char path[64], text[512];
  int killed = 0;
  for (long n; (n = ::syscall(SYS_getdents64, proc, entries, sizeof entries)) > 0;) {
    for (long at = 0; at < n;) {
      const Entry* entry = reinterpret_cast<const Entry*>(entries + at);
      at += entry->length;
      const char* name = entries + (at - entry->length) + offsetof(Entry, name);
      pid_t pid = static_cast<pid_t>(to_number(name));
      if (pid <= 1 || pid == ::getpid()) continue;
      std::strcpy(path, "/proc/");
      std::strcpy(put_number(path + 6, static_cast<uint64_t>(pid)), "/stat");
      if (read_start(path, text, sizeof text) <= 0) continue;
      char state = *stat_field(text, 3);
      if (state == 'Z' || state == 'X') continue;
      if (to_number(stat_field(text, field)) != static_cast<uint64_t>(value)) continue;
      if (::kill(pid, SIGKILL) == 0) ++killed;
    }
  }
  ::close(proc);
  return killed;
}

// Kills our children, and those that become ours by that, until there are none; or none
// that we may kill.
void end_children() {
  for (;;) {
    pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
    if (pid > 0) continue;
    if (pid < 0 && errno != EINTR) return;
    if (kill_those(kParentField, ::getpid()) == 0) {
      // Only what cannot be killed is left; or what died meanwhile.
      if (::waitpid(-1, nullptr, WNOHANG) <= 0) return;
      continue;
    }
    ::waitpid(-1, nullptr, 0);
  }
}

// The program's name and arguments, as `ps` and `pkill` see them.
void rename_us(const char* name) {
  ::prctl(PR_SET_NAME, name);
  char text[1024];
  if (read_start("/proc/self/stat", text, sizeof text) <= 0) return;
  char* begin = reinterpret_cast<char*>(to_number(stat_field(text, 48)));
  char* end = reinterpret_cast<char*>(to_number(stat_field(text, 49)));
  size_t length = std::strlen(name);
  if (!begin || end <= begin || static_cast<size_t>(end - begin) <= length) return;
  std::memset(begin, 0, static_cast<size_t>(end - begin));
  std::memcpy(begin, name, length);
}

[[noreturn]] void run_command(const KeptCommand& command, pid_t keeper, const sigset_t& mask) {
  ::setpgid(0, 0);  // so that `kill 0` in a script does not mean the keeper
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != keeper) ::_exit(127);
  // Ignored signals stay ignored, as nohup wants; handlers are those of our program.
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action;
    ::sigaction(number, nullptr, &action);
    if (action.sa_handler != SIG_IGN) ::signal(number, SIG_DFL);
  }
  int null = ::open("/dev/null", O_RDONLY);
  if (null > 0) ::dup2(null, 0);
  if (null > 2) ::close(null);
  ::dup2(command.out, 1);
  if (command.err >= 0) ::dup2(command.err, 2);
  int error_number = 0;
  if (command.directory && ::chdir(command.directory) != 0) {
    error_number = errno;
  } else {
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
    ::execv(command.program, command.argv);
    error_number = errno;
  }
  [[maybe_unused]] ssize_t n = ::write(command.report, &error_number, sizeof error_number);
  ::_exit(127);
}

void close_all_but(int kept) {
  unsigned above = static_cast<unsigned>(kept) + 1;
  if (::close_range(0, above - 2, 0) == 0 && ::close_range(above, ~0u, 0) == 0) return;
  for (int fd = 0; fd < 1024; ++fd)
    if (fd != kept) ::close(fd);
}

// All signals are blocked here.
[[noreturn]] void keep(const KeptCommand& command, pid_t parent, const sigset_t& mask) {
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_PDEATHSIG, kKeeperEnd);
  if (::getppid() != parent) ::_exit(127);  // it died before it could be told apart
  ::signal(SIGCHLD, SIG_DFL);               // where it is ignored, there is nothing to wait for
  char name[32] = "reaper ";
  put_number(name + 7, static_cast<uint64_t>(parent));
  rename_us(name);

  // vfork: our memory may be large, and is not needed twice.
  pid_t keeper = ::getpid();
  pid_t child = ::vfork();
  if (child == 0) run_command(command, keeper, mask);
  if (child < 0) {
    int error_number = errno;
    [[maybe_unused]] ssize_t n = ::write(command.report, &error_number, sizeof error_number);
    ::_exit(127);
  }
  // Whoever reads a pipe of the command, or one of another thread's, waits for its end.
  close_all_but(command.report);

  sigset_t awaited;
  ::sigemptyset(&awaited);
  for (int number : {SIGCHLD, SIGINT, SIGHUP, SIGQUIT, kKeeperDrained, kKeeperEnd})
    ::sigaddset(&awaited, number);
  bool ended = false, drained = false;
  int status = 0;
  while (!ended || !drained) {
    int number = ::sigwaitinfo(&awaited, nullptr);
    if (number == SIGCHLD) {
      // One signal may stand for several children.
      int one = 0;
      for (pid_t pid; (pid = ::waitpid(-1, &one, WNOHANG)) > 0;)
        if (pid == child) {
          ended = true;
          status = one;
        }
    } else if (number == kKeeperDrained) {
      drained = true;
    } else if (number > 0) {
      end_children();
      ::_exit(128 + number);
    }
  }
  end_children();
  ::_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

}  // namespace

pid_t start_keeper(const KeptCommand& command) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t parent = ::getpid();
  pid_t pid = ::fork();
  if (pid == 0) keep(command, parent, before);
  int error_number = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error_number;
  return pid;
}

void end_session(pid_t keeper) {
  // Not for ever: what we may not kill, or what the kernel does not let die, stays.
  for (int i = 0; i < 100 && kill_those(kSessionField, keeper) > 0; ++i) {
    timespec pause = {0, 5 * 1000 * 1000};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace fbuild
