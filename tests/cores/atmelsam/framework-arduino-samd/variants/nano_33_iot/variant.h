#pragma once
#define VARIANT_NAME "nano_33_iot"
#define LED_BUILTIN 13
