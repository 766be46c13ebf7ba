#include "image/stored_bytes.h"

#include <algorithm>

#include "image/text.h"

namespace fbuild {

Result<std::vector<StoredBytes>> stored_bytes(const Elf& elf, const SectionChoice& choice,
                                              const std::string& file) {
  std::vector<StoredBytes> found;
  for (const ElfSection& section : elf.sections) {
    if (!(section.flags & ElfSection::Alloc) || section.content.empty()) continue;
    if (!choice.only.patterns.empty() && !choice.only.match(section.name)) continue;
    if (choice.without.match(section.name)) continue;
    StoredBytes stored{elf.load_address(section), section.content};
    for (const auto& [name, address] : choice.moved) {
      if (name == section.name) stored.address = address;
    }
    if (uint64_t{stored.address} + stored.bytes.size() > uint64_t{UINT32_MAX} + 1) {
      return Error{.what = concat({"section ", section.name, " at ", hex_text(stored.address),
                                   " reaches past the last address"}),
                   .file = file};
    }
    found.push_back(stored);
  }
  return found;
}

Result<std::string> flat_binary(const std::vector<StoredBytes>& sections, uint8_t fill,
                                const std::string& file, uint32_t* base) {
  constexpr uint64_t kMost = 256u << 20;
  if (base) *base = 0;
  if (sections.empty()) return std::string();
  uint32_t low = UINT32_MAX;
  uint64_t high = 0;
  for (const StoredBytes& section : sections) {
    low = std::min(low, section.address);
    high = std::max(high, uint64_t{section.address} + section.bytes.size());
  }
  if (high - low > kMost) {
    return Error{.what = concat({"stored bytes reach from ", hex_text(low), " to ",
                                 hex_text(static_cast<uint32_t>(high - 1))}),
                 .fix = "a binary file holds 256 MiB at most; leave a section out with -R",
                 .file = file};
  }
  std::string out(high - low, static_cast<char>(fill));
  for (const StoredBytes& section : sections) {
    section.bytes.copy(out.data() + (section.address - low), section.bytes.size());
  }
  if (base) *base = low;
  return out;
}

}  // namespace fbuild
