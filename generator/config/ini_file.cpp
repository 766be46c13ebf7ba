#include "generator/config/ini_file.h"

#include <algorithm>

#include "generator/config/python_text.h"
#include "generator/config/unicode_text.h"

namespace fbuild::config {
namespace {

constexpr size_t kNone = std::string_view::npos;

// Where the comment of a line starts, or npos. The rule behind the loop: in step n the
// n-th `#` and the n-th `;` are looked at, and the first step in which one of them stands
// at the start of the line or behind a blank ends the search.
size_t inline_comment(std::string_view line) {
  size_t at[2] = {kNone, kNone};
  bool more[2] = {true, true};
  static constexpr char kPrefix[2] = {'#', ';'};
  while (more[0] || more[1]) {
    size_t found = kNone;
    for (int i = 0; i < 2; ++i) {
      if (!more[i]) continue;
      at[i] = line.find(kPrefix[i], at[i] == kNone ? 0 : at[i] + 1);
      if (at[i] == kNone) {
        more[i] = false;
      } else if (at[i] == 0 || is_space_before(line, at[i])) {
        found = std::min(found, at[i]);
      }
    }
    if (found != kNone) return found;
  }
  return kNone;
}

uint64_t option_key(uint32_t section, Symbol name) {
  return static_cast<uint64_t>(section) << 32 | name;
}

constexpr uint32_t kDefaults = 0xFFFFFFFF;

std::string line_number(unsigned line) {
  std::string text = std::to_string(line);
  return text.size() < 2 ? " " + text : text;
}

// One file being read: the open section and option, and what the grammar remembers.
class Reader {
 public:
  Reader(IniDocument& document, std::string_view text)
      : document_(document), text_(text), file_(static_cast<uint32_t>(document.files.size() - 1)) {}

  ErrorPtr read();

 private:
  ErrorPtr read_line();
  ErrorPtr open_section(std::string_view name);
  ErrorPtr open_option(std::string_view value);
  void bad_line();
  void add_value_line(std::string_view value);
  void close_option();

  std::vector<IniOption>& options() {
    return section_ == kDefaults ? document_.defaults.options
                                 : document_.sections[section_].options;
  }
  unsigned column_of(std::string_view part) const {
    return static_cast<unsigned>(part.data() - line_.data()) + 1;
  }
  const std::string& pio_path() const { return document_.files[file_].pio_path; }
  ErrorPtr fail(const std::string& cause, Error error) const {
    error.file = document_.files[file_].path;
    return make_error("InvalidProjectConfError",
                      "Invalid '" + pio_path() + "' (project configuration file): '" + cause + "'",
                      std::move(error));
  }

  IniDocument& document_;
  std::string_view text_;
  uint32_t file_;
  std::string_view line_;
  bool line_ended_ = false;  // the line has a line end (the last one may have none)
  unsigned number_ = 0;
  bool in_section_ = false;
  uint32_t section_ = 0;
  IniOption* option_ = nullptr;
  size_t indent_ = 0;
  std::string bad_lines_;
  unsigned bad_count_ = 0;
  Error first_bad_;
};

ErrorPtr Reader::read() {
  size_t at = 0;
  while (at < text_.size()) {
    size_t end = text_.find_first_of("\r\n", at);
    line_ended_ = end != kNone;
    if (!line_ended_) end = text_.size();
    line_ = text_.substr(at, end - at);
    at = end + 1;
    if (line_ended_ && text_[end] == '\r' && at < text_.size() && text_[at] == '\n') ++at;
    ++number_;
    if (ErrorPtr error = read_line()) return error;
  }
  close_option();
  if (bad_count_ == 0) return nullptr;
  if (bad_count_ > 1) {
    first_bad_.what += " (and " + std::to_string(bad_count_ - 1) + " more such line" +
                       (bad_count_ > 2 ? "s)" : ")");
  }
  return fail("Source contains parsing errors: " + python_repr(pio_path()) + bad_lines_,
              first_bad_);
}

ErrorPtr Reader::read_line() {
  size_t comment = inline_comment(line_);
  std::string_view bare = strip(line_);
  if (!bare.empty() && (bare[0] == '#' || bare[0] == ';')) comment = 0;
  std::string_view value = comment == kNone ? bare : strip(line_.substr(0, comment));
  if (value.empty()) {
    // A blank line is part of the value it stands in; a line with a comment is not.
    if (comment == kNone && option_) add_value_line(line_.substr(line_.size()));
    return nullptr;
  }
  size_t indent = leading_blanks(line_);
  if (option_ && indent > indent_) {
    add_value_line(value);
    return nullptr;
  }
  indent_ = indent;
  size_t close = value.rfind(']');
  if (value[0] == '[' && close != kNone && close >= 2) {
    return open_section(value.substr(1, close - 1));
  }
  if (!in_section_) {
    bool unclosed = value[0] == '[' && close == kNone;
    std::string shown = python_repr(std::string(line_) + (line_ended_ ? "\n" : ""));
    return fail("File contains no section headers.\nfile: " + python_repr(pio_path()) +
                    ", line: " + std::to_string(number_) + "\n" + shown,
                {.what = unclosed ? "the section name has no closing ']'"
                                  : "this line belongs to no section",
                 .fix = unclosed ? "write '" + std::string(value) + "]'"
                                 : "begin the file with a section such as [env:NAME]",
                 .line = static_cast<int>(number_),
                 .column = static_cast<int>(column_of(value))});
  }
  return open_option(value);
}

ErrorPtr Reader::open_section(std::string_view name) {
  close_option();
  in_section_ = true;
  if (name == "DEFAULT") {
    section_ = kDefaults;
    return nullptr;
  }
  Symbol symbol = document_.symbols.intern(name);
  auto [at, is_new] =
      document_.section_index.try_emplace(symbol, static_cast<uint32_t>(document_.sections.size()));
  section_ = at->second;
  if (is_new) {
    document_.sections.emplace_back();
    document_.sections.back().name = symbol;
  } else if (document_.sections[section_].file == file_) {
    unsigned first = document_.sections[section_].line;
    return fail(
        "While reading from " + python_repr(pio_path()) + " [line " + line_number(number_) +
            "]: section " + python_repr(name) + " already exists",
        {.what = "section [" + std::string(name) + "] is already on line " + std::to_string(first),
         .fix = "merge the two, or give one another name",
         .line = static_cast<int>(number_),
         .column = static_cast<int>(column_of(name) - 1)});
  }
  IniSection& section = document_.sections[section_];
  section.file = file_;
  section.line = number_;
  section.column = column_of(name) - 1;
  return nullptr;
}

ErrorPtr Reader::open_option(std::string_view value) {
  size_t delimiter = value.find_first_of("=:");
  if (delimiter == kNone || delimiter == 0) {
    bad_line();
    if (delimiter == 0) close_option();
    return nullptr;
  }
  close_option();
  std::string name = lower(strip_right(value.substr(0, delimiter)));
  Symbol symbol = document_.symbols.intern(name);
  auto [at, is_new] = document_.option_index.try_emplace(option_key(section_, symbol),
                                                         static_cast<uint32_t>(options().size()));
  if (is_new) {
    options().emplace_back();
  } else if (options()[at->second].file == file_) {
    unsigned first = options()[at->second].line;
    std::string section = section_ == kDefaults
                              ? "DEFAULT"
                              : document_.symbols.text(document_.sections[section_].name);
    return fail("While reading from " + python_repr(pio_path()) + " [line " + line_number(number_) +
                    "]: option " + python_repr(name) + " in section " + python_repr(section) +
                    " already exists",
                {.what = "option '" + name + "' of [" + section + "] is already on line " +
                         std::to_string(first),
                 .fix = "keep one of them",
                 .line = static_cast<int>(number_),
                 .column = static_cast<int>(column_of(value))});
  }
  option_ = &options()[at->second];
  option_->name = symbol;
  option_->file = file_;
  option_->line = number_;
  option_->column = column_of(value);
  option_->value.clear();
  option_->lines.clear();
  add_value_line(strip(value.substr(delimiter + 1)));
  return nullptr;
}

void Reader::add_value_line(std::string_view value) {
  if (!option_->lines.empty()) option_->value += '\n';
  option_->value += value;
  option_->lines.push_back({number_, column_of(value)});
}

void Reader::close_option() {
  if (!option_) return;
  option_->value.resize(strip_right(option_->value).size());
  option_->lines.shrink_to_fit();
  option_ = nullptr;
}

void Reader::bad_line() {
  bad_lines_ += "\n\t[line " + line_number(number_) +
                "]: " + python_repr(std::string(line_) + (line_ended_ ? "\n" : ""));
  if (++bad_count_ > 1) return;
  first_bad_.what = "neither a [section] nor an 'option = value'";
  first_bad_.fix = "to continue the value above, indent the line; for a comment start it with ';'";
  first_bad_.line = static_cast<int>(number_);
  first_bad_.column = static_cast<int>(column_of(strip(line_)));
}

ErrorPtr invalid_utf8(const IniFile& file, std::string_view text, size_t at) {
  unsigned char byte = static_cast<unsigned char>(text[at]);
  int line = 1;
  size_t start = 0;
  for (size_t i = 0; i < at; ++i) {
    if (text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n')) {
      ++line;
      start = i + 1;
    }
  }
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex = std::string("0x") + kHex[byte >> 4] + kHex[byte & 15];
  bool starts = byte >= 0xC2 && byte <= 0xF4;
  std::string why = !starts                ? "invalid start byte"
                    : at + 1 < text.size() ? "invalid continuation byte"
                                           : "unexpected end of data";
  bool utf16 = at == 0 && text.size() > 1 && (byte == 0xFF || byte == 0xFE);
  return make_error(
      "UnicodeDecodeError",
      "'utf-8' codec can't decode byte " + hex + " in position " + std::to_string(at) + ": " + why,
      {.what = "byte " + std::to_string(at + 1) + " of the file (" + hex + ") is not UTF-8 text",
       .fix = utf16 ? "this looks like UTF-16: save the file as UTF-8" : "save the file as UTF-8",
       .file = file.path,
       .line = line,
       .column = static_cast<int>(at - start) + 1});
}

}  // namespace

Symbol Symbols::intern(std::string_view text) {
  if (auto at = numbers_.find(text); at != numbers_.end()) return at->second;
  Symbol symbol = static_cast<Symbol>(texts_.size());
  numbers_.emplace(texts_.emplace_back(text), symbol);
  return symbol;
}

std::optional<Symbol> Symbols::find(std::string_view text) const {
  auto at = numbers_.find(text);
  return at == numbers_.end() ? std::nullopt : std::optional(at->second);
}

const IniSection* IniDocument::find_section(Symbol name) const {
  auto at = section_index.find(name);
  return at == section_index.end() ? nullptr : &sections[at->second];
}

const IniOption* IniDocument::find_option(const IniSection& section, Symbol name) const {
  bool in_defaults = &section == &defaults;
  uint32_t number = in_defaults ? kDefaults : static_cast<uint32_t>(&section - sections.data());
  auto at = option_index.find(option_key(number, name));
  return at == option_index.end() ? nullptr : &section.options[at->second];
}

void set_option(IniDocument& document, Symbol name, IniOption option,
                const std::function<bool(Symbol)>& replaces) {
  auto [at, is_new] =
      document.section_index.try_emplace(name, static_cast<uint32_t>(document.sections.size()));
  if (is_new) {
    document.sections.emplace_back();
    document.sections.back().name = name;
    document.sections.back().file = option.file;
  }
  std::vector<IniOption>& options = document.sections[at->second].options;
  for (const IniOption& old : options)
    document.option_index.erase(option_key(at->second, old.name));
  std::erase_if(options, [&](const IniOption& old) { return replaces(old.name); });
  options.insert(options.begin(), std::move(option));
  for (uint32_t i = 0; i < options.size(); ++i)
    document.option_index[option_key(at->second, options[i].name)] = i;
}

ErrorPtr read_ini(IniDocument& document, std::string_view text, IniFile file) {
  document.files.push_back(std::move(file));
  if (size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    return invalid_utf8(document.files.back(), text, bad);
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return Reader(document, text).read();
}

}  // namespace fbuild::config
