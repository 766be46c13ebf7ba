#include <Arduino.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

void pinMode(int pin, int mode) { REGISTER(0x42000004) |= (uint32_t)mode << pin % 32; }
void digitalWrite(int pin, int value) { REGISTER(value ? 0x42000084 : 0x42000088) = 1u << pin % 32; }
void delay(uint32_t ms) {
  for (volatile uint32_t i = 0; i < ms * (F_CPU / 10000); ++i) {
  }
}
