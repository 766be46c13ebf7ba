#include "support/switches.h"

#include <cstdlib>
#include <cstring>

namespace fbuild {

bool is_switched_on(const char* variable, bool otherwise) {
  const char* value = std::getenv(variable);
  if (!value || !*value) return otherwise;
  return std::strcmp(value, "0") != 0 && std::strcmp(value, "off") != 0 &&
         std::strcmp(value, "no") != 0;
}

}  // namespace fbuild
