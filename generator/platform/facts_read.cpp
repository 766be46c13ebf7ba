#include "generator/platform/facts_read.h"

#include <algorithm>

namespace fbuild {

namespace {

// Looked at for every platform: by the flags that all have, by uploads and by embedded files.
constexpr const char* kOfAll[] = {"id",
                                  "name",
                                  "vendor",
                                  "frameworks",
                                  "build.core",
                                  "build.cpu",
                                  "build.embed_files",
                                  "build.embed_txtfiles",
                                  "build.extra_flags",
                                  "build.f_cpu",
                                  "build.filesystem",
                                  "build.hwids",
                                  "build.mcu",
                                  "build.variants_dir",
                                  "upload.disable_flushing",
                                  "upload.flags",
                                  "upload.port",
                                  "upload.protocol",
                                  "upload.require_upload_port",
                                  "upload.speed",
                                  "upload.use_1200bps_touch",
                                  "upload.wait_for_upload_port"};

class Collector {
 public:
  void text(const std::string& text) {
    for (size_t at = 0; (at = text.find('{', at)) != std::string::npos; ++at)
      out_.insert(text.substr(at + 1, text.find_first_of(":|}", at) - at - 1));
  }

  void texts(const std::vector<std::string>& list) {
    for (const std::string& item : list) text(item);
  }

  void condition(const Condition& condition) {
    for (const Condition::Term& term : condition.terms) {
      out_.insert(term.name);
      texts(term.values);
    }
  }

  void flags(const std::vector<FlagAddition>& list) {
    for (const FlagAddition& addition : list) {
      condition(addition.when);
      for (const auto& [scope, words] : addition.flags) texts(words);
      texts(addition.preprocessor);
    }
  }

  void arguments(const std::vector<ArgumentSpec>& list) {
    for (const ArgumentSpec& spec : list) {
      condition(spec.when);
      texts(spec.words);
    }
  }

  void variables(const std::map<std::string, std::string>& map) {
    for (const auto& [name, value] : map) text(value);
  }

  void framework(const FrameworkSpec& framework) {
    text(framework.package);
    for (const ConditionalName& need : framework.packages) {
      text(need.name);
      condition(need.when);
    }
    for (const ConditionalName& ignored : framework.ignored_libraries) condition(ignored.when);
    if (framework.loose_libraries) condition(*framework.loose_libraries);
    flags(framework.flags);
    for (const GroupSpec& group : framework.groups) {
      texts({group.from, group.filter});
      flags(group.flags);
      condition(group.when);
    }
    texts(framework.libraries);
  }

  void action(const ActionSpec& action) {
    condition(action.when);
    for (const ActionError& error : action.errors) {
      condition(error.when);
      texts({error.text, error.fix});
    }
    texts({action.in, action.out});
    arguments(action.arguments);
    variables(action.variables);
  }

  std::set<std::string> take() { return std::move(out_); }

 private:
  std::set<std::string> out_{std::begin(kOfAll), std::end(kOfAll)};
};

}  // namespace

std::set<std::string> facts_read(const Platform& platform) {
  Collector out;
  out.text(platform.toolchain.package);
  out.texts(platform.toolchain.headers);
  out.variables(platform.toolchain.programs);
  for (const FactRule& rule : platform.facts) {
    out.condition(rule.when);
    out.texts({rule.value, rule.in, rule.file, rule.key, rule.row, rule.missing, rule.fix});
  }
  for (const auto& [name, framework] : platform.frameworks) out.framework(framework);
  out.flags(platform.flags);
  out.variables(platform.variables);
  for (const PrepareSpec& spec : platform.prepare) {
    out.condition(spec.when);
    out.text(spec.in);
    out.arguments(spec.arguments);
  }
  for (const StepSpec& step : platform.steps) {
    out.condition(step.when);
    out.texts(step.in);
    out.arguments(step.arguments);
  }
  for (const ActionSpec& action : platform.actions) out.action(action);
  out.texts(
      {platform.size.flash, platform.size.ram, platform.size.flash_max, platform.size.ram_max});
  for (const EmbedSpec& embed : platform.embed) {
    out.condition(embed.when);
    out.texts({embed.format, embed.arch});
  }
  return out.take();
}

bool is_read(const std::set<std::string>& read, const std::string& path) {
  return std::any_of(read.begin(), read.end(), [&](const std::string& name) {
    return name == path || name.starts_with(path + ".") || path.starts_with(name + ".");
  });
}

}  // namespace fbuild
