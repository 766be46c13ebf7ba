// The definition reader: whatever it takes, it must give back the same from what it
// writes; and the reader of the copy beside the table.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "stamp/definition.h"
#include "stamp/definitions_file.h"

using namespace fbuild;
using namespace fbuild::stamp;

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
  return 0;
}
