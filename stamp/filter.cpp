#include "stamp/filter.h"

#include <algorithm>

#include "stamp/definition.h"

namespace fbuild::stamp {

namespace {

void split(std::string_view list, std::vector<std::string_view>& out) {
  while (!list.empty()) {
    size_t comma = std::min(list.find(','), list.size());
    if (comma) out.push_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

// A short text as a number, so that comparing is one instruction.
uint64_t packed(std::string_view text) {
  uint64_t value = 0;
  for (char c : text) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

bool contains(const std::vector<std::string_view>& list, std::string_view item) {
  return std::binary_search(list.begin(), list.end(), item);
}

}  // namespace

Filter::Filter(std::string_view extensions, std::string_view excludes)
    : default_excludes_(excludes.empty()) {
  if (extensions.empty()) {
    for (const std::string& item : default_extensions()) extensions_.push_back(item);
  } else {
    split(extensions.substr(1), extensions_);
  }
  std::sort(extensions_.begin(), extensions_.end());
  every_file_ = contains(extensions_, "*");
  without_extension_ = contains(extensions_, ".");
  // No extension has a zero byte in it, so numbers of unequal lengths differ.
  for (std::string_view item : extensions_)
    if (item.size() <= 8) short_extensions_.push_back(packed(item));
  std::erase_if(extensions_, [](std::string_view item) { return item.size() <= 8; });
  std::sort(short_extensions_.begin(), short_extensions_.end());

  if (excludes.empty()) {
    for (const std::string& item : default_excludes()) names_.push_back(item);
  } else {
    std::vector<std::string_view> all;
    split(excludes.substr(1), all);
    for (std::string_view item : all) {
      while (item.size() > 1 && item.back() == '/') item.remove_suffix(1);
      if (item.starts_with("./")) {
        paths_.push_back(item.substr(2));
      } else if (item.find('/') != std::string_view::npos) {
        paths_.push_back(item);
      } else {
        names_.push_back(item);
      }
    }
  }
  std::sort(names_.begin(), names_.end());
  for (std::string_view item : names_)
    if (!item.empty()) first_bytes_[static_cast<unsigned char>(item[0])] = true;
  std::sort(paths_.begin(), paths_.end());
}

void Filter::set_table(std::string directory, std::string name) {
  table_directory_ = std::move(directory);
  table_name_ = std::move(name);
}

bool Filter::watches_file(std::string_view name) const {
  if (every_file_) return true;
  size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return without_extension_;
  // ".gitignore" has neither a name nor an extension that anything would read.
  if (dot == 0) return false;
  std::string_view extension = name.substr(dot + 1);
  if (extension.size() > 8) return contains(extensions_, extension);
  return std::binary_search(short_extensions_.begin(), short_extensions_.end(), packed(extension));
}

bool Filter::excludes(std::string_view directory, std::string_view name) const {
  if (name.empty()) return false;
  if (first_bytes_[static_cast<unsigned char>(name[0])] && contains(names_, name)) return true;
  if (!table_name_.empty() && directory == table_directory_ && name.starts_with(table_name_)) {
    std::string_view rest = name.substr(table_name_.size());
    if (rest.empty() || rest == ".lock" || rest == ".sets" || rest == ".new" || rest == ".sets.new")
      return true;
  }
  bool build = default_excludes_ && !table_directory_.empty();
  if (paths_.empty() && !build) return false;
  std::string path(directory);
  if (!path.empty()) path += '/';
  path += name;
  return (build && path == table_directory_) || contains(paths_, path);
}

}  // namespace fbuild::stamp
