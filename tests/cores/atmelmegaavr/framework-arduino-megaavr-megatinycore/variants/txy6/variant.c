#include <Arduino.h>
volatile char variant_name[] = "txy6";
void initVariant(void) { variant_name[0] = '+'; }
