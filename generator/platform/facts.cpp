#include "generator/platform/facts.h"

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
      return Error{"'{' without '}' in '" + std::string(text) + "'", "a plain brace is written '{{'"};
    std::string_view name = text.substr(i + 1, end - i - 1);
    size_t bar = name.find('|');
    std::optional<std::string> value = lookup(name.substr(0, bar));
    if (!value && bar != std::string_view::npos) value = std::string(name.substr(bar + 1));
    if (!value)
      return Error{"nothing is known as '" + std::string(name) + "' in '" + std::string(text) + "'"};
    out += *value;
    i = end;
  }
  return out;
}

}  // namespace fbuild
