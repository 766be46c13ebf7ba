#pragma once
#define VARIANT_NAME "feather_m4"
#define LED_BUILTIN 13
