#include "lnk/ensure.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "lnk/fetch.h"
#include "lnk/lease.h"
#include "lnk/present.h"
#include "lnk/sha256.h"
#include "lnk/witness.h"
#include "support/files.h"

namespace fbuild::lnk {

namespace {

uint64_t blocks(uint64_t bytes) {
  return (bytes + 4095) / 4096 * 4096;
}

// Folder, info, witness: what an entry takes beside its data.
constexpr uint64_t kEntryOverhead = 3 * 4096;

void report(const EnsureOptions& options, FetchProgress::Phase phase, const std::string& url,
            uint64_t bytes) {
  if (options.fetch.progress) options.fetch.progress({phase, url, bytes, 0, ""});
}

// The manifest's size holds for a blob that is there already as well.
Status check_size(const std::string& data, const Manifest& manifest) {
  struct stat st;
  if (!manifest.size || ::stat(data.c_str(), &st) != 0) return {};
  if (static_cast<uint64_t>(st.st_size) == *manifest.size) return {};
  return Error{manifest.url + ": the manifest says " + std::to_string(*manifest.size) +
                   " bytes, the verified blob has " + std::to_string(st.st_size),
               "correct \"size\""};
}

// A read-only layer's entry: believed after it was verified once by us. What it looked
// like then is remembered in our own store, where there is one.
bool layer_has(const Store& store, const std::string& layer, const EntryKey& key) {
  std::string entry = entry_path(layer, key);
  std::string witness = layer_witness(store, layer, key);
  Trust trust = glance(entry, key.kind, witness);
  if (trust == Trust::Missing) return false;
  if (trust == Trust::Yes) return true;
  if (!verify_entry(entry, key.kind, key.sha256)) return false;
  // We did not write it, so what was read came from its disk.
  if (store.writable) (void)write_witness(entry, key.kind, witness, true);
  return true;
}

// As use_at_a_glance, with a full look when a glance is not enough; a bad entry is thrown away.
// Needs the exclusive lock.
Result<bool> use_after_recheck(const Store& store, const std::string& entry, const EntryKey& key,
                               pid_t holder) {
  std::string witness = entry + "/verified";
  Trust trust = glance(entry, key.kind, witness);
  if (trust == Trust::Missing) return false;
  if (trust == Trust::Recheck) {
    bool durable = witness_from_earlier_boot(witness);
    Result<EntryInfo> info = read_entry_info(entry);
    if (!info || !verify_entry(entry, key.kind, key.sha256)) {
      if (Status status = discard(store, entry); !status) return status.error();
      return false;
    }
    // Whoever made it writable to edit it has given its content back, but not this.
    if (key.kind == EntryKey::Blob) ::chmod(data_path(entry, key.kind).c_str(), 0444);
    if (Status status = write_witness(entry, key.kind, witness, durable); !status)
      return status.error();
  }
  if (Status status = take_lease(entry, holder); !status) return status.error();
  touch_entry(entry);
  return true;
}

// The steps shared by blobs and trees; `make` puts the entry into the store under the
// exclusive lock.
template <class Make>
Result<std::string> ensure_entry(const Store& store, const EntryKey& key,
                                 const EnsureOptions& options, Make make) {
  std::string entry = entry_path(store.root, key);
  if (store.writable) {
    Result<FileLock> lock = lock_entry(store, key, FileLock::Shared);
    if (!lock) return lock.error();
    Result<bool> used = use_at_a_glance(entry, key.kind, options.lease_holder);
    if (!used) return used.error();
    if (*used) return data_path(entry, key.kind);
  }
  for (const std::string& layer : store.layers) {
    if (!layer_has(store, layer, key)) continue;
    std::string there = entry_path(layer, key);
    // Somebody's gc may work in a layer that we may write to; elsewhere nothing is evicted
    // by anyone we could tell.
    if (::access(there.c_str(), W_OK) == 0) (void)take_lease(there, options.lease_holder);
    return data_path(there, key.kind);
  }
  if (!store.writable) return store.unwritable;

  Result<FileLock> lock = lock_entry(store, key, FileLock::Exclusive,
                                     [&] { report(options, FetchProgress::Waiting, key.url, 0); });
  if (!lock) return lock.error();
  // Another process may have brought it while we waited.
  Result<bool> used = use_after_recheck(store, entry, key, options.lease_holder);
  if (!used) return used.error();
  if (*used) return data_path(entry, key.kind);
  if (Status status = make(); !status) return status.error();
  if (Status status = take_lease(entry, options.lease_holder); !status) return status.error();
  report(options, FetchProgress::Done, key.url, 0);
  return data_path(entry, key.kind);
}

// A stage that is removed unless it was published.
struct Stage {
  std::string path;
  ~Stage() {
    if (!path.empty()) remove_folder(path);
  }
};

Status finish_stage(const Store& store, Stage& stage, const EntryKey& key, EntryInfo info) {
  info.kind = key.kind;
  info.kind_text = kind_text(key);
  info.url = key.url;
  info.sha256 = key.sha256;
  Status status = replace_file(stage.path + "/info", entry_info_text(info));
  if (status) status = write_witness(stage.path, key.kind, stage.path + "/verified", false);
  if (status) status = publish(store, stage.path, key);
  if (status) stage.path.clear();
  return status;
}

// Moves a complete, verified partial file into the store. Needs the exclusive lock.
Status publish_blob(const Store& store, const std::string& partial, const EntryKey& key,
                    uint64_t size) {
  Result<std::string> made = make_stage(store);
  if (!made) return made.error();
  Stage stage{*made};
  std::string data = data_path(stage.path, EntryKey::Blob);
  // A time of our own, finer than the kernel's clock tick, so that no later write in
  // the same tick can look like this one.
  timespec times[2] = {{0, UTIME_OMIT}, {}};
  ::clock_gettime(CLOCK_REALTIME, &times[1]);
  if (::chmod(partial.c_str(), 0444) != 0 ||
      ::utimensat(AT_FDCWD, partial.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0 ||
      ::rename(partial.c_str(), data.c_str()) != 0)
    return Error{"cannot move into the store: " + errno_text(errno), "", partial};
  ::unlink((partial + ".from").c_str());
  EntryInfo info;
  info.size = size;
  info.disk = blocks(size) + kEntryOverhead;
  return finish_stage(store, stage, key, info);
}

Status make_blob(const Store& store, const Manifest& manifest, const EntryKey& key,
                 const EnsureOptions& options) {
  FetchRequest request{manifest.url, manifest.sha256, manifest.size,
                       partial_path(store, entry_name(key))};
  Result<Fetched> fetched = fetch(request, options.fetch);
  if (!fetched) return fetched.error();
  return publish_blob(store, request.path, key, fetched->size);
}

// A stage with a complete tree. Needs the exclusive lock.
Status finish_tree(const Store& store, Stage& stage, const EntryKey& key, const TreeList& list) {
  std::string text = tree_list_text(list);
  EntryInfo info;
  info.list_sha256 = sha256_of(text);
  info.disk = blocks(text.size()) + kEntryOverhead;
  for (const TreeItem& item : list) {
    info.size += item.size;
    info.disk += item.kind == TreeItem::Folder ? 4096 : blocks(item.size);
  }
  if (Status status = replace_file(stage.path + "/list", text); !status) return status;
  return finish_stage(store, stage, key, info);
}

Status make_tree(const Store& store, const Manifest& manifest, const EntryKey& key,
                 const EnsureOptions& options) {
  Result<std::string> archive = ensure_blob(store, manifest, options);
  if (!archive) return archive.error();
  Fd fd(::open(archive->c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Error{"cannot open: " + errno_text(errno), "", *archive};
  Result<std::string> made = make_stage(store);
  if (!made) return made.error();
  Stage stage{*made};
  std::string tree = data_path(stage.path, EntryKey::Tree);
  if (Status status = make_directories(tree); !status) return status;
  ExtractOptions extract = options.extract;
  extract.strip = key.strip;
  if (options.fetch.progress && !extract.progress)
    extract.progress = [&](uint64_t bytes) {
      report(options, FetchProgress::Extracting, manifest.url, bytes);
    };
  Result<TreeList> list = extract_archive(fd.get(), manifest.extract, tree, extract);
  if (!list) {
    Error error = list.error();
    if (error.file.empty()) error.what = manifest.url + ": " + error.what;
    return error;
  }
  return finish_tree(store, stage, key, *list);
}

CheckedEntry check_one(const Store& store, const EntryKey& key) {
  CheckedEntry out;
  std::vector<std::string> roots = {store.root};
  roots.insert(roots.end(), store.layers.begin(), store.layers.end());
  for (const std::string& root : roots) {
    std::string entry = entry_path(root, key);
    if (!path_exists(entry)) continue;
    Status status = verify_entry(entry, key.kind, key.sha256);
    if (status) return {EntryState::Ok, data_path(entry, key.kind), ""};
    if (out.state != EntryState::Bad) out = {EntryState::Bad, "", status.error().text()};
  }
  return out;
}

}  // namespace

Result<std::string> ensure_blob(const Store& store, const Manifest& manifest,
                                const EnsureOptions& options) {
  EntryKey key = blob_key(manifest);
  Result<std::string> path =
      ensure_entry(store, key, options, [&] { return make_blob(store, manifest, key, options); });
  if (!path) return path;
  if (Status status = check_size(*path, manifest); !status) return status.error();
  return path;
}

Result<std::string> ensure_tree(const Store& store, const Manifest& manifest, int strip,
                                const EnsureOptions& options) {
  if (manifest.extract == Extract::File)
    return Error{manifest.url + ": is not declared as an archive",
                 "add \"extract\": \"tar.gz\" or what it is"};
  EntryKey key = tree_key(manifest, strip);
  return ensure_entry(store, key, options,
                      [&] { return make_tree(store, manifest, key, options); });
}

Result<std::string> ensure_made_tree(const Store& store, const EntryKey& key,
                                     const EnsureOptions& options, const TreeMaker& make) {
  return ensure_entry(store, key, options, [&]() -> Status {
    Result<std::string> made = make_stage(store);
    if (!made) return made.error();
    Stage stage{*made};
    std::string tree = data_path(stage.path, EntryKey::Tree), scratch = stage.path + "/scratch";
    for (const std::string& folder : {tree, scratch})
      if (Status status = make_directories(folder); !status) return status;
    Result<TreeList> list = make(tree, scratch);
    if (!list) return list.error();
    remove_folder(scratch);
    return finish_tree(store, stage, key, *list);
  });
}

Result<std::string> ensure(const Store& store, const Manifest& manifest,
                           const EnsureOptions& options) {
  if (manifest.extract == Extract::File) return ensure_blob(store, manifest, options);
  return ensure_tree(store, manifest, 0, options);
}

Result<Manifest> fetch_unknown(const Store& store, const std::string& url, Extract extract,
                               const EnsureOptions& options) {
  if (!store.writable) return store.unwritable;
  // One `add` of a URL at a time; its partial file is named by the URL alone.
  std::string name = "add." + sha256_of(url).substr(0, 32);
  Result<FileLock> lock = FileLock::wait(store.root + "/locks/" + name, FileLock::Exclusive);
  if (!lock) return lock.error();
  FetchRequest request{url, "", std::nullopt, partial_path(store, name)};
  Result<Fetched> fetched = fetch(request, options.fetch);
  if (!fetched) return fetched.error();
  Manifest out{url, fetched->sha256, fetched->size, extract};
  EntryKey key = blob_key(out);
  std::string entry = entry_path(store.root, key);
  Result<FileLock> entry_lock = lock_entry(store, key, FileLock::Exclusive);
  if (!entry_lock) return entry_lock.error();
  Result<bool> used = use_after_recheck(store, entry, key, options.lease_holder);
  if (!used) return used.error();
  if (*used) {
    remove_partial(request.path);
  } else {
    if (Status status = publish_blob(store, request.path, key, fetched->size); !status)
      return status.error();
    if (Status status = take_lease(entry, options.lease_holder); !status) return status.error();
  }
  return out;
}

CheckedEntry check_entry(const Store& store, const Manifest& manifest) {
  CheckedEntry blob = check_one(store, blob_key(manifest));
  if (blob.state == EntryState::Ok) {
    if (Status status = check_size(blob.path, manifest); !status)
      return {EntryState::Bad, "", status.error().what};
  }
  if (manifest.extract == Extract::File || blob.state == EntryState::Bad) return blob;
  // Of an archive the tree is what counts; the blob may have been evicted since.
  return check_one(store, tree_key(manifest, 0));
}

std::string find_entry(const Store& store, const Manifest& manifest) {
  EntryKey key = manifest.extract == Extract::File ? blob_key(manifest) : tree_key(manifest, 0);
  std::vector<std::string> roots = {store.root};
  roots.insert(roots.end(), store.layers.begin(), store.layers.end());
  for (const std::string& root : roots) {
    std::string data = data_path(entry_path(root, key), key.kind);
    if (path_exists(data)) return data;
  }
  return "";
}

}  // namespace fbuild::lnk
