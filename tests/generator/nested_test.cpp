#include <doctest/doctest.h>

#include "generator/nested/nested_ninja.h"
#include "generator/nested/watch_output.h"

using namespace fbuild;

TEST_CASE("text without colours, in pieces of any length") {
  const std::string raw =
      "\x1b[32mon..\r\n\x1b[0mo\x1b[1;31mff\x1b[m\n\x1b"
      "7x";
  for (size_t length = 1; length <= raw.size(); ++length) {
    PlainText text;
    for (size_t at = 0; at < raw.size(); at += length)
      text.add(std::string_view(raw).substr(at, length));
    CHECK(text.text() == "on..\noff\nx");
    text.keep(3);
    CHECK(text.text() == "f\nx");
  }
}

TEST_CASE("what make says of jobs") {
  auto is = [](std::string_view flags, int jobs, bool server) {
    OuterJobs out = read_makeflags(flags);
    return out.jobs == jobs && out.job_server == server;
  };
  CHECK(is("", 0, false));
  CHECK(is("ks", 0, false));
  CHECK(is(" -j4 --jobserver-auth=3,4", 4, false));
  CHECK(is("ks -j2 --jobserver-auth=fifo:/tmp/GMfifo1", 2, true));
  CHECK(is(" -j", 0, false));
  CHECK(is(" -- X=-j9 --jobserver-auth=fifo:/x", 0, false));
}
