// File name patterns as Python's glob module reads them: `*`, `?`, `[a-z]`, `[!a]` within
// a name, `**` alone between slashes for any number of directories; names that start with
// a dot only match patterns that do; letters are case-sensitive; {a,b} means nothing.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fbuild::config {

// Whether a name matches a pattern of one name (fnmatch.fnmatchcase).
bool match_name(std::string_view pattern, std::string_view name);

// The existing paths that match `pattern`, relative to `directory` unless the pattern is
// absolute, sorted by bytes, each once. Every directory that was listed or looked into, so
// that a new file in it could change the answer, is added to `listed`. Directories that
// contain themselves through links are entered once.
std::vector<std::string> glob_paths(const std::string& directory, const std::string& pattern,
                                    std::set<std::string>& listed);

}  // namespace fbuild::config
