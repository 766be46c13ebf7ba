// Where the recorded cases lie, and reading them.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "support/files.h"
#include "tests/generator/config/json_value.h"

namespace fbuild::test {

inline const std::string kCases = std::string(FBUILD_SOURCE_DIR) + "/tests/generator/config/cases";

// A text with every `from` replaced.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

inline std::string must_read(const std::string& path) {
  Result<std::string> text = read_file(path);
  REQUIRE_MESSAGE(text, path);
  return *text;
}

}  // namespace fbuild::test
