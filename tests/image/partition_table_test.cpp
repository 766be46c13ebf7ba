#include "image/partition_table.h"

#include <doctest/doctest.h>

#include "image/bytes.h"
#include "image/md5.h"

using namespace fbuild;

namespace {

std::string error_of(std::string_view csv, const PartitionOptions& options = {}) {
  Result<PartitionTable> table = read_partition_csv(csv, options, "p.csv");
  if (!table) return table.error().text();
  Result<std::string> binary = partition_binary(*table, options, "p.csv");
  return binary ? "no error" : binary.error().text();
}

PartitionTable table_of(std::string_view csv, const PartitionOptions& options = {}) {
  Result<PartitionTable> table = read_partition_csv(csv, options, "p.csv");
  REQUIRE_MESSAGE(table, error_of(csv, options));
  return *table;
}

std::string entry(uint8_t type, uint8_t subtype, uint32_t offset, uint32_t size, std::string name,
                  uint32_t flags = 0) {
  std::string out = "\xaa\x50";
  out += static_cast<char>(type);
  out += static_cast<char>(subtype);
  append_le32(out, offset);
  append_le32(out, size);
  name.resize(16, '\0');
  out += name;
  append_le32(out, flags);
  return out;
}

}  // namespace

TEST_CASE("a table as it is in flash, byte by byte") {
  PartitionTable table = table_of(
      "\xef\xbb\xbf# Name,   Type, SubType, Offset,  Size, Flags\r\n"
      "nvs,      data, nvs,     0x9000,  0x5000,\r\n"
      "otadata,  data, ota,     0xe000,  8K\n"
      "\n"
      "  app0,   app,  ota_0,   0x10000, 1M, encrypted\n"
      "app1,     APP,  OTA_1,   ,        1M, encrypted:readonly\n"
      "a_long_name_that_is_cut, 0x40, 7, , 64k\n"
      "spiffs,   data, spiffs,  ,        -4M\n");
  Result<std::string> binary = partition_binary(table, {}, "p.csv");
  REQUIRE(binary);
  std::string entries =
      entry(1, 2, 0x9000, 0x5000, "nvs") + entry(1, 0, 0xe000, 0x2000, "otadata") +
      entry(0, 0x10, 0x10000, 0x100000, "app0", 1) + entry(0, 0x11, 0x110000, 0x100000, "app1", 3) +
      entry(0x40, 7, 0x210000, 0x10000, "a_long_name_that_is_cut") +
      entry(1, 0x82, 0x220000, 0x1e0000, "spiffs");
  Md5Digest digest = md5(entries);
  CHECK(binary->size() == 0xc00);
  CHECK(binary->substr(0, entries.size()) == entries);
  CHECK(binary->substr(entries.size(), 32) ==
        "\xeb\xeb" + std::string(14, '\xff') + std::string(digest.begin(), digest.end()));
  CHECK(binary->substr(entries.size() + 32) == std::string(0xc00 - entries.size() - 32, '\xff'));

  PartitionOptions plain;
  plain.md5 = false;
  binary = partition_binary(table, plain, "p.csv");
  REQUIRE(binary);
  CHECK(binary->substr(entries.size()) == std::string(0xc00 - entries.size(), '\xff'));
}

TEST_CASE("bootloaders and tables that are listed have their places from outside") {
  PartitionOptions options;
  options.primary_bootloader = 0x1000;
  options.recovery_bootloader = 0x3f0000;
  PartitionTable table = table_of(
      "boot, bootloader, primary,,\n"
      "table, partition_table, primary,,\n"
      "nvs, data, nvs,, 0x4000\n"
      "rescue, bootloader, recovery,,\n",
      options);
  CHECK(*table.partitions[0].offset == 0x1000);
  CHECK(table.partitions[0].size == 0x7000);
  CHECK(*table.partitions[1].offset == 0x8000);
  CHECK(table.partitions[1].size == 0x1000);
  CHECK(*table.partitions[2].offset == 0x9000);
  CHECK(*table.partitions[3].offset == 0x3f0000);
  CHECK(
      error_of("boot, bootloader, primary,,\n").starts_with("p.csv:1:7: the primary bootloader's"));
}

TEST_CASE("a project's own subtypes") {
  PartitionOptions options;
  options.subtypes = {{"data", "mine", 0x55}};
  CHECK(table_of("x, data, mine,, 4K\n", options).partitions[0].subtype == 0x55);
  CHECK(error_of("x, app, mine,, 4K\n", options).starts_with("p.csv:1:9: unknown subtype 'mine'"));
}

TEST_CASE("a wrong field is an error at its line and column") {
  CHECK(error_of("nvs, dta, nvs,, 4K\n") == "p.csv:1:6: unknown type 'dta'; did you mean 'data'?");
  CHECK(error_of("#\nnvs, data, spifs,, 4K\n") ==
        "p.csv:2:12: unknown subtype 'spifs'; did you mean 'spiffs'?");
  CHECK(error_of("x,,nvs,,4K\n") == "p.csv:1:3: the type is missing; app, data or a number");
  CHECK(error_of("x,app,,,4K\n") ==
        "p.csv:1:7: the subtype of an app is missing; factory, test or ota_0");
  CHECK(error_of("x,300,1,,4K\n") == "p.csv:1:3: the type 300 is no byte; 0 to 254");
  CHECK(error_of("x,data,fat,010,4K\n") ==
        "p.csv:1:12: offset '010' is not a number; as in 0x10000, 64K or 1M");
  CHECK(error_of("x,data,fat,,1.5M\n").starts_with("p.csv:1:13: size '1.5M' is not a number"));
  CHECK(error_of("x,data,fat,,\n") == "p.csv:1:13: the size is missing; as in 0x10000, 64K or 1M");
  CHECK(error_of("x,data,fat,,4K,secret\n") ==
        "p.csv:1:16: unknown flag 'secret'; encrypted, readonly or encrypted:readonly");
  CHECK(error_of("x,data,fat,$PLACE,4K\n") ==
        "p.csv:1:12: an environment variable is used; its value");
  CHECK(error_of("\xff\xfe") == "p.csv: is not a text file; a partition CSV in UTF-8");
}

TEST_CASE("what the bootloader would refuse is refused") {
  auto starts = [](std::string_view csv, std::string_view start,
                   const PartitionOptions& options = {}) {
    std::string error = error_of(csv, options);
    CAPTURE(error);
    CHECK(error.starts_with(start));
  };
  starts("a,app,factory,0x11000,1M\n", "p.csv:1: partition a is at 0x11000; a multiple of 0x10000");
  starts("a,data,fat,0x9100,4K\n", "p.csv:1: partition a is at 0x9100; a multiple of 0x1000");
  starts("a,app,factory,,0x1800\n",
         "p.csv:1: partition a has the size 0x1800; a multiple of 0x1000");
  PartitionOptions secure;
  secure.secure_boot = 1;
  starts("a,app,factory,,0x11000\n",
         "p.csv:1: partition a has the size 0x11000; a multiple of 0x10000", secure);
  starts("a,data,fat,0x8000,4K\n", "p.csv:1: partition a at 0x8000 overlaps the partition table");
  starts("a,data,fat,,8K\nb,data,fat,0xa000,4K\n",
         "p.csv:2: partition b at 0xa000 overlaps the one before, which ends at 0xb000");
  starts("a,data,fat,,4K\na,data,spiffs,,4K\n", "p.csv:2: partition name 'a' was used in line 1");
  starts("a,data,nvs,,8K\n", "p.csv:1: partition a has the size 0x2000; 0x3000 at least");
  CHECK(error_of("a,data,nvs,,8K,readonly\n") == "no error");
  starts("a,data,ota,,8K,readonly\n", "p.csv:1: partition a is readonly;");
  starts("a,data,ota,,4K\n", "p.csv:1: partition a has the size 0x1000; 0x2000 for subtype ota");
  starts("a,data,ota,,8K\nb,data,ota,,8K\n", "p.csv:2: partition b is a second one of subtype ota");
  starts("a,data,tee_ota,,4K\n",
         "p.csv:1: partition a has the size 0x1000; 0x2000 for subtype tee_ota");
  PartitionOptions small;
  small.flash_size = 4 << 20;
  starts("a,app,factory,,4M\n", "p.csv:1: partition a ends at 0x410000, behind the flash; 0x400000",
         small);
  starts("a,data,fat,0x9000,-0x8000\n", "p.csv:1: partition a reaches from 0x9000 to 0x8000");
  std::string many;
  for (int i = 0; i < 95; ++i) many.append("p").append(std::to_string(i)).append(",data,fat,,4K\n");
  CHECK(error_of(many) == "p.csv: has 95 partitions; 94 at most");
}

TEST_CASE("names that say something else are warned of") {
  CHECK(table_of("spiffs,data,fat,,4K\n").warnings ==
        std::vector<std::string>{
            "p.csv:1: warning: partition spiffs has the name of another subtype"});
  CHECK(table_of("app,data,fat,,4K\n").warnings.size() == 1);
  CHECK(table_of("nvs,data,nvs,,16K\n").warnings.empty());
}

TEST_CASE("a table as JSON") {
  CHECK(partition_json(table_of("a,data,fat,,4K,readonly\nb,app,test,,1M\n")) ==
        "[{\"name\":\"a\",\"type\":1,\"subtype\":129,\"offset\":36864,\"size\":4096,"
        "\"encrypted\":false,\"readonly\":true},\n"
        " {\"name\":\"b\",\"type\":0,\"subtype\":32,\"offset\":65536,\"size\":1048576,"
        "\"encrypted\":false,\"readonly\":false}]\n");
}
