#include "generator/ci/cache_key.h"

#include <algorithm>

#include "generator/plan/packages.h"
#include "stamp/definition.h"
#include "stamp/hash.h"
#include "support/files.h"

namespace fbuild {

namespace {

// Names and contents of all files below a folder, in order.
void add_tree(stamp::Hasher& hasher, const std::string& folder, const std::string& name,
              int depth) {
  constexpr int kDeepest = 64;  // links can lead in circles
  Result<std::vector<DirEntry>> entries = list_directory(folder);
  if (!entries || depth > kDeepest) return;
  const std::vector<std::string>& excludes = stamp::default_excludes();
  for (const DirEntry& entry : *entries) {
    if (std::binary_search(excludes.begin(), excludes.end(), entry.name)) continue;
    std::string path = join_path(folder, entry.name), shown = join_path(name, entry.name);
    if (entry.kind == DirEntry::Directory) add_tree(hasher, path, shown, depth + 1);
    if (entry.kind != DirEntry::File) continue;
    hasher.add_sized(shown);
    Result<std::string> text = read_file(path);
    hasher.add_sized(text ? *text : "");
  }
}

std::string tree_digest(const std::string& folder) {
  stamp::Hasher hasher;
  add_tree(hasher, folder, "", 0);
  return stamp::hex(hasher.finish());
}

// One that is not on this machine: what it would be.
Result<std::vector<std::string>> absent(Session& session, const PackageSpec& spec,
                                        const PackageRequest* request) {
  std::string head = "package " + spec.name;
  std::vector<std::string> out;
  if (request && request->kind != PackageRequest::Any)
    out.push_back(head + " wanted " + request->text);
  if (request && request->kind == PackageRequest::Folder) return out;
  Result<PackageLock> lock = read_package_lock(kLockFile);
  if (!lock) return lock.error();
  std::string host = session.choices.host.empty() ? host_system() : session.choices.host;
  for (const LockedPackage& item : *lock)
    if (item.name == spec.name && item.is_for(host))
      out.push_back(head + " declared " + item.version + " " + item.archive.sha256);
  if (!out.empty() || spec.versions.empty()) return out;
  const PackageVersion& first = spec.versions.front();
  const PackageArchive* archive = first.archive_for(host);
  return std::vector<std::string>{head + " declared " + first.version + " " +
                                  (archive ? archive->sha256 : "")};
}

}  // namespace

Result<std::vector<std::string>> toolchain_identity(Session& session,
                                                    const Environment& environment) {
  const Platform& platform = *environment.platform;
  Result<std::map<std::string, PackageRequest>> requests =
      package_requests(session, "env:" + environment.name, platform);
  if (!requests) return requests.error();
  std::vector<std::string> names;
  // It may follow from the core; then it is part of it.
  Result<ToolchainSpec> compiler_spec = chosen_toolchain(environment);
  if (compiler_spec) names.push_back(compiler_spec->package);
  Result<std::vector<std::string>> core = fill_words(environment, {environment.framework->package});
  if (!core) return core.error();
  names.insert(names.end(), core->begin(), core->end());
  // These may be named after what the core's folder is; then they are part of it.
  for (const ConditionalName& need : environment.framework->packages)
    if (Result<std::vector<std::string>> further = fill_words(environment, {need.name});
        further && environment.holds(need.when))
      names.insert(names.end(), further->begin(), further->end());

  std::vector<std::string> out = {"fbuild " FBUILD_VERSION, "host " + host_system(),
                                  "platform " + platform.name};
  for (const std::string& name : names) {
    auto spec = platform.packages.find(name);
    if (spec == platform.packages.end()) continue;  // planning says so
    auto asked = requests->find(name);
    const PackageRequest* request = asked == requests->end() ? nullptr : &asked->second;
    const ToolchainSpec* toolchain =
        compiler_spec && name == compiler_spec->package ? &*compiler_spec : nullptr;
    Result<PackageUse> use = use_package(session, platform, name, *requests, toolchain, true);
    if (!use) {
      Result<std::vector<std::string>> lines = absent(session, spec->second, request);
      if (!lines) return lines.error();
      out.insert(out.end(), lines->begin(), lines->end());
      continue;
    }
    Package package = use->package;
    if (toolchain && package.version.empty())
      if (Result<const CompilerIdentity*> compiler =
              compiler_at(session, *toolchain, package.root, platform.file))
        package.version = (*compiler)->version;
    std::string line = "package " + name;
    if (request && request->kind == PackageRequest::Folder) {
      line += " folder " + tree_digest(package.root);
    } else {
      line += " version " + package.version +
              (package.sha256.empty() ? " installed" : " sha256 " + package.sha256);
    }
    out.push_back(line);
  }
  return out;
}

std::string identity_digest(const std::vector<std::string>& lines) {
  stamp::Hasher hasher;
  for (const std::string& line : lines) hasher.add_sized(line);
  return stamp::hex(hasher.finish()).substr(0, 16);
}

}  // namespace fbuild
