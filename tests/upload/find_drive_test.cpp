#include "generator/upload/find_drive.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <thread>

#include "support/files.h"
#include "support/process.h"

using namespace fbuild;

namespace {

// A table of mounts of our own.
struct Machine {
  std::string folder;
  DriveRoots roots;
  DriveTimes times;

  Machine() {
    char name[] = "/tmp/fbuild-drives-XXXXXX";
    folder = ::mkdtemp(name);
    roots.mounts = folder + "/mounts";
    roots.serial = {folder + "/sys", folder + "/dev"};
    using Milliseconds = PortTimes::Milliseconds;
    times.port = {Milliseconds(20), Milliseconds(1), Milliseconds(20), Milliseconds(5)};
    times.appear = Milliseconds(2000);
    REQUIRE(replace_file(roots.mounts, "proc /proc proc rw 0 0\nbad\n\n"));
  }
  ~Machine() { (void)run_process({"rm", "-rf", folder}); }

  std::string drive(const std::string& name, bool bootloader = true) {
    std::string path = folder + "/" + name, escaped;
    REQUIRE(make_directories(path));
    if (bootloader) REQUIRE(replace_file(path + "/INFO_UF2.TXT", "Board-ID: X\n"));
    for (char c : path) escaped += c == ' ' ? "\\040" : std::string(1, c);
    Result<std::string> text = read_file(roots.mounts);
    REQUIRE(text);
    REQUIRE(replace_file(roots.mounts, *text + "/dev/sdb1 " + escaped + " vfat rw 0 0\n"));
    return path;
  }
  std::string find(const PortSearch& search = {}) {
    Result<std::string> found = find_upload_drive(search, roots, times);
    return found ? *found : "error: " + found.error().text();
  }
};

}  // namespace

TEST_CASE("the drive of a bootloader is the one with the format's file") {
  Machine machine;
  CHECK(machine.find().starts_with(
      "error: no drive of a bootloader is mounted; start the board's bootloader"));
  machine.drive("USB STICK", false);
  CHECK(machine.find().starts_with("error: no drive"));
  std::string first = machine.drive("RPI RP2");
  CHECK(machine.find() == first);
  std::string second = machine.drive("OTHER");
  CHECK(machine.find() == "error: several drives of bootloaders are mounted: " + first + ", " +
                              second + "; name one with 'upload_port'");
  PortSearch named;
  named.port = second;
  CHECK(machine.find(named) == second);
  named.port = machine.folder + "/USB STICK";
  CHECK(machine.find(named).find("is not the drive of a bootloader: it has no INFO_UF2.TXT") !=
        std::string::npos);
}

TEST_CASE("the drive of a debug adapter has another file") {
  Machine machine;
  machine.drive("UF2");
  PortSearch search;
  search.drive_mark = "MBED.HTM";
  CHECK(machine.find(search).starts_with("error: no drive"));
  std::string adapter = machine.drive("NODE_F401RE", false);
  REQUIRE(replace_file(adapter + "/MBED.HTM", ""));
  CHECK(machine.find(search) == adapter);
  search.port = machine.folder + "/UF2";
  CHECK(machine.find(search).find("has no MBED.HTM") != std::string::npos);
}

TEST_CASE("a running board is asked to start its bootloader") {
  Machine machine;
  PortSearch search;
  search.touch_1200 = true;
  CHECK(machine.find(search).starts_with(
      "error: no drive of a bootloader is mounted, and no serial port found; connect the board"));
  Fd master(::posix_openpt(O_RDWR | O_NOCTTY));
  REQUIRE(::grantpt(master.get()) == 0);
  REQUIRE(::unlockpt(master.get()) == 0);
  search.port = ::ptsname(master.get());
  std::string path;
  std::thread board([&] {
    termios settings;
    for (int i = 0; i < 400; ++i) {
      if (::tcgetattr(master.get(), &settings) == 0 && ::cfgetospeed(&settings) == B1200) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    path = machine.drive("BOOT");
  });
  std::string found = machine.find(search);
  board.join();
  CHECK(found == path);
}
