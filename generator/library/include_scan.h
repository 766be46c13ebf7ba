// Which files a source names in #include lines. This is the plain scan of PlatformIO's
// finder in its chain and deep modes: every line that looks like an include counts,
// inside #if 0 and comments too.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fbuild {

struct IncludeLine {
  bool quoted = false;  // "x.h" rather than <x.h>
  std::string name;
};

// The include lines of a text in the order in which PlatformIO follows them: quoted ones
// first, each kind by name as bytes.
std::vector<IncludeLine> scan_includes(std::string_view text);

// Reads and scans each file once however many environments ask.
class IncludeScans {
 public:
  // The includes of a file; a file that cannot be read has none.
  const std::vector<IncludeLine>& of(const std::string& path);
  // Says that `path` has this content, whether or not such a file exists.
  void set(const std::string& path, std::string_view text);
  // The first of `folders` that has a file `name`, as a joined path; "" when none has.
  std::string find(const std::string& name, const std::vector<std::string>& folders);

 private:
  std::map<std::string, std::vector<IncludeLine>> scans_;
  std::map<std::string, bool> exists_;
};

}  // namespace fbuild
