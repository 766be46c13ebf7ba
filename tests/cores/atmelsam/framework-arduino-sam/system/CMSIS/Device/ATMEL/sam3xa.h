#pragma once
#ifndef __SAM3X8E__
#error "the part is not named"
#endif
#define PIO_REGISTER(offset) (*(__IO unsigned *)(0x400E1000u + (offset)))
