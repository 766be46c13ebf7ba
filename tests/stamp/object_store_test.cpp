// The store of compiled objects by itself: budget, damage, what it is told.
#include "stamp/object_store.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/files.h"
#include "tests/stamp/scratch.h"

using namespace fbuild;
using namespace fbuild::stamp;

TEST_CASE("sizes people write") {
  CHECK(*parse_object_budget("") == kDefaultObjectBudget);
  CHECK(*parse_object_budget("off") == 0);
  CHECK(*parse_object_budget("0") == 0);
  CHECK(*parse_object_budget("12") == 12);
  CHECK(*parse_object_budget("3K") == 3072);
  CHECK(*parse_object_budget("2G") == uint64_t{2} << 30);
  for (std::string_view bad :
       {"lots", "-1", "1T", "1 M", "M", "99999999999999999999", "17179869184G"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_object_budget(bad));
  }
}

TEST_CASE("what was stored comes back, and nothing else") {
  Scratch scratch;
  ObjectStore store{scratch / "store", 1 << 20};
  Hash128 key = hash_text("a"), other = hash_text("b");
  std::string content("x\0y\n", 4);
  CHECK_FALSE(read_object(store, key, "object"));
  write_object(store, key, "object", content);
  CHECK(read_object(store, key, "object") == content);
  CHECK_FALSE(read_object(store, key, "manifest"));
  CHECK_FALSE(read_object(store, other, "object"));
  CHECK(measure_objects(store).entries == 1);
  // Larger than a folder's share: not kept.
  write_object(store, other, "object", std::string(1 << 17, 'x'));
  CHECK_FALSE(read_object(store, other, "object"));
  // Off.
  write_object({}, key, "object", content);
  CHECK_FALSE(read_object({}, key, "object"));
}

TEST_CASE("every damaged byte and every truncation is a miss, and is removed") {
  Scratch scratch;
  ObjectStore store{scratch / "store", 1 << 20};
  Hash128 key = hash_text("a");
  write_object(store, key, "object", "content");
  std::string path = store.root + "/" + hex(key)[0] + "/" + hex(key) + ".object";
  Result<std::string> good = read_file(path);
  REQUIRE(good);
  for (size_t i = 0; i < good->size(); ++i) {
    std::string bad = *good;
    bad[i] = static_cast<char>(bad[i] ^ 4);
    for (const std::string& text : {bad, good->substr(0, i)}) {
      REQUIRE(replace_file(path, text));
      CHECK_FALSE(read_object(store, key, "object"));
      CHECK_FALSE(path_exists(path));
    }
  }
}

TEST_CASE("a store keeps to its budget, oldest out first") {
  Scratch scratch;
  ObjectStore store{scratch / "store", 1 << 20};
  for (int i = 0; i < 4000; ++i)
    write_object(store, hash_text(std::to_string(i)), "object", std::string(1000, 'x'));
  // Trimmed by one store in 32, in each of 16 folders.
  CHECK(measure_objects(store).bytes < 2 * store.budget);
  Hash128 old = hash_text("old");
  write_object(store, old, "object", "old");
  std::string path = store.root + "/" + hex(old)[0] + "/" + hex(old) + ".object";
  timespec times[2] = {{1, 0}, {1, 0}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  SUBCASE("oldest out") {
    ObjectUsage usage = trim_objects(store, store.budget);
    CHECK(usage.bytes <= store.budget);
    CHECK(usage.bytes > store.budget / 2);
  }
  SUBCASE("use keeps") {
    CHECK(read_object(store, old, "object") == "old");
    trim_objects(store, store.budget);
    CHECK(read_object(store, old, "object") == "old");
  }
  SUBCASE("clear") {
    CHECK(trim_objects(store, 0).entries == 0);
  }
}
