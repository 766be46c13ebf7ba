// The serial ports that USB devices of this machine offer, as the kernel's sysfs tells:
// each folder of /sys/class/tty has a link `device` to the driver's folder of the port,
// and some folder above that is the USB device, with its ids in idVendor and idProduct.
#pragma once

#include <string>
#include <vector>

namespace fbuild {

// Where sysfs and the device files are; tests give trees of their own.
struct SerialRoots {
  std::string sys = "/sys";
  std::string dev = "/dev";
};

struct SerialPort {
  std::string device;   // "/dev/ttyACM0"
  std::string usb_id;   // "2341:0043": vendor and product in hex, upper case; "" if not USB
  std::string product;  // what the device calls itself; may be empty
  std::string parent;   // the USB device's folder: ports of one device share it

  // "/dev/ttyACM0 (Arduino Uno, 2341:0043)", for people.
  std::string text() const;
};

// All of them, sorted by name with numbers in order (ttyUSB2 before ttyUSB10). A port
// whose ids cannot be read (unplugged this moment) is left out.
std::vector<SerialPort> list_serial_ports(const SerialRoots& roots = {});

}  // namespace fbuild
