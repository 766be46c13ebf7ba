#include "generator/library/conditional_scan.h"

#include <algorithm>
#include <unordered_set>

#include "generator/library/python_chars.h"
#include "support/files.h"

namespace fbuild {

namespace {

using Directive = ConditionalScanner::Directive;

constexpr size_t kDepth = 99;  // of nested includes, PlatformIO's limit

std::string_view strip(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// `\s*(.+)` or `\s+(.+)`: what is behind the blanks, of blanks alone the last one; blanks
// at the end stay.
std::optional<std::string> argument(std::string_view rest, bool blank_needed) {
  if (rest.empty() || (blank_needed && (!is_space(rest[0]) || rest.size() < 2)))
    return std::nullopt;
  std::string_view last = rest.substr(rest.size() - 1);
  while (!rest.empty() && is_space(rest[0])) rest.remove_prefix(1);
  return std::string(rest.empty() ? last : rest);
}

std::vector<std::string> split_arguments(std::string_view text) {  // at `,\s*`
  std::vector<std::string> out;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(',', begin), text.size());
    out.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
    while (end < text.size() && begin < text.size() && is_space(text[begin])) ++begin;
  }
  return out;
}

bool is_name_char(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (!first && c >= '0' && c <= '9');
}

// A macro's name behind blanks, taken off `rest`; "" if there is none.
std::string take_name(std::string_view& rest) {
  if (rest.empty() || !is_space(rest[0])) return "";
  while (!rest.empty() && is_space(rest[0])) rest.remove_prefix(1);
  size_t end = 0;
  while (end < rest.size() && is_name_char(rest[end], end == 0)) ++end;
  std::string out(rest.substr(0, end));
  rest.remove_prefix(end);
  return out;
}

std::optional<Directive> read_directive(std::string_view line) {
  size_t blank = line.find(' ');
  std::string_view word = line.substr(0, blank), rest = line.substr(blank + 1);
  auto with = [&](Directive::Kind kind,
                  std::optional<std::string> name) -> std::optional<Directive> {
    if (!name) return std::nullopt;
    return Directive{kind, std::move(*name), false, {}, ""};
  };
  if (word == "if") return with(Directive::If, argument(rest, false));
  if (word == "elif") return with(Directive::Elif, argument(rest, false));
  if (word == "ifdef") return with(Directive::Ifdef, argument(rest, true));
  if (word == "ifndef") return with(Directive::Ifndef, argument(rest, true));
  if (word == "include") return with(Directive::Include, argument(rest, false));
  if (word == "else") return with(Directive::Else, "");
  if (word == "endif") return with(Directive::Endif, "");
  if (word != "define" && word != "undef") return std::nullopt;  // #import: not followed
  Directive out{
      word == "undef" ? Directive::Undef : Directive::Define, take_name(rest), false, {}, ""};
  if (out.name.empty()) return std::nullopt;
  if (out.kind == Directive::Undef) return out;
  if (size_t close = rest.find(')'); rest.starts_with("(") && close != std::string_view::npos) {
    out.is_macro = true;
    out.arguments = split_arguments(rest.substr(1, close - 1));
    rest.remove_prefix(close + 1);
  }
  while (!rest.empty() && is_space(rest[0])) rest.remove_prefix(1);
  out.expansion = std::string(rest);
  return out;
}

}  // namespace

// One scan: its state is the macros, what is open and where it is.
class ConditionalScan {
 public:
  ConditionalScan(ConditionalScanner& scanner, IncludeScans& scans, const ConditionalSearch& search,
                  const MacroTable& defines)
      : scanner_(scanner), scans_(scans), search_(search), macros_(defines) {}

  std::optional<std::vector<ConditionalScanner::Found>> run(const std::string& file) {
    top_ = std::string(dir_name(file));
    met_.insert(file);
    files_.push_back({file, scanner_.directives_of(file)});
    while (!files_.empty() && !failed_) {
      Open& open = files_.back();
      if (open.next == open.directives.size()) {
        files_.pop_back();
        continue;
      }
      step(open.directives[open.next++]);
    }
    if (failed_) return std::nullopt;
    return std::move(found_);
  }

 private:
  struct Open {
    std::string path;
    const std::vector<Directive>& directives;
    size_t next = 0;
  };

  // What #include, #define and #undef, #elif and #else do at this place.
  struct Table {
    enum Handler { Nothing, Decide, Start, Stop };
    bool active = true;
    Handler on_elif = Decide;
    Handler on_else = Nothing;
  };

  void step(const Directive& directive) {
    switch (directive.kind) {
      case Directive::If:
        return open_block(decide(directive.name));
      case Directive::Ifdef:
        return open_block(macros_.count(directive.name) > 0);
      case Directive::Ifndef:
        return open_block(macros_.count(directive.name) == 0);
      case Directive::Elif:
        if (table_.on_elif == Table::Stop) return stop();
        if (!decide(directive.name)) return;
        start();
        table_.on_elif = table_.on_else = Table::Stop;
        return;
      case Directive::Else:
        if (table_.on_else == Table::Start) start();
        if (table_.on_else == Table::Stop) stop();
        return;
      case Directive::Endif:
        if (stack_.empty()) return;
        table_ = stack_.back();
        stack_.pop_back();
        return;
      case Directive::Include:
        if (table_.active) include(directive.name);
        return;
      case Directive::Define:
        if (table_.active) define(directive);
        return;
      case Directive::Undef:
        if (table_.active) macros_.erase(directive.name);
        return;
    }
  }

  void open_block(bool holds) {
    stack_.push_back(table_);
    table_ = Table();
    if (holds) {
      start();
      table_.on_elif = table_.on_else = Table::Stop;
    } else {
      stop();
      table_.on_elif = Table::Decide;
      table_.on_else = Table::Start;
    }
  }

  void start() { table_.active = stack_.empty() || stack_.back().active; }
  void stop() { table_.active = false; }

  bool decide(const std::string& condition) {
    PythonOutcome outcome = scanner_.expressions_.evaluate(condition, macros_);
    failed_ = failed_ || outcome.failed;
    return outcome.truth();
  }

  void define(const Directive& directive) {
    std::optional<int64_t> number = python_int(directive.expansion);
    PythonValue value = number ? python_integer(*number) : python_text(directive.expansion);
    if (!number && directive.expansion.find("defined ") != std::string::npos) {
      PythonOutcome outcome = scanner_.expressions_.evaluate(directive.expansion, macros_);
      failed_ = failed_ || outcome.failed;
      macros_[directive.name] = outcome.value ? std::move(*outcome.value) : python_integer(0);
      return;
    }
    if (directive.is_macro) {
      value.kind = PythonValue::Kind::Macro;
      value.text = directive.expansion;
      value.arguments = directive.arguments;
      value.number_expansion = number.has_value();
    }
    macros_[directive.name] = std::move(value);
  }

  // What #include names, through macros: a quote or angle, and the name; none if it is not
  // to be found out.
  std::optional<std::pair<char, std::string>> resolve(std::string text) {
    text = std::string(strip(text));
    for (int turns = 0; turns < 100; ++turns) {  // a macro may stand for itself
      if (text.empty()) {
        failed_ = turns == 0;
        return std::nullopt;
      }
      if (text[0] == '<' || text[0] == '"')
        return std::pair(text[0],
                         text.size() < 2 ? std::string() : text.substr(1, text.size() - 2));
      auto known = macros_.find(text);
      if (known != macros_.end()) {
        if (known->second.kind != PythonValue::Kind::Text) {  // not a text: an error
          failed_ = true;
          return std::nullopt;
        }
        text = known->second.text;
        // -DHEADER=\"x.h\" has backslashes.
        for (size_t at = 0; (at = text.find('\\', at)) != std::string::npos;)
          if (at + 1 < text.size() &&
              std::string_view("<\">").find(text[at + 1]) != std::string_view::npos)
            text.erase(at, 1);
          else
            ++at;
        continue;
      }
      if (!call(text)) return std::nullopt;
    }
    return std::nullopt;
  }

  // NAME(arguments), as `(\S+)\(([^)]*)\)` finds it.
  bool call(std::string& text) {
    for (size_t begin = 0; begin < text.size(); ++begin) {
      if (is_space(text[begin])) continue;
      size_t end = begin;
      while (end < text.size() && !is_space(text[end])) ++end;
      // The longest name first.
      for (size_t open = end; open-- > begin + 1;) {
        if (text[open] != '(') continue;
        size_t close = text.find(')', open);
        if (close == std::string::npos) continue;
        auto known = macros_.find(text.substr(begin, open - begin));
        if (known == macros_.end()) return failed_ = true, false;
        PythonValue value = known->second;
        if (value.kind == PythonValue::Kind::Macro) {
          std::vector<PythonValue> values;
          for (std::string& item :
               split_arguments(std::string_view(text).substr(open + 1, close - open - 1)))
            values.push_back(python_text(std::move(item)));
          PythonOutcome outcome = PythonExpressions::call(value, values);
          // Here nobody catches what a condition makes false.
          if (!outcome.value) return failed_ = true, false;
          value = std::move(*outcome.value);
        }
        if (!value.truth()) return false;
        if (value.kind != PythonValue::Kind::Text) return failed_ = true, false;
        text = value.text;
        return true;
      }
      begin = end;
    }
    return false;
  }

  void include(const std::string& text) {
    auto target = resolve(text);
    if (!target) return;
    auto& [quote, name] = *target;
    std::string path = find(quote, name);
    if (path.empty() || !met_.insert(path).second) return;
    found_.push_back({path, files_.back().path});
    if (files_.size() > kDepth) return;
    files_.push_back({path, scanner_.directives_of(path)});
  }

  std::string beside(const std::string& folder, const std::string& name) {
    if (std::string path = normalize_path(join_path(folder, name)); scans_.exists(path))
      return path;
    if (!search_.other_side) return "";
    std::string other = search_.other_side(folder);
    if (other.empty()) return "";
    std::string path = normalize_path(join_path(other, name));
    return scans_.exists(path) ? path : "";
  }

  std::string find(char quote, const std::string& name) {
    if (name.empty()) return "";
    std::string path;
    if (quote == '"') path = beside(std::string(dir_name(files_.back().path)), name);
    if (path.empty()) path = scans_.find_path(name, known_);
    if (path.empty() && quote == '"') path = beside(top_, name);
    if (path.empty()) path = search_.find(name);
    if (path.empty() && quote == '<') path = beside(top_, name);
    if (path.empty()) return path;
    // The folder that the path begins with, as a text: "lib/a" fits "lib/ab/x.h".
    auto know = [&](const std::string& folder) {
      if (!path.starts_with(folder) && folder != ".") return false;
      if (std::find(known_.begin(), known_.end(), folder) == known_.end()) known_.push_back(folder);
      return true;
    };
    if (quote == '"' && know(top_)) return path;
    for (const std::string& folder : search_.folders)
      if (know(folder)) return path;
    if (quote == '<') know(top_);
    return path;
  }

  ConditionalScanner& scanner_;
  IncludeScans& scans_;
  const ConditionalSearch& search_;
  MacroTable macros_;
  std::string top_;
  std::vector<Open> files_;
  std::vector<Table> stack_;
  Table table_;
  std::vector<std::string> known_;
  std::vector<ConditionalScanner::Found> found_;
  std::unordered_set<std::string> met_;
  bool failed_ = false;
};

std::optional<std::vector<ConditionalScanner::Found>> ConditionalScanner::scan(
    const std::string& file, const ConditionalSearch& search, const MacroTable& defines) {
  return ConditionalScan(*this, scans_, search, defines).run(file);
}

std::vector<std::string> ConditionalScanner::looked_at() const {
  std::vector<std::string> out;
  for (const auto& [path, directives] : directives_) out.push_back(path);
  return out;
}

const std::vector<Directive>& ConditionalScanner::directives_of(const std::string& path) {
  auto [known, fresh] = directives_.try_emplace(path);
  if (fresh)
    for (const IncludeLine& line : scans_.directives_of(path))
      if (line.kind == IncludeLine::Directive)
        if (std::optional<Directive> directive = read_directive(line.name))
          known->second.push_back(std::move(*directive));
  return known->second;
}

}  // namespace fbuild
