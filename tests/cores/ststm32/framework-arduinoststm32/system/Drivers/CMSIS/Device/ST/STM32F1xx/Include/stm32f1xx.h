/* Registers, by the addresses of the reference manual. */
#pragma once

#include <cmsis_gcc.h>
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define F_TICK 72000000u
#define SysTick_CTRL REGISTER(0xE000E010)
#define SysTick_LOAD REGISTER(0xE000E014)
#define SysTick_VAL REGISTER(0xE000E018)
#define USART_SR REGISTER(0x40013800)
#define USART_DR REGISTER(0x40013804)
#define USART_BRR REGISTER(0x40013808)
#define USART_CR1 REGISTER(0x4001380C)
#define GPIO_SET(pin) REGISTER(0x40010810 + 0x400 * ((pin) / 16))
#define GPIO_MODE(pin, mode) (REGISTER(0x40010804 + 0x400 * ((pin) / 16)) |= (uint32_t)(mode) << (pin) % 8 * 4)
