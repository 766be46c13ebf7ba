#include "generator/platform/facts.h"

#include <algorithm>
#include <cstdlib>

namespace fbuild {

const Facts* find_fact(const Facts& facts, std::string_view path) {
  const Facts* node = &facts;
  for (;;) {
    if (node->is_array()) {
      size_t dot = path.find('.');
      std::string index(path.substr(0, dot));
      char* end = nullptr;
      unsigned long i = std::strtoul(index.c_str(), &end, 10);
      if (index.empty() || *end || i >= node->size()) return nullptr;
      node = &(*node)[i];
      if (dot == std::string_view::npos) return node;
      path.remove_prefix(dot + 1);
      continue;
    }
    if (!node->is_object()) return nullptr;
    if (auto whole = node->find(std::string(path)); whole != node->end()) return &*whole;
    size_t dot = path.find('.');
    if (dot == std::string_view::npos) return nullptr;
    auto child = node->find(std::string(path.substr(0, dot)));
    if (child == node->end()) return nullptr;
    node = &*child;
    path.remove_prefix(dot + 1);
  }
}

void set_fact(Facts& facts, std::string_view path, Facts value) {
  Facts* node = &facts;
  for (;;) {
    if (!node->is_object()) *node = Facts::object();
    size_t dot = path.find('.');
    if (dot == std::string_view::npos || node->contains(std::string(path))) {
      (*node)[std::string(path)] = std::move(value);
      return;
    }
    node = &(*node)[std::string(path.substr(0, dot))];
    path.remove_prefix(dot + 1);
  }
}

std::string fact_text(const Facts& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) {
    std::string out;
    for (const Facts& item : value) {
      if (!out.empty()) out += ' ';
      out += fact_text(item);
    }
    return out;
  }
  return value.is_null() ? std::string() : value.dump();
}

std::string fact_or(const Facts& facts, std::string_view path, std::string_view otherwise) {
  const Facts* fact = find_fact(facts, path);
  return fact ? fact_text(*fact) : std::string(otherwise);
}

namespace {

// The part of a text that `A-B` means; none: it is no such filter.
std::optional<std::string> slice(const std::string& value, std::string_view range) {
  size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.size() == 1) return std::nullopt;
  size_t ends[2] = {0, value.size()};
  std::string_view words[2] = {range.substr(0, dash), range.substr(dash + 1)};
  for (int i = 0; i < 2; ++i) {
    if (words[i].empty()) continue;
    if (words[i].size() > 6 || words[i].find_first_not_of("0123456789") != std::string_view::npos)
      return std::nullopt;
    ends[i] =
        std::min<size_t>(std::strtoul(std::string(words[i]).c_str(), nullptr, 10), value.size());
  }
  return value.substr(ends[0], ends[1] > ends[0] ? ends[1] - ends[0] : 0);
}

// The part of a version that `part-N` means; none: it has no such part.
std::optional<std::string> version_part(std::string_view value, std::string_view number) {
  constexpr std::string_view kBetween = ".-+";
  if (number.size() != 1 || number[0] < '0' || number[0] > '9') return std::nullopt;
  for (int left = number[0] - '0'; left > 0; --left) {
    size_t end = value.find_first_of(kBetween);
    if (end == std::string_view::npos) return std::nullopt;
    value.remove_prefix(end + 1);
  }
  return std::string(value.substr(0, value.find_first_of(kBetween)));
}

Result<std::string> filtered(std::string value, std::string_view filters) {
  while (!filters.empty()) {
    filters.remove_prefix(1);  // ':'
    std::string_view filter = filters.substr(0, filters.find(':'));
    filters.remove_prefix(filter.size());
    if (filter == "upper") {
      std::transform(value.begin(), value.end(), value.begin(),
                     [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
    } else if (filter == "lower") {
      std::transform(value.begin(), value.end(), value.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    } else if (filter.starts_with("part-")) {
      std::optional<std::string> part = version_part(value, filter.substr(5));
      if (!part)
        return Error{"'" + value + "' has no " + std::string(filter),
                     "parts are counted from part-0"};
      value = std::move(*part);
    } else if (filter.size() == 3 && filter[1] == '/') {
      std::replace(value.begin(), value.end(), filter[0], filter[2]);
    } else if (std::optional<std::string> part = slice(value, filter)) {
      value = std::move(*part);
    } else {
      return Error{
          "unknown filter '" + std::string(filter) + "'",
          "known are upper, lower, part-N, ranges such as 0-7 and replacements such as -/_"};
    }
  }
  return value;
}

}  // namespace

Result<std::string> fill(std::string_view text, const Lookup& lookup) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') {
      out += text[i];
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '{') {
      out += '{';
      ++i;
      continue;
    }
    size_t end = text.find('}', i);
    if (end == std::string_view::npos)
      return Error{"'{' without '}' in '" + std::string(text) + "'",
                   "a plain brace is written '{{'"};
    std::string_view name = text.substr(i + 1, end - i - 1);
    size_t bar = name.find('|');
    std::string_view path = name.substr(0, bar);
    size_t colon = std::min(path.find(':'), path.size());
    std::optional<std::string> value = lookup(path.substr(0, colon));
    if (value && colon < path.size()) {
      Result<std::string> changed = filtered(std::move(*value), path.substr(colon));
      if (!changed)
        return Error{changed.error().what + " in '" + std::string(text) + "'", changed.error().fix};
      value = std::move(*changed);
    }
    if (!value && bar != std::string_view::npos) value = std::string(name.substr(bar + 1));
    if (!value)
      return Error{"nothing is known as '" + std::string(name) + "' in '" + std::string(text) +
                   "'"};
    out += *value;
    i = end;
  }
  return out;
}

}  // namespace fbuild
