#pragma once
#include <part_hal.h>
#include <sdkconfig.h>
