#include "generator/plan/include_digests.h"

#include <algorithm>
#include <map>
#include <utility>

#include "generator/library/include_closure.h"
#include "generator/ninja/text.h"
#include "support/files.h"

namespace fbuild {

void digest_includes(Session& session, BuildPlan& plan, const std::string& joined_text) {
  IncludeScans& scans = session.scans;
  // By file: whether it is among those read, and whether its name is one for depend files.
  struct Seen {
    bool read = false, awkward = false;
  };
  std::vector<Seen> seen;
  std::vector<std::string> files;
  auto read = [&](IncludeScans::File file) {
    if (file >= seen.size()) seen.resize(scans.file_count());
    Seen& known = seen[file];
    if (!std::exchange(known.read, true)) {
      files.push_back(scans.path(file));
      known.awkward = !readable_in_depfile(files.back());
    }
    return known.awkward;
  };
  for (SourceGroup& group : plan.groups) {
    struct Search {
      IncludeClosure closure;
      bool editable, awkward;
    };
    std::map<std::pair<Language, std::vector<std::string>>, Search>
        searches;  // by what differs in a group
    for (CompileUnit& unit : group.units) {
      auto known = searches.find({unit.language, unit.flags});
      if (known == searches.end()) {
        std::vector<std::string> words = group.flags[static_cast<int>(unit.language)];
        words.insert(words.end(), unit.flags.begin(), unit.flags.end());
        IncludePath path = include_path_of(words);
        bool editable = false, awkward = false;
        for (const std::string& folder : path.folders) {
          awkward = awkward || !readable_in_depfile(folder);
          if (is_installed(plan, folder)) continue;
          editable = true;
          std::string normal = normalize_path(folder);
          // Not sorted for it: these are few, and a core may have brought a thousand.
          if (std::find(plan.directories.begin(), plan.directories.end(), normal) ==
              plan.directories.end())
            plan.directories.push_back(std::move(normal));
        }
        known =
            searches
                .emplace(std::pair(unit.language, unit.flags),
                         Search{IncludeClosure(session.scans, std::move(path)), editable, awkward})
                .first;
      }
      Search& search = known->second;
      unit.awkward = search.awkward || !readable_in_depfile(unit.source);
      if (!search.editable && is_installed(plan, unit.source)) continue;
      bool joined = unit.source == plan.sketch.output;
      IncludeClosure::Closure closure =
          search.closure.of(unit.source, joined ? joined_text : std::string());
      unit.includes = closure.digest;
      for (IncludeScans::File file : closure.data) unit.data.push_back(scans.path(file));
      for (IncludeScans::File file : closure.files) unit.awkward = read(file) || unit.awkward;
      plan.input_files.insert(plan.input_files.end(), unit.data.begin(), unit.data.end());
    }
  }
  std::sort(files.begin(), files.end());
  plan.files.insert(plan.files.end(), files.begin(), files.end());
  plan.input_files.insert(plan.input_files.end(), files.begin(), files.end());
}

}  // namespace fbuild
