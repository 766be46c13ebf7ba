#include "generator/platform/yaml_reader.h"

#include <doctest/doctest.h>

using namespace fbuild;

namespace {

const std::string kFile = "p.yaml";

// The error that reading gives; an empty one when there is none.
template <class Read>
Error error_of(const char* text, Read read) {
  try {
    YamlMap map(YAML::Load(text), kFile, "a thing");
    read(map);
    map.finish();
    return {};
  } catch (const YamlFailure& failure) {
    return failure.error;
  }
}

}  // namespace

TEST_CASE("a key nobody asked for is an error with its line and a suggestion") {
  Error error = error_of("name: x\n\n# more\ndebain: y\n", [](YamlMap& map) {
    map.text("name");
    map.text("debian");
  });
  CHECK(error.text() == "p.yaml:4: unknown key 'debain' in a thing; did you mean 'debian'?");
  error = error_of("1: x\n", [](YamlMap&) {});
  CHECK(error.line == 1);
  error = error_of("[a, b]: x\n", [](YamlMap&) {});
  CHECK(error.text().find("unknown key") != std::string::npos);
}

TEST_CASE("types are checked at their line") {
  CHECK(error_of("\n- a\n- b\n", [](YamlMap&) {}).text() ==
        "p.yaml:2: a thing is not a map; write 'key: value' lines");
  CHECK(error_of("a: 1\nname: [x]\n", [](YamlMap& map) {
          map.text("a");
          map.text("name");
        }).text() == "p.yaml:2: 'name' of a thing is not a text");
  CHECK(error_of("a: 1\n", [](YamlMap& map) { map.required_text("name"); }).what ==
        "a thing has no 'name'");
  CHECK(error_of("name: ''\n", [](YamlMap& map) { map.required_text("name"); }).what ==
        "a thing has no 'name'");
  CHECK(error_of("on: maybe\n", [](YamlMap& map) { map.flag("on", true); }).what ==
        "'on' of a thing is neither true nor false");
  CHECK(error_of("l: {a: b}\n", [](YamlMap& map) { map.texts("l"); }).what ==
        "'l' of a thing is not a list");
  CHECK(error_of("l:\n  - a\n  - [b]\n", [](YamlMap& map) { map.texts("l"); }).line == 3);
  CHECK(error_of("w: a 'b\n", [](YamlMap& map) { map.words("w"); }).text() ==
        "p.yaml:1: 'w' of a thing: a quotation is not closed");
}

TEST_CASE("values") {
  std::vector<std::string> one, many, none, words;
  bool on = false, absent = true;
  CHECK(error_of("one: a b\nmany: [a b, c]\nempty:\nwords: [a b, 'c \"d e\"']\non: true\n",
                 [&](YamlMap& map) {
                   one = map.texts("one");
                   many = map.texts("many");
                   none = map.texts("empty");
                   words = map.words("words");
                   on = map.flag("on", false);
                   absent = map.flag("absent", true);
                   CHECK(map.text("absent", "other") == "other");
                   CHECK(map.keys().size() == 5);
                 })
            .what.empty());
  CHECK(one == std::vector<std::string>{"a b"});
  CHECK(many == std::vector<std::string>{"a b", "c"});
  CHECK(none.empty());
  CHECK(words == std::vector<std::string>{"a", "b", "c", "d e"});
  CHECK(on);
  CHECK(absent);
}

TEST_CASE("words are split as a shell splits them") {
  using Words = std::vector<std::string>;
  CHECK(split_words("") == Words{});
  CHECK(split_words("  a\tb\n c ") == Words{"a", "b", "c"});
  CHECK(split_words("'a b'c \"d e\"") == Words{"a bc", "d e"});
  CHECK(split_words("'' \"\"") == Words{"", ""});
  CHECK(split_words(R"(a\ b "c\"d\\e\f" 'g\h')") == Words{"a b", R"(c"d\e\f)", R"(g\h)"});
  CHECK(split_words("a\\") == Words{"a\\"});
  CHECK_THROWS_AS(split_words("'a"), YamlFailure);
  CHECK_THROWS_AS(split_words("a\"b"), YamlFailure);
}
