#include "stamp/object_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "stamp/clock.h"
#include "stamp/entry.h"
#include "support/cache_dir.h"
#include "support/files.h"

namespace fbuild::stamp {

namespace {

constexpr std::string_view kMagic = "fbobj01\n";
constexpr size_t kHeader = 32;
constexpr int kFolders = 16;
constexpr int64_t kSecond = 1000000000;
// A temporary file that old belongs to nobody any more.
constexpr int64_t kAbandoned = 3600 * kSecond;

std::string folder_of(const ObjectStore& store, int number) {
  return store.root + "/" + "0123456789abcdef"[number];
}

int number_of(const Hash128& key) {
  return static_cast<int>(key.high >> 60);
}

std::string path_of(const ObjectStore& store, const Hash128& key, std::string_view kind) {
  return folder_of(store, number_of(key)) + "/" + hex(key) + "." + std::string(kind);
}

void put_u64(std::string& out, uint64_t value) {
  for (int i = 0; i < 8; ++i, value >>= 8) out += static_cast<char>(value & 0xff);
}

std::string header_of(std::string_view content) {
  std::string out(kMagic);
  put_u64(out, content.size());
  Hash128 hash = hash_text(content);
  put_u64(out, hash.low);
  put_u64(out, hash.high);
  return out;
}

struct StoredFile {
  std::string path;
  uint64_t size;
  int64_t used;
};

std::vector<StoredFile> list_folder(const std::string& folder) {
  std::vector<StoredFile> out;
  Result<std::vector<DirEntry>> entries = list_directory(folder);
  if (!entries) return out;
  for (const DirEntry& entry : *entries) {
    std::string path = folder + "/" + entry.name;
    StatInfo info;
    if (stat_path(AT_FDCWD, path.c_str(), false, info) != 0 || !info.is_regular()) continue;
    bool temporary = entry.name.find(".tmp.") != std::string::npos;
    if (temporary && info.mtime < file_clock_now() - kAbandoned) ::unlink(path.c_str());
    if (!temporary) out.push_back({path, info.size, info.mtime});
  }
  return out;
}

ObjectUsage trim_folder(const std::string& folder, uint64_t share) {
  std::vector<StoredFile> files = list_folder(folder);
  ObjectUsage usage{files.size(), 0};
  for (const StoredFile& file : files) usage.bytes += file.size;
  if (usage.bytes <= share) return usage;
  std::sort(files.begin(), files.end(),
            [](const StoredFile& a, const StoredFile& b) { return a.used < b.used; });
  // Somewhat below the share, so that the next store does not have to trim again.
  for (const StoredFile& file : files) {
    if (usage.bytes <= share - share / 8) break;
    if (::unlink(file.path.c_str()) != 0) continue;
    usage.bytes -= file.size;
    --usage.entries;
  }
  return usage;
}

}  // namespace

Result<uint64_t> parse_object_budget(std::string_view text) {
  if (text.empty()) return kDefaultObjectBudget;
  if (text == "off" || text == "no") return uint64_t{0};
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  int shift = unit.empty() ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
  if (error != std::errc() || shift < 0 || number > (UINT64_MAX >> shift))
    return Error{"FBUILD_OBJECT_CACHE is '" + std::string(text) + "'",
                 "off, or a size such as 500M or 2G"};
  return number << shift;
}

Result<ObjectStore> object_store_from_environment() {
  const char* wanted = std::getenv("FBUILD_OBJECT_CACHE");
  Result<uint64_t> budget = parse_object_budget(wanted ? wanted : "");
  if (!budget) return budget.error();
  std::string cache = user_cache_directory();
  if (*budget == 0 || cache.empty()) return ObjectStore{};
  return ObjectStore{cache + "/objects-v1", *budget};
}

std::optional<std::string> read_object(const ObjectStore& store, const Hash128& key,
                                       std::string_view kind) {
  if (store.root.empty()) return std::nullopt;
  std::string path = path_of(store, key, kind);
  Result<std::string> text = read_file(path);
  if (!text) return std::nullopt;
  std::string_view content = std::string_view(*text).substr(std::min(kHeader, text->size()));
  if (text->size() < kHeader || !text->starts_with(header_of(content))) {
    ::unlink(path.c_str());
    return std::nullopt;
  }
  StatInfo info;
  if (stat_path(AT_FDCWD, path.c_str(), false, info) == 0 &&
      info.mtime < file_clock_now() - kAbandoned)
    ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
  text->erase(0, kHeader);
  return std::move(*text);
}

void write_object(const ObjectStore& store, const Hash128& key, std::string_view kind,
                  std::string_view content) {
  if (store.root.empty() || content.size() > store.budget / kFolders) return;
  std::string path = path_of(store, key, kind), folder(dir_name(path));
  std::string text = header_of(content).append(content);
  if (!replace_file(path, text)) {
    if (!make_directories(folder) || !replace_file(path, text)) return;
  }
  // One in 32 looks whether there is too much, so that the sum stays near the budget
  // without anybody keeping count.
  static const uint64_t dice =
      static_cast<uint64_t>(boot_clock_now() / 1000) ^ static_cast<uint64_t>(::getpid());
  if ((dice ^ key.low) % 32 == 0) trim_folder(folder, store.budget / kFolders);
}

ObjectUsage measure_objects(const ObjectStore& store) {
  ObjectUsage out;
  for (int i = 0; i < kFolders; ++i)
    for (const StoredFile& file : list_folder(folder_of(store, i))) {
      ++out.entries;
      out.bytes += file.size;
    }
  return out;
}

ObjectUsage trim_objects(const ObjectStore& store, uint64_t budget) {
  ObjectUsage out;
  for (int i = 0; i < kFolders; ++i) {
    ObjectUsage folder = trim_folder(folder_of(store, i), budget / kFolders);
    out.entries += folder.entries;
    out.bytes += folder.bytes;
  }
  return out;
}

}  // namespace fbuild::stamp
