#include "image/esp_image.h"

#include <doctest/doctest.h>

#include "image/sha256.h"
#include "support/files.h"
#include "tests/image/esp_program.h"

using namespace fbuild;

namespace {

std::string hex(const Sha256Digest& digest) {
  std::string out;
  for (uint8_t byte : digest) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

EspChip chip_named(std::string_view name) {
  Result<FactRow> row =
      find_fact_row(FBUILD_SOURCE_DIR "/image/tables/esp-chips.table", name, "chip");
  REQUIRE(row);
  Result<EspChip> chip = esp_chip(*row);
  REQUIRE(chip);
  return *chip;
}

EspImageOptions options_for(const EspChip& chip, std::string_view frequency) {
  EspImageOptions options;
  options.flash_mode = *esp_flash_mode("dio");
  options.flash_size_frequency = *esp_code(chip.sizes, "4MB", "size", chip);
  if (!frequency.empty()) {
    options.flash_size_frequency = static_cast<uint8_t>(
        options.flash_size_frequency + *esp_code(chip.frequencies, frequency, "frequency", chip));
  }
  return options;
}

Result<std::string> image_of(const std::string& bytes, const EspChip& chip,
                             const EspImageOptions& options) {
  Result<Elf> elf = read_elf(bytes, "a.elf");
  REQUIRE(elf);
  return esp_image(*elf, bytes, chip, options, "a.elf");
}

std::string error_of(const std::string& bytes, const EspChip& chip,
                     const EspImageOptions& options = {}) {
  Result<std::string> image = image_of(bytes, chip, options);
  return image ? "no error" : image.error().text();
}

struct ImageSegment {
  uint32_t address;
  size_t at;  // of its bytes in the image
  std::string bytes;
};

// Takes an image apart as a bootloader does: every segment, checksum and digest in place.
std::vector<ImageSegment> segments_of(const std::string& image) {
  std::vector<ImageSegment> segments;
  REQUIRE(static_cast<uint8_t>(image[0]) == 0xe9);
  size_t at = 24;
  uint8_t checksum = 0xef;
  for (int i = 0; i < image[1]; ++i) {
    uint32_t size = le32_at(image, at + 4);
    segments.push_back({le32_at(image, at), at + 8, image.substr(at + 8, size)});
    for (char byte : segments.back().bytes) checksum ^= static_cast<uint8_t>(byte);
    at += 8 + size;
  }
  size_t end = at / 16 * 16 + 16;
  REQUIRE(image.size() == end + 32);
  CHECK(static_cast<uint8_t>(image[end - 1]) == checksum);
  Sha256Digest digest = sha256(std::string_view(image).substr(0, end));
  CHECK(image.substr(end) == std::string(digest.begin(), digest.end()));
  return segments;
}

}  // namespace

// Worked out by hand from the format: header, one segment of 4 bytes, 11 zeros, checksum
// ef ^ 01 ^ 02 ^ 03 ^ 00; the bytes of a fifth chip with 80 MHz and 4 MB.
TEST_CASE("a small image, byte by byte") {
  EspChip chip = chip_named("esp32c3");
  std::string bytes = test::build_elf({{.name = ".iram0.text",
                                        .address = 0x40380000,
                                        .content = std::string("\1\2\3", 3),
                                        .flags = 6}},
                                      0x40380002)
                          .bytes;
  Result<std::string> image = image_of(bytes, chip, options_for(chip, "80m"));
  REQUIRE(image);
  const std::string expected(
      "\xe9\x01\x02\x2f\x02\x00\x38\x40"
      "\xee\x00\x00\x00\x05\x00\x00\x00\x00\xff\xff\x00\x00\x00\x00\x01"
      "\x00\x00\x38\x40\x04\x00\x00\x00\x01\x02\x03\x00"
      "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xef",
      48);
  CHECK(image->substr(0, 48) == expected);
  Sha256Digest digest = sha256(expected);
  CHECK(image->substr(48) == std::string(digest.begin(), digest.end()));

  EspImageOptions options = options_for(chip, "80m");
  options.append_digest = false;
  options.min_revision = 3;
  options.min_revision_full = 301;
  options.max_revision_full = 399;
  image = image_of(bytes, chip, options);
  REQUIRE(image);
  CHECK(image->size() == 48);
  CHECK(image->substr(8, 16) ==
        std::string("\xee\x00\x00\x00\x05\x00\x03\x2d\x01\x8f\x01\x00\x00\x00\x00\x00", 16));
  options.pad_to = 4096;
  image = image_of(bytes, chip, options);
  REQUIRE(image);
  CHECK(image->size() == 4096);
  CHECK(image->substr(48) == std::string(4048, '\xff'));
}

// Digests of images that were compared with esptool 5.3.1, byte by byte.
TEST_CASE("images of all kinds of chips are as they were found right") {
  struct Case {
    std::string_view chip;
    test::EspPlaces at;
    std::string_view frequency, digest;
  };
  const Case cases[] = {
      {"esp32",
       {0x3f400020, 0x400d0020, 0x3ffb0000, 0x40080000, 0},
       "40m",
       "0e39aef9e2c91a3482712e863a95a9aa72c306ebc1edab2b1ccd3cb126804784"},
      {"esp32s2",
       {0x3f000020, 0x40090020, 0x3ffb2000, 0x40022000, 0},
       "80m",
       "a61beb018ddba65aa0f57b8f616cbe6690ade9c05c4ca9921f987149e0f4572e"},
      {"esp32s3",
       {0x3c020020, 0x42000020, 0x3fc90000, 0x40374000, 0},
       "80m",
       "f9d2a1b76f7eb3acbf1d5116dcda80c63ca30fea131051c3f3f3bb0f6c83e303"},
      {"esp32c3",
       {0x3c020020, 0x42000020, 0x3fc8b000, 0x40380000, 0},
       "80m",
       "ec42fb8e769c7429ce7d1c981885cb570b0d170b93bc74d1d813c721382017b5"},
      {"esp32c2",
       {0x3c020020, 0x42008020, 0x3fca0000, 0x4037c000, 15},
       "60m",
       "2d7b4a8a7fbdd93b37a07823bf9f31e20734192a12a7386cc4312b7be2af66cb"},
      {"esp32c6",
       {0x42018020, 0x42000020, 0x40810000, 0x40800000, 14},
       "80m",
       "66bee962901016666f1c476d84b4001725ae40266c77c76968d16cbd3a1469b6"},
      {"esp32h2",
       {0x42020020, 0x42000020, 0x40810000, 0x40800000, 0},
       "48m",
       "af121448d2fb37dbcb684c31c164da65b39e6211652fe60bc3f02e00a286388f"},
      {"esp32p4",
       {0x40020020, 0x40000020, 0x4ff40000, 0x4ff00000, 0},
       "",
       "5e53adcbd7c8e007c0dfaaea28094bd5b88dafeb37f526050e3ba2e0a8b4450f"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.chip);
    EspChip chip = chip_named(each.chip);
    std::string bytes = test::esp_program(each.at).bytes;
    Result<std::string> image = image_of(bytes, chip, options_for(chip, each.frequency));
    REQUIRE(image);
    CHECK(hex(sha256(*image)) == each.digest);

    // Mapped segments lie at their place in a page; together the segments are the program.
    std::vector<ImageSegment> segments = segments_of(*image);
    uint32_t page = each.at.page_exponent ? 1u << each.at.page_exponent : 65536;
    std::string copied;
    int mapped = 0;
    for (const ImageSegment& segment : segments) {
      if (chip.in_flash(segment.address)) {
        ++mapped;
        CHECK(segment.at % page == segment.address % page);
      } else if (segment.address != 0) {
        copied += segment.bytes;
      }
    }
    CHECK(mapped == 2);
    CHECK(copied.find(test::noise(0x403, 1) + '\0' + test::noise(30001, 2)) != copied.npos);
    CHECK(copied.find(test::noise(5000, 3)) != copied.npos);
    Sha256Digest digest = sha256(bytes);
    CHECK(image->substr(0xb0, 32) == std::string(digest.begin(), digest.end()));
  }
}

TEST_CASE("the tail of a mapped segment, where a chip needs one") {
  EspChip chip = chip_named("esp32");
  REQUIRE(chip.least_tail == 0x24);
  // Behind headers of 32 bytes it would reach 4 bytes into its second page.
  std::string code = test::noise(65536 - 32 + 4, 1);
  std::string bytes =
      test::build_elf({{.name = ".flash.text", .address = 0x400d0020, .content = code}}).bytes;
  Result<std::string> image = image_of(bytes, chip, {});
  REQUIRE(image);
  std::vector<ImageSegment> segments = segments_of(*image);
  REQUIRE(segments.size() == 1);
  CHECK(segments[0].bytes == code + std::string(0x20, '\0'));
  chip.least_tail = 0;
  image = image_of(bytes, chip, {});
  REQUIRE(image);
  CHECK(segments_of(*image)[0].bytes == code);
}

TEST_CASE("a secure image ends with its signature at a page") {
  EspChip chip = chip_named("esp32c3");
  EspImageOptions options = options_for(chip, "80m");
  std::string bytes = test::esp_program({0x3c020020, 0x42000020, 0x3fc8b000, 0x40380000}).bytes;
  options.secure_pad = 2;
  Result<std::string> image = image_of(bytes, chip, options);
  REQUIRE(image);
  CHECK(image->size() % 65536 == 0);
  options.secure_pad = 1;
  image = image_of(bytes, chip, options);
  REQUIRE(image);
  CHECK((image->size() + 4 + 64 + 12) % 65536 == 0);
}

TEST_CASE("programs that make no image are one error") {
  EspChip chip = chip_named("esp32");
  using test::build_elf;
  CHECK(error_of(build_elf({{.name = ".a", .address = 0x400d0020, .content = "1234"},
                            {.name = ".b", .address = 0x400d0120, .content = "1234"}})
                     .bytes,
                 chip)
            .starts_with("a.elf: segments at 0x400d0020 and 0x400d0120 lie in the same page"));
  std::vector<test::SectionSpec> many;
  for (uint32_t i = 0; i < 17; ++i) {
    many.push_back({.name = ".s", .address = 0x40080000 + i * 16, .content = "1234"});
  }
  CHECK(error_of(build_elf(many).bytes, chip).starts_with("a.elf: has 17 segments; 16 at most"));

  std::string descriptor = test::app_descriptor(0);
  descriptor[150] = 'x';
  CHECK(
      error_of(build_elf({{.name = ".flash.appdesc", .address = 0x3f400020, .content = descriptor}})
                   .bytes,
               chip)
          .starts_with("a.elf: the place for the ELF digest at 0xb0 is not empty"));

  EspChip c6 = chip_named("esp32c6");
  CHECK(error_of(build_elf({{.name = ".flash.appdesc",
                             .address = 0x42000020,
                             .content = test::app_descriptor(12)}})
                     .bytes,
                 c6) ==
        "a.elf: 4096 is not a page size of esp32c6; one of 8192, 16384, 32768, 65536");
  EspImageOptions options;
  options.elf_digest_at = 0x20;
  CHECK(error_of(build_elf({{.name = ".a", .address = 0x40080000, .content = "1234"}}).bytes, chip,
                 {.from_segments = true}) == "no error");
  CHECK(
      error_of(build_elf({{.name = ".a", .address = 0x40080000, .content = std::string(64, '\0')}})
                   .bytes,
               chip, options) == "no error");
  options.elf_digest_at = 0x40;
  CHECK(
      error_of(build_elf({{.name = ".a", .address = 0x40080000, .content = std::string(64, '\0')}})
                   .bytes,
               chip, options)
          .starts_with("a.elf: the ELF digest at 0x40 would cross the end of a segment"));
}
