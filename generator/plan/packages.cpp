#include "generator/plan/packages.h"

#include <algorithm>

#include "generator/config/package_spec.h"
#include "generator/plan/environment.h"
#include "generator/platform/package_link.h"
#include "stamp/hash.h"
#include "support/cache_dir.h"
#include "support/files.h"
#include "support/suggest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace fbuild {

using config::ListItem;
using config::Value;

namespace {

std::string short_hash(const std::string& text) {
  static const char digits[] = "0123456789abcdef";
  uint64_t hash = XXH3_64bits(text.data(), text.size());
  std::string out;
  for (int i = 0; i < 8; ++i, hash >>= 4) out += digits[hash & 15];
  return out;
}

std::string trimmed(std::string text) {
  size_t begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t");
  return begin == std::string::npos ? std::string() : text.substr(begin, end - begin + 1);
}

std::string quoted(const std::string& text) {
  return "'" + text + "'";
}

const std::string& host_of(Session& session) {
  PackageChoices& choices = session.choices;
  if (choices.host.empty()) {
    // PlatformIO's own way to say otherwise.
    const char* named = session.config.variable("PLATFORMIO_SYSTEM_TYPE");
    choices.host = named && *named ? named : host_system();
  }
  return choices.host;
}

Result<const PackageLock*> lock_of(Session& session) {
  PackageChoices& choices = session.choices;
  if (!choices.lock) {
    Result<PackageLock> lock = read_package_lock(kLockFile);
    if (!lock) return lock.error();
    choices.lock = std::move(*lock);
  }
  return &*choices.lock;
}

// Compilers are the user's rather than the project's; the build directory serves where there
// is no place for caches.
std::string compiler_memo(const std::string& build_dir) {
  std::string cache = user_cache_directory();
  if (!cache.empty() && make_directories(cache)) return join_path(cache, "compilers.json");
  return join_path(build_dir, "packages/compilers.json");
}

// The name of the link in <build>/packages: the package's own, unless another
// environment has that from elsewhere.
std::string link_name(Session& session, const Package& package) {
  std::string key = package.name + '\0' + package.root;
  auto known = session.link_of_root.find(key);
  if (known != session.link_of_root.end()) return known->second;
  std::string name = package.name;
  std::string place = !package.sha256.empty() ? package.sha256
                      : package.given.empty() ? package.root
                                              : package.given;
  if (session.root_of_link.count(name)) name += "-" + short_hash(place);
  session.root_of_link[name] = package.root;
  return session.link_of_root[key] = name;
}

// Decides on one package.
class Chooser {
 public:
  Chooser(Session& session, const Platform& platform, const PackageSpec& spec,
          const PackageRequest& request, const ToolchainSpec* toolchain, bool builds)
      : session_(session),
        choices_(session.choices),
        platform_(platform),
        spec_(spec),
        request_(request),
        toolchain_(toolchain),
        builds_(builds) {
    if (toolchain)
      for (const auto& [variable, path] : toolchain->programs) programs_.push_back(path);
  }

  Result<Package> run() {
    if (request_.kind == PackageRequest::Folder)
      return package_at(spec_, request_.place, session_.project);
    Result<const LockedPackage*> pin = pinned();
    if (!pin) return pin.error();
    if (*pin && !(*pin)->installed) return from_archive(**pin, true);
    if (locked() && !*pin)
      return refused("fbuild.lock does not pin package " + quoted(spec_.name) + " for " +
                     host_of(session_));
    Error missing{"", ""};
    if (request_.kind != PackageRequest::Archive) {
      Result<Package> system = from_system(*pin);
      if (system || locked() || spec_.versions.empty()) return system;
      missing = system.error();
    }
    return from_declaration(missing);
  }

 private:
  bool locked() const { return choices_.locked && builds_; }

  Error refused(const std::string& what) const {
    return Error{"--locked: " + what,
                 "run 'fbuild-gen --install' without --locked and check in fbuild.lock"};
  }

  // With and without what a vendor puts behind the numbers, which is not a prerelease.
  bool fits(const std::string& version) const {
    if (request_.kind != PackageRequest::Version) return true;
    if (version.empty()) return false;
    return config::in_range(request_.range, config::package_version(version)) ||
           config::in_range(request_.range, config::package_version(
                                                version.substr(0, version.find_first_of("-+"))));
  }

  std::string wanted() const {
    return request_.kind == PackageRequest::Version ? " (" + quoted(request_.text) + ")" : "";
  }

  const PackageArchive* declared(const std::string& version) const {
    for (const PackageVersion& known : spec_.versions)
      if (known.version == version) return known.archive_for(host_of(session_));
    return nullptr;
  }

  // What the lock file has for this host and this request; nullptr: nothing.
  Result<const LockedPackage*> pinned() {
    Result<const PackageLock*> lock = lock_of(session_);
    if (!lock) return lock.error();
    const LockedPackage* found = nullptr;
    for (const LockedPackage& item : **lock) {
      if (item.name != spec_.name || !item.is_for(host_of(session_))) continue;
      if (request_.kind == PackageRequest::Archive) {
        if (!item.installed && item.archive.url == request_.place) found = &item;
        continue;
      }
      if (!item.installed && item.version.empty()) continue;  // of a URL that was asked for once
      if (!fits(item.version)) {
        if (locked() && !found && only_pin(**lock, item))
          return refused("fbuild.lock pins package " + quoted(spec_.name) + " at " + item.version +
                         ", which does not fit " + quoted(request_.text));
        continue;
      }
      const PackageArchive* now = item.installed ? nullptr : declared(item.version);
      if (now && (now->sha256 != item.archive.sha256 || now->url != item.archive.url)) {
        if (locked())
          return Error{"--locked: package " + quoted(spec_.name) + " " + item.version +
                           " is declared as " + now->url + " (sha256 " + now->sha256.substr(0, 12) +
                           "...), but fbuild.lock pins " + item.archive.url + " (sha256 " +
                           item.archive.sha256.substr(0, 12) + "...)",
                       "if the new one is right, run 'fbuild-gen --install' without --locked",
                       platform_.file, now->line};
        continue;
      }
      if (!found || better(item, *found)) found = &item;
    }
    return found;
  }

  // What was chosen for this very request, then an archive rather than what happens to be
  // installed, then the highest version.
  bool better(const LockedPackage& a, const LockedPackage& b) const {
    bool same_a = a.wanted == requirement(), same_b = b.wanted == requirement();
    if (same_a != same_b) return same_a;
    if (a.installed != b.installed) return b.installed;
    return config::compare_versions(config::package_version(a.version),
                                    config::package_version(b.version)) > 0;
  }

  std::string requirement() const {
    return request_.kind == PackageRequest::Version ? request_.place : "";
  }

  bool only_pin(const PackageLock& lock, const LockedPackage& item) const {
    return std::count_if(lock.begin(), lock.end(), [&](const LockedPackage& other) {
             return other.name == item.name && other.is_for(host_of(session_));
           }) == 1;
  }

  Result<Package> from_system(const LockedPackage* pin) {
    Result<Package> package = system_package(spec_, programs_);
    if (!package) return package;
    // A toolchain's version is what its compiler says.
    if (package->version.empty() && toolchain_) {
      Result<const CompilerIdentity*> compiler =
          compiler_at(session_, *toolchain_, package->root, platform_.file);
      if (!compiler) return compiler.error();
      package->version = (*compiler)->version;
    }
    const std::string& version = package->version;
    if (locked() && pin && pin->version != version)
      return refused("fbuild.lock pins the system's package " + quoted(spec_.name) + " at " +
                     pin->version + ", and " + version + " is installed");
    bool fits_platform = spec_.system_versions.empty() ||
                         (!version.empty() && version_in(version, spec_.system_versions));
    if (!fits(version) || !fits_platform) {
      std::string known = version.empty() ? "of unknown version" : version;
      std::string why = fits(version) ? "platform " + quoted(platform_.name) + " does not take"
                                      : "does not fit " + quoted(request_.text);
      std::string what =
          "package " + quoted(spec_.name) + " is installed, but it is " + known + ", which " + why;
      return Error{what, remedy_for_version()};
    }
    if (builds_) note({spec_.name, version, requirement(), true, host_of(session_), {}});
    return package;
  }

  std::string remedy_for_version() const {
    std::string list;
    for (const PackageVersion& known : spec_.versions)
      list += (list.empty() ? "" : ", ") + known.version;
    std::string fix = list.empty() ? "" : "versions that can be fetched: " + list + "; or ";
    return fix + "name a folder with 'platform_packages = " + spec_.name + " @ symlink:///path'";
  }

  // A declared version, or the archive that the project names. `missing`: why the system's
  // package will not do.
  Result<Package> from_declaration(const Error& missing) {
    LockedPackage chosen{spec_.name, "", requirement(), false, host_of(session_), {}};
    if (request_.kind == PackageRequest::Archive) {
      chosen.system = kAnySystem;
      chosen.archive.url = request_.place;
      chosen.archive.extract = *archive_kind(request_.place);
      chosen.archive.strip = 0;
      if (!choices_.install)
        return Error{
            "package " + quoted(spec_.name) + " has not been fetched from " + request_.place +
                " yet",
            "fetch it once with 'fbuild-gen --install', which pins its SHA-256 in fbuild.lock"};
      return from_archive(std::move(chosen), false);
    }
    bool any_fits = false;
    for (const PackageVersion& known : spec_.versions) {
      if (!fits(known.version)) continue;
      any_fits = true;
      const PackageArchive* archive = known.archive_for(host_of(session_));
      if (!archive) continue;
      chosen.version = known.version;
      chosen.archive = *archive;
      chosen.system = archive->is_for("") ? kAnySystem : host_of(session_);
      return from_archive(std::move(chosen), false, &missing);
    }
    if (any_fits)
      return Error{missing.what + ", and there is no archive of it for " + host_of(session_),
                   spec_.debian.empty() ? remedy_for_version()
                                        : "install it with 'apt-get install " + spec_.debian + "'"};
    return Error{
        "no known version of package " + quoted(spec_.name) + " fits " + quoted(request_.text),
        remedy_for_version()};
  }

  Result<Package> from_archive(LockedPackage chosen, bool is_pinned,
                               const Error* missing = nullptr) {
    std::string tree;
    if (!chosen.archive.sha256.empty()) {
      Result<std::string> found = find_in_store(choices_.store, chosen.archive);
      if (!found) return found.error();
      tree = *found;
    }
    if (tree.empty() && !choices_.install) return not_fetched(chosen, is_pinned, missing);
    if (tree.empty()) {
      bool unknown = chosen.archive.sha256.empty();
      Result<InstalledArchive> installed = install_archive(choices_.store, chosen.archive);
      if (!installed) {
        std::string fix = installed.error().fix;
        if (fix.empty())
          fix = choices_.store.offline
                    ? "run it once without --offline"
                    : "try again, or see what docs/lnk.md says of mirrors and proxies";
        return Error{"package " + quoted(spec_.name) +
                         (chosen.version.empty() ? "" : " " + chosen.version) + ": " +
                         installed.error().what,
                     fix};
      }
      tree = installed->tree;
      chosen.archive.sha256 = installed->sha256;
      if (installed->size) chosen.archive.size = installed->size;
      if (unknown)
        session_.warn(session_.config.at(request_.origin,
                                         "package " + quoted(spec_.name) +
                                             " was taken as it came from " + chosen.archive.url +
                                             " (sha256 " + chosen.archive.sha256 + ")",
                                         "check in fbuild.lock, which pins it from now on"));
    }
    Result<std::string> root = root_in_tree(spec_, programs_, tree);
    if (!root) return root.error();
    Package out{spec_.name, *root, "", chosen.version, chosen.archive.sha256, tree};
    if (out.version.empty()) out.version = package_file_version(spec_, *root);
    choices_.from_archive = true;
    note_archive(chosen);
    return out;
  }

  Error not_fetched(const LockedPackage& chosen, bool is_pinned, const Error* missing) const {
    std::string name =
        "package " + quoted(spec_.name) + (chosen.version.empty() ? "" : " " + chosen.version);
    if (is_pinned)
      return Error{name + ", which fbuild.lock pins, is not in the store",
                   "fetch it with 'fbuild-gen --install'"};
    // The system's would do, if it were there.
    if (missing && request_.kind == PackageRequest::Any && spec_.system_versions.empty())
      return *missing;
    return Error{missing && !missing->what.empty() && request_.kind == PackageRequest::Any
                     ? missing->what
                     : name + wanted() + " is not in the store",
                 "fetch it with 'fbuild-gen --install'"};
  }

  // Of a declared version the archives for all hosts.
  void note_archive(const LockedPackage& chosen) {
    LockedPackage used = chosen;
    used.wanted = requirement();
    const PackageVersion* version = nullptr;
    for (const PackageVersion& known : spec_.versions)
      if (!chosen.version.empty() && known.version == chosen.version) version = &known;
    if (!version) return note(std::move(used));
    for (const PackageArchive& archive : version->archives)
      for (const std::string& system : archive.systems) {
        LockedPackage item = used;
        item.system = system;
        item.archive = archive;
        note(std::move(item));
      }
  }

  void note(LockedPackage item) { choices_.used.push_back(std::move(item)); }

  Session& session_;
  PackageChoices& choices_;
  const Platform& platform_;
  const PackageSpec& spec_;
  const PackageRequest& request_;
  const ToolchainSpec* toolchain_;
  std::vector<std::string> programs_;
  bool builds_;
};

}  // namespace

Result<const CompilerIdentity*> compiler_at(Session& session, const ToolchainSpec& toolchain,
                                            const std::string& root, const std::string& file) {
  auto cc = toolchain.programs.find("cc");
  if (cc == toolchain.programs.end()) return Error{"the toolchain has no program 'cc'", "", file};
  std::vector<std::string> paths;
  for (const auto& [variable, path] : toolchain.programs) paths.push_back(join_path(root, path));
  std::string driver = join_path(root, cc->second);
  auto [identity, fresh] = session.compilers.try_emplace(driver);
  if (fresh) {
    Result<CompilerIdentity> answer =
        identify_compiler(driver, paths, compiler_memo(session.build_dir));
    if (!answer) {
      session.compilers.erase(identity);
      return answer.error();
    }
    identity->second = std::move(*answer);
  }
  return &identity->second;
}

Result<std::map<std::string, PackageRequest>> package_requests(Session& session,
                                                               const std::string& section,
                                                               const Platform& platform) {
  std::map<std::string, PackageRequest> out;
  Result<const Value*> value = session.config.get(section, "platform_packages");
  if (!value) return value.error();
  for (const ListItem& item : (*value)->items) {
    size_t at = item.text.find('@');
    std::string name = trimmed(item.text.substr(0, at));
    std::string place = at == std::string::npos ? "" : trimmed(item.text.substr(at + 1));
    if (size_t slash = name.find('/'); slash != std::string::npos) name = name.substr(slash + 1);
    if (!platform.packages.count(name)) {
      std::vector<std::string> known;
      for (const auto& [key, spec] : platform.packages) known.push_back(key);
      session.warn(session.config.at(
          item.origin, "platform '" + platform.name + "' uses no package '" + name + "'",
          did_you_mean(name, known)));
      continue;
    }
    PackageRequest request{PackageRequest::Any, item.text, place, {}, item.origin};
    auto fail = [&](const std::string& what, const std::string& fix) {
      return session.config.at(item.origin, what, fix);
    };
    bool local = place.starts_with("symlink://") || place.starts_with("file://");
    if (size_t scheme = place.find("://"); scheme != std::string::npos && !local) {
      request.kind = PackageRequest::Archive;
      if (Status valid = lnk::check_url(place); !valid)
        return fail(
            "package '" + name + "' cannot be fetched from '" + place + "': " + valid.error().what,
            valid.error().fix + ", or give a folder with symlink://");
      if (!archive_kind(place))
        return fail("package '" + name + "' cannot be fetched from '" + place +
                        "', which is not the URL of an archive",
                    "give one that ends in .zip, .tar.gz, .tar.bz2, .tar.xz or .tar.zst, or a "
                    "folder with symlink://");
    } else if (local || place.find('/') != std::string::npos || place.starts_with(".")) {
      request.kind = PackageRequest::Folder;
      if (place.starts_with("~/"))
        if (const char* home = session.config.variable("HOME"))
          request.place = home + place.substr(1);
    } else if (!place.empty() && place != "*") {
      Result<config::VersionRange> range = config::parse_range(place);
      if (!range)
        return fail("package '" + name + "': '" + place + "' is no version requirement",
                    "write one like '^1.2', '~1.2.3' or '>=1,<2', or a folder with symlink://");
      request.kind = PackageRequest::Version;
      request.range = std::move(*range);
    }
    out[name] = std::move(request);
  }
  return out;
}

Result<PackageUse> use_package(Session& session, const Platform& platform, const std::string& name,
                               const std::map<std::string, PackageRequest>& requests,
                               const ToolchainSpec* toolchain, bool builds) {
  auto spec = platform.packages.find(name);
  if (spec == platform.packages.end())
    return Error{"package '" + name + "' is not declared under 'packages'", "", platform.file};
  static const PackageRequest kNone;
  auto asked = requests.find(name);
  const PackageRequest& request = asked == requests.end() ? kNone : asked->second;
  std::string key = platform.name + '\0' + name + '\0';
  if (request.kind != PackageRequest::Any) key += request.text;
  auto [known, fresh] = session.packages.try_emplace(key);
  if (fresh) {
    Result<Package> package =
        Chooser(session, platform, spec->second, request, toolchain, builds).run();
    if (!package) {
      session.packages.erase(known);
      if (request.kind == PackageRequest::Any || !package.error().file.empty())
        return package.error();
      return session.config.at(request.origin, package.error().what, package.error().fix);
    }
    known->second = std::move(*package);
  }
  PackageUse use;
  use.package = known->second;
  std::string link = join_path(session.build_dir, "packages/" + link_name(session, use.package));
  use.link = link;
  use.installed = request.kind != PackageRequest::Folder;
  // Renewed when an installed package changes without newer times.
  if (use.installed) use.stamps.push_back(link + ".changed");
  // Made already here, because sources are listed by the names commands will use.
  if (Status s = make_directories(std::string(dir_name(link))); !s)
    return Error{s.error().what, "the build directory has to be writable; -B names another",
                 s.error().file};
  Result<bool> linked = link_package(link, use.package.root, session.project);
  if (linked && *linked) session.scans.look_anew();
  if (!linked) return linked.error();
  if (!use.package.tree.empty()) pin_in_store(use.package.tree, join_path(session.project, link));
  return use;
}

Result<bool> update_lock(Session& session, bool all_environments, bool write) {
  PackageChoices& choices = session.choices;
  if (choices.locked) return false;
  Result<const PackageLock*> old = lock_of(session);
  if (!old) return old.error();
  if (!choices.install && !choices.from_archive && !path_exists(kLockFile)) return false;
  LibraryLock libraries = choices.libraries;
  if (!all_environments && path_exists(kLockFile)) {
    // Other environments may use what was pinned before.
    Result<std::string> now = read_file(kLockFile);
    if (!now) return now.error();
    Result<LibraryLock> before = parse_library_lock(*now, kLockFile);
    if (!before) return before.error();
    libraries.insert(libraries.end(), before->begin(), before->end());
  }
  std::string text =
      package_lock_text(updated_lock(**old, choices.used, host_of(session), all_environments),
                        library_lock_text(std::move(libraries)));
  if (write) return write_if_changed(kLockFile, text);
  Result<std::string> now = read_file(kLockFile);
  return !now || *now != text;
}

std::string shared_folder(const std::string& build_dir, const BuildPlan& plan,
                          const SourceGroup& group, const std::string& from,
                          const std::string& filter) {
  stamp::Hasher hasher;
  hasher.add_sized(from);
  hasher.add_sized(filter);
  for (const std::vector<std::string>& words : group.flags) {
    hasher.add_u64(words.size());
    for (const std::string& word : words) hasher.add_sized(word);
  }
  for (const auto& [variable, program] : plan.programs) hasher.add_sized(program);
  return join_path(build_dir,
                   "shared/" + group.name + "-" + stamp::hex(hasher.finish()).substr(0, 8));
}

bool is_installed(const BuildPlan& plan, const std::string& path) {
  return std::any_of(plan.packages.begin(), plan.packages.end(), [&](const PackageUse& use) {
    return use.installed && path.starts_with(use.link) &&
           (path.size() == use.link.size() || path[use.link.size()] == '/');
  });
}

}  // namespace fbuild
