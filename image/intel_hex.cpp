#include "image/intel_hex.h"

#include <algorithm>

#include "image/text.h"

namespace fbuild {
namespace {

enum RecordType : uint8_t {
  kData = 0,
  kEnd = 1,
  kSegmentAddress = 2,
  kSegmentEntry = 3,
  kLinearAddress = 4,
  kLinearEntry = 5,
};

void append_record(std::string& out, uint8_t type, uint32_t address, std::string_view data) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  uint8_t sum = 0;
  auto append = [&](uint8_t byte) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
    sum += byte;
  };
  out += ':';
  append(static_cast<uint8_t>(data.size()));
  append(static_cast<uint8_t>(address >> 8));
  append(static_cast<uint8_t>(address));
  append(type);
  for (char byte : data) append(static_cast<uint8_t>(byte));
  append(static_cast<uint8_t>(-sum));
  out += "\r\n";
}

std::string big_endian(uint32_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

int digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  return -1;
}

}  // namespace

std::string intel_hex(std::vector<StoredBytes> sections, uint32_t entry) {
  constexpr size_t kRecord = 16;
  std::stable_sort(sections.begin(), sections.end(),
                   [](const auto& a, const auto& b) { return a.address < b.address; });
  size_t total = 0;
  for (const StoredBytes& section : sections) total += section.bytes.size();
  std::string out;
  out.reserve(total * 2 + (total / kRecord + 4 * sections.size() + 8) * 13);

  // The part of the address that records do not hold: first counted in segments of 16
  // bytes, and above 1 MiB in units of 64 KiB; a file never uses both at once.
  uint32_t segment_base = 0, linear_base = 0;
  for (const StoredBytes& section : sections) {
    uint32_t address = section.address;
    std::string_view bytes = section.bytes;
    while (!bytes.empty()) {
      if (address < segment_base + linear_base || address - segment_base - linear_base > 0xffff) {
        if (address <= 0xfffff) {
          segment_base = address & 0xf0000;
          append_record(out, kSegmentAddress, 0, big_endian(segment_base >> 4, 2));
        } else {
          if (segment_base != 0) append_record(out, kSegmentAddress, 0, big_endian(0, 2));
          segment_base = 0;
          linear_base = address & 0xffff0000;
          append_record(out, kLinearAddress, 0, big_endian(linear_base >> 16, 2));
        }
      }
      uint32_t offset = address - segment_base - linear_base;
      size_t now = std::min<size_t>({bytes.size(), kRecord, 0x10000 - offset});
      append_record(out, kData, offset, bytes.substr(0, now));
      bytes.remove_prefix(now);
      address += static_cast<uint32_t>(now);
    }
  }
  if (entry != 0 && entry <= 0xfffff) {
    append_record(out, kSegmentEntry, 0,
                  big_endian((entry & 0xf0000) >> 4, 2) + big_endian(entry & 0xffff, 2));
  } else if (entry != 0) {
    append_record(out, kLinearEntry, 0, big_endian(entry, 4));
  }
  append_record(out, kEnd, 0, "");
  return out;
}

Result<std::vector<HexRun>> read_intel_hex(std::string_view text, const std::string& file) {
  std::vector<HexRun> runs;
  uint32_t base = 0;
  int line_number = 0;
  auto bad = [&](std::string_view what) {
    return Error{
        .what = std::string(what), .fix = "an Intel HEX file", .file = file, .line = line_number};
  };
  while (!text.empty()) {
    ++line_number;
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line[0] != ':' || line.size() % 2 == 0 || line.size() < 11) return bad("is not a record");
    std::string record;
    uint8_t sum = 0;
    for (size_t i = 1; i < line.size(); i += 2) {
      int high = digit(line[i]), low = digit(line[i + 1]);
      if (high < 0 || low < 0) return bad("has a letter that is no hexadecimal digit");
      record += static_cast<char>(high << 4 | low);
      sum += static_cast<uint8_t>(record.back());
    }
    auto byte = [&](size_t i) { return static_cast<uint8_t>(record[i]); };
    if (record.size() != byte(0) + size_t{5}) return bad("has a record of the wrong length");
    if (sum != 0) return bad("has a record with a wrong checksum");
    uint32_t offset = uint32_t{byte(1)} << 8 | byte(2);
    std::string_view data = std::string_view(record).substr(4, byte(0));
    switch (byte(3)) {
      case kData: {
        if (data.empty()) break;
        uint32_t address = base + offset;
        if (uint64_t{address} + data.size() > uint64_t{UINT32_MAX} + 1) {
          return bad("reaches past the last address");
        }
        if (runs.empty() || runs.back().address + runs.back().bytes.size() != address) {
          runs.push_back({address, ""});
        }
        runs.back().bytes += data;
        break;
      }
      case kEnd:
        return runs;
      case kSegmentAddress:
      case kLinearAddress:
        if (data.size() != 2) return bad("has an address record of the wrong length");
        base = (uint32_t{byte(4)} << 8 | byte(5)) << (byte(3) == kLinearAddress ? 16 : 4);
        break;
      case kSegmentEntry:
      case kLinearEntry:
        break;
      default:
        return bad("has a record of an unknown type");
    }
  }
  return bad("ends without an end record");
}

}  // namespace fbuild
