// A strict reader for the one shape of JSON a manifest has: an object whose values are
// strings and whole numbers. Every key and value keeps its place in the text, so that
// what is wrong with it can be pointed at; a general reader loses that.
//
// Strict means RFC 8259 and nothing beside it: no comments, no comma at the end, no
// single quotes, no byte order mark, valid UTF-8, each key once, nothing after the
// object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild::lnk {

struct JsonMember {
  enum Kind { String, Number, Other };  // Other: true, false or null
  std::string key;
  Kind kind = Other;
  std::string text;     // the string, unescaped; or the literal as written
  uint64_t number = 0;  // for Number: never negative, never a fraction
  int key_line = 0, key_column = 0;
  int line = 0, column = 0;  // of the value
};

struct JsonObject {
  std::vector<JsonMember> members;   // in the order written
  int end_line = 0, end_column = 0;  // of the closing brace
};

// Reads `text`. `file` is only for errors, which carry line and column (1-based, in
// bytes).
Result<JsonObject> read_json_object(std::string_view text, const std::string& file);

}  // namespace fbuild::lnk
