#include "generator/plan/build_plan.h"
#include "support/json_text.h"

namespace fbuild {

namespace {

// A writer for indented JSON; just enough for plans.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void open(char bracket) {
    out_ += bracket;
    first_ = true;
    ++depth_;
  }
  void close(char bracket) {
    --depth_;
    if (!first_) line();
    first_ = false;
    out_ += bracket;
  }
  void key(std::string_view name) {
    next();
    append_json_string(out_, name);
    out_ += ": ";
  }
  void next() {
    if (!first_) out_ += ',';
    first_ = false;
    line();
  }
  void text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
  }
  void flag(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
  }
  template <class List>
  void list(std::string_view name, const List& values) {
    key(name);
    open('[');
    for (const auto& value : values) {
      next();
      append_json_string(out_, value);
    }
    close(']');
  }
  template <class Pairs>
  void map(std::string_view name, const Pairs& pairs) {
    key(name);
    open('{');
    for (const auto& [k, v] : pairs) text(k, v);
    close('}');
  }

 private:
  void line() {
    out_ += '\n';
    out_.append(static_cast<size_t>(depth_) * 2, ' ');
  }
  std::string& out_;
  int depth_ = 0;
  bool first_ = true;
};

}  // namespace

const char* language_rule(Language language) {
  switch (language) {
    case Language::C:
      return "c";
    case Language::Cxx:
      return "cxx";
    case Language::AsmCpp:
      return "asm_cpp";
    case Language::Asm:
      return "asm";
  }
  return "";
}

std::optional<Language> source_language(std::string_view path) {
  size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::string_view ext = path.substr(dot + 1);
  if (ext == "c") return Language::C;
  if (ext == "cc" || ext == "cpp" || ext == "cxx" || ext == "c++") return Language::Cxx;
  if (ext == "S" || ext == "spp" || ext == "SPP" || ext == "sx") return Language::AsmCpp;
  if (ext == "s" || ext == "asm" || ext == "ASM") return Language::Asm;
  return std::nullopt;
}

std::string plan_json(const BuildPlan& plan) {
  std::string out;
  Writer w(out);
  w.open('{');
  w.text("environment", plan.environment);
  w.text("platform", plan.platform);
  w.text("board", plan.board);
  w.text("board_name", plan.board_name);
  w.text("directory", plan.directory);
  w.text("watch_set", plan.watch_set);
  w.list("templates", plan.templates);
  w.map("programs", plan.programs);
  w.map("variables", plan.variables);
  w.key("packages");
  w.open('[');
  for (const PackageUse& use : plan.packages) {
    w.next();
    w.open('{');
    w.text("name", use.package.name);
    w.text("version", use.package.version);
    w.text("root", use.package.root);
    w.text("given", use.package.given);
    w.text("sha256", use.package.sha256);
    w.text("link", use.link);
    w.list("stamps", use.stamps);
    w.close('}');
  }
  w.close(']');
  if (!plan.sketch.output.empty()) {
    w.key("sketch");
    w.open('{');
    w.list("inputs", plan.sketch.inputs);
    w.text("output", plan.sketch.output);
    w.close('}');
  }
  std::vector<std::string> libraries;
  for (const UsedLibrary& library : plan.used_libraries) libraries.push_back(library.name);
  w.list("libraries", libraries);
  auto links = [&](const std::vector<LibraryLink>& list) {
    w.open('[');
    for (const LibraryLink& link : list) {
      w.next();
      w.open('{');
      w.text("folder", plan.used_libraries[link.library].folder);
      w.text("file", link.file);
      w.text("header", link.header);
      w.flag("circular", link.circular);
      w.close('}');
    }
    w.close(']');
  };
  w.key("library_links");
  w.open('{');
  w.key("");
  links(plan.library_links);
  for (const UsedLibrary& library : plan.used_libraries) {
    w.key(library.folder);
    links(library.links);
  }
  w.close('}');
  w.key("groups");
  w.open('[');
  for (const SourceGroup& group : plan.groups) {
    w.next();
    w.open('{');
    w.text("name", group.name);
    w.text("archive", group.archive);
    w.key("flags");
    w.open('{');
    for (int i = 0; i < kLanguages; ++i)
      w.list(language_rule(static_cast<Language>(i)), group.flags[i]);
    w.close('}');
    w.key("units");
    w.open('[');
    for (const CompileUnit& unit : group.units) {
      w.next();
      w.open('{');
      w.text("source", unit.source);
      w.text("object", unit.object);
      w.text("language", language_rule(unit.language));
      if (!unit.flags.empty()) w.list("flags", unit.flags);
      w.close('}');
    }
    w.close(']');
    w.close('}');
  }
  w.close(']');
  w.key("prepared");
  w.open('[');
  for (const PreparedFile& file : plan.prepared) {
    w.next();
    w.open('{');
    w.text("rule", file.rule);
    w.text("input", file.input);
    w.text("output", file.output);
    w.map("variables", file.variables);
    w.close('}');
  }
  w.close(']');
  w.key("link");
  w.open('{');
  w.list("objects", plan.link_objects);
  w.text("linker", plan.linker);
  w.list("flags", plan.link_flags);
  w.list("libs", plan.link_libs);
  w.text("elf", plan.elf);
  w.close('}');
  w.key("steps");
  w.open('[');
  for (const PlannedStep& step : plan.steps) {
    w.next();
    w.open('{');
    w.text("rule", step.rule);
    w.text("input", step.input);
    w.list("more_inputs", step.more_inputs);
    w.text("output", step.output);
    w.map("variables", step.variables);
    w.flag("default", step.by_default);
    w.close('}');
  }
  w.close(']');
  w.key("actions");
  w.open('[');
  for (const PlannedAction& action : plan.actions) {
    if (!action.listed) continue;
    w.next();
    w.open('{');
    w.text("name", action.name);
    w.text("rule", action.rule);
    w.text("input", action.input);
    w.text("output", action.output);
    w.map("variables", action.variables);
    w.close('}');
  }
  w.close(']');
  w.key("size");
  w.open('{');
  w.text("flash", plan.size.flash);
  w.text("ram", plan.size.ram);
  w.text("flash_max", plan.size.flash_max);
  w.text("ram_max", plan.size.ram_max);
  w.close('}');
  w.list("files", plan.files);
  w.list("directories", plan.directories);
  w.list("input_folders", plan.input_folders);
  w.list("tool_files", plan.tool_files);
  w.list("input_files", plan.input_files);
  w.close('}');
  out += '\n';
  return out;
}

}  // namespace fbuild
