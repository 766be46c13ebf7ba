#include <Arduino.h>

int copied = 7;

void pinMode(int pin, int mode) { PORT_REGISTER(8) = (uint32_t)mode << pin; }
void digitalWrite(int pin, int value) { PORT_REGISTER(value ? 0x18 : 0x14) = 1u << pin; }
void delay(uint32_t ms) {
  for (volatile uint32_t i = 0; i < ms * (F_CPU / 10000) + (uint32_t)copied; ++i) {
  }
}
