#include "generator/plan/linker_scripts.h"

#include <algorithm>
#include <string_view>

#include "support/files.h"

namespace fbuild {

namespace {

constexpr std::string_view kOptions[] = {"-T",  "--script",         "--default-script",
                                         "-dT", "--version-script", "--dynamic-list"};

// The options that reach the linker: those of -Wl, one by one.
std::vector<std::string_view> linker_words(const std::vector<std::string>& words) {
  std::vector<std::string_view> out;
  for (std::string_view word : words) {
    if (word.starts_with("-Wl,")) {
      for (word.remove_prefix(4); !word.empty();) {
        size_t comma = std::min(word.find(','), word.size());
        out.push_back(word.substr(0, comma));
        word.remove_prefix(std::min(comma + 1, word.size()));
      }
    } else {
      out.push_back(word);
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> included_scripts(std::string_view script) {
  std::vector<std::string> out;
  constexpr std::string_view kBlanks = " \t\r\n", kWord = "INCLUDE";
  for (size_t at = 0; (at = script.find(kWord, at)) != std::string_view::npos;) {
    bool begins = at == 0 || kBlanks.find(script[at - 1]) != std::string_view::npos;
    at += kWord.size();
    size_t name = script.find_first_not_of(kBlanks, at);
    if (!begins || name == at || name == std::string_view::npos) continue;
    std::string_view word = script.substr(name, script.find_first_of(" \t\r\n;", name) - name);
    if (word.size() > 2 && word.front() == '"' && word.back() == '"')
      word = word.substr(1, word.size() - 2);
    out.emplace_back(word);
  }
  return out;
}

std::vector<std::string> linker_scripts(const std::vector<std::string>& words,
                                        const std::vector<std::string>& folders) {
  std::vector<std::string> out;
  auto add = [&](std::string_view name) {
    std::string path(name);
    for (size_t i = 0; !is_regular_file(path) && i < folders.size() && !name.starts_with('/'); ++i)
      path = join_path(folders[i], std::string(name));
    if (is_regular_file(path) && std::find(out.begin(), out.end(), path) == out.end())
      out.push_back(path);
  };
  std::vector<std::string_view> all = linker_words(words);
  for (size_t i = 0; i < all.size(); ++i) {
    for (std::string_view option : kOptions) {
      if (all[i] == option) {
        if (i + 1 < all.size()) add(all[i + 1]);
      } else if (all[i].starts_with(option) && (all[i][option.size()] == '=' || option == "-T")) {
        add(all[i].substr(option.size() + (all[i][option.size()] == '=')));
      } else {
        continue;
      }
      break;
    }
  }
  for (size_t i = 0; i < out.size(); ++i)
    if (Result<std::string> text = read_file(out[i]))
      for (const std::string& name : included_scripts(*text)) add(name);
  return out;
}

}  // namespace fbuild
