// The table reader. The input's checksums are put right first, so that what is behind them
// is reached; then everything a reader does with a table is done. Whatever roots and files
// it names, those looked at lie in an empty directory.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "stamp/diff.h"
#include "stamp/hash.h"
#include "stamp/table_file.h"
#include "stamp/verify.h"

using namespace fbuild;
using namespace fbuild::stamp;

namespace {

const std::string& directory() {
  static const std::string path = [] {
    std::string name = "/tmp/fbuild-table-fuzz-XXXXXX";
    if (!::mkdtemp(name.data())) std::abort();
    static std::string to_remove = name;
    std::atexit([] {
      ::unlink((to_remove + "/table").c_str());
      ::unlink((to_remove + "/out.new").c_str());
      ::unlink((to_remove + "/out").c_str());
      ::rmdir((to_remove + "/src").c_str());
      ::rmdir(to_remove.c_str());
    });
    ::mkdir((name + "/src").c_str(), 0755);
    return name;
  }();
  return path;
}

// Makes sizes and checksums agree with the bytes.
void put_right(std::string& bytes) {
  if (bytes.size() < kHeaderSize) return;
  TableHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::memcpy(header.magic, kMagic, 8);
  header.version = kTableVersion;
  header.header_size = kHeaderSize;
  header.live_offset = kLiveOffset;
  header.file_size = bytes.size();
  if (header.live_words % 512 || header.live_words > bytes.size() / 8) header.live_words = 512;
  header.catalog_offset = kLiveOffset + header.live_words * 8;
  if (header.catalog_offset <= bytes.size()) {
    header.catalog_size = std::min(header.catalog_size, bytes.size() - header.catalog_offset);
    const char* catalog_bytes = bytes.data() + header.catalog_offset;
    header.catalog_checksum = checksum64(catalog_bytes, header.catalog_size, header.table_id);
    for (uint64_t i = 0; i < header.live_words; ++i) {
      uint64_t word, value;
      std::memcpy(&word, bytes.data() + kLiveOffset + 8 * i, 8);
      decode_live(word, value);
      word = encode_live(word >> 16);
      std::memcpy(bytes.data() + kLiveOffset + 8 * i, &word, 8);
    }
  }
  std::memcpy(bytes.data(), &header, sizeof header);
  uint64_t checksum = checksum64(bytes.data(), kHeaderSize - 8);
  std::memcpy(bytes.data() + kHeaderSize - 8, &checksum, 8);
}

bool harmless(std::string_view path) {
  return !path.empty() && path[0] != '/' && path.find("..") == std::string_view::npos;
}

bool harmless(const BlockView& view) {
  for (uint32_t i = 0; i < view.count; ++i)
    if (std::string_view name = view.name(view.entries[i]); !name.empty() && !harmless(name))
      return false;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string path = directory() + "/table";
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bool as_it_is = size % 8 == 7;  // some inputs go in without help
  if (!as_it_is) put_right(bytes);
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    std::abort();
  ::close(fd);

  TableFile file;
  Catalog catalog;
  std::string reason;
  if (file.open(path, catalog, reason) != TableFile::State::Good) {
    if (reason.empty()) std::abort();
    return 0;
  }
  const std::string empty = directory() + "/src", nothing = directory() + "/none";
  (void)live_counters(file, kLiveTotals);
  file.add_counters(Counters{});
  std::vector<RootState*> roots;
  std::vector<FileState*> files;
  for (RootState& root : catalog.roots) {
    (void)file.verify_block(root);  // what is behind a wrong checksum must not crash either
    bool poisoned;
    (void)root_digest(root.view, poisoned);
    if (root.view.count > 20000) continue;
    for (uint32_t i = 0; i < root.view.count; i += 7) (void)root.view.path(i);
    if (!harmless(root.view) || root.view.count >= 200 || roots.size() > 4) continue;
    root.path = empty;
    roots.push_back(&root);
  }
  for (FileState& entry : catalog.files) {
    if (files.size() >= 10) break;
    entry.path = nothing;
    files.push_back(&entry);
  }
  for (const SetState& set : catalog.sets) (void)definition_of(catalog, set);
  VerifyOptions options;
  options.table = path;
  std::vector<BlockView> before;
  for (RootState* root : roots) before.push_back(root->view);
  VerifyResult result = verify(roots, files, options);
  if (!result.damaged) {
    for (size_t i = 0; i < roots.size(); ++i) {
      if (!roots[i]->fresh) continue;
      DiffResult diff = diff_blocks(before[i], *roots[i]->fresh, {1, 0, 0, true});
      update_snapshots(catalog, *roots[i], roots[i]->digest, {1, 1}, diff, true);
    }
  }
  if (!file.publish(directory() + "/out", catalog, {}, {})) return 0;
  return 0;
}
