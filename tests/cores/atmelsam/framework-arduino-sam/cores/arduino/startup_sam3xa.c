/* Startup: vectors, copied and cleared memory; and what newlib asks the system for. */
#include <Arduino.h>

extern uint32_t _etext, _srelocate, _erelocate, _sbss, _ebss, _estack;
extern int main(void);

void Reset_Handler(void) {
  for (uint32_t *from = &_etext, *to = &_srelocate; to < &_erelocate;) *to++ = *from++;
  for (uint32_t *to = &_sbss; to < &_ebss;) *to++ = 0;
  main();
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {&_estack, (const void *)Reset_Handler};

void *_sbrk(int more) { (void)more; return (void *)-1; }
int link(const char *old, const char *new) { (void)old, (void)new; return -1; }
int _close(int file) { (void)file; return -1; }
int _fstat(int file, void *status) { (void)file, (void)status; return -1; }
int _isatty(int file) { (void)file; return 1; }
int _lseek(int file, int at, int from) { (void)file, (void)at, (void)from; return 0; }
int _read(int file, char *to, int size) { (void)file, (void)to, (void)size; return 0; }
int _write(int file, const char *from, int size) { (void)file, (void)from; return size; }
void _exit(int status) { (void)status; for (;;) {} }
int kill(int process, int signal) { (void)process, (void)signal; return -1; }
int _getpid(void) { return 1; }
