#pragma once
#include <stdint.h>
#include <old_name.h>
