#include "generator/upload/find_port.h"

#include <glob.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <thread>

#include "generator/upload/serial_line.h"
#include "support/files.h"

namespace fbuild {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kNameIt = "set 'upload_port' in platformio.ini, or PLATFORMIO_UPLOAD_PORT";

// Asks again and again until there is an answer or the time is over.
template <class T>
std::optional<T> poll(PortTimes::Milliseconds time, PortTimes::Milliseconds step,
                      const std::function<std::optional<T>()>& ask) {
  Clock::time_point end = Clock::now() + time;
  for (;;) {
    if (std::optional<T> answer = ask()) return answer;
    if (Clock::now() >= end) return std::nullopt;
    std::this_thread::sleep_for(step);
  }
}

std::string listed(const std::vector<SerialPort>& ports) {
  std::string out;
  for (const SerialPort& port : ports) out += (out.empty() ? "" : ", ") + port.text();
  return out;
}

// One port, or the last of one device: adapters with two put their serial line second,
// behind the debugger. None when the ports belong to several devices.
std::optional<SerialPort> only_device(const std::vector<SerialPort>& ports) {
  for (const SerialPort& port : ports)
    if (port.parent != ports.front().parent) return std::nullopt;
  return ports.empty() ? std::nullopt : std::optional(ports.back());
}

class Search {
 public:
  Search(const PortSearch& search, const SerialRoots& roots, const PortTimes& times)
      : search_(search), roots_(roots), times_(times) {}

  Result<SerialPort> run() {
    Result<SerialPort> port = choose();
    // Names like "usb" and "net:host:port" are the programmer's business.
    if (!port || !port->device.starts_with('/')) return port;
    if (search_.reset)
      if (Status s = reset_serial_line(port->device); !s) return s.error();
    std::vector<SerialPort> before = list_serial_ports(roots_);
    if (search_.touch_1200) {
      if (Status s = touch_serial_line(port->device); !s) return s.error();
      std::this_thread::sleep_for(times_.touched);
    }
    if (search_.wait_new) return wait_for_new(*port, std::move(before));
    return port;
  }

 private:
  Result<SerialPort> choose() {
    if (!search_.port.empty()) return named();
    if (!search_.usb_ids.empty()) {
      std::optional<std::vector<SerialPort>> matching = poll<std::vector<SerialPort>>(
          times_.find, times_.poll, [this] { return some(matching_ports()); });
      if (matching) return certain(*matching, "several boards of this kind are connected");
    }
    std::optional<std::vector<SerialPort>> all = poll<std::vector<SerialPort>>(
        times_.find, times_.poll, [this] { return some(list_serial_ports(roots_)); });
    if (!all) return Error{"no serial port found", std::string("connect the board, or ") + kNameIt};
    return certain(*all, "several serial ports, and it is not known which is the board's");
  }

  static std::optional<std::vector<SerialPort>> some(std::vector<SerialPort> ports) {
    return ports.empty() ? std::nullopt : std::optional(std::move(ports));
  }

  std::vector<SerialPort> matching_ports() {
    std::vector<SerialPort> out;
    for (SerialPort& port : list_serial_ports(roots_))
      if (std::find(search_.usb_ids.begin(), search_.usb_ids.end(), port.usb_id) !=
          search_.usb_ids.end())
        out.push_back(std::move(port));
    return out;
  }

  Result<SerialPort> certain(const std::vector<SerialPort>& ports, const std::string& problem) {
    if (std::optional<SerialPort> port = only_device(ports)) return *port;
    return Error{problem + ": " + listed(ports), kNameIt};
  }

  Result<SerialPort> named() {
    const std::string& wanted = search_.port;
    if (!wanted.starts_with('/')) return SerialPort{wanted, "", "", ""};
    std::optional<std::string> device =
        poll<std::string>(times_.find, times_.poll, [&] { return first_match(wanted); });
    std::vector<SerialPort> ports = list_serial_ports(roots_);
    if (!device) {
      std::string there =
          ports.empty() ? "no serial port is connected" : "connected: " + listed(ports);
      return Error{"upload_port '" + wanted + "' is not there", there};
    }
    for (const SerialPort& port : ports)
      if (port.device == *device) return port;
    return SerialPort{*device, "", "", ""};
  }

  static std::optional<std::string> first_match(const std::string& wanted) {
    if (wanted.find_first_of("*?[]") == std::string::npos)
      return path_exists(wanted) ? std::optional(wanted) : std::nullopt;
    std::optional<std::string> out;
    glob_t found = {};
    if (::glob(wanted.c_str(), 0, nullptr, &found) == 0) out = found.gl_pathv[0];
    ::globfree(&found);
    return out;
  }

  // New is what was not there at the look before: a port that went and came back under
  // its old name is new as well.
  Result<SerialPort> wait_for_new(const SerialPort& old, std::vector<SerialPort> before) {
    std::optional<SerialPort> appeared =
        poll<SerialPort>(times_.appear, times_.poll, [&]() -> std::optional<SerialPort> {
          std::vector<SerialPort> now = list_serial_ports(roots_);
          for (const SerialPort& port : now)
            if (std::none_of(before.begin(), before.end(),
                             [&](const SerialPort& p) { return p.device == port.device; }))
              return port;
          before = std::move(now);
          return std::nullopt;
        });
    // Already in its boot loader: nothing new comes, and the old port is the right one.
    if (!appeared && path_exists(old.device)) appeared = old;
    if (!appeared)
      return Error{"the board did not come back after the reset of '" + old.device + "'",
                   "press its reset button just before the upload, or " + std::string(kNameIt)};
    // udev gives the new device its permissions a moment after it appears.
    (void)poll<bool>(PortTimes::Milliseconds(1000), times_.poll, [&]() -> std::optional<bool> {
      return check_serial_line(appeared->device) ? std::optional(true) : std::nullopt;
    });
    return *appeared;
  }

  const PortSearch& search_;
  const SerialRoots& roots_;
  const PortTimes& times_;
};

// "0x2341:0x0043" as "2341:0043"; "" when it is no such thing.
std::string usb_id(const std::string& word) {
  size_t colon = word.find(':');
  if (colon == std::string::npos) return "";
  std::string out;
  for (std::string part : {word.substr(0, colon), word.substr(colon + 1)}) {
    if (part.starts_with("0x") || part.starts_with("0X")) part.erase(0, 2);
    if (part.empty() || part.size() > 4 ||
        part.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
      return "";
    part.insert(0, 4 - part.size(), '0');
    for (char& c : part)
      if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    out += (out.empty() ? "" : ":") + part;
  }
  return out;
}

}  // namespace

Result<PortSearch> parse_port_search(const std::vector<std::string>& words) {
  PortSearch out;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    bool takes_value = word == "--port" || word == "--usb-id" || word == "--mark";
    if (takes_value && i + 1 == words.size()) return Error{"'" + word + "' needs a value"};
    if (word == "--none") {
      out.none = true;
    } else if (word == "--reset") {
      out.reset = true;
    } else if (word == "--touch-1200") {
      out.touch_1200 = true;
    } else if (word == "--wait-new") {
      out.wait_new = true;
    } else if (word == "--port") {
      out.port = words[++i];
    } else if (word == "--mark") {
      out.drive_mark = words[++i];
    } else if (word == "--usb-id") {
      out.usb_ids.push_back(usb_id(words[++i]));
      if (out.usb_ids.back().empty())
        return Error{"'" + words[i] + "' is no USB id", "two hexadecimal numbers like 2341:0043"};
    } else {
      return Error{
          "--serial-port does not know '" + word + "'",
          "it takes --none, --port, --usb-id, --mark, --reset, --touch-1200 and --wait-new"};
    }
  }
  return out;
}

Result<SerialPort> find_upload_port(const PortSearch& search, const SerialRoots& roots,
                                    const PortTimes& times) {
  if (search.none) return SerialPort{};
  return Search(search, roots, times).run();
}

}  // namespace fbuild
