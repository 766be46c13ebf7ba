// Watch sets: "has anything this was built from changed since?", answered from one table
// file, exactly, without a daemon. This is the header other programs use.
//
//     Session session(".fbuild/build/watch.table");
//     session.define("uno", definition);
//     auto now = session.check({"uno"});          // fingerprint, token, clean or dirty
//     ... build ...
//     session.seal("uno", (*now)[0].token);       // what that check saw is what was built
//     session.check({"uno"});                     // clean, until something changes
//
// A session reads the table once and keeps it mapped; further calls cost what they look
// at. Any number of processes may use one table: readers never wait, a table is replaced
// as a whole, and whoever finds it replaced meanwhile looks again before writing.
//
// What cannot be read, does not check out or will not hold still is never clean. A table
// that is damaged in any way is one warning() and a check of everything; definitions are
// kept in a second file beside it (`<table>.sets`) for that case.
//
// Relative paths are relative to the working directory, which must not change while a
// session lives.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "stamp/catalog.h"
#include "stamp/definition.h"
#include "stamp/diff.h"
#include "stamp/table_file.h"
#include "support/result.h"

namespace fbuild::stamp {

struct CheckOptions {
  // For how long package roots are trusted after a full check, in nanoseconds; 0: not at
  // all. None: what FBUILD_WATCH_SET_CACHE_SECS says.
  std::optional<int64_t> window = {};
  unsigned threads = 0;  // at most; 0: one per core
  // Do not store what was found. For looks that must not disturb.
  bool store = true;
  // seal(): whether the files' times are those to restore later (EntryInfo::sealed_mtime).
  // Not for a set that is sealed before what else is made of its files.
  bool record_times = true;
  // seal(): what the token's check saw is sealed without another look. For who knows, by
  // the times that check saw, that nothing changed between its own reading and the check.
  bool as_checked = false;
  // seal(): a set that is looked at in the same go and, if the seal is made, recorded as it
  // is now. "": none.
  std::string along = {};
};

struct SetStatus {
  std::string name;
  Hash128 fingerprint;  // of the inputs as they are now
  std::string token;    // for seal(); "" when this state cannot be sealed
  bool sealed = false;  // there is a seal to compare with
  bool clean = false;   // inputs and artifacts are what was sealed
  std::string why;      // not clean: the first reason, in words
};

struct SealOutcome {
  bool sealed = false;
  std::string reason;  // why not, in words; empty when sealed
};

// One way in which a set differs from its seal.
struct Difference {
  std::string item;  // "src/main.cpp", "env HOME", "command git rev-parse HEAD", "metadata"
  std::string how;   // "content changed (120 -> 121 bytes)", "added", "removed", ...
  // A file that was there and is there, and no more than its content changed; `item` is
  // its path.
  bool edited = false;
  bool gone = false;  // a file that was there and is not
};

// One watched file of a set, as of the last look.
struct EntryInfo {
  std::string path;       // as the working directory sees it
  std::string_view root;  // path of the root it lies in; "" for a single file
  bool package = false;   // in a package root
  bool artifact = false;
  Kind kind = Kind::None;  // directories and ignored links are left out
  Hash128 hash;
  uint64_t size = 0;
  int64_t mtime = 0, ctime = 0;
  int64_t sealed_mtime = 0;         // mtime at its last seal with this content; 0: none
  bool changed_since_mark = false;  // its content, since Session::mark()
  bool touched_since_mark = false;  // its content or its stat
};

struct TableStats {
  uint64_t table_bytes = 0;
  uint64_t generation = 0;
  uint64_t sets = 0, roots = 0, files = 0, directories = 0, entries = 0;
  Counters totals, last;
};

// How long the parts of the last call took.
struct Phase {
  const char* name;
  int64_t nanoseconds;
};

class Session {
 public:
  // `table` is not touched before the first call. `use_table` false: definitions and
  // seals are read from it, nothing else is believed, and nothing is written.
  explicit Session(std::string table, bool use_table = true);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Adds or replaces sets in one publication. A definition that is the same as before
  // changes nothing. Errors: the name, the definition, or the table cannot be written.
  Status define(const std::string& name, const Definition& definition);
  Status define_all(std::span<const std::pair<std::string, Definition>> sets);
  // Error when there is no such set.
  Status drop(const std::string& name);
  // Takes back a set's seal, and the tokens given out for it; what is known of its files
  // stays. Error when there is no such set.
  Status unseal(const std::string& name);
  // Removes the table and the definitions beside it; the lock's file stays.
  Status clear();

  // Names of all sets, sorted.
  std::vector<std::string> set_names();
  bool has_set(std::string_view name);
  Result<Definition> definition(const std::string& name);

  // Looks at everything the named sets watch, each thing once, and compares with their
  // seals. Results come in the order of `names`. Error: no such set.
  Result<std::vector<SetStatus>> check(std::span<const std::string> names,
                                       const CheckOptions& options = {});

  // Records the set as built from the inputs that `token` stands for ("": the last check),
  // with its artifacts as they are now. Looks at everything, packages too. Refused, with
  // a reason, when the token is superseded, when an input was so much as touched since, or
  // when an artifact is missing. Error: no such set, or the table cannot be written.
  Result<SealOutcome> seal(const std::string& name, const std::string& token,
                           const CheckOptions& options = {});

  // How a set, as it was last checked in this session, differs from its seal; empty
  // exactly when it is clean.
  Result<std::vector<Difference>> explain(const std::string& name);

  // Every watched file of a set, in walk order, roots first, as of the last look.
  Status for_each_entry(const std::string& name,
                        const std::function<void(const EntryInfo&)>& visit);
  // The latest time, mtime or ctime, of all of them and of the folders of its roots; file clock.
  Result<int64_t> newest_time(const std::string& name);
  // Only those whose content (or, with `touched`, stat) changed since the set's mark.
  // Costs nothing when there are none. What was removed is not among them.
  Result<std::vector<EntryInfo>> changed_since_mark(const std::string& name, bool touched = false);
  // Makes the sets' present state the one that "since the mark" counts from. What changed
  // is remembered across any number of checks, by whomever, until here.
  Status mark(std::span<const std::string> names);

  // Whether mark() was ever called for the set. What was never marked has no past to
  // compare with. False for a set that does not exist.
  bool is_marked(const std::string& name);

  // Artifacts of a set, as it was last checked in this session, that exist and are not
  // what was sealed (all that exist, when nothing was).
  std::vector<std::string> foreign_artifacts(const std::string& name) const;

  // Sets mtimes (nanoseconds since 1970; none: now) of watched files and takes the new
  // stat over without counting it as a change, so that tokens stay good. They are read
  // again at the next look. Returns those it could not set.
  Result<std::vector<std::string>> set_mtimes(
      std::span<const std::pair<std::string, std::optional<int64_t>>> files);

  // Compares every remembered hash whose stat still holds with the file's content, and
  // every checksum in the table. Returns what is wrong, in words.
  Result<std::vector<std::string>> verify_contents();

  TableStats stats();
  Counters last_run() const { return run_; }
  // Lines for standard error that arose since the last call: damage, or that nothing could
  // be stored. At most one per call of a member.
  std::vector<std::string> take_warnings();
  const std::vector<Phase>& phases() const { return phases_; }

 private:
  struct Evaluated {
    Hash128 digest;
    bool failed = false;  // a command could not be run at all
    bool set = false;     // the environment variable exists
  };
  struct Look;
  // The table's file when it was opened; inode 0: there was none.
  struct Identity {
    uint64_t device = 0, inode = 0;
    int64_t size = 0;
    bool operator==(const Identity&) const = default;
  };

  void load();
  void reload();
  void fall_back(const std::string& reason);
  void load_definitions();
  void distrust_after_reboot();
  void warn(std::string line);
  Result<std::vector<size_t>> find_sets(std::span<const std::string> names);
  void evaluate(const std::vector<size_t>& sets);
  void begin_call();
  Status look_at(std::span<const std::string> names, const CheckOptions& options, Look& out);
  Status store_look(std::span<const std::string> names, const CheckOptions& options, Look& seen);
  SetStatus status_of(const SetState& set) const;
  bool is_sealed(const Hash128& root_digest) const;
  Hash128 ref_digest(const Ref& ref, bool& poisoned) const;
  bool look_once(const std::vector<size_t>& sets, const CheckOptions& options, Look& out);
  void judge(const std::vector<size_t>& sets, Look& out);
  Hash128 fingerprint(const SetState& set, bool& poisoned) const;
  std::vector<Difference> differences(const SetState& set, size_t limit) const;
  bool artifacts_are_sealed(const SetState& set) const;
  std::string what_changed(const SetState& set, uint32_t since) const;
  void own_block(RootState& root);
  bool is_current() const;
  uint32_t latest_touch(const SetState& set) const;
  Status publish();
  Status write_definitions_file();
  // Runs `change` on the newest catalog under the lock and publishes the result.
  Status change_table(const std::function<Status()>& change, bool definitions = false);
  void record_seal(SetState& set, bool record_times);
  void explain_ref(const Ref& ref, const Hash128& sealed, size_t limit,
                   std::vector<Difference>& out) const;
  void explain_unreadable(const SetState& set, size_t limit, std::vector<Difference>& out) const;
  void load_if_never();
  void visit_entries(const SetState& set, uint32_t since, bool touched,
                     const std::function<void(const EntryInfo&)>& visit);
  void phase(const char* name);

  std::string path_;
  Identity on_disk_;
  bool use_table_;
  bool loaded_ = false;
  bool stale_ = false;         // what is in memory has been published: reload before use
  bool must_publish_ = false;  // what was loaded should be stored even if nothing changed
  std::unique_ptr<Catalog> catalog_;
  // Digests of single files, which many sets share; each good for the entry it was made of.
  struct FileDigest {
    Entry entry;
    Hash128 digest;
    bool poisoned = false;
    bool made = false;
  };
  mutable std::vector<FileDigest> file_digests_;
  TableFile file_;
  Counters run_, totals_;
  std::map<std::string, Evaluated, std::less<>> env_, commands_;
  std::vector<std::string> warnings_;
  std::vector<Phase> phases_;
  int64_t phase_began_ = 0;
  bool warned_ = false;
};

}  // namespace fbuild::stamp
