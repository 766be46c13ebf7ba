#include "image/esp8266_image.h"

#include <algorithm>
#include <array>
#include <span>

#include "image/bytes.h"
#include "image/esp_segments.h"
#include "image/text.h"

namespace fbuild {
namespace {

constexpr uint8_t kMagic = 0xe9;

// eboot's CRC: bits from the highest on, polynomial 04c11db7, starts with all ones, no
// final inversion.
uint32_t eboot_crc(std::string_view bytes) {
  std::array<uint32_t, 256> table;
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i << 24;
    for (int bit = 0; bit < 8; ++bit) value = value << 1 ^ (value >> 31 ? 0x04c11db7u : 0);
    table[i] = value;
  }
  uint32_t crc = 0xffffffff;
  for (char byte : bytes) crc = crc << 8 ^ table[crc >> 24 ^ static_cast<uint8_t>(byte)];
  return crc;
}

// The usual CRC32, and what Espressif's bootloader makes of it.
uint32_t sdk_crc(std::string_view bytes) {
  std::array<uint32_t, 256> table;
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
    table[i] = value;
  }
  uint32_t crc = 0xffffffff;
  for (char byte : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<uint8_t>(byte)) & 0xff];
  crc = ~crc;
  return crc & 0x80000000 ? ~crc : crc + 1;
}

// An image of the named sections, which keep the lengths they have.
Result<std::string> image_of_sections(const Elf& elf, std::span<const std::string_view> names,
                                      const Esp8266Options& options, const std::string& file) {
  EspWriter writer{.out = {}, .file = file};
  writer.header(kMagic, static_cast<uint8_t>(names.size()), options.flash_mode,
                options.flash_size_frequency, elf.entry);
  for (std::string_view name : names) {
    const ElfSection* section = elf.section(name);
    if (!section) {
      return esp_error(file, concat({"has no section ", name}), "a program linked by the core");
    }
    if (section->content.size() != section->size) {
      return esp_error(file, concat({"section ", name, " has no bytes"}));
    }
    append_le32(writer.out, section->address);
    append_le32(writer.out, section->size);
    writer.out += section->content;
    for (char byte : section->content) writer.checksum ^= static_cast<uint8_t>(byte);
  }
  writer.append_checksum();
  return std::move(writer.out);
}

bool in_flash(const Esp8266Options& options, uint32_t address) {
  return std::any_of(options.flash.begin(), options.flash.end(),
                     [&](const AddressRange& range) { return range.holds(address); });
}

// The pieces to be loaded, and the one that stays in flash.
struct SplitPieces {
  std::vector<EspPiece> loaded;
  std::optional<EspPiece> flash;
};

Result<SplitPieces> split_pieces(const Elf& elf, const Esp8266Options& options,
                                 const std::string& file) {
  std::vector<EspPiece> pieces = esp_pieces(elf, options.from_segments);
  join_neighbours(pieces, options.memory);
  if (Status status = check_count(pieces, file); !status) return status.error();
  SplitPieces split;
  for (EspPiece& piece : pieces) {
    if (!in_flash(options, piece.address)) {
      split.loaded.push_back(std::move(piece));
    } else if (split.flash) {
      return esp_error(file,
                       concat({"has two segments in flash, at ", hex_text(split.flash->address),
                               " and ", hex_text(piece.address)}),
                       "one at most");
    } else {
      split.flash = std::move(piece);
    }
  }
  return split;
}

Status append_loaded(EspWriter& writer, std::vector<EspPiece> pieces, uint32_t entry,
                     const Esp8266Options& options) {
  writer.header(kMagic, static_cast<uint8_t>(pieces.size()), options.flash_mode,
                options.flash_size_frequency, entry);
  writer.checksum = 0xef;
  for (EspPiece& piece : pieces) {
    if (Status status = writer.segment(std::move(piece)); !status) return status;
  }
  writer.append_checksum();
  return {};
}

}  // namespace

Result<std::string> esp8266_arduino_image(const Elf& bootloader, const std::string& bootloader_file,
                                          const Elf& application, const std::string& file,
                                          const Esp8266Options& options) {
  constexpr std::string_view kBootloaderSections[] = {".text", ".rodata"};
  constexpr std::string_view kSections[] = {".irom0.text", ".text", ".text1", ".data", ".rodata"};
  constexpr size_t kApplicationAt = 4096, kLengthAt = kApplicationAt + 16, kCrcAt = kLengthAt + 4;
  Result<std::string> image =
      image_of_sections(bootloader, kBootloaderSections, options, bootloader_file);
  if (!image) return image.error();
  if (image->size() + 8 > kApplicationAt) {
    return esp_error(bootloader_file,
                     concat({"makes an image of ", std::to_string(image->size()), " bytes"}),
                     "4088 at most");
  }
  image->resize(kApplicationAt, '\xaa');
  Result<std::string> rest = image_of_sections(application, kSections, options, file);
  if (!rest) return rest.error();
  *image += *rest;

  // Both words are in the first segment, and count as zero for the CRC.
  put_le32(*image, kLengthAt, 0);
  put_le32(*image, kCrcAt, 0);
  uint32_t crc = eboot_crc(*image);
  put_le32(*image, kLengthAt, static_cast<uint32_t>(image->size()));
  put_le32(*image, kCrcAt, crc);
  return image;
}

Result<Esp8266Parts> esp8266_image_1(const Elf& elf, const Esp8266Options& options,
                                     const std::string& file) {
  Result<SplitPieces> pieces = split_pieces(elf, options, file);
  if (!pieces) return pieces.error();
  EspWriter writer{.out = {}, .file = file};
  Status status = append_loaded(writer, std::move(pieces->loaded), elf.entry, options);
  if (!status) return status.error();
  Esp8266Parts parts;
  parts.loaded = std::move(writer.out);
  if (pieces->flash) {
    parts.flash = std::move(pieces->flash->data);
    parts.flash_offset = pieces->flash->address - options.flash[0].begin;
  }
  return parts;
}

Result<std::string> esp8266_image_2(const Elf& elf, const Esp8266Options& options,
                                    const std::string& file) {
  constexpr uint8_t kMagic2 = 0xea, kCount = 4;
  Result<SplitPieces> pieces = split_pieces(elf, options, file);
  if (!pieces) return pieces.error();
  EspWriter writer{.out = {}, .file = file};
  writer.header(kMagic2, kCount, options.flash_mode, options.flash_size_frequency, elf.entry);
  if (pieces->flash) {
    std::string data = std::move(pieces->flash->data);
    data.resize((data.size() + 15) / 16 * 16, '\0');
    if (Status status = writer.segment({"", 0, std::move(data)}); !status) return status.error();
  }
  Status status = append_loaded(writer, std::move(pieces->loaded), elf.entry, options);
  if (!status) return status.error();
  append_le32(writer.out, sdk_crc(writer.out));
  return std::move(writer.out);
}

Result<std::string> esp8266_image_3(const Elf& elf, const Esp8266Options& options,
                                    const std::string& file) {
  constexpr uint32_t kPage = 65536, kHeaderRoom = 8;
  std::vector<EspPiece> pieces = esp_pieces(elf, options.from_segments);
  join_neighbours(pieces, options.memory);
  if (Status status = check_count(pieces, file); !status) return status.error();
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const EspPiece& a, const EspPiece& b) { return a.address < b.address; });
  // Everything above the start of flash counts as flash, also RAM of other chips.
  uint32_t start = options.flash.empty() ? UINT32_MAX : options.flash[0].begin;
  auto middle = std::stable_partition(pieces.begin(), pieces.end(),
                                      [&](const EspPiece& piece) { return piece.address > start; });
  for (auto piece = pieces.begin(); piece != middle; ++piece) {
    if (piece == pieces.begin() || piece->address / kPage != (piece - 1)->address / kPage) continue;
    return esp_error(file,
                     concat({"segments at ", hex_text((piece - 1)->address), " and ",
                             hex_text(piece->address), " lie in the same page of flash"}),
                     "a linker script that joins them or moves them apart");
  }
  EspWriter writer{.out = {}, .file = file};
  writer.header(kMagic, static_cast<uint8_t>(pieces.size()), options.flash_mode,
                options.flash_size_frequency, elf.entry);
  for (auto piece = pieces.begin(); piece != pieces.end(); ++piece) {
    // The linker script leaves room in it for its segment's header.
    if (piece < middle && piece->name == ".flash.rodata") piece->data.erase(0, kHeaderRoom);
    if (Status status = writer.segment(std::move(*piece)); !status) return status.error();
  }
  writer.append_checksum();
  Sha256Digest digest = sha256(writer.out);
  writer.out.append(digest.begin(), digest.end());
  return std::move(writer.out);
}

}  // namespace fbuild
