// Environment variables that switch something on or off.
#pragma once

namespace fbuild {

// `otherwise` when the variable is not set or empty; off for 0, off and no; else on.
bool is_switched_on(const char* variable, bool otherwise);

}  // namespace fbuild
