// Stands for the core's weak function.
#ifndef ARDUINO_CORE_BUILD
#error a macro of the core is missing
#endif
extern "C" int variant_led() { return 1; }
