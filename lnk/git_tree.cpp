#include "lnk/git_tree.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>

#include "lnk/extract.h"
#include "support/files.h"
#include "support/process.h"

namespace fbuild::lnk {

namespace {

constexpr const char* kBadRepository = "nothing of it was kept; whoever made it has to mend it";

constexpr int kMaxDepth = 16;  // of submodules in submodules

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_local(const std::string& url) {
  return url.starts_with("file://") || url.starts_with("/");
}

// What git says is wrong: its "fatal:" line, else its last one.
std::string complaint(const std::string& err) {
  std::string out;
  bool fatal = false;
  for (size_t begin = 0; begin < err.size();) {
    size_t end = std::min(err.find_first_of("\r\n", begin), err.size());
    std::string line = err.substr(begin, end - begin);
    begin = end + 1;
    if (line.empty() || (fatal && !line.starts_with("fatal: "))) continue;
    fatal = fatal || line.starts_with("fatal: ");
    out = line;
  }
  return fatal && out.starts_with("fatal: ") ? out.substr(7) : out;
}

class Git {
 public:
  explicit Git(std::string url) : url_(std::move(url)) {
    // Nobody is there to answer, and a hook's repository is not ours.
    ::setenv("GIT_TERMINAL_PROMPT", "0", 1);
    ::setenv("LC_ALL", "C", 1);
    for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"})
      ::unsetenv(name);
  }

  Result<std::string> operator()(std::vector<std::string> words) const {
    words.insert(words.begin(), {"git", "-c", "protocol.ext.allow=never"});
    ProcessOptions options;
    options.capture_err = true;
    Result<ProcessOutput> done = run_process(words, options);
    if (!done) return Error{url_ + ": git cannot be run", "install it: apt-get install git"};
    if (done->exit_status != 0) {
      std::string why = complaint(done->err);
      return Error{
          url_ + ": git says: " +
              (why.empty() ? "nothing (status " + std::to_string(done->exit_status) + ")" : why),
          ""};
    }
    return done->out;
  }

 private:
  std::string url_;
};

Status check_git_url(const std::string& url) {
  bool odd = url.empty() || url[0] == '-' || url.find("::") != std::string::npos ||
             std::any_of(url.begin(), url.end(),
                         [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127; });
  if (odd)
    return Error{url + ": is no URL of a git repository",
                 "write one like https://host/user/name.git"};
  return {};
}

Error offline_error(const std::string& url) {
  return Error{url + ": not in the store, and this is --offline", ""};
}

// Everything that branches and tags hold.
Status fetch_all(const Git& git, const std::string& repository, const std::string& url) {
  Result<std::string> done = git({"-C", repository, "fetch", "-q", "--no-tags", "--", url,
                                  "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"});
  return done ? Status() : done.error();
}

Result<std::string> make_repository(const Git& git, const std::string& path) {
  Result<std::string> done = git({"init", "-q", "--bare", "--template=", path});
  if (!done) return done.error();
  // What a commit holds, and not what its author would put into a release.
  if (Status s = make_directories(path + "/info"); !s) return s.error();
  if (Status s = replace_file(path + "/info/attributes", "* -export-ignore -export-subst\n"); !s)
    return s.error();
  return path;
}

// The commit that a branch or a tag means, as the server lists them. A branch comes before
// a tag, and of an annotated tag the commit counts.
Result<std::string> listed_commit(const Git& git, const std::string& url, const std::string& ref) {
  std::vector<std::string> words = {"ls-remote", "-q", "--", url};
  if (ref.empty()) {
    words.push_back("HEAD");
  } else {
    for (const char* form : {"refs/heads/", "refs/tags/"}) words.push_back(form + ref);
    words.push_back("refs/tags/" + ref + "^{}");
  }
  Result<std::string> out = git(words);
  if (!out) return out;
  std::map<std::string, std::string> refs;
  for (size_t begin = 0; begin < out->size();) {
    size_t end = std::min(out->find('\n', begin), out->size());
    std::string line = out->substr(begin, end - begin);
    begin = end + 1;
    if (size_t tab = line.find('\t'); tab != std::string::npos)
      refs[line.substr(tab + 1)] = line.substr(0, tab);
  }
  for (const std::string& name : {std::string(ref.empty() ? "HEAD" : "refs/heads/" + ref),
                                  "refs/tags/" + ref + "^{}", "refs/tags/" + ref})
    if (auto found = refs.find(name); found != refs.end() && is_full_commit(found->second))
      return found->second;
  if (ref.empty()) return Error{url + ": the repository is empty", ""};
  return Error{url + ": there is no branch, tag or commit '" + ref + "'",
               "'git ls-remote " + url + "' lists those there are"};
}

// The full name of an abbreviated commit, for which all of the repository is needed.
Result<std::string> abbreviated_commit(const Store& store, const Git& git, const std::string& url,
                                       const std::string& ref) {
  Result<std::string> stage = make_stage(store);
  if (!stage) return stage;
  struct Remove {
    std::string path;
    ~Remove() { remove_folder(path); }
  } remove{*stage};
  Result<std::string> repository = make_repository(git, *stage + "/repository");
  if (!repository) return repository;
  if (Status s = fetch_all(git, *repository, url); !s) return s.error();
  Result<std::string> commit =
      git({"-C", *repository, "rev-parse", "-q", "--verify", ref + "^{commit}"});
  if (!commit)
    return Error{url + ": there is no branch, tag or commit '" + ref + "'",
                 "'git ls-remote " + url + "' lists those there are"};
  while (commit->ends_with('\n')) commit->pop_back();
  return commit;
}

struct Submodule {
  std::string path, commit, url;
  bool wanted = true;  // not `update = none`
};

// Splits what git ends with NULs.
std::vector<std::string> records(const std::string& out) {
  std::vector<std::string> list;
  for (size_t begin = 0; begin < out.size();) {
    size_t end = std::min(out.find('\0', begin), out.size());
    list.push_back(out.substr(begin, end - begin));
    begin = end + 1;
  }
  return list;
}

Result<std::vector<Submodule>> submodules(const Git& git, const std::string& repository,
                                          const std::string& commit) {
  Result<std::string> tree = git({"-C", repository, "ls-tree", "-r", "-z", "--full-tree", commit});
  if (!tree) return tree.error();
  std::vector<Submodule> out;
  for (const std::string& line : records(*tree)) {  // MODE TYPE NAME <tab> PATH
    size_t tab = line.find('\t');
    if (!line.starts_with("160000 commit ") || tab == std::string::npos) continue;
    out.push_back({line.substr(tab + 1), line.substr(14, tab - 14), "", true});
  }
  if (out.empty()) return out;
  Result<std::string> text = git({"-C", repository, "config", "--blob", commit + ":.gitmodules",
                                  "-z", "--get-regexp", "^submodule\\."});
  std::map<std::string, std::map<std::string, std::string>> sections;
  if (text)
    for (const std::string& record : records(*text)) {  // submodule.NAME.KEY <newline> VALUE
      size_t line = record.find('\n'), dot = record.rfind('.', line);
      if (line != std::string::npos && dot != std::string::npos)
        sections[record.substr(0, dot)][record.substr(dot + 1, line - dot - 1)] =
            record.substr(line + 1);
    }
  for (Submodule& module : out)
    for (auto& [name, values] : sections)
      if (values["path"] == module.path) {
        module.url = values["url"];
        module.wanted = values["update"] != "none";
      }
  return out;
}

// What one tree is made of: a repository, and those below it.
class Checkout {
 public:
  Checkout(const EnsureOptions& options, std::string scratch)
      : options_(options), scratch_(std::move(scratch)) {}

  // Puts a commit's files into the folder `target`, which is empty; `prefix` ("" or with a
  // slash at its end) is where that lies in the whole tree.
  Status add(const std::string& url, const std::string& commit, const std::string& target,
             const std::string& prefix, int depth) {
    if (Status s = check_git_url(url); !s) return s;
    Git git(url);
    Result<std::string> repository =
        make_repository(git, scratch_ + "/" + std::to_string(count_++));
    if (!repository) return repository.error();
    // Most servers give any commit by its name.
    Result<std::string> fetched =
        git({"-C", *repository, "fetch", "-q", "--no-tags", "--depth", "1", "--", url, commit});
    if (!fetched) {
      if (Status s = fetch_all(git, *repository, url); !s) return s;
    }
    if (Result<std::string> there =
            git({"-C", *repository, "cat-file", "-e", commit + "^{commit}"});
        !there)
      return Error{url + ": commit " + commit + " is not there",
                   "was the branch it was on rewritten or deleted?"};
    std::string archive = *repository + ".tar.gz";
    if (Result<std::string> done =
            git({"-C", *repository, "archive", "--format=tar.gz", "-1", "-o", archive, commit});
        !done)
      return done.error();
    Fd fd(::open(archive.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return Error{"cannot open: " + errno_text(errno), "", archive};
    ExtractOptions extract = options_.extract;
    extract.strip = 0;
    Result<TreeList> list = extract_archive(fd.get(), Extract::TarGz, target, extract);
    if (!list) return Error{url + ": " + list.error().text(), kBadRepository};
    for (TreeItem& item : *list) {
      item.path.insert(0, prefix);
      list_.push_back(std::move(item));
    }
    Result<std::vector<Submodule>> below = submodules(git, *repository, commit);
    if (!below) return below.error();
    for (const Submodule& module : *below) {
      if (!module.wanted) continue;
      if (module.url.empty())
        return Error{url + ": submodule '" + module.path + "' has no URL in .gitmodules",
                     kBadRepository};
      if (depth == kMaxDepth)
        return Error{
            url + ": submodules lie in each other more than " + std::to_string(kMaxDepth) + " deep",
            kBadRepository};
      std::string from = submodule_url(url, module.url);
      // A stranger's repository has no business on this disk.
      if (is_local(from) && !is_local(url))
        return Error{
            url + ": submodule '" + module.path + "' is a folder of this machine (" + from + ")",
            kBadRepository};
      if (Status s = add(from, module.commit, join_path(target, module.path),
                         prefix + module.path + "/", depth + 1);
          !s)
        return s;
    }
    return {};
  }

  TreeList list() {
    std::sort(list_.begin(), list_.end(),
              [](const TreeItem& a, const TreeItem& b) { return a.path < b.path; });
    return std::move(list_);
  }

 private:
  const EnsureOptions& options_;
  std::string scratch_;
  int count_ = 0;
  TreeList list_;
};

}  // namespace

bool is_full_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) && is_hex(text);
}

std::string submodule_url(const std::string& parent, const std::string& url) {
  if (!url.starts_with("./") && !url.starts_with("../")) return url;
  std::string base = parent, rest = url;
  while (base.ends_with('/')) base.pop_back();
  for (;;) {
    if (rest.starts_with("./")) {
      rest.erase(0, 2);
    } else if (rest.starts_with("../")) {
      rest.erase(0, 3);
      size_t end = base.find_last_of("/:");
      base.resize(end == std::string::npos ? 0 : base[end] == ':' ? end + 1 : end);
    } else {
      return base.ends_with(':') || base.empty() ? base + rest : base + "/" + rest;
    }
  }
}

Result<GitTree> ensure_git_tree(const Store& store, const std::string& url, const std::string& ref,
                                const std::string& commit, const EnsureOptions& options) {
  if (Status s = check_git_url(url); !s) return s.error();
  bool offline = options.fetch.offline && !is_local(url);
  GitTree out{"", !commit.empty() ? commit : is_full_commit(ref) ? ref : ""};
  if (out.commit.empty()) {
    if (offline) return offline_error(url);
    if (!store.writable) return store.unwritable;
    Git git(url);
    Result<std::string> found = ref.size() >= 7 && is_hex(ref)
                                    ? abbreviated_commit(store, git, url, ref)
                                    : listed_commit(git, url, ref);
    if (!found) return found.error();
    out.commit = *found;
  }
  if (!is_full_commit(out.commit))
    return Error{url + ": '" + out.commit + "' is no full commit",
                 "it has 40 or 64 hexadecimal digits"};
  Result<std::string> tree = ensure_made_tree(
      store, git_key(url, out.commit), options,
      [&](const std::string& target, const std::string& scratch) -> Result<TreeList> {
        if (offline) return offline_error(url);
        Checkout checkout(options, scratch);
        if (Status s = checkout.add(url, out.commit, target, "", 0); !s) return s.error();
        return checkout.list();
      });
  if (!tree) return tree.error();
  out.tree = *tree;
  return out;
}

}  // namespace fbuild::lnk
