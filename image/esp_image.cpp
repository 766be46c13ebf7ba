#include "image/esp_image.h"

#include <algorithm>

#include "image/bytes.h"
#include "image/esp_segments.h"
#include "image/sha256.h"
#include "image/text.h"

namespace fbuild {
namespace {

// The page size an application descriptor asks for: its own field (since IDF 5.4), or the
// largest that suits the place where the descriptor lies behind the image's headers.
Result<uint32_t> page_size(const Elf& elf, const EspChip& chip, uint32_t asked,
                           const std::string& file) {
  constexpr uint32_t kDescriptorSize = 256, kDescriptorMagic = 0xabcd5432, kPageField = 180;
  auto allowed = [&](uint32_t page) -> Result<uint32_t> {
    if (std::find(chip.pages.begin(), chip.pages.end(), page) != chip.pages.end()) return page;
    std::string sizes;
    for (uint32_t size : chip.pages) {
      if (!sizes.empty()) sizes += ", ";
      sizes += std::to_string(size);
    }
    return esp_error(file, concat({std::to_string(page), " is not a page size of ", chip.name}),
                     concat({"one of ", sizes}));
  };
  if (asked != 0) return chip.pages.empty() ? chip.page : allowed(asked);
  if (chip.pages.empty()) return chip.page;
  auto found = std::find_if(elf.sections.begin(), elf.sections.end(), [](const ElfSection& s) {
    return s.type == ElfSection::ProgBits && s.address != 0 && s.size != 0 &&
           s.name.find(".flash.appdesc") != s.name.npos;
  });
  if (found == elf.sections.end() || !chip.in_flash(found->address)) return chip.page;
  if (found->content.size() < kDescriptorSize) {
    return esp_error(file, concat({"section ", found->name, " is smaller than 256 bytes"}),
                     "a whole application descriptor");
  }
  if (le32_at(found->content, 0) != kDescriptorMagic) return chip.page;
  uint8_t exponent = static_cast<uint8_t>(found->content[kPageField]);
  if (exponent != 0) return allowed(exponent < 32 ? 1u << exponent : 0);
  for (size_t i = chip.pages.size(); i-- > 0;) {
    if ((found->address - 24 - kEspSegmentHeader) % chip.pages[i] == 0) return chip.pages[i];
  }
  return chip.page;
}

// How many bytes a segment must have that is written now, for the next one to lie right in
// its page; 0 if the next one lies right as it is. None if no segment can do it.
std::optional<uint32_t> room_before(uint32_t address, size_t position, uint32_t page) {
  int64_t room = int64_t{page} - static_cast<int64_t>(position % page) +
                 static_cast<int64_t>(address % page) - kEspSegmentHeader;
  if (room == 0 || room == page) return 0;
  room -= kEspSegmentHeader;
  if (room < 0) room += page;
  if (room == 0) return std::nullopt;
  return static_cast<uint32_t>(room);
}

// Moves the first piece of that name to the front: descriptors are looked for there.
void bring_forward(std::vector<EspPiece>& pieces, std::string_view name) {
  auto found = std::find_if(pieces.begin(), pieces.end(),
                            [&](const EspPiece& piece) { return piece.name == name; });
  if (found != pieces.end()) std::rotate(pieces.begin(), found, found + 1);
}

Status write_segments(EspWriter& writer, std::vector<EspPiece> pieces, const EspChip& chip,
                      uint32_t page) {
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const EspPiece& a, const EspPiece& b) { return a.address < b.address; });
  auto middle = std::stable_partition(pieces.begin(), pieces.end(), [&](const EspPiece& piece) {
    return chip.in_flash(piece.address);
  });
  std::vector<EspPiece> mapped(std::make_move_iterator(pieces.begin()),
                               std::make_move_iterator(middle));
  std::vector<EspPiece> copied(std::make_move_iterator(middle),
                               std::make_move_iterator(pieces.end()));
  bring_forward(mapped, ".flash.appdesc");
  bring_forward(copied, ".dram0.bootdesc");

  for (size_t i = 1; i < mapped.size(); ++i) {
    if (mapped[i].address / page != mapped[i - 1].address / page) continue;
    return esp_error(writer.file,
                     concat({"segments at ", hex_text(mapped[i - 1].address), " and ",
                             hex_text(mapped[i].address), " lie in the same page of flash"}),
                     "a linker script that joins them or moves them apart");
  }
  size_t next_copied = 0;
  for (EspPiece& piece : mapped) {
    while (true) {
      std::optional<uint32_t> room = room_before(piece.address, writer.out.size(), page);
      if (!room) {
        return esp_error(writer.file, concat({"the segment at ", hex_text(piece.address),
                                              " cannot be brought to its place in a page"}));
      }
      if (*room == 0) break;
      if (next_copied == copied.size() || *room <= kEspSegmentHeader) {
        if (Status status = writer.padding(*room); !status) return status;
        continue;
      }
      EspPiece& source = copied[next_copied];
      size_t taken = std::min<size_t>(*room, source.data.size());
      Status status = writer.segment({source.name, source.address, source.data.substr(0, taken)});
      if (!status) return status;
      source.data.erase(0, taken);
      source.address += static_cast<uint32_t>(taken);
      if (source.data.empty()) ++next_copied;
    }
    if (chip.least_tail > 0) {
      size_t tail = (writer.out.size() + piece.data.size() + kEspSegmentHeader) % page;
      if (tail < chip.least_tail) piece.data.append(chip.least_tail - tail, '\0');
    }
    if (Status status = writer.segment(std::move(piece)); !status) return status;
  }
  for (; next_copied < copied.size(); ++next_copied) {
    Status status = writer.segment(std::move(copied[next_copied]));
    if (!status) return status;
  }
  return {};
}

// Fills up so that the image with its signature ends at a page, all of it verified.
Status write_secure_padding(EspWriter& writer, int version, uint32_t page) {
  constexpr uint32_t kChecksumSpace = 16;
  // Version 1 appends a version word, a signature and 12 bytes to the digest; version 2
  // puts its signature sector behind the page.
  uint32_t behind = version == 1 ? 32 + 4 + 64 + 12 : 32;
  uint32_t past = static_cast<uint32_t>((writer.out.size() + kEspSegmentHeader) % page);
  return writer.padding((2 * page - past - kChecksumSpace - behind) % page);
}

void append_header(EspWriter& writer, const Elf& elf, const EspChip& chip,
                   const EspImageOptions& options) {
  // The number of segments is put in when it is known.
  writer.header(0xe9, 0, options.flash_mode, options.flash_size_frequency, elf.entry);
  std::string& out = writer.out;
  out += '\xee';
  out.append(3, '\0');
  append_le16(out, static_cast<uint16_t>(chip.id));
  out += static_cast<char>(options.min_revision);
  append_le16(out, static_cast<uint16_t>(options.min_revision_full));
  append_le16(out, static_cast<uint16_t>(options.max_revision_full));
  out.append(4, '\0');
  out += options.append_digest ? '\1' : '\0';
}

}  // namespace

bool EspChip::in_flash(uint32_t address) const {
  return std::any_of(flash.begin(), flash.end(),
                     [&](const AddressRange& range) { return range.holds(address); });
}

Result<EspChip> esp_chip(const FactRow& row) {
  EspChip chip;
  chip.name = row.name;
  std::optional<Error> error;
  auto take = [&](auto& into, auto result) {
    if (result) {
      into = *std::move(result);
    } else if (!error) {
      error = result.error();
    }
  };
  take(chip.id, row.number("id", 0));
  take(chip.flash, row.ranges("flash"));
  take(chip.memory, row.ranges("memory"));
  take(chip.page, row.number("page", 65536));
  take(chip.pages, row.numbers("pages"));
  take(chip.least_tail, row.number("least-tail", 0));
  uint32_t header = 24;
  take(header, row.number("header", 24));
  chip.extended_header = header != 8;
  take(chip.bootloader, row.number("bootloader", 0));
  take(chip.sizes, row.named_numbers("sizes"));
  take(chip.frequencies, row.named_numbers("frequencies"));
  if (error) return *error;
  auto whole = [](uint32_t page) { return page >= 1024 && page <= (16u << 20) && page % 4 == 0; };
  if (!whole(chip.page) || !std::all_of(chip.pages.begin(), chip.pages.end(), whole)) {
    return Error{.what = concat({"chip ", row.name, " has a page size that cannot be"}),
                 .fix = "1K to 16M",
                 .file = row.file,
                 .line = row.line};
  }
  return chip;
}

Result<uint8_t> esp_flash_mode(std::string_view name) {
  constexpr std::string_view kModes[] = {"qio", "qout", "dio", "dout"};
  for (uint8_t code = 0; code < 4; ++code) {
    if (kModes[code] == name) return code;
  }
  return Error{.what = concat({"unknown flash mode '", name, "'"}),
               .fix = "one of qio, qout, dio, dout"};
}

Result<uint8_t> esp_code(const NamedNumbers& codes, std::string_view name, std::string_view what,
                         const EspChip& chip) {
  std::string known;
  for (const auto& [known_name, code] : codes) {
    if (known_name == name) return static_cast<uint8_t>(code);
    if (!known.empty()) known += ", ";
    known += known_name;
  }
  return Error{.what = concat({"unknown ", what, " '", name, "' for ", chip.name}),
               .fix = concat({"one of ", known})};
}

Result<std::string> esp_image(const Elf& elf, std::string_view bytes, const EspChip& chip,
                              const EspImageOptions& options, const std::string& file) {
  constexpr uint32_t kDescriptorDigest = 0xb0;  // behind image and segment headers
  Result<uint32_t> page = page_size(elf, chip, options.page, file);
  if (!page) return page.error();

  std::vector<EspPiece> pieces = esp_pieces(elf, options.from_segments);
  if (options.from_segments && elf.segments.empty())
    return esp_error(file, "has no program headers");
  EspWriter writer{.out = {}, .file = file};
  writer.digest_at = options.elf_digest_at;
  if (writer.digest_at == 0) {
    auto descriptor = std::find_if(pieces.begin(), pieces.end(), [](const EspPiece& piece) {
      return piece.name.find(".flash.appdesc") != piece.name.npos;
    });
    if (descriptor != pieces.end() && chip.in_flash(descriptor->address)) {
      writer.digest_at = kDescriptorDigest;
    }
  }
  if (writer.digest_at != 0) writer.digest = sha256(bytes);

  join_neighbours(pieces, chip.memory);
  if (Status status = check_count(pieces, file); !status) return status.error();
  append_header(writer, elf, chip, options);
  if (Status status = write_segments(writer, std::move(pieces), chip, *page); !status) {
    return status.error();
  }
  if (options.secure_pad != 0) {
    Status status = write_secure_padding(writer, options.secure_pad, *page);
    if (!status) return status.error();
  }
  if (writer.segments > 255)
    return esp_error(file, "needs more than 255 segments with its padding");
  writer.append_checksum();
  writer.out[1] = static_cast<char>(writer.segments);
  if (options.append_digest) {
    Sha256Digest digest = sha256(writer.out);
    writer.out.append(digest.begin(), digest.end());
  }
  if (options.pad_to != 0 && writer.out.size() % options.pad_to != 0) {
    writer.out.append(options.pad_to - writer.out.size() % options.pad_to, '\xff');
  }
  return std::move(writer.out);
}

}  // namespace fbuild
