// NAME.ext.lnk in a folder of the project behaves as if NAME.ext lay beside it: it is
// found by #include, and compiled if it is a source. What it stands for is put into the
// build directory, at the same relative path below <environment>/lnk ("its place"), by an
// edge of the build; here it is decided what else follows from it:
//
// * behind each folder that is searched for includes comes the folder of places that
//   stands beside it, so that a real file of the same name wins;
// * "x.h" is searched for beside the file that includes it, which is where neither the
//   manifest's folder has the place nor the place's folder the manifest's neighbours: both
//   are given with -iquote to the sources of the same tree;
// * a source whose real name the filter takes is a source at its place.
//
// Where the bytes decide what is generated (a source or header may include a library's
// header) they are read here, and fetched if they are not in the store.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "generator/plan/build_plan.h"
#include "lnk/manifest.h"
#include "support/result.h"

namespace fbuild {

struct Session;

struct LinkedFile {
  std::string manifest;  // "src/sub/x.h.lnk"
  std::string name;      // "src/sub/x.h", the file it stands for
  std::string place;     // ".fbuild/build/uno/lnk/src/sub/x.h"
};

// The file that `path` stands for below the folder `below`: ".." becomes "__", so that
// nothing leaves it.
std::string place_below(const std::string& below, const std::string& path);

class LinkedFiles {
 public:
  // `places`: the folder of places.
  LinkedFiles(Session& session, std::string places)
      : session_(&session), places_(std::move(places)) {}
  LinkedFiles(const LinkedFiles&) = delete;
  LinkedFiles& operator=(const LinkedFiles&) = delete;

  // Finds every manifest in a folder and below it; in a library's, not in its examples and
  // tests, of which nothing is built. A real file beside one is a warning, a manifest that
  // is malformed or stands for an archive an Error.
  Status add_folder(const std::string& folder, bool is_library = false);

  // What was found in a folder is part of the build.
  void use(const std::string& folder);

  // The manifest at `path` alone, which is part of the build.
  Result<LinkedFile> add(const std::string& path);

  bool empty() const { return by_name_.empty(); }

  // Puts behind each folder the one of places that stands beside it, if there is any place
  // in or below it.
  void extend(std::vector<std::string>& include_dirs) const;

  // The linked sources of `folder` that the filter takes, relative to it, by their names.
  std::vector<std::string> sources(const std::string& folder, const std::string& filter) const;
  // The place of a file by its name; "" if it is not linked.
  std::string place_of(const std::string& name) const;

  // Adds those sources to a group, with objects below `object_dir`, each where its name
  // sorts to; and the -iquote for `roots` to all its units.
  void extend(SourceGroup& group, const std::string& folder, const std::string& filter,
              const std::string& object_dir, const std::vector<std::string>& roots) const;

  // The file that a place stands for; any other path as it is.
  std::string origin(const std::string& path) const;
  // The folder of places beside a folder, or the other way round; "" if there is none.
  std::string other_side(const std::string& folder) const;

  // Whatever went wrong when a file was read.
  Status status() const { return error_ ? Status(*error_) : Status(); }

  // Puts the edges and what depends on the manifests into the plan, and takes out of it
  // what is known of the places: they are made, and not inputs.
  void finish(BuildPlan& plan) const;

 private:
  struct Known {
    LinkedFile file;
    lnk::Manifest manifest;
    bool used = false;      // by the build
    bool included = false;  // perhaps, by a source of it
  };
  Result<Known*> load(const std::string& path);
  std::string read(const Known& known);

  Session* session_;
  std::string places_;
  std::map<std::string, Known> by_name_;
  std::map<std::string, std::string> name_of_place_;
  std::map<std::string, std::string> sides_;  // folder to folder of places, and back
  std::optional<Error> error_;
};

}  // namespace fbuild
