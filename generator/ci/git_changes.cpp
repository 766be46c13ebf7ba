#include "generator/ci/git_changes.h"

#include <unistd.h>

#include <algorithm>

#include "support/files.h"
#include "support/process.h"

namespace fbuild {

namespace {

Result<ProcessOutput> git(std::vector<std::string> arguments) {
  // Paths as they are, whatever the user's configuration says.
  arguments.insert(arguments.begin(), {"git", "-c", "core.quotePath=false"});
  Result<ProcessOutput> output = run_process(arguments, {.directory = {}, .capture_err = true});
  if (!output) return Error{output.error().what, "--changed-since needs git: apt-get install git"};
  return output;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// What -z puts between them.
std::vector<std::string> records(const std::string& text) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\0', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

// `path` as seen from `base`, both absolute and normalized.
std::string relative_path(const std::string& path, const std::string& base) {
  std::string up, from = base;
  while (from != "/" && path != from && !path.starts_with(from + "/")) {
    up += "../";
    from = std::string(dir_name(from));
  }
  if (path == from) return up.empty() ? "." : up.substr(0, up.size() - 1);
  return up + path.substr(from == "/" ? 1 : from.size() + 1);
}

}  // namespace

Result<GitRevision> GitRevision::open(const std::string& revision) {
  GitRevision out;
  Result<ProcessOutput> top = git({"rev-parse", "--show-toplevel", "--show-prefix"});
  if (!top) return top.error();
  if (top->exit_status != 0)
    return Error{"--changed-since: " + first_line(top->err),
                 "run it in a checkout of the repository"};
  out.top_ = first_line(top->out);
  // Not the working directory, whose name may lead through links.
  std::string prefix = first_line(top->out.substr(std::min(out.top_.size() + 1, top->out.size())));
  out.project_ = normalize_path(join_path(out.top_, prefix));
  if (revision.size() >= 40 && revision.find_first_not_of('0') == std::string::npos) return out;
  Result<ProcessOutput> commit =
      git({"rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"});
  if (!commit) return commit.error();
  if (commit->exit_status != 0)
    return Error{"--changed-since: there is no revision '" + revision + "' here",
                 "a shallow clone lacks it: git fetch --depth=1 origin " + revision +
                     " (GitHub: fetch-depth: 0; GitLab: GIT_DEPTH: 0)"};
  out.commit_ = first_line(commit->out);
  return out;
}

std::string GitRevision::seen_from_project(const std::string& path) const {
  return relative_path(join_path(top_, path), project_);
}

Result<std::vector<ChangedFile>> GitRevision::changes() const {
  std::vector<ChangedFile> out;
  auto failed = [](const ProcessOutput& output) {
    return Error{"git: " + first_line(output.err), ""};
  };
  if (!empty()) {
    Result<ProcessOutput> diff = git({"-C", top_, "diff", "--no-renames", "--no-ext-diff",
                                      "--ignore-submodules=none", "--raw", "-z", commit_, "--"});
    if (!diff) return diff.error();
    if (diff->exit_status != 0) return failed(*diff);
    // ":100644 100755 OLD NEW M" and then the path.
    std::vector<std::string> list = records(diff->out);
    for (size_t i = 0; i + 1 < list.size(); i += 2) {
      const std::string& how = list[i];
      bool file = how.starts_with(":100") && how.size() > 11 && how.compare(8, 3, "100") == 0;
      out.push_back({seen_from_project(list[i + 1]),
                     file && how.back() == 'M' ? ChangedFile::Edited : ChangedFile::Other});
    }
  }
  std::vector<std::string> list = {"-C", top_, "ls-files", "-z", "--others", "--exclude-standard"};
  if (empty()) list.insert(list.end(), "--cached");
  Result<ProcessOutput> others = git(list);
  if (!others) return others.error();
  if (others->exit_status != 0) return failed(*others);
  for (const std::string& path : records(others->out))
    out.push_back({seen_from_project(path), ChangedFile::Other});
  return out;
}

Result<std::string> GitRevision::file(const std::string& path) const {
  std::string absolute = normalize_path(join_path(project_, path));
  Error missing{"there was no such file", "", path};
  if (empty() || !absolute.starts_with(top_ + "/")) return missing;
  Result<ProcessOutput> output =
      git({"cat-file", "blob", commit_ + ":" + absolute.substr(top_.size() + 1)});
  if (!output) return output.error();
  if (output->exit_status != 0) return missing;
  return std::move(output->out);
}

Result<std::vector<std::string>> GitRevision::files() const {
  if (empty()) return std::vector<std::string>();
  Result<ProcessOutput> output = git({"ls-tree", "-r", "--name-only", "-z", commit_});
  if (!output) return output.error();
  if (output->exit_status != 0) return Error{"git: " + first_line(output->err), ""};
  std::vector<std::string> out = records(output->out);
  for (std::string& path : out) path = seen_from_project(path);
  return out;
}

Result<std::vector<std::pair<std::string, std::string>>> GitRevision::links() const {
  Result<ProcessOutput> output = git({"-C", top_, "ls-files", "-s", "-z"});
  if (!output) return output.error();
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& record : records(output->out)) {
    size_t tab = record.find('\t');
    if (!record.starts_with("120000 ") || tab == std::string::npos) continue;
    std::string link = join_path(top_, record.substr(tab + 1));
    char target[4096];
    ssize_t size = ::readlink(link.c_str(), target, sizeof target);
    if (size <= 0) continue;
    std::string leads_to =
        normalize_path(join_path(dir_name(link), std::string(target, static_cast<size_t>(size))));
    out.emplace_back(relative_path(link, project_), relative_path(leads_to, project_));
  }
  return out;
}

}  // namespace fbuild
