#include "generator/config/option_value.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>

#include "generator/config/python_text.h"
#include "generator/config/unicode_text.h"
#include "support/files.h"

namespace fbuild::config {
namespace {

constexpr size_t kNone = std::string_view::npos;

using Span = PlacedText::Span;

std::span<const Span>::iterator first_behind(std::span<const Span> spans, size_t offset) {
  return std::upper_bound(spans.begin(), spans.end(), offset,
                          [](size_t value, const Span& span) { return value < span.offset; });
}

Origin place_of(std::span<const Span> spans, size_t offset) {
  auto at = first_behind(spans, offset);
  if (at == spans.begin()) return {};
  --at;
  Origin origin = at->origin;
  if (origin.line) origin.column += static_cast<unsigned>(offset - at->offset);
  return origin;
}

std::string quoted_choices(const OptionInfo& option) {
  std::string out;
  for (std::string_view choice : split_words(option.choices)) {
    if (!out.empty()) out += ", ";
    out += python_repr(choice);
  }
  return out;
}

std::string check_choice(const OptionInfo& option, std::string_view text) {
  for (std::string_view choice : split_words(option.choices)) {
    if (choice == text) return "";
  }
  return "Invalid value: " + python_repr(text) + " is not one of " + quoted_choices(option) + ".";
}

std::string check_file(const std::string& text, const std::string& directory) {
  std::string path = join_path(directory, text);
  if (text.empty() || !path_exists(path)) {
    return "Invalid value: File " + python_repr(text) + " does not exist.";
  }
  if (is_directory(path)) return "Invalid value: File " + python_repr(text) + " is a directory.";
  if (::access(path.c_str(), R_OK) != 0) {
    return "Invalid value: File " + python_repr(text) + " is not readable.";
  }
  return "";
}

// 1, 0 or -1 for neither.
int truth_of(std::string_view text) {
  std::string word = lower(strip(text));
  for (std::string_view yes : {"1", "true", "t", "yes", "y", "on"}) {
    if (word == yes) return 1;
  }
  for (std::string_view no : {"0", "false", "f", "no", "n", "off"}) {
    if (word == no) return 0;
  }
  return -1;
}

}  // namespace

Origin PlacedText::origin_at(size_t offset) const {
  return place_of(spans, offset);
}

void PlacedText::append(const PlacedText& from, size_t begin, size_t end) {
  append(from.text, from.spans, begin, end);
}

void PlacedText::append(std::string_view from, std::span<const Span> places, size_t begin,
                        size_t end) {
  if (begin >= end) return;
  spans.push_back({text.size(), place_of(places, begin)});
  for (auto at = first_behind(places, begin); at != places.end() && at->offset < end; ++at) {
    spans.push_back({text.size() + (at->offset - begin), at->origin});
  }
  text += from.substr(begin, end - begin);
}

void PlacedText::append(std::string_view more, Origin origin) {
  if (more.empty()) return;
  spans.push_back({text.size(), origin});
  text += more;
}

PlacedText placed_value(const IniOption& option) {
  PlacedText out;
  out.text = option.value;
  size_t offset = 0;
  for (const ValueLine& line : option.lines) {
    out.spans.push_back({offset, {static_cast<int>(option.file), line.line, line.column}});
    offset = option.value.find('\n', offset);
    if (offset == kNone) break;
    ++offset;
  }
  return out;
}

long long Value::number() const {
  long long out = 0;
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  if (parsed.ec == std::errc::result_out_of_range) return text[0] == '-' ? LLONG_MIN : LLONG_MAX;
  return out;
}

std::vector<ListItem> split_list(const PlacedText& placed) {
  std::vector<ListItem> items;
  std::string_view text = placed.text;
  if (text.empty()) return items;
  std::string_view separator = text.find('\n') != kNone ? "\n" : ", ";
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(separator, begin), text.size());
    std::string_view item = strip(text.substr(begin, end - begin));
    begin = end + separator.size();
    if (item.empty() || item[0] == ';' || item[0] == '#') continue;
    Origin origin = placed.origin_at(static_cast<size_t>(item.data() - text.data()));
    for (size_t at = item.find(';'); at != kNone; at = item.find(';', at + 1)) {
      if (!is_space_before(item, at)) continue;
      item = strip_right(item.substr(0, at));
      break;
    }
    items.push_back({std::string(item), origin});
  }
  return items;
}

std::string value_text(const Value& value) {
  switch (value.kind) {
    case Value::Kind::None:
      return "None";
    case Value::Kind::Bool:
      return value.flag ? "True" : "False";
    case Value::Kind::List: {
      std::string out;
      for (size_t i = 0; i < value.items.size(); ++i) {
        if (i) out += '\n';
        out += value.items[i].text;
      }
      return out;
    }
    default:
      return value.text;
  }
}

std::string typed_value(const OptionInfo& option, PlacedText text, const std::string& directory,
                        Value& out) {
  out.origin = text.origin_at(0);
  if (option.multiple) {
    out.kind = Value::Kind::List;
    out.items = split_list(text);
    if (option.type == OptionType::Choice) {
      for (const ListItem& item : out.items) {
        std::string wrong = check_choice(option, item.text);
        if (wrong.empty()) continue;
        out.origin = item.origin;
        return wrong;
      }
    }
    return "";
  }
  out.kind = Value::Kind::Text;
  out.text = std::move(text.text);
  switch (option.type) {
    case OptionType::Text:
    case OptionType::Directory:
      out.spans = std::move(text.spans);
      return "";
    case OptionType::Choice:
      return check_choice(option, out.text);
    case OptionType::File:
      return check_file(out.text, directory);
    case OptionType::Bool: {
      int truth = truth_of(out.text);
      if (truth < 0) {
        return "Invalid value: " + python_repr(out.text) + " is not a valid boolean.";
      }
      out.kind = Value::Kind::Bool;
      out.flag = truth == 1;
      return "";
    }
    case OptionType::Int:
    case OptionType::ZeroOrOne: {
      std::optional<std::string> number = python_int(out.text);
      if (!number) {
        return "Invalid value: " + python_repr(out.text) +
               (option.type == OptionType::Int ? " is not a valid integer."
                                               : " is not a valid integer range.");
      }
      if (option.type == OptionType::ZeroOrOne && *number != "0" && *number != "1") {
        return "Invalid value: " + *number + " is not in the range 0<=x<=1.";
      }
      out.kind = Value::Kind::Int;
      out.text = *number;
      return "";
    }
  }
  return "";
}

}  // namespace fbuild::config
