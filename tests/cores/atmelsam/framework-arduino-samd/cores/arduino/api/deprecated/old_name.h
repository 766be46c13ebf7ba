#pragma once
#include <avr_name.h>
