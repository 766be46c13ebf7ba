// As much of Arduino's API as the tests use. There is no C library.
#pragma once

#include <ets.h>
#include <lwip.h>
#include <pins_arduino.h>

#if !defined(__ets__) || !defined(LWIP_FEATURES) || !defined(MMU_IRAM_SIZE)
#error a macro of the platform is missing
#endif

#define HIGH 1
#define LOW 0
#define OUTPUT 1

#ifdef __cplusplus
extern "C" {
#endif
void pinMode(int pin, int mode);
void digitalWrite(int pin, int value);
void delay(unsigned long ms);
void setup(void);
void loop(void);
#ifdef __cplusplus
}

struct Port {
  void begin(unsigned long) {}
  void println(const char *text);
};
extern Port Serial;
#endif
