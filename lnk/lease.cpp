#include "lnk/lease.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "lnk/process_tag.h"
#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr std::string_view kPrefix = "lease.";
constexpr time_t kElsewhereSeconds = 24 * 60 * 60;

}  // namespace

Status take_lease(const std::string& entry, pid_t holder) {
  std::string tag = holder > 0 ? process_tag(holder) : own_process_tag();
  if (tag.empty())
    return Error{"no process " + std::to_string(holder) + " to lease an entry to", ""};
  std::string path = entry + "/" + std::string(kPrefix) + tag;
  if (::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) == 0) return {};
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return Error{"cannot write the lease: " + errno_text(errno), "", path};
  // Each process that comes takes away what those before it left behind, or an entry in
  // daily use would gather thousands until the next gc.
  live_leases(entry);
  return {};
}

void drop_lease(const std::string& entry) {
  ::unlink((entry + "/" + std::string(kPrefix) + own_process_tag()).c_str());
}

int live_leases(const std::string& entry) {
  Result<std::vector<DirEntry>> files = list_directory(entry);
  if (!files) return 0;
  int live = 0;
  for (const DirEntry& file : *files) {
    if (file.name.compare(0, kPrefix.size(), kPrefix) != 0) continue;
    std::string path = entry + "/" + file.name;
    TagState state = tag_state(std::string_view(file.name).substr(kPrefix.size()));
    struct stat st;
    if (state == TagState::Elsewhere && ::stat(path.c_str(), &st) == 0 &&
        ::time(nullptr) - st.st_mtime > kElsewhereSeconds)
      state = TagState::Dead;
    if (state == TagState::Dead) {
      ::unlink(path.c_str());
    } else {
      ++live;
    }
  }
  return live;
}

}  // namespace fbuild::lnk
