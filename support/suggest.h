// "did you mean": the nearest of the words that would have been right.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fbuild {

// The candidate nearest to `word` by edits (insert, delete, replace, swap neighbours),
// upper and lower case taken as equal; none when nothing is near enough to be a typo
// (more than a third of the longer word's letters differ).
std::optional<std::string> nearest_word(std::string_view word,
                                        std::span<const std::string> candidates);

// "did you mean 'x'?" or "" when nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace fbuild
