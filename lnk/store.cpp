#include "lnk/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "lnk/process_tag.h"
#include "lnk/sha256.h"
#include "support/cache_dir.h"
#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr const char* kFolder = "store-v1";
constexpr std::string_view kInfoHeader = "fbuild-entry 1\n";

// Caches are not worth a backup; https://bford.info/cachedir/ is how tar and others
// know.
constexpr std::string_view kCacheTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This folder holds files that fbuild can fetch again.\n";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string store_root(const std::string& cache) {
  return join_path(absolute_path(cache), kFolder);
}

Status rename_to(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    return Error{"cannot move to " + to + ": " + errno_text(errno), "", from};
  return {};
}

std::string unique_name() {
  static std::atomic<unsigned> counter{0};
  return own_process_tag() + "." + std::to_string(++counter);
}

}  // namespace

Result<std::string> cache_directory() {
  if (std::string dir = user_cache_directory(); !dir.empty()) return dir;
  return Error{"no place for the store: HOME is not set", "set FBUILD_CACHE_DIR to a folder"};
}

Store open_store(const std::string& cache, const std::vector<std::string>& layers) {
  Store store;
  store.root = store_root(cache);
  for (const std::string& layer : layers)
    if (std::string root = store_root(layer); root != store.root) store.layers.push_back(root);
  for (const char* part : {"blobs", "trees", "partial", "locks", "tmp", "trash", "vouched"}) {
    Status status = make_directories(join_path(store.root, part));
    if (status) continue;
    store.writable = false;
    store.unwritable = status.error();
    break;
  }
  if (store.writable && ::access(join_path(store.root, "tmp").c_str(), W_OK) != 0) {
    store.writable = false;
    store.unwritable = {"cannot write into the store: " + errno_text(errno),
                        "set FBUILD_CACHE_DIR to a folder of yours", store.root};
  }
  if (!store.writable) {
    // What is in it can still be used, as a read-only store's entries are.
    if (is_directory(store.root)) store.layers.insert(store.layers.begin(), store.root);
    return store;
  }
  std::string tag = join_path(absolute_path(cache), "CACHEDIR.TAG");
  // Written in place and only when missing: many processes may do this at once, and all
  // of them write the same few bytes.
  if (!path_exists(tag)) {
    Fd fd(::open(tag.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    if (fd) (void)!::write(fd.get(), kCacheTag.data(), kCacheTag.size());
  }
  return store;
}

Result<Store> open_default_store() {
  Result<std::string> cache = cache_directory();
  if (!cache) return cache.error();
  std::vector<std::string> layers;
  std::string path = environment("FBUILD_CACHE_PATH");
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = std::min(path.find(':', begin), path.size());
    if (end > begin) layers.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return open_store(*cache, layers);
}

EntryKey blob_key(const Manifest& manifest) {
  return {EntryKey::Blob, manifest.url, manifest.sha256, Extract::File, 0};
}

EntryKey tree_key(const Manifest& manifest, int strip) {
  return {EntryKey::Tree, manifest.url, manifest.sha256, manifest.extract, strip};
}

EntryKey git_key(const std::string& url, const std::string& commit) {
  return {EntryKey::Tree, "git+" + url, sha256_of("git commit " + commit), Extract::File, 0};
}

std::string kind_text(const EntryKey& key) {
  if (key.kind == EntryKey::Blob) return "blob";
  if (key.extract == Extract::File) return "tree git";
  return std::string("tree ") + extract_name(key.extract) + " strip=" + std::to_string(key.strip);
}

std::string entry_name(const EntryKey& key) {
  return key.sha256 + "." + sha256_of(kind_text(key) + "\n" + key.url).substr(0, 16);
}

std::string entry_path(const std::string& root, const EntryKey& key) {
  return root + (key.kind == EntryKey::Blob ? "/blobs/" : "/trees/") + entry_name(key);
}

std::string data_path(const std::string& entry, EntryKey::Kind kind) {
  return entry + (kind == EntryKey::Blob ? "/data" : "/tree");
}

std::string partial_path(const Store& store, const std::string& name) {
  return store.root + "/partial/" + name;
}

Result<FileLock> lock_entry(const Store& store, const EntryKey& key, FileLock::Mode mode,
                            const std::function<void()>& before_waiting) {
  std::string path = store.root + "/locks/" + entry_name(key);
  if (before_waiting) {
    Result<std::optional<FileLock>> lock = FileLock::take_if_free(path, mode);
    if (!lock) return lock.error();
    if (*lock) return std::move(**lock);
    before_waiting();
  }
  return FileLock::wait(path, mode);
}

std::string entry_info_text(const EntryInfo& info) {
  std::string out(kInfoHeader);
  out += "kind " + info.kind_text + "\nurl " + info.url + "\nsha256 " + info.sha256 + "\nsize " +
         std::to_string(info.size) + "\ndisk " + std::to_string(info.disk) + "\n";
  if (!info.list_sha256.empty()) out += "list " + info.list_sha256 + "\n";
  return out;
}

Result<EntryInfo> read_entry_info(const std::string& entry) {
  std::string path = entry + "/info";
  Result<std::string> text = read_file(path);
  if (!text) return text.error();
  std::string_view rest = *text;
  if (rest.substr(0, kInfoHeader.size()) != kInfoHeader)
    return Error{"not an entry of this store", "", path};
  rest.remove_prefix(kInfoHeader.size());
  EntryInfo out;
  while (!rest.empty()) {
    size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    size_t blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    std::string_view key = line.substr(0, blank), value = line.substr(blank + 1);
    auto number = [&](uint64_t& to) {
      std::from_chars(value.data(), value.data() + value.size(), to);
    };
    if (key == "kind") out.kind_text = value;
    if (key == "url") out.url = value;
    if (key == "sha256") out.sha256 = value;
    if (key == "size") number(out.size);
    if (key == "disk") number(out.disk);
    if (key == "list") out.list_sha256 = value;
  }
  out.kind = out.kind_text == "blob" ? EntryKey::Blob : EntryKey::Tree;
  if (out.kind_text.empty() || out.sha256.size() != 64)
    return Error{"not an entry of this store", "", path};
  return out;
}

Result<std::string> make_stage(const Store& store) {
  if (!store.writable) return store.unwritable;
  std::string path = store.root + "/tmp/" + unique_name();
  if (::mkdir(path.c_str(), 0755) != 0)
    return Error{"cannot create the folder: " + errno_text(errno), "", path};
  return path;
}

Status publish(const Store& store, const std::string& stage, const EntryKey& key) {
  std::string place = entry_path(store.root, key);
  struct stat st;
  if (::lstat(place.c_str(), &st) == 0) {
    if (Status status = discard(store, place); !status) return status;
  }
  return rename_to(stage, place);
}

Status discard(const Store& store, const std::string& entry) {
  std::string bin = store.root + "/trash/" + unique_name();
  if (Status status = rename_to(entry, bin); !status) return status;
  remove_folder(bin);
  return {};
}

void touch_entry(const std::string& entry) {
  ::utimensat(AT_FDCWD, (entry + "/info").c_str(), nullptr, 0);
}

void remove_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (!error || !path_exists(path)) return;
  // A folder inside was made unwritable; give ourselves the right and try again.
  std::error_code ignored;
  using Walk = std::filesystem::recursive_directory_iterator;
  ::chmod(path.c_str(), 0700);
  for (Walk at(path, ignored), end; at != end; at.increment(ignored)) {
    if (at->is_directory(ignored) && !at->is_symlink(ignored)) ::chmod(at->path().c_str(), 0700);
  }
  std::filesystem::remove_all(path, error);
}

}  // namespace fbuild::lnk
