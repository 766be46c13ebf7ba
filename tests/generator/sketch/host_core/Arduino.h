// As much of an Arduino core as the test sketches need to be checked by the host compiler.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t byte;
typedef bool boolean;
#define HIGH 1
#define LOW 0
#define OUTPUT 1
#define LED_BUILTIN 13
#define PROGMEM
#define ISR(vector) extern "C" void vector(void)
#define TIMER1_COMPA_vect vector_11

void setup();
void loop();
void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t value);
void delay(unsigned long ms);
unsigned long millis();

class Print {
 public:
  void begin(long baud);
  void print(const char* text);
  void println(const char* text);
  void println(long value);
};
extern Print Serial;
