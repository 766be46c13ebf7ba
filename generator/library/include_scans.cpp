#include "generator/library/include_scans.h"

#include <fcntl.h>

#include "stamp/clock.h"
#include "stamp/entry.h"
#include "support/files.h"

namespace fbuild {

namespace {

FileStamp stamp_of(const stamp::StatInfo& info) {
  return {info.size, info.inode, info.device, info.mtime, info.ctime};
}

}  // namespace

void IncludeScans::load(const std::string& memo_path) {
  if (Result<std::string> text = read_file(memo_path)) earlier_ = parse_include_memo(*text);
}

IncludeMemo IncludeScans::memo() const {
  IncludeMemo out;
  for (const auto& [path, known] : scans_)
    if (!left_out_.count(path)) out.emplace(path, known);
  return out;
}

const std::vector<IncludeLine>& IncludeScans::of(const std::string& path) { return look(path, false); }

const std::vector<IncludeLine>& IncludeScans::directives_of(const std::string& path) { return look(path, true); }

const std::vector<IncludeLine>& IncludeScans::look(const std::string& path, bool directives) {
  auto [known, fresh] = scans_.try_emplace(path);
  KnownIncludes& out = known->second;
  if (!fresh && (!directives || has_directives(out.lines))) return out.lines;
  if (auto provided = provided_.find(path); provided != provided_.end()) {
    if (fresh) out.lines = scan_includes(provided->second(), true);
    return out.lines;
  }
  int64_t looked_at = stamp::file_clock_now();
  stamp::StatInfo info;
  if (stamp::stat_path(AT_FDCWD, path.c_str(), true, info) != 0 || !info.is_regular()) return out.lines;
  auto remembered = earlier_.find(path);
  if (fresh && remembered != earlier_.end() && remembered->second.stamp == stamp_of(info)) {
    out = std::move(remembered->second);
    if (!directives || has_directives(out.lines)) return out.lines;
  }
  Result<std::string> text = read_file(path);
  if (!text) return out.lines;
  out.lines = scan_includes(*text, directives);
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  out.stamp = {};
  if (!stamp::is_racy(info, looked_at, fd.get())) out.stamp = stamp_of(info);
  return out.lines;
}

void IncludeScans::set(const std::string& path, std::string_view text) {
  scans_[path] = {{}, scan_includes(text, true)};
  leave_out(path);
}

void IncludeScans::provide(const std::string& path, std::function<std::string()> text) {
  exists_[path] = true;
  provided_[path] = std::move(text);
  leave_out(path);
}

bool IncludeScans::exists(const std::string& path) {
  if (auto known = exists_.find(path); known != exists_.end()) return known->second;
  // From a listing of its folder: of most names in question there is no file.
  const Folder& folder = look_into(std::string(dir_name(path)));
  auto known = folder.names.find(std::string(base_name(path)));
  return known != folder.names.end() && known->second;
}

const IncludeScans::Folder& IncludeScans::look_into(const std::string& path) {
  auto [known, fresh] = folders_.try_emplace(path);
  if (!fresh) return known->second;
  known->second.path = normalize_path(path);
  if (Result<std::vector<DirEntry>> entries = list_directory(path))
    for (DirEntry& entry : *entries) known->second.names.emplace(std::move(entry.name), entry.kind == DirEntry::File);
  return known->second;
}

std::string IncludeScans::find_in(const std::string& name, const std::string& folder) {
  // Most names are in none of the folders: one listing answers that for all of them.
  std::string path;
  if (!name.empty() && name[0] != '/' && name[0] != '.' && provided_.empty()) {
    const Folder& known = look_into(folder);
    size_t slash = name.find('/');
    if (slash != std::string::npos && !known.names.count(name.substr(0, slash))) return "";
    if (slash == std::string::npos) {
      auto found = known.names.find(name);
      if (found == known.names.end() || !found->second) return "";
      return known.path == "." ? name : join_path(known.path, name);
    }
  }
  if (path.empty()) path = normalize_path(join_path(folder, name));
  return exists(path) ? path : "";
}

std::string IncludeScans::find(const std::string& name, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders)
    if (std::string path = find_in(name, folder); !path.empty()) return path;
  return "";
}

}  // namespace fbuild
