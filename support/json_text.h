// Writing JSON text: the two things that are easy to get wrong. Documents are small
// and flat enough here that their structure is written by hand.
#pragma once

#include <string>
#include <string_view>

namespace fbuild {

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become
// U+FFFD, so that the output is always valid JSON (RFC 8259).
void append_json_string(std::string& out, std::string_view text);

// The same as a value.
std::string json_string(std::string_view text);

}  // namespace fbuild
