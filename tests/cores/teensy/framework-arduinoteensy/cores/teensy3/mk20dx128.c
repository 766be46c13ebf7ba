/* Startup of the Kinetis parts: vectors, the flash configuration, copied and cleared memory. */
#include <stdint.h>

extern uint32_t _etext, _sdata, _edata, _sbss, _ebss, _estack;
extern int main(void);
extern char __rtc_localtime;

volatile uint32_t clock_begins;

void ResetHandler(void) {
  for (uint32_t *from = &_etext, *to = &_sdata; to < &_edata;) *to++ = *from++;
  for (uint32_t *to = &_sbss; to < &_ebss;) *to++ = 0;
  clock_begins = (uint32_t)&__rtc_localtime;
  main();
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) const void *const vectors[] = {&_estack, (const void *)ResetHandler};

/* Nothing is protected. */
__attribute__((section(".flashconfig"), used)) const uint8_t flashconfig[16] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xDE, 0xF9, 0xFF, 0xFF};
