// `ninja <env>/upload` for real, with a program in avrdude's place that writes down its
// arguments. Expected are those of PlatformIO, without its -C: a programmer finds its own
// configuration.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "support/files.h"
#include "support/process.h"

using namespace fbuild;

namespace {

struct Project {
  std::string folder;
  Fd master;
  std::string port;  // a pseudo terminal
  std::string output;

  Project() : master(::posix_openpt(O_RDWR | O_NOCTTY)) {
    char name[] = "/tmp/fbuild-upload-XXXXXX";
    folder = ::mkdtemp(name);
    REQUIRE(master);
    REQUIRE(::grantpt(master.get()) == 0);
    REQUIRE(::unlockpt(master.get()) == 0);
    port = ::ptsname(master.get());
    for (const char* path : {"/src", "/tool/bin"}) REQUIRE(make_directories(folder + path));
    put("src/main.c", "int main(void) { return 0; }\n");
    put("tool/bin/avrdude",
        "#!/bin/sh\nfor word; do printf '%s\\n' \"$word\"; done >\"" + folder + "/said\"\n", 0755);
    ::unsetenv("PLATFORMIO_UPLOAD_PORT");
  }
  ~Project() { (void)run_process({"rm", "-rf", folder}); }

  void put(const std::string& name, const std::string& text, unsigned mode = 0644) {
    REQUIRE(replace_file(folder + "/" + name, text, mode));
  }

  // What the programmer was told; empty when it was not called.
  std::string upload(const std::string& board, const std::string& options,
                     const std::string& target = "upload") {
    ::unlink((folder + "/said").c_str());
    put("platformio.ini",
        "[env:" + board + "]\nplatform = atmelavr\nboard = " + board +
            "\nframework = arduino\nplatform_packages = tool-avrdude @ symlink://" + folder +
            "/tool\n" + options);
    Result<ProcessOutput> gen = run_process({FBUILD_BIN_DIR "/fbuild-gen", "-q"}, {folder, true});
    REQUIRE(gen);
    INFO(gen->err);
    REQUIRE(gen->exit_status == 0);
    Result<ProcessOutput> ninja = run_process({"ninja", board + "/" + target}, {folder, true});
    REQUIRE(ninja);
    output = ninja->out + ninja->err;
    Result<std::string> said = read_file(folder + "/said");
    std::string line = said ? *said : "";
    for (char& c : line)
      if (c == '\n') c = ' ';
    if (!line.empty()) line.pop_back();
    CHECK((ninja->exit_status == 0) == bool(said));
    return line;
  }
};

}  // namespace

TEST_CASE("ninja <env>/upload calls the programmer as PlatformIO does") {
  Project project;
  std::string port = project.port, port_option = "upload_port = " + port + "\n";
  std::string hex = " -U flash:w:.fbuild/build/uno/firmware.hex:i";

  CHECK(project.upload("uno", port_option) ==
        "-p atmega328p -c arduino -b 115200 -D -P " + port + hex);
  CHECK(project.output.find("serial port: " + port) != std::string::npos);
  CHECK(project.upload("uno", "", "upload").empty());
  CHECK(project.output.find("no serial port found; connect the board") != std::string::npos);

  CHECK(project.upload("uno", port_option, "uploadeep") ==
        "-p atmega328p -c arduino -b 115200 -D -P " + port +
            " -U eeprom:w:.fbuild/build/uno/firmware.eep:i");
  CHECK(project.upload("uno", port_option + "upload_protocol = stk500v1\nupload_speed = 19200\n") ==
        "-p atmega328p -c stk500v1 -b 19200 -D -P " + port + hex);
  CHECK(project.upload("uno", port_option + "board_upload.speed = 57600\n") ==
        "-p atmega328p -c arduino -b 57600 -D -P " + port + hex);
  CHECK(project.upload("uno", port_option + "upload_protocol = urclock\n") ==
        "-p atmega328p -c urclock -xnometadata -b 115200 -D -P " + port + hex);
  // No port and no speed for what has USB in its name.
  CHECK(project.upload("uno", "upload_protocol = usbasp\n") == "-p atmega328p -c usbasp -D" + hex);
  CHECK(project.upload("uno",
                       "upload_protocol = usbasp\nupload_port = usb\nupload_flags =\n  "
                       "-P$UPLOAD_PORT\n  -B\n  10\n") ==
        "-Pusb -B 10 -p atmega328p -c usbasp -D" + hex);
  CHECK(project.upload("uno",
                       port_option + "upload_flags = -F\n  -e\n  -E$UPLOAD_PORT:${BOARD_MCU}\n") ==
        "-F -e -E" + port + ":atmega328p -p atmega328p -c arduino -b 115200 -D -P " + port + hex);
  CHECK(project.upload("uno", "upload_port = net:box:2000\n") ==
        "-p atmega328p -c arduino -b 115200 -D -P net:box:2000" + hex);

  ::setenv("PLATFORMIO_UPLOAD_PORT", (port + "*").c_str(), 1);
  CHECK(project.upload("uno", "upload_port = /dev/none\n").ends_with("-D -P " + port + hex));
  ::unsetenv("PLATFORMIO_UPLOAD_PORT");
}

TEST_CASE("upload_command") {
  Project project;
  std::string said = "printf '%%s\\n' ", to = " >" + project.folder + "/said";
  std::string hex = ".fbuild/build/uno/firmware.hex";
  CHECK(project.upload("uno", "upload_protocol = custom\nupload_port = /dev/x\nupload_command = " +
                                  said + "$SOURCE $UPLOAD_PORT '${PIOENV} $$HOME'" + to + "\n") ==
        hex + " /dev/x uno $HOME");
  CHECK(project.upload(
            "uno", "upload_port = " + project.port +
                       "\nupload_command = $UPLOADER -v $UPLOADERFLAGS -U flash:w:$SOURCE:i\n") ==
        "-v -p atmega328p -c arduino -b 115200 -D -P " + project.port + " -U flash:w:" + hex +
            ":i");
  CHECK(project.upload("uno", "upload_protocol = custom\nupload_command =\n  true\n  " + said +
                                  "second" + to + "\n") == "second");
  CHECK(project
            .upload("uno", "upload_protocol = custom\nupload_command =\n  false\n  " + said +
                               "second" + to + "\n")
            .empty());
  CHECK(project.upload("uno", "upload_protocol = custom\n").empty());
  INFO(project.output);
  CHECK(
      project.output.find("platformio.ini:6:1: upload_protocol is custom and there is no command; "
                          "add 'upload_command = ...'") != std::string::npos);
}

TEST_CASE("a board with USB of its own is touched at 1200 baud") {
  Project project;
  CHECK(project.upload("leonardo", "upload_port = " + project.port + "\n") ==
        "-p atmega32u4 -c avr109 -b 57600 -D -P " + project.port +
            " -U flash:w:.fbuild/build/leonardo/firmware.hex:i");
  termios settings;
  REQUIRE(::tcgetattr(project.master.get(), &settings) == 0);
  CHECK(::cfgetospeed(&settings) == B1200);
}
