#pragma once
#define CONFIG_FLASHMODE "qio"
