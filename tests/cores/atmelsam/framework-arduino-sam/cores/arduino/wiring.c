#include <Arduino.h>

int copied = 7;

void pinMode(int pin, int mode) { PIO_REGISTER(0x10) = (uint32_t)mode << pin; }
void digitalWrite(int pin, int value) { PIO_REGISTER(value ? 0x30 : 0x34) = 1u << pin; }
void delay(uint32_t ms) {
  chip_wait();
  for (volatile uint32_t i = 0; i < ms * (F_CPU / 10000) + (uint32_t)copied; ++i) {
  }
}
