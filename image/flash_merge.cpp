#include "image/flash_merge.h"

#include <algorithm>

#include "image/bytes.h"
#include "image/sha256.h"
#include "image/text.h"

namespace fbuild {

Result<std::string> merge_flash(std::vector<FlashPart> parts, uint32_t start, uint32_t pad_to) {
  constexpr uint64_t kSector = 4096;
  constexpr uint64_t kMost = 256u << 20;
  std::stable_sort(parts.begin(), parts.end(),
                   [](const FlashPart& a, const FlashPart& b) { return a.offset < b.offset; });
  std::string out;
  uint64_t sectors_end = 0;
  for (const FlashPart& part : parts) {
    if (part.offset < start) {
      return Error{
          .what = concat({"is at ", hex_text(part.offset), ", below the start of the file"}),
          .fix = concat({hex_text(start), " or higher"}),
          .file = part.file};
    }
    if (part.offset / kSector * kSector < sectors_end) {
      return Error{.what = concat({"at ", hex_text(part.offset), " overlaps the part before it"}),
                   .fix = concat({hex_text(static_cast<uint32_t>(sectors_end)), " or higher"}),
                   .file = part.file};
    }
    uint64_t end = uint64_t{part.offset} + part.bytes.size();
    if (end - start > kMost) {
      return Error{.what = concat({"at ", hex_text(part.offset), " is too far from the start"}),
                   .fix = "256 MiB at most",
                   .file = part.file};
    }
    // An empty part at a sector's start takes none.
    sectors_end = std::max(sectors_end, (end + kSector - 1) / kSector * kSector);
    out.resize(part.offset - start, '\xff');
    out += part.bytes;
  }
  if (pad_to > start && out.size() < pad_to - start) {
    if (pad_to - start > kMost) {
      return Error{.what = "the size to fill up to is too large", .fix = "256 MiB at most"};
    }
    out.resize(pad_to - start, '\xff');
  }
  return out;
}

bool set_esp_flash(std::string& image, const EspFlash& flash, bool extended) {
  constexpr uint8_t kMagic = 0xe9;
  constexpr size_t kHeader = 8, kExtendedHeader = 24, kSegmentHeader = 8, kDigest = 32;
  constexpr int kMostSegments = 16;
  size_t at = extended ? kExtendedHeader : kHeader;
  if (image.size() < at || static_cast<uint8_t>(image[0]) != kMagic) return false;
  bool digest = false;
  if (extended) {
    uint8_t flag = static_cast<uint8_t>(image[kExtendedHeader - 1]);
    if (flag > 1) return false;
    digest = flag == 1;
  }
  int segments = static_cast<uint8_t>(image[1]);
  if (segments > kMostSegments) return false;
  for (int i = 0; i < segments; ++i) {
    if (image.size() - at < kSegmentHeader) return false;
    uint32_t size = le32_at(image, at + 4);
    at += kSegmentHeader;
    if (image.size() - at < size) return false;
    at += size;
  }
  size_t end = at / 16 * 16 + 16;
  if (image.size() < end) return false;

  if (flash.mode) image[2] = static_cast<char>(*flash.mode);
  uint8_t old = static_cast<uint8_t>(image[3]);
  uint8_t size = flash.size.value_or(old & 0xf0), frequency = flash.frequency.value_or(old & 0x0f);
  image[3] = static_cast<char>(size + frequency);
  if (digest) {
    Sha256Digest made = sha256(std::string_view(image).substr(0, end));
    image.replace(end, std::min(kDigest, image.size() - end),
                  std::string(made.begin(), made.end()));
  }
  return true;
}

}  // namespace fbuild
