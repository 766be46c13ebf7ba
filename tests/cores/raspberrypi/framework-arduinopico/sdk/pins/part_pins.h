#pragma once
#define PIN_OUT 0xD0000010
