#include <Arduino.h>
extern "C" const char *variant_name() { return "arduino_due_x"; }
