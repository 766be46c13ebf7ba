#include "generator/config/source_filter.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "generator/config/path_glob.h"
#include "support/files.h"

namespace fbuild::config {
namespace {

constexpr std::string_view kExtensions[] = {"S",   "spp", "SPP", "sx",  "s",   "asm",
                                            "ASM", "c",   "cc",  "cpp", "cxx", "c++"};

// Files found by one pattern.
class Finder {
 public:
  Finder(const std::string& root, std::span<const std::string_view> extensions,
         std::set<std::string>& directories)
      : root_(root), extensions_(extensions), directories_(directories) {}

  const std::set<std::string>& find(const std::string& pattern) {
    found_.clear();
    entered_.clear();
    for (const std::string& path : glob_paths(root_, pattern, directories_)) {
      if (is_directory(join_path(root_, path))) {
        walk(path);
      } else {
        add(path);
      }
    }
    return found_;
  }

 private:
  void add(const std::string& path) {
    size_t dot = path.rfind('.');
    if (dot == std::string::npos) return;
    std::string_view extension = std::string_view(path).substr(dot + 1);
    if (std::find(extensions_.begin(), extensions_.end(), extension) == extensions_.end()) return;
    found_.insert(relative(path));
  }

  // As seen from the source directory, with as many ../ as it takes.
  std::string relative(const std::string& path) const {
    if (path[0] != '/') return normalize_path(path);
    std::string from = absolute_path(root_), to = normalize_path(path);
    size_t common = 0;
    for (size_t i = 0;; ++i) {
      bool from_end = i == from.size() || from[i] == '/', to_end = i == to.size() || to[i] == '/';
      if (from_end && to_end) common = i;
      if (i >= from.size() || i >= to.size() || from[i] != to[i]) break;
    }
    std::string up;
    if (from.size() > 1) {
      for (size_t i = common; i < from.size(); ++i) {
        if (from[i] == '/') up += "../";
      }
    }
    return normalize_path(up + (common < to.size() ? to.substr(common + 1) : "."));
  }

  // Everything below a directory; one that is its own ancestor through a link is entered
  // once, and a part of the tree that several matches share is walked once.
  void walk(const std::string& path) {
    std::string key = normalize_path(path);
    if (!entered_.insert(key).second) return;
    struct stat status;
    std::string full = join_path(root_, path);
    if (::stat(full.c_str(), &status) != 0) return;
    std::pair<dev_t, ino_t> identity(status.st_dev, status.st_ino);
    if (std::find(above_.begin(), above_.end(), identity) != above_.end()) return;
    above_.push_back(identity);
    directories_.insert(relative(path));
    if (Result<std::vector<DirEntry>> entries = list_directory(full)) {
      for (const DirEntry& entry : *entries) {
        std::string below = join_path(path, entry.name);
        if (entry.kind == DirEntry::Directory) {
          walk(below);
        } else {
          add(below);
        }
      }
    }
    above_.pop_back();
  }

  std::string root_;
  std::span<const std::string_view> extensions_;
  std::set<std::string>& directories_;
  std::set<std::string> found_;
  std::set<std::string> entered_;
  std::vector<std::pair<dev_t, ino_t>> above_;
};

}  // namespace

std::span<const std::string_view> source_extensions() {
  return kExtensions;
}

std::vector<FilterFault> filter_faults(std::string_view filter) {
  constexpr std::string_view kBetween = " \t\r\n,;";
  std::vector<FilterFault> out;
  auto fault = [&](size_t begin, size_t end, bool unclosed) {
    out.push_back({begin, std::string(filter.substr(begin, end - begin)), unclosed});
  };
  for (size_t at = 0; (at = filter.find_first_not_of(kBetween, at)) != std::string_view::npos;) {
    bool sign = filter[at] == '+' || filter[at] == '-';
    size_t open = at + (sign ? 1 : 0);
    if (open < filter.size() && filter[open] == '<') {
      size_t close = filter.find_first_of("<>", open + 1);
      bool closed = close != std::string_view::npos && filter[close] == '>';
      size_t end = closed ? close + 1 : std::min(filter.find_first_of(kBetween, at), filter.size());
      if (!closed || !sign || close == open + 1) fault(at, end, !closed);
      at = end;
      continue;
    }
    size_t end = std::min(filter.find_first_of(kBetween, at + 1), filter.size());
    // `src+<a>`: what follows the word is a pattern.
    end = std::min({end, filter.find("+<", at + 1), filter.find("-<", at + 1)});
    fault(at, end, false);
    at = end;
  }
  return out;
}

SourceList match_sources(const std::string& source_dir, std::string_view filter,
                         std::span<const std::string_view> extensions) {
  if (filter.empty()) filter = kDefaultSourceFilter;
  SourceList out;
  std::set<std::string> files;
  Finder finder(source_dir, extensions, out.directories);
  for (size_t at = 0; at + 2 < filter.size();) {
    bool plus = filter[at] == '+';
    if ((!plus && filter[at] != '-') || filter[at + 1] != '<') {
      ++at;
      continue;
    }
    size_t close = filter.find('>', at + 2);
    if (close == std::string_view::npos) break;
    if (close == at + 2) {
      ++at;
      continue;
    }
    std::string pattern(filter.substr(at + 2, close - at - 2));
    std::replace(pattern.begin(), pattern.end(), '\\', '/');
    at = close + 1;
    const std::set<std::string>& found = finder.find(pattern);
    if (plus) {
      files.insert(found.begin(), found.end());
    } else {
      for (const std::string& file : found) files.erase(file);
    }
  }
  out.files.assign(files.begin(), files.end());
  return out;
}

Result<SourceList> match_sources(const std::string& source_dir, std::span<const ListItem> filter,
                                 const Variables& variables) {
  std::string joined;
  for (const ListItem& item : filter) {
    if (!joined.empty()) joined += ' ';
    joined += item.text;
  }
  Result<std::string> text = substitute_text(joined, variables);
  if (!text) return text.error();
  return match_sources(source_dir, *text);
}

}  // namespace fbuild::config
