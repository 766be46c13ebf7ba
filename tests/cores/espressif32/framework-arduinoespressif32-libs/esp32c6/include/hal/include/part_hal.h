#pragma once
#include <part_types.h>
#ifndef ESP_PLATFORM
#error a macro of the platform is missing
#endif
#define PART_REGISTER(offset) ((volatile part_word *)(0x60000000 + (offset)))
#ifdef __cplusplus
extern "C"
#endif
unsigned long part_clock(void);
