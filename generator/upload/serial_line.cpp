#include "generator/upload/serial_line.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include <cerrno>
#include <thread>

#include "support/files.h"

namespace fbuild {

namespace {

// O_NONBLOCK: opening must not wait for a carrier.
Result<Fd> open_line(const std::string& device) {
  Fd fd(::open(device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (fd) return fd;
  int error = errno;
  std::string fix;
  struct stat st;
  if (error == EACCES && ::stat(device.c_str(), &st) == 0) {
    const group* owner = ::getgrgid(st.st_gid);
    fix = "join the group that owns it with 'sudo usermod -aG " +
          (owner ? std::string(owner->gr_name) : std::to_string(st.st_gid)) +
          " $USER' and log in again";
  }
  if (error == EBUSY) fix = "close the program that uses it";
  return Error{"cannot open the serial port '" + device + "': " + errno_text(error), fix};
}

void set_lines(const Fd& fd, bool on) {
  int lines = TIOCM_DTR | TIOCM_RTS;
  ::ioctl(fd.get(), on ? TIOCMBIS : TIOCMBIC, &lines);
}

}  // namespace

Status reset_serial_line(const std::string& device) {
  Result<Fd> fd = open_line(device);
  if (!fd) return fd.error();
  ::tcflush(fd->get(), TCIFLUSH);
  set_lines(*fd, false);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  set_lines(*fd, true);
  return {};
}

Status touch_serial_line(const std::string& device) {
  Result<Fd> fd = open_line(device);
  if (!fd) return fd.error();
  termios settings;
  if (::tcgetattr(fd->get(), &settings) != 0)
    return Error{"'" + device + "' is not a serial port: " + errno_text(errno)};
  ::cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL | HUPCL;
  ::cfsetspeed(&settings, B1200);
  // The board may be gone before the call returns: that is its answer, not a failure.
  ::tcsetattr(fd->get(), TCSANOW, &settings);
  int dtr = TIOCM_DTR;
  ::ioctl(fd->get(), TIOCMBIC, &dtr);
  return {};
}

Status check_serial_line(const std::string& device) {
  Result<Fd> fd = open_line(device);
  return fd ? Status{} : fd.error();
}

}  // namespace fbuild
