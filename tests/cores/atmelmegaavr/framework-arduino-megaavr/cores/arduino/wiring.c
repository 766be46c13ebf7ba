#include <Arduino.h>

void pinMode(uint8_t pin, uint8_t mode) { REGISTER(0x0401) = mode << pin; }
void digitalWrite(uint8_t pin, uint8_t value) { REGISTER(value ? 0x0405 : 0x0406) = 1 << pin; }
void delay(uint32_t ms) {
  for (volatile uint32_t i = 0; i < ms * (F_CPU / 10000); ++i) {
  }
}
