#pragma once
#define VARIANT_NAME "arduino_zero"
#define LED_BUILTIN 17
