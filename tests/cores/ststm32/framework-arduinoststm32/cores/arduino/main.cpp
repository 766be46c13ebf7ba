#include <Arduino.h>

/* Copied and constructed by the startup code before main. */
static int copied = 1234;
static struct Constructed {
  int value;
  Constructed() : value(copied + 1) {}
} constructed;

/* Kept by system/ldscript.ld apart from what is cleared. */
__attribute__((section(".noinit"))) volatile uint32_t resets;

int main() {
  resets = resets + 1;
  SysTick_LOAD = F_TICK / 1000 - 1;
  SysTick_VAL = 0;
  SysTick_CTRL = 7;
  if (constructed.value == 1235) setup();
  for (;;) loop();
}
