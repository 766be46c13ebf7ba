#include "stamp/definition.h"

#include <algorithm>
#include <array>
#include <map>

#include "support/files.h"
#include "support/suggest.h"

namespace fbuild::stamp {

const std::vector<std::string>& default_extensions() {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> words = {
        // C, C++ and sketches
        "c", "C", "cc", "cpp", "cxx", "c++", "CPP", "h", "H", "hh", "hpp", "hxx", "h++", "HPP",
        "inc", "inl", "ipp", "tpp", "txx", "tcc", "def", "ino", "pde", "m", "mm", "cu", "cuh",
        // assembler, linker, compiler specs
        "s", "S", "sx", "asm", "ASM", "ld", "lds", "x", "icf", "sct", "map", "specs",
        // objects and images
        "a", "A", "o", "obj", "lib", "so", "bin", "hex", "elf", "uf2", "img", "rom", "dat",
        // data, settings, scripts
        "csv", "json", "yaml", "yml", "toml", "xml", "ini", "cfg", "conf", "txt", "lnk", "py", "pl",
        "sh", "cmake", "mk", "ninja", "in", "properties", "proto", "options",
        // what embedders take in
        "html", "htm", "css", "js", "svg", "png", "jpg", "jpeg", "gif", "bmp", "ico", "gz", "pem",
        "crt", "cer", "der", "key", "ttf", "wav", "mp3", "lua", "rs", "zig", "wasm",
        // headers without any
        "."};
    std::sort(words.begin(), words.end());
    return words;
  }();
  return list;
}

const std::vector<std::string>& default_excludes() {
  static const std::vector<std::string> list = {".cache",  ".fbuild",     ".git",         ".hg",
                                                ".idea",   ".pio",        ".svn",         ".venv",
                                                ".vscode", "__pycache__", "node_modules", "venv"};
  return list;
}

namespace {

// Cuts one line into words and remembers where each began.
struct Word {
  std::string text;
  int column = 0;
};

struct LineReader {
  std::string_view line;
  const std::string& file;
  int number = 0;
  size_t at = 0;

  Error error(size_t where, std::string what, std::string fix = "") const {
    return Error{std::move(what), std::move(fix), file, number, static_cast<int>(where) + 1};
  }
  void skip_blanks() {
    while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
  }
  bool done() {
    skip_blanks();
    return at >= line.size();
  }

  Result<Word> next() {
    skip_blanks();
    Word word{"", static_cast<int>(at) + 1};
    while (at < line.size() && line[at] != ' ' && line[at] != '\t') {
      if (line[at] != '"') {
        size_t begin = at;
        while (at < line.size() && line[at] != ' ' && line[at] != '\t' && line[at] != '"') ++at;
        word.text += line.substr(begin, at - begin);
        continue;
      }
      size_t open = at++;
      for (;;) {
        if (at >= line.size())
          return error(open, "this quote is never closed", "end the word with \"");
        char c = line[at++];
        if (c == '"') break;
        if (c != '\\') {
          word.text += c;
          continue;
        }
        Result<char> escaped = escape();
        if (!escaped) return escaped.error();
        word.text += *escaped;
      }
    }
    return word;
  }

  Result<char> escape() {
    size_t where = at - 1;
    char c = at < line.size() ? line[at++] : '\0';
    switch (c) {
      case '\\':
      case '"':
        return c;
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case 'x': {
        int value = 0;
        for (int i = 0; i < 2; ++i) {
          char digit = at < line.size() ? line[at] : '\0';
          int nibble = digit >= '0' && digit <= '9'   ? digit - '0'
                       : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                       : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                                      : -1;
          if (nibble < 0) return error(where, "\\x needs two hex digits", "for example \\x20");
          value = value * 16 + nibble;
          ++at;
        }
        if (value == 0) return error(where, "no path holds a NUL byte", "leave out \\x00");
        return static_cast<char>(value);
      }
      default:
        return error(where, "unknown escape in quotes", "use \\\\ for a backslash");
    }
  }
};

bool is_hex(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

Result<std::vector<std::string>> split_list(const LineReader& line, size_t column,
                                            std::string_view text, bool extensions) {
  std::vector<std::string> out;
  while (!text.empty()) {
    size_t comma = std::min(text.find(','), text.size());
    std::string item(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (extensions && item.size() > 1 && item[0] == '.') item.erase(0, 1);
    if (item.empty())
      return line.error(column, "an empty name in the list", "separate names by single commas");
    // What counts is what follows the last dot of a name; anything else would never match.
    if (extensions && item != "." && item.find_first_of("./") != std::string::npos)
      return line.error(column, "'" + item + "' is no extension",
                        "name what follows the last dot of a file's name, such as ext=gz");
    out.push_back(std::move(item));
  }
  return out;
}

// The options behind a path: ext=, exclude=, name=.
Status read_options(LineReader& line, RootItem& item, bool is_root) {
  const std::vector<std::string> known = is_root
                                             ? std::vector<std::string>{"ext", "exclude", "name"}
                                             : std::vector<std::string>{"name"};
  bool seen[3] = {};
  while (!line.done()) {
    size_t column = line.at;
    Result<Word> word = line.next();
    if (!word) return word.error();
    size_t equals = std::min(word->text.find('='), word->text.size());
    std::string key = word->text.substr(0, equals);
    auto found = std::find(known.begin(), known.end(), key);
    if (equals == word->text.size() || found == known.end()) {
      std::string fix = did_you_mean(key, known);
      if (fix.empty())
        fix = is_root ? "put quotes around a path with blanks; options are ext=, exclude=, name="
                      : "put quotes around a path with blanks; the only option is name=";
      return line.error(column, "unexpected '" + word->text + "'", fix);
    }
    size_t which = static_cast<size_t>(found - known.begin());
    if (seen[which]) return line.error(column, key + "= is given twice", "give one list");
    seen[which] = true;
    std::string_view value = std::string_view(word->text).substr(equals + 1);
    if (key == "name") {
      if (value.empty()) return line.error(column, "name= is empty", "leave it out");
      item.name = value;
      continue;
    }
    Result<std::vector<std::string>> list = split_list(line, column, value, key == "ext");
    if (!list) return list.error();
    if (key == "ext") {
      if (list->empty()) return line.error(column, "ext= is empty", "leave it out, or use ext=*");
      item.extensions = std::move(*list);
      item.default_extensions = false;
    } else {
      item.excludes = std::move(*list);
      item.default_excludes = false;
    }
  }
  return {};
}

Result<std::string> read_path(LineReader& line, const char* item) {
  size_t column = line.at;
  if (line.done()) return line.error(column, std::string(item) + " needs a path", "");
  column = line.at;
  Result<Word> word = line.next();
  if (!word) return word.error();
  if (word->text.empty()) return line.error(column, "the path is empty", "");
  return word->text;
}

Status read_item(LineReader& line, Definition& out) {
  static const std::vector<std::string> kItems = {"metadata", "root", "file",
                                                  "artifact", "env",  "command"};
  size_t column = line.at;
  Result<Word> item = line.next();
  if (!item) return item.error();

  if (item->text == "command") {
    line.skip_blanks();
    std::string_view rest = line.line.substr(std::min(line.at, line.line.size()));
    while (!rest.empty() && (rest.back() == ' ' || rest.back() == '\t')) rest.remove_suffix(1);
    if (rest.empty()) return line.error(column, "command needs a shell line", "");
    out.commands.emplace_back(rest);
    return {};
  }
  if (item->text == "root") {
    static const std::vector<std::string> kKinds = {"project", "package"};
    column = line.done() ? line.line.size() : line.at;
    Result<Word> kind = line.next();
    if (!kind) return kind.error();
    if (kind->text != "project" && kind->text != "package") {
      std::string fix = did_you_mean(kind->text, kKinds);
      return line.error(column, "'" + kind->text + "' is no kind of root",
                        fix.empty() ? "root project PATH, or root package PATH" : fix);
    }
    RootItem root;
    root.package = kind->text == "package";
    Result<std::string> path = read_path(line, "root");
    if (!path) return path.error();
    root.path = std::move(*path);
    if (Status status = read_options(line, root, true); !status) return status;
    out.roots.push_back(std::move(root));
    return {};
  }
  if (item->text == "file") {
    Result<std::string> path = read_path(line, "file");
    if (!path) return path.error();
    RootItem options;
    if (Status status = read_options(line, options, false); !status) return status;
    out.files.push_back({std::move(*path), std::move(options.name)});
    return {};
  }
  auto known = std::find(kItems.begin(), kItems.end(), item->text);
  if (known == kItems.end()) {
    std::string fix = did_you_mean(item->text, kItems);
    return line.error(column, "unknown item '" + item->text + "'",
                      fix.empty() ? "metadata, root, file, artifact, env or command" : fix);
  }
  if (item->text == "artifact") {
    Result<std::string> path = read_path(line, "artifact");
    if (!path) return path.error();
    out.artifacts.push_back(std::move(*path));
  } else {
    if (line.done()) return line.error(line.at, item->text + " needs a value", "");
    column = line.at;
    Result<Word> word = line.next();
    if (!word) return word.error();
    if (item->text == "metadata") {
      for (char& c : word->text)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c + 32);
      if (!is_hex(word->text))
        return line.error(column, "metadata is not a hex digest", "use the digits 0-9 and a-f");
      if (!out.metadata.empty())
        return line.error(column, "metadata is given twice", "give one digest of everything");
      out.metadata = std::move(word->text);
    } else {
      if (word->text.empty() || word->text.find('=') != std::string::npos)
        return line.error(column, "'" + word->text + "' is no name of an environment variable", "");
      out.env.push_back(std::move(word->text));
    }
  }
  if (!line.done()) {
    std::string rest(line.line.substr(line.at));
    return line.error(line.at, "unexpected '" + rest + "'", "put quotes around a path with blanks");
  }
  return {};
}

template <class T, class Key>
void sort_unique(std::vector<T>& items, Key key) {
  std::sort(items.begin(), items.end(), [&](const T& a, const T& b) { return key(a) < key(b); });
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& item : list) {
    if (!out.empty()) out += ',';
    out += item;
  }
  return out;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return c == '\n' || c == '\r' || c == '\0'; });
}

}  // namespace

Result<Definition> canonical_definition(Definition definition, const std::string& directory) {
  const std::string base = directory.empty() ? absolute_path(".") : directory;
  auto bad = [](const std::string& what, const std::string& fix = "") { return Error{what, fix}; };
  auto place = [&](std::string& path) {
    if (path.empty() || path.find('\0') != std::string::npos) return false;
    // Relative ones may climb out of the directory and stay relative all the same.
    path = path[0] == '/' ? path_inside(path, base) : normalize_path(path);
    return true;
  };
  for (char& c : definition.metadata)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c + 32);
  if (!definition.metadata.empty() && !is_hex(definition.metadata))
    return bad("metadata is not a hex digest", "use the digits 0-9 and a-f");
  for (RootItem& root : definition.roots) {
    if (!place(root.path)) return bad("the path of a root is empty or holds a NUL byte");
    for (std::string& item : root.extensions)
      while (item.size() > 1 && item[0] == '.') item.erase(0, 1);
    for (std::vector<std::string>* list : {&root.extensions, &root.excludes}) {
      for (const std::string& item : *list)
        if (item.empty() || item.find(',') != std::string::npos ||
            item.find('\0') != std::string::npos)
          return bad("a name in the lists of root " + root.path + " is empty or holds a comma");
      std::sort(list->begin(), list->end());
      list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    if (!root.default_extensions && root.extensions == default_extensions()) {
      root.default_extensions = true;
      root.extensions.clear();
    }
    if (root.default_extensions) root.extensions.clear();
    if (root.default_excludes) root.excludes.clear();
    if (!root.default_extensions && root.extensions.empty())
      return bad("root " + root.path + " watches no extension", "use '*' for every file");
  }
  for (FileItem& file : definition.files)
    if (!place(file.path)) return bad("the path of a file is empty or holds a NUL byte");
  for (std::string& artifact : definition.artifacts)
    if (!place(artifact)) return bad("the path of an artifact is empty or holds a NUL byte");
  for (const std::string& name : definition.env)
    if (name.empty() || name.find('=') != std::string::npos || has_control(name))
      return bad("'" + name + "' is no name of an environment variable");
  for (std::string& line : definition.commands) {
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.pop_back();
    line.erase(0, std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty() || has_control(line))
      return bad("a command is empty or longer than one line", "give one shell line");
  }
  auto root_key = [](const RootItem& r) {
    return std::array<std::string, 4>{r.path + (r.package ? std::string("\0p", 2) : ""), r.name,
                                      (r.default_extensions ? "d" : "l") + joined(r.extensions),
                                      (r.default_excludes ? "d" : "l") + joined(r.excludes)};
  };
  sort_unique(definition.roots, root_key);
  sort_unique(definition.files, [](const FileItem& f) {
    return std::array<std::string, 2>{f.path, f.name};
  });
  auto self = [](const std::string& text) { return text; };
  sort_unique(definition.artifacts, self);
  sort_unique(definition.env, self);
  sort_unique(definition.commands, self);
  return definition;
}

Result<Definition> parse_definition(std::string_view text, const std::string& file) {
  Definition out;
  int number = 0;
  while (!text.empty()) {
    size_t newline = std::min(text.find('\n'), text.size());
    LineReader line{text.substr(0, newline), file, ++number};
    text.remove_prefix(std::min(newline + 1, text.size()));
    if (!line.line.empty() && line.line.back() == '\r') line.line.remove_suffix(1);
    if (size_t nul = line.line.find('\0'); nul != std::string_view::npos)
      return line.error(nul, "a NUL byte", "definitions are text");
    if (line.done() || line.line[line.at] == '#') continue;
    if (Status status = read_item(line, out); !status) return status.error();
  }
  Result<Definition> canonical = canonical_definition(std::move(out));
  if (!canonical) canonical.error().file = file;
  return canonical;
}

Result<std::vector<std::string>> split_line(std::string_view line, const std::string& file,
                                            int number) {
  LineReader reader{line, file, number};
  std::vector<std::string> out;
  out.reserve(6);
  if (line.find('"') == std::string_view::npos) {  // as nearly always
    while (!reader.done()) {
      size_t begin = reader.at;
      while (reader.at < line.size() && line[reader.at] != ' ' && line[reader.at] != '\t')
        ++reader.at;
      out.emplace_back(line.substr(begin, reader.at - begin));
    }
    return out;
  }
  while (!reader.done()) {
    Result<Word> word = reader.next();
    if (!word) return word.error();
    out.push_back(std::move(word->text));
  }
  return out;
}

std::string quote_word(std::string_view word) {
  bool plain = !word.empty() && word[0] != '#';
  for (char c : word)
    if (c == ' ' || c == '"' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) plain = false;
  if (plain) return std::string(word);
  std::string out = "\"";
  for (char c : word) {
    unsigned char byte = static_cast<unsigned char>(c);
    if (c == '\\' || c == '"') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string format_definition(const Definition& definition) {
  std::string out;
  if (!definition.metadata.empty()) out += "metadata " + definition.metadata + "\n";
  for (const RootItem& root : definition.roots) {
    out += root.package ? "root package " : "root project ";
    out += quote_word(root.path);
    if (!root.default_extensions) out += " " + quote_word("ext=" + joined(root.extensions));
    if (!root.default_excludes) out += " " + quote_word("exclude=" + joined(root.excludes));
    if (!root.name.empty()) out += " " + quote_word("name=" + root.name);
    out += '\n';
  }
  for (const FileItem& file : definition.files) {
    out += "file " + quote_word(file.path);
    if (!file.name.empty()) out += " " + quote_word("name=" + file.name);
    out += '\n';
  }
  for (const std::string& path : definition.artifacts) out += "artifact " + quote_word(path) + "\n";
  for (const std::string& name : definition.env) out += "env " + quote_word(name) + "\n";
  for (const std::string& line : definition.commands) out += "command " + line + "\n";
  return out;
}

namespace {

// The last `count` components of an absolute path.
std::string_view path_tail(std::string_view path, size_t count) {
  size_t at = path.size();
  while (count > 0 && at > 0) {
    at = path.rfind('/', at - 1);
    if (at == std::string_view::npos) return path;
    --count;
  }
  return path.substr(std::min(at + (at < path.size() ? 1 : 0), path.size()));
}

}  // namespace

std::vector<std::string> item_names(const std::vector<std::string>& paths,
                                    const std::vector<std::string>& given) {
  std::vector<std::string> names(paths.size());
  std::vector<size_t> outside;
  for (size_t i = 0; i < paths.size(); ++i) {
    if (!given[i].empty())
      names[i] = "=" + given[i];
    else if (paths[i][0] != '/')
      names[i] = paths[i];
    else
      outside.push_back(i);
  }
  // Those not yet told apart get one component more, all of them alike.
  for (size_t count = 0; !outside.empty(); ++count) {
    std::map<std::string_view, size_t> seen;
    for (size_t i : outside) ++seen[path_tail(paths[i], count)];
    std::vector<size_t> still;
    for (size_t i : outside) {
      std::string_view tail = path_tail(paths[i], count);
      // The whole path tells apart all that can be told apart (the same root twice).
      if (seen[tail] > 1 && count < 4096 && tail.size() + 1 < paths[i].size())
        still.push_back(i);
      else
        names[i] = "/" + std::string(tail);
    }
    outside = std::move(still);
  }
  return names;
}

Status check_set_name(std::string_view name) {
  bool good = !name.empty() && name.front() != '/' && name.back() != '/' && name.size() < 1024;
  for (char c : name)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) good = false;
  if (good && name.front() == '-') good = false;
  if (!good)
    return Error{"'" + std::string(name) + "' cannot be the name of a set",
                 "use letters, digits and signs, no blanks"};
  return {};
}

}  // namespace fbuild::stamp
