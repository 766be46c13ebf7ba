// As much of Arduino's API as the tests use. There is no C library.
#pragma once

#include "esp32-hal.h"
#include <pins_arduino.h>

#define HIGH 1
#define LOW 0
#define OUTPUT 1

#ifdef __cplusplus
extern "C" {
#endif
void pinMode(int pin, int mode);
void digitalWrite(int pin, int value);
void delay(unsigned long ms);
#ifdef __cplusplus
}

// With C++'s names: the linker is told to look for them.
void setup();
void loop();

struct Port {
  void begin(unsigned long) {}
  void println(const char *text);
};
extern Port Serial;
#endif
