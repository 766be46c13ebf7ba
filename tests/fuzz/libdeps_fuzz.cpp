// What lib_deps is made from: items, dependencies of manifests, answers of a registry, the
// libraries of a lock file. One input is read as each of them; what was read is resolved
// against a registry that is the answer itself.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "generator/deps/library_lock.h"
#include "generator/deps/registry.h"
#include "generator/deps/requirement.h"
#include "generator/deps/resolve.h"

using namespace fbuild;

namespace {

void lock_again(const LibraryLock& lock) {
  std::string text = library_lock_text(lock);
  Result<LibraryLock> again =
      parse_library_lock("{\"libraries\": " + (text.empty() ? "[]" : text) + "}", "fbuild.lock");
  if (!again || library_lock_text(*again) != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  LibraryLock registry;
  if (Result<RegistryPackage> package = parse_registry_package(text, "u"))
    registry = pinnable_versions(*package);
  // The kind of one whose name does not tell it is known when it was fetched, and then locked.
  LibraryLock told = registry;
  std::erase_if(told, [](const LockedLibrary& item) { return item.extract == lnk::Extract::File; });
  lock_again(told);
  (void)parse_registry_search(text, "u");
  if (Result<LibraryLock> lock = parse_library_lock(text, "fbuild.lock")) lock_again(*lock);
  LibraryManifest manifest;
  if (Result<LibraryManifest> json = read_library_json(text)) manifest = *json;
  if (manifest.dependencies.empty())
    if (Result<LibraryManifest> properties = read_library_properties(text)) manifest = *properties;

  std::vector<LibraryRequirement> wanted;
  if (Result<LibraryRequirement> want = parse_lib_dep(text, 0, "/nonexistent"))
    wanted.push_back(*want);
  for (const LibraryDependency& dependency : manifest.dependencies)
    if (Result<LibraryRequirement> want =
            parse_manifest_dependency(dependency, "library", "/nonexistent"))
      wanted.push_back(*want);
  std::string folder = library_folder_name(manifest.name);
  if (folder.empty() || folder == "." || folder == ".." || folder.find('/') != std::string::npos)
    std::abort();
  LibrarySource source;
  source.locked = [](const LibraryRequirement&) { return LibraryLock(); };
  source.registry =
      [&](const LibraryRequirement&) -> Result<std::optional<std::vector<LockedLibrary>>> {
    return std::optional(registry);
  };
  source.load = [&](const LockedLibrary&) -> Result<std::optional<ChosenLibrary>> {
    ChosenLibrary library;
    library.dependencies = manifest.dependencies;
    return std::optional(library);
  };
  source.load_place = [&](const LibraryRequirement& want) -> Result<std::optional<ChosenLibrary>> {
    ChosenLibrary library;
    library.name = want.name;
    library.dependencies = manifest.dependencies;
    return std::optional(library);
  };
  source.directory = "/nonexistent";
  int blamed = -1;
  (void)resolve_libraries(wanted, source, blamed);
  if (blamed > 0) std::abort();  // there is one item at most
  return 0;
}
