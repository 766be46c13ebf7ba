#include "generator/plan/script_flag.h"

#include "generator/config/shell_words.h"
#include "generator/platform/facts_read.h"

namespace fbuild {

std::optional<std::string> script_of_flag(std::string_view word) {
  if (!word.starts_with("-Wl,-T")) return std::nullopt;
  word.remove_prefix(6);
  if (word.empty() || word.find_first_of(",=") != std::string_view::npos) return std::nullopt;
  return std::string(word);
}

Status take_script_of_flags(Session& session, const std::string& section,
                            Environment& environment) {
  Result<const config::Value*> flags = session.config.get(section, "build_flags");
  if (!flags) return flags.error();
  for (const config::ListItem& item : (*flags)->items) {
    if (item.text.find("-Wl,-T") == std::string::npos) continue;
    Result<std::vector<std::string>> words = config::split_flag_words(item.text);
    if (!words) continue;  // said where the flags are read
    for (const std::string& word : *words) {
      std::optional<std::string> script = script_of_flag(word);
      if (!script || !is_read(facts_read(*environment.platform), "build.ldscript")) continue;
      session.warn(session.config.at(
          item.origin, "'" + word + "' is taken for 'board_build.ldscript = " + *script + "'",
          "write that: it is what PlatformIO asks for too"));
      set_fact(environment.facts, "build.ldscript", *script);
      environment.script_of_flags = true;
    }
  }
  return {};
}

}  // namespace fbuild
