// Which file each include of a source leads to, and from there each include of that file.
//
// Depend files tell which headers a compile has read. They cannot tell that a header which
// appears somewhere else would now be found first, or that one in between went away. So
// everything that decides it is condensed into a digest, which is made part of the
// compile's command: when an include leads elsewhere, the command changes, and exactly the
// sources concerned are compiled again.
//
// There is no preprocessor in this: an include in #if 0 is followed too. Headers of the
// compiler itself are not; a name that is found nowhere else is noted as not found.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "generator/library/include_scans.h"
#include "stamp/hash.h"

namespace fbuild {

// Where a compiler with some flags looks for includes, in its order.
struct IncludePath {
  std::vector<std::string> quoted;   // -iquote: before the others, for "x.h" only
  std::vector<std::string> folders;  // -I, -isystem, -idirafter
  std::vector<std::string> forced;   // -include, -imacros
  std::vector<std::string> named;    // files that -D options name: for #include MACRO

  bool operator==(const IncludePath&) const = default;
};

// Reads it off a compiler's arguments.
IncludePath include_path_of(const std::vector<std::string>& words);

class IncludeClosure {
 public:
  using File = IncludeScans::File;

  // Scans files through `scans`, which has to live as long.
  IncludeClosure(IncludeScans& scans, IncludePath path);

  struct Closure {
    std::string digest;       // 16 hex digits
    std::vector<File> files;  // read to find it, the source first
    std::vector<File> data;   // files the assembler reads, which no depend file tells of
  };
  // `source` as it is compiled, relative to the working directory. `text_of`, if not
  // empty: the path under which its text is known to the scans.
  Closure of(const std::string& source, const std::string& text_of = {});

 private:
  struct Known {
    File file;
    bool looked = false;
    stamp::Hash128 lines = {};        // of where its includes lead
    std::vector<uint32_t> next = {};  // indices into known_
    std::vector<File> data = {};
  };
  uint32_t index_of(File file);
  void look(uint32_t index, const std::string& text_of);
  File find_angled(const std::string& name);
  File resolve(IncludeScans::Folder folder, IncludeLine::Kind kind, const std::string& name);

  IncludeScans& scans_;
  IncludePath path_;
  std::vector<IncludeScans::Folder> quoted_, folders_;
  std::vector<Known> known_;
  std::vector<uint32_t> index_;  // by file
  std::vector<uint32_t> met_;    // by index: the last walk it was met in
  uint32_t walk_ = 0;
  std::unordered_map<std::string, File> angled_;  // by name: what it leads to
};

}  // namespace fbuild
