#include "generator/plan/library_flags.h"

#include <algorithm>

namespace fbuild {

using config::FlagItem;
using config::FlagScope;
using config::FlagScopes;

namespace {

class Spread {
 public:
  Spread(Session& session, const Environment& environment, const FlagScopes& base,
         const std::vector<FinderLibrary>& libraries, const FoundLibraries& found,
         const std::function<bool(int)>& archived, LibraryFlags& out)
      : session_(session),
        env_(environment),
        base_(base),
        libraries_(libraries),
        found_(found),
        archived_(archived),
        out_(out),
        built_(libraries.size()) {
    circles_ = std::any_of(found.circular.begin(), found.circular.end(),
                           [](const auto& list) { return !list.empty(); });
  }

  Status build_all() {
    for (int library : found_.project_depends) {
      if (Status s = build(library); !s) return s;
      take_over(out_.project, out_.of[library]);
    }
    return {};
  }

 private:
  static constexpr FlagScope kShared[] = {FlagScope::CppPath, FlagScope::LibPath, FlagScope::Libs,
                                          FlagScope::LinkFlags};

  void take_over(FlagScopes& to, const FlagScopes& from) {
    for (FlagScope scope : kShared) prepend_new(to, scope, from[scope], session_.project);
  }

  // Its own folders; of a library with library.json also those that it has got by now.
  std::vector<FlagItem> include_dirs(int index) {
    const FinderLibrary& library = libraries_[static_cast<size_t>(index)];
    std::vector<FlagItem> out = folder_items(library.include_dirs);
    if (library.library->kind != Library::Kind::PlatformIO) return out;
    for (const FlagItem& item : out_.of[index][FlagScope::CppPath]) {
      const std::vector<FlagItem>& base = base_[FlagScope::CppPath];
      if (std::find(base.begin(), base.end(), item) == base.end() &&
          std::find(out.begin(), out.end(), item) == out.end())
        out.push_back(item);
    }
    return out;
  }

  Status build(int index) {
    size_t at = static_cast<size_t>(index);
    // PlatformIO does it again each time. That changes something only where libraries
    // include each other in a circle, and takes for ever where many depend on many.
    if (built_[at] && (!circles_ || ++again_ > 100000)) return {};
    FlagScopes& scopes = out_.of[index];
    for (int other : found_.depends[at]) {
      if (Status s = build(other); !s) return s;
      take_over(scopes, out_.of[other]);
    }
    for (int other : found_.circular[at])
      prepend_new(scopes, FlagScope::CppPath, include_dirs(other), session_.project);
    if (!built_[at]) {
      built_[at] = true;
      prepend_new(scopes, FlagScope::CppPath, include_dirs(index), session_.project);
      if (libraries_[at].mode.reach == FinderMode::Off)
        for (size_t other = 0; other < libraries_.size(); ++other)
          if (other != at && built_[other]) take_over(scopes, out_.of[static_cast<int>(other)]);
      if (archived_(index))
        if (Status s = remove_build_unflags(session_, env_, scopes); !s) return s;
    }
    return {};
  }

  Session& session_;
  const Environment& env_;
  const FlagScopes& base_;
  const std::vector<FinderLibrary>& libraries_;
  const FoundLibraries& found_;
  const std::function<bool(int)>& archived_;
  LibraryFlags& out_;
  std::vector<bool> built_;
  bool circles_ = false;
  int again_ = 0;
};

}  // namespace

Result<LibraryFlags> spread_library_flags(Session& session, const Environment& environment,
                                          EnvironmentFlags& flags, const FinderProject& project,
                                          const std::vector<FinderLibrary>& libraries,
                                          const FoundLibraries& found,
                                          const std::map<int, FlagScopes>& own,
                                          const std::function<bool(int)>& archived) {
  LibraryFlags out;
  Result<FlagScopes> scopes = project_scopes(session, environment, flags);
  if (!scopes) return scopes.error();
  out.project = std::move(*scopes);
  for (int index : found.used) {
    auto known = own.find(index);
    out.of[index] = known == own.end() ? flags.base : known->second;
  }
  if (Status s =
          Spread(session, environment, flags.base, libraries, found, archived, out).build_all();
      !s)
    return s.error();
  prepend_new(out.project, FlagScope::CppPath, folder_items(project.include_dirs), session.project);
  return out;
}

}  // namespace fbuild
