#include "generator/config/path_glob.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>

#include "generator/config/unicode_text.h"
#include "support/files.h"

namespace fbuild::config {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr std::ptrdiff_t kMaxParts = 500;

// One character class of a pattern, from behind its `[` to its `]`. Ranges whose end is
// before their start match nothing, as in fnmatch.
struct CharacterClass {
  bool negated = false;
  std::vector<std::pair<char32_t, char32_t>> ranges;

  bool contains(char32_t code) const {
    for (auto [first, last] : ranges) {
      if (code >= first && code <= last) return !negated;
    }
    return negated;
  }
};

// A pattern as a row of tokens: any text, any character, one character, one of a class.
struct Token {
  enum Kind { AnyText, AnyOne, Literal, Class } kind;
  char32_t code = 0;
  CharacterClass set = {};
};

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) out.push_back(next_code_point(text, at));
  return out;
}

// The characters between the brackets. A hyphen makes a range when it has a character on
// both sides that no other range has taken.
CharacterClass read_class(const std::vector<char32_t>& p, size_t begin, size_t end) {
  CharacterClass out;
  if (begin < end && p[begin] == '!') {
    out.negated = true;
    ++begin;
  }
  // Split at those hyphens that can be the middle of a range.
  std::vector<std::vector<char32_t>> chunks;
  size_t start = begin;
  for (size_t k = begin + 1; k < end;) {
    size_t hyphen = k;
    while (hyphen < end && p[hyphen] != '-') ++hyphen;
    if (hyphen >= end) break;
    chunks.emplace_back(p.begin() + start, p.begin() + hyphen);
    start = hyphen + 1;
    k = hyphen + 3;
  }
  if (start < end || chunks.empty()) {
    chunks.emplace_back(p.begin() + std::min(start, end), p.begin() + end);
  } else {
    chunks.back().push_back('-');
  }
  // An empty range takes both its ends with it.
  for (size_t k = chunks.size() - 1; k > 0; --k) {
    if (chunks[k - 1].empty() || chunks[k].empty()) continue;
    if (chunks[k - 1].back() <= chunks[k].front()) continue;
    chunks[k - 1].pop_back();
    chunks[k - 1].insert(chunks[k - 1].end(), chunks[k].begin() + 1, chunks[k].end());
    chunks.erase(chunks.begin() + static_cast<std::ptrdiff_t>(k));
  }
  for (size_t k = 0; k < chunks.size(); ++k) {
    for (char32_t code : chunks[k]) out.ranges.emplace_back(code, code);
    if (k + 1 < chunks.size() && !chunks[k].empty() && !chunks[k + 1].empty()) {
      out.ranges.emplace_back(chunks[k].back(), chunks[k + 1].front());
    }
  }
  return out;
}

std::vector<Token> read_pattern(std::string_view pattern) {
  std::vector<char32_t> p = code_points(pattern);
  std::vector<Token> tokens;
  for (size_t i = 0; i < p.size();) {
    char32_t c = p[i++];
    if (c == '*') {
      if (tokens.empty() || tokens.back().kind != Token::AnyText)
        tokens.push_back({Token::AnyText});
    } else if (c == '?') {
      tokens.push_back({Token::AnyOne});
    } else if (c == '[') {
      size_t j = i;
      if (j < p.size() && p[j] == '!') ++j;
      if (j < p.size() && p[j] == ']') ++j;
      while (j < p.size() && p[j] != ']') ++j;
      if (j >= p.size()) {
        tokens.push_back({Token::Literal, '['});
      } else {
        tokens.push_back({Token::Class, 0, read_class(p, i, j)});
        i = j + 1;
      }
    } else {
      tokens.push_back({Token::Literal, c});
    }
  }
  return tokens;
}

bool matches(const Token& token, char32_t code) {
  switch (token.kind) {
    case Token::AnyOne:
      return true;
    case Token::Literal:
      return token.code == code;
    case Token::Class:
      return token.set.contains(code);
    default:
      return false;
  }
}

// Going back to the last `*` is enough: what an earlier one could take, it can take too.
bool match_tokens(const std::vector<Token>& tokens, std::string_view name) {
  size_t t = 0, at = 0, star = kNone, star_at = 0;
  while (at < name.size()) {
    size_t next = at;
    char32_t code = next_code_point(name, next);
    if (t < tokens.size() && tokens[t].kind == Token::AnyText) {
      star = t++;
      star_at = at;
    } else if (t < tokens.size() && matches(tokens[t], code)) {
      ++t;
      at = next;
    } else if (star != kNone) {
      t = star + 1;
      next_code_point(name, star_at);
      at = star_at;
    } else {
      return false;
    }
  }
  while (t < tokens.size() && tokens[t].kind == Token::AnyText) ++t;
  return t == tokens.size();
}

bool has_magic(std::string_view text) {
  return text.find_first_of("*?[") != kNone;
}

struct Entry {
  std::string name;
  bool directory = false;
};

class Globber {
 public:
  Globber(const std::string& root, std::set<std::string>& listed) : root_(root), listed_(listed) {}

  // The pattern split as os.path.split does at each level, deepest first.
  std::vector<std::string> expand(const std::string& pattern, bool only_directories) {
    std::vector<std::string> out = expand_one(pattern, only_directories);
    std::sort(out.begin(), out.end());  // "**/**" finds the same path in many ways
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

 private:
  std::vector<std::string> expand_one(const std::string& pattern, bool only_directories) {
    std::vector<std::string> out;
    size_t slash = pattern.rfind('/');
    std::string base = slash == kNone ? pattern : pattern.substr(slash + 1);
    std::string dir = slash == kNone ? "" : pattern.substr(0, slash + 1);
    if (dir.find_first_not_of('/') != kNone) dir.resize(dir.find_last_not_of('/') + 1);
    if (!has_magic(pattern)) {
      note_parent(pattern);
      if (base.empty() ? is_directory(full(dir)) : exists(full(pattern))) out.push_back(pattern);
      return out;
    }
    std::vector<std::string> dirs;
    if (dir.empty()) {
      dirs.emplace_back();
    } else if (has_magic(dir) && dir != pattern) {
      dirs = expand(dir, true);
    } else {
      dirs.push_back(dir);
    }
    std::vector<Token> tokens;
    if (has_magic(base)) tokens = read_pattern(base);
    for (const std::string& d : dirs) {
      if (base == "**") {
        out.push_back(join(d, ""));
        std::vector<std::pair<dev_t, ino_t>> above;
        walk(d, "", only_directories, above, out);
      } else if (!tokens.empty()) {
        for (const Entry& entry : list(d, only_directories)) {
          if (entry.name[0] == '.' && base[0] != '.') continue;
          if (match_tokens(tokens, entry.name)) out.push_back(join(d, entry.name));
        }
      } else if (base.empty()) {
        if (is_directory(full(d))) out.push_back(join(d, ""));
      } else {
        note(d);
        if (exists(full(join(d, base)))) out.push_back(join(d, base));
      }
    }
    return out;
  }

  static std::string join(const std::string& dir, const std::string& name) {
    if (dir.empty() || dir.back() == '/') return dir + name;
    return dir + "/" + name;
  }
  std::string full(const std::string& path) const {
    return path.empty() ? root_ : join_path(root_, path);
  }
  static bool exists(const std::string& path) {
    struct stat status;
    return ::lstat(path.c_str(), &status) == 0;
  }
  void note(const std::string& dir) { listed_.insert(dir.empty() ? "." : normalize_path(dir)); }
  void note_parent(const std::string& path) {
    size_t slash = path.find_last_not_of('/');
    if (slash == kNone) return;
    slash = path.rfind('/', slash);
    note(slash == kNone ? "" : slash == 0 ? "/" : path.substr(0, slash));
  }

  std::vector<Entry> list(const std::string& dir, bool only_directories) {
    std::vector<Entry> out;
    note(dir);
    std::string path = full(dir);
    DIR* stream = ::opendir(path.c_str());
    if (!stream) return out;
    while (dirent* entry = ::readdir(stream)) {
      std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      bool directory = entry->d_type == DT_DIR;
      if (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN) {
        directory = is_directory(path + "/" + name);
      }
      if (!only_directories || directory) out.push_back({std::move(name), directory});
    }
    ::closedir(stream);
    return out;
  }

  // All that is below `dir`; `above` are the directories that were entered to get here.
  void walk(const std::string& dir, const std::string& below, bool only_directories,
            std::vector<std::pair<dev_t, ino_t>>& above, std::vector<std::string>& out) {
    std::string here = below.empty() ? dir : join(dir, below);
    struct stat status;
    if (::stat(full(here).c_str(), &status) != 0) return;
    std::pair<dev_t, ino_t> identity(status.st_dev, status.st_ino);
    if (std::find(above.begin(), above.end(), identity) != above.end()) return;
    above.push_back(identity);
    for (const Entry& entry : list(here, only_directories)) {
      if (entry.name[0] == '.') continue;
      std::string path = below.empty() ? entry.name : below + "/" + entry.name;
      out.push_back(join(dir, path));
      if (entry.directory) walk(dir, path, only_directories, above, out);
    }
    above.pop_back();
  }

  std::string root_;
  std::set<std::string>& listed_;
};

}  // namespace

bool match_name(std::string_view pattern, std::string_view name) {
  return match_tokens(read_pattern(pattern), name);
}

std::vector<std::string> glob_paths(const std::string& directory, const std::string& pattern,
                                    std::set<std::string>& listed) {
  if (pattern.find('\0') != kNone) return {};
  // No path has so many parts.
  if (std::count(pattern.begin(), pattern.end(), '/') > kMaxParts) return {};
  std::vector<std::string> out = Globber(directory, listed).expand(pattern, false);
  std::erase(out, "");
  return out;
}

}  // namespace fbuild::config
