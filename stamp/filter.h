// Which names below a root are watched.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fbuild::stamp {

class Filter {
 public:
  // The lists as the catalog has them: "" for the defaults, else '=' and names separated
  // by commas. Neither text may go away while the filter is used.
  Filter(std::string_view extensions, std::string_view excludes);

  // Where the table lies: its name in a directory given as a path below the root, "" for
  // the root. Its files are never watched, and its directory, the build directory, is not
  // when excludes are the default ones.
  void set_table(std::string directory, std::string name);

  bool watches_file(std::string_view name) const;
  // `directory` is the path below the root of what holds `name`, "" for the root. Need not
  // be given when wants_directory() says so.
  bool excludes(std::string_view directory, std::string_view name) const;
  bool wants_directory() const { return !table_name_.empty() || !paths_.empty(); }

 private:
  std::vector<uint64_t> short_extensions_;    // up to 8 bytes, as numbers; sorted
  std::vector<std::string_view> extensions_;  // the others; sorted
  std::vector<std::string_view> names_;       // sorted
  bool first_bytes_[256] = {};                // what names_ begin with
  std::vector<std::string_view> paths_;       // sorted
  std::string table_directory_, table_name_;
  bool default_excludes_ = false;
  bool every_file_ = false;
  bool without_extension_ = false;
};

}  // namespace fbuild::stamp
