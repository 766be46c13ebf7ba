#include "stamp/ninja_lock.h"

#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "stamp/gate.h"
#include "support/files.h"

namespace fbuild::stamp {

namespace {

struct Process {
  long id = 0;
  long parent = 0;
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
  if (std::sscanf(rest, " %c %ld", &state, &out.parent) != 2 || state == 'Z' || state == 'X')
    return Process{};
  int field = 2;  // of those behind the name; the start time is the 20th
  for (const char* p = rest; *p; ++p)
    if (*p == ' ' && ++field == 22) out.started = std::strtoull(p + 1, nullptr, 10);
  out.id = id;
  return out;
}

// The process that started us, shells in between left out.
Process starter() {
  Process process = find_process(::getppid());
  for (const char* shell : {"sh", "dash", "bash", "busybox"})
    if (process.name == shell && process.parent > 1)
      if (Process above = find_process(process.parent); above.id) process = above;
  return process;
}

bool is_ancestor(long id) {
  for (Process p = find_process(::getppid()); p.id > 1; p = find_process(p.parent))
    if (p.id == id) return true;
  return false;
}

}  // namespace

Status lock_for_ninja(const std::string& build_dir, bool wait) {
  std::string path = join_path(build_dir, "ninja.lock");
  Process ours = starter();
  std::string mine = std::to_string(ours.id) + " " + std::to_string(ours.started) + "\n";
  for (bool told = false;; told = true) {
    Result<Fd> guard = lock_gate(build_dir);
    if (!guard) return guard.error();
    Result<std::string> text = read_file(path);
    if (text && *text == mine) return {};
    long id = 0;
    unsigned long long started = 0;
    bool held = text && std::sscanf(text->c_str(), "%ld %llu", &id, &started) == 2;
    if (held) {
      Process other = find_process(id);
      held = other.id && other.started == started;
    }
    if (!held) return replace_file(path, mine);
    guard->reset(-1);
    if (!wait || is_ancestor(id))
      return Error{"another ninja (process " + std::to_string(id) + ") is building this project",
                   "let it end, then try again", build_dir};
    if (!told)
      std::fprintf(
          stderr, "fbuild: waiting for another ninja (process %ld) that builds this project\n", id);
    timespec pause = {0, 50 * 1000 * 1000};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace fbuild::stamp
