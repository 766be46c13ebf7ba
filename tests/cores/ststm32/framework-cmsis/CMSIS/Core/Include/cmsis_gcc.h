#pragma once
#define __NOP() __asm volatile("nop")
