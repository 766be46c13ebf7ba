// The includes of files, each read at most once however many environments ask, and not
// at all while its stat is the one remembered from an earlier run.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "support/include_lines.h"
#include "support/include_memo.h"

namespace fbuild {

class IncludeScans {
 public:
  // Takes over what an earlier run remembered in this file, if it can be read.
  void load(const std::string& memo_path);
  // Of each file that was asked for: the memo for the next run.
  IncludeMemo memo() const;

  // The includes of a file; a file that cannot be read has none.
  const std::vector<IncludeLine>& of(const std::string& path);
  // The same with directives (see include_lines.h). They are remembered too, and do not
  // depend on anything but the file.
  const std::vector<IncludeLine>& directives_of(const std::string& path);
  // Says that `path` has this content, whether or not such a file exists.
  void set(const std::string& path, std::string_view text);
  // Says that there is such a file: it will be made before it is needed. `text` is asked
  // for its content, once, if that is needed.
  void provide(const std::string& path, std::function<std::string()> text);
  // Leaves a file out of the memo: more than its includes matters to the run.
  void leave_out(const std::string& path) { left_out_.insert(path); }
  // Whether there is a regular file of this normalized path.
  bool exists(const std::string& path);
  // The first of `folders` that has a file `name`, as a joined path; "" when none has.
  std::string find(const std::string& name, const std::vector<std::string>& folders);
  // The same for one folder.
  std::string find_in(const std::string& name, const std::string& folder);

 private:
  struct Folder {
    std::string path;  // normalized
    std::unordered_map<std::string, bool> names;  // whether it is a file
  };
  const std::vector<IncludeLine>& look(const std::string& path, bool directives);
  const Folder& look_into(const std::string& path);

  std::unordered_map<std::string, KnownIncludes> scans_;
  std::unordered_map<std::string, bool> exists_;
  std::unordered_map<std::string, Folder> folders_;
  IncludeMemo earlier_;
  std::unordered_set<std::string> left_out_;
  std::unordered_map<std::string, std::function<std::string()>> provided_;
};

}  // namespace fbuild
