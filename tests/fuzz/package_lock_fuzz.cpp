// A lock file that is read is written as what it said.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "generator/platform/package_lock.h"

using namespace fbuild;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  Result<PackageLock> lock = parse_package_lock(text, "fbuild.lock");
  if (!lock) return 0;
  std::string written = package_lock_text(*lock);
  Result<PackageLock> again = parse_package_lock(written, "fbuild.lock");
  if (!again || package_lock_text(*again) != written) std::abort();
  PackageLock updated = updated_lock(*lock, *again, "linux_x86_64", true);
  if (!parse_package_lock(package_lock_text(updated), "fbuild.lock")) std::abort();
  return 0;
}
