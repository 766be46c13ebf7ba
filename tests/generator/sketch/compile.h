// Compiling joined sketches for real, for the tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "generator/sketch/sketch.h"

namespace fbuild::test {

struct Compiled {
  bool ok = false;
  std::string messages;
};

// Syntax and types only, as PlatformIO calls the compiler for an Uno.
Compiled compile_for_uno(const std::string& text);

// The same with the host's compiler, strictly: without -fpermissive and with C++17, against
// the small core in host_core/.
Compiled compile_for_host(const std::string& text);

// The code that avr-g++ -Os makes of a text, as assembly without comments and file names.
std::string assembly_for_uno(const std::string& text);

// The files in their order with #line and Arduino.h, but without any declaration added.
std::string join_plainly(const std::vector<SketchFile>& files);

}  // namespace fbuild::test
