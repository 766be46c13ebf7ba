// Source files of a folder and where their objects go.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "generator/plan/build_plan.h"
#include "support/result.h"

namespace fbuild {

// A listing that several environments can share.
struct SourceList {
  std::vector<std::string> files;        // relative to the folder, sorted
  std::vector<std::string> directories;  // listed to find them, as paths
};

class SourceLists {
 public:
  // The sources of a folder under a filter (items as in build_src_filter; empty: the
  // default, everything but .git and .svn). A folder that does not exist has none.
  const SourceList& of(const std::string& folder, const std::vector<std::string>& filter);

 private:
  std::map<std::string, SourceList> lists_;
};

// Compile units for the files of a list; objects go below `object_dir` at the same
// relative place (".." becomes "__", so that nothing leaves the folder).
std::vector<CompileUnit> compile_units(const std::string& folder, const std::vector<std::string>& files,
                                       const std::string& object_dir);

}  // namespace fbuild
