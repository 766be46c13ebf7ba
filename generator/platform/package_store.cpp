#include "generator/platform/package_store.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "lnk/pin.h"
#include "lnk/present.h"
#include "support/files.h"
#include "support/process.h"

namespace fbuild {

Result<lnk::Store*> store_of(PackageStore& packages) {
  if (!packages.store) {
    Result<lnk::Store> store = lnk::open_default_store();
    if (!store) return store.error();
    packages.store = std::move(*store);
  }
  return &*packages.store;
}

namespace {

// What fbuild-lnk answers in one line of JSON.
class Answer {
 public:
  static Result<Answer> of(const std::vector<std::string>& argv) {
    Result<ProcessOutput> done = run_process(argv);
    if (!done) return done.error();
    Answer out;
    out.json_ = nlohmann::json::parse(done->out, nullptr, false);
    out.failed_ = done->exit_status != 0;
    out.status_ = argv[0] + " ended with status " + std::to_string(done->exit_status);
    return out;
  }

  std::string text(const char* key) const {
    return json_.is_object() && json_.contains(key) && json_[key].is_string()
               ? json_[key].get<std::string>()
               : "";
  }
  std::optional<uint64_t> number(const char* key) const {
    if (!json_.is_object() || !json_.contains(key) || !json_[key].is_number_unsigned())
      return std::nullopt;
    return json_[key].get<uint64_t>();
  }
  bool failed() const { return failed_; }
  Error error() const {
    return Error{text("error").empty() ? status_ : text("error"), text("fix")};
  }

 private:
  nlohmann::json json_;
  bool failed_ = false;
  std::string status_;
};

std::vector<std::string> command(const PackageStore& packages, const char* name,
                                 const std::string& url, bool offline) {
  std::vector<std::string> argv = {packages.program, name};
  if (offline) argv.push_back("--offline");
  if (packages.quiet) argv.push_back("--quiet");
  argv.push_back(url);
  return argv;
}

Result<InstalledArchive> run_install(const PackageStore& packages, const PackageArchive& archive,
                                     bool offline) {
  std::vector<std::string> argv = command(packages, "install", archive.url, offline);
  argv.insert(argv.end(),
              {"--strip", std::to_string(archive.strip), "--lease", std::to_string(::getpid())});
  if (archive.extract != lnk::Extract::File)
    argv.insert(argv.end(), {"--extract", lnk::extract_name(archive.extract)});
  if (!archive.sha256.empty()) argv.insert(argv.end(), {"--sha256", archive.sha256});
  if (archive.size) argv.insert(argv.end(), {"--size", std::to_string(*archive.size)});
  // Only the project itself names files of this machine.
  if (archive.url.starts_with("file://")) argv.push_back("--allow-file-urls");
  Result<Answer> answer = Answer::of(argv);
  if (!answer) return answer.error();
  InstalledArchive out{answer->text("tree"), answer->text("sha256"), answer->number("size"),
                       archive.extract};
  if (answer->failed() || out.tree.empty()) return answer->error();
  if (Result<lnk::Extract> kind = lnk::extract_from_name(answer->text("extract")))
    out.extract = *kind;
  return out;
}

}  // namespace

Result<std::string> find_in_store(PackageStore& packages, const PackageArchive& archive) {
  Result<lnk::Store*> store = store_of(packages);
  if (!store) return store.error();
  lnk::EntryKey key = lnk::tree_key(archive.manifest(), archive.strip);
  Result<std::string> tree = lnk::use_if_present(**store, key, 0);
  if (!tree || !tree->empty()) return tree;
  if (!lnk::worth_a_look(**store, key)) return std::string();
  Result<InstalledArchive> installed = run_install(packages, archive, true);
  // What is damaged there is as good as missing.
  return installed ? installed->tree : std::string();
}

Result<InstalledArchive> install_archive(PackageStore& packages, const PackageArchive& archive) {
  return run_install(packages, archive, packages.offline);
}

Result<std::string> find_git_tree(PackageStore& packages, const std::string& url,
                                  const std::string& commit) {
  Result<lnk::Store*> store = store_of(packages);
  if (!store) return store.error();
  lnk::EntryKey key = lnk::git_key(url, commit);
  Result<std::string> tree = lnk::use_if_present(**store, key, 0);
  if (!tree || !tree->empty() || !lnk::worth_a_look(**store, key)) return tree;
  std::vector<std::string> argv = command(packages, "git", url, true);
  argv.insert(argv.end(), {"--commit", commit, "--lease", std::to_string(::getpid())});
  Result<Answer> answer = Answer::of(argv);
  if (!answer) return answer.error();
  return answer->failed() ? std::string() : answer->text("tree");
}

Result<GitCheckout> fetch_git_tree(PackageStore& packages, const std::string& url,
                                   const std::string& ref, const std::string& commit) {
  std::vector<std::string> argv = command(packages, "git", url, packages.offline);
  argv.insert(argv.end(), {"--lease", std::to_string(::getpid())});
  // One word each: a ref may begin with a dash.
  if (!ref.empty()) argv.push_back("--ref=" + ref);
  if (!commit.empty()) argv.push_back("--commit=" + commit);
  Result<Answer> answer = Answer::of(argv);
  if (!answer) return answer.error();
  GitCheckout out{answer->text("tree"), answer->text("commit")};
  if (answer->failed() || out.tree.empty() || out.commit.empty()) return answer->error();
  return out;
}

Result<std::optional<std::string>> fetch_answer(PackageStore& packages, const std::string& url) {
  Result<Answer> answer = Answer::of(command(packages, "answer", url, packages.offline));
  if (!answer) return answer.error();
  if (answer->failed() && answer->number("status") == 404) return std::optional<std::string>();
  if (answer->failed()) return answer->error();
  Result<std::string> text = read_file(answer->text("path"));
  if (!text) return text.error();
  return std::optional(std::move(*text));
}

Result<std::string> root_in_tree(const PackageSpec& spec, const std::vector<std::string>& programs,
                                 const std::string& tree) {
  if (has_package(spec, programs, tree)) return tree;
  Result<std::vector<DirEntry>> entries = list_directory(tree);
  if (!entries) return entries.error();
  std::vector<std::string> roots;
  for (const DirEntry& entry : *entries)
    if (std::string inner = join_path(tree, entry.name);
        entry.kind == DirEntry::Directory && has_package(spec, programs, inner))
      roots.push_back(inner);
  if (roots.size() == 1) return roots.front();
  std::string missing = spec.probe;
  for (const std::string& program : programs)
    if (missing.empty() || path_exists(join_path(tree, missing))) missing = program;
  return Error{
      "the archive of package '" + spec.name + "' is not that package: it has no '" + missing + "'",
      "is it the right archive, with the right number of leading folders stripped?"};
}

void pin_in_store(const std::string& tree, const std::string& link) {
  std::string entry(dir_name(tree));
  // A read-only store cannot be written to, and is nobody's to clean up from here.
  if (::access(entry.c_str(), W_OK) == 0) (void)!lnk::pin_entry(entry, link);
}

}  // namespace fbuild
