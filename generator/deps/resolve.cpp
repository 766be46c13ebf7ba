#include "generator/deps/resolve.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "generator/config/unicode_text.h"

namespace fbuild {

namespace {

using Requirement = LibraryRequirement;
using Wants = std::vector<Requirement>;

// After that many rounds the choices go in a circle.
constexpr int kMaxRounds = 64;

std::string in_quotes(const std::string& text) {
  return "'" + text + "'";
}

bool same(const std::string& a, const std::string& b) {
  return config::lower(a) == config::lower(b);
}

bool fits(const Requirement& want, const std::string& version) {
  return !want.range || config::in_range(*want.range, config::package_version(version));
}

bool fits_all(const Wants& wants, const std::string& version) {
  return std::all_of(wants.begin(), wants.end(), [&](const Requirement& want) {
    return want.kind != Requirement::Registry || fits(want, version);
  });
}

// PlatformIO's items_in_list: nothing said and "*" are for all.
bool suits(const std::vector<std::string>& said, const std::vector<std::string>& here) {
  if (said.empty() || here.empty()) return true;
  return std::any_of(said.begin(), said.end(), [&](const std::string& item) {
    return item == "*" || std::find(here.begin(), here.end(), item) != here.end();
  });
}

// The highest version that suits everybody; nullptr if none does.
const LockedLibrary* best(const std::vector<LockedLibrary>& versions, const Wants& wants) {
  const LockedLibrary* out = nullptr;
  for (const LockedLibrary& item : versions) {
    if (!fits_all(wants, item.version)) continue;
    if (!out || config::compare_versions(config::package_version(item.version),
                                         config::package_version(out->version)) > 0)
      out = &item;
  }
  return out;
}

std::string who_wants_what(const Wants& wants) {
  std::string out;
  std::set<std::string> said;
  for (const Requirement& want : wants) {
    std::string line = want.wanted_by + " wants " + in_quotes(want.text);
    if (said.insert(line).second) out += (out.empty() ? "" : ", ") + line;
  }
  return out;
}

// The versions there are, the highest first.
std::string version_list(const std::vector<LockedLibrary>& versions) {
  std::vector<std::string> names;
  for (const LockedLibrary& item : versions) names.push_back(item.version);
  std::stable_sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return config::compare_versions(config::package_version(a), config::package_version(b)) > 0;
  });
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string out;
  constexpr size_t kShown = 8;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) out += (i ? ", " : "") + names[i];
  return out + (names.size() > kShown ? "..." : "");
}

class Resolver {
 public:
  Resolver(const std::vector<Requirement>& wanted, const LibrarySource& source, int& blamed)
      : wanted_(wanted), source_(source), blamed_(blamed) {}

  Result<LibraryResolution> run() {
    blamed_ = -1;
    for (int round = 0; round < kMaxRounds; ++round) {
      if (Status s = walk(); !s) return s.error();
      Result<bool> changed = settle();
      if (!changed) return changed.error();
      if (!*changed) return finish();
    }
    // Two that exclude each other take turns at being left out.
    if (conflict_) {
      blamed_ = conflict_blamed_;
      return *conflict_;
    }
    blamed_ = -1;
    return Error{
        "the libraries' requirements go in a circle: each choice makes another one necessary",
        "name the versions you want in lib_deps"};
  }

 private:
  struct Node {
    Wants wants;
    std::string pick;  // key in loaded_; "": none
  };

  // Follows everything that is wanted, with the libraries picked so far.
  Status walk() {
    nodes_.clear();
    order_.clear();
    of_item_.clear();
    out_ = {};
    notes_ = &out_;
    Wants level = wanted_;
    while (!level.empty()) {
      std::vector<std::string> fresh;
      for (Requirement& want : level) {
        Result<std::string> key = key_of(want);
        if (!key) return blame(want, key.error());
        if (key->empty()) continue;
        Node& node = nodes_[*key];
        if (node.wants.empty()) {
          order_.push_back(*key);
          fresh.push_back(*key);
        }
        node.wants.push_back(want);
        if (want.of_project()) of_item_[want.item] = *key;
      }
      level.clear();
      for (const std::string& key : fresh) {
        Node& node = nodes_[key];
        auto [pick, first_time] = picks_.try_emplace(key);
        if (first_time) {
          // What is wrong with it, if anything, is told when all wants are known.
          LibraryResolution unsaid;
          notes_ = &unsaid;
          if (Result<std::string> decided = decide(node.wants)) pick->second = *decided;
          notes_ = &out_;
        }
        node.pick = pick->second;
        if (node.pick.empty()) continue;
        ChosenLibrary library = loaded_.at(node.pick);
        if (Status s = follow(library, level); !s) return s;
      }
    }
    return {};
  }

  // What a library wants.
  Status follow(const ChosenLibrary& library, Wants& level) {
    std::string who = "library " + in_quotes(library.name) +
                      (library.version.empty() ? "" : " " + library.version);
    for (const LibraryDependency& dependency : library.dependencies) {
      if (!suits(dependency.platforms, {source_.platform}) ||
          !suits(dependency.frameworks, source_.frameworks))
        continue;
      Result<Requirement> want = parse_manifest_dependency(dependency, who, source_.directory);
      if (!want) {
        warn(who + " has a dependency that cannot be followed: " + want.error().what);
        continue;
      }
      // What was fetched has no say in what of this disk is used.
      if (want->local() && !library.requirement.local()) {
        warn(who + " names a place on this machine as a dependency (" + in_quotes(want->text) +
             "), which is not followed");
        continue;
      }
      level.push_back(std::move(*want));
    }
    return {};
  }

  // Under which name a requirement is met; "": by what is there already, or not in this run.
  Result<std::string> key_of(Requirement& want) {
    if (want.kind != Requirement::Registry) {
      Result<std::string> loaded = load_place(want);
      if (!loaded) return loaded.error();
      if (loaded->empty()) return std::string();
      return config::lower(loaded_.at(*loaded).name);
    }
    if (want.bare() && source_.brought_along && source_.brought_along(want)) return std::string();
    if (!want.id.empty() && want.name.empty()) {
      std::vector<LockedLibrary> known = source_.locked(want);
      if (known.empty()) {
        if (source_.locked_only)
          return Error{"--locked: fbuild.lock does not pin library " + in_quotes(want.text),
                       kUnlock};
        Result<const Listing*> listing = listing_of(want);
        if (!listing) return listing.error();
        if (!(*listing)->known) return miss(want);
        known = (*listing)->versions;
      }
      if (known.empty())
        return Error{"the registry has no library with the number " + want.id,
                     "name it as owner/name"};
      want.name = known.front().name;
      want.owner = known.front().owner;
    }
    return config::lower(want.name);
  }

  static void add_once(std::vector<std::string>& list, const std::string& text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
  }

  std::string miss(const Requirement& want) {
    std::string note = want.of_project() ? std::string() : "wanted by " + want.wanted_by;
    if (want.of_project() && source_.suggest) note = source_.suggest(want);
    std::string text = in_quotes(want.text) + (note.empty() ? "" : " (" + note + ")");
    add_once(notes_->missing, text);
    return "";
  }

  void warn(const std::string& text) { add_once(notes_->warnings, text); }

  Error blame(const Requirement& want, Error error) {
    blamed_ = want.item;
    if (!want.of_project())
      error.what += " (" + want.wanted_by + " wants " + in_quotes(want.text) + ")";
    return error;
  }

  Result<std::string> load_place(const Requirement& want) {
    std::string key = place_key(want) + (want.named ? "\n" + want.name : "");
    if (loaded_.count(key)) return key;
    Result<std::optional<ChosenLibrary>> loaded = source_.load_place(want);
    if (!loaded) return loaded.error();
    if (!*loaded) return miss(want);
    if (want.range && !fits(want, (*loaded)->version))
      return Error{"library " + in_quotes((*loaded)->name) + " from " + want.place +
                       " is version " + (*loaded)->version + ", which is not " + want.range->text,
                   ""};
    (*loaded)->requirement = want;
    loaded_[key] = std::move(**loaded);
    return key;
  }

  // What the registry says, asked once.
  struct Listing {
    bool known = false;
    std::vector<LockedLibrary> versions;
  };
  Result<const Listing*> listing_of(const Requirement& want) {
    std::string key = want.owner.empty() && !want.id.empty()
                          ? "#" + want.id
                          : config::lower(want.owner + "/" + want.name);
    auto [known, fresh] = listings_.try_emplace(key);
    if (fresh) {
      Result<std::optional<std::vector<LockedLibrary>>> answer = source_.registry(want);
      if (!answer) {
        listings_.erase(known);
        return answer.error();
      }
      known->second.known = answer->has_value();
      if (*answer) known->second.versions = std::move(**answer);
    }
    return &known->second;
  }

  // What meets all wants of one name, as a key of loaded_; "": nothing in this run.
  Result<std::string> decide(const Wants& wants) {
    Result<const Requirement*> supplier = supplier_of(wants);
    if (!supplier) return supplier.error();
    if (*supplier) return from_place(wants, **supplier);
    Result<Requirement> asked = owner_of(wants);
    if (!asked) return asked.error();
    return from_registry(wants, *asked);
  }

  // The want that says from which place the library comes; nullptr: it is the registry's.
  Result<const Requirement*> supplier_of(const Wants& wants) {
    bool project_says = std::any_of(wants.begin(), wants.end(),
                                    [](const Requirement& want) { return want.of_project(); });
    const Requirement* out = nullptr;
    for (const Requirement& want : wants) {
      if (want.kind == Requirement::Registry) continue;
      if (project_says && !want.of_project()) {
        warn(want.wanted_by + " wants " + in_quotes(want.text) +
             ", but lib_deps says where that library comes from");
        continue;
      }
      if (out && place_key(*out) != place_key(want))
        return contradiction(wants, "comes from two places");
      if (!out) out = &want;
    }
    return out;
  }

  Error contradiction(const Wants& wants, const std::string& what) {
    return Error{
        "library " + in_quotes(wants.front().name) + " " + what + ": " + who_wants_what(wants),
        "say in lib_deps which one it is to be; that counts for all"};
  }

  Result<std::string> from_place(const Wants& wants, const Requirement& supplier) {
    Result<std::string> key = load_place(supplier);
    if (!key || key->empty()) return key;
    const ChosenLibrary& library = loaded_.at(*key);
    for (const Requirement& want : wants) {
      if (want.kind != Requirement::Registry || fits(want, library.version)) continue;
      std::string what = want.wanted_by + " wants " + in_quotes(want.text) + ", and " +
                         supplier.wanted_by + " takes version " +
                         (library.version.empty() ? "(not told)" : library.version) + " from " +
                         in_quotes(supplier.text);
      if (supplier.of_project() && !want.of_project()) {
        warn(what);
      } else {
        blamed_ = std::max(want.item, supplier.item);
        return Error{"library " + in_quotes(library.name) + ": " + what,
                     "change one of the two, or leave one out"};
      }
    }
    return key;
  }

  // The want to ask the registry with: one that names the owner, if any does.
  Result<Requirement> owner_of(const Wants& wants) {
    const Requirement* out = nullptr;
    for (bool project : {true, false})
      for (const Requirement& want : wants) {
        if (want.kind != Requirement::Registry || want.of_project() != project ||
            want.owner.empty())
          continue;
        if (!out) {
          out = &want;
        } else if (!same(out->owner, want.owner)) {
          if (!out->of_project() || want.of_project()) {
            blamed_ = std::max(want.item, out->item);
            return contradiction(wants, "has two owners");
          }
          warn(want.wanted_by + " wants " + in_quotes(want.text) + ", but lib_deps says it is " +
               out->owner + "'s");
        }
      }
    if (out) return *out;
    for (const Requirement& want : wants)
      if (want.kind == Requirement::Registry) return want;
    return wants.front();
  }

  Result<std::string> from_registry(const Wants& wants, const Requirement& asked) {
    std::vector<LockedLibrary> locked = source_.locked(asked);
    if (const LockedLibrary* pin = best(locked, wants)) return load(*pin, asked);
    blamed_ = -1;
    for (const Requirement& want : wants) blamed_ = blamed_ < 0 ? want.item : blamed_;
    if (source_.locked_only) {
      if (locked.empty())
        return Error{"--locked: fbuild.lock does not pin library " + in_quotes(asked.text),
                     kUnlock};
      return Error{"--locked: fbuild.lock pins library " + in_quotes(asked.name) + " at " +
                       version_list(locked) + ", which does not suit: " + who_wants_what(wants),
                   kUnlock};
    }
    Result<const Listing*> listing = listing_of(asked);
    if (!listing) return listing.error();
    if (!(*listing)->known) return miss(asked);
    const std::vector<LockedLibrary>& versions = (*listing)->versions;
    bool project_wants = blamed_ >= 0;
    if (versions.empty()) {
      if (!project_wants) {
        warn(asked.wanted_by + " depends on " + in_quotes(asked.text) +
             ", which the registry does not have; it is left out");
        return std::string();
      }
      std::string fix = source_.suggest ? source_.suggest(asked) : "";
      return Error{"the registry has no library " + in_quotes(asked.text),
                   fix.empty() ? "is it owner/name, as in 'bblanchon/ArduinoJson@^7'? A repository "
                                 "is named by its URL"
                               : fix};
    }
    // Of the first package that has what is wanted.
    std::vector<std::string> packages;
    const LockedLibrary* found = nullptr;
    for (size_t begin = 0; begin < versions.size();) {
      size_t end = begin;
      while (end < versions.size() && same(versions[end].owner, versions[begin].owner) &&
             same(versions[end].name, versions[begin].name))
        ++end;
      packages.push_back(versions[begin].owner + "/" + versions[begin].name);
      if (!found) {
        std::vector<LockedLibrary> own(versions.begin() + static_cast<std::ptrdiff_t>(begin),
                                       versions.begin() + static_cast<std::ptrdiff_t>(end));
        if (const LockedLibrary* pick = best(own, wants))
          found = &versions[begin + static_cast<size_t>(pick - own.data())];
      }
      begin = end;
    }
    if (!found) return unmet(wants, asked, versions);
    if (packages.size() > 1 && project_wants) {
      std::string list;
      for (const std::string& package : packages) list += (list.empty() ? "" : ", ") + package;
      warn("more than one library is called " + in_quotes(asked.name) + ": " + list + "; " +
           found->owner + "/" + found->name + " is taken (write owner/name to say which)");
    }
    return load(*found, asked);
  }

  Result<std::string> unmet(const Wants& wants, const Requirement& asked,
                            const std::vector<LockedLibrary>& versions) {
    std::string there = "versions there are: " + version_list(versions);
    std::set<std::string> ranges;
    for (const Requirement& want : wants)
      if (want.range) ranges.insert(want.range->text);
    if (ranges.size() > 1)
      return Error{"no version of library " + in_quotes(asked.name) +
                       " suits everybody: " + who_wants_what(wants),
                   "change a requirement, or say in lib_deps where it comes from (a repository, an "
                   "archive or a folder), which counts for all; " +
                       there};
    if (blamed_ < 0) {
      warn(asked.wanted_by + " depends on " + in_quotes(asked.text) +
           ", of which the registry has no such version; it is left out");
      return std::string();
    }
    return Error{"no version of library " + in_quotes(asked.name) + " is " + *ranges.begin() +
                     " (" + in_quotes(asked.text) + ")",
                 there};
  }

  Result<std::string> load(const LockedLibrary& pin, const Requirement& asked) {
    std::string key = pin.url + "\n" + pin.sha256;
    if (loaded_.count(key)) return key;
    Result<std::optional<ChosenLibrary>> loaded = source_.load(pin);
    if (!loaded) return blame(asked, loaded.error());
    if (!*loaded) return miss(asked);
    (*loaded)->requirement = asked;
    (*loaded)->owner = pin.owner;
    // A package is found by the registry's name, whatever its manifest says.
    (*loaded)->name = pin.name;
    (*loaded)->version = pin.version;
    loaded_[key] = std::move(**loaded);
    return key;
  }

  // Decides once more, now that everybody has spoken. Returns whether that changed anything.
  Result<bool> settle() {
    bool changed = false;
    std::optional<Error> first;
    int blamed = -1;
    for (const std::string& key : order_) {
      Node& node = nodes_[key];
      Result<std::string> decided = decide(node.wants);
      if (!decided) {
        if (!first) {
          first = decided.error();
          blamed = blamed_;
        }
        // Once more without what it depends on, which may be what others stumble over.
        changed = changed || !node.pick.empty();
        picks_[key].clear();
        continue;
      }
      if (*decided == node.pick) continue;
      picks_[key] = *decided;
      changed = true;
    }
    blamed_ = blamed;
    if (first) {
      conflict_ = first;
      conflict_blamed_ = blamed;
    }
    if (first && !changed) return *first;
    return changed;
  }

  Result<LibraryResolution> finish() {
    std::map<std::string, int> index;
    for (const std::string& key : order_) {
      Node& node = nodes_[key];
      if (node.pick.empty()) continue;
      index[key] = static_cast<int>(out_.libraries.size());
      out_.libraries.push_back(loaded_.at(node.pick));
      for (const Requirement& want : node.wants) {
        add_once(out_.libraries.back().wanted_by, want.wanted_by);
      }
    }
    for (const Requirement& want : wanted_)
      if (want.of_project()) {
        auto key = of_item_.find(want.item);
        auto found = key == of_item_.end() ? index.end() : index.find(key->second);
        out_.of_item.push_back(found == index.end() ? -1 : found->second);
      }
    return std::move(out_);
  }

  static constexpr const char* kUnlock =
      "run 'fbuild-gen --install' without --locked and check in fbuild.lock";

  const std::vector<Requirement>& wanted_;
  const LibrarySource& source_;
  int& blamed_;
  std::map<std::string, Node> nodes_;         // by lower-case name
  std::vector<std::string> order_;            // of nodes, as they were met
  std::map<std::string, std::string> picks_;  // of nodes, kept from round to round
  std::map<int, std::string> of_item_;        // number of an item to its node
  std::map<std::string, ChosenLibrary> loaded_;
  std::map<std::string, Listing> listings_;
  std::optional<Error> conflict_;  // of the last round that had one
  int conflict_blamed_ = -1;
  LibraryResolution out_;
  LibraryResolution* notes_ = &out_;  // where warnings go
};

}  // namespace

Result<LibraryResolution> resolve_libraries(const std::vector<LibraryRequirement>& wanted,
                                            const LibrarySource& source, int& blamed) {
  return Resolver(wanted, source, blamed).run();
}

}  // namespace fbuild
