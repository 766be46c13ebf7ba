#include "generator/library/manifest.h"

#include <doctest/doctest.h>

namespace fbuild {

// A manifest is left out as a whole where PlatformIO 6.1 leaves it out ("Ignoring broken
// library manifest") or ends with a traceback.
TEST_CASE("library.json that is left out") {
  const std::pair<const char*, const char*> kBroken[] = {
      {R"({"name":)", "not valid JSON"},
      {"", "not valid JSON"},
      {R"({"name": "A",})", "not valid JSON"},
      {"{} {}", "not valid JSON"},
      {"\xef\xbb\xbf{}", "a byte order mark is not JSON"},
      {"[]", "a library manifest has to be a JSON object"},
      {"null", "a library manifest has to be a JSON object"},
      {R"({"dependencies": "B"})", "\"dependencies\" is not a list or an object"},
      {R"({"dependencies": null})", "\"dependencies\" is not a list or an object"},
      {R"({"frameworks": ["arduino", 5]})", "\"frameworks\" is not a text or a list of texts"},
      {R"({"platforms": {}})", "\"platforms\" is not a text or a list of texts"},
      {R"({"keywords": 5})", "\"keywords\" is not a text or a list of texts"},
      {R"({"authors": "me"})", "\"authors\" is not an object or a list of objects"},
      {R"({"authors": [{}, "me"]})", "\"authors\" is not an object or a list of objects"},
      {R"({"build": []})", "\"build\" is not an object"},
      {R"({"build": {"flags": 5}})", "\"flags\" is not a text or a list of texts"},
      {R"({"build": {"srcFilter": [1]}})", "\"srcFilter\" is not a text or a list of texts"},
      {R"({"build": {"srcDir": null}})", "\"srcDir\" is not a text"},
  };
  for (const auto& [text, what] : kBroken) {
    CAPTURE(text);
    Result<LibraryManifest> manifest = read_library_json(text);
    REQUIRE(!manifest);
    CHECK(manifest.error().what == what);
  }
}

TEST_CASE("library.json that counts") {
  for (const char* text :
       {R"({"name": "A", "build": null})", R"({"name": "A", "authors": ""})",
        R"({"name": "A", "authors": [{"name": "me"}]})", R"({"name": "A", "keywords": "a, b"})",
        R"({"name": "B", "name": "A"})", "{\"name\": \"A\", \"x\": \"\xe4\"}",
        R"({"name": "A", "build": {"flags": null, "extraScript": null}})"}) {
    CAPTURE(text);
    Result<LibraryManifest> manifest = read_library_json(text);
    REQUIRE(manifest);
    CHECK(manifest->name == "A");
  }
}

TEST_CASE("library.properties that is left out") {
  CHECK(!read_library_properties("name=A\narchitectures=particle-photon\n"));
  CHECK(!read_library_properties("name=A\ndepends=B (a) (>1)\n"));
  CHECK(read_library_properties("name=A\ndepends=B (>1), C\n"));
}

}  // namespace fbuild
