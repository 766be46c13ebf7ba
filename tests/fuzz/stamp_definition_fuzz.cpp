// The definition reader: whatever it takes, it must give back the same from what it
// writes; and the reader of the copy beside the table.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "stamp/definition.h"
#include "stamp/definitions_file.h"

using namespace fbuild;
using namespace fbuild::stamp;

namespace {

// The words of a line, quoted and read again, are the same words.
void split(std::string_view line) {
  if (line.find('\0') != std::string_view::npos) return;  // no word of ours holds one
  Result<std::vector<std::string>> words = split_line(line, "input", 1);
  if (!words) return;
  std::string quoted;
  for (const std::string& word : *words) quoted += " " + quote_word(word);
  Result<std::vector<std::string>> again = split_line(quoted, "again", 1);
  if (!again || *again != *words) std::abort();
  // Quotes that change nothing lead to the same words, by the other way of reading.
  Result<std::vector<std::string>> slow = split_line(std::string(line) + " \"x\"", "slow", 1);
  if (!slow || slow->size() != words->size() + 1 ||
      !std::equal(words->begin(), words->end(), slow->begin()))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Result<Definition> read = parse_definition(text, "input");
  if (read) {
    Result<Definition> again = parse_definition(format_definition(*read), "again");
    if (!again || !(*again == *read)) std::abort();
    Result<NamedDefinitions> copy =
        parse_definitions(format_definitions({{"a", *read}, {"b/c", *read}}), "copy");
    if (!copy || copy->size() != 2 || !((*copy)[1].second == *read)) std::abort();
  } else if (read.error().text().find('\n') != std::string::npos &&
             text.find("\\n") == std::string_view::npos) {
    std::abort();  // an error is one line, unless the input itself spells a newline
  }
  (void)parse_definitions(text, "input");
  for (std::string_view rest = text; !rest.empty();) {
    size_t end = std::min(rest.find('\n'), rest.size());
    split(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return 0;
}
