// A folder of the project as a build wants it: a copy in which every NAME.ext.lnk has
// become the NAME.ext that it stands for, at the same relative path. What is packed into a
// file system image for a board comes from such a copy.
//
// * A manifest of an archive becomes a folder NAME.ext with what the archive has in it.
// * Where NAME.ext is there itself, it wins.
// * Links are followed, so that the copy has files and folders only; folders that no build
//   reads (find_manifests.h) are left out.
// * A file keeps its mtime, and what a manifest stands for has the manifest's: images keep
//   times, and the same checkout is to give the same image.
#pragma once

#include <string>
#include <vector>

#include "lnk/ensure.h"
#include "lnk/store.h"
#include "support/result.h"

namespace fbuild::lnk {

struct DataItem {
  enum Kind { File, Folder, Manifest };
  Kind kind = File;
  std::string source;  // path of the file, folder or manifest
  std::string place;   // where it comes to, relative to the copy
};

struct DataListing {
  std::vector<DataItem> items;  // sorted by place; a folder before what is in it
  std::vector<Error> warnings;  // manifests that a real file stands in front of
};

// What is in `folder`. An Error for a link that leads nowhere or in a circle, and for what
// is neither file nor folder.
Result<DataListing> list_data(const std::string& folder);

// Makes `target` such a copy of `folder`, fetching what is missing (`jobs` at once). An
// existing folder is replaced as a whole, and only by a complete one; anything else in its
// place is an Error. The errors of all manifests that failed come as one each.
Result<std::vector<Error>> materialize_data(const Store& store, const std::string& folder,
                                            const std::string& target, int jobs,
                                            const EnsureOptions& options,
                                            std::vector<Error>& warnings);

}  // namespace fbuild::lnk
