#include "generator/plan/plan_actions.h"

#include <algorithm>
#include <set>

#include "generator/config/scons_text.h"
#include "generator/ninja/text.h"
#include "generator/plan/compile_flags.h"
#include "generator/plan/data_images.h"
#include "generator/plan/options.h"
#include "support/files.h"
#include "support/suggest.h"

namespace fbuild {

using config::Value;

namespace {

// Stand for the port until the text around them is ready for the shell: one for words
// that will be quoted (none of these bytes is left bare), one for text that is shell
// already.
constexpr const char* kPortInWord = "\x01";
constexpr const char* kPortInShell = "\x02";

constexpr const char* kUpload = "upload";
constexpr const char* kEmulate = "emulate";

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

std::string with_port(std::string shell_text) {
  replace_all(shell_text, kPortInWord, "'\"$port\"'");
  replace_all(shell_text, kPortInShell, "\"$port\"");
  return shell_text;
}

// For values that are to come out of substitute_text as they are.
std::string dollars_doubled(std::string text) {
  replace_all(text, "$", "$$");
  return text;
}

class ActionPlanner {
 public:
  ActionPlanner(Session& session, const Environment& environment, const std::string& folder,
                BuildPlan& plan)
      : session_(session),
        env_(environment),
        section_("env:" + environment.name),
        folder_(folder),
        plan_(plan) {}

  Status run() {
    protocol_ = fact_or(env_.facts, "upload.protocol", "");
    Result<std::string> command = option("upload_command");
    if (!command) return command.error();
    upload_command_ = *command;
    bool uploads = false, may_upload = false, any_protocol = false;
    for (const ActionSpec& spec : env_.platform->actions) {
      bool holds = env_.holds(spec.when);
      if (spec.name == kUpload) (holds ? uploads : may_upload) = true;
      if (spec.name == kUpload && holds) any_protocol = any_protocol || !asks_for_protocol(spec);
      if (holds)
        if (Status s = action(spec); !s) return s;
    }
    if (Status s = uploads || !may_upload ? Status() : other_upload(); !s) return s;
    if (any_protocol) look_at_protocol();
    if (std::none_of(plan_.actions.begin(), plan_.actions.end(),
                     [](const auto& action) { return action.name == kEmulate; }))
      refuse_emulation();
    return refuse_other_data_images(session_, env_, plan_);
  }

 private:
  Result<std::string> option(const char* name) {
    Result<const Value*> value = session_.config.get(section_, name);
    if (!value) return value.error();
    return (*value)->kind == Value::Kind::None ? std::string() : config::value_text(**value);
  }

  static bool asks_for_protocol(const ActionSpec& spec) {
    return std::any_of(spec.when.terms.begin(), spec.when.terms.end(),
                       [](const Condition::Term& term) {
                         return term.kind == Condition::Matches && term.name == "upload.protocol";
                       });
  }

  // What the tool knows may be more than what we know, but what looks like a slip is said to.
  void look_at_protocol() {
    const std::vector<std::string>& known = env_.platform->protocols;
    config::Origin place = session_.config.origin(section_, "upload_protocol");
    if (place.file < 0 || protocol_ == "custom" || !upload_command_.empty() ||
        std::find(known.begin(), known.end(), protocol_) != known.end())
      return;
    if (std::string fix = did_you_mean(protocol_, known); !fix.empty())
      session_.warn(session_.config.at(
          place, "upload_protocol '" + protocol_ + "' is not known, and passed on as it is", fix));
  }

  // The project's command, or that this way of uploading is none of the platform's.
  Status other_upload() {
    ActionSpec spec;
    spec.name = kUpload;
    spec.rule = "own_command";
    for (const StepSpec& step : env_.platform->steps)
      if (spec.in.empty() && step.by_default && env_.holds(step.when)) spec.in = step.out;
    if (protocol_ == "custom" || !upload_command_.empty()) {
      spec.needs_port = true;
      return action(spec);
    }
    std::vector<std::string> known = values_of_actions(*env_.platform, kUpload, "upload.protocol");
    std::string list = join_words(known, ", ");
    std::string what =
        protocol_.empty()
            ? "it is not known how to upload to board '" + fact_or(env_.facts, "id", "") + "'"
            : "upload_protocol '" + protocol_ + "' is not supported for board '" +
                  fact_or(env_.facts, "id", "") + "'";
    std::string fix = did_you_mean(protocol_, known);
    if (fix.empty())
      fix = (list.empty() ? "" : "platform '" + env_.platform->name + "' knows " + list + "; ") +
            "'upload_command = ...' can name a command";
    PlannedAction action;
    action.name = kUpload;
    action.input = join_path(folder_, spec.in);
    config::Origin place = session_.config.origin(section_, "upload_protocol");
    Error why = session_.config.at(place, what, fix);
    if (place.file >= 0)
      session_.warn(why);  // it builds, but there is no need to wait for the upload
    return cannot(std::move(action), why);
  }

  // Where the platform has an emulator, a fact of the board says what it is to emulate.
  void refuse_emulation() {
    Error why{"no emulator is known for board '" + fact_or(env_.facts, "id", "") + "'", ""};
    for (const ActionSpec& spec : env_.platform->actions)
      for (const Condition::Term& term : spec.when.terms)
        if (spec.name == kEmulate && term.kind == Condition::Has)
          why.fix = "one that '" + spec.package + "' knows can be named with 'board_" + term.name +
                    " = ...'";
    PlannedAction action;
    action.name = kEmulate;
    action.needs_firmware = action.listed = false;
    (void)cannot(std::move(action), why);
  }

  Status action(const ActionSpec& spec) {
    PlannedAction action;
    action.name = spec.name;
    action.rule = spec.rule;
    if (!spec.in.empty()) {
      Result<std::string> name = filled(spec.in);
      if (!name) return fill_error(env_, name.error());
      action.input = join_path(folder_, *name);
    }
    if (!spec.out.empty()) action.output = join_path(folder_, spec.out);
    action.needs_firmware = !spec.data && !is_made_of_data(action.input);
    for (const ActionError& error : spec.errors) {
      if (!env_.holds(error.when)) continue;
      Result<std::string> what = filled(error.text), fix = filled(error.fix);
      if (!what || !fix) return fill_error(env_, (what ? fix : what).error());
      return cannot(std::move(action), {*what, *fix});
    }
    bool custom = spec.name == kUpload && protocol_ == "custom";
    bool own = spec.name == kUpload && !upload_command_.empty();
    if (custom && !own) {
      Error error = session_.config.at(session_.config.origin(section_, "upload_protocol"),
                                       "upload_protocol is custom and there is no command",
                                       "add 'upload_command = ...'");
      return cannot(std::move(action), error);
    }

    std::string tool;
    if (!spec.package.empty()) {
      const PackageSpec& package = env_.platform->packages.at(spec.package);
      tool = spec.program.empty() ? package.probe : spec.program;
      Error why_not;
      std::optional<PackageUse> use =
          custom ? std::nullopt : optional_package(session_, env_, spec.package, why_not);
      if (!use && !own) return cannot(std::move(action), why_not);
      if (use && std::none_of(plan_.packages.begin(), plan_.packages.end(),
                              [&](const PackageUse& other) { return other.link == use->link; }))
        plan_.packages.push_back(*use);
      tool = use ? join_path(use->link, spec.program.empty() ? probe_in(package, use->package.root)
                                                             : spec.program)
                 : std::string(base_name(tool));
    }

    bool searches = spec.needs_port && port_is_required() && !custom;
    Environment env = env_;
    set_fact(env.facts, "file", action.input);
    set_fact(env.facts, "out", action.output);
    if (spec.data) {
      std::string copy = join_path(folder_, "data");
      Result<std::string> folder = option_folder(session_, "data_dir");
      if (!folder) return folder.error();
      set_fact(env.facts, "data", copy);
      action.variables.emplace_back("data", data_copy_command(session_, *folder, copy));
    }
    if (searches) set_fact(env.facts, "serial_port", kPortInWord);
    config::Variables variables = environment_variables(session_, env_);
    if (searches) variables["UPLOAD_PORT"] = kPortInWord;
    Result<std::vector<std::string>> arguments = this->arguments(spec, env, variables);
    // A board without what its upload needs can be built all the same.
    if (!arguments) return cannot(std::move(action), arguments.error());

    if (own) {
      action.rule = "own_command";
      if (searches) variables["UPLOAD_PORT"] = kPortInShell;
      variables["SOURCE"] = variables["SOURCES"] = dollars_doubled(shell_word(action.input));
      variables["UPLOADER"] = dollars_doubled(shell_word(tool));
      variables["UPLOADERFLAGS"] = dollars_doubled(shell_line(*arguments));
      Result<std::string> command = config::substitute_text(one_line(upload_command_), variables);
      if (!command)
        return session_.config.at(session_.config.origin(section_, "upload_command"),
                                  command.error().what, command.error().fix);
      action.variables.emplace_back("own_command", with_port(*command));
    } else {
      if (!tool.empty()) action.variables.emplace_back("tool", shell_word(tool));
      action.variables.emplace_back("arguments", with_port(shell_line(*arguments)));
    }
    if (spec.needs_drive) action.variables.emplace_back("drive_search", port_search());
    if (spec.needs_port)
      action.variables.emplace_back("port_search", searches ? port_search() : "--none");
    for (const auto& [name, value] : spec.variables) {
      Result<std::string> text =
          fill(value, [&](std::string_view place) { return env.look_up(place); });
      if (!text) return cannot(std::move(action), fill_error(env_, text.error()));
      action.variables.emplace_back(name, shell_word(*text));
    }
    plan_.actions.push_back(std::move(action));
    return {};
  }

  Result<std::string> filled(const std::string& text) const {
    return fill(text, [this](std::string_view place) { return env_.look_up(place); });
  }

  // Whether an action on the data folder makes it.
  bool is_made_of_data(const std::string& file) const {
    const std::vector<ActionSpec>& all = env_.platform->actions;
    return !file.empty() && std::any_of(all.begin(), all.end(), [&](const ActionSpec& other) {
      return other.data && join_path(folder_, other.out) == file;
    });
  }

  Status cannot(PlannedAction action, const Error& why) {
    plan_.actions.push_back(refusal(std::move(action), why));
    return {};
  }

  Result<std::vector<std::string>> arguments(const ActionSpec& spec, const Environment& env,
                                             const config::Variables& variables) {
    std::vector<std::string> out;
    for (const ArgumentSpec& item : spec.arguments) {
      if (!env.holds(item.when)) continue;
      Result<std::vector<std::string>> words = fill_words(env, item.words);
      if (!words) return words.error();
      for (const std::string& word : *words) {
        // Only words of the ini (upload_flags) have variables in them.
        Result<std::string> text = config::substitute_text(word, variables);
        if (!text)
          return session_.config.at(session_.config.origin(section_, "upload_flags"),
                                    text.error().what, text.error().fix);
        out.push_back(std::move(*text));
      }
    }
    return out;
  }

  // Each line of an option is a command, and the next runs only when it succeeded.
  static std::string one_line(const std::string& text) {
    std::string out;
    for (size_t begin = 0; begin <= text.size();) {
      size_t end = std::min(text.find('\n', begin), text.size());
      std::string line = text.substr(begin, end - begin);
      if (line.find_first_not_of(" \t\r") != std::string::npos)
        out += (out.empty() ? "" : " && ") + line;
      begin = end + 1;
    }
    return out;
  }

  bool upload_fact(const char* name) const {
    const Facts* fact = find_fact(env_.facts, std::string("upload.") + name);
    return fact && fact_text(*fact) == "true";
  }

  // Programmers with USB in their name have no serial port.
  bool port_is_required() const {
    return upload_fact("require_upload_port") && protocol_.find("usb") == std::string::npos;
  }

  // How `fbuild-gen --serial-port` is to find the port to use.
  std::string port_search() const {
    std::vector<std::string> words;
    if (std::string port = fact_or(env_.facts, "upload.port", ""); !port.empty())
      words.insert(words.end(), {"--port", port});
    if (const Facts* ids = find_fact(env_.facts, "build.hwids"); ids && ids->is_array())
      for (const Facts& id : *ids)
        if (id.is_array() && id.size() == 2)
          words.insert(words.end(), {"--usb-id", fact_text(id[0]) + ":" + fact_text(id[1])});
    if (!upload_fact("disable_flushing")) words.push_back("--reset");
    if (upload_fact("use_1200bps_touch")) words.push_back("--touch-1200");
    if (upload_fact("wait_for_upload_port")) words.push_back("--wait-new");
    return shell_line(words);
  }

  Session& session_;
  const Environment& env_;
  std::string section_;
  const std::string& folder_;
  BuildPlan& plan_;
  std::string protocol_, upload_command_;
};

}  // namespace

std::vector<std::string> values_of_actions(const Platform& platform, std::string_view name,
                                           std::string_view fact) {
  std::set<std::string> out;
  for (const ActionSpec& spec : platform.actions)
    for (const Condition::Term& term : spec.when.terms)
      if (spec.name == name && term.kind == Condition::Matches && term.name == fact)
        out.insert(term.values.begin(), term.values.end());
  return {out.begin(), out.end()};
}

PlannedAction refusal(PlannedAction action, const Error& why) {
  action.rule = "missing_tool";
  action.variables = {{"why", shell_word("error: " + why.text())}};
  return action;
}

Status plan_actions(Session& session, const Environment& environment, const std::string& folder,
                    BuildPlan& plan) {
  return ActionPlanner(session, environment, folder, plan).run();
}

}  // namespace fbuild
