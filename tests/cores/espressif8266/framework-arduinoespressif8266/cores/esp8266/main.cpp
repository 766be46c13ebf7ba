#include <Arduino.h>

extern "C" {
extern unsigned char _bss_start[], _bss_end[];

// What the SDK's startup calls. It would restart the chip by itself; the core has its own way.
void __real_system_restart_local();
void __wrap_system_restart_local() { digitalWrite(LED_BUILTIN, LOW); }
void system_restart_local();

volatile unsigned part_starts = 1;

void app_entry() {
  ++part_starts;
  for (volatile unsigned char *p = _bss_start; p != _bss_end; ++p) *p = 0;
  setup();
  for (;;) {
    loop();
    if (*PART_REGISTER(0x100)) system_restart_local();
  }
}

void pinMode(int pin, int mode) { *PART_REGISTER(0x10) = static_cast<unsigned>(mode << pin); }
void digitalWrite(int pin, int value) { *PART_REGISTER(value ? 4 : 8) = 1u << pin; }
void delay(unsigned long ms) {
  for (unsigned long until = part_clock() + ms; part_clock() < until;) {
  }
}
}

// In fast memory, where the common script puts them.
__attribute__((section(".text1"), used)) static void slow() {}
__attribute__((section(".iram.text"))) static void put(char c) { *PART_REGISTER(0) = static_cast<unsigned>(c); }

void Port::println(const char *text) {
  while (*text) put(*text++);
  put('\n');
}

Port Serial;
