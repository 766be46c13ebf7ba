// fbuild-lnk as a person or a build runs it.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>

#include "lnk/gc.h"
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
  std::string project = folder / "project";
  std::vector<std::string> environment = {"FBUILD_CACHE_DIR=" + (folder / "cache"),
                                          "HOME=" + folder.path, "FBUILD_FETCH_STALL=5"};
  Store store = open_store(folder / "cache");

  Bench() { REQUIRE(make_directories(project)); }

  ProgramResult run(const std::vector<std::string>& words) {
    return run_lnk(words, project, environment);
  }

  Manifest put(const std::string& name, const std::string& content,
               Extract extract = Extract::File) {
    server.on("/" + name, serves(content));
    Manifest manifest = manifest_for(server.url("/" + name), content, extract);
    write_file(project + "/" + name + ".lnk", manifest_text(manifest));
    return manifest;
  }
};

std::string twelve(const std::string& content) {
  return " (sha256:" + sha256_of(content).substr(0, 12) + ")";
}

}  // namespace

TEST_CASE_FIXTURE(Bench, "pull, check, pull again") {
  std::string one = noise(100'000, 1), two = noise(50'000, 2);
  std::string archive = make_archive(Extract::TarBz2, {{"d/a", ArchiveItem::File, "text"}});
  put("b/one.bin", one);
  put("a/one.bin", two);  // the same base name
  put("www", archive, Extract::TarBz2);
  std::string lines = "a/one.bin.lnk" + twelve(two) + "\n";
  ProgramResult result = run({"check"});
  CHECK(result.status == 1);
  CHECK(result.out == "MISSING a/one.bin.lnk" + twelve(two) + "\nMISSING b/one.bin.lnk" +
                          twelve(one) + "\nMISSING www.lnk" + twelve(archive) +
                          "\n0 files ok, 3 missing, 0 bad\n");
  CHECK(server.requests() == 0);
  std::string ok = "ok a/one.bin.lnk" + twelve(two) + "\nok b/one.bin.lnk" + twelve(one) +
                   "\nok www.lnk" + twelve(archive) + "\n";
  result = run({"pull"});
  CHECK(result.status == 0);
  CHECK(result.out == ok + "3 files ok, 0 failed\n");
  CHECK(server.requests() == 3);
  result = run({"pull"});
  CHECK(result.status == 0);
  CHECK(result.out == ok + "3 files ok, 0 failed\n");
  CHECK(result.err.empty());
  CHECK(server.requests() == 3);
  result = run({"check", "--offline"});
  CHECK(result.status == 0);
  CHECK(result.out == ok + "3 files ok, 0 missing, 0 bad\n");
  result = run_lnk({"pull", "project"}, folder.path, environment);
  CHECK(result.out.find("ok project/a/one.bin.lnk" + twelve(two) + "\n") == 0);
  result = run({"path", "a/one.bin.lnk"});
  CHECK(result.status == 0);
  std::string blob = result.out.substr(0, result.out.size() - 1);
  CHECK(slurp(blob) == two);
  ::chmod(blob.c_str(), 0644);
  write_file(blob, noise(50'000, 3));
  result = run({"check"});
  CHECK(result.status == 1);
  CHECK(result.out.find("BAD a/one.bin.lnk: " + blob + ": its SHA-256 is ") == 0);
  CHECK(run({"pull"}).status == 0);
  CHECK(run({"check"}).status == 0);
  CHECK(run({"cache", "verify"}).status == 0);
}

TEST_CASE_FIXTURE(Bench, "one that fails does not stop the others, and is not silent") {
  std::string good = noise(1000);
  put("good.bin", good);
  Manifest gone = put("gone.bin", "x");
  server.on("/gone.bin", answers("404 Not Found"));
  write_file(project + "/bad.lnk", "{\n  \"v\": 1,\n  \"ulr\": \"x\"\n}\n");
  ProgramResult result = run({"pull"});
  CHECK(result.status == 1);
  CHECK(result.out ==
        "FAIL bad.lnk:3:3: unknown key \"ulr\"; did you mean 'url'?\n"
        "FAIL gone.bin.lnk: " +
            gone.url +
            ": the server answers 404; nothing is there (not found)\n"
            "ok good.bin.lnk" +
            twelve(good) + "\n1 file ok, 2 failed\n");
  result = run({"check"});
  CHECK(result.status == 1);
  CHECK(result.out.find("BAD bad.lnk:3:3: ") == 0);
  result = run({"pull", "good.bin.lnk"});
  CHECK(result.status == 0);
  result = run({"pull", "nowhere"});
  CHECK(result.status == 2);
  CHECK(result.err == "nowhere: no such file or folder; expected a folder or a .lnk file\n");
}

TEST_CASE_FIXTURE(Bench, "add writes what pull then finds") {
  std::string content = noise(10'000);
  server.on("/d/font.bin", serves(content));
  ProgramResult result = run({"add", server.url("/d/font.bin?x=1"), "--quiet"});
  CHECK(result.status == 1);  // 404: the query is part of the path here
  CHECK(list_directory(project)->empty());
  server.on("/d/font.bin?x=1", serves(content));
  result = run({"add", server.url("/d/font.bin?x=1"), "--quiet"});
  CHECK(result.status == 0);
  CHECK(result.out == "ok font.bin.lnk" + twelve(content) + "\n");
  Result<Manifest> manifest = load_manifest(project + "/font.bin.lnk");
  REQUIRE(manifest);
  CHECK(manifest->size == 10'000);
  CHECK(manifest->sha256 == sha256_of(content));
  int before = server.requests();
  CHECK(run({"pull", "--offline"}).status == 0);
  CHECK(server.requests() == before);
  // Never over what is there.
  std::string text = slurp(project + "/font.bin.lnk");
  result = run({"add", server.url("/d/font.bin"), "-o", "font.bin.lnk"});
  CHECK(result.status == 2);
  CHECK(result.err == "font.bin.lnk: exists already; --force overwrites it\n");
  CHECK(slurp(project + "/font.bin.lnk") == text);
  CHECK(server.requests() == before);
  CHECK(run({"add", server.url("/d/font.bin"), "-o", "font.bin.lnk", "--force"}).status == 0);
  CHECK(load_manifest(project + "/font.bin.lnk")->url == server.url("/d/font.bin"));
  // Archives are tried out first.
  server.on("/evil.zip", serves(make_archive(Extract::Zip, {{"../x", ArchiveItem::File, "x"}})));
  result = run({"add", server.url("/evil.zip"), "--extract", "zip", "-q"});
  CHECK(result.status == 1);
  CHECK(result.err.find("climbs out") != std::string::npos);
  CHECK_FALSE(path_exists(project + "/evil.zip.lnk"));
  server.on("/good.tgz", serves(make_archive(Extract::TarGz, {{"x", ArchiveItem::File, "x"}})));
  CHECK(run({"add", server.url("/good.tgz"), "--extract=tar.gz", "-o", "g.lnk"}).status == 0);
  CHECK(load_manifest(project + "/g.lnk")->extract == Extract::TarGz);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"add", "nonsense"},
                                             {"add", server.url("/")},
                                             {"add", server.url("/x"), "-o", "x.txt"},
                                             {"add", server.url("/x"), "-o", "no/x.lnk"},
                                             {"add", server.url("/x"), "--extract", "zap"}}) {
    result = run(words);
    CHECK_MESSAGE(result.status == 2, words[1]);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  }
}

TEST_CASE_FIXTURE(Bench, "a proxy is asked where the environment names one") {
  std::string content = noise(1000);
  server.on("http://example.com/x", serves(content));
  write_file(project + "/x.lnk", manifest_text(manifest_for("http://example.com/x", content)));
  environment.push_back("http_proxy=http://127.0.0.1:" + std::to_string(server.port()));
  ProgramResult result = run({"pull"});
  CHECK_MESSAGE(result.status == 0, result.out);
  CHECK(server.requests() == 1);
}

TEST_CASE_FIXTURE(Bench, "leases of processes that ended do not pile up") {
  Manifest manifest = put("x", noise(1000));
  for (int i = 0; i < 10; ++i) CHECK(run({"pull"}).status == 0);
  // data, info, verified and the last one's lease.
  CHECK(list_directory(entry_path(store.root, blob_key(manifest)))->size() == 4);
}

TEST_CASE_FIXTURE(Bench, "the cache is shown, counted and emptied") {
  put("x", noise(1000));
  run({"pull"});
  ProgramResult result = run({"cache", "--json"});
  CHECK(result.status == 0);
  CHECK(result.out.find("\"url\": \"" + server.url("/x") + "\"") != std::string::npos);
  CHECK(result.out.find("\"size\": 1000,") != std::string::npos);
  CHECK(run({"cache"}).out.find("1 entries") != std::string::npos);
  CHECK(run({"cache", "path", "x.lnk"}).out == run({"path", "x.lnk"}).out);
  result = run({"cache", "gc", "--budget", "0", "--json"});
  CHECK(result.status == 0);
  CHECK(result.out.find("\"evicted\": 1") != std::string::npos);
  CHECK(run({"path", "x.lnk"}).status == 1);
  CHECK(run({"gc", "--budget", "lots"}).status == 2);
  CHECK(run({"gc"}).status == 0);
  // The budget is kept by pull as well; what it has just fetched is still its own.
  environment.push_back("FBUILD_CACHE_BUDGET=150K");
  put("y", noise(100'000, 2));
  CHECK(run({"pull", "y.lnk"}).status == 0);
  put("z", noise(100'000, 3));
  CHECK(run({"pull", "z.lnk"}).status == 0);
  CHECK(run({"path", "y.lnk"}).status == 1);
  CHECK(run({"path", "z.lnk"}).status == 0);
}

TEST_CASE_FIXTURE(Bench, "materialize puts it where a build wants it, leased to the build") {
  std::string content = noise(1000);
  put("a/x.bin", content);
  std::string holder = std::to_string(::getpid());
  ProgramResult result =
      run({"materialize", "a/x.bin.lnk", ".fbuild/build/a/x.bin", "--lease", holder});
  CHECK(result.status == 0);
  CHECK(slurp(project + "/.fbuild/build/a/x.bin") == content);
  CHECK(run({"gc", "--budget", "0"}).status == 0);
  CHECK(run({"path", "a/x.bin.lnk"}).status == 0);
  CHECK(run({"materialize", "none.lnk", "t"}).status == 2);
  std::string archive = make_archive(Extract::Zip, {{"d/a", ArchiveItem::File, "text"}});
  put("www", archive, Extract::Zip);
  CHECK(run({"materialize", "www.lnk", "out/www"}).status == 0);
  CHECK(slurp(project + "/out/www/d/a") == "text");
}

TEST_CASE_FIXTURE(Bench, "words that are not known get a suggestion and status 2") {
  struct Case {
    std::vector<std::string> words;
    std::string err;
  };
  for (const Case& c : std::vector<Case>{
           {{"pul"}, "unknown command pul; did you mean 'pull'?\n"},
           {{"pull", "--ofline"}, "unknown option --ofline; did you mean '--offline'?\n"},
           {{"gc", "--budgt=5"}, "unknown option --budgt; did you mean '--budget'?\n"},
           {{"cache", "verfy"}, "unknown command verfy; did you mean 'verify'?\n"}}) {
    ProgramResult result = run(c.words);
    CHECK(result.status == 2);
    CHECK(result.err == c.err);
    CHECK(result.out.empty());
  }
  CHECK(run({}).status == 2);
  CHECK(run({"--help"}).status == 0);
  CHECK(run({"--version"}).out.find("fbuild-lnk ") == 0);
  environment.push_back("FBUILD_MIRROR=nonsense");
  CHECK(run({"pull"}).status == 2);
}

TEST_CASE_FIXTURE(Bench,
                  "whatever a file is called, it is one line and no command for the terminal") {
  std::string manifest = manifest_text(put("plain", "content"));
  for (const char* name : {"two\nlines", "\x1b[31mred", "-rf", "a b", "$(touch pwn)", ".", ".."})
    write_file(project + "/" + name + ".lnk", manifest);
  ProgramResult result = run({"pull"});
  CHECK(result.status == 0);
  CHECK(result.out.find('\x1b') == std::string::npos);
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 9);
  CHECK(result.out.find("ok two?lines.lnk (") != std::string::npos);
  // A copy of the folder cannot have files called "." and "..".
  result = run({"materialize", ".", "../copy"});
  CHECK(result.status == 2);
  CHECK(result.err.find("..lnk: the name without .lnk is no name for a file") != std::string::npos);
  ::unlink((project + "/..lnk").c_str());
  ::unlink((project + "/...lnk").c_str());
  CHECK(run({"materialize", ".", "../copy"}).status == 0);
  CHECK(slurp(project + "/../copy/two\nlines") == "content");
  CHECK(slurp(project + "/../copy/$(touch pwn)") == "content");
}

TEST_CASE_FIXTURE(Bench, "fifty processes, twenty blobs: each is fetched once") {
  for (int i = 0; i < 20; ++i)
    put("blob" + std::to_string(i),
        noise(20'000 + static_cast<size_t>(i) * 1000, static_cast<uint64_t>(i)));
  std::string archive = make_archive(Extract::TarGz, {{"d/a", ArchiveItem::File, noise(50'000)}});
  put("tree", archive, Extract::TarGz);
  std::vector<int> pids;
  for (int i = 0; i < 50; ++i) pids.push_back(start_lnk({"pull", "-q"}, project, environment));
  for (int pid : pids) CHECK(wait_for(pid) == 0);
  CHECK(server.requests() == 21);
  CHECK(is_clean(store));
  CHECK(census(store).entries == 22);
}

TEST_CASE_FIXTURE(Bench, "kill -9 at any instant leaves a store that verifies") {
  // FBUILD_LNK_KILLS: how often; the default is what a test run can afford.
  const char* wish = std::getenv("FBUILD_LNK_KILLS");
  int kills = wish ? std::atoi(wish) : 200;
  std::vector<std::string> contents;
  for (int i = 0; i < 6; ++i)
    put("blob" + std::to_string(i), noise(300'000, static_cast<uint64_t>(i)));
  std::vector<ArchiveItem> items;
  for (int i = 0; i < 120; ++i)
    items.push_back({"d" + std::to_string(i % 7) + "/f" + std::to_string(i), ArchiveItem::File,
                     noise(3000, static_cast<uint64_t>(i))});
  put("tree", make_archive(Extract::TarGz, items), Extract::TarGz);
  // As long as one takes here and now, so that every part of it is hit.
  auto begin = std::chrono::steady_clock::now();
  REQUIRE(run({"pull", "-q"}).status == 0);
  auto whole = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
  unsigned longest = static_cast<unsigned>(whole.count() * 5 / 4 + 1000);
  REQUIRE(run({"gc", "--budget", "0"}).status == 0);
  std::mt19937 random(std::random_device{}());
  int died = 0;
  for (int i = 0; i < kills; ++i) {
    // Pulls into a store that is being emptied meanwhile, and sometimes the other way
    // round.
    int pull = start_lnk({"pull", "-q"}, project, environment);
    int gc = i % 3 == 0 ? start_lnk({"gc", "--budget", "0"}, project, environment) : -1;
    ::usleep(random() % longest);
    int victim = gc > 0 && i % 2 == 0 ? gc : pull;
    ::kill(victim, SIGKILL);
    died += wait_for(victim) == 128 + SIGKILL ? 1 : 0;
    if (gc > 0) wait_for(victim == gc ? pull : gc);
    if (i % 4 == 3) wait_for(start_lnk({"gc", "--budget", "300K"}, project, environment));
    Result<StoreVerdict> verdict = verify_store(store);
    REQUIRE(verdict);
    for (const std::string& problem : verdict->problems) FAIL(problem);
  }
  MESSAGE(died << " of " << kills << " were caught alive");
  CHECK(died > 0);
  CHECK(run({"pull"}).status == 0);
  CHECK(run({"check"}).status == 0);
  CHECK(run({"gc"}).status == 0);
  CHECK(is_clean(store));
  CHECK(census(store).partials == 0);
}
