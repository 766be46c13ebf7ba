// Which serial port an upload goes to, found when it is needed: the one the project
// names, the one whose USB ids are the board's, or the only one there is. Where the
// choice is not certain it is left to the person: flashing the wrong board is worse than
// asking. Then the board is reset into its boot loader, which for boards with USB of
// their own means that another port appears.
//
// Differences to PlatformIO: of several boards with matching ids it takes the last, and
// it falls back to ports that are not USB; both are errors here.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "generator/upload/serial_ports.h"
#include "support/result.h"

namespace fbuild {

struct PortSearch {
  bool none = false;                        // the programmer needs no serial port
  std::string port;                         // upload_port: a device, or a pattern with * ? [ ]
  std::vector<std::string> usb_ids;         // the board's, as "2341:0043"
  bool reset = false;                       // pulse DTR and RTS first
  bool touch_1200 = false;                  // reset by opening at 1200 baud
  std::string drive_mark = "INFO_UF2.TXT";  // the file that tells a drive to upload to from others
  bool wait_new = false;                    // the upload goes to the port that appears then
};

struct PortTimes {
  using Milliseconds = std::chrono::milliseconds;
  Milliseconds find{2000};    // for a board that is just starting again
  Milliseconds touched{400};  // after the 1200 baud touch
  Milliseconds appear{5000};  // for the new port
  Milliseconds poll{100};
};

// Arguments behind `fbuild-gen --serial-port`: [--none] [--port PORT] [--usb-id VID:PID]...
// [--mark FILE] [--reset] [--touch-1200] [--wait-new]. Ids may be written with 0x.
Result<PortSearch> parse_port_search(const std::vector<std::string>& words);

// Finds the port and resets the board as asked. The device is empty with `none`; an Error
// has no place: the search is not written in any file.
Result<SerialPort> find_upload_port(const PortSearch& search, const SerialRoots& roots = {},
                                    const PortTimes& times = {});

}  // namespace fbuild
