#include "stamp/plan.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

#include "stamp/clock.h"
#include "stamp/gate.h"
#include "stamp/hash.h"
#include "stamp/ninja_lock.h"
#include "stamp/visible.h"
#include "stamp/watch.h"
#include "support/file_time.h"
#include "support/include_memo.h"
#include "support/perf_log.h"
#include "support/process.h"
#include "support/switches.h"

namespace fbuild::stamp {

namespace {

// What `plan` told the ninja that called it last: the ninja, the digest in plan.stamp and the
// time since boot in nanoseconds, a line each.
constexpr const char* kDecided = "plan.decided";
constexpr int64_t kStartOverNanoseconds = 2'000'000'000;

void say(FILE* stream, const std::string& line) {
  std::fprintf(stream, "%s\n", line.c_str());
}

// `"used": N` and `"max": N` of one part of firmware.size.json, as "RAM   0.4%".
std::string share(const std::string& json, const char* part, const char* title) {
  size_t at = json.find("\"" + std::string(part) + "\"");
  if (at == std::string::npos) return "";
  size_t end = json.find('}', at);
  auto number = [&](const char* key) {
    size_t found = json.find("\"" + std::string(key) + "\"", at);
    if (found == std::string::npos || found > end) return -1.0;
    return std::atof(json.c_str() + json.find(':', found) + 1);
  };
  double used = number("used"), max = number("max");
  if (used < 0 || max <= 0) return "";
  char text[64];
  std::snprintf(text, sizeof text, "   %s %.1f%%", title, 100 * used / max);
  return text;
}

bool names_are_enough(const Gate& gate) {
  return asks_for_environments([&](const std::string& target) {
    return std::any_of(gate.environments.begin(), gate.environments.end(),
                       [&](const GateEnvironment& known) { return known.name == target; });
  });
}

class Plan {
 public:
  Plan(std::string gate_path, std::string table, std::string loaded)
      : gate_path_(std::move(gate_path)), table_(std::move(table)), loaded_(std::move(loaded)) {}

  Result<int> run() {
    began_ = file_clock_now();
    std::string build_dir(dir_name(gate_path_));
    if (Status s = lock_for_ninja(build_dir, is_switched_on("FBUILD_WAIT", true)); !s)
      return s.error();
    if (loaded_.empty() && just_decided(build_dir)) return 0;
    Result<Gate> gate = read_gate(gate_path_);
    if (!gate) return gate.error();
    gate_ = std::move(*gate);
    session_.emplace(table_);
    Result<bool> current = project_is_current();
    if (!current) return current.error();
    if (!*current) {
      if (int status = generate(); status != 0) return status;
    }
    Status looked = status_.empty() ? look() : Status{};
    if (!looked) {
      // Sets that are not there are the generator's to define.
      if (!*current) return looked.error();
      if (int status = generate(); status != 0) return status;
      if (Status again = look(); !again) return again.error();
    }
    Result<Seen> seen = make_visible(*session_, gate_, status_);
    if (!seen) return seen.error();
    seen_ = std::move(*seen);
    for (const std::string& line : seen_.warnings) say(stderr, "fbuild: warning: " + line);
    if (Status s = remove_foreign_artifacts(); !s) return s.error();
    if (Status s = restore_mtimes(); !s) return s.error();
    if (Status s = session_->mark(names_); !s) return s.error();
    if (build_files_confirmed_ || seen_.new_time) confirm_build_files();
    return publish();
  }

 private:
  // A ninja that is told to load something else than it had starts over at once, and asks
  // again. What it builds now is sealed by the token of the decision it was given, which is
  // refused if anything has changed since, so there is nothing to be looked at twice.
  static bool just_decided(const std::string& build_dir) {
    std::string path = join_path(build_dir, kDecided);
    Result<std::string> text = read_file(path);
    if (!text) return false;
    (void)!::unlink(path.c_str());  // it answers one question
    size_t line = text->find('\n') + 1;
    size_t second = text->find('\n', line) + 1;
    if (line == 0 || second == 0) return false;
    int64_t age = boot_clock_now() - std::strtoll(text->c_str() + second, nullptr, 10);
    if (text->substr(0, line) != ninja_identity() || age < 0 || age > kStartOverNanoseconds)
      return false;
    Result<std::string> stamp = read_file(join_path(build_dir, "plan.stamp"));
    return stamp && *stamp == text->substr(line, second - line);
  }

  void note_decision(const ActiveText& active) const {
    std::string text =
        ninja_identity() + stamp_text(active) + std::to_string(boot_clock_now()) + "\n";
    (void)!replace_file(in_build(kDecided), text);
  }

  Result<bool> project_is_current() {
    // A project that moved has its old place in the compile databases and the gate.
    if (gate_.place != absolute_path(".")) return false;
    for (const GateEnvironment& environment : gate_.environments)
      if (!session_->has_set(environment.set)) return false;
    std::string name = kProjectSet;
    if (!session_->has_set(name)) return false;
    // The environments in the same look: almost always it is the only one.
    std::vector<std::string> names = {name};
    for (const GateEnvironment& environment : gate_.environments) names.push_back(environment.set);
    Result<std::vector<SetStatus>> status = session_->check(names);
    if (!status) return status.error();
    if (!status->front().clean) return only_edits_that_generate_nothing(status->front().token);
    names_.assign(names.begin() + 1, names.end());
    status_.assign(status->begin() + 1, status->end());
    return true;
  }

  // Sources were edited, and each still includes what it did: what was generated from them
  // is as it would be now. Then that is what this state is recorded as.
  bool only_edits_that_generate_nothing(const std::string& token) {
    if (token.empty()) return false;
    Result<std::vector<Difference>> differences = session_->explain(kProjectSet);
    if (!differences || differences->empty()) return false;
    for (const Difference& difference : *differences)
      if (!difference.edited) return false;
    Result<std::string> text = read_file(in_build("includes"));
    if (!text) return false;
    IncludeMemo memo = parse_include_memo(*text);
    for (const Difference& difference : *differences) {
      auto known = memo.find(difference.item);
      if (known == memo.end()) return false;
      // Times may be finer than the clock: began_ can be before an edit that it follows.
      newest_edit_ = std::max(newest_edit_, mtime_of(difference.item));
      Result<std::string> source = read_file(difference.item);
      if (!source || !includes_same(*source, known->second.lines)) return false;
    }
    // Refused when something changed meanwhile; then the next plan finds it changed.
    Result<SealOutcome> sealed = session_->seal(kProjectSet, token, {.record_times = false});
    if (!sealed) return false;
    build_files_confirmed_ = sealed->sealed;
    return true;
  }

  // Ungated, the build files go by times: they are as good as new.
  void confirm_build_files() {
    int64_t time = std::max({began_, newest_edit_, seen_.new_time});
    timespec times[2] = {{0, UTIME_OMIT}, {time / 1000000000, time % 1000000000}};
    std::vector<std::string> files = {"all.ninja"};
    for (const GateEnvironment& environment : gate_.environments)
      files.push_back(environment.name + "/build.ninja");
    for (const std::string& file : files)
      (void)!::utimensat(AT_FDCWD, in_build(file).c_str(), times, 0);
  }

  int generate() {
    generated_ = true;
    Result<ProcessOutput> output = run_process(gate_.generate);
    if (!output) {
      say(stderr, output.error().text());
      return 2;
    }
    std::fwrite(output->out.data(), 1, output->out.size(), stdout);
    if (output->exit_status != 0) return output->exit_status;
    Result<Gate> gate = read_gate(gate_path_);
    if (!gate) {
      say(stderr, gate.error().text());
      return 2;
    }
    gate_ = std::move(*gate);
    session_.emplace(table_);
    return 0;
  }

  Status look() {
    names_.clear();
    for (const GateEnvironment& environment : gate_.environments) names_.push_back(environment.set);
    Result<std::vector<SetStatus>> status = session_->check(names_);
    if (!status) return status.error();
    status_ = std::move(*status);
    return {};
  }

  // status_ is in the order of the gate's environments.
  const std::string& environment_of(const SetStatus& status) const {
    return gate_.environments[static_cast<size_t>(&status - status_.data())].name;
  }

  // An image that is not what was sealed is somebody else's, or half made: ninja makes it
  // again when it is missing.
  Status remove_foreign_artifacts() {
    for (SetStatus& status : status_) {
      for (const std::string& path : session_->foreign_artifacts(status.name)) {
        if (::unlink(path.c_str()) != 0 && errno != ENOENT)
          return Error{"cannot be removed: " + errno_text(errno), "it is not what was built", path};
        status.clean = false;
      }
    }
    return {};
  }

  // A build directory that was restored or copied has its files' contents but not their
  // times. Where everything is what was sealed, the times that went with it are put back. What
  // got lost ninja makes again, whatever the times are.
  Status restore_mtimes() {
    const char* ci = std::getenv("CI");
    if (!is_switched_on("FBUILD_RESTORE_MTIMES", ci && *ci)) return {};
    std::vector<std::string> sets;
    for (const SetStatus& status : status_)
      if (status.sealed) sets.push_back(objects_set(status.name));
    if (sets.empty() ||
        std::all_of(status_.begin(), status_.end(), [](const SetStatus& s) { return s.clean; }))
      return {};
    Result<std::vector<SetStatus>> objects = session_->check(sets);
    if (!objects) return {};  // not defined: there is nothing to restore
    // An object that was made since is newer than its source's sealed time for a reason.
    for (const SetStatus& status : *objects)
      if (!status.clean && !(status.sealed && only_lost_files(status.name))) return {};
    std::map<std::string, std::optional<int64_t>> files;
    auto collect = [&](const EntryInfo& info) {
      if (info.kind != Kind::File || info.package || !info.sealed_mtime ||
          info.sealed_mtime == info.mtime)
        return;
      if (seen_.unsettled.count(info.path)) return;
      files[info.path] = info.sealed_mtime;
    };
    for (const SetStatus& status : status_)
      if (status.sealed)
        for (const std::string& name : {status.name, objects_set(status.name)})
          if (Status s = session_->for_each_entry(name, collect); !s) return s;
    std::vector<std::pair<std::string, std::optional<int64_t>>> list(files.begin(), files.end());
    Result<std::vector<std::string>> failed = session_->set_mtimes(list);
    if (!failed) return failed.error();
    std::vector<std::string> restored;
    for (const auto& [path, time] : files) restored.push_back(path);
    return forget_pending_files(gate_.build_dir, restored);
  }

  // What compilers said (keep.h) makes no object another.
  bool only_lost_files(const std::string& set) {
    Result<std::vector<Difference>> differences = session_->explain(set);
    return differences &&
           std::all_of(differences->begin(), differences->end(), [](const Difference& d) {
             return d.gone || d.item.ends_with(".o.said") || d.item.ends_with(".o.failed");
           });
  }

  // Ninja rewrites its dependency log with only what is loaded once it holds 1000 records
  // and three for each output. Before it comes to that, everything is loaded.
  bool log_has_grown() {
    std::string path = in_build(".ninja_deps");
    struct stat st;
    if (::stat(path.c_str(), &st) != 0 || st.st_size < 16 * 1024) return false;
    Result<std::string> log = read_file(path);
    if (!log) return false;
    // A line, a version, then records: a size whose top bit tells dependencies from paths,
    // then, of dependencies, the number of the output.
    size_t at = log->find('\n');
    if (at == std::string::npos) return false;
    at += 1 + sizeof(uint32_t);
    size_t records = 0;
    std::set<uint32_t> outputs;
    while (at + 2 * sizeof(uint32_t) <= log->size()) {
      uint32_t words[2];
      std::memcpy(words, log->data() + at, sizeof words);
      if (words[0] >> 31) {
        ++records;
        outputs.insert(words[1]);
      }
      at += sizeof(uint32_t) + (words[0] & 0x7fffffff);
    }
    return records > 500 && records > 2 * outputs.size();
  }

  Result<int> publish() {
    Result<Fd> lock = lock_gate(gate_.build_dir);
    if (!lock) return lock.error();
    // A ninja that was killed has no say any more in what the next one loads.
    if (Status s = check_ninja_lock(gate_.build_dir); !s) return s.error();
    PlanState state;
    bool all_clean = true;
    for (const SetStatus& status : status_) {
      bool sealable = !seen_.unsealable.count(environment_of(status));
      state.environments[environment_of(status)] = {status.clean && sealable,
                                                    status.clean || !sealable ? "" : status.token};
      all_clean = all_clean && status.clean && sealable;
    }
    bool load_all = !all_clean && log_has_grown();
    bool names_only = all_clean && loaded_.empty() && names_are_enough(gate_);
    ActiveText active = active_text(gate_, state, {load_all, names_only});
    Result<bool> changed = publish_active(gate_, state, active);
    if (!changed) return changed.error();
    // What was generated in the tick in which its inputs were written is not settled yet.
    if (*changed && !all_clean && loaded_.empty() && !generated_) note_decision(active);
    if (!loaded_.empty() && loaded_ != active.loaded) {
      say(stderr,
          "fbuild: there is something to build, and this ninja had loaded its files before that "
          "was known: run it again\n(It would know in time if the file it is started with had the "
          "line `build THAT-FILE: phony " +
              in_build("plan.stamp") + "`.)");
      return 1;
    }
    // Else ninja starts over, and asks again.
    if (!*changed || !all_clean || !loaded_.empty()) tell_clean(state);
    for (const std::string& line : session_->take_warnings())
      say(stderr, "fbuild: warning: " + line);
    tell_phases();
    return 0;
  }

  void tell_clean(const PlanState& state) {
    int clean = 0, told = 0;
    for (const GateEnvironment& environment : gate_.environments) {
      if (!environment.is_default || !state.environments.at(environment.name).clean) continue;
      if (++clean > 8) continue;
      ++told;
      Result<std::string> json = read_file(in_build(environment.name + "/firmware.size.json"));
      std::string sizes = json ? share(*json, "ram", "RAM") + share(*json, "flash", "Flash") : "";
      say(stdout, environment.name + ": up to date" + sizes);
    }
    if (clean > told) say(stdout, std::to_string(clean - told) + " more are up to date");
  }

  void tell_phases() {
    if (!perf_log_wanted()) return;
    for (const Phase& phase : session_->phases())
      print_phase("fbuild-stamp plan", phase.name, phase.nanoseconds);
  }

  std::string in_build(const std::string& name) const { return join_path(gate_.build_dir, name); }

  std::string gate_path_, table_, loaded_;
  Gate gate_;
  std::optional<Session> session_;
  std::vector<std::string> names_;
  std::vector<SetStatus> status_;
  Seen seen_;
  int64_t began_ = 0;  // file clock
  int64_t newest_edit_ = 0;
  bool build_files_confirmed_ = false;
  bool generated_ = false;
};

}  // namespace

Result<int> run_plan(const std::string& gate_path, const std::string& table,
                     const std::string& loaded) {
  end_with_ninja();
  // Never destroyed: the process ends here, and taking it all apart would be a fifth of its work.
  return (new Plan(gate_path, table, loaded))->run();
}

Result<int> run_finish(const std::string& gate_path, const std::string& table,
                       const std::string& environment, const std::string& token) {
  end_with_ninja();
  Result<Gate> gate = read_gate(gate_path);
  if (!gate) return gate.error();
  // What a ninja that was killed had built may not be there any more.
  if (Status s = check_ninja_lock(gate->build_dir); !s) return s.error();
  std::string done = join_path(gate->build_dir, environment + "/sealed");
  if (token.empty()) {
    // Said by plan already. The file tells ninja that this edge has run.
    if (Status s = replace_file(done, "not sealed\n"); !s) return s.error();
    return 0;
  }
  std::string set = environment;
  for (const GateEnvironment& known : gate->environments)
    if (known.name == environment) set = known.set;
  // Before the look: it is one of the files whose times are recorded.
  if (Status s = replace_file(done, token + "\n"); !s) return s.error();
  Session session(table);
  CheckOptions options;
  if (std::string objects = objects_set(set); session.has_set(objects)) options.along = objects;
  Result<SealOutcome> outcome = session.seal(set, token, options);
  if (!outcome) return outcome.error();
  if (perf_log_wanted())
    for (const Phase& phase : session.phases())
      print_phase("fbuild-stamp finish", phase.name, phase.nanoseconds);
  for (const std::string& line : session.take_warnings()) say(stderr, "fbuild: warning: " + line);
  if (!outcome->sealed) {
    say(stdout, environment + ": built, but not recorded as up to date: " + outcome->reason +
                    "; run ninja again");
    return 0;
  }
  // The next ninja loads the stub at once.
  Result<Fd> lock = lock_gate(gate->build_dir);
  if (!lock) return lock.error();
  if (Status s = check_ninja_lock(gate->build_dir); !s) return s.error();
  if (Status s = forget_pending_set(gate->build_dir, set); !s) return s.error();
  PlanState state = read_state(join_path(gate->build_dir, "plan.state"));
  auto known = state.environments.find(environment);
  if (known == state.environments.end() || known->second.token != token) return 0;
  known->second = {true, ""};
  ActiveText active = active_text(*gate, state, {.names_only = names_are_enough(*gate)});
  if (Result<bool> s = publish_active(*gate, state, active); !s) return s.error();
  return 0;
}

}  // namespace fbuild::stamp
