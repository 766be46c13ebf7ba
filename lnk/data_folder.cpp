#include "lnk/data_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <set>
#include <thread>
#include <utility>

#include "lnk/find_manifests.h"
#include "lnk/materialize.h"
#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr std::string_view kSuffix = ".lnk";

class Lister {
 public:
  Status list(const std::string& folder, const std::string& place) {
    struct stat st;
    if (::stat(folder.c_str(), &st) != 0)
      return Error{"cannot stat: " + errno_text(errno), "", folder};
    // Only what leads back into itself is an error: one folder may be linked twice.
    std::pair<dev_t, ino_t> id(st.st_dev, st.st_ino);
    if (!above_.insert(id).second)
      return Error{"the link leads back to a folder it lies in", "remove it", folder};
    Result<std::vector<DirEntry>> entries = list_directory(folder);
    if (!entries) return entries.error();
    std::set<std::string> names;
    for (const DirEntry& entry : *entries) names.insert(entry.name);
    for (const DirEntry& entry : *entries) {
      std::string source = join_path(folder, entry.name), to = join_path(place, entry.name);
      if (entry.kind == DirEntry::Directory) {
        if (is_excluded_folder(entry.name)) continue;
        out_.items.push_back({DataItem::Folder, source, to});
        if (Status status = list(source, to); !status) return status;
      } else if (entry.kind == DirEntry::Other) {
        bool dangling = ::stat(source.c_str(), &st) != 0;
        return Error{dangling ? "the link leads nowhere" : "is neither a file nor a folder",
                     "remove it", source};
      } else if (is_manifest(entry.name)) {
        std::string name = entry.name.substr(0, entry.name.size() - kSuffix.size());
        if (name == "." || name == "..")
          return Error{"the name without .lnk is no name for a file", "rename it", source};
        if (names.count(name)) {
          out_.warnings.push_back({"'" + join_path(folder, name) + "' is there itself, and is used",
                                   "remove one of them", source});
          continue;
        }
        out_.items.push_back({DataItem::Manifest, source, join_path(place, name)});
      } else {
        out_.items.push_back({DataItem::File, source, to});
      }
    }
    above_.erase(id);
    return {};
  }

  DataListing take() {
    std::sort(out_.items.begin(), out_.items.end(),
              [](const DataItem& a, const DataItem& b) { return a.place < b.place; });
    return std::move(out_);
  }

 private:
  // A file called ".lnk" names nothing.
  static bool is_manifest(const std::string& name) {
    return name.size() > kSuffix.size() && name.ends_with(kSuffix);
  }

  DataListing out_;
  std::set<std::pair<dev_t, ino_t>> above_;
};

// What a manifest stands for, in the store.
struct Fetched {
  Extract extract = Extract::File;
  std::string data;
  std::optional<Error> error;
};

Fetched fetch_one(const Store& store, const std::string& path, const EnsureOptions& options) {
  Fetched out;
  Result<Manifest> manifest = load_manifest(path);
  if (!manifest) {
    out.error = manifest.error();
    return out;
  }
  out.extract = manifest->extract;
  Result<std::string> data = ensure(store, *manifest, options);
  if (data) {
    out.data = *data;
  } else {
    out.error = Error{data.error().text(), "", path};
  }
  return out;
}

// Whether a path relative to the folder is one that list_data would see.
bool would_be_listed(const std::string& path) {
  if (path[0] == '/') return false;
  for (size_t begin = 0; begin < path.size();) {
    size_t end = std::min(path.find('/', begin), path.size());
    if (is_excluded_folder(std::string_view(path).substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return true;
}

Status keep_time(const std::string& from, const std::string& to) {
  struct stat st;
  if (::stat(from.c_str(), &st) != 0) return Error{"cannot stat: " + errno_text(errno), "", from};
  timespec times[2] = {{0, UTIME_OMIT}, st.st_mtim};
  if (::utimensat(AT_FDCWD, to.c_str(), times, 0) != 0)
    return Error{"cannot set the time: " + errno_text(errno), "", to};
  return {};
}

}  // namespace

Result<DataListing> list_data(const std::string& folder) {
  Lister lister;
  if (Status status = lister.list(folder, ""); !status) return status.error();
  return lister.take();
}

Result<std::vector<Error>> materialize_data(const Store& store, const std::string& folder,
                                            const std::string& target, int jobs,
                                            const EnsureOptions& options,
                                            std::vector<Error>& warnings) {
  if (would_be_listed(path_inside(absolute_path(target), absolute_path(folder))))
    return Error{"lies in the folder that it is to be a copy of", "choose another place", target};
  Result<DataListing> listing = list_data(folder);
  if (!listing) return listing.error();
  warnings = std::move(listing->warnings);

  std::vector<size_t> manifests;
  for (size_t i = 0; i < listing->items.size(); ++i)
    if (listing->items[i].kind == DataItem::Manifest) manifests.push_back(i);
  std::vector<Fetched> fetched(listing->items.size());
  std::atomic<size_t> next{0};
  auto worker = [&] {
    for (size_t i; (i = next++) < manifests.size();)
      fetched[manifests[i]] = fetch_one(store, listing->items[manifests[i]].source, options);
  };
  std::vector<std::thread> threads;
  size_t count = std::min(manifests.size(), static_cast<size_t>(jobs));
  for (size_t i = 1; i < count; ++i) threads.emplace_back(worker);
  worker();
  for (std::thread& thread : threads) thread.join();
  std::vector<Error> failed;
  for (Fetched& item : fetched)
    if (item.error) failed.push_back(std::move(*item.error));
  if (!failed.empty()) return failed;

  Status status = replace_folder(target, [&](const std::string& copy) -> Status {
    if (Status s = make_directories(copy); !s) return s;
    for (size_t i = 0; i < listing->items.size(); ++i) {
      const DataItem& item = listing->items[i];
      std::string to = join_path(copy, item.place);
      Status s;
      if (item.kind == DataItem::Folder) {
        s = make_directories(to);
      } else if (item.kind == DataItem::Manifest && fetched[i].extract != Extract::File) {
        s = copy_tree(fetched[i].data, to);
      } else {
        bool linked = item.kind == DataItem::Manifest;
        struct stat st;
        bool executable = !linked && ::stat(item.source.c_str(), &st) == 0 && (st.st_mode & 0111);
        s = copy_into_build(linked ? fetched[i].data : item.source, to, executable);
        if (s) s = keep_time(item.source, to);
      }
      if (!s) return s;
    }
    return {};
  });
  if (!status) return status.error();
  return failed;
}

}  // namespace fbuild::lnk
