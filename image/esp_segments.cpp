#include "image/esp_segments.h"

#include <algorithm>

#include "image/bytes.h"
#include "image/text.h"

namespace fbuild {

std::vector<EspPiece> esp_pieces(const Elf& elf, bool from_segments) {
  std::vector<EspPiece> pieces;
  auto add = [&](std::string_view name, uint32_t address, std::string_view content) {
    // Address 0 marks what takes no memory, such as debug information.
    if (address == 0 || content.empty()) return;
    EspPiece piece{name, address, std::string(content)};
    piece.data.resize((piece.data.size() + 3) / 4 * 4, '\0');
    pieces.push_back(std::move(piece));
  };
  if (from_segments) {
    for (const ElfSegment& segment : elf.segments) {
      if (segment.type == ElfSegment::Load) add("", segment.physical_address, segment.content);
    }
    return pieces;
  }
  for (const ElfSection& section : elf.sections) {
    bool program = section.type == ElfSection::ProgBits || section.type == ElfSection::InitArray ||
                   section.type == ElfSection::FiniArray ||
                   section.type == ElfSection::PreInitArray;
    if (program) add(section.name, section.address, section.content);
  }
  return pieces;
}

void join_neighbours(std::vector<EspPiece>& pieces, const std::vector<AddressRange>& memory) {
  auto same_memory = [&](uint32_t a, uint32_t b) {
    return std::all_of(memory.begin(), memory.end(),
                       [&](const AddressRange& range) { return range.holds(a) == range.holds(b); });
  };
  for (size_t i = pieces.size(); i-- > 1;) {
    EspPiece& piece = pieces[i - 1];
    EspPiece& next = pieces[i];
    if (uint64_t{piece.address} + piece.data.size() != next.address) continue;
    if (!same_memory(piece.address, next.address)) continue;
    piece.data += next.data;
    pieces.erase(pieces.begin() + static_cast<ptrdiff_t>(i));
  }
}

Status check_count(const std::vector<EspPiece>& pieces, const std::string& file) {
  constexpr size_t kMost = 16;
  if (pieces.size() <= kMost) return {};
  return esp_error(file, concat({"has ", std::to_string(pieces.size()), " segments"}),
                   "16 at most; see the linker script");
}

void EspWriter::header(uint8_t magic, uint8_t count, uint8_t mode, uint8_t size_frequency,
                       uint32_t entry) {
  for (uint8_t byte : {magic, count, mode, size_frequency}) out += static_cast<char>(byte);
  append_le32(out, entry);
}

Status EspWriter::put_digest(EspPiece& piece) {
  size_t at = out.size();
  if (digest_at == 0 || digest_at < at || digest_at >= at + piece.data.size()) return {};
  size_t inside = digest_at - at;
  if (inside < kEspSegmentHeader || inside + digest.size() > piece.data.size()) {
    return esp_error(file, concat({"the ELF digest at ", hex_text(digest_at),
                                   " would cross the end of a segment"}));
  }
  auto place = piece.data.begin() + static_cast<ptrdiff_t>(inside - kEspSegmentHeader);
  if (!std::all_of(place, place + static_cast<ptrdiff_t>(digest.size()),
                   [](char byte) { return byte == 0; })) {
    return esp_error(
        file, concat({"the place for the ELF digest at ", hex_text(digest_at), " is not empty"}),
        "32 bytes of zeros, as in an application descriptor");
  }
  std::copy(digest.begin(), digest.end(), place);
  return {};
}

Status EspWriter::segment(EspPiece piece) {
  if (Status status = put_digest(piece); !status) return status;
  if (piece.data.size() % 4 != 0 || piece.data.size() >= 16u << 20) {
    return esp_error(file,
                     concat({"the segment at ", hex_text(piece.address), " has ",
                             std::to_string(piece.data.size()), " bytes"}),
                     "a multiple of 4 below 16 MiB");
  }
  append_le32(out, piece.address);
  append_le32(out, static_cast<uint32_t>(piece.data.size()));
  out += piece.data;
  // A local sum, which no write through a char pointer can change, is kept in registers.
  uint8_t sum = 0;
  for (char byte : piece.data) sum ^= static_cast<uint8_t>(byte);
  checksum ^= sum;
  ++segments;
  return {};
}

Status EspWriter::padding(uint32_t size) {
  return segment({"", 0, std::string(size, '\0')});
}

void EspWriter::append_checksum() {
  out.resize(out.size() / 16 * 16 + 15, '\0');
  out += static_cast<char>(checksum);
}

}  // namespace fbuild
