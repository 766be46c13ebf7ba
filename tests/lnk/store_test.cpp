#include "lnk/store.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lnk/ensure.h"
#include "lnk/gc.h"
#include "lnk/lease.h"
#include "lnk/materialize.h"
#include "lnk/pin.h"
#include "lnk/present.h"
#include "lnk/process_tag.h"
#include "lnk/sha256.h"
#include "support/files.h"
#include "tests/lnk/http_server.h"
#include "tests/lnk/test_help.h"

using namespace fbuild;
using namespace fbuild::lnk;
using namespace fbuild::lnk::testing;

namespace {

struct Bench {
  TemporaryDirectory folder;
  HttpServer server;
  Store store = open_store(folder / "cache");
  EnsureOptions options = quick_options();

  // Serves `content` at `path` and has it in the store.
  std::string bring(const std::string& path, const std::string& content) {
    server.on(path, serves(content));
    Result<std::string> blob = ensure_blob(store, manifest_for(server.url(path), content), options);
    REQUIRE_MESSAGE(blob, (blob ? "" : blob.error().text()));
    return *blob;
  }

  // The same through another process, whose lease dies with it.
  std::string bring_by_another(const std::string& path, const std::string& content) {
    std::string blob = bring(path, content);
    drop_lease(std::string(dir_name(blob)));
    return blob;
  }
};

// A process that does nothing until it is killed.
struct Sleeper {
  Sleeper() : pid(::fork()) {
    if (pid > 0) return;
    for (;;) ::pause();
  }
  ~Sleeper() { end(); }
  void end() {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    pid = 0;
  }
  pid_t pid;
};

void set_used(const std::string& blob, time_t when) {
  timespec times[2] = {{when, 0}, {when, 0}};
  ::utimensat(AT_FDCWD, (std::string(dir_name(blob)) + "/info").c_str(), times, 0);
}

}  // namespace

TEST_CASE("a process tag means one process and no later one") {
  Sleeper sleeper;
  std::string tag = process_tag(sleeper.pid);
  CHECK(tag_state(tag) == TagState::Alive);
  CHECK(tag_state(own_process_tag()) == TagState::Alive);
  std::string other_start = tag;
  other_start.insert(tag.find('.') + 1, "1");
  CHECK(tag_state(other_start) == TagState::Dead);
  CHECK(tag_state(tag.substr(0, tag.size() - 8) + "00000000") == TagState::Elsewhere);
  for (const char* text : {"", "x", "1.2", "..", "-1.5.x", "1.x.y", "99999999999999.1.x"})
    CHECK_MESSAGE(tag_state(text) == TagState::Dead, text);
  ::kill(sleeper.pid, SIGKILL);
  // Not waited for yet: a zombie is dead.
  for (int i = 0; i < 200 && tag_state(tag) == TagState::Alive; ++i) ::usleep(5000);
  CHECK(tag_state(tag) == TagState::Dead);
}

TEST_CASE_FIXTURE(Bench, "another digest, URL or kind is another entry") {
  std::string one = noise(1000, 1), two = noise(1000, 2);
  std::string first = bring("/x", one);
  // The server has a new version; the manifest's digest follows.
  std::string second = bring("/x", two);
  CHECK(first != second);
  CHECK(slurp(first) == one);
  CHECK(slurp(second) == two);
  CHECK(server.requests() == 2);
  bring("/y", one);
  CHECK(server.requests() == 3);
  CHECK(base_name(dir_name(first)).substr(0, 64) == sha256_of(one));
  Manifest manifest = manifest_for("https://example.com/x", one, Extract::Zip);
  CHECK(entry_name(tree_key(manifest, 0)) != entry_name(tree_key(manifest, 1)));
  CHECK(entry_name(tree_key(manifest, 0)) != entry_name(blob_key(manifest)));
}

TEST_CASE_FIXTURE(Bench, "the manifest's size is held against a blob that is there") {
  std::string content = noise(1000);
  bring("/x", content);
  Manifest manifest = manifest_for(server.url("/x"), content);
  manifest.size = 999;
  Result<std::string> blob = ensure_blob(store, manifest, options);
  REQUIRE_FALSE(blob);
  CHECK(blob.error().text().find("999") != std::string::npos);
  CHECK(check_entry(store, manifest).state == EntryState::Bad);
}

TEST_CASE_FIXTURE(Bench, "a tree is made once and keeps its list") {
  std::string archive = make_archive(Extract::TarGz, {{"p/a", ArchiveItem::File, "text"},
                                                      {"p/run", ArchiveItem::File, "x", 0755}});
  server.on("/t", serves(archive));
  Manifest manifest = manifest_for(server.url("/t"), archive, Extract::TarGz);
  Result<std::string> tree = ensure_tree(store, manifest, 1, options);
  REQUIRE_MESSAGE(tree, (tree ? "" : tree.error().text()));
  CHECK(slurp(*tree + "/a") == "text");
  Result<std::string> unstripped = ensure_tree(store, manifest, 0, options);
  REQUIRE(unstripped);
  CHECK(slurp(*unstripped + "/p/a") == "text");
  CHECK(server.requests() == 1);
  CHECK(is_clean(store));
  CHECK(check_entry(store, manifest).state == EntryState::Ok);
  write_file(*unstripped + "/p/a", "TEXT");
  CHECK(check_entry(store, manifest).state == EntryState::Bad);
  StoreContents contents = *store_contents(store);
  CHECK(contents.entries.size() == 3);
  manifest.extract = Extract::File;
  CHECK_FALSE(ensure_tree(store, manifest, 0, options));
}

TEST_CASE_FIXTURE(Bench, "an archive that is refused leaves no tree, and its blob can be kept") {
  std::string archive = make_archive(Extract::Zip, {{"../x", ArchiveItem::File, "evil"}});
  server.on("/t", serves(archive));
  Manifest manifest = manifest_for(server.url("/t"), archive, Extract::Zip);
  Result<std::string> tree = ensure_tree(store, manifest, 0, options);
  REQUIRE_FALSE(tree);
  CHECK(tree.error().text() == server.url("/t") + ": refused: '../x' climbs out with '..'");
  CHECK(is_clean(store));
  CHECK(check_entry(store, manifest).state == EntryState::Missing);
}

TEST_CASE_FIXTURE(Bench, "what was changed behind our back is found and fetched again") {
  std::string content = noise(3'000'000);
  std::string blob = bring("/x", content);
  SUBCASE("other bytes, same length") {
    ::chmod(blob.c_str(), 0644);
    int fd = ::open(blob.c_str(), O_WRONLY);
    REQUIRE(::pwrite(fd, "evil", 4, 1000) == 4);
    ::close(fd);
  }
  SUBCASE("truncated") {
    REQUIRE(::truncate(blob.c_str(), 1000) == 0);
  }
  SUBCASE("gone") {
    ::unlink(blob.c_str());
  }
  SUBCASE("no info") {
    ::unlink((std::string(dir_name(blob)) + "/info").c_str());
    ::unlink((std::string(dir_name(blob)) + "/verified").c_str());
  }
  CHECK(bring("/x", content) == blob);
  CHECK(slurp(blob) == content);
  CHECK(server.requests() == 2);
  CHECK(is_clean(store));
}

TEST_CASE_FIXTURE(Bench, "after a reboot the bytes are read again, once") {
  std::string content = noise(100'000);
  std::string blob = bring("/x", content);
  std::string witness = std::string(dir_name(blob)) + "/verified";
  auto from_another_boot = [&] {
    std::string text = slurp(witness);
    size_t at = text.find(boot_id());
    REQUIRE(at != std::string::npos);
    REQUIRE(replace_file(witness, text.replace(at, boot_id().size(), "another-boot")));
  };
  from_another_boot();
  CHECK(bring("/x", content) == blob);
  CHECK(slurp(witness).find(" durable\n") != std::string::npos);
  CHECK(server.requests() == 1);
  // Bytes that never reached the disk: the size is right, the content is not, and the
  // time says nothing.
  Bench other;
  std::string lost = other.bring("/x", content);
  struct stat st;
  ::stat(lost.c_str(), &st);
  ::chmod(lost.c_str(), 0644);
  int fd = ::open(lost.c_str(), O_WRONLY);
  REQUIRE(::pwrite(fd, std::string(4096, '\0').data(), 4096, 8192) == 4096);
  timespec times[2] = {st.st_atim, st.st_mtim};
  ::futimens(fd, times);
  ::close(fd);
  std::string lost_witness = std::string(dir_name(lost)) + "/verified";
  std::string text = slurp(lost_witness);
  REQUIRE(
      replace_file(lost_witness, text.replace(text.find(boot_id()), boot_id().size(), "other")));
  CHECK(other.bring("/x", content) == lost);
  CHECK(slurp(lost) == content);
  CHECK(other.server.requests() == 2);
}

TEST_CASE_FIXTURE(Bench, "gc evicts what was used longest ago, down to the budget") {
  std::vector<std::string> blobs;
  for (int i = 0; i < 5; ++i) {
    blobs.push_back(
        bring_by_another("/" + std::to_string(i), noise(100'000, static_cast<uint64_t>(i))));
    set_used(blobs.back(), 1000 + i);
  }
  set_used(blobs[0], 9000);
  uint64_t each = store_contents(store)->entries[0].info.disk;
  CHECK(each > 100'000);
  CHECK(each < 130'000);
  Result<GcResult> result = collect_garbage(store, 3 * each);
  REQUIRE(result);
  CHECK(result->evicted == 2);
  CHECK(result->after == 3 * each);
  CHECK(path_exists(blobs[0]));
  CHECK_FALSE(path_exists(blobs[1]));
  CHECK_FALSE(path_exists(blobs[2]));
  CHECK(path_exists(blobs[3]));
  CHECK(path_exists(blobs[4]));
  CHECK(is_clean(store));
  result = collect_garbage(store, 0);
  REQUIRE(result);
  CHECK(result->after == 0);
  CHECK(list_directory(store.root + "/locks")->empty());
}

TEST_CASE_FIXTURE(Bench, "nothing that a living process holds is evicted; the dead hold nothing") {
  Sleeper build;
  options.lease_holder = build.pid;
  std::string held = bring("/held", noise(1000, 1));
  options.lease_holder = 0;
  std::string ours = bring("/ours", noise(1000, 2));
  std::string loose = bring_by_another("/loose", noise(1000, 3));
  Result<GcResult> result = collect_garbage(store, 0);
  REQUIRE(result);
  CHECK(result->evicted == 1);
  CHECK(result->in_use == 2);
  CHECK(path_exists(held));
  CHECK(path_exists(ours));
  CHECK_FALSE(path_exists(loose));
  build.end();
  result = collect_garbage(store, 0);
  REQUIRE(result);
  CHECK_FALSE(path_exists(held));
  CHECK(path_exists(ours));
  options.lease_holder = 999'999'999;
  server.on("/x", serves("x"));
  CHECK_FALSE(ensure_blob(store, manifest_for(server.url("/x"), "x"), options));
}

TEST_CASE_FIXTURE(Bench, "a lease from elsewhere counts for a day") {
  std::string blob = bring_by_another("/x", noise(1000));
  std::string lease = std::string(dir_name(blob)) + "/lease.1.1.00000000";
  write_file(lease, "");
  CHECK(collect_garbage(store, 0)->evicted == 0);
  timespec times[2] = {{1000, 0}, {1000, 0}};
  ::utimensat(AT_FDCWD, lease.c_str(), times, 0);
  CHECK(collect_garbage(store, 0)->evicted == 1);
}

TEST_CASE_FIXTURE(Bench, "gc sweeps up after the dead and leaves the living alone") {
  Sleeper dead, living;
  std::string dead_stage = store.root + "/tmp/" + process_tag(dead.pid) + ".1";
  std::string living_stage = store.root + "/tmp/" + process_tag(living.pid) + ".1";
  dead.end();
  write_file(dead_stage + "/tree/x", "x");
  write_file(living_stage + "/tree/x", "x");
  ::chmod((dead_stage + "/tree").c_str(), 0500);
  write_file(store.root + "/trash/old/data", "x");
  std::string young = store.root + "/partial/young", old = store.root + "/partial/old";
  write_file(young, "x");
  write_file(old, "x");
  write_file(old + ".from", "x");
  timespec times[2] = {{1000, 0}, {1000, 0}};
  ::utimensat(AT_FDCWD, old.c_str(), times, 0);
  Result<GcResult> result = collect_garbage(store, uint64_t{1} << 40);
  REQUIRE(result);
  CHECK_FALSE(path_exists(dead_stage));
  CHECK(path_exists(living_stage));
  CHECK_FALSE(path_exists(store.root + "/trash/old"));
  CHECK(path_exists(young));
  CHECK_FALSE(path_exists(old));
  CHECK_FALSE(path_exists(old + ".from"));
}

TEST_CASE_FIXTURE(Bench,
                  "over the budget, what broke off goes first, unless somebody works on it") {
  std::string blob = bring_by_another("/x", noise(100'000));
  std::string broken = store.root + "/partial/broken", busy = store.root + "/partial/busy";
  write_file(broken, noise(200'000));
  write_file(busy, noise(50'000));
  Result<FileLock> lock = FileLock::wait(store.root + "/locks/busy", FileLock::Exclusive);
  REQUIRE(lock);
  Result<GcResult> result = collect_garbage(store, 1'000'000);
  REQUIRE(result);
  CHECK(path_exists(broken));
  result = collect_garbage(store, 250'000);
  REQUIRE(result);
  CHECK_FALSE(path_exists(broken));
  CHECK(path_exists(busy));
  CHECK(path_exists(blob));
  CHECK(result->before - result->after > 190'000);
  CHECK(result->after == store_contents(store)->bytes);
}

TEST_CASE_FIXTURE(Bench, "budgets") {
  CHECK(*parse_budget("5M", store) == 5 << 20);
  CHECK(*parse_budget("0%", store) == 0);
  CHECK(*parse_budget("10%", store) > 1'000'000);
  for (const char* text : {"", "%", "101%", "x", "-5", "5 G"})
    CHECK_FALSE_MESSAGE(parse_budget(text, store), text);
}

TEST_CASE_FIXTURE(Bench, "read-only stores are layered under ours") {
  std::string content = noise(50'000);
  bring("/x", content);
  std::string archive = make_archive(Extract::Zip, {{"a", ArchiveItem::File, "text"}});
  server.on("/t", serves(archive));
  Manifest tree_manifest = manifest_for(server.url("/t"), archive, Extract::Zip);
  REQUIRE(ensure_tree(store, tree_manifest, 0, options));
  Manifest manifest = manifest_for(server.url("/x"), content);
  int before = server.requests();

  Store upper = open_store(folder / "upper", {folder / "none", folder / "cache"});
  Result<std::string> blob = ensure_blob(upper, manifest, options);
  REQUIRE(blob);
  CHECK(blob->find(store.root) == 0);
  CHECK(slurp(*blob) == content);
  Result<std::string> tree = ensure_tree(upper, tree_manifest, 0, options);
  REQUIRE(tree);
  CHECK(slurp(*tree + "/a") == "text");
  CHECK(server.requests() == before);
  CHECK(check_entry(upper, manifest).state == EntryState::Ok);
  CHECK(find_entry(upper, manifest) == *blob);
  // gc of the upper store does not touch the lower.
  CHECK(collect_garbage(upper, 0)->evicted == 0);
  CHECK(path_exists(*blob));
  // A layer whose bytes are wrong is passed over.
  ::chmod(blob->c_str(), 0644);
  write_file(*blob, noise(50'000, 9));
  Result<std::string> own = ensure_blob(upper, manifest, options);
  REQUIRE(own);
  CHECK(own->find(upper.root) == 0);
  CHECK(slurp(*own) == content);
}

TEST_CASE_FIXTURE(Bench, "a place for the store that cannot be one says why") {
  write_file(folder / "file", "x");
  Store impossible = open_store(folder / "file/cache");
  CHECK_FALSE(impossible.writable);
  server.on("/x", serves("x"));
  CHECK_FALSE(ensure_blob(impossible, manifest_for(server.url("/x"), "x"), options));
  // Layers serve all the same.
  bring("/x", "x");
  impossible = open_store(folder / "file/cache", {folder / "cache"});
  Result<std::string> blob = ensure_blob(impossible, manifest_for(server.url("/x"), "x"), options);
  REQUIRE(blob);
  CHECK(slurp(*blob) == "x");
}

TEST_CASE_FIXTURE(Bench, "materialized files are the blob's bytes and never the way back to it") {
  for (size_t size : {size_t{0}, size_t{1000}, size_t{3'000'000}}) {
    CAPTURE(size);
    std::string content = noise(size, size);
    std::string blob = bring("/x" + std::to_string(size), content);
    std::string target = folder / ("out/a/" + std::to_string(size));
    struct stat before, after;
    Result<Materialized> how = materialize(store, blob, target);
    REQUIRE_MESSAGE(how, (how ? "" : how.error().text()));
    CHECK(*how != Materialized::Unchanged);
    CHECK(slurp(target) == content);
    // Again: nothing to do, the time stays.
    ::stat(target.c_str(), &before);
    how = materialize(store, blob, target);
    REQUIRE(how);
    CHECK(*how == Materialized::Unchanged);
    ::stat(target.c_str(), &after);
    CHECK(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    // An edit in place, as far as the mode allows it, and then by force.
    int fd = ::open(target.c_str(), O_WRONLY | O_TRUNC);
    if (fd >= 0) {
      REQUIRE(::write(fd, "edited", 6) == 6);
      ::close(fd);
      CHECK(slurp(blob) == content);
    }
    how = materialize(store, blob, target);
    REQUIRE(how);
    CHECK(slurp(target) == content);
    CHECK(is_clean(store));
    CHECK(list_directory(folder / "out/a")->size() >= 1);
  }
  // No temporary files are left.
  CHECK(list_directory(folder / "out/a")->size() == 3);
}

TEST_CASE_FIXTURE(Bench, "a materialized file looks as new as it is") {
  std::string one = bring("/1", noise(2'000'000, 1)), two = bring("/2", noise(2'000'000, 2));
  timespec now;
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  ::usleep(20'000);
  REQUIRE(materialize(store, one, folder / "t"));
  struct stat st;
  ::stat((folder / "t").c_str(), &st);
  CHECK((st.st_mtim.tv_sec > now.tv_sec ||
         (st.st_mtim.tv_sec == now.tv_sec && st.st_mtim.tv_nsec > now.tv_nsec)));
  REQUIRE(materialize(store, two, folder / "t"));
  CHECK(slurp(folder / "t") == noise(2'000'000, 2));
  // A failure leaves the old one.
  CHECK_FALSE(materialize(store, folder / "none", folder / "t"));
  CHECK(slurp(folder / "t") == noise(2'000'000, 2));
  REQUIRE(make_directories(folder / "d"));
  CHECK_FALSE(materialize(store, one, folder / "d"));
  // Still at a glance: no second request, nothing hashed again.
  CHECK(bring("/1", noise(2'000'000, 1)) == one);
  CHECK(server.requests() == 2);
}

TEST_CASE_FIXTURE(Bench, "a hard link is used only where the mode protects the blob") {
  std::string content = noise(2'000'000);
  std::string blob = bring("/x", content);
  std::string target = folder / "t";
  if (::geteuid() == 0) {
    // Root could write through it.
    Result<Materialized> how = materialize(store, blob, target);
    REQUIRE(how);
    CHECK(*how != Materialized::HardLink);
    ::chmod(folder.path.c_str(), 0755);
    // The same as somebody who is not: the store given to another user.
    REQUIRE(std::system(("chown -R 65534 '" + folder.path + "'").c_str()) == 0);
    pid_t child = ::fork();
    if (child == 0) {
      if (::setuid(65534) != 0) ::_exit(9);
      ::unlink(target.c_str());
      Result<Materialized> linked = materialize(store, blob, target);
      if (!linked || *linked == Materialized::Copy) ::_exit(1);
      if (*linked == Materialized::Reflink) ::_exit(0);
      if (::open(target.c_str(), O_WRONLY) >= 0) ::_exit(2);
      // Replacing one link by the next leaves no temporary name.
      if (!materialize(store, blob, target)) ::_exit(3);
      if (list_directory(folder.path)->size() != 2) ::_exit(4);
      // By force it reaches the blob; that is noticed before it is used again.
      if (::chmod(target.c_str(), 0644) != 0) ::_exit(5);
      int fd = ::open(target.c_str(), O_WRONLY);
      if (::pwrite(fd, "evil", 4, 0) != 4) ::_exit(6);
      ::close(fd);
      Result<std::string> again =
          ensure_blob(store, manifest_for(server.url("/x"), content), options);
      ::_exit(again && slurp(*again) == content ? 0 : 7);
    }
    CHECK(wait_for(child) == 0);
  } else {
    Result<Materialized> how = materialize(store, blob, target);
    REQUIRE(how);
    if (*how == Materialized::HardLink) CHECK(::open(target.c_str(), O_WRONLY) < 0);
  }
}

TEST_CASE_FIXTURE(Bench,
                  "what a killed process left beside a target is swept up, a living one's is not") {
  std::string blob = bring("/x", noise(1000)), target = folder / "build/x";
  Sleeper dead, living;
  std::string left = folder / ("build/.x.lnk-tmp." + process_tag(dead.pid) + ".1");
  std::string busy = folder / ("build/.x.lnk-tmp." + process_tag(living.pid) + ".1");
  std::string other = folder / ("build/.xy.lnk-tmp." + process_tag(dead.pid) + ".1");
  dead.end();
  write_file(left + "/half", "x");
  write_file(busy, "x");
  write_file(other, "x");
  REQUIRE(materialize(store, blob, target));
  CHECK_FALSE(path_exists(left));
  CHECK(path_exists(busy));
  CHECK(path_exists(other));
  CHECK(list_directory(folder / "build")->size() == 3);
}

TEST_CASE_FIXTURE(Bench, "a tree is materialized as a folder of copies, replaced as a whole") {
  std::string archive = make_archive(Extract::Zip, {{"d/a", ArchiveItem::File, "text"},
                                                    {"run", ArchiveItem::File, "x", 0755},
                                                    {"l", ArchiveItem::Symlink, "d/a"}});
  server.on("/t", serves(archive));
  Manifest manifest = manifest_for(server.url("/t"), archive, Extract::Zip);
  Result<std::string> tree = ensure_tree(store, manifest, 0, options);
  REQUIRE(tree);
  std::string target = folder / "out/www";
  REQUIRE(materialize_tree(*tree, target));
  CHECK(slurp(target + "/l") == "text");
  CHECK(::access((target + "/run").c_str(), X_OK) == 0);
  write_file(target + "/d/a", "edited");
  write_file(target + "/stranger", "x");
  CHECK(is_clean(store));
  REQUIRE(materialize_tree(*tree, target));
  CHECK(slurp(target + "/d/a") == "text");
  CHECK_FALSE(path_exists(target + "/stranger"));
  CHECK(list_directory(folder / "out")->size() == 1);
  write_file(folder / "plain", "x");
  CHECK_FALSE(materialize_tree(*tree, folder / "plain"));
  CHECK(slurp(folder / "plain") == "x");
}

TEST_CASE_FIXTURE(Bench, "a URL without a digest yet") {
  std::string content = noise(10'000);
  server.on("/x", serves(content));
  Result<Manifest> manifest = fetch_unknown(store, server.url("/x"), Extract::File, options);
  REQUIRE(manifest);
  CHECK(manifest->sha256 == sha256_of(content));
  CHECK(manifest->size == 10'000);
  REQUIRE(ensure_blob(store, *manifest, options));
  CHECK(server.requests() == 1);
  REQUIRE(fetch_unknown(store, server.url("/x"), Extract::File, options));
  CHECK(census(store).entries == 1);
  CHECK(census(store).partials == 0);
}

TEST_CASE_FIXTURE(Bench, "gc spares a tree while a link that was pinned leads into it") {
  std::string archive = make_archive(Extract::TarGz, {{"p/a", ArchiveItem::File, "text"}});
  server.on("/t", serves(archive));
  Manifest manifest = manifest_for(server.url("/t"), archive, Extract::TarGz);
  EntryKey key = tree_key(manifest, 1);
  CHECK(use_if_present(store, key, 0)->empty());
  CHECK_FALSE(worth_a_look(store, key));
  Result<std::string> tree = ensure_tree(store, manifest, 1, options);
  REQUIRE(tree);
  CHECK(*use_if_present(store, key, 0) == *tree);
  std::string entry(dir_name(*tree)), link = folder / "link", second = folder / "second";
  REQUIRE(::symlink(tree->c_str(), link.c_str()) == 0);
  REQUIRE(::symlink((*tree + "/a").c_str(), second.c_str()) == 0);
  REQUIRE(pin_entry(entry, link));
  REQUIRE(pin_entry(entry, link));
  REQUIRE(pin_entry(entry, second));
  CHECK(live_pins(entry) == 2);
  drop_lease(entry);
  drop_lease(entry_path(store.root, blob_key(manifest)));
  REQUIRE(collect_garbage(store, 0));
  CHECK(path_exists(*tree));
  // The archive went; the tree is there without it.
  CHECK_FALSE(path_exists(entry_path(store.root, blob_key(manifest))));
  CHECK(is_clean(store));
  // One leads elsewhere, one is gone.
  ::unlink(link.c_str());
  REQUIRE(::symlink("/", link.c_str()) == 0);
  CHECK(live_pins(entry) == 1);
  ::unlink(second.c_str());
  CHECK(live_pins(entry) == 0);
  REQUIRE(collect_garbage(store, 0));
  CHECK_FALSE(path_exists(entry));
  CHECK(use_if_present(store, key, 0)->empty());
}
