// Text as the dialect of platformio.ini sees it: UTF-8, with Unicode's idea of blanks,
// lower case and digits (version 14.0, the one of the Python that defines the dialect).
// An ini file may separate a comment by a no-break space or name an option in Greek; both
// follow rules that ASCII functions do not know.
//
// All functions take UTF-8. Bytes that are not UTF-8 count as code points of their own
// that are neither blanks, letters nor digits, and are passed through unchanged.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fbuild::config {

// The code point that starts at text[at], which must exist; moves `at` behind it. A byte
// that starts no valid sequence gives 0xDC00 + byte, as Python's "surrogateescape".
char32_t next_code_point(std::string_view text, size_t& at);

// Appends a code point; 0xDC80..0xDCFF become the byte they stand for.
void append_code_point(std::string& out, char32_t code);

// Where the first byte that is not valid UTF-8 is, or npos.
size_t find_invalid_utf8(std::string_view text);

bool is_space(char32_t code);

// Whether the code point that ends just before text[at] is a blank; false at the start.
bool is_space_before(std::string_view text, size_t at);

// Without blanks at both ends / at the end / at the start.
std::string_view strip(std::string_view text);
std::string_view strip_right(std::string_view text);
std::string_view strip_left(std::string_view text);

// The number of code points of blanks at the start.
size_t leading_blanks(std::string_view text);

std::string lower(std::string_view text);

// 0..9 for a decimal digit of any script, otherwise -1.
int decimal_digit(char32_t code);

// Whether the text is one or more characters that Unicode calls digits, which includes
// some that no number can be made of (superscripts).
bool all_digits(std::string_view text);

// Whether the name is one an environment may have: letters a-z in either case, digits,
// hyphen, underscore; and the four letters whose case variants are among a-z.
bool is_environment_name(std::string_view name);

}  // namespace fbuild::config
