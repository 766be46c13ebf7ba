#pragma once

#include <stdint.h>

#ifndef USB_SERIAL
#error "the kind of USB device is missing"
#endif

#define OUTPUT 1
#define LOW 0
#define HIGH 1
#define LED_BUILTIN 13

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
