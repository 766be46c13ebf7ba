// Archives, friendly and hostile. Whatever is refused must have left no trace outside
// the folder it was to be unpacked into.
#include "lnk/extract.h"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lnk/sha256.h"
#include "support/files.h"
#include "tests/lnk/test_help.h"

using namespace fbuild;
using namespace fbuild::lnk;
using namespace fbuild::lnk::testing;

namespace {

using Item = ArchiveItem;

const Extract kKinds[] = {Extract::Zip, Extract::TarGz, Extract::TarXz, Extract::TarZst,
                          Extract::TarBz2};

// A folder to unpack into with neighbours that must stay as they are.
struct Box {
  TemporaryDirectory folder;
  std::string target = folder / "box/target";

  Box() {
    write_file(folder / "canary", "alive");
    write_file(folder / "box/canary", "alive");
    REQUIRE(make_directories(target));
  }

  Result<TreeList> unpack(const std::string& bytes, Extract kind,
                          const ExtractOptions& options = {}) {
    write_file(folder / "archive", bytes);
    Fd fd(::open((folder / "archive").c_str(), O_RDONLY));
    Result<TreeList> list = extract_archive(fd.get(), kind, target, options);
    CHECK(neighbours_unharmed());
    return list;
  }

  bool neighbours_unharmed() const {
    auto names = [&](const std::string& path) {
      std::string out;
      Result<std::vector<DirEntry>> entries = list_directory(path);
      for (const DirEntry& entry : *entries) out += entry.name + " ";
      return out;
    };
    return slurp(folder / "canary") == "alive" && slurp(folder / "box/canary") == "alive" &&
           names(folder.path) == "archive box canary " && names(folder / "box") == "canary target ";
  }
};

void expect_refused(const std::string& bytes, Extract kind, const std::string& words,
                    const ExtractOptions& options = {}) {
  Box box;
  Result<TreeList> list = box.unpack(bytes, kind, options);
  REQUIRE_FALSE_MESSAGE(list, words);
  CHECK_MESSAGE(list.error().text().find(words) != std::string::npos, list.error().text());
  CHECK(list.error().text().find('\n') == std::string::npos);
}

void expect_refused(const std::vector<Item>& items, const std::string& words,
                    const ExtractOptions& options = {}) {
  for (Extract kind : {Extract::TarGz, Extract::Zip}) {
    bool only_tar = false;
    for (const Item& item : items)
      only_tar |=
          item.type != Item::File && item.type != Item::Folder && item.type != Item::Symlink;
    if (only_tar && kind == Extract::Zip) continue;
    expect_refused(make_archive(kind, items), kind, words, options);
  }
}

ExtractOptions stripping() {
  ExtractOptions options;
  options.strip = 1;
  return options;
}

// A ustar header by hand, for what libarchive would not write.
std::string raw_tar(const std::string& name, char type, const std::string& content) {
  std::string header(512, '\0');
  header.replace(0, std::min<size_t>(name.size(), 100), name.substr(0, 100));
  header.replace(100, 8, std::string("0000644\0", 8));
  char size[13];
  std::snprintf(size, sizeof size, "%011o", static_cast<unsigned>(content.size()));
  header.replace(124, 12, std::string(size, 12));
  header.replace(136, 12, std::string("00000000000\0", 12));
  header.replace(148, 8, "        ");
  header[156] = type;
  header.replace(257, 8, std::string("ustar\00000", 8));
  unsigned sum = 0;
  for (char c : header) sum += static_cast<unsigned char>(c);
  char check[8];
  std::snprintf(check, sizeof check, "%06o", sum);
  header.replace(148, 7, std::string(check, 7));
  return header + content + std::string((512 - content.size() % 512) % 512, '\0');
}

std::string gzip(const std::string& bytes) {
  TemporaryDirectory folder;
  archive* a = archive_write_new();
  archive_write_add_filter_gzip(a);
  archive_write_set_format_raw(a);
  archive_write_open_filename(a, (folder / "x").c_str());
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(a, entry);
  archive_write_data(a, bytes.data(), bytes.size());
  archive_entry_free(entry);
  archive_write_free(a);
  return slurp(folder / "x");
}

}  // namespace

TEST_CASE("every kind unpacks to the same, modes, times and links kept") {
  std::string big = noise(700'000);
  std::vector<Item> items = {{"pkg/", Item::Folder, "", 0755, 1'500'000'000},
                             {"pkg/bin/tool", Item::File, "#!/bin/sh\n", 0755, 1'500'000'001},
                             {"pkg/data/big", Item::File, big, 0444, 1'500'000'002},
                             {"pkg/data/\xc3\xa4 b", Item::File, "umlaut", 0640, 1'500'000'004},
                             {"pkg/data/empty", Item::File, "", 0644, 1'500'000'003},
                             {"pkg/lib", Item::Symlink, "data/../data", 0777},
                             {"pkg/nowhere", Item::Symlink, "not/there", 0777},
                             {"pkg/data/", Item::Folder, "", 0750, 1'500'000'005}};
  std::string listing;
  for (Extract kind : kKinds) {
    CAPTURE(extract_name(kind));
    Box box;
    Result<TreeList> list = box.unpack(make_archive(kind, items), kind);
    REQUIRE_MESSAGE(list, (list ? "" : list.error().text()));
    CHECK(slurp(box.target + "/pkg/data/big") == big);
    CHECK(slurp(box.target + "/pkg/data/\xc3\xa4 b") == "umlaut");
    CHECK(slurp(box.target + "/pkg/lib/big") == big);
    struct stat st;
    ::stat((box.target + "/pkg/bin/tool").c_str(), &st);
    CHECK((st.st_mode & 07777) == 0755);
    CHECK(st.st_mtime == 1'500'000'001);
    ::stat((box.target + "/pkg/data/big").c_str(), &st);
    CHECK((st.st_mode & 07777) == 0444);
    ::stat((box.target + "/pkg/data").c_str(), &st);
    CHECK((st.st_mode & 07777) == 0750);
    CHECK(st.st_mtime == 1'500'000'005);
    CHECK(verify_tree(box.target, *list));
    // The list survives being written down.
    std::string text = tree_list_text(*list);
    Result<TreeList> again = parse_tree_list(text, "list");
    REQUIRE(again);
    CHECK(tree_list_text(*again) == text);
    CHECK(verify_tree(box.target, *again));
    if (!listing.empty()) CHECK(text == listing);
    listing = text;
  }
}

TEST_CASE("a hard link inside is kept") {
  Box box;
  std::string bytes =
      make_archive(Extract::TarGz, {{"p/a", Item::File, "text"}, {"p/b", Item::Hardlink, "p/a"}});
  Result<TreeList> list = box.unpack(bytes, Extract::TarGz, stripping());
  REQUIRE_MESSAGE(list, (list ? "" : list.error().text()));
  CHECK(slurp(box.target + "/b") == "text");
  CHECK(list->size() == 2);
  CHECK(verify_tree(box.target, *list));
}

TEST_CASE("one leading folder is stripped where asked") {
  Box box;
  std::string bytes = make_archive(Extract::TarXz, {{"./", Item::Folder},
                                                    {"./pkg/", Item::Folder},
                                                    {"./pkg/a/b", Item::File, "x"},
                                                    {"pkg/l", Item::Symlink, "a/b"}});
  Result<TreeList> list = box.unpack(bytes, Extract::TarXz, stripping());
  REQUIRE_MESSAGE(list, (list ? "" : list.error().text()));
  CHECK(slurp(box.target + "/a/b") == "x");
  CHECK(slurp(box.target + "/l") == "x");
  expect_refused({{"pkg/a", Item::File, "x"}, {"other/b", Item::File, "x"}},
                 "'other/b' lies beside the leading folder 'pkg'", stripping());
  expect_refused({{"a", Item::File, "x"}}, "stands where the archive's folder should", stripping());
}

TEST_CASE("hostile archives are refused, and nothing is outside") {
  SUBCASE("zip slip and its brothers") {
    expect_refused({{"ok", Item::File, "x"}, {"../canary", Item::File, "dead"}}, "climbs out");
    expect_refused({{"a/../../canary", Item::File, "dead"}}, "climbs out");
    expect_refused({{"..", Item::Folder}}, "climbs out");
    expect_refused({{"a/..", Item::Folder}}, "climbs out");
    expect_refused({{"/tmp/fbuild-lnk-evil", Item::File, "x"}}, "absolute path");
    // In a zip libarchive takes a backslash for what Windows means by it.
    std::vector<Item> windows = {{"..\\canary", Item::File, "dead"}};
    expect_refused(make_archive(Extract::TarGz, windows), Extract::TarGz, "backslash");
    expect_refused(make_archive(Extract::Zip, windows), Extract::Zip, "climbs out");
    CHECK_FALSE(path_exists("/tmp/fbuild-lnk-evil"));
  }
  SUBCASE("a link, then a write through it") {
    expect_refused({{"d", Item::Symlink, ".."}, {"d/canary", Item::File, "dead"}},
                   "leads through 'd', a link");
    expect_refused(
        {{"real/x", Item::File, "x"}, {"d", Item::Symlink, "real"}, {"d/y", Item::File, "through"}},
        "leads through 'd', a link");
    expect_refused({{"d", Item::Symlink, "x"}, {"d", Item::File, "dead"}}, "twice");
    expect_refused({{"d", Item::Symlink, ".."}, {"d/", Item::Folder}}, "twice");
    expect_refused({{"d", Item::Symlink, "../canary"}, {"e", Item::Hardlink, "d"}}, "no file");
  }
  SUBCASE("links that leave") {
    expect_refused({{"l", Item::Symlink, "../canary"}}, "leaves the archive's folder");
    expect_refused({{"a/b/l", Item::Symlink, "../../../canary"}}, "leaves");
    expect_refused({{"l", Item::Symlink, "/etc/passwd"}}, "absolute path");
    // Each by itself looks as if it stayed inside.
    expect_refused({{"x", Item::Symlink, "."}, {"y", Item::Symlink, "x/../canary"}}, "leaves");
    expect_refused({{"a/up", Item::Symlink, ".."}, {"z", Item::Symlink, "a/up/../canary"}},
                   "leaves");
    expect_refused({{"x", Item::Symlink, "y"}, {"y", Item::Symlink, "x"}}, "never ends");
    expect_refused({{"h", Item::Hardlink, "../canary"}}, "climbs out");
    expect_refused({{"h", Item::Hardlink, "/etc/passwd"}}, "absolute path");
    expect_refused({{"h", Item::Hardlink, "later"}, {"later", Item::File, "x"}}, "no file before");
  }
  SUBCASE("names") {
    expect_refused({{"a", Item::File, "1"}, {"a", Item::File, "2"}}, "twice");
    expect_refused({{"a", Item::File, "1"}, {"./a", Item::File, "2"}}, "twice");
    expect_refused({{"a", Item::File, "1"}, {"a/b", Item::File, "2"}}, "leads through 'a', a file");
    expect_refused({{"d/x", Item::File, "1"}, {"d", Item::File, "2"}}, "twice");
    expect_refused({{"Readme", Item::File, "1"}, {"README", Item::File, "2"}}, "only in case");
    expect_refused({{"Dir/x", Item::File, "1"}, {"dir/y", Item::File, "2"}}, "only in case");
    expect_refused({{std::string(300, 'n'), Item::File, "1"}}, "too long");
    std::string deep;
    for (int i = 0; i < 600; ++i) deep += "d/";
    expect_refused({{deep + "x", Item::File, "1"}}, "too long");
    expect_refused({{"a\nb", Item::File, "1"}}, "control character");
    expect_refused({{"a\x1b[2J", Item::File, "1"}}, "control character");
  }
  SUBCASE("what is no file") {
    expect_refused({{"f", Item::Fifo}}, "device, FIFO or socket");
    expect_refused({{"f", Item::Device}}, "device, FIFO or socket");
    expect_refused({{"su", Item::File, "x", 04755}}, "set-uid");
    expect_refused({{"sg", Item::File, "x", 02755}}, "set-gid");
  }
  SUBCASE("bombs") {
    ExtractOptions options;
    options.ratio_from = 1 << 20;
    std::string zeros(8 << 20, '\0');
    expect_refused({{"z", Item::File, zeros}}, "more than 200 times", options);
    options.max_ratio = 1'000'000;
    options.max_bytes = 4 << 20;
    expect_refused({{"z", Item::File, zeros}}, "more than 4194304 bytes", options);
    std::vector<Item> many;
    for (int i = 0; i < 200; ++i) many.push_back({"f" + std::to_string(i), Item::File, ""});
    options.names.max_items = 100;
    expect_refused(many, "more than 100 files", options);
    std::vector<Item> links = {{"f", Item::File, noise(1 << 20)}};
    for (int i = 0; i < 200; ++i) links.push_back({"h" + std::to_string(i), Item::Hardlink, "f"});
    options.names.max_items = 1000;
    expect_refused(links, "more than 4194304 bytes", options);
    std::string deep;
    for (int i = 0; i < 300; ++i) deep += "d/";
    options.names.max_items = 100;
    expect_refused({{deep + "x", Item::File, "1"}}, "more than 100 files", options);
  }
  SUBCASE("nothing in it, or nothing of the kind") {
    expect_refused({{"./", Item::Folder}}, "empty");
    for (Extract kind : kKinds) {
      expect_refused(std::string("plain text, no archive\n"), kind, "");
      expect_refused(std::string(), kind, "");
      // Another kind than promised.
      Extract other = kind == Extract::TarXz ? Extract::TarGz : Extract::TarXz;
      expect_refused(make_archive(other, {{"a", Item::File, "x"}}), kind, "");
    }
    // A tar that is not compressed at all.
    expect_refused(raw_tar("a", '0', "x") + std::string(1024, '\0'), Extract::TarGz,
                   "not a tar.gz archive");
  }
  SUBCASE("by hand") {
    expect_refused(gzip(raw_tar("/abs", '0', "x") + std::string(1024, '\0')), Extract::TarGz,
                   "absolute");
    expect_refused(gzip(raw_tar("a\\..\\b", '0', "x") + std::string(1024, '\0')), Extract::TarGz,
                   "backslash");
    // A GNU long name that never ends where it should, and a checksum that is wrong.
    std::string tar = raw_tar("././@LongLink", 'L', std::string(100'000, 'n')) +
                      raw_tar("short", '0', "x") + std::string(1024, '\0');
    expect_refused(gzip(tar), Extract::TarGz, "too long");
    std::string bad = raw_tar("a", '0', "x");
    bad[0] = 'b';
    expect_refused(gzip(bad + std::string(1024, '\0')), Extract::TarGz, "");
    // Types of their own kind: a contiguous file is a file, a volume header is nothing.
    expect_refused(gzip(raw_tar("c", '3', "") + std::string(1024, '\0')), Extract::TarGz, "device");
  }
}

TEST_CASE("truncated at any place is refused or complete, never half") {
  std::vector<Item> items = {{"a", Item::File, noise(5000)}, {"b/c", Item::File, noise(3000, 2)}};
  for (Extract kind : kKinds) {
    CAPTURE(extract_name(kind));
    std::string whole = make_archive(kind, items);
    for (size_t size = 0; size + 32 < whole.size(); size += whole.size() / 23) {
      CAPTURE(size);
      Box box;
      Result<TreeList> list = box.unpack(whole.substr(0, size), kind);
      if (!list) continue;
      // Only the padding after the last file was cut off.
      CHECK(list->size() == 3);
      CHECK(verify_tree(box.target, *list));
      CHECK(slurp(box.target + "/b/c") == noise(3000, 2));
    }
  }
}

TEST_CASE("case clashes can be allowed for trees that stay here") {
  Box box;
  ExtractOptions options;
  options.names.allow_case_clashes = true;
  CHECK(box.unpack(make_archive(Extract::Zip, {{"A", Item::File, "1"}, {"a", Item::File, "2"}}),
                   Extract::Zip, options));
  CHECK(slurp(box.target + "/A") == "1");
}

TEST_CASE("a tree is held against its list") {
  Box box;
  std::string bytes = make_archive(Extract::Zip, {{"d/a", Item::File, "text", 0755},
                                                  {"d/b", Item::File, "more"},
                                                  {"l", Item::Symlink, "d/a"}});
  Result<TreeList> list = box.unpack(bytes, Extract::Zip);
  REQUIRE(list);
  CHECK(verify_tree(box.target, *list));
  auto says = [&](const std::string& words) {
    Status status = verify_tree(box.target, *list);
    return !status && status.error().text().find(words) != std::string::npos;
  };
  write_file(box.target + "/d/b", "MORE");
  CHECK(says("d/b: its content has changed"));
  write_file(box.target + "/d/b", "more");
  CHECK(verify_tree(box.target, *list));
  write_file(box.target + "/d/c", "new");
  CHECK(says("d/c: is not part of what was installed"));
  ::unlink((box.target + "/d/c").c_str());
  write_file(box.target + "/d/__pycache__/x.pyc", "python");
  CHECK(verify_tree(box.target, *list));
  ::chmod((box.target + "/d/a").c_str(), 0644);
  CHECK(says("d/a: its mode has changed"));
  ::chmod((box.target + "/d/a").c_str(), 0755);
  ::unlink((box.target + "/l").c_str());
  CHECK(says("l: missing"));
  REQUIRE(::symlink("d/b", (box.target + "/l").c_str()) == 0);
  CHECK(says("l: is no longer the link it was"));
}
