#include "lnk/extract.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <unordered_map>

#include "lnk/sha256.h"
#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr size_t kBlock = 256 * 1024;

// libarchive turns names in UTF-8 headers into the locale's encoding, and gives none at
// all where that fails, as in the "C" locale programs start with. This puts the calling
// thread, and only it, into a UTF-8 locale.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_) previous_ = ::uselocale(locale_);
  }
  ~Utf8Locale() {
    if (!locale_) return;
    ::uselocale(previous_);
    ::freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_;
  locale_t previous_ = nullptr;
};

struct ReadFree {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, ReadFree>;

Error archive_error(archive* a, const char* what) {
  const char* text = archive_error_string(a);
  return Error{std::string(what) + ": " + (text ? shown_name(text) : "damaged or truncated"), ""};
}

Error disk_error(const std::string& path, const char* doing) {
  return Error{std::string("cannot ") + doing + ": " + errno_text(errno), "", path};
}

// Only the one format and the one compression the manifest named: fewer parsers for a
// hostile file to try.
Result<Archive> open_archive(int fd, Extract kind) {
  Archive a(archive_read_new());
  if (!a) return Error{"out of memory", ""};
  int status = ARCHIVE_OK;
  switch (kind) {
    case Extract::File:
      return Error{"a plain file cannot be unpacked", ""};
    case Extract::Zip:
      // By its central directory; a zip without one is truncated.
      status = archive_read_support_format_zip_seekable(a.get());
      break;
    case Extract::TarGz:
      status = archive_read_support_filter_gzip(a.get());
      break;
    case Extract::TarXz:
      status = archive_read_support_filter_xz(a.get());
      break;
    case Extract::TarZst:
      status = archive_read_support_filter_zstd(a.get());
      break;
    case Extract::TarBz2:
      status = archive_read_support_filter_bzip2(a.get());
      break;
  }
  if (status == ARCHIVE_OK && kind != Extract::Zip)
    status = archive_read_support_format_tar(a.get());
  if (status != ARCHIVE_OK) return archive_error(a.get(), "this libarchive cannot read the format");
  if (::lseek(fd, 0, SEEK_SET) != 0) return Error{"cannot rewind: " + errno_text(errno), ""};
  if (archive_read_open_fd(a.get(), fd, 128 * 1024) != ARCHIVE_OK)
    return archive_error(a.get(),
                         (std::string("not a ") + extract_name(kind) + " archive").c_str());
  // Accepted by the tar reader but not compressed as promised.
  if (kind != Extract::Zip && archive_filter_code(a.get(), 0) == ARCHIVE_FILTER_NONE)
    return Error{std::string("not a ") + extract_name(kind) + " archive", ""};
  return a;
}

class Unpacker {
 public:
  Unpacker(archive* a, const std::string& target, uint64_t packed_size,
           const ExtractOptions& options)
      : archive_(a),
        target_(target),
        packed_size_(packed_size),
        options_(options),
        names_(options.names, options.strip),
        buffer_(new char[kBlock]) {}

  Result<TreeList> run() {
    for (;;) {
      archive_entry* entry = nullptr;
      int status = archive_read_next_header(archive_, &entry);
      if (status == ARCHIVE_EOF) break;
      // A warning here is about attributes that are not taken over anyway, or about a
      // name that could not be read, which is then missing below.
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
        return archive_error(archive_, "damaged archive");
      if (Status made = this->entry(entry); !made) return made.error();
    }
    if (list_.empty()) return Error{"the archive is empty", ""};
    if (Status status = names_.check_links(); !status) return status.error();
    return finish();
  }

 private:
  Status entry(archive_entry* entry) {
    const char* raw = archive_entry_pathname(entry);
    if (!raw) return Error{"refused: a name that cannot be read as UTF-8", ""};
    mode_t type = archive_entry_filetype(entry);
    const char* hard = archive_entry_hardlink(entry);
    Result<std::string> path = names_.plain(raw, type == AE_IFDIR && !hard);
    if (!path) return path.error();
    if (archive_entry_is_encrypted(entry)) return refuse(*path, "is encrypted");
    if (hard) return hard_link(*path, hard);
    if (path->empty()) return {};
    TreeItem item;
    item.path = *path;
    item.mode = archive_entry_perm(entry) & 07777;
    if (archive_entry_mtime_is_set(entry)) {
      item.mtime = archive_entry_mtime(entry);
      long ns = archive_entry_mtime_nsec(entry);
      item.mtime_ns = ns >= 0 && ns < 1'000'000'000 ? static_cast<uint32_t>(ns) : 0;
    }
    switch (type) {
      case AE_IFREG:
        return file(std::move(item));
      case AE_IFDIR:
        return folder(std::move(item));
      case AE_IFLNK: {
        const char* link = archive_entry_symlink(entry);
        item.target = link ? link : "";
        return symbolic_link(std::move(item));
      }
      default:
        return refuse(*path, "is a device, FIFO or socket");
    }
  }

  Status folder(TreeItem item) {
    if (Status status = names_.add(item.path, ArchiveNames::Folder); !status) return status;
    if (Status status = make_folders(item.path); !status) return status;
    // Whoever owns the tree must be able to remove it again.
    item.mode = (item.mode & 0777) | 0700;
    item.kind = TreeItem::Folder;
    list_[folder_at_[item.path]] = std::move(item);
    return {};
  }

  Status file(TreeItem item) {
    if (item.mode & 06000) return refuse(item.path, "is set-uid or set-gid");
    if (Status status = enter(item.path, ArchiveNames::File); !status) return status;
    std::string path = join_path(target_, item.path);
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) return disk_error(path, "create");
    Sha256 digest;
    for (;;) {
      la_ssize_t n = archive_read_data(archive_, buffer_.get(), kBlock);
      if (n == 0) break;
      if (n < 0) return archive_error(archive_, "damaged archive");
      item.size += static_cast<uint64_t>(n);
      if (Status status = count(static_cast<uint64_t>(n)); !status) return status;
      digest.update(buffer_.get(), static_cast<size_t>(n));
      if (Status status = write_all(fd.get(), static_cast<size_t>(n), path); !status) return status;
    }
    item.sha256 = digest.hex();
    item.mode = (item.mode & 0777) | 0400;  // to be verified, it must be readable
    timespec times[2] = {{0, UTIME_OMIT}, time_of(item)};
    if (::fchmod(fd.get(), item.mode) != 0 || ::futimens(fd.get(), times) != 0 ||
        ::close(fd.release()) != 0)
      return disk_error(path, "write");
    file_at_[item.path] = list_.size();
    list_.push_back(std::move(item));
    return {};
  }

  Status symbolic_link(TreeItem item) {
    if (Status status = ArchiveNames::check_target(item.path, item.target); !status) return status;
    if (Status status = enter(item.path, ArchiveNames::Link, item.target); !status) return status;
    std::string path = join_path(target_, item.path);
    if (::symlink(item.target.c_str(), path.c_str()) != 0) return disk_error(path, "create a link");
    timespec times[2] = {{0, UTIME_OMIT}, time_of(item)};
    ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW);
    item.kind = TreeItem::Link;
    list_.push_back(std::move(item));
    return {};
  }

  // In a tar the second name of a file says which earlier one it equals.
  Status hard_link(const std::string& path, const char* raw_target) {
    Result<std::string> to = names_.plain(raw_target, false);
    if (!to) return to.error();
    if (!names_.is_file(*to))
      return refuse(path,
                    "is a hard link to '" + shown_name(*to) + "', which is no file before it");
    if (Status status = enter(path, ArchiveNames::File); !status) return status;
    std::string from = join_path(target_, *to), name = join_path(target_, path);
    if (::link(from.c_str(), name.c_str()) != 0) return disk_error(name, "create a hard link");
    TreeItem item = list_[file_at_[*to]];
    item.path = path;
    // It takes no more room, but a million names of one large file take time to verify.
    if (Status status = count(item.size); !status) return status;
    file_at_[path] = list_.size();
    list_.push_back(std::move(item));
    return {};
  }

  Status enter(const std::string& path, ArchiveNames::Kind kind, std::string_view target = "") {
    if (Status status = names_.add(path, kind, target); !status) return status;
    size_t slash = path.rfind('/');
    if (slash == std::string::npos) return {};
    return make_folders(path.substr(0, slash));
  }

  // Makes a folder and its parents. names_ has already said that they are folders, and
  // the target was empty, so an existing one is one of ours.
  Status make_folders(const std::string& path) {
    if (folder_at_.count(path)) return {};
    if (size_t slash = path.rfind('/'); slash != std::string::npos) {
      if (Status status = make_folders(path.substr(0, slash)); !status) return status;
    }
    std::string full = join_path(target_, path);
    if (::mkdir(full.c_str(), 0700) != 0) return disk_error(full, "create the folder");
    TreeItem item;
    item.kind = TreeItem::Folder;
    item.path = path;
    item.mode = 0755;
    folder_at_[path] = list_.size();
    list_.push_back(std::move(item));
    return {};
  }

  Status write_all(int fd, size_t size, const std::string& path) {
    for (size_t done = 0; done < size;) {
      ssize_t n = ::write(fd, buffer_.get() + done, size - done);
      if (n < 0) {
        if (errno == EINTR) continue;
        return disk_error(path, "write");
      }
      done += static_cast<size_t>(n);
    }
    return {};
  }

  Status count(uint64_t more) {
    bytes_ += more;
    if (bytes_ > options_.max_bytes)
      return Error{"refused: unpacks to more than " + std::to_string(options_.max_bytes) + " bytes",
                   ""};
    if (bytes_ > options_.ratio_from && bytes_ / options_.max_ratio > packed_size_)
      return Error{
          "refused: unpacks to more than " + std::to_string(options_.max_ratio) + " times its size",
          ""};
    if (options_.progress) options_.progress(bytes_);
    return {};
  }

  // Folders get their modes and times last, deepest first: writing into one changes its
  // time, and may need a permission it does not keep.
  Result<TreeList> finish() {
    std::sort(list_.begin(), list_.end(),
              [](const TreeItem& a, const TreeItem& b) { return a.path < b.path; });
    for (auto item = list_.rbegin(); item != list_.rend(); ++item) {
      if (item->kind != TreeItem::Folder) continue;
      std::string path = join_path(target_, item->path);
      timespec times[2] = {{0, UTIME_OMIT}, time_of(*item)};
      if (::chmod(path.c_str(), item->mode) != 0 ||
          ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
        return disk_error(path, "set the mode");
    }
    return std::move(list_);
  }

  static timespec time_of(const TreeItem& item) {
    timespec out{};
    out.tv_sec = static_cast<time_t>(item.mtime);
    out.tv_nsec = static_cast<long>(item.mtime_ns);
    return out;
  }

  static Error refuse(std::string_view name, std::string_view why) {
    return Error{"refused: '" + shown_name(name) + "' " + std::string(why), ""};
  }

  archive* archive_;
  const std::string& target_;
  uint64_t packed_size_;
  const ExtractOptions& options_;
  ArchiveNames names_;
  std::unique_ptr<char[]> buffer_;
  uint64_t bytes_ = 0;
  TreeList list_;
  std::unordered_map<std::string, size_t> folder_at_, file_at_;  // path -> place in list_
};

}  // namespace

Result<TreeList> extract_archive(int fd, Extract kind, const std::string& target,
                                 const ExtractOptions& options) {
  Utf8Locale locale;
  struct stat st;
  if (::fstat(fd, &st) != 0) return Error{"cannot stat the archive: " + errno_text(errno), ""};
  Result<Archive> archive = open_archive(fd, kind);
  if (!archive) return archive.error();
  return Unpacker(archive->get(), target, static_cast<uint64_t>(st.st_size), options).run();
}

}  // namespace fbuild::lnk
