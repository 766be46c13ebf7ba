#include "generator/ci/affected.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "generator/config/config_json.h"
#include "generator/config/path_glob.h"
#include "generator/ninja/gate_files.h"
#include "stamp/filter.h"
#include "support/files.h"

namespace fbuild {

using nlohmann::json;

namespace {

bool lies_in(const std::string& path, const std::string& folder) {
  if (folder == ".") return path[0] != '/' && path != ".." && !path.starts_with("../");
  return path == folder || path.starts_with(folder + "/");
}

// A changed folder (a submodule) concerns what is in it.
bool touches(const ChangedFile& file, const std::string& path) {
  return file.path == path || (file.kind == ChangedFile::Other && lies_in(path, file.path));
}

std::string comma_list(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "=" : ",") + item;
  return out.empty() ? "=" : out;
}

bool root_holds(const stamp::RootItem& root, const ChangedFile& file) {
  if (touches(file, root.path)) return true;
  if (!lies_in(file.path, root.path)) return false;
  std::string extensions = root.default_extensions ? "" : comma_list(root.extensions);
  std::string excludes = root.default_excludes ? "" : comma_list(root.excludes);
  stamp::Filter filter(extensions, excludes);
  std::string rest = root.path == "." ? file.path : file.path.substr(root.path.size() + 1), above;
  for (;;) {
    size_t slash = rest.find('/');
    std::string name = rest.substr(0, slash);
    if (filter.excludes(above, name)) return false;
    // What changed may be a submodule, a folder: extensions say nothing of it.
    if (slash == std::string::npos)
      return file.kind == ChangedFile::Other || filter.watches_file(name);
    above = above.empty() ? name : above + "/" + name;
    rest = rest.substr(slash + 1);
  }
}

bool roots_hold(const stamp::Definition& set, const ChangedFile& file) {
  return std::any_of(set.roots.begin(), set.roots.end(),
                     [&](const stamp::RootItem& root) { return root_holds(root, file); });
}

bool holds(const stamp::Definition& set, const ChangedFile& file) {
  return roots_hold(set, file) ||
         std::any_of(set.files.begin(), set.files.end(),
                     [&](const stamp::FileItem& item) { return touches(file, item.path); });
}

// Whether only those who compile or include a file care for what is in it.
bool is_only_code(const std::string& path) {
  if (source_language(path)) return true;
  for (const char* end : {".h", ".hh", ".hpp", ".hxx", ".inc", ".ipp", ".tpp"})
    if (path.ends_with(end)) return true;
  return false;
}

// The names that the plan has for a file, which was named as seen from the project: outside of
// it absolute, and in a package of the project's own by the link to that.
std::vector<ChangedFile> names_in_plan(const BuildPlan& plan, const std::string& project,
                                       const ChangedFile& file) {
  std::string absolute = normalize_path(join_path(project, file.path));
  std::vector<ChangedFile> out = {{path_inside(absolute, project), file.kind}};
  for (const PackageUse& use : plan.packages) {
    if (lies_in(absolute, use.package.root))
      out.push_back(
          {normalize_path(use.link + absolute.substr(use.package.root.size())), file.kind});
    if (absolute != use.package.root && touches({absolute, file.kind}, use.package.root))
      out.push_back({use.link, file.kind});
  }
  return out;
}

bool by_watch_set(const Session& session, const BuildPlan& plan, const ChangedFile& file) {
  if (holds(environment_set(plan, ""), file)) return true;
  for (const std::string& path : plan.files)
    if (touches(file, path)) return true;
  config::ConfigDependencies folders;
  folders.directories = session.config.dependencies().directories;
  stamp::Definition project = project_set({plan}, folders, {}, session.scans.searched(),
                                          std::string(dir_name(plan.directory)));
  if (!holds(project, file)) return false;
  return file.kind != ChangedFile::Edited || !is_only_code(file.path);
}

// The other names that files go by: through links that are part of the repository.
void add_other_names(const std::vector<std::pair<std::string, std::string>>& links,
                     std::vector<ChangedFile>& files) {
  constexpr size_t kMostNames = 100'000;  // links can lead in circles
  std::set<std::string> known;
  for (const ChangedFile& file : files) known.insert(file.path);
  for (size_t i = 0; i < files.size() && files.size() < kMostNames; ++i)
    for (const auto& [link, target] : links) {
      if (!lies_in(files[i].path, target)) continue;
      std::string rest =
          target == "." ? files[i].path
                        : files[i].path.substr(std::min(target.size() + 1, files[i].path.size()));
      std::string other = rest.empty() ? link : join_path(link, rest);
      ChangedFile::Kind kind = files[i].kind;
      if (other.size() < 4096 && known.insert(other).second) files.push_back({other, kind});
    }
}

// What was there at the revision, for a pattern of extra_configs.
std::vector<std::string> matching(const std::vector<std::string>& paths,
                                  const std::string& pattern) {
  auto parts = [](const std::string& text) {
    std::vector<std::string> out;
    for (size_t at = 0; at <= text.size();) {
      size_t slash = std::min(text.find('/', at), text.size());
      out.push_back(text.substr(at, slash - at));
      at = slash + 1;
    }
    return out;
  };
  std::vector<std::string> wanted = parts(normalize_path(pattern)), out;
  auto fits = [&](const auto& self, const std::vector<std::string>& path, size_t p,
                  size_t w) -> bool {
    if (w == wanted.size()) return p == path.size();
    if (wanted[w] == "**") {
      if (self(self, path, p, w + 1)) return true;
      return p < path.size() && path[p][0] != '.' && self(self, path, p + 1, w);
    }
    return p < path.size() && config::match_name(wanted[w], path[p]) &&
           (path[p][0] != '.' || wanted[w][0] == '.') && self(self, path, p + 1, w + 1);
  };
  for (const std::string& path : paths)
    if (fits(fits, parts(path), 0, 0)) out.push_back(path);
  std::sort(out.begin(), out.end());
  return out;
}

bool is_irrelevant(config::Scope scope, const std::string& option) {
  const config::OptionInfo* info = config::find_option_info(scope, option);
  return info && info->support == config::Support::Irrelevant;
}

// The first option with another value; "" when there is none.
std::string first_difference(config::Scope scope, const json& before, const json& now) {
  if (!before.is_object() || !now.is_object()) return before == now ? "" : "options";
  for (const auto& [one, other] : {std::pair(&now, &before), std::pair(&before, &now)})
    for (const auto& [option, value] : one->items()) {
      // Which of them plain `ninja` builds, and where options are written, changes no build.
      if (is_irrelevant(scope, option) || option == "default_envs" || option == "extra_configs")
        continue;
      auto found = other->find(option);
      if (found == other->end() || *found != value) return option;
    }
  return "";
}

// What a build can read as far as the configuration tells.
class BareWatch {
 public:
  BareWatch(Session& session, const std::string& environment)
      : session_(session), section_("env:" + environment) {}

  Status read() {
    for (const char* option : {"src_dir", "include_dir", "lib_dir", "data_dir"})
      if (Status s = add_folders("platformio", option); !s) return s;
    if (Status s = add_folders(section_, "lib_extra_dirs"); !s) return s;
    Result<std::vector<std::string>> options = session_.config.options(section_);
    if (!options) return options.error();
    for (const std::string& option : *options) {
      if (is_irrelevant(config::Scope::Env, option)) continue;
      Result<const config::Value*> value = session_.config.get(section_, option);
      if (!value) return value.error();
      std::string text = config::value_text(**value);
      for (const config::ListItem& item : (*value)->items)
        anything_ = anything_ || item.text.starts_with("!");
      anything_ = anything_ || text.starts_with("!");
      texts_ += "\n" + text;
      if (option != "board") continue;
      if (Status s = add_board(text); !s) return s;
    }
    for (const std::string& root : std::vector<std::string>(roots_)) follow_folder(root);
    return {};
  }

  bool concerns(const ChangedFile& file) const {
    if (anything_ || file.path == board_) return true;
    for (const std::string& root : roots_) {
      stamp::RootItem item;
      item.path = root;
      item.default_extensions = false;
      item.extensions = {"*"};
      if (root_holds(item, file)) return true;
    }
    for (const std::string& path : outside_)
      if (touches(file, path)) return true;
    return is_named(file.path);
  }

 private:
  Status add_folders(const std::string& section, const char* option) {
    Result<const config::Value*> value = session_.config.get(section, option);
    if (!value) return value.error();
    std::vector<std::string> paths;
    for (const config::ListItem& item : (*value)->items) paths.push_back(item.text);
    if (paths.empty() && (*value)->kind == config::Value::Kind::Text)
      paths.push_back((*value)->text);
    for (const std::string& path : paths) roots_.push_back(as_seen(path));
    return {};
  }

  Status add_board(const std::string& board) {
    Result<const config::Value*> folder = session_.config.get("platformio", "boards_dir");
    if (!folder) return folder.error();
    board_ = join_path(as_seen(config::value_text(**folder)), board + ".json");
    return {};
  }

  // Changed files are named as seen from the project, with `..` where that leads out of it.
  std::string as_seen(const std::string& path) const {
    std::string absolute = normalize_path(join_path(session_.project, path)), up,
                from = session_.project;
    while (from != "/" && !lies_in(absolute, from)) {
      up += "../";
      from = std::string(dir_name(from));
    }
    if (absolute == from) return up.empty() ? "." : up.substr(0, up.size() - 1);
    return up + absolute.substr(from == "/" ? 1 : from.size() + 1);
  }

  void follow_folder(const std::string& folder) {
    Result<std::vector<DirEntry>> entries = list_directory(folder);
    if (!entries) return;
    for (const DirEntry& entry : *entries) {
      if (std::binary_search(stamp::default_excludes().begin(), stamp::default_excludes().end(),
                             entry.name))
        continue;
      std::string path = join_path(folder, entry.name);
      if (entry.kind == DirEntry::Directory && followed_.insert(path).second &&
          followed_.size() < 100'000)
        follow_folder(path);
      if (entry.kind == DirEntry::File &&
          (is_only_code(path) || path.ends_with(".ino") || path.ends_with(".pde")))
        follow(path);
    }
  }

  // Includes that may lead out of the folders, and those of what is there.
  void follow(const std::string& path) {
    if (!followed_.insert(path).second) return;
    for (const IncludeLine& line : session_.scans.of(path)) {
      if (line.kind == IncludeLine::Macro) anything_ = true;
      std::vector<std::string> bases = roots_;
      bases.push_back(std::string(dir_name(path)));
      for (const std::string& base : bases) {
        std::string found = as_seen(join_path(base, line.name));
        if (std::any_of(roots_.begin(), roots_.end(),
                        [&](const std::string& root) { return lies_in(found, root); }))
          continue;
        outside_.insert(found);
        if (is_regular_file(found)) follow(found);
      }
    }
  }

  // Whether an option names the file or a folder above it.
  bool is_named(std::string path) const {
    auto in_word = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '_' || c == '-' || c == '.';
    };
    while (!path.empty() && path != "." && path != ".." && !path.ends_with("/..")) {
      for (size_t at = 0; (at = texts_.find(path, at)) != std::string::npos; ++at) {
        // -Ifolder has a letter before it.
        size_t end = at + path.size();
        bool option = at >= 2 && texts_[at - 2] == '-';
        if ((at == 0 || option || !in_word(texts_[at - 1]) || texts_[at - 1] == '.') &&
            (end == texts_.size() || !in_word(texts_[end])))
          return true;
      }
      path = std::string(dir_name(path));
    }
    return false;
  }

  Session& session_;
  std::string section_, texts_, board_;
  std::vector<std::string> roots_;
  std::set<std::string> followed_, outside_;
  bool anything_ = false;  // a command, an include that cannot be followed
};

}  // namespace

Result<Changes> Changes::since(const std::string& revision, const config::ConfigInput& input,
                               const config::ConfigDependencies& configuration) {
  Result<GitRevision> before = GitRevision::open(revision);
  if (!before) return before.error();
  Changes out;
  out.all_ = before->empty();
  if (out.all_) return out;
  Result<std::vector<ChangedFile>> files = before->changes();
  if (!files) return files.error();
  Result<std::vector<std::pair<std::string, std::string>>> links = before->links();
  if (!links) return links.error();
  add_other_names(*links, *files);

  config::ConfigInput now = input, then = input;
  now.unix_time = then.unix_time = 1;  // time passes, which is no change of the project
  Result<std::vector<std::string>> listed = before->files();
  if (!listed) return listed.error();
  std::set<std::string> ini_files(configuration.files.begin(), configuration.files.end());
  then.read = [&](const std::string& path) {
    ini_files.insert(normalize_path(path));
    return path[0] == '/' ? read_file(path) : before->file(path);
  };
  then.glob = [&](const std::string& pattern) {
    std::set<std::string> ignored;
    return pattern[0] == '/' ? config::glob_paths(".", pattern, ignored)
                             : matching(*listed, pattern);
  };
  config::PrintedConfig old_config = config::print_config(then);
  for (ChangedFile& file : *files) {
    if (ini_files.count(file.path)) {
      out.ini_files_.push_back(file.path);
    } else {
      out.files_.push_back(std::move(file));
    }
  }
  if (out.ini_files_.empty()) return out;
  out.old_config_ = old_config.json;
  out.new_config_ = config::print_config(now).json;
  return out;
}

std::string Changes::changed_option(const std::string& environment) const {
  json before = json::parse(old_config_, nullptr, false),
       now = json::parse(new_config_, nullptr, false);
  if (before.is_discarded() || now.is_discarded() || !before["error"].is_null()) return "options";
  if (std::string option =
          first_difference(config::Scope::Platformio, before["platformio"], now["platformio"]);
      !option.empty())
    return "option '" + option + "' of [platformio]";
  for (const std::string& section : {"env:" + environment, std::string("platformio")})
    if (before["option_errors"].contains(section) || now["option_errors"].contains(section))
      return "options";
  if (!before["resolved"].contains(environment)) return "the environment is new";
  std::string option = first_difference(config::Scope::Env, before["resolved"][environment],
                                        now["resolved"][environment]);
  return option.empty() || option == "options" ? option : "option '" + option + "'";
}

Result<std::optional<std::string>> Changes::reason(Session& session, const std::string& environment,
                                                   const BuildPlan* plan) const {
  using Reason = std::optional<std::string>;
  if (all_) return Reason("there was nothing before");
  if (!ini_files_.empty())
    if (std::string option = changed_option(environment); !option.empty())
      return Reason(ini_files_.front() + ": " + option);
  BareWatch bare(session, environment);
  if (!plan)
    if (Status s = bare.read(); !s) return s.error();
  for (const ChangedFile& file : files_) {
    // Ours, where git does not ignore it.
    if (lies_in(file.path, session.build_dir) || file.path == "build.ninja" ||
        file.path == "compile_commands.json")
      continue;
    bool concerned = file.path == kLockFile;
    if (!plan) {
      concerned = concerned || bare.concerns(file);
    } else {
      concerned = concerned || !plan->commands.empty();
      for (const ChangedFile& name : names_in_plan(*plan, session.project, file))
        concerned = concerned || by_watch_set(session, *plan, name);
    }
    if (concerned) return Reason(file.path);
  }
  return Reason(std::nullopt);
}

}  // namespace fbuild
