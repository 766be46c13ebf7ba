#include <doctest/doctest.h>

#include <vector>

#include "support/json_text.h"
#include "support/result.h"
#include "support/suggest.h"

using namespace fbuild;

TEST_CASE("an error is one line, its unknown parts left out") {
  CHECK(Error{"bad"}.text() == "bad");
  CHECK(Error{"bad", "be good"}.text() == "bad; be good");
  CHECK(Error{"bad", "", "f.ini", 3}.text() == "f.ini:3: bad");
  CHECK(Error{"bad", "be good", "f.ini", 3, 7}.text() == "f.ini:3:7: bad; be good");
}

TEST_CASE("only what looks like a typo is suggested") {
  std::vector<std::string> words = {"uno", "leonardo", "megaatmega2560", "build_flags"};
  CHECK(did_you_mean("unno", words) == "did you mean 'uno'?");
  CHECK(did_you_mean("onu", words) == "");
  CHECK(did_you_mean("Leonrado", words) == "did you mean 'leonardo'?");
  CHECK(did_you_mean("build_flag", words) == "did you mean 'build_flags'?");
  CHECK(did_you_mean("esp", words) == "");
  CHECK(did_you_mean("", words) == "");
}

TEST_CASE("JSON strings are always valid") {
  CHECK(json_string("a\"b\\c\n\x01") == "\"a\\\"b\\\\c\\n\\u0001\"");
  CHECK(json_string("gr\xC3\xBC\xC3\x9F") == "\"gr\xC3\xBC\xC3\x9F\"");
  CHECK(json_string("\xFF\xC3") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  CHECK(json_string("\xED\xA0\x80").find("\xED") == std::string::npos);
}
