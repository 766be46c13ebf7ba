// Reading YAML strictly: every key of a map must be asked for, a key nobody asked for is
// an error with a suggestion, and every error knows its line.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <vector>

#include "support/result.h"

namespace fbuild {

// Thrown inside the reading of one file and turned into a Result where reading began.
struct YamlFailure {
  Error error;
};

class YamlMap {
 public:
  // `what` names the map in errors ("a package"). Throws YamlFailure unless it is a map.
  YamlMap(YAML::Node node, const std::string& file, std::string what);

  // The node under a key, none when it is absent.
  std::optional<YAML::Node> find(const std::string& key);
  // The node under one of keys(), empty as it may be.
  YAML::Node child(const std::string& key);
  // The text under a key; `otherwise` when absent; an error when it is not a scalar.
  std::string text(const std::string& key, const std::string& otherwise = "");
  std::string required_text(const std::string& key);
  bool flag(const std::string& key, bool otherwise);
  // A list of texts; one scalar is a list of one.
  std::vector<std::string> texts(const std::string& key);
  // A scalar split at blanks as a shell splits words (quotes protect), or a list of such.
  std::vector<std::string> words(const std::string& key);

  // Throws unless every key was asked for.
  void finish();

  int line() const { return line_of(node_); }
  [[noreturn]] void fail(const YAML::Node& at, std::string what, std::string fix = "") const;
  static int line_of(const YAML::Node& node) { return node.Mark().line + 1; }
  // The keys in the file's order.
  std::vector<std::string> keys() const;

 private:
  YAML::Node node_;
  const std::string& file_;
  std::string what_;
  std::vector<std::string> asked_;
};

// Splits as a POSIX shell splits words; quotes are removed. Throws on an open quote.
std::vector<std::string> split_words(const std::string& text);

}  // namespace fbuild
