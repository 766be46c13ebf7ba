// The line of a file that an error or a warning is about, with a caret under the place.
#pragma once

#include <string>

#include "support/result.h"

namespace fbuild::config {

// Two lines, each with a line end:
//
//       build_flags = -DA="x
//                     ^
//
// "" when the error has no line or the file cannot be read. `directory` is what a relative
// Error::file is looked up in. Long lines are cut around the place.
std::string source_excerpt(const Error& error, const std::string& directory = ".");

}  // namespace fbuild::config
