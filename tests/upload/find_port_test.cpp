#include "generator/upload/find_port.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "support/files.h"
#include "support/process.h"

using namespace fbuild;

namespace {

// A sysfs and a /dev of our own, shaped as the kernel's are.
struct Machine {
  std::string folder;
  SerialRoots roots;
  PortTimes times;

  Machine() {
    char name[] = "/tmp/fbuild-ports-XXXXXX";
    folder = ::mkdtemp(name);
    roots = {folder + "/sys", folder + "/dev"};
    for (const char* path : {"/sys/class/tty", "/sys/devices", "/dev"})
      REQUIRE(make_directories(folder + path));
    using Milliseconds = PortTimes::Milliseconds;
    times = {Milliseconds(60), Milliseconds(1), Milliseconds(300), Milliseconds(5)};
  }
  ~Machine() { (void)run_process({"rm", "-rf", folder}); }

  void link(const std::string& target, const std::string& path) {
    REQUIRE(::symlink(target.c_str(), path.c_str()) == 0);
  }
  void file(const std::string& path, const std::string& text) { REQUIRE(replace_file(path, text)); }

  // cdc-acm: the tty's device is the interface; usb-serial has one more folder between.
  void plug(const std::string& tty, const std::string& bus, const std::string& vendor,
            const std::string& product, const std::string& name = "",
            const std::string& interface = "0") {
    std::string usb = roots.sys + "/devices/usb1/" + bus,
                driver = usb + "/" + bus + ":1." + interface;
    if (tty.starts_with("ttyUSB")) driver += "/" + tty;
    REQUIRE(make_directories(driver + "/tty/" + tty));
    file(usb + "/idVendor", vendor + "\n");
    file(usb + "/idProduct", product + "\n");
    if (!name.empty()) file(usb + "/product", name + "\n");
    link(driver, driver + "/tty/" + tty + "/device");
    link(driver + "/tty/" + tty, roots.sys + "/class/tty/" + tty);
    file(roots.dev + "/" + tty, "");
  }
  void unplug(const std::string& tty) {
    ::unlink((roots.sys + "/class/tty/" + tty).c_str());
    ::unlink((roots.dev + "/" + tty).c_str());
  }
  void add_builtin(const std::string& tty) {
    std::string driver = roots.sys + "/devices/platform/serial8250";
    REQUIRE(make_directories(driver + "/tty/" + tty));
    link(driver, driver + "/tty/" + tty + "/device");
    link(driver + "/tty/" + tty, roots.sys + "/class/tty/" + tty);
    REQUIRE(make_directories(roots.sys + "/class/tty/console"));
  }
  Result<SerialPort> find(const PortSearch& search) {
    return find_upload_port(search, roots, times);
  }
  std::string dev(const std::string& tty) { return roots.dev + "/" + tty; }
};

// The two ends of a pseudo terminal: as good as a serial line for what is done here.
struct Line {
  Fd master;
  std::string device;
  Line() : master(::posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE(master);
    REQUIRE(::grantpt(master.get()) == 0);
    REQUIRE(::unlockpt(master.get()) == 0);
    device = ::ptsname(master.get());
  }
  speed_t speed() const {
    termios settings;
    REQUIRE(::tcgetattr(master.get(), &settings) == 0);
    return ::cfgetospeed(&settings);
  }
};

}  // namespace

TEST_CASE("ports of sysfs: USB ones only, in the order of their numbers") {
  Machine machine;
  CHECK(list_serial_ports({machine.folder + "/nothing", "/dev"}).empty());
  machine.add_builtin("ttyS0");
  CHECK(list_serial_ports(machine.roots).empty());
  machine.plug("ttyUSB10", "1-4", "1a86", "7523", "USB2.0-Serial");
  machine.plug("ttyUSB2", "1-3", "0403", "6001", "FT232R\tUSB\x1b[2J");
  machine.plug("ttyACM0", "1-2", "2341", "0043", "Arduino Uno");
  std::vector<SerialPort> ports = list_serial_ports(machine.roots);
  REQUIRE(ports.size() == 3);
  CHECK(ports[0].text() == machine.dev("ttyACM0") + " (Arduino Uno, 2341:0043)");
  CHECK(ports[1].text() == machine.dev("ttyUSB2") + " (FT232R USB [2J, 0403:6001)");
  CHECK(ports[2].usb_id == "1A86:7523");
}

TEST_CASE("the board's ids decide, then there has to be one port only") {
  Machine machine;
  PortSearch uno;
  uno.usb_ids = {"2341:0043", "2A03:0043"};
  Result<SerialPort> none = machine.find(uno);
  REQUIRE_FALSE(none);
  CHECK(none.error().text() ==
        "no serial port found; connect the board, or set 'upload_port' in platformio.ini, or "
        "PLATFORMIO_UPLOAD_PORT");

  machine.plug("ttyUSB0", "1-3", "1a86", "7523", "USB Serial");
  REQUIRE(machine.find(uno));
  CHECK(machine.find(uno)->device == machine.dev("ttyUSB0"));
  machine.plug("ttyUSB1", "1-4", "1a86", "7523", "USB Serial");
  Result<SerialPort> several = machine.find(uno);
  REQUIRE_FALSE(several);
  CHECK(several.error().what == "several serial ports, and it is not known which is the board's: " +
                                    machine.dev("ttyUSB0") + " (USB Serial, 1A86:7523), " +
                                    machine.dev("ttyUSB1") + " (USB Serial, 1A86:7523)");

  machine.plug("ttyACM0", "1-5", "2a03", "0043");
  CHECK(machine.find(uno)->device == machine.dev("ttyACM0"));
  CHECK_FALSE(machine.find({}));
  machine.plug("ttyACM1", "1-6", "2341", "0043");
  Result<SerialPort> two = machine.find(uno);
  REQUIRE_FALSE(two);
  CHECK(two.error().what.starts_with("several boards of this kind are connected: "));
}

TEST_CASE("of one adapter with two ports it is the second") {
  Machine machine;
  machine.plug("ttyUSB0", "1-3", "0403", "6010", "ESP-Prog", "0");
  machine.plug("ttyUSB1", "1-3", "0403", "6010", "ESP-Prog", "1");
  CHECK(machine.find({})->device == machine.dev("ttyUSB1"));
}

TEST_CASE("a port that is named") {
  Machine machine;
  PortSearch search;
  search.none = true;
  CHECK(machine.find(search)->device.empty());
  search.none = false;
  machine.plug("ttyUSB0", "1-3", "1a86", "7523");
  machine.plug("ttyUSB1", "1-4", "0403", "6001");
  search.usb_ids = {"1A86:7523"};  // a name stands above them
  search.port = machine.dev("ttyUSB1");
  CHECK(machine.find(search)->usb_id == "0403:6001");
  search.port = machine.folder + "/d?v/tty[TU]SB1*";
  CHECK(machine.find(search)->device == machine.dev("ttyUSB1"));
  search.port = machine.dev("ttyUSB[2-9]");
  Result<SerialPort> missing = machine.find(search);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().text() == "upload_port '" + search.port +
                                      "' is not there; connected: " + machine.dev("ttyUSB0") +
                                      " (1A86:7523), " + machine.dev("ttyUSB1") + " (0403:6001)");
  search.reset = search.touch_1200 = search.wait_new = true;
  for (const char* name : {"usb", "net:box:2000"}) {
    search.port = name;
    CHECK(machine.find(search)->device == name);
  }
}

TEST_CASE("a board that is still starting is waited for") {
  Machine machine;
  machine.times.find = PortTimes::Milliseconds(10000);
  machine.plug("ttyUSB0", "1-3", "1a86", "7523");
  PortSearch search;
  search.usb_ids = {"2341:8036"};
  std::thread board([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    machine.plug("ttyACM0", "1-4", "2341", "8036");
  });
  Result<SerialPort> port = machine.find(search);
  board.join();
  REQUIRE(port);
  CHECK(port->device == machine.dev("ttyACM0"));
}

TEST_CASE("1200 baud touch and the port that comes then") {
  Machine machine;
  Line line;
  REQUIRE(line.speed() != B1200);
  PortSearch search;
  search.port = line.device;
  search.touch_1200 = true;
  REQUIRE(machine.find(search));
  CHECK(line.speed() == B1200);

  search.wait_new = true;
  SUBCASE("under another name") {
    machine.times.appear = PortTimes::Milliseconds(10000);
    std::thread board([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      machine.plug("ttyACM3", "1-4", "2341", "0036");
    });
    Result<SerialPort> port = machine.find(search);
    board.join();
    REQUIRE(port);
    CHECK(port->device == machine.dev("ttyACM3"));
  }
  SUBCASE("under its old name") {
    machine.times.appear = PortTimes::Milliseconds(10000);
    machine.plug("ttyACM0", "1-4", "2341", "8036");
    std::thread board([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      machine.unplug("ttyACM0");
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      machine.link(machine.roots.sys + "/devices/usb1/1-4/1-4:1.0/tty/ttyACM0",
                   machine.roots.sys + "/class/tty/ttyACM0");
      machine.file(machine.dev("ttyACM0"), "");
    });
    Result<SerialPort> port = machine.find(search);
    board.join();
    REQUIRE(port);
    CHECK(port->device == machine.dev("ttyACM0"));
  }
  SUBCASE("none, but the old one is still there") {
    CHECK(machine.find(search)->device == line.device);
  }
  SUBCASE("none at all") {
    // Gone while we wait: the link that names the line goes.
    search.port = machine.dev("gone");
    machine.link(line.device, search.port);
    std::thread board([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      ::unlink(search.port.c_str());
    });
    Result<SerialPort> port = machine.find(search);
    board.join();
    REQUIRE_FALSE(port);
    CHECK(port.error().what ==
          "the board did not come back after the reset of '" + search.port + "'");
  }
}

TEST_CASE("what is no serial line is said to be none") {
  Machine machine;
  machine.file(machine.dev("file"), "");
  PortSearch search;
  search.port = machine.dev("file");
  search.touch_1200 = true;
  Result<SerialPort> port = machine.find(search);
  REQUIRE_FALSE(port);
  CHECK(port.error().what.find("is not a serial port") != std::string::npos);
  Line line;
  search = {};
  search.port = line.device;
  search.reset = true;
  CHECK(machine.find(search)->device == line.device);
}

TEST_CASE("arguments of a search") {
  Result<PortSearch> search =
      parse_port_search({"--port", "/dev/x y", "--usb-id", "0x2a03:0x43", "--usb-id", "2341:8036",
                         "--reset", "--touch-1200", "--wait-new"});
  REQUIRE(search);
  CHECK(search->port == "/dev/x y");
  CHECK(search->usb_ids == std::vector<std::string>{"2A03:0043", "2341:8036"});
  CHECK((search->reset && search->touch_1200 && search->wait_new && !search->none));
  for (const char* bad : {"2341", "2341:", "2341:00431", "0x:1", "x:y"})
    CHECK_FALSE(parse_port_search({"--usb-id", bad}));
  CHECK_FALSE(parse_port_search({"--port"}));
  CHECK_FALSE(parse_port_search({"--prot", "x"}));
}
