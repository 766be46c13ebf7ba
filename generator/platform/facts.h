// Facts: what is known of a board or an environment, as a tree of names and values
// (PlatformIO's board manifests are such trees), and the filling of `{name}` places in
// the strings of a platform file from it.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace fbuild {

using Facts = nlohmann::ordered_json;

// The value at a dotted path ("build.mcu"), or nullptr. Items of a list go by number from
// 0 ("build.hwids.0.1"); a key that itself has dots is found too.
const Facts* find_fact(const Facts& facts, std::string_view path);

// Puts `value` at a dotted path, making the levels between.
void set_fact(Facts& facts, std::string_view path, Facts value);

// The value as the text that stands in a command line: strings as they are, numbers in
// decimal, true and false as words, list items with a blank between.
std::string fact_text(const Facts& value);

// Text of the fact at `path`; `otherwise` when there is none.
std::string fact_or(const Facts& facts, std::string_view path, std::string_view otherwise);

// Looks up what a `{name}` in a platform file stands for; none: not known.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

// Replaces every `{name}` in `text`. `{name|other}` uses `other` where name is not
// known; `{{` is a brace. An unknown name without other is an Error that names it.
//
// `{name:FILTER}` is changed before it is put in, by one filter after another: `upper` and
// `lower` (ASCII); `A-B`, the characters from number A to before number B, counted from 0,
// each of which may be left out; `X/Y`, with Y for every character X; `part-N`, the N-th of a
// version's parts, counted from 0 and up to 9, between which are `.`, `-` or `+`; it has to be
// there. `other` is put in as it is written.
Result<std::string> fill(std::string_view text, const Lookup& lookup);

}  // namespace fbuild
