// Flags: items (one per line) into scopes and back into words; what is added and then
// removed must be gone.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "generator/config/flag_words.h"

using namespace fbuild;
using namespace fbuild::config;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<ListItem> items;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    items.push_back({std::string(text.substr(begin, end - begin)), {}});
    begin = end + 1;
  }
  FlagContext context{.directory = "/nonexistent/project"};
  context.variables = {
      {"PROJECT_DIR", "/nonexistent/project"}, {"A", "$B x"}, {"B", "b$A$A$A"}, {"C", "> <"}};
  context.run = [](const std::string& line) -> Result<std::string> { return line; };
  context.variable = [](const std::string& name) { return name == "HOME" ? "/h o" : nullptr; };
  FlagScopes scopes;
  if (!process_flags(scopes, items, context)) return 0;
  (void)compile_words(scopes, Language::C, context);
  (void)compile_words(scopes, Language::Cxx, context);
  (void)compile_words(scopes, Language::Asm, context);
  (void)scope_words(scopes, FlagScope::LinkFlags, context);
  (void)library_directory_words(scopes, context);
  (void)library_words(scopes, context);
  if (!process_unflags(scopes, items, context)) std::abort();
  for (const std::vector<FlagItem>& scope : scopes.items) {
    if (!scope.empty()) std::abort();
  }
  return 0;
}
