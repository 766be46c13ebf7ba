#include "stamp/ninja_lock.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <vector>

#include "stamp/gate.h"
#include "support/files.h"

namespace fbuild::stamp {

namespace {

struct Process {
  long id = 0;
  long parent = 0, group = 0, session = 0;
  unsigned long long started = 0;  // clock ticks since boot
  std::string name;
};

// None (id 0) when there is no such process.
Process find_process(long id) {
  Result<std::string> text = read_file("/proc/" + std::to_string(id) + "/stat");
  Process out;
  if (!text) return out;
  // PID (NAME) STATE PPID ...; the name may hold anything, so count from the last ')'.
  size_t open = text->find('('), close = text->rfind(')');
  if (open == std::string::npos || close == std::string::npos) return out;
  out.name = text->substr(open + 1, close - open - 1);
  char state = 0;
  const char* rest = text->c_str() + close + 1;
  if (std::sscanf(rest, " %c %ld %ld %ld", &state, &out.parent, &out.group, &out.session) != 4 ||
      state == 'Z' || state == 'X')
    return Process{};
  int field = 2;  // of those behind the name; the start time is the 20th
  for (const char* p = rest; *p; ++p)
    if (*p == ' ' && ++field == 22) out.started = std::strtoull(p + 1, nullptr, 10);
  out.id = id;
  return out;
}

bool is_ninja(const std::string& name) {
  return name == "ninja" || name == "ninja-build" || name == "samu" || name == "n2";
}

// Whether whoever started the process is gone, and it fell to one that adopts orphans: the
// first process, or the one that serves a whole login.
bool is_orphan(long parent, long session) {
  if (parent == 1) return !is_ninja(find_process(1).name);
  return parent <= 0 || ::getsid(static_cast<pid_t>(parent)) != session;
}

// The process that started us, shells in between left out. None when it is gone.
Process starter() {
  static Process found;
  static pid_t found_by = 0;
  pid_t parent = ::getppid();
  if (found_by == parent) return found;
  if (is_orphan(parent, ::getsid(0))) return {};
  Process process = find_process(parent);
  for (const char* shell : {"sh", "dash", "bash", "busybox"})
    if (process.name == shell && process.parent > 1)
      if (Process above = find_process(process.parent); above.id) process = above;
  found = process;
  found_by = parent;
  return process;
}

bool is_ancestor(long id) {
  for (Process p = find_process(::getppid()); p.id > 1; p = find_process(p.parent))
    if (p.id == id) return true;
  return false;
}

// Of one length, so that it can be written over.
constexpr size_t kLockSize = 64;

std::string lock_text(const Process& ninja) {
  std::string out = std::to_string(ninja.id) + " " + std::to_string(ninja.started) + " " +
                    std::to_string(ninja.session);
  out.resize(kLockSize - 1, ' ');
  return out + "\n";
}

// Commands that the ninja which had the lock left running: process groups of orphans in its
// session that work in this directory and name the build directory in their arguments. Their
// sessions are looked at first: that costs the least, and few processes share one.
std::vector<Process> leftovers(const std::string& build_dir, const Process& dead,
                               const Process& ninja) {
  std::vector<Process> out;
  char here[PATH_MAX], there[PATH_MAX];
  // Groups of those that we run for: where a whole session was started detached (by cron, in a
  // container), its leader looks like an orphan, and all of it may share one group.
  std::set<long> ours;
  for (Process p = find_process(::getpid()); p.id > 0; p = find_process(p.parent))
    ours.insert(p.group);
  std::unique_ptr<DIR, int (*)(DIR*)> proc(::opendir("/proc"), ::closedir);
  if (!proc || !::getcwd(here, sizeof here)) return out;
  while (const dirent* entry = ::readdir(proc.get())) {
    long id = std::atol(entry->d_name);
    if (id <= 1 || id == ::getpid() || ::getsid(static_cast<pid_t>(id)) != dead.session) continue;
    std::string folder = "/proc/" + std::to_string(id);
    ssize_t n = ::readlink((folder + "/cwd").c_str(), there, sizeof there - 1);
    if (n <= 0 || std::string_view(there, static_cast<size_t>(n)) != here) continue;
    Process process = find_process(id);
    if (!process.id || process.started < dead.started || ours.count(process.group)) continue;
    Result<std::string> arguments = read_file(folder + "/cmdline");
    if (!arguments || arguments->find(build_dir) == std::string::npos) continue;
    Process leader = find_process(process.group);
    if (!leader.id) leader = process;
    if (leader.id == ninja.id || leader.name == ninja.name || is_ninja(leader.name)) continue;
    if (is_orphan(leader.parent, leader.session)) out.push_back(process);
  }
  return out;
}

void end_leftovers(const std::string& build_dir, const Process& dead, const Process& ninja) {
  for (int number : {SIGTERM, SIGKILL}) {
    std::vector<Process> left = leftovers(build_dir, dead, ninja);
    if (left.empty()) return;
    if (number == SIGTERM)
      std::fprintf(stderr, "fbuild: ends what a ninja that was killed left running\n");
    for (const Process& process : left) ::kill(static_cast<pid_t>(-process.group), number);
    for (int i = 0; i < 200 && !left.empty(); ++i) {
      timespec pause = {0, 5 * 1000 * 1000};
      ::nanosleep(&pause, nullptr);
      std::erase_if(left, [](const Process& p) { return find_process(p.id).started != p.started; });
    }
  }
}

// Whether a ninja that loaded what is loaded now could have been compiling.
bool may_have_built(const std::string& build_dir) {
  PlanState state = read_state(join_path(build_dir, "plan.state"));
  return state.environments.empty() ||
         std::any_of(state.environments.begin(), state.environments.end(),
                     [](const auto& item) { return !item.second.clean; });
}

Status link_planned(const std::string& build_dir, const Process& ninja) {
  std::string target = "/proc/" + std::to_string(ninja.id) + "/cwd";
  if (build_dir[0] != '/') target += "/" + build_dir + "/gate";
  std::string path = join_path(build_dir, "planned");
  // Under the gate's lock: nobody else makes it, and its ninja waits for us.
  if ((::unlink(path.c_str()) != 0 && errno != ENOENT) ||
      ::symlink(target.c_str(), path.c_str()) != 0)
    return Error{"cannot be made: " + errno_text(errno), "", path};
  return {};
}

// In place: only those who hold the gate's lock read it, and half of it is nobody's lock. Not
// emptied first, on which ext4 would write it out before it goes on (0.3 ms).
Status write_lock(const std::string& path, const std::string& text) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  struct stat st;
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fstat(fd.get(), &st) != 0 ||
      (st.st_size != static_cast<off_t>(text.size()) &&
       ::ftruncate(fd.get(), static_cast<off_t>(text.size())) != 0))
    return Error{"cannot be written: " + errno_text(errno), "", path};
  return {};
}

Error gone() {
  return Error{"the ninja that started this is gone", "run ninja again"};
}

}  // namespace

void end_with_ninja() {
  // SIGTERM: commands that we run are ended with us.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
}

Status lock_for_ninja(const std::string& build_dir, bool wait) {
  std::string path = join_path(build_dir, "ninja.lock");
  Process ours = starter();
  if (!ours.id) return gone();
  std::string mine = lock_text(ours);
  for (bool told = false;; told = true) {
    Result<Fd> guard = lock_gate(build_dir);
    if (!guard) return guard.error();
    Result<std::string> text = read_file(path);
    if (text && *text == mine) return {};
    Process holder;
    bool known = text && std::sscanf(text->c_str(), "%ld %llu %ld", &holder.id, &holder.started,
                                     &holder.session) == 3;
    Process other = known ? find_process(holder.id) : Process{};
    if (!other.id || other.started != holder.started) {
      if (known && may_have_built(build_dir)) end_leftovers(build_dir, holder, ours);
      if (Status s = link_planned(build_dir, ours); !s) return s;
      return write_lock(path, mine);
    }
    guard->reset(-1);
    if (!wait || is_ancestor(other.id))
      return Error{
          "another ninja (process " + std::to_string(other.id) + ") is building this project",
          "let it end, then try again", build_dir};
    if (!told)
      std::fprintf(stderr,
                   "fbuild: waiting for another ninja (process %ld) that builds this project\n",
                   other.id);
    timespec pause = {0, 50 * 1000 * 1000};
    ::nanosleep(&pause, nullptr);
  }
}

std::string ninja_identity() {
  Process ours = starter();
  return ours.id ? lock_text(ours) : "";
}

bool asks_for_environments(const std::function<bool(const std::string&)>& known) {
  Process ours = starter();
  if (!ours.id || !is_ninja(ours.name)) return false;
  Result<std::string> words = read_file("/proc/" + std::to_string(ours.id) + "/cmdline");
  if (!words) return false;
  size_t at = words->find('\0');  // behind the program's name
  bool is_value = false;
  while (at != std::string::npos && ++at < words->size()) {
    size_t end = words->find('\0', at);
    std::string word = words->substr(at, end - at);
    at = end;
    if (is_value) {
      is_value = false;
    } else if (word[0] != '-' || word.size() < 2) {
      if (!known(word)) return false;
    } else if (word[1] == '-') {
      if (word != "--verbose" && word != "--quiet") return false;
    } else {
      // Letters without a value, then perhaps one with: here, or in the next word.
      size_t letter = word.find_first_not_of('v', 1);
      if (letter == std::string::npos) continue;
      if (std::strchr("Cdjklw", word[letter]) == nullptr) return false;  // -f, -n, -t...
      is_value = letter + 1 == word.size();
    }
  }
  return true;
}

Status check_ninja_lock(const std::string& build_dir) {
  Process ours = starter();
  if (!ours.id) return gone();
  Result<std::string> text = read_file(join_path(build_dir, "ninja.lock"));
  if (text && *text == lock_text(ours)) return {};
  return Error{"another ninja took this build over", "run ninja again", build_dir};
}

}  // namespace fbuild::stamp
