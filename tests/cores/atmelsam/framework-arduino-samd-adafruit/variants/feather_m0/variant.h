#pragma once
#define VARIANT_NAME "feather_m0"
#define LED_BUILTIN 13
