#include "generator/upload/serial_ports.h"

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "support/files.h"

namespace fbuild {

namespace {

std::string real_path(const std::string& path) {
  char buffer[PATH_MAX];
  return ::realpath(path.c_str(), buffer) ? buffer : std::string();
}

// A one-line attribute of sysfs; control characters, which a device may well send in its
// name, become blanks.
std::string attribute(const std::string& path) {
  Result<std::string> content = read_file(path);
  std::string out = content ? content->substr(0, content->find('\n')) : "";
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

bool find_usb_device(const std::string& port_folder, const std::string& sys, SerialPort& port) {
  for (std::string folder = port_folder; folder.size() > sys.size() && folder.starts_with(sys);
       folder = std::string(dir_name(folder))) {
    std::string vendor = attribute(folder + "/idVendor"),
                product = attribute(folder + "/idProduct");
    if (vendor.empty() || product.empty()) continue;
    port.usb_id = upper(vendor + ":" + product);
    port.product = attribute(folder + "/product");
    port.parent = folder;
    return true;
  }
  return false;
}

}  // namespace

std::string SerialPort::text() const {
  std::string about = product;
  if (!usb_id.empty()) about += (about.empty() ? "" : ", ") + usb_id;
  return about.empty() ? device : device + " (" + about + ")";
}

std::vector<SerialPort> list_serial_ports(const SerialRoots& roots) {
  std::vector<SerialPort> out;
  std::string ttys = join_path(roots.sys, "class/tty"), sys = real_path(roots.sys);
  Result<std::vector<DirEntry>> entries = list_directory(ttys);
  if (!entries) return out;
  for (const DirEntry& entry : *entries) {
    std::string folder = real_path(ttys + "/" + entry.name + "/device");
    SerialPort port;
    port.device = join_path(roots.dev, entry.name);
    if (!folder.empty() && find_usb_device(folder, sys, port)) out.push_back(std::move(port));
  }
  std::sort(out.begin(), out.end(), [](const SerialPort& a, const SerialPort& b) {
    size_t digits_a = a.device.find_last_not_of("0123456789") + 1;
    size_t digits_b = b.device.find_last_not_of("0123456789") + 1;
    int stem = a.device.compare(0, digits_a, b.device, 0, digits_b);
    if (stem != 0) return stem < 0;
    if (a.device.size() != b.device.size()) return a.device.size() < b.device.size();
    return a.device < b.device;
  });
  return out;
}

}  // namespace fbuild
