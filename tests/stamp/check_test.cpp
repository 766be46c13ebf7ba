#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>

#include "stamp/clock.h"
#include "stamp/watch.h"
#include "tests/stamp/scratch.h"

using namespace fbuild;
using namespace fbuild::stamp;

namespace {

constexpr int64_t kSecond = 1000000000;

struct Project {
  Scratch scratch;
  std::string table = scratch / "build/table";

  std::string operator/(const std::string& name) const { return scratch / name; }

  Definition define(const std::string& text, const std::string& set = "set") {
    std::string full;
    for (char c : text) full += c == '@' ? scratch.path : std::string(1, c);
    Result<Definition> d = parse_definition(full, "definition");
    REQUIRE_MESSAGE(d, d.error().text());
    Session session(table);
    Status status = session.define(set, *d);
    REQUIRE_MESSAGE(status, status.error().text());
    return *d;
  }
  SetStatus check(int64_t window = 0, const std::string& set = "set", bool use_table = true) {
    Session session(table, use_table);
    CheckOptions options;
    options.window = window;
    auto result = session.check({&set, 1}, options);
    REQUIRE_MESSAGE(result, result.error().text());
    last = session.last_run();
    warnings = session.take_warnings();
    auto explained = session.explain(set);
    REQUIRE(explained);
    CHECK(explained->empty() == result->front().clean);
    differences.clear();
    for (const Difference& d : *explained) {
      std::string item = d.item;
      if (size_t at = item.find(scratch.path); at != std::string::npos)
        item.erase(at, scratch.path.size() + 1);
      differences += item + ": " + d.how + "\n";
    }
    return result->front();
  }
  SealOutcome seal(const std::string& token = "", const std::string& set = "set") {
    Session session(table);
    auto result = session.seal(set, token);
    REQUIRE_MESSAGE(result, result.error().text());
    return *result;
  }

  Counters last;
  std::vector<std::string> warnings;
  std::string differences;
};

}  // namespace

TEST_CASE("define, check, seal, change, explain") {
  Project p;
  write_text(p / "src/main.c", "int main;");
  write_text(p / "src/old.c", "old");
  write_text(p / "out/fw.elf", "ELF");
  settle();
  p.define("metadata 01\nroot project @/src\nartifact @/out/fw.elf\nfile @/app.ini\n");
  SetStatus first = p.check();
  CHECK(!first.clean);
  CHECK(!first.sealed);
  CHECK(p.last.files_hashed == 3);
  CHECK(p.last.directories_listed == 1);
  CHECK(p.seal(first.token).sealed);
  SetStatus again = p.check();
  CHECK(again.clean);
  CHECK(again.fingerprint == first.fingerprint);
  CHECK(again.token == first.token);
  CHECK(p.last.files_hashed == 0);
  CHECK(p.last.directories_listed == 0);
  CHECK(p.last.bytes_read == 0);

  write_text(p / "src/main.c", "int main2;");
  write_text(p / "src/new.c", "n");
  ::unlink((p / "src/old.c").c_str());
  write_text(p / "app.ini", "[env]");
  write_text(p / "out/fw.elf", "elf");
  SetStatus dirty = p.check();
  CHECK(!dirty.clean);
  CHECK(p.differences ==
        "src/main.c: content changed (9 bytes -> 10 bytes)\nsrc/new.c: added\nsrc/old.c: removed\n"
        "app.ini: content changed\nartifact out/fw.elf: content changed (3 bytes, as before)\n");
  // Back to what it was: clean again, whatever the times say.
  write_text(p / "src/main.c", "int main;");
  ::unlink((p / "src/new.c").c_str());
  write_text(p / "src/old.c", "old");
  ::unlink((p / "app.ini").c_str());
  write_text(p / "out/fw.elf", "ELF");
  CHECK(p.check().clean);
  ::unlink((p / "out/fw.elf").c_str());
  CHECK(!p.check().clean);
  CHECK(p.differences == "artifact out/fw.elf: removed\n");
}

TEST_CASE("the fingerprint is of contents and names, not of times, places or order") {
  Project p;
  for (const char* place : {"one", "two"}) {
    write_text(p / place + std::string("/core/a.c"), "a");
    write_text(p / place + std::string("/core/sub/b.h"), "b");
    write_text(p / place + std::string("/tools/c.py"), "c");
  }
  p.define("metadata 01\nroot package @/one/core\nroot package @/one/tools\n", "one");
  p.define("metadata 01\nroot package @/two/tools\nroot package @/two/core\n", "two");
  Hash128 one = p.check(0, "one").fingerprint;
  CHECK(one == p.check(0, "two").fingerprint);
  CHECK(one == p.check(0, "two", false).fingerprint);
  // Two packages that change places are not the same.
  std::filesystem::rename(p / "two/core", p / "two/x");
  std::filesystem::rename(p / "two/tools", p / "two/core");
  std::filesystem::rename(p / "two/x", p / "two/tools");
  CHECK(one != p.check(0, "two").fingerprint);
  // Content moved to another name or directory is a change.
  std::filesystem::rename(p / "one/core/a.c", p / "one/core/sub/a.c");
  CHECK(one != p.check(0, "one").fingerprint);
  std::filesystem::rename(p / "one/core/sub/a.c", p / "one/core/a.c");
  CHECK(one == p.check(0, "one").fingerprint);
  p.define("metadata 02\nroot package @/one/core\nroot package @/one/tools\n", "one");
  CHECK(one != p.check(0, "one").fingerprint);
}

TEST_CASE("the fingerprint is the one FORMAT.md says") {
  // So that a change of it is a decision: bump the first line it hashes.
  Project p;
  write_text(p / "src/a.c", "alpha");
  write_text(p / "src/b/c.h", "beta");
  p.define("metadata abcd\nroot project @/src\n");
  Hasher root;
  auto add = [&](const char* path, const std::string& text) {
    root.add_sized(path);
    root.add_u64(2);
    root.add_u64(text.size());
    root.add_hash(hash_text(text));
  };
  add("a.c", "alpha");
  add("b/c.h", "beta");
  Hasher set;
  set.add("fbuild-stamp 1\n");
  set.add_sized("abcd");
  set.add_u64(1);
  set.add_sized("/");
  set.add_hash(root.finish());
  CHECK(hex(p.check().fingerprint) == hex(set.finish()));
}

TEST_CASE("sets share what they share, and checking one keeps the other exact") {
  Project p;
  write_text(p / "core/core.c", "core");
  write_text(p / "a/a.c", "a");
  write_text(p / "b/b.c", "b");
  p.define("root package @/core\nroot project @/a\n", "a");
  p.define("root package @/core\nroot project @/b\n", "b");
  settle();
  p.check(0, "a");
  CHECK(p.last.files_hashed == 2);
  p.check(0, "b");
  CHECK(p.last.files_hashed == 1);
  CHECK(p.seal("", "a").sealed);
  CHECK(p.seal("", "b").sealed);
  Session session(p.table);
  std::vector<std::string> both = {"a", "b"};
  CheckOptions exact;
  exact.window = 0;
  auto all = session.check(both, exact);
  REQUIRE(all);
  CHECK((*all)[0].clean);
  CHECK((*all)[1].clean);
  CHECK(session.last_run().files_statted == 6);  // three roots, three files, each once
  write_text(p / "core/core.c", "CORE");
  CHECK(!p.check(0, "a").clean);
  CHECK(!p.check(0, "b").clean);
  CHECK(p.differences == "core/core.c: content changed (4 bytes, as before)\n");
  write_text(p / "core/core.c", "core");
  CHECK(p.check(0, "b").clean);
  CHECK(p.check(0, "a").clean);
}

TEST_CASE("a root that lies in another is looked at with it") {
  Project p;
  write_text(p / "lib/A/a.h", "1");
  write_text(p / "lib/A/deep/a.c", "1");
  write_text(p / "lib/B/b.c", "1");
  write_text(p / "elsewhere/C/c.c", "1");
  REQUIRE(::symlink("../elsewhere/C", (p / "lib/C").c_str()) == 0);
  p.define("root project @/lib\n", "all");
  p.define("root project @/lib/A\nroot project @/lib/A/deep\nroot project @/lib/C\n", "some");
  settle();
  const std::vector<std::string> both = {"all", "some"};
  CheckOptions exact;
  exact.window = 0;
  Counters counted;
  auto look = [&] {
    Session session(p.table);
    auto status = session.check(both, exact);
    REQUIRE(status);
    counted = session.last_run();
    return *status;
  };
  // Each file is read once, and from then on each is looked at once: four files, the root
  // and four folders.
  look();
  CHECK(counted.files_hashed == 4);
  CHECK(counted.directories_listed == 5);
  for (const SetStatus& status : look()) CHECK(p.seal(status.token, status.name).sealed);
  auto clean = look();
  CHECK(clean[0].clean);
  CHECK(clean[1].clean);
  CHECK(counted.files_statted == 9);
  CHECK(counted.files_hashed == 0);
  CHECK(p.check(0, "some").fingerprint == clean[1].fingerprint);
  CHECK(p.check(0, "some", false).fingerprint == clean[1].fingerprint);

  write_text(p / "lib/A/deep/a.c", "2");
  write_text(p / "elsewhere/C/new.c", "2");
  settle();
  auto dirty = look();
  CHECK(!dirty[0].clean);
  CHECK(!dirty[1].clean);
  CHECK(counted.files_hashed == 2);
  CHECK(!p.check(0, "some").clean);
  CHECK(p.differences ==
        "lib/A/deep/a.c: content changed (1 bytes, as before)\nlib/C/new.c: added\n"
        "lib/A/deep/a.c: content changed (1 bytes, as before)\n");
  write_text(p / "lib/A/deep/a.c", "1");
  ::unlink((p / "elsewhere/C/new.c").c_str());
  write_text(p / "lib/B/b.c", "2");
  dirty = look();
  CHECK(!dirty[0].clean);
  CHECK(dirty[1].clean);

  // What only the inner one has seen is not lost when the outer one is looked at after it.
  write_text(p / "lib/A/a.h", "2");
  CHECK(!p.check(0, "some").clean);
  CHECK(!look()[1].clean);
  // A folder that goes, becomes a file, and comes back.
  std::filesystem::rename(p / "lib/A", p / "A");
  CHECK(!look()[1].clean);
  write_text(p / "lib/A", "a file");
  CHECK(look()[1].token.empty());
  ::unlink((p / "lib/A").c_str());
  std::filesystem::rename(p / "A", p / "lib/A");
  write_text(p / "lib/A/a.h", "1");
  CHECK(look()[1].clean);
}

TEST_CASE("a root in another that does not see the same is looked at by itself") {
  Project p;
  write_text(p / "lib/A/a.h", "1");
  write_text(p / "lib/A/a.md", "1");
  write_text(p / "lib/A/skip/x.c", "1");
  write_text(p / "lib/skip/A/x.c", "1");
  // The outer walk ends at this link, the inner one finds lib/A/up/skip there.
  REQUIRE(::symlink("..", (p / "lib/A/up").c_str()) == 0);
  p.define("root project @/lib exclude=skip\n", "all");
  p.define("root project @/lib/A exclude=skip ext=md\n", "names");
  p.define("root project @/lib/A exclude=\n", "excludes");
  p.define("root project @/lib/skip/A exclude=skip\n", "excluded");
  p.define("root project @/lib/A exclude=skip\n", "links");
  std::vector<std::string> names = {"all", "names", "excludes", "excluded", "links"};
  settle();
  for (int round = 0; round < 3; ++round) {
    Session session(p.table);
    auto status = session.check(names, {.window = 0});
    REQUIRE(status);
    for (const SetStatus& one : *status) {
      CHECK(one.fingerprint == p.check(0, one.name).fingerprint);
      CHECK(one.fingerprint == p.check(0, one.name, false).fingerprint);
      CHECK(p.seal(one.token, one.name).sealed);
    }
    if (round == 0) write_text(p / "lib/A/a.md", "2");
    if (round == 1) write_text(p / "lib/skip/A/x.c", "2");
  }
}

TEST_CASE("package roots are trusted within the window, and never sealed on trust") {
  Project p;
  write_text(p / "pkg/a.h", "1");
  write_text(p / "src/a.c", "1");
  settle();
  p.define("root package @/pkg\nroot project @/src\n");
  p.check(100 * kSecond);
  CHECK(p.last.misses == 2);
  CHECK(p.seal().sealed);
  SetStatus fresh = p.check(100 * kSecond);
  CHECK(fresh.clean);
  CHECK(p.last.hits == 1);
  CHECK(p.last.files_statted == 2);

  write_text(p / "pkg/a.h", "2");
  SetStatus stale = p.check(100 * kSecond);
  CHECK(stale.clean);  // the delay that the window allows
  SealOutcome refused = p.seal(stale.token);
  CHECK(!refused.sealed);
  CHECK(refused.reason.find("pkg/a.h changed since") != std::string::npos);
  CHECK(!p.check(100 * kSecond).clean);
  CHECK(!p.check(0).clean);
  CHECK(p.last.stale == 1);

  // Put back in between: the compiler may have read the other content.
  write_text(p / "pkg/a.h", "1");
  CHECK(p.check(0).clean);
  SetStatus before = p.check(100 * kSecond);
  write_text(p / "pkg/a.h", "3");
  write_text(p / "pkg/a.h", "1");
  settle();
  CHECK(!p.seal(before.token).sealed);

  // A project root is looked at in any window; also through another set that trusts it.
  write_text(p / "src/a.c", "2");
  CHECK(!p.check(100 * kSecond).clean);
  // The window passes.
  p.check(0);
  CHECK(p.seal().sealed);
  p.check(kSecond / 20);
  write_text(p / "pkg/a.h", "4");
  ::usleep(80000);
  CHECK(!p.check(kSecond / 20).clean);
}

TEST_CASE("tokens") {
  Project p;
  write_text(p / "src/a.c", "1");
  write_text(p / "fw.elf", "1");
  p.define("root project @/src\nartifact @/fw.elf\n");
  CHECK(p.seal().reason == "there is no check of these inputs on record");
  SetStatus first = p.check();
  CHECK(!p.seal("nonsense").sealed);
  write_text(p / "src/a.c", "2");
  SetStatus second = p.check();
  CHECK(second.token != first.token);
  CHECK(p.seal(first.token).reason.find("superseded") != std::string::npos);
  // Edited while building.
  write_text(p / "src/a.c", "3");
  CHECK(p.seal(second.token).reason.find("src/a.c changed since") != std::string::npos);
  CHECK(!p.check().clean);
  // A file that came and went during the build.
  SetStatus third = p.check();
  write_text(p / "src/shadow.h", "x");
  ::unlink((p / "src/shadow.h").c_str());
  CHECK(p.seal(third.token).reason.find("src changed since") != std::string::npos);
  SetStatus fourth = p.check();
  ::unlink((p / "fw.elf").c_str());
  CHECK(p.seal(fourth.token).reason.find("is missing") != std::string::npos);
  write_text(p / "fw.elf", "2");
  CHECK(p.seal(fourth.token).sealed);
  CHECK(p.check().clean);
  CHECK(p.check().token == fourth.token);
  // Another check with the same inputs in between takes nothing away.
  p.check();
  CHECK(p.seal(fourth.token).sealed);
  p.define("metadata 05\nroot project @/src\nartifact @/fw.elf\n");
  CHECK(!p.check().clean);
  CHECK(p.differences == "metadata: changed\n");
  CHECK(!p.seal(fourth.token).sealed);
  p.define("root project @/src\nartifact @/fw.elf\nartifact @/fw.hex\nfile @/x\n");
  p.check();
  CHECK(p.differences ==
        "file /: not watched when sealed\nartifact fw.hex: not an artifact when sealed\n");
}

TEST_CASE("a seal that is taken back, and one of what a check saw") {
  Project p;
  write_text(p / "src/a.c", "1");
  p.define("root project @/src\n");
  SetStatus first = p.check();
  {
    Session session(p.table);
    write_text(p / "src/a.c", "2");
    // It is sealed as the check saw it: what is there now is not clean.
    Result<SealOutcome> sealed = session.seal("set", first.token, {.as_checked = true});
    REQUIRE(sealed);
    CHECK(sealed->sealed);
  }
  CHECK(!p.check().clean);
  write_text(p / "src/a.c", "1");
  CHECK(p.check().clean);
  ::usleep(50000);  // nothing is too new to be believed any more
  SetStatus second = p.check();
  p.check();
  Session session(p.table);
  REQUIRE(session.unseal("set"));
  CHECK(!p.seal(second.token).sealed);
  SetStatus third = p.check();
  CHECK(!third.clean);
  CHECK(!third.sealed);
  CHECK(p.last.files_hashed == 0);  // what it knows of the files stays
  CHECK(!p.seal(second.token).sealed);
  CHECK(p.seal(third.token).sealed);
  CHECK(p.check().clean);
  CHECK(!session.unseal("none"));
}

TEST_CASE("environment variables and commands") {
  Project p;
  p.define("env FBUILD_STAMP_TEST\ncommand cat @/version\n");
  ::unsetenv("FBUILD_STAMP_TEST");
  write_text(p / "version", "1");
  p.check();
  CHECK(p.seal().sealed);
  CHECK(p.check().clean);
  ::setenv("FBUILD_STAMP_TEST", "", 1);
  CHECK(!p.check().clean);
  CHECK(p.differences == "env FBUILD_STAMP_TEST: changed\n");
  ::setenv("FBUILD_STAMP_TEST", "x", 1);
  CHECK(!p.check().clean);
  ::unsetenv("FBUILD_STAMP_TEST");
  CHECK(p.check().clean);
  write_text(p / "version", "2");
  CHECK(!p.check().clean);
  CHECK(p.differences.find("its output changed") != std::string::npos);
  ::unlink((p / "version").c_str());
  CHECK(!p.check().clean);
  write_text(p / "version", "1");
  CHECK(p.check().clean);
}

TEST_CASE("what is not a plain file") {
  Project p;
  write_text(p / "src/a.c", "1");
  ::mkfifo((p / "src/pipe.c").c_str(), 0600);
  [[maybe_unused]] int r = ::symlink("gone", (p / "src/dangling.c").c_str());
  r = ::symlink("..", (p / "src/up").c_str());
  r = ::symlink("/dev/zero", (p / "src/zero.c").c_str());
  r = ::symlink("self.c", (p / "src/self.c").c_str());
  settle();
  p.define("root project @\nfile @/src/pipe.c\nroot project @/nowhere\n");
  p.check();
  CHECK(p.last.files_hashed == 1);
  CHECK(p.seal().sealed);
  CHECK(p.check().clean);
  write_text(p / "src/gone", "now");
  CHECK(!p.check().clean);
  CHECK(p.differences.find("src/dangling.c: content changed (a dangling link -> 3 bytes)") !=
        std::string::npos);
  ::unlink((p / "src/gone").c_str());
  CHECK_MESSAGE(p.check().clean, p.differences);
  make_dirs(p / "nowhere/x");
  CHECK(p.check().clean);  // no file in it
  write_text(p / "nowhere/x/a.c", "1");
  CHECK(!p.check().clean);
  CHECK(p.differences.find("nowhere/x/a.c: added") != std::string::npos);
}

TEST_CASE("what cannot be read is never clean") {
  if (::geteuid() != 0) return;  // needs a user to become
  Project p;
  ::chmod(p.scratch.path.c_str(), 0777);
  write_text(p / "src/a.c", "1");
  write_text(p / "src/secret.c", "2");
  write_text(p / "src/dir/b.c", "3");
  ::mkfifo((p / "request").c_str(), 0666);
  ::mkfifo((p / "done").c_str(), 0666);
  ::chmod((p / "request").c_str(), 0666);
  ::chmod((p / "done").c_str(), 0666);
  // Kept open: a writer would be told that nobody reads.
  int requests = ::open((p / "request").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(requests >= 0);
  pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // Results by exit status: doctest lives in the parent.
    int step = 0;
    auto expect = [&](bool good) {
      ++step;
      if (!good) ::_exit(step);
    };
    ::mkdir((p / "build").c_str(), 0777);
    ::chmod((p / "build").c_str(), 0777);
    if (::setuid(65534) != 0) ::_exit(100);
    Session session(p.table);
    Definition d;
    d.roots.push_back({false, p / "src", ""});
    expect(static_cast<bool>(session.define("set", d)));
    std::string name = "set";
    auto check = [&] {
      Session again(p.table);
      auto status = again.check({&name, 1});
      return status && status->front().clean;
    };
    auto seal = [&] {
      Session again(p.table);
      auto outcome = again.seal(name, "");
      return outcome && outcome->sealed;
    };
    check();
    expect(seal());
    expect(check());
    auto as_root = [&](const char* path, mode_t mode) {
      // A child of the parent's would be needed; root's files are root's. So the parent
      // has made a helper that is told through a pipe: see below.
      int fd = ::open((p / "request").c_str(), O_WRONLY);
      std::string text = std::string(path) + " " + std::to_string(mode) + "\n";
      if (::write(fd, text.data(), text.size()) < 0) ::_exit(101);
      ::close(fd);
      fd = ::open((p / "done").c_str(), O_RDONLY);
      char c;
      if (::read(fd, &c, 1) < 0) ::_exit(102);
      ::close(fd);
    };
    as_root("src/secret.c", 0);
    expect(!check());
    expect(!seal());
    as_root("src/secret.c", 0644);
    expect(check());
    as_root("src/dir", 0);
    expect(!check());
    expect(!seal());
    as_root("src/dir", 0755);
    expect(check());
    as_root("src", 0);
    expect(!check());
    as_root("src", 0755);
    expect(check());
    ::_exit(0);
  }
  int status = -1;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    char text[256];
    ssize_t n = 0;
    for (int i = 0; i < 20 && n <= 0; ++i) {
      n = ::read(requests, text, sizeof text - 1);
      if (n <= 0) ::usleep(1000);
    }
    if (n <= 0) continue;
    text[n] = 0;
    char* blank = std::strchr(text, ' ');
    REQUIRE(blank);
    *blank = 0;
    CHECK(::chmod((p / text).c_str(), static_cast<mode_t>(std::atoi(blank + 1))) == 0);
    int fd = ::open((p / "done").c_str(), O_WRONLY);
    CHECK(::write(fd, "x", 1) == 1);
    ::close(fd);
  }
  ::close(requests);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("what changed since the mark, across checks by anybody") {
  Project p;
  write_text(p / "src/a.c", "1");
  write_text(p / "src/b.c", "1");
  write_text(p / "one.ini", "1");
  p.define("root project @/src\nfile @/one.ini\n");
  p.check();
  const std::string name = "set";
  auto changed = [&](bool touched = false) {
    Session session(p.table);
    auto list = session.changed_since_mark(name, touched);
    REQUIRE(list);
    std::string out;
    for (const EntryInfo& info : *list) out += info.path.substr(p.scratch.path.size() + 1) + " ";
    return out;
  };
  CHECK(changed() == "src/a.c src/b.c one.ini ");
  auto mark = [&] {
    Session session(p.table);
    REQUIRE(session.mark({&name, 1}));
  };
  mark();
  CHECK(changed() == "");
  write_text(p / "src/b.c", "2");
  ::utimensat(AT_FDCWD, (p / "src/a.c").c_str(), nullptr, 0);
  p.check();
  p.check();
  CHECK(changed() == "src/b.c ");
  CHECK(changed(true) == "src/a.c src/b.c ");
  write_text(p / "src/b.c", "1");  // back again: it did change, twice
  p.check();
  CHECK(changed() == "src/b.c ");
  mark();
  CHECK(changed(true) == "");
}

TEST_CASE("mtimes are set without superseding the token, and seals remember them") {
  Project p;
  write_text(p / "src/a.c", "1");
  write_text(p / "src/sub/b.c", "1");
  p.define("root project @/src\nfile @/src/a.c\n");
  settle();
  std::string token = p.check().token;
  CHECK(p.seal(token).sealed);
  int64_t sealed_mtime = 0;
  {
    Session session(p.table);
    REQUIRE(session.for_each_entry("set", [&](const EntryInfo& info) {
      CHECK(info.sealed_mtime == info.mtime);
      sealed_mtime = info.mtime;
    }));
  }
  {
    // What a restored cache looks like: other times, same contents.
    ::utimensat(AT_FDCWD, (p / "src/a.c").c_str(), nullptr, 0);
    std::string name = "set";
    Session session(p.table);
    auto now = session.check({&name, 1});
    REQUIRE(now);
    CHECK(now->front().clean);
    auto changes = session.changed_since_mark("set", true);
    REQUIRE(changes);
    auto touched = std::find_if(changes->begin(), changes->end(),
                                [&](const EntryInfo& info) { return info.path == p / "src/a.c"; });
    REQUIRE(touched != changes->end());
    CHECK(touched->sealed_mtime != touched->mtime);
    CHECK(touched->sealed_mtime == sealed_mtime);
    token = now->front().token;
    std::vector<std::pair<std::string, std::optional<int64_t>>> set = {
        {p / "src/a.c", touched->sealed_mtime},
        {p / "src/sub/b.c", std::nullopt},
        {p / "src/none.c", std::nullopt}};
    auto failed = session.set_mtimes(set);
    REQUIRE(failed);
    CHECK(*failed == std::vector<std::string>{p / "src/none.c"});
  }
  CHECK(p.check().token == token);
  CHECK(p.seal(token).sealed);
  struct stat st;
  ::stat((p / "src/a.c").c_str(), &st);
  CHECK(st.st_mtim.tv_nsec == sealed_mtime % kSecond);
}

TEST_CASE("the table's own directory may be watched") {
  Project p;
  p.table = p / "table";
  write_text(p / "a.c", "1");
  p.define("root project @\n");
  settle();
  p.check();
  settle();
  p.check();
  CHECK(p.seal().sealed);
  CHECK(p.check().clean);
  Session session(p.table);
  uint64_t generation = session.stats().generation;
  for (int i = 0; i < 3; ++i) CHECK(p.check().clean);
  Session later(p.table);
  CHECK(later.stats().generation == generation);
  CHECK(p.seal(p.check().token).sealed);
}

TEST_CASE("the build directory is left out by default") {
  Project p;
  p.table = p / "src/out/watch.table";
  write_text(p / "src/a.c", "1");
  write_text(p / "src/out/generated.c", "1");
  p.define("root project @/src\n");
  p.check();
  CHECK(p.seal().sealed);
  write_text(p / "src/out/generated.c", "2");
  CHECK(p.check().clean);
}

TEST_CASE("many files in one directory, a big file, an empty one") {
  Project p;
  for (int i = 0; i < 500; ++i)
    write_text(p / ("src/f" + std::to_string(i) + ".c"), std::to_string(i));
  std::string big(3 * 256 * 1024 + 17, 'x');
  write_text(p / "src/big.bin", big);
  write_text(p / "src/even.bin", std::string(256 * 1024, 'y'));
  write_text(p / "src/empty.c", "");
  settle();
  p.define("root project @/src\n");
  Hash128 first = p.check().fingerprint;
  CHECK(p.last.files_hashed == 503);
  CHECK(p.seal().sealed);
  int found = 0;
  {
    Session session(p.table);
    REQUIRE(session.for_each_entry("set", [&](const EntryInfo& info) {
      CHECK(info.hash == hash_text(read_text(info.path)));
      ++found;
    }));
  }
  CHECK(found == 503);
  big[300000] = 'z';
  write_text(p / "src/big.bin", big);
  CHECK(p.check().fingerprint != first);
  CHECK(p.last.files_hashed >= 1);
  CHECK(p.last.files_hashed <= 4);
}

TEST_CASE("the newest time of a set knows of what was removed") {
  Project p;
  write_text(p / "src/a.c", "1");
  write_text(p / "src/sub/b.c", "1");
  write_text(p / "other.h", "1");
  p.define("root project @/src\nfile @/other.h\n");
  settle();
  auto newest = [&] {
    p.check();
    Session session(p.table);
    Result<int64_t> time = session.newest_time("set");
    REQUIRE(time);
    return *time;
  };
  int64_t before = file_clock_now();
  settle();
  CHECK(newest() < before);
  write_text(p / "other.h", "2");
  CHECK(newest() >= before);
  settle();
  before = file_clock_now();
  settle();
  CHECK(newest() < before);
  ::unlink((p / "src/sub/b.c").c_str());
  CHECK(newest() >= before);
}
