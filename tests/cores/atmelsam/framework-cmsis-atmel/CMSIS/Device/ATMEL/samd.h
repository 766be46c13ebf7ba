#pragma once
#include <cmsis_gcc.h>

#if defined(__SAMD21G18A__)
#define PORT_ADDRESS 0x41004400u
#elif defined(__SAMD51J19A__)
#define PORT_ADDRESS 0x41008000u
#else
#error "the part is not named"
#endif
#define PORT_REGISTER(offset) (*(__IO unsigned *)(PORT_ADDRESS + (offset)))
