// Which files a source names: its #include lines, and the other ways in which a compiler
// comes to read, or to look for, one more file. A plain scan without a preprocessor: what
// stands in #if 0 or in a comment counts too.
//
// The generator follows these names to find libraries and to learn which file each name
// leads to; the gate compares them to tell whether an edited source can change either.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fbuild {

struct IncludeLine {
  enum Kind : char {
    Quoted = '"',     // #include "x.h", #import "x.h"
    Angled = '<',     // #include <x.h>
    Next = '>',       // #include_next or __has_include_next, quoted or not
    Asked = '?',      // __has_include
    Macro = '$',      // #include NAME: whatever NAME stands for
    Data = '=',       // .incbin, .include, INCBIN(...): read by the assembler
    Framework = '!',  // the file includes "Arduino.h" or "mbed.h", as PlatformIO looks for it
    // With directives: first an empty one, then every #if, #define, #include and the like in
    // the order of the text, comments removed: the keyword and the rest of the line.
    Directive = '#',
  };
  Kind kind = Quoted;
  std::string name;

  bool operator==(const IncludeLine&) const = default;
};

// What the text names. First the #include lines proper in the order in which PlatformIO's
// finder follows them: quoted ones, then angled ones, each kind by name as bytes. Then
// everything else in the order of the text, each once; directives, if asked for, last.
std::vector<IncludeLine> scan_includes(std::string_view text, bool directives = false);

// Whether a scan has directives.
bool has_directives(const std::vector<IncludeLine>& lines);

// Whether a text names what a scan found before, looked at as closely as then.
bool includes_same(std::string_view text, const std::vector<IncludeLine>& lines);

}  // namespace fbuild
