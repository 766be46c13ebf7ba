// What a table holds, as plain structs: the sets, what they refer to, and the blocks of
// entries. Read from the mapped file without copying (texts and blocks point into the
// mapping), changed in memory, written out as a complete new file. FORMAT.md describes
// the bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stamp/definition.h"
#include "stamp/entry.h"
#include "stamp/hash.h"
#include "support/result.h"

namespace fbuild::stamp {

// After so many entries (1.4 MB) a part of a block is given back. Another number is for tests.
extern uint32_t g_give_back_step;

// The entries of one root in walk order: a directory, then its entries sorted by name,
// each followed by its own. entries[0] is the root itself. Contents may come from a
// damaged file: every access checks its bounds.
struct BlockView {
  const Entry* entries = nullptr;
  uint32_t count = 0;
  const char* names = nullptr;
  uint64_t names_size = 0;
  bool mapped = false;  // lies in the table's file

  std::string_view name(const Entry& entry) const {
    if (entry.name_offset > names_size || entry.name_size > names_size - entry.name_offset)
      return {};
    return {names + entry.name_offset, entry.name_size};
  }
  // The path below the root; "" for the root itself.
  std::string path(uint32_t index) const;
  // The index of what lies at a path below the root ("": the root itself), if it is known.
  std::optional<uint32_t> find(std::string_view path) const;

  // Gives the memory of entries [begin, end), or of everything, back to the system until it
  // is used again: of a large mapped block only, which comes back from the file. A table of
  // 200,000 files is 27 MB, and what replaces it as much; whoever goes through both need
  // not hold both.
  void give_back(uint32_t begin, uint32_t end) const;
  void give_back() const;
  bool is_large() const { return mapped && count / 2 > g_give_back_step; }
};

struct Block {
  std::vector<Entry> entries;
  std::string names;

  BlockView view() const {
    return {entries.data(), static_cast<uint32_t>(entries.size()), names.data(), names.size(),
            false};
  }
};
// A copy that can be changed; gives `view` back meanwhile.
std::unique_ptr<Block> copy_block(const BlockView& view);

// What an entry contributes to fingerprints and comparisons.
struct Value {
  Kind kind = Kind::None;  // None: not there
  uint64_t size = 0;
  Hash128 hash;

  bool operator==(const Value&) const = default;
};
Value value_of(const Entry& entry);

// How a root looked when some set was sealed, as the difference from how it looks now.
struct SnapshotRow {
  std::string_view path;
  Value value;  // then
};
struct Snapshot {
  Hash128 digest;                 // of the root, then
  std::vector<SnapshotRow> rows;  // by path
};

struct RootState {
  std::string_view path;
  std::string_view extensions;  // "": the defaults; else '=' and the list
  std::string_view excludes;    // likewise

  bool known = false;     // there is a block, and the digest is of it
  bool poisoned = false;  // something in it could not be read: never clean
  Hash128 digest;
  uint32_t changed = 0;  // the greatest of its entries
  uint32_t touched = 0;
  std::vector<Snapshot> snapshots;

  BlockView view;                // of `fresh` or of the mapped file
  std::unique_ptr<Block> fresh;  // set when it is not, or no longer, what the file holds
  uint64_t checksum = 0;         // of the block in the file
  bool verified = false;         // the checksum has been compared
  uint64_t checked_ms = 0;       // boot clock of the last full check; 0: none in this boot
};

// A single file or an artifact. Its entry lies in the block of single files.
struct FileState {
  std::string_view path;
  Entry entry;  // kind None: never looked at
};

enum class RefType : uint8_t { Root = 1, File = 2, Env = 3, Command = 4 };

// One input of a set.
struct Ref {
  RefType type = RefType::Root;
  bool package = false;
  uint32_t index = 0;     // of the root or the file
  std::string_view name;  // roots, files: inside the fingerprint; else what is evaluated
  Hash128 digest;         // Env, Command: as of the last check
};

struct SealedRef {
  RefType type = RefType::Root;
  std::string_view name;
  Hash128 digest;
};

struct SealedArtifact {
  std::string_view path;
  Value value;
};

struct Seal {
  bool present = false;
  Hash128 fingerprint;
  std::string_view metadata;
  std::vector<SealedRef> refs;
  std::vector<SealedArtifact> artifacts;
};

struct SetState {
  std::string_view name;
  std::string_view metadata;
  std::vector<Ref> refs;            // sorted by type and name
  std::vector<uint32_t> artifacts;  // indices of files

  bool checked = false;  // the next three are of its last check
  Hash128 fingerprint;
  uint64_t nonce = 0;             // names the token of that check
  uint32_t token_generation = 0;  // what changed later than this, changed after the token
  uint32_t mark_generation = 0;   // see Session::mark
  Seal seal;
};

struct Catalog {
  uint64_t table_id = 0;
  uint32_t generation = 0;       // counts publications
  int64_t published = 0;         // file clock
  uint64_t boot = 0;             // boot_identity() then
  std::vector<SetState> sets;    // sorted by name
  std::vector<RootState> roots;  // sorted by path, extensions, excludes
  std::vector<FileState> files;  // sorted by path

  // Keeps a text alive as long as the catalog.
  std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
  std::deque<std::string> texts;

  SetState* find_set(std::string_view name);
  const SetState* find_set(std::string_view name) const;
};

// Replaces or adds a set. Keeps its seal, and what is known about roots and files that
// the new definition shares with old ones.
void define_set(Catalog& catalog, std::string_view name, const Definition& canonical);
bool drop_set(Catalog& catalog, std::string_view name);

// The definition a set was made from.
Definition definition_of(const Catalog& catalog, const SetState& set);

// Takes out roots and files that no set refers to, and snapshots no seal needs.
void collect_garbage(Catalog& catalog);

// The catalog's bytes for the file, with `block_offsets` telling where each root's block
// and, last, the block of single files will lie (or lies, for size alone: zeros will do).
struct BlockPlace {
  uint64_t offset = 0;
  uint64_t count = 0;
  uint64_t names_size = 0;
  uint64_t checksum = 0;

  // Bytes in the file, padded to 8.
  uint64_t size() const { return (count * sizeof(Entry) + names_size + 7) & ~uint64_t{7}; }
};
std::string encode_catalog(const Catalog& catalog, const std::vector<BlockPlace>& places);

// Reads those bytes. Texts point into `bytes`. `places` has one more than there are
// roots. False when they are not a catalog.
bool decode_catalog(std::string_view bytes, Catalog& catalog, std::vector<BlockPlace>& places);

}  // namespace fbuild::stamp
