// Options of the configuration as a plan takes them: texts, lists and folders. An error
// is the configuration's own, with its place.
#pragma once

#include <string>
#include <vector>

#include "generator/plan/environment.h"

namespace fbuild {

// The text of an option; "" when it is not set and has no default.
Result<std::string> option_text(Session& session, const std::string& section, const char* option);

// The items of a list option.
Result<std::vector<std::string>> option_list(Session& session, const std::string& section,
                                             const char* option);

// A folder option of [platformio] as commands name it: relative inside the project.
Result<std::string> option_folder(Session& session, const char* option);

// Words with a blank, or another text, between them.
std::string join_words(const std::vector<std::string>& words, const char* between = " ");

}  // namespace fbuild
