// The part that all ESP images have in common: segments (address, size, bytes) one after
// another and a checksum over their bytes. Internal to the image writers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "image/elf.h"
#include "image/fact_table.h"
#include "image/sha256.h"
#include "support/result.h"

namespace fbuild {

inline constexpr uint32_t kEspSegmentHeader = 8;

inline Error esp_error(const std::string& file, std::string what, std::string_view fix = "") {
  return Error{.what = std::move(what), .fix = std::string(fix), .file = file};
}

// A run of bytes on its way into an image; a multiple of 4 at first.
struct EspPiece {
  std::string_view name;  // of its section; empty if it was made from a program header
  uint32_t address = 0;
  std::string data;
};

// What a program brings with it, in the file's order: its sections with code or data that
// have an address other than 0, or its loadable segments.
std::vector<EspPiece> esp_pieces(const Elf& elf, bool from_segments);

// Joins each piece with the next one that starts where it ends and lies in the same kinds
// of memory.
void join_neighbours(std::vector<EspPiece>& pieces, const std::vector<AddressRange>& memory);

// At most 16 pieces are taken by a boot ROM.
Status check_count(const std::vector<EspPiece>& pieces, const std::string& file);

// An image as it grows.
struct EspWriter {
  std::string out;
  uint8_t checksum = 0xef;
  uint32_t segments = 0;
  uint32_t digest_at = 0;  // where in the image the digest is put; 0: nowhere
  Sha256Digest digest = {};
  const std::string& file;

  // Magic, number of segments, flash mode, size and frequency, entry point.
  void header(uint8_t magic, uint8_t count, uint8_t mode, uint8_t size_frequency, uint32_t entry);
  Status segment(EspPiece piece);
  Status padding(uint32_t size);
  // Zeros up to the last byte of 16, and the checksum.
  void append_checksum();

 private:
  Status put_digest(EspPiece& piece);
};

}  // namespace fbuild
