// Pins: "this tree is in use by that link". A package is used by a build directory for
// as long as the directory is there, not just while a process runs, and every command of
// the build goes through a link to it. So the link itself is what counts: gc spares a
// tree while a link that was pinned still leads into it, and forgets the pin when it no
// longer does. A build directory that is deleted, or made anew with another package, gives
// its tree back by that alone.
//
//     <entry>/pin.<16 digits>    the link's absolute path and a newline; the digits are
//                                the SHA-256 of that path, so that a link has one pin
#pragma once

#include <string>

#include "support/result.h"

namespace fbuild::lnk {

// Notes that the symbolic link `link` (absolute) leads into `entry`. Needs a lease on the
// entry, so that it is not evicted before this is done.
Status pin_entry(const std::string& entry, const std::string& link);

// Removes pins whose link is gone or leads elsewhere; returns how many hold.
int live_pins(const std::string& entry);

}  // namespace fbuild::lnk
