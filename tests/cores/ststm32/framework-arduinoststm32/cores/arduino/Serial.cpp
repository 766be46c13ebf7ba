#include <Arduino.h>

SerialPort Serial;

void SerialPort::begin(unsigned long baud) {
  USART_BRR = F_TICK / baud;
  USART_CR1 = 1u << 13 | 1u << 3;
}

void SerialPort::print(const char *text) {
  for (; *text; ++text) {
    while (!(USART_SR & 1u << 7)) {
    }
    USART_DR = static_cast<unsigned char>(*text);
  }
}

void SerialPort::println(const char *text) {
  print(text);
  print("\r\n");
}
