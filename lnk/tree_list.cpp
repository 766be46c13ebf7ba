#include "lnk/tree_list.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <unordered_set>

#include "lnk/sha256.h"
#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr std::string_view kHeader = "fbuild-tree 1\n";

template <class Number>
bool parse_number(std::string_view text, Number& out, int base = 10) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

bool parse_mtime(std::string_view text, TreeItem& item) {
  size_t dot = text.find('.');
  return dot != std::string_view::npos && parse_number(text.substr(0, dot), item.mtime) &&
         text.size() == dot + 10 && parse_number(text.substr(dot + 1), item.mtime_ns);
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> out;
  for (;;) {
    size_t tab = line.find('\t');
    out.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return out;
    line.remove_prefix(tab + 1);
  }
}

bool parse_item(std::string_view line, TreeItem& item) {
  std::vector<std::string_view> parts = split(line);
  if (parts[0] == "d" && parts.size() == 4) {
    item.kind = TreeItem::Folder;
    item.path = parts[3];
    return parse_number(parts[1], item.mode, 8) && parse_mtime(parts[2], item);
  }
  if (parts[0] == "f" && parts.size() == 6) {
    item.kind = TreeItem::File;
    item.sha256 = parts[4];
    item.path = parts[5];
    return parse_number(parts[1], item.mode, 8) && parse_mtime(parts[2], item) &&
           parse_number(parts[3], item.size) && item.sha256.size() == 64;
  }
  if (parts[0] == "l" && parts.size() == 3) {
    item.kind = TreeItem::Link;
    item.path = parts[1];
    item.target = parts[2];
    return true;
  }
  return false;
}

Error differs(const std::string& path, std::string what) {
  return Error{std::move(what), "", path};
}

Status verify_item(const std::string& path, const TreeItem& item) {
  struct stat st;
  if (::lstat(path.c_str(), &st) != 0) return differs(path, "missing: " + errno_text(errno));
  switch (item.kind) {
    case TreeItem::Folder:
      if (!S_ISDIR(st.st_mode)) return differs(path, "is no longer a folder");
      return {};
    case TreeItem::Link: {
      char target[PATH_MAX];
      ssize_t n = S_ISLNK(st.st_mode) ? ::readlink(path.c_str(), target, sizeof target) : -1;
      if (n < 0 || std::string_view(target, static_cast<size_t>(n)) != item.target)
        return differs(path, "is no longer the link it was");
      return {};
    }
    case TreeItem::File:
      break;
  }
  if (!S_ISREG(st.st_mode)) return differs(path, "is no longer a file");
  if (static_cast<uint64_t>(st.st_size) != item.size)
    return differs(
        path, "has " + std::to_string(st.st_size) + " bytes, not " + std::to_string(item.size));
  if ((st.st_mode & 0111) != (item.mode & 0111)) return differs(path, "its mode has changed");
  Result<std::string> digest = sha256_of_file(path);
  if (!digest) return digest.error();
  if (*digest != item.sha256) return differs(path, "its content has changed");
  return {};
}

Status find_strangers(const std::string& tree, const std::string& folder,
                      const std::unordered_set<std::string_view>& known) {
  Result<std::vector<DirEntry>> entries = list_directory(join_path(tree, folder));
  if (!entries) return entries.error();
  for (const DirEntry& entry : *entries) {
    std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    if (!known.count(path)) {
      if (entry.name == "__pycache__") continue;
      return differs(join_path(tree, path), "is not part of what was installed");
    }
    struct stat st;
    if (entry.kind == DirEntry::Directory && ::lstat(join_path(tree, path).c_str(), &st) == 0 &&
        S_ISDIR(st.st_mode)) {
      if (Status status = find_strangers(tree, path, known); !status) return status;
    }
  }
  return {};
}

}  // namespace

std::string tree_list_text(const TreeList& list) {
  std::string out(kHeader);
  char buffer[128];
  for (const TreeItem& item : list) {
    if (item.kind == TreeItem::Link) {
      out += "l\t" + item.path + "\t" + item.target + "\n";
      continue;
    }
    std::snprintf(buffer, sizeof buffer, "%c\t%04o\t%lld.%09u\t",
                  item.kind == TreeItem::File ? 'f' : 'd', item.mode,
                  static_cast<long long>(item.mtime), item.mtime_ns);
    out += buffer;
    if (item.kind == TreeItem::File) out += std::to_string(item.size) + "\t" + item.sha256 + "\t";
    out += item.path + "\n";
  }
  return out;
}

Result<TreeList> parse_tree_list(std::string_view text, const std::string& path) {
  if (text.substr(0, kHeader.size()) != kHeader)
    return Error{"not a list of an installed tree", "", path, 1};
  text.remove_prefix(kHeader.size());
  TreeList out;
  for (int line = 2; !text.empty(); ++line) {
    size_t end = text.find('\n');
    TreeItem item;
    if (end == std::string_view::npos || !parse_item(text.substr(0, end), item))
      return Error{"not a line of a tree's list", "", path, line};
    out.push_back(std::move(item));
    text.remove_prefix(end + 1);
  }
  return out;
}

Status verify_tree(const std::string& tree, const TreeList& list) {
  std::unordered_set<std::string_view> known;
  for (const TreeItem& item : list) {
    if (Status status = verify_item(join_path(tree, item.path), item); !status) return status;
    known.insert(item.path);
  }
  return find_strangers(tree, "", known);
}

}  // namespace fbuild::lnk
