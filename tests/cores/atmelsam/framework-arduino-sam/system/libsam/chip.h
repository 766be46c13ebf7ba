#pragma once
#include <core_cm3.h>
#include <sam3xa.h>
#ifdef __cplusplus
extern "C"
#endif
void chip_wait(void);
