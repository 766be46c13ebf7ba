#include "generator/platform/package_store.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "lnk/pin.h"
#include "lnk/present.h"
#include "support/files.h"
#include "support/process.h"

namespace fbuild {

Result<lnk::Store*> store_of(PackageStore& packages) {
  if (!packages.store) {
    Result<lnk::Store> store = lnk::open_default_store();
    if (!store) return store.error();
    packages.store = std::move(*store);
  }
  return &*packages.store;
}

namespace {

Result<InstalledArchive> run_install(const PackageStore& packages, const PackageArchive& archive,
                                     bool offline) {
  std::vector<std::string> argv = {packages.program,
                                   "install",
                                   archive.url,
                                   "--extract",
                                   lnk::extract_name(archive.extract),
                                   "--strip",
                                   std::to_string(archive.strip),
                                   "--lease",
                                   std::to_string(::getpid())};
  if (!archive.sha256.empty()) argv.insert(argv.end(), {"--sha256", archive.sha256});
  if (archive.size) argv.insert(argv.end(), {"--size", std::to_string(*archive.size)});
  if (offline) argv.push_back("--offline");
  if (packages.quiet) argv.push_back("--quiet");
  Result<ProcessOutput> done = run_process(argv);
  if (!done) return done.error();
  nlohmann::json answer = nlohmann::json::parse(done->out, nullptr, false);
  auto text = [&](const char* key) {
    return answer.is_object() && answer.contains(key) && answer[key].is_string()
               ? answer[key].get<std::string>()
               : "";
  };
  if (done->exit_status != 0 || text("tree").empty()) {
    std::string what = text("error");
    if (what.empty())
      what = packages.program + " ended with status " + std::to_string(done->exit_status);
    return Error{what, text("fix")};
  }
  InstalledArchive out{text("tree"), text("sha256"), std::nullopt};
  if (answer.contains("size") && answer["size"].is_number_unsigned())
    out.size = answer["size"].get<uint64_t>();
  return out;
}

}  // namespace

Result<std::string> find_in_store(PackageStore& packages, const PackageArchive& archive) {
  Result<lnk::Store*> store = store_of(packages);
  if (!store) return store.error();
  lnk::EntryKey key = lnk::tree_key(archive.manifest(), archive.strip);
  Result<std::string> tree = lnk::use_if_present(**store, key, 0);
  if (!tree || !tree->empty()) return tree;
  if (!lnk::worth_a_look(**store, key)) return std::string();
  Result<InstalledArchive> installed = run_install(packages, archive, true);
  // What is damaged there is as good as missing.
  return installed ? installed->tree : std::string();
}

Result<InstalledArchive> install_archive(PackageStore& packages, const PackageArchive& archive) {
  return run_install(packages, archive, packages.offline);
}

Result<std::string> root_in_tree(const PackageSpec& spec, const std::vector<std::string>& programs,
                                 const std::string& tree) {
  if (has_package(spec, programs, tree)) return tree;
  Result<std::vector<DirEntry>> entries = list_directory(tree);
  if (!entries) return entries.error();
  std::vector<std::string> roots;
  for (const DirEntry& entry : *entries)
    if (std::string inner = join_path(tree, entry.name);
        entry.kind == DirEntry::Directory && has_package(spec, programs, inner))
      roots.push_back(inner);
  if (roots.size() == 1) return roots.front();
  std::string missing = spec.probe;
  for (const std::string& program : programs)
    if (missing.empty() || path_exists(join_path(tree, missing))) missing = program;
  return Error{
      "the archive of package '" + spec.name + "' is not that package: it has no '" + missing + "'",
      "is it the right archive, with the right number of leading folders stripped?"};
}

void pin_in_store(const std::string& tree, const std::string& link) {
  std::string entry(dir_name(tree));
  // A read-only store cannot be written to, and is nobody's to clean up from here.
  if (::access(entry.c_str(), W_OK) == 0) (void)!lnk::pin_entry(entry, link);
}

}  // namespace fbuild
