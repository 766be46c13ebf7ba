// fbuild-stamp: the commands. All they do is in watch.h.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "stamp/depfile.h"
#include "stamp/keep.h"
#include "stamp/launch.h"
#include "stamp/object_store.h"
#include "stamp/once.h"
#include "stamp/options.h"
#include "stamp/plan.h"
#include "stamp/watch.h"
#include "support/files.h"
#include "support/json_text.h"
#include "support/perf_log.h"

using namespace fbuild;
using namespace fbuild::stamp;

namespace {

// Straight to the descriptor: standard I/O streams cost more than all the rest.
bool put(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

int fail(const Error& error) {
  put(2, "fbuild-stamp: " + error.text() + "\n");
  return 2;
}

struct Output {
  std::string out;
  std::string err;
};

void add_warnings(Session& session, Output& output) {
  for (const std::string& line : session.take_warnings())
    output.err += "fbuild-stamp: warning: " + line + "\n";
}

std::string_view state_word(const SetStatus& status) {
  return status.clean ? "clean" : status.sealed ? "dirty" : "unsealed";
}

std::string counters_text(Counters counters) {
  std::string out;
  for (int i = 0; i < kCounterCount; ++i) {
    if (i) out += ' ';
    out += kCounterNames[i];
    out += '=';
    out += std::to_string(counter(counters, i));
  }
  return out;
}

void add_verbose(Session& session, const std::vector<SetStatus>& all, Output& output) {
  for (const SetStatus& status : all)
    if (!status.clean) output.err += status.name + " is dirty: " + status.why + "\n";
  output.err += counters_text(session.last_run()) + "\n";
}

Result<std::string> read_stdin() {
  std::string text;
  char buffer[65536];
  for (;;) {
    ssize_t n = ::read(0, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error{"cannot read: " + errno_text(errno), "", "<stdin>"};
    if (n == 0) return text;
    text.append(buffer, static_cast<size_t>(n));
  }
}

Result<int> run_define(Session& session, const Options& options) {
  if (Status named = check_set_name(options.operands[0]); !named) return named.error();
  Result<std::string> text = read_stdin();
  if (!text) return text.error();
  Result<Definition> definition = parse_definition(*text, "<stdin>");
  if (!definition) return definition.error();
  if (Status status = session.define(options.operands[0], *definition); !status)
    return status.error();
  return 0;
}

// A file is replaced when its content is another; a device or a pipe is written to, since
// renaming over /dev/null would take it from everybody.
Status write_result(const std::string& path, const std::string& text) {
  if (!path_exists(path) || is_regular_file(path) || is_directory(path)) {
    if (Result<bool> wrote = write_if_changed(path, text); !wrote) return wrote.error();
    return {};
  }
  Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd || !put(fd.get(), text)) return Error{"cannot write: " + errno_text(errno), "", path};
  return {};
}

// check, status and explain: they differ in what they print.
Result<int> run_look(Session& session, const Options& options, Output& output) {
  std::vector<std::string> names = options.operands;
  if (names.empty()) names = session.set_names();
  Result<std::vector<SetStatus>> all = session.check(names);
  if (!all) return all.error();
  bool dirty = false;
  std::string written;
  for (const SetStatus& status : *all) {
    dirty |= !status.clean;
    if (options.command == "check") {
      output.out += status.name + " " + hex(status.fingerprint) + " " +
                    (status.token.empty() ? "-" : status.token) + " ";
      output.out += state_word(status);
      output.out += '\n';
      written += status.name + " " + hex(status.fingerprint) + "\n";
    } else if (options.command == "status") {
      output.out += status.name + ": ";
      output.out += status.clean ? "clean" : "dirty (" + status.why + ")";
      output.out += '\n';
    } else {
      Result<std::vector<Difference>> differences = session.explain(status.name);
      if (!differences) return differences.error();
      if (differences->empty()) output.out += status.name + ": clean\n";
      for (const Difference& difference : *differences)
        output.out += difference.item + ": " + difference.how + "\n";
    }
  }
  if (!options.write_file.empty())
    if (Status status = write_result(options.write_file, written); !status) return status.error();
  if (options.verbose) add_verbose(session, *all, output);
  return options.exit_code && dirty ? 1 : 0;
}

Result<int> run_seal(Session& session, const Options& options, Output& output) {
  std::string token = options.operands.size() > 1 ? options.operands[1] : "";
  if (options.operands.size() > 1 && token.empty())
    return Error{"the token is empty", "use the one that `check` printed"};
  Result<SealOutcome> outcome = session.seal(options.operands[0], token);
  if (!outcome) return outcome.error();
  if (options.verbose) output.err += counters_text(session.last_run()) + "\n";
  if (outcome->sealed) return 0;
  output.err +=
      "fbuild-stamp: " + options.operands[0] + " is not sealed: " + outcome->reason + "\n";
  return 1;
}

Result<int> run_list(Session& session, const Options& options, Output& output) {
  Result<std::vector<SetStatus>> all = session.check(options.operands);
  if (!all) return all.error();
  Status status = session.for_each_entry(options.operands[0], [&](const EntryInfo& info) {
    switch (info.kind) {
      case Kind::File:
        output.out += hex(info.hash) + " " + std::to_string(info.size);
        break;
      case Kind::Dangling:
        output.out += "(dangling link) -";
        break;
      case Kind::Special:
        output.out += "(special file) -";
        break;
      case Kind::Loop:
        output.out += "(link to a directory above) -";
        break;
      case Kind::Unreadable:
        output.out += "(unreadable) -";
        break;
      default:
        output.out += "(missing) -";
        break;
    }
    output.out += ' ';
    output.out += quote_word(info.path);
    output.out += info.artifact ? " (artifact)\n" : "\n";
  });
  if (!status) return status.error();
  return 0;
}

Result<int> run_stats(Session& session, const Options& options, Output& output) {
  TableStats stats = session.stats();
  const std::pair<const char*, uint64_t> sizes[] = {
      {"table_bytes", stats.table_bytes},
      {"generation", stats.generation},
      {"sets", stats.sets},
      {"roots", stats.roots},
      {"entries", stats.entries},
      {"files", stats.files},
      {"directories", stats.directories},
  };
  if (!options.json) {
    for (const auto& [name, value] : sizes)
      output.out += std::string(name) + " " + std::to_string(value) + "\n";
    output.out += "total " + counters_text(stats.totals) + "\n";
    output.out += "last " + counters_text(stats.last) + "\n";
    return 0;
  }
  output.out += "{\n";
  for (const auto& [name, value] : sizes)
    output.out += std::string("  ") + json_string(name) + ": " + std::to_string(value) + ",\n";
  auto add = [&](const char* name, Counters counters, const char* end) {
    output.out += std::string("  ") + json_string(name) + ": {";
    for (int i = 0; i < kCounterCount; ++i) {
      if (i) output.out += ", ";
      output.out += json_string(kCounterNames[i]) + ": " + std::to_string(counter(counters, i));
    }
    output.out += '}';
    output.out += end;
    output.out += '\n';
  };
  add("total", stats.totals, ",");
  add("last", stats.last, "");
  output.out += "}\n";
  return 0;
}

// The one form in which ninja takes any name: lines that it cuts out of the output.
Result<int> run_depends(const std::string& path, Output& output) {
  Result<std::string> text = read_file(path);
  if (!text) return text.error();
  Result<std::vector<std::string>> names = parse_depfile(*text);
  if (!names) return Error{names.error().what, "", path};
  for (const std::string& name : *names) output.out += "Note: including file: " + name + "\n";
  ::unlink(path.c_str());
  return 0;
}

Result<int> run_objects(const Options& options, Output& output) {
  Result<ObjectStore> store = object_store_from_environment();
  if (!store) return store.error();
  std::string job = options.operands.empty() ? "" : options.operands[0];
  uint64_t budget = store->budget;
  if (job == "trim" && options.operands.size() == 2) {
    Result<uint64_t> given = parse_object_budget(options.operands[1]);
    if (!given)
      return Error{"'" + options.operands[1] + "' is no size",
                   "a number of bytes, or one such as 500M or 2G"};
    budget = *given;
  } else if (job == "clear" && options.operands.size() == 1) {
    budget = 0;
  } else if (job != "trim" && !job.empty()) {
    return Error{"'" + options.operands.back() + "' is not expected here",
                 "fbuild-stamp objects [trim [SIZE] | clear]"};
  }
  ObjectUsage usage;
  if (!store->root.empty())
    usage = job.empty() ? measure_objects(*store) : trim_objects(*store, budget);
  if (options.json) {
    output.out += "{\"folder\": " + json_string(store->root) +
                  ", \"entries\": " + std::to_string(usage.entries) +
                  ", \"bytes\": " + std::to_string(usage.bytes) +
                  ", \"budget\": " + std::to_string(store->budget) + "}\n";
  } else if (store->root.empty()) {
    output.out += "off\n";
  } else {
    output.out += store->root + ": " + std::to_string(usage.entries) + " entries, " +
                  std::to_string(usage.bytes) + " bytes of " + std::to_string(store->budget) + "\n";
  }
  return 0;
}

Result<int> run_verify(Session& session, Output& output) {
  Result<std::vector<std::string>> wrong = session.verify_contents();
  if (!wrong) return wrong.error();
  for (const std::string& line : *wrong) output.out += line + "\n";
  return wrong->empty() ? 0 : 1;
}

Result<int> run(Session& session, const Options& options, Output& output) {
  auto plain = [](const Status& status) -> Result<int> {
    if (!status) return status.error();
    return 0;
  };
  if (options.command == "define") return run_define(session, options);
  if (options.command == "seal") return run_seal(session, options, output);
  if (options.command == "list") return run_list(session, options, output);
  if (options.command == "stats") return run_stats(session, options, output);
  if (options.command == "depends") return run_depends(options.operands[0], output);
  if (options.command == "objects") return run_objects(options, output);
  if (options.command == "verify") return run_verify(session, output);
  if (options.command == "drop") return plain(session.drop(options.operands[0]));
  if (options.command == "clear") return plain(session.clear());
  return run_look(session, options, output);
}

}  // namespace

int main(int argc, char** argv) {
  // A file-size limit is an error to report, not to die of.
  ::signal(SIGXFSZ, SIG_IGN);
  if (argc > 1 && std::strcmp(argv[1], "launch") == 0)
    return fail(run_launch({argv + 2, argv + argc}));
  // What follows these has options of its own.
  if (argc > 1 && (std::strcmp(argv[1], "once") == 0 || std::strcmp(argv[1], "keep") == 0)) {
    std::vector<std::string> words(argv + 2, argv + argc);
    Result<int> status = argv[1][0] == 'o' ? run_once(words) : run_keep(words);
    if (!status) return fail(status.error());
    ::_exit(*status);
  }
  Result<Options> options = parse_options(argc, argv);
  if (!options) return fail(options.error());
  if (options->help) return put(1, kUsage) ? 0 : 2;
  if (options->command == "plan" || options->command == "finish") {
    const std::vector<std::string>& words = options->operands;
    Result<int> status = options->command == "plan"
                             ? run_plan(words[0], options->table, words.size() > 1 ? words[1] : "")
                             : run_finish(words[0], options->table, words[1], words[2]);
    if (!status) return fail(status.error());
    ::fflush(nullptr);
    ::_exit(*status);
  }
  if (options->version) return put(1, "fbuild-stamp " FBUILD_VERSION "\n") ? 0 : 2;

  Session session(options->table, !options->no_table);
  Output output;
  Result<int> status = run(session, *options, output);
  add_warnings(session, output);
  put(2, output.err);
  if (perf_log_wanted())
    for (const Phase& phase : session.phases())
      print_phase("fbuild-stamp", phase.name, phase.nanoseconds);
  if (!status) return fail(status.error());
  if (!put(1, output.out)) return fail(Error{"cannot write: " + errno_text(errno), "", "<stdout>"});
  // Nothing that exit would still do is needed; unmapping large tables is.
  ::fflush(nullptr);
  ::_exit(*status);
}
