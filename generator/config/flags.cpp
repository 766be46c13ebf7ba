#include "generator/config/flags.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "generator/config/python_text.h"
#include "generator/config/shell_words.h"
#include "generator/config/unicode_text.h"
#include "support/files.h"
#include "support/process.h"

namespace fbuild::config {
namespace {

constexpr std::string_view kScopeNames[kFlagScopes] = {
    "ASFLAGS",       "CFLAGS",     "CCFLAGS", "CXXFLAGS", "CPPDEFINES", "CPPFLAGS", "CPPPATH",
    "FRAMEWORKPATH", "FRAMEWORKS", "LIBPATH", "LIBS",     "LINKFLAGS",  "RPATH",    "ASPPFLAGS"};

// Words whose argument is the next word, kept together as a pair.
constexpr std::string_view kPairs[] = {"-include", "-imacros",   "-isysroot", "-isystem",
                                       "-iquote",  "-idirafter", "-arch",     "--param"};
// Words that the compiler and the linker both get.
constexpr std::string_view kBoth[] = {"-mno-cygwin", "-pthread", "-openmp", "-fmerge-all-constants",
                                      "-fopenmp"};

template <size_t N>
bool among(std::string_view word, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

Error place_error(const FlagContext& context, Origin place, std::string what, std::string fix) {
  if (context.at) return context.at(place, std::move(what), std::move(fix));
  return {.what = std::move(what), .fix = std::move(fix)};
}

// A macro's value as it is kept: quotes get the backslash that the shell will take away,
// numbers become numbers.
FlagItem parse_define(std::string_view text, Origin origin) {
  FlagItem item{.text = std::string(text.substr(0, text.find('='))), .origin = origin};
  if (item.text.size() == text.size()) return item;
  item.kind = FlagItem::Kind::Pair;
  std::string_view value = text.substr(item.text.size() + 1);
  if (value.find('"') != std::string_view::npos) {
    for (char c : value) {
      if (c == '"') item.argument += '\\';
      item.argument += c;
    }
    return item;
  }
  item.argument = value;
  if (all_digits(value)) {
    if (std::optional<std::string> number = python_int(value)) {
      item.argument = *number;
      item.number = FlagItem::Number::Integer;
    }
    return item;
  }
  std::string without_dot(value);
  if (size_t dot = without_dot.find('.'); dot != std::string::npos) {
    without_dot.erase(dot, 1);
    if (all_digits(without_dot) && python_int(without_dot)) {
      item.argument = python_float(value);
      item.number = FlagItem::Number::Float;
    }
  }
  return item;
}

// The words of one item on their way into the scopes.
class WordSorter {
 public:
  WordSorter(FlagScopes& out, FlagContext& context, Origin origin)
      : out_(out), context_(context), origin_(origin) {}

  Status take(const std::string& word) {
    if (next_ == Next::Scope) {
      next_ = Next::Nothing;
      if (scope_ == FlagScope::CppDefines) {
        out_[scope_].push_back(parse_define(word, origin_));
      } else {
        add(scope_, word);
      }
      return {};
    }
    if (next_ == Next::Pair) {
      next_ = Next::Nothing;
      return take_pair(word);
    }
    if (word.empty()) {
      return place_error(context_, origin_, "an empty word ('') among the flags", "remove it");
    }
    if (word[0] != '-' && word[0] != '+') return take_library(word);
    std::string_view w = word;
    if (w == "-dylib_file") {
      add(FlagScope::LinkFlags, w);
      expect(FlagScope::LinkFlags);
    } else if (w.starts_with("-L")) {
      joined(FlagScope::LibPath, w);
    } else if (w.starts_with("-l")) {
      joined(FlagScope::Libs, w);
    } else if (w.starts_with("-I")) {
      joined(FlagScope::CppPath, w);
    } else if (w.starts_with("-Wa,")) {
      add(FlagScope::AsFlags, w.substr(4));
      add(FlagScope::CcFlags, w);
    } else if (w.starts_with("-Wl,")) {
      size_t cut = w.starts_with("-Wl,-rpath=") ? 11
                   : w.starts_with("-Wl,-R,")   ? 7
                   : w.starts_with("-Wl,-R")    ? 6
                                                : 0;
      add(cut ? FlagScope::RPath : FlagScope::LinkFlags, w.substr(cut));
    } else if (w.starts_with("-Wp,")) {
      add(FlagScope::CppFlags, w);
    } else if (w.starts_with("-D")) {
      if (w.size() > 2) {
        out_[FlagScope::CppDefines].push_back(parse_define(w.substr(2), origin_));
      } else {
        expect(FlagScope::CppDefines);
      }
    } else if (w == "-framework") {
      expect(FlagScope::Frameworks);
    } else if (w.starts_with("-frameworkdir=")) {
      add(FlagScope::FrameworkPath, w.substr(14));
    } else if (w.starts_with("-F")) {
      joined(FlagScope::FrameworkPath, w);
    } else if (among(w, kBoth) || w.starts_with("-fsanitize") || w[0] == '+') {
      add(FlagScope::CcFlags, w);
      add(FlagScope::LinkFlags, w);
    } else if (w == "-mwindows") {
      add(FlagScope::LinkFlags, w);
    } else if (w.starts_with("-std=")) {
      bool cxx = w.find("++", 5) != std::string_view::npos;
      add(cxx ? FlagScope::CxxFlags : FlagScope::CFlags, w);
    } else if (w.starts_with("-stdlib=")) {
      add(FlagScope::CxxFlags, w);
    } else if (among(w, kPairs)) {
      next_ = Next::Pair;
      pair_ = w;
    } else {
      add(FlagScope::CcFlags, w);
    }
    return {};
  }

 private:
  enum class Next { Nothing, Scope, Pair };

  void add(FlagScope scope, std::string_view text) {
    out_[scope].push_back({.text = std::string(text), .origin = origin_});
  }
  void expect(FlagScope scope) {
    next_ = Next::Scope;
    scope_ = scope;
  }
  // -Lx, or -L and x as the next word.
  void joined(FlagScope scope, std::string_view word) {
    if (word.size() > 2) {
      add(scope, word.substr(2));
    } else {
      expect(scope);
    }
  }

  // A file named on a compiler's command line: seen from the project, a directory is none.
  Result<std::string> file_path(const std::string& word, bool absolute) {
    std::string full = normalize_path(join_path(context_.directory, word));
    if (is_directory(full)) {
      return place_error(context_, origin_,
                         "'" + word + "' is a directory where a file is expected",
                         "put an option and its argument into one item, as in -I " + word);
    }
    return absolute ? full : path_inside(full, context_.directory);
  }

  Status take_library(const std::string& word) {
    Result<std::string> path = file_path(word, true);
    if (!path) return path.error();
    add(FlagScope::Libs, *path);
    return {};
  }

  Status take_pair(const std::string& word) {
    FlagItem item{.text = pair_, .kind = FlagItem::Kind::Pair, .argument = word, .origin = origin_};
    if (pair_ == "-include" || pair_ == "-imacros") {
      Result<std::string> path = file_path(word, false);
      if (!path) return path.error();
      item.argument = *path;
      if (pair_ == "-include") {
        Result<std::string> text = substitute_text(*path, context_.variables);
        if (!text) return place_error(context_, origin_, text.error().what, text.error().fix);
        item.argument = *text;
      }
    }
    if (pair_ == "-isysroot" || pair_ == "-arch") out_[FlagScope::LinkFlags].push_back(item);
    out_[FlagScope::CcFlags].push_back(std::move(item));
    return {};
  }

  FlagScopes& out_;
  FlagContext& context_;
  Origin origin_;
  Next next_ = Next::Nothing;
  FlagScope scope_ = FlagScope::CcFlags;
  std::string pair_;
};

Result<std::string> run_command(const std::string& line, FlagContext& context) {
  if (context.run) return context.run(line);
  Result<ProcessOutput> done = run_shell(line, {.directory = context.directory});
  if (!done) return done.error();
  if (done->exit_status != 0) {
    return Error{.what = "'" + line + "' exited " + std::to_string(done->exit_status)};
  }
  std::string text;
  for (size_t i = 0; i < done->out.size(); ++i) {
    bool line_end = done->out[i] == '\r';
    if (line_end && i + 1 < done->out.size() && done->out[i + 1] == '\n') continue;
    text += line_end ? '\n' : done->out[i];
  }
  return text;
}

// Existing directories become absolute, so that they can be compared; others stay as
// written.
Status resolve_directories(std::vector<FlagItem>& items, FlagContext& context) {
  for (FlagItem& item : items) {
    Result<std::string> path = substitute_text(item.text, context.variables);
    if (!path) return place_error(context, item.origin, path.error().what, path.error().fix);
    if (path->empty()) continue;
    std::string full = normalize_path(join_path(context.directory, *path));
    context.looked_at.push_back(full);
    if (is_directory(full)) item.text = full;
  }
  return {};
}

}  // namespace

std::string_view scope_name(FlagScope scope) {
  return kScopeNames[static_cast<size_t>(scope)];
}

std::optional<FlagScope> find_scope(std::string_view name) {
  for (size_t i = 0; i < kFlagScopes; ++i) {
    if (kScopeNames[i] == name) return static_cast<FlagScope>(i);
  }
  return std::nullopt;
}

bool operator==(const FlagItem& a, const FlagItem& b) {
  if (a.kind != b.kind || a.text != b.text) return false;
  if (a.kind == FlagItem::Kind::Single) return true;
  bool numbers = a.number != FlagItem::Number::No && b.number != FlagItem::Number::No;
  if (!numbers) return a.number == b.number && a.argument == b.argument;
  if (a.number == b.number) return a.argument == b.argument;
  return std::strtod(a.argument.c_str(), nullptr) == std::strtod(b.argument.c_str(), nullptr);
}

FlagItem flag(std::string text) {
  return {.text = std::move(text)};
}

FlagItem define(std::string name, std::string value) {
  return {.text = std::move(name), .kind = FlagItem::Kind::Pair, .argument = std::move(value)};
}

Result<FlagScopes> parse_flags(std::span<const ListItem> items, FlagContext& context) {
  FlagScopes out;
  for (const ListItem& item : items) {
    if (item.text.empty()) continue;
    std::string text = item.text;
    if (text[0] == '!') {
      std::string line = text.substr(1);
      Result<std::string> output = run_command(line, context);
      if (!output) {
        return place_error(context, item.origin, output.error().what,
                           "run the command by hand in the project to see why");
      }
      context.commands.push_back({line, *output});
      text = std::move(*output);
    }
    if (text.find("UNIX_TIME") != std::string::npos) context.unix_time = true;
    Result<std::vector<std::string>> words = split_flag_words(text);
    if (!words) {
      bool quote = words.error().what == "No closing quotation";
      return place_error(context, item.origin, words.error().what + " in '" + item.text + "'",
                         quote ? "close the quote, or write \\\" or \\' for the character itself"
                               : "write \\\\ for a backslash");
    }
    WordSorter sorter(out, context, item.origin);
    for (const std::string& word : *words) {
      if (Status done = sorter.take(word); !done) return done.error();
    }
  }
  if (Status done = resolve_directories(out[FlagScope::CppPath], context); !done) {
    return done.error();
  }
  if (Status done = resolve_directories(out[FlagScope::LibPath], context); !done) {
    return done.error();
  }
  return out;
}

void append_flags(FlagScopes& to, const FlagScopes& more) {
  for (size_t i = 0; i < kFlagScopes; ++i) {
    to.items[i].insert(to.items[i].end(), more.items[i].begin(), more.items[i].end());
  }
  to.undefines.insert(to.undefines.end(), more.undefines.begin(), more.undefines.end());
  std::vector<FlagItem>& flags = to[FlagScope::CcFlags];
  std::vector<FlagItem>& defines = to[FlagScope::CppDefines];
  for (const FlagItem& item : flags) {
    if (item.kind != FlagItem::Kind::Single || !item.text.starts_with("-U")) continue;
    to.undefines.push_back(item.text);
    auto macro = std::find(defines.begin(), defines.end(), flag(item.text.substr(2)));
    if (macro != defines.end()) defines.erase(macro);
  }
  std::erase_if(flags, [](const FlagItem& item) {
    return item.kind == FlagItem::Kind::Single && item.text.starts_with("-U");
  });
}

void remove_flags(FlagScopes& from, const FlagScopes& unflags) {
  for (const std::vector<FlagItem>& scope : unflags.items) {
    for (const FlagItem& unflag : scope) {
      for (std::vector<FlagItem>& items : from.items) {
        std::erase_if(items, [&](const FlagItem& item) {
          return item == unflag || (unflag.kind == FlagItem::Kind::Single &&
                                    item.kind == FlagItem::Kind::Pair && item.text == unflag.text);
        });
      }
    }
  }
}

Status process_flags(FlagScopes& scopes, std::span<const ListItem> items, FlagContext& context) {
  if (items.empty()) return {};
  Result<FlagScopes> parsed = parse_flags(items, context);
  if (!parsed) return parsed.error();
  append_flags(scopes, *parsed);
  return {};
}

Status process_unflags(FlagScopes& scopes, std::span<const ListItem> items, FlagContext& context) {
  if (items.empty()) return {};
  Result<FlagScopes> parsed = parse_flags(items, context);
  if (!parsed) return parsed.error();
  remove_flags(scopes, *parsed);
  return {};
}

}  // namespace fbuild::config
