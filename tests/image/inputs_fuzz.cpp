// Any bytes as the other inputs: HEX files, tables of facts, ESP images to be changed.
#include <cstdint>
#include <string>

#include "image/esp_image.h"
#include "image/flash_merge.h"
#include "image/intel_hex.h"
#include "image/uf2.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fbuild;
  std::string text(reinterpret_cast<const char*>(data), size);
  Result<std::vector<HexRun>> runs = read_intel_hex(text, "a.hex");
  if (runs) (void)uf2_from_hex(*runs, {}, "a.hex");

  Result<std::vector<FactRow>> rows = parse_fact_table(text, "a.table");
  if (rows) {
    for (const FactRow& row : *rows) {
      (void)esp_chip(row);
      (void)uf2_family(row);
    }
  }

  std::string image = text;
  set_esp_flash(image, {.mode = 1, .size = 0x20, .frequency = 3}, size % 2);
  if (image.size() != text.size() && image.size() > text.size() + 32) __builtin_trap();
  return 0;
}
