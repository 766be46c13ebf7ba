#include "support/suggest.h"

#include <algorithm>
#include <vector>

namespace fbuild {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// Optimal string alignment distance; gives up with limit + 1 once it is passed.
size_t edit_distance(std::string_view a, std::string_view b, size_t limit) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > limit) return limit + 1;
  std::vector<size_t> before(a.size() + 1), last(a.size() + 1), now(a.size() + 1);
  for (size_t i = 0; i <= a.size(); ++i) last[i] = i;
  for (size_t j = 1; j <= b.size(); ++j) {
    now[0] = j;
    size_t best = j;
    for (size_t i = 1; i <= a.size(); ++i) {
      size_t cost = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      now[i] = std::min({last[i] + 1, now[i - 1] + 1, last[i - 1] + cost});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1]))
        now[i] = std::min(now[i], before[i - 2] + 1);
      best = std::min(best, now[i]);
    }
    if (best > limit) return limit + 1;
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[a.size()];
}

}  // namespace

std::optional<std::string> nearest_word(std::string_view word,
                                        std::span<const std::string> candidates) {
  const std::string* best = nullptr;
  size_t best_distance = 0;
  for (const std::string& candidate : candidates) {
    size_t limit = std::max<size_t>(1, std::max(word.size(), candidate.size()) / 3);
    size_t distance = edit_distance(word, candidate, limit);
    if (distance > limit) continue;
    if (!best || distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  if (!best) return std::nullopt;
  return *best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  std::optional<std::string> near = nearest_word(word, candidates);
  return near ? "did you mean '" + *near + "'?" : std::string();
}

}  // namespace fbuild
