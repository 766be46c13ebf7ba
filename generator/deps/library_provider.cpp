#include "generator/deps/library_provider.h"

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "generator/config/unicode_text.h"
#include "generator/deps/library_place.h"
#include "lnk/sha256.h"
#include "support/files.h"
#include "support/suggest.h"

namespace fbuild {

namespace {

using Requirement = LibraryRequirement;

constexpr const char* kUnlock =
    "run 'fbuild-gen --install' without --locked and check in fbuild.lock";

// How many packages of one name are looked at.
constexpr size_t kMaxPackages = 10;

std::string in_quotes(const std::string& text) {
  return "'" + text + "'";
}

bool same(const std::string& a, const std::string& b) {
  return config::lower(a) == config::lower(b);
}

ChosenLibrary library_at(const std::string& root, const std::string& tree,
                         const std::string& called, bool named) {
  LibraryManifest manifest = library_manifest(root);
  ChosenLibrary out;
  out.folder = root;
  out.tree = tree;
  out.name = named || manifest.name.empty() ? called : manifest.name;
  if (out.name.empty()) out.name = std::string(base_name(root));
  out.version = manifest.version;
  out.dependencies = std::move(manifest.dependencies);
  out.folder_name = library_folder_name(out.name);
  return out;
}

PackageArchive archive_of(const LockedLibrary& pin) {
  PackageArchive out;
  out.url = pin.url;
  out.sha256 = pin.sha256;
  out.size = pin.size;
  out.extract = pin.extract;
  out.strip = 0;
  return out;
}

std::string file_url(const std::string& path) {
  std::string out = "file://";
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = std::min(path.find('/', begin), path.size());
    out += (begin ? "/" : "") + percent_encoded(path.substr(begin, end - begin), false);
    begin = end + 1;
  }
  return out;
}

// One word of a search's language.
std::string term(const char* key, const std::string& value) {
  std::string plain;
  for (char c : value)
    if (c != '"' && c != '\\') plain += c;
  return std::string(key) + ":\"" + plain + "\"";
}

}  // namespace

LibrarySource LibraryProvider::source() {
  LibrarySource out;
  out.locked = [this](const Requirement& wanted) { return locked(wanted); };
  out.registry = [this](const Requirement& wanted) { return registry(wanted); };
  out.load = [this](const LockedLibrary& pin) { return load(pin); };
  out.load_place = [this](const Requirement& wanted) { return load_place(wanted); };
  out.suggest = [this](const Requirement& wanted) { return suggest(wanted); };
  out.directory = run_.project;
  out.locked_only = run_.locked;
  return out;
}

Error LibraryProvider::failed(const std::string& what, const Error& error) const {
  std::string fix = error.fix;
  if (fix.empty())
    fix = run_.store->offline ? "run it once without --offline"
                              : "try again, or see what docs/lnk.md says of mirrors and proxies";
  return Error{what + ": " + error.what, fix, error.file};
}

std::vector<LockedLibrary> LibraryProvider::locked(const Requirement& wanted) const {
  std::vector<LockedLibrary> out;
  for (const LockedLibrary& item : run_.lock) {
    if (!item.from_registry()) continue;
    bool meant = wanted.name.empty() ? std::to_string(item.id) == wanted.id
                                     : same(item.name, wanted.name) &&
                                           (wanted.owner.empty() || same(item.owner, wanted.owner));
    if (meant) out.push_back(item);
  }
  return out;
}

Result<std::optional<std::string>> LibraryProvider::ask(const std::string& path) {
  if (auto known = answers_.find(path); known != answers_.end()) return known->second;
  Error why{"no registry is named", "FBUILD_REGISTRY is the URL of one"};
  for (size_t begin = 0; begin < run_.registry.size();) {
    size_t end = std::min(run_.registry.find(' ', begin), run_.registry.size());
    std::string url = run_.registry.substr(begin, end - begin);
    begin = end + 1;
    while (url.ends_with('/')) url.pop_back();
    if (url.empty()) continue;
    Result<std::optional<std::string>> answer = fetch_answer(*run_.store, url + path);
    if (answer) return answers_[path] = std::move(*answer);
    why = failed("the registry does not answer", answer.error());
  }
  return why;
}

Result<std::vector<RegistryPackage>> LibraryProvider::search(const std::string& query) {
  std::string path = registry_search_path(query);
  Result<std::optional<std::string>> text = ask(path);
  if (!text) return text.error();
  if (!*text) return std::vector<RegistryPackage>();
  return parse_registry_search(**text, path);
}

Result<std::optional<std::vector<LockedLibrary>>> LibraryProvider::registry(
    const Requirement& wanted) {
  if (!run_.install || run_.locked) return std::optional<std::vector<LockedLibrary>>();
  std::vector<std::pair<std::string, std::string>> packages;  // owner and name
  if (!wanted.owner.empty()) {
    packages.emplace_back(wanted.owner, wanted.name);
  } else {
    std::string query;
    for (const std::string& name : wanted.platforms)
      if (name != "*") query += term("platform", name) + " ";
    for (const std::string& name : wanted.frameworks)
      if (name != "*") query += term("framework", name) + " ";
    query = wanted.name.empty()
                ? term("id", wanted.id)
                : query + term("type", "library") + " " + term("name", config::lower(wanted.name));
    Result<std::vector<RegistryPackage>> found = search(query);
    if (!found) return found.error();
    for (const RegistryPackage& package : *found)
      if (packages.size() < kMaxPackages) packages.emplace_back(package.owner, package.name);
  }
  std::vector<LockedLibrary> out;
  for (const auto& [owner, name] : packages) {
    std::string path = registry_package_path(owner, name);
    Result<std::optional<std::string>> text = ask(path);
    if (!text) return text.error();
    if (!*text) continue;
    Result<RegistryPackage> package = parse_registry_package(**text, path);
    if (!package) return package.error();
    // What was asked for, whatever the answer calls it: a lock has to find it again.
    if (!same(package->name, name) || !same(package->owner, owner))
      return Error{path + ": the registry answers with another library (" + package->owner + "/" +
                       package->name + ")",
                   "name that one in lib_deps, if it is meant"};
    std::vector<LockedLibrary> versions = pinnable_versions(*package);
    out.insert(out.end(), versions.begin(), versions.end());
  }
  return std::optional(std::move(out));
}

std::string LibraryProvider::suggest(const Requirement& wanted) {
  if (!run_.install || run_.locked || wanted.name.empty()) return "";
  std::vector<std::string> names;
  auto add = [&](const std::string& query) {
    Result<std::vector<RegistryPackage>> found = search(query);
    if (!found) return;
    for (const RegistryPackage& package : *found)
      names.push_back(package.owner + "/" + package.name);
  };
  add(term("type", "library") + " " + wanted.name);
  if (!wanted.owner.empty())
    add(term("type", "library") + " " + term("owner", config::lower(wanted.owner)));
  add(term("type", "library") + " " + term("name", config::lower(wanted.name)));
  // The same name of somebody else is the likeliest of all.
  for (const std::string& name : names)
    if (same(std::string(base_name(name)), wanted.name))
      return "did you mean " + in_quotes(name) + "?";
  if (!wanted.owner.empty()) return did_you_mean(wanted.owner + "/" + wanted.name, names);
  std::vector<std::string> bare;
  for (const std::string& name : names) bare.emplace_back(base_name(name));
  std::optional<std::string> near = nearest_word(wanted.name, bare);
  for (const std::string& name : names)
    if (near && base_name(name) == *near) return "did you mean " + in_quotes(name) + "?";
  return "";
}

Result<std::optional<ChosenLibrary>> LibraryProvider::load(LockedLibrary pin) {
  std::string key = pin.url + "\n" + pin.sha256;
  if (auto known = loaded_.find(key); known != loaded_.end()) return std::optional(known->second);
  std::string name =
      "library " + in_quotes(pin.name) + (pin.version.empty() ? "" : " " + pin.version);
  std::string tree;
  if (pin.extract != lnk::Extract::File && !pin.sha256.empty()) {
    Result<std::string> found = find_in_store(*run_.store, archive_of(pin));
    if (!found) return found.error();
    tree = *found;
  }
  if (tree.empty()) {
    // What lies on this machine need not be fetched.
    if (!run_.install && !pin.url.starts_with("file://")) return std::optional<ChosenLibrary>();
    Result<InstalledArchive> installed = install_archive(*run_.store, archive_of(pin));
    if (!installed) return failed(name, installed.error());
    tree = installed->tree;
    pin.sha256 = installed->sha256;
    pin.extract = installed->extract;
    if (installed->size) pin.size = installed->size;
  }
  ChosenLibrary out = library_at(library_root(tree), tree, pin.name, false);
  out.pin = pin;
  loaded_[key] = out;
  return std::optional(std::move(out));
}

Result<std::optional<ChosenLibrary>> LibraryProvider::load_place(const Requirement& wanted) {
  if (wanted.kind == Requirement::Folder) return std::optional(load_folder(wanted));
  std::string key = place_key(wanted) + "\n" + (wanted.named ? wanted.name : "");
  if (auto known = loaded_.find(key); known != loaded_.end()) return std::optional(known->second);
  Result<std::optional<ChosenLibrary>> loaded = wanted.kind == Requirement::Git ? load_git(wanted)
                                                : wanted.kind == Requirement::Archive
                                                    ? load_archive(wanted)
                                                    : load_local_archive(wanted);
  if (!loaded || !*loaded) return loaded;
  ChosenLibrary& library = **loaded;
  std::optional<LockedLibrary> pin = library.pin;
  std::string version = library.version;
  library = library_at(library.folder, library.tree, wanted.name, wanted.named);
  library.pin = pin;
  if (wanted.kind == Requirement::Git)
    library.version =
        (library.version.empty() ? "0.0.0" : library.version) + "+sha." + pin->commit.substr(0, 7);
  if (library.pin) library.pin->name = library.name;
  loaded_[key] = library;
  return loaded;
}

ChosenLibrary LibraryProvider::load_folder(const Requirement& wanted) const {
  std::string folder = normalize_path(join_path(run_.project, wanted.place));
  ChosenLibrary out =
      library_at(wanted.as_is ? folder : library_root(folder), "", wanted.name, wanted.named);
  // PlatformIO's file of a link has the name that the address suggests.
  if (wanted.as_is)
    out.folder_name =
        library_folder_name(wanted.name.empty() ? out.name : wanted.name) + ".pio-link";
  return out;
}

const LockedLibrary* LibraryProvider::pin_of(const std::string& url) const {
  for (const LockedLibrary& item : run_.lock)
    if (!item.from_registry() && item.url == url) return &item;
  return nullptr;
}

Result<std::optional<ChosenLibrary>> LibraryProvider::load_archive(const Requirement& wanted) {
  LockedLibrary pin;
  const LockedLibrary* known = pin_of(wanted.place);
  if (known) {
    pin = *known;
  } else {
    if (run_.locked)
      return Error{"--locked: fbuild.lock does not pin library " + in_quotes(wanted.text), kUnlock};
    if (!run_.install) return std::optional<ChosenLibrary>();
    pin.url = wanted.place;
    pin.extract = archive_kind(wanted.place).value_or(lnk::Extract::File);
  }
  pin.name = wanted.name;
  Result<std::optional<ChosenLibrary>> out = load(pin);
  if (out && *out && !known)
    warnings_.push_back("library " + in_quotes(wanted.name) + " was taken as it came from " +
                        wanted.place + " (sha256 " + (*out)->pin->sha256 + ")");
  return out;
}

Result<std::optional<ChosenLibrary>> LibraryProvider::load_git(const Requirement& wanted) {
  LockedLibrary pin;
  pin.url = place_key(wanted);
  pin.name = wanted.name;
  if (const LockedLibrary* known = pin_of(pin.url)) pin.commit = known->commit;
  if (pin.commit.empty() && run_.locked)
    return Error{"--locked: fbuild.lock does not pin library " + in_quotes(wanted.text), kUnlock};
  std::string tree;
  if (!pin.commit.empty()) {
    Result<std::string> found = find_git_tree(*run_.store, wanted.place, pin.commit);
    if (!found) return found.error();
    tree = *found;
  }
  if (tree.empty()) {
    if (!run_.install) return std::optional<ChosenLibrary>();
    Result<GitCheckout> checkout =
        fetch_git_tree(*run_.store, wanted.place, wanted.ref, pin.commit);
    if (!checkout) return failed("library " + in_quotes(wanted.name), checkout.error());
    tree = checkout->tree;
    pin.commit = checkout->commit;
  }
  ChosenLibrary out;
  out.folder = library_root(tree);
  out.tree = tree;
  out.pin = pin;
  return std::optional(std::move(out));
}

Result<std::optional<ChosenLibrary>> LibraryProvider::load_local_archive(
    const Requirement& wanted) {
  std::string path = join_path(run_.project, wanted.place);
  char real[PATH_MAX];
  if (::realpath(path.c_str(), real)) path = real;
  Result<std::string> digest = lnk::sha256_of_file(path);
  if (!digest) return digest.error();
  LockedLibrary archive;
  archive.name = wanted.name;
  archive.url = file_url(path);
  archive.sha256 = *digest;
  archive.extract = archive_kind(archive.url).value_or(lnk::Extract::File);
  Result<std::optional<ChosenLibrary>> out = load(archive);
  // Nobody else has that path; the project's own files are its own affair.
  if (out && *out) (*out)->pin.reset();
  return out;
}

}  // namespace fbuild
