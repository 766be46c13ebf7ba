#include <Arduino.h>
volatile char variant_name[] = "uno2018";
void initVariant(void) { variant_name[0] = '+'; }
