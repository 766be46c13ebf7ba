#pragma once

#include <old_name.h>
#include <pins_arduino.h>
#include <stdint.h>

#if !defined(ARDUINO_ARCH_MEGAAVR) || F_CPU < 16000000L
#error "macros of the platform are missing"
#endif

#define OUTPUT 1
#define LOW 0
#define HIGH 1
#define REGISTER(address) (*(volatile uint8_t *)(address))

#ifdef __cplusplus
extern "C" {
#endif
void initVariant(void);
void setup(void);
void loop(void);
void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t value);
void delay(uint32_t ms);
#ifdef __cplusplus
}
struct SerialPort {
  void begin(unsigned long) {}
  void println(const char *text);
};
extern SerialPort Serial;
#endif
