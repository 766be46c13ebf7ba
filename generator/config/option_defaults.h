// Defaults that depend on where the project is; written in the option table in place of
// a text.
#pragma once

namespace fbuild::config {

inline constexpr char kProjectName[] = "${project name}";      // last part of its directory
inline constexpr char kCoreDirectory[] = "${core directory}";  // ~/.platformio

}  // namespace fbuild::config
