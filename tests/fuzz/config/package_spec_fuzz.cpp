// Package specifications, versions and requirements.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "generator/config/package_spec.h"

using namespace fbuild;
using namespace fbuild::config;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_package_spec(text, "/nonexistent");
  (void)parse_platform_package(text, "/nonexistent");
  Version version = package_version(text);
  if (compare_versions(version, version) != 0) std::abort();
  if (std::optional<Version> exact = parse_version(text)) {
    if (version_text(*exact) != text) std::abort();
    if (!in_range(*parse_range(text), *exact)) std::abort();
  }
  if (Result<VersionRange> range = parse_range(text)) (void)in_range(*range, version);
  return 0;
}
