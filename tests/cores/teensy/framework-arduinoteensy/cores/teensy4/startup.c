/* What the boot ROM looks for in the flash, and the copying of code and data into RAM. */
#include <stdint.h>

extern uint32_t _stext, _etext, _stextload, _sdata, _edata, _sdataload, _sbss, _ebss, _estack, _flashimagelen;
extern int main(void);
extern char __rtc_localtime;

volatile uint32_t clock_begins;

__attribute__((section(".startup"), naked)) void ResetHandler(void) {
  __asm volatile("ldr sp, =_estack\n  b startup");
}

__attribute__((section(".startup"), used, optimize("no-tree-loop-distribute-patterns"))) void startup(void) {
  for (uint32_t *from = &_stextload, *to = &_stext; to < &_etext;) *to++ = *from++;
  for (uint32_t *from = &_sdataload, *to = &_sdata; to < &_edata;) *to++ = *from++;
  for (uint32_t *to = &_sbss; to < &_ebss;) *to++ = 0;
  clock_begins = (uint32_t)&__rtc_localtime;
  main();
  for (;;) {
  }
}

struct BootData {
  uint32_t start;
  const void *length;
  uint32_t plugin;
};

__attribute__((section(".bootdata"), used)) const struct BootData boot_data = {0x60000000, &_flashimagelen, 0};

__attribute__((section(".ivt"), used)) const void *const image_vector_table[8] = {
    (const void *)0x432000D1, (const void *)ResetHandler, 0, 0, &boot_data, image_vector_table, 0, 0};

__attribute__((section(".flashconfig"), used)) const uint32_t flexspi[128] = {0x42464346, 0x56010000};
