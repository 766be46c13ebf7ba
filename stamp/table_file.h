// The table as a file: opened, judged and mapped; replaced as a whole; and the few words
// that are changed in place. FORMAT.md describes the bytes.
//
// Nothing here trusts the file. What does not check out is "damaged", with a reason in
// words, and the caller goes on as if there were no table. A file that is truncated while
// it is mapped raises SIGBUS on access: a handler then puts zero pages under the mapping,
// so that reading goes on, and was_cut() tells that what was read may be nothing.
#pragma once

#include <cstdint>
#include <string>

#include "stamp/catalog.h"
#include "stamp/entry.h"
#include "support/files.h"

namespace fbuild::stamp {

inline constexpr uint32_t kTableVersion = 1;

// The start of the file; padded with zeros to kHeaderSize, whose last 8 bytes are the
// XXH3-64 of all before them.
struct TableHeader {
  char magic[8];
  uint32_t version;
  uint32_t header_size;
  uint64_t file_size;
  uint64_t live_offset;
  uint64_t live_words;
  uint64_t catalog_offset;
  uint64_t catalog_size;
  uint64_t catalog_checksum;  // XXH3-64, seed: table_id
  uint64_t table_id;          // random; made when a table is begun from nothing
  uint64_t generation;
  int64_t published;  // nanoseconds since 1970
  uint64_t boot;      // boot_identity() of the writer
};
inline constexpr char kMagic[8] = {'F', 'B', 'S', 'T', 'A', 'M', 'P', '\n'};
inline constexpr uint64_t kHeaderSize = 4096;
inline constexpr uint64_t kLiveOffset = 4096;

// Words that are changed in place, each by one aligned 8-byte store: 48 bits of value
// above a 16-bit CRC of them, so that a flipped byte shows.
enum LiveWord : uint64_t {
  kLiveBoot = 0,                            // boot_identity() that the check times belong to
  kLiveTotals = 1,                          // kCounterCount counters, summed up
  kLiveLast = kLiveTotals + kCounterCount,  // the same of the last run
  kLiveRoots = kLiveLast + kCounterCount,   // per root: boot clock, ms, of its last full check
};
uint64_t encode_live(uint64_t value);
bool decode_live(uint64_t word, uint64_t& value);

class TableFile {
 public:
  TableFile() = default;
  TableFile(const TableFile&) = delete;
  TableFile& operator=(const TableFile&) = delete;
  ~TableFile() { close(); }

  enum class State { Missing, Good, Damaged };

  // Opens, maps and judges the file and reads its catalog. `reason` says what is wrong
  // with a damaged one. Blocks are verified when first used: verify_block().
  State open(const std::string& path, Catalog& catalog, std::string& reason);
  void close();

  // Whether the checksum of a root's block is right; also true for a fresh one.
  bool verify_block(RootState& root) const;

  // Whether the mapping lost its file beneath it since it was opened.
  bool was_cut() const;

  // In place, if the file can be written (and is then still this one). Both are no-ops
  // on a table that is not open.
  void store_check_time(size_t root, uint64_t milliseconds);
  void add_counters(const Counters& run);

  // 0 when the word is damaged.
  uint64_t live_value(uint64_t index) const;
  bool live_damaged() const;
  uint64_t size() const { return size_; }

  // Writes the whole table for `catalog` beside `path` and renames it over it. The lock
  // must be held. Blocks that are not fresh are taken from this mapping. `totals` and
  // `last` are what the new file's counters begin with.
  Status publish(const std::string& path, Catalog& catalog, const Counters& totals,
                 const Counters& last) const;

 private:
  const char* data_ = nullptr;
  uint64_t size_ = 0;
  int slot_ = -1, live_slot_ = -1;  // of the SIGBUS registry
  uint64_t* live_ = nullptr;
  uint64_t live_bytes_ = 0;
  uint64_t live_words_ = 0;
  uint64_t table_id_ = 0;
  bool live_writable_ = false;
};

// Counters as the table holds them.
Counters live_counters(const TableFile& file, uint64_t first_word);

// The lock of a table's writers: an flock() on `<path>.lock`, given up when the process
// ends in whatever way. Waits up to `seconds`.
Result<Fd> lock_table(const std::string& path, double seconds);

// For tests: the next mapping fails as if the kernel refused it.
extern bool g_fail_next_mmap;

}  // namespace fbuild::stamp
