// Stands for the second-stage loader; the tests link it at its place in fast memory.
const char eboot_text[] = "eboot";

void _start(void) {
  for (unsigned i = 0;; ++i) *(volatile unsigned *)0x60000300 = eboot_text[i & 3];
}
