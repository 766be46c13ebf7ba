// The program itself: its command line, killed at any instant, and many at once.
//
// FBUILD_KILLS: how often to kill (default 150). FBUILD_CROWD_ROUNDS: how long the crowd
// works (default 12 rounds per process). FBUILD_PROCESS_SEED: the random seed.
#include "support/process.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "stamp/watch.h"
#include "tests/stamp/scratch.h"

using namespace fbuild;
using namespace fbuild::stamp;

namespace {

const std::string kProgram = FBUILD_BIN_DIR "/fbuild-stamp";

struct Ran {
  int status = -1;
  std::string out, err;
};

// Runs a shell line with $S standing for the program and its table.
Ran sh(const Scratch& scratch, const std::string& line) {
  ProcessOptions options;
  options.directory = scratch.path;
  options.capture_err = true;
  Result<ProcessOutput> result =
      run_shell("S='" + kProgram + " --table build/table'; " + line, options);
  REQUIRE(result);
  return {result->exit_status, result->out, result->err};
}

uint64_t seed() {
  const char* text = std::getenv("FBUILD_PROCESS_SEED");
  uint64_t value = text ? std::strtoull(text, nullptr, 10) : std::random_device{}();
  std::printf("FBUILD_PROCESS_SEED=%llu\n", static_cast<unsigned long long>(value));
  std::fflush(stdout);
  return value;
}

long number(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text ? std::atol(text) : otherwise;
}

pid_t start(const Scratch& scratch, std::vector<std::string> arguments, const std::string& input) {
  std::vector<std::string> words = {kProgram, "--table", scratch / "build/table"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, input.c_str(), O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 2, (scratch / "errors").c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
  pid_t pid = -1;
  int error = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  REQUIRE(error == 0);
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

Hash128 bare_fingerprint(const Scratch& scratch, const std::string& name) {
  Session bare(scratch / "build/table", false);
  CheckOptions exact;
  exact.window = 0;
  auto status = bare.check({&name, 1}, exact);
  REQUIRE_MESSAGE(status, status.error().text());
  return status->front().fingerprint;
}

}  // namespace

TEST_CASE("the command line") {
  Scratch s;
  write_text(s / "src/main.c", "1");
  write_text(s / "fw.elf", "1");
  settle();
  Ran r = sh(s, "printf 'metadata ab\\nroot project src\\nartifact fw.elf\\n' | $S define uno");
  CHECK_MESSAGE(r.status == 0, r.err);
  r = sh(s, "$S check uno");
  CHECK(r.status == 0);
  CHECK(r.out.starts_with("uno "));
  CHECK(r.out.ends_with(" unsealed\n"));
  CHECK(r.err.empty());
  std::string token = r.out.substr(4 + 33, 49);
  CHECK(sh(s, "$S check uno --exit-code").status == 1);
  r = sh(s, "$S seal uno " + token);
  CHECK_MESSAGE(r.status == 0, r.err);
  CHECK(sh(s, "$S check uno --exit-code").status == 0);
  CHECK(sh(s, "$S status").out == "uno: clean\n");
  CHECK(sh(s, "$S explain uno").out == "uno: clean\n");
  CHECK(sh(s, "$S verify").status == 0);
  r = sh(s, "$S list uno");
  CHECK(r.out ==
        hex(hash_text("1")) + " 1 src/main.c\n" + hex(hash_text("1")) + " 1 fw.elf (artifact)\n");
  r = sh(s, "$S stats --json");
  CHECK(r.out.find("\"sets\": 1") != std::string::npos);
  CHECK(r.out.find("\"files_hashed\": 0") != std::string::npos);

  // --write leaves an unchanged file alone.
  CHECK(sh(s, "$S check uno --write fp").status == 0);
  struct stat before, after;
  ::stat((s / "fp").c_str(), &before);
  settle();
  CHECK(sh(s, "$S check uno --write fp").status == 0);
  ::stat((s / "fp").c_str(), &after);
  CHECK(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
  CHECK(sh(s, "$S check uno --write /dev/full").status == 2);
  CHECK(::stat("/dev/full", &after) == 0);
  CHECK(S_ISCHR(after.st_mode));
  write_text(s / "src/main.c", "2");
  r = sh(s, "$S check uno --write fp --exit-code -v");
  CHECK(r.status == 1);
  CHECK(r.err.starts_with("uno is dirty: src/main.c: content changed (1 bytes, as before)\n"));
  ::stat((s / "fp").c_str(), &after);
  CHECK(before.st_ino != after.st_ino);
  CHECK(sh(s, "$S explain uno").out == "src/main.c: content changed (1 bytes, as before)\n");
  CHECK(sh(s, "$S status uno --exit-code").status == 1);
  r = sh(s, "$S seal uno " + token);
  CHECK(r.status == 1);
  CHECK(r.err.find("is not sealed: the token is superseded") != std::string::npos);

  // The whole project moves: same fingerprint, still clean.
  write_text(s / "src/main.c", "1");
  CHECK(sh(s, "$S check uno --exit-code").status == 0);
  std::string moved = s / "moved";
  r = sh(s,
         "mkdir ../moved-$$ && cp -r . ../moved-$$/ && cd ../moved-$$ && $S check uno --exit-code; "
         "x=$?; rm -rf ../moved-$$; exit $x");
  CHECK_MESSAGE(r.status == 0, r.out << r.err);

  // Bad calls: one line, status 2, nothing written.
  auto bad = [&](const std::string& line, const std::string& text) {
    Ran ran = sh(s, line);
    CHECK_MESSAGE(ran.status == 2, line);
    CHECK_MESSAGE(ran.err.find(text) != std::string::npos, ran.err);
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  };
  bad("$S", "no command given; see");
  bad("$S chek uno", "unknown command 'chek'; did you mean 'check'?");
  bad("$S check", "check needs more than that; fbuild-stamp check SET...");
  bad("$S check unoo", "there is no watch set 'unoo'; did you mean 'uno'?");
  bad("$S check uno --exitcode", "unknown option '--exitcode'; did you mean '--exit-code'?");
  bad("$S check uno --json", "--json is no option of check; it goes with stats");
  bad("$S check uno --write", "--write needs a file");
  bad("$S seal uno a b", "seal takes less than that");
  bad("echo 'root projct x' | $S define uno",
      "<stdin>:1:6: 'projct' is no kind of root; did you mean 'project'?");
  bad("echo 'root project x' | $S define 'a b'", "cannot be the name of a set");
  bad("$S drop nope", "there is no watch set 'nope'");
  CHECK(sh(s, "$S check uno --exit-code").status == 0);
  CHECK(sh(s, "$S --help").out.starts_with("usage: fbuild-stamp"));
  CHECK(sh(s, "$S --version").out.starts_with("fbuild-stamp "));
  CHECK(sh(s, "FBUILD_PERF_LOG=1 $S check uno").err.find("look") != std::string::npos);
  CHECK(sh(s, "$S check uno >/dev/full").status == 2);
  CHECK(sh(s, "$S drop uno && $S status").out.empty());
  CHECK(sh(s, "$S clear && test ! -e build/table").status == 0);
}

// What was written shortly before is not believed after a crash; and where boots cannot be
// told apart, there may have been one.
TEST_CASE("without a boot's name, recent files are read again") {
  Scratch s;
  if (sh(s, "unshare -m mount -t tmpfs none /proc").status != 0) return;  // not allowed here
  write_text(s / "src/a.c", "1");
  settle();
  sh(s, "printf 'root project src\\n' | $S define set; $S check set");
  CHECK(sh(s, "$S check set -v").err.find("files_hashed=0") != std::string::npos);
  for (int i = 0; i < 3; ++i) {
    Ran r = sh(s, "export S; unshare -m sh -c 'mount -t tmpfs none /proc; $S check set -v'");
    CHECK_MESSAGE(r.err.find("files_hashed=1") != std::string::npos, r.err);
  }
}

TEST_CASE("killed at any instant, a table is the old one or the new one") {
  Scratch s;
  std::mt19937_64 random(seed());
  long kills = number("FBUILD_KILLS", 150);
  for (int i = 0; i < 40; ++i)
    write_text(s / ("src/d" + std::to_string(i % 7) + "/f" + std::to_string(i) + ".c"), "x");
  write_text(s / "fw.elf", "x");
  std::string roots = "root project " + s.path + "/src\nartifact " + s.path + "/fw.elf\n";
  write_text(s / "one.def", "metadata 01\n" + roots);
  write_text(s / "two.def", "metadata 02\n" + roots);
  write_text(s / "empty", "");
  REQUIRE(WEXITSTATUS(wait_for(start(s, {"define", "set"}, s / "one.def"))) == 0);
  // How long each command takes when nobody kills it, to aim within.
  double typical = 3000;
  long died = 0, tried = 0;
  for (long i = 0; died < kills && i < 5 * kills; ++i, ++tried) {
    write_text(s / ("src/d0/f" + std::to_string(random() % 6 * 7) + ".c"),
               std::to_string(random()));
    pid_t pid;
    switch (random() % 3) {
      case 0:
        pid = start(s, {"define", "set"}, s / (random() % 2 ? "one.def" : "two.def"));
        break;
      case 1:
        pid = start(s, {"check", "set"}, s / "empty");
        break;
      default:
        wait_for(start(s, {"check", "set"}, s / "empty"));
        pid = start(s, {"seal", "set"}, s / "empty");
        break;
    }
    ::usleep(static_cast<useconds_t>(random() % static_cast<uint64_t>(typical)));
    ::kill(pid, SIGKILL);
    bool hit = WIFSIGNALED(wait_for(pid));
    died += hit;
    typical = std::clamp(typical * (hit ? 1.02 : 0.95), 500.0, 50000.0);

    std::string name = "set";
    Session session(s / "build/table");
    CheckOptions exact;
    exact.window = 0;
    auto status = session.check({&name, 1}, exact);
    REQUIRE_MESSAGE(status, status.error().text());
    for (const std::string& warning : session.take_warnings()) FAIL(warning);
    REQUIRE(status->front().fingerprint == bare_fingerprint(s, "set"));
    if (status->front().clean) {
      // A seal is there: it must be of exactly this.
      write_text(s / "src/d0/f0.c", "changed " + std::to_string(i));
      auto after = session.check({&name, 1}, exact);
      REQUIRE(after);
      REQUIRE(!after->front().clean);
    }
  }
  std::printf("killed %ld of %ld while they ran\n", died, tried);
  CHECK(died > kills / 2);
  // Nothing piles up.
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(s / "build"))
    files += !entry.path().string().empty();
  CHECK(files <= 5);  // the table, its lock and definitions, two that were begun
  Session last(s / "build/table");
  auto wrong = last.verify_contents();
  REQUIRE(wrong);
  CHECK(wrong->empty());
}

TEST_CASE("sixteen processes check and seal one table while files change") {
  Scratch s;
  uint64_t base = seed();
  long rounds = number("FBUILD_CROWD_ROUNDS", 12);
  for (int i = 0; i < 60; ++i)
    write_text(s / ("src/d" + std::to_string(i % 9) + "/f" + std::to_string(i) + ".c"), "0");
  write_text(s / "pkg/p.h", "0");
  {
    Session session(s / "build/table");
    for (int k = 0; k < 4; ++k) {
      Definition d;
      d.metadata = std::string("0") + std::to_string(k);
      d.roots.push_back({false, s / "src", ""});
      d.roots.push_back({true, s / "pkg", ""});
      REQUIRE(session.define(std::string("set") + std::to_string(k), d));
    }
  }
  std::vector<pid_t> crowd;
  for (int n = 0; n < 16; ++n) {
    pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      std::mt19937_64 random(base + static_cast<uint64_t>(n));
      std::string name = std::string("set") + std::to_string(n % 4);
      int trouble = 0;
      for (long i = 0; i < rounds; ++i) {
        Session session(s / "build/table");
        CheckOptions options;
        options.window = random() % 2 ? 0 : 2000000000;
        auto status = session.check({&name, 1}, options);
        if (!status || !session.take_warnings().empty()) trouble = 1;
        if (random() % 2 && status) {
          auto sealed = session.seal(name, status->front().token);
          if (!sealed) trouble = 2;
        }
      }
      ::_exit(trouble);
    }
    crowd.push_back(pid);
  }
  // Two writers: content toggles between few values, so that states come back.
  std::vector<pid_t> writers;
  for (int n = 0; n < 2; ++n) {
    pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      std::mt19937_64 random(base + 100 + static_cast<uint64_t>(n));
      for (;;) {
        int i = static_cast<int>(random() % 60);
        std::string path = s / ("src/d" + std::to_string(i % 9) + "/f" + std::to_string(i) + ".c");
        if (random() % 2) {
          write_in_place(path, std::to_string(random() % 2));
        } else {
          write_text(path + ".tmp", std::to_string(random() % 2));
          ::rename((path + ".tmp").c_str(), path.c_str());
        }
        ::usleep(static_cast<useconds_t>(random() % 8000));
      }
    }
    writers.push_back(pid);
  }
  for (pid_t pid : crowd) {
    int status = wait_for(pid);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  for (pid_t pid : writers) {
    ::kill(pid, SIGKILL);
    wait_for(pid);
  }
  // What is left tells the truth.
  Session session(s / "build/table");
  auto wrong = session.verify_contents();
  REQUIRE(wrong);
  for (const std::string& line : *wrong) CHECK_MESSAGE(false, line);
  CheckOptions exact;
  exact.window = 0;
  for (int k = 0; k < 4; ++k) {
    std::string name = std::string("set") + std::to_string(k);
    auto status = session.check({&name, 1}, exact);
    REQUIRE(status);
    CHECK(status->front().fingerprint == bare_fingerprint(s, name));
    auto outcome = session.seal(name, status->front().token, exact);
    REQUIRE(outcome);
    CHECK_MESSAGE(outcome->sealed, outcome->reason);
    auto clean = session.check({&name, 1}, exact);
    REQUIRE(clean);
    CHECK(clean->front().clean);
  }
  CHECK(session.take_warnings().empty());
}
