// Any damage to the table is one warning and a check of everything: never a crash, never
// "clean" when it is not, and the same answer as without a table.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <functional>

#include "stamp/table_file.h"
#include "stamp/watch.h"
#include "tests/stamp/scratch.h"

using namespace fbuild;
using namespace fbuild::stamp;

namespace {

struct Sealed {
  Scratch scratch;
  std::string table = scratch / "build/table";
  std::string good;  // the table's bytes with the set sealed
  Hash128 fingerprint;

  Sealed() {
    write_text(scratch / "src/a.c", "one");
    write_text(scratch / "src/sub/b.h", "two");
    write_text(scratch / "pkg/c.py", "three");
    write_text(scratch / "fw.elf", "elf");
    settle();
    Result<Definition> d =
        parse_definition("metadata 01\nroot project " + scratch.path + "/src\nroot package " +
                             scratch.path + "/pkg\nartifact " + scratch.path + "/fw.elf\n",
                         "d");
    REQUIRE(d);
    Session session(table);
    REQUIRE(session.define("set", *d));
    auto status = check(session);
    fingerprint = status.fingerprint;
    auto outcome = session.seal("set", status.token);
    REQUIRE(outcome);
    REQUIRE_MESSAGE(outcome->sealed, outcome->reason);
    Session again(table);
    REQUIRE(check(again).clean);
    good = read_text(table);
  }
  SetStatus check(Session& session, bool store = true) {
    std::string name = "set";
    CheckOptions options;
    options.window = 0;
    options.threads = 1;
    options.store = store;
    auto status = session.check({&name, 1}, options);
    REQUIRE_MESSAGE(status, status.error().text());
    return status->front();
  }
  void put(const std::string& bytes) {
    ::unlink(table.c_str());
    write_text(table, bytes);
  }
};

}  // namespace

TEST_CASE("every flipped byte and every truncation is noticed") {
  Sealed s;
  MESSAGE("a table of " << s.good.size() << " bytes");
  // A change behind the table's back, which no damage may hide.
  write_text(s.scratch / "src/a.c", "ONE");
  Hash128 now;
  {
    Session session(s.table, false);
    now = s.check(session).fingerprint;
    CHECK(now != s.fingerprint);
  }
  long noticed = 0, tried = 0;
  auto attempt = [&](const std::string& bytes) {
    s.put(bytes);
    Session session(s.table);
    SetStatus status = s.check(session, false);
    ++tried;
    noticed += !session.take_warnings().empty();
    if (status.clean || status.fingerprint != now) return false;
    return true;
  };
  // A page of padding holds nothing but zeros; of those every 61st will do in a short run.
  bool every = std::getenv("FBUILD_EVERY_BYTE") != nullptr;
  for (size_t i = 0; i < s.good.size(); ++i) {
    if (!every && s.good[i] == 0 && i % 61) continue;
    for (unsigned char flip : {0x01, 0x80, 0xff}) {
      if (!every && flip != 0x01 && i % 7) continue;
      std::string bad = s.good;
      bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ flip);
      REQUIRE_MESSAGE(attempt(bad), "byte " << i);
    }
  }
  CHECK(noticed == tried);
  for (size_t i = 0; i < s.good.size(); i += every ? 1 : 13)
    REQUIRE_MESSAGE(attempt(s.good.substr(0, i)), "cut at " << i);
  for (size_t i = 0; i < s.good.size(); i += 512) {
    std::string bad = s.good;
    for (size_t k = i; k < std::min(bad.size(), i + 512); ++k) bad[k] = 0;
    if (bad != s.good) REQUIRE_MESSAGE(attempt(bad), "zeros at " << i);
  }
  REQUIRE(attempt(s.good + "x"));
  REQUIRE(attempt(std::string(s.good.size(), '\0')));
  REQUIRE(attempt(""));
  CHECK(noticed >= tried - 1);
  s.put(s.good);
  Session session(s.table);
  s.check(session, false);
  CHECK(session.take_warnings().empty());
}

TEST_CASE("damage is repaired by the next check") {
  Sealed s;
  std::string bad = s.good;
  bad[s.good.size() - 100] ^= 4;
  s.put(bad);
  {
    Session session(s.table);
    SetStatus status = s.check(session);
    CHECK(!status.clean);  // the seal went with the table
    CHECK(status.fingerprint == s.fingerprint);
    CHECK(session.take_warnings().size() == 1);
    auto outcome = session.seal("set", status.token);
    REQUIRE(outcome);
    CHECK(outcome->sealed);
  }
  Session session(s.table);
  CHECK(s.check(session).clean);
  CHECK(session.take_warnings().empty());
}

TEST_CASE("something else in the table's place") {
  Sealed s;
  auto expect = [&](const std::function<void()>& prepare, bool warned = true) {
    ::unlink(s.table.c_str());
    std::filesystem::remove_all(s.table);
    prepare();
    Session session(s.table);
    SetStatus status = s.check(session);
    CHECK(!status.clean);
    CHECK(status.fingerprint == s.fingerprint);
    CHECK(session.take_warnings().size() == (warned ? 1 : 0));
  };
  expect([] {}, false);  // no table at all is no damage
  expect([&] { make_dirs(s.table + "/x"); });
  expect([&] { ::mkfifo(s.table.c_str(), 0600); });
  expect([&] { [[maybe_unused]] int r = ::symlink("/dev/zero", s.table.c_str()); });
  expect([&] {
    std::string other = s.good;
    other[8] = 99;  // another version
    s.put(other);
  });
  if (::geteuid() == 0)
    expect([&] {
      s.put(s.good);
      CHECK(::chown(s.table.c_str(), 65534, 65534) == 0);
    });
  expect([&] {
    s.put(s.good);
    g_fail_next_mmap = true;
  });
  // Definitions lost as well: an error, not an answer.
  ::unlink(s.table.c_str());
  write_text(s.table + ".sets", "garbage");
  Session session(s.table);
  std::string name = "set";
  CHECK(!session.check({&name, 1}));
}

TEST_CASE("a full disk and a read-only directory") {
  Sealed s;
  write_text(s.scratch / "src/a.c", "ONE");
  pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit = {5000, 5000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    Session session(s.table);
    std::string name = "set";
    auto status = session.check({&name, 1});
    bool good = status && !status->front().clean && status->front().token.empty() &&
                session.take_warnings().size() == 1;
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(!std::filesystem::exists(s.table + ".new"));
  CHECK(read_text(s.table).size() == s.good.size());

  if (::geteuid() != 0) return;
  ::chmod(s.scratch.path.c_str(), 0755);
  CHECK(::chown(s.table.c_str(), 65534, 65534) == 0);
  child = ::fork();
  if (child == 0) {
    // The directory is root's and cannot be written by nobody, whose table it is.
    if (::setuid(65534) != 0) ::_exit(2);
    Session session(s.table);
    std::string name = "set";
    auto result = session.check({&name, 1});
    bool good = result && !result->front().clean && session.take_warnings().size() == 1;
    ::_exit(good ? 0 : 1);
  }
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("a table that is cut while it is mapped") {
  Sealed s;
  for (off_t size : {0, 100, 4096, 5000, 8192}) {
    s.put(s.good);
    Session session(s.table);
    CHECK(session.set_names().size() == 1);  // opened and mapped
    CHECK(::truncate(s.table.c_str(), size) == 0);
    SetStatus status = s.check(session);
    CHECK(status.fingerprint == s.fingerprint);
    CHECK((!status.clean || session.take_warnings().empty()));
    // And behind that one's back nothing is left broken.
    Session next(s.table);
    CHECK(s.check(next).fingerprint == s.fingerprint);
  }
}

TEST_CASE("live words show every flipped byte") {
  for (uint64_t value : {uint64_t{0}, uint64_t{1}, uint64_t{0x123456789abc}, ~uint64_t{0} >> 16}) {
    uint64_t word = encode_live(value), out;
    REQUIRE(decode_live(word, out));
    CHECK(out == value);
    for (int byte = 0; byte < 8; ++byte)
      for (uint64_t flip = 1; flip < 256; ++flip)
        REQUIRE(!decode_live(word ^ flip << (8 * byte), out));
  }
}
