#include "boot_regs.h"
  .section .boot2, "a"
  .word BOOT_MARK
  .fill 248, 1, 0
  .word 0x12345678
