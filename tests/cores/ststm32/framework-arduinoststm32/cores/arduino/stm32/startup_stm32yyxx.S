/* The vector table and what has to be done before main. */
  .syntax unified
  .thumb

  .section .isr_vector, "a"
  .global vectors
vectors:
  .word _estack
  .word Reset_Handler
  .rept 13
  .word Default_Handler
  .endr
  .word SysTick_Handler

  .text
  .thumb_func
Default_Handler:
  b Default_Handler

  .weak SysTick_Handler
  .thumb_set SysTick_Handler, Default_Handler

  .global Reset_Handler
  .type Reset_Handler, %function
  .thumb_func
Reset_Handler:
#if defined(__ARM_FP)
  ldr r0, =0xE000ED88
  ldr r1, [r0]
  orr r1, r1, #0xF << 20
  str r1, [r0]
  dsb
  isb
#endif
  ldr r0, =_sdata
  ldr r1, =_edata
  ldr r2, =_sidata
copy:
  cmp r0, r1
  beq copied
  ldr r3, [r2], #4
  str r3, [r0], #4
  b copy
copied:
  ldr r0, =_sbss
  ldr r1, =_ebss
  movs r2, #0
clear:
  cmp r0, r1
  beq cleared
  str r2, [r0], #4
  b clear
cleared:
  ldr r4, =__init_array_start
  ldr r5, =__init_array_end
construct:
  cmp r4, r5
  beq constructed
  ldr r0, [r4], #4
  blx r0
  b construct
constructed:
  bl main
  b Default_Handler
