#include "lnk/manifest.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "lnk/find_manifests.h"
#include "support/files.h"
#include "tests/lnk/test_help.h"

using namespace fbuild;
using namespace fbuild::lnk;
using namespace fbuild::lnk::testing;

namespace {

const std::string kDigest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

std::string with(const std::string& members) {
  return "{" + members + "}";
}

std::string full(const std::string& more) {
  return with(R"("v":1,"url":"https://example.com/x","sha256":")" + kDigest + "\"" + more);
}

void expect_error(const std::string& text, const std::string& message) {
  Result<Manifest> manifest = parse_manifest(text, "a.lnk");
  REQUIRE_FALSE_MESSAGE(manifest, text);
  CHECK(manifest.error().text() == message);
}

}  // namespace

TEST_CASE("a manifest is read, and written so that it reads the same") {
  Result<Manifest> manifest =
      parse_manifest("{\r\n\t\"extract\": \"tar.zst\", \"size\": 4,\n \"v\": 1,\n\"sha256\": \"" +
                         std::string(kDigest).replace(0, 4, "9F86") +
                         "\",\n \"url\":\"https:\\/\\/example.com/\\u0078\" }\n",
                     "a.lnk");
  REQUIRE(manifest);
  CHECK(manifest->url == "https://example.com/x");
  CHECK(manifest->sha256 == kDigest);
  CHECK(manifest->size == 4);
  CHECK(manifest->extract == Extract::TarZst);
  Result<Manifest> again = parse_manifest(manifest_text(*manifest), "b.lnk");
  REQUIRE(again);
  CHECK(again->url == manifest->url);
  CHECK(again->size == manifest->size);
  CHECK(again->extract == manifest->extract);
  manifest = parse_manifest(full(""), "a.lnk");
  REQUIRE(manifest);
  CHECK_FALSE(manifest->size);
  CHECK(manifest->extract == Extract::File);
  for (const char* kind : {"file", "zip", "tar.gz", "tar.xz", "tar.zst", "tar.bz2"})
    CHECK(std::string(extract_name(*extract_from_name(kind))) == kind);
}

TEST_CASE("what is wrong is pointed at") {
  expect_error("", "a.lnk:1:1: the file ends too early; expected '{' to begin the object");
  expect_error("[]", "a.lnk:1:1: unexpected '['; expected '{' to begin the object");
  expect_error("{}", "a.lnk:1:2: the key \"v\" is missing; add \"v\": 1");
  expect_error("{\"v\":1}", "a.lnk:1:7: the key \"url\" is missing; add \"url\": \"https://...\"");
  expect_error("{\"v\":1,\n \"url\":\"https://example.com/x\"\n}",
               "a.lnk:3:1: the key \"sha256\" is missing; nothing is fetched without a digest; "
               "fbuild-lnk add writes it");
  expect_error("{\"v\": 2}",
               "a.lnk:1:7: manifest version 2 is not known; this program reads version 1");
  expect_error("{\"v\": \"1\"}", "a.lnk:1:7: \"v\" must be the number 1");
  expect_error("{\"v\":1,\n  \"sha265\": \"x\"}",
               "a.lnk:2:3: unknown key \"sha265\"; did you mean 'sha256'?");
  expect_error("{\"zzzzzzzzz\": 1}",
               "a.lnk:1:2: unknown key \"zzzzzzzzz\"; known are v, url, sha256, size, extract");
  expect_error("{\"v\":1,\n\"v\":1}",
               "a.lnk:2:1: key \"v\" is given twice; the first is in line 1");
  expect_error("{\"v\":1,}", "a.lnk:1:7: a comma with nothing after it; JSON has none before '}'");
  expect_error("{\"v\":1 \"url\"}",
               "a.lnk:1:8: unexpected '\"'; expected ',' or '}' after the value");
  expect_error("{ // v\n\"v\":1}",
               "a.lnk:1:3: JSON has no comments; expected a key in double quotes");
  expect_error("{'v':1}", "a.lnk:1:2: unexpected '''; expected a key in double quotes");
  expect_error("{\"v\":01}", "a.lnk:1:6: a number with a leading zero; write it without");
  expect_error("{\"v\":1.0}", "a.lnk:1:6: not a whole number; expected digits only");
  expect_error("{\"v\":-1}", "a.lnk:1:6: a negative number; expected a whole number from 0 up");
  expect_error("{\"size\":99999999999999999999}",
               "a.lnk:1:9: the number is too large; at most 2^53");
  expect_error("{\"v\":null}", "a.lnk:1:6: \"v\" must be the number 1");
  expect_error("{\"url\":[]}",
               "a.lnk:1:8: a manifest's values are strings and whole numbers; "
               "\"url\" must be one of these");
  expect_error("{\"url\":\"x", "a.lnk:1:8: the string has no end; expected '\"' on the same line");
  expect_error("{\"url\":\"\\x\"}",
               "a.lnk:1:9: not a JSON escape; a backslash itself is written \\\\");
  expect_error("{\"url\":\"\\ud800\"}",
               "a.lnk:1:9: not a valid \\u escape; expected \\u and four hex digits");
  expect_error("{\"url\":\"\xff\"}", "a.lnk:1:9: not valid UTF-8; save the file as UTF-8");
  expect_error("{\"url\":\"\t\"}",
               "a.lnk:1:9: a control character in a string; write it as \\u00XX");
  expect_error("\xef\xbb\xbf{}",
               "a.lnk:1:1: starts with a byte order mark; save it as plain UTF-8");
  expect_error(full("") + "x", "a.lnk:1:114: something after the end of the object; remove it");
  expect_error(std::string("L\0\0\0\x01\x14\x02\0\0\0", 10),
               "a.lnk: this is a Windows shortcut, not a manifest; rename it or keep it elsewhere");
}

TEST_CASE("values are held to their meaning") {
  expect_error(full(",\"extract\":\"tgz\""),
               "a.lnk:1:124: unknown archive kind \"tgz\"; did you mean 'tar.gz'?");
  expect_error(full(",\"extract\":\"rar\""),
               "a.lnk:1:124: unknown archive kind \"rar\"; known are file, zip, tar.gz, tar.xz, "
               "tar.zst, tar.bz2");
  expect_error(R"({"sha256":"abc"})",
               "a.lnk:1:11: the SHA-256 has 3 characters; expected 64 hex digits");
  expect_error("{\"sha256\":\"" + std::string(64, 'g') + "\"}",
               "a.lnk:1:11: the SHA-256 has a character that is not a hex digit; expected 64 hex "
               "digits");
  for (const char* url : {"", "x", "ftp://example.com/x", "https://", "https:///x",
                          "https://me:pw@example.com/x", "https://example.com/a b",
                          "https://example.com/\xc3\xa4", "file://relative", "https://:80/x"}) {
    CHECK_FALSE_MESSAGE(check_url(url), url);
  }
  for (const char* url : {"https://example.com", "HTTP://example.com/x?y=z@w", "file:///x"})
    CHECK_MESSAGE(check_url(url), url);
}

TEST_CASE("a file too large for a manifest is not even read") {
  TemporaryDirectory folder;
  write_file(folder / "x.lnk", std::string(100'000, ' '));
  Result<Manifest> manifest = load_manifest(folder / "x.lnk");
  REQUIRE_FALSE(manifest);
  CHECK(manifest.error().what == "too large for a manifest (100000 bytes)");
}

TEST_CASE("manifests are found where a build would see them, in order") {
  TemporaryDirectory folder;
  for (const char* name : {"z.lnk", "a/b.lnk", "a.lnk", "a/b/c.lnk", ".git/x.lnk", "a/.pio/x.lnk",
                           "node_modules/x.lnk", "a/lnk", "a/.lnk", "a/x.lnk.txt", "build/y.lnk"})
    write_file(folder / name, "x");
  REQUIRE(::symlink("..", (folder / "a/up").c_str()) == 0);
  REQUIRE(::symlink("nowhere", (folder / "dangling.lnk").c_str()) == 0);
  Result<std::vector<std::string>> found = find_manifests(folder.path);
  REQUIRE(found);
  std::vector<std::string> want;
  for (const char* name : {"a.lnk", "a/b.lnk", "a/b/c.lnk", "build/y.lnk", "dangling.lnk", "z.lnk"})
    want.push_back(folder / name);
  CHECK(*found == want);
  CHECK_FALSE(find_manifests(folder / "none"));
}
