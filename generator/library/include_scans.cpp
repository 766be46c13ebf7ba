#include "generator/library/include_scans.h"

#include <fcntl.h>

#include <algorithm>

#include "stamp/clock.h"
#include "stamp/parallel.h"

namespace fbuild {

namespace {

FileStamp stamp_of(const stamp::StatInfo& info) {
  return {info.size, info.inode, info.device, info.mtime, info.ctime};
}

// So many files are worth a thread.
constexpr size_t kFilesForThread = 100;

}  // namespace

IncludeScans::~IncludeScans() {
  if (looking_.joinable()) looking_.join();
}

void IncludeScans::load(const std::string& memo_path) {
  Result<std::string> text = read_file(memo_path);
  if (!text) return;
  memo_ = std::move(*text);
  earlier_ = split_include_memo(memo_);
  looks_.resize(earlier_.size());
  file_numbers_.reserve(2 * earlier_.size());
  // Whoever waits for an answer waits no longer than for all of them.
  try {
    if (earlier_.size() >= kFilesForThread)
      looking_ = std::thread([this] {
        stamp::own_descriptors();
        look_at_remembered();
      });
  } catch (...) {
  }
  if (!looking_.joinable()) look_at_remembered();
  for (const MemoPart& part : earlier_) file(part.path);
}

// Sorted by path, many have the folder in common with the one before.
void IncludeScans::look_at_remembered() {
  std::string_view folder;
  Fd opened;
  for (size_t i = 0; i < earlier_.size(); ++i) {
    std::string_view path = earlier_[i].path, here = dir_name(path);
    if (!opened || here != folder) {
      folder = here;
      opened = Fd(::open(std::string(here).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    // The path ends where a line does.
    std::string name(base_name(path));
    looks_[i].there =
        opened && stamp::stat_path(opened.get(), name.c_str(), true, looks_[i].info) == 0;
    looked_at_.store(i + 1, std::memory_order_release);
  }
}

void IncludeScans::look_anew() {
  if (looking_.joinable()) looking_.join();
  looks_.clear();
  for (KnownFolder& folder : folders_) {
    folder.listed = false;
    folder.names.clear();
  }
}

IncludeScans::Look IncludeScans::stat_of(File file) {
  if (file < looks_.size()) {
    if (looked_at_.load(std::memory_order_acquire) <= file && looking_.joinable()) looking_.join();
    return looks_[file];
  }
  Look out;
  out.there = stamp::stat_path(AT_FDCWD, path(file).c_str(), true, out.info) == 0;
  return out;
}

std::optional<std::string> IncludeScans::memo_text() const {
  std::vector<const KnownFile*> files;
  bool same = !earlier_.empty();
  for (size_t i = 0; i < files_.size(); ++i) {
    const KnownFile& file = files_[i];
    bool remember = file.looked && file.found && !file.left_out;
    same = same && remember == (i < earlier_.size()) && (!remember || file.remembered);
    if (remember) files.push_back(&file);
  }
  if (same) return std::nullopt;
  std::sort(files.begin(), files.end(),
            [](const KnownFile* a, const KnownFile* b) { return a->path < b->path; });
  std::string out = include_memo_begin();
  for (const KnownFile* file : files) {
    if (file->remembered) {
      out += earlier_[file_numbers_.find(file->path)->second].text;
    } else {
      append_known_includes(out, file->path, file->known);
    }
  }
  return out + include_memo_end();
}

IncludeScans::File IncludeScans::file(std::string_view path) {
  if (auto known = file_numbers_.find(path); known != file_numbers_.end()) return known->second;
  File number = static_cast<File>(files_.size());
  files_.push_back({std::string(path)});
  file_numbers_.emplace(path, number);
  return number;
}

IncludeScans::Folder IncludeScans::folder(std::string_view path) {
  if (auto known = folder_numbers_.find(path); known != folder_numbers_.end()) return known->second;
  Folder number = static_cast<Folder>(folders_.size());
  folders_.push_back({normalize_path(path), std::string(path)});
  folder_numbers_.emplace(path, number);
  return number;
}

IncludeScans::Folder IncludeScans::folder_of(File file) {
  KnownFile& known = files_[file];
  if (known.folder == kNone) known.folder = folder(dir_name(known.path));
  return known.folder;
}

const std::vector<IncludeLine>& IncludeScans::look(File number, bool directives) {
  KnownFile& file = files_[number];
  std::vector<IncludeLine>& lines = file.known.lines;
  bool fresh = !std::exchange(file.looked, true);
  if (!fresh && (!directives || has_directives(lines))) return lines;
  if (file.provided) {
    if (fresh) lines = scan_includes(file.provided(), true);
    return lines;
  }
  if (fresh) {
    Look look = stat_of(number);
    if (!look.there || !look.info.is_regular()) return lines;
    file.found = true;
    file.mtime = look.info.mtime;
    if (number < earlier_.size() && earlier_[number].stamp == stamp_of(look.info))
      if (std::optional<std::vector<IncludeLine>> known =
              parse_include_lines(earlier_[number].lines)) {
        file.known = {earlier_[number].stamp, std::move(*known)};
        file.remembered = true;
        if (!directives || has_directives(lines)) return lines;
      }
  }
  int64_t looked_at = stamp::file_clock_now();
  stamp::StatInfo info;
  Fd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  file.remembered = false;
  file.known.stamp = {};
  if (!fd || stamp::stat_descriptor(fd.get(), info) != 0) return lines;
  Result<std::string> text = read_file(file.path);
  if (!text) return lines;
  lines = scan_includes(*text, directives);
  file.mtime = info.mtime;
  if (!stamp::is_racy(info, looked_at, fd.get())) file.known.stamp = stamp_of(info);
  return lines;
}

void IncludeScans::set(const std::string& path, std::string_view text) {
  KnownFile& known = files_[file(path)];
  known.known = {{}, scan_includes(text, true)};
  known.looked = known.left_out = true;
  known.remembered = known.found = false;
}

void IncludeScans::provide(const std::string& path, std::function<std::string()> text) {
  KnownFile& known = files_[file(path)];
  known.provided = std::move(text);
  known.left_out = true;
  provides_ = true;
}

bool IncludeScans::exists(std::string_view path, bool note_miss) {
  if (provides_)
    if (auto known = file_numbers_.find(path);
        known != file_numbers_.end() && files_[known->second].provided)
      return true;
  // From a listing of its folder: of most names in question there is no file.
  Name* name = name_in(base_name(path), folder(dir_name(path)), note_miss);
  return name && name->kind == DirEntry::File;
}

IncludeScans::Name* IncludeScans::name_in(std::string_view name, Folder number, bool note_miss) {
  KnownFolder& folder = folders_[number];
  folder.searched = true;
  if (!std::exchange(folder.listed, true))
    if (Result<std::vector<DirEntry>> entries = list_directory(folder.given))
      for (DirEntry& entry : *entries) folder.names.push_back({std::move(entry.name), entry.kind});
  auto found =
      std::lower_bound(folder.names.begin(), folder.names.end(), name,
                       [](const Name& known, std::string_view text) { return known.text < text; });
  if (found != folder.names.end() && found->text == name) return &*found;
  if (note_miss) {
    auto place = std::lower_bound(folder.missed.begin(), folder.missed.end(), name);
    if (place == folder.missed.end() || *place != name)
      folder.missed.insert(place, std::string(name));
  }
  return nullptr;
}

IncludeScans::File IncludeScans::find_by_path(std::string_view name, Folder folder) {
  std::string path = normalize_path(join_path(folders_[folder].path, name));
  return exists(path) ? file(path) : kNone;
}

IncludeScans::File IncludeScans::find_in(std::string_view name, Folder number) {
  if (name.empty() || name[0] == '/' || provides_) return find_by_path(name, number);
  for (;;) {
    size_t slash = name.find('/');
    std::string_view part = name.substr(0, slash);
    KnownFolder& folder = folders_[number];
    if (part == "..") {
      // By text alone, as normalize_path() does it.
      if (slash == std::string_view::npos || folder.path == "." || folder.path == "/" ||
          base_name(folder.path) == "..")
        return find_by_path(name, number);
      if (folder.parent == kNone) {
        Folder parent = this->folder(dir_name(folder.path));
        folder.parent = parent;
      }
      number = folder.parent;
    } else if (slash == std::string_view::npos) {
      Name* found = name_in(name, number);
      if (!found || found->kind != DirEntry::File) return kNone;
      if (found->file == kNone)
        found->file = file(folder.path == "." ? std::string(name) : join_path(folder.path, name));
      return found->file;
    } else if (!part.empty() && part != ".") {
      Name* found = name_in(part, number);
      if (!found || found->kind != DirEntry::Directory) return kNone;
      if (found->folder == kNone)
        found->folder =
            this->folder(folder.path == "." ? std::string(part) : join_path(folder.path, part));
      number = found->folder;
    }
    name.remove_prefix(slash + 1);
    if (name.empty()) return kNone;
  }
}

IncludeScans::File IncludeScans::find(std::string_view name, const std::vector<Folder>& folders) {
  for (Folder folder : folders)
    if (File found = find_in(name, folder); found != kNone) return found;
  return kNone;
}

std::string IncludeScans::find_path(const std::string& name,
                                    const std::vector<std::string>& folders) {
  for (const std::string& path : folders)
    if (File found = find_in(name, folder(path)); found != kNone) return this->path(found);
  return "";
}

std::optional<int64_t> IncludeScans::seen_mtime(const std::string& path) const {
  auto known = file_numbers_.find(path);
  if (known == file_numbers_.end()) return std::nullopt;
  const KnownFile& file = files_[known->second];
  return file.looked && file.found ? std::optional(file.mtime) : std::nullopt;
}

std::vector<IncludeScans::Searched> IncludeScans::searched() const {
  std::vector<Searched> out;
  for (const KnownFolder& folder : folders_)
    if (folder.searched) out.push_back({folder.path, folder.missed});
  return out;
}

}  // namespace fbuild
