#include "generator/plan/make_plan.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "generator/config/source_filter.h"
#include "generator/library/include_closure.h"
#include "generator/ninja/text.h"
#include "generator/plan/compile_flags.h"
#include "generator/plan/embeds.h"
#include "generator/plan/include_digests.h"
#include "generator/plan/launcher.h"
#include "generator/plan/libraries.h"
#include "generator/plan/linked_files.h"
#include "generator/plan/linker_scripts.h"
#include "generator/plan/options.h"
#include "generator/plan/plan_actions.h"
#include "generator/sketch/sketch.h"
#include "support/files.h"

namespace fbuild {

using config::ListItem;
using config::Value;

namespace {

class Planner {
 public:
  Planner(Session& session, Environment environment)
      : session_(session),
        env_(std::move(environment)),
        section_("env:" + env_.name),
        linked_(session,
                join_path(session.build_dir, env_.name + (env_.debug ? "/debug/lnk" : "/lnk"))),
        libraries_(session, env_, linked_, plan_) {}

  Result<BuildPlan> run() {
    describe();
    for (Status (Planner::*step)() :
         {&Planner::project_sources, &Planner::flags, &Planner::libraries, &Planner::groups,
          &Planner::includes, &Planner::linked_files, &Planner::link, &Planner::after_link,
          &Planner::actions})
      if (Status s = (this->*step)(); !s) return s.error();
    for (const std::string& name : env_.platform->templates) plan_.templates.push_back(name);
    plan_.commands = flags_.commands;
    if (Status s = check_names(); !s) return s.error();
    return std::move(plan_);
  }

 private:
  // Text of build_src_filter that selects nothing is a slip; a pattern without an end is an error.
  Status check_source_filter() {
    Result<const config::Value*> value = session_.config.get(section_, "build_src_filter");
    if (!value) return value.error();
    for (const config::ListItem& item : (*value)->items)
      for (const config::FilterFault& fault : config::filter_faults(item.text)) {
        if (fault.unclosed)
          return session_.config.at(
              item.origin, "'" + fault.text + "' in 'build_src_filter' has no '>' at its end",
              "write +<pattern> or -<pattern>");
        if (fault.text.find('$') != std::string::npos) continue;  // may become a pattern
        std::string pattern = fault.text.find_first_of("<>") == std::string::npos
                                  ? "<" + fault.text + ">"
                                  : fault.text;
        session_.warn(session_.config.at(
            item.origin,
            "'" + fault.text + "' in 'build_src_filter' selects nothing, as in PlatformIO",
            pattern == "<>" || pattern[0] != '<' ? "write +<pattern> or -<pattern>"
                                                 : "write +" + pattern + " or -" + pattern));
      }
    return {};
  }

  // A limit may be written as "A-B", two whole numbers.
  static std::string difference(const std::string& text) {
    size_t minus = text.find('-');
    if (minus == std::string::npos) return text;
    long long from = 0, less = 0;
    const char *end = text.data() + text.size(), *middle = text.data() + minus;
    if (std::from_chars(text.data(), middle, from) != std::from_chars_result{middle, {}} ||
        std::from_chars(middle + 1, end, less) != std::from_chars_result{end, {}} || less > from)
      return text;
    return std::to_string(from - less);
  }

  // build_src_filter with its variables replaced.
  Result<std::string> source_filter() {
    if (Status s = check_source_filter(); !s) return s.error();
    Result<std::vector<std::string>> items = option_list(session_, section_, "build_src_filter");
    if (!items) return items.error();
    Result<std::string> out =
        config::substitute_text(join_words(*items), environment_variables(session_, env_));
    if (!out)
      return session_.config.at(session_.config.origin(section_, "build_src_filter"),
                                out.error().what, out.error().fix);
    return out;
  }

  void describe() {
    plan_.environment = env_.name;
    plan_.platform = env_.platform->name;
    plan_.board = fact_or(env_.facts, "id", "");
    plan_.board_name = fact_or(env_.facts, "name", plan_.board);
    plan_.directory = join_path(session_.build_dir, env_.name);
    plan_.watch_set = env_.debug ? env_.name + "/debug" : env_.name;
    plan_.packages = env_.packages;
    plan_.files.push_back(env_.platform->file);
    for (const std::string& file : env_.looked_at)
      plan_.files.push_back(path_inside(file, session_.project));
    if (!env_.board_file.empty()) plan_.files.push_back(env_.board_file);
    plan_.tool_files = env_.compiler.files;
    const PackageUse& toolchain = env_.packages.front();
    for (const auto& [variable, path] : env_.toolchain.programs)
      plan_.programs[variable] = join_path(toolchain.link, path);
    // The compiler has an identity; the C library it comes with may change without it.
    for (const std::string& path : env_.toolchain.headers)
      if (std::string folder = join_path(toolchain.link, path); is_directory(folder))
        c_library_.push_back(folder);
  }

  // Below the environment's folder; a debug build has a folder of its own there.
  std::string object_dir(const std::string& name) const {
    return join_path(env_.debug ? join_path(plan_.directory, "debug") : plan_.directory, name);
  }

  void watch_folders(const SourceListing& sources) {
    plan_.directories.insert(plan_.directories.end(), sources.directories.begin(),
                             sources.directories.end());
  }

  Status project_sources() {
    Result<std::string> src = option_folder(session_, "src_dir"),
                        include = option_folder(session_, "include_dir");
    if (!src) return src.error();
    if (!include) return include.error();
    src_dir_ = *src;
    if (is_directory(*include)) include_dirs_.push_back(*include);
    include_dirs_.push_back(src_dir_);
    for (const std::string& folder : {*include, src_dir_}) {
      if (Status s = linked_.add_folder(folder); !s) return s;
      linked_.use(folder);
    }
    linked_.extend(include_dirs_);
    plan_.directories.insert(plan_.directories.end(), {*include, src_dir_});
    plan_.input_folders = {*include, src_dir_};
    plan_.input_folders.insert(plan_.input_folders.end(), c_library_.begin(), c_library_.end());

    Result<std::string> filter = source_filter();
    if (!filter) return filter.error();
    const SourceListing& sources = session_.sources.of(src_dir_, *filter);
    watch_folders(sources);
    SourceGroup group;
    group.name = "src";
    group.units = compile_units(src_dir_, sources.files, object_dir("src"));
    if (env_.framework->sketches)
      if (Status s = sketch(group); !s) return s;
    linked_.extend(group, src_dir_, *filter, object_dir("src"), {*include, src_dir_});
    if (group.units.empty()) {
      bool filtered =
          session_.config.is_set(section_, "build_src_filter") && is_directory(src_dir_);
      std::string fix = "put a .cpp, .c or .ino file there";
      if (!is_directory(src_dir_))
        fix = "make that folder and put a .cpp, .c or .ino file into it, or set 'src_dir'";
      if (filtered) fix = "does 'build_src_filter' leave everything out?";
      config::Origin place =
          session_.config.origin(section_, filtered ? "build_src_filter" : "board");
      return session_.config.at(
          place, "environment '" + env_.name + "' has no sources in '" + src_dir_ + "'", fix);
    }
    for (const CompileUnit& unit : group.units)
      finder_.sources.push_back(unit.source == plan_.sketch.output ? sketch_beside_ : unit.source);
    finder_.include_dirs = include_dirs_;
    project_group_ = std::move(group);
    return {};
  }

  // Sketch files become one more source, made in the build directory.
  Status sketch(SourceGroup& group) {
    if (!is_directory(src_dir_)) return {};
    Result<std::vector<std::string>> paths = find_sketch_files(src_dir_);
    if (!paths) return paths.error();
    if (paths->empty()) return {};
    std::vector<SketchFile> files;
    for (const std::string& path : *paths) {
      Result<std::string> content = read_file(path);
      if (!content) return content.error();
      files.push_back({path, std::move(*content)});
    }
    Result<std::vector<SketchFile>> ordered = order_sketch(std::move(files));
    if (!ordered) return ordered.error();
    std::string name = sketch_output_name(ordered->front().path);
    plan_.sketch.output = join_path(object_dir("sketch"), name);
    std::string text = "#include <Arduino.h>\n";
    for (const SketchFile& file : *ordered) {
      plan_.sketch.inputs.push_back(file.path);
      plan_.files.push_back(file.path);
      // Alone, there is no order that its content could change.
      if (ordered->size() == 1) {
        session_.scans.of(file.path);
      } else {
        session_.scans.leave_out(file.path);
      }
      text += file.content + "\n";
    }
    // The finder sees it where PlatformIO puts it, beside the sketch.
    sketch_beside_ = join_path(src_dir_, name);
    session_.scans.set(sketch_beside_, text);
    // Compiled in the place its name sorts to, which decides the order of linking.
    // It includes "x.h" from beside the sketch, where PlatformIO would have put it.
    CompileUnit unit{plan_.sketch.output,
                     join_path(object_dir("src"), name + ".o"),
                     Language::Cxx,
                     {"-iquote", src_dir_}};
    auto place = std::find_if(group.units.begin(), group.units.end(),
                              [&](const CompileUnit& other) { return other.object > unit.object; });
    group.units.insert(place, std::move(unit));
    return {};
  }

  Status libraries() {
    InstalledLibraries installed = flags_.installed;
    if (Status s = libraries_.find(std::move(finder_), flags_, installed); !s) return s;
    // What is found depends on the include lines of every file that was read for it.
    for (const std::string& file : libraries_.scanned())
      if (file != sketch_beside_) plan_.files.push_back(file);
    return {};
  }

  Status flags() {
    Result<InstalledLibraries> installed = library_deps(session_, env_, plan_);
    if (!installed) return installed.error();
    Result<EnvironmentFlags> flags = environment_flags(session_, env_, std::move(*installed));
    if (!flags) return flags.error();
    flags_ = std::move(*flags);
    for (const std::string& folder : flags_.looked_at) {
      std::string path = path_inside(folder, session_.project);
      // Below the build directory lie packages; their groups are inputs already.
      if (path != session_.build_dir && !path.starts_with(session_.build_dir + "/"))
        plan_.input_folders.push_back(path);
    }
    return {};
  }

  Status groups() {
    if (Status s = set_flags(project_group_, libraries_.project_arguments()); !s) return s;
    std::vector<SourceGroup>& groups = plan_.groups;
    if (Status s = libraries_.add_groups(object_dir("")); !s) return s;
    groups.push_back(std::move(project_group_));
    size_t own = groups.size();
    for (const GroupSpec& spec : env_.framework->groups) {
      if (!env_.holds(spec.when)) continue;
      Result<std::vector<std::string>> filled =
          fill_words(env_, {spec.name, spec.from, spec.filter});
      if (!filled) return filled.error();
      const std::string& from = (*filled)[1];
      if (!is_directory(from))
        return session_.config.at(session_.config.origin(section_, "board"),
                                  "board '" + plan_.board + "' needs the folder '" + from +
                                      "', which its package does not have",
                                  "is '" + env_.packages[1].package.name + "' the right package?");
      plan_.input_folders.push_back(from);
      const SourceListing& sources = session_.sources.of(from, (*filled)[2]);
      watch_folders(sources);
      SourceGroup group;
      group.name = (*filled)[0];
      if (Status s = set_flags(group, framework_arguments(session_, env_, flags_, spec.flags)); !s)
        return s.error();
      group.shared = shared_folder(session_.build_dir, plan_, group, from, (*filled)[2]);
      group.units = compile_units(from, sources.files, group.shared);
      if (group.units.empty() && !spec.archive) continue;
      if (group.units.empty()) {
        // A variant may be a header alone. PlatformIO links an empty archive then, and how many
        // files a linker has read decides in which order it puts the jumps that it adds.
        group.shared.clear();
        group.archive = object_dir("lib/lib" + group.name + ".a");
      } else if (spec.archive) {
        group.archive = join_path(group.shared, "lib" + group.name + ".a");
      }
      plan_.groups.push_back(std::move(group));
    }
    // PlatformIO links the framework's objects first, then those of libraries that are no
    // archives, then the project's.
    std::stable_partition(groups.begin() + static_cast<std::ptrdiff_t>(own), groups.end(),
                          [](const SourceGroup& group) { return group.archive.empty(); });
    auto first_archive =
        std::find_if(groups.begin() + static_cast<std::ptrdiff_t>(own), groups.end(),
                     [](const SourceGroup& group) { return !group.archive.empty(); });
    std::rotate(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(own), first_archive);
    return {};
  }

  Status includes() {
    digest_includes(session_, plan_, sketch_beside_);
    return {};
  }

  // What is embedded, and what stands in for files of the project.
  Status linked_files() {
    if (Status s = linked_.status(); !s) return s;
    if (Status s = plan_embeds(session_, env_, object_dir("embed"), linked_, plan_); !s) return s;
    linked_.finish(plan_);
    return {};
  }

  Status link() {
    plan_.elf = object_dir("firmware.elf");
    plan_.link_flags = flags_.link_flags;
    bool cxx = false;
    for (const SourceGroup& group : plan_.groups) {
      if (!group.archive.empty()) plan_.archives.push_back(group.archive);
      if (group.archive.empty())
        for (const CompileUnit& unit : group.units) cxx = cxx || unit.language == Language::Cxx;
    }
    plan_.linker = cxx ? "cxx" : "cc";
    plan_.link_libs = flags_.library_paths;
    plan_.link_libs.push_back("-L" + plan_.directory);
    plan_.link_libs.insert(plan_.link_libs.end(), flags_.lib_paths.begin(), flags_.lib_paths.end());
    plan_.link_libs.push_back("-Wl,--start-group");
    plan_.link_libs.insert(plan_.link_libs.end(), flags_.first_libs.begin(),
                           flags_.first_libs.end());
    plan_.link_libs.insert(plan_.link_libs.end(), plan_.archives.begin(), plan_.archives.end());
    plan_.link_libs.insert(plan_.link_libs.end(), flags_.libs.begin(), flags_.libs.end());
    plan_.link_libs.push_back("-Wl,--end-group");
    std::vector<std::string> folders;
    for (const std::vector<std::string>* words : {&flags_.library_paths, &flags_.lib_paths})
      for (const std::string& word : *words) folders.push_back(word.substr(2));
    plan_.link_inputs = linker_scripts(plan_.link_flags, folders);
    plan_.input_files.insert(plan_.input_files.end(), plan_.link_inputs.begin(),
                             plan_.link_inputs.end());
    return prepare();
  }

  // What the platform makes for the link.
  Status prepare() {
    for (const PrepareSpec& spec : env_.platform->prepare) {
      if (!env_.holds(spec.when)) continue;
      Result<std::string> input = filled(spec.in);
      if (!input) return input.error();
      Result<std::vector<std::string>> words = arguments(spec.arguments);
      if (!words) return words.error();
      plan_.prepared.push_back(
          {spec.rule, *input, object_dir(spec.out), {{"arguments", shell_line(*words)}}, true});
      plan_.link_inputs.push_back(object_dir(spec.out));
      // It may be one for the preprocessor.
      for (IncludeScans::File file : IncludeClosure(session_.scans, IncludePath{}).of(*input).files)
        plan_.input_files.push_back(session_.scans.path(file));
    }
    return {};
  }

  Result<std::vector<std::string>> arguments(const std::vector<ArgumentSpec>& items) {
    std::vector<std::string> words;
    for (const ArgumentSpec& item : items) {
      if (!env_.holds(item.when)) continue;
      Result<std::vector<std::string>> more = fill_words(env_, item.words);
      if (!more) return more.error();
      words.insert(words.end(), more->begin(), more->end());
    }
    return words;
  }

  Result<std::string> filled(const std::string& text) {
    Result<std::string> out =
        fill(text, [this](std::string_view name) { return env_.look_up(name); });
    if (!out) return fill_error(env_, out.error());
    return out;
  }

  Status after_link() {
    for (const StepSpec& spec : env_.platform->steps) {
      if (!env_.holds(spec.when)) continue;
      PlannedStep step{spec.rule, {}, object_dir(spec.out), spec.by_default};
      for (const std::string& in : spec.in) {
        Result<std::string> path = filled(in);
        if (!path) return path.error();
        if (in[0] != '{') {
          *path = object_dir(*path);
        } else if (!path->starts_with(object_dir(""))) {
          if (!is_regular_file(*path)) return missing_input(*path);
          plan_.input_files.push_back(*path);
        }
        if (step.input.empty())
          step.input = *path;
        else
          step.more_inputs.push_back(*path);
      }
      if (!spec.arguments.empty()) {
        Result<std::vector<std::string>> words = arguments(spec.arguments);
        if (!words) return words.error();
        step.variables = {{"arguments", shell_line(*words)}};
      }
      plan_.steps.push_back(std::move(step));
    }
    const SizeSpec& size = env_.platform->size;
    plan_.size.ram_soft = size.ram_soft;
    for (auto [from, to] :
         {std::pair(&size.flash, &plan_.size.flash), std::pair(&size.ram, &plan_.size.ram),
          std::pair(&size.flash_max, &plan_.size.flash_max),
          std::pair(&size.ram_max, &plan_.size.ram_max)}) {
      Result<std::string> value = filled(*from);
      if (!value) return value.error();
      *to = difference(*value);
    }
    for (const auto& [name, value] : env_.platform->variables) {
      Result<std::string> text = filled(value);
      if (!text) return text.error();
      plan_.variables.emplace_back(name, *text);
    }
    return {};
  }

  // At the option that names it, if one does.
  Error missing_input(const std::string& path) {
    config::Origin place = session_.config.origin(section_, "board");
    std::string name = path;
    if (Result<std::vector<std::string>> options = session_.config.options(section_))
      for (const std::string& option : *options) {
        Result<std::string> value = option_text(session_, section_, option.c_str());
        if (!option.starts_with("board_") || !value || value->empty() ||
            !("/" + path).ends_with("/" + *value))
          continue;
        place = session_.config.origin(section_, option);
        name = *value;
      }
    return session_.config.at(
        place, "environment '" + env_.name + "' needs '" + name + "', and there is no such file",
        "give one that is there, or make it");
  }

  Status actions() { return plan_actions(session_, env_, object_dir(""), plan_); }

  Status check_names() const {
    std::vector<std::string> names = plan_.sketch.inputs;
    for (const SourceGroup& group : plan_.groups)
      for (const CompileUnit& unit : group.units) names.push_back(unit.source);
    for (const std::string& name : names) {
      if (writable_in_ninja(name)) continue;
      std::string shown = name;
      std::replace_if(
          shown.begin(), shown.end(), [](char c) { return c == '\t' || c == '\r' || c == '\n'; },
          '?');
      return Error{"ninja cannot build a file whose name has a '|', a tab or a line end",
                   "rename it", shown};
    }
    return {};
  }

  Session& session_;
  Environment env_;
  std::string section_;
  BuildPlan plan_;
  std::string src_dir_;
  std::vector<std::string> c_library_;
  std::string sketch_beside_;  // where PlatformIO would write the joined sketch; no such file
  std::vector<std::string> include_dirs_;
  FinderProject finder_;
  LinkedFiles linked_;
  SourceGroup project_group_;
  LibraryPlan libraries_;
  EnvironmentFlags flags_;
};

}  // namespace

Result<BuildPlan> make_plan(Session& session, const std::string& name) {
  Result<Environment> environment = resolve_environment(session, name);
  if (!environment) return environment.error();
  Result<BuildPlan> plan = Planner(session, std::move(*environment)).run();
  if (!plan) return plan;
  Result<std::string> launcher = find_launcher(session, "env:" + name);
  if (!launcher) return launcher.error();
  plan->launcher = *launcher;
  if (!launcher->empty()) plan->files.push_back(*launcher);
  return plan;
}

}  // namespace fbuild
