#include "generator/ninja/gate_files.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "generator/ninja/graph.h"
#include "support/files.h"

namespace fbuild {

using stamp::Definition;
using stamp::RootItem;

namespace {

bool lies_in(const std::string& path, const std::string& folder) {
  if (folder == ".") return path[0] != '/' && !path.starts_with("../");
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

// Collects folders; one that lies in another is left out.
class Roots {
 public:
  explicit Roots(std::string build_dir) : build_dir_(std::move(build_dir)) {}

  void add(const std::string& path, bool package) {
    for (const auto& [known, is_package] : roots_)
      if (is_package == package && lies_in(path, known)) return;
    std::erase_if(roots_, [&](const auto& other) {
      return other.second == package && lies_in(other.first, path);
    });
    roots_.emplace_back(path, package);
  }

  bool hold(const std::string& path) const {
    return std::any_of(roots_.begin(), roots_.end(),
                       [&](const auto& root) { return lies_in(path, root.first); });
  }

  std::vector<RootItem> items() const {
    std::vector<RootItem> out;
    for (const auto& [path, package] : roots_) {
      RootItem item;
      item.package = package;
      item.path = path;
      // Any file can be included, embedded or listed, whatever its name.
      item.default_extensions = false;
      item.extensions = {"*"};
      if (path == ".") {
        // What we write into the project's root ourselves.
        item.default_excludes = false;
        item.excludes = stamp::default_excludes();
        item.excludes.insert(item.excludes.end(),
                             {"build.ninja", "compile_commands.json", ".ninja_log", ".ninja_deps"});
        if (build_dir_[0] != '/') item.excludes.push_back(build_dir_);
      }
      out.push_back(std::move(item));
    }
    return out;
  }

 private:
  std::string build_dir_;
  std::vector<std::pair<std::string, bool>> roots_;
};

// Files that link and compile flags name: linker scripts, forced includes, objects.
void add_named_files(const std::vector<std::string>& words, std::vector<std::string>& out) {
  for (const std::string& word : words) {
    size_t begin = 0;
    for (;;) {  // -Wl,-T,path and -Wl,-Tpath
      size_t comma = std::min(word.find(',', begin), word.size());
      std::string part = word.substr(begin, comma - begin);
      if (part.starts_with("-T")) part = part.substr(2);
      if (size_t equals = part.find('='); equals != std::string::npos)
        part = part.substr(equals + 1);
      if (!part.empty() && part[0] != '-' && is_regular_file(part)) out.push_back(part);
      if (comma >= word.size()) break;
      begin = comma + 1;
    }
  }
}

bool in_package(const BuildPlan& plan, const std::string& path) {
  return std::any_of(plan.packages.begin(), plan.packages.end(), [&](const PackageUse& use) {
    return use.installed && lies_in(path, use.link);
  });
}

bool in_editable_package(const BuildPlan& plan, const std::string& path) {
  return std::any_of(plan.packages.begin(), plan.packages.end(), [&](const PackageUse& use) {
    return !use.installed && lies_in(path, use.link);
  });
}

std::string parent_of_build(const BuildPlan& plan) {
  return std::string(dir_name(plan.directory));
}

}  // namespace

Definition environment_set(const BuildPlan& plan, const std::string& digest) {
  Definition out;
  out.metadata = digest;
  std::string build_dir = parent_of_build(plan);
  Roots roots(build_dir);
  for (const std::string& folder : plan.input_folders) roots.add(folder, in_package(plan, folder));
  std::vector<std::string> files = plan.tool_files;
  for (const SourceGroup& group : plan.groups) {
    for (const std::vector<std::string>& words : group.flags) add_named_files(words, files);
    for (const CompileUnit& unit : group.units)
      if (!lies_in(unit.source, build_dir) || in_package(plan, unit.source))
        files.push_back(unit.source);
  }
  files.insert(files.end(), plan.input_files.begin(), plan.input_files.end());
  for (const std::string& input : plan.sketch.inputs) files.push_back(input);
  add_named_files(plan.link_flags, files);
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  for (const std::string& file : files)
    if (!roots.hold(file) && !lies_in(file, plan.directory)) out.files.push_back({file, {}});
  out.roots = roots.items();
  for (const std::string& file : artifacts(plan))
    if (std::none_of(plan.steps.begin(), plan.steps.end(), [&](const PlannedStep& step) {
          return step.output == file && !step.by_default;
        }))
      out.artifacts.push_back(file);
  return out;
}

Definition objects_set(const BuildPlan& plan) {
  Definition out;
  std::string folder(dir_name(plan.elf));
  std::vector<std::string> folders;
  for (const char* name : {"src", "sketch", "lib", "embed", "lnk"})
    folders.push_back(join_path(folder, name));
  for (const SourceGroup& group : plan.groups)
    if (!group.shared.empty()) folders.push_back(group.shared);
  for (const std::string& path : folders) {
    RootItem item;
    item.path = path;
    item.default_extensions = false;
    item.extensions = {"*"};
    item.default_excludes = false;
    out.roots.push_back(std::move(item));
  }
  for (const char* name : {"epoch", "sealed"})
    out.files.push_back({join_path(plan.directory, name), {}});
  for (const std::string& file : artifacts(plan)) out.files.push_back({file, {}});
  for (const PackageUse& use : plan.packages)
    for (const std::string& stamp : use.stamps) out.files.push_back({stamp, {}});
  return out;
}

Definition project_set(const std::vector<BuildPlan>& plans,
                       const config::ConfigDependencies& config,
                       const std::vector<std::string>& more_files,
                       const std::vector<IncludeScans::Searched>& searched,
                       const std::string& build_dir) {
  Definition out;
  Roots roots(build_dir);
  std::vector<std::string> files = more_files;
  files.insert(files.end(), config.files.begin(), config.files.end());
  for (const std::string& folder : config.directories) roots.add(folder, false);
  std::unordered_set<std::string_view> seen;  // environments share most of what they look at
  for (const BuildPlan& plan : plans) {
    for (const std::string& folder : plan.directories)
      if (seen.insert(folder).second) roots.add(folder, in_package(plan, folder));
    for (const config::FlagCommand& command : plan.commands) out.commands.push_back(command.line);
  }
  auto add = [&](const std::string& file) {
    if (seen.insert(file).second && !roots.hold(file)) files.push_back(file);
  };
  for (const BuildPlan& plan : plans) {
    std::for_each(plan.files.begin(), plan.files.end(), add);
    std::for_each(plan.tool_files.begin(), plan.tool_files.end(), add);
  }
  // What includes that lead out of all folders did not find may appear: everywhere but in the
  // build directory, which is written to all the time, and has links to packages.
  auto may_appear = [&](const std::string& folder) {
    return !lies_in(folder, build_dir) ||
           std::any_of(plans.begin(), plans.end(),
                       [&](const BuildPlan& plan) { return in_editable_package(plan, folder); });
  };
  for (const IncludeScans::Searched& item : searched)
    if (!roots.hold(item.folder) && may_appear(item.folder))
      for (const std::string& name : item.missed)
        files.push_back(normalize_path(join_path(item.folder, name)));
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  for (const std::string& file : files)
    if (!roots.hold(file)) out.files.push_back({file, {}});
  out.roots = roots.items();
  for (const auto& [name, value] : config.variables) out.env.push_back(name);
  // Packages of the system are looked for on it.
  out.env.push_back("PATH");
  return out;
}

}  // namespace fbuild
