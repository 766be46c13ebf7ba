/* What the vendor ships as archives and objects; the test compiles it. */
#include <stdint.h>

#ifdef OTA
const char ota_mark[] __attribute__((section(".rodata.ota"))) = "prebuilt object";
#else
void part_delay(uint32_t ms) {
  for (volatile uint32_t i = 0; i < ms * 1000; ++i) {
  }
}
#endif
