#include <Arduino.h>

SerialPort Serial;
static volatile uint8_t copied = 7;

void SerialPort::println(const char *text) {
  while (*text) REGISTER(0x0802) = *text++;
}

/* A variant's object stands for it: those are linked one by one. */
extern "C" __attribute__((weak)) void initVariant() {}

int main() {
  initVariant();
  copied = copied + 1;
  setup();
  for (;;) loop();
}
