#include "stamp/options.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "support/suggest.h"

namespace fbuild::stamp {

const char* const kUsage =
    "usage: fbuild-stamp [--table FILE] COMMAND [ARGUMENTS]\n"
    "\n"
    "Keeps watch sets: what something is built from, and whether that changed since.\n"
    "\n"
    "  define SET                 add or replace a set; its definition is read from stdin\n"
    "  check SET...               print each set's name, fingerprint, token and state\n"
    "      --write FILE           write names and fingerprints to FILE, if they changed\n"
    "      --exit-code            exit with 1 when a set is dirty\n"
    "      --no-table             hash everything, believe and store nothing\n"
    "      -v, --verbose          say why a set is dirty and what it took, on stderr\n"
    "  seal SET [TOKEN]           record SET as built from what TOKEN (default: its last\n"
    "                             check) stands for; exit with 1 when refused\n"
    "  status [SET...]            clean or dirty (--exit-code as above)\n"
    "  explain SET                what differs from the seal (--exit-code as above)\n"
    "  list SET                   the watched files: hash, size, path\n"
    "  stats [--json]             counters and sizes\n"
    "  verify                     compare the table with the files' contents\n"
    "  drop SET                   forget a set\n"
    "  clear                      forget everything\n"
    "  plan GATE [LOADED]         decide what ninja has to load (called by ninja)\n"
    "  finish GATE ENV TOKEN      record ENV as built (called by ninja)\n"
    "  launch PROGRAM -- COMMAND...\n"
    "                             run a compile by a launcher: ccache, distcc...\n"
    "  once [--launcher PROGRAM] [--with TEXT]... -- COMMAND...\n"
    "                             run a compile, or take its result from the object store\n"
    "                             when it has run on the same contents before\n"
    "  keep -- COMMAND...         run a compile, and keep beside its output what it said\n"
    "  depends FILE               print a depend file as ninja's deps = msvc reads it, and\n"
    "                             remove it\n"
    "  objects [--json]           entries and bytes of the object store\n"
    "  objects trim [SIZE] | clear\n"
    "                             remove what was used longest ago, or everything\n"
    "\n"
    "      --table FILE           the table (default: .fbuild/build/watch.table)\n"
    "      --help, --version\n"
    "\n"
    "A definition has one item per line; words with blanks stand in double quotes:\n"
    "\n"
    "  metadata HEX\n"
    "  root project PATH [ext=c,h] [exclude=build,docs/old] [name=NAME]\n"
    "  root package PATH [ext=...] [exclude=...] [name=NAME]\n"
    "  file PATH [name=NAME]\n"
    "  artifact PATH\n"
    "  env NAME\n"
    "  command SHELL LINE\n"
    "\n"
    "FBUILD_WATCH_SET_CACHE_SECS: how long package roots are trusted after a full check\n"
    "(default 2; 0: never). FBUILD_OBJECT_CACHE: off, or the object store's size (default\n"
    "1G); FBUILD_CACHE_DIR: where it lies. Exit status: 0, or 1 as above, or 2 for a bad call.\n";

namespace {

struct CommandShape {
  const char* name;
  size_t least, most;
  const char* operands;
};

constexpr CommandShape kCommands[] = {
    {"define", 1, 1, "SET"},
    {"check", 1, SIZE_MAX, "SET..."},
    {"seal", 1, 2, "SET [TOKEN]"},
    {"status", 0, SIZE_MAX, "[SET...]"},
    {"explain", 1, 1, "SET"},
    {"list", 1, 1, "SET"},
    {"stats", 0, 0, ""},
    {"verify", 0, 0, ""},
    {"drop", 1, 1, "SET"},
    {"clear", 0, 0, ""},
    {"depends", 1, 1, "FILE"},
    {"objects", 0, 2, "[trim [SIZE] | clear]"},
    {"plan", 1, 2, "GATE [LOADED]"},
    {"finish", 3, 3, "GATE ENVIRONMENT TOKEN"},
};

struct OptionShape {
  const char* name;
  const char* commands;  // " a b " : where it is allowed; "": everywhere
  bool value;
};

constexpr OptionShape kOptions[] = {
    {"--table", "", true},
    {"--write", " check ", true},
    {"--exit-code", " check status explain ", false},
    {"--no-table", " check status explain list ", false},
    {"--verbose", " check seal status explain ", false},
    {"--json", " stats objects ", false},
    {"--help", "", false},
    {"--version", "", false},
};

template <class Shape>
Error unknown(const char* what, const std::string& word, std::span<const Shape> shapes) {
  std::vector<std::string> names;
  for (const Shape& shape : shapes) names.emplace_back(shape.name);
  std::string fix = did_you_mean(word, names);
  return Error{std::string("unknown ") + what + " '" + word + "'",
               fix.empty() ? "see `fbuild-stamp --help`" : fix};
}

}  // namespace

Result<Options> parse_options(int argc, const char* const* argv) {
  Options options;
  std::vector<std::string> words;
  std::vector<const OptionShape*> given;
  bool ended = false;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (ended || word.size() < 2 || word[0] != '-') {
      words.push_back(std::move(word));
      continue;
    }
    if (word == "--") {
      ended = true;
      continue;
    }
    if (word == "-v") word = "--verbose";
    if (word == "-h") word = "--help";
    size_t equals = word.find('=');
    std::string name = word.substr(0, equals);
    auto shape = std::find_if(std::begin(kOptions), std::end(kOptions),
                              [&](const OptionShape& s) { return name == s.name; });
    if (shape == std::end(kOptions))
      return unknown("option", name, std::span<const OptionShape>(kOptions));
    std::string value;
    if (shape->value) {
      if (equals != std::string::npos) {
        value = word.substr(equals + 1);
      } else if (++i < argc) {
        value = argv[i];
      }
      if (value.empty()) return Error{name + " needs a file", name + " FILE"};
    } else if (equals != std::string::npos) {
      return Error{name + " takes no value", name};
    }
    given.push_back(shape);
    if (name == "--table") options.table = value;
    if (name == "--write") options.write_file = value;
    if (name == "--exit-code") options.exit_code = true;
    if (name == "--no-table") options.no_table = true;
    if (name == "--verbose") options.verbose = true;
    if (name == "--json") options.json = true;
    if (name == "--help") options.help = true;
    if (name == "--version") options.version = true;
  }
  if (options.help || options.version) return options;
  if (words.empty()) return Error{"no command given", "see `fbuild-stamp --help`"};
  options.command = words[0];
  words.erase(words.begin());
  auto command = std::find_if(std::begin(kCommands), std::end(kCommands),
                              [&](const CommandShape& c) { return options.command == c.name; });
  if (command == std::end(kCommands))
    return unknown("command", options.command, std::span<const CommandShape>(kCommands));
  if (words.size() < command->least || words.size() > command->most)
    return Error{options.command + (words.size() < command->least ? " needs more than that"
                                                                  : " takes less than that"),
                 "fbuild-stamp " + options.command + " " + command->operands};
  for (const OptionShape* shape : given) {
    std::string_view commands = shape->commands;
    if (commands.empty() || commands.find(" " + options.command + " ") != std::string_view::npos)
      continue;
    return Error{std::string(shape->name) + " is no option of " + options.command,
                 "it goes with" + std::string(commands.substr(0, commands.size() - 1))};
  }
  options.operands = std::move(words);
  return options;
}

}  // namespace fbuild::stamp
