// The clocks the table depends on, and the freshness window.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fbuild::stamp {

// Nanoseconds since 1970 as the kernel stamps files with: it advances by ticks (1 to
// 10 ms), so a file changed later than this call never carries an earlier time.
int64_t file_clock_now();

// Nanoseconds since boot, running on while the machine sleeps; never set back.
int64_t boot_clock_now();

// 48 bits that name this boot of the machine (from boot_id); times of boot_clock_now()
// can be compared only between equal ones. 0 when it cannot be known: trust nothing.
uint64_t boot_identity();

// The window in nanoseconds that FBUILD_WATCH_SET_CACHE_SECS asks for: seconds,
// decimals allowed, blanks around it ignored. Unset, empty, negative or garbage: 2 s.
int64_t parse_window(std::optional<std::string_view> value);
int64_t window_from_environment();

}  // namespace fbuild::stamp
