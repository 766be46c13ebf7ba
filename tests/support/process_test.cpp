#include "support/process.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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
  for (int i = 0; i < 50; ++i) CHECK(run_process({"true"})->exit_status == 0);
}

TEST_CASE("a signal to us takes the child's whole group along") {
  int fds[2];
  REQUIRE(::pipe(fds) == 0);
  pid_t pid = ::fork();
  if (pid == 0) {
    // The pipe's write end is held by the grandchild for as long as it lives.
    ::dup2(fds[1], 2);
    ::close(fds[0]);
    ::close(fds[1]);
    (void)run_shell("sleep 60 & echo ready >&2; sleep 60");
    ::_exit(0);
  }
  ::close(fds[1]);
  char buffer[16];
  REQUIRE(::read(fds[0], buffer, sizeof buffer) == 6);
  ::kill(pid, SIGTERM);
  int status = 0;
  ::waitpid(pid, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(::read(fds[0], buffer, sizeof buffer) == 0);  // end of file: nobody is left
  ::close(fds[0]);
}
