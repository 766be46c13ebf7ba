// What a file includes when #if, #ifdef and #define count: the scanner behind PlatformIO's
// "chain+" and "deep+" (SCons's CConditionalScanner), step by step, because what it gets
// wrong decides which libraries are found too:
//
//   * it goes on into every file that it finds, once, and gives all of them in that order
//   * only the defines of the environment and of the files it has seen are known, none of
//     the compiler; see python_expression.h for how conditions are decided
//   * a folder in which a file was found comes before the others from then on
//   * #include_next is not followed, and an #endif too many closes what its includer opened
//   * an error in the middle makes the scan fail; PlatformIO then scans without conditions
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "generator/library/include_scans.h"
#include "generator/library/python_expression.h"

namespace fbuild {

// Where a scan looks for includes.
struct ConditionalSearch {
  const std::vector<std::string>& folders;
  // The first of `folders` that has a file of this name, as its path; "" when none has.
  std::function<std::string(const std::string& name)> find;
  // A folder that a folder's neighbours lie in as well, or ""; may be empty.
  const std::function<std::string(const std::string& folder)>& other_side;
};

class ConditionalScanner {
 public:
  explicit ConditionalScanner(IncludeScans& scans) : scans_(scans) {}

  struct Found {
    std::string path, by;  // by: the file that includes it
  };
  // The files that `file` leads to, or nothing when the scan fails.
  std::optional<std::vector<Found>> scan(const std::string& file, const ConditionalSearch& search,
                                         const MacroTable& defines);

  // Every file whose directives were looked at.
  std::vector<std::string> looked_at() const;

  struct Directive;

 private:
  const std::vector<Directive>& directives_of(const std::string& path);
  friend class ConditionalScan;

  IncludeScans& scans_;
  PythonExpressions expressions_;
  std::unordered_map<std::string, std::vector<Directive>> directives_;
};

struct ConditionalScanner::Directive {
  enum Kind { If, Elif, Ifdef, Ifndef, Include, Else, Endif, Define, Undef } kind;
  std::string name;       // condition, macro, or what is included
  bool is_macro = false;  // Define: it has arguments
  std::vector<std::string> arguments;
  std::string expansion;
};

}  // namespace fbuild
