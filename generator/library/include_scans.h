// The includes of files, each read at most once however many environments ask, and not
// at all while its stat is the one remembered from an earlier run. And where a name leads
// to, from one listing of each folder.
//
// Files and folders have numbers, so that those who follow thousands of includes neither
// copy nor compare paths.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "stamp/entry.h"
#include "support/files.h"
#include "support/include_lines.h"
#include "support/include_memo.h"

namespace fbuild {

class IncludeScans {
 public:
  using File = uint32_t;
  using Folder = uint32_t;
  static constexpr uint32_t kNone = UINT32_MAX;

  IncludeScans() = default;
  ~IncludeScans();
  IncludeScans(const IncludeScans&) = delete;
  IncludeScans& operator=(const IncludeScans&) = delete;

  // Takes over what an earlier run remembered in this file, if it can be read. The files it
  // knows are looked at from then on, beside whatever else is done.
  void load(const std::string& memo_path);
  // Forgets how the files of the earlier run looked and what folders hold: a link on the way
  // to some of them leads elsewhere now.
  void look_anew();
  // Of each file that was asked for: the text of the memo for the next run. None: it is what
  // was loaded, to the letter.
  std::optional<std::string> memo_text() const;

  // The file of a normalized path, whether or not it exists; equal paths, equal numbers.
  File file(std::string_view path);
  const std::string& path(File file) const { return files_[file].path; }
  // Numbers are below this.
  size_t file_count() const { return files_.size(); }
  Folder folder(std::string_view path);
  const std::string& folder_path(Folder folder) const { return folders_[folder].given; }
  // The folder that a file lies in.
  Folder folder_of(File file);

  // The includes of a file; a file that cannot be read has none.
  const std::vector<IncludeLine>& of(File file) { return look(file, false); }
  const std::vector<IncludeLine>& of(const std::string& path) { return look(file(path), false); }
  // The same with directives (see include_lines.h). They are remembered too, and do not
  // depend on anything but the file.
  const std::vector<IncludeLine>& directives_of(const std::string& path) {
    return look(file(path), true);
  }
  // Says that `path` has this content, whether or not such a file exists.
  void set(const std::string& path, std::string_view text);
  // Says that there is such a file: it will be made before it is needed. `text` is asked
  // for its content, once, if that is needed.
  void provide(const std::string& path, std::function<std::string()> text);
  // Leaves a file out of the memo: more than its includes matters to the run.
  void leave_out(const std::string& path) { files_[file(path)].left_out = true; }

  // Whether there is a regular file of this normalized path.
  bool exists(std::string_view path) { return exists(path, true); }
  // The same for a file that decides nothing but what is listed and watched anyway.
  bool exists_unnoted(std::string_view path) { return exists(path, false); }
  // The file that `name` is as seen from a folder; kNone: there is none.
  File find_in(std::string_view name, Folder folder);
  // In the first of the folders that has one.
  File find(std::string_view name, const std::vector<Folder>& folders);
  // The same with paths; "" when none has.
  std::string find_path(const std::string& name, const std::vector<std::string>& folders);

  // The mtime of a file that was there when its includes were looked at, as it was then, in
  // nanoseconds since 1970; none: it was not looked at, or not found.
  std::optional<int64_t> seen_mtime(const std::string& path) const;
  // A folder that was searched, whether or not it exists, and what it did not have: what
  // includes lead to changes only with what is in these folders.
  struct Searched {
    std::string folder;
    std::vector<std::string> missed;  // sorted
  };
  std::vector<Searched> searched() const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <class Value>
  using ByText = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  struct KnownFile {
    std::string path;
    KnownIncludes known = {};
    int64_t mtime = 0;
    Folder folder = kNone;
    bool looked = false;      // at its includes
    bool found = false;       // and there it was
    bool remembered = false;  // `known` is what the earlier memo has
    bool left_out = false;
    std::function<std::string()> provided = {};
  };
  struct Name {
    std::string text;
    DirEntry::Kind kind;
    File file = kNone;
    Folder folder = kNone;
  };
  struct KnownFolder {
    std::string path;   // normalized
    std::string given;  // as it is to be opened
    bool listed = false;
    bool searched = false;                 // at any time in this run
    std::vector<Name> names = {};          // sorted
    std::vector<std::string> missed = {};  // likewise
    Folder parent = kNone;
  };
  // What stat says now of a file of the earlier memo.
  struct Look {
    stamp::StatInfo info = {};
    bool there = false;
  };

  const std::vector<IncludeLine>& look(File file, bool directives);
  Look stat_of(File file);
  bool exists(std::string_view path, bool note_miss);
  Name* name_in(std::string_view name, Folder folder, bool note_miss = true);
  File find_by_path(std::string_view name, Folder folder);
  void look_at_remembered();

  std::deque<KnownFile> files_;  // those of the earlier memo first
  ByText<File> file_numbers_;
  std::deque<KnownFolder> folders_;
  ByText<Folder> folder_numbers_;
  bool provides_ = false;

  std::string memo_;
  std::vector<MemoPart> earlier_;
  std::vector<Look> looks_;  // of each part of the memo
  std::thread looking_;
  std::atomic<size_t> looked_at_{0};  // how many of them were
};

}  // namespace fbuild
