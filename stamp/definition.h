// What a watch set consists of, and the text it is written in: one item per line.
//
//     # a comment
//     metadata 0123abcd                        at most once: hex digits
//     root project src [ext=c,h] [exclude=build,docs/old] [name=NAME]
//     root package /opt/avr-gcc [...]          may be trusted for the freshness window
//     file boards/uno.json [name=NAME]
//     artifact .fbuild/build/uno/firmware.elf
//     env PLATFORMIO_BUILD_FLAGS
//     command git rev-parse HEAD               the rest of the line, for /bin/sh -c
//
// Words are separated by blanks and tabs. A word, or a part of one, may stand in double
// quotes: there blanks are kept and \\ \" \n \t \r \xHH stand for a backslash, a quote,
// a newline, a tab, a carriage return and any byte but NUL. Outside quotes a backslash
// is a backslash. The shell line of `command` is taken as it is, unquoted.
//
// ext= names what the file names end in after their last dot, case-sensitive; `.` stands
// for names without any dot (C++ headers such as <vector>), `*` for every file.
// exclude= names files or directories anywhere below the root; with a slash in it, one
// path from the root. Both lists replace the defaults; an empty exclude list excludes
// nothing.
//
// Paths are relative to the working directory. Those inside it are kept relative, also
// when given absolute, so that the project can move.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild::stamp {

struct RootItem {
  bool package = false;
  std::string path;
  std::string name;                // "" : derived, see item_names()
  bool default_extensions = true;  // then `extensions` is empty
  bool default_excludes = true;    // then `excludes` is empty
  std::vector<std::string> extensions = {};
  std::vector<std::string> excludes = {};

  bool operator==(const RootItem&) const = default;
};

struct FileItem {
  std::string path;
  std::string name = {};

  bool operator==(const FileItem&) const = default;
};

struct Definition {
  std::string metadata;  // lowercase hex digits, or ""
  std::vector<RootItem> roots;
  std::vector<FileItem> files;
  std::vector<std::string> artifacts;
  std::vector<std::string> env;
  std::vector<std::string> commands;

  bool operator==(const Definition&) const = default;
};

// The lists that stand where ext= and exclude= are left out, in byte order.
const std::vector<std::string>& default_extensions();
const std::vector<std::string>& default_excludes();

// Reads the text above; `file` is what errors name. The result is canonical: see below.
Result<Definition> parse_definition(std::string_view text, const std::string& file);

// Checks a definition that was made by a program and brings it into canonical form:
// paths normalized and, inside `directory` (absolute; ""= the working directory), made
// relative; items in byte order, repeated ones once.
Result<Definition> canonical_definition(Definition definition, const std::string& directory = "");

// The text of a canonical definition; parse_definition() of it gives the same back.
std::string format_definition(const Definition& definition);

// What roots and files are called inside the fingerprint. A given name is taken as it
// is ("=NAME"). A path inside the working directory is its own name, since it moves with
// the project. Something outside is called by as many of its last path components as it
// takes to tell it from the other outside items of its kind, so that a fingerprint does
// not depend on where packages are installed but notices two of them swapped; alone, by
// none.
std::vector<std::string> item_names(const std::vector<std::string>& paths,
                                    const std::vector<std::string>& given);

// `name` as a set may be called: not empty, no control characters, no blanks, no '/'
// at either end.
Status check_set_name(std::string_view name);

// The words of one line, quotes undone; `file` and `number` are what errors name.
Result<std::vector<std::string>> split_line(std::string_view line, const std::string& file,
                                            int number);

// A word as it may stand in a definition or any line of words: quoted when it must be.
std::string quote_word(std::string_view word);

}  // namespace fbuild::stamp
