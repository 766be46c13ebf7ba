// The gate's files: what the generator tells `plan` (the gate file), what `plan` last
// decided (the state), and the ninja text that comes of it (active.ninja).
//
//   <build>/gate          written by fbuild-gen: one item per line, words quoted as in
//                         watch set definitions
//       place DIR                       the project's absolute folder when it was generated
//       generate WORD...                the command that generates anew
//       environment NAME SET default|other DIGEST
//                                       SET is its watch set (a debug build has one of its
//                                       own); DIGEST changes with its ninja files
//       shared NAME FOLDER              NAME uses what FOLDER.ninja makes in FOLDER
//       package ROOT STAMP              STAMP is an input of every compile that uses ROOT
//   <build>/plan.state    one line per environment: `NAME clean` or `NAME dirty TOKEN`
//   <build>/active.ninja  loads the stub of each clean environment, the graph of each other
//   <build>/active-root.ninja
//                         the same for the manifest in the project's root: as long as all is
//                         clean and ninja is asked for nothing but environments, their names
//                         are enough (60 environments: 0.75 ms of ninja's time become 0.35)
//   <build>/plan.stamp    digest of these two; what ninja compares to know of a change
//   <build>/plan.decided  see plan.cpp: spares the second look of one ninja
//   <build>/planned       resolves for the ninja that this plan ran for; see ninja_lock.h.
//                         Whatever is loaded waits for it, so that a ninja that did not run
//                         the plan first (a manifest of somebody else's that loads ours, or
//                         one called by a name we do not know) runs it then, and stops when
//                         the plan decides other than what it has loaded
//
// By name, the build directory has stubs.ninja (what to load when all environments are clean),
// names.ninja (the names of the same targets, without what they do) and stub-rules.ninja (to
// load before some stubs), and the folder of environment E has graph.ninja, stub.ninja,
// keep.ninja (mentions its objects, so that `-t cleandead` spares them), epoch and sealed; a
// shared folder has an epoch of its own.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/files.h"
#include "support/result.h"

namespace fbuild::stamp {

struct GateEnvironment {
  std::string name;
  std::string set;
  bool is_default = false;
  std::string digest;
  std::vector<std::string> shared = {};  // folders
};

struct GatePackage {
  std::string root;
  std::string stamp;
};

struct Gate {
  std::string build_dir;  // the folder the file lies in
  std::string place;
  std::vector<std::string> generate;
  std::vector<GateEnvironment> environments;
  std::vector<GatePackage> packages;
};

// The set that holds what the build files were generated from.
inline constexpr const char* kProjectSet = "platformio.ini";
// The set that holds the intermediate files of what `set` builds.
std::string objects_set(const std::string& set);

std::string format_gate(const Gate& gate);
Result<Gate> read_gate(const std::string& path);

struct PlanState {
  struct Decision {
    bool clean = false;
    std::string token;  // of a dirty one: what its build may be sealed as; "": nothing
  };
  std::map<std::string, Decision> environments;
};

std::string format_state(const PlanState& state);
// A state that cannot be read is one that knows nothing: everything is dirty.
PlanState read_state(const std::string& path);

// The texts of active.ninja and active-root.ninja for the gate's environments, and the digest
// of what they load, which the edge that runs the plan late is called with. Those the state
// does not know are dirty.
struct ActiveText {
  std::string text;
  std::string root;
  std::string loaded;
};
struct ActiveOptions {
  bool load_all = false;    // every graph
  bool names_only = false;  // in the root, where names are enough
};
ActiveText active_text(const Gate& gate, const PlanState& state, const ActiveOptions& options);
// Whether the root was last given names only. Who is not called by a ninja leaves that as it
// is: another text would make the next one start over.
bool root_has_names(const Gate& gate);
// What plan.stamp holds.
std::string stamp_text(const ActiveText& active);

// Writes the state, both texts and plan.stamp, each only when it changes, plan.stamp last.
// Returns whether plan.stamp changed, on which ninja loads everything again.
Result<bool> publish_active(const Gate& gate, const PlanState& state, const ActiveText& active);

// Holds the build directory's lock file for short changes of the files above.
Result<Fd> lock_gate(const std::string& build_dir);

}  // namespace fbuild::stamp
