#include "generator/ninja/build_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>

#include "generator/ninja/gate_files.h"
#include "generator/ninja/stub.h"
#include "generator/ninja/targets_file.h"
#include "generator/ninja/text.h"
#include "generator/plan/launcher.h"
#include "generator/platform/package_link.h"
#include "stamp/depfile.h"
#include "stamp/gate.h"
#include "stamp/hash.h"
#include "stamp/watch.h"
#include "support/file_time.h"
#include "support/files.h"

namespace fbuild {

namespace {

constexpr const char* kRootMark = "# Written by fbuild-gen: loads the build of platformio.ini.";

class Files {
 public:
  Files(const std::vector<BuildPlan>& plans, const BuildFilesInput& input)
      : plans_(plans), input_(input) {}

  Status run() {
    // The databases are long texts that nobody waits for.
    for (const BuildPlan& plan : plans_)
      databases_.push_back(std::async(std::launch::async | std::launch::deferred, [this, &plan] {
        return compile_database(plan, input_.project);
      }));
    // Before anything is written.
    for (const BuildPlan& plan : plans_)
      if (path_exists(plan.directory) && !is_directory(plan.directory))
        return Error{"a file is in the way",
                     "this folder is fbuild-gen's: move the file, or name another folder with -B",
                     plan.directory};
    if (Status s = check_root(); !s) return s;
    if (Status s = make_environment_folders(); !s) return s;
    if (Status s = make_directories(in_build("packages")); !s) return s;
    if (Status s = make_directories(in_build("idle")); !s) return s;
    for (const BuildPlan& plan : plans_)
      if (Status s = environment(plan); !s) return s;
    std::string rules = text_of(stub_rules_);
    if (Status s = write(in_build("stub-rules.ninja"), rules); !s) return s;
    if (Status s = write(in_build("stubs.ninja"), rules + stubs_); !s) return s;
    if (Status s = write(in_build("names.ninja"), names_text()); !s) return s;
    if (Status s = make_directories(in_build("shared")); !s) return s;
    outputs_.push_back(in_build("all.ninja"));
    std::vector<std::string> inputs = find_inputs();
    if (Status s = write(in_build("generate.ninja"), generate_text(inputs)); !s) return s;
    if (Status s = write(in_build("generate.d"), stamp::format_depfile(outputs_.front(), inputs));
        !s)
      return s;
    if (Status s = write(in_build("all.ninja"), all_text(true)); !s) return s;
    if (Status s = write(in_build("dry.ninja"), all_text(false)); !s) return s;
    if (Status s = write(in_build("targets.json"), targets_text(plans_)); !s) return s;
    result_.root_is_ours = input_.root_files && root_is_free();
    input_.log->phase("files");
    if (Status s = gate(); !s) return s;
    input_.log->phase("sets");
    if (Status s = write(in_build("build.ninja"), gate_text()); !s) return s;
    if (result_.root_is_ours)
      if (Status s = write("build.ninja", root_text()); !s) return s;
    if (Status s = seal_project(); !s) return s;
    // Only now: the folders that are inputs have just been written to.
    bool changed = result_.written > 0;
    if (Status s = compile_databases(); !s) return s;
    confirm(changed);
    input_.log->phase("rest");
    return {};
  }

  // Ungated files are made again by times alone. What was not rewritten is now as new as
  // the inputs it was compared with; and ninja loads the graphs again only when the file
  // it was started with is newer.
  void confirm(bool changed) {
    timespec began = {input_.began / 1'000'000'000, input_.began % 1'000'000'000};
    timespec times[2] = {{0, UTIME_OMIT}, began};
    if (changed) times[1] = {0, UTIME_NOW};
    for (const std::string& path : outputs_)
      if (changed || mtime_of(path) < newest_input_)
        (void)!::utimensat(AT_FDCWD, path.c_str(), times, 0);
  }

  Status compile_databases() {
    for (size_t i = 0; i < plans_.size(); ++i) {
      const BuildPlan& plan = plans_[i];
      if (Status s = make_directories(plan.directory); !s) return s;
      // No build is made from it.
      Result<bool> wrote = write_if_changed(
          join_path(plan.directory, "compile_commands.json"),
          databases_.empty() ? compile_database(plan, input_.project) : databases_[i].get());
      if (!wrote) return wrote.error();
      result_.written += *wrote;
    }
    return link_database();
  }

  BuildFilesResult take() { return std::move(result_); }

 private:
  std::string in_build(const std::string& name) const { return join_path(input_.build_dir, name); }

  static bool would_change(const std::string& path, const std::string& content) {
    Result<std::string> old = read_file(path);
    return !old || *old != content;
  }

  Status write(const std::string& path, const std::string& content) {
    if (!would_change(path, content)) return {};
    if (Status s = forget_project_seal(); !s) return s;
    Result<bool> wrote = write_if_changed(path, content);
    if (!wrote) return wrote.error();
    result_.written += *wrote;
    return {};
  }

  // From the first file on that changes, the build files are no more what the last seal
  // stands for. If this run is ended before the next seal, or cannot make one, and its
  // inputs then go back to what they were, they must not pass for what was made of those.
  Status forget_project_seal() {
    if (std::exchange(seal_forgotten_, true)) return {};
    stamp::Session session(in_build("watch.table"));
    if (!session.has_set(stamp::kProjectSet)) return {};
    return session.unseal(stamp::kProjectSet);
  }

  // Written when it is missing only: the plan renews it.
  Status provide(const std::string& path) {
    return path_exists(path) ? Status{} : write(path, "0\n");
  }

  // The file that says how compilers are run for what is made in `folder`: `outputs`.
  Status launch(const std::string& folder, const std::string& launcher,
                const std::vector<std::string>& outputs) {
    bool keep = input_.own.keep_diagnostics;
    Result<std::string> before = read_file(launch_path(folder));
    // What is compiled from now on without being kept would leave them behind as a lie.
    if (before && !keep && launch_text_keeps(*before))
      for (const std::string& output : outputs)
        for (const char* what : {".said", ".failed"}) ::unlink((output + what).c_str());
    return write(launch_path(folder), launch_text(launcher, input_.own.stamp, keep));
  }

  Status environment(const BuildPlan& plan) {
    std::vector<std::string> outputs = {plan.elf};
    for (const SourceGroup& group : plan.groups)
      if (group.shared.empty())
        for (const CompileUnit& unit : group.units) outputs.push_back(unit.object);
    if (Status s = launch(plan.directory, plan.launcher, outputs); !s) return s;
    for (const PackageUse& use : plan.packages)
      for (const std::string& stamp : use.stamps) {
        bool own = !use.identity.empty() && stamp == use.stamps.front();
        if (Status s = own ? write(stamp, use.identity) : provide(stamp); !s) return s;
      }
    if (Status s = provide(join_path(plan.directory, "epoch")); !s) return s;
    Result<GraphText> graph = graph_text(plan, input_.own, input_.templates_dir);
    if (!graph) return graph.error();
    Result<Stub> stub = make_stub(plan, input_.own, input_.templates_dir, in_build("planned"));
    if (!stub) return stub.error();
    std::string shared;
    for (const SourceGroup& group : plan.groups)
      if (!group.shared.empty()) {
        Result<std::string> text = shared_group(plan, group);
        if (!text) return text.error();
        shared += *text;
      }
    digests_.push_back({hex(graph->edges + shared), hex(graph->edges + shared + graph->targets +
                                                        text_of(stub->rules) + stub->edges)});
    if (Status s = write(join_path(plan.directory, "graph.ninja"), graph->edges + graph->targets);
        !s)
      return s;
    if (Status s = write(join_path(plan.directory, "stub.ninja"), stub->edges); !s) return s;
    stub_rules_.merge(stub->rules);
    stubs_ += stub->edges;
    names_ += stub->names;
    actions_ += stub->actions;
    if (Status s = write(join_path(plan.directory, "keep.ninja"), keep_text(plan)); !s) return s;
    outputs_.push_back(join_path(plan.directory, "build.ninja"));
    return write(outputs_.back(), environment_text(plan));
  }

  // Writes a shared group's file, once; its text.
  Result<std::string> shared_group(const BuildPlan& plan, const SourceGroup& group) {
    std::string& text = shared_[group.shared];
    if (!text.empty()) return text;
    Result<std::string> made = shared_text(plan, group, input_.own, input_.templates_dir);
    if (!made) return made.error();
    if (Status s = make_directories(group.shared); !s) return s.error();
    if (Status s = provide(join_path(group.shared, "epoch")); !s) return s.error();
    std::vector<std::string> outputs;
    for (const CompileUnit& unit : group.units) outputs.push_back(unit.object);
    if (Status s = launch(group.shared, plan.launcher, outputs); !s) return s.error();
    if (Status s = write(group.shared + ".ninja", *made); !s) return s.error();
    return text = std::move(*made);
  }

  // A stand-in for stubs.ninja that runs the plan, which then loads that, for what has to be run.
  std::string names_text() const {
    if (actions_.empty()) return names_;
    return names_ + "build" + actions_ + ": fbuild_late\n  loaded = names\n";
  }

  static std::string text_of(const std::map<std::string, std::string>& rules) {
    std::string out;
    for (const auto& [name, body] : rules) out += "rule " + name + "\n" + body;
    return out;
  }

  static std::string hex(const std::string& text) { return stamp::hex(stamp::hash_text(text)); }

  // The watch sets, and the first decision: what is not known to be clean is loaded.
  Status gate() {
    stamp::Gate gate;
    gate.build_dir = input_.build_dir;
    gate.place = input_.project;
    gate.generate = generate_command();
    std::vector<std::pair<std::string, stamp::Definition>> sets;
    sets.emplace_back(stamp::kProjectSet, project_set(plans_, *input_.configuration, input_.files,
                                                      input_.scans->searched(), input_.build_dir));
    for (size_t i = 0; i < plans_.size(); ++i) {
      const BuildPlan& plan = plans_[i];
      bool is_default =
          std::find(input_.default_environments.begin(), input_.default_environments.end(),
                    plan.environment) != input_.default_environments.end();
      gate.environments.push_back(
          {plan.environment, plan.watch_set, is_default, digests_[i].second});
      for (const SourceGroup& group : plan.groups)
        if (!group.shared.empty()) gate.environments.back().shared.push_back(group.shared);
      sets.emplace_back(plan.watch_set, environment_set(plan, digests_[i].first));
      sets.emplace_back(stamp::objects_set(plan.watch_set), objects_set(plan));
      for (const PackageUse& use : plan.packages)
        if (use.installed && !use.stamps.empty() &&
            std::none_of(gate.packages.begin(), gate.packages.end(),
                         [&](const auto& p) { return p.root == use.link; }))
          gate.packages.push_back({use.link, use.stamps.back()});
    }
    // The seal is lifted before the sets are defined anew: this session would not see it done.
    std::string gate_file = stamp::format_gate(gate);
    if (would_change(in_build("gate"), gate_file) ||
        would_change(in_build("build.ninja"), gate_text()) ||
        (result_.root_is_ours && would_change("build.ninja", root_text())))
      if (Status s = forget_project_seal(); !s) return s;
    seal_forgotten_ = true;
    stamp::Session& session = session_.emplace(in_build("watch.table"));
    // Sets of environments that are gone. The debug build of one that is not keeps its seal.
    for (const std::string& name : session.set_names()) {
      std::string environment = name.substr(0, name.find('/'));
      if (std::none_of(sets.begin(), sets.end(), [&](const auto& set) {
            return set.first.substr(0, set.first.find('/')) == environment;
          }))
        if (Status s = session.drop(name); !s) return s;
    }
    if (Status s = session.define_all(sets); !s) return s;

    // Not among the results: times in it are no news.
    if (std::optional<std::string> memo = input_.scans->memo_text())
      if (Result<bool> wrote = write_if_changed(in_build("includes"), *memo); !wrote)
        return wrote.error();
    if (Status s = write(in_build("gate"), gate_file); !s) return s;
    Result<Fd> lock = stamp::lock_gate(input_.build_dir);
    if (!lock) return lock.error();
    stamp::PlanState state = stamp::read_state(in_build("plan.state"));
    std::erase_if(state.environments, [&](const auto& item) {
      return std::none_of(gate.environments.begin(), gate.environments.end(),
                          [&](const auto& e) { return e.name == item.first; });
    });
    if (Result<bool> published = stamp::publish_active(
            gate, state,
            stamp::active_text(gate, state, {.names_only = stamp::root_has_names(gate)}));
        !published)
      return published.error();
    return {};
  }

  // The build files are as their inputs were when reading began, if none was changed since.
  // Behind the last of them: a run that was ended before leaves no seal, and is done again.
  Status seal_project() {
    Status sealed = try_to_seal(*session_);
    for (const std::string& line : session_->take_warnings()) result_.notes.push_back(line);
    return sealed;
  }

  Status try_to_seal(stamp::Session& session) {
    if (input_.configuration->unix_time) return {};
    std::string name = stamp::kProjectSet;
    Result<std::vector<stamp::SetStatus>> status = session.check({&name, 1}, {.window = 0});
    if (!status) return status.error();
    if (status->front().token.empty()) return {};
    Result<int64_t> newest = session.newest_time(name);
    if (!newest) return newest.error();
    // File times advance in ticks of up to 10 ms.
    if (*newest >= input_.began - 10'000'000) return {};
    Result<stamp::SealOutcome> sealed =
        session.seal(name, status->front().token, {.record_times = false, .as_checked = true});
    if (!sealed) return sealed.error();
    return {};
  }

  std::string environment_text(const BuildPlan& plan) const {
    std::set<std::string> loaded;
    return "# Environment " + plan.environment + " by itself. Written by fbuild-gen.\n" +
           preamble() + load(plan, loaded) + "default " + ninja_path(plan.environment) + "\n";
  }

  // `loaded`: the shared groups that are loaded already.
  std::string load(const BuildPlan& plan, std::set<std::string>& loaded) const {
    std::string out = "ready = " + ninja_path(plan.elf) + "\nsubninja " +
                      ninja_path(join_path(plan.directory, "graph.ninja")) + "\n";
    for (const SourceGroup& group : plan.groups)
      if (!group.shared.empty() && loaded.insert(group.shared).second)
        out += "subninja " + ninja_path(group.shared + ".ninja") + "\n";
    return out;
  }

  // With how to make the build files themselves again, or without.
  std::string preamble(bool generates = true) const {
    return "ninja_required_version = 1.10\nbuilddir = " + ninja_value(input_.build_dir) + "\n" +
           (generates ? "include " + ninja_path(in_build("generate.ninja")) + "\n" : "");
  }

  // A dry run ends once the build files themselves are found to be out of date, which they
  // are by times after any edit; so for that there is one that does not look.
  std::string all_text(bool generates) const {
    std::string out =
        generates
            ? "# All environments, ungated: for -t. Written by fbuild-gen.\n"
            : "# All environments as they were generated last: for -n. Written by fbuild-gen.\n";
    out += preamble(generates);
    std::set<std::string> loaded;
    for (const BuildPlan& plan : plans_) out += load(plan, loaded);
    std::string defaults;
    for (const std::string& name : input_.default_environments) defaults += ' ' + ninja_path(name);
    if (!defaults.empty()) out += "default" + defaults + '\n';
    return out;
  }

  // See stamp/plan.h. The manifest depends on an edge that always runs; its output is not
  // the file that is included, which ninja would delete when it is interrupted. The
  // manifest goes by every name it may be loaded by, or ninja would not run the plan.
  std::string gate_text() const {
    std::string build = ninja_path(in_build("plan.stamp"));
    std::vector<std::string> names = {in_build("build.ninja"),
                                      absolute_path(in_build("build.ninja"))};
    if (names[0] == names[1]) names.pop_back();
    if (result_.root_is_ours)
      names.insert(names.end(), {"build.ninja", absolute_path("build.ninja")});
    std::string list;
    for (const std::string& name : names)
      if (name.find_first_of("|\n") == std::string::npos)  // ninja cannot write these
        list += ' ' + ninja_path(name);
    // exec: the shell ninja starts is of no use while it waits, and what ninja sends to its
    // child, its death too, is meant for the program.
    std::string stamp =
        "exec " + shell_word(input_.own.stamp) + " --table " + shell_word(in_build("watch.table"));
    std::string gate = shell_word(in_build("gate"));
    return "# The gate. Written by fbuild-gen.\nninja_required_version = 1.10\nbuilddir = " +
           ninja_value(input_.build_dir) +
           "\n\nrule fbuild_plan\n  command = " + ninja_value(stamp + " plan " + gate) +
           "\n  restat = 1\n  generator = 1\n  description = check (dry runs: ninja -n -f " +
           ninja_value(in_build("dry.ninja")) +
           ")\n\nrule fbuild_late\n  command = " + ninja_value(stamp + " plan " + gate) +
           " $loaded\n  generator = 1\n  description = check\n\nrule fbuild_seal\n  command = " +
           ninja_value(stamp + " finish " + gate) +
           " $environment '$token'\n  description = $environment: done\n\nbuild " + build +
           ": fbuild_plan | fbuild_always\nbuild fbuild_always: phony\nbuild" + list + ": phony " +
           build + "\n\ninclude " + ninja_path(in_build("active")) + "${fbuild_root}.ninja\n";
  }

  std::vector<std::string> generate_command() const {
    std::vector<std::string> out = {input_.own.generator};
    out.insert(out.end(), input_.generate_arguments.begin(), input_.generate_arguments.end());
    return out;
  }

  // An input that is a source too, and was removed, would stop ninja from 1.12 on: a depend file
  // excuses only what no graph names. The phony edge does.
  std::string sources_text(const std::vector<std::string>& inputs) const {
    std::unordered_set<std::string_view> known(inputs.begin(), inputs.end());
    std::string list;
    for (const BuildPlan& plan : plans_)
      for (const SourceGroup& group : plan.groups)
        for (const CompileUnit& unit : group.units)
          if (known.erase(unit.source)) list += ' ' + ninja_path(unit.source);
    return list.empty() ? "" : "build" + list + ": phony\n";
  }

  std::string generate_text(const std::vector<std::string>& inputs) const {
    std::vector<std::string> command = generate_command();
    std::string out =
        "# How the build files are made again. Written by fbuild-gen.\n"
        "rule fbuild_generate\n  command = " +
        ninja_value(shell_line(command)) + "\n  depfile = " + ninja_value(in_build("generate.d")) +
        "\n  generator = 1\n  restat = 1\n  description = fbuild-gen\nbuild";
    for (const std::string& path : outputs_) out += ' ' + ninja_path(path);
    return out + ": fbuild_generate\n" + sources_text(inputs);
  }

  // The inputs are told in a depend file, where a missing one means "make again" and not
  // an error.
  std::vector<std::string> find_inputs() {
    std::vector<std::string> found;
    std::unordered_set<std::string_view> seen;
    std::unordered_set<std::string> inputs;
    auto add = [&](const std::string& named) {
      if (!seen.insert(named).second) return;
      std::string path = named;
      std::optional<int64_t> time = input_.scans->seen_mtime(path);
      // What does not exist is noticed by the folder it would appear in.
      struct stat info;
      while (!time && ::stat(path.c_str(), &info) != 0) path = std::string(dir_name(path));
      if (!time) time = mtime_of(info);
      if (!inputs.insert(path).second) return;
      newest_input_ = std::max(newest_input_, *time);
      found.push_back(path);
    };
    auto add_all = [&](const auto& paths) {
      for (const std::string& path : paths) add(path);
    };
    add_all(input_.files);
    add_all(input_.configuration->files);
    add_all(input_.configuration->directories);
    for (const BuildPlan& plan : plans_) {
      add_all(plan.files);
      add_all(plan.tool_files);
      add_all(plan.directories);
    }
    std::vector<IncludeScans::Searched> searched = input_.scans->searched();
    // Not the build directory, which is written to all the time.
    for (const IncludeScans::Searched& item : searched)
      if (!(item.folder + "/").starts_with(input_.build_dir + "/")) add(item.folder);
    return found;
  }

  std::string root_text() const {
    return std::string(kRootMark) +
           "\nninja_required_version = 1.10\nfbuild_root = -root\ninclude " +
           ninja_path(in_build("build.ninja")) + "\n";
  }

  // What goes into the root is written last. It may not be ours to write to, when the build
  // directory is elsewhere.
  Status check_root() const {
    if (!input_.root_files || !root_is_free() || !would_change("build.ninja", root_text()) ||
        ::access(".", W_OK) == 0)
      return {};
    return Error{"build.ninja cannot be written here: " + errno_text(errno),
                 "make the project's folder writable, or give --build-dir-only (then: ninja -f " +
                     in_build("build.ninja") + ")",
                 input_.project};
  }

  // Where upper and lower case are one, or by links, the folders of two environments may be.
  Status make_environment_folders() const {
    std::map<std::pair<dev_t, ino_t>, const BuildPlan*> seen;
    std::vector<std::string> made;
    for (const BuildPlan& plan : plans_) {
      if (!path_exists(plan.directory)) made.push_back(plan.directory);
      if (Status s = make_directories(plan.directory); !s) return s;
      struct stat info;
      if (::stat(plan.directory.c_str(), &info) != 0) continue;
      auto [other, added] = seen.emplace(std::pair(info.st_dev, info.st_ino), &plan);
      if (added) continue;
      for (const std::string& folder : made) ::rmdir(folder.c_str());
      return Error{"environments '" + other->second->environment + "' and '" + plan.environment +
                       "' would be built in one folder",
                   "choose names that differ by more than upper and lower case", plan.directory};
    }
    return {};
  }

  bool root_is_free() const {
    if (::access("build.ninja", F_OK) != 0 && link_target("build.ninja").empty()) return true;
    Result<std::string> text = read_file("build.ninja");
    return text && text->starts_with(kRootMark);
  }

  // clangd looks for compile_commands.json in the root: a link to the database of the
  // first default environment, unless the user has a file of that name.
  Status link_database() {
    if (plans_.empty() || !input_.root_files) return {};
    std::string name = input_.default_environments.empty() ? plans_.front().environment
                                                           : input_.default_environments.front();
    const char* path = "compile_commands.json";
    std::string old = link_target(path);
    // Of this build directory, or of one that -B named before.
    bool ours = old.ends_with("/compile_commands.json") &&
                (old.starts_with(input_.build_dir + "/") ||
                 is_regular_file(join_path(dir_name(dir_name(old)), "gate")));
    if (!ours && (path_exists(path) || !old.empty())) {
      result_.notes.push_back("compile_commands.json is not ours and was left alone; ours is " +
                              join_path(input_.build_dir, name + "/compile_commands.json"));
      return {};
    }
    Result<bool> linked =
        replace_link(path, join_path(input_.build_dir, name + "/compile_commands.json"));
    if (!linked) return linked.error();
    result_.written += *linked;
    return {};
  }

  const std::vector<BuildPlan>& plans_;
  const BuildFilesInput& input_;
  std::vector<std::string> outputs_;           // of the ungated generation
  int64_t newest_input_ = 0;                   // likewise
  std::map<std::string, std::string> shared_;  // text by folder
  // Of each environment: of what makes its files; of all its ninja text.
  std::vector<std::pair<std::string, std::string>> digests_;
  std::vector<std::future<std::string>> databases_;  // once they were begun
  BuildFilesResult result_;
  bool seal_forgotten_ = false;
  std::optional<stamp::Session> session_;  // from gate() on
  std::map<std::string, std::string> stub_rules_;
  std::string stubs_, names_, actions_;  // of all environments, see stub.h
};

}  // namespace

Result<BuildFilesResult> write_build_files(const std::vector<BuildPlan>& plans,
                                           const BuildFilesInput& input) {
  Files files(plans, input);
  if (Status s = files.run(); !s) return s.error();
  return files.take();
}

Result<BuildFilesResult> write_compile_databases(const std::vector<BuildPlan>& plans,
                                                 const BuildFilesInput& input) {
  Files files(plans, input);
  if (Status s = files.compile_databases(); !s) return s.error();
  return files.take();
}

}  // namespace fbuild
