#include "generator/nested/nested_ninja.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "generator/platform/compiler.h"
#include "support/files.h"
#include "support/process.h"

namespace fbuild {

const std::vector<const char*>& host_build_variables() {
  static const std::vector<const char*> kNames = {
      // What makefiles and configure scripts go by.
      "CC", "CXX", "CPP", "AS", "AR", "LD", "NM", "RANLIB", "OBJCOPY", "OBJDUMP", "STRIP", "FC",
      "CFLAGS", "CXXFLAGS", "CPPFLAGS", "ASFLAGS", "LDFLAGS", "ARFLAGS", "FFLAGS", "LDLIBS",
      "CROSS_COMPILE", "CMAKE_TOOLCHAIN_FILE",
      // What GCC itself goes by, for whatever it compiles.
      "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "LIBRARY_PATH",
      "COMPILER_PATH", "GCC_EXEC_PREFIX", "DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES",
      "LDEMULATION", "GNUTARGET",
      // And the launchers of compilers.
      "CCACHE_COMPILER", "CCACHE_COMPILERTYPE", "ICECC_CC", "ICECC_CXX"};
  return kNames;
}

// " -j4 --jobserver-auth=3,4", "ks -j2 --jobserver-auth=fifo:/tmp/GMfifo1"; what comes
// behind " -- " are variables.
OuterJobs read_makeflags(std::string_view flags) {
  OuterJobs out;
  flags = flags.substr(0, flags.find(" -- "));
  while (!flags.empty()) {
    size_t end = std::min(flags.find(' '), flags.size());
    std::string_view word = flags.substr(0, end);
    flags.remove_prefix(std::min(end + 1, flags.size()));
    if (word.starts_with("-j"))
      out.jobs = std::max(0, std::atoi(std::string(word.substr(2)).c_str()));
    if (word.starts_with("--jobserver-auth=fifo:")) out.job_server = true;
  }
  return out;
}

namespace {

bool knows_job_server(const std::string& ninja) {
  Result<ProcessOutput> version = run_process({ninja, "--version"});
  return version && version->exit_status == 0 && compare_versions(version->out, "1.13") >= 0;
}

// Held by the command, which inherits the descriptor.
Status take_turn(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT, 0666);
  if (fd < 0)
    return Error{"cannot open the lock: " + errno_text(errno),
                 "name a file in a folder that exists", path};
  while (::flock(fd, LOCK_EX) != 0)
    if (errno != EINTR) return Error{"cannot lock it: " + errno_text(errno), "", path};
  return {};
}

}  // namespace

Error run_nested(const std::vector<std::string>& words) {
  if (words.size() < 3 || words[1] != "--")
    return Error{"--nested takes LOCK -- COMMAND...", "it is for build files"};
  std::vector<std::string> command(words.begin() + 2, words.end());
  const char* flags = std::getenv("MAKEFLAGS");
  OuterJobs outer = read_makeflags(flags ? flags : "");
  if (outer.job_server && words[0] != "-" && knows_job_server(command[0])) {
    // It takes its jobs from there, as long as it is not told how many.
  } else {
    for (const char* name : {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "GNUMAKEFLAGS"}) ::unsetenv(name);
    const char* level = std::getenv("CMAKE_BUILD_PARALLEL_LEVEL");
    if (outer.jobs == 0 && level) outer.jobs = std::max(0, std::atoi(level));
    if (words[0] != "-") {
      if (Status s = take_turn(words[0]); !s) return s.error();
      if (outer.jobs > 0) command.insert(command.begin() + 1, "-j" + std::to_string(outer.jobs));
    }
  }
  for (const char* name : host_build_variables()) ::unsetenv(name);
  std::vector<char*> argv;
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  return Error{"cannot run '" + command[0] + "': " + errno_text(errno)};
}

}  // namespace fbuild
