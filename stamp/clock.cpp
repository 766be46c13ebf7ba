#include "stamp/clock.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

#include "stamp/hash.h"
#include "support/files.h"

namespace fbuild::stamp {

namespace {

int64_t read_clock(clockid_t clock) {
  timespec t = {};
  ::clock_gettime(clock, &t);
  return static_cast<int64_t>(t.tv_sec) * 1000000000 + t.tv_nsec;
}

constexpr int64_t kDefaultWindow = 2000000000;

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

int64_t file_clock_now() {
  return read_clock(CLOCK_REALTIME_COARSE);
}
int64_t boot_clock_now() {
  return read_clock(CLOCK_BOOTTIME);
}

uint64_t boot_identity() {
  static const uint64_t identity = [] {
    Fd fd(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    char text[64];
    ssize_t n = fd ? ::read(fd.get(), text, sizeof text) : -1;
    if (n < 16) return uint64_t{0};
    return (checksum64(text, static_cast<size_t>(n)) >> 16) | 1;
  }();
  return identity;
}

int64_t parse_window(std::optional<std::string_view> value) {
  if (!value) return kDefaultWindow;
  std::string_view text = *value;
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  int64_t seconds = 0, nanoseconds = 0, unit = 100000000;
  bool digits = false, point = false;
  for (char c : text) {
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      digits = true;
      if (point) {
        nanoseconds += (c - '0') * unit;
        unit /= 10;
      } else {
        seconds = seconds * 10 + (c - '0');
        // More than 30 years is not a number somebody meant.
        if (seconds > 1000000000) return kDefaultWindow;
      }
    } else {
      return kDefaultWindow;
    }
  }
  if (!digits) return kDefaultWindow;
  return seconds * 1000000000 + nanoseconds;
}

int64_t window_from_environment() {
  const char* value = std::getenv("FBUILD_WATCH_SET_CACHE_SECS");
  return parse_window(value ? std::optional<std::string_view>(value) : std::nullopt);
}

}  // namespace fbuild::stamp
