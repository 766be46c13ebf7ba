#include <Arduino.h>
volatile char variant_name[] = "nona4809";
void initVariant(void) { variant_name[0] = '+'; }
