// What the SDK's archives have: the tests compile it, for the libraries that are linked.
#ifdef CLOCK
unsigned long part_clock(void) { return *(volatile unsigned *)0x60000200; }
#else
// The descriptor at the beginning of a program, as far as the image's writer looks at it:
// 32 bytes from 0x90 on become the digest of the ELF file.
__attribute__((section(".rodata_desc"), used)) const struct {
  unsigned magic, rest[63];
} esp_app_desc = {0xABCD5432, {0}};
#endif
