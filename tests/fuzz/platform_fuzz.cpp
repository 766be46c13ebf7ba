// A platform file is read or refused, with a place in it; and boards that are cut out of its text
// and read one by one are those of the file read whole.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "generator/platform/platform.h"

using namespace fbuild;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void fill_words(const std::vector<FlagAddition>& flags) {
  Lookup lookup = [](std::string_view name) {
    return name.size() % 2 ? std::optional(std::string(name)) : std::nullopt;
  };
  for (const FlagAddition& addition : flags)
    for (const auto& [scope, words] : addition.flags)
      for (const std::string& word : words) (void)!fill(word, lookup);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  Result<Platform> whole = parse_platform(text, "p.yaml");
  if (!whole) {
    const Error& error = whole.error();
    require(!error.what.empty() && error.file == "p.yaml" && error.line >= 0);
    return 0;
  }
  fill_words(whole->flags);
  for (const auto& [name, framework] : whole->frameworks) fill_words(framework.flags);
  std::optional<SplitPlatform> split = split_boards(text);
  if (!split) return 0;
  Result<Platform> rest = parse_platform(split->rest, "p.yaml");
  if (!rest) return 0;  // the program then reads it whole
  rest->board_texts = std::move(split->boards);
  require(rest->boards.empty() && rest->board_texts.size() == whole->boards.size());
  for (const auto& [id, facts] : whole->boards) {
    std::string source;
    Result<Facts> alone = find_board(*rest, {}, id, source), known = find_board(*whole, {}, id, source);
    require(alone && known && *alone == *known);
  }
  return 0;
}
