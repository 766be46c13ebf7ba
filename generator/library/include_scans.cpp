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

const std::vector<IncludeLine>& IncludeScans::of(const std::string& path) {
  auto [known, fresh] = scans_.try_emplace(path);
  if (!fresh) return known->second.lines;
  if (auto provided = provided_.find(path); provided != provided_.end()) {
    known->second.lines = scan_includes(provided->second());
    return known->second.lines;
  }
  int64_t looked_at = stamp::file_clock_now();
  stamp::StatInfo info;
  if (stamp::stat_path(AT_FDCWD, path.c_str(), true, info) != 0 || !info.is_regular()) return known->second.lines;
  auto remembered = earlier_.find(path);
  if (remembered != earlier_.end() && remembered->second.stamp == stamp_of(info)) {
    known->second = std::move(remembered->second);
    return known->second.lines;
  }
  Result<std::string> text = read_file(path);
  if (!text) return known->second.lines;
  known->second.lines = scan_includes(*text);
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!stamp::is_racy(info, looked_at, fd.get())) known->second.stamp = stamp_of(info);
  return known->second.lines;
}

void IncludeScans::set(const std::string& path, std::string_view text) {
  scans_[path] = {{}, scan_includes(text)};
  leave_out(path);
}

void IncludeScans::provide(const std::string& path, std::function<std::string()> text) {
  exists_[path] = true;
  provided_[path] = std::move(text);
  leave_out(path);
}

bool IncludeScans::exists(const std::string& path) {
  auto [known, fresh] = exists_.try_emplace(path, false);
  if (fresh) known->second = is_regular_file(path);
  return known->second;
}

std::string IncludeScans::find(const std::string& name, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders)
    if (std::string path = normalize_path(join_path(folder, name)); exists(path)) return path;
  return "";
}

}  // namespace fbuild
