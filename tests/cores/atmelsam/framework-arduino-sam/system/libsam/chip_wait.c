/* The vendor's archive has this compiled; the test compiles it. */
void chip_wait(void) { __asm__ volatile("nop"); }
