#include "generator/platform/yaml_reader.h"

#include <algorithm>

#include "support/suggest.h"

namespace fbuild {

YamlMap::YamlMap(YAML::Node node, const std::string& file, std::string what)
    : node_(node), file_(file), what_(std::move(what)) {
  if (!node_.IsMap()) fail(node_, what_ + " is not a map", "write 'key: value' lines");
}

void YamlMap::fail(const YAML::Node& at, std::string what, std::string fix) const {
  throw YamlFailure{Error{std::move(what), std::move(fix), file_, line_of(at)}};
}

std::optional<YAML::Node> YamlMap::find(const std::string& key) {
  asked_.push_back(key);
  YAML::Node child = node_[key];
  if (!child.IsDefined() || child.IsNull()) return std::nullopt;
  return child;
}

YAML::Node YamlMap::child(const std::string& key) {
  asked_.push_back(key);
  return node_[key];
}

std::string YamlMap::text(const std::string& key, const std::string& otherwise) {
  std::optional<YAML::Node> child = find(key);
  if (!child) return otherwise;
  if (!child->IsScalar()) fail(*child, "'" + key + "' of " + what_ + " is not a text");
  return child->Scalar();
}

std::string YamlMap::required_text(const std::string& key) {
  std::string value = text(key);
  if (value.empty()) fail(node_, what_ + " has no '" + key + "'");
  return value;
}

bool YamlMap::flag(const std::string& key, bool otherwise) {
  std::optional<YAML::Node> child = find(key);
  if (!child) return otherwise;
  bool value = false;
  if (!child->IsScalar() || !YAML::convert<bool>::decode(*child, value))
    fail(*child, "'" + key + "' of " + what_ + " is neither true nor false");
  return value;
}

std::vector<std::string> YamlMap::texts(const std::string& key) {
  std::vector<std::string> out;
  std::optional<YAML::Node> child = find(key);
  if (!child) return out;
  if (child->IsScalar()) return {child->Scalar()};
  if (!child->IsSequence()) fail(*child, "'" + key + "' of " + what_ + " is not a list");
  for (const YAML::Node& item : *child) {
    if (!item.IsScalar()) fail(item, "an item of '" + key + "' is not a text");
    out.push_back(item.Scalar());
  }
  return out;
}

std::vector<std::string> YamlMap::words(const std::string& key) {
  std::vector<std::string> out;
  for (const std::string& text : texts(key)) {
    std::vector<std::string> words;
    try {
      words = split_words(text);
    } catch (const YamlFailure& failure) {
      fail(node_[key], "'" + key + "' of " + what_ + ": " + failure.error.what);
    }
    out.insert(out.end(), words.begin(), words.end());
  }
  return out;
}

void YamlMap::finish() {
  for (const auto& item : node_) {
    std::string key = item.first.IsScalar() ? item.first.Scalar() : std::string();
    if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
    fail(item.first, "unknown key '" + key + "' in " + what_, did_you_mean(key, asked_));
  }
}

std::vector<std::string> YamlMap::keys() const {
  std::vector<std::string> out;
  for (const auto& item : node_) {
    if (!item.first.IsScalar()) fail(item.first, "a key of " + what_ + " is not a text");
    out.push_back(item.first.Scalar());
  }
  return out;
}

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> out;
  std::string word;
  bool open = false;  // inside a word
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quote) {
      if (c == quote) {
        quote = 0;
      } else if (c == '\\' && quote == '"' && i + 1 < text.size() &&
                 (text[i + 1] == '"' || text[i + 1] == '\\')) {
        word += text[++i];
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      open = true;
    } else if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      open = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (open) out.push_back(word);
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (quote) throw YamlFailure{Error{"a quotation is not closed"}};
  if (open) out.push_back(word);
  return out;
}

}  // namespace fbuild
