// Names for running processes that cannot be mistaken for a later one: process ids are
// used again, but not with the same start time in the same boot of the same machine.
//
//     PID.START.PLACE       e.g. 4711.1234567.9f86d081
//
// START is the kernel's start time in clock ticks since boot, PLACE eight hex digits
// that stand for the boot and the process-id namespace: a cache may be shared between
// containers or over a network, where the same number means another process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace fbuild::lnk {

// The tag of a live process; "" if there is none with this id.
std::string process_tag(pid_t pid);

// The tag of this process.
std::string own_process_tag();

enum class TagState {
  Alive,
  Dead,
  Elsewhere,  // another boot, machine or container: cannot be told from here
};

// What is known about the process a tag names. Text that is not a tag is Dead.
TagState tag_state(std::string_view tag);

// The kernel's name for this boot of this machine; "" where there is none.
const std::string& boot_id();

}  // namespace fbuild::lnk
