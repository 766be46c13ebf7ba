#include "support/process.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include "support/files.h"

using namespace fbuild;

TEST_CASE("output, error output and exit status come back") {
  Result<ProcessOutput> r = run_shell("echo out; echo err >&2; exit 3", {"", true});
  REQUIRE(r);
  CHECK(r->out == "out\n");
  CHECK(r->err == "err\n");
  CHECK(r->exit_status == 3);
  CHECK_FALSE(run_process({"no-such-program-anywhere"}));
  CHECK(run_shell("kill -9 $$")->exit_status == 137);
  CHECK(run_process({"pwd"}, {"/", false})->out == "/\n");
}

TEST_CASE("much output on both pipes does not block") {
  Result<ProcessOutput> r =
      run_shell("head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero", {"", true});
  REQUIRE(r);
  CHECK(r->out.size() == 300000);
  CHECK(r->err.size() == 300000);
}

TEST_CASE("many children one after another") {
  for (int i = 0; i < 1000; ++i) {
    Result<ProcessOutput> r = run_process({"true"});
    REQUIRE_MESSAGE(r, r.error().text());
    CHECK(r->exit_status == 0);
  }
}

TEST_CASE("many children at once, from threads") {
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        std::string text = std::to_string(t) + " " + std::to_string(i);
        Result<ProcessOutput> r = run_shell("echo " + text + "; exit " + std::to_string(i));
        right += r && r->out == text + "\n" && r->exit_status == i;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 160);
}

TEST_CASE("output that is written behind the command's end is waited for") {
  CHECK(run_shell("{ sleep 0.2; echo late; } & echo early")->out == "early\nlate\n");
}

TEST_CASE("where SIGCHLD is ignored the exit status still comes back") {
  ::signal(SIGCHLD, SIG_IGN);
  CHECK(run_shell("exit 3")->exit_status == 3);
  ::signal(SIGCHLD, SIG_DFL);
}

namespace {

// A process of its own that runs `line`, which is to print "ready" to standard error. What
// the line starts holds the write end of `alive` for as long as it lives.
struct Runner {
  pid_t pid = -1;
  int alive = -1;

  explicit Runner(const std::string& line) {
    int fds[2];
    REQUIRE(::pipe(fds) == 0);
    pid = ::fork();
    if (pid == 0) {
      ::dup2(fds[1], 2);
      ::close(fds[0]);
      ::close(fds[1]);
      (void)run_shell(line);
      ::_exit(0);
    }
    ::close(fds[1]);
    alive = fds[0];
    char buffer[16];
    CHECK(::read(alive, buffer, sizeof buffer) == 6);
  }
  ~Runner() { ::close(alive); }

  // How it ended.
  int wait() {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status;
  }

  // Whether nobody holds the pipe any more, at the latest after this many milliseconds.
  bool all_gone(int milliseconds) {
    pollfd fd = {alive, POLLIN, 0};
    char buffer[16];
    return ::poll(&fd, 1, milliseconds) == 1 && ::read(alive, buffer, sizeof buffer) == 0;
  }

  // The process between us and the command.
  pid_t keeper() {
    Result<std::string> children =
        read_file("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
    return children ? static_cast<pid_t>(std::atoi(children->c_str())) : -1;
  }
};

// Grandchildren in every place they may go to: the group, a group and a session of their own.
const char* const kLeaver =
    "sleep 60 & (set -m; sleep 60 &) ; setsid sleep 60 & (setsid sh -c 'sleep 60 & sleep 60' &) ; "
    "echo ready >&2; sleep 60";

}  // namespace

TEST_CASE("a signal to us takes everything along, before we are gone") {
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    Runner runner(kLeaver);
    ::kill(runner.pid, number);
    int status = runner.wait();
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == number);
    CHECK(runner.all_gone(0));
  }
}

TEST_CASE("kill -9 of us leaves nothing behind") {
  for (int i = 0; i < 10; ++i) {
    Runner runner(kLeaver);
    ::kill(runner.pid, SIGKILL);
    runner.wait();
    CHECK(runner.all_gone(5000));
  }
}

TEST_CASE("kill -9 of the keeper ends the command and what is in its session") {
  Runner runner("sleep 60 & (set -m; sleep 60 &) ; echo ready >&2; sleep 60");
  pid_t keeper = runner.keeper();
  REQUIRE(keeper > 1);
  ::kill(keeper, SIGKILL);
  CHECK(runner.wait() == 0);
  CHECK(runner.all_gone(0));
}

TEST_CASE("nothing is left of a command that has ended") {
  Runner runner("setsid sleep 60 >&- & (sleep 60 >&- &) ; echo ready >&2; sleep 0.1");
  CHECK(runner.wait() == 0);
  CHECK(runner.all_gone(0));
}

TEST_CASE("a keeper does not go by our name") {
  Runner runner(kLeaver);
  pid_t keeper = runner.keeper();
  Result<std::string> line = read_file("/proc/" + std::to_string(keeper) + "/cmdline");
  REQUIRE(line);
  CHECK(line->starts_with("reaper " + std::to_string(runner.pid)));
  CHECK(line->find("support_test") == std::string::npos);
  ::kill(runner.pid, SIGKILL);
  runner.wait();
  CHECK(runner.all_gone(5000));
}
