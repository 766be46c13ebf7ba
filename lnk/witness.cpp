#include "lnk/witness.h"

#include <sys/stat.h>

#include <sstream>

#include "lnk/process_tag.h"
#include "lnk/sha256.h"
#include "lnk/tree_list.h"
#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr const char* kDurable = "durable";

struct Witness {
  uint64_t size = 0;
  int64_t mtime = 0;  // nanoseconds
  uint64_t inode = 0;
  std::string boot;
};

bool read_witness(const std::string& path, Witness& out) {
  Result<std::string> text = read_file(path);
  if (!text) return false;
  std::istringstream in(*text);
  std::string name, version, end;
  in >> name >> version >> out.size >> out.mtime >> out.inode >> out.boot;
  return !in.fail() && !(in >> end) && name == "fbuild-verified" && version == "1";
}

// What there is to look at, for a blob its data, for a tree its list.
bool look(const std::string& entry, EntryKey::Kind kind, Witness& out) {
  struct stat st;
  std::string data = data_path(entry, kind);
  if (::lstat(data.c_str(), &st) != 0) return false;
  if (kind == EntryKey::Tree) {
    if (!S_ISDIR(st.st_mode)) return false;
    if (::lstat((entry + "/list").c_str(), &st) != 0) return false;
  }
  if (!S_ISREG(st.st_mode)) return false;
  out.size = kind == EntryKey::Blob ? static_cast<uint64_t>(st.st_size) : 0;
  out.mtime = static_cast<int64_t>(st.st_mtim.tv_sec) * 1'000'000'000 + st.st_mtim.tv_nsec;
  out.inode = st.st_ino;
  return true;
}

}  // namespace

Trust glance(const std::string& entry, EntryKey::Kind kind, const std::string& witness) {
  Witness now, then;
  if (!look(entry, kind, now)) return path_exists(entry) ? Trust::Recheck : Trust::Missing;
  if (!read_witness(witness, then)) return Trust::Recheck;
  bool same = now.size == then.size && now.mtime == then.mtime && now.inode == then.inode;
  bool trusted = then.boot == kDurable || (then.boot == boot_id() && !then.boot.empty());
  return same && trusted ? Trust::Yes : Trust::Recheck;
}

Status verify_entry(const std::string& entry, EntryKey::Kind kind, const std::string& sha256) {
  std::string data = data_path(entry, kind);
  if (kind == EntryKey::Blob) {
    Result<std::string> digest = sha256_of_file(data);
    if (!digest) return digest.error();
    if (*digest != sha256) return Error{"its SHA-256 is " + *digest, "expected " + sha256, data};
    return {};
  }
  Result<EntryInfo> info = read_entry_info(entry);
  if (!info) return info.error();
  if (info->sha256 != sha256)
    return Error{"is of the archive " + info->sha256, "expected " + sha256, entry};
  std::string list_path = entry + "/list";
  Result<std::string> text = read_file(list_path);
  if (!text) return text.error();
  if (sha256_of(*text) != info->list_sha256)
    return Error{"the list of files has changed", "", list_path};
  Result<TreeList> list = parse_tree_list(*text, list_path);
  if (!list) return list.error();
  return verify_tree(data, *list);
}

Status write_witness(const std::string& entry, EntryKey::Kind kind, const std::string& witness,
                     bool durable) {
  Witness now;
  if (!look(entry, kind, now)) return Error{"the entry is gone", "", entry};
  std::string text = "fbuild-verified 1 " + std::to_string(now.size) + " " +
                     std::to_string(now.mtime) + " " + std::to_string(now.inode) + " " +
                     (durable ? kDurable : boot_id()) + "\n";
  return replace_file(witness, text);
}

bool witness_from_earlier_boot(const std::string& witness) {
  Witness then;
  return read_witness(witness, then) && then.boot != boot_id();
}

}  // namespace fbuild::lnk
