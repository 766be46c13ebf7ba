// build_src_filter: which files of a source directory are built.
//
//   +<*> -<.git/> -<test/*.c>
//
// Each `+<pattern>` or `-<pattern>` adds or takes away, from left to right, starting with
// nothing; whatever else stands in the filter is ignored (filter_faults finds it). A pattern is a
// file name pattern (see path_glob.h) below the source directory; `\` counts as `/`, `../` and
// absolute paths lead out of it. A directory that matches stands for everything in it at any depth,
// files that start with a dot included. Of the files found, those with the extensions of C, C++ and
// assembler sources count: .c .cc .cpp .cxx .c++ .S .spp .SPP .sx .s .asm .ASM, letter for letter.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "generator/config/option_value.h"
#include "generator/config/scons_text.h"
#include "support/result.h"

namespace fbuild::config {

struct SourceList {
  std::vector<std::string> files;  // relative to the source directory, sorted by bytes
  // Directories that were listed, relative to the source directory ("." is itself): when
  // one of them changes, `files` may.
  std::set<std::string> directories;
};

// The default filter.
inline constexpr std::string_view kDefaultSourceFilter = "+<*> -<.git/> -<.svn/>";

// The extensions above, without dots.
std::span<const std::string_view> source_extensions();

// What stands in a filter and selects nothing: text outside of `+<...>` and `-<...>`.
struct FilterFault {
  size_t at = 0;  // offset in the filter
  std::string text;
  bool unclosed = false;  // begins with `<` (or a sign and `<`) that has no `>` of its own
};

// In the order of the filter; blanks, commas and semicolons between patterns are none.
std::vector<FilterFault> filter_faults(std::string_view filter);

// Applies a filter whose variables are already replaced; empty: the default filter.
SourceList match_sources(const std::string& source_dir, std::string_view filter,
                         std::span<const std::string_view> extensions = source_extensions());

// The same for the items of the option, joined with a blank, $NAME replaced.
Result<SourceList> match_sources(const std::string& source_dir, std::span<const ListItem> filter,
                                 const Variables& variables);

}  // namespace fbuild::config
