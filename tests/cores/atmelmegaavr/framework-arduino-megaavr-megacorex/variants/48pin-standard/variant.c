#include <Arduino.h>
volatile char variant_name[] = "48pin-standard";
void initVariant(void) { variant_name[0] = '+'; }
