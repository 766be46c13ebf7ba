// Source files of a folder and where their objects go.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "generator/plan/build_plan.h"

namespace fbuild {

// A listing that several environments can share.
struct SourceListing {
  std::vector<std::string> files;        // relative to the folder, sorted
  std::vector<std::string> directories;  // listed to find them, as paths
};

class SourceListings {
 public:
  // The sources of a folder under a filter (see generator/config/source_filter.h; empty:
  // the default). A folder that does not exist has none.
  const SourceListing& of(const std::string& folder, const std::string& filter);

 private:
  std::map<std::string, SourceListing> listings_;
};

// Compile units for the files of a folder; objects go below `object_dir` at the same
// relative place (".." becomes "__", so that nothing leaves the folder).
std::vector<CompileUnit> compile_units(const std::string& folder,
                                       const std::vector<std::string>& files,
                                       const std::string& object_dir);

}  // namespace fbuild
