// Which drive an upload is copied to: that of a bootloader which shows itself as a disk, as the
// UF2 format has it (github.com/microsoft/uf2), or of a debug adapter (os.mbed.com/docs: DAPLink).
// Such a drive has a file INFO_UF2.TXT, the other MBED.HTM, by which it is told from all others.
// Where the choice is not certain it is left to the person.
#pragma once

#include <chrono>
#include <string>

#include "generator/upload/find_port.h"
#include "support/result.h"

namespace fbuild {

struct DriveRoots {
  std::string mounts = "/proc/self/mounts";  // lines of `device folder ...`, as fstab(5) has them
  SerialRoots serial;
};

struct DriveTimes {
  PortTimes port;
  std::chrono::milliseconds appear{10000};  // until the drive of a board that was reset is mounted
};

// Finds the folder of the drive. `search.port` may name it; it may also name the serial port of
// the running program. Without a drive, and with `search.touch_1200`, that port (or the one with
// the board's USB ids) is opened at 1200 baud, which makes the board start its bootloader.
Result<std::string> find_upload_drive(const PortSearch& search, const DriveRoots& roots = {},
                                      const DriveTimes& times = {});

}  // namespace fbuild
