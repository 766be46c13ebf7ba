// The copy of all definitions beside the table, so that a table that is lost costs a full
// check and not the knowledge of what to check. Text: for each set a line `set NAME` and
// its definition, and at the end a line `end HASH` over all before it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stamp/definition.h"
#include "support/result.h"

namespace fbuild::stamp {

using NamedDefinitions = std::vector<std::pair<std::string, Definition>>;

std::string format_definitions(const NamedDefinitions& sets);
Result<NamedDefinitions> parse_definitions(std::string_view text, const std::string& file);

// A file that is not there holds no sets; a damaged one is an Error.
Result<NamedDefinitions> read_definitions(const std::string& path);
// Leaves the file alone when it says the same already. The table's lock must be held.
Status write_definitions(const std::string& path, const NamedDefinitions& sets);

}  // namespace fbuild::stamp
