#pragma once
#define PART_REGISTER(offset) ((volatile unsigned *)(0x60000000 + (offset)))
#ifdef __cplusplus
extern "C"
#endif
unsigned long part_clock(void);
