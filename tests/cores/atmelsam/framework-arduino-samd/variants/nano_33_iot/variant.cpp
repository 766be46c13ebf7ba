#include <Arduino.h>
extern "C" const char *variant_name() { return VARIANT_NAME; }
