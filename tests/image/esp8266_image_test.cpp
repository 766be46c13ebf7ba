#include "image/esp8266_image.h"

#include <doctest/doctest.h>

#include "image/sha256.h"
#include "tests/image/esp_program.h"

using namespace fbuild;

namespace {

constexpr uint16_t kXtensa = 94;

Elf elf_of(const std::string& bytes) {
  Result<Elf> elf = read_elf(bytes, "a.elf");
  REQUIRE(elf);
  return *elf;
}

Esp8266Options options() {
  Esp8266Options options;
  options.flash_mode = 2;
  options.flash_size_frequency = 0x4f;
  options.flash = {{0x40200000, 0x40300000}};
  options.memory = {{0x3ffe8000, 0x40000000}, {0x40100000, 0x40108000}, {0x40201010, 0x402e1010}};
  return options;
}

std::string program() {
  return test::build_elf(
             {{.name = ".data", .address = 0x3ffe8000, .content = "data"},
              {.name = ".text", .address = 0x40100000, .content = "code", .flags = 6},
              {.name = ".text1", .address = 0x40100004, .content = "more", .flags = 6},
              {.name = ".irom0.text", .address = 0x40201010, .content = "flash", .flags = 6}},
             0x40100004, kXtensa)
      .bytes;
}

// Header, segments of "data" and "codemore", zeros, checksum.
std::string loaded_part() {
  std::string out("\xe9\x02\x02\x4f\x04\x00\x10\x40", 8);
  out += std::string("\x00\x80\xfe\x3f\x04\x00\x00\x00", 8) + "data";
  out += std::string("\x00\x00\x10\x40\x08\x00\x00\x00", 8) + "codemore";
  uint8_t checksum = 0xef;
  for (char byte : std::string("datacodemore")) checksum ^= static_cast<uint8_t>(byte);
  return out + std::string(47 - out.size(), '\0') + static_cast<char>(checksum);
}

}  // namespace

TEST_CASE("form 1: what is loaded, and the flash code as it is") {
  std::string bytes = program();
  Result<Esp8266Parts> parts = esp8266_image_1(elf_of(bytes), options(), "a.elf");
  REQUIRE(parts);
  CHECK(parts->loaded == loaded_part());
  CHECK(parts->flash == std::string("flash\0\0\0", 8));
  CHECK(parts->flash_offset == 0x1010);
}

TEST_CASE("form 2: the flash code first, then what is loaded, then a CRC") {
  std::string bytes = program();
  Result<std::string> image = esp8266_image_2(elf_of(bytes), options(), "a.elf");
  REQUIRE(image);
  std::string expected = std::string("\xea\x04\x02\x4f\x04\x00\x10\x40", 8) +
                         std::string("\0\0\0\0\x10\0\0\0flash\0\0\0\0\0\0\0\0\0\0\0", 24);
  CHECK(image->substr(0, 32) == expected);
  // The second image begins at 32, so its checksum is at the end of the same 16 bytes.
  CHECK(image->substr(32, loaded_part().size()) == loaded_part());
  CHECK(image->size() == 32 + loaded_part().size() + 4);
}

TEST_CASE("form 3: flash code, loaded code, checksum and digest") {
  std::string bytes = program();
  Result<std::string> image = esp8266_image_3(elf_of(bytes), options(), "a.elf");
  REQUIRE(image);
  CHECK(image->substr(0, 16) ==
        std::string("\xe9\x03\x02\x4f\x04\x00\x10\x40\x10\x10\x20\x40\x08\0\0\0", 16));
  size_t end = image->size() - 32;
  Sha256Digest digest = sha256(std::string_view(*image).substr(0, end));
  CHECK(image->substr(end) == std::string(digest.begin(), digest.end()));
}

TEST_CASE("the Arduino form: bootloader, application, length and CRC") {
  std::string eboot =
      test::build_elf({{.name = ".text", .address = 0x4010f000, .content = test::noise(1001, 1)},
                       {.name = ".rodata", .address = 0x3fffc000, .content = "rodata"}},
                      0x4010f004, kXtensa)
          .bytes;
  std::vector<test::SectionSpec> sections = {
      {.name = ".data", .address = 0x3ffe8000, .content = test::noise(333, 2)},
      {.name = ".rodata", .address = 0x3ffe8200, .content = test::noise(101, 3)},
      {.name = ".text", .address = 0x40100000, .content = test::noise(2002, 4)},
      {.name = ".text1", .address = 0x40101000, .content = test::noise(7, 5)},
      {.name = ".irom0.text", .address = 0x40201010, .content = test::noise(30001, 6)}};
  std::string bytes = test::build_elf(sections, 0x40100020, kXtensa).bytes;
  Result<std::string> image =
      esp8266_arduino_image(elf_of(eboot), "eboot.elf", elf_of(bytes), "a.elf", options());
  REQUIRE(image);
  CHECK(image->substr(0, 8) == std::string("\xe9\x02\x02\x4f\x04\xf0\x10\x40", 8));
  CHECK(image->substr(4080, 16) == std::string(16, '\xaa'));
  CHECK(image->substr(4096, 16) ==
        std::string("\xe9\x05\x02\x4f\x20\x00\x10\x40\x10\x10\x20\x40\x31\x75\0\0", 16));
  CHECK(le32_at(*image, 4112) == image->size());
  // The digest of an image that was compared with the core's own tool.
  std::string digest;
  for (uint8_t byte : sha256(*image)) {
    digest += "0123456789abcdef"[byte >> 4];
    digest += "0123456789abcdef"[byte & 15];
  }
  CHECK(digest == "984b8a343dfd02d5eef9bd4327bf832b1782bc8f659f2302fb3288c23eb63442");

  sections.erase(sections.begin() + 3);
  bytes = test::build_elf(sections, 0x40100020, kXtensa).bytes;
  image = esp8266_arduino_image(elf_of(eboot), "eboot.elf", elf_of(bytes), "a.elf", options());
  REQUIRE(!image);
  CHECK(image.error().text() == "a.elf: has no section .text1; a program linked by the core");
}

TEST_CASE("two pieces in flash are one too many") {
  std::string bytes =
      test::build_elf({{.name = ".irom0.text", .address = 0x40201010, .content = "flash"},
                       {.name = ".irom1.text", .address = 0x40281010, .content = "flash"}},
                      0, kXtensa)
          .bytes;
  Result<Esp8266Parts> parts = esp8266_image_1(elf_of(bytes), options(), "a.elf");
  REQUIRE(!parts);
  CHECK(parts.error().text() ==
        "a.elf: has two segments in flash, at 0x40201010 and 0x40281010; one at most");
}
