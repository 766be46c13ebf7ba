/* Registers, by the addresses of the reference manual. */
#pragma once

#include <cmsis_gcc.h>
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define F_TICK 168000000u
#define SysTick_CTRL REGISTER(0xE000E010)
#define SysTick_LOAD REGISTER(0xE000E014)
#define SysTick_VAL REGISTER(0xE000E018)
#define USART_SR REGISTER(0x40011000)
#define USART_DR REGISTER(0x40011004)
#define USART_BRR REGISTER(0x40011008)
#define USART_CR1 REGISTER(0x4001100C)
#define GPIO_SET(pin) REGISTER(0x40020018 + 0x400 * ((pin) / 16))
#define GPIO_MODE(pin, mode) (REGISTER(0x40020000 + 0x400 * ((pin) / 16)) |= (uint32_t)(mode) << (pin) % 16 * 2)
