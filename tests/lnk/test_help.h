// What several tests of fbuild-lnk need: a folder that goes away, a store in it,
// archives made of nothing, and the program itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lnk/ensure.h"
#include "lnk/manifest.h"
#include "lnk/store.h"

namespace fbuild::lnk::testing {

struct TemporaryDirectory {
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string operator/(const std::string& name) const { return path + "/" + name; }
  std::string path;
};

// Reproducible bytes that do not compress.
std::string noise(size_t size, uint64_t seed = 1);

struct ArchiveItem {
  enum Type { File, Folder, Symlink, Hardlink, Fifo, Device };
  std::string path;
  Type type = File;
  std::string content = {};  // or the link's target
  unsigned mode = 0644;
  int64_t mtime = 1'600'000'000;
};

// An archive of these items, in this order, names taken as they are.
std::string make_archive(Extract kind, const std::vector<ArchiveItem>& items);

void write_file(const std::string& path, const std::string& content);
std::string slurp(const std::string& path);

Manifest manifest_for(const std::string& url, const std::string& content,
                      Extract extract = Extract::File, bool with_size = true);

// Options that give up fast.
EnsureOptions quick_options();

// The entries in a store that are complete, the partial files, and what is left in tmp/
// and trash/.
struct StoreCensus {
  int entries = 0, partials = 0, leftovers = 0;
};
StoreCensus census(const Store& store);

// True when everything in the store verifies and there are no left-overs.
bool is_clean(const Store& store);

struct ProgramResult {
  int status = -1;
  std::string out, err;
};

// Runs fbuild-lnk with these words in `folder`, with these variables on top of a bare
// environment.
ProgramResult run_lnk(const std::vector<std::string>& words, const std::string& folder,
                      const std::vector<std::string>& environment);

// Starts it without waiting; its output goes to `log` ("" for /dev/null). Returns the
// process id.
int start_lnk(const std::vector<std::string>& words, const std::string& folder,
              const std::vector<std::string>& environment, const std::string& log = "");

// Waits for a started process; its status as a shell gives it.
int wait_for(int pid);

}  // namespace fbuild::lnk::testing
