// Writes man pages and shell completions from what the programs print for --help, which is
// the one place where their options are described:
//
//   fbuild-manual BIN_DIR SHARE_DIR
//     SHARE_DIR/man/man1/PROGRAM.1
//     SHARE_DIR/bash-completion/completions/PROGRAM
//     SHARE_DIR/zsh/site-functions/_PROGRAM
//     SHARE_DIR/fish/vendor_completions.d/PROGRAM.fish
//
// It reads the forms of help text that the programs have: a line that begins with options
// (`  -e,--environment ENV   TEXT`, TEXT may stand on lines of its own below), a line that
// begins with a command (`  pull   TEXT`, `  size --flash SECTIONS [--ram SECTIONS]...`), and
// options named anywhere below a command. A value such as ENV, FILE, DIR or a|b|c says how
// it is completed.
#include <algorithm>
#include <cstdio>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "support/files.h"
#include "support/process.h"

using namespace fbuild;

namespace {

struct Option {
  std::vector<std::string> names;  // "-e", "--environment"
  std::string value;               // "ENV"; empty: it takes none
  std::string text;
};

struct Command {
  std::string name, text;
  std::vector<Option> options;
};

struct Help {
  std::string program, text;
  std::vector<Option> options;  // of no command
  std::vector<Command> commands;
};

const std::regex kOptionLine(
    R"(^( *)((-[A-Za-z]|--[a-z0-9-]+)(, ?(--[a-z0-9-]+))?)( ([^ \[][^ ]*|\[[^ ]+\][^ ]*))?( {2,}(.*))?$)");
const std::regex kCommandLine(R"(^  ([a-z][a-z0-9]*)( .*)?$)");
const std::regex kOptionWord(
    R"((^|[ \[|,])(--[a-z0-9-]+|-[A-Za-z])(( ([A-Z0-9][A-Z0-9|,=]*))?)(?=[\],. ]|$))");

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  // CLI11 puts one blank behind what fills its column; everywhere else there are two.
  static const std::regex filled(R"(^( *--[a-z-]+ [a-z0-9]+(\|[a-z0-9]+)+) )");
  for (std::string line; std::getline(stream, line);)
    out.push_back(std::regex_replace(line, filled, "$1  "));
  return out;
}

std::string trimmed(const std::string& text) {
  size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? ""
                                    : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

size_t indent_of(const std::string& line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

void add_option(std::vector<Option>& options, Option option) {
  for (Option& known : options)
    for (const std::string& name : option.names)
      if (std::find(known.names.begin(), known.names.end(), name) != known.names.end()) {
        if (known.value.empty()) known.value = option.value;
        if (known.text.empty()) known.text = option.text;
        return;
      }
  options.push_back(std::move(option));
}

// Options in the running text of a line, as in a synopsis.
void add_words(std::vector<Option>& options, const std::string& line) {
  for (std::sregex_iterator at(line.begin(), line.end(), kOptionWord), end; at != end; ++at)
    add_option(options, {{(*at)[2]}, (*at)[5], ""});
}

// "CLI11 puts ranges behind types": INT:INT in [1 - 256].
std::string value_of(std::string text) {
  return text.substr(0, text.find(':'));
}

Help parse_help(const std::string& program, const std::string& text) {
  Help out{program, text, {}, {}};
  std::vector<std::string> lines = lines_of(text);
  bool commands_ended = false;
  Command* command = nullptr;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    size_t indent = indent_of(line);
    if (line.empty()) {
      command = nullptr;
      continue;
    }
    if (indent == 0) {
      if (!out.commands.empty()) commands_ended = true;
      continue;
    }
    std::smatch match;
    if (std::regex_match(line, match, kOptionLine)) {
      Option option{{}, value_of(match[7]), match[9]};
      std::string names = match[2];
      for (size_t at = 0; at < names.size();) {
        size_t comma = std::min(names.find(',', at), names.size());
        option.names.push_back(trimmed(names.substr(at, comma - at)));
        at = comma + 1;
      }
      // What follows further to the right is its text.
      while (i + 1 < lines.size() && indent_of(lines[i + 1]) > indent + 10 &&
             !lines[i + 1].empty()) {
        option.text += (option.text.empty() ? "" : " ") + trimmed(lines[++i]);
      }
      if (option.names.size() == 2 && option.names[0].starts_with("--")) {
        // "--help, --version": two, with one line.
        add_option(out.options, {{option.names[1]}, "", ""});
        option.names.pop_back();
      }
      add_option(command && indent > 2 ? command->options : out.options, std::move(option));
      continue;
    }
    if (!commands_ended && indent == 2 && std::regex_match(line, match, kCommandLine)) {
      std::string rest = match[2];
      size_t text_at = rest.find("  ");
      std::string name = match[1];
      auto known = std::find_if(out.commands.begin(), out.commands.end(),
                                [&](const Command& c) { return c.name == name; });
      if (known == out.commands.end())
        known = out.commands.insert(out.commands.end(), Command{name, "", {}});
      command = &*known;
      if (command->text.empty() && text_at != std::string::npos)
        command->text = trimmed(rest.substr(text_at));
      add_words(command->options, text_at == std::string::npos ? rest : rest.substr(0, text_at));
      continue;
    }
    if (command) {
      bool synopsis = line[indent] == '-' || line[indent] == '[';  // goes on
      if (indent <= 6 && !synopsis && command->text.empty()) command->text = trimmed(line);
      if (indent <= 6 || synopsis) add_words(command->options, line);
    } else if (out.commands.empty() || commands_ended) {
      add_words(out.options, line);
    }
  }
  return out;
}

// --- man pages

std::string roff(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '`')
      out += "\\(ga";
    else if (c == '^')
      out += "\\(ha";
    else if (c == '~')
      out += "\\(ti";
    else
      out += c;
  }
  return out.starts_with('.') ? "\\&" + out : out;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// What the program is, in a few words.
std::string summary_of(const Help& help) {
  for (const std::string& line : lines_of(help.text)) {
    std::string text = trimmed(line);
    if (text.empty() || text.starts_with("usage:") || text.starts_with("Usage:")) continue;
    if (size_t colon = text.find(": ");
        text.starts_with(help.program) && colon != std::string::npos)
      text = text.substr(colon + 2);
    while (!text.empty() && (text.back() == '.' || text.back() == ',')) text.pop_back();
    return text.substr(0, text.find(". "));
  }
  return help.program;
}

// One help text as sections: headings, tagged paragraphs, and what else there is as it is.
std::string man_body(const std::string& text) {
  std::string out;
  bool verbatim = false;
  auto end_verbatim = [&] {
    if (verbatim) out += ".fi\n.RE\n";
    verbatim = false;
  };
  std::vector<std::string> lines = lines_of(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    size_t indent = indent_of(line);
    std::smatch match;
    bool option = std::regex_match(line, match, kOptionLine) && indent > 0;
    size_t gap = line.find("  ", indent);
    bool command =
        !option && indent == 2 && gap != std::string::npos && std::regex_match(line, kCommandLine);
    if (line.starts_with("Usage:") || line.starts_with("usage:")) {
      end_verbatim();
      continue;
    }
    if (option || command) {
      end_verbatim();
      size_t end = std::min(gap, line.size());
      out += ".TP\n.B " + roff(trimmed(line.substr(0, end))) + "\n";
      std::string what = trimmed(line.substr(end));
      size_t column = end == line.size() ? indent + 11 : line.find_first_not_of(' ', end);
      while (i + 1 < lines.size() && !lines[i + 1].empty() &&
             indent_of(lines[i + 1]) >= std::min<size_t>(column, indent + 11))
        what += (what.empty() ? "" : " ") + trimmed(lines[++i]);
      out += (what.empty() ? "\\&" : roff(what)) + "\n";
    } else if (line.empty()) {
      if (!verbatim)
        out += out.empty() || out.ends_with(".PP\n") ? "" : ".PP\n";
      else
        out += "\n";
    } else if (indent == 0) {
      end_verbatim();
      out += line.back() == ':' && line.find(' ') == std::string::npos
                 ? ".SH " + upper(roff(line.substr(0, line.size() - 1))) + "\n"
                 : roff(line) + "\n";
    } else {
      if (!verbatim) out += ".RS\n.nf\n";
      verbatim = true;
      out += roff(line.substr(std::min<size_t>(indent, 2))) + "\n";
    }
  }
  end_verbatim();
  return out;
}

std::string man_page(const Help& help, const std::map<std::string, std::string>& command_help) {
  std::string usage = "[OPTIONS]";
  for (const std::string& line : lines_of(help.text))
    if (line.starts_with("Usage: ") || line.starts_with("usage: "))
      usage = line.substr(line.find(' ', 7) + 1);
  if (usage == "[OPTIONS]" && !help.commands.empty()) usage = "COMMAND ...";
  std::string out = ".TH " + upper(roff(help.program)) +
                    " 1 \"\" \"fbuild " FBUILD_VERSION "\"\n.SH NAME\n" + roff(help.program) +
                    " \\- " + roff(summary_of(help)) + "\n.SH SYNOPSIS\n.B " + roff(help.program) +
                    "\n" + roff(usage) + "\n.SH DESCRIPTION\n" + man_body(help.text);
  for (const auto& [name, text] : command_help) {
    std::string body = man_body(text);
    // Its headings are below that of the command.
    for (size_t at = 0; (at = body.find(".SH ", at)) != std::string::npos; ++at)
      body.replace(at, 3, ".SS");
    out += ".SH " + upper(roff(help.program + " " + name)) + "\n" + body;
  }
  out += ".SH SEE ALSO\n";
  std::string others;
  for (const char* other : {"fbuild-gen", "fbuild-image", "fbuild-lnk", "fbuild-stamp"})
    if (other != help.program)
      others += (others.empty() ? ".BR " : ",\n.BR ") + roff(other) + " (1)";
  return out + others + "\n";
}

// --- completions

// How a value is completed.
enum class Values { None, Any, Environments, Files, Folders, Words };

Values kind_of(const Option& option, std::vector<std::string>& words) {
  const std::string& value = option.value;
  if (value.empty()) return Values::None;
  if (value == "ENV") return Values::Environments;
  if (value == "DIR") return Values::Folders;
  if (value == "FILE" || value == "ELF" || value == "TABLE" || value == "CSV") return Values::Files;
  bool choices = value.find('|') != std::string::npos;
  for (char c : value)
    choices = choices && (c == '|' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
  if (!choices) return Values::Any;
  std::istringstream stream(value);
  for (std::string word; std::getline(stream, word, '|');) words.push_back(word);
  return Values::Words;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

std::vector<std::string> names_of(const std::vector<Option>& options) {
  std::vector<std::string> out;
  for (const Option& option : options)
    out.insert(out.end(), option.names.begin(), option.names.end());
  return out;
}

std::string identifier(std::string text) {
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

std::vector<Option> all_options(const Help& help) {
  std::vector<Option> out = help.options;
  for (const Command& command : help.commands)
    for (const Option& option : command.options) add_option(out, option);
  return out;
}

std::string bash_completion(const Help& help) {
  std::string name = "_" + identifier(help.program), values;
  for (const Option& option : all_options(help)) {
    std::vector<std::string> words;
    std::string how;
    switch (kind_of(option, words)) {
      case Values::None:
        continue;
      case Values::Any:
        how = "COMPREPLY=()";
        break;
      case Values::Environments:
        how = "COMPREPLY=($(compgen -W \"$(" + name + "_environments)\" -- \"$word\"))";
        break;
      case Values::Files:
        how = "COMPREPLY=($(compgen -f -- \"$word\")); compopt -o filenames";
        break;
      case Values::Folders:
        how = "COMPREPLY=($(compgen -d -- \"$word\")); compopt -o filenames";
        break;
      case Values::Words:
        how = "COMPREPLY=($(compgen -W \"" + joined(words, " ") + "\" -- \"$word\"))";
        break;
    }
    values += "    " + joined(option.names, "|") + ") " + how + "; return ;;\n";
  }
  std::string out = "# Completion of " + help.program + " for bash.\n";
  if (values.find("_environments") != std::string::npos)
    out += name +
           "_environments() {\n  local i folder=.\n  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
           "    case ${COMP_WORDS[i]} in -C|--directory) folder=${COMP_WORDS[i + 1]/#\\~/$HOME} ;; "
           "esac\n  done\n"
           "  " +
           help.program + " -C \"$folder\" --list-envs 2>/dev/null\n}\n";
  out += name +
         "() {\n  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} "
         "command= i\n  COMPREPLY=()\n  case $before in\n" +
         values + "  esac\n";
  std::string general = joined(names_of(help.options), " ");
  if (help.commands.empty()) {
    out += "  COMPREPLY=($(compgen -W \"" + general + "\" -- \"$word\"))\n}\n";
  } else {
    std::vector<std::string> commands;
    for (const Command& command : help.commands) commands.push_back(command.name);
    out += "  for ((i = 1; i < COMP_CWORD; ++i)); do\n    case ${COMP_WORDS[i]} in " +
           joined(commands, "|") +
           ") command=${COMP_WORDS[i]}; break ;; esac\n  done\n  case $command in\n";
    for (const Command& command : help.commands)
      out += "    " + command.name + ") COMPREPLY=($(compgen -W \"" +
             joined(names_of(command.options), " ") + "\" -- \"$word\")) ;;\n";
    out += "    *) COMPREPLY=($(compgen -W \"" + joined(commands, " ") + " " + general +
           "\" -- \"$word\")) ;;\n  esac\n}\n";
  }
  return out + "complete -o default -F " + name + " " + help.program + "\n";
}

// A text inside '...[ ]...' of _arguments, or behind a colon of _describe.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out;
}

std::string zsh_options(const std::vector<Option>& options, const std::string& function,
                        const char* indent) {
  std::string out;
  for (const Option& option : options) {
    std::vector<std::string> words;
    std::string action;
    switch (kind_of(option, words)) {
      case Values::None:
        break;
      case Values::Any:
        action = ":" + zsh_text(option.value) + ": ";
        break;
      case Values::Environments:
        action = ":environment:" + function + "_environments";
        break;
      case Values::Files:
        action = ":file:_files";
        break;
      case Values::Folders:
        action = ":folder:_files -/";
        break;
      case Values::Words:
        action = ":form:(" + joined(words, " ") + ")";
        break;
    }
    for (const std::string& name : option.names)
      out +=
          std::string(indent) + "'*" + name + "[" + zsh_text(option.text) + "]" + action + "' \\\n";
  }
  return out;
}

std::string zsh_completion(const Help& help) {
  std::string name = "_" + help.program;
  std::string out = "#compdef " + help.program + "\n# Completion of " + help.program +
                    " for zsh.\n" + name +
                    "_environments() {\n"
                    "  local folder=${${opt_args[-C]:-${opt_args[--directory]:-.}}/#\\~/$HOME}\n"
                    "  compadd -- ${(f)\"$(" +
                    help.program + " -C $folder --list-envs 2>/dev/null)\"}\n}\n";
  if (help.commands.empty())
    return out + "_arguments \\\n" + zsh_options(help.options, name, "  ") + "  '*:file:_files'\n";
  out += "local command\nlocal -a commands=(\n";
  std::vector<std::string> names;
  for (const Command& command : help.commands) {
    out +=
        "  '" + command.name + (command.text.empty() ? "" : ":" + zsh_text(command.text)) + "'\n";
    names.push_back(command.name);
  }
  out += ")\nfor command in ${words[2,CURRENT-1]} ''; do [[ $command == (" + joined(names, "|") +
         ") ]] && break; done\ncase $command in\n";
  for (const Command& command : help.commands)
    out += "  " + command.name + ")\n    _arguments \\\n" +
           zsh_options(command.options, name, "      ") + "      '*:file:_files' ;;\n";
  return out + "  *)\n    _arguments \\\n" + zsh_options(help.options, name, "      ") +
         "      '*:command:{_describe command commands}' ;;\nesac\n";
}

std::string fish_word(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

std::string fish_options(const std::string& head, const std::vector<Option>& options,
                         const std::string& environments) {
  std::string out;
  for (const Option& option : options) {
    out += head;
    for (const std::string& name : option.names)
      out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    std::vector<std::string> words;
    switch (kind_of(option, words)) {
      case Values::None:
        break;
      case Values::Any:
        out += " -x";
        break;
      case Values::Environments:
        out += " -x -a '(" + environments + ")'";
        break;
      case Values::Files:
        out += " -r -F";
        break;
      case Values::Folders:
        out += " -x -a '(__fish_complete_directories)'";
        break;
      case Values::Words:
        out += " -x -a " + fish_word(joined(words, " "));
        break;
    }
    if (!option.text.empty()) out += " -d " + fish_word(option.text);
    out += '\n';
  }
  return out;
}

std::string fish_completion(const Help& help) {
  std::string function = "__" + identifier(help.program) + "_environments";
  std::string out =
      "# Completion of " + help.program + " for fish.\nfunction " + function +
      "\n"
      "  set -l words (commandline -opc)\n  set -l folder .\n  for i in (seq (count $words))\n"
      "    switch $words[$i]\n      case -C --directory\n        test $i -lt (count $words); and "
      "set folder $words[(math $i + 1)]\n    end\n  end\n"
      "  " +
      help.program + " -C $folder --list-envs 2>/dev/null\nend\n";
  std::string head = "complete -c " + help.program;
  if (help.commands.empty()) return out + fish_options(head, help.options, function);
  std::vector<std::string> names;
  for (const Command& command : help.commands) names.push_back(command.name);
  std::string none = head + " -n 'not __fish_seen_subcommand_from " + joined(names, " ") + "'";
  out += fish_options(none, help.options, function);
  for (const Command& command : help.commands) {
    out += none + " -f -a " + command.name +
           (command.text.empty() ? "" : " -d " + fish_word(command.text)) + "\n";
    out += fish_options(head + " -n '__fish_seen_subcommand_from " + command.name + "'",
                        command.options, function);
  }
  return out;
}

int fail(const Error& error) {
  std::fprintf(stderr, "fbuild-manual: %s\n", error.text().c_str());
  return 2;
}

Result<std::string> help_of(std::vector<std::string> command) {
  command.push_back("--help");
  Result<ProcessOutput> output = run_process(command);
  if (!output) return output.error();
  if (output->exit_status != 0) return Error{command[0] + " --help failed", ""};
  // CLI11 says how it was called.
  std::string text = output->out, folder = std::string(dir_name(command[0])) + "/";
  for (size_t at; (at = text.find(folder)) != std::string::npos;) text.erase(at, folder.size());
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail(Error{"it takes two folders", "fbuild-manual BIN_DIR SHARE_DIR"});
  std::string bin = argv[1], share = argv[2];
  for (const char* program : {"fbuild-gen", "fbuild-image", "fbuild-lnk", "fbuild-stamp"}) {
    Result<std::string> text = help_of({join_path(bin, program)});
    if (!text) return fail(text.error());
    Help help = parse_help(program, *text);
    std::map<std::string, std::string> command_help;
    if (text->find("Subcommands:") != std::string::npos)
      for (Command& command : help.commands) {
        Result<std::string> more = help_of({join_path(bin, program), command.name});
        if (!more) return fail(more.error());
        for (Option& option : parse_help(program, *more).options)
          add_option(command.options, std::move(option));
        command_help[command.name] = *more;
      }
    for (const auto& [path, content] : std::map<std::string, std::string>{
             {"man/man1/" + help.program + ".1", man_page(help, command_help)},
             {"bash-completion/completions/" + help.program, bash_completion(help)},
             {"zsh/site-functions/_" + help.program, zsh_completion(help)},
             {"fish/vendor_completions.d/" + help.program + ".fish", fish_completion(help)}}) {
      std::string file = join_path(share, path);
      if (Status s = make_directories(std::string(dir_name(file))); !s) return fail(s.error());
      if (Result<bool> wrote = write_if_changed(file, content); !wrote) return fail(wrote.error());
    }
  }
  return 0;
}
