#include <Arduino.h>

SerialPort Serial;
static volatile char sent;

void SerialPort::println(const char *text) {
  while (*text) sent = *text++;
}

int main() {
  setup();
  for (;;) loop();
}
