#include "stamp/once.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <optional>

#include "stamp/clock.h"
#include "stamp/depfile.h"
#include "stamp/entry.h"
#include "stamp/hash.h"
#include "stamp/launch.h"
#include "stamp/object_store.h"
#include "support/files.h"
#include "support/perf_log.h"
#include "support/process.h"

namespace fbuild::stamp {

namespace {

// Compilers look at these.
constexpr const char* kVariables[] = {
    "CPATH",         "C_INCLUDE_PATH",    "CPLUS_INCLUDE_PATH", "GCC_EXEC_PREFIX",
    "COMPILER_PATH", "SOURCE_DATE_EPOCH", "GCC_COMPARE_DEBUG"};

// With these there is more than one output, or one that is not of the inputs alone.
bool has_side_effects(const std::string& word) {
  for (std::string_view head :
       {"--coverage", "-fprofile", "-ftest-coverage", "-save-temps", "--save-temps",
        "-fstack-usage", "-gsplit-dwarf", "-fdump-", "-fcallgraph-info", "-fplugin"})
    if (word.starts_with(head)) return true;
  return word == "-";
}

// What makes a result depend on the moment, or on files that are not in the depend file.
bool is_volatile(std::string_view text) {
  for (std::string_view token :
       {"__DATE__", "__TIME__", "__TIMESTAMP__", ".incbin", ".include", "INCBIN"})
    if (text.find(token) != std::string_view::npos) return true;
  return false;
}

constexpr size_t kMostResults = 16;  // of one manifest

struct Known {
  Hash128 result;
  std::vector<std::pair<std::string, Hash128>> inputs;
};

std::string format_manifest(const std::vector<Known>& list) {
  std::string out;
  for (const Known& known : list) {
    out += "result " + hex(known.result) + "\n";
    for (const auto& [path, hash] : known.inputs) out += hex(hash) + " " + path + "\n";
  }
  return out;
}

std::vector<Known> parse_manifest(std::string_view text) {
  std::vector<Known> out;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    Hash128 hash;
    if (line.starts_with("result ") && parse_hex(line.substr(7), hash)) {
      out.push_back({hash, {}});
    } else if (!out.empty() && line.size() > 33 && line[32] == ' ' &&
               parse_hex(line.substr(0, 32), hash)) {
      out.back().inputs.emplace_back(line.substr(33), hash);
    } else {
      return {};
    }
  }
  return out;
}

class Once {
 public:
  Once(ObjectStore store, std::string launcher, std::vector<std::string> with,
       std::vector<std::string> command)
      : store_(std::move(store)),
        launcher_(std::move(launcher)),
        with_(std::move(with)),
        command_(std::move(command)) {}

  Result<int> run() {
    if (store_.root.empty() || !understand()) return replace_process();
    PerfLog log("fbuild-stamp once");
    key_ = key();
    std::vector<Known> known;
    if (std::optional<std::string> manifest = read_object(store_, key_, "manifest"))
      known = parse_manifest(*manifest);
    bool restored = std::any_of(known.begin(), known.end(),
                                [&](const Known& candidate) { return restore(candidate); });
    log.phase(restored ? "restore" : "look");
    if (restored) return 0;
    Result<int> status = compile(std::move(known));
    log.phase("compile");
    return status;
  }

 private:
  // Finds the files among the words; false when it is no command to remember.
  bool understand() {
    for (size_t i = 1; i < command_.size(); ++i) {
      if (has_side_effects(command_[i])) return false;
      if (i + 1 == command_.size()) break;
      if (command_[i] == "-o") output_ = i + 1;
      if (command_[i] == "-MF") depfile_ = i + 1;
    }
    for (std::string& word : command_)
      if (word == "-MMD" || word == "-MD") {
        // With the compiler's own headers too: another machine's may differ.
        word = "-MD";
        asks_ = true;
      }
    return output_ && depfile_ && asks_;
  }

  Hash128 key() {
    Hasher hasher;
    hasher.add_sized("once 1");
    for (const std::string& text : with_) hasher.add_sized(text);
    hasher.add_u64(with_.size());
    bool debug = false;
    for (size_t i = 0; i < command_.size(); ++i) {
      if (i == output_) continue;
      std::string_view word = command_[i];
      // Of `-MF OUT.x.d`, only what OUT does not have: a digest may be in it.
      if (i == depfile_) {
        hasher.add_sized(word.starts_with(command_[output_]) ? word.substr(command_[output_].size())
                                                             : "");
        continue;
      }
      hasher.add_sized(word);
      debug = debug || (word.starts_with("-g") && word != "-g0");
      if (i == 0 || word.empty()) continue;
      std::string path(word[0] == '@' ? word.substr(1) : word);
      if (const Hash128* hash = word[0] == '-' ? nullptr : hash_of(path)) hasher.add_hash(*hash);
    }
    if (debug) hasher.add_sized(absolute_path("."));
    for (const char* name : kVariables) {
      const char* value = std::getenv(name);
      hasher.add_u64(value != nullptr);
      hasher.add_sized(value ? value : "");
    }
    return hasher.finish();
  }

  // Of a file's content; none when it cannot be read.
  const Hash128* hash_of(const std::string& path) {
    auto [known, fresh] = hashes_.try_emplace(path);
    if (fresh)
      if (Result<std::string> text = read_file(path)) known->second = hash_text(*text);
    return known->second ? &*known->second : nullptr;
  }

  bool restore(const Known& known) {
    std::vector<std::string> inputs;
    for (const auto& [path, hash] : known.inputs) {
      const Hash128* now = hash_of(path);
      if (!now || *now != hash) return false;
      inputs.push_back(path);
    }
    std::optional<std::string> object = read_object(store_, known.result, "object");
    if (!object) return false;
    size_t line = object->find('\n');
    if (line == std::string::npos) return false;
    size_t printed = std::strtoul(object->c_str(), nullptr, 10);
    if (printed > object->size() - line - 1) return false;
    std::string_view text = std::string_view(*object).substr(line + 1, printed);
    std::string_view content = std::string_view(*object).substr(line + 1 + printed);
    if (!replace_file(command_[depfile_], format_depfile(command_[output_], inputs))) return false;
    if (!replace_file(command_[output_], content)) return false;
    say(text);
    return true;
  }

  Result<int> compile(std::vector<Known> known) {
    int64_t began = file_clock_now();
    Result<ProcessOutput> output = run_process(to_run(), {.directory = {}, .capture_err = true});
    if (!output) return output.error();
    if (!output->out.empty()) (void)!::write(1, output->out.data(), output->out.size());
    say(output->err);
    if (output->exit_status == 0 && output->out.empty() &&
        (launcher_.empty() || !launcher_spoke(launcher_, output->err)))
      store(began, output->err, std::move(known));
    return output->exit_status;
  }

  void store(int64_t began, const std::string& printed, std::vector<Known> known) {
    Result<std::string> depfile = read_file(command_[depfile_]);
    if (!depfile) return;
    Result<std::vector<std::string>> inputs = parse_depfile(*depfile);
    if (!inputs) return;
    Known result;
    Hasher hasher;
    hasher.add_hash(key_);
    for (const std::string& path : *inputs) {
      if (path.find('\n') != std::string::npos) return;
      StatInfo before;
      if (stat_path(AT_FDCWD, path.c_str(), true, before) != 0 || !before.is_regular()) return;
      Result<std::string> text = read_file(path);
      Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
      // Changed since the command began: who knows which state it read.
      if (!text || is_racy(before, began, fd.get())) return;
      // The compiler's own headers, the absolute ones, only talk of such things.
      if (path[0] != '/' && is_volatile(*text)) return;
      Hash128 hash = hash_text(*text);
      // What the key was made of has to be what was compiled.
      auto keyed = hashes_.find(path);
      if (keyed != hashes_.end() && keyed->second != hash) return;
      result.inputs.emplace_back(path, hash);
      hasher.add_sized(path);
      hasher.add_hash(hash);
    }
    result.result = hasher.finish();
    Result<std::string> object = read_file(command_[output_]);
    if (!object) return;
    write_object(store_, result.result, "object",
                 std::to_string(printed.size()) + "\n" + printed + *object);
    std::erase_if(known, [&](const Known& other) { return other.result == result.result; });
    known.insert(known.begin(), std::move(result));
    if (known.size() > kMostResults) known.resize(kMostResults);
    write_object(store_, key_, "manifest", format_manifest(known));
  }

  static void say(std::string_view text) {
    while (!text.empty()) {
      ssize_t n = ::write(2, text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;
      text.remove_prefix(static_cast<size_t>(n));
    }
  }

  std::vector<std::string> to_run() const {
    return launcher_.empty() ? command_ : launched(launcher_, command_);
  }

  Result<int> replace_process() {
    std::vector<std::string> words = to_run();
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    return Error{"cannot run '" + words[0] + "': " + errno_text(errno)};
  }

  ObjectStore store_;
  std::string launcher_;
  std::vector<std::string> with_, command_;
  size_t output_ = 0, depfile_ = 0;  // positions of the file names
  bool asks_ = false;
  Hash128 key_;
  std::map<std::string, std::optional<Hash128>> hashes_;
};

}  // namespace

Result<int> run_once(const std::vector<std::string>& words) {
  const char* usage = "fbuild-stamp once [--launcher PROGRAM] [--with TEXT]... -- COMMAND...";
  std::string launcher;
  std::vector<std::string> with;
  size_t at = 0;
  for (; at < words.size() && words[at] != "--"; at += 2) {
    bool is_launcher = words[at] == "--launcher";
    if ((words[at] != "--with" && !is_launcher) || at + 1 == words.size())
      return Error{"'" + words[at] + "' is not expected here", usage};
    if (is_launcher)
      launcher = words[at + 1];
    else
      with.push_back(words[at + 1]);
  }
  if (at + 1 >= words.size()) return Error{"no command given", usage};
  Result<ObjectStore> store = object_store_from_environment();
  if (!store) return store.error();
  return Once(std::move(*store), std::move(launcher), std::move(with),
              {words.begin() + static_cast<ptrdiff_t>(at) + 1, words.end()})
      .run();
}

}  // namespace fbuild::stamp
