// What an archive may name. An archive is a program written by a stranger: "make this
// file, make that link, now write through the link". The rules here are decided on
// names alone, against a map of everything the archive has made so far and never
// against the disk, so they can be tested without one and nothing can race with them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "support/result.h"

namespace fbuild::lnk {

struct NameLimits {
  size_t max_path = 1024;          // bytes of one name
  uint64_t max_items = 1'000'000;  // files, folders and links together
  // Two names that differ only in (ASCII) case are one file on some disks. Off for
  // trees that never leave a Linux machine.
  bool allow_case_clashes = false;
};

// The names an archive has made so far, relative to its root.
class ArchiveNames {
 public:
  enum Kind { File, Folder, Link };

  ArchiveNames(NameLimits limits, int strip) : limits_(limits), strip_(strip) {}

  // A name as the archive has it, made relative and plain: "./" and doubled slashes
  // taken out, `strip` (0 or 1) leading folders taken off. "" is the root itself (or
  // the folder taken off). An Error for an absolute name, "..", a backslash or control
  // character, a name too long, or one beside the folder to be stripped.
  Result<std::string> plain(std::string_view raw, bool is_folder);

  // Enters `path` (from plain()). Parents not seen before are entered as folders.
  // Errors: a parent is not a folder (a link, above all), the name is taken (a folder
  // again is fine), it clashes by case, there are too many.
  Status add(const std::string& path, Kind kind, std::string_view link_target = "");

  // Whether `path` was entered as a file: what a hard link may point at.
  bool is_file(const std::string& path) const;

  // Follows every symbolic link entered, as the kernel would, links in its way
  // included. An Error if one leaves the root at any step or never ends.
  Status check_links() const;

  // The target of one link by itself: relative and without control characters.
  static Status check_target(std::string_view path, std::string_view target);

 private:
  struct Item {
    Kind kind;
    std::string target;
  };
  Status enter(const std::string& path, Kind kind, std::string_view target);

  NameLimits limits_;
  int strip_;
  std::string stripped_;  // the leading folder, once known
  std::unordered_map<std::string, Item> items_;
  std::unordered_map<std::string, std::string> folded_;  // lower case -> as entered
};

// A name from an archive as it can be put into a message of one line.
std::string shown_name(std::string_view raw);

}  // namespace fbuild::lnk
