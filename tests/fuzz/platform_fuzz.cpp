// A platform file is read or refused, with a place in it; and boards that are cut out of its text
// and read one by one are those of the file read whole. Run it with
// -dict=tests/fuzz/platform_fuzz.dict.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "generator/platform/facts_read.h"
#include "generator/platform/platform.h"

using namespace fbuild;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void require_place(const Error& error) {
  require(!error.what.empty() && error.file == "p.yaml" && error.line >= 0);
}

void fill_words(const std::vector<std::string>& words) {
  Lookup lookup = [](std::string_view name) {
    return name.size() % 2 ? std::optional(std::string(name)) : std::nullopt;
  };
  for (const std::string& word : words) (void)!fill(word, lookup);
}

void fill_flags(const std::vector<FlagAddition>& flags) {
  for (const FlagAddition& addition : flags)
    for (const auto& [scope, words] : addition.flags) fill_words(words);
}

// All else that has places.
void fill_all(const Platform& platform) {
  fill_flags(platform.flags);
  for (const auto& [name, framework] : platform.frameworks) {
    fill_flags(framework.flags);
    for (const GroupSpec& group : framework.groups)
      fill_words({group.name, group.from, group.filter});
  }
  for (const FactRule& rule : platform.facts)
    fill_words({rule.value, rule.in, rule.file, rule.key, rule.row, rule.missing});
  auto fill_arguments = [](const std::vector<ArgumentSpec>& arguments) {
    for (const ArgumentSpec& argument : arguments) fill_words(argument.words);
  };
  for (const PrepareSpec& item : platform.prepare) fill_arguments(item.arguments);
  for (const StepSpec& item : platform.steps) fill_arguments(item.arguments);
  for (const ActionSpec& item : platform.actions) {
    fill_arguments(item.arguments);
    for (const ActionError& error : item.errors) fill_words({error.text, error.fix});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size), source;
  Result<Platform> whole = parse_platform(text, "p.yaml");
  Result<Platform> lazy = parse_platform_lazily(text, "p.yaml");
  if (!whole) {
    require_place(whole.error());
    // A board that is wrong is found when it is asked for.
    if (lazy)
      for (const auto& [id, board] : lazy->board_texts)
        if (Result<Facts> facts = find_board(*lazy, {}, id, source); !facts)
          require_place(facts.error());
    return 0;
  }
  require(bool(lazy));
  fill_all(*whole);
  require(facts_read(*whole) == facts_read(*lazy));
  require(lazy->boards.size() + lazy->board_texts.size() == whole->boards.size());
  require(lazy->name == whole->name && lazy->title == whole->title &&
          lazy->actions.size() == whole->actions.size());
  for (const auto& [id, facts] : whole->boards) {
    Result<Facts> alone = find_board(*lazy, {}, id, source),
                  known = find_board(*whole, {}, id, source);
    require(alone && known && *alone == *known);
  }
  return 0;
}
