#include <Arduino.h>

extern "C" {
extern unsigned char _bss_start[], _bss_end[];

__attribute__((weak)) int variant_led() { return 0; }

__attribute__((section(".iram1"))) void call_start_cpu0() {
  for (volatile unsigned char *p = _bss_start; p != _bss_end; ++p) *p = 0;
  if (variant_led()) pinMode(LED_BUILTIN, OUTPUT);
  setup();
  for (;;) loop();
}

void pinMode(int pin, int mode) { *PART_REGISTER(0x10) = static_cast<part_word>(mode << pin); }
void digitalWrite(int pin, int value) { *PART_REGISTER(value ? 4 : 8) = 1u << pin; }
void delay(unsigned long ms) {
  for (unsigned long until = part_clock() + ms; part_clock() < until;) {
  }
}
}

void Port::println(const char *text) {
  while (*text) *PART_REGISTER(0) = static_cast<part_word>(*text++);
  *PART_REGISTER(0) = '\n';
}

Port Serial;
