// Files of repositories: which commit a name means, what of it is kept, and what is refused.
#include "lnk/git_tree.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "support/files.h"
#include "support/process.h"
#include "tests/lnk/test_help.h"

using namespace fbuild;
using namespace fbuild::lnk;
using namespace fbuild::lnk::testing;

namespace {

struct Repositories {
  TemporaryDirectory folder;
  Store store = open_store(folder / "cache");
  EnsureOptions options = quick_options();

  // Runs git in a repository of that name, which is made when it is not there; what it says.
  std::string git(const std::string& name, std::vector<std::string> words) {
    std::string path = folder / name;
    std::vector<std::string> front = {"git",
                                      "-C",
                                      path,
                                      "-c",
                                      "user.name=a",
                                      "-c",
                                      "user.email=a@b",
                                      "-c",
                                      "protocol.file.allow=always"};
    if (!path_exists(path)) {
      REQUIRE(make_directories(path));
      git(name, {"init", "-q", "-b", "main"});
    }
    words.insert(words.begin(), front.begin(), front.end());
    Result<ProcessOutput> done = run_process(words);
    REQUIRE(done);
    REQUIRE_MESSAGE(done->exit_status == 0, words.back());
    while (done->out.ends_with('\n')) done->out.pop_back();
    return done->out;
  }
  // Commits a file; the commit.
  std::string commit(const std::string& name, const std::string& file, const std::string& content) {
    git(name, {"status"});
    write_file(folder / (name + "/" + file), content);
    git(name, {"add", "-A"});
    git(name, {"commit", "-q", "-m", "x"});
    return git(name, {"rev-parse", "HEAD"});
  }
  std::string url(const std::string& name) { return "file://" + (folder / name); }
  Result<GitTree> ensure(const std::string& name, const std::string& ref,
                         const std::string& commit = "") {
    return ensure_git_tree(store, url(name), ref, commit, options);
  }
  std::string what(const Result<GitTree>& result) {
    return result ? "no error" : result.error().what;
  }
};

}  // namespace

TEST_CASE("names of commits") {
  CHECK(is_full_commit(std::string(40, 'a')));
  CHECK(is_full_commit(std::string(64, '0')));
  CHECK(!is_full_commit(std::string(39, 'a')));
  CHECK(!is_full_commit(std::string(40, 'A')));
  CHECK(!is_full_commit(std::string(40, 'g')));
  CHECK(!is_full_commit(""));
}

TEST_CASE("submodules' URLs as git resolves them") {
  CHECK(submodule_url("https://h/a/b.git", "https://other/x.git") == "https://other/x.git");
  CHECK(submodule_url("https://h/a/b.git", "../c.git") == "https://h/a/c.git");
  CHECK(submodule_url("https://h/a/b.git/", "../../d/c.git") == "https://h/d/c.git");
  CHECK(submodule_url("https://h/a/b.git", "./c.git") == "https://h/a/b.git/c.git");
  CHECK(submodule_url("git@h:a/b.git", "../c.git") == "git@h:a/c.git");
  CHECK(submodule_url("git@h:b.git", "../c.git") == "git@h:c.git");
  // It never becomes a path of this machine.
  CHECK(submodule_url("https://h/b", "../../../../../../etc").starts_with("https:"));
}

TEST_CASE("what a reference means") {
  Repositories r;
  std::string first = r.commit("lib", "a.h", "1");
  r.git("lib", {"tag", "-a", "v1", "-m", "x"});
  r.git("lib", {"tag", "both"});
  std::string second = r.commit("lib", "a.h", "2");
  r.git("lib", {"branch", "both"});
  std::string third = r.commit("lib", "a.h", "3");
  auto commit_of = [&](const std::string& ref) {
    Result<GitTree> tree = r.ensure("lib", ref);
    REQUIRE_MESSAGE(tree, r.what(tree));
    return tree->commit;
  };
  CHECK(commit_of("") == third);
  CHECK(commit_of("main") == third);
  CHECK(commit_of("v1") == first);     // the commit, not the tag's own object
  CHECK(commit_of("both") == second);  // a branch comes first
  CHECK(commit_of(second) == second);
  CHECK(commit_of(second.substr(0, 7)) == second);
  CHECK(slurp(r.ensure("lib", "v1")->tree + "/a.h") == "1");
  CHECK(r.what(r.ensure("lib", "none")).find("there is no branch, tag or commit 'none'") !=
        std::string::npos);
  CHECK(!r.ensure("lib", std::string(40, '1')));
  CHECK(!r.ensure("lib", "1111111"));
  CHECK(r.what(r.ensure("lib", "", "123")).find("is no full commit") != std::string::npos);
  CHECK(is_clean(r.store));
}

TEST_CASE("a commit in the store needs no repository any more") {
  Repositories r;
  std::string commit = r.commit("lib", "src/a.h", "1");
  Result<GitTree> before = r.ensure("lib", "");
  REQUIRE(before);
  std::string moved = r.folder / "moved";
  REQUIRE(::rename((r.folder / "lib").c_str(), moved.c_str()) == 0);
  Result<GitTree> again = r.ensure("lib", "", commit);
  REQUIRE_MESSAGE(again, r.what(again));
  CHECK(again->tree == before->tree);
  CHECK(!path_exists(again->tree + "/.git"));
  CHECK(!r.ensure("lib", ""));  // what HEAD is, only the repository knows
  EnsureOptions offline = quick_options();
  offline.fetch.offline = true;
  Result<GitTree> far = ensure_git_tree(r.store, "https://127.0.0.1:1/x.git", "", commit, offline);
  CHECK(r.what(far).find("--offline") != std::string::npos);
  CHECK(is_clean(r.store));
}

TEST_CASE("all that the commit holds, and submodules with it") {
  Repositories r;
  r.commit("deep", "deep.h", "deep");
  r.commit("part", "part.h", "part");
  r.git("part", {"submodule", "--quiet", "add", r.url("deep"), "inner"});
  std::string pinned = r.commit("part", "more.h", "1");
  r.commit("lib", ".gitattributes", "tests export-ignore\n");
  r.commit("lib", "tests/t.h", "kept");
  r.git("lib", {"submodule", "--quiet", "add", "../part", "libs/part"});
  r.git("lib", {"submodule", "--quiet", "add", r.url("deep"), "unwanted"});
  r.git("lib", {"config", "-f", ".gitmodules", "submodule.unwanted.update", "none"});
  r.commit("lib", "a.h", "1");
  r.commit("part", "more.h", "newer than the pin");
  Result<GitTree> tree = r.ensure("lib", "");
  REQUIRE_MESSAGE(tree, r.what(tree));
  CHECK(slurp(tree->tree + "/tests/t.h") == "kept");
  CHECK(slurp(tree->tree + "/libs/part/more.h") == "1");
  CHECK(slurp(tree->tree + "/libs/part/inner/deep.h") == "deep");
  CHECK(!path_exists(tree->tree + "/unwanted/deep.h"));
  CHECK(!path_exists(tree->tree + "/libs/part/.git"));
  CHECK(is_clean(r.store));
}

TEST_CASE("URLs that are options or commands are refused") {
  Repositories r;
  for (std::string url :
       {"", "-x", "--upload-pack=touch x", "ext::sh -c true", "https://h/a b", "https://h/a\nb"}) {
    CAPTURE(url);
    CHECK(r.what(ensure_git_tree(r.store, url, "", "", r.options))
              .find("is no URL of a git repository") != std::string::npos);
  }
}
