#include "generator/config/flag_words.h"

#include <cstdlib>

#include "generator/config/shell_words.h"
#include "support/files.h"

namespace fbuild::config {
namespace {

Error place_error(const FlagContext& context, const FlagItem& item, const Error& error) {
  if (context.at) return context.at(item.origin, error.what, error.fix);
  return error;
}

// Collects the words of a command line, each with the flag it came from, and reads them
// as the shell does.
class Line {
 public:
  explicit Line(FlagContext& context) : context_(context) {}

  // Adds `prefix` + text, unless the text already starts with the prefix; the result is
  // substituted (again), which may make several words of it or none.
  Status add(const FlagItem& item, std::string_view text, std::string_view prefix = "") {
    if (text.empty()) return {};
    std::string whole;
    if (!text.starts_with(prefix)) whole = prefix;
    whole += text;
    Result<std::vector<std::string>> words = substitute_flag(whole, context_.variables);
    if (!words) return place_error(context_, item, words.error());
    for (const std::string& word : *words) {
      if (Status done = read(item, word); !done) return done;
    }
    return {};
  }

  void add_word(std::string word) { words_.push_back(std::move(word)); }

  std::vector<std::string> take() { return std::move(words_); }

 private:
  Status read(const FlagItem& item, const std::string& word) {
    auto variable = [&](const std::string& name) -> const char* {
      return context_.variable ? context_.variable(name) : std::getenv(name.c_str());
    };
    Result<ShellWords> read = read_shell_line(quote_blanks(word), variable);
    if (!read) {
      return place_error(context_, item,
                         {.what = read.error().what + " in the flag " + word,
                          .fix = "one more level of quotes is removed by the shell: write \\\\\\\" "
                                 "for a quote that the compiler is to see"});
    }
    if (read->special) {
      Error warning = place_error(
          context_, item,
          {.what = "the flag " + word + " has characters that PlatformIO's shell would act upon",
           .fix = "here the compiler gets them as they are"});
      context_.warnings.push_back(std::move(warning));
    }
    for (std::string& one : read->words) words_.push_back(std::move(one));
    return {};
  }

  FlagContext& context_;
  std::vector<std::string> words_;
};

// Options whose argument is a path.
bool takes_path(std::string_view option) {
  return option == "-include" || option == "-isystem" || option == "-iquote" ||
         option == "-idirafter";
}

Status add_plain(Line& line, const std::vector<FlagItem>& items, FlagContext& context) {
  for (const FlagItem& item : items) {
    if (item.text == "$ASFLAGS") continue;  // compile_words has put them before
    if (Status done = line.add(item, item.text); !done) return done;
    if (item.kind == FlagItem::Kind::Single) continue;
    if (item.text == "-imacros") {  // a file, never substituted
      line.add_word(item.argument);
      continue;
    }
    std::string argument = item.argument;
    if (context.relative_arguments && takes_path(item.text)) {
      Result<std::string> path = substitute_text(argument, context.variables);
      if (!path) return place_error(context, item, path.error());
      if (path->starts_with('/')) argument = path_inside(*path, context.directory);
    }
    if (Status done = line.add(item, argument); !done) return done;
  }
  return {};
}

// A directory as the build tool names it: relative inside the project, absolute outside.
std::string directory_name(std::string_view path, const FlagContext& context) {
  if (path.starts_with('#')) path.remove_prefix(path.starts_with("#/") ? 2 : 1);
  return path_inside(path, context.directory);
}

FlagWords directory_words(const std::vector<FlagItem>& items, std::string_view prefix,
                          FlagContext& context) {
  Line line(context);
  for (const FlagItem& item : items) {
    Result<std::string> path = substitute_text(item.text, context.variables);
    if (!path) return place_error(context, item, path.error());
    if (path->empty()) continue;
    if (Status done = line.add(item, directory_name(*path, context), prefix); !done) {
      return done.error();
    }
  }
  return line.take();
}

Status append(std::vector<std::string>& to, FlagWords more) {
  if (!more) return more.error();
  to.insert(to.end(), std::make_move_iterator(more->begin()), std::make_move_iterator(more->end()));
  return {};
}

}  // namespace

FlagWords scope_words(const FlagScopes& scopes, FlagScope scope, FlagContext& context) {
  Line line(context);
  if (Status done = add_plain(line, scopes[scope], context); !done) return done.error();
  return line.take();
}

FlagWords define_words(const FlagScopes& scopes, FlagContext& context) {
  Line line(context);
  for (const FlagItem& item : scopes[FlagScope::CppDefines]) {
    std::string text = item.text;
    if (item.kind == FlagItem::Kind::Pair) text += '=' + item.argument;
    // Macros are substituted once by themselves and once more in the command.
    Result<std::vector<std::string>> words = substitute_flag(text, context.variables);
    if (!words) return place_error(context, item, words.error());
    for (const std::string& word : *words) {
      if (Status done = line.add(item, word, "-D"); !done) return done.error();
    }
  }
  for (const std::string& undefine : scopes.undefines) {
    Result<std::vector<std::string>> words = substitute_command(undefine, context.variables);
    if (!words) return place_error(context, flag(undefine), words.error());
    for (const std::string& word : *words) {
      if (Status done = line.add(flag(undefine), word); !done) return done.error();
    }
  }
  return line.take();
}

FlagWords include_words(const FlagScopes& scopes, FlagContext& context) {
  return directory_words(scopes[FlagScope::CppPath], "-I", context);
}

FlagWords library_directory_words(const FlagScopes& scopes, FlagContext& context) {
  return directory_words(scopes[FlagScope::LibPath], "-L", context);
}

FlagWords library_words(const FlagScopes& scopes, FlagContext& context) {
  Line line(context);
  for (const FlagItem& item : scopes[FlagScope::Libs]) {
    Result<std::string> path = substitute_text(item.text, context.variables);
    if (!path) return place_error(context, item, path.error());
    std::string_view name = *path;
    if (name.starts_with("-l")) {  // as it is, also where its own name begins with lib
      if (Status done = line.add(item, name); !done) return done.error();
      continue;
    }
    if (name.starts_with("lib")) name.remove_prefix(3);
    if (name.ends_with(".a")) {
      name.remove_suffix(2);
    } else if (name.ends_with(".so")) {
      name.remove_suffix(3);
    }
    if (Status done = line.add(item, name, "-l"); !done) return done.error();
  }
  return line.take();
}

FlagWords compile_words(const FlagScopes& scopes, Language language, FlagContext& context) {
  std::vector<FlagScope> order;
  switch (language) {
    case Language::C:
      order = {FlagScope::CFlags, FlagScope::CcFlags, FlagScope::CppFlags};
      break;
    case Language::Cxx:
      order = {FlagScope::CxxFlags, FlagScope::CcFlags, FlagScope::CppFlags};
      break;
    case Language::Asm:
      order = {FlagScope::AsFlags, FlagScope::AsppFlags, FlagScope::CppFlags};
      break;
  }
  std::vector<std::string> words;
  for (FlagScope scope : order) {
    if (Status done = append(words, scope_words(scopes, scope, context)); !done)
      return done.error();
  }
  if (Status done = append(words, define_words(scopes, context)); !done) return done.error();
  if (Status done = append(words, include_words(scopes, context)); !done) return done.error();
  return words;
}

}  // namespace fbuild::config
