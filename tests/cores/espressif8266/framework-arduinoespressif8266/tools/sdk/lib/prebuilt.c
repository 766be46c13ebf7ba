// What the SDK's archives have: the tests compile it, for the libraries that are linked.
#ifdef CLOCK
unsigned long part_clock(void) { return *(volatile unsigned *)0x60000200; }
#elif defined(FORMATS)
void _printf_float(void) {}
void _scanf_float(void) {}
#else
const char sdk_version[] = SDK;
#endif
