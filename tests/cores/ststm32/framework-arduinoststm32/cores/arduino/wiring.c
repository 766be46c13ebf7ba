#include <Arduino.h>

static volatile uint32_t ticks;

void SysTick_Handler(void) { ++ticks; }

uint32_t millis(void) { return ticks; }

void delay(uint32_t ms) {
  uint32_t begin = millis();
  while (millis() - begin < ms) __NOP();
}

__attribute__((weak)) const char *clock_source(void) { return "weak"; }

void pinMode(int pin, int mode) { GPIO_MODE(pin, mode); }

void digitalWrite(int pin, int value) { GPIO_SET(pin) = 1u << (pin % 16 + (value ? 0 : 16)); }
