/* Goes through the preprocessor: what is in the chip's fast memory depends on macros. */
MEMORY
{
  iram1_0_seg : org = 0x40100000, len = MMU_IRAM_SIZE
}
ENTRY(app_entry)
SECTIONS
{
  .data : {
    *(.data .data.*)
  } >dram0_0_seg
  .rodata : {
    *(.rodata .rodata.*)
#ifdef VTABLES_IN_DRAM
#include "eagle.app.v6.common.ld.vtables.h"
#endif
    . = ALIGN(4);
  } >dram0_0_seg
  .bss (NOLOAD) : {
    _bss_start = .;
    *(.bss .bss.* COMMON)
    . = ALIGN(4);
    _bss_end = .;
  } >dram0_0_seg
  .text : {
    KEEP(*vectors.S.o(.text))
    *(.iram.text .iram.text.*)
    . = ALIGN(4);
  } >iram1_0_seg
  .text1 : {
    KEEP(*(.text1 .text1.*))
    . = ALIGN(4);
  } >iram1_0_seg
  .irom0.text : {
    /* The image's length and check value are put here. */
    LONG(0); LONG(0);
    *(.literal .literal.* .text .text.*)
#ifdef VTABLES_IN_FLASH
#include "eagle.app.v6.common.ld.vtables.h"
#endif
    . = ALIGN(4);
  } >irom0_0_seg
#ifdef MMU_SEC_HEAP
  _sec_heap = MMU_SEC_HEAP;
#endif
}
