/* Startup: vectors, copied and cleared memory. */
#include <Arduino.h>

extern uint32_t __etext, __data_start__, __data_end__, __bss_start__, __bss_end__, __StackTop;
extern int main(void);

void Reset_Handler(void) {
  for (uint32_t *from = &__etext, *to = &__data_start__; to < &__data_end__;) *to++ = *from++;
  for (uint32_t *to = &__bss_start__; to < &__bss_end__;) *to++ = 0;
  main();
}

__attribute__((section(".isr_vector"), used)) static const void *const vectors[] = {&__StackTop, (const void *)Reset_Handler};
