// What the table sees, ninja must see. Ninja compares times, the table compares contents;
// a file whose content changed without a time that ninja takes notice of would be left out
// of the build, and the result sealed as good.
//
// Before any graph is loaded, each file whose content is another than at the last plan gets
// a new time, unless its own is newer than anything that was built. An installed package is
// not ours to touch: its stamp, an input of every compile that uses it, is renewed.
//
// A new time must last until the environment is built from it: `plan.pending` has, for each
// set that is not sealed yet, the files that changed since it was, with the times they were
// left with. A file that is older by the next plan (an old copy, `touch -d`) gets a new time
// again, even though its content did not change in between.
//
// Objects that environments share and none has used for a while were made from nobody knows
// what; so the shared folders that are in use are remembered too, and the epoch of one that
// comes into use is renewed.
//
//   <build>/plan.pending   a line of shared folders: `FOLDER FOLDER...`, then one line per
//                          set: `SET PATH TIME PATH TIME...`
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "stamp/gate.h"
#include "stamp/watch.h"
#include "support/result.h"

namespace fbuild::stamp {

struct Seen {
  std::set<std::string> unsealable;  // environments that must not be sealed: a time cannot be set
  std::set<std::string> unsettled;   // files whose new time an environment that was never
                                     // sealed still waits for: it must not be put back
  int64_t new_time = 0;              // what files got; 0: none got one
  std::vector<std::string> warnings;
};

// Does that for the sets of the gate's environments, which `status` has in the same order
// as their last check in this session found them. Sets of which nothing is known become
// dirty, and everything in them is compiled anew.
Result<Seen> make_visible(Session& session, const Gate& gate, std::vector<SetStatus>& status);

// Takes a set that has been sealed off the list; or files that got back the time, and have
// the content, that all sealed sets were built from.
Status forget_pending_set(const std::string& build_dir, const std::string& set);
Status forget_pending_files(const std::string& build_dir, const std::vector<std::string>& files);

}  // namespace fbuild::stamp
