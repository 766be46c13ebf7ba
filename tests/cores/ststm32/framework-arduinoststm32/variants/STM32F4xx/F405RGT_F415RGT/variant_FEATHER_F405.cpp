#include <Arduino.h>

#ifdef ARDUINO_FEATHER_F405
extern "C" const char *variant_name() { return BOARD_NAME; }
#endif
