// Depend files as compilers write them (make's syntax): what an output was made from.
//
//     out.o: src/main.cpp include/with\ blank.h $$dollar.h \#hash.h
//
// with long lines continued after a backslash.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild::stamp {

// The prerequisites of all rules in the text, each once, in order. Blanks and '#' come
// with a backslash, '$' doubled; any other backslash is a character of the name. An Error
// when the text is no such file.
Result<std::vector<std::string>> parse_depfile(std::string_view text);

// The text of a depend file, as ninja reads it.
std::string format_depfile(std::string_view output, const std::vector<std::string>& inputs);

}  // namespace fbuild::stamp
