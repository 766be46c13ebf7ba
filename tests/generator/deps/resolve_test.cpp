// The resolver against a registry that is a few lines of text: no network, no disk.
#include "generator/deps/resolve.h"

#include <doctest/doctest.h>

#include <map>

#include "generator/config/unicode_text.h"

using namespace fbuild;

namespace {

struct World {
  std::map<std::string, std::vector<LockedLibrary>> packages;          // by lower-case owner/name
  std::map<std::string, std::vector<LibraryDependency>> dependencies;  // by URL
  std::map<std::string, ChosenLibrary> places;                         // by place
  LibraryLock lock;
  bool network = true, locked = false;
  int asked = 0;

  void add(const std::string& owner, const std::string& name, const std::string& version,
           std::vector<LibraryDependency> depends = {}) {
    LockedLibrary item;
    item.owner = owner;
    item.name = name;
    item.version = version;
    item.url = "https://h/" + owner + "/" + name + "/" + version;
    item.sha256 = std::string(64, 'a');
    packages[config::lower(owner + "/" + name)].push_back(item);
    dependencies[item.url] = std::move(depends);
  }

  LibrarySource source() {
    LibrarySource out;
    out.locked = [this](const LibraryRequirement& want) {
      std::vector<LockedLibrary> list;
      for (const LockedLibrary& item : lock)
        if (config::lower(item.name) == config::lower(want.name) &&
            (want.owner.empty() || want.owner == item.owner))
          list.push_back(item);
      return list;
    };
    out.registry =
        [this](
            const LibraryRequirement& want) -> Result<std::optional<std::vector<LockedLibrary>>> {
      if (!network) return std::optional<std::vector<LockedLibrary>>();
      ++asked;
      std::vector<LockedLibrary> list;
      for (const auto& [key, versions] : packages) {
        bool meant = want.owner.empty() ? key.ends_with("/" + config::lower(want.name))
                                        : key == config::lower(want.owner + "/" + want.name);
        if (meant) list.insert(list.end(), versions.begin(), versions.end());
      }
      return std::optional(list);
    };
    out.load = [this](const LockedLibrary& pin) -> Result<std::optional<ChosenLibrary>> {
      ChosenLibrary library;
      library.dependencies = dependencies[pin.url];
      library.pin = pin;
      return std::optional(library);
    };
    out.load_place =
        [this](const LibraryRequirement& want) -> Result<std::optional<ChosenLibrary>> {
      auto found = places.find(want.place);
      if (found == places.end()) return Error{want.place + ": nothing is there", ""};
      return std::optional(found->second);
    };
    out.brought_along = [](const LibraryRequirement& want) { return want.name == "Wire"; };
    out.platform = "p";
    out.frameworks = {"arduino"};
    out.directory = "/nonexistent";
    out.locked_only = locked;
    return out;
  }

  // "a/X 1.0.0, ..." in alphabetical order, or "! " and the error.
  std::string resolve(const std::vector<std::string>& items) {
    std::vector<LibraryRequirement> wanted;
    for (size_t i = 0; i < items.size(); ++i) {
      Result<LibraryRequirement> want =
          parse_lib_dep(items[i], static_cast<int>(i), "/nonexistent");
      if (!want) return "! " + want.error().text();
      wanted.push_back(*want);
    }
    LibrarySource from = source();
    Result<LibraryResolution> out = resolve_libraries(wanted, from, blamed);
    if (!out) return "! " + out.error().text();
    last = *out;
    std::map<std::string, std::string> sorted;
    for (const ChosenLibrary& library : out->libraries)
      sorted[library.name] =
          (library.owner.empty() ? "" : library.owner + "/") + library.name + " " + library.version;
    std::string text;
    for (const auto& [name, line] : sorted) text += (text.empty() ? "" : ", ") + line;
    for (const std::string& missing : out->missing) text += " missing " + missing;
    return text;
  }

  int blamed = -1;
  LibraryResolution last;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the highest version that suits everybody") {
  World world;
  for (const char* version : {"1.0.0", "1.5.0", "2.0.0"}) world.add("a", "X", version);
  world.add("a", "Y", "1.0.0", {{"a", "X", "^1.0"}});
  world.add("a", "Z", "1.0.0", {{"a", "X", "<1.5"}});
  CHECK(world.resolve({"a/X"}) == "a/X 2.0.0");
  CHECK(world.resolve({"a/X", "a/Y"}) == "a/X 1.5.0, a/Y 1.0.0");
  CHECK(world.resolve({"a/Y", "a/X"}) == "a/X 1.5.0, a/Y 1.0.0");
  CHECK(world.resolve({"a/Z", "a/Y", "a/X"}) == "a/X 1.0.0, a/Y 1.0.0, a/Z 1.0.0");
  std::string error = world.resolve({"a/Y", "a/X@^2"});
  CHECK(contains(error, "library 'Y' 1.0.0 wants 'a/X@^1.0'"));
  CHECK(contains(error, "lib_deps wants 'a/X@^2'"));
  CHECK(world.blamed == 1);
}

TEST_CASE("what was picked too early leaves nothing behind") {
  World world;
  world.add("a", "Old", "1.0.0");
  world.add("a", "X", "1.0.0", {{"a", "Old", ""}});
  world.add("a", "X", "2.0.0", {{"a", "NotThere", ""}, {"a", "Deep", "^2"}});
  world.add("a", "Deep", "1.0.0", {{"a", "X", "^1"}});
  world.add("a", "Deep", "2.0.0");
  world.add("a", "Y", "1.0.0", {{"a", "Between", ""}});
  world.add("a", "Between", "1.0.0", {{"a", "X", "^1"}});
  CHECK(world.resolve({"a/X", "a/Y"}) == "a/Between 1.0.0, a/Old 1.0.0, a/X 1.0.0, a/Y 1.0.0");
  CHECK(world.last.warnings.empty());
  // Deep 1 wants X 1, X 2 wants Deep 2: who says so decides.
  CHECK(world.resolve({"a/X", "a/Deep"}) == "a/Deep 2.0.0, a/X 2.0.0");
  CHECK(contains(world.resolve({"a/X@^2", "a/Deep@^1"}), "suits everybody"));
}

TEST_CASE("circles, other platforms, what is brought along") {
  World world;
  world.add("a", "A", "1.0.0",
            {{"", "B", ""},
             {"", "Wire", ""},
             {"a", "Off", "", {"other"}, {}},
             {"a", "Off", "", {}, {"mbed"}},
             {"a", "On", "", {"*"}, {"arduino"}}});
  world.add("b", "B", "1.0.0", {{"a", "A", "*"}});
  world.add("a", "On", "1.0.0");
  world.add("a", "Off", "1.0.0");
  CHECK(world.resolve({"a/A", "Wire"}) == "a/A 1.0.0, b/B 1.0.0, a/On 1.0.0");
  CHECK(world.last.of_item == std::vector<int>{0, -1});
}

TEST_CASE("places count for all, and owners") {
  World world;
  world.add("a", "X", "1.0.0");
  world.add("b", "X", "1.0.0");
  world.add("a", "Y", "1.0.0", {{"a", "X", "^1"}});
  world.add("b", "Z", "1.0.0", {{"b", "X", "^1"}});
  world.places["https://h/x.git"].name = "X";
  world.places["https://h/x.git"].version = "3.0.0";
  CHECK(world.resolve({"https://h/x.git", "a/Y"}) == "X 3.0.0, a/Y 1.0.0");
  CHECK(world.last.warnings.size() == 1);
  CHECK(contains(world.resolve({"https://h/x.git", "X@^1"}), "is version 3.0.0") == false);
  CHECK(world.resolve({"https://h/x.git", "X@^1"}).starts_with("! "));
  CHECK(contains(world.resolve({"a/Y", "b/Z"}), "two owners"));
  CHECK(world.resolve({"a/Y", "b/Z", "a/X"}) == "a/X 1.0.0, a/Y 1.0.0, b/Z 1.0.0");
  CHECK(contains(world.resolve({"https://h/none.git"}), "nothing is there"));
}

TEST_CASE("the lock comes first, and alone with --locked") {
  World world;
  for (const char* version : {"1.0.0", "1.1.0"}) world.add("a", "X", version);
  world.lock = {world.packages["a/x"][0]};
  CHECK(world.resolve({"a/X"}) == "a/X 1.0.0");
  CHECK(world.asked == 0);
  CHECK(world.resolve({"a/X@^1.1"}) == "a/X 1.1.0");
  world.network = false;
  CHECK(world.resolve({"a/X@^1.1", "a/Q"}) == " missing 'a/X@^1.1' missing 'a/Q'");
  world.locked = true;
  CHECK(contains(world.resolve({"a/X@^1.1"}), "pins library 'X' at 1.0.0"));
  CHECK(contains(world.resolve({"a/Q"}), "does not pin library 'a/Q'"));
}
