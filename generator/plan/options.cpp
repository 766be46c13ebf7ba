#include "generator/plan/options.h"

#include "support/files.h"

namespace fbuild {

using config::ListItem;
using config::Value;

Result<std::string> option_text(Session& session, const std::string& section, const char* option) {
  Result<const Value*> value = session.config.get(section, option);
  if (!value) return value.error();
  return (*value)->kind == Value::Kind::None ? std::string() : config::value_text(**value);
}

Result<std::vector<std::string>> option_list(Session& session, const std::string& section,
                                             const char* option) {
  Result<const Value*> value = session.config.get(section, option);
  if (!value) return value.error();
  std::vector<std::string> out;
  for (const ListItem& item : (*value)->items) out.push_back(item.text);
  return out;
}

Result<std::string> option_folder(Session& session, const char* option) {
  Result<std::string> path = option_text(session, "platformio", option);
  if (!path) return path.error();
  return path_inside(*path, session.project);
}

std::string join_words(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

}  // namespace fbuild
