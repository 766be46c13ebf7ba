#include "generator/ninja/graph.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "generator/ninja/text.h"
#include "support/files.h"
#include "support/json_text.h"

namespace fbuild {

namespace {

// The kernel takes a single argument of at most 128 KiB, and `sh -c LINE` is one; beyond
// this, inputs go through a response file. With room for the flags before and behind.
constexpr size_t kLongInputs = 64 * 1024;

void variable(std::string& out, std::string_view name, std::string_view value,
              bool indented = false) {
  if (indented) out += "  ";
  out.append(name).append(value.empty() ? " =" : " = ").append(ninja_value(value)) += '\n';
}

// Rules every family shares, because their programs are ours.
constexpr const char* kOwnRules =
    "rule sketch\n"
    "  command = $fbuild_gen --join-sketch $out $in\n"
    "  restat = 1\n"
    "  description = $env: join $in\n"
    "\n"
    "# Held for as long as ninja, whose child the shell is, lives.\n"
    "rule linked_file\n"
    "  command = $fbuild_lnk -q materialize $lnk_options --lease $$PPID $in $out\n"
    "  restat = 1\n"
    "  description = $env: fetch $in\n"
    "\n"
    "# With a NUL at its end. Not written again when it says the same.\n"
    "rule terminated_text\n"
    "  command = { cat $in && printf '\\0'; } >$out.tmp && if cmp -s $out.tmp $out; then rm "
    "$out.tmp; else mv -f $out.tmp $out; fi\n"
    "  restat = 1\n"
    "  description = $env: terminate $in\n"
    "\n"
    "# Fails when the program does not fit, and takes the images along that would flash it.\n"
    "# A report that says the same as before is not written again, hence restat.\n"
    "rule size\n"
    "  command = $fbuild_image size $size --json $out $in || { rm -f $out $images; exit 1; }\n"
    "  restat = 1\n"
    "  description = $env: size\n"
    "\n"
    "rule show_size\n"
    "  command = $fbuild_image size $size $in\n"
    "  description = $env: size\n"
    "\n"
    "rule missing_tool\n"
    "  command = echo $why >&2; exit 1\n"
    "  description = $env: $out\n"
    "\n"
    "# A command of the project's own instead of the platform's.\n"
    "rule own_command\n"
    "  command = port=$$($fbuild_gen --serial-port $port_search) && $own_command\n"
    "  pool = console\n"
    "  description = $env: $out\n"
    "\n"
    "rule clean\n"
    "  command = ! test -d $folder || { cd $folder && rm -rf $paths; }\n"
    "  description = $env: clean\n"
    "\n";

// Those rules of a template that are named in `wanted`, to keep stubs small.
std::string some_rules(std::string_view text, const std::set<std::string>& wanted) {
  std::string out;
  bool in = false;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n') + 1, text.size());
    std::string_view line = text.substr(0, end ? end : text.size());
    text.remove_prefix(line.size());
    if (line.starts_with("rule ")) {
      std::string name(line.substr(5, line.find_last_not_of(" \n") - 4));
      in = wanted.count(name) > 0;
    } else if (!line.starts_with(" ")) {
      in = false;
    }
    if (in) out += line;
  }
  return out;
}

class GraphWriter {
 public:
  GraphWriter(const BuildPlan& plan, const OwnPrograms& own) : plan_(plan), own_(own) {}

  void head() {
    out_ += "# Environment " + plan_.environment + ": " + plan_.board_name + " (" + plan_.platform +
            "). Written by fbuild-gen.\n\n";
    variable(out_, "env", plan_.environment);
    for (const auto& [name, value] : environment_variables(plan_, own_))
      variable(out_, name, value);
    // exec: the shell ninja starts has nothing to do afterwards.
    std::string launch = ". " + shell_word(launch_path(plan_.directory)) + "; ";
    variable(out_, "launch", launch + "exec $keep $launch");
    variable(out_, "launch_and_more", launch + "$keep $launch");
    variable(out_, "keep", launch + "$keep");
    out_ += '\n';
  }

  void rules(const std::string& text) { out_ += text + "\n"; }

  // What every compile depends on besides its files: package stamps, and the epoch, which
  // changes when nothing is known any more of what objects were made from.
  // Of the libraries of lib_deps only those count that `group`, if any, reads.
  void common_inputs(const std::string& folder, const SourceGroup* group = nullptr) {
    out_ += "build " + ninja_path(join_path(folder, "inputs")) + ": phony " +
            ninja_path(join_path(folder, "epoch"));
    for (const PackageUse& use : plan_.packages)
      if (!use.library || (group && is_used(*group, use.link)))
        for (const std::string& stamp : use.stamps) out_ += ' ' + ninja_path(stamp);
    out_ += "\n\n";
  }

  void sketch() {
    if (plan_.sketch.output.empty()) return;
    out_ += "build " + ninja_path(plan_.sketch.output) + ": sketch";
    for (const std::string& input : plan_.sketch.inputs) out_ += ' ' + ninja_path(input);
    out_ += "\n\n";
  }

  void prepared() {
    for (const PreparedFile& file : plan_.prepared) {
      out_ += "build " + ninja_path(file.output) + ": " + file.rule + ' ' + ninja_path(file.input);
      if (file.by_toolchain) out_ += " | " + ninja_path(join_path(plan_.directory, "inputs"));
      out_ += '\n';
      for (const auto& [name, value] : file.variables) variable(out_, name, value, true);
    }
    for (const std::string& object : plan_.link_objects) objects_ += ' ' + ninja_path(object);
    if (plan_.linked.empty()) return;
    out_ += "build " + ninja_path(linked_phony()) + ": phony";
    for (const std::string& path : plan_.linked) out_ += ' ' + ninja_path(path);
    out_ += "\n\n";
  }

  std::string linked_phony() const { return join_path(plan_.directory, "linked"); }

  // The depend file goes to ninja line by line, in the one form in which it takes any name.
  void depend_by_lines(const CompileUnit& unit) {
    std::string file = unit.object + (unit.includes.empty() ? "" : "." + unit.includes) + ".d";
    out_ += "  deps = msvc\n  depfile =\n  once = $once_and_more\n  launch = $launch_and_more\n";
    variable(out_, "after", "&& " + shell_line({own_.stamp, "depends", file}), true);
  }

  // One that others make.
  void use_group(const SourceGroup& group) {
    if (group.archive.empty())
      for (const CompileUnit& unit : group.units) objects_ += ' ' + ninja_path(unit.object);
  }

  // Whether something in this folder is compiled, or searched for includes.
  static bool is_used(const SourceGroup& group, const std::string& folder) {
    auto names = [&](const std::string& word) {
      size_t at = word.find(folder);
      return at != std::string::npos &&
             (folder.ends_with('/') || at + folder.size() == word.size() ||
              word[at + folder.size()] == '/');
    };
    for (const std::vector<std::string>& words : group.flags)
      if (std::any_of(words.begin(), words.end(), names)) return true;
    return std::any_of(group.units.begin(), group.units.end(),
                       [&](const CompileUnit& unit) { return names(unit.source); });
  }

  void shared_head(const SourceGroup& group) {
    out_ += "# " + group.name +
            ": for every environment that compiles it alike. Written by fbuild-gen.\n\n";
    variable(out_, "env", group.name);
    for (const auto& [name, program] : plan_.programs) variable(out_, name, shell_word(program));
    std::vector<std::string> words;
    for (const PackageUse& use : plan_.packages) {
      bool toolchain = &use == &plan_.packages.front();
      if (!toolchain && !is_used(group, use.library ? use.link : use.link + "/")) continue;
      // Of a package that was installed, nobody looks at where its includes lead.
      std::string identity = use.package.name;
      if (use.installed)
        identity += " " + use.package.version + " " +
                    (use.package.sha256.empty() ? use.package.root : use.package.sha256);
      if (toolchain) identity += " " + use.identity;
      while (identity.ends_with('\n')) identity.pop_back();
      words.insert(words.end(), {"--with", identity});
    }
    words.push_back("--");
    std::string launch = ". " + shell_word(launch_path(group.shared)) + "; ";
    std::string once =
        shell_line({own_.stamp, "once"}) + " --launcher \"$launcher\" " + shell_line(words);
    variable(out_, "once", launch + "exec $keep " + once);
    variable(out_, "once_and_more", launch + "$keep " + once);
    variable(out_, "keep", launch + "$keep");
    out_ += '\n';
  }

  // The stamps of the libraries of lib_deps that a group of the environment's own reads.
  std::string library_inputs(const SourceGroup& group, size_t number) {
    std::string list;
    for (const PackageUse& use : plan_.packages)
      if (use.library && is_used(group, use.link))
        for (const std::string& stamp : use.stamps) list += ' ' + ninja_path(stamp);
    if (list.empty()) return "";
    std::string name = ninja_path(join_path(plan_.directory, "inputs." + std::to_string(number)));
    out_ += "build " + name + ": phony" + list + '\n';
    return ' ' + name;
  }

  void group(const SourceGroup& group, size_t number) {
    std::string prefix = "flags_" + std::to_string(number) + "_";
    bool used[kLanguages] = {};
    for (const CompileUnit& unit : group.units) used[static_cast<int>(unit.language)] = true;
    out_ += "# " + group.name + "\n";
    for (int i = 0; i < kLanguages; ++i)
      if (used[i])
        variable(out_, prefix + language_rule(static_cast<Language>(i)),
                 shell_line(group.flags[i]));
    std::string folder = group.shared.empty() ? plan_.directory : group.shared;
    std::string stamps = " | " + ninja_path(join_path(folder, "inputs"));
    if (group.shared.empty()) stamps += library_inputs(group, number);
    std::string after;
    if (group.reads_linked && group.shared.empty() && !plan_.linked.empty())
      after = " || " + ninja_path(linked_phony());
    std::string objects;
    for (const CompileUnit& unit : group.units) {
      const char* rule = language_rule(unit.language);
      out_ += "build " + ninja_path(unit.object) + ": " + rule + ' ' + ninja_path(unit.source) +
              stamps + implicit(unit) + after + "\n  flags = $" + prefix + rule;
      if (!unit.flags.empty()) out_ += ' ' + ninja_value(shell_line(unit.flags));
      out_ += '\n';
      if (!unit.includes.empty()) out_ += "  includes = ." + unit.includes + '\n';
      if (unit.awkward) depend_by_lines(unit);
      objects += ' ' + ninja_path(unit.object);
    }
    if (group.archive.empty()) {
      objects_ += objects;
    } else {
      const char* rule = objects.size() > kLongInputs ? "archive_rsp" : "archive";
      out_ += "build " + ninja_path(group.archive) + ": " + rule + objects + '\n';
    }
    out_ += '\n';
  }

  static std::string implicit(const CompileUnit& unit) {
    std::string out;
    for (const std::string& path : unit.data) out += ' ' + ninja_path(path);
    return out;
  }

  void link() {
    out_ += "build " + ninja_path(plan_.elf) + ": " +
            (objects_.size() > kLongInputs ? "link_rsp" : "link") + objects_;
    if (!plan_.archives.empty() || !plan_.link_inputs.empty()) out_ += " |";
    for (const std::string& archive : plan_.archives) out_ += ' ' + ninja_path(archive);
    for (const std::string& script : plan_.link_inputs) out_ += ' ' + ninja_path(script);
    out_ += "\n  linker = $" + plan_.linker + '\n';
    variable(out_, "link_flags", shell_line(plan_.link_flags), true);
    variable(out_, "link_libs", shell_line(plan_.link_libs), true);
    variable(out_, "images", shell_line(images()), true);
    out_ += '\n';
  }

  void size_and_steps() {
    std::string gate;
    if (!plan_.size.flash.empty()) {
      std::string file = size_file();
      out_ += "build " + ninja_path(file) + ": size " + ninja_path(plan_.elf) + '\n';
      variable(out_, "images", shell_line(images()), true);
      gate = " | " + ninja_path(file);
    }
    for (const PlannedStep& step : plan_.steps) {
      out_ += "build " + ninja_path(step.output) + ": " + step.rule + ' ' + ninja_path(step.input) +
              gate;
      if (gate.empty() && !step.more_inputs.empty()) out_ += " |";
      for (const std::string& input : step.more_inputs) out_ += ' ' + ninja_path(input);
      out_ += '\n';
      for (const auto& [name, value] : step.variables) variable(out_, name, value, true);
    }
    out_ += '\n';
  }

  void targets() {
    std::string all;
    for (const std::string& file : artifacts(plan_)) {
      if (is_by_default(file)) all += ' ' + ninja_path(file);
      out_ += "build " + ninja_path(plan_.environment + '/' + std::string(base_name(file))) +
              ": phony " + ninja_path(file) + (is_by_default(file) ? " $ready\n" : "\n");
    }
    out_ += "build " + ninja_path(join_path(plan_.directory, "made")) + ": phony" + all + '\n';
    out_ += "build " + ninja_path(plan_.environment) + ": phony" + all + " $ready\n";
    if (!plan_.size.flash.empty())
      out_ += "build " + ninja_path(plan_.environment + "/size") + ": show_size " +
              ninja_path(plan_.elf) + " || $ready\n";
    for (const PlannedAction& action : plan_.actions) {
      out_ += "build " + ninja_path(plan_.environment + '/' + action.name);
      if (!action.output.empty()) out_ += " | " + ninja_path(action.output);
      out_ += ": " + action.rule;
      if (!action.input.empty()) out_ += ' ' + ninja_path(action.input);
      out_ += action.needs_firmware ? " || $ready\n" : "\n";
      for (const auto& [name, value] : action.variables) variable(out_, name, value, true);
    }
    out_ += "build " + ninja_path(plan_.environment + "/clean") + ": clean\n";
    CleanPaths clean = clean_paths(plan_);
    variable(out_, "folder", clean.folder, true);
    variable(out_, "paths", clean.paths, true);
  }

  bool is_by_default(const std::string& file) const {
    for (const PlannedStep& step : plan_.steps)
      if (step.output == file) return step.by_default;
    return true;
  }

  std::string size_file() const { return size_path(plan_); }

  // What would be flashed.
  std::vector<std::string> images() const {
    std::vector<std::string> out;
    for (const PlannedStep& step : plan_.steps) out.push_back(step.output);
    return out;
  }

  std::string take() { return std::exchange(out_, {}); }

 private:
  const BuildPlan& plan_;
  const OwnPrograms& own_;
  std::string out_;
  std::string objects_;  // linked one by one, in the order of the plan's groups
};

}  // namespace

Result<GraphText> graph_text(const BuildPlan& plan, const OwnPrograms& own,
                             const std::string& templates) {
  GraphWriter writer(plan, own);
  writer.head();
  for (const std::string& name : plan.templates) {
    Result<std::string> text = read_file(join_path(templates, name + ".ninja"));
    if (!text) return text.error();
    writer.rules(*text);
  }
  writer.rules(kOwnRules);
  writer.common_inputs(plan.directory);
  writer.sketch();
  for (size_t i = 0; i < plan.groups.size(); ++i) {
    if (plan.groups[i].shared.empty()) {
      writer.group(plan.groups[i], i);
    } else {
      writer.use_group(plan.groups[i]);
    }
  }
  writer.prepared();
  writer.link();
  writer.size_and_steps();
  GraphText out;
  out.edges = writer.take();
  writer.targets();
  out.targets = writer.take();
  return out;
}

Result<std::string> shared_text(const BuildPlan& plan, const SourceGroup& group,
                                const OwnPrograms& own, const std::string& templates) {
  GraphWriter writer(plan, own);
  writer.shared_head(group);
  for (const std::string& name : plan.templates) {
    Result<std::string> text = read_file(join_path(templates, name + ".ninja"));
    if (!text) return text.error();
    writer.rules(some_rules(*text, {"c", "cxx", "asm_cpp", "asm", "archive", "archive_rsp"}));
  }
  writer.common_inputs(group.shared, &group);
  writer.group(group, 0);
  return writer.take();
}

std::string launch_path(const std::string& folder) {
  return folder + ".launch";
}

std::string keep_text(const BuildPlan& plan) {
  std::string out = "build " + ninja_path(join_path(plan.directory, "keep")) + ": phony";
  auto add = [&](const std::string& path) {
    if (!path.empty()) out += " " + ninja_path(path);
  };
  add(plan.sketch.output);
  for (const SourceGroup& group : plan.groups) {
    add(group.archive);
    for (const CompileUnit& unit : group.units) add(unit.object);
  }
  for (const PreparedFile& file : plan.prepared) add(file.output);
  for (const std::string& file : artifacts(plan)) add(file);
  add(join_path(plan.directory, "sealed"));
  return out + "\n";
}

std::map<std::string, std::string, std::less<>> environment_variables(const BuildPlan& plan,
                                                                      const OwnPrograms& own) {
  std::map<std::string, std::string, std::less<>> out;
  for (const auto& [name, program] : plan.programs) out[name] = shell_word(program);
  for (const auto& [name, value] : plan.variables) out[name] = shell_word(value);
  out["fbuild_gen"] = shell_word(own.generator);
  out["fbuild_image"] = shell_word(own.image);
  out["fbuild_templates"] = shell_word(own.templates);
  if (!plan.prepared.empty()) out["fbuild_lnk"] = shell_word(own.lnk);
  if (!plan.size.flash.empty()) {
    std::vector<std::string> arguments = {"--flash", plan.size.flash, "--ram", plan.size.ram};
    if (!plan.size.flash_max.empty())
      arguments.insert(arguments.end(), {"--flash-max", plan.size.flash_max});
    if (!plan.size.ram_max.empty())
      arguments.insert(arguments.end(), {"--ram-max", plan.size.ram_max});
    if (plan.size.ram_soft) arguments.push_back("--ram-soft");
    out["size"] = shell_line(arguments);
  }
  return out;
}

std::string own_rules() {
  return kOwnRules;
}

CleanPaths clean_paths(const BuildPlan& plan) {
  std::vector<std::string> paths = {"src", "sketch", "lib", "embed", "lnk", "data"};
  std::string folder(dir_name(plan.elf));
  for (const std::string& file : artifacts(plan)) paths.push_back(file.substr(folder.size() + 1));
  for (const PlannedAction& action : plan.actions)
    if (!action.output.empty()) paths.push_back(action.output.substr(folder.size() + 1));
  return {shell_word(folder), shell_line(paths)};
}

std::string size_path(const BuildPlan& plan) {
  return plan.elf.substr(0, plan.elf.rfind('.')) + ".size.json";
}

std::vector<std::string> artifacts(const BuildPlan& plan) {
  std::vector<std::string> out = {plan.elf};
  if (!plan.size.flash.empty()) out.push_back(size_path(plan));
  for (const PlannedStep& step : plan.steps) out.push_back(step.output);
  return out;
}

std::string compile_database(const BuildPlan& plan, const std::string& root) {
  std::string out = "[";
  bool first = true;
  std::string directory = json_string(root);
  for (const SourceGroup& group : plan.groups) {
    std::string flags[kLanguages];
    for (int i = 0; i < kLanguages; ++i)
      for (const std::string& word : group.flags[i]) {
        flags[i] += ", ";
        append_json_string(flags[i], word);
      }
    size_t size = out.size();
    for (const CompileUnit& unit : group.units)
      size += flags[static_cast<int>(unit.language)].size() +
              2 * (unit.source.size() + unit.object.size()) + directory.size() + 200;
    out.reserve(size);
    for (const CompileUnit& unit : group.units) {
      const char* program = unit.language == Language::Cxx   ? "cxx"
                            : unit.language == Language::Asm ? "as"
                                                             : "cc";
      auto found = plan.programs.find(program);
      out += first ? "\n" : ",\n";
      first = false;
      out += "  {\"directory\": " + directory + ", \"file\": ";
      append_json_string(out, unit.source);
      out += ", \"output\": ";
      append_json_string(out, unit.object);
      out += ",\n   \"arguments\": [";
      append_json_string(out, found == plan.programs.end() ? program : found->second);
      out += flags[static_cast<int>(unit.language)];
      for (const std::string& word : unit.flags) {
        out += ", ";
        append_json_string(out, word);
      }
      out += unit.language == Language::Asm ? ", \"-o\", " : ", \"-c\", \"-o\", ";
      append_json_string(out, unit.object);
      out += ", ";
      append_json_string(out, unit.source);
      out += "]}";
    }
  }
  return out + "\n]\n";
}

}  // namespace fbuild
