#include "generator/ninja/graph.h"

#include <map>

#include "generator/ninja/text.h"
#include "support/files.h"
#include "support/json_text.h"

namespace fbuild {

namespace {

// The kernel takes a single argument of at most 128 KiB, and `sh -c LINE` is one; beyond
// this, inputs go through a response file. With room for the flags before and behind.
constexpr size_t kLongInputs = 64 * 1024;

void variable(std::string& out, std::string_view name, std::string_view value, bool indented = false) {
  if (indented) out += "  ";
  out.append(name).append(value.empty() ? " =" : " = ").append(ninja_value(value)) += '\n';
}

class GraphWriter {
 public:
  GraphWriter(const BuildPlan& plan, const OwnPrograms& own) : plan_(plan), own_(own) {}

  void head() {
    out_ += "# Environment " + plan_.environment + ": " + plan_.board_name + " (" + plan_.platform +
            "). Written by fbuild-gen.\n\n";
    variable(out_, "env", plan_.environment);
    for (const auto& [name, program] : plan_.programs) variable(out_, name, shell_word(program));
    for (const auto& [name, value] : plan_.variables) variable(out_, name, shell_word(value));
    variable(out_, "fbuild_gen", shell_word(own_.generator));
    variable(out_, "fbuild_image", shell_word(own_.image));
    out_ += '\n';
  }

  void rules(const std::string& text) { out_ += text + "\n"; }

  void own_rules() {
    out_ +=
        "rule sketch\n"
        "  command = $fbuild_gen --join-sketch $out $in\n"
        "  restat = 1\n"
        "  description = $env: join $in\n"
        "\n"
        "# Fails when the program does not fit, and takes the images along that would flash it.\n"
        "rule size\n"
        "  command = $fbuild_image size $size --json $out $in || { rm -f $out $images; exit 1; }\n"
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
        "rule clean\n"
        "  command = rm -rf $paths\n"
        "  description = $env: clean\n"
        "\n";
  }

  void sketch() {
    if (plan_.sketch.output.empty()) return;
    out_ += "build " + ninja_path(plan_.sketch.output) + ": sketch";
    for (const std::string& input : plan_.sketch.inputs) out_ += ' ' + ninja_path(input);
    out_ += "\n\n";
  }

  void group(const SourceGroup& group, size_t number) {
    std::string prefix = "flags_" + std::to_string(number) + "_";
    bool used[kLanguages] = {};
    for (const CompileUnit& unit : group.units) used[static_cast<int>(unit.language)] = true;
    out_ += "# " + group.name + "\n";
    for (int i = 0; i < kLanguages; ++i)
      if (used[i])
        variable(out_, prefix + language_rule(static_cast<Language>(i)), shell_line(group.flags[i]));
    std::string stamps;
    for (const PackageUse& use : plan_.packages)
      if (!use.stamp.empty()) stamps += ' ' + ninja_path(use.stamp);
    if (!stamps.empty()) stamps = " |" + stamps;
    std::string objects;
    for (const CompileUnit& unit : group.units) {
      const char* rule = language_rule(unit.language);
      out_ += "build " + ninja_path(unit.object) + ": " + rule + ' ' + ninja_path(unit.source) + stamps +
              "\n  flags = $" + prefix + rule + '\n';
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

  void link() {
    out_ += "build " + ninja_path(plan_.elf) + ": " +
            (objects_.size() > kLongInputs ? "link_rsp" : "link") + objects_;
    if (!plan_.archives.empty()) out_ += " |";
    for (const std::string& archive : plan_.archives) out_ += ' ' + ninja_path(archive);
    out_ += "\n  linker = $" + plan_.linker + '\n';
    variable(out_, "link_flags", shell_line(plan_.link_flags), true);
    variable(out_, "link_libs", shell_line(plan_.link_libs), true);
    out_ += '\n';
  }

  void size_and_steps() {
    std::string gate;
    if (!plan_.size.flash.empty()) {
      std::string file = size_file();
      std::vector<std::string> images, arguments = {"--flash", plan_.size.flash, "--ram", plan_.size.ram};
      if (!plan_.size.flash_max.empty()) arguments.insert(arguments.end(), {"--flash-max", plan_.size.flash_max});
      if (!plan_.size.ram_max.empty()) arguments.insert(arguments.end(), {"--ram-max", plan_.size.ram_max});
      for (const PlannedStep& step : plan_.steps) images.push_back(step.output);
      variable(out_, "size", shell_line(arguments));
      out_ += "build " + ninja_path(file) + ": size " + ninja_path(plan_.elf) + '\n';
      variable(out_, "images", shell_line(images), true);
      out_ += "build " + ninja_path(plan_.environment + "/size") + ": show_size " + ninja_path(plan_.elf) + "\n\n";
      gate = " | " + ninja_path(file);
    }
    for (const PlannedStep& step : plan_.steps)
      out_ += "build " + ninja_path(step.output) + ": " + step.rule + ' ' + ninja_path(step.input) + gate + '\n';
    out_ += '\n';
  }

  void targets() {
    std::string all = ninja_path(plan_.elf);
    for (const std::string& file : artifacts())
      out_ += "build " + ninja_path(plan_.environment + '/' + std::string(base_name(file))) + ": phony " +
              ninja_path(file) + '\n';
    if (!plan_.size.flash.empty()) all += ' ' + ninja_path(size_file());
    for (const PlannedStep& step : plan_.steps)
      if (step.by_default) all += ' ' + ninja_path(step.output);
    out_ += "build " + ninja_path(plan_.environment) + ": phony " + all + '\n';
    for (const PlannedAction& action : plan_.actions) {
      out_ += "build " + ninja_path(plan_.environment + '/' + action.name) + ": " + action.rule;
      if (!action.input.empty()) out_ += ' ' + ninja_path(action.input);
      out_ += '\n';
      for (const auto& [name, value] : action.variables) variable(out_, name, value, true);
    }
    std::vector<std::string> paths;
    std::string folder(dir_name(plan_.elf));
    for (const char* name : {"src", "sketch", "lib", "framework"}) paths.push_back(join_path(folder, name));
    for (const std::string& file : artifacts()) paths.push_back(file);
    paths.push_back(size_file());
    out_ += "build " + ninja_path(plan_.environment + "/clean") + ": clean\n";
    variable(out_, "paths", shell_line(paths), true);
  }

  std::string size_file() const { return plan_.elf.substr(0, plan_.elf.rfind('.')) + ".size.json"; }

  std::vector<std::string> artifacts() const {
    std::vector<std::string> out = {plan_.elf};
    for (const PlannedStep& step : plan_.steps) out.push_back(step.output);
    return out;
  }

  std::string take() { return std::move(out_); }

 private:
  const BuildPlan& plan_;
  const OwnPrograms& own_;
  std::string out_;
  std::string objects_;  // linked one by one
};

}  // namespace

Result<std::string> graph_text(const BuildPlan& plan, const OwnPrograms& own,
                               const std::string& templates) {
  GraphWriter writer(plan, own);
  writer.head();
  for (const std::string& name : plan.templates) {
    Result<std::string> text = read_file(join_path(templates, name + ".ninja"));
    if (!text) return text.error();
    writer.rules(*text);
  }
  writer.own_rules();
  writer.sketch();
  for (size_t i = 0; i < plan.groups.size(); ++i) writer.group(plan.groups[i], i);
  writer.link();
  writer.size_and_steps();
  writer.targets();
  return writer.take();
}

std::vector<std::string> public_targets(const BuildPlan& plan) {
  std::vector<std::string> out = {plan.environment};
  out.push_back(plan.environment + "/" + std::string(base_name(plan.elf)));
  for (const PlannedStep& step : plan.steps)
    out.push_back(plan.environment + "/" + std::string(base_name(step.output)));
  if (!plan.size.flash.empty()) out.push_back(plan.environment + "/size");
  for (const PlannedAction& action : plan.actions) out.push_back(plan.environment + "/" + action.name);
  out.push_back(plan.environment + "/clean");
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
    for (const CompileUnit& unit : group.units) {
      const char* program = unit.language == Language::Cxx ? "cxx" : unit.language == Language::Asm ? "as" : "cc";
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
