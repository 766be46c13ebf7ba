// Platform files are mostly boards, and a run needs one or two of them. Reading YAML is the
// dearest thing such a run does; so the boards are cut out of the text by their indentation,
// and only those that are asked for are read.
//
//     boards:
//       uno:
//         name: ...
//         build: {mcu: ...}
//
// A cut is right only where no line means anything for another but by its indentation. So the
// lines of boards have to be of a small part of YAML in which that can be seen: on each line
// every quotation and bracket closes, and nothing on it is an anchor, an alias, a tag, a block
// scalar or a character that YAML readers treat in ways of their own. Text that is not known to
// be of that kind is left whole, and read whole.
//
// Whether `boards:` is a key of the file, and not a line in the middle of something, is for who
// reads `rest` to see: the key is still there, without a value.
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
  std::string rest;  // the text without boards; its lines have the numbers they had
  int line = 0;      // that of `boards:`, from 1
  std::map<std::string, BoardText> boards;
};

// None: read it whole.
std::optional<SplitPlatform> split_boards(std::string_view text);

}  // namespace fbuild
