#pragma once

#include <stdint.h>

#if defined(STM32F4xx)
#include "stm32f4xx.h"
#elif defined(STM32F1xx)
#include "stm32f1xx.h"
#else
#error "the series of the part is missing"
#endif

#include VARIANT_H

#define OUTPUT 1
#define LOW 0
#define HIGH 1

#ifdef __cplusplus
extern "C" {
#endif

void setup(void);
void loop(void);
void pinMode(int pin, int mode);
void digitalWrite(int pin, int value);
void delay(uint32_t ms);
uint32_t millis(void);

/* Who sets up the clock: the core's own version is weak. */
const char *clock_source(void);

#ifdef __cplusplus
}

struct SerialPort {
  void begin(unsigned long baud);
  void print(const char *text);
  void println(const char *text);
};

extern SerialPort Serial;
#endif
