// Where libraries come from in one run: fbuild.lock, the registry, the store. Each thing
// is asked for and brought here once, for all environments.
//
// Only with --install anything is fetched; without it a library that is not here yet is
// `missing`. What fbuild.lock pins counts as long as it suits, and with --locked nothing
// else does.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "generator/deps/registry.h"
#include "generator/deps/resolve.h"
#include "generator/platform/package_store.h"
#include "support/result.h"

namespace fbuild {

struct LibraryRun {
  PackageStore* store = nullptr;
  bool install = false, locked = false;
  std::string project;   // absolute
  std::string registry;  // URLs separated by blanks, asked in this order
  LibraryLock lock;      // as it was read
};

class LibraryProvider {
 public:
  explicit LibraryProvider(LibraryRun run) : run_(std::move(run)) {}

  // The part of a LibrarySource that does not depend on an environment. It refers to this.
  LibrarySource source();

  // What the project should hear of, each once: archives that nobody vouches for.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  std::vector<LockedLibrary> locked(const LibraryRequirement& wanted) const;
  Result<std::optional<std::vector<LockedLibrary>>> registry(const LibraryRequirement& wanted);
  Result<std::optional<ChosenLibrary>> load(LockedLibrary pin);
  Result<std::optional<ChosenLibrary>> load_place(const LibraryRequirement& wanted);
  Result<std::optional<ChosenLibrary>> load_archive(const LibraryRequirement& wanted);
  Result<std::optional<ChosenLibrary>> load_git(const LibraryRequirement& wanted);
  Result<std::optional<ChosenLibrary>> load_local_archive(const LibraryRequirement& wanted);
  ChosenLibrary load_folder(const LibraryRequirement& wanted) const;
  std::string suggest(const LibraryRequirement& wanted);

  const LockedLibrary* pin_of(const std::string& url) const;
  // The answer to a path of the registry; nullopt: there is no such thing.
  Result<std::optional<std::string>> ask(const std::string& path);
  Result<std::vector<RegistryPackage>> search(const std::string& query);
  Error failed(const std::string& what, const Error& error) const;

  LibraryRun run_;
  std::map<std::string, std::optional<std::string>> answers_;  // by path
  std::map<std::string, ChosenLibrary> loaded_;                // by what names them exactly
  std::vector<std::string> warnings_;
};

}  // namespace fbuild
