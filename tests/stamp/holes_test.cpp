// Changes that a stat shows only to those who know when to distrust it, and what a scan
// does with descriptors and memory.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>

#include "stamp/arena.h"
#include "stamp/diff.h"
#include "stamp/entry.h"
#include "stamp/filter.h"
#include "stamp/watch.h"
#include "tests/stamp/scratch.h"

using namespace fbuild;
using namespace fbuild::stamp;

namespace {

SetStatus check(Session& session, unsigned threads = 0) {
  std::string name = "set";
  CheckOptions exact;
  exact.window = 0;
  exact.threads = threads;
  auto status = session.check({&name, 1}, exact);
  REQUIRE_MESSAGE(status, status.error().text());
  return status->front();
}

void define(const std::string& table, const std::string& text) {
  Result<Definition> definition = parse_definition(text, "definition");
  REQUIRE_MESSAGE(definition, definition.error().text());
  Session session(table);
  REQUIRE(session.define("set", *definition));
}

int open_descriptors() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    count += !entry.path().empty();
  return count;
}

}  // namespace

// One write() sets the times when it begins and may go on for long: when the file was
// looked at in between, its times stay the same and its content does not.
TEST_CASE("large files are distrusted for as long as one write() may take") {
  Scratch s;
  for (off_t size : {off_t{100}, off_t{64} << 20, off_t{1} << 40}) {
    write_text(s / "f", "x");
    REQUIRE(::truncate((s / "f").c_str(), size) == 0);
    int fd = ::open((s / "f").c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    StatInfo info;
    REQUIRE(stat_descriptor(fd, info) == 0);
    auto racy_after = [&](int64_t milliseconds) {
      return is_racy(info, info.ctime + milliseconds * 1000000, fd);
    };
    CHECK(racy_after(0));
    CHECK(racy_after(20));
    CHECK(racy_after(1000) == (size > 10000000));
    CHECK(racy_after(8000) == (size > 80000000));
    CHECK(!racy_after(65000));
    ::close(fd);
  }
}

TEST_CASE("both ways to stat agree") {
  Scratch s;
  write_text(s / "f", "four");
  for (const std::string& path :
       {s / "f", s.path, std::string("/dev/null"), std::string("/proc")}) {
    int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    StatInfo a, b;
    CHECK(stat_descriptor(fd, a) == 0);
    CHECK(stat_path(AT_FDCWD, path.c_str(), true, b) == 0);
    CHECK(a.size == b.size);
    CHECK(a.inode == b.inode);
    CHECK(a.device == b.device);
    CHECK(a.mode == b.mode);
    CHECK((path == "/proc" || (a.mtime == b.mtime && a.ctime == b.ctime)));
    ::close(fd);
  }
  StatInfo none;
  CHECK(stat_descriptor(-1, none) == EBADF);
}

// Wide and deep at once, so that directories are kept open, passed on between threads and
// too many to be kept.
TEST_CASE("a scan closes what it opens and needs few descriptors") {
  Scratch s;
  int files = 0;
  std::string deep = s / "src";
  for (int i = 0; i < 70; ++i) {
    deep += "/d";
    for (int k = 0; k < 3; ++k) {
      write_text(deep + "/e" + std::to_string(k) + "/f.c", std::to_string(files));
      ++files;
    }
  }
  for (int i = 0; i < 200; ++i, ++files)
    write_text(s / ("src/many/f" + std::to_string(i) + ".c"), "x");
  settle();
  define(s / "table", "metadata 01\nroot project " + s.path + "/src ext=c\n");
  int before = open_descriptors();
  rlimit old_limit, limit;
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &old_limit) == 0);
  Hash128 first;
  // The second limit is met all the time: what is open is then read and closed early. With
  // one thread, since a further one begins with a copy of what is open in the first.
  for (rlim_t more : {80u, 16u}) {
    limit = old_limit;
    limit.rlim_cur = static_cast<rlim_t>(before) + more;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (unsigned threads : {1u, 2u, 3u, 8u}) {
      if (more < 80 && threads > 1) break;
      Session session(s / "table", false);
      SetStatus status = check(session, threads);
      CHECK(session.last_run().files_hashed == static_cast<uint64_t>(files));
      if (first == Hash128{}) first = status.fingerprint;
      CHECK(status.fingerprint == first);
      CHECK(status.why == "set: never sealed");
      CHECK(open_descriptors() == before);
    }
  }
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &old_limit) == 0);
}

TEST_CASE("names are watched by what follows their last dot") {
  Filter filter("=c,h++,averylongextension,.", "=skip,build/out");
  CHECK(filter.watches_file("a.c"));
  CHECK(filter.watches_file("a.b.c"));
  CHECK(filter.watches_file("a.h++"));
  CHECK(filter.watches_file("a.averylongextension"));
  CHECK(filter.watches_file("plain"));
  CHECK(!filter.watches_file("a.C"));
  CHECK(!filter.watches_file("a.cc"));
  CHECK(!filter.watches_file("a.h"));
  CHECK(!filter.watches_file("a.averylongextensio"));
  CHECK(!filter.watches_file("a.averylongextensions"));
  CHECK(!filter.watches_file("a."));
  CHECK(!filter.watches_file(".c"));
  CHECK(filter.excludes("", "skip"));
  CHECK(filter.excludes("x", "skip"));
  CHECK(!filter.excludes("", "skipped"));
  CHECK(!filter.excludes("", "out"));
  CHECK(filter.excludes("build", "out"));
  for (const std::string& extension : default_extensions()) {
    if (extension != ".") CHECK(Filter("", "").watches_file("x." + extension));
  }
  CHECK(Filter("", "").watches_file("Makefile"));
  CHECK(!Filter("", "").watches_file("notes.md"));
}

// What explain needs is kept for a change of some thousand files, and not for more; clean
// and dirty are the same either way.
TEST_CASE("snapshots stay small enough to be read at each check") {
  for (size_t count : {kMostSnapshotRows, kMostSnapshotRows + 1}) {
    Catalog catalog;
    RootState root;
    Block block;
    std::vector<Entry> old(count + 1);
    for (size_t i = 0; i <= count; ++i) {
      Entry& entry = old[i];
      entry.kind = i ? Kind::File : Kind::Directory;
      entry.end = static_cast<uint32_t>(i ? i + 1 : count + 1);
      entry.size = i;
      entry.name_size = i ? 1 : 0;
    }
    block.entries = old;
    block.names = "x";
    for (size_t i = 1; i <= count; ++i) block.entries[i].size += 1;
    BlockView before{old.data(), static_cast<uint32_t>(old.size()), "x", 1};
    DiffResult changed = diff_blocks(before, block, {1, 0, 0, true});
    CHECK(changed.content);
    CHECK(changed.too_many == (count > kMostSnapshotRows));
    CHECK(changed.changes.size() == kMostSnapshotRows);
    update_snapshots(catalog, root, {1, 1}, {2, 2}, changed, true);
    CHECK(root.snapshots.size() == (count > kMostSnapshotRows ? 0 : 1));
    Block none;
    none.entries = old;
    none.names = "x";
    for (size_t i = 1; i <= count; ++i) none.entries[i].size += 1;
    CHECK(diff_blocks(before, none, {1, 0, 0, false}).changes.empty());
  }
}

TEST_CASE("an arena's pieces go when all in them is let go") {
  ArenaPieces pieces;
  Arena arena(pieces);
  std::vector<std::pair<char*, ArenaPieces::Piece*>> all;
  for (size_t size :
       {size_t{1}, size_t{88}, size_t{30000}, size_t{200000}, size_t{1} << 20, size_t{8}}) {
    ArenaPieces::Piece* piece = nullptr;
    char* at = arena.allocate(size, piece);
    REQUIRE(piece);
    CHECK(reinterpret_cast<uintptr_t>(at) % 8 == 0);
    CHECK(std::all_of(at, at + size, [](char c) { return c == 0; }));
    std::fill(at, at + size, 'x');
    all.emplace_back(at, piece);
  }
  for (auto& [at, piece] : all) {
    REQUIRE(piece->base);
    ArenaPieces::release(piece);
  }
  for (auto& [at, piece] : all) CHECK(!piece->base);
}
