#include "generator/ninja/build_files.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "generator/ninja/text.h"
#include "generator/platform/package_link.h"
#include "support/files.h"

namespace fbuild {

namespace {

constexpr const char* kRootMark = "# Written by fbuild-gen: loads the build of platformio.ini.";

class Files {
 public:
  Files(const std::vector<BuildPlan>& plans, const BuildFilesInput& input) : plans_(plans), input_(input) {}

  Status run() {
    if (Status s = make_directories(in_build("packages")); !s) return s;
    for (const BuildPlan& plan : plans_) {
      if (Status s = make_directories(plan.directory); !s) return s;
      for (const PackageUse& use : plan.packages)
        if (Status s = package(use); !s) return s;
      Result<std::string> graph = graph_text(plan, input_.own, input_.templates_dir);
      if (!graph) return graph.error();
      if (Status s = write(join_path(plan.directory, "graph.ninja"), *graph); !s) return s;
      if (Status s = write(join_path(plan.directory, "build.ninja"), environment_text(plan)); !s) return s;
      outputs_.push_back(join_path(plan.directory, "build.ninja"));
    }
    outputs_.push_back(in_build("build.ninja"));
    result_.root_is_ours = root_is_free();
    if (result_.root_is_ours) outputs_.push_back("build.ninja");
    if (Status s = write(in_build("generate.ninja"), generate_text()); !s) return s;
    if (Status s = write(in_build("generate.d"), depend_text()); !s) return s;
    if (Status s = write(in_build("build.ninja"), all_text()); !s) return s;
    if (result_.root_is_ours)
      if (Status s = write("build.ninja", root_text()); !s) return s;
    return compile_databases();
  }

  Status compile_databases() {
    for (const BuildPlan& plan : plans_) {
      if (Status s = make_directories(plan.directory); !s) return s;
      if (Status s = write(join_path(plan.directory, "compile_commands.json"), compile_database(plan, input_.project)); !s)
        return s;
    }
    return link_database();
  }

  BuildFilesResult take() { return std::move(result_); }

 private:
  std::string in_build(const std::string& name) const { return join_path(input_.build_dir, name); }

  Status write(const std::string& path, const std::string& content) {
    Result<bool> wrote = write_if_changed(path, content);
    if (!wrote) return wrote.error();
    result_.written += *wrote;
    return {};
  }

  Status package(const PackageUse& use) {
    return use.stamp.empty() ? Status{} : write(use.stamp, use.identity);
  }

  std::string environment_text(const BuildPlan& plan) const {
    return "# Environment " + plan.environment + " by itself. Written by fbuild-gen.\n" + preamble() + "subninja " +
           ninja_path(join_path(plan.directory, "graph.ninja")) + "\ndefault " + ninja_path(plan.environment) + "\n";
  }

  std::string preamble() const {
    return "ninja_required_version = 1.10\nbuilddir = " + ninja_value(input_.build_dir) + "\ninclude " +
           ninja_path(in_build("generate.ninja")) + "\n";
  }

  std::string all_text() const {
    std::string out = "# All environments. Written by fbuild-gen.\n" + preamble();
    for (const BuildPlan& plan : plans_)
      out += "subninja " + ninja_path(join_path(plan.directory, "graph.ninja")) + '\n';
    std::string defaults;
    for (const std::string& name : input_.default_environments) defaults += ' ' + ninja_path(name);
    if (!defaults.empty()) out += "default" + defaults + '\n';
    return out;
  }

  std::string generate_text() const {
    std::vector<std::string> command = {input_.own.generator};
    command.insert(command.end(), input_.generate_arguments.begin(), input_.generate_arguments.end());
    std::string out =
        "# How the build files are made again. Written by fbuild-gen.\n"
        "rule fbuild_generate\n  command = " +
        ninja_value(shell_line(command)) +
        "\n  depfile = " + ninja_value(in_build("generate.d")) +
        "\n  generator = 1\n  restat = 1\n  description = fbuild-gen\nbuild";
    for (const std::string& path : outputs_) out += ' ' + ninja_path(path);
    return out + ": fbuild_generate\n";
  }

  // The inputs are told in a depend file, where a missing one means "make again" and not
  // an error. Escapes are those ninja's reader undoes.
  std::string depend_text() const {
    auto escaped = [](const std::string& path) {
      std::string out;
      for (char c : path) {
        if (c == ' ' || c == '#') out += '\\';
        if (c == '$') out += '$';
        out += c;
      }
      return out;
    };
    std::set<std::string> seen;
    std::string out = escaped(outputs_.front()) + ":";
    for (const std::string& path : input_.inputs)
      if (seen.insert(path).second) out += " \\\n  " + escaped(path);
    return out + "\n";
  }

  std::string root_text() const {
    return std::string(kRootMark) + "\nninja_required_version = 1.10\ninclude " + ninja_path(in_build("build.ninja")) + "\n";
  }

  bool root_is_free() const {
    if (::access("build.ninja", F_OK) != 0 && link_target("build.ninja").empty()) return true;
    Result<std::string> text = read_file("build.ninja");
    return text && text->starts_with(kRootMark);
  }

  // clangd looks for compile_commands.json in the root: a link to the database of the
  // first default environment, unless the user has a file of that name.
  Status link_database() {
    if (plans_.empty()) return {};
    std::string name = input_.default_environments.empty() ? plans_.front().environment
                                                           : input_.default_environments.front();
    const char* path = "compile_commands.json";
    std::string old = link_target(path);
    bool ours = old.ends_with("/compile_commands.json") && old.starts_with(input_.build_dir + "/");
    if (!ours && (path_exists(path) || !old.empty())) {
      result_.notes.push_back("compile_commands.json is not ours and was left alone; ours is " +
                              join_path(input_.build_dir, name + "/compile_commands.json"));
      return {};
    }
    Result<bool> linked = replace_link(path, join_path(input_.build_dir, name + "/compile_commands.json"));
    if (!linked) return linked.error();
    result_.written += *linked;
    return {};
  }

  const std::vector<BuildPlan>& plans_;
  const BuildFilesInput& input_;
  std::vector<std::string> outputs_;
  BuildFilesResult result_;
};

}  // namespace

Result<BuildFilesResult> write_build_files(const std::vector<BuildPlan>& plans, const BuildFilesInput& input) {
  Files files(plans, input);
  if (Status s = files.run(); !s) return s.error();
  return files.take();
}

Result<BuildFilesResult> write_compile_databases(const std::vector<BuildPlan>& plans, const BuildFilesInput& input) {
  Files files(plans, input);
  if (Status s = files.compile_databases(); !s) return s.error();
  return files.take();
}

}  // namespace fbuild
