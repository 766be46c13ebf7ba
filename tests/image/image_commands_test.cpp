// The image commands as a user starts them: options, tables that are found by themselves,
// errors, and that nothing is left half written.
#include "image/sha256.h"
#include "tests/image/esp_program.h"
#include "tests/image/run.h"

using namespace fbuild;
using fbuild::test::run_image;
using fbuild::test::TemporaryFolder;

namespace {

using Arguments = std::vector<std::string>;

// Runs a command that must fail on bad input and leave "old" as it was.
std::string error(const TemporaryFolder& folder, Arguments arguments) {
  test::write(folder / "old", "old");
  ProcessOutput output = run_image(folder.path, std::move(arguments));
  CHECK(output.exit_status == 2);
  CHECK(output.out == "");
  CHECK(output.err.find('\n') == output.err.size() - 1);
  CHECK(test::content(folder / "old") == "old");
  Result<std::vector<DirEntry>> entries = list_directory(folder.path);
  REQUIRE(entries);
  for (const DirEntry& entry : *entries) CHECK(entry.name.find(".tmp") == std::string::npos);
  return output.err;
}

void done(const TemporaryFolder& folder, Arguments arguments) {
  ProcessOutput output = run_image(folder.path, std::move(arguments));
  CHECK(output.exit_status == 0);
  CHECK(output.out == "");
  CHECK(output.err == "");
}

}  // namespace

TEST_CASE("esp finds its chips and writes the image") {
  TemporaryFolder folder;
  test::write(folder / "a.elf",
              test::esp_program({0x3c020020, 0x42000020, 0x3fc8b000, 0x40380000}).bytes);
  done(folder, {"esp", "--chip", "ESP32C3", "--flash-mode=dio", "--flash-size", "4MB",
                "--flash-freq", "80m", "-o", "a.bin", "a.elf"});
  std::string image = test::content(folder / "a.bin");
  CHECK(image.substr(0, 4) == "\xe9\x05\x02\x2f");
  CHECK(image.size() == 135616);

  CHECK(error(folder, {"esp", "-o", "old", "a.elf"}) ==
        "fbuild-image: the chip is not given; --chip and its name, as in --chip esp32\n");
  CHECK(error(folder, {"esp", "--chip", "esp32c33", "-o", "old", "a.elf"})
            .starts_with("fbuild-image: unknown chip 'esp32c33'; did you mean 'esp32c3'?"));
  CHECK(error(folder, {"esp", "--chip", "esp32c6", "--flash-freq", "26m", "-o", "old", "a.elf"}) ==
        "fbuild-image: unknown flash frequency '26m' for esp32c6; one of 80m, 40m, 20m\n");
  CHECK(error(folder, {"esp", "--chip", "esp32", "--flash-mode", "qi", "-o", "old", "a.elf"}) ==
        "fbuild-image: unknown flash mode 'qi'; one of qio, qout, dio, dout\n");
  CHECK(error(folder, {"esp", "--chip", "esp8266", "-o", "old", "a.elf"}) ==
        "fbuild-image: esp8266 has images of another kind; the command esp8266\n");
  CHECK(error(folder, {"esp", "--chip", "x", "--chips", "none", "-o", "old", "a.elf"})
            .starts_with("none: cannot open: "));
  CHECK(error(folder, {"esp", "--chip", "esp32", "--min-rev", "256", "-o", "old", "a.elf"}) ==
        "fbuild-image: --min-rev is too large; at most 255\n");
}

TEST_CASE("uf2 takes programs, HEX files and binaries") {
  TemporaryFolder folder;
  std::string code = test::noise(300, 1);
  test::write(
      folder / "a.elf",
      test::build_elf({{.name = ".text", .address = 0x10000000, .content = code, .flags = 6}},
                      0x10000001, 40)
          .bytes);
  test::write(folder / "a.bin", code);
  done(folder, {"uf2", "--family", "rp2040", "-o", "elf.uf2", "a.elf"});
  done(folder, {"uf2", "--family", "rp2040", "-o", "bin.uf2", "a.bin"});
  CHECK(test::content(folder / "elf.uf2").size() == 1024);
  CHECK(test::content(folder / "elf.uf2") == test::content(folder / "bin.uf2"));

  done(folder, {"hex", "-o", "a.hex", "a.elf"});
  done(folder, {"uf2", "--family", "0xada52840", "-o", "hex.uf2", "a.hex"});
  std::string file = test::content(folder / "hex.uf2");
  CHECK(le32_at(file, 12) == 0x10000000);
  CHECK(le32_at(file, 28) == 0xada52840);
  done(folder, {"uf2", "-o", "plain.uf2", "a.bin"});
  CHECK(le32_at(test::content(folder / "plain.uf2"), 12) == 0x2000);

  CHECK(error(folder, {"uf2", "--family", "rp2o40", "-o", "old", "a.elf"}) ==
        "fbuild-image: unknown UF2 family 'rp2o40'; did you mean 'RP2040'?\n");
  CHECK(error(folder, {"uf2", "--base", "0x4000", "-o", "old", "a.elf"}) ==
        "a.elf: says by itself where it goes; no --base\n");
}

TEST_CASE("esp8266 writes all its forms") {
  TemporaryFolder folder;
  test::write(folder / "a.elf",
              test::build_elf({{.name = ".data", .address = 0x3ffe8000, .content = "data"},
                               {.name = ".rodata", .address = 0x3ffe8010, .content = "data"},
                               {.name = ".text", .address = 0x40100000, .content = "code"},
                               {.name = ".text1", .address = 0x40100010, .content = "code"},
                               {.name = ".irom0.text", .address = 0x40201010, .content = "irom"}},
                              0x40100000, 94)
                  .bytes);
  done(folder, {"esp8266", "--format", "1", "--flash-size", "4MB", "-o", "one-", "a.elf"});
  CHECK(test::content(folder / "one-0x01010.bin") == "irom");
  CHECK(test::content(folder / "one-0x00000.bin").substr(0, 4) == std::string("\xe9\x04\0\x40", 4));
  done(folder, {"esp8266", "--format", "2", "-o", "two", "a.elf"});
  CHECK(test::content(folder / "two").substr(0, 4) == std::string("\xea\x04\0\x20", 4));
  done(folder, {"esp8266", "--format", "3", "--flash-freq", "80m", "-o", "three", "a.elf"});
  CHECK(test::content(folder / "three").substr(0, 4) == std::string("\xe9\x05\0\x0f", 4));
  done(folder, {"esp8266", "--eboot", "a.elf", "--flash-mode", "dout", "--flash-freq", "40",
                "--flash-size", "1M", "-o", "arduino", "a.elf"});
  std::string image = test::content(folder / "arduino");
  CHECK(image.substr(0, 4) == "\xe9\x02\x03\x20");
  CHECK(le32_at(image, 4112) == image.size());
  CHECK(error(folder, {"esp8266", "--eboot", "a.elf", "--format", "2", "-o", "old", "a.elf"})
            .starts_with("fbuild-image: --format is wrong; "));
}

TEST_CASE("partitions writes the table, or says line and column") {
  TemporaryFolder folder;
  test::write(folder / "p.csv", "nvs, data, nvs,, 20K\napp0, app, factory,, 1M\n");
  done(folder, {"partitions", "--flash-size", "4MB", "-o", "p.bin", "p.csv"});
  CHECK(test::content(folder / "p.bin").size() == 3072);
  ProcessOutput json = run_image(folder.path, {"partitions", "--json", "p.csv"});
  CHECK(json.exit_status == 0);
  CHECK(json.out.starts_with("[{\"name\":\"nvs\",\"type\":1,\"subtype\":2,\"offset\":36864,"));

  test::write(folder / "bad.csv", "nvs, data, nvs,, 20K\napp0, app, factry,, 1M\n");
  CHECK(error(folder, {"partitions", "-o", "old", "bad.csv"}) ==
        "bad.csv:2:12: unknown subtype 'factry'; did you mean 'factory'?\n");
  CHECK(error(folder, {"partitions", "--subtype", "data,x", "-o", "old", "p.csv"}) ==
        "fbuild-image: --subtype has the value 'data,x'; type, name and number, as in "
        "data,mine,0x40\n");
  CHECK(error(folder, {"partitions", "--flash-size", "1MB", "-o", "old", "p.csv"}) ==
        "p.csv:2: partition app0 ends at 0x110000, behind the flash; 0x100000 at most\n");
}

TEST_CASE("partitions finds the one for a file system") {
  TemporaryFolder folder;
  test::write(folder / "p.csv",
              "nvs,data,nvs,,20K\napp0,app,factory,,1M\nweb,data,fat,,64K\nlog,data,0x82,,128K\nd,"
              "data,coredump,,64K\n");
  test::write(folder / "none.csv", "nvs,data,nvs,,20K\napp0,app,factory,,1M\n");
  CHECK(run_image(folder.path, {"partitions", "--file-system", "", "p.csv"}).out ==
        "1179648 131072\n");
  CHECK(run_image(folder.path, {"partitions", "--file-system", "web", "p.csv"}).out ==
        "1114112 65536\n");
  CHECK(error(folder, {"partitions", "--file-system", "wed", "p.csv"}) ==
        "p.csv: has no partition 'wed' for a file system; did you mean 'web'?\n");
  CHECK(error(folder, {"partitions", "--file-system", "nvs", "p.csv"}) ==
        "p.csv: has no partition 'nvs' for a file system\n");
  CHECK(error(folder, {"partitions", "--file-system", "", "none.csv"}) ==
        "none.csv: has no partition for a file system; one of type data and subtype spiffs, "
        "littlefs or fat\n");
}

TEST_CASE("merge puts parts together and sets the bootloader's flash settings") {
  TemporaryFolder folder;
  test::write(folder / "boot.elf",
              test::build_elf({{.name = ".iram0.text", .address = 0x40080000, .content = "boot"}},
                              0x40080000)
                  .bytes);
  done(folder, {"esp", "--chip", "esp32", "-o", "boot.bin", "boot.elf"});
  done(folder, {"esp", "--chip", "esp32", "--flash-mode", "dio", "--flash-size", "4MB",
                "--flash-freq", "80m", "-o", "expected.bin", "boot.elf"});
  test::write(folder / "app.bin", "app");
  done(folder,
       {"merge", "--chip", "esp32", "--flash-mode", "dio", "--flash-size", "4MB", "--flash-freq",
        "80m", "-o", "all.bin", "0x10000", "app.bin", "0x1000", "boot.bin"});
  std::string all = test::content(folder / "all.bin");
  std::string boot = test::content(folder / "expected.bin");
  CHECK(all.size() == 0x10003);
  CHECK(all.substr(0, 0x1000) == std::string(0x1000, '\xff'));
  CHECK(all.substr(0x1000, boot.size()) == boot);
  CHECK(all.substr(0x10000) == "app");

  ProcessOutput output = run_image(folder.path, {"merge", "--chip", "esp32", "--flash-mode", "dio",
                                                 "-o", "all.bin", "0x1000", "boot.elf"});
  CHECK(output.exit_status == 0);
  CHECK(output.err ==
        "boot.elf: warning: is no esp32 image; its flash settings stay as they are\n");

  CHECK(error(folder, {"merge", "-o", "old", "0x1000"})
            .starts_with("fbuild-image: merge needs pairs of an offset and a file"));
  CHECK(error(folder, {"merge", "-o", "old", "x", "app.bin"}) ==
        "fbuild-image: 'x' is no offset; a number such as 0x10000 before each file\n");
  CHECK(error(folder, {"merge", "-o", "old", "0", "app.bin", "1", "app.bin"}) ==
        "app.bin: at 0x1 overlaps the part before it; 0x1000 or higher\n");
}
