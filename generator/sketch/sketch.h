// Arduino sketches: the .ino and .pde files of one folder become one C++ translation
// unit, as the Arduino builder and PlatformIO make it.
//
// The text that comes out is the sketch itself, byte for byte and in order, plus
//   - `#include <Arduino.h>` before everything,
//   - `#line 1 "path"` before each file, so that messages, __FILE__ and debuggers speak
//     of the .ino and never of the generated file,
//   - declarations of functions that are used before they are defined, each followed by
//     a `#line` that puts the compiler back where it was.
// Two things are taken away: a byte order mark at the start of a file (the compiler takes
// it only at the start of a translation unit), and default arguments of a function whose
// generated declaration has to carry them (C++ allows them once); those are replaced by
// as many spaces, so that columns stay right.
//
// No compiler and no other program is run: how functions are found is described in
// scan.h, where their declarations go in prototypes.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild {

struct SketchFile {
  std::string path;     // as messages are to show it: relative to the project's root
  std::string content;  // any bytes; lines end in \n or \r\n
};

// The names of the sketch files of a directory: *.ino, then *.pde, each sorted as bytes;
// not its subdirectories, not hidden files. Paths are `directory` joined with the name.
// None is an empty list; an unreadable directory is an Error.
Result<std::vector<std::string>> find_sketch_files(const std::string& directory);

// The files in the order in which they are joined. The main file comes first: the one
// that defines setup() or loop(). The others follow by name, .ino before .pde.
//
// Where setup() and loop() are in different files the one named like its folder is the
// main file (Arduino's rule); if there is none of that name, all files that define either
// come first, the last by name leading (PlatformIO's rule). Where no file defines either
// (they may be in a .cpp), the one named like its folder leads.
//
// Errors: no files at all; setup() or loop() defined, outside any #if, in two of them;
// UTF-16 text, which no C++ compiler reads.
Result<std::vector<SketchFile>> order_sketch(std::vector<SketchFile> files);

// Orders the files and joins them; see the top of this file. The same files give the same
// text, in whatever order they are handed over. Code that is not valid C++ (an open
// comment, a brace too many) is handed on for the compiler to report. Errors are those of
// order_sketch.
Result<std::string> join_sketch(std::vector<SketchFile> files);

// The file name (no directory) the joined sketch is to have: that of its main file with
// ".cpp" at its end and without the quotes and semicolons that PlatformIO drops as well;
// `main_path` is the path of the first file of order_sketch.
std::string sketch_output_name(std::string_view main_path);

}  // namespace fbuild
