#include "generator/platform/facts.h"

#include <doctest/doctest.h>

using namespace fbuild;

TEST_CASE("facts are found by dotted paths, list numbers and keys that have dots") {
  Facts facts = Facts::parse(
      R"({"build": {"mcu": "m", "hwids": [["0x1", "0x2"], ["0x3"]], "a.b": 7}, "x.y": true, "none": null})");
  CHECK(fact_or(facts, "build.mcu", "?") == "m");
  CHECK(fact_or(facts, "build.hwids.0.1", "?") == "0x2");
  CHECK(fact_or(facts, "build.hwids.1.0", "?") == "0x3");
  CHECK(fact_or(facts, "build.a.b", "?") == "7");
  CHECK(fact_or(facts, "x.y", "?") == "true");
  CHECK(fact_or(facts, "none", "?") == "");
  for (const char* missing :
       {"", ".", "build.", "build.mcu.x", "build.hwids.2", "build.hwids.-1", "build.hwids.x",
        "build.hwids.0.", "build.hwids.00000000000000000000099", "Build", "x", "x.y.z"}) {
    CAPTURE(missing);
    CHECK(find_fact(facts, missing) == nullptr);
  }
  CHECK(find_fact(Facts("text"), "a") == nullptr);
}

TEST_CASE("setting makes the levels between, and keeps to keys that are there") {
  Facts facts = Facts::parse(R"({"build": {"mcu": "m", "a.b": 7}, "flat": 1})");
  set_fact(facts, "build.mcu", "n");
  set_fact(facts, "build.a.b", 8);
  set_fact(facts, "upload.deep.speed", 9600);
  set_fact(facts, "flat.now.deep", "x");
  CHECK(
      facts.dump() ==
      R"({"build":{"mcu":"n","a.b":8},"flat":{"now":{"deep":"x"}},"upload":{"deep":{"speed":9600}}})");
}

TEST_CASE("facts as text") {
  CHECK(fact_text("a \"b\"") == "a \"b\"");
  CHECK(fact_text(12) == "12");
  CHECK(fact_text(false) == "false");
  CHECK(fact_text(nullptr) == "");
  CHECK(fact_text(Facts::parse(R"(["-DA", 1, ["x"]])")) == "-DA 1 x");
}

TEST_CASE("places are filled") {
  Lookup lookup = [](std::string_view name) -> std::optional<std::string> {
    if (name == "a") return "1";
    if (name == "empty") return "";
    if (name == "place") return "{a}";
    return std::nullopt;
  };
  CHECK(*fill("", lookup) == "");
  CHECK(*fill("x{a}y{a}", lookup) == "x1y1");
  CHECK(*fill("{empty}", lookup) == "");
  CHECK(*fill("{empty|other}", lookup) == "");
  CHECK(*fill("{none|other}", lookup) == "other");
  CHECK(*fill("{none|}", lookup) == "");
  CHECK(*fill("{none|a|b}", lookup) == "a|b");
  CHECK(*fill("{{a} }}", lookup) == "{a} }}");
  // What was filled in is not looked at again.
  CHECK(*fill("{place}", lookup) == "{a}");
  Result<std::string> unknown = fill("-m{none}", lookup);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().what == "nothing is known as 'none' in '-m{none}'");
  Result<std::string> open = fill("x{a", lookup);
  REQUIRE_FALSE(open);
  CHECK(open.error().what.find("without '}'") != std::string::npos);
}

TEST_CASE("filters of places") {
  Lookup lookup = [](std::string_view name) -> std::optional<std::string> {
    if (name == "mcu") return "stm32f103C8t6";
    if (name == "version") return "2.6.10-rc";
    if (name == "empty") return "";
    return std::nullopt;
  };
  auto filled = [&](const char* text) {
    Result<std::string> out = fill(text, lookup);
    return out ? *out : "error: " + out.error().what;
  };
  CHECK(filled("{mcu:0-7:upper}xx") == "STM32F1xx");
  CHECK(filled("<{mcu:5-12:upper}>") == "<F103C8T>");
  CHECK(filled("{mcu:lower}") == "stm32f103c8t6");
  CHECK(filled("{mcu:-5}") == "stm32");
  CHECK(filled("{mcu:9-}") == "C8t6");
  CHECK(filled("{mcu:11-99}{mcu:50-}{mcu:7-3}") == "t6");
  CHECK(filled("{mcu:1/_:t/T:lower}") == "stm32f_03c8t6");
  CHECK(filled("{empty:0-7:upper}") == "");
  CHECK(filled("{none:upper|a:b}") == "a:b");
  CHECK(filled("{version:part-0}.{version:part-1}, {version:part-2}") == "2.6, 10");
  CHECK(filled("{version:part-4}") == "error: '2.6.10-rc' has no part-4 in '{version:part-4}'");
  CHECK(filled("{mcu:shout}") == "error: unknown filter 'shout' in '{mcu:shout}'");
  for (const char* bad : {"{mcu:}", "{mcu:-}", "{mcu:1}", "{mcu:a-b}", "{mcu:1-2-3}", "{mcu:a/}",
                          "{mcu:a/bc}", "{mcu:+1-2}", "{mcu:1234567-}"}) {
    CAPTURE(bad);
    CHECK(filled(bad).starts_with("error: unknown filter"));
  }
}
