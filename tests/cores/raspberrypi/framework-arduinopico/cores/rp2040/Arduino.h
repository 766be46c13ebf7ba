#pragma once

#include <part_config.h>
#include <part_pins.h>
#include <pins_arduino.h>
#include <stdint.h>

#ifndef FROM_A_FILE
#error "the macros of the core's files are missing"
#endif

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
  void begin(unsigned long baud);
  void print(const char *text);
  void println(const char *text);
};
extern SerialPort Serial;
#endif
