#include "tests/generator/sketch/compile.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/files.h"
#include "support/process.h"

namespace fbuild::test {
namespace {

const std::string kCore = "/usr/share/arduino/hardware/arduino/avr";

// A directory for the files of one compiler run, removed with the object.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    const char* base = getenv("TMPDIR");
    path_ = std::string(base ? base : "/tmp") + "/fbuild-sketch-XXXXXX";
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  ~ScratchDirectory() {
    unlink((path_ + "/sketch.ino.cpp").c_str());
    rmdir(path_.c_str());
  }
  std::string put(const std::string& text) const {
    std::string file = path_ + "/sketch.ino.cpp";
    REQUIRE(static_cast<bool>(replace_file(file, text)));
    return file;
  }

 private:
  std::string path_;
};

ProcessOutput run(std::vector<std::string> command, const std::string& text) {
  ScratchDirectory scratch;
  command.push_back(scratch.put(text));
  command.insert(command.begin(), {"env", "LC_ALL=C"});
  Result<ProcessOutput> result = run_process(command, {.directory = {}, .capture_err = true});
  REQUIRE_MESSAGE(static_cast<bool>(result), "the tests need gcc-avr and arduino-core-avr");
  REQUIRE_MESSAGE(result->exit_status != 127, result->err);
  return *result;
}

std::vector<std::string> uno_command() {
  return {"avr-g++",
          "-fno-exceptions",
          "-fno-threadsafe-statics",
          "-fpermissive",
          "-std=gnu++11",
          "-mmcu=atmega328p",
          "-Os",
          "-ffunction-sections",
          "-fdata-sections",
          "-DDECIMAL_DIG=__DECIMAL_DIG__",
          "-DF_CPU=16000000L",
          "-DARDUINO=10808",
          "-DARDUINO_AVR_UNO",
          "-DARDUINO_ARCH_AVR",
          "-I" + kCore + "/cores/arduino",
          "-I" + kCore + "/variants/standard"};
}

}  // namespace

Compiled compile_for_uno(const std::string& text) {
  REQUIRE_MESSAGE(path_exists(kCore), "the tests need arduino-core-avr");
  std::vector<std::string> command = uno_command();
  command.insert(command.end(), {"-w", "-fsyntax-only"});
  ProcessOutput output = run(command, text);
  return {output.exit_status == 0, output.err};
}

Compiled compile_for_host(const std::string& text) {
  std::vector<std::string> command = {
      "c++", "-std=gnu++17", "-fsyntax-only", "-w",
      std::string("-I") + FBUILD_SOURCE_DIR + "/tests/generator/sketch/host_core"};
  ProcessOutput output = run(command, text);
  return {output.exit_status == 0, output.err};
}

std::string assembly_for_uno(const std::string& text) {
  std::vector<std::string> command = uno_command();
  command.insert(command.end(), {"-w", "-S", "-o", "-"});
  ProcessOutput output = run(command, text);
  REQUIRE_MESSAGE(output.exit_status == 0, output.err);
  std::string out;
  for (size_t at = 0; at < output.out.size();) {
    size_t end = output.out.find('\n', at);
    if (end == std::string::npos) end = output.out.size();
    std::string line = output.out.substr(at, end - at);
    if (line.find(".file") == std::string::npos) out += line + "\n";
    at = end + 1;
  }
  return out;
}

std::string join_plainly(const std::vector<SketchFile>& files) {
  Result<std::vector<SketchFile>> ordered = order_sketch(files);
  REQUIRE(static_cast<bool>(ordered));
  std::string out = "#include <Arduino.h>\n";
  for (const SketchFile& file : *ordered) {
    out += "#line 1 \"" + file.path + "\"\n" + file.content + "\n";
  }
  return out;
}

}  // namespace fbuild::test
