#include <Arduino.h>

extern "C" uint32_t _sidata, _sdata, _edata, _sbss, _ebss, _estack;
extern "C" void part_delay(uint32_t ms);

#define REGISTER(address) (*(volatile uint32_t *)(address))

SerialPort Serial;

/* The first UART, from a crystal of 12 MHz. */
void SerialPort::begin(unsigned long baud) {
  REGISTER(PART_RESETS + 0x3000) = 1u << PART_UART_RESET;
  while (!(REGISTER(PART_RESETS + 8) & 1u << PART_UART_RESET)) {
  }
  uint32_t divisor = 8 * 12000000u / baud;
  REGISTER(PART_UART + 0x24) = divisor >> 7;
  REGISTER(PART_UART + 0x28) = ((divisor & 0x7f) + 1) / 2;
  REGISTER(PART_UART + 0x2c) = 0x70;
  REGISTER(PART_UART + 0x30) = 0x301;
}

void SerialPort::print(const char *text) {
  for (; *text; ++text) {
    while (REGISTER(PART_UART + 0x18) & 1u << 5) {
    }
    REGISTER(PART_UART) = *text;
  }
}

void SerialPort::println(const char *text) {
  print(text);
  print("\r\n");
}

extern "C" void delay(uint32_t ms) { part_delay(ms); }

/* Takes the place of the archive's by the core's list of wrapped symbols. */
extern "C" void __real_part_delay(uint32_t ms);
extern "C" void __wrap_part_delay(uint32_t ms) { __real_part_delay(ms + 1); }

extern "C" void pinMode(int pin, int) { *(volatile uint32_t *)0xD0000020 = 1u << pin; }
extern "C" void digitalWrite(int pin, int value) { *(volatile uint32_t *)(PIN_OUT + (value ? 4 : 8)) = 1u << pin; }

extern "C" void _entry_point() {
  for (uint32_t *from = &_sidata, *to = &_sdata; to < &_edata;) *to++ = *from++;
  for (uint32_t *to = &_sbss; to < &_ebss;) *to++ = 0;
  setup();
  for (;;) loop();
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {&_estack, (const void *)_entry_point};
