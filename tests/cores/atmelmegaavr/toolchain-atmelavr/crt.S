; Vectors and the way to main, for any part of this kind; the test assembles it for each.
  .section .vectors, "ax", @progbits
  .global __vectors
__vectors:
  jmp __init
  .section .init0, "ax", @progbits
  .global __init
__init:
  .section .init2, "ax", @progbits
  clr r1
  out 0x3f, r1
  .section .init9, "ax", @progbits
  call main
  jmp __init
