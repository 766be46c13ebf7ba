#include "generator/ninja/stub.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "generator/ninja/text.h"
#include "stamp/hash.h"
#include "support/files.h"

namespace fbuild {

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// Puts values in for the variables that are known. The others stay for ninja.
std::string expanded(std::string_view text, const Variables& variables) {
  std::string out;
  while (!text.empty()) {
    size_t dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    bool braces = text.size() > 1 && text[1] == '{';
    size_t begin = braces ? 2 : 1, end = begin;
    while (end < text.size() && (in_name(text[end]) || (braces && text[end] == '.'))) ++end;
    auto found = variables.find(text.substr(begin, end - begin));
    if (end == begin)
      end = std::min<size_t>(2, text.size());  // "$$", "$:" and the like
    else if (braces && end < text.size())
      ++end;
    if (found == variables.end())
      out += text.substr(0, end);
    else
      out += ninja_value(found->second);
    text.remove_prefix(end);
  }
  return out;
}

class StubWriter {
 public:
  StubWriter(const BuildPlan& plan, const OwnPrograms& own, const std::string& planned)
      : plan_(plan),
        artifacts_(artifacts(plan)),
        planned_(" || " + ninja_path(planned)),
        variables_(environment_variables(plan, own)) {}

  Status read_templates(const std::string& folder) {
    for (const std::string& name : plan_.templates) {
      Result<std::string> text = read_file(join_path(folder, name + ".ninja"));
      if (!text) return text.error();
      templates_ += *text;
    }
    templates_ += own_rules();
    return {};
  }

  Stub run() {
    std::string files, names = ' ' + ninja_path(plan_.environment), others;
    for (const std::string& file : artifacts_) {
      if (is_by_default(file)) {
        files += ' ' + ninja_path(file);
        names += ' ' + name_of(base_name(file));
      } else {
        others += "build " + name_of(base_name(file)) + ": phony " + ninja_path(file) + '\n';
        note_action(name_of(base_name(file)));
      }
    }
    out_.edges += "build" + files + ": phony" + planned_ + "\nbuild" + names + ": phony" + files +
                  '\n' + others;
    out_.names = "build" + names + files + ": phony" + planned_ + '\n';
    // An artifact that is not made by default is made when it is asked for.
    for (const PlannedStep& step : plan_.steps)
      if (!step.by_default)
        edge(note_action(ninja_path(step.output)), step.rule, step.input, step.variables);
    if (!plan_.size.flash.empty()) edge(note_action(name_of("size")), "show_size", plan_.elf, {});
    for (const PlannedAction& action : plan_.actions) {
      // Who asks for more than environments gets all of this, so what is not listed there costs
      // those nothing who do not.
      std::string target = action.listed ? note_action(name_of(action.name)) : name_of(action.name);
      if (!action.output.empty()) target += " | " + note_action(ninja_path(action.output));
      edge(target, action.rule, action.input, action.variables);
    }
    CleanPaths clean = clean_paths(plan_);
    edge(note_action(name_of("clean")), "clean", "", {{"paths", clean.paths}});
    out_.edges += "  folder = " + ninja_value(clean.folder) + '\n';
    return std::move(out_);
  }

 private:
  // Notes that this is a target that something has to be run for.
  std::string note_action(std::string target) {
    out_.actions += ' ' + target;
    return target;
  }

  std::string name_of(std::string_view target) const {
    return ninja_path(plan_.environment + '/' + std::string(target));
  }

  bool is_artifact(const std::string& file) const {
    return std::find(artifacts_.begin(), artifacts_.end(), file) != artifacts_.end();
  }

  bool is_by_default(const std::string& file) const {
    for (const PlannedStep& step : plan_.steps)
      if (step.output == file) return step.by_default;
    return true;
  }

  void edge(const std::string& target, const std::string& rule, const std::string& input,
            const std::vector<std::pair<std::string, std::string>>& variables) {
    Variables known = variables_;
    for (const auto& [name, value] : variables) known[name] = value;
    std::string text = expanded(body_of(rule), known);
    // The target has been asked for by name, and the name is the environment's.
    constexpr std::string_view kPrefix = "  description = $env: ";
    if (size_t at = text.find(kPrefix); at != std::string::npos)
      text.erase(at + kPrefix.size() - 6, 6);
    std::string name = "fbuild_" + stamp::hex(stamp::hash_text(text)).substr(0, 16);
    bool names_environment =
        text.find("$env") != std::string::npos || text.find("${env}") != std::string::npos;
    out_.rules.emplace(name, std::move(text));
    out_.edges += "build " + target + ": " + name;
    if (!input.empty()) out_.edges += ' ' + ninja_path(input);
    if (!is_artifact(input)) out_.edges += planned_;  // an artifact waits itself
    out_.edges += '\n';
    if (names_environment) out_.edges += "  env = " + ninja_value(plan_.environment) + '\n';
  }

  // The lines below `rule NAME`.
  std::string_view body_of(const std::string& rule) const {
    std::string_view text = templates_;
    std::string head = "rule " + rule + "\n";
    size_t at = text.starts_with(head) ? 0 : text.find("\n" + head);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(text.find('\n', at + 1) + 1);
    size_t end = 0;
    while (end < text.size() && text[end] == ' ')
      end = std::min(text.find('\n', end), text.size() - 1) + 1;
    return text.substr(0, end);
  }

  const BuildPlan& plan_;
  std::vector<std::string> artifacts_;
  std::string planned_;
  std::string templates_;
  Variables variables_;
  Stub out_;
};

}  // namespace

Result<Stub> make_stub(const BuildPlan& plan, const OwnPrograms& own, const std::string& templates,
                       const std::string& planned) {
  StubWriter writer(plan, own, planned);
  if (Status s = writer.read_templates(templates); !s) return s.error();
  return writer.run();
}

}  // namespace fbuild
