#pragma once

#include <chip.h>
#include <stdint.h>
#include <variant.h>

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
#ifdef __cplusplus
}
struct SerialPort {
  void begin(unsigned long) {}
  void println(const char *text);
};
extern SerialPort Serial;
#endif
