#pragma once

#include <arduino_usb.h>
#include <stdint.h>

#include <arm_math.h>
#include <samd.h>
#include <variant.h>

#define OUTPUT 1
#define LOW 0
#define HIGH 1

#if !defined(ARDUINO_ARCH_SAMD) || !defined(ARDUINO_SAMD_ADAFRUIT) || USB_CONFIG_POWER != 100 || USB_VID == 0
#error "macros of the platform are missing"
#endif

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
