// Platform files are mostly boards, and a run needs one or two of them. Reading YAML is the
// dearest thing such a run does; so the boards are cut out of the text by their indentation,
// and only those that are asked for are read.
//
//     boards:
//       uno:
//         name: ...
//
// This knows just that layout. Text that is laid out in another way, or uses anchors, is
// left whole, and read whole.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace fbuild {

struct BoardText {
  std::string text;  // "  uno:\n    name: ...\n"
  int line = 0;      // its first, from 1
};

struct SplitPlatform {
  std::string rest;  // the text without boards
  std::map<std::string, BoardText> boards;
};

// None: read it whole.
std::optional<SplitPlatform> split_boards(std::string_view text);

}  // namespace fbuild
